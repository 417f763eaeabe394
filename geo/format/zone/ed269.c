// SPDX-License-Identifier: Apache-2.0
#include "geo/format/zone/ed269.h"

#include "geo/format/zone/eurocae.h"

// EUROCAE ED-269 (2020), 8.2: UASZoneVersion, AirspaceVolume, TimePeriod.

// YES or NO by the standard. What is neither may be either: always.
static bool permanent(struct geo_zone_reader *reader, const struct geo_json *applicability)
{
    static const char *const words[] = {"YES", "TRUE", "Y", "1"};
    static const char *const others[] = {"NO", "FALSE", "N", "0", ""};
    const struct geo_json *value = geo_json_member(applicability, "permanent");
    char word[GEO_ZONE_WORD_SIZE];
    bool flag = false;
    if (!geo_json_present(value))
        return false;
    if (geo_json_boolean(value, &flag))
        return flag;
    geo_zone_word(value, word);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (geo_zone_same(word, others[i]))
            return false;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (geo_zone_same(word, words[i]))
            return true;
    reader->zone.flags |= GEO_ZONE_TIMES_ASSUMED;
    return true;
}

static enum drf_status read_times(struct geo_zone_reader *reader,
                                  const struct geo_json *applicability)
{
    size_t count = geo_zone_each(applicability);
    if (count == 0)
        reader->zone.flags |= GEO_ZONE_TIMES_ASSUMED;
    for (size_t i = 0; i < count; i++)
        if (permanent(reader, geo_zone_nth(applicability, i)))
            return DRF_OK; // always, whatever else is given
    return geo_eurocae_add_times(reader, applicability, "applicability");
}

static bool is_circle(const struct geo_json *shape)
{
    return geo_json_is(geo_json_member(shape, "type"), "Circle");
}

static const struct geo_json *centre_of(const struct geo_json *shape)
{
    const struct geo_json *centre = geo_json_member(shape, "center");
    return geo_json_present(centre) ? centre : geo_json_member(shape, "coordinates");
}

static void place(struct geo_zone_reader *reader, const struct geo_json *feature)
{
    const struct geo_json *volumes = geo_json_member(feature, "geometry");
    for (size_t i = 0; i < geo_zone_each(volumes); i++) {
        const struct geo_json *shape =
            geo_json_member(geo_zone_nth(volumes, i), "horizontalProjection");
        if (is_circle(shape))
            geo_zone_reach_circle(reader, centre_of(shape), geo_json_member(shape, "radius"));
        else
            geo_zone_reach_geometry(reader, shape);
    }
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
    if (!is_circle(shape))
        return geo_zone_add_polygons(reader, shape, lower, upper);
    // The radius is taken in metres even where the limits are in feet: the wider reading.
    return geo_zone_add_circle(reader, centre_of(shape), geo_json_member(shape, "radius"),
                               lower, upper);
}

static enum drf_status read_zone(struct geo_zone_reader *reader, const struct geo_json *feature)
{
    const struct geo_json *volumes = geo_json_member(feature, "geometry");
    geo_zone_read_texts(reader, feature);
    geo_zone_read_restriction(reader, geo_json_member(feature, "restriction"));
    enum drf_status status = geo_eurocae_read_identity(reader, feature);
    if (status == DRF_OK)
        status = read_times(reader, geo_json_member(feature, "applicability"));
    reader->times_read = status == DRF_OK;
    for (size_t i = 0; i < geo_zone_each(volumes) && status == DRF_OK; i++)
        status = read_volume(reader, geo_zone_nth(volumes, i));
    return status;
}

static const struct geo_json *find_zones(const struct geo_json *document)
{
    const struct geo_json *zones = geo_json_member(document, "UASZoneList");
    if (!geo_json_present(zones))
        zones = geo_json_member(document, "features");
    if (geo_json_kind(document) == GEO_JSON_ARRAY) // as Lithuania publishes them
        zones = document;
    return geo_json_kind(zones) == GEO_JSON_ARRAY ? zones : NULL;
}

enum drf_status geo_ed269_decode(const struct geo_decode_params *params, const uint8_t *bytes,
                                 size_t size, struct geo_record_builder *builder,
                                 struct geo_note *why)
{
    static const struct geo_zone_form form = {
        find_zones, "no list of zones under UASZoneList or features", place, read_zone};
    return geo_zone_decode(params, bytes, size, &form, builder, why);
}
