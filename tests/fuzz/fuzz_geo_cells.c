// SPDX-License-Identifier: Apache-2.0
// Any bytes: either refused, or cells that encode and decode to themselves.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "geo/cells.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint16_t cells[GEO_CELLS_COUNT], back[GEO_CELLS_COUNT];
    static uint8_t blob[GEO_CELLS_BLOB_MAX];
    if (geo_cells_decode(data, size, cells) != DRF_OK)
        return 0;
    size_t room = sizeof blob;
    if (geo_cells_encode(cells, blob, &room) != DRF_OK
        || geo_cells_decode(blob, room, back) != DRF_OK
        || memcmp(cells, back, sizeof cells) != 0)
        abort();
    return 0;
}
