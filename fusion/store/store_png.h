// fusion/store/store_png.h - the cells of a tile as the 16-bit grey PNG of a coverage.
// SPDX-License-Identifier: Apache-2.0
//
// The sample is the cell: GEO_CELL_UNKNOWN is the coverage's data_null. zlib level 1, filter
// sub: measured on a rough 256 x 256 tile 743 a second at 50 kB; up 600 at 48 kB, chosen per
// row 340 at 49 kB, none 481 at 88 kB. The one place that includes libpng.
#ifndef FUSION_STORE_PNG_H
#define FUSION_STORE_PNG_H

#include <stddef.h>
#include <stdint.h>

#include "geo/status.h"

// *bytes is freed by the caller with free(). DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status store_png_encode(const uint16_t *cells, uint8_t **bytes,
                                                size_t *size);
// The cells of such a PNG; reads any bytes safely. DRF_ERR_SYNTAX: it is none of 256 x 256
// 16-bit grey samples without interlacing; `cells` is then unspecified. DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status store_png_decode(const uint8_t *bytes, size_t size,
                                                uint16_t *cells);

#endif
