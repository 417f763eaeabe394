// SPDX-License-Identifier: Apache-2.0
// Variables of the environment in values. They are put in after the YAML was parsed, so that no
// variable can add a key or change a type: what comes out is one value. It counts as written
// without quotes where a number or a truth value is wanted, and as text otherwise.
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "edge/config/config_read.h"

enum { VARIABLE_SIZE = 128 };

struct text {
    char *bytes;
    size_t size;
};

static bool append(struct text *text, const char *bytes, size_t size)
{
    char *grown = realloc(text->bytes, text->size + size + 1);
    if (grown == NULL)
        return false;
    memcpy(grown + text->size, bytes, size);
    text->bytes = grown;
    text->size += size;
    grown[text->size] = '\0';
    return true;
}

static size_t name_length(const char *text)
{
    size_t length = 0;
    if (isalpha((unsigned char)text[0]) || text[0] == '_')
        while (isalnum((unsigned char)text[length]) || text[length] == '_')
            length++;
    return length;
}

// What stands between `${` and `}`: appends its value. The texts of mistakes hold no values.
static enum drf_status append_variable(struct config_reader *reader, const char *key,
                                       const yaml_node_t *node, const char *inner, size_t size,
                                       struct text *out)
{
    char name[VARIABLE_SIZE];
    const size_t length = name_length(inner);
    const bool fallback = length + 2 <= size && strncmp(inner + length, ":-", 2) == 0;
    if (inner[size] != '}' || length == 0 || length >= sizeof name
        || (length != size && !fallback))
        return config_refuse(reader->error, DRF_ERR_SYNTAX, config_line(node),
                             "%.80s: '${%.*s}': ${NAME} or ${NAME:-default} stands for a "
                             "variable of the environment; $${ for ${ itself",
                             key, (int)(size < 40 ? size : 40), inner);
    memcpy(name, inner, length);
    name[length] = '\0';
    // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing in the node changes its environment
    const char *value = getenv(name);
    if (fallback && (value == NULL || value[0] == '\0')) {
        if (!append(out, inner + length + 2, size - length - 2))
            return config_refuse(reader->error, DRF_ERR_NOMEM, 0, "out of memory");
        return DRF_OK;
    }
    if (value == NULL)
        return config_refuse(reader->error, DRF_ERR_ABSENT, config_line(node),
                             "%.80s: ${%s}: no such variable in the environment; "
                             "${%s:-default} has a default",
                             key, name, name);
    if (!append(out, value, strlen(value)))
        return config_refuse(reader->error, DRF_ERR_NOMEM, 0, "out of memory");
    return DRF_OK;
}

static enum drf_status replace(struct config_reader *reader, const char *key,
                               const yaml_node_t *node, struct text *out)
{
    const char *at = config_text(node);
    enum drf_status status = DRF_OK;
    bool good = append(out, "", 0);
    while (good && *at != '\0') {
        const char *dollar = strchr(at, '$');
        const size_t before = dollar != NULL ? (size_t)(dollar - at) : strlen(at);
        good = append(out, at, before);
        at += before;
        if (dollar == NULL || !good)
            break;
        if (strncmp(at, "$${", 3) == 0) {
            good = append(out, "${", 2);
            at += 3;
        } else if (at[1] == '{') {
            const size_t size = strcspn(at + 2, "}");
            status =
                config_first(status, append_variable(reader, key, node, at + 2, size, out));
            at += 2 + size + (at[2 + size] == '}');
        } else {
            good = append(out, at, 1);
            at++;
        }
    }
    if (!good)
        return config_refuse(reader->error, DRF_ERR_NOMEM, 0, "out of memory");
    return status;
}

static enum drf_status expand_value(struct config_reader *reader, const char *key,
                                    yaml_node_t *node)
{
    const char *text = config_text(node);
    if (text == NULL || strstr(text, "${") == NULL || node->data.scalar.length != strlen(text))
        return DRF_OK;
    for (size_t i = 0; i < reader->written_count; i++)
        if (reader->written[i].node == node) // an alias: done
            return DRF_OK;
    struct config_written *written =
        realloc(reader->written, (reader->written_count + 1) * sizeof *reader->written);
    if (written == NULL)
        return config_refuse(reader->error, DRF_ERR_NOMEM, 0, "out of memory");
    reader->written = written;
    struct text out = {.bytes = NULL};
    enum drf_status status = replace(reader, key, node, &out);
    written[reader->written_count++] = (struct config_written){
        .node = node, .text = (char *)node->data.scalar.value, .unresolved = status != DRF_OK};
    if (status != DRF_OK) { // the node keeps its text
        written[reader->written_count - 1].text = NULL;
        free(out.bytes);
        return status;
    }
    node->data.scalar.value = (yaml_char_t *)out.bytes;
    node->data.scalar.length = out.size;
    node->data.scalar.style = YAML_ANY_SCALAR_STYLE;
    return DRF_OK;
}

static enum drf_status expand_mapping(struct config_reader *reader, const yaml_node_t *mapping)
{
    enum drf_status status = DRF_OK;
    for (const yaml_node_pair_t *pair = mapping->data.mapping.pairs.start;
         pair < mapping->data.mapping.pairs.top; pair++) {
        const char *key = config_text(yaml_document_get_node(reader->document, pair->key));
        yaml_node_t *value = yaml_document_get_node(reader->document, pair->value);
        status = config_first(status, expand_value(reader, key ? key : "a key", value));
        if (value->type != YAML_SEQUENCE_NODE)
            continue;
        for (const yaml_node_item_t *item = value->data.sequence.items.start;
             item < value->data.sequence.items.top; item++)
            status = config_first(
                status, expand_value(reader, key ? key : "a key",
                                     yaml_document_get_node(reader->document, *item)));
    }
    return status;
}

enum drf_status config_expand(struct config_reader *reader)
{
    enum drf_status status = DRF_OK;
    const yaml_document_t *document = reader->document;
    for (yaml_node_t *node = document->nodes.start; node < document->nodes.top; node++)
        if (node->type == YAML_MAPPING_NODE)
            status = config_first(status, expand_mapping(reader, node));
    return status;
}

bool config_unresolved(const struct config_reader *reader, const yaml_node_t *node)
{
    for (size_t i = 0; i < reader->written_count; i++)
        if (reader->written[i].node == node)
            return reader->written[i].unresolved;
    return false;
}

void config_written_close(struct config_reader *reader)
{
    for (size_t i = 0; i < reader->written_count; i++)
        free(reader->written[i].text);
    free(reader->written);
    reader->written = NULL;
    reader->written_count = 0;
}
