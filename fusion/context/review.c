// SPDX-License-Identifier: Apache-2.0
// Each leg is turned into a path of two nodes (three where its height is not reached on the
// way, fusion/aircraft/path_height.h), clipped to the kept area by the parameter of
// the line (Liang-Barsky), and then treated twice. measure() sweeps it in parts of 100 m, at
// most 64, and takes the lowest clearance and the share of unknown cells. judge() builds a
// context as if the aircraft were at the begin of the leg and runs the reasoners of terrain,
// obstacles and zones, with the times at which it will pass in place of a time to go: so a
// plan is reviewed by the same rules that will judge it in flight. Times accumulate from leg
// to leg, with the hold time at each end.
#include "fusion/context/review.h"

#include <math.h>

#include "fusion/aircraft/path_height.h"
#include "fusion/aircraft/surroundings.h"
#include "fusion/context/context_parts.h"
#include "fusion/context/review_region.h"
#include "fusion/reason/reasoners.h"
#include "fusion/root/sample.h"
#include "fusion/root/unreadable.h"
#include "geo/extreme.h"
#include "geo/frame.h"

#define PART_M 100.0
#define PARTS_MAX 64.0
#define LANDING_REACH_M 100.0
#define PLAN_SPEED_MPS 5.0
#define TIME_MAX_S 1e9

struct reviewer {
    struct fusion_builder *builder;
    const struct fusion_root *root;
    const struct fusion_aircraft *aircraft;
    struct fusion_review *out;
    double acc_m;  // of the aircraft's altitude
    double time_s; // from the begin of the plan to that of what is judged of the leg
    double pass_s_per_m, stay_s; // on this leg, and at its end
    int64_t now_utc_us, begin_utc_us;
    enum fusion_review_where where; // the leg begins
    bool low_first, low_last;       // the plan's ends go below the wanted clearance
};

static void add_layer_gap(struct reviewer *reviewer, uint32_t leg, enum fusion_layer layer,
                          double ratio, enum fusion_reason reason)
{
    struct fusion_review *out = reviewer->out;
    if (out->gap_count < FUSION_REVIEW_GAPS_MAX)
        out->gaps[out->gap_count++] = (struct fusion_review_gap){leg, layer, ratio, reason};
}

static void add_gap(struct reviewer *reviewer, uint32_t leg, double ratio,
                    enum fusion_reason reason)
{
    add_layer_gap(reviewer, leg, FUSION_LAYER_SURFACE, ratio, reason);
}

// Why the height of a leg is not known; NONE: that of both its points is.
static enum fusion_reason height_reason(const struct reviewer *reviewer, uint32_t leg)
{
    const struct fusion_plan_point *points = &reviewer->aircraft->plan->points[leg];
    for (int i = 0; i < 2; i++) {
        if (fusion_path_plan_amsl(reviewer->builder->crs, reviewer->root, &points[i]).known)
            continue;
        return points[i].height == FUSION_PLAN_AGL
                   ? fusion_sample_ground(reviewer->root, fusion_plan_position(&points[i]))
                         .reason
                   : FUSION_REASON_DATUM;
    }
    return FUSION_REASON_NONE;
}

// Unknown is never clear: where a gap of the surface is there is no lowest clearance, for its
// reason.
static void settle_clearance(struct fusion_review *out)
{
    for (size_t i = 0; i < out->gap_count; i++) {
        if (out->gaps[i].layer != FUSION_LAYER_SURFACE)
            continue;
        out->clearance_lowest_m.known = false;
        out->clearance_lowest_reason = out->gaps[i].reason;
        return;
    }
}

// Where an input was refused there may be more than is known, over all of the leg.
static void find_refused(struct reviewer *reviewer, const struct fusion_path *path,
                         uint32_t leg)
{
    static const enum fusion_layer layers[] = {FUSION_LAYER_SURFACE, FUSION_LAYER_ZONE};
    if (!fusion_unreadable_any(reviewer->root))
        return;
    const struct geo_bounds box = fusion_path_bounds(path);
    int64_t begin_utc_us =
        reviewer->begin_utc_us + (int64_t)(geo_lesser(reviewer->time_s, TIME_MAX_S) * 1e6);
    for (size_t i = 0; i < sizeof layers / sizeof layers[0]; i++)
        if (fusion_unreadable_will_touch(reviewer->root, layers[i], box, reviewer->now_utc_us,
                                         begin_utc_us))
            add_layer_gap(reviewer, leg, layers[i], 1.0, FUSION_REASON_UNREADABLE);
}

// The part of a -> b inside a box, as shares of the way. False: none.
static bool inside(struct geo_bounds box, struct geo_point a, struct geo_point b, double *from,
                   double *to)
{
    const double step[] = {b.lon_deg - a.lon_deg, b.lat_deg - a.lat_deg};
    const double low[] = {box.west_deg - a.lon_deg, box.south_deg - a.lat_deg};
    const double high[] = {box.east_deg - a.lon_deg, box.north_deg - a.lat_deg};
    *from = 0.0;
    *to = 1.0;
    for (int i = 0; i < 2; i++) {
        if (step[i] == 0.0) {
            if (low[i] > 0.0 || high[i] < 0.0)
                return false;
            continue;
        }
        *from = geo_greater(*from, geo_lesser(low[i] / step[i], high[i] / step[i]));
        *to = geo_lesser(*to, geo_greater(low[i] / step[i], high[i] / step[i]));
    }
    return *from <= *to;
}

static double metres(struct geo_point a, struct geo_point b)
{
    struct geo_frame frame = geo_frame_at(a);
    struct geo_offset way = geo_frame_offset(&frame, b);
    return hypot(way.east_m, way.north_m);
}

static double parts_of(double length_m)
{
    return geo_lesser(geo_greater(ceil(length_m / PART_M), 1.0), PARTS_MAX);
}

uint32_t fusion_review_cost(const struct fusion_plan *plan)
{
    double parts = 0.0;
    for (uint32_t i = 0; i + 1 < plan->point_count; i++)
        parts += parts_of(metres(fusion_plan_position(&plan->points[i]),
                                 fusion_plan_position(&plan->points[i + 1])));
    return (uint32_t)parts;
}

static bool at_low_end(const struct reviewer *reviewer, struct geo_point place)
{
    const struct fusion_plan *plan = reviewer->aircraft->plan;
    return (reviewer->low_first
            && metres(fusion_plan_position(&plan->points[0]), place) <= LANDING_REACH_M)
           || (reviewer->low_last
               && metres(fusion_plan_position(&plan->points[plan->point_count - 1]), place)
                      <= LANDING_REACH_M);
}

// The lowest clearance of a leg, and how much of its surface is unknown.
static void measure(struct reviewer *reviewer, const struct fusion_path *path, uint32_t leg)
{
    struct fusion_review *out = reviewer->out;
    double parts = parts_of(path->length_m);
    struct fusion_path_sweep sweep = fusion_path_sweep_begin(path, 0.0);
    uint64_t cells = 0, known = 0;
    enum fusion_reason reason = height_reason(reviewer, leg);
    for (int i = 1; i <= (int)parts; i++) {
        struct fusion_path_node begin = sweep.from;
        double to_m = i < (int)parts ? path->length_m * i / parts : path->length_m;
        struct fusion_swath swath = fusion_path_sweep_to(path, reviewer->root, &sweep, to_m);
        cells += swath.cells;
        known += swath.surface_known;
        struct geo_point place = fusion_path_place(&begin);
        if (swath.surface_known < swath.cells) {
            enum fusion_reason here =
                fusion_sample_reason(reviewer->root, FUSION_LAYER_SURFACE, place);
            reason = reason == FUSION_REASON_NONE ? here : reason;
        }
        if (swath.surface_known == 0 || !sweep.lowest_amsl_m.known
            || (at_low_end(reviewer, place)
                && at_low_end(reviewer, fusion_path_place(&sweep.from))))
            continue;
        double low_m = sweep.lowest_amsl_m.value - swath.surface_max_amsl_m - reviewer->acc_m
                       - swath.surface_acc95_m;
        if (out->clearance_lowest_m.known && out->clearance_lowest_m.value <= low_m)
            continue;
        out->clearance_lowest_m = (struct fusion_number){.known = true, .value = low_m};
        out->clearance_lowest_leg = leg;
    }
    if (reason == FUSION_REASON_NONE && cells == 0)
        reason = fusion_sample_reason(reviewer->root, FUSION_LAYER_SURFACE,
                                      fusion_path_place(&path->nodes[0]));
    if (reason != FUSION_REASON_NONE)
        add_gap(reviewer, leg, cells > 0 ? (double)(cells - known) / (double)cells : 1.0,
                reason);
}

static void judge(struct reviewer *reviewer, const struct fusion_path *path, uint32_t leg)
{
    static const fusion_reasoner_fn reasoners[] = {fusion_reason_terrain,
                                                   fusion_reason_obstacle, fusion_reason_zone};
    const struct fusion_root *root = reviewer->root;
    struct fusion_aircraft aircraft = *reviewer->aircraft;
    struct geo_point place = fusion_path_place(&path->nodes[0]);
    aircraft.fix.position = place;
    aircraft.fix.on_ground = false;
    aircraft.fix.pressure.known = false;
    struct fusion_context context = {.position = place};
    struct fusion_sample surface = fusion_sample_surface(root, place);
    struct fusion_sample ground = fusion_sample_ground(root, place);
    double geoid_m = 0.0;
    context.height.geoid_m.known =
        geo_crs_geoid_m(reviewer->builder->crs, place, &geoid_m) == DRF_OK;
    context.height.geoid_m.value = geoid_m;
    context.height.aircraft_amsl_m = path->nodes[0].amsl_m;
    context.height.aircraft_acc95_m.value = reviewer->acc_m;
    context.height.agl_m.known = path->nodes[0].amsl_m.known && ground.known;
    context.height.agl_m.value = path->nodes[0].amsl_m.value - ground.amsl_m;
    context.height.agl_acc95_m.value = reviewer->acc_m;
    context.height.surface_source = surface.source;
    fusion_context_ahead(root, path, &aircraft, &context.height, &context.look_ahead);
    const struct fusion_view view = {
        .root = root,
        .aircraft = &aircraft,
        .context = &context,
        .path = path,
        .planes = reviewer->builder->planes,
        .now_utc_us =
            reviewer->begin_utc_us + (int64_t)(geo_lesser(reviewer->time_s, TIME_MAX_S) * 1e6),
        .pass_s_per_m = reviewer->pass_s_per_m,
        .stay_s = reviewer->stay_s,
    };
    struct fusion_advisories list = {.count = 0};
    for (size_t i = 0; i < sizeof reasoners / sizeof reasoners[0]; i++)
        reasoners[i](&view, &list);
    struct fusion_review *out = reviewer->out;
    out->conflicts_left_out += list.left_out;
    for (size_t i = 0; i < list.count; i++) {
        if (list.items[i].severity == FUSION_SEVERITY_INFO)
            continue;
        if (out->conflict_count == FUSION_REVIEW_CONFLICTS_MAX) {
            out->conflicts_left_out++;
            continue;
        }
        out->conflicts[out->conflict_count++] =
            (struct fusion_review_conflict){.leg = leg, .advisory = list.items[i]};
    }
}

static bool goes_low(const struct reviewer *reviewer, const struct fusion_plan_point *point)
{
    struct fusion_number amsl =
        fusion_path_plan_amsl(reviewer->builder->crs, reviewer->root, point);
    struct fusion_sample ground =
        fusion_sample_ground(reviewer->root, fusion_plan_position(point));
    return amsl.known && ground.known
           && amsl.value - ground.amsl_m < reviewer->aircraft->limits.clearance_min_m;
}

struct passage {
    double way_s, hold_s;
};

// How long the aircraft is on the way of a leg, and stays at its end: as long as it climbs or
// sinks there, and holds.
static struct passage passage_of(const struct fusion_plan_point *end,
                                 const struct fusion_path *path)
{
    double way_s = path->nodes[1].time_s;
    double upright_s = path->count > 2 ? path->nodes[2].time_s - way_s : 0.0;
    return (struct passage){.way_s = geo_lesser(way_s, TIME_MAX_S),
                            .hold_s = geo_lesser(upright_s + (double)end->hold_s, TIME_MAX_S)};
}

// To the part of it between two shares of its length. The times have been taken from it: it is
// judged as if the aircraft was everywhere on it at once.
static void cut(struct fusion_path *path, double from, double to)
{
    if (to < 1.0)
        path->count = 2; // not as far as the point
    for (uint32_t i = 0; i < path->count; i++)
        path->nodes[i].time_s = 0.0;
    double length_m = path->length_m;
    struct fusion_path_node begin =
        fusion_path_between(&path->nodes[0], &path->nodes[1], from * length_m);
    struct fusion_path_node end =
        fusion_path_between(&path->nodes[0], &path->nodes[1], to * length_m);
    begin.bend = end.bend = true;
    path->length_m = end.along_m - begin.along_m;
    end.along_m = path->nodes[2].along_m = path->length_m;
    begin.along_m = 0.0;
    path->nodes[0] = begin;
    path->nodes[1] = end;
}

static void review_leg(struct reviewer *reviewer, uint32_t leg)
{
    const struct fusion_plan_point *points = &reviewer->aircraft->plan->points[leg];
    struct geo_point a = fusion_plan_position(&points[0]), b = fusion_plan_position(&points[1]);
    struct geo_frame frame = geo_frame_at(a);
    struct geo_offset way = geo_frame_offset(&frame, b);
    double length_m = hypot(way.east_m, way.north_m);
    b = geo_frame_point(&frame, way); // the shorter way round
    struct fusion_path path = {
        .basis = FUSION_CORRIDOR_PLAN,
        .length_m = length_m,
        .base_m = reviewer->aircraft->limits.aircraft_radius_m
                  + fusion_fix_acc95_m(&reviewer->aircraft->fix)
                  + fusion_plan_leg_bulge_m(&points[0], &points[1]),
        .as_written = true,
        .count = 1,
        .nodes = {{.point = a,
                   .bend = true,
                   .amsl_m = fusion_path_plan_amsl(reviewer->builder->crs, reviewer->root,
                                                   &points[0])}},
    };
    double mps = points[1].speed_mps > 0.0F ? (double)points[1].speed_mps : PLAN_SPEED_MPS;
    const struct fusion_path_rates rates =
        fusion_path_rates_of(&reviewer->aircraft->limits, NULL);
    const struct fusion_path_node point = {
        .point = b,
        .along_m = length_m,
        .time_s = length_m / mps,
        .bend = true,
        .amsl_m = fusion_path_plan_amsl(reviewer->builder->crs, reviewer->root, &points[1])};
    fusion_path_reach(&path, &rates, &point);
    struct passage passage = passage_of(&points[1], &path);
    const struct fusion_surroundings *around = reviewer->aircraft->around;
    if (around != NULL && around->ring != NULL)
        fusion_review_region(around, leg, a, b, &reviewer->where, reviewer->out);
    double from, to;
    if (!inside(reviewer->root->keep, a, b, &from, &to)) {
        add_gap(reviewer, leg, 1.0, FUSION_REASON_OUT_OF_REGION);
    } else {
        reviewer->out->outside = false;
        if (to - from < 1.0)
            add_gap(reviewer, leg, 1.0 - (to - from), FUSION_REASON_OUT_OF_REGION);
        cut(&path, from, to);
        path.here = geo_frame_at(fusion_path_place(&path.nodes[0]));
        reviewer->time_s += from * passage.way_s;
        reviewer->pass_s_per_m = length_m > 0.0 ? passage.way_s / length_m : 0.0;
        reviewer->stay_s = to < 1.0 ? 0.0 : passage.hold_s;
        find_refused(reviewer, &path, leg);
        measure(reviewer, &path, leg);
        judge(reviewer, &path, leg);
        reviewer->time_s -= from * passage.way_s;
    }
    reviewer->time_s += passage.way_s + passage.hold_s;
}

void fusion_review_plan(struct fusion_builder *builder, const struct fusion_root *root,
                        const struct fusion_aircraft *aircraft, int64_t now_utc_us,
                        struct fusion_review *out)
{
    const struct fusion_plan *plan = aircraft->plan;
    *out = (struct fusion_review){.outside = true, // until a leg is not
                                  .served = aircraft->around == NULL
                                            || aircraft->around->ring == NULL,
                                  .clearance_lowest_reason = FUSION_REASON_NONE,
                                  .epoch = root->epoch};
    const struct fusion_altitude *own =
        aircraft->fix.wgs84.known ? &aircraft->fix.wgs84 : &aircraft->fix.amsl;
    struct reviewer reviewer = {
        .builder = builder,
        .root = root,
        .aircraft = aircraft,
        .out = out,
        .acc_m =
            own->known && own->acc95_m > 0.0 ? own->acc95_m : FUSION_ALTITUDE_ACC95_DEFAULT_M,
        .now_utc_us = now_utc_us,
        .begin_utc_us =
            plan->valid_from_utc_us > now_utc_us ? plan->valid_from_utc_us : now_utc_us,
        .time_s = (double)plan->points[0].hold_s,
    };
    reviewer.low_first = goes_low(&reviewer, &plan->points[0]);
    reviewer.low_last = goes_low(&reviewer, &plan->points[plan->point_count - 1]);
    for (uint32_t leg = 0; leg + 1 < plan->point_count; leg++)
        review_leg(&reviewer, leg);
    settle_clearance(out);
}
