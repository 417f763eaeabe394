// SPDX-License-Identifier: Apache-2.0
// A path is a list of nodes with place, distance along, time and height; what lies between two
// nodes is interpolated linearly. Along a velocity the nodes lie closer together near the
// aircraft (evenly for the first pieces, then growing with the square), because a rhumb line
// is straight in degrees for a short distance only. Along a plan they are the points of the
// plan, from the place abeam the aircraft on; how high, fusion/aircraft/path_height.h says. A
// sweep walks the nodes once, from one distance to the next, and adds the outline of each piece
// to a swath: successive segments share the node where they meet, and no cell between them is
// left out.
#include "fusion/aircraft/path.h"

#include <assert.h>
#include <math.h>

#include "fusion/aircraft/path_height.h"
#include "fusion/root/sample.h"
#include "geo/bounds.h"
#include "geo/extreme.h"
#include "geo/frame.h"

#define LENGTH_MIN_M 150.0
// A rhumb line of 30 km is straight in degrees to a few metres only: a way along the velocity
// gets a corner at least this often, and eight.
#define STRAIGHT_M 50.0
#define STRAIGHT_PIECES_MIN ((double)FUSION_PATH_PIECES_MAX)
// Speed along a plan whose points and aircraft say none.
#define PLAN_SPEED_MPS 5.0

double fusion_path_half_m(const struct fusion_path *path, double time_s)
{
    return path->base_m + path->growth_mps * geo_lesser(time_s, path->time_max_s);
}

double fusion_path_disc_m(const struct fusion_path *path, double time_s)
{
    return path->base_m
           + (path->growth_mps + path->speed_mps) * geo_lesser(time_s, path->time_max_s);
}

double fusion_path_reach_m(const struct fusion_path *path)
{
    return path->basis == FUSION_CORRIDOR_DISC
               ? geo_greater(path->length_m, fusion_path_disc_m(path, path->time_max_s))
               : fusion_path_half_m(path, path->time_max_s);
}

struct fusion_path_node fusion_path_between(const struct fusion_path_node *a,
                                            const struct fusion_path_node *b, double along_m)
{
    double length_m = b->along_m - a->along_m;
    double t = length_m > 0.0 ? (along_m - a->along_m) / length_m : 0.0;
    struct fusion_path_node node = {
        .point = {.lat_deg = a->point.lat_deg + (b->point.lat_deg - a->point.lat_deg) * t,
                  .lon_deg = a->point.lon_deg + (b->point.lon_deg - a->point.lon_deg) * t},
        .along_m = along_m,
        .time_s = a->time_s + (b->time_s - a->time_s) * t,
        .amsl_m = {.known = a->amsl_m.known && b->amsl_m.known},
    };
    if (node.amsl_m.known)
        node.amsl_m.value = a->amsl_m.value + (b->amsl_m.value - a->amsl_m.value) * t;
    return node;
}

struct fusion_path_node fusion_path_on(const struct fusion_path *path, uint32_t *next,
                                       double along_m)
{
    uint32_t i = *next;
    while (i < path->count && !(along_m <= path->nodes[i].along_m))
        i++;
    *next = i;
    return i < path->count
               ? fusion_path_between(&path->nodes[i - 1], &path->nodes[i],
                                     geo_greater(along_m, path->nodes[i - 1].along_m))
               : path->nodes[path->count - 1];
}

struct fusion_path_node fusion_path_at(const struct fusion_path *path, double along_m)
{
    uint32_t next = 1;
    return fusion_path_on(path, &next, along_m);
}

struct fusion_path_node fusion_path_after(const struct fusion_path *path, double time_s)
{
    for (uint32_t i = 1; i < path->count; i++) {
        const struct fusion_path_node *a = &path->nodes[i - 1], *b = &path->nodes[i];
        if (time_s > b->time_s || b->time_s <= a->time_s)
            continue;
        double share = geo_greater(time_s - a->time_s, 0.0) / (b->time_s - a->time_s);
        struct fusion_path_node node =
            fusion_path_between(a, b, a->along_m + (b->along_m - a->along_m) * share);
        if (b->along_m <= a->along_m) { // up or down on the spot
            node.time_s = a->time_s + (b->time_s - a->time_s) * share;
            node.amsl_m.value += (b->amsl_m.value - a->amsl_m.value) * share;
        }
        return node;
    }
    return path->nodes[path->count - 1];
}

static void predict_height(struct fusion_path_node *node, const struct fusion_path *path,
                           const struct fusion_height *height)
{
    node->amsl_m = height->aircraft_amsl_m;
    if (node->amsl_m.known)
        node->amsl_m.value += path->climb_mps * geo_lesser(node->time_s, path->time_max_s);
}

static void along_velocity(struct fusion_path *path, const struct fusion_aircraft *aircraft,
                           const struct fusion_height *height)
{
    const struct fusion_fix *fix = &aircraft->fix;
    double east = fix->velocity_east_mps / path->speed_mps,
           north = fix->velocity_north_mps / path->speed_mps;
    double pieces = geo_lesser(STRAIGHT_PIECES_MIN, ceil(path->length_m / STRAIGHT_M));
    path->count = (uint32_t)pieces + 1;
    for (uint32_t i = 0; i < path->count; i++) {
        double share = i / pieces;
        // even while the pieces are short, then growing with the square: as the segments
        double even_m = geo_lesser(path->length_m, STRAIGHT_M * STRAIGHT_PIECES_MIN);
        double along_m = i + 1 == path->count
                             ? path->length_m
                             : even_m * share + (path->length_m - even_m) * share * share;
        struct geo_offset offset = {.east_m = east * along_m, .north_m = north * along_m};
        struct fusion_path_node *node = &path->nodes[i];
        *node = (struct fusion_path_node){.point = geo_frame_point(&path->here, offset),
                                          .along_m = along_m,
                                          .time_s = along_m / path->speed_mps,
                                          .bend = i == 0 || i + 1 == path->count};
        predict_height(node, path, height);
    }
}

struct fusion_number fusion_path_plan_amsl(const struct geo_crs *crs,
                                           const struct fusion_root *root,
                                           const struct fusion_plan_point *point)
{
    struct fusion_number out = {.known = true, .value = (double)point->height_m};
    if (point->height == FUSION_PLAN_WGS84) {
        double geoid_m = 0.0;
        out.known = geo_crs_geoid_m(crs, fusion_plan_position(point), &geoid_m) == DRF_OK;
        out.value -= geoid_m;
    } else if (point->height == FUSION_PLAN_AGL) {
        double ground_amsl_m;
        out.known =
            fusion_sample_ground_height(root, fusion_plan_position(point), &ground_amsl_m);
        out.value += ground_amsl_m;
    }
    return out;
}

// Where hardly anything of the plan is left: straight on for half a width, as high as it ends.
static void extend_end(struct fusion_path *path, const struct fusion_plan *plan)
{
    struct fusion_path_node *end = &path->nodes[path->count - 1];
    double more_m = path->base_m - end->along_m;
    struct geo_frame frame = geo_frame_at(end->point);
    struct geo_offset back =
        geo_frame_offset(&frame, fusion_plan_position(&plan->points[plan->point_count - 2]));
    double leg_m = hypot(back.east_m, back.north_m);
    struct geo_offset on = {.east_m = leg_m > 0.0 ? -back.east_m * more_m / leg_m : 0.0,
                            .north_m = leg_m > 0.0 ? -back.north_m * more_m / leg_m : more_m};
    double mps = (double)plan->points[plan->point_count - 1].speed_mps;
    if (!(mps > 0.0))
        mps = geo_greater(path->speed_mps, FUSION_COURSE_MIN_MPS);
    end->bend = true;
    path->nodes[path->count] = *end;
    path->nodes[path->count].point = geo_frame_point(&frame, on);
    path->nodes[path->count].along_m += more_m;
    path->nodes[path->count].time_s += more_m / mps;
    path->count++;
}

// The place on the leg between two points. A long leg is straight in degrees.
static struct geo_point abeam(const struct geo_frame *frame,
                              const struct fusion_plan_point leg[static 2], double done_ratio)
{
    struct geo_point from = fusion_plan_position(&leg[0]), to = fusion_plan_position(&leg[1]);
    if (fusion_plan_leg_bulge_m(&leg[0], &leg[1]) > 0.0) {
        double east_deg = to.lon_deg - from.lon_deg;
        east_deg -= 360.0 * round(east_deg / 360.0);
        return (struct geo_point){.lat_deg =
                                      from.lat_deg + (to.lat_deg - from.lat_deg) * done_ratio,
                                  .lon_deg = from.lon_deg + east_deg * done_ratio};
    }
    struct geo_offset a = geo_frame_offset(frame, from), b = geo_frame_offset(frame, to);
    struct geo_offset place = {.east_m = a.east_m + (b.east_m - a.east_m) * done_ratio,
                               .north_m = a.north_m + (b.north_m - a.north_m) * done_ratio};
    return geo_frame_point(frame, place);
}

// From the place on the leg abeam the aircraft, on along the plan, for at most length_m.
static void along_plan(struct fusion_path *path, const struct geo_crs *crs,
                       const struct fusion_root *root, const struct fusion_aircraft *aircraft,
                       const struct fusion_follow *follow, const struct fusion_height *height)
{
    const struct fusion_plan *plan = aircraft->plan;
    const double narrow_m = path->base_m;
    const struct fusion_path_rates rates =
        fusion_path_rates_of(&aircraft->limits, &aircraft->fix);
    path->nodes[path->count++] = (struct fusion_path_node){
        .point = abeam(&path->here, &plan->points[follow->leg], follow->done_ratio),
        .amsl_m = height->aircraft_amsl_m,
        .bend = true};
    for (uint32_t i = follow->leg + 1; i < plan->point_count; i++) {
        const struct fusion_plan_point *to = &plan->points[i];
        const uint32_t before = path->count;
        const struct fusion_path_node *last = &path->nodes[before - 1];
        struct geo_frame here = geo_frame_at(last->point);
        struct geo_offset way = geo_frame_offset(&here, fusion_plan_position(to));
        double leg_m = hypot(way.east_m, way.north_m);
        double bulge_m = fusion_plan_leg_bulge_m(&plan->points[i - 1], to);
        path->base_m = geo_greater(path->base_m, narrow_m + bulge_m);
        double leg_mps = to->speed_mps > 0.0F                       ? (double)to->speed_mps
                         : path->speed_mps >= FUSION_COURSE_MIN_MPS ? path->speed_mps
                                                                    : PLAN_SPEED_MPS;
        struct fusion_path_node next = {
            .point = geo_frame_point(&here, way),
            .along_m = last->along_m + leg_m,
            .time_s = last->time_s + leg_m / leg_mps,
            .amsl_m = fusion_path_landing_amsl(path, root, fusion_plan_position(to),
                                               fusion_path_plan_amsl(crs, root, to)),
            .bend = true};
        fusion_path_reach(path, &rates, &next);
        if (next.along_m < path->length_m)
            continue;
        if (next.along_m > path->length_m) { // not as far as the point
            path->nodes[before] = fusion_path_between(&path->nodes[before - 1],
                                                      &path->nodes[before], path->length_m);
            path->nodes[before].bend = true;
            path->count = before + 1;
        }
        break;
    }
    // A plan that ends sooner: the corridor ends with it, and still holds the aircraft.
    if (path->nodes[path->count - 1].along_m < path->base_m)
        extend_end(path, plan);
    path->length_m = path->nodes[path->count - 1].along_m;
}

void fusion_path_lay(const struct geo_crs *crs, const struct fusion_root *root,
                     const struct fusion_aircraft *aircraft, const struct fusion_follow *follow,
                     const struct fusion_height *height, struct fusion_path *out)
{
    const struct fusion_fix *fix = &aircraft->fix;
    const struct fusion_limits *limits = &aircraft->limits;
    bool followed = follow->state == FUSION_PLAN_FOLLOWED;
    out->speed_mps =
        fix->velocity_known ? hypot(fix->velocity_north_mps, fix->velocity_east_mps) : 0.0;
    out->climb_mps = fix->velocity_up_known ? fix->velocity_up_mps : 0.0;
    out->length_m = geo_greater(
        geo_greater(out->speed_mps * limits->look_ahead_s, limits->stopping_distance_m),
        LENGTH_MIN_M);
    out->base_m = limits->aircraft_radius_m + fusion_fix_acc95_m(fix)
                  + (followed ? follow->cross_m : 0.0);
    out->growth_mps = fix->velocity_acc95_mps > 0.0 ? fix->velocity_acc95_mps
                                                    : FUSION_VELOCITY_ACC95_DEFAULT_MPS;
    out->time_max_s = limits->look_ahead_s;
    out->here = geo_frame_at(fix->position);
    out->stop_amsl_m = -HUGE_VAL;
    out->descent_s = HUGE_VAL;
    out->as_written = false;
    out->count = 0;
    if (followed) {
        out->basis = FUSION_CORRIDOR_PLAN;
        out->climb_mps = 0.0;
        along_plan(out, crs, root, aircraft, follow, height);
    } else if (out->speed_mps >= FUSION_COURSE_MIN_MPS) {
        out->basis = FUSION_CORRIDOR_VELOCITY;
        along_velocity(out, aircraft, height);
        fusion_path_end_descent(out, root);
    } else {
        // A disc reaches as far as the corridor would, and holds the aircraft's own width.
        out->basis = FUSION_CORRIDOR_DISC;
        out->length_m = geo_greater(out->length_m, fusion_path_half_m(out, out->time_max_s));
        out->nodes[out->count++] = (struct fusion_path_node){
            .point = fix->position, .amsl_m = height->aircraft_amsl_m, .bend = true};
        fusion_path_end_descent(out, root);
    }
    assert(out->count >= 1 && out->count <= FUSION_PATH_NODES_MAX);
}

static struct geo_bounds around_node(const struct fusion_path *path,
                                     const struct fusion_path_node *node)
{
    return geo_bounds_around(fusion_path_place(node), fusion_path_half_m(path, node->time_s));
}

// The nodes may go on behind the end of what is looked ahead.
struct geo_bounds fusion_path_bounds(const struct fusion_path *path)
{
    if (path->basis == FUSION_CORRIDOR_DISC)
        return geo_bounds_around(fusion_path_place(&path->nodes[0]), fusion_path_reach_m(path));
    const struct fusion_path_node end = fusion_path_at(path, path->length_m);
    struct geo_bounds box = around_node(path, &end);
    for (uint32_t i = 0; i < path->count && path->nodes[i].along_m <= path->length_m; i++)
        box = geo_bounds_join(box, around_node(path, &path->nodes[i]));
    return box;
}

struct geo_bounds fusion_path_box(const struct fusion_path *path)
{
    const struct geo_point first = path->nodes[0].point;
    struct geo_bounds box = {first.lon_deg, first.lat_deg, first.lon_deg, first.lat_deg};
    for (uint32_t i = 1; i < path->count; i++) {
        const struct geo_point at = path->nodes[i].point;
        box.west_deg = geo_lesser(box.west_deg, at.lon_deg);
        box.east_deg = geo_greater(box.east_deg, at.lon_deg);
        box.south_deg = geo_lesser(box.south_deg, at.lat_deg);
        box.north_deg = geo_greater(box.north_deg, at.lat_deg);
    }
    return box;
}

// One box around all places, widened once by what the widest of them reaches.
bool fusion_path_bounds_rough(const struct fusion_path *path, struct geo_point centre,
                              double radius_m, struct geo_bounds *out)
{
    struct geo_bounds box = fusion_path_box(path);
    box.west_deg = geo_lesser(box.west_deg, centre.lon_deg);
    box.east_deg = geo_greater(box.east_deg, centre.lon_deg);
    box.south_deg = geo_lesser(box.south_deg, centre.lat_deg);
    box.north_deg = geo_greater(box.north_deg, centre.lat_deg);
    const bool whole = box.west_deg >= -180.0 && box.east_deg <= 180.0;
    box = geo_bounds_widen(box, geo_greater(fusion_path_reach_m(path), radius_m) + 1.0);
    *out = box;
    return whole && box.west_deg <= box.east_deg;
}

struct fusion_path_sweep fusion_path_sweep_begin(const struct fusion_path *path, double along_m)
{
    struct fusion_path_sweep sweep = {.from = path->nodes[0]};
    sweep.highest_amsl_m = sweep.from.amsl_m.value;
    while (sweep.corner + 1 < path->count && path->nodes[sweep.corner + 1].along_m < along_m) {
        sweep.corner++;
        sweep.highest_amsl_m =
            geo_greater(sweep.highest_amsl_m, path->nodes[sweep.corner].amsl_m.value);
    }
    if (along_m > 0.0 && sweep.corner + 1 < path->count)
        sweep.from = fusion_path_between(&path->nodes[sweep.corner],
                                         &path->nodes[sweep.corner + 1], along_m);
    const struct geo_point at = sweep.from.point, here = path->here.origin;
    bool begins = at.lat_deg == here.lat_deg && at.lon_deg == here.lon_deg;
    sweep.frame = begins ? path->here : geo_frame_at(at);
    sweep.half_m = fusion_path_half_m(path, sweep.from.time_s);
    return sweep;
}

static void lower(struct fusion_number *lowest, struct fusion_number height)
{
    lowest->known = lowest->known && height.known;
    lowest->value = geo_lesser(lowest->value, height.value);
}

struct fusion_swath fusion_path_sweep_to(const struct fusion_path *path,
                                         const struct fusion_root *root,
                                         struct fusion_path_sweep *sweep, double to_m)
{
    struct fusion_swath swath = fusion_swath_empty();
    sweep->lowest_amsl_m = sweep->from.amsl_m;
    sweep->level_amsl_m = sweep->highest_amsl_m;
    bool last = false;
    while (!last && sweep->corner + 1 < path->count) {
        const struct fusion_path_node *to = &path->nodes[sweep->corner + 1];
        last = to->along_m > to_m;
        if (last && sweep->from.along_m >= to_m)
            break; // what goes on there, it does in the next stretch
        struct fusion_path_node cut;
        if (last) {
            cut = fusion_path_between(to - 1, to, to_m);
            to = &cut;
        } else {
            sweep->corner++;
        }
        const double half_from_m = sweep->half_m;
        const double half_to_m = fusion_path_half_m(path, to->time_s);
        const struct geo_frame at_to = geo_frame_at(to->point);
        struct fusion_outline outline = fusion_outline_between(
            root->tiles.first.level, &sweep->frame, &at_to, half_from_m, half_to_m,
            sweep->from.bend ? half_from_m : 0.0, to->bend ? half_to_m : 0.0);
        fusion_swath_add(&swath, root, &outline);
        lower(&sweep->lowest_amsl_m, to->amsl_m);
        sweep->highest_amsl_m = geo_greater(sweep->highest_amsl_m, to->amsl_m.value);
        sweep->from = *to;
        sweep->frame = at_to;
        sweep->half_m = half_to_m;
    }
    return swath;
}
