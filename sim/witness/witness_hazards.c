// SPDX-License-Identifier: Apache-2.0
// Conditions from terrain, obstacles and zones on the path of a drone: which advisories
// there must be and which there may be (schemas/advisories.md).
//
// Along a path an obstacle or a zone is approached in steps as long as the distance to it
// allows, so that no sample is taken where nothing can be near. The guard band, within which
// either is right: heights by the tolerances of sim/witness/witness.h, positions by a metre
// and a thousandth of the distance, times by half a second.
#include <math.h>

#include "drf/v1/enums.pb-c.h"
#include "sim/witness/witness_case.h"

enum {
    GROUND = DRF__V1__LAYER__LAYER_GROUND,
    SURFACE = DRF__V1__LAYER__LAYER_SURFACE,
    OBSTACLE = DRF__V1__LAYER__LAYER_OBSTACLE,
    ZONE = DRF__V1__LAYER__LAYER_ZONE
};

static const double guard_s = 0.5, guard_m = 1.0, guard_ratio = 0.001;
static const double vertical_mps = 0.3; // from there on a take-off or a landing
static const double walking_mps = 1.0;  // slower than that it stands
static const double standing_m = 1.0;   // up to there, and not moving, it may stand
static const double assumed_m = 60.0;   // an unknown vertical accuracy is no worse
static const double vague_m = 175.0;    // nor an unknown horizontal one

struct terrain {
    struct sim_case *c;
    double limit_m, surface_acc_m; // the latter as the node may take it
    bool coarse;                   // the low clearance may say nothing
    int possible, certain;
    double value_m;
};

// A stretch that begins and ends at these times, under a way between two heights.
static void weigh(struct terrain *t, const struct sim_stretch *s, double from_s, double to_s,
                  double way_low_m, double way_high_m)
{
    const struct sim_truth *truth = &t->c->truth;
    double tol_m = truth->amsl_tol_m + t->c->way.height_tol_m + 0.1;
    if (s->high_m > way_low_m - tol_m - t->limit_m)
        t->possible = sim_severity_worse(t->possible, sim_severity_of(from_s - guard_s));
    else if (s->high_m > way_low_m - tol_m - t->limit_m - truth->acc_high_m - t->surface_acc_m)
        t->possible = sim_severity_worse(
            t->possible, sim_severity_milder(SIM_CAUTION, sim_severity_of(from_s - guard_s)));
    if (s->low_m > way_high_m + tol_m - t->limit_m) {
        t->certain = sim_severity_worse(t->certain, sim_severity_of(to_s + guard_s));
        t->value_m = way_high_m - s->low_m;
    } else if (!t->coarse && s->low_m > way_high_m + tol_m - t->limit_m - truth->acc_low_m) {
        t->certain = sim_severity_worse(
            t->certain, sim_severity_milder(SIM_CAUTION, sim_severity_of(to_s + guard_s)));
        t->value_m = way_high_m - s->low_m;
    }
}

static void look_along(struct terrain *t)
{
    const struct sim_witness *witness = t->c->witness;
    const struct sim_way *way = &t->c->way;
    for (size_t i = 0; i < witness->stretch_count; i++) {
        const struct sim_stretch *s = &witness->stretches[i];
        double low_m, high_m;
        sim_way_rises(way, s->from_m, s->to_m, &low_m, &high_m);
        weigh(t, s, sim_way_span(way, s->from_m).soon_s, sim_way_span(way, s->to_m).late_s,
              t->c->truth.amsl_m + low_m, t->c->truth.amsl_m + high_m);
    }
}

// The discs that it may reach within 15 s, 45 s and the look-ahead, and how low it may be then.
static void look_around(struct terrain *t, bool excused)
{
    struct sim_case *c = t->c;
    const struct sim_way *way = &c->way;
    const struct sim_height_tolerance *tol = &c->witness->tolerance;
    const double times_s[] = {0.0, 15.0, 45.0, HUGE_VAL};
    double here_low_m, here_high_m;
    sim_witness_surface(c->witness, c->report->position, &here_low_m, &here_high_m);
    if (c->truth.covered_m < 2 * tol->edge_m)
        here_low_m = -HUGE_VAL;
    for (int i = 0; i < 4; i++) {
        double radius_m =
            times_s[i] < HUGE_VAL ? sim_way_disc_m(way, times_s[i]) : way->length_m;
        struct sim_strip disc = {.from = way->start, .to = way->start, .half_to_m = radius_m};
        struct sim_strip near = disc;
        near.half_to_m = radius_m * 1.01 + 2 * hypot(tol->cell_n_m, tol->cell_e_m)
                         + c->witness->relief.step_m;
        struct sim_relief_range range =
            sim_relief_scan(&c->witness->relief, c->witness->world, &near, 1);
        struct sim_stretch s = {.low_m = here_low_m - tol->surface_between_m,
                                .high_m = range.count > 0
                                              ? range.surface_max_m + c->witness->relief.error_m
                                                    + tol->surface_cell_m
                                              : HUGE_VAL};
        sim_witness_raise(c->witness, &disc, &near, &s.low_m, &s.high_m);
        double low_m = c->truth.amsl_m + sim_way_climbed_m(way, times_s[i]);
        low_m = fmin(low_m, c->truth.amsl_m); // it may sink, it need not climb
        double most_m = c->truth.amsl_m + fmin(sim_way_climbed_most_m(way, times_s[i]), 0.0);
        double time_s = fmin(times_s[i], 1000.0);
        weigh(t, &s, time_s, time_s - guard_s, low_m, most_m);
    }
    if (!excused)
        return;
    // A take-off or a landing: against the surface itself, now.
    double low_m = c->truth.amsl_m - c->truth.amsl_tol_m - here_high_m;
    double high_m = c->truth.amsl_m + c->truth.amsl_tol_m - here_low_m;
    int possible = low_m + c->truth.acc_low_m < 0.0 ? SIM_WARNING
                   : low_m < 0.0                    ? SIM_CAUTION
                                                    : SIM_INFO;
    int certain = high_m + c->truth.acc_high_m + t->surface_acc_m < 0.0 ? SIM_WARNING
                  : high_m < 0.0                                        ? SIM_CAUTION
                                                                        : SIM_INFO;
    t->possible = t->possible == SIM_NOTHING ? SIM_NOTHING : possible;
    t->certain = t->certain == SIM_NOTHING ? SIM_NOTHING : certain;
}

// Whether by its heights it may, and must, be taken to stand on the ground.
static void standing(const struct sim_case *c, bool *may, bool *must)
{
    const struct sim_truth *truth = &c->truth;
    double over_m = truth->amsl_m - truth->ground_m;
    double tol_m = truth->amsl_tol_m + truth->ground_tol_m;
    double climb_mps = fabs(c->way.climb_mps);
    bool still = c->way.kind == SIM_WAY_DISC && truth->basis != 0;
    // with a plan it is told of what its way leads into, not of the ground that it stands on
    bool planned = c->way.kind == SIM_WAY_PLAN && truth->basis != 0
                   && c->way.speed_mps < walking_mps + 0.05;
    *may = (still || planned) && climb_mps < vertical_mps + 0.01 && over_m - tol_m <= standing_m
           && fabs(over_m) - tol_m <= truth->acc_high_m + assumed_m;
    *must = still && climb_mps < vertical_mps - 0.01 && over_m + tol_m <= standing_m
            && fabs(over_m) + tol_m <= truth->acc_low_m && truth->amsl_known
            && truth->covered_m > c->witness->tolerance.edge_m && c->witness->complete[GROUND];
}

void sim_conditions_terrain(struct sim_case *c)
{
    const Drf__V1__Height *h = c->context->height;
    const struct sim_drone_limits limits = sim_drone_limits_of(c->report->drone);
    // that of an obstacle's top says nothing of the cells around it
    const bool of_cells = h != NULL && h->has_surface_acc95_m && h->surface_feature_id == NULL;
    double acc_m = of_cells ? (double)h->surface_acc95_m : 15.0;
    if (c->report->on_ground)
        return;
    struct sim_condition coarse = {
        .kind = DRF__V1__ADVISORY_KIND__ADVISORY_KIND_TERRAIN_TOO_COARSE,
        .feature = "",
        .possible = acc_m >= limits.clearance_m - 0.01 ? SIM_INFO : SIM_NOTHING,
        .certain = SIM_NOTHING};
    sim_case_add(c, coarse);
    enum sim_unjudged *unjudged = &c->unjudged[DRF__V1__ADVISORY_KIND__ADVISORY_KIND_TERRAIN];
    *unjudged = sim_way_unjudged(&c->way);
    if (*unjudged == SIM_JUDGED && c->witness->stretch_count == 0)
        *unjudged = SIM_UNJUDGED_UNKNOWN;
    if (*unjudged != SIM_JUDGED || c->truth.basis == 0)
        return;
    struct terrain t = {.c = c,
                        .limit_m = limits.clearance_m,
                        .surface_acc_m = assumed_m,
                        .coarse = acc_m > 0.9 * limits.clearance_m,
                        .possible = SIM_NOTHING,
                        .certain = SIM_NOTHING};
    if (c->way.kind != SIM_WAY_DISC) {
        look_along(&t);
    } else {
        look_around(&t, fabs(c->way.climb_mps) >= vertical_mps);
        if (fabs(fabs(c->way.climb_mps) - vertical_mps) < 0.01)
            *unjudged = SIM_UNJUDGED_WAY;
    }
    bool may_stand, stands;
    standing(c, &may_stand, &stands);
    if (stands)
        t.possible = SIM_NOTHING;
    bool known = c->witness->complete[GROUND] && c->witness->complete[SURFACE]
                 && c->witness->complete[OBSTACLE] && c->truth.amsl_known && !may_stand;
    sim_case_add(c,
                 (struct sim_condition){.kind = DRF__V1__ADVISORY_KIND__ADVISORY_KIND_TERRAIN,
                                        .feature = "",
                                        .possible = t.possible,
                                        .certain = known ? t.certain : SIM_NOTHING,
                                        .value = t.value_m,
                                        .limit = t.limit_m});
}

struct thing {
    const struct sim_obstacle *obstacle;
    double acc_low_m, acc_high_m; // horizontal
    double top_low_m, top_high_m; // with the vertical accuracy
};

static struct thing thing_of(const struct sim_witness *witness, size_t index)
{
    const struct sim_obstacle *o = &witness->world->obstacles[index];
    struct sim_top top = witness->extents[index].top;
    bool vague = isnan(o->horizontal_acc_m);
    return (struct thing){.obstacle = o,
                          .acc_low_m = vague ? 0.0 : o->horizontal_acc_m,
                          .acc_high_m = vague ? vague_m : o->horizontal_acc_m,
                          .top_low_m = top.low_m + (vague ? 0.0 : o->vertical_acc_m),
                          .top_high_m = top.high_m + (vague ? assumed_m : o->vertical_acc_m)};
}

// At a distance from which on it is in the way, so high and then, from the aircraft.
static void judge(const struct sim_case *c, const struct thing *thing, double distance_m,
                  double half_m, const struct sim_span *span, struct sim_condition *out)
{
    double band_m = guard_m + guard_ratio * distance_m;
    double tol_m = c->truth.amsl_tol_m + c->way.height_tol_m + 0.1;
    bool known = c->truth.basis != 0;
    if (distance_m <= half_m + thing->acc_high_m + band_m) {
        double clear_m = c->truth.amsl_m + span->low_m - tol_m - thing->top_high_m;
        int severity = sim_severity_of(span->soon_s - guard_s);
        if (known && clear_m < out->limit)
            out->possible = sim_severity_worse(out->possible, severity);
        else if (!c->truth.amsl_known || clear_m - c->truth.acc_high_m < out->limit)
            out->possible =
                sim_severity_worse(out->possible, sim_severity_milder(severity, SIM_CAUTION));
    }
    if (distance_m > half_m + thing->acc_low_m - band_m || (known && !c->truth.amsl_known))
        return;
    double clear_m = c->truth.amsl_m + span->high_m + tol_m - thing->top_low_m;
    int severity = sim_severity_of(span->late_s + guard_s);
    if (!known) // across alone decides
        severity = sim_severity_milder(severity, SIM_CAUTION);
    else if (clear_m >= out->limit)
        severity = clear_m - c->truth.acc_low_m < out->limit
                       ? sim_severity_milder(severity, SIM_CAUTION)
                       : SIM_NOTHING;
    if (severity < out->certain) {
        out->certain = severity;
        out->value = clear_m;
    }
}

// Whether it may be in reach of the way at all: by the plane, which is flat enough for that.
static bool in_reach(const struct sim_case *c, struct sim_plane at, double acc_m)
{
    const struct sim_way *way = &c->way;
    double wide_m =
        way->kind == SIM_WAY_DISC ? way->length_m : sim_way_half_m(way, way->time_max_s);
    double reach_m = 1.02 * wide_m + acc_m + 80.0 + 0.02 * way->length_m; // a building's size
    // Mostly it is far from all of the way.
    double east_m = at.east_m - way->start.east_m, north_m = at.north_m - way->start.north_m;
    double end_m = reach_m + 1.02 * way->length_m + way->base_m;
    return east_m * east_m + north_m * north_m < end_m * end_m
           && sim_way_far_m(way, at) < reach_m;
}

static void judge_along(const struct sim_case *c, const struct thing *thing,
                        struct sim_condition *out)
{
    const struct sim_way *way = &c->way;
    double along_m = 0.0;
    for (;;) {
        struct sim_span span = sim_way_span(way, along_m);
        double half_m = sim_way_half_m(way, sim_way_time_s(way, along_m));
        struct geo_point at = sim_world_point(c->witness->world, sim_way_at(way, along_m));
        double distance_m =
            sim_world_obstacle_distance_m(c->witness->world, thing->obstacle, at);
        judge(c, thing, distance_m, half_m, &span, out);
        if (along_m >= way->length_m)
            return;
        double far_m =
            distance_m - thing->acc_high_m - sim_way_half_m(way, way->time_max_s) - 3 * guard_m;
        along_m = fmin(along_m + fmax(far_m, 2 * guard_m), way->length_m);
    }
}

// Without a course: when it may be there, and as low as it may sink by then.
static void judge_around(const struct sim_case *c, const struct thing *thing,
                         struct sim_condition *out)
{
    const struct sim_way *way = &c->way;
    double distance_m =
        sim_world_obstacle_distance_m(c->witness->world, thing->obstacle, c->report->position);
    double pace_mps = fmax(way->growth_mps + way->speed_mps, 1e-3);
    double band_m = guard_m + guard_ratio * distance_m;
    struct sim_condition near = *out, far = *out;
    // The soonest it may be there, and the latest.
    double soon_s = fmax(distance_m - thing->acc_high_m - band_m - way->base_m, 0.0) / pace_mps;
    double late_s = fmax(distance_m - thing->acc_low_m + band_m - way->base_m, 0.0) / pace_mps;
    soon_s = soon_s <= way->time_max_s ? soon_s : 1e3;
    late_s = late_s <= way->time_max_s ? late_s : 1e3;
    struct sim_span span = {fmin(sim_way_climbed_m(way, 1e3), 0.0),
                            fmin(sim_way_climbed_most_m(way, 1e3), 0.0), soon_s, late_s};
    judge(c, thing, distance_m, way->length_m, &span, &near);
    // so low only by then
    double above_m =
        c->truth.amsl_m + c->truth.amsl_tol_m + 0.1 - thing->top_low_m - out->limit;
    if (way->climb_mps < 0.0 && above_m > 0.0)
        span.late_s = fmax(late_s, fmin(above_m / -way->climb_mps, way->time_max_s));
    judge(c, thing, distance_m, way->length_m, &span, &far);
    out->possible = near.possible;
    out->certain = far.certain;
    out->value = far.value;
}

void sim_conditions_obstacles(struct sim_case *c)
{
    const struct sim_drone_limits limits = sim_drone_limits_of(c->report->drone);
    const struct sim_witness *witness = c->witness;
    c->unjudged[DRF__V1__ADVISORY_KIND__ADVISORY_KIND_OBSTACLE] = sim_way_unjudged(&c->way);
    if (c->report->on_ground || c->way.kind == SIM_WAY_UNDECIDED)
        return;
    for (size_t i = 0; i < witness->world->obstacle_count; i++) {
        const struct sim_obstacle *o = &witness->world->obstacles[i];
        if (o->presence == SIM_HIDDEN
            || !in_reach(c, witness->extents[i].at,
                         isnan(o->horizontal_acc_m) ? vague_m : o->horizontal_acc_m))
            continue;
        struct thing thing = thing_of(witness, i);
        struct sim_condition found = {.kind = DRF__V1__ADVISORY_KIND__ADVISORY_KIND_OBSTACLE,
                                      .feature = o->id,
                                      .possible = SIM_NOTHING,
                                      .certain = SIM_NOTHING,
                                      .limit = limits.clearance_m};
        if (c->way.kind != SIM_WAY_DISC)
            judge_along(c, &thing, &found);
        else
            judge_around(c, &thing, &found);
        if (o->presence != SIM_STANDS || !witness->complete[OBSTACLE])
            found.certain = SIM_NOTHING;
        sim_case_add(c, found);
    }
}

static void judge_zone(const struct sim_case *c, const struct sim_zone *zone,
                       struct sim_condition *out)
{
    const struct sim_way *way = &c->way;
    double tol_m = c->truth.amsl_tol_m + way->height_tol_m + 0.1, along_m = 0.0;
    bool disc = way->kind == SIM_WAY_DISC;
    for (;;) {
        double time_s = disc ? 0.0 : sim_way_time_s(way, along_m);
        double away_m = sim_world_ring_m(c->witness->world, zone->vertices, zone->count,
                                         sim_way_at(way, along_m));
        double half_m = disc ? way->length_m : sim_way_half_m(way, time_s);
        // the plane of this file is flat to some metres in a thousand
        double band_m = guard_m + 0.005 * fabs(away_m);
        struct sim_span span = {0};
        if (!disc)
            span = sim_way_span(way, along_m);
        double soon_s = disc ? fmax(away_m - way->base_m, 0.0)
                                   / fmax(way->growth_mps + way->speed_mps, 1e-3)
                             : span.soon_s;
        double low_m =
            c->truth.amsl_m + (disc ? fmin(sim_way_climbed_m(way, 1e3), 0.0) : span.low_m);
        bool known = c->truth.basis != 0;
        if (away_m <= half_m + band_m
            && (!known || low_m - tol_m - c->truth.acc_high_m < zone->upper_amsl_m)) {
            int severity = sim_severity_of(soon_s - guard_s - band_m);
            bool nominal = away_m <= band_m;
            out->possible = sim_severity_worse(
                out->possible, nominal ? severity : sim_severity_milder(severity, SIM_CAUTION));
        }
        double high_m = c->truth.amsl_m + span.high_m;
        if (c->truth.amsl_known && away_m <= -band_m && high_m + tol_m < zone->upper_amsl_m) {
            double late_s = disc ? time_s : span.late_s;
            out->certain = sim_severity_worse(out->certain, sim_severity_of(late_s + guard_s));
        }
        if (disc || along_m >= way->length_m)
            return;
        along_m =
            fmin(along_m + fmax(fabs(away_m) - half_m - 60.0, 2 * guard_m), way->length_m);
    }
}

void sim_conditions_zones(struct sim_case *c)
{
    const struct sim_world *world = c->witness->world;
    c->unjudged[DRF__V1__ADVISORY_KIND__ADVISORY_KIND_ZONE] =
        world->zone_count > 0 ? sim_way_unjudged(&c->way) : SIM_JUDGED;
    for (size_t i = 0; i < world->zone_count && c->way.kind != SIM_WAY_UNDECIDED; i++) {
        const struct sim_zone *zone = &world->zones[i];
        if (zone->presence == SIM_HIDDEN || zone->count < 3)
            continue;
        struct sim_condition found = {.kind = DRF__V1__ADVISORY_KIND__ADVISORY_KIND_ZONE,
                                      .feature = zone->id,
                                      .possible = SIM_NOTHING,
                                      .certain = SIM_NOTHING};
        judge_zone(c, zone, &found);
        if (c->report->on_ground) { // reported, at most as INFO
            found.possible = sim_severity_milder(found.possible, SIM_INFO);
            found.certain = sim_severity_milder(found.certain, SIM_INFO);
        }
        if (zone->presence != SIM_STANDS || !c->witness->complete[ZONE])
            found.certain = SIM_NOTHING;
        sim_case_add(c, found);
    }
}
