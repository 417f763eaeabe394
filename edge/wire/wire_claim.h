// edge/wire/wire_claim.h - reads boot id and sequence from a node state or heartbeat.
// SPDX-License-Identifier: Apache-2.0
#ifndef EDGE_WIRE_CLAIM_H
#define EDGE_WIRE_CLAIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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

#endif
