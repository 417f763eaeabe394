// sim/witness/witness_case.h - conditions that an advisory must or may report, at one report.
// SPDX-License-Identifier: Apache-2.0
#ifndef SIM_WITNESS_CASE_H
#define SIM_WITNESS_CASE_H

#include "sim/witness/witness.h"
#include "sim/witness/witness_truth.h"
#include "sim/witness/witness_way.h"

// Severities of enums.proto; the smaller the more severe.
enum { SIM_WARNING = 1, SIM_CAUTION = 2, SIM_INFO = 3, SIM_NOTHING = 4 };
// By the time until it holds (schemas/advisories.md).
int sim_severity_of(double time_s);
static inline int sim_severity_worse(int a, int b) { return a < b ? a : b; }
static inline int sim_severity_milder(int a, int b) { return a > b ? a : b; }

// A condition that a context's advisories may report: at most as severe as `possible`, and at
// least as severe as `certain`, outside the guard band.
struct sim_condition {
    uint32_t kind, variant;
    const char *feature; // "": none
    int possible, certain;
    double value, limit; // for the explanation
};

enum { SIM_CONDITIONS_MAX = 192, SIM_KINDS = SIM_ADVISORY_KINDS };

struct sim_case {
    struct sim_witness *witness;
    const struct sim_report *report;
    const Drf__V1__Context *context;
    int64_t arrival_mono_us;
    struct sim_truth truth;
    struct sim_way way;
    size_t count;
    struct sim_condition conditions[SIM_CONDITIONS_MAX];
    enum sim_unjudged unjudged[SIM_KINDS]; // why advisories of a kind are not judged
};

// A condition that is not even possible is ignored. When the list is full the kind of the
// condition counts as unjudged.
void sim_case_add(struct sim_case *c, struct sim_condition condition);

// For c->unjudged[]: why, if the way is undecided.
static inline enum sim_unjudged sim_way_unjudged(const struct sim_way *way)
{
    return way->kind == SIM_WAY_UNDECIDED ? SIM_UNJUDGED_WAY : SIM_JUDGED;
}

// The kinds, each in the file named for it.
void sim_conditions_terrain(struct sim_case *c);
void sim_conditions_obstacles(struct sim_case *c);
void sim_conditions_zones(struct sim_case *c);
void sim_conditions_weather(struct sim_case *c);
void sim_conditions_height(struct sim_case *c); // altitude limit, altitude reference
void sim_conditions_boundary(struct sim_case *c);
void sim_conditions_traffic(struct sim_case *c);
void sim_conditions_alerts(struct sim_case *c);
void sim_conditions_quality(struct sim_case *c); // after sim_witness_ahead()

// After all conditions: the list of traffic has those who need a WARNING before all others.
enum { SIM_TRAFFIC_LISTED = 4 }; // at most, by a node
void sim_witness_listed(const struct sim_case *c, struct sim_witness_counts *counts);

#endif
