// SPDX-License-Identifier: Apache-2.0
#include <assert.h>
#include <math.h>

#include "fusion/context_parts.h"
#include "fusion/frame.h"
#include "fusion/sample.h"

// Slower than this has no course: a disc.
#define COURSE_MIN_MPS 1.0
#define LENGTH_MIN_M 150.0
// Segments are this long until there are FUSION_SEGMENTS_MAX of them; then the far ones grow.
#define SEGMENT_M 50.0
// Speed along a plan whose points and aircraft say none.
#define PLAN_SPEED_MPS 5.0

// A corner of the path: where, how far along, when, and how high the aircraft means to be.
struct node {
    struct geo_point point; // longitude may run past 180
    double along_m, time_s;
    struct fusion_number amsl_m;
    bool bend; // the corridor turns here, or ends
};

enum { NODES_MAX = FUSION_PLAN_POINTS_MAX + 2 };

struct path {
    uint32_t count;
    struct node nodes[NODES_MAX];
    double base_m;     // half width at the aircraft
    double growth_mps; // of the half width
    double time_max_s; // nothing grows or sinks after that
};

static struct node between(const struct node *a, const struct node *b, double along_m)
{
    double length_m = b->along_m - a->along_m;
    double t = length_m > 0.0 ? (along_m - a->along_m) / length_m : 0.0;
    struct node node = {
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

static double half_width_m(const struct path *path, double time_s)
{
    return path->base_m + path->growth_mps * fmin(time_s, path->time_max_s);
}

static void sink(struct node *node, const struct fusion_height *height,
                 const struct fusion_fix *fix, double time_max_s)
{
    node->amsl_m = height->aircraft_amsl_m;
    if (node->amsl_m.known && fix->velocity_up_known)
        node->amsl_m.value += fix->velocity_up_mps * fmin(node->time_s, time_max_s);
}

// Straight on along the ground velocity. A rhumb line of 30 km is straight in degrees to a few
// metres only, so it gets a corner at every segment's end.
static void path_of_velocity(struct path *path, const struct fusion_aircraft *aircraft,
                             const struct fusion_height *height, double speed_mps,
                             const double *ends_m, size_t end_count)
{
    const struct fusion_fix *fix = &aircraft->fix;
    struct fusion_frame frame = fusion_frame_at(fix->position);
    double east = fix->velocity_east_mps / speed_mps,
           north = fix->velocity_north_mps / speed_mps;
    for (size_t i = 0; i <= end_count; i++) {
        double along_m = i == 0 ? 0.0 : ends_m[i - 1];
        struct fusion_offset offset = {.east_m = east * along_m, .north_m = north * along_m};
        struct node *node = &path->nodes[path->count++];
        *node = (struct node){.point = fusion_frame_point(&frame, offset),
                              .along_m = along_m,
                              .time_s = along_m / speed_mps,
                              .bend = i == 0 || i == end_count};
        sink(node, height, fix, path->time_max_s);
    }
}

static struct fusion_number plan_amsl(const struct geo_crs *crs, const struct fusion_root *root,
                                      const struct fusion_plan_point *point)
{
    struct fusion_number out = {.known = true, .value = (double)point->height_m};
    if (point->height == FUSION_PLAN_WGS84) {
        double geoid_m = 0.0;
        out.known = geo_crs_geoid_m(crs, point->position, &geoid_m) == DRF_OK;
        out.value -= geoid_m;
    } else if (point->height == FUSION_PLAN_AGL) {
        struct fusion_sample ground = fusion_sample_ground(root, point->position);
        out.known = ground.known;
        out.value += ground.amsl_m;
    }
    return out;
}

// From the place on the leg abeam the aircraft, on along the plan, for at most length_m.
static void path_of_plan(struct path *path, const struct geo_crs *crs,
                         const struct fusion_root *root, const struct fusion_aircraft *aircraft,
                         const struct fusion_follow *follow, const struct fusion_height *height,
                         double speed_mps, double length_m)
{
    const struct fusion_plan *plan = aircraft->plan;
    struct fusion_frame frame = fusion_frame_at(aircraft->fix.position);
    struct fusion_offset a = fusion_frame_offset(&frame, plan->points[follow->leg].position);
    struct fusion_offset b =
        fusion_frame_offset(&frame, plan->points[follow->leg + 1].position);
    struct fusion_offset abeam = {
        .east_m = a.east_m + (b.east_m - a.east_m) * follow->done_ratio,
        .north_m = a.north_m + (b.north_m - a.north_m) * follow->done_ratio};
    path->nodes[path->count++] = (struct node){.point = fusion_frame_point(&frame, abeam),
                                               .amsl_m = height->aircraft_amsl_m,
                                               .bend = true};
    for (uint32_t i = follow->leg + 1; i < plan->point_count; i++) {
        const struct fusion_plan_point *to = &plan->points[i];
        const struct node *last = &path->nodes[path->count - 1];
        struct fusion_frame here = fusion_frame_at(last->point);
        struct fusion_offset way = fusion_frame_offset(&here, to->position);
        double leg_m = hypot(way.east_m, way.north_m);
        double leg_mps = to->speed_mps > 0.0F          ? (double)to->speed_mps
                         : speed_mps >= COURSE_MIN_MPS ? speed_mps
                                                       : PLAN_SPEED_MPS;
        struct node next = {.point = fusion_frame_point(&here, way),
                            .along_m = last->along_m + leg_m,
                            .time_s = last->time_s + leg_m / leg_mps,
                            .amsl_m = plan_amsl(crs, root, to),
                            .bend = true};
        if (next.along_m >= length_m) {
            next = between(last, &next, length_m);
            next.bend = true;
        }
        path->nodes[path->count++] = next;
        if (next.along_m >= length_m)
            break;
    }
}

// Where segments end: equal and short while they suffice, then growing with the square.
static size_t segment_ends(double length_m, double ends_m[static FUSION_SEGMENTS_MAX])
{
    double wanted = ceil(length_m / SEGMENT_M);
    size_t count = wanted < 1.0                   ? 1
                   : wanted < FUSION_SEGMENTS_MAX ? (size_t)wanted
                                                  : FUSION_SEGMENTS_MAX;
    double even_m = fmin(length_m, SEGMENT_M * FUSION_SEGMENTS_MAX);
    for (size_t k = 1; k <= count; k++) {
        double share = (double)k / (double)count;
        ends_m[k - 1] = even_m * share + (length_m - even_m) * share * share;
    }
    ends_m[count - 1] = length_m;
    return count;
}

static void segment_close(struct fusion_segment *segment, const struct fusion_root *root,
                          const struct fusion_swath *swath, struct geo_point from,
                          struct geo_point to, struct fusion_number lowest_amsl_m,
                          const struct fusion_height *height)
{
    segment->ground_max_amsl_m = (struct fusion_number){.known = swath->ground_known > 0,
                                                        .value = swath->ground_max_amsl_m};
    segment->ground_mean_amsl_m.known = swath->ground_known > 0;
    if (swath->ground_known > 0)
        segment->ground_mean_amsl_m.value = swath->ground_sum_m / (double)swath->ground_known;
    segment->surface_max_amsl_m = (struct fusion_number){.known = swath->surface_known > 0,
                                                         .value = swath->surface_max_amsl_m};
    uint64_t unknown = swath->cells - swath->surface_known;
    segment->unknown_ratio = swath->cells > 0 ? (double)unknown / (double)swath->cells : 1.0;
    segment->unknown_reason = FUSION_REASON_NONE;
    if (unknown > 0) {
        enum fusion_reason near = fusion_sample_reason(root, FUSION_LAYER_SURFACE, from);
        enum fusion_reason far = fusion_sample_reason(root, FUSION_LAYER_SURFACE, to);
        segment->unknown_reason = far == FUSION_REASON_OUT_OF_REGION ? far : near;
    }
    // Unknown is never clear: over cells that are not all known there is no lowest clearance.
    if (unknown > 0 || swath->cells == 0 || !lowest_amsl_m.known)
        return;
    double clearance_m = lowest_amsl_m.value - swath->surface_max_amsl_m;
    segment->clearance_min_m = (struct fusion_number){.known = true, .value = clearance_m};
    segment->clearance_low_m = (struct fusion_number){
        .known = true,
        .value = clearance_m - height->aircraft_acc95_m.value - swath->surface_acc95_m};
}

static void lower(struct fusion_number *lowest, struct fusion_number height)
{
    lowest->known = lowest->known && height.known;
    lowest->value = fmin(lowest->value, height.value);
}

// Walks the path once, piece by piece, cut at every corner and at every segment's end.
static void walk(const struct fusion_root *root, const struct path *path, const double *ends_m,
                 size_t end_count, const struct fusion_height *height,
                 struct fusion_look_ahead *out)
{
    uint8_t level = root->tiles.first.level;
    uint32_t corner = 0;
    struct node from = path->nodes[0];
    for (size_t k = 0; k < end_count; k++) {
        struct fusion_segment *segment = &out->segments[k];
        *segment = (struct fusion_segment){.from_m = from.along_m, .to_m = ends_m[k]};
        struct fusion_swath swath = fusion_swath_empty();
        struct fusion_number lowest = from.amsl_m;
        struct geo_point begin = from.point;
        bool last = false;
        while (!last && corner + 1 < path->count) {
            const struct node *next = &path->nodes[corner + 1];
            struct node to = *next;
            last = next->along_m >= ends_m[k];
            if (next->along_m > ends_m[k])
                to = between(&path->nodes[corner], next, ends_m[k]);
            else
                corner++;
            double half_from_m = half_width_m(path, from.time_s);
            double half_to_m = half_width_m(path, to.time_s);
            struct fusion_outline outline =
                fusion_outline_piece(level, from.point, to.point, half_from_m, half_to_m,
                                     from.bend ? half_from_m : 0.0, to.bend ? half_to_m : 0.0);
            fusion_swath_add(&swath, root, &outline);
            lower(&lowest, to.amsl_m);
            from = to;
        }
        segment_close(segment, root, &swath, begin, from.point, lowest, height);
    }
    out->segment_count = end_count;
}

static void disc(const struct fusion_root *root, const struct fusion_aircraft *aircraft,
                 const struct path *path, const struct fusion_height *height,
                 struct fusion_look_ahead *out)
{
    out->basis = FUSION_CORRIDOR_DISC;
    out->half_width_m = out->half_width_end_m = out->length_m;
    struct fusion_outline outline =
        fusion_outline_disc(root->tiles.first.level, aircraft->fix.position, out->length_m);
    struct fusion_swath swath = fusion_swath_empty();
    fusion_swath_add(&swath, root, &outline);
    struct node end = {.time_s = path->time_max_s};
    sink(&end, height, &aircraft->fix, path->time_max_s);
    struct fusion_number lowest = height->aircraft_amsl_m;
    lower(&lowest, end.amsl_m);
    out->segments[0] = (struct fusion_segment){.from_m = 0.0, .to_m = out->length_m};
    segment_close(&out->segments[0], root, &swath, aircraft->fix.position,
                  aircraft->fix.position, lowest, height);
    out->segment_count = 1;
}

void fusion_context_ahead(const struct geo_crs *crs, const struct fusion_root *root,
                          const struct fusion_aircraft *aircraft,
                          const struct fusion_follow *follow,
                          const struct fusion_height *height, struct fusion_look_ahead *out)
{
    const struct fusion_fix *fix = &aircraft->fix;
    const struct fusion_limits *limits = &aircraft->limits;
    bool followed = follow->state == FUSION_PLAN_FOLLOWED;
    double speed_mps =
        fix->velocity_known ? hypot(fix->velocity_north_mps, fix->velocity_east_mps) : 0.0;
    *out = (struct fusion_look_ahead){.reason = FUSION_REASON_NONE};
    out->length_m =
        fmax(fmax(speed_mps * limits->look_ahead_s, limits->stopping_distance_m), LENGTH_MIN_M);
    struct path path = {
        .base_m = limits->aircraft_radius_m + fusion_fix_acc95_m(fix)
                  + (followed ? follow->cross_m : 0.0),
        .growth_mps = fix->velocity_acc95_mps > 0.0 ? fix->velocity_acc95_mps
                                                    : FUSION_VELOCITY_ACC95_DEFAULT_MPS,
        .time_max_s = limits->look_ahead_s,
    };
    if (!followed && speed_mps < COURSE_MIN_MPS) {
        // A disc reaches as far as the corridor would, and holds the aircraft's own width.
        out->length_m = fmax(out->length_m, half_width_m(&path, path.time_max_s));
        disc(root, aircraft, &path, height, out);
        return;
    }

    double ends_m[FUSION_SEGMENTS_MAX];
    size_t end_count = segment_ends(out->length_m, ends_m);
    if (followed) {
        out->basis = FUSION_CORRIDOR_PLAN;
        path_of_plan(&path, crs, root, aircraft, follow, height, speed_mps, out->length_m);
        // A plan that ends sooner: the corridor ends with it.
        out->length_m = path.nodes[path.count - 1].along_m;
        end_count = segment_ends(out->length_m, ends_m);
    } else {
        out->basis = FUSION_CORRIDOR_VELOCITY;
        struct fusion_offset way = {.east_m = fix->velocity_east_mps,
                                    .north_m = fix->velocity_north_mps};
        out->track_deg_true =
            (struct fusion_number){.known = true, .value = fusion_frame_bearing_deg(way)};
        path_of_velocity(&path, aircraft, height, speed_mps, ends_m, end_count);
    }
    assert(path.count >= 2 && path.count <= NODES_MAX);
    out->half_width_m = half_width_m(&path, 0.0);
    out->half_width_end_m = half_width_m(&path, path.nodes[path.count - 1].time_s);
    walk(root, &path, ends_m, end_count, height, out);
}
