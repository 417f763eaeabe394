// SPDX-License-Identifier: Apache-2.0
// The reply to a plan (schemas/advisories.md, A plan's review).
//
// A leg is judged as flight is: a path of two corners, passed at once, so that what is
// nominally in the way is a WARNING and what is by the accuracies a CAUTION. The surface below
// it is scanned in windows: the lowest clearance stated lies between that of the least window,
// which a node must have seen, and that of windows as wide as it may have looked at. A node
// that may not have heard the drone yet may have taken the default for its horizontal accuracy:
// what it says must be so by the greater, what it must say by the less. Of plans that end below
// the wanted clearance no more is judged than whose the reply is: their ends are left out by
// rules of their own. Nor are: texts, clearances of single conflicts, the share and reason of a
// gap, epoch.
#include <math.h>
#include <string.h>

#include "drf/v1/enums.pb-c.h"
#include "sim/witness/witness_case.h"
#include "sim/witness/witness_layers.h"

enum {
    GROUND = DRF__V1__LAYER__LAYER_GROUND,
    SURFACE = DRF__V1__LAYER__LAYER_SURFACE,
    OBSTACLE = DRF__V1__LAYER__LAYER_OBSTACLE,
    ZONE = DRF__V1__LAYER__LAYER_ZONE,
    TERRAIN_KIND = DRF__V1__ADVISORY_KIND__ADVISORY_KIND_TERRAIN,
    CONFLICTS_LISTED = 24,
};

static const double part_m = 100.0, window_m = 25.0;    // of a node, at most; here
static const double acc_low_m = 3.0, acc_high_m = 15.0; // of an altitude: sent, or the default
static const double vague_m = 60.0;                     // an unknown vertical accuracy
static const double default_acc_m = 10.0; // of a position: schemas/client.md rule 4
static const double rate_mps = 5.0; // of climb and descent: no drone of the fleet says any
static const double place_m = 2.0, building_m = 40.0; // a place along a leg, or of a shape
static const double low_end_m = 25.0; // ends below 15 m, and what the ground may be off

struct leg {
    struct sim_case c;
    double low_m, high_m; // of its lowest clearance, before accuracies
    bool known, void_surely, void_perhaps;
};

// From one point to the next, everywhere at once. What of the height cannot be reached on the
// way is flown at its end.
static void lay(struct leg *leg, const struct sim_plan_point *a, const struct sim_plan_point *b,
                double speed_mps, double acc_m)
{
    const struct sim_witness *witness = leg->c.witness;
    const struct sim_world *world = witness->world;
    const struct sim_drone_limits limits = sim_drone_limits_of(leg->c.report->drone);
    struct geo_point north = a->position, east = a->position;
    north.lat_deg += 0.001;
    east.lon_deg += 0.001;
    struct sim_plane from = sim_world_plane(world, a->position),
                     to = sim_world_plane(world, b->position);
    double length_m = sim_world_distance_m(world, a->position, b->position);
    double rise_m = b->amsl_m - a->amsl_m, most_m = rate_mps * length_m / speed_mps;
    leg->c.way = (struct sim_way){
        .kind = SIM_WAY_PLAN,
        .start = from,
        .scale_east =
            sim_world_distance_m(world, a->position, east) / (world->m_per_lon_deg * 0.001),
        .scale_north =
            sim_world_distance_m(world, a->position, north) / (world->m_per_lat_deg * 0.001),
        .length_m = length_m,
        .base_m = limits.radius_m + acc_m,
        .height_tol_m = witness->tolerance.ground_m, // of heights over ground
        .witness = witness,
        .amsl_m = a->amsl_m,
        .floor_low_m = -HUGE_VAL,
        .floor_high_m = -HUGE_VAL,
        .count = fabs(rise_m) > most_m ? 3 : 2,
        .corners = {
            {.at = from},
            {.at = to, .along_m = length_m, .rise_m = fmin(fmax(rise_m, -most_m), most_m)},
            {.at = to, .along_m = length_m, .rise_m = rise_m}}};
    leg->c.truth = (struct sim_truth){.amsl_known = true,
                                      .amsl_m = a->amsl_m,
                                      .amsl_tol_m = 0.1,
                                      .acc_low_m = acc_low_m,
                                      .acc_high_m = acc_high_m,
                                      .basis = DRF__V1__AGL_BASIS__AGL_BASIS_AMSL};
}

// The greatest surface that may, and that must, be seen around a stretch of the leg.
static struct sim_stretch look(const struct leg *leg, double from_m, double to_m)
{
    struct sim_witness *witness = leg->c.witness;
    const struct sim_way *way = &leg->c.way;
    const struct sim_height_tolerance *t = &witness->tolerance;
    struct sim_strip in = {.from = sim_way_at(way, from_m),
                           .to = sim_way_at(way, to_m),
                           .half_from_m = 0.5 * way->base_m,
                           .half_to_m = 0.5 * way->base_m};
    struct sim_strip near = in;
    double reach_m = way->base_m + 2 * hypot(t->cell_n_m, t->cell_e_m) + witness->relief.step_m;
    near.half_from_m = near.half_to_m = near.ahead_m = near.behind_m = reach_m;
    struct sim_relief_range wide = sim_relief_scan(&witness->relief, witness->world, &near, 1);
    struct sim_stretch out = {from_m, to_m, -HUGE_VAL, HUGE_VAL};
    // what surely lies below: at the middle of it
    double least_m, most_m;
    sim_witness_surface(witness,
                        sim_world_point(witness->world, sim_way_at(way, 0.5 * (from_m + to_m))),
                        &least_m, &most_m);
    out.low_m = least_m - t->surface_between_m;
    if (wide.count > 0)
        out.high_m = wide.surface_max_m + witness->relief.error_m + t->surface_cell_m
                     + (wide.covered_min_m > t->edge_m ? 0.0 : t->step_m);
    sim_witness_raise(witness, &in, &near, &out.low_m, &out.high_m);
    if (wide.covered_min_m <= t->edge_m)
        out.low_m = -HUGE_VAL;
    return out;
}

// Windows of the leg: their clearances, and whether all of it is published.
static void measure(struct leg *leg)
{
    const struct sim_witness *witness = leg->c.witness;
    const struct sim_way *way = &leg->c.way;
    double edge_m = witness->tolerance.edge_m,
           tol_m = leg->c.truth.amsl_tol_m + way->height_tol_m;
    leg->low_m = leg->high_m = HUGE_VAL;
    int windows = (int)(way->length_m / window_m);
    for (int i = 0; i <= windows; i++) {
        double at_m = i * window_m, to_m = fmin(at_m + window_m, way->length_m), low_m, high_m;
        struct geo_point place = sim_world_point(witness->world, sim_way_at(way, at_m));
        double covered_m = sim_world_covered_m(witness->world, place);
        leg->void_surely |= covered_m < -edge_m - way->base_m;
        leg->void_perhaps |= covered_m < edge_m + way->base_m;
        struct sim_stretch least = look(leg, at_m, to_m);
        sim_way_rises(way, at_m, to_m, &low_m, &high_m);
        leg->high_m = fmin(leg->high_m, leg->c.truth.amsl_m + high_m + tol_m - least.low_m);
        double from_m = fmax(at_m - part_m, 0.0);
        struct sim_stretch most = look(leg, from_m, fmin(to_m + part_m, way->length_m));
        sim_way_rises(way, from_m, fmin(to_m + part_m, way->length_m), &low_m, &high_m);
        leg->low_m = fmin(leg->low_m, leg->c.truth.amsl_m + low_m - tol_m - most.high_m);
    }
    leg->known = !leg->void_perhaps;
}

static void find_conditions(struct leg *leg)
{
    const double limit_m = sim_drone_limits_of(leg->c.report->drone).clearance_m;
    sim_conditions_obstacles(&leg->c);
    sim_conditions_zones(&leg->c);
    leg->c.unjudged[DRF__V1__ADVISORY_KIND__ADVISORY_KIND_REGION_BOUNDARY] =
        SIM_UNJUDGED_UNKNOWN; // told once, until the plan is back
    struct sim_condition terrain = {.kind = TERRAIN_KIND,
                                    .feature = "",
                                    .possible = SIM_NOTHING,
                                    .certain = SIM_NOTHING,
                                    .value = leg->high_m,
                                    .limit = limit_m};
    if (leg->low_m < limit_m + acc_high_m + vague_m)
        terrain.possible = leg->low_m < limit_m ? SIM_WARNING : SIM_CAUTION;
    if (leg->high_m < limit_m + acc_low_m)
        terrain.certain = leg->high_m < limit_m ? SIM_WARNING : SIM_CAUTION;
    sim_case_add(&leg->c, terrain);
}

// The leg from a point of a plan to the next, by one horizontal accuracy.
static void examine(struct leg *leg, const struct sim_plan_point *from, double speed_mps,
                    double acc_m)
{
    lay(leg, from, from + 1, speed_mps, acc_m);
    measure(leg);
    find_conditions(leg);
}

static bool reports(const Drf__V1__PlanConflict *conflict, uint32_t leg,
                    const struct sim_condition *condition)
{
    const char *feature = conflict->feature_id != NULL ? conflict->feature_id : "";
    return conflict->leg == leg && conflict->kind == condition->kind
           && strcmp(feature, condition->feature) == 0;
}

// Every conflict of the leg may be one, as severe as it is said to be.
static void check_sound(const struct leg *leg, uint32_t number,
                        const Drf__V1__PlanReview *review, struct sim_witness_counts *counts)
{
    for (size_t i = 0; i < review->n_conflicts; i++) {
        const Drf__V1__PlanConflict *conflict = review->conflicts[i];
        if (conflict->leg != number || conflict->kind == 0)
            continue;
        bool good = false;
        for (size_t k = 0; k < leg->c.count && !good; k++)
            good = reports(conflict, number, &leg->c.conditions[k])
                   && (int)conflict->severity >= leg->c.conditions[k].possible;
        good |= conflict->kind < SIM_KINDS && leg->c.unjudged[conflict->kind] != SIM_JUDGED;
        sim_witness_counts_note(counts, SIM_CHECK_REVIEW, good,
                                "drone %zu leg %u: %s %s as severe as %u is not so: %s",
                                leg->c.report->drone, number,
                                sim_advisory_kind_name(conflict->kind) != NULL
                                    ? sim_advisory_kind_name(conflict->kind)
                                    : "a conflict of no kind",
                                conflict->feature_id != NULL ? conflict->feature_id : "",
                                conflict->severity,
                                conflict->text != NULL ? conflict->text : "");
    }
}

// Terrain and zones are met on the leg, an obstacle where it stands.
static void check_place(const struct leg *leg, uint32_t number,
                        const Drf__V1__PlanReview *review, struct sim_witness_counts *counts)
{
    const struct sim_world *world = leg->c.witness->world;
    for (size_t i = 0; i < review->n_conflicts; i++) {
        const Drf__V1__PlanConflict *conflict = review->conflicts[i];
        if (conflict->leg != number)
            continue;
        const struct geo_point at = {.lat_deg = conflict->lat_e7 * 1e-7,
                                     .lon_deg = conflict->lon_e7 * 1e-7};
        double off_m = sim_way_far_m(&leg->c.way, sim_world_plane(world, at));
        double most_m = leg->c.way.base_m + place_m;
        const char *feature = conflict->feature_id != NULL ? conflict->feature_id : "";
        if (conflict->kind == DRF__V1__ADVISORY_KIND__ADVISORY_KIND_OBSTACLE) {
            off_m = HUGE_VAL;
            most_m = building_m;
            for (size_t k = 0; k < world->obstacle_count; k++)
                if (strcmp(world->obstacles[k].id, feature) == 0)
                    off_m = sim_world_obstacle_distance_m(world, &world->obstacles[k], at);
        }
        sim_witness_counts_note(
            counts, SIM_CHECK_REVIEW, conflict->has_lat_e7 && off_m <= most_m,
            "drone %zu leg %u: a conflict of kind %u %s is %.1f m off, not %.1f at most",
            leg->c.report->drone, number, conflict->kind, feature, off_m, most_m);
    }
}

// Every certain conflict of the leg is listed, or some are left out.
static void check_complete(const struct leg *leg, uint32_t number,
                           const Drf__V1__PlanReview *review, struct sim_witness_counts *counts)
{
    for (size_t k = 0; k < leg->c.count; k++) {
        const struct sim_condition *condition = &leg->c.conditions[k];
        if (condition->certain > SIM_CAUTION)
            continue;
        bool found = review->conflicts_left_out > 0;
        for (size_t i = 0; i < review->n_conflicts && !found; i++)
            found = reports(review->conflicts[i], number, condition)
                    && (int)review->conflicts[i]->severity <= condition->certain;
        sim_witness_counts_note(counts, SIM_CHECK_REVIEW, found,
                                "drone %zu leg %u: no %s %s as severe as %d, by %.1f",
                                leg->c.report->drone, number,
                                sim_advisory_kind_name(condition->kind), condition->feature,
                                condition->certain, condition->value);
    }
}

static void check_gaps(const struct leg *leg, uint32_t number,
                       const Drf__V1__PlanReview *review, struct sim_witness_counts *counts)
{
    bool found = false;
    for (size_t i = 0; i < review->n_gaps; i++)
        found |= review->gaps[i]->leg == number && review->gaps[i]->layer == SURFACE;
    if (leg->void_surely || found)
        sim_witness_counts_note(
            counts, SIM_CHECK_REVIEW,
            found ? leg->void_perhaps : review->n_gaps >= CONFLICTS_LISTED,
            "drone %zu leg %u: the surface is %s", leg->c.report->drone, number,
            found ? "known, and a gap is told" : "not known, no gap is told");
}

// The lowest clearance of all legs lies between; that of the leg which is said to have it
// begins at there_m.
struct lowest {
    double low_m, high_m, there_m;
    bool known;
};

static void check_lowest(const struct sim_report *report, const struct lowest *lowest,
                         const Drf__V1__PlanReview *review, struct sim_witness_counts *counts)
{
    double said_m = (double)review->clearance_lowest_m;
    if (!review->has_clearance_lowest_m) {
        if (lowest->known)
            sim_witness_counts_note(counts, SIM_CHECK_REVIEW, false,
                                    "drone %zu: no lowest clearance, reason %u", report->drone,
                                    review->clearance_lowest_reason);
        return;
    }
    sim_witness_counts_note(
        counts, SIM_CHECK_REVIEW,
        said_m <= lowest->high_m - acc_low_m + 0.5
            && said_m >= fmax(lowest->low_m, lowest->there_m) - acc_high_m - vague_m - 0.5,
        "drone %zu: lowest clearance %.1f m on leg %u, true %.1f to %.1f less accuracies, %.1f "
        "there",
        report->drone, said_m, review->clearance_lowest_leg, lowest->low_m, lowest->high_m,
        lowest->there_m);
}

// Its ends are judged by rules of their own.
static bool ends_low(const struct sim_witness *witness, const struct sim_plan *plan)
{
    const struct sim_plan_point *ends[] = {&plan->points[0], &plan->points[plan->count - 1]};
    for (int i = 0; i < 2; i++) {
        double covered_m = sim_world_covered_m(witness->world, ends[i]->position);
        double ground_m = sim_world_ground_amsl_m(witness->world, ends[i]->position);
        // over nothing an end is not low
        if (covered_m > -witness->tolerance.edge_m
            && (covered_m < witness->tolerance.edge_m
                || ends[i]->amsl_m - ground_m < low_end_m))
            return true;
    }
    return false;
}

// Whose it is, and that there is one unless the reply says why not.
static bool named(const struct sim_report *report, const struct sim_plan *plan,
                  const Drf__V1__Reply *reply, struct sim_witness_counts *counts)
{
    const Drf__V1__PlanReview *review = reply->plan_review;
    char name[SIM_PLAN_ID];
    sim_plan_name(plan->number, name);
    if (review == NULL) {
        bool said = reply->text != NULL && strstr(reply->text, "not reviewed") != NULL;
        sim_witness_counts_note(counts, SIM_CHECK_REVIEW, said,
                                "drone %zu: plan %s has no review, and none says why",
                                report->drone, name);
        return false;
    }
    sim_witness_counts_note(
        counts, SIM_CHECK_REVIEW,
        review->plan_id != NULL && strcmp(review->plan_id, name) == 0 && review->revision == 1
            && (!review->has_clearance_lowest_m
                || review->clearance_lowest_leg + 1 < plan->count),
        "drone %zu: a review of %s, revision %u, lowest on leg %u, not of %s", report->drone,
        review->plan_id != NULL ? review->plan_id : "none", review->revision,
        review->clearance_lowest_leg, name);
    for (size_t i = 0; i < review->n_conflicts; i++)
        sim_witness_counts_note(counts, SIM_CHECK_REVIEW,
                                review->conflicts[i]->leg + 1 < plan->count,
                                "drone %zu: a conflict on leg %u of %zu", report->drone,
                                review->conflicts[i]->leg, plan->count - 1);
    return true;
}

void sim_witness_review(struct sim_witness *witness, const struct sim_report *report,
                        const struct sim_plan *plan, const Drf__V1__Reply *reply,
                        struct sim_witness_counts *counts)
{
    static const uint32_t layers[] = {GROUND, SURFACE, OBSTACLE, ZONE};
    const Drf__V1__PlanReview *review = reply->plan_review;
    if (!named(report, plan, reply, counts))
        return;
    for (size_t i = 0; i < sizeof layers / sizeof layers[0]; i++)
        if (!witness->complete[layers[i]]
            && (layers[i] != ZONE || witness->world->zone_count > 0)) {
            counts->waiting++;
            return;
        }
    if (plan->count < 2 || ends_low(witness, plan))
        return;
    Drf__V1__Context none = DRF__V1__CONTEXT__INIT;
    struct lowest lowest = {HUGE_VAL, HUGE_VAL, HUGE_VAL, true};
    struct sim_report flying = *report;
    flying.on_ground = false;
    const double sent_m = report->horizontal_acc_m;
    const double most_m = report->answered ? sent_m : fmax(sent_m, default_acc_m),
                 least_m = report->answered ? sent_m : fmin(sent_m, default_acc_m);
    for (uint32_t i = 0; i + 1 < plan->count; i++) {
        const struct sim_plan_point *from = &plan->points[i];
        struct leg wide = {.c = {.witness = witness, .report = &flying, .context = &none}};
        struct leg narrow = wide;
        examine(&wide, from, plan->speed_mps, most_m);
        check_sound(&wide, i, review, counts);
        check_place(&wide, i, review, counts);
        check_gaps(&wide, i, review, counts);
        if (most_m > least_m)
            examine(&narrow, from, plan->speed_mps, least_m);
        const struct leg *least = most_m > least_m ? &narrow : &wide;
        check_complete(least, i, review, counts);
        lowest.low_m = fmin(lowest.low_m, wide.low_m);
        lowest.high_m = fmin(lowest.high_m, least->high_m);
        if (i == review->clearance_lowest_leg)
            lowest.there_m = wide.low_m;
        lowest.known &= wide.known; // unknown is never clear
    }
    check_lowest(report, &lowest, review, counts);
}
