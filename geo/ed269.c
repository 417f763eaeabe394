// SPDX-License-Identifier: Apache-2.0
#include "geo/ed269.h"

#include "geo/json.h"
#include "geo/refusal.h"
#include "geo/zone_reader.h"

// EUROCAE ED-269 (2020), 8.2: UASZoneVersion, AirspaceVolume, TimePeriod, DailyPeriod.
static const struct geo_zone_words words = {"startDateTime", "endDateTime", "schedule",
                                            "day",           "startTime",   "endTime"};

static bool permanent(const struct geo_json *applicability)
{
    const struct geo_json *word = geo_json_member(applicability, "permanent");
    bool flag = false;
    return geo_json_is(word, "YES") || (geo_json_boolean(word, &flag) && flag);
}

static enum drf_status read_times(struct geo_zone_reader *reader,
                                  const struct geo_json *applicability)
{
    size_t count = geo_zone_each(applicability);
    if (count == 0)
        reader->zone.flags |= GEO_ZONE_TIMES_ASSUMED;
    for (size_t i = 0; i < count; i++)
        if (permanent(geo_zone_nth(applicability, i)))
            return DRF_OK; // always, whatever else is said
    enum drf_status status = DRF_OK;
    for (size_t i = 0; i < count && status == DRF_OK; i++) {
        const struct geo_json *one = geo_zone_nth(applicability, i);
        status = geo_json_kind(one) == GEO_JSON_OBJECT
                     ? geo_zone_add_periods(reader, one, &words)
                     : geo_zone_bad(reader, GEO_REFUSAL_FORMAT, "applicability",
                                    "is not a list of objects");
    }
    return status;
}

static enum drf_status read_volume(struct geo_zone_reader *reader,
                                   const struct geo_json *volume)
{
    const struct geo_json *unit = geo_json_member(volume, "uomDimensions");
    const struct geo_json *shape = geo_json_member(volume, "horizontalProjection");
    struct geo_zone_limit lower, upper;
    enum drf_status status =
        geo_zone_read_limit(reader, "lowerLimit", geo_json_member(volume, "lowerLimit"), unit,
                            geo_json_member(volume, "lowerVerticalReference"), &lower);
    if (status == DRF_OK)
        status = geo_zone_read_limit(reader, "upperLimit",
                                     geo_json_member(volume, "upperLimit"), unit,
                                     geo_json_member(volume, "upperVerticalReference"), &upper);
    if (status != DRF_OK)
        return status;
    if (!geo_json_is(geo_json_member(shape, "type"), "Circle"))
        return geo_zone_add_polygons(reader, shape, lower, upper);
    // The radius is taken in metres even where the limits are in feet: the wider reading.
    const struct geo_json *centre = geo_json_member(shape, "center");
    return geo_zone_add_circle(
        reader, geo_json_present(centre) ? centre : geo_json_member(shape, "coordinates"),
        geo_json_member(shape, "radius"), lower, upper);
}

static enum drf_status read_zone(struct geo_zone_reader *reader, const struct geo_json *feature)
{
    struct geo_zone *zone = &reader->zone;
    const struct geo_json *source = geo_json_member(feature, "dataSource");
    const struct geo_json *updated = geo_json_member(source, "updateDateTime");
    const struct geo_json *volumes = geo_json_member(feature, "geometry");
    geo_zone_text(geo_json_member(feature, "name"), zone->name, sizeof zone->name);
    geo_zone_text(geo_json_member(feature, "reason"), zone->reason, sizeof zone->reason);
    geo_zone_text(geo_json_member(feature, "message"), zone->message, sizeof zone->message);
    geo_zone_read_restriction(reader, geo_json_member(feature, "restriction"));
    enum drf_status status = geo_zone_read_id(reader, geo_json_member(feature, "country"),
                                              geo_json_member(feature, "identifier"));
    if (status == DRF_OK)
        status = geo_zone_read_data_time(
            reader,
            geo_json_present(updated) ? updated : geo_json_member(source, "creationDateTime"));
    if (status == DRF_OK)
        status = read_times(reader, geo_json_member(feature, "applicability"));
    for (size_t i = 0; i < geo_zone_each(volumes) && status == DRF_OK; i++)
        status = read_volume(reader, geo_zone_nth(volumes, i));
    return status;
}

enum drf_status geo_ed269_decode(const struct geo_decode_params *params, const uint8_t *bytes,
                                 size_t size, struct geo_record_builder *builder,
                                 struct geo_note *why)
{
    struct geo_json *document = NULL;
    enum drf_status status = geo_json_open(bytes, size, &document, why);
    if (status != DRF_OK)
        return status;
    const struct geo_json *zones = geo_json_member(document, "UASZoneList");
    if (!geo_json_present(zones))
        zones = geo_json_member(document, "features");
    if (geo_json_kind(zones) == GEO_JSON_ARRAY)
        status = geo_zone_reader_run(params, document, zones, read_zone, builder, why);
    else
        status = geo_refuse(why, GEO_REFUSAL_FORMAT, 0,
                            "no list of zones under UASZoneList or features");
    geo_json_close(document);
    return status;
}
