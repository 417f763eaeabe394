// SPDX-License-Identifier: Apache-2.0
// A drone that had to make room and comes back: what it said before applies again, and it is
// told; what it says now counts more; ids that nobody knows cost nobody anything.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "edge/handoff/restore_request.h"
#include "tests/support/serve_scene.h"

enum { OK = 1, DEFAULTS = 2, STALE = 7, NOT_AVAILABLE = 11, PLAN_NONE = 1, PLAN_FOLLOWED = 4 };

static char folder[64], path[96], plan_id_p1[] = "p-1", correlation_c7[] = "c-7";

struct rig {
    struct scene *scene;
    struct fusion_store *store;
    struct edge_restore_request restore_request;
};

static int open_rig(void **state)
{
    static struct rig rig;
    rig = (struct rig){.scene = scene_open(2)};
    (void)snprintf(folder, sizeof folder, "/tmp/drf-restore-XXXXXX");
    if (mkdtemp(folder) == NULL || edge_restore_request_open(&rig.restore_request) != DRF_OK)
        return 1;
    (void)snprintf(path, sizeof path, "%s/region.gpkg", folder);
    const struct fusion_store_config config = {
        .path = path,
        .keep = {.west_deg = -80, .south_deg = 43, .east_deg = -79, .north_deg = 44},
        .level = 12,
        .region_id = "sim-toronto",
        .mode = 4,
    };
    if (fusion_store_open(&config, &rig.store) != DRF_OK)
        return 1;
    edge_serve_use_restore_request(rig.scene->serve, &rig.restore_request);
    *state = &rig;
    return 0;
}

static int close_rig(void **state)
{
    static const char *const ends[] = {"", "-wal", "-shm", "-lock", "-journal"};
    struct rig *rig = *state;
    scene_close(rig->scene);
    edge_restore_request_close(&rig->restore_request);
    fusion_store_close(rig->store);
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        char name[128];
        (void)snprintf(name, sizeof name, "%s%s", path, ends[i]);
        (void)unlink(name);
    }
    return rmdir(folder);
}

// What the ingest step does: keeps, then answers. Returns how many values were kept.
static size_t ingest(struct rig *rig)
{
    struct edge_back_value value;
    size_t count = 0;
    for (; edge_backqueue_front(rig->scene->backqueue, &value); count++) {
        assert_int_equal(
            fusion_store_put_value(rig->store, value.name, value.bytes, value.size), DRF_OK);
        edge_backqueue_pop(rig->scene->backqueue);
    }
    assert_int_equal(fusion_store_commit(rig->store, rig->scene->now.utc_us), DRF_OK);
    while (edge_restore_request_waiting(&rig->restore_request)
           && edge_restore_request_answer(&rig->restore_request, rig->store))
        ;
    return count;
}

static void say_profile(struct scene *scene, const char *id, float look_ahead_s)
{
    Drf__V1__Profile profile = DRF__V1__PROFILE__INIT;
    profile.correlation = correlation_c7;
    SCENE_SET(&profile, json, 0);
    SCENE_SET(&profile, look_ahead_s, look_ahead_s);
    (void)scene_pack(scene, id, "profile", &profile.base);
}

static void say_plan(struct scene *scene, const char *id, int64_t for_us)
{
    Drf__V1__PlanPoint points[2] = {DRF__V1__PLAN_POINT__INIT, DRF__V1__PLAN_POINT__INIT};
    Drf__V1__PlanPoint *list[] = {&points[0], &points[1]};
    for (int i = 0; i < 2; i++) {
        SCENE_SET(&points[i], lat_e7, 436500000);
        SCENE_SET(&points[i], lon_e7, -793900000 + i * 200000);
        SCENE_SET(&points[i], alt_wgs84_m, 100.0F);
    }
    Drf__V1__Plan plan = DRF__V1__PLAN__INIT;
    plan.plan_id = plan_id_p1;
    plan.correlation = correlation_c7;
    plan.n_points = 2;
    plan.points = list;
    SCENE_SET(&plan, valid_from_us, scene->now.utc_us - SCENE_SECOND);
    SCENE_SET(&plan, valid_until_us, scene->now.utc_us + for_us);
    (void)scene_pack(scene, id, "plan", &plan.base);
}

static void say_report(struct scene *scene, const char *id, uint32_t seq)
{
    Drf__V1__Telemetry report = scene_report(scene, seq);
    report.active_plan_id = plan_id_p1;
    (void)scene_pack(scene, id, "telemetry", &report.base);
}

// The reply to a profile (2) or plan (3) that was sent last; NULL: none. To be freed.
static Drf__V1__Reply *reply_to(const struct scene *scene, const char *id, uint32_t answers)
{
    for (size_t i = scene->sent_count; i > 0; i--) {
        const struct scene_message *message = &scene->sent[i - 1];
        if (!scene_is(message, id, "reply"))
            continue;
        Drf__V1__Reply *reply = drf__v1__reply__unpack(NULL, message->size, message->bytes);
        assert_non_null(reply);
        if (reply->answers == answers)
            return reply;
        drf__v1__reply__free_unpacked(reply, NULL);
    }
    return NULL;
}

static void assert_told(const struct scene *scene, const char *id, uint32_t answers,
                        uint32_t code, const char *words)
{
    Drf__V1__Reply *reply = reply_to(scene, id, answers);
    assert_non_null(reply);
    assert_int_equal(reply->code, code);
    assert_non_null(strstr(reply->text, words));
    assert_true(reply->correlation == NULL || reply->correlation[0] == '\0');
    assert_int_equal(reply->plan_review != NULL, answers == 3 && code == OK);
    drf__v1__reply__free_unpacked(reply, NULL);
}

static void assert_untold(const struct scene *scene, const char *id, uint32_t answers)
{
    assert_null(reply_to(scene, id, answers));
}

// Of the last context: how far it looks ahead, and what it says of the plan.
static double ahead_m(const struct scene *scene, const char *id, uint32_t *plan)
{
    const struct scene_message *message = scene_last(scene, id, "context");
    assert_non_null(message);
    Drf__V1__Context *context = drf__v1__context__unpack(NULL, message->size, message->bytes);
    assert_non_null(context);
    double length_m = (double)context->look_ahead->length_m;
    *plan = context->plan_state;
    drf__v1__context__free_unpacked(context, NULL);
    return length_m;
}

static void run_out(struct scene *scene)
{
    scene_step(scene);
    scene_clear(scene);
    scene_pass(scene, 300 * SCENE_MS);
}

// Two others come and take both places of the fleet: d-1, silent for long, has to go.
static void crowd_out(struct rig *rig, const char *first, const char *second)
{
    struct scene *scene = rig->scene;
    scene_pass(scene, INT64_C(121) * SCENE_SECOND);
    const char *const ids[] = {first, second};
    for (uint32_t i = 0; i < 6; i++) {
        say_report(scene, ids[i / 3], i % 3 + 1);
        scene_step(scene);
        (void)ingest(rig);
        run_out(scene);
    }
    scene_pass(scene, INT64_C(121) * SCENE_SECOND);
    scene_clear(scene);
}

// It said where it flies and how far it wants to see (at 15 m/s, 20 s: 300 m), and had to go.
static void gone(struct rig *rig, int64_t plan_for_us)
{
    struct scene *scene = rig->scene;
    say_profile(scene, "d-1", 20.0F);
    say_plan(scene, "d-1", plan_for_us);
    say_report(scene, "d-1", 1);
    run_out(scene);
    assert_true(ingest(rig) >= 2);
    run_out(scene);
    crowd_out(rig, "x-1", "x-2");
}

static void drone__that_comes_back__has_its_profile_and_plan_and_is_told(void **state)
{
    struct rig *rig = *state;
    struct scene *scene = rig->scene;
    gone(rig, INT64_C(3600) * SCENE_SECOND);
    say_report(scene, "d-1", 2);
    scene_step(scene);
    assert_int_equal(scene_count(scene, "d-1", "context"), 0); // a moment late, not wrong
    (void)ingest(rig);
    scene_step(scene);
    assert_told(scene, "d-1", 2, DEFAULTS, "applies again");
    assert_told(scene, "d-1", 3, OK, "applies again");
    uint32_t plan;
    assert_float_equal(ahead_m(scene, "d-1", &plan), 300.0, 0.01);
    run_out(scene);
    say_report(scene, "d-1", 3);
    scene_step(scene);
    (void)ahead_m(scene, "d-1", &plan);
    assert_int_equal(plan, PLAN_FOLLOWED);
    assert_int_equal(scene_metric(scene, EDGE_METRIC_DRONES_RESTORED, 0), 1);
    run_out(scene);
    (void)ingest(rig);
    run_out(scene);
    assert_int_equal(scene_count(scene, "d-1", "reply"), 0); // told once
}

static void drone__nobody_knows__is_served_as_soon_as_that_is_known(void **state)
{
    struct rig *rig = *state;
    struct scene *scene = rig->scene;
    say_report(scene, "n-1", 1);
    scene_step(scene);
    assert_int_equal(scene_count(scene, "n-1", "context"), 0);
    (void)ingest(rig);
    scene_step(scene);
    assert_int_equal(scene_count(scene, "n-1", "context"), 1);
    assert_int_equal(scene_count(scene, "n-1", "reply"), 0);
    assert_int_equal(scene_metric(scene, EDGE_METRIC_DRONES_RESTORED, 0), 0);
}

static void store__that_does_not_answer__holds_up_one_report(void **state)
{
    struct rig *rig = *state;
    struct scene *scene = rig->scene;
    for (uint32_t seq = 1; seq <= 2; seq++) {
        scene_pass(scene, 300 * SCENE_MS);
        say_report(scene, "n-1", seq);
        scene_step(scene);
        assert_int_equal(scene_count(scene, "n-1", "context"), seq - 1);
    }
}

static void what_it_says_now__counts_more_than_what_is_kept(void **state)
{
    struct rig *rig = *state;
    struct scene *scene = rig->scene;
    gone(rig, INT64_C(3600) * SCENE_SECOND);
    say_profile(scene, "d-1", 60.0F); // 900 m
    (void)scene_bytes(scene, "drf-test/v1/drones/d-1/plan", "", 0);
    say_report(scene, "d-1", 2);
    scene_step(scene);
    scene_clear(scene);
    (void)ingest(rig);
    scene_step(scene);
    assert_untold(scene, "d-1", 2);
    assert_untold(scene, "d-1", 3);
    run_out(scene);
    say_report(scene, "d-1", 3);
    scene_step(scene);
    uint32_t plan;
    assert_float_equal(ahead_m(scene, "d-1", &plan), 900.0, 0.01);
    assert_int_equal(plan, PLAN_NONE);
    run_out(scene);
    crowd_out(rig, "x-3", "x-4"); // and once more: the plan is gone from the store, too
    say_report(scene, "d-1", 4);
    scene_step(scene);
    (void)ingest(rig);
    scene_step(scene);
    assert_untold(scene, "d-1", 3);
    assert_float_equal(ahead_m(scene, "d-1", &plan), 900.0, 0.01);
}

// The answers are there, behind so many others that a step does not come to them.
static void what_it_says_now__counts_more_than_an_answer_under_way(void **state)
{
    struct rig *rig = *state;
    struct scene *scene = rig->scene;
    gone(rig, INT64_C(3600) * SCENE_SECOND);
    say_report(scene, "d-1", 2);
    scene_step(scene);
    for (int i = 0; i < 300; i++)
        assert_int_equal(edge_restore_request_forget(&rig->restore_request, "nobody"), DRF_OK);
    (void)ingest(rig);
    say_profile(scene, "d-1", 60.0F);
    (void)scene_bytes(scene, "drf-test/v1/drones/d-1/plan", "", 0);
    scene_step(scene);
    assert_true(scene->next_mono_us <= scene->now.mono_us); // there is more
    scene_clear(scene);
    scene_step(scene);
    assert_untold(scene, "d-1", 2);
    assert_untold(scene, "d-1", 3);
    run_out(scene);
    say_report(scene, "d-1", 3);
    scene_step(scene);
    uint32_t plan;
    assert_float_equal(ahead_m(scene, "d-1", &plan), 900.0, 0.01);
    assert_int_equal(plan, PLAN_NONE);
}

static void plan__said_before_the_kept_profile_is_there__is_reviewed_by_it(void **state)
{
    struct rig *rig = *state;
    struct scene *scene = rig->scene;
    gone(rig, INT64_C(3600) * SCENE_SECOND);
    say_plan(scene, "d-1", INT64_C(7200) * SCENE_SECOND);
    scene_step(scene);
    scene_clear(scene);
    (void)ingest(rig);
    scene_step(scene);
    assert_told(scene, "d-1", 3, OK, "the stored profile applies to it too");
}

static void plan__that_is_over_meanwhile__is_told_as_over(void **state)
{
    struct rig *rig = *state;
    struct scene *scene = rig->scene;
    gone(rig, INT64_C(100) * SCENE_SECOND);
    say_report(scene, "d-1", 2);
    scene_step(scene);
    (void)ingest(rig);
    scene_step(scene);
    assert_told(scene, "d-1", 2, DEFAULTS, "applies again");
    assert_told(scene, "d-1", 3, STALE, "expired");
}

static void ids__by_the_thousand__take_no_room_from_what_is_to_be_kept(void **state)
{
    struct rig *rig = *state;
    struct scene *scene = rig->scene;
    for (int i = 0; i < 10000; i++) {
        char id[16];
        (void)snprintf(id, sizeof id, "f-%d", i);
        say_report(scene, id, 1);
        if (i % 500 == 499)
            run_out(scene);
    }
    assert_true(edge_backqueue_empty(scene->backqueue));
    say_profile(scene, "d-1", 20.0F);
    scene_step(scene);
    Drf__V1__Reply *reply = reply_to(scene, "d-1", 2);
    assert_non_null(reply);
    assert_int_equal(reply->code, DEFAULTS);
    drf__v1__reply__free_unpacked(reply, NULL);
    for (int i = 0; i < 1000 && edge_restore_request_waiting(&rig->restore_request); i++) {
        (void)ingest(rig);
        scene_step(scene);
    }
    assert_false(edge_restore_request_waiting(&rig->restore_request));
}

static void drone__let_go_by_the_store__is_without_profile_and_plan_and_told_if_there(
    void **state)
{
    struct rig *rig = *state;
    struct scene *scene = rig->scene;
    say_profile(scene, "d-1", 20.0F);
    say_plan(scene, "d-1", INT64_C(3600) * SCENE_SECOND);
    say_report(scene, "d-1", 1);
    scene_step(scene);
    (void)ingest(rig);
    run_out(scene);
    assert_int_equal(edge_restore_request_forget(&rig->restore_request, "d-1"), DRF_OK);
    assert_int_equal(edge_restore_request_forget(&rig->restore_request, "d-2"),
                     DRF_OK); // not held: nothing
    scene_step(scene);
    assert_told(scene, "d-1", 2, NOT_AVAILABLE, "deleted");
    assert_told(scene, "d-1", 3, NOT_AVAILABLE, "deleted");
    scene_clear(scene);
    scene_pass(scene, 300 * SCENE_MS);
    say_report(scene, "d-1", 2);
    scene_step(scene);
    uint32_t plan;
    assert_float_equal(ahead_m(scene, "d-1", &plan), 675.0, 0.01); // the default
    assert_int_equal(plan, PLAN_NONE);
}

static void store__is_told_once_an_hour_that_a_drone_is_there(void **state)
{
    struct rig *rig = *state;
    struct scene *scene = rig->scene;
    say_profile(scene, "d-1", 20.0F);
    scene_step(scene);
    assert_int_equal(ingest(rig), 2); // the profile, and that it was heard of
    size_t told = 0;
    for (uint32_t seq = 1; seq <= 240; seq++) { // four hours, a report a minute
        scene_pass(scene, INT64_C(60) * SCENE_SECOND);
        say_report(scene, "d-1", seq);
        say_report(scene, "n-1", seq); // nothing of it is kept
        scene_step(scene);
        scene_clear(scene);
        struct edge_back_value value;
        while (edge_backqueue_front(scene->backqueue, &value)) {
            told += strcmp(value.name, "seen/d-1") == 0;
            assert_string_not_equal(value.name, "seen/n-1");
            edge_backqueue_pop(scene->backqueue);
        }
    }
    assert_int_equal(told, 4);
}

int main(void)
{
#define WITH_RIG(test) cmocka_unit_test_setup_teardown(test, open_rig, close_rig)
    const struct CMUnitTest tests[] = {
        WITH_RIG(drone__that_comes_back__has_its_profile_and_plan_and_is_told),
        WITH_RIG(drone__nobody_knows__is_served_as_soon_as_that_is_known),
        WITH_RIG(store__that_does_not_answer__holds_up_one_report),
        WITH_RIG(what_it_says_now__counts_more_than_what_is_kept),
        WITH_RIG(what_it_says_now__counts_more_than_an_answer_under_way),
        WITH_RIG(plan__said_before_the_kept_profile_is_there__is_reviewed_by_it),
        WITH_RIG(plan__that_is_over_meanwhile__is_told_as_over),
        WITH_RIG(ids__by_the_thousand__take_no_room_from_what_is_to_be_kept),
        WITH_RIG(drone__let_go_by_the_store__is_without_profile_and_plan_and_told_if_there),
        WITH_RIG(store__is_told_once_an_hour_that_a_drone_is_there),
    };
    return cmocka_run_group_tests_name("edge/restore_request", tests, NULL, NULL);
}
