// geo/format/obstacle/dof_record.h - one record of the FAA's Digital Obstacle File.
// SPDX-License-Identifier: Apache-2.0
//
// Fixed columns, numbered from 1 (geo/format/obstacle/dof.h). Allocates nothing.
#ifndef GEO_DOF_RECORD_H
#define GEO_DOF_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "geo/reader/decode_params.h"
#include "geo/record/obstacle.h"
#include "geo/record/record.h"
#include "geo/status.h"

enum { GEO_DOF_COLUMNS = 127 }; // column 128 is a blank that is missing in some copies

struct geo_dof_line {
    const char *text; // without its line end
    size_t size;
    uint64_t number; // for *why
};

// DRF_ERR_SYNTAX, DRF_ERR_RANGE: not a record, or not possible; *why names the columns.
DRF_MUST_CHECK enum drf_status geo_dof_record_read(const struct geo_decode_params *params,
                                                   const struct geo_dof_line *line,
                                                   struct geo_obstacle *out,
                                                   struct geo_note *why);

// The number and the place of a line that cannot be read as a record, and how far from there it
// may be; false: one of them cannot be read either, or the columns around them are not blank.
bool geo_dof_record_place(const struct geo_decode_params *params,
                          const struct geo_dof_line *line, char id[static GEO_OBSTACLE_ID_SIZE],
                          struct geo_point *out, double *spread_m);

#endif
