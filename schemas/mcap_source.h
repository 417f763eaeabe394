// schemas/mcap_source.h - bytes of a file or pipe, read once from front to end, with their CRC.
// SPDX-License-Identifier: Apache-2.0
#ifndef SCHEMAS_MCAP_SOURCE_H
#define SCHEMAS_MCAP_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "geo/status.h"

struct drf_mcap_source {
    int fd; // borrowed
    uint8_t *bytes;
    size_t room, start, end; // what was read and is not consumed lies from start to end
    uint64_t offset;         // of start, from where the source began
    uint32_t crc;            // of what was consumed since it was last set to 0
};

// Until `size` bytes lie at start. DRF_ERR_AGAIN: a non-blocking pipe has no more yet.
// DRF_ERR_ABSENT: the end comes before. DRF_ERR_STORE: errno says why. DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status drf_mcap_source_need(struct drf_mcap_source *source,
                                                    size_t size);
static inline size_t drf_mcap_source_ready(const struct drf_mcap_source *source)
{
    return source->end - source->start;
}
// At most what is ready.
void drf_mcap_source_consume(struct drf_mcap_source *source, size_t size);
void drf_mcap_source_close(struct drf_mcap_source *source);

#endif
