// SPDX-License-Identifier: Apache-2.0
// Four JSON shapes, told apart by their members: a list of state vectors, a trace, an
// aircraft.json, one aircraft. All but the trace go through one reader that looks each value
// up under every name that the programs of this family use; a trace has rows of fixed
// columns. An aircraft without a position is counted and ignored; one with an impossible
// value is refused alone, and the rest of the message stands.
#include "geo/format/traffic/readsb.h"

#include <math.h>
#include <string.h>

#include "geo/format/traffic/track_reader.h"
#include "geo/record/refusal.h"

#define METRES_PER_FOOT 0.3048
#define MPS_PER_KNOT (1852.0 / 3600.0)
#define MPS_PER_FPM (0.3048 / 60.0)
// Tolerance of altimeter and encoder of a transponder, 125 ft.
#define TRANSPONDER_ACC95_M 38.1
#define FEET_LOW (-2000.0)
#define FEET_HIGH 200000.0
#define TIME_HIGH_S 7.0e9 // the year 2191

// The same thing under the names that the programs of this family gave it; NULL ends a list.
static const char *const hexes[] = {"hex", "icao24", "icao", NULL};
static const char *const flights[] = {"flight", "callsign", NULL};
static const char *const latitudes[] = {"lat", "latitude", NULL};
static const char *const longitudes[] = {"lon", "longitude", NULL};
static const char *const pressures[] = {"alt_baro", "altitude", NULL};
static const char *const geometrics[] = {"alt_geom", "geoaltitude", NULL};
static const char *const speeds[] = {"gs", "groundspeed", "speed", NULL};
static const char *const tracks[] = {"track", NULL};
static const char *const climbs[] = {"geom_rate", "baro_rate", "vertical_rate", "vert_rate",
                                     NULL};
static const char *const ages[] = {"seen_pos", "seen", NULL};

// The first of these that is there, and its name.
static const struct geo_json *member(const struct geo_json *object, const char *const names[],
                                     const char **name)
{
    for (size_t i = 0; names[i] != NULL; i++) {
        const struct geo_json *value = geo_json_member(object, names[i]);
        *name = names[i];
        if (geo_json_present(value))
            return value;
    }
    *name = names[0];
    return NULL;
}

static bool number(struct geo_track_reader *reader, const struct geo_json *object,
                   const char *const names[], double low, double high, bool *there, double *out)
{
    const char *name;
    const struct geo_json *value = member(object, names, &name);
    return geo_track_number(reader, value, name, low, high, there, out);
}

// Six hexadecimal digits, after '~' where the address is not one of ICAO's.
static bool read_id(struct geo_track_reader *reader, const struct geo_json *hex,
                    struct geo_track *out)
{
    static const char capitals[] = "ABCDEF";
    size_t size = 0;
    const char *text = geo_json_text(hex, &size);
    size_t other = text != NULL && size > 0 && text[0] == '~' ? 1 : 0;
    if (text == NULL || size != other + 6)
        return geo_track_bad(reader, GEO_REFUSAL_FORMAT, "hex", "is not six digits");
    for (size_t i = 0; i < size; i++) {
        char c = text[i];
        bool letter = (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
        if (i >= other && !letter && !(c >= '0' && c <= '9'))
            return geo_track_bad(reader, GEO_REFUSAL_FORMAT, "hex", "is not hexadecimal");
        const char *capital = strchr(capitals, c);
        out->id[i] = c;
        if (capital != NULL)
            out->id[i] = "abcdef"[capital - capitals];
    }
    return true;
}

static void read_name(const struct geo_json *flight, struct geo_track *out)
{
    size_t size = 0;
    const char *text = geo_json_text(flight, &size);
    while (size > 0 && text[size - 1] == ' ')
        size--;
    geo_text_copy(out->name, sizeof out->name, text, size);
}

// Pressure altitude in feet, or the word "ground".
static bool read_pressure(struct geo_track_reader *reader, const struct geo_json *value,
                          const char *name, struct geo_track *out)
{
    bool there;
    double feet = 0.0;
    if (geo_json_is(value, "ground")) {
        out->flags |= GEO_TRACK_ON_GROUND;
        return true;
    }
    if (!geo_track_number(reader, value, name, FEET_LOW, FEET_HIGH, &there, &feet))
        return false;
    if (there) {
        out->flags |= GEO_TRACK_PRESSURE;
        out->alt_pressure_m = feet * METRES_PER_FOOT;
    }
    return true;
}

static void put_wgs84(struct geo_track *out, double feet)
{
    out->flags |= GEO_TRACK_WGS84;
    out->alt_wgs84_m = feet * METRES_PER_FOOT;
}

static void put_climb(struct geo_track *out, double fpm)
{
    out->flags |= GEO_TRACK_UP;
    out->velocity_up_mps = fpm * MPS_PER_FPM;
}

// Navigation accuracy category of position, RTCA DO-260B: 95 % horizontal, in metres;
// geometric vertical accuracy, the same standard: 95 % vertical.
static bool read_accuracy(struct geo_track_reader *reader, const struct geo_json *object,
                          struct geo_track *out)
{
    static const double across_m[] = {0.0,   18520.0, 7408.0, 3704.0, 1852.0, 926.0,
                                      555.6, 185.2,   92.6,   30.0,   10.0,   3.0};
    static const char *const categories[] = {"nac_p", NULL}, *const verticals[] = {"gva", NULL};
    bool across_there, up_there;
    double across = 0.0, up = 0.0;
    if (!number(reader, object, categories, 0.0, 15.0, &across_there, &across)
        || !number(reader, object, verticals, 0.0, 3.0, &up_there, &up))
        return false;
    out->horizontal_acc95_m = reader->params->default_horizontal_acc95_m;
    if (across_there && across >= 1.0 && across < 12.0)
        out->horizontal_acc95_m = across_m[(size_t)across];
    out->altitude_acc95_m = TRANSPONDER_ACC95_M;
    if (up_there && up >= 1.0)
        out->altitude_acc95_m = up < 2.0 ? 150.0 : 45.0;
    return true;
}

static bool read_motion(struct geo_track_reader *reader, const struct geo_json *object,
                        struct geo_track *out)
{
    bool has_speed, has_track, has_climb;
    double knots = 0.0, track_deg = 0.0, fpm = 0.0;
    if (!number(reader, object, speeds, 0.0, 3000.0, &has_speed, &knots)
        || !number(reader, object, tracks, -360.0, 360.0, &has_track, &track_deg)
        || !number(reader, object, climbs, -100000.0, 100000.0, &has_climb, &fpm))
        return false;
    if (has_speed && has_track)
        geo_track_velocity(out, knots * MPS_PER_KNOT, track_deg);
    if (has_climb)
        put_climb(out, fpm);
    return true;
}

static bool read_position(struct geo_track_reader *reader, const struct geo_json *object,
                          bool *there, struct geo_track *out)
{
    bool has_lat, has_lon;
    if (!number(reader, object, latitudes, -90.0, 90.0, &has_lat, &out->position.lat_deg)
        || !number(reader, object, longitudes, -180.0, 180.0, &has_lon, &out->position.lon_deg))
        return false;
    *there = has_lat && has_lon;
    return true;
}

// `now_s` is when the list was made; below 0: the time is the aircraft's own or the message's.
static bool read_time(struct geo_track_reader *reader, const struct geo_json *object,
                      double now_s, struct geo_track *out)
{
    static const char *const nows[] = {"now", NULL}, *const stamps[] = {"timestamp", NULL};
    bool there, stamped;
    double age_s = 0.0, stamp_ms = 0.0;
    if (!number(reader, object, ages, 0.0, 1e6, &there, &age_s)
        || !number(reader, object, stamps, 0.0, TIME_HIGH_S * 1e3, &stamped, &stamp_ms))
        return false;
    if (stamped) { // a list of state vectors: when it was there
        out->time_utc_us = (int64_t)(stamp_ms * 1e3);
        return true;
    }
    if (now_s < 0.0 && !number(reader, object, nows, 0.0, TIME_HIGH_S, &there, &now_s))
        return false;
    out->time_utc_us = now_s >= 0.0 ? (int64_t)(now_s * 1e6) : reader->params->message_utc_us;
    out->flags |= now_s >= 0.0 ? 0U : (uint32_t)GEO_TRACK_TIMED_BY_MESSAGE;
    out->time_utc_us -= (int64_t)(age_s * 1e6);
    return true;
}

static bool read_aircraft(struct geo_track_reader *reader, const struct geo_json *object,
                          double now_s, bool *there, struct geo_track *out)
{
    const char *name;
    if (geo_json_kind(object) != GEO_JSON_OBJECT)
        return geo_track_bad(reader, GEO_REFUSAL_FORMAT, "aircraft", "is not an object");
    if (!read_id(reader, member(object, hexes, &name), out)
        || !read_position(reader, object, there, out))
        return false;
    if (!*there)
        return true;
    read_name(member(object, flights, &name), out);
    const struct geo_json *pressure = member(object, pressures, &name);
    bool geometric;
    double feet = 0.0;
    if (!read_pressure(reader, pressure, name, out)
        || !number(reader, object, geometrics, FEET_LOW, FEET_HIGH, &geometric, &feet))
        return false;
    if (geometric)
        put_wgs84(out, feet);
    return read_motion(reader, object, out) && read_accuracy(reader, object, out)
           && read_time(reader, object, now_s, out);
}

static enum drf_status settle(struct geo_track_reader *reader, bool sound, bool there,
                              const struct geo_track *track)
{
    if (!sound)
        return geo_track_refuse(reader);
    if (there)
        return geo_track_keep(reader, track);
    reader->unplaced++;
    return DRF_OK;
}

static enum drf_status take_list(struct geo_track_reader *reader, const struct geo_json *list,
                                 double now_s)
{
    enum drf_status status = DRF_OK;
    for (size_t i = 0; i < geo_json_count(list) && status == DRF_OK; i++) {
        struct geo_track track = {.flags = 0};
        bool there = false;
        reader->index = i + 1;
        bool sound = read_aircraft(reader, geo_json_at(list, i), now_s, &there, &track);
        status = settle(reader, sound, there, &track);
    }
    return status;
}

// A row of a trace: offset s, lat, lon, altitude, gs, track, flags, rate, details, type,
// alt_geom, geom_rate, ... Flags: 4 the rate is geometric, 8 the altitude is (JSON
// documentation of readsb).
static bool read_row(struct geo_track_reader *reader, const struct geo_json *row,
                     double start_s, bool *there, struct geo_track *out)
{
    enum { OFFSET, LAT, LON, ALTITUDE, SPEED, TRACK, FLAGS, RATE, DETAILS, TYPE, GEOMETRIC };
    double offset_s = 0.0, flags = 0.0, feet = 0.0, knots = 0.0, track_deg = 0.0, fpm = 0.0;
    bool has, has_lat, has_lon, has_speed, has_track;
#define CELL(index) geo_json_at(row, index)
    if (!geo_track_number(reader, CELL(OFFSET), "offset", -1e6, 1e6, &has, &offset_s))
        return false;
    if (!has)
        return geo_track_bad(reader, GEO_REFUSAL_FORMAT, "offset", "is missing");
    if (!geo_track_number(reader, CELL(LAT), "lat", -90.0, 90.0, &has_lat,
                          &out->position.lat_deg)
        || !geo_track_number(reader, CELL(LON), "lon", -180.0, 180.0, &has_lon,
                             &out->position.lon_deg)
        || !geo_track_number(reader, CELL(FLAGS), "flags", 0.0, 65535.0, &has, &flags)
        || !geo_track_number(reader, CELL(SPEED), "gs", 0.0, 3000.0, &has_speed, &knots)
        || !geo_track_number(reader, CELL(TRACK), "track", -360.0, 360.0, &has_track,
                             &track_deg)
        || !geo_track_number(reader, CELL(RATE), "rate", -1e5, 1e5, &has, &fpm))
        return false;
    *there = has_lat && has_lon;
    if (has)
        put_climb(out, fpm);
    if (has_speed && has_track)
        geo_track_velocity(out, knots * MPS_PER_KNOT, track_deg);
    bool geometric = ((unsigned)flags & 8U) != 0;
    if (!geometric && !read_pressure(reader, CELL(ALTITUDE), "altitude", out))
        return false;
    const struct geo_json *height = geometric ? CELL(ALTITUDE) : CELL(GEOMETRIC);
    if (!geo_track_number(reader, height, "alt_geom", FEET_LOW, FEET_HIGH, &has, &feet))
        return false;
#undef CELL
    if (has)
        put_wgs84(out, feet);
    out->horizontal_acc95_m = reader->params->default_horizontal_acc95_m;
    out->altitude_acc95_m = TRANSPONDER_ACC95_M;
    out->time_utc_us = (int64_t)((start_s + offset_s) * 1e6);
    return true;
}

static enum drf_status take_trace(struct geo_track_reader *reader, const struct geo_json *root,
                                  struct geo_note *why)
{
    double start_s;
    struct geo_track base = {.flags = 0};
    const char *name;
    if (!geo_json_number(geo_json_member(root, "timestamp"), &start_s) || start_s < 0.0
        || start_s > TIME_HIGH_S)
        return geo_refuse(why, GEO_REFUSAL_FORMAT, 0, "a trace without its timestamp");
    if (!read_id(reader, member(root, hexes, &name), &base)) {
        *why = reader->note;
        return geo_refusal_status((enum geo_refusal_code)why->code);
    }
    read_name(geo_json_member(root, "r"), &base);
    const struct geo_json *rows = geo_json_member(root, "trace");
    enum drf_status status = DRF_OK;
    for (size_t i = 0; i < geo_json_count(rows) && status == DRF_OK; i++) {
        struct geo_track track = base;
        bool there = false;
        reader->index = i + 1;
        bool sound = read_row(reader, geo_json_at(rows, i), start_s, &there, &track);
        status = settle(reader, sound, there, &track);
    }
    return status;
}

static enum drf_status take_root(struct geo_track_reader *reader, const struct geo_json *root,
                                 struct geo_note *why)
{
    const struct geo_json *list = geo_json_member(root, "aircraft");
    double now_s = -1.0;
    if (geo_json_kind(root) == GEO_JSON_ARRAY)
        return take_list(reader, root, -1.0);
    if (geo_json_kind(geo_json_member(root, "trace")) == GEO_JSON_ARRAY)
        return take_trace(reader, root, why);
    if (geo_json_kind(list) == GEO_JSON_ARRAY) {
        if (!geo_json_number(geo_json_member(root, "now"), &now_s) || now_s < 0.0
            || now_s > TIME_HIGH_S)
            return geo_refuse(why, GEO_REFUSAL_FORMAT, 0, "aircraft without `now`: no time");
        return take_list(reader, list, now_s);
    }
    if (geo_json_kind(root) != GEO_JSON_OBJECT)
        return geo_refuse(why, GEO_REFUSAL_FORMAT, 0, "neither aircraft nor a trace");
    struct geo_track track = {.flags = 0};
    bool there = false;
    reader->index = 1;
    bool sound = read_aircraft(reader, root, -1.0, &there, &track);
    return settle(reader, sound, there, &track);
}

enum drf_status geo_readsb_decode(const struct geo_decode_params *params, const uint8_t *bytes,
                                  size_t size, struct geo_record_builder *builder,
                                  struct geo_note *why)
{
    return geo_track_decode(params, bytes, size, take_root, builder, why);
}
