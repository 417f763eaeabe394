// edge/wire/wire_claim.h - reads who another node is from its state, heartbeats and replies.
// SPDX-License-Identifier: Apache-2.0
#ifndef EDGE_WIRE_CLAIM_H
#define EDGE_WIRE_CLAIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "edge/wire/wire.h"
#include "geo/status.h"

struct edge_wire_claim {
    uint64_t boot_id;
    uint64_t seq; // of a heartbeat; 0 in a state
    bool down;    // a state that says DOWN
};

// A Heartbeat or a NodeState in Protocol Buffers; allocates. DRF_ERR_SYNTAX: it is none, or has
// no boot id.
DRF_MUST_CHECK enum drf_status edge_wire_heartbeat_read(const uint8_t *bytes, size_t size,
                                                        struct edge_wire_claim *out);
DRF_MUST_CHECK enum drf_status edge_wire_state_read(const uint8_t *bytes, size_t size,
                                                    struct edge_wire_claim *out);

// What another node replied to a drone. In either form; allocates. DRF_ERR_SYNTAX: it is no
// Reply, or does not say by whom or to what.
struct edge_wire_replied {
    char node_id[37];
    uint32_t answers; // 1 telemetry, 2 profile, 3 plan, 4 request, 5 report
    char correlation[EDGE_WIRE_NAME_SIZE]; // "": none
};
struct edge_wire;
DRF_MUST_CHECK enum drf_status edge_wire_reply_read(struct edge_wire *wire,
                                                    const uint8_t *bytes, size_t size,
                                                    struct edge_wire_replied *out);

#endif
