// SPDX-License-Identifier: Apache-2.0
// A blob is one byte that says how it is packed, then
//   RAW:  65,536 low bytes and 65,536 high bytes of the cells;
//   ZSTD: one zstd frame of 65,536 low bytes and 65,536 high bytes of the zigzagged residuals
//         of each cell from the plane through its three neighbours, left + above - above left
//         (0 outside the tile), modulo 2^16.
// Terrain is smooth, so residuals are small and the high bytes nearly all zero; unknown areas
// give none at all. Measured against left-neighbour deltas: a quarter smaller, as fast.
#include "geo/cells.h"

#include <assert.h>
#include <math.h>

#include <zstd.h>
#include <zstd_errors.h>

enum {
    PACKED_RAW = 1,
    PACKED_ZSTD = 2,
    PLANES_SIZE = GEO_CELLS_COUNT * 2,
    ZSTD_LEVEL = 1,
};

enum drf_status geo_cell_from_m(double amsl_m, uint16_t *out)
{
    double value = round((amsl_m - GEO_CELL_OFFSET_M) / GEO_CELL_QUANTUM_M);
    if (!(value >= 0.0 && value <= GEO_CELL_MAX))
        return DRF_ERR_RANGE;
    *out = (uint16_t)value;
    return DRF_OK;
}

double geo_cell_m(uint16_t cell)
{
    assert(cell != GEO_CELL_UNKNOWN);
    return GEO_CELL_OFFSET_M + GEO_CELL_QUANTUM_M * cell;
}

static uint16_t zigzag(uint16_t value)
{
    return (uint16_t)((value << 1) ^ (value & 0x8000 ? 0xffff : 0));
}

static uint16_t unzigzag(unsigned value)
{
    return (uint16_t)((value >> 1) ^ (value & 1 ? 0xffff : 0));
}

static void residuals(const uint16_t *cells, uint8_t *low, uint8_t *high)
{
    static const uint16_t outside[GEO_CELLS_SIDE];
    const uint16_t *above = outside;
    for (size_t row = 0; row < GEO_CELLS_SIDE; row++) {
        const uint16_t *here = cells + row * GEO_CELLS_SIDE;
        unsigned left = 0, above_left = 0;
        for (size_t col = 0; col < GEO_CELLS_SIDE; col++) {
            unsigned residual = here[col] - (left + above[col] - above_left);
            uint16_t packed = zigzag((uint16_t)residual);
            low[row * GEO_CELLS_SIDE + col] = (uint8_t)packed;
            high[row * GEO_CELLS_SIDE + col] = (uint8_t)(packed >> 8);
            left = here[col];
            above_left = above[col];
        }
        above = here;
    }
}

static void restore(const uint8_t *low, const uint8_t *high, uint16_t *cells)
{
    static const uint16_t outside[GEO_CELLS_SIDE];
    const uint16_t *above = outside;
    for (size_t row = 0; row < GEO_CELLS_SIDE; row++) {
        uint16_t *here = cells + row * GEO_CELLS_SIDE;
        uint16_t step = 0; // of here[col] over above[col]
        for (size_t col = 0; col < GEO_CELLS_SIDE; col++) {
            size_t i = row * GEO_CELLS_SIDE + col;
            step = (uint16_t)(step + unzigzag(low[i] | (unsigned)high[i] << 8));
            here[col] = (uint16_t)(above[col] + step);
        }
        above = here;
    }
}

static void split(const uint16_t *cells, uint8_t *low, uint8_t *high)
{
    for (size_t i = 0; i < GEO_CELLS_COUNT; i++) {
        low[i] = (uint8_t)cells[i];
        high[i] = (uint8_t)(cells[i] >> 8);
    }
}

enum drf_status geo_cells_encode(const uint16_t *cells, uint8_t *blob, size_t *size)
{
    uint8_t planes[PLANES_SIZE];
    size_t room = *size;
    if (room < 1)
        return DRF_ERR_FULL;
    residuals(cells, planes, planes + GEO_CELLS_COUNT);
    size_t packed = ZSTD_compress(blob + 1, room - 1, planes, PLANES_SIZE, ZSTD_LEVEL);
    if (!ZSTD_isError(packed) && packed < PLANES_SIZE) {
        blob[0] = PACKED_ZSTD;
        *size = 1 + packed;
        return DRF_OK;
    }
    if (room < 1 + PLANES_SIZE)
        return DRF_ERR_FULL;
    blob[0] = PACKED_RAW;
    split(cells, blob + 1, blob + 1 + GEO_CELLS_COUNT);
    *size = 1 + PLANES_SIZE;
    return DRF_OK;
}

enum drf_status geo_cells_decode(const uint8_t *blob, size_t size, uint16_t *cells)
{
    if (size == 1 + PLANES_SIZE && blob[0] == PACKED_RAW) {
        for (size_t i = 0; i < GEO_CELLS_COUNT; i++)
            cells[i] = (uint16_t)(blob[1 + i] | blob[1 + GEO_CELLS_COUNT + i] << 8);
        return DRF_OK;
    }
    if (size < 2 || size > GEO_CELLS_BLOB_MAX || blob[0] != PACKED_ZSTD)
        return DRF_ERR_SYNTAX;
    uint8_t planes[PLANES_SIZE];
    size_t unpacked = ZSTD_decompress(planes, PLANES_SIZE, blob + 1, size - 1);
    if (unpacked != PLANES_SIZE)
        return ZSTD_getErrorCode(unpacked) == ZSTD_error_memory_allocation ? DRF_ERR_NOMEM
                                                                           : DRF_ERR_SYNTAX;
    restore(planes, planes + GEO_CELLS_COUNT, cells);
    return DRF_OK;
}
