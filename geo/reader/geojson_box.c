// SPDX-License-Identifier: Apache-2.0
#include "geo/reader/geojson_box.h"

#include <math.h>

#include "geo/bounds.h"
#include "geo/earth.h"
#include "geo/edge.h"
#include "geo/reader/geojson_geometry.h"

static double wrapped(double lon_deg)
{
    return lon_deg > 180.0 ? lon_deg - 360.0 : lon_deg < -180.0 ? lon_deg + 360.0 : lon_deg;
}

enum { NESTING_MAX = 5 }; // of coordinates: a MultiPolygon has four

// A line of length L that is straight on a map is off by L^2 tan(latitude) / 8 R: of 1,000 km
// at 60 degrees by 34 km.
#define BEND 0.05

// A list of positions as a ring, its box widened by what a geodesic between two of them may lie
// outside.
struct reach {
    bool found;
    struct geo_bounds box;
};

static void widen(struct geo_bounds *box, double m)
{
    double farthest_deg = fmax(fabs(box->south_deg), fabs(box->north_deg));
    double lat_deg = m / GEO_EARTH_M_PER_DEG_LEAST;
    double lon_deg = lat_deg / fmax(cos(fmin(farthest_deg, 89.9) * GEO_RAD_PER_DEG), 1e-3);
    box->south_deg = fmax(box->south_deg - lat_deg, -90.0);
    box->north_deg = fmin(box->north_deg + lat_deg, 90.0);
    box->west_deg -= lon_deg;
    box->east_deg += lon_deg;
}

static bool is_position(const struct geo_json *list)
{
    return geo_json_kind(geo_json_at(list, 0)) == GEO_JSON_NUMBER;
}

static bool take_point(const struct geo_json *position, const struct geo_geojson_crs *crs,
                       struct geo_point *out)
{
    double x, y;
    return geo_json_number(geo_json_at(position, 0), &x)
           && geo_json_number(geo_json_at(position, 1), &y)
           && geo_geojson_crs_point(crs, x, y, out);
}

static bool reach_ring(const struct geo_json *ring, const struct geo_geojson_crs *crs,
                       struct geo_bounds *out)
{
    struct geo_point first, before, here;
    size_t count = geo_json_count(ring);
    if (!take_point(geo_json_at(ring, 0), crs, &first))
        return false;
    struct geo_bounds box = {first.lon_deg, first.lat_deg, first.lon_deg, first.lat_deg};
    double bulge_m = 0.0;
    bool frame = fabs(first.lon_deg) == 180.0;
    before = first;
    for (size_t i = 1; i <= count; i++) { // the last edge leads back to the first position
        if (!take_point(geo_json_at(ring, i < count ? i : 0), crs, &here))
            return false;
        frame = frame && fabs(here.lon_deg) == 180.0;
        if (fabs(here.lon_deg - before.lon_deg) > 180.0)
            here.lon_deg += 360.0 * round((before.lon_deg - here.lon_deg) / 360.0);
        bulge_m = fmax(bulge_m, geo_edge_bulge_m(before, here));
        box.west_deg = fmin(box.west_deg, here.lon_deg);
        box.east_deg = fmax(box.east_deg, here.lon_deg);
        box.south_deg = fmin(box.south_deg, here.lat_deg);
        box.north_deg = fmax(box.north_deg, here.lat_deg);
        before = here;
    }
    if (fabs(before.lon_deg - first.lon_deg) > 180.0) { // around a pole
        box.north_deg = box.north_deg > 0.0 ? 90.0 : box.north_deg;
        box.south_deg = box.south_deg < 0.0 ? -90.0 : box.south_deg;
        frame = true;
    }
    widen(&box, bulge_m);
    if (frame || box.east_deg - box.west_deg >= 360.0) {
        box.west_deg = -180.0;
        box.east_deg = 180.0;
    }
    box.west_deg = wrapped(box.west_deg);
    box.east_deg = wrapped(box.east_deg);
    *out = box;
    return true;
}

// NOLINTNEXTLINE(misc-no-recursion): at most NESTING_MAX deep
static bool reach_list(const struct geo_json *list, const struct geo_geojson_crs *crs,
                       int nesting, struct reach *reach)
{
    struct geo_bounds box;
    struct geo_point point;
    if (geo_json_count(list) == 0 || nesting > NESTING_MAX)
        return false;
    if (is_position(list)) {
        if (!take_point(list, crs, &point))
            return false;
        box = (struct geo_bounds){point.lon_deg, point.lat_deg, point.lon_deg, point.lat_deg};
    } else if (!is_position(geo_json_at(list, 0))) {
        for (size_t i = 0; i < geo_json_count(list); i++)
            if (!reach_list(geo_json_at(list, i), crs, nesting + 1, reach))
                return false;
        return true;
    } else if (!reach_ring(list, crs, &box)) {
        return false;
    }
    reach->box = reach->found ? geo_bounds_join(reach->box, box) : box;
    reach->found = true;
    return true;
}

// NOLINTNEXTLINE(misc-no-recursion): at most NESTING_MAX deep
static bool reach_geometry(const struct geo_json *geometry, const struct geo_geojson_crs *crs,
                           int nesting, struct reach *reach)
{
    const struct geo_json *geometries = geo_json_member(geometry, "geometries");
    struct geo_note ignored;
    if (nesting > NESTING_MAX || geo_geojson_crs_check(crs, geometry, 0, &ignored) != DRF_OK)
        return false;
    if (!geo_json_is(geo_json_member(geometry, "type"), "GeometryCollection"))
        return reach_list(geo_json_member(geometry, "coordinates"), crs, 1, reach);
    for (size_t i = 0; i < geo_json_count(geometries); i++)
        if (!reach_geometry(geo_json_at(geometries, i), crs, nesting + 1, reach))
            return false;
    return reach->found;
}

bool geo_geometry_box(const struct geo_json *geometry, size_t part,
                      const struct geo_geojson_crs *crs, double spread_m,
                      struct geo_bounds *out)
{
    struct reach reach = {.found = false};
    struct geo_note ignored;
    const struct geo_json *coordinates = geo_json_member(geometry, "coordinates");
    bool readable = geo_geojson_crs_check(crs, geometry, 0, &ignored) == DRF_OK
                    && (geo_shape_parts(geometry) > 1
                            ? reach_list(geo_json_at(coordinates, part), crs, 1, &reach)
                            : reach_geometry(geometry, crs, 1, &reach));
    if (!readable)
        return false;
    if (geo_geojson_crs_projected(crs))
        spread_m +=
            BEND
            * geo_edge_length_m((struct geo_point){reach.box.south_deg, reach.box.west_deg},
                                (struct geo_point){reach.box.north_deg, reach.box.east_deg});
    *out = geo_bounds_widen(reach.box, spread_m);
    return true;
}
