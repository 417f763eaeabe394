// SPDX-License-Identifier: Apache-2.0
#include "geo/format/traffic/tracks.h"

#include <string.h>

#include "geo/format/traffic/track_reader.h"
#include "geo/record/refusal.h"

#define HEIGHT_LOW_M (-2000.0)
#define HEIGHT_HIGH_M 100000.0

static bool whole(struct geo_track_reader *reader, const struct geo_json *object,
                  const char *name, int64_t low, int64_t high, int64_t *out)
{
    int64_t number = 0;
    if (!geo_json_whole_64(geo_json_member(object, name), &number))
        return geo_track_bad(reader, GEO_REFUSAL_FORMAT, name, "is missing or no whole number");
    if (number < low || number > high)
        return geo_track_bad(reader, GEO_REFUSAL_RANGE, name, "is not possible");
    *out = number;
    return true;
}

static bool read_id(struct geo_track_reader *reader, const struct geo_json *object,
                    struct geo_track *out)
{
    size_t size = 0;
    const char *text = geo_json_text(geo_json_member(object, "traffic_id"), &size);
    if (text == NULL || size == 0 || size >= sizeof out->id)
        return geo_track_bad(reader, GEO_REFUSAL_FORMAT, "traffic_id",
                             "is missing, empty or too long");
    for (size_t i = 0; i < size; i++)
        if (text[i] <= ' ' || text[i] > '~')
            return geo_track_bad(reader, GEO_REFUSAL_FORMAT, "traffic_id",
                                 "is not printable ASCII");
    memcpy(out->id, text, size);
    text = geo_json_text(geo_json_member(object, "name"), &size);
    geo_text_copy(out->name, sizeof out->name, text, text == NULL ? 0 : size);
    geo_track_icao24(geo_json_member(object, "icao24"), out);
    geo_track_category(geo_json_member(object, "category"), out);
    return true;
}

struct real {
    const char *name;
    double low, high;
    double *out;
    uint32_t flag; // set where it is there
};

static bool read_reals(struct geo_track_reader *reader, const struct geo_json *object,
                       struct geo_track *t)
{
    const double speed_mps = GEO_TRACK_SPEED_LIMIT_MPS;
    bool north = geo_json_present(geo_json_member(object, "velocity_north_mps"));
    bool east = geo_json_present(geo_json_member(object, "velocity_east_mps"));
    const struct real reals[] = {
        {"alt_wgs84_m", HEIGHT_LOW_M, HEIGHT_HIGH_M, &t->alt_wgs84_m, GEO_TRACK_WGS84},
        {"alt_amsl_m", HEIGHT_LOW_M, HEIGHT_HIGH_M, &t->alt_amsl_m, GEO_TRACK_AMSL},
        {"alt_pressure_m", HEIGHT_LOW_M, HEIGHT_HIGH_M, &t->alt_pressure_m, GEO_TRACK_PRESSURE},
        {"velocity_north_mps", -speed_mps, speed_mps, &t->velocity_north_mps,
         GEO_TRACK_VELOCITY},
        {"velocity_east_mps", -speed_mps, speed_mps, &t->velocity_east_mps, GEO_TRACK_VELOCITY},
        {"velocity_up_mps", -speed_mps, speed_mps, &t->velocity_up_mps, GEO_TRACK_UP},
        {"speed_mps", 0.0, speed_mps, &t->speed_mps, GEO_TRACK_SPEED},
        {"horizontal_acc95_m", 0.01, 100000.0, &t->horizontal_acc95_m, 0},
        {"altitude_acc95_m", 0.0, 100000.0, &t->altitude_acc95_m, 0},
    };
    if (north != east)
        return geo_track_bad(reader, GEO_REFUSAL_FORMAT, "velocity",
                             "has only one of north and east");
    for (size_t i = 0; i < sizeof reals / sizeof reals[0]; i++) {
        bool there;
        if (!geo_track_number(reader, geo_json_member(object, reals[i].name), reals[i].name,
                              reals[i].low, reals[i].high, &there, reals[i].out))
            return false;
        t->flags |= there ? reals[i].flag : 0U;
    }
    t->flags |= geo_json_present(geo_json_member(object, "horizontal_acc95_m"))
                    ? 0U
                    : (uint32_t)GEO_TRACK_HORIZONTAL_ASSUMED;
    t->flags |= geo_json_present(geo_json_member(object, "altitude_acc95_m"))
                    ? 0U
                    : (uint32_t)GEO_TRACK_ALTITUDE_ASSUMED;
    if ((t->flags & GEO_TRACK_VELOCITY) != 0) { // it says more
        t->flags &= ~(uint32_t)GEO_TRACK_SPEED;
        t->speed_mps = 0.0;
    }
    return true;
}

static bool read_flag(struct geo_track_reader *reader, const struct geo_json *object,
                      const char *name, uint32_t flag, struct geo_track *out)
{
    const struct geo_json *value = geo_json_member(object, name);
    bool set = false;
    if (geo_json_present(value) && !geo_json_boolean(value, &set))
        return geo_track_bad(reader, GEO_REFUSAL_FORMAT, name, "is neither true nor false");
    out->flags |= set ? flag : 0U;
    return true;
}

static bool read_track(struct geo_track_reader *reader, const struct geo_json *object,
                       struct geo_track *out)
{
    int64_t lat_e7 = 0, lon_e7 = 0;
    if (geo_json_kind(object) != GEO_JSON_OBJECT)
        return geo_track_bad(reader, GEO_REFUSAL_FORMAT, "track", "is not an object");
    out->horizontal_acc95_m = out->horizontal_default_acc95_m =
        reader->params->default_horizontal_acc95_m;
    out->altitude_acc95_m = out->altitude_default_acc95_m =
        reader->params->default_vertical_acc95_m;
    if (!read_id(reader, object, out)
        || !whole(reader, object, "lat_e7", -900000000, 900000000, &lat_e7)
        || !whole(reader, object, "lon_e7", -1800000000, 1800000000, &lon_e7)
        || !whole(reader, object, "data_time_us", 0, INT64_C(7000000000000000),
                  &out->time_utc_us)
        || !read_reals(reader, object, out)
        || !read_flag(reader, object, "on_ground", GEO_TRACK_ON_GROUND, out)
        || !read_flag(reader, object, "unconfirmed", GEO_TRACK_UNCONFIRMED, out))
        return false;
    out->position =
        (struct geo_point){.lat_deg = (double)lat_e7 / 1e7, .lon_deg = (double)lon_e7 / 1e7};
    return read_flag(reader, object, "predicted", GEO_TRACK_PREDICTED, out);
}

static enum drf_status take(struct geo_track_reader *reader, const struct geo_json *object)
{
    struct geo_track track = {.flags = 0};
    reader->index++;
    return read_track(reader, object, &track) ? geo_track_keep(reader, &track)
                                              : geo_track_refuse(reader);
}

static enum drf_status take_root(struct geo_track_reader *reader, const struct geo_json *root,
                                 struct geo_note *why)
{
    enum drf_status status = DRF_OK;
    const struct geo_json *list = geo_json_member(root, "tracks");
    if (geo_json_kind(list) == GEO_JSON_ARRAY)
        for (size_t i = 0; i < geo_json_count(list) && status == DRF_OK; i++)
            status = take(reader, geo_json_at(list, i));
    else if (geo_json_kind(root) == GEO_JSON_OBJECT
             && geo_json_present(geo_json_member(root, "traffic_id")))
        status = take(reader, root);
    else
        status = geo_refuse(why, GEO_REFUSAL_FORMAT, 0, "neither tracks nor a track");
    return status;
}

enum drf_status geo_tracks_decode(const struct geo_decode_params *params, const uint8_t *bytes,
                                  size_t size, struct geo_record_builder *builder,
                                  struct geo_note *why)
{
    return geo_track_decode(params, bytes, size, take_root, builder, why);
}
