// edge/serve/fleet/profile_held.h - what a drone asks for and can bear: profile or defaults.
// SPDX-License-Identifier: Apache-2.0
#ifndef EDGE_PROFILE_HELD_H
#define EDGE_PROFILE_HELD_H

#include <stdbool.h>
#include <stdint.h>

#include "fusion/aircraft/aircraft.h"

// What the profile asks for beside the limits of the aircraft.
struct edge_preferences {
    int64_t interval_us;       // between contexts
    double rate_hz;            // that its profile asks for; 0: it has none
    uint32_t link_bytes_per_s; // 0: unlimited
    bool json, ignore_seen, streams;
    uint16_t patch_side; // cells; 0: no patches
    int64_t patch_interval_us;
};

struct edge_profile_held {
    bool held;       // it sent one; else these are the node's defaults
    uint64_t digest; // of its payload
    struct fusion_limits limits;
    struct edge_preferences preferences;
};

// The node's defaults apply.
void edge_profile_held_drop(struct edge_profile_held *profile,
                            const struct fusion_limits *limits,
                            const struct edge_preferences *preferences);
void edge_profile_held_use(struct edge_profile_held *profile,
                           const struct fusion_limits *limits,
                           const struct edge_preferences *preferences, uint64_t digest);
// The rate that it asks for, at most `rate_max_hz`.
void edge_profile_held_limit(struct edge_profile_held *profile, double rate_max_hz);
// There will be no patches, whatever it asks for.
void edge_profile_held_no_patches(struct edge_profile_held *profile);

#endif
