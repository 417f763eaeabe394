// edge/serve/patch.h - terrain patches: which drone is due, delta base, and cost.
// SPDX-License-Identifier: Apache-2.0
//
// Of the last EDGE_PATCHES_SENT windows sent to a drone the node keeps the position and a
// digest of each of the 64 blocks: 2.3 KB, allocated when a drone first asks for patches. A
// block whose digest agrees is not sent again, whatever changed and changed back in between.
// Key frames that several drones share are encoded once. Contexts go first: a step encodes a
// bounded number of cells, and patches use what the contexts leave of a link's budget.
#ifndef EDGE_PATCH_H
#define EDGE_PATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "edge/serve/drone.h"
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
    struct edge_patch_sent sent[EDGE_PATCHES_SENT];
};

struct edge_serve;
struct edge_patching;

DRF_MUST_CHECK enum drf_status edge_patching_open(uint32_t drones_max, uint64_t cache_bytes,
                                                  struct edge_patching **out); // NOMEM
void edge_patching_close(struct edge_patching *patching);                      // NULL is fine

// The profile that now holds asks for patches or does not. Without memory there will be none.
void edge_patch_configure(struct edge_drone *drone);
// What a report says it has seen; 0 when it says nothing.
void edge_patch_seen(struct edge_drone *drone, uint32_t patch_seq);
uint32_t edge_patch_sent_last(const struct edge_drone *drone); // 0: none
// A report came in: a patch may be due.
void edge_patch_report(struct edge_serve *serve, struct edge_drone *drone);
// Sends what is due. Returns when to be called again at the latest.
int64_t edge_patch_run(struct edge_serve *serve);

#endif
