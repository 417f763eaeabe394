// SPDX-License-Identifier: Apache-2.0
// A part is read vertex by vertex into the caller's room, unwrapped where it crosses the
// antimeridian, and brought into the normal form of geo/ring.h. Of a polygon only the outer
// ring is kept; the others are read to see that they are holes in it and not further areas.
#include "geo/reader/geojson_geometry.h"

#include <inttypes.h>
#include <math.h>

#include "geo/edge.h"
#include "geo/record/refusal.h"
#include "geo/ring.h"

// Of vertices of holes against edges of the outer ring: a quarter of a second at most.
#define HOLE_TESTS_MAX (UINT64_C(1) << 26)

struct text {
    uint64_t feature;
    struct geo_note *why;
};

static enum drf_status bad(const struct text *text, enum geo_refusal_code code,
                           const char *what)
{
    return geo_refuse(text->why, code, text->feature, "feature %" PRIu64 ": %s", text->feature,
                      what);
}

static enum drf_status read_position(const struct text *text, const struct geo_json *position,
                                     const struct geo_geojson_crs *crs, struct geo_point *out)
{
    double x, y;
    if (geo_json_count(position) < 2 || !geo_json_number(geo_json_at(position, 0), &x)
        || !geo_json_number(geo_json_at(position, 1), &y))
        return bad(text, GEO_REFUSAL_FORMAT, "a position is not [longitude, latitude]");
    if (!geo_geojson_crs_point(crs, x, y, out))
        return bad(text, GEO_REFUSAL_RANGE, "a position is off the globe");
    return DRF_OK;
}

// A line that is straight on a map is another one in degrees: by up to 15 m in 20 km at 60
// degrees.
static bool edges_hold(const struct geo_shape *shape, size_t count)
{
    if (!geo_geojson_crs_projected(shape->crs))
        return true;
    for (size_t i = 1; i < count; i++)
        if (geo_edge_length_m(shape->vertices[i - 1], shape->vertices[i])
            > GEO_EDGE_STRAIGHT_MAX_M)
            return false;
    return true;
}

// A frame around the whole globe has edges of 360 degrees, and crosses nothing.
static bool frames_globe(const struct geo_point *vertices, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (fabs(vertices[i].lon_deg) != 180.0)
            return false;
    return true;
}

// Makes each longitude follow the one before it by less than half a circle, so that a ring
// across the antimeridian is a ring again, from -180 on. True: some then run past 180.
static bool unwrap(struct geo_point *vertices, size_t count)
{
    double west_deg = HUGE_VAL, east_deg = -HUGE_VAL;
    if (!geo_ring_crosses_antimeridian(vertices, count) || frames_globe(vertices, count))
        return false;
    for (size_t i = 0; i < count; i++) {
        double *lon_deg = &vertices[i].lon_deg;
        double before_deg = i > 0 ? vertices[i - 1].lon_deg : *lon_deg;
        if (fabs(*lon_deg - before_deg) > 180.0)
            *lon_deg += 360.0 * round((before_deg - *lon_deg) / 360.0);
        west_deg = fmin(west_deg, *lon_deg);
        east_deg = fmax(east_deg, *lon_deg);
    }
    double shift_deg = -360.0 * floor((west_deg + 180.0) / 360.0);
    for (size_t i = 0; i < count; i++)
        vertices[i].lon_deg += shift_deg;
    return east_deg + shift_deg > 180.0;
}

// `closing`: 1 where the last position repeats the first, and is no vertex.
static enum drf_status read_positions(const struct text *text, const struct geo_json *positions,
                                      size_t closing, struct geo_shape *shape)
{
    size_t count = geo_json_count(positions);
    size_t room = shape->room == 0 ? (size_t)GEO_SHAPE_VERTICES_ROOM : shape->room;
    if (count > room - 1 + closing)
        return geo_refuse(text->why, GEO_REFUSAL_TOO_LARGE, text->feature,
                          "feature %" PRIu64 ": %zu vertices, at most %zu are read",
                          text->feature, count - closing, room - 1);
    for (size_t i = 0; i < count; i++) {
        enum drf_status status =
            read_position(text, geo_json_at(positions, i), shape->crs, &shape->vertices[i]);
        if (status != DRF_OK)
            return status;
    }
    shape->count = count;
    if (geo_ring_crosses_antimeridian(shape->vertices, count) && !shape->may_cross)
        return bad(text, GEO_REFUSAL_GEOREFERENCE,
                   "crosses the antimeridian: publish one feature for each side");
    if (shape->may_cross)
        shape->crosses = unwrap(shape->vertices, count);
    if (!edges_hold(shape, count))
        return bad(text, GEO_REFUSAL_CRS,
                   "an edge longer than 20 km that is straight on a map, not in degrees");
    return DRF_OK;
}

static enum drf_status read_line(const struct text *text, const struct geo_json *coordinates,
                                 struct geo_shape *shape)
{
    enum drf_status status = read_positions(text, coordinates, 0, shape);
    if (status != DRF_OK)
        return status;
    shape->geometry = GEO_GEOMETRY_LINE;
    shape->count = geo_ring_distinct(shape->vertices, shape->count);
    if (shape->count < 2)
        return bad(text, GEO_REFUSAL_GEOREFERENCE, "a line of fewer than two places");
    return DRF_OK;
}

// Holes are taken as inside, so what is no hole must not be taken for one: a ring beside the
// first one, or around it, is a second area.
static enum drf_status read_holes(const struct text *text, const struct geo_json *coordinates,
                                  const struct geo_shape *shape)
{
    uint64_t budget = HOLE_TESTS_MAX;
    for (size_t ring = 1; ring < geo_json_count(coordinates); ring++) {
        const struct geo_json *positions = geo_json_at(coordinates, ring);
        for (size_t i = 0; i < geo_json_count(positions); i++) {
            struct geo_point place = {.lat_deg = 0.0};
            enum drf_status status =
                read_position(text, geo_json_at(positions, i), shape->crs, &place);
            if (status != DRF_OK)
                return status;
            if (budget < shape->count)
                return bad(text, GEO_REFUSAL_TOO_LARGE, "too many vertices of holes");
            budget -= shape->count;
            if (geo_ring_holds(shape->vertices, shape->count, place))
                continue;
            place.lon_deg += 360.0;
            if (!shape->crosses || !geo_ring_holds(shape->vertices, shape->count, place))
                return bad(text, GEO_REFUSAL_GEOREFERENCE,
                           "a further ring that is not inside the first one");
        }
    }
    return DRF_OK;
}

static enum drf_status read_polygon(const struct text *text, const struct geo_json *coordinates,
                                    struct geo_shape *shape)
{
    const struct geo_json *outer = geo_json_at(coordinates, 0);
    enum drf_status status = read_positions(text, outer, 1, shape);
    if (status != DRF_OK)
        return status;
    shape->geometry = GEO_GEOMETRY_POLYGON;
    shape->has_holes = geo_json_count(coordinates) > 1;
    struct geo_point *v = shape->vertices;
    size_t count = shape->count;
    if (count >= 4 && v[0].lat_deg == v[count - 1].lat_deg
        && fabs(v[0].lon_deg - v[count - 1].lon_deg) == 360.0)
        return bad(text, GEO_REFUSAL_GEOREFERENCE, "a ring around a pole");
    if (count < 4 || v[0].lat_deg != v[count - 1].lat_deg
        || v[0].lon_deg != v[count - 1].lon_deg)
        return bad(text, GEO_REFUSAL_GEOREFERENCE, "a ring that is not closed");
    count = geo_ring_distinct(v, count);
    shape->count = count > 0 ? count - 1 : 0; // without the closing vertex
    double area2 = geo_ring_area2(v, shape->count);
    if (shape->count < 3 || area2 == 0.0)
        return bad(text, GEO_REFUSAL_GEOREFERENCE, "a ring without area");
    bool crosses;
    status = geo_ring_crosses_itself(v, shape->count, &crosses);
    if (status != DRF_OK)
        return bad(text, GEO_REFUSAL_MEMORY, "no memory for a ring");
    if (crosses)
        return bad(text, GEO_REFUSAL_GEOREFERENCE, "a ring that crosses itself");
    if (area2 < 0)
        geo_ring_reverse(v, shape->count);
    return read_holes(text, coordinates, shape);
}

static double wrapped(double lon_deg)
{
    return lon_deg > 180.0 ? lon_deg - 360.0 : lon_deg < -180.0 ? lon_deg + 360.0 : lon_deg;
}

// Of vertices whose longitudes may run past 180 on either side.
static struct geo_bounds box(const struct geo_point *vertices, size_t count)
{
    struct geo_point first = vertices[0];
    struct geo_bounds out = {first.lon_deg, first.lat_deg, first.lon_deg, first.lat_deg};
    for (size_t i = 1; i < count; i++) {
        out.west_deg = fmin(out.west_deg, vertices[i].lon_deg);
        out.east_deg = fmax(out.east_deg, vertices[i].lon_deg);
        out.south_deg = fmin(out.south_deg, vertices[i].lat_deg);
        out.north_deg = fmax(out.north_deg, vertices[i].lat_deg);
    }
    if (out.east_deg - out.west_deg >= 360.0) {
        out.west_deg = -180.0;
        out.east_deg = 180.0;
    }
    out.west_deg = wrapped(out.west_deg);
    out.east_deg = wrapped(out.east_deg);
    return out;
}

enum drf_status geo_shape_read_polygon(const struct geo_json *coordinates, uint64_t feature,
                                       struct geo_shape *shape, struct geo_note *why)
{
    const struct text text = {feature, why};
    shape->crosses = false;
    enum drf_status status = read_polygon(&text, coordinates, shape);
    if (status == DRF_OK)
        shape->bounds = box(shape->vertices, shape->count);
    return status;
}

static bool is_multi(const struct geo_json *type)
{
    return geo_json_is(type, "MultiPoint") || geo_json_is(type, "MultiLineString")
           || geo_json_is(type, "MultiPolygon");
}

size_t geo_shape_parts(const struct geo_json *geometry)
{
    size_t parts = geo_json_count(geo_json_member(geometry, "coordinates"));
    return is_multi(geo_json_member(geometry, "type")) && parts > 1 ? parts : 1;
}

static const struct geo_json *part_of(const struct geo_json *geometry, size_t part)
{
    const struct geo_json *coordinates = geo_json_member(geometry, "coordinates");
    return is_multi(geo_json_member(geometry, "type")) ? geo_json_at(coordinates, part)
                                                       : coordinates;
}

enum drf_status geo_shape_read(const struct geo_json *geometry, size_t part, uint64_t feature,
                               struct geo_shape *shape, struct geo_note *why)
{
    const struct text text = {feature, why};
    const struct geo_json *type = geo_json_member(geometry, "type");
    const struct geo_json *coordinates = part_of(geometry, part);
    if (geo_json_is(type, "GeometryCollection"))
        return bad(&text, GEO_REFUSAL_UNSUPPORTED,
                   "a GeometryCollection: publish each of its geometries as a feature");
    if (geo_json_kind(coordinates) != GEO_JSON_ARRAY)
        return bad(&text, GEO_REFUSAL_FORMAT, "no geometry with coordinates");

    shape->has_holes = shape->crosses = false;
    enum drf_status status = geo_geojson_crs_check(shape->crs, geometry, feature, why);
    if (status != DRF_OK)
        return status;
    if (geo_json_is(type, "Point") || geo_json_is(type, "MultiPoint")) {
        shape->geometry = GEO_GEOMETRY_POINT;
        shape->count = 1;
        status = read_position(&text, coordinates, shape->crs, &shape->vertices[0]);
    } else if (geo_json_is(type, "LineString") || geo_json_is(type, "MultiLineString")) {
        status = read_line(&text, coordinates, shape);
    } else if (geo_json_is(type, "Polygon") || geo_json_is(type, "MultiPolygon")) {
        status = read_polygon(&text, coordinates, shape);
    } else {
        return bad(&text, GEO_REFUSAL_UNSUPPORTED,
                   "a geometry that is not point, line or polygon");
    }
    if (status == DRF_OK)
        shape->bounds = box(shape->vertices, shape->count);
    return status;
}
