// geo/record/station.h - record item: the observation of one weather station.
// SPDX-License-Identifier: Apache-2.0
//
// A flat value. A report has neither a position nor a month: the position comes from a table
// (geo/format/report/station_table.h), the month from the time of the message. What a drone
// measured has both, and the height at which it did. A value without
// its flag is unknown and is 0. SI units.
#ifndef GEO_STATION_H
#define GEO_STATION_H

#include <stdint.h>

#include "geo/point.h"

enum geo_station_flag {
    GEO_STATION_PLACED = 1 << 0, // position is known
    GEO_STATION_HAS_ELEVATION = 1 << 1,
    GEO_STATION_HAS_WIND = 1 << 2,
    GEO_STATION_HAS_WIND_FROM = 1 << 3, // else variable, calm or not given
    GEO_STATION_HAS_GUST = 1 << 4,
    GEO_STATION_HAS_TEMPERATURE = 1 << 5,
    GEO_STATION_HAS_DEW_POINT = 1 << 6,
    GEO_STATION_HAS_VISIBILITY = 1 << 7,
    GEO_STATION_VISIBILITY_AT_LEAST = 1 << 8, // as far as it is reported, or farther
    GEO_STATION_HAS_CEILING = 1 << 9,
    GEO_STATION_CEILING_AT_LEAST = 1 << 10, // no ceiling below this
    GEO_STATION_HAS_QNH = 1 << 11,
    GEO_STATION_HAS_WEATHER = 1 << 12, // it states precipitation, or that there is none
    GEO_STATION_PRECIPITATION = 1 << 13,
    GEO_STATION_CONVECTION = 1 << 14, // thunderstorm, cumulonimbus or towering cumulus
    GEO_STATION_AUTO = 1 << 15,
    GEO_STATION_CORRECTED = 1 << 16,
    GEO_STATION_OUTSIDE = 1 << 17, // outside what this node keeps; in the record so that
                                   // an older position is removed
    GEO_STATION_CONVECTION_UNKNOWN = 1 << 18, // beside HAS_WEATHER: it does not say "none"
    GEO_STATION_WIND_AT_LEAST = 1 << 19,      // the speed, or more
    GEO_STATION_GUST_AT_LEAST = 1 << 20,
    GEO_STATION_MEASURED_AGL = 1 << 21,  // by an aircraft, at measured_dm over the ground,
    GEO_STATION_MEASURED_AMSL = 1 << 22, // or over the sea; one of the two
};

enum { GEO_STATION_ID_SIZE = 16, GEO_STATION_CODES_SIZE = 48 };

// Heights of the instruments over the ground (WMO No. 8).
#define GEO_STATION_WIND_AGL_M 10.0
#define GEO_STATION_AIR_AGL_M 2.0

struct geo_station {
    char id[GEO_STATION_ID_SIZE];       // "EGLL", NUL-terminated, not empty
    char codes[GEO_STATION_CODES_SIZE]; // present weather as reported: "-RA BR", may be empty
    struct geo_point position;          // 0, 0 unless placed
    double elevation_amsl_m;
    int64_t observed_utc_us;
    double wind_speed_mps, wind_from_deg_true, gust_mps;
    double temperature_k, dew_point_k;
    double visibility_m;
    double ceiling_agl_m; // over the station's elevation
    double qnh_pa;
    uint32_t flags;      // enum geo_station_flag
    int32_t measured_dm; // decimetres; 0 where neither of its flags is set
};

#endif
