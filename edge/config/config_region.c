// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>
#include <string.h>

#include "edge/config/config_read.h"

// JSON is YAML: a GeoJSON polygon is read by the same parser, written in the configuration or
// in a file of its own, and mistakes have their line.
enum { POLYGON_FILE_MAX = 1 << 20 };

static const yaml_node_t *item(struct config_reader *reader, const yaml_node_t *sequence,
                               size_t index)
{
    if (!sequence || sequence->type != YAML_SEQUENCE_NODE
        || index >= (size_t)(sequence->data.sequence.items.top
                             - sequence->data.sequence.items.start))
        return NULL;
    return yaml_document_get_node(reader->document, sequence->data.sequence.items.start[index]);
}

static size_t item_count(const yaml_node_t *sequence)
{
    if (!sequence || sequence->type != YAML_SEQUENCE_NODE)
        return 0;
    return (size_t)(sequence->data.sequence.items.top - sequence->data.sequence.items.start);
}

static enum drf_status read_bounds(struct config_reader *reader, const yaml_node_t *node,
                                   struct edge_region *out)
{
    double numbers[4];
    if (item_count(node) != 4)
        return config_refuse(reader->error, DRF_ERR_SYNTAX, config_line(node),
                             "bounds: four numbers, [west, south, east, north]");
    for (size_t i = 0; i < 4; i++) {
        enum drf_status status =
            config_number(reader, item(reader, node, i), "bounds", &numbers[i]);
        if (status != DRF_OK)
            return status;
    }
    struct geo_bounds bounds = {numbers[0], numbers[1], numbers[2], numbers[3]};
    enum drf_status status = edge_region_from_bounds(bounds, out);
    if (status != DRF_OK)
        return config_refuse(reader->error, status, config_line(node),
                             "bounds: west < east in -180 to 180, south < north in -90 to 90, "
                             "at most 180 degrees wide");
    return DRF_OK;
}

// The one geometry in a Polygon, a Feature or a FeatureCollection of one; NULL if there is
// none.
static const yaml_node_t *only_geometry(struct config_reader *reader, const yaml_node_t *node)
{
    const char *type = config_text(config_find(reader, node, "type", NULL));
    if (type && strcmp(type, "FeatureCollection") == 0) {
        const yaml_node_t *features = config_find(reader, node, "features", NULL);
        node = item_count(features) == 1 ? item(reader, features, 0) : NULL;
        type = config_text(config_find(reader, node, "type", NULL));
    }
    if (type && strcmp(type, "Feature") == 0) {
        node = config_find(reader, node, "geometry", NULL);
        type = config_text(config_find(reader, node, "type", NULL));
    }
    return type && strcmp(type, "Polygon") == 0 ? node : NULL;
}

static enum drf_status read_ring(struct config_reader *reader, const yaml_node_t *ring,
                                 struct geo_point *points, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const yaml_node_t *pair = item(reader, ring, i);
        const yaml_node_t *lon = item(reader, pair, 0), *lat = item(reader, pair, 1);
        if (!lon || !lat)
            return config_refuse(reader->error, DRF_ERR_SYNTAX, config_line(pair),
                                 "polygon: a corner is [longitude, latitude]");
        enum drf_status status = config_number(reader, lon, "polygon", &points[i].lon_deg);
        if (status == DRF_OK)
            status = config_number(reader, lat, "polygon", &points[i].lat_deg);
        if (status != DRF_OK)
            return status;
    }
    return DRF_OK;
}

static enum drf_status read_polygon(struct config_reader *reader, const yaml_node_t *node,
                                    struct edge_region *out)
{
    const yaml_node_t *geometry = only_geometry(reader, node);
    const yaml_node_t *rings = config_find(reader, geometry, "coordinates", NULL);
    if (!geometry)
        return config_refuse(reader->error, DRF_ERR_SYNTAX, config_line(node),
                             "polygon: must be a GeoJSON Polygon, or a Feature or "
                             "FeatureCollection of exactly one");
    size_t count = item_count(item(reader, rings, 0));
    if (item_count(rings) != 1 || count > EDGE_REGION_VERTICES_MAX + 1)
        return config_refuse(reader->error, DRF_ERR_RANGE, config_line(geometry),
                             "polygon: one ring of at most %d corners, without holes",
                             EDGE_REGION_VERTICES_MAX);

    struct geo_point *points = calloc(count + 1, sizeof *points);
    if (!points)
        return config_refuse(reader->error, DRF_ERR_NOMEM, 0, "out of memory");
    char why[EDGE_REGION_ERROR_SIZE] = "out of memory";
    enum drf_status status = read_ring(reader, item(reader, rings, 0), points, count);
    if (status == DRF_OK) {
        status = edge_region_from_ring(points, count, why, out);
        if (status != DRF_OK)
            status =
                config_refuse(reader->error, status, config_line(rings), "polygon: %s", why);
    }
    free(points);
    return status;
}

static enum drf_status read_polygon_file(struct config_reader *reader, const yaml_node_t *node,
                                         struct edge_region *out)
{
    char path[DRF_PATH_SIZE], *text = NULL;
    size_t size = 0;
    if (!config_text(node))
        return config_refuse(reader->error, DRF_ERR_SYNTAX, config_line(node),
                             "polygon_file: must be text");
    enum drf_status status = config_path(reader, node, path, sizeof path);
    if (status != DRF_OK)
        return status;
    status = config_input_file(reader, path, POLYGON_FILE_MAX, &text, &size);
    if (status != DRF_OK)
        return config_refuse(reader->error, status, config_line(node),
                             "polygon_file: %.200s cannot be read, or is larger than 1 MiB",
                             path);
    yaml_document_t document;
    struct drf_config_error inner = {0};
    status = config_document(text, size, &inner, &document);
    if (status == DRF_OK) {
        struct config_reader file = {.document = &document, .error = &inner};
        status = read_polygon(&file, yaml_document_get_root_node(&document), out);
        yaml_document_delete(&document);
    }
    free(text);
    if (status != DRF_OK)
        return config_refuse(reader->error, status, config_line(node),
                             "polygon_file: line %u of it: %.200s", inner.line, inner.text);
    return DRF_OK;
}

enum drf_status config_read_region(struct config_reader *reader, const yaml_node_t *section,
                                   unsigned line, struct edge_region *out)
{
    const yaml_node_t *bounds = config_find(reader, section, "bounds", NULL);
    const yaml_node_t *polygon = config_find(reader, section, "polygon", NULL);
    const yaml_node_t *file = config_find(reader, section, "polygon_file", NULL);
    if (!!bounds + !!polygon + !!file != 1)
        return config_refuse(reader->error, DRF_ERR_SYNTAX, line,
                             "region: exactly one of bounds, polygon and polygon_file");
    if (bounds)
        return read_bounds(reader, bounds, out);
    return polygon ? read_polygon(reader, polygon, out) : read_polygon_file(reader, file, out);
}
