// SPDX-License-Identifier: Apache-2.0
// The world publishes some obstacles that no node can understand. Whoever is near one must be
// told that obstacles and surface are not complete there (UNREADABLE), and nobody else.
#include <math.h>

#include "drf/v1/enums.pb-c.h"
#include "sim/witness/witness_layers.h"

enum { OBSTACLE = DRF__V1__LAYER__LAYER_OBSTACLE, SURFACE = DRF__V1__LAYER__LAYER_SURFACE };

static uint32_t state_of(const Drf__V1__Context *context, uint32_t layer)
{
    for (size_t i = 0; i < context->n_layer_states; i++)
        if (context->layer_states[i]->layer == layer)
            return context->layer_states[i]->reason;
    return DRF__V1__REASON__REASON_NONE;
}

// How far from a place to a box to the east or west, and to the north or south.
static struct sim_plane away(const struct sim_world *world, struct geo_point from,
                             const struct sim_refused *to)
{
    struct sim_plane at = sim_world_plane(world, from);
    struct sim_plane low = sim_world_plane(
        world, (struct geo_point){.lat_deg = to->box.south_deg, .lon_deg = to->box.west_deg});
    struct sim_plane high = sim_world_plane(
        world, (struct geo_point){.lat_deg = to->box.north_deg, .lon_deg = to->box.east_deg});
    return (struct sim_plane){
        .east_m = fmax(0.0, fmax(low.east_m - at.east_m, at.east_m - high.east_m)),
        .north_m = fmax(0.0, fmax(low.north_m - at.north_m, at.north_m - high.north_m))};
}

// The farthest that a context speaks of: the circle of its obstacles, or its look-ahead. Where
// it was shortened and does not say, nobody can tell from it.
static double reach_m(const Drf__V1__Context *context)
{
    double reach = (double)context->obstacle_radius_m;
    const Drf__V1__LookAhead *ahead = context->look_ahead;
    if (ahead == NULL || !ahead->has_length_m || !context->has_obstacle_radius_m)
        return HUGE_VAL;
    double wide = fmax((double)ahead->half_width_m, (double)ahead->half_width_end_m);
    return fmax(reach, (double)ahead->length_m + wide);
}

void sim_witness_refused(struct sim_witness *witness, const struct sim_report *report,
                         const Drf__V1__Context *context, struct sim_witness_counts *counts)
{
    const struct sim_world *world = witness->world;
    const char *near = NULL, *perhaps = NULL;
    // Within a circle of obstacles; a plane of the world is good to a percent.
    double sure_m = (double)context->obstacle_radius_m * 0.98 - 5.0;
    double farthest_m = reach_m(context) * 1.02 + 30.0;
    for (uint64_t i = 0; i < world->plan.refused; i++) {
        struct sim_plane way = away(world, report->position, &world->refused[i]);
        if (hypot(way.east_m, way.north_m) < sure_m)
            near = world->refused[i].id;
        if (fmax(way.east_m, way.north_m) < farthest_m)
            perhaps = world->refused[i].id;
    }
    static const uint32_t layers[] = {OBSTACLE, SURFACE};
    for (size_t i = 0; i < sizeof layers / sizeof layers[0]; i++) {
        uint32_t reason = state_of(context, layers[i]);
        bool told = reason == DRF__V1__REASON__REASON_UNREADABLE;
        // A layer has one reason: that its feed is down, which may come at any time, hides the
        // other, and says no less.
        if (near != NULL && !told && sim_witness_said_incomplete(context, layers[i])) {
            counts->waiting++;
            continue;
        }
        if (near != NULL || perhaps == NULL)
            sim_witness_counts_note(counts, SIM_CHECK_REFUSED, told == (near != NULL),
                                    "layer %u reason %u %s %s, which was refused", layers[i],
                                    reason, near != NULL ? "near" : "far from",
                                    near != NULL ? near : "all");
    }
}
