// SPDX-License-Identifier: Apache-2.0
// The path that the node should have looked along is computed again from the report; each
// segment of the context becomes strips of the plane, scanned in the sampled relief
// (sim/world/relief.h). Two strips for each: a narrow one, which the node must have covered,
// gives the least value it may state; a wide one, which holds every cell that it may have
// touched, gives the greatest. The surface bounds of each segment are left in
// witness->stretches for the terrain advisories. Where a plan bends near the aircraft, the
// node may follow either leg: both are computed and either is accepted.
#include <math.h>

#include "drf/v1/enums.pb-c.h"
#include "geo/earth.h"
#include "sim/witness/witness_layers.h"
#include "sim/witness/witness_truth.h"
#include "sim/witness/witness_way.h"

enum {
    GROUND = DRF__V1__LAYER__LAYER_GROUND,
    SURFACE = DRF__V1__LAYER__LAYER_SURFACE,
    OBSTACLE = DRF__V1__LAYER__LAYER_OBSTACLE,
    OUTER_STRIDE = 2, // the wide strip is scanned more coarsely than the narrow one
    STRIPS_MAX = SIM_CORNERS_MAX,
};

static const double shortest_m = 150.0; // schemas/client.md, look-ahead
static const double longest_s = 300.0;  // profile.proto: look_ahead_s
static const double either_leg_m = 0.5; // where a plan bends either leg may be taken
static const double conform_band_m = 1.0;
static const double far_apart_m = 50.0; // ways along a plan: a segment

struct path {
    const struct sim_way *plan; // NULL: none
    size_t plans;               // as many it may be, plan the first of them
    double slack_m;             // along a plan: so much farther it may begin
    struct sim_plane start;
    double unit_east, unit_north; // plane metres per metre of path; 0, 0: a disc
    double length_m, half_m, half_end_m;
    double amsl_m, climb; // height at the aircraft and per metre of path
    double drop_m;        // at most, over the longest look-ahead in time
    bool amsl_known;
    double truth_amsl_m, truth_tol_m; // with a plan
};

static struct sim_plane along(const struct path *path, double s_m)
{
    return (struct sim_plane){.east_m = path->start.east_m + s_m * path->unit_east,
                              .north_m = path->start.north_m + s_m * path->unit_north};
}

static double half_at(const struct path *path, double s_m)
{
    return path->half_m + (path->half_end_m - path->half_m) * s_m / path->length_m;
}

static bool find_path(const struct sim_witness *witness, const struct sim_report *report,
                      const Drf__V1__Context *context, const struct sim_truth *truth,
                      const struct sim_way *ways, size_t count, struct path *out)
{
    const Drf__V1__LookAhead *a = context->look_ahead;
    struct path p = {.start = sim_world_plane(witness->world, report->position),
                     .length_m = (double)a->length_m,
                     .half_m = (double)a->half_width_m,
                     .half_end_m = (double)a->half_width_end_m};
    double speed_mps = hypot(report->north_mps, report->east_mps);
    if (a->basis == DRF__V1__CORRIDOR_BASIS__CORRIDOR_BASIS_VELOCITY && speed_mps > 0.0) {
        // The plane's metres are a sphere's, the path's are the ellipsoid's.
        const struct sim_world *world = witness->world;
        struct geo_point at = report->position, north = at, east = at;
        north.lat_deg += 0.001;
        east.lon_deg += 0.001;
        p.unit_east = report->east_mps / speed_mps * world->m_per_lon_deg * 0.001
                      / sim_world_distance_m(world, at, east);
        p.unit_north = report->north_mps / speed_mps * world->m_per_lat_deg * 0.001
                       / sim_world_distance_m(world, at, north);
        p.climb = report->up_mps / speed_mps;
    } else if (ways[0].kind == SIM_WAY_PLAN) {
        p.plan = &ways[0];
        p.plans = count;
        for (size_t i = 1; i < count; i++)
            p.slack_m =
                fmax(p.slack_m, fabs(ways[i].before_m - ways[0].before_m) + either_leg_m);
        p.truth_tol_m = truth->amsl_tol_m + ways[0].height_tol_m;
        p.truth_amsl_m = truth->amsl_m;
    } else if (a->basis != DRF__V1__CORRIDOR_BASIS__CORRIDOR_BASIS_DISC) {
        return false;
    }
    p.drop_m = report->up_mps * longest_s;
    p.amsl_known = context->height != NULL && context->height->has_aircraft_amsl_m;
    if (p.amsl_known)
        p.amsl_m = (double)context->height->aircraft_amsl_m;
    *out = p;
    return p.length_m > 0.0;
}

// Length and width by schemas/client.md.
static void check_size(const struct sim_report *report, const Drf__V1__LookAhead *a,
                       struct sim_witness_counts *counts)
{
    const struct sim_drone_limits limits = sim_drone_limits_of(report->drone);
    double speed_mps = hypot(report->north_mps, report->east_mps);
    double base_m = limits.radius_m + report->horizontal_acc_m;
    double length_m =
        fmax(fmax(speed_mps * limits.look_ahead_s, limits.stopping_m), shortest_m);
    if (a->basis == DRF__V1__CORRIDOR_BASIS__CORRIDOR_BASIS_PLAN)
        return;
    sim_witness_counts_note(
        counts, SIM_CHECK_SEGMENTS, fabs((double)a->length_m - length_m) < 0.001 * length_m,
        "look-ahead of %.1f m at %.2f m/s, not %.1f", (double)a->length_m, speed_mps, length_m);
    if (a->basis == DRF__V1__CORRIDOR_BASIS__CORRIDOR_BASIS_DISC)
        return; // as wide as it is long
    sim_witness_counts_note(counts, SIM_CHECK_SEGMENTS,
                            fabs((double)a->half_width_m - base_m) < 0.01 + 0.001 * base_m,
                            "half width of %.2f m, not %.2f", (double)a->half_width_m, base_m);
}

// Followed while it keeps to the plan that it names, until the node has another: a context that
// is made between two reports may come after the next plan, which the older report does not
// name. As long and as wide as either leg has it.
static void check_plan(const struct sim_witness *witness, const struct sim_report *report,
                       const Drf__V1__Context *context, const struct sim_way *ways,
                       size_t count, struct sim_witness_counts *counts)
{
    const Drf__V1__LookAhead *a = context->look_ahead;
    bool along = a->basis == DRF__V1__CORRIDOR_BASIS__CORRIDOR_BASIS_PLAN;
    double conform_m = 0.0, off_m = sim_way_off_plan_m(witness, report, context, &conform_m);
    if (witness->fleet.plans == NULL || (report->plan != 0 && off_m < 0.0))
        return; // not known
    const enum sim_plan_held held = sim_way_plan_held(witness, report, context);
    uint32_t state = DRF__V1__PLAN_STATE__PLAN_STATE_NONE;
    const bool followable = report->plan != 0 && held != SIM_PLAN_REPLACED
                            && (held != SIM_PLAN_UNSURE || context->plan_state != state);
    if (followable)
        state = off_m < conform_m ? DRF__V1__PLAN_STATE__PLAN_STATE_FOLLOWED
                                  : DRF__V1__PLAN_STATE__PLAN_STATE_NONCONFORMING;
    if (!followable || fabs(off_m - conform_m) > conform_band_m)
        sim_witness_counts_note(
            counts, SIM_CHECK_PLAN,
            context->plan_state == state
                && along == (state == DRF__V1__PLAN_STATE__PLAN_STATE_FOLLOWED),
            "drone %zu: plan state %u, basis %u; plan %u is %.1f m off, keeps to %.1f m",
            report->drone, context->plan_state, a->basis, report->plan, off_m, conform_m);
    if (!along || ways[0].kind != SIM_WAY_PLAN)
        return;
    bool fits = false;
    for (size_t i = 0; i < count; i++) {
        const struct sim_way *way = &ways[i];
        double end_m = sim_way_half_m(way, sim_way_time_s(way, way->length_m));
        // or after what of its height is flown at the end
        double late_m = sim_way_half_m(way, sim_way_span(way, way->length_m).late_s);
        double said_m = (double)a->half_width_end_m;
        fits |= fabs((double)a->length_m - way->length_m) < 0.5 + 0.001 * way->length_m
                && fabs((double)a->half_width_m - way->base_m) < 0.2
                && said_m > end_m - 0.2 - 0.001 * end_m
                && said_m < late_m + 0.2 + 0.001 * late_m;
    }
    sim_witness_counts_note(
        counts, SIM_CHECK_PLAN, fits,
        "drone %zu: %.1f m along the plan, %.2f to %.2f m wide, not %.1f and %.2f "
        "(%zu ways)",
        report->drone, (double)a->length_m, (double)a->half_width_m,
        (double)a->half_width_end_m, ways[0].length_m, ways[0].base_m, count);
}

static void check_shape(const struct sim_report *report, const Drf__V1__LookAhead *a,
                        struct sim_witness_counts *counts)
{
    check_size(report, a, counts);
    double speed_mps = hypot(report->north_mps, report->east_mps);
    uint32_t basis = speed_mps < 1.0 ? DRF__V1__CORRIDOR_BASIS__CORRIDOR_BASIS_DISC
                                     : DRF__V1__CORRIDOR_BASIS__CORRIDOR_BASIS_VELOCITY;
    bool along = a->basis == DRF__V1__CORRIDOR_BASIS__CORRIDOR_BASIS_PLAN;
    if (!along && fabs(speed_mps - 1.0) > 0.01)
        sim_witness_counts_note(counts, SIM_CHECK_SEGMENTS, a->basis == basis,
                                "corridor basis %u at %.2f m/s", a->basis, speed_mps);
    sim_witness_counts_note(counts, SIM_CHECK_SEGMENTS,
                            a->has_length_m
                                && (along || (double)a->length_m >= shortest_m - 0.01),
                            "look-ahead of %.1f m", (double)a->length_m);
    sim_witness_counts_note(counts, SIM_CHECK_SEGMENTS,
                            a->half_width_m > 0.0F && a->half_width_end_m >= a->half_width_m,
                            "half width %.1f to %.1f m", (double)a->half_width_m,
                            (double)a->half_width_end_m);
    if (a->has_track_deg_true && !along
        && basis == DRF__V1__CORRIDOR_BASIS__CORRIDOR_BASIS_VELOCITY) {
        double track = atan2(report->east_mps, report->north_mps) / GEO_RAD_PER_DEG;
        double off = remainder((double)a->track_deg_true - track, 360.0);
        sim_witness_counts_note(counts, SIM_CHECK_SEGMENTS, fabs(off) < 0.1,
                                "track %.2f, flown %.2f", (double)a->track_deg_true, track);
    }
    if (a->n_segments == 0)
        return;
    double reached_m = 0.0;
    for (size_t i = 0; i < a->n_segments; i++) {
        const Drf__V1__Segment *s = a->segments[i];
        sim_witness_counts_note(counts, SIM_CHECK_SEGMENTS,
                                fabs((double)s->from_m - reached_m) < 0.05
                                    && s->to_m > s->from_m,
                                "segment %zu goes from %.2f to %.2f, the last ended at %.2f", i,
                                (double)s->from_m, (double)s->to_m, reached_m);
        reached_m = (double)s->to_m;
    }
    sim_witness_counts_note(counts, SIM_CHECK_SEGMENTS,
                            fabs(reached_m - (double)a->length_m) < 0.05,
                            "segments end at %.2f of %.2f m", reached_m, (double)a->length_m);
}

// The piece as promised, and the same grown by what the node may see beside it: its first and
// last piece reach a half width beyond the path, a cell counts that is touched when it is grown
// by half a cell, and the plane of this file is flat.
static struct sim_strip strip_of(const struct path *path, const Drf__V1__Segment *s,
                                 double grow_m)
{
    double from_m = (double)s->from_m, to_m = (double)s->to_m;
    if (path->unit_east == 0.0 && path->unit_north == 0.0)
        return (struct sim_strip){.from = path->start,
                                  .to = path->start,
                                  .half_to_m = grow_m > 0.0 ? path->length_m * 1.04 : to_m,
                                  .ahead_m = grow_m};
    // Promised: the width grows at least evenly. Grown: nowhere wider than at the end.
    bool promised = grow_m == 0.0;
    double reach_m = promised ? 0.0 : path->half_end_m + grow_m;
    return (struct sim_strip){.from = along(path, from_m),
                              .to = along(path, to_m),
                              .half_from_m = promised ? half_at(path, from_m) * 0.99 - 1.0
                                                      : path->half_end_m * 1.01 + grow_m,
                              .half_to_m = promised ? half_at(path, to_m) * 0.99 - 1.0
                                                    : path->half_end_m * 1.01 + grow_m,
                              .ahead_m = reach_m,
                              .behind_m = reach_m};
}

// The pieces of a segment: one without a plan, else between the corners. Promised ones lie
// where either leg has them, grown ones reach as far as either does.
static size_t strips_of(const struct path *path, const Drf__V1__Segment *s, double grow_m,
                        struct sim_strip strips[static STRIPS_MAX])
{
    strips[0] = strip_of(path, s, grow_m);
    if (path->plan == NULL)
        return 1;
    const struct sim_way *way = path->plan;
    bool promised = grow_m == 0.0;
    double slack_m = promised ? path->slack_m : -path->slack_m;
    double from_m = fmax((double)s->from_m + slack_m, 0.0),
           to_m = fmin((double)s->to_m - slack_m, way->length_m);
    double reach_m = promised ? 0.0 : path->half_end_m + grow_m;
    size_t count = 0;
    for (size_t i = 1; i < way->count && count < STRIPS_MAX; i++) {
        double a_m = fmax(way->corners[i - 1].along_m, from_m),
               b_m = fmin(way->corners[i].along_m, to_m);
        if (b_m <= a_m)
            continue;
        double half_a_m = sim_way_half_m(way, sim_way_time_s(way, a_m)) * 0.99 - 1.0,
               half_b_m = sim_way_half_m(way, sim_way_time_s(way, b_m)) * 0.99 - 1.0;
        double wide_m = path->half_end_m * 1.01 + grow_m;
        strips[count++] = (struct sim_strip){.from = sim_way_at(way, a_m),
                                             .to = sim_way_at(way, b_m),
                                             .half_from_m = promised ? half_a_m : wide_m,
                                             .half_to_m = promised ? half_b_m : wide_m,
                                             .ahead_m = reach_m,
                                             .behind_m = reach_m};
    }
    return count;
}

static struct sim_relief_range scan(const struct sim_witness *witness,
                                    const struct sim_strip *strips, size_t count, long stride)
{
    struct sim_relief_range all = {.ground_min_m = HUGE_VAL,
                                   .ground_max_m = -HUGE_VAL,
                                   .surface_max_m = -HUGE_VAL,
                                   .covered_min_m = HUGE_VAL,
                                   .covered_max_m = -HUGE_VAL};
    for (size_t i = 0; i < count; i++) {
        struct sim_relief_range one =
            sim_relief_scan(&witness->relief, witness->world, &strips[i], stride);
        all.count += one.count;
        all.ground_min_m = fmin(all.ground_min_m, one.ground_min_m);
        all.ground_max_m = fmax(all.ground_max_m, one.ground_max_m);
        all.surface_max_m = fmax(all.surface_max_m, one.surface_max_m);
        all.covered_min_m = fmin(all.covered_min_m, one.covered_min_m);
        all.covered_max_m = fmax(all.covered_max_m, one.covered_max_m);
    }
    return all;
}

static void check_cover(struct sim_witness *witness, const struct sim_relief_range *near,
                        const Drf__V1__Context *context, const Drf__V1__Segment *s,
                        struct sim_witness_counts *counts)
{
    double edge_m = witness->tolerance.edge_m;
    if (near->covered_min_m > edge_m && s->unknown_ratio > 0.0F) {
        if (sim_witness_incomplete(witness, context, GROUND)
            || sim_witness_incomplete(witness, context, SURFACE))
            counts->waiting++;
        else
            sim_witness_counts_note(counts, SIM_CHECK_MISSING, false,
                                    "a segment over known ground is %.2f unknown, reason %u",
                                    (double)s->unknown_ratio, s->unknown_reason);
    }
    // Wholly inside the void: nothing may be known.
    if (near->covered_max_m < -edge_m)
        sim_witness_counts_note(
            counts, SIM_CHECK_INVENTED,
            s->unknown_ratio == 1.0F && !s->has_ground_max_amsl_m && !s->has_surface_max_amsl_m,
            "a segment over nothing is %.2f unknown", (double)s->unknown_ratio);
}

static void check_heights(struct sim_witness *witness, const struct path *path,
                          const Drf__V1__Context *context, const Drf__V1__Segment *s,
                          struct sim_witness_counts *counts)
{
    const struct sim_height_tolerance *t = &witness->tolerance;
    double cell_m = hypot(t->cell_n_m, t->cell_e_m);
    struct sim_strip in[STRIPS_MAX], near[STRIPS_MAX];
    size_t in_count = strips_of(path, s, 0.0, in);
    size_t near_count =
        strips_of(path, s, 2 * cell_m + OUTER_STRIDE * witness->relief.step_m, near);
    struct sim_relief_range inner = scan(witness, in, in_count, 1);
    struct sim_relief_range outer = scan(witness, near, near_count, OUTER_STRIDE);
    check_cover(witness, &outer, context, s, counts);
    bool whole = outer.covered_min_m > t->edge_m;
    double error_m = witness->relief.error_m * OUTER_STRIDE * OUTER_STRIDE;
    // beyond the sampled box, where data may still be, a height is taken from inside it
    if (!whole)
        error_m += t->step_m;
    if (s->has_ground_max_amsl_m && outer.count > 0) {
        double low_m = whole && inner.count > 0 ? inner.ground_max_m - t->ground_m : -HUGE_VAL;
        double high_m = outer.ground_max_m + error_m + t->ground_m;
        double got_m = (double)s->ground_max_amsl_m;
        if (got_m < low_m && sim_witness_incomplete(witness, context, GROUND))
            counts->waiting++; // of what is known so far
        else
            sim_witness_counts_note(counts, SIM_CHECK_AHEAD, got_m >= low_m && got_m <= high_m,
                                    "ground ahead at most %.2f m, true %.2f to %.2f", got_m,
                                    low_m, high_m);
    }
    if (s->has_ground_mean_amsl_m && outer.count > 0) {
        double got_m = (double)s->ground_mean_amsl_m;
        sim_witness_counts_note(counts, SIM_CHECK_AHEAD,
                                got_m >= outer.ground_min_m - error_m - t->ground_m
                                    && got_m <= outer.ground_max_m + error_m + t->ground_m,
                                "mean ground ahead %.2f m, true %.2f to %.2f", got_m,
                                outer.ground_min_m, outer.ground_max_m);
    }
    double low_m =
        whole && inner.count > 0 ? inner.surface_max_m - t->surface_cell_m : -HUGE_VAL;
    // Between cell centres the surface is the greatest of four cells: low by no more than what
    // a bilinear surface would be.
    low_m -= t->surface_between_m;
    double high_m =
        outer.count > 0 ? outer.surface_max_m + error_m + t->surface_cell_m : HUGE_VAL;
    for (size_t i = 0; i < near_count || i < in_count; i++)
        sim_witness_raise(witness, i < in_count ? &in[i] : NULL,
                          i < near_count ? &near[i] : &in[i], &low_m, &high_m);
    if (witness->stretch_count < SIM_STRETCHES_MAX)
        witness->stretches[witness->stretch_count++] =
            (struct sim_stretch){fmax((double)s->from_m - path->slack_m, 0.0),
                                 (double)s->to_m + path->slack_m, low_m, high_m};
    if (!s->has_surface_max_amsl_m || outer.count == 0)
        return;
    double got_m = (double)s->surface_max_amsl_m;
    if (got_m < low_m
        && (sim_witness_incomplete(witness, context, SURFACE)
            || sim_witness_incomplete(witness, context, OBSTACLE))) {
        counts->waiting++;
        return;
    }
    sim_witness_counts_note(
        counts, SIM_CHECK_AHEAD, got_m >= low_m && got_m <= high_m,
        "surface from %.0f to %.0f m ahead at most %.2f m, true %.2f to %.2f",
        (double)s->from_m, (double)s->to_m, got_m, low_m, high_m);
}

// How high the aircraft means to be in a segment, by whichever leg it is taken to be on.
static void plan_heights(const struct path *path, const Drf__V1__Segment *s, double *low_m,
                         double *high_m)
{
    *low_m = HUGE_VAL;
    *high_m = -HUGE_VAL;
    for (size_t i = 0; i < path->plans; i++) {
        double a_m, b_m;
        sim_way_rises(&path->plan[i], (double)s->from_m, (double)s->to_m, &a_m, &b_m);
        *low_m = fmin(*low_m, path->truth_amsl_m + a_m - path->truth_tol_m);
        *high_m = fmax(*high_m, path->truth_amsl_m + b_m + path->truth_tol_m);
    }
}

static void check_clearance(const struct path *path, const Drf__V1__Segment *s,
                            struct sim_witness_counts *counts)
{
    if (!s->has_clearance_min_m)
        return;
    double got_m = (double)s->clearance_min_m;
    if (!s->has_surface_max_amsl_m || !path->amsl_known) {
        sim_witness_counts_note(counts, SIM_CHECK_INVENTED, false,
                                "clearance ahead %.2f m over nothing", got_m);
        return;
    }
    // The path's height at both ends of the segment. Where the look-ahead is longer than its
    // time (a disc, the shortest length), the climb ends somewhere on the way.
    double a_m = path->amsl_m + path->climb * (double)s->from_m;
    double b_m = path->amsl_m + path->climb * (double)s->to_m;
    bool cut_short = path->length_m < shortest_m + 0.5;
    double low_m = fmin(a_m, b_m), high_m = fmax(a_m, b_m);
    if (cut_short) {
        low_m = path->amsl_m + fmin(path->drop_m, 0.0);
        high_m = path->amsl_m + fmax(path->drop_m, 0.0);
    }
    if (path->plan != NULL)
        plan_heights(path, s, &low_m, &high_m);
    double top_m = (double)s->surface_max_amsl_m;
    // A descent ends: by itself it makes no clearance negative, on a plan none below the
    // ground.
    bool sinks = path->plan != NULL || path->drop_m < 0.0;
    double level_m = fmin(path->amsl_m, top_m);
    if (path->plan != NULL && s->has_ground_max_amsl_m)
        level_m = fmin(level_m, (double)s->ground_max_amsl_m);
    if (path->plan == NULL || s->has_ground_max_amsl_m)
        low_m = fmax(low_m, level_m);
    if (sinks)
        high_m = fmax(high_m, top_m);
    sim_witness_counts_note(counts, SIM_CHECK_CLEARANCE,
                            got_m >= low_m - top_m - 0.1 && got_m <= high_m - top_m + 0.1,
                            "clearance ahead %.2f m, path at %.2f to %.2f over %.2f", got_m,
                            low_m, high_m, top_m);
    if (s->has_clearance_low_m)
        sim_witness_counts_note(
            counts, SIM_CHECK_CLEARANCE, s->clearance_low_m <= s->clearance_min_m,
            "low clearance ahead %.2f m above nominal %.2f", (double)s->clearance_low_m, got_m);
}

void sim_witness_ahead(struct sim_witness *witness, const struct sim_report *report,
                       const Drf__V1__Context *context, struct sim_witness_counts *counts)
{
    const Drf__V1__LookAhead *a = context->look_ahead;
    witness->stretch_count = 0;
    if (a == NULL || (a->n_segments == 0 && !a->has_reason)) {
        sim_witness_counts_note(counts, SIM_CHECK_MISSING, false,
                                "look-ahead is absent without a reason");
        return;
    }
    if (a->n_segments == 0) {
        sim_witness_missing(witness, GROUND, a->reason, "look-ahead", counts);
        return;
    }
    check_shape(report, a, counts);
    const struct sim_truth truth = sim_witness_truth(witness, report);
    struct sim_way ways[SIM_WAYS_MAX];
    size_t count = sim_ways_of(witness, report, context, &truth, ways);
    check_plan(witness, report, context, ways, count, counts);
    struct path path;
    if (!find_path(witness, report, context, &truth, ways, count, &path))
        return;
    if (path.slack_m > far_apart_m) {
        counts->waiting++; // two legs that are not neighbours: which one cannot be known
        return;
    }
    for (size_t i = 0; i < a->n_segments; i++) {
        check_heights(witness, &path, context, a->segments[i], counts);
        check_clearance(&path, a->segments[i], counts);
    }
}
