// geo/format/decode.h - from the bytes a provider published to a record.
// SPDX-License-Identifier: Apache-2.0
//
// A pure function of its two arguments (and of PROJ's and ecCodes' installed tables). It may
// use much memory and time and may die on hostile bytes: the node calls it in a sandboxed child
// only.
#ifndef GEO_DECODE_H
#define GEO_DECODE_H

#include <stddef.h>
#include <stdint.h>

#include "geo/reader/decode_params.h"
#include "geo/record/record.h"
#include "geo/status.h"

// Grows with every change after which the same bytes give another record: a node then reads its
// feeds again.
enum { GEO_DECODE_VERSION = 1 };

// On DRF_OK `builder` holds a record with at least one item that is not a note. On anything
// else the message is refused as a whole and *why says so; IGNORED is no fault of the message:
// nothing in it is of use here. Notes inside the record tell of
// parts that were refused or passed over.
DRF_MUST_CHECK enum drf_status geo_decode(const struct geo_decode_params *params,
                                          const uint8_t *bytes, size_t size,
                                          struct geo_record_builder *builder,
                                          struct geo_note *why);

#endif
