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

static enum drf_status read_inset(struct config_reader *reader, const yaml_node_t *node,
                                  size_t index, struct geo_inset *out)
{
    unsigned line = config_line(node);
    char given[CONFIG_SHOWN_SIZE + 8];
    if (node->type != YAML_MAPPING_NODE)
        return config_refuse(reader->error, DRF_ERR_SYNTAX, line,
                             "insets: each entry is a mapping of keys to values%s",
                             config_not(reader, node, "insets", given));
    const char *name = config_text(config_find(reader, node, "name", NULL));
    if (name && name[0] != '\0')
        snprintf(reader->where, sizeof reader->where, "insets.%.40s.", name);
    else
        snprintf(reader->where, sizeof reader->where, "insets[%zu].", index + 1);
    enum drf_status status = config_check_keys(reader, node, config_inset_keys, "", "insets");
    status = config_first(status,
                          config_read_section(reader, node, config_inset_keys, "", line, out));
    return config_first(status,
                        config_read_bounds(reader, config_find(reader, node, "bounds", NULL),
                                           line, &out->bounds));
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
    for (size_t i = 0; i < count; i++)
        status = config_first(
            status, read_inset(reader, yaml_document_get_node(reader->document, items[i]), i,
                               &out->insets[i]));
    reader->where[0] = '\0';
    if (status != DRF_OK)
        return status;
    out->inset_count = count;
    if (out->region.count == 0) // it has a mistake of its own
        return DRF_OK;
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
