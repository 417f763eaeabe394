// SPDX-License-Identifier: Apache-2.0
#include "geo/ed318.h"

#include "geo/json.h"
#include "geo/refusal.h"
#include "geo/zone_reader.h"

// EUROCAE ED-318, 4.2: UASZone, TimePeriod, DailyPeriod, VerticalLayer, HorizontalExtent.
static const struct geo_zone_words words = {"startDateTime", "endDateTime", "schedule",
                                            "day",           "startTime",   "endTime"};

static enum drf_status read_one(struct geo_zone_reader *reader, const struct geo_json *geometry,
                                const struct geo_json *layer)
{
    const struct geo_json *unit = geo_json_member(layer, "uom");
    const struct geo_json *extent = geo_json_member(geometry, "extent");
    struct geo_zone_limit lower, upper;
    enum drf_status status =
        geo_zone_read_limit(reader, "lower", geo_json_member(layer, "lower"), unit,
                            geo_json_member(layer, "lowerReference"), &lower);
    if (status == DRF_OK)
        status = geo_zone_read_limit(reader, "upper", geo_json_member(layer, "upper"), unit,
                                     geo_json_member(layer, "upperReference"), &upper);
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

// What the zone asks for in words; the message of the authority if there is one.
static void read_words(struct geo_zone *zone, const struct geo_json *properties)
{
    const struct geo_json *message = geo_json_member(properties, "message");
    geo_zone_text(geo_json_member(properties, "name"), zone->name, sizeof zone->name);
    geo_zone_text(geo_json_member(properties, "reason"), zone->reason, sizeof zone->reason);
    geo_zone_text(geo_json_present(message)
                      ? message
                      : geo_json_member(properties, "restrictionConditions"),
                  zone->message, sizeof zone->message);
}

static enum drf_status read_zone(struct geo_zone_reader *reader, const struct geo_json *feature)
{
    const struct geo_json *properties = geo_json_member(feature, "properties");
    const struct geo_json *geometry = geo_json_member(feature, "geometry");
    const struct geo_json *times = geo_json_member(properties, "limitedApplicability");
    const struct geo_json *source = geo_json_member(properties, "dataSource");
    const struct geo_json *updated = geo_json_member(source, "updateDateTime");
    if (geo_json_kind(properties) != GEO_JSON_OBJECT)
        return geo_zone_bad(reader, GEO_REFUSAL_FORMAT, "properties", "is not an object");
    read_words(&reader->zone, properties);
    geo_zone_read_restriction(reader, geo_json_member(properties, "type"));
    enum drf_status status = geo_zone_read_id(reader, geo_json_member(properties, "country"),
                                              geo_json_member(properties, "identifier"));
    if (status == DRF_OK)
        status = geo_zone_read_data_time(
            reader,
            geo_json_present(updated) ? updated : geo_json_member(source, "creationDateTime"));
    for (size_t i = 0; i < geo_zone_each(times) && status == DRF_OK; i++) {
        const struct geo_json *one = geo_zone_nth(times, i);
        status = geo_json_kind(one) == GEO_JSON_OBJECT
                     ? geo_zone_add_periods(reader, one, &words)
                     : geo_zone_bad(reader, GEO_REFUSAL_FORMAT, "limitedApplicability",
                                    "is not a list of objects");
    }
    for (size_t i = 0; i < geo_zone_each(geometry) && status == DRF_OK; i++)
        status = read_geometry(reader, geo_zone_nth(geometry, i));
    return status;
}

enum drf_status geo_ed318_decode(const struct geo_decode_params *params, const uint8_t *bytes,
                                 size_t size, struct geo_record_builder *builder,
                                 struct geo_note *why)
{
    struct geo_json *document = NULL;
    enum drf_status status = geo_json_open(bytes, size, &document, why);
    if (status != DRF_OK)
        return status;
    const struct geo_json *type = geo_json_member(document, "type");
    const struct geo_json *features = geo_json_member(document, "features");
    if (geo_json_is(type, "Feature"))
        features = document;
    if (geo_json_is(type, "Feature")
        || (geo_json_is(type, "FeatureCollection")
            && geo_json_kind(features) == GEO_JSON_ARRAY))
        status = geo_zone_reader_run(params, document, features, read_zone, builder, why);
    else
        status = geo_refuse(why, GEO_REFUSAL_FORMAT, 0,
                            "neither a FeatureCollection with features nor a Feature");
    geo_json_close(document);
    return status;
}
