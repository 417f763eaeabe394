// SPDX-License-Identifier: Apache-2.0
// Random contexts: always within 1,200 bytes, always whole when read again, nothing uncounted.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "drf/v1/context.pb-c.h"
#include "edge/wire/wire.h"

static uint64_t seed = UINT64_C(88172645463325252);

static uint64_t next_random(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

static size_t below(size_t limit) { return (size_t)(next_random() >> 33) % limit; }

// Whatever a double can be, not numbers among them.
static double any_number(void)
{
    uint64_t bits = next_random();
    double value;
    memcpy(&value, &bits, sizeof value);
    return below(4) == 0 ? value : (double)(int64_t)bits / 1e15;
}

static struct fusion_number maybe(void)
{
    return (struct fusion_number){.known = below(3) > 0, .value = any_number()};
}

// Any bytes but NUL, any length that fits.
static void any_text(char *text, size_t size)
{
    size_t length = below(size);
    for (size_t i = 0; i < length; i++)
        text[i] = (char)(1 + below(255));
    text[length] = '\0';
}

struct world {
    struct fusion_source sources[4];
    struct geo_obstacle obstacles[4];
    struct fusion_obstacle fused[4];
    struct fusion_context context;
    char region_id[64], node_id[64];
};

static void random_parts(struct world *w)
{
    for (int i = 0; i < 4; i++) {
        any_text(w->sources[i].source, sizeof w->sources[i].source);
        w->sources[i].vertical_acc95_m = any_number();
        any_text(w->obstacles[i].id, sizeof w->obstacles[i].id);
        any_text(w->obstacles[i].kind, sizeof w->obstacles[i].kind);
        w->obstacles[i].flags = (uint32_t)next_random();
        w->obstacles[i].amsl_m = any_number();
        w->obstacles[i].lighting = (uint8_t)next_random();
        w->fused[i] = (struct fusion_obstacle){.obstacle = &w->obstacles[i],
                                               .source = &w->sources[i],
                                               .top_known = below(2) > 0,
                                               .top_amsl_m = any_number()};
    }
    any_text(w->region_id, sizeof w->region_id);
    any_text(w->node_id, sizeof w->node_id);
}

static void random_height(struct world *w)
{
    struct fusion_height *h = &w->context.height;
    struct fusion_number *numbers[] = {
        &h->agl_m,         &h->agl_acc95_m,        &h->aircraft_amsl_m, &h->aircraft_acc95_m,
        &h->ground_amsl_m, &h->surface_amsl_m,     &h->clearance_m,     &h->clearance_low_m,
        &h->geoid_m,       &h->altitude_residual_m};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        *numbers[i] = maybe();
    h->ground_source = below(2) > 0 ? &w->sources[below(4)] : NULL;
    h->surface_source = below(2) > 0 ? &w->sources[below(4)] : NULL;
}

static void random_lists(struct world *w)
{
    struct fusion_context *c = &w->context;
    c->look_ahead.segment_count = below(FUSION_SEGMENTS_MAX + 1);
    for (size_t i = 0; i < c->look_ahead.segment_count; i++)
        c->look_ahead.segments[i] = (struct fusion_segment){.from_m = (double)i,
                                                            .to_m = (double)(i + 1),
                                                            .ground_max_amsl_m = maybe(),
                                                            .ground_mean_amsl_m = maybe(),
                                                            .surface_max_amsl_m = maybe(),
                                                            .clearance_min_m = maybe(),
                                                            .clearance_low_m = maybe(),
                                                            .unknown_ratio = any_number()};
    for (int i = 0; i < FUSION_WEATHER_ITEMS; i++)
        c->weather.items[i] =
            (struct fusion_quantity){.reason = below(2) > 0 ? FUSION_REASON_NONE : 4,
                                     .value = any_number(),
                                     .value_east = any_number(),
                                     .valid_from_utc_us = (int64_t)next_random(),
                                     .data_time_utc_us = (int64_t)next_random(),
                                     .source = &w->sources[below(4)]};
    c->obstacle_count = below(FUSION_NEAREST_MAX + 1);
    c->obstacles_left_out = (uint32_t)below(1000);
    c->obstacles_reason = FUSION_REASON_NONE;
    for (size_t i = 0; i < c->obstacle_count; i++)
        c->obstacles[i] = (struct fusion_near){&w->fused[below(4)], any_number(), any_number()};
    size_t advisories = below(2) > 0 ? below(4) : below(FUSION_ADVISORIES_MAX + 9);
    for (size_t i = 0; i < advisories; i++) {
        struct fusion_advisory a = {.advisory_id = (uint32_t)next_random(),
                                    .severity = (enum fusion_severity)(1 + below(3)),
                                    .kind = (enum fusion_advisory_kind)(1 + below(15)),
                                    .value_known = below(2) > 0,
                                    .value = any_number(),
                                    .unit = "m",
                                    .source = w->sources[below(4)].source,
                                    .feature_id = w->obstacles[below(4)].id};
        any_text(a.text, sizeof a.text);
        fusion_advisories_add(&c->advisories, &a);
    }
}

static void check(const struct world *w)
{
    static uint8_t bytes[EDGE_WIRE_CONTEXT_MAX], text[EDGE_WIRE_JSON_MAX];
    const struct fusion_context *c = &w->context;
    struct edge_wire_context wire = {.stream = {.region_id = w->region_id,
                                                .node_id = w->node_id,
                                                .boot_id = next_random(),
                                                .seq = (uint32_t)next_random(),
                                                .node_time_utc_us = (int64_t)next_random()},
                                     .context = c,
                                     .bytes_max = below(2) > 0 ? 0 : (uint32_t)below(2000)};
    size_t size = sizeof bytes, text_size = sizeof text;
    assert_int_equal(edge_wire_context_encode(EDGE_WIRE_PROTOBUF, &wire, bytes, &size), DRF_OK);
    assert_true(size <= EDGE_WIRE_CONTEXT_MAX);
    Drf__V1__Context *back = drf__v1__context__unpack(NULL, size, bytes);
    assert_non_null(back);
    assert_int_equal(back->n_obstacles
                         + (back->has_obstacles_left_out ? back->obstacles_left_out : 0),
                     c->obstacle_count + c->obstacles_left_out);
    assert_int_equal(back->n_advisories + back->n_advisories_brief
                         + (back->has_advisories_left_out ? back->advisories_left_out : 0),
                     c->advisories.count + c->advisories.left_out);
    if (c->look_ahead.segment_count > 0) {
        const Drf__V1__LookAhead *ahead = back->look_ahead;
        assert_true(ahead->segments[0]->from_m == 0.0F);
        assert_true(ahead->segments[ahead->n_segments - 1]->to_m
                    == (float)c->look_ahead.segment_count);
    }
    assert_false(back->height->has_agl_m && !isfinite(back->height->agl_m));
    drf__v1__context__free_unpacked(back, NULL);
    assert_int_equal(edge_wire_context_encode(EDGE_WIRE_JSON, &wire, text, &text_size), DRF_OK);
}

static void context__whatever_is_in_it__fits_and_counts(void **state)
{
    (void)state;
    static struct world w;
    for (int i = 0; i < 5000; i++) {
        memset(&w, 0, sizeof w);
        random_parts(&w);
        random_height(&w);
        random_lists(&w);
        check(&w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(context__whatever_is_in_it__fits_and_counts)};
    return cmocka_run_group_tests_name("edge/wire", tests, NULL, NULL);
}
