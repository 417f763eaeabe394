// geo/format/decode.h - decodes the bytes of a message to a record, by format.
// SPDX-License-Identifier: Apache-2.0
//
// A pure function of its arguments (and of the installed tables of PROJ and ecCodes). It may
// use much memory and time and may crash on hostile bytes: the node calls it only in a
// sandboxed child process.
#ifndef GEO_DECODE_H
#define GEO_DECODE_H

#include <stddef.h>
#include <stdint.h>

#include "geo/reader/decode_params.h"
#include "geo/record/record.h"
#include "geo/status.h"

// Incremented with every change after which the same bytes give another record: a node then
// reads its feeds again.
enum { GEO_DECODE_VERSION = 2 };

// On DRF_OK `builder` holds a record with at least one item that is not a note. On anything
// else the message is refused as a whole and *why gives the reason; IGNORED is not an error of
// the message: it holds nothing that this node uses. Notes inside the record are about parts
// that were refused or ignored.
DRF_MUST_CHECK enum drf_status geo_decode(const struct geo_decode_params *params,
                                          const uint8_t *bytes, size_t size,
                                          struct geo_record_builder *builder,
                                          struct geo_note *why);

#endif
