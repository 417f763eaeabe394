// SPDX-License-Identifier: Apache-2.0
// Profiles, plans and requests: each gets one answer, and what is accepted is kept.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "drf/v1/query.pb-c.h"
#include "tests/support/serve_scene.h"

enum {
    OK = 1,
    DEFAULTS = 2,
    INVALID = 3,
    NOT_AUTHORISED = 5,
    OUTSIDE = 6,
    LIMITED = 9,
    NOT_AVAILABLE = 11
};

static Drf__V1__Reply *reply_of(const struct scene *scene, const char *id)
{
    const struct scene_message *message = scene_last(scene, id, "reply");
    assert_non_null(message);
    Drf__V1__Reply *reply = drf__v1__reply__unpack(NULL, message->size, message->bytes);
    assert_non_null(reply);
    return reply;
}

static void assert_reply(const struct scene *scene, const char *id, uint32_t code,
                         uint32_t answers, const char *correlation)
{
    Drf__V1__Reply *reply = reply_of(scene, id);
    assert_int_equal(reply->code, code);
    assert_int_equal(reply->answers, answers);
    assert_string_equal(reply->correlation != NULL ? reply->correlation : "", correlation);
    drf__v1__reply__free_unpacked(reply, NULL);
}

static char correlation_c7[] = "c-7", plan_id_p1[] = "p-1";

static void profile__with_some_fields__is_accepted_with_the_defaults_listed(void **state)
{
    (void)state;
    struct scene *scene = scene_open(10);
    Drf__V1__Profile profile = DRF__V1__PROFILE__INIT;
    SCENE_SET(&profile, look_ahead_s, 30.0F);
    profile.correlation = correlation_c7;
    (void)scene_pack(scene, "d-1", "profile", &profile.base);
    scene_step(scene);
    assert_int_equal(scene_count(scene, "d-1", "reply"), 1);
    Drf__V1__Reply *reply = reply_of(scene, "d-1");
    assert_int_equal(reply->code, DEFAULTS);
    assert_int_equal(reply->answers, 2);
    assert_string_equal(reply->correlation, "c-7");
    bool rate = false, look_ahead = false;
    for (size_t i = 0; i < reply->n_defaults; i++) {
        rate |= strcmp(reply->defaults[i], "rate_hz=5") == 0;
        look_ahead |= strncmp(reply->defaults[i], "look_ahead_s", 12) == 0;
    }
    assert_true(rate);
    assert_false(look_ahead);
    drf__v1__reply__free_unpacked(reply, NULL);
    scene_close(scene);
}

static void profile__with_a_bad_field__is_refused_and_the_old_one_holds(void **state)
{
    (void)state;
    struct scene *scene = scene_open(10);
    Drf__V1__Profile profile = DRF__V1__PROFILE__INIT;
    SCENE_SET(&profile, json, 1);
    (void)scene_pack(scene, "d-1", "profile", &profile.base);
    scene_step(scene);
    SCENE_SET(&profile, json, 0);
    SCENE_SET(&profile, rate_hz, 1e6F);
    (void)scene_pack(scene, "d-1", "profile", &profile.base);
    Drf__V1__Telemetry report = scene_report(scene, 1);
    (void)scene_pack(scene, "d-1", "telemetry", &report.base);
    scene_step(scene);
    const struct scene_message *message = scene_last(scene, "d-1", "reply");
    assert_non_null(message); // in JSON, as the profile that holds asks for
    assert_true(message->out.json);
    message->bytes[message->size] = '\0';
    assert_non_null(strstr((const char *)message->bytes, "\"rate_hz\""));
    message = scene_last(scene, "d-1", "context");
    assert_true(message->out.json);
    assert_int_equal(message->bytes[0], '{');
    scene_close(scene);
}

static void profile__that_asks_for_more_than_the_node_gives__is_told(void **state)
{
    (void)state;
    struct scene *scene = scene_open(10);
    Drf__V1__Profile profile = DRF__V1__PROFILE__INIT;
    SCENE_SET(&profile, rate_hz, 20.0F);
    (void)scene_pack(scene, "d-1", "profile", &profile.base);
    scene_step(scene);
    Drf__V1__Reply *reply = reply_of(scene, "d-1");
    assert_int_equal(reply->code, DEFAULTS);
    assert_string_equal(reply->field_path, "rate_hz");
    assert_non_null(strstr(reply->text, "10"));
    drf__v1__reply__free_unpacked(reply, NULL);
    scene_close(scene);
}

// The value of that name that went to the store last; its size is -1 when none did.
static struct edge_back_value kept_last(struct scene *scene, const char *name, uint8_t *copy,
                                        int *count)
{
    struct edge_back_value value, found = {.name = NULL};
    *count = 0;
    while (edge_backqueue_front(scene->backqueue, &value)) {
        if (strcmp(value.name, name) == 0) {
            (*count)++;
            found = value;
            found.name = name;
            if (value.size > 0)
                memcpy(copy, value.bytes, value.size);
            found.bytes = copy;
        }
        edge_backqueue_pop(scene->backqueue);
    }
    return found;
}

static void profile__accepted__is_kept_restored_and_withdrawn(void **state)
{
    (void)state;
    struct scene *scene = scene_open(10);
    Drf__V1__Profile profile = DRF__V1__PROFILE__INIT;
    SCENE_SET(&profile, json, 1);
    (void)scene_pack(scene, "d-1", "profile", &profile.base);
    (void)scene_pack(scene, "d-1", "profile", &profile.base); // again: nothing new to keep
    scene_step(scene);
    assert_int_equal(scene_count(scene, "d-1", "reply"), 2);
    uint8_t bytes[256];
    int count;
    struct edge_back_value value = kept_last(scene, "profile/d-1", bytes, &count);
    assert_int_equal(count, 1);
    scene_close(scene);

    scene = scene_open(10);
    const struct edge_serve_stored kept = {"profile/d-1", value.bytes, (uint32_t)value.size};
    assert_int_equal(edge_serve_restore(scene->serve, kept), DRF_OK);
    Drf__V1__Telemetry report = scene_report(scene, 1);
    (void)scene_pack(scene, "d-1", "telemetry", &report.base);
    // The broker says it too, as it keeps it: no news, no reply.
    scene_pack(scene, "d-1", "profile", &profile.base)->in.retained = true;
    scene_step(scene);
    assert_true(scene_last(scene, "d-1", "context")->out.json);
    assert_int_equal(scene_count(scene, "d-1", "reply"), 0);

    (void)scene_bytes(scene, "drf-test/v1/drones/d-1/profile", "", 0); // withdrawn
    scene_step(scene);
    assert_reply(scene, "d-1", OK, 2, "");
    value = kept_last(scene, "profile/d-1", bytes, &count);
    assert_int_equal(count, 1);
    assert_int_equal(value.size, 0);
    scene_close(scene);
}

static void restore__what_is_not_ours__is_refused(void **state)
{
    (void)state;
    struct scene *scene = scene_open(10);
    static const struct edge_serve_stored bad[] = {
        {"profile", "", 0},       {"profile/", "\x10\x01", 2}, {"profile/a b", "\x10\x01", 2},
        {"drone/d-1", "\x10", 1}, {"profile/d-1", "\xff", 1},  {"plan/d-1", "\xff", 1},
        {"other/d-1", "\x10", 1},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(edge_serve_restore(scene->serve, bad[i]), DRF_ERR_SYNTAX);
    scene_close(scene);
}

static void request__when_the_queue_to_the_store_is_full__is_not_accepted(void **state)
{
    (void)state;
    struct scene *scene = scene_open(10);
    static uint8_t filler[1000];
    while (edge_backqueue_push(scene->backqueue, "filler", filler, sizeof filler) == DRF_OK)
        ;
    while (edge_backqueue_push(scene->backqueue, "filler", filler, 1) == DRF_OK)
        ;
    Drf__V1__Profile profile = DRF__V1__PROFILE__INIT;
    SCENE_SET(&profile, json, 1);
    (void)scene_pack(scene, "d-1", "profile", &profile.base);
    scene_step(scene);
    assert_reply(scene, "d-1", 10, 2, "");
    assert_false(scene_last(scene, "d-1", "reply")->out.json);
    assert_int_equal(scene_metric(scene, EDGE_METRIC_BACKQUEUE_DROPS, 0), 1);
    scene_close(scene);
}

static void request__a_flood__is_limited_and_told_once_a_second(void **state)
{
    (void)state;
    struct scene *scene = scene_open(10);
    for (uint32_t i = 0; i < 100; i++) {
        Drf__V1__Profile profile = DRF__V1__PROFILE__INIT;
        SCENE_SET(&profile, revision, i);
        (void)scene_pack(scene, "d-1", "profile", &profile.base);
    }
    scene_step(scene);
    uint8_t bytes[256];
    int count;
    (void)kept_last(scene, "profile/d-1", bytes, &count);
    assert_in_range(count, 25, 26); // at once
    assert_int_equal(scene_count(scene, "d-1", "reply"), (size_t)count + 1);
    assert_reply(scene, "d-1", LIMITED, 2, "");
    scene_close(scene);
}

// From one latitude to another (degrees x 1e7), 1.6 km eastward.
static void send_plan_between(struct scene *scene, const char *id, int32_t from_e7,
                              int32_t to_e7, int64_t valid_until_us)
{
    Drf__V1__PlanPoint points[2] = {DRF__V1__PLAN_POINT__INIT, DRF__V1__PLAN_POINT__INIT};
    Drf__V1__PlanPoint *list[] = {&points[0], &points[1]};
    for (int i = 0; i < 2; i++) {
        SCENE_SET(&points[i], lat_e7, i == 0 ? from_e7 : to_e7);
        SCENE_SET(&points[i], lon_e7, -793900000 + i * 200000);
        SCENE_SET(&points[i], alt_wgs84_m, 100.0F);
    }
    Drf__V1__Plan plan = DRF__V1__PLAN__INIT;
    plan.plan_id = plan_id_p1;
    plan.correlation = correlation_c7;
    plan.n_points = 2;
    plan.points = list;
    SCENE_SET(&plan, valid_from_us, scene->now.utc_us - SCENE_SECOND);
    SCENE_SET(&plan, valid_until_us, valid_until_us);
    (void)scene_pack(scene, id, "plan", &plan.base);
}

static void send_plan(struct scene *scene, const char *id, int64_t valid_until_us)
{
    send_plan_between(scene, id, 436500000, 436500000, valid_until_us);
}

static uint32_t plan_state(struct scene *scene, const char *id, uint32_t seq, int32_t lat_e7,
                           char *plan_id)
{
    scene_clear(scene);
    scene_pass(scene, 300 * SCENE_MS);
    Drf__V1__Telemetry report = scene_report(scene, seq);
    report.lat_e7 = lat_e7;
    report.active_plan_id = plan_id;
    (void)scene_pack(scene, id, "telemetry", &report.base);
    scene_step(scene);
    const struct scene_message *message = scene_last(scene, id, "context");
    assert_non_null(message);
    Drf__V1__Context *context = drf__v1__context__unpack(NULL, message->size, message->bytes);
    uint32_t plan = context->plan_state;
    drf__v1__context__free_unpacked(context, NULL);
    return plan;
}

static void plan__is_used_only_while_named_valid_and_kept_to(void **state)
{
    (void)state;
    enum { NONE = 1, PLAN_STALE = 2, NONCONFORMING = 3, FOLLOWED = 4 };
    struct scene *scene = scene_open(10);
    send_plan(scene, "d-1", scene->now.utc_us + 10 * SCENE_SECOND);
    scene_step(scene);
    assert_reply(scene, "d-1", OK, 3, "c-7");
    char other[] = "p-2";
    assert_int_equal(plan_state(scene, "d-1", 1, 436500000, plan_id_p1), FOLLOWED);
    assert_int_equal(plan_state(scene, "d-1", 2, 436500000, NULL), NONE);
    assert_int_equal(plan_state(scene, "d-1", 3, 436500000, other), NONE);
    assert_int_equal(plan_state(scene, "d-1", 4, 436600000, plan_id_p1), NONCONFORMING);
    assert_int_equal(plan_state(scene, "d-1", 5, 436500000, plan_id_p1), FOLLOWED);
    scene_pass(scene, 10 * SCENE_SECOND);
    assert_int_equal(plan_state(scene, "d-1", 6, 436500000, plan_id_p1), PLAN_STALE);
    scene_close(scene);
}

static void plan__kept__is_restored_and_forgotten_when_withdrawn(void **state)
{
    (void)state;
    struct scene *scene = scene_open(10);
    int64_t until = scene->now.utc_us + INT64_C(3600) * SCENE_SECOND;
    send_plan(scene, "d-1", until);
    scene_step(scene);
    static uint8_t bytes[4096];
    int count;
    struct edge_back_value value = kept_last(scene, "plan/d-1", bytes, &count);
    assert_int_equal(count, 1);
    scene_close(scene);

    scene = scene_open(10);
    const struct edge_serve_stored kept = {"plan/d-1", value.bytes, (uint32_t)value.size};
    assert_int_equal(edge_serve_restore(scene->serve, kept), DRF_OK);
    scene_step(scene);
    assert_int_equal(plan_state(scene, "d-1", 1, 436500000, plan_id_p1), 4);
    (void)scene_bytes(scene, "drf-test/v1/drones/d-1/plan", "", 0);
    scene_step(scene);
    assert_reply(scene, "d-1", OK, 3, "");
    assert_int_equal(plan_state(scene, "d-1", 2, 436500000, plan_id_p1), 1);
    scene_close(scene);
}

static void plan__over_already_or_of_one_point__is_refused(void **state)
{
    (void)state;
    struct scene *scene = scene_open(10);
    send_plan(scene, "d-1", scene->now.utc_us - 1);
    scene_step(scene);
    Drf__V1__Reply *reply = reply_of(scene, "d-1");
    assert_int_not_equal(reply->code, OK);
    assert_int_equal(reply->answers, 3);
    assert_string_equal(reply->correlation, "c-7");
    drf__v1__reply__free_unpacked(reply, NULL);
    Drf__V1__Plan plan = DRF__V1__PLAN__INIT;
    plan.plan_id = plan_id_p1;
    (void)scene_pack(scene, "d-1", "plan", &plan.base);
    scene_step(scene);
    assert_reply(scene, "d-1", INVALID, 3, "");
    scene_close(scene);
}

static void request__of_each_kind__gets_an_answer(void **state)
{
    (void)state;
    struct scene *scene = scene_open(10);
    Drf__V1__TerrainRequest terrain = DRF__V1__TERRAIN_REQUEST__INIT;
    Drf__V1__PreloadRequest preload = DRF__V1__PRELOAD_REQUEST__INIT;
    Drf__V1__LandingRequest landing = DRF__V1__LANDING_REQUEST__INIT;
    for (int kind = 0; kind < 5; kind++) {
        Drf__V1__Request request = DRF__V1__REQUEST__INIT;
        request.correlation = correlation_c7;
        request.terrain = kind == 0 ? &terrain : NULL;
        request.preload = kind == 1 ? &preload : NULL;
        request.landing = kind == 2 ? &landing : NULL; // all three without a place
        if (kind == 3)
            SCENE_SET(&request, snapshot, 1);
        (void)scene_pack(scene, "d-1", "request", &request.base);
        scene_step(scene);
        assert_int_equal(scene_count(scene, "d-1", "reply"), kind + 1);
        assert_reply(scene, "d-1", kind == 3 ? NOT_AVAILABLE : INVALID, 4, "c-7");
    }
    scene_close(scene);
}

static Drf__V1__Reply *last_reply(struct scene *scene, const char *id)
{
    const struct scene_message *message = scene_last(scene, id, "reply");
    assert_non_null(message);
    Drf__V1__Reply *reply = drf__v1__reply__unpack(NULL, message->size, message->bytes);
    assert_non_null(reply);
    return reply;
}

static void request__to_land_where_nothing_is_known__says_what_is_not(void **state)
{
    (void)state;
    struct scene *scene = scene_open(10);
    Drf__V1__LandingRequest landing = DRF__V1__LANDING_REQUEST__INIT;
    SCENE_SET(&landing, lat_e7, 436500000);
    SCENE_SET(&landing, lon_e7, -793800000);
    Drf__V1__Request request = DRF__V1__REQUEST__INIT;
    request.correlation = correlation_c7;
    request.landing = &landing;
    (void)scene_pack(scene, "d-1", "request", &request.base);
    scene_step(scene);
    assert_reply(scene, "d-1", OK, 4, "c-7");
    Drf__V1__Reply *reply = last_reply(scene, "d-1");
    assert_non_null(reply->landing);
    assert_int_equal(reply->landing->severity, 2); // unknown is never clear
    assert_false(reply->landing->has_slope_deg);
    assert_false(reply->landing->has_canopy_m);
    assert_false(reply->landing->has_gust_mps);
    assert_int_equal(reply->landing->n_unknown, 5); // ground, surface, obstacle, weather, zone
    drf__v1__reply__free_unpacked(reply, NULL);
    scene_close(scene);
}

static void plan__over_unknown_ground__is_reviewed_as_a_gap_not_as_clear(void **state)
{
    (void)state;
    struct scene *scene = scene_open(10);
    send_plan(scene, "d-1", scene->now.utc_us + 10 * SCENE_SECOND);
    scene_step(scene);
    Drf__V1__Reply *reply = last_reply(scene, "d-1");
    const Drf__V1__PlanReview *review = reply->plan_review;
    assert_non_null(review);
    assert_string_equal(review->plan_id, "p-1");
    assert_false(review->has_clearance_lowest_m);
    assert_int_equal(review->clearance_lowest_reason, 2); // NO_DATA
    assert_int_equal(review->n_conflicts, 0);
    assert_int_equal(review->n_gaps, 1);
    assert_int_equal(review->gaps[0]->leg, 0);
    assert_int_equal(review->gaps[0]->layer, 2);
    assert_true(review->gaps[0]->unknown_ratio > 0.999F);
    drf__v1__reply__free_unpacked(reply, NULL);
    scene_close(scene);
}

// The region ends at 43.8 N and aircraft are served 1,000 m farther, 0.0090 degrees of
// latitude; data are kept 6,000 m around it.
static void plan__where_no_aircraft_is_served__is_told_where(void **state)
{
    (void)state;
    static const struct {
        int32_t from_e7, to_e7;
        uint32_t code;
        size_t conflicts;
        struct {
            uint32_t severity;
            int32_t lat_e7;
        } expected[2];
    } cases[] = {
        {437800000, 437900000, OK, 0, {{0, 0}}},
        {437900000, 438050000, OK, 1, {{2, 438000000}}},
        {437900000, 438200000, OK, 2, {{2, 438000000}, {1, 438089932}}},
        {438050000, 438050000, OK, 1, {{2, 438050000}}},
        {438200000, 438300000, OUTSIDE, 2, {{2, 438200000}, {1, 438200000}}},
    };
    struct scene *scene = scene_open(10);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        scene_clear(scene);
        send_plan_between(scene, "d-1", cases[i].from_e7, cases[i].to_e7,
                          scene->now.utc_us + 10 * SCENE_SECOND);
        scene_step(scene);
        assert_reply(scene, "d-1", cases[i].code, 3, "c-7");
        Drf__V1__Reply *reply = last_reply(scene, "d-1");
        if (cases[i].code == OUTSIDE)
            assert_string_equal(reply->text,
                                "no leg of this plan is where aircraft are served: "
                                "in region sim-toronto and to 1000 m outside it");
        const Drf__V1__PlanReview *review = reply->plan_review;
        assert_int_equal(review->n_conflicts, cases[i].conflicts);
        for (size_t k = 0; k < review->n_conflicts; k++) {
            const Drf__V1__PlanConflict *conflict = review->conflicts[k];
            assert_int_equal(conflict->kind, 11); // REGION_BOUNDARY
            assert_int_equal(conflict->severity, cases[i].expected[k].severity);
            int32_t off_e7 = conflict->lat_e7 - cases[i].expected[k].lat_e7;
            assert_in_range(off_e7 + 200, 0, 400); // 2 m
            assert_false(conflict->has_clearance_m);
            assert_non_null(strstr(conflict->text, "region"));
        }
        drf__v1__reply__free_unpacked(reply, NULL);
    }
    scene_close(scene);
}

static void plan__wholly_outside__is_answered_so(void **state)
{
    (void)state;
    struct scene *scene = scene_open(10);
    int64_t until_us = scene->now.utc_us + 10 * SCENE_SECOND;
    send_plan_between(scene, "d-1", 0, 0, until_us);
    scene_step(scene);
    assert_reply(scene, "d-1", OUTSIDE, 3, "c-7");
    Drf__V1__Reply *reply = last_reply(scene, "d-1");
    assert_non_null(strstr(reply->text, "latitude 43."));
    assert_int_equal(reply->plan_review->clearance_lowest_reason, 8); // OUT_OF_REGION
    assert_int_equal(reply->plan_review->n_gaps, 1);
    drf__v1__reply__free_unpacked(reply, NULL);
    // of one that leaves, or comes, a part can be reviewed
    for (int i = 0; i < 2; i++) {
        scene_clear(scene);
        send_plan_between(scene, "d-1", i == 0 ? 436500000 : 0, i == 0 ? 0 : 436500000,
                          until_us);
        scene_step(scene);
        assert_reply(scene, "d-1", OK, 3, "c-7");
    }
    scene_close(scene);
}

static void request__for_a_snapshot__is_answered_with_a_context_out_of_turn(void **state)
{
    (void)state;
    struct scene *scene = scene_open(10);
    Drf__V1__Telemetry report = scene_report(scene, 1);
    (void)scene_pack(scene, "d-1", "telemetry", &report.base);
    scene_step(scene);
    scene_clear(scene);
    scene_pass(scene, SCENE_MS);
    Drf__V1__Request request = DRF__V1__REQUEST__INIT;
    SCENE_SET(&request, snapshot, 1);
    (void)scene_pack(scene, "d-1", "request", &request.base);
    scene_step(scene);
    assert_reply(scene, "d-1", OK, 4, "");
    assert_int_equal(scene_count(scene, "d-1", "context"), 1);
    scene_close(scene);
}

// As the inbox hands it on: without the payload.
static void message__of_more_than_64_kb__is_told_so(void **state)
{
    (void)state;
    static const struct {
        const char *leaf;
        uint32_t answers;
    } cases[] = {{"telemetry", 1}, {"profile", 2}, {"plan", 3}, {"request", 4}};
    struct scene *scene = scene_open(10);
    send_plan(scene, "d-1", scene->now.utc_us + 60 * (int64_t)SCENE_SECOND);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        scene_step(scene);
        scene_clear(scene);
        char topic[80];
        (void)snprintf(topic, sizeof topic, "drf-test/v1/drones/d-1/%s", cases[i].leaf);
        scene_bytes(scene, topic, NULL, 0)->in.payload_left_out = 70000;
        scene_step(scene);
        Drf__V1__Reply *reply = reply_of(scene, "d-1");
        assert_int_equal(reply->code, INVALID);
        assert_int_equal(reply->answers, cases[i].answers);
        assert_non_null(strstr(reply->text, "70000 bytes"));
        assert_non_null(strstr(reply->text, "65536"));
        drf__v1__reply__free_unpacked(reply, NULL);
    }
    // A plan that was too long is not one withdrawn: what was held holds.
    assert_int_equal(plan_state(scene, "d-1", 1, 436500000, plan_id_p1), 4); // FOLLOWED
    // A query has its answer with the correlation data, or is told that they are too long.
    for (int i = 0; i < 2; i++) {
        scene_clear(scene);
        struct scene_message *in = scene_bytes(scene, "drf-test/v1/query/me", NULL, 0);
        in->in.payload_left_out = i == 0 ? 70000 : 0;
        in->in.correlation_left_out = i == 0 ? 0 : 65;
        in->in.correlation = (const uint8_t *)"q1";
        in->in.correlation_size = i == 0 ? 2 : 0;
        scene_step(scene);
        assert_int_equal(scene->sent_count, 1);
        const struct scene_message *out = &scene->sent[0];
        assert_int_equal(out->out.correlation_size, i == 0 ? 2 : 0);
        Drf__V1__QueryReply *reply = drf__v1__query_reply__unpack(NULL, out->size, out->bytes);
        assert_int_equal(reply->status->code, INVALID);
        assert_non_null(strstr(reply->status->text, i == 0 ? "70000" : "64 bytes"));
        drf__v1__query_reply__free_unpacked(reply, NULL);
    }
    scene_close(scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(profile__with_some_fields__is_accepted_with_the_defaults_listed),
        cmocka_unit_test(profile__with_a_bad_field__is_refused_and_the_old_one_holds),
        cmocka_unit_test(profile__that_asks_for_more_than_the_node_gives__is_told),
        cmocka_unit_test(profile__accepted__is_kept_restored_and_withdrawn),
        cmocka_unit_test(restore__what_is_not_ours__is_refused),
        cmocka_unit_test(request__when_the_queue_to_the_store_is_full__is_not_accepted),
        cmocka_unit_test(request__a_flood__is_limited_and_told_once_a_second),
        cmocka_unit_test(plan__is_used_only_while_named_valid_and_kept_to),
        cmocka_unit_test(plan__kept__is_restored_and_forgotten_when_withdrawn),
        cmocka_unit_test(plan__over_already_or_of_one_point__is_refused),
        cmocka_unit_test(request__of_each_kind__gets_an_answer),
        cmocka_unit_test(request__to_land_where_nothing_is_known__says_what_is_not),
        cmocka_unit_test(plan__over_unknown_ground__is_reviewed_as_a_gap_not_as_clear),
        cmocka_unit_test(plan__wholly_outside__is_answered_so),
        cmocka_unit_test(plan__where_no_aircraft_is_served__is_told_where),
        cmocka_unit_test(request__for_a_snapshot__is_answered_with_a_context_out_of_turn),
        cmocka_unit_test(message__of_more_than_64_kb__is_told_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
