// SPDX-License-Identifier: Apache-2.0
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "edge/config/config_read.h"

enum drf_status config_refuse(struct drf_config_error *error, enum drf_status status,
                              unsigned line, const char *format, ...)
{
    struct drf_config_mistake mistake = {.line = line, .status = status};
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(mistake.text, sizeof mistake.text, format, arguments);
    va_end(arguments);
    if (error->count == 0) {
        error->line = line;
        memcpy(error->text, mistake.text, sizeof error->text);
    }
    if (error->count < DRF_MISTAKES_MAX)
        error->mistakes[error->count] = mistake;
    error->count++;
    return status;
}

enum drf_status config_sort_mistakes(struct drf_config_error *error)
{
    struct drf_config_mistake *all = error->mistakes;
    const size_t count = error->count < DRF_MISTAKES_MAX ? error->count : DRF_MISTAKES_MAX;
    if (count == 0)
        return DRF_OK;
    enum drf_status status = DRF_OK;
    for (size_t i = 0; i < count; i++) {
        if (all[i].status == DRF_ERR_NOMEM)
            status = DRF_ERR_NOMEM;
        const struct drf_config_mistake moved = all[i];
        size_t to = i;
        for (; to > 0 && all[to - 1].line > moved.line; to--)
            all[to] = all[to - 1];
        all[to] = moved;
    }
    error->line = all[0].line;
    memcpy(error->text, all[0].text, sizeof error->text);
    return status != DRF_OK ? status : all[0].status;
}

static bool secret(const char *name)
{
    const size_t length = strlen(name);
    const bool file = length > 5 && strcmp(name + length - 5, "_file") == 0;
    static const char *const words[] = {"password", "secret", "key.pem", "oauthbearer.config"};
    bool any = false;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        any = any || strstr(name, words[i]) != NULL;
    return !file && any;
}

static const char *written(const struct config_reader *reader, const yaml_node_t *node)
{
    for (size_t i = 0; i < reader->written_count; i++)
        if (reader->written[i].node == node)
            return reader->written[i].text;
    return NULL;
}

bool config_confidential(const struct config_reader *reader, const yaml_node_t *node,
                         const char *name)
{
    return secret(name) || written(reader, node) != NULL;
}

const char *config_shown(const struct config_reader *reader, const yaml_node_t *node,
                         const char *name, char out[static CONFIG_SHOWN_SIZE])
{
    enum { LONGEST = CONFIG_SHOWN_SIZE - 8 };
    const char *before = written(reader, node);
    const char *text = before != NULL ? before : config_text(node);
    if (node->type == YAML_MAPPING_NODE || node->type == YAML_SEQUENCE_NODE)
        snprintf(out, CONFIG_SHOWN_SIZE, "a %s",
                 node->type == YAML_MAPPING_NODE ? "mapping" : "list");
    else if (text == NULL || config_is_null(node))
        snprintf(out, CONFIG_SHOWN_SIZE, "nothing");
    else if (secret(name))
        snprintf(out, CONFIG_SHOWN_SIZE, "what is given");
    else {
        const char *quote = before == NULL && config_plain(node) && text[0] != '\0'
                                    && strspn(text, "+-.0123456789eE") == strlen(text)
                                ? ""
                                : "'";
        snprintf(out, CONFIG_SHOWN_SIZE, "%s%.*s%s%s", quote, LONGEST, text,
                 strlen(text) > LONGEST ? "..." : "", quote);
        for (char *c = out; *c != '\0'; c++)
            if ((unsigned char)*c < ' ')
                *c = '?';
    }
    return out;
}

const char *config_not(const struct config_reader *reader, const yaml_node_t *node,
                       const char *name, char out[static CONFIG_SHOWN_SIZE + 8])
{
    char shown[CONFIG_SHOWN_SIZE];
    out[0] = '\0';
    if (node != NULL && node->type != YAML_NO_NODE)
        snprintf(out, CONFIG_SHOWN_SIZE + 8, ", not %s",
                 config_shown(reader, node, name, shown));
    return out;
}
