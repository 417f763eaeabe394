// sim/measure/encounter.h - geometry of two aircraft on straight ways: nearest, inside.
// SPDX-License-Identifier: Apache-2.0
//
// Closed forms: the distance of two linear motions is the root of a quadratic in time.
#ifndef SIM_ENCOUNTER_H
#define SIM_ENCOUNTER_H

#include <stdbool.h>

// The other as seen from one, moving evenly from time 0 to `seconds`.
struct sim_approach {
    double seconds; // > 0
    double north_m, east_m, up_m;
    double north_mps, east_mps, up_mps;
    bool has_up; // both heights are known, from the same surface
};

struct sim_nearest {
    double at_s, distance_m;
};

// The least horizontal distance within [0, seconds], the earliest of equals.
struct sim_nearest sim_approach_horizontal(const struct sim_approach *approach);
// The least distance in space; has_up must be set.
struct sim_nearest sim_approach_slant(const struct sim_approach *approach);

double sim_approach_horizontal_at(const struct sim_approach *approach, double at_s);
double sim_approach_up_at(const struct sim_approach *approach, double at_s);

// A cylinder around one aircraft: inside is nearer than both.
struct sim_cylinder {
    double horizontal_m, vertical_m;
};

struct sim_span {
    double from_s, to_s;
};

// When the other is inside, within [0, seconds]. Returns false where it never is for longer
// than an instant. Without has_up only the horizontal distance is looked at.
bool sim_approach_inside(const struct sim_approach *approach, struct sim_cylinder cylinder,
                         struct sim_span *out);

#endif
