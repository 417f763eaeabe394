// SPDX-License-Identifier: Apache-2.0
// What edge/serve/overload.h promises, and what of it a drone sees: schemas/client.md rule 19,
// ARCHITECTURE.md promise 7.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "drf/v1/advisory.pb-c.h"
#include "edge/serve/overload.h"
#include "geo/cells.h"
#include "tests/support/serve_scene.h"

enum { STEP_US = 10 * SCENE_MS, PATCH = 1, RATE = 4, OVERLOAD = 16, OVERLOADED = 2, UP = 4 };

struct load {
    struct edge_overload overload;
    int64_t now_us;
};

static struct load idle(void)
{
    struct load load = {.now_us = SCENE_SECOND};
    edge_overload_init(&load.overload, load.now_us);
    return load;
}

static const struct edge_overload_signs calm = {.taken = 10, .age_min_us = INT64_MAX};
static const struct edge_overload_signs busy = {
    .busy = true, .taken = 100, .age_min_us = INT64_MAX};
static const struct edge_overload_signs losing = {
    .busy = true, .taken = 100, .lost = 10, .age_min_us = INT64_MAX};

static void run(struct load *load, const struct edge_overload_signs *signs, int64_t for_us)
{
    for (int64_t end_us = load->now_us + for_us; load->now_us < end_us;) {
        load->now_us += STEP_US;
        (void)edge_overload_note(&load->overload, signs, load->now_us);
    }
}

static void note__busy_without_harm__leaves_nothing_out(void **state)
{
    (void)state;
    struct load load = idle();
    run(&load, &busy, 60 * (int64_t)SCENE_SECOND);
    assert_int_equal(load.overload.level, EDGE_OVERLOAD_NONE);
}

static void note__losses_without_being_busy__are_the_links_own(void **state)
{
    (void)state;
    struct load load = idle();
    struct edge_overload_signs signs = losing;
    signs.busy = false;
    run(&load, &signs, 60 * (int64_t)SCENE_SECOND);
    assert_int_equal(load.overload.level, EDGE_OVERLOAD_NONE);
}

static void note__busy_and_losing__one_level_more_every_half_second(void **state)
{
    (void)state;
    struct load load = idle();
    for (int level = EDGE_OVERLOAD_PATCH; level <= EDGE_OVERLOAD_RATE_LOW; level++) {
        run(&load, &losing, 240 * SCENE_MS);
        assert_int_equal(load.overload.level, level - 1);
        run(&load, &losing, 300 * SCENE_MS);
        assert_int_equal(load.overload.level, level);
    }
    run(&load, &losing, 10 * SCENE_SECOND);
    assert_int_equal(load.overload.level, EDGE_OVERLOAD_RATE_LOW);
}

static void note__calm_again__one_level_less_every_two_seconds(void **state)
{
    (void)state;
    struct load load = idle();
    run(&load, &losing, 3 * SCENE_SECOND);
    assert_int_equal(load.overload.level, EDGE_OVERLOAD_RATE_LOW);
    run(&load, &calm, 1500 * SCENE_MS);
    assert_int_equal(load.overload.level, EDGE_OVERLOAD_RATE_LOW);
    run(&load, &calm, 10 * SCENE_SECOND);
    assert_int_equal(load.overload.level, EDGE_OVERLOAD_NONE);
}

static void note__too_much_each_time_it_is_tried__is_tried_less_often(void **state)
{
    (void)state;
    struct load load = idle();
    int changes = 0;
    for (int64_t end_us = load.now_us + 600 * (int64_t)SCENE_SECOND; load.now_us < end_us;) {
        load.now_us += STEP_US;
        bool much = load.overload.level < EDGE_OVERLOAD_SEGMENTS;
        changes += edge_overload_note(&load.overload, much ? &losing : &busy, load.now_us);
    }
    assert_in_range(changes, 10, 40); // every two seconds and half would be 480
    assert_int_equal(load.overload.hold_us, EDGE_OVERLOAD_HOLD_MAX_US);
    run(&load, &calm, 300 * (int64_t)SCENE_SECOND);
    assert_int_equal(load.overload.level, EDGE_OVERLOAD_NONE);
    assert_int_equal(load.overload.hold_us, EDGE_OVERLOAD_HOLD_US);
}

static void note__reports_older_than_usual__are_a_lag(void **state)
{
    (void)state;
    struct load load = idle();
    struct edge_overload_signs signs = calm;
    signs.age_min_us = 400 * SCENE_MS; // clocks differ, or the radio is slow: not ours
    run(&load, &signs, 2 * SCENE_SECOND);
    signs.busy = true;
    run(&load, &signs, 2 * SCENE_SECOND);
    assert_int_equal(load.overload.level, EDGE_OVERLOAD_NONE);
    signs.age_min_us = 700 * SCENE_MS;
    run(&load, &signs, SCENE_SECOND);
    assert_true(load.overload.level >= EDGE_OVERLOAD_PATCH);
}

static void interval__by_level__halves_and_quarters_the_rate_down_to_1_hz(void **state)
{
    (void)state;
    struct load load = idle();
    load.overload.level = EDGE_OVERLOAD_SEGMENTS;
    assert_int_equal(edge_overload_interval_us(&load.overload, 100000), 100000);
    load.overload.level = EDGE_OVERLOAD_RATE;
    assert_int_equal(edge_overload_interval_us(&load.overload, 100000), 200000);
    load.overload.level = EDGE_OVERLOAD_RATE_LOW;
    assert_int_equal(edge_overload_interval_us(&load.overload, 100000), 400000);
    assert_int_equal(edge_overload_interval_us(&load.overload, 500000), 1000000);
    assert_int_equal(edge_overload_interval_us(&load.overload, 4000000), 4000000);
}

static struct fusion_tile tiles[64 * 64];
static uint16_t level_ground[GEO_CELLS_COUNT];

// Level ground 100.25 m AMSL; d-1 asks for ten contexts and four patches a second.
static struct scene *open_scene(void)
{
    struct scene *scene = scene_open(10);
    for (int i = 0; i < GEO_CELLS_COUNT; i++)
        level_ground[i] = 4401;
    for (uint32_t i = 0; i < 64 * 64; i++) {
        tiles[i] = (struct fusion_tile){
            .tile = {.col = 2270 + i % 64, .row = 1040 + i / 64, .level = 12},
            .known = GEO_CELLS_COUNT,
            .cells = level_ground};
        scene->tiles[i] = &tiles[i];
    }
    scene_root(scene, NULL, 0);
    Drf__V1__Profile profile = DRF__V1__PROFILE__INIT;
    SCENE_SET(&profile, rate_hz, 10.0F);
    SCENE_SET(&profile, patch, 1);
    SCENE_SET(&profile, patch_cells, 64);
    SCENE_SET(&profile, patch_rate_hz, 4.0F);
    SCENE_SET(&profile, ignore_seen, 1);
    (void)scene_pack(scene, "d-1", "profile", &profile.base);
    scene_step(scene);
    return scene;
}

// Reports ten times a second; of those that the node should get every other one is lost, and
// the socket is never empty.
static void fly(struct scene *scene, int reports, bool overload, float alt_wgs84_m)
{
    static uint32_t seq;
    for (int i = 0; i < reports; i++) {
        seq += overload ? 2 : 1;
        Drf__V1__Telemetry report = scene_report(scene, seq);
        report.alt_wgs84_m = alt_wgs84_m;
        (void)scene_pack(scene, "d-1", "telemetry", &report.base);
        scene->behind = overload;
        for (int step = 0; step < 10; step++) {
            scene_step(scene);
            scene_pass(scene, 10 * SCENE_MS);
        }
    }
}

static uint32_t last_shed(const struct scene *scene)
{
    const struct scene_message *last = scene_last(scene, "d-1", "context");
    assert_non_null(last);
    Drf__V1__Context *context = drf__v1__context__unpack(NULL, last->size, last->bytes);
    assert_non_null(context);
    uint32_t shed = context->has_shed ? context->shed : 0;
    drf__v1__context__free_unpacked(context, NULL);
    return shed;
}

static uint32_t last_condition(const struct scene *scene)
{
    for (size_t i = scene->sent_count; i > 0; i--) {
        const struct scene_message *sent = &scene->sent[i - 1];
        const char *leaf = strrchr(sent->topic, '/');
        if (leaf == NULL || strcmp(leaf, "/state") != 0)
            continue;
        Drf__V1__NodeState *state = drf__v1__node_state__unpack(NULL, sent->size, sent->bytes);
        assert_non_null(state);
        uint32_t condition = state->condition;
        drf__v1__node_state__free_unpacked(state, NULL);
        return condition;
    }
    return 0;
}

static void step__cannot_keep_up__sheds_in_order_tells_and_recovers(void **state)
{
    (void)state;
    struct scene *scene = open_scene();
    fly(scene, 20, false, 100.0F);
    assert_int_equal(last_shed(scene), 0);
    assert_int_equal(last_condition(scene), UP);
    assert_true(scene_count(scene, "d-1", "patch") >= 4);
    fly(scene, 40, true, 100.0F);
    assert_true(edge_health_has(&scene->health, EDGE_TROUBLE_OVERLOAD));
    assert_int_equal(last_condition(scene), OVERLOADED);
    assert_int_equal(scene_metric(scene, EDGE_METRIC_OVERLOAD_LEVEL, 0),
                     EDGE_OVERLOAD_RATE_LOW);
    assert_int_equal(last_shed(scene) & (PATCH | RATE | OVERLOAD), PATCH | RATE | OVERLOAD);

    scene_clear(scene);
    fly(scene, 20, true, 100.0F);
    assert_int_equal(scene_count(scene, "d-1", "patch"), 0);
    assert_in_range(scene_count(scene, "d-1", "context"), 4, 6); // of 20
    assert_true(scene_metric(scene, EDGE_METRIC_SHED, EDGE_SHED_PATCH) > 0);
    assert_true(scene_metric(scene, EDGE_METRIC_SHED, EDGE_SHED_RATE) > 0);

    scene_clear(scene);
    fly(scene, 150, false, 100.0F);
    assert_false(edge_health_has(&scene->health, EDGE_TROUBLE_OVERLOAD));
    assert_int_equal(last_shed(scene), 0);
    assert_int_equal(last_condition(scene), UP);
    assert_true(scene_count(scene, "d-1", "patch") > 0);
    scene_close(scene);
}

static void step__overloaded__warns_at_the_first_report_all_the_same(void **state)
{
    (void)state;
    struct scene *scene = open_scene();
    fly(scene, 60, true, 100.0F);
    assert_int_equal(scene_metric(scene, EDGE_METRIC_OVERLOAD_LEVEL, 0),
                     EDGE_OVERLOAD_RATE_LOW);
    for (int i = 0; i < 4; i++) { // whichever of four contexts the low report falls on
        scene_clear(scene);
        fly(scene, 1, true, 64.5F); // 101 to 102 m AMSL, over ground of 100.25 m
        assert_true(scene_count(scene, "d-1", "advisory") >= 1);
        fly(scene, 61 + i, true, 100.0F); // and away again, for long enough to be cleared
        assert_int_equal(scene_count(scene, "d-1", "patch"), 0);
    }
    scene_close(scene);
}

// From corner to corner of the region, there and back, a hundred times: the dearest of plans.
static void send_dear_plan(struct scene *scene, const char *id)
{
    enum { POINTS = 100 };
    Drf__V1__PlanPoint points[POINTS], *list[POINTS];
    for (int i = 0; i < POINTS; i++) {
        list[i] = &points[i];
        drf__v1__plan_point__init(list[i]);
        SCENE_SET(list[i], lat_e7, i % 2 == 0 ? 435000000 : 438000000);
        SCENE_SET(list[i], lon_e7, i % 2 == 0 ? -796000000 : -792000000);
        SCENE_SET(list[i], alt_amsl_m, 300.0F);
    }
    Drf__V1__Plan plan = DRF__V1__PLAN__INIT;
    char plan_id[] = "p-1";
    plan.plan_id = plan_id;
    plan.points = list;
    plan.n_points = POINTS;
    SCENE_SET(&plan, valid_from_us, scene->now.utc_us - SCENE_SECOND);
    SCENE_SET(&plan, valid_until_us, scene->now.utc_us + 3600 * (int64_t)SCENE_SECOND);
    (void)scene_pack(scene, id, "plan", &plan.base);
}

static uint32_t last_code(const struct scene *scene, const char *id)
{
    const struct scene_message *last = scene_last(scene, id, "reply");
    if (last == NULL)
        return 0;
    Drf__V1__Reply *reply = drf__v1__reply__unpack(NULL, last->size, last->bytes);
    assert_non_null(reply);
    uint32_t code = reply->code;
    drf__v1__reply__free_unpacked(reply, NULL);
    return code;
}

static void step__many_dear_plans_at_once__few_are_reviewed_and_nobody_waits(void **state)
{
    (void)state;
    enum { PLANNERS = 200, OK = 1, TOO_MANY = 10 };
    struct scene *scene = scene_open(PLANNERS + 1);
    scene_step(scene);
    char id[16];
    for (int i = 0; i < PLANNERS; i++) {
        (void)snprintf(id, sizeof id, "p-%03d", i);
        send_dear_plan(scene, id);
    }
    Drf__V1__Telemetry report = scene_report(scene, 1);
    (void)scene_pack(scene, "d-1", "telemetry", &report.base);
    scene_step(scene);
    assert_true(scene->in_taken < 5); // a step takes no more than two of these
    assert_int_equal(scene->next_mono_us, scene->now.mono_us);
    for (int i = 0; i < 20; i++)
        scene_step(scene);
    assert_int_equal(scene_count(scene, "d-1", "context"), 1);
    int reviewed = 0, refused = 0;
    for (int i = 0; i < PLANNERS; i++) {
        (void)snprintf(id, sizeof id, "p-%03d", i);
        uint32_t code = last_code(scene, id);
        reviewed += code == OK;
        refused += code == TOO_MANY;
    }
    assert_in_range(reviewed, 3, 10); // 15 ms each
    assert_int_equal(reviewed + refused, PLANNERS);
    scene_clear(scene);
    scene_run(scene, SCENE_SECOND);
    send_dear_plan(scene, "p-199"); // the next is welcome
    scene_step(scene);
    assert_int_equal(last_code(scene, "p-199"), OK);
    scene_close(scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(note__busy_without_harm__leaves_nothing_out),
        cmocka_unit_test(note__losses_without_being_busy__are_the_links_own),
        cmocka_unit_test(note__busy_and_losing__one_level_more_every_half_second),
        cmocka_unit_test(note__calm_again__one_level_less_every_two_seconds),
        cmocka_unit_test(note__too_much_each_time_it_is_tried__is_tried_less_often),
        cmocka_unit_test(note__reports_older_than_usual__are_a_lag),
        cmocka_unit_test(interval__by_level__halves_and_quarters_the_rate_down_to_1_hz),
        cmocka_unit_test(step__cannot_keep_up__sheds_in_order_tells_and_recovers),
        cmocka_unit_test(step__many_dear_plans_at_once__few_are_reviewed_and_nobody_waits),
        cmocka_unit_test(step__overloaded__warns_at_the_first_report_all_the_same),
    };
    return cmocka_run_group_tests_name("edge/overload", tests, NULL, NULL);
}
