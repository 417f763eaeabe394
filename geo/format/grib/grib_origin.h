// geo/format/grib/grib_origin.h - whether a GRIB field holds values of the weather at all.
// SPDX-License-Identifier: Apache-2.0
//
// A field of errors, differences, spreads or probabilities has the parameter, level, unit and
// time of the quantity it is about. What tells it apart stands elsewhere in the message: read
// here. So does whether the data are a test. Tables only, no allocation.
#ifndef GEO_GRIB_ORIGIN_H
#define GEO_GRIB_ORIGIN_H

#include "geo/format/grib/grib_facts.h"
#include "geo/reader/decode_params.h"
#include "geo/record/record.h"
#include "geo/status.h"

// DRF_ERR_ABSENT: no values of the weather, *why says what it is instead. DRF_ERR_SYNTAX: data
// of a test at a node that does not take them (GEO_REFUSAL_MODE), or of a production status
// that the feed does not list, or a reference time of another kind (GEO_REFUSAL_UNSUPPORTED).
DRF_MUST_CHECK enum drf_status geo_grib_origin_check(const struct geo_grib_product *product,
                                                     const struct geo_decode_params *params,
                                                     struct geo_note *why);

#endif
