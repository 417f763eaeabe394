// SPDX-License-Identifier: Apache-2.0
// Five JSON shapes, told apart by their members: a list of state vectors, OpenSky's rows
// (geo/format/traffic/opensky.h), a trace, an aircraft.json, one aircraft. All but the rows go
// through one reader that looks each value up under every name that the programs of this family
// use; a trace has rows of fixed columns. An aircraft without a position, or with none but an
// old one (`lastPosition`), is counted and ignored; one with an impossible value is refused
// alone, and the rest of the message stands.
#include "geo/format/traffic/readsb.h"

#include <math.h>
#include <string.h>

#include "geo/format/traffic/opensky.h"
#include "geo/format/traffic/track_reader.h"
#include "geo/record/refusal.h"

#define METRES_PER_FOOT 0.3048
#define MPS_PER_KNOT (1852.0 / 3600.0)
#define MPS_PER_FPM (0.3048 / 60.0)
// Tolerance of altimeter and encoder of a transponder, 125 ft.
#define TRANSPONDER_ACC95_M 38.1
#define FEET_LOW (-2000.0)
#define FEET_HIGH 200000.0

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
static const char *const grounds[] = {"onground", "on_ground", "gnd", NULL};
static const char *const positioned[] = {"last_position", "lastposupdate", "postime", NULL};
// Keys of OpenSky's own interface, whose numbers are metres and m/s.
static const char *const metric[] = {"baro_altitude", "baroaltitude", "geo_altitude",
                                     "velocity",      "vertrate",     NULL};

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
// geometric vertical accuracy, the same standard: 95 % vertical. Category 0 is "unknown, or 10
// NM and worse", GVA 0 "unknown, or over 150 m"; neither they nor a category that the standard
// does not have are taken as better than category 1.
static bool read_accuracy(struct geo_track_reader *reader, const struct geo_json *object,
                          struct geo_track *out)
{
    static const double across_m[] = {18520.0, 18520.0, 7408.0, 3704.0, 1852.0, 926.0,
                                      555.6,   185.2,   92.6,   30.0,   10.0,   3.0};
    static const double up_m[] = {150.0, 150.0, 45.0};
    static const char *const categories[] = {"nac_p", NULL}, *const verticals[] = {"gva", NULL};
    bool across_there, up_there;
    double across = 0.0, up = 0.0;
    if (!number(reader, object, categories, 0.0, 15.0, &across_there, &across)
        || !number(reader, object, verticals, 0.0, 3.0, &up_there, &up))
        return false;
    out->horizontal_default_acc95_m = reader->params->default_horizontal_acc95_m;
    out->altitude_default_acc95_m = TRANSPONDER_ACC95_M;
    out->horizontal_acc95_m = out->horizontal_default_acc95_m;
    out->altitude_acc95_m = out->altitude_default_acc95_m;
    bool across_known = across < 12.0 && !(floor(across) < across);
    bool up_known = up < 3.0 && !(floor(up) < up);
    if (across_there)
        out->horizontal_acc95_m = across_m[across_known ? (size_t)across : 0];
    if (up_there)
        out->altitude_acc95_m = up_m[up_known ? (size_t)up : 0];
    // 0 is how a transponder says that it does not know
    out->flags |= across_there && across_known && across > 0.0
                      ? 0U
                      : (uint32_t)GEO_TRACK_HORIZONTAL_ASSUMED;
    out->flags |= up_there && up_known && up > 0.0 ? 0U : (uint32_t)GEO_TRACK_ALTITUDE_ASSUMED;
    return true;
}

// Whether a switch of dump1090 is there and off: the value that it belongs to is not one.
static bool off(const struct geo_json *object, const char *name)
{
    const struct geo_json *value = geo_json_member(object, name);
    double number = 1.0;
    bool on = true;
    if (!geo_json_boolean(value, &on) && geo_json_number(value, &number))
        on = number > 0.0 || number < 0.0;
    return !on;
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
    has_track = has_track && !off(object, "validtrack");
    geo_track_motion(out, has_speed, knots * MPS_PER_KNOT, has_track, track_deg);
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
    *there = has_lat && has_lon && !off(object, "validposition");
    return true;
}

// An aircraft that is said to be on the ground, and nowhere said to fly.
static bool read_ground(struct geo_track_reader *reader, const struct geo_json *object,
                        struct geo_track *out)
{
    const char *name;
    const struct geo_json *value = member(object, grounds, &name);
    double number = 0.0;
    bool grounded = false;
    if (!geo_json_present(value))
        return true;
    if (!geo_json_boolean(value, &grounded)) {
        if (!geo_json_number(value, &number) || !(number == 0.0 || number == 1.0))
            return geo_track_bad(reader, GEO_REFUSAL_FORMAT, name, "is neither true nor false");
        grounded = number > 0.0;
    }
    if (grounded)
        out->flags |= GEO_TRACK_ON_GROUND;
    else
        out->flags &= ~(uint32_t)GEO_TRACK_ON_GROUND;
    return true;
}

// Of the position: when other messages of the aircraft were heard says nothing of how old it
// is. `now_us` is when the list was made; below 0: the time is the aircraft's own or the
// message's.
static bool read_time(struct geo_track_reader *reader, const struct geo_json *object,
                      int64_t now_us, struct geo_track *out)
{
    const char *name;
    const struct geo_json *own = member(object, positioned, &name);
    const struct geo_json *age = geo_json_member(object, "seen_pos");
    bool there, aged;
    double age_s = 0.0;
    for (size_t i = 0; own == NULL && positioned[i] != NULL; i++)
        if (geo_json_member(object, positioned[i]) != NULL)
            return geo_track_bad(reader, GEO_REFUSAL_FORMAT, positioned[i],
                                 "is null: when it was there is not known");
    if (own != NULL)
        return geo_track_time(reader, own, name, &there, &out->time_utc_us);
    if (!geo_track_number(reader, age, "seen_pos", 0.0, 1e6, &aged, &age_s))
        return false;
    if (!aged && geo_json_present(geo_json_member(object, "seen")))
        return geo_track_bad(reader, GEO_REFUSAL_FORMAT, "seen_pos",
                             "is missing: how old the position is is not known");
    there = now_us >= 0;
    if (!there
        && !geo_track_time(reader, geo_json_member(object, "now"), "now", &there, &now_us))
        return false;
    if (!there
        && !geo_track_time(reader, geo_json_member(object, "timestamp"), "timestamp", &there,
                           &now_us))
        return false;
    out->time_utc_us = there ? now_us : reader->params->message_utc_us;
    out->flags |= there ? 0U : (uint32_t)GEO_TRACK_TIMED_BY_MESSAGE;
    out->time_utc_us -= (int64_t)(age_s * 1e6);
    return true;
}

// Numbers of another unit under other names: not to be passed over as if they were not there.
static bool read_units(struct geo_track_reader *reader, const struct geo_json *object)
{
    const char *name;
    if (member(object, metric, &name) == NULL)
        return true;
    return geo_track_bad(reader, GEO_REFUSAL_FORMAT, name,
                         "is in metres: such states are read as rows of `states` only");
}

static bool read_aircraft(struct geo_track_reader *reader, const struct geo_json *object,
                          int64_t now_us, bool *there, struct geo_track *out)
{
    const char *name;
    if (geo_json_kind(object) != GEO_JSON_OBJECT)
        return geo_track_bad(reader, GEO_REFUSAL_FORMAT, "aircraft", "is not an object");
    if (!geo_track_hex(reader, member(object, hexes, &name), out)
        || !read_position(reader, object, there, out))
        return false;
    if (!*there)
        return true;
    geo_track_name(member(object, flights, &name), out);
    geo_track_category(geo_json_member(object, "category"), out);
    const struct geo_json *pressure = member(object, pressures, &name);
    bool geometric;
    double feet = 0.0;
    if (!read_pressure(reader, pressure, name, out)
        || !number(reader, object, geometrics, FEET_LOW, FEET_HIGH, &geometric, &feet))
        return false;
    if (geometric)
        put_wgs84(out, feet);
    return read_units(reader, object) && read_ground(reader, object, out)
           && read_motion(reader, object, out) && read_accuracy(reader, object, out)
           && read_time(reader, object, now_us, out);
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
                                 int64_t now_us)
{
    enum drf_status status = DRF_OK;
    for (size_t i = 0; i < geo_json_count(list) && status == DRF_OK; i++) {
        struct geo_track track = {.flags = 0};
        bool there = false;
        reader->index = i + 1;
        bool sound = read_aircraft(reader, geo_json_at(list, i), now_us, &there, &track);
        status = settle(reader, sound, there, &track);
    }
    return status;
}

// A row of a trace: offset s, lat, lon, altitude, gs, track, flags, rate, details, type,
// alt_geom, geom_rate, ... Flags: 4 the rate is geometric, 8 the altitude is (JSON
// documentation of readsb).
static bool read_row(struct geo_track_reader *reader, const struct geo_json *row,
                     int64_t start_us, bool *there, struct geo_track *out)
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
    geo_track_motion(out, has_speed, knots * MPS_PER_KNOT, has_track, track_deg);
    bool geometric = ((unsigned)flags & 8U) != 0;
    if (!geometric && !read_pressure(reader, CELL(ALTITUDE), "altitude", out))
        return false;
    const struct geo_json *height = geometric ? CELL(ALTITUDE) : CELL(GEOMETRIC);
    if (!geo_track_number(reader, height, "alt_geom", FEET_LOW, FEET_HIGH, &has, &feet))
        return false;
    const struct geo_json *details = CELL(DETAILS); // an object now and then, else null
#undef CELL
    if (has)
        put_wgs84(out, feet);
    geo_track_category(geo_json_member(details, "category"), out);
    out->time_utc_us = start_us + (int64_t)(offset_s * 1e6);
    return read_accuracy(reader, details, out);
}

static enum drf_status take_trace(struct geo_track_reader *reader, const struct geo_json *root,
                                  struct geo_note *why)
{
    int64_t start_us = 0;
    bool timed = false;
    struct geo_track base = {.flags = 0};
    const char *name;
    if (!geo_track_time(reader, geo_json_member(root, "timestamp"), "timestamp", &timed,
                        &start_us)
        || !timed)
        return geo_refuse(why, GEO_REFUSAL_FORMAT, 0, "a trace without its timestamp");
    if (!geo_track_hex(reader, member(root, hexes, &name), &base)) {
        *why = reader->note;
        return geo_refusal_status((enum geo_refusal_code)why->code);
    }
    geo_track_name(geo_json_member(root, "r"), &base);
    const struct geo_json *rows = geo_json_member(root, "trace");
    enum drf_status status = DRF_OK;
    for (size_t i = 0; i < geo_json_count(rows) && status == DRF_OK; i++) {
        struct geo_track track = base;
        bool there = false;
        reader->index = i + 1;
        bool sound = read_row(reader, geo_json_at(rows, i), start_us, &there, &track);
        status = settle(reader, sound, there, &track);
    }
    return status;
}

static enum drf_status take_root(struct geo_track_reader *reader, const struct geo_json *root,
                                 struct geo_note *why)
{
    static const char *const lists[] = {"aircraft", "ac", NULL};
    const char *name;
    const struct geo_json *list = member(root, lists, &name);
    if (geo_json_kind(root) == GEO_JSON_ARRAY)
        return take_list(reader, root, -1);
    if (geo_json_member(root, "states") != NULL)
        return geo_opensky_states(reader, geo_json_member(root, "states"), why);
    if (geo_json_kind(geo_json_member(root, "trace")) == GEO_JSON_ARRAY)
        return take_trace(reader, root, why);
    if (geo_json_kind(list) == GEO_JSON_ARRAY) {
        int64_t now_us = -1;
        bool timed = false;
        if (!geo_track_time(reader, geo_json_member(root, "now"), "now", &timed, &now_us)) {
            *why = reader->note;
            return geo_refusal_status((enum geo_refusal_code)why->code);
        }
        if (!timed)
            return geo_refuse(why, GEO_REFUSAL_FORMAT, 0, "aircraft without `now`: no time");
        return take_list(reader, list, now_us);
    }
    if (geo_json_kind(root) != GEO_JSON_OBJECT)
        return geo_refuse(why, GEO_REFUSAL_FORMAT, 0, "neither aircraft nor a trace");
    struct geo_track track = {.flags = 0};
    bool there = false;
    reader->index = 1;
    bool sound = read_aircraft(reader, root, -1, &there, &track);
    return settle(reader, sound, there, &track);
}

enum drf_status geo_readsb_decode(const struct geo_decode_params *params, const uint8_t *bytes,
                                  size_t size, struct geo_record_builder *builder,
                                  struct geo_note *why)
{
    return geo_track_decode(params, bytes, size, take_root, builder, why);
}
