// geo/format/grib/grib_facts.h - the keys of one GRIB field as plain numbers.
// SPDX-License-Identifier: Apache-2.0
//
// Still in the codes of the WMO tables (Manual on Codes, FM 92, editions 1 and 2), so that
// their interpretation is separate from, and tested without, the library that reads them.
// GEO_GRIB_MISSING stands for a key that is absent or all ones.
#ifndef GEO_GRIB_FACTS_H
#define GEO_GRIB_FACTS_H

#include <stdbool.h>
#include <stdint.h>

#include "geo/utc.h"

#define GEO_GRIB_MISSING INT64_MIN

struct geo_grib_level {
    int64_t type; // table 4.5 (edition 2) or 3 (edition 1)
    bool known;   // the value is given
    double value; // in the unit of the type: metres, pascals
};

struct geo_grib_product {
    int64_t edition, centre;
    int64_t production;   // table 1.3; edition 1 does not say
    int64_t significance; // of the reference time, table 1.2; edition 1 has none
    int64_t data;         // table 1.4; edition 1 does not say
    int64_t process;      // of generating, table 4.3; edition 1 does not say
    bool no_values;       // edition 1: a local section says a member, an error, a spread ...
    int64_t discipline, category, number; // edition 1: table version, 0, parameter
    int64_t template;                     // 4.n; edition 1: time range indicator
    struct geo_grib_level lower, upper;   // as given: first and second surface; the second's
                                          // type is 255 when there is none
    struct geo_utc_fields reference;
    int64_t unit, forecast; // table 4.4; edition 1: table 4, and P1
    int64_t statistic;      // table 4.10
    int64_t ranges;         // number of time ranges
    int64_t increment;      // how the range is filled, table 4.11
    int64_t length_unit, length;
    struct geo_utc_fields end; // of the overall interval; edition 1: unused, P2 is `length`
};

struct geo_grib_points {
    int64_t edition;
    int64_t template; // 3.n; edition 1: data representation type, as in edition 2's numbering
    int64_t ni, nj, count;
    int64_t shape; // table 3.2; edition 1: 0 sphere of 6367.47 km, 2 IAU 1965
    double radius_m, major_m, minor_m;
    bool i_negative, j_positive, j_consecutive, alternating, offset_rows;
    bool grid_relative; // components along the grid's axes
    double first_lat_deg, first_lon_deg, last_lat_deg, last_lon_deg;
    double di, dj; // degrees or metres as the template has it, 0 when not given; > 0
    double lad_deg, lov_deg, latin1_deg, latin2_deg;
    int64_t projection_centre; // bits of table 3.5
    double south_pole_lat_deg, south_pole_lon_deg, rotation_deg;
};

#endif
