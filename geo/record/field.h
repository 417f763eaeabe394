// geo/record/field.h - record item: one weather quantity on its grid.
// SPDX-License-Identifier: Apache-2.0
//
// At one height interval and time. A flat value: in a record it is followed by
// grid.ni * grid.nj float values, row-major, value(i, j) at index j * ni + i. A missing value
// is a NaN here and nowhere else. SI units.
#ifndef GEO_FIELD_H
#define GEO_FIELD_H

#include <stdint.h>

#include "geo/grid.h"

enum geo_variable {
    GEO_WIND_U = 1,        // m/s, along +i of the grid or toward true east: wind_grid_relative
    GEO_WIND_V = 2,        // m/s, along +j (towards increasing grid y) or toward true north
    GEO_GUST = 3,          // m/s
    GEO_TEMPERATURE = 4,   // K
    GEO_DEW_POINT = 5,     // K
    GEO_VISIBILITY = 6,    // m
    GEO_PRECIPITATION = 7, // kg/m2 (= mm) when accumulated, kg/m2/s when a rate
    GEO_CEILING = 8,       // m above ground
    GEO_QNH = 9,           // Pa, mean sea level
    GEO_RELATIVE_HUMIDITY = 10, // 0 .. 1
    GEO_CLOUD = 11,             // 0 .. 1
    GEO_CONVECTION = 12,        // J/kg (CAPE)
    GEO_REFLECTIVITY = 13,      // dBZ
    GEO_ECHO_TOP = 14,          // m AMSL
    GEO_MIXING_HEIGHT = 15,     // m above ground (boundary layer)
    GEO_VARIABLE_COUNT
};

enum geo_statistic { // the numbers of Statistic in schemas/drf/v1/enums.proto
    GEO_STATISTIC_INSTANT = 1,
    GEO_STATISTIC_ACCUMULATION = 2,
    GEO_STATISTIC_MEAN = 3,
    GEO_STATISTIC_MAXIMUM = 4,
    GEO_STATISTIC_MINIMUM = 5,
};

struct geo_field {
    uint32_t variable;           // enum geo_variable
    uint32_t statistic;          // enum geo_statistic
    uint32_t wind_grid_relative; // 1: u and v are along the grid's axes; 0: along true east and
                                 // north
    uint32_t
        height_from_pressure; // 1: the interval is a pressure layer in the standard atmosphere
    double lower_agl_m,
        upper_agl_m; // the heights it holds for; equal for a level; 0, 0 at the surface
    int64_t reference_utc_us;  // of the model run or the analysis: the issue time
    int64_t valid_from_utc_us; // equal to until for an instant
    int64_t valid_until_utc_us;
    struct geo_grid grid; // of the values that follow (a window of the source's grid)
};

#endif
