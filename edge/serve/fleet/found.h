// edge/serve/fleet/found.h - what of a drone's last evaluation and context is used again.
// SPDX-License-Identifier: Apache-2.0
//
// Where its corridor lay, so that a change there concerns it; its height, for those whose
// neighbour it is and for its patches; which alerts it was told.
#ifndef EDGE_FOUND_H
#define EDGE_FOUND_H

#include <stdbool.h>
#include <stdint.h>

#include "fusion/aircraft/context.h"
#include "geo/bounds.h"

struct edge_found {
    int64_t advised_mono_us; // when it was evaluated last
    // Of the last evaluation: its height as AMSL minus what it sends.
    uint8_t height_basis; // enum fusion_agl_basis; 0: no height
    float height_offset_m, height_acc95_m;
    // Of the last context.
    bool concern_straight;                  // the corridor is along the velocity; else any way
    float concern_length_m, concern_half_m; // of the corridor
    bool agl_known;
    float agl_m;
    uint16_t alerts_digest; // a wrong match lasts until the next
};

// It was evaluated now, with this report.
void edge_found_evaluated(struct edge_found *found, int64_t now_mono_us,
                          const struct fusion_fix *fix, const struct fusion_height *height);
// The context goes to the drone. Returns how far it looked ahead, metres.
double edge_found_told(struct edge_found *found, const struct fusion_context *context);
// Whether the box touches the corridor of its last context, or its position.
bool edge_found_touched(const struct edge_found *found, const struct fusion_fix *fix,
                        struct geo_bounds changed);

#endif
