// edge/wire/wire_state.h - reads what another node says of itself: a NodeState.
// SPDX-License-Identifier: Apache-2.0
#ifndef EDGE_WIRE_STATE_H
#define EDGE_WIRE_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "geo/point.h"
#include "geo/status.h"

enum {
    EDGE_WIRE_BOUNDARY_MAX = 1000, // corners of a region, as the configuration takes them
    EDGE_WIRE_EPOCHS = 32,         // parts of a region's drones
    EDGE_WIRE_ADDRESS_SIZE = 264,  // HOST:PORT, with NUL
    EDGE_WIRE_NODE_ID_SIZE = 37,   // of a region and of a node, with NUL
};

struct edge_wire_node_state {
    char region_id[EDGE_WIRE_NODE_ID_SIZE], node_id[EDGE_WIRE_NODE_ID_SIZE]; // "": absent
    uint64_t boot_id;
    uint32_t condition;                   // enum edge_condition; 0: absent or not known here
    bool down;                            // it says so, or what it says is not known here
    uint32_t mode;                        // enum drf_mode; 0: absent
    int64_t node_time_utc_us;             // 0: absent, as in a will
    char address[EDGE_WIRE_ADDRESS_SIZE]; // "": not told, or no printable ASCII
    int32_t priority;                     // of its region; absent: 0
    double margin_m;                      // absent: 0
    // For each part the epoch at which the node became its owner; 0: it is not.
    uint64_t owner_epochs[EDGE_WIRE_EPOCHS];
    struct geo_point boundary[EDGE_WIRE_BOUNDARY_MAX];
    size_t boundary_count; // 0: absent
};

// In Protocol Buffers; allocates. DRF_ERR_SYNTAX: it is none, or has no boot id. DRF_ERR_RANGE:
// an id or the address is too long, a corner is off the globe, there are too many or fewer than
// three, or the margin is no length.
DRF_MUST_CHECK enum drf_status edge_wire_node_state_read(const uint8_t *bytes, size_t size,
                                                         struct edge_wire_node_state *out);

#endif
