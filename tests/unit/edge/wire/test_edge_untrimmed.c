// SPDX-License-Identifier: Apache-2.0
// A context for people who look: all that it knows, where a link's would have been cut.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "drf/v1/context.pb-c.h"
#include "edge/wire/wire.h"
#include "schemas/protojson.h"

static char longest[96];
static struct fusion_source source;
static struct geo_obstacle obstacle;
static const struct fusion_obstacle fused = {
    .obstacle = &obstacle, .source = &source, .top_known = true, .top_amsl_m = 300.0};

// Full in every list that a link sheds.
static void fill(struct fusion_context *context)
{
    memset(longest, 'x', sizeof longest - 1);
    (void)snprintf(source.source, sizeof source.source, "%s", longest);
    (void)snprintf(obstacle.id, sizeof obstacle.id, "%.*s", (int)sizeof obstacle.id - 1,
                   longest);
    *context = (struct fusion_context){.obstacle_count = FUSION_NEAREST_MAX,
                                       .obstacles_reason = FUSION_REASON_NONE};
    context->look_ahead.segment_count = FUSION_SEGMENTS_MAX;
    for (size_t i = 0; i < FUSION_NEAREST_MAX; i++)
        context->obstacles[i] = (struct fusion_near){&fused, 10.0 * (double)i, 1.0};
    for (size_t i = 0; i < FUSION_WEATHER_ITEMS; i++)
        context->weather.items[i] =
            (struct fusion_quantity){.reason = FUSION_REASON_NONE, .source = &source};
    for (uint32_t i = 0; i < FUSION_ADVISORIES_MAX; i++) {
        struct fusion_advisory item = {.advisory_id = i + 1,
                                       .severity = FUSION_SEVERITY_INFO,
                                       .kind = FUSION_ADVISORY_TERRAIN,
                                       .source = source.source,
                                       .feature_id = obstacle.id};
        (void)snprintf(item.text, sizeof item.text, "%.*s", (int)sizeof item.text - 1, longest);
        fusion_advisories_add(&context->advisories, &item);
    }
}

static Drf__V1__Context *encode(const struct edge_wire_context *context, size_t *size)
{
    static uint8_t bytes[EDGE_WIRE_UNTRIMMED_MAX];
    ProtobufCMessage *out = NULL;
    struct schemas_protojson_error error;
    *size = sizeof bytes;
    assert_int_equal(edge_wire_context_encode(EDGE_WIRE_JSON, context, bytes, size), DRF_OK);
    assert_int_equal(schemas_protojson_decode(&drf__v1__context__descriptor, (char *)bytes,
                                              *size, NULL, &out, &error),
                     DRF_OK);
    return (Drf__V1__Context *)out;
}

static void context__untrimmed__sheds_nothing_and_has_every_advisory_whole(void **state)
{
    (void)state;
    static struct fusion_context full;
    fill(&full);
    struct edge_wire_context context = {
        .stream = {.region_id = "r", .node_id = "n"}, .context = &full, .untrimmed = true};
    size_t size;
    Drf__V1__Context *out = encode(&context, &size);
    assert_int_equal(out->n_obstacles, 16);
    assert_int_equal(out->look_ahead->n_segments, 8);
    assert_int_equal(out->n_advisories, 32);
    assert_int_equal(out->n_advisories_brief, 0);
    for (size_t i = 0; i < out->n_advisories; i++)
        assert_int_equal(strlen(out->advisories[i]->text), sizeof longest - 1);
    assert_false(out->has_shed);
    assert_false(out->has_obstacles_left_out);
    assert_string_equal(out->weather->qnh_pa->source, source.source);
    assert_string_equal(out->node_id, "n");
    print_message("%zu bytes at most\n", size);
    drf__v1__context__free_unpacked(out, NULL);

    context.untrimmed = false; // the same for a link
    out = encode(&context, &size);
    assert_true(out->n_obstacles < 16);
    assert_true(out->n_advisories <= 8);
    assert_true(out->has_shed);
    drf__v1__context__free_unpacked(out, NULL);
}

static void context__untrimmed_without_room__is_refused(void **state)
{
    (void)state;
    static struct fusion_context full;
    static uint8_t bytes[4096];
    fill(&full);
    const struct edge_wire_context context = {.context = &full, .untrimmed = true};
    size_t size = sizeof bytes;
    assert_int_equal(edge_wire_context_encode(EDGE_WIRE_JSON, &context, bytes, &size),
                     DRF_ERR_FULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(context__untrimmed__sheds_nothing_and_has_every_advisory_whole),
        cmocka_unit_test(context__untrimmed_without_room__is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
