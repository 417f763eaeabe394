// SPDX-License-Identifier: Apache-2.0
// What a context says of its values beside them: schemas/client.md, section Provenance.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "drf/v1/context.pb-c.h"
#include "drf/v1/enums.pb-c.h"
#include "edge/wire/wire.h"
#include "fusion/aircraft/surroundings.h"

#define NOW_US INT64_C(1700000000000000)

struct sent {
    struct fusion_source source;
    struct geo_obstacle obstacle;
    struct fusion_obstacle fused;
    struct fusion_context context;
};

static void make(struct sent *f)
{
    *f = (struct sent){.source = {.source = "eta", .data_time_utc_us = INT64_MIN}};
    f->fused = (struct fusion_obstacle){.obstacle = &f->obstacle, .source = &f->source};
    f->context.look_ahead.segment_count = 1;
    for (int i = 0; i < FUSION_WEATHER_ITEMS; i++)
        f->context.weather.items[i] = (struct fusion_quantity){.reason = FUSION_REASON_NONE,
                                                               .value = 3.0,
                                                               .data_time_utc_us = NOW_US,
                                                               .issue_utc_us = NOW_US,
                                                               .source = &f->source};
    f->context.weather.present.reason = FUSION_REASON_NO_DATA;
}

static Drf__V1__Context *encode(const struct sent *f)
{
    const struct edge_wire_context wire = {
        .context = &f->context,
        .stream = {.region_id = "r", .node_id = "n", .node_time_utc_us = NOW_US}};
    uint8_t bytes[EDGE_WIRE_CONTEXT_MAX];
    size_t size = sizeof bytes;
    assert_int_equal(edge_wire_context_encode(EDGE_WIRE_PROTOBUF, &wire, bytes, &size), DRF_OK);
    Drf__V1__Context *back = drf__v1__context__unpack(NULL, size, bytes);
    assert_non_null(back);
    return back;
}

static void context__a_surface_made_by_a_tower__names_it_with_its_accuracy(void **state)
{
    (void)state;
    static struct sent f;
    make(&f);
    memcpy(f.source.source, "dof/faa", 8);
    memcpy(f.obstacle.id, "36-000001", 10);
    f.obstacle.vertical_acc95_m = 6.0;
    f.obstacle.data_time_utc_us = NOW_US;
    f.obstacle.flags = GEO_OBSTACLE_VERTICAL_ASSUMED | GEO_OBSTACLE_HAS_DATA_TIME;
    f.context.height.surface_amsl_m = (struct fusion_number){true, 120.0};
    f.context.height.surface_source = &f.source;
    f.context.height.surface_reason = FUSION_REASON_OBSTACLE_TOP;
    f.context.height.surface_obstacle = &f.fused;
    Drf__V1__Context *back = encode(&f);
    assert_string_equal(back->height->surface_feature_id, "36-000001");
    assert_true(back->height->surface_acc95_m == 6.0F);
    assert_true(back->height->surface_accuracy_assumed);
    assert_true(back->height->surface_data_time_us == NOW_US);
    assert_int_equal(back->height->surface_reason, DRF__V1__REASON__REASON_OBSTACLE_TOP);
    drf__v1__context__free_unpacked(back, NULL);
}

static void context__issue_times__are_said_where_they_differ_from_the_winds(void **state)
{
    (void)state;
    static struct sent f;
    make(&f);
    f.context.weather.items[FUSION_QNH].issue_utc_us = NOW_US + 5; // a station's
    Drf__V1__Context *back = encode(&f);
    assert_true(back->weather->wind->issue_time_us == NOW_US);
    assert_false(back->weather->gust_mps->has_issue_time_us);
    assert_true(back->weather->qnh_pa->issue_time_us == NOW_US + 5);
    drf__v1__context__free_unpacked(back, NULL);
    f.context.weather.items[FUSION_WIND] =
        (struct fusion_quantity){.reason = FUSION_REASON_NO_ALTITUDE};
    back = encode(&f);
    assert_true(back->weather->gust_mps->issue_time_us == NOW_US);
    drf__v1__context__free_unpacked(back, NULL);
}

static void context__traffic__says_whose_accuracy_it_is(void **state)
{
    (void)state;
    static struct sent f;
    static const struct {
        struct fusion_neighbour other;
        bool assumed, here;
    } cases[] = {
        {{.source = "air", .horizontal_acc95_m = 30.0, .amsl_acc95_m = 4.0, .growth_mps = 1.5},
         false,
         false},
        {{.source = "air", .horizontal_assumed = true}, true, false},
        {{.source = "air", .altitude_assumed = true}, false, false}, // it has no height
        {{.source = "air", .altitude_assumed = true, .pressure_known = true}, true, false},
        {{.source = NULL}, false, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        make(&f);
        f.context.traffic_count = 1;
        f.context.traffic[0] = (struct fusion_near_traffic){.other = &cases[i].other};
        Drf__V1__Context *back = encode(&f);
        assert_int_equal(back->n_traffic, 1);
        const Drf__V1__Traffic *t = back->traffic[0];
        assert_int_equal(t->has_accuracy_assumed && t->accuracy_assumed, cases[i].assumed);
        assert_int_equal(t->has_reports_here && t->reports_here, cases[i].here);
        assert_true((t->source == NULL) == cases[i].here);
        assert_int_equal(t->has_velocity_acc95_mps, i == 0);
        assert_true(i != 0 || t->velocity_acc95_mps == 1.5F);
        drf__v1__context__free_unpacked(back, NULL);
    }
}

static bool holds(const uint8_t *bytes, size_t size, const char *part, size_t length)
{
    for (size_t at = 0; at + length <= size; at++)
        if (memcmp(bytes + at, part, length) == 0)
            return true;
    return false;
}

// By the encoding of Protocol Buffers: the tag is number x 8 + 2 as a varint, then the length.
static void context__traffic__has_address_and_category_where_they_are_known(void **state)
{
    (void)state;
    static struct sent f;
    static const struct fusion_neighbour others[] = {
        {.traffic_id = "ac671b", .icao24 = "ac671b", .category = "A1", .source = "air"},
        {.traffic_id = "~2a3f01", .category = "B6", .source = "air"},
        {.traffic_id = "d-2"},
    };
    for (size_t i = 0; i < 3; i++) {
        make(&f);
        f.context.traffic_count = 1;
        f.context.traffic[0] = (struct fusion_near_traffic){.other = &others[i]};
        Drf__V1__Context *back = encode(&f);
        assert_int_equal(back->n_traffic, 1);
        uint8_t bytes[512];
        assert_true(drf__v1__traffic__get_packed_size(back->traffic[0]) <= sizeof bytes);
        assert_int_equal(back->base.n_unknown_fields, 0);
        size_t size = drf__v1__traffic__pack(back->traffic[0], bytes);
        assert_int_equal(holds(bytes, size,
                               "\xca\x01\x06"
                               "ac671b",
                               9),
                         i == 0);
        assert_int_equal(holds(bytes, size, "\xca\x01", 2), i == 0);
        assert_int_equal(holds(bytes, size,
                               "\xd2\x01\x02"
                               "A1",
                               5),
                         i == 0);
        assert_int_equal(holds(bytes, size,
                               "\xd2\x01\x02"
                               "B6",
                               5),
                         i == 1);
        assert_int_equal(holds(bytes, size, "\xd2\x01", 2), i < 2);
        drf__v1__context__free_unpacked(back, NULL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(context__a_surface_made_by_a_tower__names_it_with_its_accuracy),
        cmocka_unit_test(context__issue_times__are_said_where_they_differ_from_the_winds),
        cmocka_unit_test(context__traffic__says_whose_accuracy_it_is),
        cmocka_unit_test(context__traffic__has_address_and_category_where_they_are_known),
    };
    return cmocka_run_group_tests_name("edge/wire_provenance", tests, NULL, NULL);
}
