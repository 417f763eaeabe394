// SPDX-License-Identifier: Apache-2.0
// Where the witness takes an aircraft to go (schemas/client.md, look-ahead): the leg of a plan
// that it follows, rates of climb and descent, and where a descent ends. Numbers by hand.
#include "sim/witness/witness_way.h"
#include "tests/support/witness_scene.h"

struct flown {
    struct scene scene;
    struct sim_plans plans[DRONES];
    Drf__V1__LookAhead ahead;
    struct sim_way ways[SIM_WAYS_MAX];
    size_t count;
};

struct corner {
    double east_m, north_m, rise_m; // from the aircraft
};

static struct geo_point beside(const struct scene *s, double east_m, double north_m)
{
    struct sim_plane here = sim_world_plane(&s->world, s->report.position);
    return sim_world_point(&s->world,
                           (struct sim_plane){here.east_m + east_m, here.north_m + north_m});
}

// 10 m/s, conformance 60 m; the aircraft's height is 80 m over its ground.
static void open_flown(struct flown *f, const struct corner *corners, size_t count)
{
    *f = (struct flown){.plans = {{.files = true, .filed = 1}}};
    struct scene *s = &f->scene;
    open_scene(s);
    struct sim_plan *filed = &f->plans[0].kept[1];
    *filed = (struct sim_plan){.number = 1,
                               .accepted_boot_id = 5,
                               .speed_mps = 10.0,
                               .conformance_m = 60.0,
                               .count = count};
    for (size_t i = 0; i < count; i++)
        filed->points[i] = (struct sim_plan_point){
            .position = beside(s, corners[i].east_m, corners[i].north_m),
            .amsl_m = s->report.amsl_m + corners[i].rise_m};
    s->witness.fleet.plans = f->plans;
    s->witness.fleet.plans_stride = sizeof f->plans[0];
    s->report.plan = 1;
    drf__v1__look_ahead__init(&f->ahead);
    f->ahead.has_basis = 1;
    f->ahead.basis = DRF__V1__CORRIDOR_BASIS__CORRIDOR_BASIS_PLAN;
    s->context.look_ahead = &f->ahead;
}

static void find_ways(struct flown *f)
{
    struct scene *s = &f->scene;
    struct sim_truth truth = sim_witness_truth(&s->witness, &s->report);
    f->count = sim_ways_of(&s->witness, &s->report, &s->context, &truth, f->ways);
}

static void assert_close(double value, double expected, double tolerance)
{
    if (!(fabs(value - expected) <= tolerance))
        fail_msg("%.3f is not %.3f (to %.3f)", value, expected, tolerance);
}

// North for 550 m, 30 m aside and back: distances of 12 m and 18 m, turns of 0, 50 or 100 m.
static void leg_of_a_hairpin__is_the_one_that_leads_where_it_flies(void **state)
{
    (void)state;
    static const struct corner hairpin[] = {
        {-12, -50, 0}, {-12, 500, 0}, {18, 500, 0}, {18, -50, 0}};
    static const struct {
        double north_mps, east_mps;
        bool outward;
        double corner_m; // along the way
    } cases[] = {
        {10.0, 0.0, true, 500.0},  // 12 against 18 + 100
        {-10.0, 0.0, false, 50.0}, // 12 + 100 against 18
        {0.0, 10.0, true, 500.0},  // both 50 more
        {-0.5, 0.0, true, 500.0},  // below 1 m/s the distance alone
    };
    struct flown f;
    open_flown(&f, hairpin, 4);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        f.scene.report.north_mps = cases[i].north_mps;
        f.scene.report.east_mps = cases[i].east_mps;
        find_ways(&f);
        assert_int_equal(f.count, 1);
        const struct sim_way *way = &f.ways[0];
        assert_int_equal(way->kind, SIM_WAY_PLAN);
        double east_m = way->corners[0].at.east_m - way->start.east_m;
        assert_close(east_m, cases[i].outward ? -12.0 : 18.0, 0.2);
        assert_close(way->before_m, cases[i].outward ? 50.0 : 550.0 + 30.0 + 500.0, 4.0);
        assert_close(way->corners[1].along_m, fmin(cases[i].corner_m, way->length_m), 2.0);
    }
    // the way back is farther off than 60 m and the accuracy of 2.5 m: it goes out, southward
    for (size_t i = 0; i < 4; i++)
        f.plans[0].kept[1].points[i].position =
            beside(&f.scene, i < 2 ? 30 : 70, i == 0 || i == 3 ? -50 : 500);
    f.scene.report.north_mps = -10.0;
    f.scene.report.east_mps = 0.0;
    find_ways(&f);
    assert_int_equal(f.count, 1);
    assert_close(f.ways[0].corners[0].at.east_m - f.ways[0].start.east_m, 30.0, 0.2);
    close_scene(&f.scene);
}

// Of equal cost within rounding it may follow either.
static void leg_of_equal_cost__may_be_either(void **state)
{
    (void)state;
    static const struct corner hairpin[] = {
        {-15, -50, 0}, {-15, 500, 0}, {15, 500, 0}, {15, -50, 0}};
    struct flown f;
    open_flown(&f, hairpin, 4);
    f.scene.report.north_mps = 0.0;
    f.scene.report.east_mps = 10.0;
    find_ways(&f);
    assert_int_equal(f.count, 2);
    assert_true(f.ways[0].corners[0].at.east_m < f.ways[0].start.east_m);
    assert_true(f.ways[1].corners[0].at.east_m > f.ways[1].start.east_m);
    close_scene(&f.scene);
}

// 60 m higher or lower in the 10 s to the point, at 5 m/s or as fast as it reports.
static void height_of_a_point__is_reached_at_the_rates(void **state)
{
    (void)state;
    static const struct {
        double rise_m, up_mps, there_m; // at the point, as it arrives
        double upright_s;               // then, until it is reached
    } cases[] = {
        {60.0, 0.0, 50.0, 2.0}, // 10 m are left
        {60.0, 3.0, 50.0, 2.0}, // no faster than 5 m/s anyway
        {60.0, 5.5, 55.0, 5.0 / 5.5}, {60.0, 8.0, 60.0, 0.0},
        {60.0, -8.0, 50.0, 2.0}, // it sinks: that is another direction
        {-60.0, 0.0, -50.0, 2.0},     {-60.0, -8.0, -60.0, 0.0},
        {30.0, 0.0, 30.0, 0.0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct corner corners[] = {
            {0, -50, 0}, {0, 100, cases[i].rise_m}, {600, 100, cases[i].rise_m}};
        struct flown f;
        open_flown(&f, corners, 3);
        f.scene.report.up_mps = cases[i].up_mps;
        find_ways(&f);
        assert_int_equal(f.count, 1);
        const struct sim_corner *at = &f.ways[0].corners[1];
        assert_close(at->time_s, 10.0, 0.05);
        assert_close(at->rise_m, cases[i].there_m, 0.3);
        if (cases[i].upright_s > 0.0) {
            assert_close(at[1].along_m, at->along_m, 1e-6);
            assert_close(at[1].time_s - at->time_s, cases[i].upright_s, 0.1);
            assert_close(at[1].rise_m, cases[i].rise_m, 0.01);
        } else {
            assert_true(at[1].along_m > at->along_m + 100.0);
        }
        close_scene(&f.scene);
    }
}

static void descent_of_a_plan__ends_at_the_ground_or_at_its_level(void **state)
{
    (void)state;
    static const struct corner corners[] = {{0, -50, 0}, {0, 300, -500}, {600, 300, -500}};
    struct flown f;
    open_flown(&f, corners, 3);
    struct scene *s = &f.scene;
    s->report.up_mps = -20.0; // 30 s suffice
    find_ways(&f);
    struct geo_point place = f.plans[0].kept[1].points[1].position;
    double ground_m = sim_world_ground_amsl_m(&s->world, place) - s->report.amsl_m;
    assert_true(ground_m < -20.0);
    assert_close(f.ways[0].corners[1].rise_m, ground_m, 0.5);
    // the same point above the aircraft: no lower than it has been
    s->report.amsl_m += ground_m - 5.0;
    find_ways(&f);
    assert_close(f.ways[0].corners[1].rise_m, 0.0, 0.01);
    s->witness.complete[DRF__V1__LAYER__LAYER_GROUND] = false; // perhaps nothing ends it
    find_ways(&f);
    assert_true(f.ways[0].height_tol_m > 200.0);
    close_scene(s);
}

static void descent_by_vertical_speed__ends_at_the_ground_under_the_course(void **state)
{
    (void)state;
    struct flown f;
    open_flown(&f, NULL, 0);
    struct scene *s = &f.scene;
    f.ahead.basis = DRF__V1__CORRIDOR_BASIS__CORRIDOR_BASIS_VELOCITY;
    s->report.up_mps = -4.0;
    find_ways(&f);
    assert_int_equal(f.ways[0].kind, SIM_WAY_COURSE);
    struct sim_span span = sim_way_span(&f.ways[0], 100.0); // after 10 s
    assert_close(span.low_m, -40.0, 0.1);
    assert_close(span.high_m, -40.0, 0.1);
    span = sim_way_span(&f.ways[0], 400.0); // after 40 s 160 m lower, were there no ground
    double ground_m = sim_world_ground_amsl_m(&s->world, beside(s, 0, 400)) - s->report.amsl_m;
    assert_true(ground_m > -150.0 && ground_m < 0.0);
    assert_true(span.low_m <= ground_m && ground_m <= span.high_m);
    assert_true(span.high_m - span.low_m < 3.0);
    s->witness.complete[DRF__V1__LAYER__LAYER_GROUND] = false;
    find_ways(&f);
    span = sim_way_span(&f.ways[0], 400.0);
    assert_close(span.low_m, -160.0, 0.1); // perhaps nothing ends it
    assert_true(ground_m <= span.high_m);
    s->report.up_mps = 4.0; // nothing ends a climb
    find_ways(&f);
    assert_close(sim_way_span(&f.ways[0], 400.0).low_m, 160.0, 0.1);
    assert_close(sim_way_span(&f.ways[0], 400.0).high_m, 160.0, 0.1);
    close_scene(s);
}

static bool plan_is_wrong(struct flown *f, uint32_t state, uint32_t basis, int64_t utc_us)
{
    struct scene *s = &f->scene;
    s->counts = (struct sim_witness_counts){.waiting = 0};
    s->context.has_plan_state = 1;
    s->context.plan_state = state;
    s->context.node_time_us = utc_us;
    f->ahead.basis = basis;
    sim_witness_ahead(&s->witness, &s->report, &s->context, &s->counts);
    assert_true(s->counts.checked[SIM_CHECK_PLAN] > 0);
    return s->counts.wrong[SIM_CHECK_PLAN] > 0;
}

// A context between two reports that comes after the next plan: the report names the one
// before.
static void plan__that_the_node_has_replaced__is_not_followed(void **state)
{
    (void)state;
    enum {
        NONE = DRF__V1__PLAN_STATE__PLAN_STATE_NONE,
        FOLLOWED = DRF__V1__PLAN_STATE__PLAN_STATE_FOLLOWED,
        STRAIGHT = DRF__V1__CORRIDOR_BASIS__CORRIDOR_BASIS_VELOCITY,
        ALONG = DRF__V1__CORRIDOR_BASIS__CORRIDOR_BASIS_PLAN
    };
    static const struct corner corners[] = {{0, -50, 0}, {0, 600, 0}};
    struct flown f;
    open_flown(&f, corners, 2);
    f.ahead.has_length_m = f.ahead.has_half_width_m = f.ahead.has_half_width_end_m = 1;
    f.ahead.length_m = 450.0F;
    f.ahead.half_width_m = 3.5F;
    f.ahead.half_width_end_m = 17.0F;
    Drf__V1__Segment segment = DRF__V1__SEGMENT__INIT, *segments[] = {&segment};
    f.ahead.n_segments = 1;
    f.ahead.segments = segments;
    const int64_t now_us = f.scene.report.utc_us;
    assert_true(plan_is_wrong(&f, NONE, STRAIGHT, now_us));
    assert_false(plan_is_wrong(&f, FOLLOWED, ALONG, now_us));
    f.plans[0].filed = 2; // it has no answer yet: nobody knows
    f.plans[0].kept[0] = f.plans[0].kept[1];
    f.plans[0].kept[0].number = 2;
    f.plans[0].kept[0].accepted_boot_id = 0;
    assert_false(plan_is_wrong(&f, NONE, STRAIGHT, now_us));
    assert_false(plan_is_wrong(&f, FOLLOWED, ALONG, now_us));
    assert_true(plan_is_wrong(&f, NONE, ALONG, now_us));
    // accepted by that node at a time
    Drf__V1__Reply reply = DRF__V1__REPLY__INIT;
    char correlation[] = "p2/2";
    reply.answers = 3;
    reply.code = DRF__V1__REPLY_CODE__REPLY_CODE_OK;
    reply.correlation = correlation;
    reply.boot_id = 5;
    reply.node_time_us = now_us;
    assert_non_null(sim_plans_answered(&f.plans[0], &reply));
    reply.node_time_us = now_us + 2; // again: it has had it since the first time
    assert_non_null(sim_plans_answered(&f.plans[0], &reply));
    assert_true(plan_is_wrong(&f, NONE, STRAIGHT, now_us - 1));
    assert_false(plan_is_wrong(&f, FOLLOWED, ALONG, now_us - 1));
    assert_false(plan_is_wrong(&f, NONE, STRAIGHT, now_us + 1));
    assert_true(plan_is_wrong(&f, FOLLOWED, ALONG, now_us + 1));
    close_scene(&f.scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(leg_of_a_hairpin__is_the_one_that_leads_where_it_flies),
        cmocka_unit_test(leg_of_equal_cost__may_be_either),
        cmocka_unit_test(height_of_a_point__is_reached_at_the_rates),
        cmocka_unit_test(descent_of_a_plan__ends_at_the_ground_or_at_its_level),
        cmocka_unit_test(descent_by_vertical_speed__ends_at_the_ground_under_the_course),
        cmocka_unit_test(plan__that_the_node_has_replaced__is_not_followed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
