// schemas/mcap_zstd.h - compression of MCAP chunks.
// SPDX-License-Identifier: Apache-2.0
#ifndef SCHEMAS_MCAP_ZSTD_H
#define SCHEMAS_MCAP_ZSTD_H

#include "schemas/mcap_record.h"

struct drf_mcap_zstd; // contexts that are kept between calls

// DRF_ERR_NOMEM. DRF_ERR_RANGE: no such level (1 to 19; 0: only for unpacking).
DRF_MUST_CHECK enum drf_status drf_mcap_zstd_open(int level, struct drf_mcap_zstd **out);
void drf_mcap_zstd_close(struct drf_mcap_zstd *zstd); // NULL is fine

// Appends the compressed bytes to `out`. DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status drf_mcap_zstd_pack(struct drf_mcap_zstd *zstd, const void *bytes,
                                                  size_t size, struct drf_mcap_buffer *out);

// Fills exactly `wanted` bytes. DRF_ERR_SYNTAX: the frame is damaged, or makes another number.
DRF_MUST_CHECK enum drf_status drf_mcap_zstd_unpack(struct drf_mcap_zstd *zstd,
                                                    const void *bytes, size_t size,
                                                    uint8_t *out, size_t wanted);

#endif
