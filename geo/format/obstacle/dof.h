// geo/format/obstacle/dof.h - decoder for obstacles in the FAA's Digital Obstacle File.
// SPDX-License-Identifier: Apache-2.0
//
// Text of fixed columns, 128 per record (FAA, Digital Obstacle File, format of the .Dat
// files): one record or many, with or without the file's four header lines, CRLF or LF; and
// its change files (ADD, OLD and NEW, DISMANTLE, REMOVE before the record). A line that cannot
// be read is refused alone, with its number and the reason. What is read, refused and assumed:
// schemas/obstacles.md.
#ifndef GEO_DOF_H
#define GEO_DOF_H

#include <stddef.h>
#include <stdint.h>

#include "geo/reader/decode_params.h"
#include "geo/record/record.h"
#include "geo/status.h"

// Adds an obstacle per record inside params->keep, and notes. Reads any bytes safely.
// On anything but DRF_OK the message is refused as a whole and *why says why:
// DRF_ERR_SYNTAX, DRF_ERR_RANGE: no line could be used, or all are outside the region.
// DRF_ERR_FULL, DRF_ERR_NOMEM: geo_record_add().
DRF_MUST_CHECK enum drf_status geo_dof_decode(const struct geo_decode_params *params,
                                              const uint8_t *bytes, size_t size,
                                              struct geo_record_builder *builder,
                                              struct geo_note *why);

#endif
