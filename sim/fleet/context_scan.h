// sim/fleet/context_scan.h - reads sequence numbers and counts from a packed context.
// SPDX-License-Identifier: Apache-2.0
//
// Scans the wire format once and allocates nothing, so that every context of a large fleet can
// be acknowledged, timed and counted, also those that are not checked.
#ifndef SIM_CONTEXT_SCAN_H
#define SIM_CONTEXT_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sim_context_head {
    uint64_t boot_id;
    uint64_t node;                     // hash of the node's name; 0: it is not there
    uint64_t owner_epoch;              // 0: none
    uint32_t seq, telemetry_seq, shed; // telemetry_seq 0: it answers no report
    int64_t node_time_us;
    uint32_t stale_after_ms;
    bool pushed;
    // Values of native cells and features: ground and surface here, the maxima and the mean of
    // each segment, each part of the weather, the heights of each obstacle; not heights of the
    // aircraft, nor what is derived from them.
    unsigned data_points;
};

// False: the bytes are not a message.
bool sim_context_scan(const uint8_t *bytes, size_t size, struct sim_context_head *out);

#endif
