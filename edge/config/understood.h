// edge/config/understood.h - a configuration in numbers: where, how large, what it takes.
// SPDX-License-Identifier: Apache-2.0
#ifndef EDGE_UNDERSTOOD_H
#define EDGE_UNDERSTOOD_H

#include <stddef.h>
#include <stdint.h>

#include "edge/config/config.h"

enum { EDGE_UNDERSTOOD_SIZE = 240 };

// "81 x 111 km around 43.5 N 79.5 W, 625 tiles of level 12, 6 feeds".
void edge_understood_format(const struct drf_config *config,
                            char out[static EDGE_UNDERSTOOD_SIZE]);

// What ground and surface take when every tile of the area that is kept (with margin and
// look-ahead) and of the insets is filled, by what was measured: deploy/operations.md.
struct edge_understood_need {
    uint64_t tiles;
    uint64_t memory_min_bytes, memory_max_bytes; // one of the two models, or both
    uint64_t disk_min_bytes, disk_max_bytes;     // smooth or rough ground
    // Beside tiles: the node's own process without any, its decoders together, and what one
    // more obstacle or drone takes at most; on the disk an obstacle takes obstacle_disk_bytes.
    uint64_t node_bytes, decoders_bytes;
    uint64_t obstacle_bytes, obstacle_disk_bytes, drone_bytes;
};
struct edge_understood_need edge_understood_need(const struct drf_config *config);

// The box with latitude and longitude exchanged, where the region lies south of 60 degrees
// south and that one does not: probably what was meant. False: nothing suggests it.
bool edge_understood_exchanged(const struct drf_config *config, struct geo_bounds *out);

#endif
