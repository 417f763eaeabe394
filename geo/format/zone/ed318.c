// SPDX-License-Identifier: Apache-2.0
#include "geo/format/zone/ed318.h"

#include "geo/format/zone/eurocae.h"

// EUROCAE ED-318, 4.2: UASZone, VerticalLayer, HorizontalExtent.

static enum drf_status read_one(struct geo_zone_reader *reader, const struct geo_json *geometry,
                                const struct geo_json *layer)
{
    static const struct geo_eurocae_limits names = {"lower", "lowerReference", "upper",
                                                    "upperReference", "uom"};
    const struct geo_json *extent = geo_json_member(geometry, "extent");
    struct geo_zone_limit lower, upper;
    enum drf_status status = geo_eurocae_read_limits(reader, layer, &names, &lower, &upper);
    if (status != DRF_OK)
        return status;
    if (!geo_json_is(geo_json_member(geometry, "type"), "Point"))
        return geo_zone_add_polygons(reader, geometry, lower, upper);
    return geo_zone_add_circle(reader, geo_json_member(geometry, "coordinates"),
                               geo_json_member(extent, "radius"), lower, upper);
}

// A geometry, or a collection of them; a layer of its own goes before the collection's.
static enum drf_status read_geometry(struct geo_zone_reader *reader,
                                     const struct geo_json *geometry)
{
    const struct geo_json *layer = geo_json_member(geometry, "layer");
    if (!geo_json_is(geo_json_member(geometry, "type"), "GeometryCollection"))
        return read_one(reader, geometry, layer);
    const struct geo_json *parts = geo_json_member(geometry, "geometries");
    enum drf_status status = DRF_OK;
    for (size_t i = 0; i < geo_zone_each(parts) && status == DRF_OK; i++) {
        const struct geo_json *part = geo_zone_nth(parts, i);
        const struct geo_json *own = geo_json_member(part, "layer");
        status = read_one(reader, part, geo_json_present(own) ? own : layer);
    }
    return status;
}

static void place_one(struct geo_zone_reader *reader, const struct geo_json *geometry)
{
    if (geo_json_is(geo_json_member(geometry, "type"), "Point"))
        geo_zone_reach_circle(reader, geo_json_member(geometry, "coordinates"),
                              geo_json_member(geo_json_member(geometry, "extent"), "radius"));
    else
        geo_zone_reach_geometry(reader, geometry);
}

static void place(struct geo_zone_reader *reader, const struct geo_json *feature)
{
    const struct geo_json *geometry = geo_json_member(feature, "geometry");
    for (size_t i = 0; i < geo_zone_each(geometry); i++) {
        const struct geo_json *one = geo_zone_nth(geometry, i);
        const struct geo_json *parts = geo_json_member(one, "geometries");
        if (geo_json_count(parts) == 0)
            place_one(reader, one);
        for (size_t j = 0; j < geo_json_count(parts); j++)
            place_one(reader, geo_json_at(parts, j));
    }
}

// What the zone asks for in words is its message where the authority has written none.
static void read_texts(struct geo_zone_reader *reader, const struct geo_json *properties)
{
    geo_zone_read_texts(reader, properties);
    if (!geo_json_present(geo_json_member(properties, "message")))
        geo_zone_text(geo_json_member(properties, "restrictionConditions"),
                      reader->zone.message, sizeof reader->zone.message);
}

static enum drf_status read_zone(struct geo_zone_reader *reader, const struct geo_json *feature)
{
    const struct geo_json *properties = geo_json_member(feature, "properties");
    const struct geo_json *geometry = geo_json_member(feature, "geometry");
    const struct geo_json *times = geo_json_member(properties, "limitedApplicability");
    if (geo_json_kind(properties) != GEO_JSON_OBJECT)
        return geo_zone_bad(reader, GEO_REFUSAL_FORMAT, "properties", "is not an object");
    read_texts(reader, properties);
    geo_zone_read_restriction(reader, geo_json_member(properties, "type"));
    enum drf_status status = geo_eurocae_read_identity(reader, properties);
    if (status == DRF_OK)
        status = geo_eurocae_add_times(reader, times, "limitedApplicability");
    reader->times_read = status == DRF_OK;
    for (size_t i = 0; i < geo_zone_each(geometry) && status == DRF_OK; i++)
        status = read_geometry(reader, geo_zone_nth(geometry, i));
    return status;
}

enum drf_status geo_ed318_decode(const struct geo_decode_params *params, const uint8_t *bytes,
                                 size_t size, struct geo_record_builder *builder,
                                 struct geo_note *why)
{
    static const struct geo_zone_form form = {geo_zone_features, GEO_ZONE_NO_FEATURES, place,
                                              read_zone};
    return geo_zone_decode(params, bytes, size, &form, builder, why);
}
