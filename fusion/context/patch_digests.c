// SPDX-License-Identifier: Apache-2.0
#include "fusion/context/patch_digests.h"

#include <stdlib.h>
#include <string.h>

enum { SETS = 512, WAYS = 4 }; // 600 bytes each

struct place {
    uint64_t used; // a count of uses at the last one; 0: empty
    struct fusion_patch_window window;
    uint32_t ground_known, surface_known;
    uint64_t tiles[FUSION_PATCH_WINDOW_TILES];
    uint64_t blocks[FUSION_PATCH_WINDOW_BLOCKS];
};

struct fusion_patch_digests {
    uint64_t uses;
    struct place sets[SETS][WAYS];
};

enum drf_status fusion_patch_digests_open(struct fusion_patch_digests **out)
{
    *out = calloc(1, sizeof **out);
    return *out != NULL ? DRF_OK : DRF_ERR_NOMEM;
}

void fusion_patch_digests_close(struct fusion_patch_digests *digests) { free(digests); }

static struct place *set_of(struct fusion_patch_digests *digests,
                            struct fusion_patch_window window)
{
    const uint64_t hash = ((uint64_t)window.west << 32 | window.south) ^ window.side;
    return digests->sets[(hash * UINT64_C(0xD6E8FEB86659FD93) >> 40) % SETS];
}

bool fusion_patch_digests_find(struct fusion_patch_digests *digests,
                               struct fusion_patch_window window,
                               const uint64_t tiles[static FUSION_PATCH_WINDOW_TILES],
                               struct fusion_patch_window_cells *out)
{
    struct place *set = set_of(digests, window);
    for (int i = 0; i < WAYS; i++) {
        struct place *one = &set[i];
        if (one->used == 0 || !fusion_patch_window_same(one->window, window)
            || memcmp(one->tiles, tiles, sizeof one->tiles) != 0)
            continue;
        one->used = ++digests->uses;
        out->patch_window = window;
        out->ground_known = one->ground_known;
        out->surface_known = one->surface_known;
        memcpy(out->blocks, one->blocks, sizeof out->blocks);
        return true;
    }
    return false;
}

// In the place of the same window with other tiles, which are no more; else of the one used
// longest ago.
void fusion_patch_digests_keep(struct fusion_patch_digests *digests,
                               const uint64_t tiles[static FUSION_PATCH_WINDOW_TILES],
                               const struct fusion_patch_window_cells *cells)
{
    struct place *set = set_of(digests, cells->patch_window), *at = &set[0];
    for (int i = 0; i < WAYS; i++) {
        if (set[i].used != 0 && fusion_patch_window_same(set[i].window, cells->patch_window)) {
            at = &set[i];
            break;
        }
        at = set[i].used < at->used ? &set[i] : at;
    }
    at->used = ++digests->uses;
    at->window = cells->patch_window;
    at->ground_known = cells->ground_known;
    at->surface_known = cells->surface_known;
    memcpy(at->tiles, tiles, sizeof at->tiles);
    memcpy(at->blocks, cells->blocks, sizeof at->blocks);
}
