// SPDX-License-Identifier: Apache-2.0
#include <math.h>

#include "edge/config/config_read.h"

enum { STATUS_MAX = 254 };

static bool has_values(const struct drf_feed_config *feed)
{
    return feed->kind == DRF_FEED_TERRAIN || feed->format == GEO_FORMAT_GRIB;
}

static enum drf_status read_nodata(struct config_reader *reader, const yaml_node_t *node,
                                   struct drf_feed_config *feed)
{
    if (!node || config_is_null(node))
        return DRF_OK;
    if (!has_values(feed))
        return config_refuse(reader->error, DRF_ERR_RANGE, config_line(node),
                             "feeds: '%s': nodata belongs to terrain and grib only",
                             feed->name);
    feed->has_nodata = true;
    return config_number(reader, node, "nodata", &feed->nodata);
}

static enum drf_status read_statuses(struct config_reader *reader, const yaml_node_t *node,
                                     struct drf_feed_config *feed)
{
    if (!node || config_is_null(node))
        return DRF_OK;
    const unsigned line = config_line(node);
    if (feed->format != GEO_FORMAT_GRIB)
        return config_refuse(reader->error, DRF_ERR_RANGE, line,
                             "feeds: '%s': production_status belongs to grib only", feed->name);
    if (node->type != YAML_SEQUENCE_NODE)
        return config_refuse(reader->error, DRF_ERR_SYNTAX, line,
                             "feeds: '%s': production_status: a list of numbers, such as [2]",
                             feed->name);
    for (const yaml_node_item_t *item = node->data.sequence.items.start;
         item < node->data.sequence.items.top; item++) {
        double number;
        enum drf_status status =
            config_number(reader, yaml_document_get_node(reader->document, *item),
                          "production_status", &number);
        if (status != DRF_OK)
            return status;
        if (!(number >= 1 && number <= STATUS_MAX) || number != floor(number))
            return config_refuse(reader->error, DRF_ERR_RANGE, line,
                                 "feeds: '%s': production_status: whole numbers, 1 to %d",
                                 feed->name, STATUS_MAX);
        unsigned code = (unsigned)number;
        feed->production_statuses[code / 8] |= (uint8_t)(1u << code % 8);
    }
    return DRF_OK;
}

enum drf_status config_read_values(struct config_reader *reader, const yaml_node_t *node,
                                   struct drf_feed_config *feed)
{
    enum drf_status status =
        read_nodata(reader, config_find(reader, node, "nodata", NULL), feed);
    return config_first(
        status,
        read_statuses(reader, config_find(reader, node, "production_status", NULL), feed));
}
