// SPDX-License-Identifier: Apache-2.0
// States of other nodes, as the serve step takes them.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/serve_scene.h"

static int64_t refused(const struct scene *scene)
{
    return edge_metrics_value(scene->metrics, EDGE_METRIC_STATES_REFUSED, 0, 0);
}

static void say(struct scene *scene, const char *topic, const char *region, const char *node)
{
    char region_id[40], node_id[40];
    (void)snprintf(region_id, sizeof region_id, "%s", region);
    (void)snprintf(node_id, sizeof node_id, "%s", node);
    Drf__V1__NodeState m = DRF__V1__NODE_STATE__INIT;
    SCENE_SET(&m, boot_id, 5);
    SCENE_SET(&m, condition, 4);
    m.region_id = region_id;
    m.node_id = node_id;
    uint8_t bytes[256];
    (void)scene_bytes(scene, topic, bytes, drf__v1__node_state__pack(&m, bytes));
    scene_step(scene);
}

static void state__that_can_be_read__is_no_refused_telemetry(void **state)
{
    (void)state;
    struct scene *scene = scene_open(10);
    say(scene, "drf-test/v1/regions/sim-toronto/nodes/n2/state", "sim-toronto", "n2");
    say(scene, "drf-test/v1/regions/sim-east/nodes/n2/state", "sim-east", "n2");
    (void)scene_bytes(scene, "drf-test/v1/regions/sim-east/nodes/n2/state", "", 0);
    scene_step(scene);
    assert_int_equal(refused(scene), 0);
    assert_int_equal(edge_metrics_value(scene->metrics, EDGE_METRIC_TELEMETRY_REFUSED, 3, 0),
                     0);
    scene_close(scene);
}

static void state__of_another_than_its_topic_names__is_refused(void **state)
{
    (void)state;
    struct scene *scene = scene_open(10);
    say(scene, "drf-test/v1/regions/sim-east/nodes/n2/state", "sim-west", "n2");
    assert_int_equal(refused(scene), 1);
    say(scene, "drf-test/v1/regions/sim-east/nodes/n2/state", "sim-east", "n3");
    assert_int_equal(refused(scene), 2);
    (void)scene_bytes(scene, "drf-test/v1/regions/sim-east/nodes/n2/state", "\xff", 1);
    scene_step(scene);
    assert_int_equal(refused(scene), 3);
    scene_close(scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(state__that_can_be_read__is_no_refused_telemetry),
        cmocka_unit_test(state__of_another_than_its_topic_names__is_refused),
    };
    return cmocka_run_group_tests_name("edge/others", tests, NULL, NULL);
}
