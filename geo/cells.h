// geo/cells.h - heights of the 256 x 256 cells of a tile and their lossless encoding.
// SPDX-License-Identifier: Apache-2.0
//
// A cell is a uint16: height_amsl_m = GEO_CELL_OFFSET_M + GEO_CELL_QUANTUM_M * value, EGM96;
// GEO_CELL_UNKNOWN is no height. Row 0 is the northernmost, column 0 the westernmost; cell
// (row, column) covers an equal part of the tile and its value holds for its centre. Rounding
// is to the nearest quantum, half away from zero.
#ifndef GEO_CELLS_H
#define GEO_CELLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "geo/status.h"

#define GEO_CELL_QUANTUM_M 0.25
#define GEO_CELL_OFFSET_M (-1000.0)
enum {
    GEO_CELLS_SIDE = 256,
    GEO_CELLS_COUNT = 65536,
    GEO_CELL_UNKNOWN = 65535,
    GEO_CELL_MAX = 65534,                  // 15,383.5 m
    GEO_CELLS_BLOB_MAX = 65536 * 2 + 4096, // no encoded tile is larger
};

// DRF_ERR_RANGE: not a number, or outside what a cell can hold.
DRF_MUST_CHECK enum drf_status geo_cell_from_m(double amsl_m, uint16_t *out);
// The height of a cell that is not GEO_CELL_UNKNOWN (asserted).
double geo_cell_m(uint16_t cell);

// Lossless. Encodes exactly GEO_CELLS_COUNT cells; *size is the room in, the length out.
// DRF_ERR_FULL: no room (never with GEO_CELLS_BLOB_MAX). The same cells always give the same
// bytes.
DRF_MUST_CHECK enum drf_status geo_cells_encode(const uint16_t *cells, uint8_t *blob,
                                                size_t *size);
// Reads any bytes safely. DRF_ERR_SYNTAX: not an encoded tile; `cells` is then unspecified.
// DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status geo_cells_decode(const uint8_t *blob, size_t size,
                                                uint16_t *cells);

#endif
