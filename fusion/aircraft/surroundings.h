// fusion/aircraft/surroundings.h - other aircraft, and the boundary of the served region.
// SPDX-License-Identifier: Apache-2.0
//
// The caller that keeps all aircraft hands this in; it is borrowed during the construction of
// one context. Drones of the region and traffic from feeds use the same struct.
#ifndef FUSION_SURROUNDINGS_H
#define FUSION_SURROUNDINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "geo/point.h"

enum { FUSION_NEIGHBOURS_MAX = 32 };

// Another aircraft at the instant of its own last report, or predicted to be there.
struct fusion_neighbour {
    const char *traffic_id;
    const char *icao24, *category; // NULL: not known
    const char *source;            // NULL: reports to this node itself
    struct geo_point position;
    int64_t time_utc_us;
    bool amsl_known, velocity_known, velocity_up_known, predicted, on_ground;
    bool unconfirmed;   // it jumped, and too few reports since agree: a CAUTION at most
    bool reach_assumed; // reach_mps is nobody's word
    bool horizontal_assumed, altitude_assumed; // nor is this accuracy
    double amsl_m, amsl_acc95_m;               // the accuracy is that of any of its heights
    bool wgs84_known, pressure_known;
    double wgs84_m, pressure_m;
    double velocity_north_mps, velocity_east_mps, velocity_up_mps; // up 0 when not known
    // Without a velocity it may fly any way, this fast, and may have got that far already.
    double reach_mps, reach_m;
    double radius_m;           // of the aircraft itself
    double horizontal_acc95_m; // grown when predicted
    double growth_mps;         // of it from now on
    // What of both accuracies counts: not more than its feed's default. A conflict by the
    // excess alone is an INFO.
    double horizontal_counted_m, amsl_counted_m;
};

struct fusion_surroundings {
    size_t neighbour_count;
    struct fusion_neighbour neighbours[FUSION_NEIGHBOURS_MAX];
    uint32_t neighbours_left_out; // that may be met too, less near
    const struct geo_point *ring; // of the region, not closed; NULL: not said
    size_t ring_count;
    double margin_m; // outside the ring, still served
    bool outside;    // of the ring, now
};

// How far a point is outside the ring, which is there; negative: inside, by so much.
double fusion_surroundings_outside_m(const struct fusion_surroundings *around,
                                     struct geo_point point);

#endif
