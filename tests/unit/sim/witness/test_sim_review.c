// SPDX-License-Identifier: Apache-2.0
// What the witness says of the review of a plan: a right one passes, and each way to be wrong
// is told. The plan is 80 m over the highest place of the scene, and is met by one zone.
#include "tests/support/witness_scene.h"

enum { ZONE_KIND = DRF__V1__ADVISORY_KIND__ADVISORY_KIND_ZONE };

static char unreviewed[] = "not reviewed: the node is still loading", other_zone[] = "zone-2",
            other_plan[] = "p6";

struct reviewed {
    struct scene scene;
    struct sim_plan plan;
    Drf__V1__Reply reply;
    Drf__V1__PlanReview review;
    Drf__V1__PlanConflict conflict, *conflicts[1];
    Drf__V1__PlanGap gap, *gaps[1];
    char name[SIM_PLAN_ID];
};

static struct sim_plane beside(const struct scene *s, double east_m, double north_m)
{
    struct sim_plane here = sim_world_plane(&s->world, s->report.position);
    return (struct sim_plane){here.east_m + east_m, here.north_m + north_m};
}

static void place_conflict(struct reviewed *r, double east_m, double north_m)
{
    struct geo_point at = sim_world_point(&r->scene.world, beside(&r->scene, east_m, north_m));
    r->conflict.lat_e7 = (int32_t)lround(at.lat_deg * 1e7);
    r->conflict.lon_e7 = (int32_t)lround(at.lon_deg * 1e7);
}

// Along a leg, each five metres, the least height over the surface.
static double least_m(const struct reviewed *r)
{
    double least = HUGE_VAL;
    for (int m = 0; m <= 700; m += 5) {
        struct geo_point at = sim_world_point(
            &r->scene.world, beside(&r->scene, fmax(m - 200.0, 0.0), fmin(m, 200.0)));
        least = fmin(least,
                     r->plan.points[0].amsl_m - sim_world_surface_amsl_m(&r->scene.world, at));
    }
    return least;
}

// North for 200 m, then east for 500 m; a zone lies across the second leg, 100 to 200 m along.
static void open_reviewed(struct reviewed *r)
{
    *r = (struct reviewed){.plan = {.number = 7, .speed_mps = 10.0, .count = 3}};
    struct scene *s = &r->scene;
    open_scene(s);
    s->report.answered = true;
    for (size_t i = 0; i < s->world.obstacle_count; i++)
        s->world.obstacles[i].presence = SIM_HIDDEN;
    const double corners[][2] = {{0, 0}, {0, 200}, {500, 200}};
    for (size_t i = 0; i < 3; i++)
        r->plan.points[i] = (struct sim_plan_point){
            .position = sim_world_point(&s->world, beside(s, corners[i][0], corners[i][1])),
            .amsl_m = s->report.amsl_m};
    double lift_m = 80.0 - least_m(r);
    for (size_t i = 0; i < 3; i++)
        r->plan.points[i].amsl_m += lift_m;
    struct sim_zone *zone = &s->world.zones[0];
    *zone = (struct sim_zone){
        .id = "zone-1", .count = 4, .upper_amsl_m = 5000.0, .presence = SIM_STANDS};
    const double ring[][2] = {{100, 150}, {200, 150}, {200, 250}, {100, 250}};
    for (size_t i = 0; i < 4; i++)
        zone->vertices[i] = sim_world_point(&s->world, beside(s, ring[i][0], ring[i][1]));
    s->world.zone_count = 1;
    drf__v1__reply__init(&r->reply);
    drf__v1__plan_review__init(&r->review);
    drf__v1__plan_conflict__init(&r->conflict);
    drf__v1__plan_gap__init(&r->gap);
    sim_plan_name(7, r->name);
    r->reply.plan_review = &r->review;
    r->review.plan_id = r->name;
    r->review.revision = 1;
    r->review.has_clearance_lowest_m = 1;
    r->review.clearance_lowest_m = 80.0F - 3.0F - 5.0F; // less accuracies
    r->review.n_conflicts = 1;
    r->review.conflicts = r->conflicts;
    r->conflicts[0] = &r->conflict;
    r->review.gaps = r->gaps;
    r->gaps[0] = &r->gap;
    r->conflict.leg = 1;
    r->conflict.kind = ZONE_KIND;
    r->conflict.severity = WARNING;
    r->conflict.feature_id = zone->id;
    r->conflict.has_lat_e7 = r->conflict.has_lon_e7 = 1;
    place_conflict(r, 100, 200);
}

static unsigned wrong(struct reviewed *r)
{
    r->scene.counts = (struct sim_witness_counts){.waiting = 0};
    sim_witness_review(&r->scene.witness, &r->scene.report, &r->plan, &r->reply,
                       &r->scene.counts);
    assert_true(r->scene.counts.checked[SIM_CHECK_REVIEW] > 0);
    return (unsigned)r->scene.counts.wrong[SIM_CHECK_REVIEW];
}

static void review__that_is_right__passes(void **state)
{
    (void)state;
    struct reviewed r;
    open_reviewed(&r);
    assert_int_equal(wrong(&r), 0);
    r.reply.plan_review = NULL; // one that could not be made says so
    r.reply.text = unreviewed;
    assert_int_equal(wrong(&r), 0);
    close_scene(&r.scene);
}

static void review__with_a_conflict_wrong__is_told(void **state)
{
    (void)state;
    struct reviewed r;
    open_reviewed(&r);
    r.review.n_conflicts = 0;
    assert_int_equal(wrong(&r), 1); // missing
    r.review.conflicts_left_out = 1;
    assert_int_equal(wrong(&r), 0); // it may be that one
    r.review.conflicts_left_out = 0;
    r.review.n_conflicts = 1;
    r.conflict.severity = CAUTION;
    assert_int_equal(wrong(&r), 1); // too mild
    r.conflict.severity = WARNING;
    r.conflict.leg = 0;
    assert_int_equal(wrong(&r), 3); // not so there, off that leg, missing here
    r.conflict.leg = 2;
    assert_int_equal(wrong(&r), 2); // there is no such leg, missing here
    r.conflict.leg = 1;
    place_conflict(&r, 100, 230);
    assert_int_equal(wrong(&r), 1); // off the corridor
    place_conflict(&r, 100, 200);
    r.conflict.feature_id = other_zone;
    assert_int_equal(wrong(&r), 2); // another
    close_scene(&r.scene);
}

static void review__of_a_zone_that_the_plan_flies_over__is_told(void **state)
{
    (void)state;
    struct reviewed r;
    open_reviewed(&r);
    r.scene.world.zones[0].upper_amsl_m = r.plan.points[0].amsl_m - 30.0;
    assert_int_equal(wrong(&r), 1);
    r.review.n_conflicts = 0;
    assert_int_equal(wrong(&r), 0);
    r.scene.world.zones[0].upper_amsl_m = r.plan.points[0].amsl_m + 30.0;
    assert_int_equal(wrong(&r), 1);
    close_scene(&r.scene);
}

// The zone begins 8 m beside the leg: in the way of a drone that is known to 10 m, which is
// what a node takes that has heard nothing, and not of one that is known to 2.5 m, as sent.
static void review__before_a_report_is_heard__may_be_by_either_accuracy(void **state)
{
    (void)state;
    struct reviewed r;
    open_reviewed(&r);
    struct scene *s = &r.scene;
    struct sim_zone *zone = &s->world.zones[0];
    zone->vertices[0] = sim_world_point(&s->world, beside(s, 100, 208));
    zone->vertices[1] = sim_world_point(&s->world, beside(s, 200, 208));
    place_conflict(&r, 100, 208);
    r.conflict.severity = CAUTION;  // by the accuracy alone
    assert_int_equal(wrong(&r), 2); // heard: no such conflict, and off the corridor
    r.review.n_conflicts = 0;
    assert_int_equal(wrong(&r), 0);
    s->report.answered = false;
    assert_int_equal(wrong(&r), 0);
    r.review.n_conflicts = 1;
    assert_int_equal(wrong(&r), 0);
    zone->vertices[0] = sim_world_point(&s->world, beside(s, 100, 220)); // by neither
    zone->vertices[1] = sim_world_point(&s->world, beside(s, 200, 220));
    assert_int_equal(wrong(&r), 1);
    r.conflict.severity = WARNING;
    zone->vertices[0] = sim_world_point(&s->world, beside(s, 100, 190)); // by both
    zone->vertices[1] = sim_world_point(&s->world, beside(s, 200, 190));
    assert_int_equal(wrong(&r), 0);
    r.review.n_conflicts = 0;
    assert_int_equal(wrong(&r), 1);
    close_scene(s);
}

static void review__with_another_clearance_or_name__is_told(void **state)
{
    (void)state;
    struct reviewed r;
    open_reviewed(&r);
    const float right_m = r.review.clearance_lowest_m;
    r.review.clearance_lowest_m = 80.0F + 10.0F;
    assert_int_equal(wrong(&r), 1);
    r.review.clearance_lowest_m = -right_m;
    assert_int_equal(wrong(&r), 1);
    r.review.has_clearance_lowest_m = 0;
    assert_true(wrong(&r) >= 1); // it is known
    r.review.has_clearance_lowest_m = 1;
    r.review.clearance_lowest_m = right_m;
    r.review.clearance_lowest_leg = 2; // there is none, so it has no clearance either
    assert_int_equal(wrong(&r), 2);
    r.review.clearance_lowest_leg = 0;
    r.review.plan_id = other_plan;
    assert_int_equal(wrong(&r), 1);
    r.reply.plan_review = NULL;
    assert_int_equal(wrong(&r), 1);
    close_scene(&r.scene);
}

static void gap__over_a_published_surface__is_told(void **state)
{
    (void)state;
    struct reviewed r;
    open_reviewed(&r);
    r.review.n_gaps = 1;
    r.gap.layer = DRF__V1__LAYER__LAYER_SURFACE;
    assert_int_equal(wrong(&r), 1);
    close_scene(&r.scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(review__that_is_right__passes),
        cmocka_unit_test(review__with_a_conflict_wrong__is_told),
        cmocka_unit_test(review__of_a_zone_that_the_plan_flies_over__is_told),
        cmocka_unit_test(review__before_a_report_is_heard__may_be_by_either_accuracy),
        cmocka_unit_test(review__with_another_clearance_or_name__is_told),
        cmocka_unit_test(gap__over_a_published_surface__is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
