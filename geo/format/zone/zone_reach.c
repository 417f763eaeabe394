// SPDX-License-Identifier: Apache-2.0
// Where a zone may be, also one that is then refused.
#include "geo/bounds.h"
#include "geo/format/zone/zone_reader.h"
#include "geo/reader/geojson_box.h"
#include "geo/reader/geojson_geometry.h"

void geo_zone_reach_unknown(struct geo_zone_reader *reader)
{
    reader->reach_known = false;
    reader->reach_begun = true;
}

static void add(struct geo_zone_reader *reader, struct geo_bounds box)
{
    if (reader->reach_begun && !reader->reach_known)
        return; // a part of it was not readable
    reader->reach = reader->reach_begun ? geo_bounds_join(reader->reach, box) : box;
    reader->reach_begun = reader->reach_known = true;
}

// A point alone says nothing of how far it reaches.
static bool has_points(const struct geo_json *geometry)
{
    const struct geo_json *type = geo_json_member(geometry, "type");
    const struct geo_json *parts = geo_json_member(geometry, "geometries");
    bool found = geo_json_is(type, "Point") || geo_json_is(type, "MultiPoint");
    for (size_t i = 0; i < geo_json_count(parts) && !found; i++) {
        const struct geo_json *own = geo_json_member(geo_json_at(parts, i), "type");
        found = geo_json_is(own, "Point") || geo_json_is(own, "MultiPoint")
                || geo_json_is(own, "GeometryCollection");
    }
    return found;
}

void geo_zone_reach_geometry(struct geo_zone_reader *reader, const struct geo_json *geometry)
{
    struct geo_bounds box;
    size_t parts = geo_shape_parts(geometry);
    for (size_t i = 0; i < parts; i++) {
        if (!has_points(geometry) && geo_geometry_box(geometry, i, &reader->crs, 0.0, &box))
            add(reader, box);
        else
            geo_zone_reach_unknown(reader);
    }
}

void geo_zone_reach_disc(struct geo_zone_reader *reader, const struct geo_json *centre,
                         double radius_m)
{
    const double half_globe_m = 20000000.0;
    struct geo_zone_volume disc = {.shape = GEO_ZONE_CIRCLE, .radius_m = radius_m};
    double x, y;
    if (geo_json_number(geo_json_at(centre, 0), &x)
        && geo_json_number(geo_json_at(centre, 1), &y)
        && geo_geojson_crs_point(&reader->crs, x, y, &disc.centre) && radius_m > 0.0
        && radius_m < half_globe_m)
        add(reader, geo_zone_volume_bounds(&disc, NULL));
    else
        geo_zone_reach_unknown(reader);
}

void geo_zone_reach_circle(struct geo_zone_reader *reader, const struct geo_json *centre,
                           const struct geo_json *radius_m)
{
    double number;
    if (!geo_zone_number(radius_m, &number))
        number = 0.0; // as one that is not possible
    geo_zone_reach_disc(reader, centre, number);
}
