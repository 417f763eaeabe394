// SPDX-License-Identifier: Apache-2.0
#include "geo/format/zone/ed269.h"

#include "geo/format/zone/eurocae.h"

// EUROCAE ED-269 (2020), 8.2: UASZoneVersion, AirspaceVolume, TimePeriod.

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
            return DRF_OK; // always, whatever else is given
    return geo_eurocae_add_times(reader, applicability, "applicability");
}

static enum drf_status read_volume(struct geo_zone_reader *reader,
                                   const struct geo_json *volume)
{
    static const struct geo_eurocae_limits names = {"lowerLimit", "lowerVerticalReference",
                                                    "upperLimit", "upperVerticalReference",
                                                    "uomDimensions"};
    const struct geo_json *shape = geo_json_member(volume, "horizontalProjection");
    struct geo_zone_limit lower, upper;
    enum drf_status status = geo_eurocae_read_limits(reader, volume, &names, &lower, &upper);
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
    const struct geo_json *volumes = geo_json_member(feature, "geometry");
    geo_zone_read_texts(reader, feature);
    geo_zone_read_restriction(reader, geo_json_member(feature, "restriction"));
    enum drf_status status = geo_eurocae_read_identity(reader, feature);
    if (status == DRF_OK)
        status = read_times(reader, geo_json_member(feature, "applicability"));
    for (size_t i = 0; i < geo_zone_each(volumes) && status == DRF_OK; i++)
        status = read_volume(reader, geo_zone_nth(volumes, i));
    return status;
}

static const struct geo_json *find_zones(const struct geo_json *document)
{
    const struct geo_json *zones = geo_json_member(document, "UASZoneList");
    if (!geo_json_present(zones))
        zones = geo_json_member(document, "features");
    return geo_json_kind(zones) == GEO_JSON_ARRAY ? zones : NULL;
}

enum drf_status geo_ed269_decode(const struct geo_decode_params *params, const uint8_t *bytes,
                                 size_t size, struct geo_record_builder *builder,
                                 struct geo_note *why)
{
    static const struct geo_zone_form form = {
        find_zones, "no list of zones under UASZoneList or features", read_zone};
    return geo_zone_decode(params, bytes, size, &form, builder, why);
}
