// SPDX-License-Identifier: Apache-2.0
#include "edge/view/features.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

enum {
    HEAD_BYTES = 8,
    ENVELOPE_BYTES = 32,
    WKB_POINT = 1,
    WKB_LINE = 2,
    WKB_POLYGON = 3,
    WKB_MULTIPOLYGON = 6,
    DECIMALS = 7,
};

struct cursor {
    const uint8_t *at;
    size_t left;
    bool bad; // more was asked for than there is, or something else stands there
    struct edge_json_text *json;
};

static uint32_t take_u32(struct cursor *cursor)
{
    if (cursor->left < 4) {
        cursor->bad = true;
        return 0;
    }
    const uint8_t *at = cursor->at;
    cursor->at += 4;
    cursor->left -= 4;
    return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static double take_f64(struct cursor *cursor)
{
    const uint64_t low = take_u32(cursor), bits = low | (uint64_t)take_u32(cursor) << 32;
    double value;
    memcpy(&value, &bits, sizeof value);
    if (!isfinite(value))
        cursor->bad = true;
    return value;
}

static uint32_t take_kind(struct cursor *cursor)
{
    if (cursor->left < 1 || cursor->at[0] != 1) { // little-endian
        cursor->bad = true;
        return 0;
    }
    cursor->at++;
    cursor->left--;
    return take_u32(cursor);
}

static void put_point(struct cursor *cursor)
{
    const double lon_deg = take_f64(cursor), lat_deg = take_f64(cursor);
    edge_json_text_begin(cursor->json, '[');
    edge_json_text_real(cursor->json, lon_deg, DECIMALS);
    edge_json_text_real(cursor->json, lat_deg, DECIMALS);
    edge_json_text_end(cursor->json, ']');
}

static void put_line(struct cursor *cursor)
{
    const uint32_t count = take_u32(cursor);
    edge_json_text_begin(cursor->json, '[');
    for (uint32_t i = 0; i < count && !cursor->bad; i++)
        put_point(cursor);
    edge_json_text_end(cursor->json, ']');
}

static void put_rings(struct cursor *cursor)
{
    const uint32_t count = take_u32(cursor);
    edge_json_text_begin(cursor->json, '[');
    for (uint32_t i = 0; i < count && !cursor->bad; i++)
        put_line(cursor);
    edge_json_text_end(cursor->json, ']');
}

static void put_polygons(struct cursor *cursor)
{
    const uint32_t count = take_u32(cursor);
    edge_json_text_begin(cursor->json, '[');
    for (uint32_t i = 0; i < count && !cursor->bad; i++) {
        if (take_kind(cursor) != WKB_POLYGON)
            cursor->bad = true;
        else
            put_rings(cursor);
    }
    edge_json_text_end(cursor->json, ']');
}

enum drf_status edge_features_geometry(const uint8_t *bytes, size_t size,
                                       struct edge_json_text *json)
{
    static const struct {
        uint32_t kind;
        const char *name;
        void (*put)(struct cursor *cursor);
    } kinds[] = {{WKB_POINT, "Point", put_point},
                 {WKB_LINE, "LineString", put_line},
                 {WKB_POLYGON, "Polygon", put_rings},
                 {WKB_MULTIPOLYGON, "MultiPolygon", put_polygons}};
    if (size < HEAD_BYTES || bytes[0] != 'G' || bytes[1] != 'P' || bytes[2] != 0)
        return DRF_ERR_SYNTAX;
    // Little-endian, without an envelope or with XY.
    const size_t head = HEAD_BYTES + (bytes[3] == 0x03 ? ENVELOPE_BYTES : 0);
    if ((bytes[3] != 0x01 && bytes[3] != 0x03) || size < head)
        return DRF_ERR_SYNTAX;
    struct cursor cursor = {.at = bytes + head, .left = size - head, .json = json};
    const uint32_t kind = take_kind(&cursor);
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0] && !cursor.bad; i++) {
        if (kinds[i].kind != kind)
            continue;
        edge_json_text_begin(json, '{');
        edge_json_text_key(json, "type");
        edge_json_text_word(json, kinds[i].name);
        edge_json_text_key(json, "coordinates");
        kinds[i].put(&cursor);
        edge_json_text_end(json, '}');
        return cursor.bad || cursor.left > 0 ? DRF_ERR_SYNTAX : DRF_OK;
    }
    return DRF_ERR_SYNTAX;
}

struct writing {
    struct edge_json_text *json;
    const char *layer;
    size_t written;
};

static void put_column(struct edge_json_text *json, const struct fusion_store_column *column)
{
    edge_json_text_key(json, column->name);
    switch (column->kind) {
    case FUSION_COLUMN_INT:
        edge_json_text_int(json, column->integer);
        break;
    case FUSION_COLUMN_BOOL:
        edge_json_text_bool(json, column->integer != 0);
        break;
    case FUSION_COLUMN_REAL:
        edge_json_text_real(json, column->real, 6);
        break;
    case FUSION_COLUMN_TEXT:
        if (column->text != NULL)
            edge_json_text_string(json, column->text, column->size);
        else
            edge_json_text_null(json);
        break;
    }
}

static enum drf_status put_feature(void *context, const struct fusion_store_feature *feature)
{
    struct writing *writing = context;
    struct edge_json_text *json = writing->json;
    const size_t before = json->length;
    edge_json_text_begin(json, '{');
    edge_json_text_key(json, "type");
    edge_json_text_word(json, "Feature");
    edge_json_text_key(json, "geometry");
    if (edge_features_geometry(feature->geometry, feature->geometry_size, json) != DRF_OK) {
        json->length = before; // not as a store writes it: left out, and counted as such
        return json->failed ? DRF_ERR_NOMEM : DRF_OK;
    }
    edge_json_text_key(json, "properties");
    edge_json_text_begin(json, '{');
    edge_json_text_key(json, "layer");
    edge_json_text_word(json, writing->layer);
    for (size_t i = 0; i < feature->count; i++)
        put_column(json, &feature->columns[i]);
    edge_json_text_end(json, '}');
    edge_json_text_end(json, '}');
    writing->written++;
    return json->failed ? DRF_ERR_NOMEM : DRF_OK;
}

enum drf_status edge_features_write(struct fusion_store_view *store, struct geo_bounds box,
                                    struct edge_json_text *json)
{
    static const struct {
        enum fusion_layer layer;
        const char *name;
    } layers[] = {{FUSION_LAYER_ZONE, "zone"},
                  {FUSION_LAYER_WEATHER, "station"},
                  {FUSION_LAYER_OBSTACLE, "obstacle"}};
    struct writing writing = {.json = json};
    size_t found = 0;
    edge_json_text_begin(json, '{');
    edge_json_text_key(json, "type");
    edge_json_text_word(json, "FeatureCollection");
    edge_json_text_key(json, "features");
    edge_json_text_begin(json, '[');
    for (size_t i = 0; i < sizeof layers / sizeof layers[0]; i++) {
        size_t here;
        writing.layer = layers[i].name;
        const enum drf_status status = fusion_store_view_features(
            store, layers[i].layer, box, EDGE_FEATURES_MAX - writing.written, put_feature,
            &writing, &here);
        if (status != DRF_OK)
            return status;
        found += here;
    }
    edge_json_text_end(json, ']');
    edge_json_text_key(json, "left_out");
    edge_json_text_int(json, found > writing.written ? (int64_t)(found - writing.written) : 0);
    edge_json_text_end(json, '}');
    return json->failed ? DRF_ERR_NOMEM : DRF_OK;
}
