// sim/fleet/patch_decode.h - decoder for the layers of a patch, from schemas/patch.md alone.
// SPDX-License-Identifier: Apache-2.0
#ifndef SIM_PATCH_DECODE_H
#define SIM_PATCH_DECODE_H

#include <stddef.h>
#include <stdint.h>

#include "geo/status.h"

enum { SIM_CELL_UNKNOWN = 65535 };

struct sim_layer_base {
    const uint16_t *cells; // NULL: none
    int64_t east, north;   // cells by which the new window lies east and north of it
};

// Reads side x side cells, row 0 the southernmost. `under`: the ground, for a surface, else
// NULL. DRF_ERR_SYNTAX: not a layer; `cells` is then unspecified.
DRF_MUST_CHECK enum drf_status sim_layer_decode(const uint8_t *bytes, size_t size,
                                                uint32_t side, struct sim_layer_base base,
                                                const uint16_t *under, uint16_t *cells);

#endif
