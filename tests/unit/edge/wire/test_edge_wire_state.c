// SPDX-License-Identifier: Apache-2.0
// What edge/wire/wire_state.h promises. Messages are packed by the generated code.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "drf/v1/node.pb-c.h"
#include "edge/wire/wire.h"
#include "edge/wire/wire_state.h"

enum { CORNERS = 1001 };

// Corners on a parallel, from 10 degrees east on; `m` refers to them until it is packed.
struct corners {
    Drf__V1__Vertex vertices[CORNERS], *list[CORNERS];
};

static void set_boundary(Drf__V1__NodeState *m, struct corners *corners, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        drf__v1__vertex__init(&corners->vertices[i]);
        corners->vertices[i].has_lat_e7 = corners->vertices[i].has_lon_e7 = 1;
        corners->vertices[i].lat_e7 = 436500000;
        corners->vertices[i].lon_e7 = 100000000 + (int32_t)i;
        corners->list[i] = &corners->vertices[i];
    }
    m->boundary = corners->list;
    m->n_boundary = count;
}

static enum drf_status read(const Drf__V1__NodeState *m, struct edge_wire_node_state *out)
{
    size_t size = drf__v1__node_state__get_packed_size(m);
    uint8_t *bytes = malloc(size + 1);
    assert_non_null(bytes);
    drf__v1__node_state__pack(m, bytes);
    enum drf_status status = edge_wire_node_state_read(bytes, size, out);
    free(bytes);
    return status;
}

static Drf__V1__NodeState with_boot_id(uint64_t boot_id)
{
    Drf__V1__NodeState m = DRF__V1__NODE_STATE__INIT;
    m.has_boot_id = 1;
    m.boot_id = boot_id;
    return m;
}

static void read__a_whole_state__is_all_there(void **state)
{
    (void)state;
    static char region[] = "north", node[] = "rack-2", address[] = "mqtt.example:8883";
    struct corners *corners = calloc(1, sizeof *corners);
    assert_non_null(corners);
    Drf__V1__NodeState m = with_boot_id(UINT64_C(1700000000001));
    set_boundary(&m, corners, 1000);
    m.has_condition = m.has_node_time_us = m.has_mode = m.has_margin_m = m.has_priority = 1;
    m.condition = 4;
    m.node_time_us = INT64_C(1700000000000000);
    m.mode = 4;
    m.margin_m = 1500.0F;
    m.priority = -3;
    m.region_id = region;
    m.node_id = node;
    m.address = address;
    uint64_t epochs[32] = {[0] = 7, [31] = UINT64_MAX};
    m.owner_epochs = epochs;
    m.n_owner_epochs = 32;
    struct edge_wire_node_state s;
    assert_int_equal(read(&m, &s), DRF_OK);
    free(corners);
    assert_string_equal(s.region_id, "north");
    assert_string_equal(s.node_id, "rack-2");
    assert_string_equal(s.address, "mqtt.example:8883");
    assert_true(s.boot_id == UINT64_C(1700000000001) && s.condition == 4 && !s.down);
    assert_true(s.mode == 4 && s.node_time_utc_us == INT64_C(1700000000000000));
    assert_true(s.margin_m == 1500.0 && s.priority == -3);
    assert_true(s.owner_epochs[0] == 7 && s.owner_epochs[1] == 0
                && s.owner_epochs[31] == UINT64_MAX);
    assert_int_equal(s.boundary_count, 1000);
    assert_true(fabs(s.boundary[999].lat_deg - 43.65) < 1e-12);
    assert_true(fabs(s.boundary[999].lon_deg - 10.0000999) < 1e-12);
}

static void read__a_bare_will__is_down_and_the_rest_absent(void **state)
{
    (void)state;
    Drf__V1__NodeState m = with_boot_id(9);
    m.has_condition = 1;
    m.condition = 1;
    struct edge_wire_node_state s;
    assert_int_equal(read(&m, &s), DRF_OK);
    assert_true(s.down && s.boot_id == 9 && s.boundary_count == 0 && s.mode == 0);
    assert_string_equal(s.region_id, "");
    assert_string_equal(s.address, "");
    assert_true(s.priority == 0 && s.margin_m == 0.0 && s.owner_epochs[0] == 0);
}

static void read__a_condition_that_is_not_known__is_down(void **state)
{
    (void)state;
    static const struct {
        uint32_t condition;
        bool has, down;
    } cases[] = {{0, false, true}, {0, true, true},  {1, true, true}, {2, true, false},
                 {3, true, false}, {4, true, false}, {5, true, true}, {UINT32_MAX, true, true}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        Drf__V1__NodeState m = with_boot_id(9);
        m.has_condition = cases[i].has;
        m.condition = cases[i].condition;
        struct edge_wire_node_state s;
        assert_int_equal(read(&m, &s), DRF_OK);
        assert_int_equal(s.down, cases[i].down);
    }
}

static void read__no_message_or_no_boot_id__is_a_syntax_error(void **state)
{
    (void)state;
    struct edge_wire_node_state s;
    assert_int_equal(edge_wire_node_state_read((const uint8_t *)"\xff\xff", 2, &s),
                     DRF_ERR_SYNTAX);
    Drf__V1__NodeState m = DRF__V1__NODE_STATE__INIT;
    assert_int_equal(read(&m, &s), DRF_ERR_SYNTAX);
}

static void read__what_does_not_fit_or_is_off_the_globe__is_a_range_error(void **state)
{
    (void)state;
    static char long_id[] = "abcdefghijklmnopqrstuvwxyz0123456789X", long_address[400];
    memset(long_address, 'a', sizeof long_address - 1);
    struct corners *corners = calloc(1, sizeof *corners);
    assert_non_null(corners);
    struct edge_wire_node_state s;
    Drf__V1__NodeState m = with_boot_id(9);
    m.region_id = long_id;
    assert_int_equal(read(&m, &s), DRF_ERR_RANGE);
    m = with_boot_id(9);
    m.node_id = long_id;
    assert_int_equal(read(&m, &s), DRF_ERR_RANGE);
    m = with_boot_id(9);
    m.address = long_address;
    assert_int_equal(read(&m, &s), DRF_ERR_RANGE);
    static const size_t wrong[] = {1, 2, 1001};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        m = with_boot_id(9);
        set_boundary(&m, corners, wrong[i]);
        assert_int_equal(read(&m, &s), DRF_ERR_RANGE);
    }
    m = with_boot_id(9);
    set_boundary(&m, corners, 4);
    corners->vertices[3].lat_e7 = 900000001;
    assert_int_equal(read(&m, &s), DRF_ERR_RANGE);
    corners->vertices[3].lat_e7 = 0;
    corners->vertices[3].has_lon_e7 = 0;
    assert_int_equal(read(&m, &s), DRF_ERR_RANGE);
    static const float margins[] = {-1.0F, NAN, INFINITY, 2e6F};
    for (size_t i = 0; i < sizeof margins / sizeof margins[0]; i++) {
        m = with_boot_id(9);
        m.has_margin_m = 1;
        m.margin_m = margins[i];
        assert_int_equal(read(&m, &s), DRF_ERR_RANGE);
    }
    free(corners);
}

// It is told on to drones: one text that is no UTF-8 would make them refuse all of our state.
static void read__an_address_that_is_not_printable_ascii__is_not_told(void **state)
{
    (void)state;
    static char wrong[][16] = {"a\xff.example:1", "a\n.example:1", "a b.example:1", "a\x7f:1"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        Drf__V1__NodeState m = with_boot_id(9);
        m.address = wrong[i];
        struct edge_wire_node_state s;
        assert_int_equal(read(&m, &s), DRF_OK);
        assert_string_equal(s.address, "");
    }
}

static void read__more_epochs_than_parts__takes_those_of_the_parts(void **state)
{
    (void)state;
    uint64_t epochs[40];
    for (size_t i = 0; i < 40; i++)
        epochs[i] = i + 1;
    Drf__V1__NodeState m = with_boot_id(9);
    m.owner_epochs = epochs;
    m.n_owner_epochs = 40;
    struct edge_wire_node_state s;
    assert_int_equal(read(&m, &s), DRF_OK);
    assert_true(s.owner_epochs[31] == 32);
    m.n_owner_epochs = 2;
    assert_int_equal(read(&m, &s), DRF_OK);
    assert_true(s.owner_epochs[1] == 2 && s.owner_epochs[2] == 0 && s.owner_epochs[31] == 0);
}

// Corners on a line, as no region has them: only their number counts.
static void encode__more_corners_than_there_is_room_for__are_boxes(void **state)
{
    (void)state;
    enum { ROOM = 65536, NEIGHBOURS = 40 };
    struct geo_point *ring = calloc(1000, sizeof *ring);
    struct edge_wire_neighbour neighbours[NEIGHBOURS];
    uint8_t *bytes = malloc(ROOM);
    assert_true(ring != NULL && bytes != NULL);
    for (size_t i = 0; i < 1000; i++)
        ring[i] = (struct geo_point){-30 - 0.001 * (double)i, -120 - 0.001 * (double)i};
    for (size_t i = 0; i < NEIGHBOURS; i++)
        neighbours[i] = (struct edge_wire_neighbour){
            .region_id = "abcdefghijklmnopqrstuvwxyz0123456789",
            .node_id = "abcdefghijklmnopqrstuvwxyz0123456789",
            .address = "mqtt.a-rather-long-name.of-a-company.example.org:8883",
            .boundary = ring,
            .boundary_count = i == 1 ? 800 : 1000,
            .margin_m = 2000};
    const struct edge_wire_state from = {.stream = {.region_id = "r", .node_id = "n"},
                                         .condition = 4,
                                         .boundary = ring,
                                         .boundary_count = 1000,
                                         .neighbours = neighbours,
                                         .neighbour_count = NEIGHBOURS};
    size_t size = ROOM;
    assert_int_equal(edge_wire_state_encode(EDGE_WIRE_PROTOBUF, &from, bytes, &size), DRF_OK);
    Drf__V1__NodeState *m = drf__v1__node_state__unpack(NULL, size, bytes);
    assert_non_null(m);
    assert_int_equal(m->n_boundary, 1000);
    assert_int_equal(m->n_neighbours, 32);
    assert_int_equal(m->neighbours[0]->n_boundary, 4);
    assert_int_equal(m->neighbours[0]->boundary[0]->lat_e7, -309990000);
    assert_int_equal(m->neighbours[0]->boundary[0]->lon_e7, -1209990000);
    assert_int_equal(m->neighbours[0]->boundary[2]->lat_e7, -300000000);
    assert_int_equal(m->neighbours[0]->boundary[2]->lon_e7, -1200000000);
    assert_int_equal(m->neighbours[1]->n_boundary, 800);
    assert_int_equal(m->neighbours[31]->n_boundary, 4);
    drf__v1__node_state__free_unpacked(m, NULL);
    free(bytes);
    free(ring);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(read__a_whole_state__is_all_there),
        cmocka_unit_test(read__a_bare_will__is_down_and_the_rest_absent),
        cmocka_unit_test(read__a_condition_that_is_not_known__is_down),
        cmocka_unit_test(read__no_message_or_no_boot_id__is_a_syntax_error),
        cmocka_unit_test(read__what_does_not_fit_or_is_off_the_globe__is_a_range_error),
        cmocka_unit_test(encode__more_corners_than_there_is_room_for__are_boxes),
        cmocka_unit_test(read__an_address_that_is_not_printable_ascii__is_not_told),
        cmocka_unit_test(read__more_epochs_than_parts__takes_those_of_the_parts),
    };
    return cmocka_run_group_tests_name("edge/wire_state", tests, NULL, NULL);
}
