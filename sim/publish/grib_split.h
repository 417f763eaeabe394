// sim/publish/grib_split.h - splits a GRIB file into Kafka messages of one GRIB message.
// SPDX-License-Identifier: Apache-2.0
//
// Messages are found by their section 0 (edition 1 and 2) and kept whole, also when they hold
// several fields. The key identifies level and valid time, so that a later run replaces an
// earlier one for the same time: NAME[+NAME]/TYPE_OF_LEVEL-LEVEL/YYYYMMDDHHMM with the names
// and level types of ecCodes and the valid time (its end, for an interval), then
// /STEPTYPE-LENGTH where it is not an instant: 10u/heightAboveGround-10/202611221900,
// tp/surface-0/202611222000/accum-1.
#ifndef SIM_GRIB_SPLIT_H
#define SIM_GRIB_SPLIT_H

#include "sim/publish/batch.h"

// DRF_ERR_SYNTAX: no GRIB message in it, or one that is cut off.
DRF_MUST_CHECK enum drf_status sim_grib_split(const char *stem, const uint8_t *bytes,
                                              size_t size, struct sim_batch *out);

#endif
