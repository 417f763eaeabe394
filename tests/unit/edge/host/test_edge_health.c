// SPDX-License-Identifier: Apache-2.0
// What one thread says of the node and another reads; and a loop that hangs, which says
// nothing.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "edge/host/health.h"
#include "tests/support/serve_scene.h"

static void set__of_a_trouble__is_there_until_it_is_taken_back(void **state)
{
    (void)state;
    struct edge_health health;
    edge_health_init(&health);
    assert_int_equal(edge_health_all(&health), 0);
    assert_true(edge_health_set(&health, EDGE_TROUBLE_STORE, true));
    assert_false(edge_health_set(&health, EDGE_TROUBLE_STORE, true));
    assert_true(edge_health_has(&health, EDGE_TROUBLE_STORE));
    assert_true(edge_health_set(&health, EDGE_TROUBLE_STORE, false));
    assert_int_equal(edge_health_all(&health), 0);
    for (int i = 0; i < EDGE_TROUBLE_COUNT; i++)
        assert_non_null(edge_trouble_name((enum edge_trouble)i));
}

static void stalled__of_a_loop__counts_from_its_last_step_and_not_before_the_first(void **state)
{
    (void)state;
    struct edge_health health;
    edge_health_init(&health);
    assert_int_equal(edge_health_stalled_us(&health, EDGE_LOOP_INGEST, INT64_MAX / 2), 0);
    edge_health_step(&health, EDGE_LOOP_INGEST, 1000);
    assert_int_equal(
        edge_health_stalled_us(&health, EDGE_LOOP_INGEST, 999 + EDGE_HEALTH_STALL_US), 0);
    assert_true(edge_health_stalled_us(&health, EDGE_LOOP_INGEST, 1000 + EDGE_HEALTH_STALL_US)
                == EDGE_HEALTH_STALL_US);
    assert_int_equal(edge_health_stalled_us(&health, EDGE_LOOP_SERVE, INT64_MAX / 2), 0);
    edge_health_step(&health, EDGE_LOOP_INGEST, 1000 + EDGE_HEALTH_STALL_US);
    assert_int_equal(
        edge_health_stalled_us(&health, EDGE_LOOP_INGEST, 2000 + EDGE_HEALTH_STALL_US), 0);
}

static void serve__while_ingest_hangs__says_so_until_it_goes_on(void **state)
{
    (void)state;
    struct scene *scene = scene_open(1);
    edge_health_step(&scene->health, EDGE_LOOP_INGEST, scene->now.mono_us);
    scene_step(scene);
    assert_false(edge_health_has(&scene->health, EDGE_TROUBLE_STALLED));
    scene_run(scene, EDGE_HEALTH_STALL_US + SCENE_SECOND);
    assert_true(edge_health_has(&scene->health, EDGE_TROUBLE_STALLED));
    edge_health_step(&scene->health, EDGE_LOOP_INGEST, scene->now.mono_us);
    scene_step(scene);
    assert_false(edge_health_has(&scene->health, EDGE_TROUBLE_STALLED));
    scene_close(scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(set__of_a_trouble__is_there_until_it_is_taken_back),
        cmocka_unit_test(
            stalled__of_a_loop__counts_from_its_last_step_and_not_before_the_first),
        cmocka_unit_test(serve__while_ingest_hangs__says_so_until_it_goes_on),
    };
    return cmocka_run_group_tests_name("edge/health", tests, NULL, NULL);
}
