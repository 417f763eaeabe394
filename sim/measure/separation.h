// sim/measure/separation.h - separation of all pairs: nearest approach, losses, distribution.
// SPDX-License-Identifier: Apache-2.0
//
// Time is cut into steps. In a step only pairs that a grid brings within `range_m` are looked
// at; for those the motion between the reports is straight, and minimum and losses are closed
// forms (encounter.h), not samples. The distribution is sampled at the beginning of each step.
// Pairs of two intruders are left out. Who is on the ground, or silent for longer than
// max_gap_us, is not there for that time.
#ifndef SIM_SEPARATION_H
#define SIM_SEPARATION_H

#include "sim/measure/encounter.h"
#include "sim/measure/track.h"

enum sim_loss_kind { SIM_LOSS_NMAC, SIM_LOSS_WELL_CLEAR, SIM_LOSS_KINDS };
enum { SIM_SEPARATION_BINS = 100 };

struct sim_separation_rules {
    struct sim_cylinder cylinders[SIM_LOSS_KINDS];
    double range_m; // > 0; farther apart is only counted; no cylinder is wider
    int64_t step_us, max_gap_us;
};

// From the instant a pair came inside a cylinder to the instant it left.
struct sim_loss {
    enum sim_loss_kind kind;
    size_t one, two; // tracks; one < two
    int64_t from_us, to_us;
    bool begun;      // the pair was inside when it was first seen: the entry is not known
    bool undecided;  // near enough horizontally, a height is not known
    int64_t near_us; // when nearest: in space, or horizontally when undecided
    double near_horizontal_m, near_up_m;
};

struct sim_pair {
    size_t one, two;
    double horizontal_m; // least
    int64_t horizontal_us;
    bool has_slant;
    double slant_m; // least while both heights were known
    int64_t slant_us;
};

struct sim_separation {
    size_t pair_count, pair_room;
    struct sim_pair *pairs; // that were within range; by one, two
    size_t loss_count, loss_room;
    struct sim_loss *losses; // by from_us, kind, one, two
    double bin_m;
    uint64_t horizontal[SIM_SEPARATION_BINS], slant[SIM_SEPARATION_BINS];
    uint64_t instants;           // pairs at steps, that both were known
    uint64_t beyond;             // of these, farther apart than range_m
    uint64_t no_slant;           // of those in range, without a height
    double aircraft_s;           // that aircraft were known and in the air, in whole steps
    int64_t begin_us, end_us;    // of all fixes
    size_t aircraft, never_near; // with two fixes in the air; of these, without a pair
};

// DRF_ERR_NOMEM. Nothing to compare is a result with no pairs.
DRF_MUST_CHECK enum drf_status sim_separation_of(const struct sim_tracks *tracks,
                                                 const struct sim_separation_rules *rules,
                                                 struct sim_separation *out);
void sim_separation_close(struct sim_separation *separation);

#endif
