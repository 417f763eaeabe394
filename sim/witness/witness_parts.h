// sim/witness/witness_parts.h - what the parts of the witness share: the aircraft as it is, the
// way it is taken to go, and the conditions that an advisory must or may tell.
// SPDX-License-Identifier: Apache-2.0
#ifndef SIM_WITNESS_PARTS_H
#define SIM_WITNESS_PARTS_H

#include "sim/witness/witness.h"

// The aircraft by what it reported (CONTRACT.md 4: ellipsoid, AMSL, above take-off).
struct sim_truth {
    bool amsl_known;
    double amsl_m, amsl_tol_m;
    double acc_low_m, acc_high_m; // how good the node may call amsl_m
    uint32_t basis;
    double ground_m, ground_tol_m;
    double covered_m;
};
struct sim_truth sim_witness_truth(const struct sim_witness *witness,
                                   const struct sim_report *report);
// The surface at a place, as a node may and must give it.
void sim_witness_surface(const struct sim_witness *witness, struct geo_point position,
                         double *low_m, double *high_m);
// Towers in the strip `in` must show in its surface, towers `near` it may.
void sim_witness_raise(const struct sim_witness *witness, const struct sim_strip *in,
                       const struct sim_strip *near, double *low_m, double *high_m);

// schemas/client.md, look-ahead. Near walking speed it is not decided here.
enum sim_way_kind { SIM_WAY_UNDECIDED, SIM_WAY_DISC, SIM_WAY_COURSE, SIM_WAY_PLAN };
enum { SIM_WAYS_MAX = 4, SIM_CORNERS_MAX = SIM_PLAN_POINTS_MAX + 2 };
struct sim_corner {
    struct sim_plane at;
    double along_m, time_s;
    double rise_m; // over where the aircraft is
};
struct sim_way {
    enum sim_way_kind kind;
    struct sim_plane start;         // the aircraft
    double scale_east, scale_north; // metres per metre of the plane, there
    double unit_east, unit_north;   // plane metres per metre of a course
    double speed_mps, climb_mps, length_m, base_m, growth_mps, time_max_s;
    double height_tol_m; // of a plan's heights, beside the aircraft's
    double before_m;     // how much of its plan is flown
    size_t count;        // corners of a plan; the first is abeam the aircraft
    struct sim_corner corners[SIM_CORNERS_MAX];
};
// Every way that the aircraft may be taken to go: more than one where its plan bends near it
// and the node may take either leg. At least one.
size_t sim_ways_of(const struct sim_witness *witness, const struct sim_report *report,
                   const Drf__V1__Context *context, const struct sim_truth *truth,
                   struct sim_way ways[static SIM_WAYS_MAX]);
// How far it is from the plan that it named, and how far it may be; negative: it named none
// that the node which answers has accepted.
double sim_way_off_plan_m(const struct sim_witness *witness, const struct sim_report *report,
                          const Drf__V1__Context *context, double *conformance_m);
double sim_way_half_m(const struct sim_way *way, double time_s);
double sim_way_disc_m(const struct sim_way *way, double time_s);
double sim_way_climbed_m(const struct sim_way *way, double time_s); // without a plan
// Along a course or a plan, cut to it.
struct sim_plane sim_way_at(const struct sim_way *way, double along_m);
double sim_way_time_s(const struct sim_way *way, double along_m);
double sim_way_along_m(const struct sim_way *way, double time_s);
double sim_way_rise_m(const struct sim_way *way, double along_m);
void sim_way_rises(const struct sim_way *way, double from_m, double to_m, double *low_m,
                   double *high_m);
// In the plane, to the nearest place of the way.
double sim_way_far_m(const struct sim_way *way, struct sim_plane point);

// Signed metres to the edge of the region served, whose ring must be known; negative inside.
double sim_witness_outside_m(const struct sim_witness *witness, struct sim_plane at);

// Severities of enums.proto; the smaller the more severe.
enum { SIM_WARNING = 1, SIM_CAUTION = 2, SIM_INFO = 3, SIM_NOTHING = 4 };
int sim_severity_of(double time_s);

// Something that may stand in a context's advisories: at most `possible` severe, and at least
// `certain` severe, beyond the guard band.
struct sim_condition {
    uint32_t kind, variant;
    const char *feature; // "": none
    int possible, certain;
    double value, limit; // for the explanation
};

enum { SIM_CONDITIONS_MAX = 192, SIM_KINDS = 16 };

struct sim_case {
    struct sim_witness *witness;
    const struct sim_report *report;
    const Drf__V1__Context *context;
    int64_t arrival_mono_us;
    struct sim_truth truth;
    struct sim_way way;
    size_t count;
    struct sim_condition conditions[SIM_CONDITIONS_MAX];
    bool unjudged[SIM_KINDS]; // raised ones of this kind are neither right nor wrong
};

// Passes over what is not even possible.
void sim_case_add(struct sim_case *c, struct sim_condition condition);

// The kinds, each in the file named for it.
void sim_conditions_terrain(struct sim_case *c);
void sim_conditions_obstacles(struct sim_case *c);
void sim_conditions_zones(struct sim_case *c);
void sim_conditions_weather(struct sim_case *c);
void sim_conditions_height(struct sim_case *c); // altitude limit, altitude reference
void sim_conditions_boundary(struct sim_case *c);
void sim_conditions_traffic(struct sim_case *c);

// Weather of this kind is published for that time.
bool sim_witness_published(const struct sim_world *world, int64_t utc_us);

#endif
