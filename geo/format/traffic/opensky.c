// SPDX-License-Identifier: Apache-2.0
#include "geo/format/traffic/opensky.h"

#include "geo/record/refusal.h"

// Columns; those between are not read.
enum {
    ADDRESS,
    CALL_SIGN,
    POSITION_TIME = 3,
    LON = 5,
    LAT,
    PRESSURE_ALTITUDE,
    ON_GROUND,
    SPEED,
    TRACK,
    CLIMB,
    ELLIPSOID_ALTITUDE = 13,
    COLUMNS_MIN
};

// Tolerance of altimeter and encoder of a transponder, 125 ft.
#define TRANSPONDER_ACC95_M 38.1
#define HEIGHT_LOW_M (-610.0)
#define HEIGHT_HIGH_M 61000.0
#define SPEED_HIGH_MPS 1544.0
#define CLIMB_HIGH_MPS 508.0

static bool read_motion(struct geo_track_reader *reader, const struct geo_json *row,
                        struct geo_track *out)
{
    bool has_speed, has_track, has_climb, grounded = false;
    double speed_mps = 0.0, track_deg = 0.0, climb_mps = 0.0;
    if (!geo_track_number(reader, geo_json_at(row, SPEED), "velocity", 0.0, SPEED_HIGH_MPS,
                          &has_speed, &speed_mps)
        || !geo_track_number(reader, geo_json_at(row, TRACK), "true_track", -360.0, 360.0,
                             &has_track, &track_deg)
        || !geo_track_number(reader, geo_json_at(row, CLIMB), "vertical_rate", -CLIMB_HIGH_MPS,
                             CLIMB_HIGH_MPS, &has_climb, &climb_mps))
        return false;
    if (!geo_json_boolean(geo_json_at(row, ON_GROUND), &grounded))
        return geo_track_bad(reader, GEO_REFUSAL_FORMAT, "on_ground",
                             "is neither true nor false");
    geo_track_motion(out, has_speed, speed_mps, has_track, track_deg);
    out->flags |=
        (grounded ? GEO_TRACK_ON_GROUND : 0U) | (has_climb ? (uint32_t)GEO_TRACK_UP : 0U);
    out->velocity_up_mps = climb_mps;
    return true;
}

static bool read_heights(struct geo_track_reader *reader, const struct geo_json *row,
                         struct geo_track *out)
{
    bool pressure, ellipsoid;
    if (!geo_track_number(reader, geo_json_at(row, PRESSURE_ALTITUDE), "baro_altitude",
                          HEIGHT_LOW_M, HEIGHT_HIGH_M, &pressure, &out->alt_pressure_m)
        || !geo_track_number(reader, geo_json_at(row, ELLIPSOID_ALTITUDE), "geo_altitude",
                             HEIGHT_LOW_M, HEIGHT_HIGH_M, &ellipsoid, &out->alt_wgs84_m))
        return false;
    out->flags |=
        (pressure ? GEO_TRACK_PRESSURE : 0U) | (ellipsoid ? (uint32_t)GEO_TRACK_WGS84 : 0U);
    out->horizontal_acc95_m = out->horizontal_default_acc95_m =
        reader->params->default_horizontal_acc95_m;
    out->altitude_acc95_m = out->altitude_default_acc95_m = TRANSPONDER_ACC95_M;
    out->flags |= GEO_TRACK_HORIZONTAL_ASSUMED | GEO_TRACK_ALTITUDE_ASSUMED;
    return true;
}

static bool read_row(struct geo_track_reader *reader, const struct geo_json *row, bool *there,
                     struct geo_track *out)
{
    bool has_lat, has_lon, timed;
    if (geo_json_kind(row) != GEO_JSON_ARRAY || geo_json_count(row) < COLUMNS_MIN)
        return geo_track_bad(reader, GEO_REFUSAL_FORMAT, "state", "is not a row of 14 columns");
    if (!geo_track_hex(reader, geo_json_at(row, ADDRESS), out)
        || !geo_track_number(reader, geo_json_at(row, LAT), "latitude", -90.0, 90.0, &has_lat,
                             &out->position.lat_deg)
        || !geo_track_number(reader, geo_json_at(row, LON), "longitude", -180.0, 180.0,
                             &has_lon, &out->position.lon_deg))
        return false;
    *there = has_lat && has_lon;
    if (!*there)
        return true;
    if (!geo_track_time(reader, geo_json_at(row, POSITION_TIME), "time_position", &timed,
                        &out->time_utc_us))
        return false;
    if (!timed)
        return geo_track_bad(reader, GEO_REFUSAL_FORMAT, "time_position",
                             "is null: when it was there is not known");
    geo_track_name(geo_json_at(row, CALL_SIGN), out);
    return read_heights(reader, row, out) && read_motion(reader, row, out);
}

enum drf_status geo_opensky_states(struct geo_track_reader *reader,
                                   const struct geo_json *states, struct geo_note *why)
{
    enum drf_status status = DRF_OK;
    if (geo_json_present(states) && geo_json_kind(states) != GEO_JSON_ARRAY)
        return geo_refuse(why, GEO_REFUSAL_FORMAT, 0, "`states` is not an array");
    for (size_t i = 0; i < geo_json_count(states) && status == DRF_OK; i++) {
        struct geo_track track = {.flags = 0};
        bool there = false;
        reader->index = i + 1;
        if (!read_row(reader, geo_json_at(states, i), &there, &track))
            status = geo_track_refuse(reader);
        else if (there)
            status = geo_track_keep(reader, &track);
        else
            reader->unplaced++;
    }
    return status;
}
