// SPDX-License-Identifier: Apache-2.0
// What sim/witness/witness.h promises of advisories along a plan: while it is flown the plan
// decides, with its bends, its heights and its end, and not the course.
#include "tests/support/witness_scene.h"

enum { TO_NORTH_M = 100, TO_EAST_M = 600 };

// North for 100 m, then east for 600 m, as fast as it flies, at 80 m over where it is.
struct planned {
    struct scene scene;
    struct sim_plans plans[DRONES];
    Drf__V1__LookAhead ahead;
};

static struct sim_plane beside(const struct scene *s, double east_m, double north_m)
{
    struct sim_plane here = sim_world_plane(&s->world, s->report.position);
    return (struct sim_plane){here.east_m + east_m, here.north_m + north_m};
}

static void open_planned(struct planned *p)
{
    *p = (struct planned){.plans = {{.files = true}}};
    struct scene *s = &p->scene;
    open_scene(s);
    const struct sim_plane corners[] = {beside(s, 0, -50), beside(s, 0, TO_NORTH_M),
                                        beside(s, TO_EAST_M, TO_NORTH_M)};
    struct sim_plan *filed = &p->plans[0].kept[1];
    *filed = (struct sim_plan){.number = 1,
                               .accepted_boot_id = 5,
                               .speed_mps = 10.0,
                               .conformance_m = 60.0,
                               .count = 3};
    p->plans[0].filed = 1;
    for (size_t i = 0; i < filed->count; i++)
        filed->points[i] = (struct sim_plan_point){
            .position = sim_world_point(&s->world, corners[i]), .amsl_m = s->report.amsl_m};
    s->witness.fleet.plans = p->plans;
    s->witness.fleet.plans_stride = sizeof p->plans[0];
    s->report.plan = 1;
    drf__v1__look_ahead__init(&p->ahead);
    p->ahead.has_basis = 1;
    p->ahead.basis = DRF__V1__CORRIDOR_BASIS__CORRIDOR_BASIS_PLAN;
    s->context.look_ahead = &p->ahead;
    for (size_t i = 0; i < s->world.obstacle_count; i++) // each test puts up its own
        s->world.obstacles[i].presence = SIM_HIDDEN;
}

static void put_crane(struct scene *s, struct sim_plane at, double top_amsl_m)
{
    struct sim_obstacle *crane = &s->world.obstacles[0];
    crane->presence = SIM_STANDS;
    crane->position = sim_world_point(&s->world, at);
    crane->amsl_m = (double)NAN;
    crane->agl_m = top_amsl_m - sim_world_ground_amsl_m(&s->world, crane->position);
    s->witness.extents[0] =
        (struct sim_obstacle_extent){.at = at, .top = {top_amsl_m - 0.5, top_amsl_m + 0.5}};
}

static void obstacle__beyond_the_bend__must_be_told_and_one_straight_on_not(void **state)
{
    (void)state;
    struct planned p;
    open_planned(&p);
    struct scene *s = &p.scene;
    const uint32_t kind = DRF__V1__ADVISORY_KIND__ADVISORY_KIND_OBSTACLE;
    const char *id = s->world.obstacles[0].id;
    // 100 m and 200 m: after 30 s, in the way by its place and height
    put_crane(s, beside(s, 200, TO_NORTH_M), s->report.amsl_m);
    assert_band(s, kind, id, CAUTION, CAUTION);
    put_crane(s, beside(s, 30, TO_NORTH_M), s->report.amsl_m); // after 13 s
    assert_band(s, kind, id, WARNING, WARNING);
    put_crane(s, beside(s, 0, TO_NORTH_M + 150), s->report.amsl_m); // where the course leads
    assert_band(s, kind, id, NOTHING, NOTHING);
    // By the course alone it is the other way round.
    p.ahead.basis = DRF__V1__CORRIDOR_BASIS__CORRIDOR_BASIS_VELOCITY;
    assert_band(s, kind, id, CAUTION, CAUTION);
    close_scene(s);
}

static void height_of_the_plan__decides_over_what_stands_there(void **state)
{
    (void)state;
    struct planned p;
    open_planned(&p);
    struct scene *s = &p.scene;
    const uint32_t kind = DRF__V1__ADVISORY_KIND__ADVISORY_KIND_OBSTACLE;
    const char *id = s->world.obstacles[0].id;
    put_crane(s, beside(s, 200, TO_NORTH_M), s->report.amsl_m);
    struct sim_plan *filed = &p.plans[0].kept[1];
    filed->points[1].amsl_m += 60.0; // climbs before the bend: well over it
    filed->points[2].amsl_m += 60.0;
    assert_band(s, kind, id, NOTHING, NOTHING);
    filed->points[1].amsl_m -= 60.0; // only beyond it: a third of 60 m higher there
    put_crane(s, beside(s, 200, TO_NORTH_M), s->report.amsl_m + 20.0);
    assert_band(s, kind, id, CAUTION, CAUTION);
    close_scene(s);
}

static void terrain__over_a_stretch_by_the_heights_and_times_of_the_plan(void **state)
{
    (void)state;
    struct planned p;
    open_planned(&p);
    struct scene *s = &p.scene;
    const uint32_t kind = DRF__V1__ADVISORY_KIND__ADVISORY_KIND_TERRAIN;
    double amsl_m = s->report.amsl_m;
    s->witness.stretches[0] = (struct sim_stretch){200.0, 220.0, amsl_m, amsl_m + 1.0};
    assert_band(s, kind, NULL, CAUTION, CAUTION);
    p.plans[0].kept[1].speed_mps = 20.0; // sooner there, however fast it flies now
    assert_band(s, kind, NULL, WARNING, WARNING);
    p.plans[0].kept[1].points[1].amsl_m += 100.0; // and higher
    p.plans[0].kept[1].points[2].amsl_m += 100.0;
    assert_band(s, kind, NULL, NOTHING, NOTHING);
    close_scene(s);
}

static void traffic__that_the_plan_meets__must_be_told(void **state)
{
    (void)state;
    struct planned p;
    open_planned(&p);
    struct scene *s = &p.scene;
    const uint32_t kind = DRF__V1__ADVISORY_KIND__ADVISORY_KIND_TRAFFIC;
    struct sim_report other = s->report;
    other.drone = 3;
    other.answered = true;
    other.plan = 0;
    other.north_mps = 0.0;
    other.mono_us -= 2000000; // sent so long ago that the node must have it
    other.utc_us -= 2000000;
    // It hovers 100 m north and 200 m east: met after about 28 s, never on the course.
    other.position = sim_world_point(&s->world, beside(s, 200, TO_NORTH_M));
    s->reports[3 * DEPTH + 1] = other;
    assert_band(s, kind, "drone-3", CAUTION, CAUTION);
    s->reports[3 * DEPTH + 1].position =
        sim_world_point(&s->world, beside(s, 0, TO_NORTH_M + 150)); // on the course only
    assert_band(s, kind, "drone-3", NOTHING, NOTHING);
    close_scene(s);
}

static void zone__and_region__by_where_the_plan_goes(void **state)
{
    (void)state;
    struct planned p;
    open_planned(&p);
    struct scene *s = &p.scene;
    const uint32_t kind = DRF__V1__ADVISORY_KIND__ADVISORY_KIND_ZONE;
    struct sim_zone *zone = &s->world.zones[0];
    *zone = (struct sim_zone){
        .id = "zone-1", .count = 4, .upper_amsl_m = 5000.0, .presence = SIM_STANDS};
    const double corners[][2] = {{200, -50}, {300, -50}, {300, 50}, {200, 50}};
    for (size_t i = 0; i < 4; i++)
        zone->vertices[i] =
            sim_world_point(&s->world, beside(s, corners[i][0], TO_NORTH_M + corners[i][1]));
    s->world.zone_count = 1;
    assert_band(s, kind, "zone-1", CAUTION, CAUTION);
    for (size_t i = 0; i < 4; i++) // straight on
        zone->vertices[i] = sim_world_point(
            &s->world, beside(s, corners[i][0] - 250, TO_NORTH_M + 200 + corners[i][1]));
    assert_band(s, kind, "zone-1", NOTHING, NOTHING);
    // A region that ends 150 m to the east.
    const uint32_t boundary = DRF__V1__ADVISORY_KIND__ADVISORY_KIND_REGION_BOUNDARY;
    const double ring[][2] = {{-900, -900}, {150, -900}, {150, 900}, {-900, 900}};
    s->witness.served = (struct sim_region){.count = 4, .margin_m = 2000.0};
    for (size_t i = 0; i < 4; i++)
        s->witness.served.ring[i] =
            sim_world_point(&s->world, beside(s, ring[i][0], ring[i][1]));
    assert_band(s, boundary, NULL, CAUTION, CAUTION);
    p.ahead.basis = DRF__V1__CORRIDOR_BASIS__CORRIDOR_BASIS_VELOCITY;
    assert_band(s, boundary, NULL, NOTHING, NOTHING);
    close_scene(s);
}

static void either_leg_near_a_bend__may_be_taken(void **state)
{
    (void)state;
    struct planned p;
    open_planned(&p);
    struct scene *s = &p.scene;
    const uint32_t kind = DRF__V1__ADVISORY_KIND__ADVISORY_KIND_OBSTACLE;
    const char *id = s->world.obstacles[0].id;
    // Two metres before the bend and flying between both legs: the same distance from both,
    // and the corridor a little wider by one of them.
    s->report.position = sim_world_point(&s->world, beside(s, 0, TO_NORTH_M - 2));
    s->report.north_mps = s->report.east_mps = 7.0;
    put_crane(s, beside(s, 300, 2), s->report.amsl_m);
    assert_band(s, kind, id, CAUTION, CAUTION);
    close_scene(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(obstacle__beyond_the_bend__must_be_told_and_one_straight_on_not),
        cmocka_unit_test(height_of_the_plan__decides_over_what_stands_there),
        cmocka_unit_test(terrain__over_a_stretch_by_the_heights_and_times_of_the_plan),
        cmocka_unit_test(traffic__that_the_plan_meets__must_be_told),
        cmocka_unit_test(zone__and_region__by_where_the_plan_goes),
        cmocka_unit_test(either_leg_near_a_bend__may_be_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
