// fusion/root/track_gate.h - plausibility check of successive traffic reports.
// SPDX-License-Identifier: Apache-2.0
//
// Implausible reports occur: a receiver decodes a wrong bit, two aircraft share an address, the
// clock of a sender is set, or a sender invents traffic. One implausible report is not shown to
// drones. Reports that repeat and agree with each other are accepted: then the former ones were
// wrong. Never for an earlier time: an older report does not replace a newer one. The region's
// own drones are weighed by the same rule (fusion_track_follows()), which silences none of
// them. A value, no clock, no allocation.
#ifndef FUSION_TRACK_GATE_H
#define FUSION_TRACK_GATE_H

#include <stdbool.h>
#include <stdint.h>

#include "geo/record/track.h"

enum fusion_gate {
    FUSION_GATE_PASSED = 0,
    FUSION_GATE_DUPLICATE, // this very report was taken
    FUSION_GATE_BACKWARDS, // older than what was taken
    FUSION_GATE_JUMP,      // it cannot have got there, or so high, since
    FUSION_GATE_SPEED,     // faster than anything that is to be met here
    FUSION_GATE_FULL,      // more aircraft than the node keeps
    FUSION_GATE_LESSER,    // a source of higher priority has just said where it is
    FUSION_GATE_CLOCK,     // of a time further from now than tracks are kept
    FUSION_GATE_COUNT
};

const char *fusion_gate_name(enum fusion_gate gate); // "JUMP"; never NULL

#define FUSION_GATE_SPEED_MAX_MPS 400.0
enum { FUSION_GATE_AGREE = 3 }; // refused reports in a row that agree with each other

// Whether an aircraft can have got from one report to the other, by its speed, or by the
// fastest there is where neither says it, by both accuracies (as far as the feed's default),
// and in height; in either
// direction of time.
bool fusion_track_follows(const struct geo_track *from, const struct geo_track *to);

// What was taken last, and what was refused since. All zero: nothing yet.
struct fusion_track_gate {
    struct geo_track taken, doubted;
    uint32_t agreed; // how many refused reports agree, the last of them is `doubted`
};

// Weighs the next report, and takes it if it passes: gate->taken is then this one.
enum fusion_gate fusion_track_gate(struct fusion_track_gate *gate,
                                   const struct geo_track *report);

#endif
