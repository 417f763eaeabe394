// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "edge/config/config_read.h"

static enum drf_status read_word(struct config_reader *reader, const yaml_node_t *key,
                                 const yaml_node_t *value, struct geo_zone_word *out)
{
    const char *word = config_text(key), *meaning = config_text(value);
    uint32_t restriction = meaning ? geo_zone_restriction_parse(meaning) : 0;
    char given[CONFIG_SHOWN_SIZE + 8];
    if (!word || word[0] == '\0' || strlen(word) >= sizeof out->word)
        return config_refuse(reader->error, DRF_ERR_RANGE, config_line(key),
                             "restriction_words: a word of 1 to %zu bytes",
                             sizeof out->word - 1);
    if (restriction == 0)
        return config_refuse(reader->error, DRF_ERR_RANGE, config_line(value),
                             "restriction_words: '%s': one of PROHIBITED, REQ_AUTHORISATION, "
                             "CONDITIONAL, USPACE, NO_RESTRICTION, INFORMATION%s",
                             word, config_not(reader, value, "restriction_words", given));
    memcpy(out->word, word, strlen(word) + 1);
    out->restriction = restriction;
    return DRF_OK;
}

static enum drf_status read_words(struct config_reader *reader, const yaml_node_t *node,
                                  struct geo_zone_fields *out)
{
    enum drf_status status =
        config_check_keys(reader, node, NULL, "", "restriction_words"); // twice is refused
    if (status != DRF_OK || !node || config_is_null(node))
        return status;
    if (out->restriction[0] == '\0' || geo_zone_restriction_parse(out->restriction) != 0)
        return config_refuse(reader->error, DRF_ERR_RANGE, config_line(node),
                             "restriction_words: restriction names no attribute they could "
                             "stand in");
    size_t count = 0;
    for (const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
         pair < node->data.mapping.pairs.top; pair++) {
        if (count == GEO_ZONE_WORDS_MAX)
            return config_refuse(reader->error, DRF_ERR_RANGE, config_line(node),
                                 "restriction_words: at most %d", GEO_ZONE_WORDS_MAX);
        status = read_word(reader, yaml_document_get_node(reader->document, pair->key),
                           yaml_document_get_node(reader->document, pair->value),
                           &out->words[count++]);
        if (status != DRF_OK)
            return status;
    }
    return DRF_OK;
}

// A limit without a unit or a reference would be a guess: feet and metres differ by a factor
// of 3.3.
static enum drf_status check_limit(struct config_reader *reader, const yaml_node_t *node,
                                   const char *name, const char *value, const char *unit,
                                   const char *reference)
{
    unsigned line = config_line(node);
    bool level = strcmp(unit, "FL") == 0;
    if (value[0] == '\0' && (unit[0] != '\0' || reference[0] != '\0'))
        return config_refuse(reader->error, DRF_ERR_SYNTAX, line,
                             "fields: %s_unit and %s_reference say nothing without %s", name,
                             name, name);
    if (value[0] != '\0' && unit[0] == '\0')
        return config_refuse(reader->error, DRF_ERR_SYNTAX, line,
                             "fields: %s needs %s_unit: M, FT, FL or an attribute", name, name);
    if (value[0] != '\0' && !level && reference[0] == '\0')
        return config_refuse(reader->error, DRF_ERR_SYNTAX, line,
                             "fields: %s needs %s_reference: AGL, AMSL, WGS84, STD or an "
                             "attribute",
                             name, name);
    return DRF_OK;
}

enum drf_status config_read_fields(struct config_reader *reader, const yaml_node_t *node,
                                   struct geo_zone_fields *out)
{
    double number;
    *out = (struct geo_zone_fields){.mapped = 0};
    if (!node || config_is_null(node))
        return DRF_OK;
    enum drf_status status = config_check_keys(reader, node, config_field_keys, "", "fields");
    status = config_first(status, config_read_section(reader, node, config_field_keys, "",
                                                      config_line(node), out));
    if (status == DRF_OK)
        status = read_words(reader, config_find(reader, node, "restriction_words", NULL), out);
    if (status == DRF_OK)
        status = check_limit(reader, node, "lower", out->lower, out->lower_unit,
                             out->lower_reference);
    if (status == DRF_OK)
        status = check_limit(reader, node, "upper", out->upper, out->upper_unit,
                             out->upper_reference);
    if (status == DRF_OK && out->no_limit[0] != '\0'
        && !geo_zone_number_parse(out->no_limit, &number))
        return config_refuse(reader->error, DRF_ERR_RANGE,
                             config_line(config_find(reader, node, "no_limit", NULL)),
                             "no_limit: must be a number");
    out->mapped = 1;
    return status;
}

// Attribute and unit, as keys of one mapping.
static enum drf_status check_length(struct config_reader *reader, const yaml_node_t *node,
                                    const char *name, const char *value, const char *unit)
{
    if (value[0] != '\0' && unit[0] == '\0')
        return config_refuse(reader->error, DRF_ERR_SYNTAX, config_line(node),
                             "fields: %s needs its unit: M, FT or an attribute", name);
    if (value[0] == '\0' && unit[0] != '\0')
        return config_refuse(reader->error, DRF_ERR_SYNTAX, config_line(node),
                             "fields: the unit of %s says nothing without %s", name, name);
    return DRF_OK;
}

static enum drf_status check_obstacle_fields(struct config_reader *reader,
                                             const yaml_node_t *node,
                                             const struct geo_obstacle_fields *fields)
{
    const char *accuracy =
        fields->horizontal_acc[0] != '\0' ? fields->horizontal_acc : fields->vertical_acc;
    enum drf_status status = check_length(reader, node, "agl", fields->agl, fields->agl_unit);
    if (status == DRF_OK)
        status = check_length(reader, node, "amsl", fields->amsl, fields->amsl_unit);
    if (status == DRF_OK)
        status =
            check_length(reader, node, "elevation", fields->elevation, fields->elevation_unit);
    if (status == DRF_OK)
        status = check_length(reader, node, "accuracy", accuracy, fields->acc_unit);
    if (status != DRF_OK)
        return status;
    if ((fields->levels[0] != '\0') != (fields->level_height_m > 0.0))
        return config_refuse(reader->error, DRF_ERR_SYNTAX, config_line(node),
                             "fields: levels and level_height_m belong together");
    if (fields->agl[0] == '\0' && fields->amsl[0] == '\0' && fields->levels[0] == '\0')
        return config_refuse(reader->error, DRF_ERR_SYNTAX, config_line(node),
                             "fields: one of agl, amsl and levels is needed: an obstacle has "
                             "a height");
    return DRF_OK;
}

enum drf_status config_read_obstacle_fields(struct config_reader *reader,
                                            const yaml_node_t *node,
                                            struct geo_obstacle_fields *out)
{
    *out = (struct geo_obstacle_fields){.mapped = 0};
    if (!node || config_is_null(node))
        return DRF_OK;
    enum drf_status status =
        config_check_keys(reader, node, config_obstacle_field_keys, "", "fields");
    status = config_first(status, config_read_section(reader, node, config_obstacle_field_keys,
                                                      "", config_line(node), out));
    if (status == DRF_OK)
        status = check_obstacle_fields(reader, node, out);
    out->mapped = 1;
    return status;
}
