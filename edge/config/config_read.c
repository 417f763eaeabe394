// SPDX-License-Identifier: Apache-2.0
// Reads YAML by the table of keys. libyaml parses the whole file into a tree of nodes, each
// with its line; a section is read key by key in the order of the table, not of the file, and a
// missing key gets the table's default by the same code that reads a value, so that a default
// cannot have a form that a file could not have. A mistake is added to reader->error and
// reading goes on; the key then has its default, or stays zero where it has none. A required
// key that was mistyped is reported once, as the unknown key.
#include "edge/config/config_read.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "edge/config/suggest.h"

enum { NAMES_SIZE = 220 };

unsigned config_line(const yaml_node_t *node) { return (unsigned)node->start_mark.line + 1; }

const char *config_text(const yaml_node_t *node)
{
    return node && node->type == YAML_SCALAR_NODE ? (const char *)node->data.scalar.value
                                                  : NULL;
}

bool config_plain(const yaml_node_t *node)
{
    return node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE
           || node->data.scalar.style == YAML_ANY_SCALAR_STYLE;
}

bool config_is_null(const yaml_node_t *node)
{
    const char *text = config_text(node);
    return text && node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE
           && (text[0] == '\0' || strcmp(text, "~") == 0 || strcmp(text, "null") == 0);
}

yaml_node_t *config_find(struct config_reader *reader, const yaml_node_t *mapping,
                         const char *name, const yaml_node_t **key)
{
    if (!mapping || mapping->type != YAML_MAPPING_NODE)
        return NULL;
    for (const yaml_node_pair_t *pair = mapping->data.mapping.pairs.start;
         pair < mapping->data.mapping.pairs.top; pair++) {
        const yaml_node_t *found = yaml_document_get_node(reader->document, pair->key);
        const char *text = config_text(found);
        if (text && strcmp(text, name) == 0) {
            if (key)
                *key = found;
            return yaml_document_get_node(reader->document, pair->value);
        }
    }
    return NULL;
}

// "a, b, c" of the names a section knows, then "..." where they do not fit.
static void list_names(const struct config_key *keys, const char *section,
                       char out[static NAMES_SIZE])
{
    size_t length = 0;
    out[0] = '\0';
    for (const struct config_key *key = keys; key->section; key++) {
        if (strcmp(key->section, section) != 0)
            continue;
        if (length + strlen(key->name) + sizeof ", , ..." > NAMES_SIZE) {
            memcpy(out + length, ", ...", sizeof ", ...");
            return;
        }
        length += (size_t)snprintf(out + length, NAMES_SIZE - length, "%s%s",
                                   length > 0 ? ", " : "", key->name);
    }
}

static bool known(const struct config_key *keys, const char *section, const char *name)
{
    for (const struct config_key *key = keys; key->section; key++)
        if (strcmp(key->section, section) == 0 && strcmp(key->name, name) == 0)
            return true;
    return false;
}

static const char *nearest(const struct config_key *keys, const char *section, const char *name)
{
    struct config_suggestion suggestion = {.word = name};
    for (const struct config_key *key = keys; key->section; key++)
        if (strcmp(key->section, section) == 0)
            config_suggestion_offer(&suggestion, key->name);
    return suggestion.name;
}

// Another section of the file that has this key; NULL: none.
static const char *elsewhere(const char *section, const char *name)
{
    for (const struct config_key *key = config_keys; key->section; key++)
        if (strcmp(key->section, section) != 0 && strcmp(key->name, name) == 0)
            return key->section;
    return NULL;
}

static enum drf_status refuse_key(struct config_reader *reader, const yaml_node_t *key,
                                  const struct config_key *keys, const char *section,
                                  const char *where)
{
    const char *name = config_text(key);
    char names[NAMES_SIZE];
    list_names(keys, section, names);
    const char *near = nearest(keys, section, name);
    const char *other = near == NULL && keys == config_keys ? elsewhere(section, name) : NULL;
    const bool meant = near != NULL || other != NULL;
    return config_refuse(reader->error, DRF_ERR_SYNTAX, config_line(key),
                         "%s: unknown key '%.40s'; allowed: %s%s%s%s%s%s", where, name, names,
                         meant ? "; did you mean '" : "", other ? other : "", other ? "." : "",
                         near    ? near
                         : other ? name
                                 : "",
                         meant ? "'?" : "");
}

enum drf_status config_check_keys(struct config_reader *reader, const yaml_node_t *node,
                                  const struct config_key *keys, const char *section,
                                  const char *where)
{
    char given[CONFIG_SHOWN_SIZE + 8];
    if (!node || config_is_null(node))
        return DRF_OK;
    if (node->type != YAML_MAPPING_NODE)
        return config_refuse(reader->error, DRF_ERR_SYNTAX, config_line(node),
                             "%s: must be a mapping of keys to values%s", where,
                             config_not(reader, node, where, given));
    enum drf_status status = DRF_OK;
    for (const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
         pair < node->data.mapping.pairs.top; pair++) {
        const yaml_node_t *key = yaml_document_get_node(reader->document, pair->key);
        const char *name = config_text(key);
        const yaml_node_t *first;
        enum drf_status next = DRF_OK;
        if (!name)
            next = config_refuse(reader->error, DRF_ERR_SYNTAX, config_line(key),
                                 "%s: a key must be a plain word", where);
        else if (config_find(reader, node, name, &first) && first != key)
            next = config_refuse(reader->error, DRF_ERR_SYNTAX, config_line(key),
                                 "%s: key '%.40s' appears twice, first in line %u", where, name,
                                 config_line(first));
        else if (keys && !known(keys, section, name))
            next = refuse_key(reader, key, keys, section, where);
        status = config_first(status, next);
    }
    return status;
}

enum drf_status config_number(struct config_reader *reader, const yaml_node_t *node,
                              const char *name, double *out)
{
    const char *text = config_text(node);
    char *end = NULL;
    if (config_unresolved(reader, node))
        return DRF_ERR_ABSENT;
    bool decimal = text && config_plain(node) && text[0] != '\0'
                   && strspn(text, "+-.0123456789eE") == strlen(text);
    double value = decimal ? strtod(text, &end) : 0.0;
    char given[CONFIG_SHOWN_SIZE + 8];
    if (!decimal || *end != '\0' || !isfinite(value))
        return config_refuse(reader->error, DRF_ERR_SYNTAX, config_line(node),
                             "%s%s: must be a number, without quotes%s", reader->where, name,
                             config_not(reader, node, name, given));
    *out = value;
    return DRF_OK;
}

static void store_number(const struct config_key *key, double value, void *at)
{
    switch (key->type) {
    case CONFIG_U32:
        *(uint32_t *)at = (uint32_t)(value * key->scale);
        break;
    case CONFIG_I32:
        *(int32_t *)at = (int32_t)(value * key->scale);
        break;
    case CONFIG_U64:
        *(uint64_t *)at = (uint64_t)(value * key->scale);
        break;
    case CONFIG_I64:
        *(int64_t *)at = (int64_t)(value * key->scale);
        break;
    default:
        *(double *)at = value * key->scale;
    }
}

static enum drf_status read_number(struct config_reader *reader, const struct config_key *key,
                                   const yaml_node_t *node, void *at)
{
    double value = 0.0;
    enum drf_status status = config_number(reader, node, key->name, &value);
    if (status != DRF_OK)
        return status;
    char shown[CONFIG_SHOWN_SIZE];
    if (key->type != CONFIG_REAL && value != floor(value))
        return config_refuse(reader->error, DRF_ERR_SYNTAX, config_line(node),
                             "%s%s: must be a whole number from %.15g to %.15g, not %s",
                             reader->where, key->name, key->min, key->max,
                             config_shown(reader, node, key->name, shown));
    if (!(value >= key->min && value <= key->max))
        return config_refuse(reader->error, DRF_ERR_RANGE, config_line(node),
                             "%s%s: %s is not allowed; from %.15g to %.15g", reader->where,
                             key->name, config_shown(reader, node, key->name, shown), key->min,
                             key->max);
    store_number(key, value, at);
    return DRF_OK;
}

static bool id_valid(const char *text)
{
    if (!isalnum((unsigned char)text[0]))
        return false;
    for (const char *p = text; *p; p++)
        if (!isalnum((unsigned char)*p) && !strchr("._-", *p))
            return false;
    return true;
}

static enum drf_status read_text(struct config_reader *reader, const struct config_key *key,
                                 const yaml_node_t *node, char *at)
{
    const char *text = config_text(node);
    size_t length = text ? strlen(text) : 0;
    char given[CONFIG_SHOWN_SIZE + 8];
    if (!text || config_is_null(node))
        return config_refuse(reader->error, DRF_ERR_SYNTAX, config_line(node),
                             "%s%s: must be text%s", reader->where, key->name,
                             config_not(reader, node, key->name, given));
    if (length >= key->size || node->data.scalar.length != length)
        return config_refuse(reader->error, DRF_ERR_RANGE, config_line(node),
                             "%s%s: at most %zu bytes, none of them zero%s", reader->where,
                             key->name, key->size - 1,
                             config_not(reader, node, key->name, given));
    if (key->type == CONFIG_ID && !id_valid(text))
        return config_refuse(reader->error, DRF_ERR_RANGE, config_line(node),
                             "%s%s: letters, digits, '.', '_' and '-', first a letter or "
                             "digit%s",
                             reader->where, key->name,
                             config_not(reader, node, key->name, given));
    if (key->type == CONFIG_PATH)
        return config_path(reader, node, at, key->size);
    memcpy(at, text, length + 1);
    return DRF_OK;
}

static enum drf_status read_choice(struct config_reader *reader, const struct config_key *key,
                                   const yaml_node_t *node, void *at)
{
    const char *text = config_text(node);
    struct config_suggestion suggestion = {.word = text ? text : ""};
    char names[NAMES_SIZE] = "", given[CONFIG_SHOWN_SIZE + 8];
    size_t length = 0;
    for (const struct config_choice *choice = key->choices; choice->name; choice++) {
        if (text && strcmp(choice->name, text) == 0) {
            *(uint32_t *)at = choice->value;
            return DRF_OK;
        }
        config_suggestion_offer(&suggestion, choice->name);
        int more = snprintf(names + length, sizeof names - length, "%s%s",
                            length > 0 ? ", " : "", choice->name);
        if (more > 0 && (size_t)more < sizeof names - length)
            length += (size_t)more;
    }
    return config_refuse(reader->error, text ? DRF_ERR_RANGE : DRF_ERR_SYNTAX,
                         config_line(node), "%s%s: one of %s%s%s%s%s", reader->where, key->name,
                         names, config_not(reader, node, key->name, given),
                         suggestion.name ? "; did you mean '" : "",
                         suggestion.name ? suggestion.name : "", suggestion.name ? "'?" : "");
}

static enum drf_status read_bool(struct config_reader *reader, const struct config_key *key,
                                 const yaml_node_t *node, void *at)
{
    const char *text = config_text(node);
    char given[CONFIG_SHOWN_SIZE + 8];
    if (!text || !config_plain(node)
        || (strcmp(text, "true") != 0 && strcmp(text, "false") != 0))
        return config_refuse(reader->error, DRF_ERR_SYNTAX, config_line(node),
                             "%s%s: true or false, without quotes%s", reader->where, key->name,
                             config_not(reader, node, key->name, given));
    *(bool *)at = text[0] == 't';
    return DRF_OK;
}

enum drf_status config_read_key(struct config_reader *reader, const struct config_key *key,
                                const yaml_node_t *node, void *base)
{
    void *at = (char *)base + key->offset;
    if (config_unresolved(reader, node))
        return DRF_ERR_ABSENT;
    switch (key->type) {
    case CONFIG_TEXT:
    case CONFIG_ID:
    case CONFIG_PATH:
        return read_text(reader, key, node, at);
    case CONFIG_CHOICE:
        return read_choice(reader, key, node, at);
    case CONFIG_BOOL:
        return read_bool(reader, key, node, at);
    case CONFIG_SPECIAL:
        return DRF_OK;
    default:
        return read_number(reader, key, node, at);
    }
}

// Defaults are read by the same rules as what an operator writes.
static enum drf_status read_fallback(struct config_reader *reader, const struct config_key *key,
                                     void *base)
{
    bool quoted = key->fallback[0] == '"';
    yaml_node_t node = {.type = YAML_SCALAR_NODE};
    node.data.scalar.value = (yaml_char_t *)(quoted ? "" : key->fallback);
    node.data.scalar.length = quoted ? 0 : strlen(key->fallback);
    node.data.scalar.style = quoted ? YAML_DOUBLE_QUOTED_SCALAR_STYLE : YAML_PLAIN_SCALAR_STYLE;
    return config_read_key(reader, key, &node, base);
}

// A key of the mapping that is not known and nearest to this one: it was reported already.
static bool mistyped(struct config_reader *reader, const yaml_node_t *mapping,
                     const struct config_key *keys, const struct config_key *missing)
{
    if (!mapping || mapping->type != YAML_MAPPING_NODE)
        return false;
    for (const yaml_node_pair_t *pair = mapping->data.mapping.pairs.start;
         pair < mapping->data.mapping.pairs.top; pair++) {
        const char *name = config_text(yaml_document_get_node(reader->document, pair->key));
        const char *near = name && !known(keys, missing->section, name)
                               ? nearest(keys, missing->section, name)
                               : NULL;
        if (near && strcmp(near, missing->name) == 0)
            return true;
    }
    return false;
}

enum drf_status config_read_section(struct config_reader *reader, const yaml_node_t *mapping,
                                    const struct config_key *keys, const char *section,
                                    unsigned line, void *base)
{
    enum drf_status first = DRF_OK;
    if (mapping && mapping->type != YAML_MAPPING_NODE && !config_is_null(mapping))
        return DRF_ERR_SYNTAX; // config_check_keys() has said so
    for (const struct config_key *key = keys; key->section; key++) {
        if (strcmp(key->section, section) != 0)
            continue;
        const yaml_node_t *node = config_find(reader, mapping, key->name, NULL);
        enum drf_status status = DRF_OK;
        if (node)
            status = config_read_key(reader, key, node, base);
        else if (!key->fallback && mistyped(reader, mapping, keys, key))
            status = DRF_ERR_SYNTAX;
        else if (!key->fallback)
            status = config_refuse(reader->error, DRF_ERR_SYNTAX, line,
                                   "%s%s: missing; it has no default (%s)", reader->where,
                                   key->name, key->help);
        if (key->fallback && (!node || status != DRF_OK))
            status = config_first(status, read_fallback(reader, key, base));
        first = config_first(first, status);
    }
    return first;
}

enum drf_status config_path(struct config_reader *reader, const yaml_node_t *node, char *out,
                            size_t room)
{
    const char *text = config_text(node);
    bool relative = text[0] != '\0' && text[0] != '/' && reader->directory;
    int length = snprintf(out, room, "%s%s%s", relative ? reader->directory : "",
                          relative ? "/" : "", text);
    if (length < 0 || (size_t)length >= room)
        return config_refuse(reader->error, DRF_ERR_RANGE, config_line(node),
                             "%sthe file name is longer than %zu bytes", reader->where,
                             room - 1);
    return DRF_OK;
}

enum drf_status config_file(const char *path, size_t max, char **out, size_t *size)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return DRF_ERR_ABSENT;
    enum drf_status status = DRF_OK;
    char *text = malloc(max + 1);
    size_t length = text ? fread(text, 1, max + 1, file) : 0;
    if (!text)
        status = DRF_ERR_NOMEM;
    else if (ferror(file))
        status = DRF_ERR_ABSENT;
    else if (length > max)
        status = DRF_ERR_FULL;
    fclose(file);
    if (status != DRF_OK) {
        free(text);
        return status;
    }
    text[length] = '\0';
    *out = text;
    *size = length;
    return DRF_OK;
}

static enum drf_status refuse_yaml(const yaml_parser_t *parser, struct drf_config_error *error)
{
    return config_refuse(error,
                         parser->error == YAML_MEMORY_ERROR ? DRF_ERR_NOMEM : DRF_ERR_SYNTAX,
                         (unsigned)parser->problem_mark.line + 1, "not YAML: %s",
                         parser->problem ? parser->problem : "unreadable");
}

enum drf_status config_document(const char *text, size_t size, struct drf_config_error *error,
                                yaml_document_t *out)
{
    yaml_parser_t parser;
    if (!yaml_parser_initialize(&parser))
        return config_refuse(error, DRF_ERR_NOMEM, 0, "out of memory");
    yaml_parser_set_input_string(&parser, (const unsigned char *)(text ? text : ""), size);
    enum drf_status status = DRF_OK;
    yaml_document_t rest;
    if (!yaml_parser_load(&parser, out))
        status = refuse_yaml(&parser, error);
    else if (!yaml_document_get_root_node(out)) {
        yaml_document_delete(out);
        status = config_refuse(error, DRF_ERR_SYNTAX, 0, "the file is empty");
    } else if (!yaml_parser_load(&parser, &rest)) {
        yaml_document_delete(out);
        status = refuse_yaml(&parser, error);
    } else {
        const yaml_node_t *more = yaml_document_get_root_node(&rest);
        if (more) {
            yaml_document_delete(out);
            status = config_refuse(error, DRF_ERR_SYNTAX, config_line(more),
                                   "a second YAML document begins here; one is allowed");
        }
        yaml_document_delete(&rest);
    }
    yaml_parser_delete(&parser);
    return status;
}
