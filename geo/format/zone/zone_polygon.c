// SPDX-License-Identifier: Apache-2.0
// Polygons of a zone: widened by what their long edges may mean, cut at the antimeridian.
#include <math.h>
#include <string.h>

#include "geo/edge.h"
#include "geo/format/zone/zone_reader.h"
#include "geo/reader/geojson_geometry.h"
#include "geo/record/refusal.h"
#include "geo/ring.h"

static enum drf_status too_many(const struct geo_zone_reader *reader)
{
    return geo_zone_bad(reader, GEO_REFUSAL_TOO_LARGE, "it", "has more than 16384 vertices");
}

static enum drf_status no_memory(const struct geo_zone_reader *reader)
{
    return geo_zone_bad(reader, GEO_REFUSAL_MEMORY, "no memory", "for a ring");
}

static size_t lesser(size_t a, size_t b) { return a < b ? a : b; }

// Adds the part of a ring on one side of a meridian (`side` -1: west of it, 1: east, 0: all of
// it), with its longitudes shifted. No part there: nothing. Where the ring crosses several
// times the part has edges on the meridian that coincide, which holds no more and no less.
static enum drf_status add_side(struct geo_zone_reader *reader, size_t count,
                                double meridian_deg, double side, double shift_deg,
                                struct geo_zone_limit lower, struct geo_zone_limit upper)
{
    const struct geo_point *ring = reader->wide.items;
    const size_t held = reader->zone.vertex_count;
    size_t room = GEO_ZONE_VERTICES_MAX - held, made = 0;
    enum drf_status status = geo_zone_begin_volume(reader, lower, upper);
    if (status != DRF_OK)
        return status;
    if (!geo_zone_points_reserve(&reader->vertices, held + lesser(2 * count, room)))
        return no_memory(reader);
    struct geo_point *out = reader->vertices.items + held;
    for (size_t i = 0; i < count; i++) {
        struct geo_point a = ring[i], b = ring[(i + 1) % count];
        double from = side * (a.lon_deg - meridian_deg), to = side * (b.lon_deg - meridian_deg);
        if (from >= 0.0) {
            if (made == room)
                return too_many(reader);
            out[made++] = (struct geo_point){a.lat_deg, a.lon_deg + shift_deg};
        }
        if ((from > 0.0 && to < 0.0) || (from < 0.0 && to > 0.0)) {
            if (made == room)
                return too_many(reader);
            double lat_deg = a.lat_deg + (b.lat_deg - a.lat_deg) * (from / (from - to));
            out[made++] = (struct geo_point){lat_deg, meridian_deg + shift_deg};
        }
    }
    made = geo_ring_distinct(out, made);
    if (made < 3 || !(geo_ring_area2(out, made) > 0.0))
        return DRF_OK;
    struct geo_zone_volume *volume = geo_zone_next_volume(reader);
    volume->shape = GEO_ZONE_POLYGON;
    volume->first_vertex = reader->zone.vertex_count;
    volume->vertex_count = (uint32_t)made;
    volume->centre = out[0];
    reader->zone.vertex_count += (uint32_t)made;
    return DRF_OK;
}

static enum drf_status add_ring(struct geo_zone_reader *reader, size_t count,
                                struct geo_zone_limit lower, struct geo_zone_limit upper)
{
    double west_deg = HUGE_VAL, east_deg = -HUGE_VAL;
    for (size_t i = 0; i < count; i++) {
        west_deg = fmin(west_deg, reader->wide.items[i].lon_deg);
        east_deg = fmax(east_deg, reader->wide.items[i].lon_deg);
    }
    if (west_deg >= -180.0 && east_deg <= 180.0)
        return add_side(reader, count, 0.0, 0.0, 0.0, lower, upper);
    double meridian_deg = east_deg > 180.0 ? 180.0 : -180.0;
    enum drf_status status = add_side(reader, count, meridian_deg, -1.0,
                                      meridian_deg > 0.0 ? 0.0 : 360.0, lower, upper);
    return status == DRF_OK ? add_side(reader, count, meridian_deg, 1.0,
                                       meridian_deg > 0.0 ? -360.0 : 0.0, lower, upper)
                            : status;
}

// Into reader->wide, whose room grows while it is too small.
static enum drf_status widen_into(struct geo_zone_reader *reader, size_t count, size_t *made)
{
    for (size_t room = count;; room = 2 * room) {
        room = lesser(room, GEO_ZONE_VERTICES_MAX);
        if (!geo_zone_points_reserve(&reader->wide, room))
            return no_memory(reader);
        if (geo_edge_widen_ring(reader->ring.items, count, reader->wide.items, room, made))
            return DRF_OK;
        if (room == GEO_ZONE_VERTICES_MAX)
            return too_many(reader);
    }
}

// The ring in reader->ring into reader->wide. One that would cross itself, where a widened edge
// reaches another side of the zone, becomes the convex ring around it.
static enum drf_status widen(struct geo_zone_reader *reader, size_t count, size_t *out)
{
    size_t made = count;
    bool crosses = false;
    enum drf_status status = widen_into(reader, count, &made);
    if (status != DRF_OK)
        return status;
    if (made > count) {
        reader->zone.flags |= GEO_ZONE_AREA_WIDENED;
        if (geo_ring_crosses_itself(reader->wide.items, made, &crosses) != DRF_OK)
            return no_memory(reader);
    }
    if (crosses) {
        if (!geo_zone_points_reserve(&reader->ring, made)
            || !geo_zone_points_reserve(&reader->wide, made + 1)) // as the hull asks for
            return no_memory(reader);
        memcpy(reader->ring.items, reader->wide.items, made * sizeof *reader->ring.items);
        made = geo_ring_hull(reader->ring.items, made, reader->wide.items);
    }
    *out = made;
    return DRF_OK;
}

// Of all its rings, each with its closing one.
static size_t positions_of(const struct geo_json *coordinates)
{
    size_t count = 0;
    for (size_t i = 0; i < geo_json_count(coordinates); i++)
        count += geo_json_count(geo_json_at(coordinates, i));
    return count;
}

static enum drf_status add_polygon(struct geo_zone_reader *reader,
                                   const struct geo_json *coordinates,
                                   struct geo_zone_limit lower, struct geo_zone_limit upper)
{
    if (!geo_zone_points_reserve(&reader->ring,
                                 lesser(positions_of(coordinates) + 1, GEO_ZONE_RING_ROOM)))
        return no_memory(reader);
    struct geo_shape shape = {.vertices = reader->ring.items,
                              .room = GEO_ZONE_RING_ROOM,
                              .crs = &reader->crs,
                              .may_cross = true};
    size_t count = 0;
    enum drf_status status =
        geo_shape_read_polygon(coordinates, reader->feature, &shape, reader->why);
    if (status == DRF_OK)
        status = widen(reader, shape.count, &count);
    if (status != DRF_OK)
        return status;
    if (shape.has_holes)
        reader->zone.flags |= GEO_ZONE_HOLES_FILLED;
    return add_ring(reader, count, lower, upper);
}

static enum drf_status add_geometry(struct geo_zone_reader *reader,
                                    const struct geo_json *geometry,
                                    struct geo_zone_limit lower, struct geo_zone_limit upper)
{
    const struct geo_json *type = geo_json_member(geometry, "type");
    const struct geo_json *coordinates = geo_json_member(geometry, "coordinates");
    enum drf_status status =
        geo_geojson_crs_check(&reader->crs, geometry, reader->feature, reader->why);
    if (status != DRF_OK)
        return status;
    if (geo_json_kind(coordinates) != GEO_JSON_ARRAY)
        return geo_zone_bad(reader, GEO_REFUSAL_FORMAT, "its geometry", "has no coordinates");
    if (geo_json_is(type, "Polygon"))
        return add_polygon(reader, coordinates, lower, upper);
    if (!geo_json_is(type, "MultiPolygon"))
        return geo_zone_bad(reader, GEO_REFUSAL_UNSUPPORTED, "its geometry",
                            "is not a polygon or a circle");
    for (size_t i = 0; i < geo_json_count(coordinates) && status == DRF_OK; i++)
        status = add_polygon(reader, geo_json_at(coordinates, i), lower, upper);
    return status;
}

enum drf_status geo_zone_add_polygons(struct geo_zone_reader *reader,
                                      const struct geo_json *geometry,
                                      struct geo_zone_limit lower, struct geo_zone_limit upper)
{
    const struct geo_json *parts = geo_json_member(geometry, "geometries");
    if (!geo_json_is(geo_json_member(geometry, "type"), "GeometryCollection"))
        return add_geometry(reader, geometry, lower, upper);
    enum drf_status status = DRF_OK;
    for (size_t i = 0; i < geo_json_count(parts) && status == DRF_OK; i++)
        status = add_geometry(reader, geo_json_at(parts, i), lower, upper);
    return status;
}
