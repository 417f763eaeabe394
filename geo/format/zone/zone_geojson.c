// SPDX-License-Identifier: Apache-2.0
#include "geo/format/zone/zone_geojson.h"

#include "geo/format/zone/zone_reader.h"
#include "geo/format/zone/zone_times.h"

// One limit: at most one of the members that name its reference, as a number of metres.
static enum drf_status read_limit(const struct geo_zone_reader *reader,
                                  const struct geo_json *properties,
                                  const char *const names[static 4], struct geo_zone_limit *out)
{
    static const uint32_t references[4] = {GEO_ZONE_AGL, GEO_ZONE_AMSL, GEO_ZONE_WGS84,
                                           GEO_ZONE_PRESSURE};
    *out = (struct geo_zone_limit){.reference = GEO_ZONE_UNLIMITED};
    for (size_t i = 0; i < 4; i++) {
        const struct geo_json *value = geo_json_member(properties, names[i]);
        double number;
        if (!geo_json_present(value))
            continue;
        if (!geo_json_number(value, &number))
            return geo_zone_bad(reader, GEO_REFUSAL_FORMAT, names[i], "is not a number");
        if (!(number >= -1000.0 && number <= 100000.0))
            return geo_zone_bad(reader, GEO_REFUSAL_RANGE, names[i], "is not possible");
        if (out->reference != GEO_ZONE_UNLIMITED)
            return geo_zone_bad(reader, GEO_REFUSAL_FORMAT, names[i],
                                "is a second limit on the same side");
        *out = (struct geo_zone_limit){.m = number, .reference = references[i]};
    }
    return DRF_OK;
}

static enum drf_status read_geometry(struct geo_zone_reader *reader,
                                     const struct geo_json *geometry,
                                     const struct geo_json *properties)
{
    static const char *const lowers[4] = {"lower_agl_m", "lower_amsl_m", "lower_wgs84_m",
                                          "lower_pressure_m"};
    static const char *const uppers[4] = {"upper_agl_m", "upper_amsl_m", "upper_wgs84_m",
                                          "upper_pressure_m"};
    struct geo_zone_limit lower, upper;
    enum drf_status status = read_limit(reader, properties, lowers, &lower);
    if (status == DRF_OK)
        status = read_limit(reader, properties, uppers, &upper);
    if (status != DRF_OK)
        return status;
    if (geo_json_is(geo_json_member(geometry, "type"), "Point"))
        return geo_zone_add_circle(reader, geo_json_member(geometry, "coordinates"),
                                   geo_json_member(properties, "radius_m"), lower, upper);
    return geo_zone_add_polygons(reader, geometry, lower, upper);
}

static enum drf_status read_times(struct geo_zone_reader *reader,
                                  const struct geo_json *properties)
{
    static const struct geo_zone_words words = {"from", "until", "schedule",
                                                "day",  "start", "end"};
    const struct geo_json *periods = geo_json_member(properties, "periods");
    bool own = geo_json_present(geo_json_member(properties, "from"))
               || geo_json_present(geo_json_member(properties, "until"))
               || geo_json_present(geo_json_member(properties, "schedule"));
    enum drf_status status = own ? geo_zone_add_periods(reader, properties, &words) : DRF_OK;
    return status == DRF_OK ? geo_zone_add_each(reader, periods, "periods", &words) : status;
}

static void place(struct geo_zone_reader *reader, const struct geo_json *feature)
{
    const struct geo_json *geometry = geo_json_member(feature, "geometry");
    const struct geo_json *properties = geo_json_member(feature, "properties");
    if (geo_json_is(geo_json_member(geometry, "type"), "Point"))
        geo_zone_reach_circle(reader, geo_json_member(geometry, "coordinates"),
                              geo_json_member(properties, "radius_m"));
    else
        geo_zone_reach_geometry(reader, geometry);
}

static enum drf_status read_feature(struct geo_zone_reader *reader,
                                    const struct geo_json *feature)
{
    const struct geo_json *properties = geo_json_member(feature, "properties");
    const struct geo_json *id = geo_json_member(feature, "id");
    const struct geo_json *withdrawn = geo_json_member(properties, "withdrawn");
    bool gone = false;
    enum drf_status status = geo_zone_read_id(
        reader, NULL, geo_json_present(id) ? id : geo_json_member(properties, "id"));
    if (status != DRF_OK)
        return status;
    if (!geo_json_is(geo_json_member(feature, "type"), "Feature"))
        return geo_zone_bad(reader, GEO_REFUSAL_FORMAT, "type", "is not Feature");
    if (geo_json_kind(properties) != GEO_JSON_OBJECT)
        return geo_zone_bad(reader, GEO_REFUSAL_FORMAT, "properties", "is not an object");
    if (geo_json_present(withdrawn) && !geo_json_boolean(withdrawn, &gone))
        return geo_zone_bad(reader, GEO_REFUSAL_FORMAT, "withdrawn",
                            "is neither true nor false");
    reader->zone.flags |= gone ? (uint32_t)GEO_ZONE_WITHDRAWN : 0;
    geo_zone_read_texts(reader, properties);
    geo_zone_read_restriction(reader, geo_json_member(properties, "restriction"));
    geo_zone_read_data_time(reader, geo_json_member(properties, "data_time"));
    status = read_times(reader, properties);
    reader->times_read = status == DRF_OK;
    return status == DRF_OK
               ? read_geometry(reader, geo_json_member(feature, "geometry"), properties)
               : status;
}

enum drf_status geo_zone_geojson_decode(const struct geo_decode_params *params,
                                        const uint8_t *bytes, size_t size,
                                        struct geo_record_builder *builder,
                                        struct geo_note *why)
{
    const bool mapped = params->zone_fields.mapped != 0;
    const struct geo_zone_form form = {geo_zone_features, GEO_ZONE_NO_FEATURES,
                                       mapped ? geo_zone_place_mapped : place,
                                       mapped ? geo_zone_read_mapped : read_feature};
    return geo_zone_decode(params, bytes, size, &form, builder, why);
}
