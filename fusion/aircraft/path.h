// fusion/aircraft/path.h - the predicted path of an aircraft: places, times, heights, width.
// SPDX-License-Identifier: Apache-2.0
//
// A chain of straight pieces, along the ground velocity or the plan. Two nodes at one place are
// a climb or descent on the spot. Below walking speed there
// is no path, and the aircraft may be anywhere in a disc around its position. The segments of a
// context cover exactly this corridor, and every reasoner judges by it. Time counts from the
// report. Values, no allocation.
#ifndef FUSION_PATH_H
#define FUSION_PATH_H

#include <stdbool.h>
#include <stdint.h>

#include "fusion/aircraft/aircraft.h"
#include "fusion/aircraft/context.h"
#include "fusion/aircraft/plan.h"
#include "fusion/root/corridor.h"
#include "fusion/root/root.h"
#include "geo/crs.h"
#include "geo/frame.h"

// A corner of the path.
// Slower than this has no course: a disc, unless it follows a plan.
#define FUSION_COURSE_MIN_MPS 1.0

struct fusion_path_node {
    struct geo_point point; // longitude may run past 180
    double along_m, time_s;
    struct fusion_number amsl_m; // how high it means to be
    bool bend;                   // the corridor turns here, begins or ends
};

enum {
    FUSION_PATH_PIECES_MAX = 8, // along a velocity, before a descent ends
    FUSION_PATH_NODES_MAX = 2 * FUSION_PLAN_POINTS_MAX + 2,
};

struct fusion_path {
    enum fusion_corridor_basis basis; // DISC: one node, the aircraft
    double speed_mps;                 // over ground now; 0 when not known
    double climb_mps;                 // 0 when not known, or along a plan
    // Where a descent by climb_mps ends under the aircraft, and when there or on its way; not
    // known: -HUGE_VAL and HUGE_VAL. Meaningful when climb_mps < 0.
    double stop_amsl_m, descent_s;
    bool as_written;       // a plan under review: nothing ends a descent
    double length_m;       // of a disc the radius
    double base_m;         // half width at the aircraft
    double growth_mps;     // of the half width
    double time_max_s;     // nothing grows or sinks after that
    struct geo_frame here; // at the aircraft; of a leg under review at its beginning
    uint32_t count;
    struct fusion_path_node nodes[FUSION_PATH_NODES_MAX];
};

// Half the width that the corridor has after a time.
double fusion_path_half_m(const struct fusion_path *path, double time_s);

// The place on the piece after `node` that lies so far along the path.
struct fusion_path_node fusion_path_between(const struct fusion_path_node *a,
                                            const struct fusion_path_node *b, double along_m);
// The place so far along the whole path, cut to it.
struct fusion_path_node fusion_path_at(const struct fusion_path *path, double along_m);
// The same for one place after another, farther on each time. *next is the node at the end of
// the piece, 1 at first.
struct fusion_path_node fusion_path_on(const struct fusion_path *path, uint32_t *next,
                                       double along_m);
// Where the aircraft is taken to be after a time, cut to the path.
struct fusion_path_node fusion_path_after(const struct fusion_path *path, double time_s);

// The same place with its longitude wrapped.
static inline struct geo_point fusion_path_place(const struct fusion_path_node *node)
{
    struct geo_point place = node->point;
    if (place.lon_deg > 180.0)
        place.lon_deg -= 360.0;
    else if (place.lon_deg < -180.0)
        place.lon_deg += 360.0;
    return place;
}

// How far around a hovering aircraft may be after a time.
double fusion_path_disc_m(const struct fusion_path *path, double time_s);
// How far from its nodes the aircraft may be at most, as far as it is looked ahead.
double fusion_path_reach_m(const struct fusion_path *path);

// Around its nodes, whose longitudes go on past 180 degrees: not wrapped.
struct geo_bounds fusion_path_box(const struct fusion_path *path);
// A box that holds the whole corridor, and all that a hovering aircraft may reach.
struct geo_bounds fusion_path_bounds(const struct fusion_path *path);
// A larger one that holds all of that, and a circle around a place of the path, for a fraction
// of the work. False: it would cross the antimeridian.
bool fusion_path_bounds_rough(const struct fusion_path *path, struct geo_point centre,
                              double radius_m, struct geo_bounds *out);

// A sweep goes along the path from its begin and gathers cells stretch by stretch.
struct fusion_path_sweep {
    uint32_t corner;
    struct fusion_path_node from;
    struct geo_frame frame;             // at `from`
    double half_m;                      // of the width there
    struct fusion_number lowest_amsl_m; // of the path in the last stretch
    double level_amsl_m;                // the highest of the path before it, where known
    double highest_amsl_m;              // and with it
};
struct fusion_path_sweep fusion_path_sweep_begin(const struct fusion_path *path,
                                                 double along_m);
// What the corridor holds from where the sweep is to `to_m`, and how low the path is there,
// with what it climbs or sinks on the spot at the end.
struct fusion_swath fusion_path_sweep_to(const struct fusion_path *path,
                                         const struct fusion_root *root,
                                         struct fusion_path_sweep *sweep, double to_m);

// Lays the path of an aircraft; `height` must be that of the same aircraft.
void fusion_path_lay(const struct geo_crs *crs, const struct fusion_root *root,
                     const struct fusion_aircraft *aircraft, const struct fusion_follow *follow,
                     const struct fusion_height *height, struct fusion_path *out);

// The AMSL that a plan point means, unknown where the geoid or the ground is.
struct fusion_number fusion_path_plan_amsl(const struct geo_crs *crs,
                                           const struct fusion_root *root,
                                           const struct fusion_plan_point *point);

#endif
