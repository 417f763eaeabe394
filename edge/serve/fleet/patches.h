// edge/serve/fleet/patches.h - state of a drone's terrain patches: what was sent to it.
// SPDX-License-Identifier: Apache-2.0
//
// Of the last EDGE_PATCHES_SENT windows sent to a drone the node keeps the position and a
// digest of each of the 64 blocks: 2.2 KB, allocated when a drone first asks for patches. Only
// edge/serve/patch.c writes it.
#ifndef EDGE_PATCHES_H
#define EDGE_PATCHES_H

#include <stdbool.h>
#include <stdint.h>

#include "edge/serve/fleet/pace.h"
#include "fusion/context/patch_window.h"

enum { EDGE_PATCHES_SENT = 4 };

struct edge_patch_sent {
    uint32_t seq; // 0: none
    struct fusion_patch_window patch_window;
    uint64_t weather_key; // 0: it had none
    uint64_t blocks[FUSION_PATCH_WINDOW_BLOCKS];
};

struct edge_patches {
    uint32_t sent_seq, seen_seq; // seen 0: a key frame is asked for
    int64_t key_mono_us;         // when the last key frame went
    uint16_t side;               // at most what the profile asks for; less on a slow link
    bool due;                    // is in the list of drones due; belongs to the slot
    bool shed;                   // the last patch did not fit into the link's budget
    struct edge_pace pace;
    struct edge_patch_sent sent[EDGE_PATCHES_SENT];
};

// For another drone in this place: its numbers are greater than `floor`.
static inline void edge_patches_reset(struct edge_patches *patches, uint32_t floor)
{
    *patches = (struct edge_patches){.sent_seq = floor, .due = patches->due};
}

#endif
