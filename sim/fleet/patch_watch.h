// sim/fleet/patch_watch.h - acknowledges, decodes and checks the patches of the fleet.
// SPDX-License-Identifier: Apache-2.0
//
// Every drone acknowledges at arrival, of the node whose contexts it uses: each node codes its
// patches against its own, and what others send meanwhile is counted and left. Those of as many
// drones as fit into the memory for windows are decoded when there is time, and all their cells
// checked against the world. A patch that is to be lost (fault injection) is dropped before
// anything of it is read.
#ifndef SIM_PATCH_WATCH_H
#define SIM_PATCH_WATCH_H

#include "drf/v1/patch.pb-c.h"
#include "sim/fleet/telemetry.h"
#include "sim/witness/witness.h"

struct sim_patch_options {
    uint32_t side; // cells; 0: no patches
    double rate_hz;
    double lose_ratio; // of those that arrive, dropped
    bool key_frames;   // never acknowledge: key frames only
    bool shifted;      // fault injection: cells are checked one too far to the east
};

struct sim_patch_count {
    uint64_t patches, keys, bytes, key_bytes, lost, gaps;
    uint64_t data_points;    // as the patches state; recounted in those that were decoded
    uint64_t decoded, cells; // patches decoded, cells checked in them
    uint64_t weather;        // weather cells checked
    size_t watched;          // drones whose patches are decoded
};

struct sim_patch_watch;

// Pointers are borrowed until close. DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status sim_patch_watch_open(struct sim_witness *witness,
                                                    struct sim_drone *drones, size_t count,
                                                    struct sim_patch_options options,
                                                    struct sim_patch_watch **out);
void sim_patch_watch_close(struct sim_patch_watch *watch); // NULL is fine

void sim_patch_watch_take(struct sim_patch_watch *watch, size_t index, const uint8_t *bytes,
                          size_t size, struct sim_witness_counts *counts);
// Checks up to `most` queued patches. Returns how many are still queued.
size_t sim_patch_watch_check(struct sim_patch_watch *watch, size_t most,
                             struct sim_witness_counts *counts);
const struct sim_patch_count *sim_patch_watch_count(const struct sim_patch_watch *watch);

// sim/fleet/patch_check.c: the cells of a window against the truth. `cells`: checked so far.
struct sim_patch_window {
    uint32_t seq; // 0: none
    uint64_t boot_id;
    int64_t node_utc_us;
    uint32_t level, west, south, side;
    uint16_t *ground, *surface; // side * side
};
// The weather that came with a patch.
void sim_patch_check_weather(struct sim_witness *witness, const Drf__V1__Patch *patch,
                             struct sim_witness_counts *counts);
void sim_patch_check(struct sim_witness *witness, const struct sim_patch_window *window,
                     struct sim_witness_counts *counts);

#endif
