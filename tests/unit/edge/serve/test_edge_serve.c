// SPDX-License-Identifier: Apache-2.0
// What edge/serve/serve.h and the client contract promise about contexts: pace,
// acknowledgement, push, overload, announcements. Time is simulated, the link is a double.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/serve_scene.h"

static void report_as(struct scene *scene, const char *id, uint32_t seq, uint32_t seen)
{
    Drf__V1__Telemetry report = scene_report(scene, seq);
    Drf__V1__Seen acknowledgement = DRF__V1__SEEN__INIT;
    SCENE_SET(&acknowledgement, boot_id, SCENE_BOOT_ID);
    SCENE_SET(&acknowledgement, context_seq, seen);
    if (seen > 0)
        report.seen = &acknowledgement;
    (void)scene_pack(scene, id, "telemetry", &report.base);
}

static Drf__V1__Context *context_of(const struct scene_message *message)
{
    assert_non_null(message);
    Drf__V1__Context *context = drf__v1__context__unpack(NULL, message->size, message->bytes);
    assert_non_null(context);
    return context;
}

static uint32_t last_seq(const struct scene *scene, const char *id)
{
    const struct scene_message *message = scene_last(scene, id, "context");
    if (message == NULL)
        return 0;
    Drf__V1__Context *context = context_of(message);
    uint32_t seq = context->seq;
    drf__v1__context__free_unpacked(context, NULL);
    return seq;
}

static void step__a_report__is_answered_with_a_context_in_the_same_step(void **state)
{
    (void)state;
    struct scene *scene = scene_open(10);
    report_as(scene, "d-1", 41, 0);
    scene_step(scene);
    const struct scene_message *message = scene_last(scene, "d-1", "context");
    Drf__V1__Context *context = context_of(message);
    assert_true(context->boot_id == SCENE_BOOT_ID);
    assert_int_equal(context->seq, 1);
    assert_true(context->node_time_us == scene->now.utc_us);
    assert_int_equal(context->stale_after_ms, 3000);
    assert_int_equal(context->mode, 4);
    assert_int_equal(context->authority, 2);
    assert_int_equal(context->telemetry_seq, 41);
    assert_true(context->telemetry_drone_boot_id == 77);
    assert_int_equal(context->plan_state, 1);
    assert_false(context->has_pushed && context->pushed);
    assert_true(context->epoch == scene->epoch);
    drf__v1__context__free_unpacked(context, NULL);
    assert_int_equal(message->out.qos, 0);
    assert_false(message->out.retain);
    assert_int_equal(message->out.expiry_s, 3);
    assert_true(message->size <= 1200);
    assert_int_equal(scene_count(scene, "d-1", "reply"), 0);
    assert_int_equal(edge_mailbox_acknowledged(&scene->mailbox), scene->epoch);
    scene_close(scene);
}

static void step__in_the_margin__is_secondary(void **state)
{
    (void)state;
    struct scene *scene = scene_open(10);
    Drf__V1__Telemetry report = scene_report(scene, 1);
    report.lat_e7 = 438080000; // 0.008 degrees north of the region: 890 m
    (void)scene_pack(scene, "d-1", "telemetry", &report.base);
    scene_step(scene);
    Drf__V1__Context *context = context_of(scene_last(scene, "d-1", "context"));
    assert_int_equal(context->authority, 1);
    drf__v1__context__free_unpacked(context, NULL);
    scene_close(scene);
}

// Reports every `every_us` for ten seconds, seeing everything; how many contexts came back.
static size_t ten_seconds(struct scene *scene, const char *id, int64_t every_us, bool seeing)
{
    scene_clear(scene);
    uint32_t seq = 1000;
    uint32_t seen = 0;
    for (int64_t passed = 0; passed < 10 * SCENE_SECOND; passed += every_us) {
        uint32_t last = last_seq(scene, id);
        seen = seeing && last > 0 ? last : seen;
        report_as(scene, id, seq++, seen);
        scene_step(scene);
        scene_run(scene, every_us);
    }
    return scene_count(scene, id, "context");
}

static void step__reports_at_the_default_rate__are_each_answered(void **state)
{
    (void)state;
    struct scene *scene = scene_open(10);
    assert_int_equal(ten_seconds(scene, "d-1", 200 * SCENE_MS, true), 50);
    scene_close(scene);
}

static void step__reports_at_four_times_the_rate__are_answered_at_the_rate(void **state)
{
    (void)state;
    struct scene *scene = scene_open(10);
    size_t count = ten_seconds(scene, "d-1", 50 * SCENE_MS, true);
    assert_in_range(count, 49, 52);
    // The newest report is what each context answers: none is more than a report behind.
    Drf__V1__Context *context = context_of(scene_last(scene, "d-1", "context"));
    assert_true(context->telemetry_seq >= 1199 - 4);
    drf__v1__context__free_unpacked(context, NULL);
    scene_close(scene);
}

static void step__one_report_too_early__is_answered_in_its_turn(void **state)
{
    (void)state;
    struct scene *scene = scene_open(10);
    report_as(scene, "d-1", 1, 0);
    scene_step(scene);
    scene_pass(scene, 20 * SCENE_MS);
    report_as(scene, "d-1", 2, 0);
    scene_step(scene);
    scene_pass(scene, 20 * SCENE_MS);
    report_as(scene, "d-1", 3, 0);
    scene_step(scene);
    size_t before = scene_count(scene, "d-1", "context");
    assert_in_range(before, 1, 2); // a late schedule lends one
    scene_run(scene, 400 * SCENE_MS);
    Drf__V1__Context *context = context_of(scene_last(scene, "d-1", "context"));
    assert_int_equal(context->telemetry_seq, 3);
    drf__v1__context__free_unpacked(context, NULL);
    assert_int_equal(scene_count(scene, "d-1", "context"), before + 1);
    scene_close(scene);
}

static void step__contexts_unseen_for_two_seconds__come_once_a_second_until_seen(void **state)
{
    (void)state;
    struct scene *scene = scene_open(10);
    // 5 Hz for two seconds and a little, then eight at 1 Hz.
    assert_in_range(ten_seconds(scene, "d-1", 200 * SCENE_MS, false), 18, 20);
    assert_true(scene_metric(scene, EDGE_METRIC_SHED, EDGE_SHED_UNSEEN) > 0);
    scene_run(scene, 300 * SCENE_MS);
    uint32_t seen = last_seq(scene, "d-1");
    scene_clear(scene);
    report_as(scene, "d-1", 5000, seen); // it recovers at once
    scene_step(scene);
    assert_int_equal(scene_count(scene, "d-1", "context"), 1);
    scene_close(scene);
}

static void step__unseen_by_a_profile_that_does_not_mind__keeps_the_rate(void **state)
{
    (void)state;
    struct scene *scene = scene_open(10);
    Drf__V1__Profile profile = DRF__V1__PROFILE__INIT;
    SCENE_SET(&profile, ignore_seen, 1);
    SCENE_SET(&profile, rate_hz, 10.0F);
    (void)scene_pack(scene, "d-1", "profile", &profile.base);
    scene_step(scene);
    assert_int_equal(ten_seconds(scene, "d-1", 100 * SCENE_MS, false), 100);
    scene_close(scene);
}

static void step__a_budget_of_bytes__is_kept_whatever_the_rate(void **state)
{
    (void)state;
    struct scene *scene = scene_open(10);
    Drf__V1__Profile profile = DRF__V1__PROFILE__INIT;
    SCENE_SET(&profile, link_bytes_per_s, 1000);
    SCENE_SET(&profile, rate_hz, 10.0F);
    (void)scene_pack(scene, "d-1", "profile", &profile.base);
    scene_step(scene);
    size_t count = ten_seconds(scene, "d-1", 100 * SCENE_MS, true);
    size_t bytes = 0;
    for (size_t i = 0; i < scene->sent_count; i++)
        if (scene_is(&scene->sent[i], "d-1", "context"))
            bytes += scene->sent[i].size;
    assert_true(bytes <= 10 * 1000 + 1200);
    assert_in_range(count, 10, 60);
    Drf__V1__Context *context = context_of(scene_last(scene, "d-1", "context"));
    assert_true((context->shed & 4) != 0); // and it says so
    drf__v1__context__free_unpacked(context, NULL);
    scene_close(scene);
}

static void step__a_link_that_is_backed_up__sends_the_newest_later(void **state)
{
    (void)state;
    struct scene *scene = scene_open(10);
    scene_step(scene); // heartbeat and state
    scene_clear(scene);
    scene->room = 0;
    report_as(scene, "d-1", 1, 0);
    scene_step(scene);
    scene_pass(scene, 250 * SCENE_MS);
    report_as(scene, "d-1", 2, 0);
    scene_step(scene);
    assert_int_equal(scene->sent_count, 0);
    assert_true(scene->next_mono_us <= scene->now.mono_us + 10 * SCENE_MS);
    assert_int_equal(scene_metric(scene, EDGE_METRIC_SHED, EDGE_SHED_CONTEXT), 1);
    scene->room = 1000;
    scene_run(scene, 10 * SCENE_MS);
    assert_int_equal(scene_count(scene, "d-1", "context"), 1);
    Drf__V1__Context *context = context_of(scene_last(scene, "d-1", "context"));
    assert_int_equal(context->seq, 1); // numbers are taken when the link takes the message
    assert_int_equal(context->telemetry_seq, 2);
    drf__v1__context__free_unpacked(context, NULL);
    scene_close(scene);
}

static void step__a_change_ahead__is_pushed_to_the_concerned_and_nobody_else(void **state)
{
    (void)state;
    struct scene *scene = scene_open(10);
    Drf__V1__Telemetry report = scene_report(scene, 1); // 15 m/s to the east
    (void)scene_pack(scene, "east", "telemetry", &report.base);
    report.velocity_east_mps = -15.0F;
    (void)scene_pack(scene, "west", "telemetry", &report.base);
    report.lat_e7 = 436900000; // 4.4 km north
    (void)scene_pack(scene, "north", "telemetry", &report.base);
    scene_step(scene);
    scene_pass(scene, 500 * SCENE_MS);
    scene_clear(scene);
    // 400 m east of them: 0.005 degrees of longitude.
    const struct fusion_change change = {.bounds = {-79.3751, 43.6499, -79.3750, 43.6501},
                                         .layers = 1 << FUSION_LAYER_OBSTACLE};
    scene_root(scene, &change, 1);
    scene_step(scene);
    assert_int_equal(scene_count(scene, "east", "context"), 1);
    assert_int_equal(scene_count(scene, "west", "context"), 0);
    assert_int_equal(scene_count(scene, "north", "context"), 0);
    Drf__V1__Context *context = context_of(scene_last(scene, "east", "context"));
    assert_true(context->pushed);
    assert_true(context->epoch == scene->epoch);
    assert_int_equal(context->telemetry_seq, 1);
    drf__v1__context__free_unpacked(context, NULL);
    assert_int_equal(scene_metric(scene, EDGE_METRIC_CONTEXTS_PUSHED, 0), 1);

    // The next report is answered as ever: a push takes nobody's turn.
    scene_pass(scene, 10 * SCENE_MS);
    scene_clear(scene);
    report_as(scene, "east", 2, 0);
    scene_step(scene);
    assert_int_equal(scene_count(scene, "east", "context"), 1);
    scene_close(scene);
}

static void step__a_report_too_early_for_its_turn__does_not_hold_a_push_back(void **state)
{
    (void)state;
    struct scene *scene = scene_open(10);
    for (uint32_t seq = 1; seq <= 2; seq++) { // the second uses what the slack lends
        report_as(scene, "d-1", seq, 0);
        scene_step(scene);
        scene_pass(scene, 20 * SCENE_MS);
    }
    scene_clear(scene);
    const struct fusion_change change = {.bounds = {-80, 43, -79, 44}, .layers = 2};
    scene_root(scene, &change, 1);
    report_as(scene, "d-1", 3, 0);
    scene_step(scene);
    assert_int_equal(scene_count(scene, "d-1", "context"), 1);
    Drf__V1__Context *context = context_of(scene_last(scene, "d-1", "context"));
    assert_true(context->pushed);
    assert_int_equal(context->telemetry_seq, 3);
    assert_true(context->epoch == scene->epoch);
    drf__v1__context__free_unpacked(context, NULL);
    scene_close(scene);
}

static void step__changes_without_end__push_no_faster_than_the_rate(void **state)
{
    (void)state;
    struct scene *scene = scene_open(10);
    Drf__V1__Profile profile = DRF__V1__PROFILE__INIT;
    SCENE_SET(&profile, ignore_seen, 1);
    (void)scene_pack(scene, "d-1", "profile", &profile.base);
    report_as(scene, "d-1", 1, 0);
    scene_step(scene);
    scene_clear(scene);
    const struct fusion_change change = {.bounds = {-80, 43, -79, 44},
                                         .layers = 1 << FUSION_LAYER_GROUND};
    for (int i = 0; i < 100; i++) {
        scene_root(scene, &change, 1);
        scene_step(scene);
        scene_run(scene, 20 * SCENE_MS);
    }
    assert_in_range(scene_count(scene, "d-1", "context"), 9, 12); // 2 s at 5 Hz
    scene_close(scene);
}

static void step__without_a_root__says_that_the_node_is_loading(void **state)
{
    (void)state;
    struct scene *scene = scene_open(10);
    (void)edge_mailbox_take(&scene->mailbox);
    report_as(scene, "d-1", 1, 0);
    scene_step(scene);
    assert_int_equal(scene_count(scene, "d-1", "context"), 0);
    const struct scene_message *message = scene_last(scene, "d-1", "reply");
    assert_non_null(message);
    Drf__V1__Reply *reply = drf__v1__reply__unpack(NULL, message->size, message->bytes);
    assert_int_equal(reply->code, 11);
    drf__v1__reply__free_unpacked(reply, NULL);
    scene_close(scene);
}

static const char heartbeat_topic[] = "drf-test/v1/regions/sim-toronto/nodes/n1/heartbeat";
static const char state_topic[] = "drf-test/v1/regions/sim-toronto/nodes/n1/state";

static size_t count_topic(const struct scene *scene, const char *topic,
                          const struct scene_message **last)
{
    size_t count = 0;
    for (size_t i = 0; i < scene->sent_count; i++)
        if (strcmp(scene->sent[i].topic, topic) == 0) {
            *last = &scene->sent[i];
            count++;
        }
    return count;
}

static void step__heartbeat__comes_once_a_second_and_is_small(void **state)
{
    (void)state;
    struct scene *scene = scene_open(10);
    scene_step(scene);
    scene_run(scene, 10 * SCENE_SECOND);
    const struct scene_message *last = NULL;
    assert_int_equal(count_topic(scene, heartbeat_topic, &last), 11);
    assert_true(last->size <= 64);
    assert_int_equal(last->out.qos, 0);
    assert_false(last->out.retain);
    Drf__V1__Heartbeat *heartbeat = drf__v1__heartbeat__unpack(NULL, last->size, last->bytes);
    assert_int_equal(heartbeat->seq, 11);
    assert_int_equal(heartbeat->condition, 4);
    assert_true(heartbeat->boot_id == SCENE_BOOT_ID);
    drf__v1__heartbeat__free_unpacked(heartbeat, NULL);
    scene_close(scene);
}

static void step__state__is_retained_and_sent_on_change_and_on_connection(void **state)
{
    (void)state;
    struct scene *scene = scene_open(10);
    scene_step(scene);
    scene_run(scene, 5 * SCENE_SECOND);
    const struct scene_message *last = NULL;
    assert_int_equal(count_topic(scene, state_topic, &last), 1);
    assert_true(last->out.retain);
    assert_int_equal(last->out.qos, 1);
    Drf__V1__NodeState *node = drf__v1__node_state__unpack(NULL, last->size, last->bytes);
    assert_int_equal(node->condition, 4);
    assert_int_equal(node->n_boundary, 4);
    assert_int_equal(node->n_waiting_for, 0);
    drf__v1__node_state__free_unpacked(node, NULL);

    (void)edge_health_set(&scene->health, EDGE_TROUBLE_KAFKA, true);
    scene_step(scene);
    assert_int_equal(count_topic(scene, state_topic, &last), 2);
    node = drf__v1__node_state__unpack(NULL, last->size, last->bytes);
    assert_int_equal(node->condition, 3);
    assert_int_equal(node->n_waiting_for, 1);
    assert_string_equal(node->waiting_for[0], "kafka");
    drf__v1__node_state__free_unpacked(node, NULL);

    scene->session = 2; // the broker was away
    scene_step(scene);
    assert_int_equal(count_topic(scene, state_topic, &last), 3);
    scene->down = true;
    scene->session = 3;
    scene_run(scene, 5 * SCENE_SECOND);
    scene->down = false;
    scene_run(scene, SCENE_SECOND);
    assert_int_equal(count_topic(scene, state_topic, &last), 4);
    scene_close(scene);
}

static void farewell__says_down(void **state)
{
    (void)state;
    struct scene *scene = scene_open(10);
    scene_step(scene);
    edge_serve_down(scene->serve, scene->now);
    const struct scene_message *last = NULL;
    (void)count_topic(scene, state_topic, &last);
    Drf__V1__NodeState *node = drf__v1__node_state__unpack(NULL, last->size, last->bytes);
    assert_int_equal(node->condition, 1);
    assert_true(last->out.retain);
    drf__v1__node_state__free_unpacked(node, NULL);

    uint8_t bytes[EDGE_SERVE_WILL_MAX];
    size_t size = sizeof bytes;
    assert_int_equal(edge_serve_will(&scene->config, 5, bytes, &size), DRF_OK);
    node = drf__v1__node_state__unpack(NULL, size, bytes);
    assert_int_equal(node->condition, 1);
    assert_true(node->boot_id == 5);
    assert_string_equal(node->region_id, "sim-toronto");
    drf__v1__node_state__free_unpacked(node, NULL);
    scene_close(scene);
}

static void step__a_drone_gone_silent__is_neither_counted_nor_pushed_to(void **state)
{
    (void)state;
    struct scene *scene = scene_open(10);
    report_as(scene, "d-1", 1, 0);
    scene_step(scene);
    scene_run(scene, SCENE_SECOND);
    assert_int_equal(scene_metric(scene, EDGE_METRIC_DRONES, 0), 1);
    scene_run(scene, INT64_C(121) * SCENE_SECOND);
    assert_int_equal(scene_metric(scene, EDGE_METRIC_DRONES, 0), 0);
    scene_clear(scene);
    const struct fusion_change change = {.bounds = {-80, 43, -79, 44}, .layers = 2};
    scene_root(scene, &change, 1);
    scene_step(scene);
    assert_int_equal(scene_count(scene, "d-1", "context"), 0);
    scene_close(scene);
}

static void step__ids_that_appear_once__hurt_nobody_else(void **state)
{
    (void)state;
    struct scene *scene = scene_open(200);
    uint32_t answered = 0;
    for (uint32_t i = 0; i < 10000; i++) {
        char id[37];
        (void)snprintf(id, sizeof id, "once-%u", (unsigned)i);
        report_as(scene, id, 1, 0);
        if (i % 100 == 0)
            report_as(scene, "steady", 1 + i / 100, answered);
        scene_step(scene);
        if (i % 100 == 0) {
            assert_int_equal(scene_count(scene, "steady", "context"), 1);
            answered = last_seq(scene, "steady");
            assert_int_equal(answered, 1 + i / 100);
        }
        scene_clear(scene);
        scene_pass(scene, 3 * SCENE_MS);
    }
    assert_int_equal(scene_metric(scene, EDGE_METRIC_DRONES_REFUSED, 0), 0);
    scene_close(scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(step__a_report__is_answered_with_a_context_in_the_same_step),
        cmocka_unit_test(step__in_the_margin__is_secondary),
        cmocka_unit_test(step__reports_at_the_default_rate__are_each_answered),
        cmocka_unit_test(step__reports_at_four_times_the_rate__are_answered_at_the_rate),
        cmocka_unit_test(step__one_report_too_early__is_answered_in_its_turn),
        cmocka_unit_test(step__contexts_unseen_for_two_seconds__come_once_a_second_until_seen),
        cmocka_unit_test(step__unseen_by_a_profile_that_does_not_mind__keeps_the_rate),
        cmocka_unit_test(step__a_budget_of_bytes__is_kept_whatever_the_rate),
        cmocka_unit_test(step__a_link_that_is_backed_up__sends_the_newest_later),
        cmocka_unit_test(step__a_change_ahead__is_pushed_to_the_concerned_and_nobody_else),
        cmocka_unit_test(step__a_report_too_early_for_its_turn__does_not_hold_a_push_back),
        cmocka_unit_test(step__changes_without_end__push_no_faster_than_the_rate),
        cmocka_unit_test(step__without_a_root__says_that_the_node_is_loading),
        cmocka_unit_test(step__heartbeat__comes_once_a_second_and_is_small),
        cmocka_unit_test(step__state__is_retained_and_sent_on_change_and_on_connection),
        cmocka_unit_test(farewell__says_down),
        cmocka_unit_test(step__a_drone_gone_silent__is_neither_counted_nor_pushed_to),
        cmocka_unit_test(step__ids_that_appear_once__hurt_nobody_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
