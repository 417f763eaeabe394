// SPDX-License-Identifier: Apache-2.0
// What edge/serve/dispatch.c owes a drone when the fabric changes faster than it wants
// contexts.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "geo/cells.h"
#include "tests/support/serve_scene.h"

static struct fusion_tile tiles[64 * 64];
static uint16_t ground[GEO_CELLS_COUNT];

static const struct fusion_change around = {
    .bounds = {.west_deg = -79.39, .south_deg = 43.64, .east_deg = -79.37, .north_deg = 43.66}};

// The same height everywhere; a new root that says it changed around the drone.
static void raise_ground(struct scene *scene, double amsl_m)
{
    for (int i = 0; i < GEO_CELLS_COUNT; i++)
        ground[i] = (uint16_t)((amsl_m - GEO_CELL_OFFSET_M) / GEO_CELL_QUANTUM_M);
    for (uint32_t i = 0; i < 64 * 64; i++) {
        tiles[i] = (struct fusion_tile){
            .tile = {.col = 2270 + i % 64, .row = 1040 + i / 64, .level = 12},
            .known = GEO_CELLS_COUNT,
            .cells = ground};
        scene->tiles[i] = &tiles[i];
    }
    scene_root(scene, &around, 1);
    scene_step(scene);
}

static struct scene *open_scene(void)
{
    struct scene *scene = scene_open(10);
    Drf__V1__Profile profile = DRF__V1__PROFILE__INIT;
    SCENE_SET(&profile, rate_hz, 1.0F);
    (void)scene_pack(scene, "d-1", "profile", &profile.base);
    raise_ground(scene, 0.0);
    Drf__V1__Telemetry report = scene_report(scene, 1); // 137 m AMSL
    (void)scene_pack(scene, "d-1", "telemetry", &report.base);
    scene_step(scene);
    scene_clear(scene);
    return scene;
}

static void push__a_change_before_the_next_contexts_turn__warns_at_once(void **state)
{
    (void)state;
    struct scene *scene = open_scene();
    scene_run(scene, 100 * SCENE_MS);
    raise_ground(scene, 1.0); // pushed: the turn is taken for a second
    assert_int_equal(scene_count(scene, "d-1", "context"), 1);
    size_t before = scene_count(scene, "d-1", "advisory");
    scene_run(scene, 100 * SCENE_MS);
    raise_ground(scene, 140.0);
    assert_true(scene_count(scene, "d-1", "advisory") > before);
    assert_int_equal(scene_count(scene, "d-1", "context"), 1);
    scene_run(scene, SCENE_SECOND);
    assert_int_equal(scene_count(scene, "d-1", "context"), 2);
    scene_close(scene);
}

static void push__a_change_while_one_waits_for_its_turn__warns_at_once(void **state)
{
    (void)state;
    struct scene *scene = open_scene();
    scene_run(scene, 100 * SCENE_MS);
    raise_ground(scene, 1.0);
    scene_run(scene, 100 * SCENE_MS);
    raise_ground(scene, 2.0); // waits
    scene_run(scene, 10 * SCENE_MS);
    size_t before = scene_count(scene, "d-1", "advisory");
    raise_ground(scene, 140.0); // the change that matters is seldom the first
    assert_true(scene_count(scene, "d-1", "advisory") > before);
    assert_int_equal(scene_count(scene, "d-1", "context"), 1);
    scene_close(scene);
}

static void push__a_change_right_after_a_report__warns_at_once(void **state)
{
    (void)state;
    struct scene *scene = open_scene();
    scene_run(scene, 100 * SCENE_MS);
    raise_ground(scene, 1.0);
    scene_run(scene, 2 * SCENE_SECOND);
    Drf__V1__Telemetry report = scene_report(scene, 2);
    (void)scene_pack(scene, "d-1", "telemetry", &report.base);
    scene_step(scene);
    raise_ground(scene, 2.0); // pushed: the turn is taken for a second
    report = scene_report(scene, 3);
    (void)scene_pack(scene, "d-1", "telemetry", &report.base);
    scene_step(scene);
    scene_pass(scene, SCENE_MS);
    size_t before = scene_count(scene, "d-1", "advisory");
    raise_ground(scene, 140.0);
    assert_true(scene_count(scene, "d-1", "advisory") > before);
    scene_close(scene);
}

static void push__after_many_changes__warns_within_the_time_between_looks(void **state)
{
    (void)state;
    struct scene *scene = open_scene();
    scene_run(scene, 100 * SCENE_MS);
    for (int i = 0; i < 10; i++) {
        raise_ground(scene, 1.0 + i % 2);
        scene_pass(scene, SCENE_MS);
    }
    size_t before = scene_count(scene, "d-1", "advisory");
    raise_ground(scene, 140.0);
    assert_int_equal(scene_count(scene, "d-1", "advisory"), before);
    scene_run(scene, 50 * SCENE_MS);
    assert_true(scene_count(scene, "d-1", "advisory") > before);
    scene_close(scene);
}

static void push__changes_without_end__are_not_all_looked_at(void **state)
{
    (void)state;
    struct scene *scene = open_scene();
    int steps = 0;
    for (int i = 0; i < 100; i++) { // a second
        raise_ground(scene, 1.0 + i % 2);
        scene_pass(scene, 10 * SCENE_MS);
        if (scene->next_mono_us <= scene->now.mono_us - 10 * SCENE_MS)
            steps++; // it asked to run again without end
    }
    assert_true(steps <= 28); // twenty, and eight at once
    assert_in_range(scene_count(scene, "d-1", "context"), 1, 2);
    scene_close(scene);
}

static void push__nobody_connected__does_not_spin(void **state)
{
    (void)state;
    struct scene *scene = open_scene();
    scene_run(scene, 100 * SCENE_MS);
    scene->down = true;
    raise_ground(scene, 1.0);
    raise_ground(scene, 2.0);
    assert_true(scene->next_mono_us > scene->now.mono_us);
    scene_close(scene);
}

// Since when the last context was owed, for drf_context_seconds; 0: it answers no report.
static int64_t owed_since(const struct scene *scene)
{
    const struct scene_message *message = scene_last(scene, "d-1", "context");
    assert_non_null(message);
    return message->out.due_mono_us;
}

static void context__that_answers_a_report__says_since_when_it_was_owed(void **state)
{
    (void)state;
    struct scene *scene = scene_open(10);
    Drf__V1__Telemetry report = scene_report(scene, 1);
    (void)scene_pack(scene, "d-1", "telemetry", &report.base);
    int64_t arrival_mono_us = scene->now.mono_us;
    scene_pass(scene,
               300 * SCENE_MS); // it waits in the ring, while the node does something else
    scene_step(scene);
    assert_int_equal(owed_since(scene), arrival_mono_us);
    // It reports faster than it gets contexts: what waits for its turn is not late.
    for (uint32_t seq = 2; seq <= 4; seq++) {
        report = scene_report(scene, seq);
        (void)scene_pack(scene, "d-1", "telemetry", &report.base);
        scene_step(scene);
    }
    arrival_mono_us = scene->now.mono_us;
    size_t before = scene_count(scene, "d-1", "context");
    scene_run(scene, 500 * SCENE_MS);
    assert_int_equal(scene_count(scene, "d-1", "context"), before + 1);
    const struct scene_message *message = scene_last(scene, "d-1", "context");
    Drf__V1__Context *context = drf__v1__context__unpack(NULL, message->size, message->bytes);
    assert_int_equal(context->telemetry_seq, 4);
    assert_true(owed_since(scene) > arrival_mono_us);
    assert_int_equal(owed_since(scene), context->node_time_us - SCENE_UTC_US);
    drf__v1__context__free_unpacked(context, NULL);
    scene_close(scene);
}

static void context__due_while_the_node_was_stopped__does_not_answer_an_old_report(void **state)
{
    (void)state;
    struct scene *scene = open_scene(); // once a second
    Drf__V1__Telemetry report;
    for (uint32_t seq = 2; seq <= 4;
         seq++) { // faster than it gets contexts: the last one waits
        report = scene_report(scene, seq);
        (void)scene_pack(scene, "d-1", "telemetry", &report.base);
        scene_run(scene, 100 * SCENE_MS);
    }
    size_t before = scene_count(scene, "d-1", "context");
    scene_pass(scene, 8 * SCENE_SECOND); // SIGSTOP
    scene_step(scene);
    assert_int_equal(scene_count(scene, "d-1", "context"), before);
    report = scene_report(scene, 5);
    (void)scene_pack(scene, "d-1", "telemetry", &report.base);
    scene_step(scene);
    assert_int_equal(scene_count(scene, "d-1", "context"), before + 1); // the next one at once
    scene_close(scene);
}

static void context__that_is_pushed__answers_no_report(void **state)
{
    (void)state;
    struct scene *scene = scene_open(10);
    Drf__V1__Telemetry report = scene_report(scene, 1);
    (void)scene_pack(scene, "d-1", "telemetry", &report.base);
    scene_step(scene);
    scene_run(scene, 500 * SCENE_MS);
    scene_clear(scene);
    const struct fusion_change here = {.bounds = {.west_deg = -79.39,
                                                  .south_deg = 43.64,
                                                  .east_deg = -79.37,
                                                  .north_deg = 43.66},
                                       .layers = UINT32_C(1) << FUSION_LAYER_OBSTACLE};
    scene_root(scene, &here, 1);
    scene_step(scene);
    assert_int_equal(owed_since(scene), 0);
    scene_close(scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(push__a_change_before_the_next_contexts_turn__warns_at_once),
        cmocka_unit_test(push__a_change_while_one_waits_for_its_turn__warns_at_once),
        cmocka_unit_test(push__a_change_right_after_a_report__warns_at_once),
        cmocka_unit_test(push__after_many_changes__warns_within_the_time_between_looks),
        cmocka_unit_test(push__changes_without_end__are_not_all_looked_at),
        cmocka_unit_test(push__nobody_connected__does_not_spin),
        cmocka_unit_test(context__that_answers_a_report__says_since_when_it_was_owed),
        cmocka_unit_test(
            context__due_while_the_node_was_stopped__does_not_answer_an_old_report),
        cmocka_unit_test(context__that_is_pushed__answers_no_report),
    };
    return cmocka_run_group_tests_name("edge/dispatch", tests, NULL, NULL);
}
