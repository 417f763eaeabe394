// SPDX-License-Identifier: Apache-2.0
#include <math.h>
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

static bool good(struct geo_bounds box)
{
    struct edge_region region;
    if (edge_region_from_bounds(box, &region) != DRF_OK)
        return false;
    edge_region_close(&region);
    return true;
}

// The box that was probably meant by numbers that make none: in order, or with latitude and
// longitude exchanged; which of them is tried first depends on whether a latitude is off the
// globe. False: neither makes one.
static bool probable(const double *n, struct geo_bounds *out)
{
    const struct geo_bounds straight = {fmin(n[0], n[2]), fmin(n[1], n[3]), fmax(n[0], n[2]),
                                        fmax(n[1], n[3])};
    const struct geo_bounds exchanged = {fmin(n[1], n[3]), fmin(n[0], n[2]), fmax(n[1], n[3]),
                                         fmax(n[0], n[2])};
    // West, east, south, north is the order of some programs.
    const struct geo_bounds paired = {fmin(n[0], n[1]), fmin(n[2], n[3]), fmax(n[0], n[1]),
                                      fmax(n[2], n[3])};
    const bool off = fabs(n[1]) > 90.0 || fabs(n[3]) > 90.0;
    const struct geo_bounds tried[] = {off ? exchanged : straight, off ? paired : exchanged};
    for (size_t i = 0; i < sizeof tried / sizeof tried[0]; i++)
        if (good(tried[i])) {
            *out = tried[i];
            return true;
        }
    return false;
}

enum drf_status config_read_bounds(struct config_reader *reader, const yaml_node_t *node,
                                   unsigned line, struct geo_bounds *out)
{
    double n[4];
    char given[CONFIG_SHOWN_SIZE + 8], meant[120] = "";
    if (item_count(node) != 4)
        return config_refuse(reader->error, DRF_ERR_SYNTAX, node ? config_line(node) : line,
                             "%sbounds: four numbers, [west, south, east, north]%s",
                             reader->where, config_not(reader, node, "bounds", given));
    enum drf_status status = DRF_OK;
    for (size_t i = 0; i < 4; i++)
        status =
            config_first(status, config_number(reader, item(reader, node, i), "bounds", &n[i]));
    if (status != DRF_OK)
        return status;
    const struct geo_bounds box = {n[0], n[1], n[2], n[3]};
    struct geo_bounds other;
    if (good(box)) {
        *out = box;
        return DRF_OK;
    }
    if (probable(n, &other))
        snprintf(meant, sizeof meant, "; did you mean [%.9g, %.9g, %.9g, %.9g]?",
                 other.west_deg, other.south_deg, other.east_deg, other.north_deg);
    return config_refuse(reader->error, DRF_ERR_RANGE, config_line(node),
                         "%sbounds: [%.9g, %.9g, %.9g, %.9g] is no box: west < east in -180 to "
                         "180, south < north in -90 to 90, at most 180 degrees wide%s",
                         reader->where, n[0], n[1], n[2], n[3], meant);
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
        const struct geo_point corner = points[i];
        if (fabs(corner.lat_deg) > 90.0 && fabs(corner.lat_deg) <= 180.0
            && fabs(corner.lon_deg) <= 90.0)
            return config_refuse(reader->error, DRF_ERR_RANGE, config_line(pair),
                                 "polygon: the corner [%.9g, %.9g] is off the globe: longitude "
                                 "first, then latitude -90 to 90; did you mean [%.9g, %.9g]?",
                                 corner.lon_deg, corner.lat_deg, corner.lat_deg,
                                 corner.lon_deg);
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
    if (bounds) {
        struct geo_bounds box = {0};
        snprintf(reader->where, sizeof reader->where, "region.");
        enum drf_status status = config_read_bounds(reader, bounds, line, &box);
        reader->where[0] = '\0';
        return status == DRF_OK ? edge_region_from_bounds(box, out) : status;
    }
    return polygon ? read_polygon(reader, polygon, out) : read_polygon_file(reader, file, out);
}
