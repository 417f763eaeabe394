// SPDX-License-Identifier: Apache-2.0
#include "geo/reader/geojson_box.h"

#include <math.h>

#include "geo/bounds.h"
#include "geo/edge.h"
#include "geo/reader/geojson_geometry.h"

enum { DEPTH_MAX = 8 }; // of lists in lists; GeoJSON needs four

// A line of length L that is straight on a map is off by L^2 tan(latitude) / 8 R: of 1,000 km
// at 60 degrees by 34 km.
#define BEND 0.05

struct extent {
    const struct geo_geojson_crs *crs;
    double south_deg, north_deg;
    double west_deg, east_deg;               // as written
    double turned_west_deg, turned_east_deg; // the western hemisphere taken as 180 to 360
    bool any, bad, across;
};

static bool position_of(const struct geo_geojson_crs *crs, const struct geo_json *position,
                        struct geo_point *out)
{
    double x, y;
    return geo_json_number(geo_json_at(position, 0), &x)
           && geo_json_number(geo_json_at(position, 1), &y)
           && geo_geojson_crs_point(crs, x, y, out);
}

static void add_point(struct extent *extent, struct geo_point point)
{
    double turned_deg = point.lon_deg < 0.0 ? point.lon_deg + 360.0 : point.lon_deg;
    if (!extent->any)
        *extent = (struct extent){.crs = extent->crs,
                                  .south_deg = point.lat_deg,
                                  .north_deg = point.lat_deg,
                                  .west_deg = point.lon_deg,
                                  .east_deg = point.lon_deg,
                                  .turned_west_deg = turned_deg,
                                  .turned_east_deg = turned_deg,
                                  .any = true,
                                  .bad = extent->bad,
                                  .across = extent->across};
    extent->south_deg = fmin(extent->south_deg, point.lat_deg);
    extent->north_deg = fmax(extent->north_deg, point.lat_deg);
    extent->west_deg = fmin(extent->west_deg, point.lon_deg);
    extent->east_deg = fmax(extent->east_deg, point.lon_deg);
    extent->turned_west_deg = fmin(extent->turned_west_deg, turned_deg);
    extent->turned_east_deg = fmax(extent->turned_east_deg, turned_deg);
}

// A list of positions, or of lists of them.
// NOLINTNEXTLINE(misc-no-recursion): at most DEPTH_MAX deep
static void add_coordinates(struct extent *extent, const struct geo_json *list, int depth)
{
    struct geo_point point = {0}, before = {0};
    size_t count = geo_json_count(list);
    if (geo_json_kind(list) != GEO_JSON_ARRAY || depth > DEPTH_MAX) {
        extent->bad = true;
        return;
    }
    if (geo_json_kind(geo_json_at(list, 0)) != GEO_JSON_ARRAY) { // a position by itself
        if (position_of(extent->crs, list, &point))
            add_point(extent, point);
        else
            extent->bad = true;
        return;
    }
    bool flat = geo_json_kind(geo_json_at(geo_json_at(list, 0), 0)) != GEO_JSON_ARRAY;
    for (size_t i = 0; i < count && !extent->bad; i++) {
        add_coordinates(extent, geo_json_at(list, i), depth + 1);
        if (!flat || !position_of(extent->crs, geo_json_at(list, i), &point))
            continue;
        extent->across =
            extent->across || (i > 0 && fabs(point.lon_deg - before.lon_deg) > 180.0);
        before = point;
    }
}

// NOLINTNEXTLINE(misc-no-recursion): at most DEPTH_MAX deep
static void add_geometry(struct extent *extent, const struct geo_json *geometry, int depth)
{
    const struct geo_json *geometries = geo_json_member(geometry, "geometries");
    struct geo_note ignored;
    if (geo_geojson_crs_check(extent->crs, geometry, 0, &ignored) != DRF_OK) {
        extent->bad = true;
        return;
    }
    if (!geo_json_is(geo_json_member(geometry, "type"), "GeometryCollection")) {
        add_coordinates(extent, geo_json_member(geometry, "coordinates"), depth);
        return;
    }
    extent->bad =
        extent->bad || geo_json_kind(geometries) != GEO_JSON_ARRAY || depth > DEPTH_MAX;
    for (size_t i = 0; i < geo_json_count(geometries) && !extent->bad; i++)
        add_geometry(extent, geo_json_at(geometries, i), depth + 1);
}

static struct geo_bounds box_of(const struct extent *extent)
{
    double east_deg = extent->turned_east_deg;
    if (!extent->across)
        return (struct geo_bounds){extent->west_deg, extent->south_deg, extent->east_deg,
                                   extent->north_deg};
    return (struct geo_bounds){extent->turned_west_deg, extent->south_deg,
                               east_deg > 180.0 ? east_deg - 360.0 : east_deg,
                               extent->north_deg};
}

bool geo_geometry_box(const struct geo_json *geometry, size_t part,
                      const struct geo_geojson_crs *crs, double spread_m,
                      struct geo_bounds *out)
{
    struct extent extent = {.crs = crs};
    struct geo_note ignored;
    extent.bad = geo_geojson_crs_check(crs, geometry, 0, &ignored) != DRF_OK;
    if (geo_shape_parts(geometry) > 1)
        add_coordinates(&extent, geo_json_at(geo_json_member(geometry, "coordinates"), part),
                        0);
    else
        add_geometry(&extent, geometry, 0);
    if (!extent.any || extent.bad)
        return false;
    struct geo_bounds box = box_of(&extent);
    if (geo_geojson_crs_projected(crs))
        spread_m += BEND
                    * geo_edge_length_m((struct geo_point){box.south_deg, box.west_deg},
                                        (struct geo_point){box.north_deg, box.east_deg});
    *out = geo_bounds_widen(box, spread_m);
    return true;
}
