// geo/format/grib/grib_parameter.h - quantity, heights and times of a GRIB field, by its codes.
// SPDX-License-Identifier: Apache-2.0
//
// Tables and rules only: no GRIB library, no allocation. Fields that a node does not use are
// ignored; contradictory ones are refused. The list for users: schemas/weather.md.
#ifndef GEO_GRIB_PARAMETER_H
#define GEO_GRIB_PARAMETER_H

#include <stdbool.h>

#include "geo/format/grib/grib_facts.h"
#include "geo/record/field.h"
#include "geo/record/record.h"
#include "geo/status.h"

struct geo_grib_parameter {
    struct geo_field head; // all but wind_grid_relative and grid
    double scale;          // SI value = scale * value in the message
    double least, most;    // of an SI value; a field with one outside is refused
    double floor;          // below it, in the message's unit, a value says "unknown"
    bool not_negative;     // below zero by more than `noise` a value says "unknown", by less
    double noise;          // it is packing noise and zero
};

// DRF_ERR_ABSENT: of no use here. DRF_ERR_RANGE, DRF_ERR_SYNTAX: times that are not possible or
// contradict each other; *why says so.
DRF_MUST_CHECK enum drf_status geo_grib_parameter_of(const struct geo_grib_product *product,
                                                     struct geo_grib_parameter *out,
                                                     struct geo_note *why);

// The height in the standard atmosphere (ISO 2533) at which the pressure is `below_pa` less
// than 1013.25 hPa; 0 <= below_pa <= 70,000.
double geo_grib_layer_height_m(double below_pa);

#endif
