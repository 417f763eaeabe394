// SPDX-License-Identifier: Apache-2.0
#include <stddef.h>
#include <string.h>

#include "edge/config/config_read.h"

const struct config_key config_inset_keys[] = {
    {"", "name", CONFIG_TEXT, offsetof(struct geo_inset, name), GEO_INSET_NAME_SIZE, 0, 0, 0,
     NULL, NULL, "campus",
     "lower-case letters, digits and '_': its layers are ground_NAME and surface_NAME"},
    {"", "level", CONFIG_U32, offsetof(struct geo_inset, level), 0, 9, GEO_INSET_LEVEL_MAX, 1,
     NULL, NULL, "16",
     "finer than store.level; 13: 10 m, 14: 5 m, 15: 2.4 m, 16: 1.2 m, 17: 0.6 m north-south"},
    {"", "bounds", CONFIG_SPECIAL, 0, 0, 0, 0, 0, NULL, NULL, "[-79.40, 43.64, -79.37, 43.66]",
     "west, south, east, north in degrees, inside the area that is kept; its tiles are kept "
     "whole"},
    {NULL, NULL, CONFIG_SPECIAL, 0, 0, 0, 0, 0, NULL, NULL, NULL, NULL},
};

static enum drf_status read_bounds(struct config_reader *reader, const yaml_node_t *node,
                                   unsigned line, struct geo_bounds *out)
{
    double numbers[4];
    if (!node || node->type != YAML_SEQUENCE_NODE
        || node->data.sequence.items.top - node->data.sequence.items.start != 4)
        return config_refuse(reader->error, DRF_ERR_SYNTAX, node ? config_line(node) : line,
                             "insets: bounds: four numbers, [west, south, east, north]");
    for (size_t i = 0; i < 4; i++) {
        enum drf_status status = config_number(
            reader,
            yaml_document_get_node(reader->document, node->data.sequence.items.start[i]),
            "bounds", &numbers[i]);
        if (status != DRF_OK)
            return status;
    }
    *out = (struct geo_bounds){numbers[0], numbers[1], numbers[2], numbers[3]};
    return DRF_OK;
}

static enum drf_status read_inset(struct config_reader *reader, const yaml_node_t *node,
                                  struct geo_inset *out)
{
    unsigned line = config_line(node);
    if (node->type != YAML_MAPPING_NODE)
        return config_refuse(reader->error, DRF_ERR_SYNTAX, line,
                             "insets: each entry is a mapping of keys to values");
    enum drf_status status = config_check_keys(reader, node, config_inset_keys, "", "insets");
    if (status == DRF_OK)
        status = config_read_section(reader, node, config_inset_keys, "", line, out);
    if (status == DRF_OK)
        status =
            read_bounds(reader, config_find(reader, node, "bounds", NULL), line, &out->bounds);
    return status;
}

enum drf_status config_read_insets(struct config_reader *reader, const yaml_node_t *insets,
                                   struct drf_config *out)
{
    if (!insets || config_is_null(insets))
        return DRF_OK;
    if (insets->type != YAML_SEQUENCE_NODE)
        return config_refuse(reader->error, DRF_ERR_SYNTAX, config_line(insets),
                             "insets: must be a list, each entry beginning with '- '");
    const yaml_node_item_t *items = insets->data.sequence.items.start;
    size_t count = (size_t)(insets->data.sequence.items.top - items);
    if (count > GEO_INSETS_MAX)
        return config_refuse(reader->error, DRF_ERR_RANGE, config_line(insets),
                             "insets: at most %d", GEO_INSETS_MAX);
    enum drf_status status = DRF_OK;
    for (size_t i = 0; i < count && status == DRF_OK; i++)
        status = read_inset(reader, yaml_document_get_node(reader->document, items[i]),
                            &out->insets[i]);
    if (status != DRF_OK)
        return status;
    out->inset_count = count;
    size_t which;
    const char *why;
    status =
        geo_insets_check(out->insets, count, out->level, drf_config_keep(out), &which, &why);
    if (status == DRF_OK)
        return DRF_OK;
    const yaml_node_t *node = yaml_document_get_node(reader->document, items[which]);
    return config_refuse(reader->error, status, config_line(node), "insets: '%s': %s",
                         out->insets[which].name, why);
}
