// SPDX-License-Identifier: Apache-2.0
// States of other nodes, as the serve step takes them: neighbours in our own state, and which
// region serves where two overlap. Ours is a box, -79.6 43.5 -79.2 43.8, margin 1 km.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/serve_scene.h"

#define OURS "drf-test/v1/regions/sim-toronto/nodes/n1/state"

// A state of another node.
struct said {
    const char *region, *node, *address;
    double south, west, north, east;
    double margin_m;
    int32_t priority;
    uint32_t condition, mode;
    uint64_t boot_id;
    int64_t time_us;
    bool of_neighbours; // names some itself
};

static struct said east_of_us(void)
{
    return (struct said){.region = "sim-east",
                         .node = "e1",
                         .address = "east.example:1883",
                         .south = 43.5,
                         .west = -79.2,
                         .north = 43.8,
                         .east = -78.9,
                         .margin_m = 2000,
                         .condition = 4,
                         .mode = 4,
                         .boot_id = 5,
                         .time_us = 1000};
}

static char *text(char out[static 40], const char *from)
{
    (void)snprintf(out, 40, "%s", from);
    return out;
}

static void say_as(struct scene *scene, const struct said *said, const char *region,
                   const char *node)
{
    char ids[3][40], topic[192];
    const double lats[] = {said->south, said->south, said->north, said->north};
    const double lons[] = {said->west, said->east, said->east, said->west};
    Drf__V1__Vertex corners[4], *list[4];
    Drf__V1__Neighbour other = DRF__V1__NEIGHBOUR__INIT, *others[] = {&other};
    Drf__V1__NodeState m = DRF__V1__NODE_STATE__INIT;
    for (size_t i = 0; i < 4; i++) {
        drf__v1__vertex__init(&corners[i]);
        SCENE_SET(&corners[i], lat_e7, (int32_t)lround(lats[i] * 1e7));
        SCENE_SET(&corners[i], lon_e7, (int32_t)lround(lons[i] * 1e7));
        list[i] = &corners[i];
    }
    m.boundary = list;
    m.n_boundary = said->north > said->south ? 4 : 0;
    m.neighbours = others;
    m.n_neighbours = said->of_neighbours;
    SCENE_SET(&m, boot_id, said->boot_id);
    SCENE_SET(&m, condition, said->condition);
    SCENE_SET(&m, mode, said->mode);
    SCENE_SET(&m, node_time_us, said->time_us);
    SCENE_SET(&m, margin_m, (float)said->margin_m);
    SCENE_SET(&m, priority, said->priority);
    m.region_id = text(ids[0], region);
    m.node_id = text(ids[1], node);
    m.address = text(ids[2], said->address != NULL ? said->address : "");
    uint8_t bytes[1024];
    (void)snprintf(topic, sizeof topic, "drf-test/v1/regions/%s/nodes/%s/state", said->region,
                   said->node);
    (void)scene_bytes(scene, topic, bytes, drf__v1__node_state__pack(&m, bytes));
    scene_step(scene);
}

static void say(struct scene *scene, const struct said *said)
{
    say_as(scene, said, said->region, said->node);
}

static void delete (struct scene *scene, const struct said *said)
{
    char topic[192];
    (void)snprintf(topic, sizeof topic, "drf-test/v1/regions/%s/nodes/%s/state", said->region,
                   said->node);
    (void)scene_bytes(scene, topic, "", 0);
    scene_step(scene);
}

static size_t times_told(const struct scene *scene)
{
    size_t count = 0;
    for (size_t i = 0; i < scene->sent_count; i++)
        count += strcmp(scene->sent[i].topic, OURS) == 0;
    return count;
}

// The last state that we told; to be freed.
static Drf__V1__NodeState *told(const struct scene *scene)
{
    for (size_t i = scene->sent_count; i > 0; i--)
        if (strcmp(scene->sent[i - 1].topic, OURS) == 0) {
            Drf__V1__NodeState *m = drf__v1__node_state__unpack(NULL, scene->sent[i - 1].size,
                                                                scene->sent[i - 1].bytes);
            assert_non_null(m);
            return m;
        }
    fail();
    return NULL;
}

static size_t neighbours_told(const struct scene *scene)
{
    Drf__V1__NodeState *m = told(scene);
    size_t count = m->n_neighbours;
    drf__v1__node_state__free_unpacked(m, NULL);
    return count;
}

static int64_t refused(const struct scene *scene)
{
    return edge_metrics_value(scene->metrics, EDGE_METRIC_STATES_REFUSED, 0, 0);
}

static struct scene *open(void)
{
    struct scene *scene = scene_open(10);
    scene_step(scene);
    return scene;
}

static void state__of_a_region_beside_ours__is_told_as_a_neighbour(void **state)
{
    (void)state;
    struct scene *scene = open();
    struct said said = east_of_us();
    said.priority = -7;
    assert_int_equal(neighbours_told(scene), 0);
    say(scene, &said);
    Drf__V1__NodeState *m = told(scene);
    assert_int_equal(m->n_neighbours, 1);
    const Drf__V1__Neighbour *n = m->neighbours[0];
    assert_string_equal(n->region_id, "sim-east");
    assert_string_equal(n->node_id, "e1");
    assert_string_equal(n->address, "east.example:1883");
    assert_int_equal(n->priority, -7);
    assert_true(n->margin_m == 2000.0F);
    assert_int_equal(n->n_boundary, 4);
    assert_int_equal(n->boundary[1]->lat_e7, 435000000);
    assert_int_equal(n->boundary[1]->lon_e7, -789000000);
    drf__v1__node_state__free_unpacked(m, NULL);
    assert_int_equal(edge_metrics_value(scene->metrics, EDGE_METRIC_NEIGHBOURS, 0, 0), 1);
    scene_close(scene);
}

static void state__of_a_region_too_far_away__is_no_neighbour(void **state)
{
    (void)state;
    struct scene *scene = open();
    struct said said = east_of_us();
    // Our margin and theirs are 3 km; 0.05 degrees of longitude are 4 km here, 0.036 are 2.9.
    said.west = -79.15;
    say(scene, &said);
    assert_int_equal(neighbours_told(scene), 0);
    said.west = -79.164;
    say(scene, &said);
    assert_int_equal(neighbours_told(scene), 1);
    said.west = -79.15;
    said.time_us++;
    say(scene, &said); // it has moved away
    assert_int_equal(neighbours_told(scene), 0);
    scene_close(scene);
}

static void state__of_a_node_that_is_down_or_deleted__ends_it(void **state)
{
    (void)state;
    struct scene *scene = open();
    struct said up = east_of_us(), down = up;
    down.condition = 1;
    down.time_us = 0; // a will does not know
    down.north = down.south;
    say(scene, &up);
    assert_int_equal(neighbours_told(scene), 1);
    say(scene, &down);
    assert_int_equal(neighbours_told(scene), 0);
    up.boot_id++;
    say(scene, &up);
    assert_int_equal(neighbours_told(scene), 1);
    say(scene, &down); // the will of the run before, late
    assert_int_equal(neighbours_told(scene), 1);
    delete (scene, &up);
    assert_int_equal(neighbours_told(scene), 0);
    scene_close(scene);
}

static void state__that_tells_nothing_new_of_it__makes_none_of_ours(void **state)
{
    (void)state;
    struct scene *scene = open();
    struct said said = east_of_us();
    say(scene, &said);
    size_t before = times_told(scene);
    said.of_neighbours = true; // of us, perhaps: that must not go to and fro
    said.time_us++;
    said.condition = 3;
    say(scene, &said);
    said.boot_id++;
    say(scene, &said);
    assert_int_equal(times_told(scene), before);
    said.address = "other.example:1883";
    say(scene, &said);
    assert_int_equal(times_told(scene), before + 1);
    scene_close(scene);
}

static void state__older_than_the_one_that_is_known__changes_nothing(void **state)
{
    (void)state;
    struct scene *scene = open();
    struct said said = east_of_us();
    say(scene, &said);
    said.time_us--;
    said.address = "former.example:1883";
    say(scene, &said);
    Drf__V1__NodeState *m = told(scene);
    assert_string_equal(m->neighbours[0]->address, "east.example:1883");
    drf__v1__node_state__free_unpacked(m, NULL);
    scene_close(scene);
}

static void state__of_another_mode_or_our_own_region__is_no_neighbour(void **state)
{
    (void)state;
    struct scene *scene = open();
    struct said said = east_of_us();
    said.mode = 2;
    say(scene, &said);
    assert_int_equal(neighbours_told(scene), 0);
    said.mode = 4;
    said.region = "sim-toronto";
    say(scene, &said);
    assert_int_equal(neighbours_told(scene), 0);
    assert_int_equal(refused(scene), 0);
    assert_int_equal(edge_metrics_value(scene->metrics, EDGE_METRIC_TELEMETRY_REFUSED, 3, 0),
                     0);
    scene_close(scene);
}

static void state__of_more_nodes_than_there_is_place_for__the_first_by_name(void **state)
{
    (void)state;
    struct scene *scene = open();
    struct said said = east_of_us();
    char node[40];
    said.node = node;
    for (int i = 39; i >= 0; i--) {
        (void)snprintf(node, sizeof node, "e%02d", i);
        say(scene, &said);
    }
    Drf__V1__NodeState *m = told(scene);
    assert_int_equal(m->n_neighbours, 32);
    assert_string_equal(m->neighbours[0]->node_id, "e00");
    assert_string_equal(m->neighbours[31]->node_id, "e31");
    drf__v1__node_state__free_unpacked(m, NULL);
    assert_int_equal(edge_metrics_value(scene->metrics, EDGE_METRIC_NEIGHBOURS_LEFT_OUT, 0, 0),
                     8);
    scene_close(scene);
}

static void state__of_another_than_its_topic_names__is_refused(void **state)
{
    (void)state;
    struct scene *scene = open();
    struct said said = east_of_us();
    say_as(scene, &said, "sim-west", "e1");
    assert_int_equal(refused(scene), 1);
    say_as(scene, &said, "sim-east", "e2");
    assert_int_equal(refused(scene), 2);
    (void)scene_bytes(scene, "drf-test/v1/regions/sim-east/nodes/n2/state", "\xff", 1);
    scene_step(scene);
    assert_int_equal(refused(scene), 3);
    assert_int_equal(neighbours_told(scene), 0);
    scene_close(scene);
}

static void connection__after_which_a_node_is_not_heard_of__ends_it_after_30_s(void **state)
{
    (void)state;
    struct scene *scene = open();
    struct said gone = east_of_us(), there = gone;
    there.node = "e2";
    for (int i = 0; i < 6; i++) { // as nodes do
        gone.time_us += 10;
        there.time_us += 10;
        say(scene, &gone);
        say(scene, &there);
        scene_run(scene, INT64_C(10) * SCENE_SECOND);
        assert_int_equal(neighbours_told(scene), 2);
    }
    gone.time_us++;
    say(scene, &gone);
    scene->session++;
    scene_step(scene);
    say(scene, &there);
    scene_run(scene, INT64_C(29) * SCENE_SECOND);
    assert_int_equal(neighbours_told(scene), 2);
    scene_run(scene, INT64_C(3) * SCENE_SECOND);
    Drf__V1__NodeState *m = told(scene);
    assert_int_equal(m->n_neighbours, 1);
    assert_string_equal(m->neighbours[0]->node_id, "e2");
    drf__v1__node_state__free_unpacked(m, NULL);
    scene_close(scene);
}

// A site that went with its broker, or behind a bridge that is cut: its retained state stays.
static void node__whose_state_does_not_come_again__ends_after_35_s(void **state)
{
    (void)state;
    struct scene *scene = open();
    struct said said = east_of_us();
    say(scene, &said);
    size_t before = times_told(scene);
    scene_run(scene, INT64_C(34) * SCENE_SECOND);
    assert_int_equal(neighbours_told(scene), 1);
    assert_in_range(times_told(scene) - before, 3, 4); // and ours came again, every ten seconds
    scene_run(scene, INT64_C(2) * SCENE_SECOND);
    assert_int_equal(neighbours_told(scene), 0);
    scene_close(scene);
}

static uint32_t authority(struct scene *scene, double lon_deg)
{
    static uint32_t seq;
    Drf__V1__Telemetry report = scene_report(scene, ++seq);
    report.lat_e7 = 436500000;
    report.lon_e7 = (int32_t)lround(lon_deg * 1e7);
    scene_clear(scene);
    scene_pass(scene, SCENE_SECOND);
    (void)scene_pack(scene, "d-1", "telemetry", &report.base);
    scene_step(scene);
    const struct scene_message *message = scene_last(scene, "d-1", "context");
    assert_non_null(message);
    Drf__V1__Context *context = drf__v1__context__unpack(NULL, message->size, message->bytes);
    assert_non_null(context);
    uint32_t is = context->authority;
    drf__v1__context__free_unpacked(context, NULL);
    return is;
}

enum { SECONDARY = 1, PRIMARY = 2 };

static void overlap__of_a_region_of_greater_priority__is_served_by_it(void **state)
{
    (void)state;
    struct scene *scene = open();
    struct said said = east_of_us();
    said.west = -79.3; // they overlap from there to -79.2
    said.priority = 1;
    assert_int_equal(authority(scene, -79.25), PRIMARY);
    say(scene, &said);
    assert_int_equal(authority(scene, -79.25), SECONDARY);
    assert_int_equal(authority(scene, -79.35), PRIMARY);
    said.condition = 1;
    said.time_us++;
    say(scene, &said);
    assert_int_equal(authority(scene, -79.25), PRIMARY);
    said.condition = 4;
    said.priority = -1;
    say(scene, &said);
    assert_int_equal(authority(scene, -79.25), PRIMARY);
    scene_close(scene);
}

static void overlap__at_equal_priority__is_served_by_the_smaller_id(void **state)
{
    (void)state;
    struct scene *scene = open();
    struct said said = east_of_us(); // "sim-east" < "sim-toronto"
    said.west = -79.3;
    say(scene, &said);
    assert_int_equal(authority(scene, -79.25), SECONDARY);
    scene->config.region_priority = 1;
    assert_int_equal(authority(scene, -79.25), PRIMARY);
    scene_close(scene);
    scene = open();
    said.region = "sim-u";
    say(scene, &said);
    assert_int_equal(authority(scene, -79.25), PRIMARY);
    scene_close(scene);
}

static void own_state__tells_address_and_priority_of_the_configuration(void **state)
{
    (void)state;
    struct scene *scene = scene_open(10);
    (void)snprintf(scene->config.region_address, sizeof scene->config.region_address,
                   "mqtt.example:8883");
    scene->config.region_priority = 12;
    scene_step(scene);
    Drf__V1__NodeState *m = told(scene);
    assert_string_equal(m->address, "mqtt.example:8883");
    assert_int_equal(m->priority, 12);
    drf__v1__node_state__free_unpacked(m, NULL);
    scene_close(scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(state__of_a_region_beside_ours__is_told_as_a_neighbour),
        cmocka_unit_test(state__of_a_region_too_far_away__is_no_neighbour),
        cmocka_unit_test(state__of_a_node_that_is_down_or_deleted__ends_it),
        cmocka_unit_test(state__that_tells_nothing_new_of_it__makes_none_of_ours),
        cmocka_unit_test(state__older_than_the_one_that_is_known__changes_nothing),
        cmocka_unit_test(state__of_another_mode_or_our_own_region__is_no_neighbour),
        cmocka_unit_test(state__of_more_nodes_than_there_is_place_for__the_first_by_name),
        cmocka_unit_test(state__of_another_than_its_topic_names__is_refused),
        cmocka_unit_test(node__whose_state_does_not_come_again__ends_after_35_s),
        cmocka_unit_test(connection__after_which_a_node_is_not_heard_of__ends_it_after_30_s),
        cmocka_unit_test(overlap__of_a_region_of_greater_priority__is_served_by_it),
        cmocka_unit_test(overlap__at_equal_priority__is_served_by_the_smaller_id),
        cmocka_unit_test(own_state__tells_address_and_priority_of_the_configuration),
    };
    return cmocka_run_group_tests_name("edge/others", tests, NULL, NULL);
}
