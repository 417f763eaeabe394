// fusion/store_png.h - the cells of a tile as the 16-bit grey PNG that a coverage holds.
// SPDX-License-Identifier: Apache-2.0
//
// The sample is the cell: GEO_CELL_UNKNOWN is the coverage's data_null. zlib level 1 with the
// filter fixed per tile: adaptive filters cost more than they save on terrain. The one place
// that includes libpng.
#ifndef FUSION_STORE_PNG_H
#define FUSION_STORE_PNG_H

#include <stddef.h>
#include <stdint.h>

#include "geo/status.h"

// *bytes is freed by the caller with free(). DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status store_png_encode(const uint16_t *cells, uint8_t **bytes,
                                                size_t *size);

#endif
