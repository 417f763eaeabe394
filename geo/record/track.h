// geo/record/track.h - record item: a report of another aircraft.
// SPDX-License-Identifier: Apache-2.0
//
// A flat value inside a record (geo/record/record.h). A track is valid for seconds and is
// never stored. What the source did not give has no flag and is 0. The three heights are kept
// as reported: ellipsoid, EGM96, and pressure (standard atmosphere, 1013.25 hPa). Without
// VELOCITY it may fly any way: as fast as speed_mps, or as anything if that is not known
// either; never is it taken as standing. An accuracy may be worse than the feed's default,
// where the source says so or that it does not know; a conflict by the excess alone is less.
#ifndef GEO_TRACK_H
#define GEO_TRACK_H

#include <stdint.h>

#include "geo/point.h"

enum geo_track_flag {
    GEO_TRACK_WGS84 = 1 << 0,     // alt_wgs84_m
    GEO_TRACK_AMSL = 1 << 1,      // alt_amsl_m
    GEO_TRACK_PRESSURE = 1 << 2,  // alt_pressure_m
    GEO_TRACK_VELOCITY = 1 << 3,  // velocity_north_mps, velocity_east_mps
    GEO_TRACK_UP = 1 << 4,        // velocity_up_mps
    GEO_TRACK_ON_GROUND = 1 << 5, // reported on the ground; otherwise airborne or unknown
    GEO_TRACK_PREDICTED = 1 << 6, // extrapolated by its node: the link is lost
    GEO_TRACK_TIMED_BY_MESSAGE = 1 << 7, // the time is the message's, not its own
    GEO_TRACK_SPEED = 1 << 8,       // speed_mps; never beside VELOCITY: the course is not known
    GEO_TRACK_UNCONFIRMED = 1 << 9, // its node doubts that it is there
    GEO_TRACK_HORIZONTAL_ASSUMED = 1 << 10, // the source does not say this accuracy
    GEO_TRACK_ALTITUDE_ASSUMED = 1 << 11,
};

enum {
    GEO_TRACK_ID_SIZE = 40,
    GEO_TRACK_NAME_SIZE = 16,
    GEO_TRACK_ICAO24_SIZE = 8,
    GEO_TRACK_CATEGORY_SIZE = 4,
};

struct geo_track {
    char id[GEO_TRACK_ID_SIZE];     // of its source: "ac671b", "~2a3f01" (not ICAO's), drone id
    char name[GEO_TRACK_NAME_SIZE]; // call sign, may be empty
    char icao24[GEO_TRACK_ICAO24_SIZE]; // address given by ICAO, "ac671b"; may be empty
    struct geo_point position;
    int64_t time_utc_us; // when it was there
    double alt_wgs84_m, alt_amsl_m, alt_pressure_m;
    double altitude_acc95_m; // of whichever is known, >= 0
    double velocity_north_mps, velocity_east_mps, velocity_up_mps;
    double speed_mps;                       // over ground
    double horizontal_acc95_m;              // > 0
    double horizontal_default_acc95_m;      // of the feed; > 0
    double altitude_default_acc95_m;        // likewise, >= 0
    uint32_t flags;                         // enum geo_track_flag
    char category[GEO_TRACK_CATEGORY_SIZE]; // ADS-B emitter category, A0 .. D7; may be empty
};

#define GEO_TRACK_SPEED_LIMIT_MPS 2000.0

#endif
