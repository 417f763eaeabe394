// SPDX-License-Identifier: Apache-2.0
// Any bytes: refused, or cells that encode and decode to themselves, with and without a base,
// with and without ground below.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fusion/context/patch.h"
#include "tests/support/patch_decode.h"

enum { SIDE = 64, CELLS = SIDE * SIDE };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint16_t base_cells[CELLS], under[CELLS], cells[CELLS], back[CELLS];
    static uint8_t bytes[FUSION_PATCH_LAYER_MAX];
    if (size < 2)
        return 0;
    for (int i = 0; i < CELLS; i++) {
        base_cells[i] = (uint16_t)(4000 + i % 61);
        under[i] = (uint16_t)(i % 113 == 0 ? UINT16_MAX : 3990 + i % 59);
    }
    const struct fusion_patch_window window = {
        .west = 80, .south = 80, .side = SIDE, .level = 12};
    struct patch_base base = {window, base_cells};
    base.window.west += 8U * (data[0] % 4);
    base.window.south -= 8U * (data[0] / 4 % 4);
    const uint16_t *below = (data[1] & 1) != 0 ? under : NULL;
    const struct patch_base *from = (data[1] & 2) != 0 ? &base : NULL;
    uint64_t news, again;
    if (patch_decode(data + 2, size - 2, window, from, below, cells, &news) != DRF_OK)
        return 0;
    size_t room = sizeof bytes;
    if (fusion_patch_encode(cells, below, SIDE, news, bytes, &room) != DRF_OK
        || patch_decode(bytes, room, window, from, below, back, &again) != DRF_OK
        || memcmp(cells, back, sizeof cells) != 0)
        abort();
    return 0;
}
