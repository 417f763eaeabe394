// SPDX-License-Identifier: Apache-2.0
// The WKB is written in one pass into a block of the greatest size it can have; the envelope
// of a zone, which stands in front, is filled in last. A circle becomes a circumscribed
// polygon, so that it covers the circle, with its corners rounded to 1e-7 degree, because the
// last bits of sin() and cos() differ between machines. The SQL functions read the bounding
// box from the envelope, or from the coordinates of a point: they understand exactly what is
// written here, and return NULL for anything else.
#include "fusion/store/store_geometry.h"

#include <sqlite3.h>

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "geo/frame.h"

enum {
    SRS_ID = 4326,
    HEAD_BYTES = 8,
    ENVELOPE_BYTES = 32,
    WKB_HEAD_BYTES = 5,
    WKB_POINT = 1,
    WKB_LINE = 2,
    WKB_POLYGON = 3,
    WKB_MULTIPOLYGON = 6,
    CIRCLE_CORNERS = 64,
    FLAGS_POINT = 0x01,    // little-endian, no envelope
    FLAGS_ENVELOPE = 0x03, // little-endian, envelope XY
};

static uint8_t *put_u32(uint8_t *at, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> (8 * i));
    return at + 4;
}

static uint8_t *put_f64(uint8_t *at, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    for (int i = 0; i < 8; i++)
        at[i] = (uint8_t)(bits >> (8 * i));
    return at + 8;
}

static double get_f64(const uint8_t *at)
{
    uint64_t bits = 0;
    for (int i = 7; i >= 0; i--)
        bits = (bits << 8) | at[i];
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static uint8_t *put_point(uint8_t *at, struct geo_point point)
{
    return put_f64(put_f64(at, point.lon_deg), point.lat_deg);
}

static uint8_t *put_head(uint8_t *at, uint8_t flags)
{
    at[0] = 'G';
    at[1] = 'P';
    at[2] = 0;
    at[3] = flags;
    return put_u32(at + 4, SRS_ID);
}

static uint8_t *put_kind(uint8_t *at, uint32_t kind)
{
    at[0] = 1; // little-endian
    return put_u32(at + 1, kind);
}

static uint8_t *put_envelope(uint8_t *at, const struct geo_point *vertices, uint32_t count)
{
    double west = vertices[0].lon_deg, east = west;
    double south = vertices[0].lat_deg, north = south;
    for (uint32_t i = 1; i < count; i++) {
        west = fmin(west, vertices[i].lon_deg);
        east = fmax(east, vertices[i].lon_deg);
        south = fmin(south, vertices[i].lat_deg);
        north = fmax(north, vertices[i].lat_deg);
    }
    return put_f64(put_f64(put_f64(put_f64(at, west), east), south), north);
}

enum drf_status store_geometry_encode(const struct geo_obstacle *obstacle,
                                      const struct geo_point *vertices, uint8_t **bytes,
                                      size_t *size)
{
    const bool polygon = obstacle->geometry == GEO_GEOMETRY_POLYGON;
    const uint32_t count = vertices == NULL ? 0 : obstacle->vertex_count;
    const bool point = obstacle->geometry == GEO_GEOMETRY_POINT || count == 0;
    // A polygon's ring repeats its first vertex in WKB.
    const size_t points = point ? 1 : (size_t)count + (polygon ? 1 : 0);
    const size_t room =
        HEAD_BYTES + ENVELOPE_BYTES + WKB_HEAD_BYTES + 8 + points * 2 * sizeof(double);
    uint8_t *made = malloc(room);
    if (made == NULL)
        return DRF_ERR_NOMEM;
    uint8_t *at = put_head(made, point ? FLAGS_POINT : FLAGS_ENVELOPE);
    if (point) {
        at = put_point(put_kind(at, WKB_POINT), obstacle->position);
    } else {
        at = put_envelope(at, vertices, count);
        at = put_kind(at, polygon ? WKB_POLYGON : WKB_LINE);
        if (polygon)
            at = put_u32(at, 1); // rings
        at = put_u32(at, (uint32_t)points);
        for (uint32_t i = 0; i < count; i++)
            at = put_point(at, vertices[i]);
        if (polygon)
            at = put_point(at, vertices[0]);
    }
    *bytes = made;
    *size = (size_t)(at - made);
    return DRF_OK;
}

// Corners of a regular polygon around the circle, to a centimetre and the same everywhere.
static void circle_corners(const struct geo_zone_volume *volume,
                           struct geo_point corners[static CIRCLE_CORNERS])
{
    const double step_rad = 6.283185307179586 / CIRCLE_CORNERS;
    const double reach_m = volume->radius_m / cos(step_rad / 2.0);
    struct geo_frame frame = geo_frame_at(volume->centre);
    for (int i = 0; i < CIRCLE_CORNERS; i++) {
        struct geo_point at = geo_frame_point(
            &frame, (struct geo_offset){.east_m = reach_m * cos(step_rad * i),
                                        .north_m = reach_m * sin(step_rad * i)});
        corners[i] = (struct geo_point){.lat_deg = round(at.lat_deg * 1e7) / 1e7,
                                        .lon_deg = round(at.lon_deg * 1e7) / 1e7};
    }
}

static uint8_t *put_ring(uint8_t *at, const struct geo_point *ring, uint32_t count)
{
    at = put_u32(put_u32(put_kind(at, WKB_POLYGON), 1), count + 1);
    for (uint32_t i = 0; i < count; i++)
        at = put_point(at, ring[i]);
    return put_point(at, ring[0]);
}

enum drf_status store_geometry_encode_zone(const struct geo_zone_view *view, uint8_t **bytes,
                                           size_t *size)
{
    const uint32_t count = view->zone->volume_count;
    const size_t points = view->zone->vertex_count + (size_t)count * (CIRCLE_CORNERS + 1);
    uint8_t *made =
        malloc(HEAD_BYTES + ENVELOPE_BYTES + WKB_HEAD_BYTES + 4
               + count * (size_t)(WKB_HEAD_BYTES + 8) + points * 2 * sizeof(double));
    if (made == NULL)
        return DRF_ERR_NOMEM;
    uint8_t *envelope_at = put_head(made, FLAGS_ENVELOPE);
    uint8_t *at = put_u32(put_kind(envelope_at + ENVELOPE_BYTES, WKB_MULTIPOLYGON), count);
    struct geo_point box[2] = {{90.0, 540.0}, {-90.0, -540.0}};
    for (uint32_t i = 0; i < count; i++) {
        struct geo_point corners[CIRCLE_CORNERS];
        const struct geo_zone_volume *volume = &view->volumes[i];
        const bool circle = volume->shape == GEO_ZONE_CIRCLE;
        if (circle)
            circle_corners(volume, corners);
        const struct geo_point *ring = circle ? corners : view->vertices + volume->first_vertex;
        const uint32_t ring_count = circle ? CIRCLE_CORNERS : volume->vertex_count;
        for (uint32_t j = 0; j < ring_count; j++) {
            box[0].lat_deg = fmin(box[0].lat_deg, ring[j].lat_deg);
            box[0].lon_deg = fmin(box[0].lon_deg, ring[j].lon_deg);
            box[1].lat_deg = fmax(box[1].lat_deg, ring[j].lat_deg);
            box[1].lon_deg = fmax(box[1].lon_deg, ring[j].lon_deg);
        }
        at = put_ring(at, ring, ring_count);
    }
    (void)put_envelope(envelope_at, box, 2);
    *bytes = made;
    *size = (size_t)(at - made);
    return DRF_OK;
}

enum bound { MIN_X, MAX_X, MIN_Y, MAX_Y };

// Only what store_geometry_encode() writes: no other program writes while a node lives.
static bool envelope(sqlite3_value *value, double out[4])
{
    const uint8_t *at = sqlite3_value_blob(value);
    const size_t size = (size_t)sqlite3_value_bytes(value);
    if (at == NULL || size < HEAD_BYTES || at[0] != 'G' || at[1] != 'P')
        return false;
    if (at[3] == FLAGS_ENVELOPE && size >= HEAD_BYTES + ENVELOPE_BYTES) {
        for (size_t i = 0; i < 4; i++)
            out[i] = get_f64(at + HEAD_BYTES + 8 * i);
        return true;
    }
    if (at[3] != FLAGS_POINT || size < HEAD_BYTES + WKB_HEAD_BYTES + 16
        || at[HEAD_BYTES + 1] != WKB_POINT)
        return false;
    out[MIN_X] = out[MAX_X] = get_f64(at + HEAD_BYTES + WKB_HEAD_BYTES);
    out[MIN_Y] = out[MAX_Y] = get_f64(at + HEAD_BYTES + WKB_HEAD_BYTES + 8);
    return true;
}

static void bound_of(sqlite3_context *context, sqlite3_value **values, enum bound bound)
{
    double box[4];
    if (envelope(values[0], box))
        sqlite3_result_double(context, box[bound]);
    else
        sqlite3_result_null(context);
}

static void min_x(sqlite3_context *context, int count, sqlite3_value **values)
{
    (void)count;
    bound_of(context, values, MIN_X);
}

static void max_x(sqlite3_context *context, int count, sqlite3_value **values)
{
    (void)count;
    bound_of(context, values, MAX_X);
}

static void min_y(sqlite3_context *context, int count, sqlite3_value **values)
{
    (void)count;
    bound_of(context, values, MIN_Y);
}

static void max_y(sqlite3_context *context, int count, sqlite3_value **values)
{
    (void)count;
    bound_of(context, values, MAX_Y);
}

static void is_empty(sqlite3_context *context, int count, sqlite3_value **values)
{
    (void)count;
    double box[4];
    sqlite3_result_int(context, envelope(values[0], box) ? 0 : 1);
}

int store_geometry_register(struct sqlite3 *db)
{
    static const struct {
        const char *name;
        void (*fn)(sqlite3_context *, int, sqlite3_value **);
    } functions[] = {{"ST_MinX", min_x},
                     {"ST_MaxX", max_x},
                     {"ST_MinY", min_y},
                     {"ST_MaxY", max_y},
                     {"ST_IsEmpty", is_empty}};
    int code = SQLITE_OK;
    for (size_t i = 0; i < sizeof functions / sizeof functions[0] && code == SQLITE_OK; i++)
        code = sqlite3_create_function_v2(db, functions[i].name, 1,
                                          SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS,
                                          NULL, functions[i].fn, NULL, NULL, NULL);
    return code;
}
