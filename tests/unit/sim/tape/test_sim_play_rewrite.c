// SPDX-License-Identifier: Apache-2.0
// What sim/tape/play_rewrite.h promises.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "drf/v1/context.pb-c.h"
#include "drf/v1/enums.pb-c.h"
#include "drf/v1/plan.pb-c.h"
#include "drf/v1/telemetry.pb-c.h"
#include "sim/tape/play_rewrite.h"

static struct sim_play_rewriter *open_rewriter(void)
{
    struct sim_play_rewriter *rewriter = NULL;
    assert_int_equal(sim_play_rewriter_open("drf-test/v1", &rewriter), DRF_OK);
    return rewriter;
}

static struct drf_recorded_mqtt telemetry(uint8_t room[static 256])
{
    Drf__V1__Seen seen = DRF__V1__SEEN__INIT;
    seen.has_boot_id = seen.has_context_seq = true;
    seen.boot_id = 5;
    seen.context_seq = 6;
    Drf__V1__Telemetry made = DRF__V1__TELEMETRY__INIT;
    made.has_seq = made.has_time_us = made.has_drone_boot_id = made.has_mode = true;
    made.seq = 3;
    made.time_us = 1000;
    made.drone_boot_id = 9;
    made.mode = DRF__V1__MODE__MODE_LIVE;
    made.seen = &seen;
    size_t size = drf__v1__telemetry__pack(&made, room);
    room[size] = 0xf8; // field 1007, which this program does not know: 7
    room[size + 1] = 0x3e;
    room[size + 2] = 7;
    return (struct drf_recorded_mqtt){.topic = "drf/v1/drones/d1/telemetry",
                                      .payload = room,
                                      .size = size + 3,
                                      .qos = 1,
                                      .retain = true,
                                      .expiry_s = 4};
}

static Drf__V1__Telemetry *read_telemetry(const struct drf_recorded_mqtt *message)
{
    Drf__V1__Telemetry *made =
        drf__v1__telemetry__unpack(NULL, message->size, message->payload);
    assert_non_null(made);
    return made;
}

static void rewrite__live_telemetry__is_marked_moved_and_keeps_the_rest(void **state)
{
    (void)state;
    uint8_t room[256];
    struct sim_play_rewriter *rewriter = open_rewriter();
    struct drf_recorded_mqtt in = telemetry(room), out;
    assert_int_equal(sim_play_rewrite(rewriter, &in, (struct sim_play_change){50, 100}, &out),
                     DRF_OK);
    assert_string_equal(out.topic, "drf-test/v1/drones/d1/telemetry");
    assert_int_equal(out.qos, 1);
    assert_true(out.retain);
    assert_int_equal(out.expiry_s, 4);
    Drf__V1__Telemetry *told = read_telemetry(&out);
    assert_int_equal(told->mode, DRF__V1__MODE__MODE_REPLAY);
    assert_int_equal(told->time_us, 1050);
    assert_int_equal(told->drone_boot_id, 109);
    assert_int_equal(told->seq, 3);
    assert_int_equal(told->seen->boot_id, 0); // nothing was heard from this node yet
    assert_int_equal(told->base.n_unknown_fields, 1);
    drf__v1__telemetry__free_unpacked(told, NULL);
    sim_play_rewriter_close(rewriter);
}

static void heard__contexts__are_named_as_seen(void **state)
{
    (void)state;
    uint8_t room[256], context_room[64];
    struct sim_play_rewriter *rewriter = open_rewriter();
    Drf__V1__Context context = DRF__V1__CONTEXT__INIT;
    context.has_boot_id = context.has_seq = true;
    static const uint64_t boots[] = {70, 70, 69, 80};
    static const uint32_t seqs[] = {1, 2, 99, 1}, wanted[] = {1, 2, 2, 1};
    for (size_t i = 0; i < 4; i++) {
        context.boot_id = boots[i];
        context.seq = seqs[i];
        struct drf_recorded_mqtt heard = {.topic = "drf-test/v1/drones/d1/context/r",
                                          .payload = context_room,
                                          .size =
                                              drf__v1__context__pack(&context, context_room)};
        sim_play_heard(rewriter, &heard);
        struct drf_recorded_mqtt in = telemetry(room), out;
        assert_int_equal(sim_play_rewrite(rewriter, &in, (struct sim_play_change){0, 0}, &out),
                         DRF_OK);
        Drf__V1__Telemetry *told = read_telemetry(&out);
        assert_int_equal(told->seen->boot_id, i == 3 ? 80 : 70);
        assert_int_equal(told->seen->context_seq, wanted[i]);
        drf__v1__telemetry__free_unpacked(told, NULL);
    }
    sim_play_rewriter_close(rewriter);
}

static void rewrite__json__stays_json(void **state)
{
    (void)state;
    struct sim_play_rewriter *rewriter = open_rewriter();
    const char *text = "{\"seq\":3,\"time_us\":\"1000\",\"mode\":4,\"alt_amsl_m\":12.5}";
    struct drf_recorded_mqtt in = {.topic = "drf/v1/drones/d1/telemetry",
                                   .payload = (const uint8_t *)text,
                                   .size = strlen(text),
                                   .json = true};
    struct drf_recorded_mqtt out;
    assert_int_equal(sim_play_rewrite(rewriter, &in, (struct sim_play_change){-1, 0}, &out),
                     DRF_OK);
    const char *wanted = "{\"seq\":3,\"time_us\":\"999\",\"alt_amsl_m\":12.5,\"mode\":3}";
    assert_true(out.json);
    assert_int_equal(out.size, strlen(wanted));
    assert_memory_equal(out.payload, wanted, out.size);
    sim_play_rewriter_close(rewriter);
}

static void rewrite__a_plan_and_a_query__move_their_times_and_topics(void **state)
{
    (void)state;
    uint8_t room[128];
    struct sim_play_rewriter *rewriter = open_rewriter();
    Drf__V1__Plan plan = DRF__V1__PLAN__INIT;
    plan.has_valid_from_us = plan.has_valid_until_us = true;
    plan.valid_from_us = 10;
    plan.valid_until_us = 20;
    struct drf_recorded_mqtt in = {.topic = "sim/x/drones/d1/plan",
                                   .payload = room,
                                   .size = drf__v1__plan__pack(&plan, room)};
    struct drf_recorded_mqtt out;
    assert_int_equal(sim_play_rewrite(rewriter, &in, (struct sim_play_change){5, 0}, &out),
                     DRF_OK);
    assert_string_equal(out.topic, "drf-test/v1/drones/d1/plan");
    Drf__V1__Plan *told = drf__v1__plan__unpack(NULL, out.size, out.payload);
    assert_non_null(told);
    assert_int_equal(told->valid_from_us, 15);
    assert_int_equal(told->valid_until_us, 25);
    drf__v1__plan__free_unpacked(told, NULL);
    in = (struct drf_recorded_mqtt){.topic = "drf/v1/query/c",
                                    .response_topic = "drf/v1/query/c/reply",
                                    .correlation = (const uint8_t *)"7",
                                    .correlation_size = 1};
    assert_int_equal(sim_play_rewrite(rewriter, &in, (struct sim_play_change){5, 0}, &out),
                     DRF_OK);
    assert_string_equal(out.topic, "drf-test/v1/query/c");
    assert_string_equal(out.response_topic, "drf-test/v1/query/c/reply");
    assert_int_equal(out.size, 0);
    sim_play_rewriter_close(rewriter);
}

static void rewrite__what_cannot_be_marked__is_refused(void **state)
{
    (void)state;
    struct sim_play_rewriter *rewriter = open_rewriter();
    struct drf_recorded_mqtt in = {.topic = "drf/v1/drones/d1/telemetry",
                                   .payload = (const uint8_t *)"\xff\xff",
                                   .size = 2};
    struct drf_recorded_mqtt out;
    struct sim_play_change change = {0, 0};
    assert_int_equal(sim_play_rewrite(rewriter, &in, change, &out), DRF_ERR_SYNTAX);
    in.json = true;
    assert_int_equal(sim_play_rewrite(rewriter, &in, change, &out), DRF_ERR_SYNTAX);
    in.topic = "something/else";
    assert_int_equal(sim_play_rewrite(rewriter, &in, change, &out), DRF_ERR_SYNTAX);
    assert_int_equal(sim_play_kind_of("something/else"), SIM_PLAY_OTHER);
    assert_int_equal(sim_play_kind_of("drf/v1/drones/d/telemetry"), SIM_PLAY_INPUT);
    assert_int_equal(sim_play_kind_of("drf/v1/query/c"), SIM_PLAY_INPUT);
    assert_int_equal(sim_play_kind_of("drf/v1/query/c/reply"), SIM_PLAY_OUTPUT);
    assert_int_equal(sim_play_kind_of("drf/v1/drones/d/context/r"), SIM_PLAY_OUTPUT);
    sim_play_rewriter_close(rewriter);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rewrite__live_telemetry__is_marked_moved_and_keeps_the_rest),
        cmocka_unit_test(heard__contexts__are_named_as_seen),
        cmocka_unit_test(rewrite__json__stays_json),
        cmocka_unit_test(rewrite__a_plan_and_a_query__move_their_times_and_topics),
        cmocka_unit_test(rewrite__what_cannot_be_marked__is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
