// geo/dof.h - FAA Digital Obstacle File records and its change files to obstacles of a record.
// SPDX-License-Identifier: Apache-2.0
//
// Called by geo_decode() only, which has checked size and format; see there for the promise.
#ifndef GEO_DOF_H
#define GEO_DOF_H

#include <stddef.h>
#include <stdint.h>

#include "geo/decode.h"
#include "geo/record.h"
#include "geo/status.h"

DRF_MUST_CHECK enum drf_status geo_dof_decode(const struct geo_decode_params *params,
                                              const uint8_t *bytes, size_t size,
                                              struct geo_record_builder *builder,
                                              struct geo_note *why);

#endif
