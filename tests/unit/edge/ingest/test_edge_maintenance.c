// SPDX-License-Identifier: Apache-2.0
// What edge/ingest/maintenance.h promises of forgetting: after a day of running with a clock
// that nobody sets, the days of several lives added up, and never after a clock that went
// astray.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "edge/ingest/maintenance.h"

#define SECOND_US INT64_C(1000000)
#define HOUR_US (3600 * SECOND_US)
#define DAY_US (24 * HOUR_US)
#define BEGIN_UTC_US INT64_C(1795374000000000)

static char folder[64], path[96];

struct rig {
    struct drf_config config;
    struct edge_metrics *metrics;
    struct edge_health health;
    struct edge_log log;
    struct fusion_store *store;
    struct edge_restore_request restore_request;
    struct edge_maintenance maintenance;
    struct edge_now now;
};

static void begin_life(struct rig *rig, int64_t utc_us)
{
    struct fusion_store_fault fault = {0};
    if (fusion_store_open(
            &(struct fusion_store_config){
                .path = path,
                .keep = {.west_deg = -80, .south_deg = 43, .east_deg = -79, .north_deg = 44},
                .level = 12,
                .region_id = "sim-maintenance",
                .mode = 4,
                .fault = &fault,
            },
            &rig->store)
        != DRF_OK)
        fail_msg("%s", fault.text);
    rig->now = (struct edge_now){.mono_us = 5 * SECOND_US, .utc_us = utc_us};
    rig->maintenance = (struct edge_maintenance){.config = &rig->config,
                                                 .store = rig->store,
                                                 .metrics = rig->metrics,
                                                 .health = &rig->health,
                                                 .restore_request = &rig->restore_request,
                                                 .log = &rig->log};
}

static void run_for(struct rig *rig, int64_t time_us)
{
    for (int64_t end = rig->now.mono_us + time_us; rig->now.mono_us < end;) {
        bool noted = edge_maintenance_clock(&rig->maintenance, rig->now);
        bool pending = fusion_store_pending_bytes(rig->store) > 0;
        if (edge_maintenance_step(&rig->maintenance, pending, rig->now) || noted)
            assert_int_equal(fusion_store_commit(rig->store, rig->now.utc_us), DRF_OK);
        rig->now.mono_us += 20 * SECOND_US;
        rig->now.utc_us += 20 * SECOND_US;
    }
}

static void end_life(struct rig *rig)
{
    assert_int_equal(fusion_store_commit(rig->store, rig->now.utc_us), DRF_OK);
    fusion_store_close(rig->store);
    rig->store = NULL;
}

// A tombstone of 40 days ago: to be remembered for 30.
static void bury(struct rig *rig)
{
    int64_t id = 0;
    assert_int_equal(
        fusion_store_put(
            rig->store,
            (struct fusion_identity){.feed = "dof", .source = "faa", .key = "36-000001"},
            (struct fusion_version){.time_utc_us = BEGIN_UTC_US - 40 * DAY_US},
            (struct geo_record){0}, NULL, NULL, &id),
        DRF_OK);
    assert_int_equal(fusion_store_commit(rig->store, rig->now.utc_us), DRF_OK);
}

static uint64_t forgotten(const struct rig *rig)
{
    return (uint64_t)edge_metrics_value(rig->metrics, EDGE_METRIC_STORE_FORGOTTEN, 0, 0);
}

static int open_rig(void **state)
{
    static struct rig rig;
    rig = (struct rig){.config.tombstone_keep_s = 30 * 86400, .config.drone_keep_s = 7 * 86400};
    (void)snprintf(folder, sizeof folder, "/tmp/drf-maintenance-XXXXXX");
    if (mkdtemp(folder) == NULL || edge_metrics_open(NULL, 0, &rig.metrics) != DRF_OK
        || edge_restore_request_open(&rig.restore_request) != DRF_OK)
        return 1;
    (void)snprintf(path, sizeof path, "%s/region.gpkg", folder);
    edge_health_init(&rig.health);
    edge_log_init(&rig.log);
    rig.log.level = EDGE_LOG_ERROR;
    begin_life(&rig, BEGIN_UTC_US);
    bury(&rig);
    *state = &rig;
    return 0;
}

static int close_rig(void **state)
{
    static const char *const ends[] = {"", "-wal", "-shm", "-lock", "-journal"};
    struct rig *rig = *state;
    fusion_store_close(rig->store);
    edge_restore_request_close(&rig->restore_request);
    edge_metrics_close(rig->metrics);
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        char name[128];
        (void)snprintf(name, sizeof name, "%s%s", path, ends[i]);
        (void)unlink(name);
    }
    return rmdir(folder);
}

static void tombstone__past_its_time__is_forgotten_after_a_day_of_running(void **state)
{
    struct rig *rig = *state;
    run_for(rig, DAY_US - HOUR_US);
    assert_int_equal(forgotten(rig), 0);
    run_for(rig, 2 * HOUR_US);
    assert_int_equal(forgotten(rig), 1);
}

static void tombstone__at_a_node_restarted_each_night__is_forgotten_too(void **state)
{
    struct rig *rig = *state;
    run_for(rig, 14 * HOUR_US);
    end_life(rig);
    begin_life(rig, BEGIN_UTC_US + 16 * HOUR_US);
    run_for(rig, 8 * HOUR_US);
    assert_int_equal(forgotten(rig), 0); // 22 hours
    run_for(rig, 3 * HOUR_US);
    assert_int_equal(forgotten(rig), 1);
}

static void clock__that_went_astray_between_two_lives__destroys_nothing(void **state)
{
    struct rig *rig = *state;
    run_for(rig, 20 * HOUR_US);
    end_life(rig);
    begin_life(rig, BEGIN_UTC_US + 365 * DAY_US);
    run_for(rig, 20 * HOUR_US);
    assert_int_equal(forgotten(rig), 0);
    end_life(rig);
    begin_life(rig, BEGIN_UTC_US);
    run_for(rig, 20 * HOUR_US);
    assert_int_equal(forgotten(rig), 0);
}

static void clock__set_while_the_node_runs__begins_the_day_anew(void **state)
{
    struct rig *rig = *state;
    run_for(rig, 20 * HOUR_US);
    rig->now.utc_us += 10 * DAY_US;
    run_for(rig, 20 * HOUR_US);
    assert_int_equal(forgotten(rig), 0);
    end_life(rig);
    begin_life(rig, rig->now.utc_us + HOUR_US);
    run_for(rig, 5 * HOUR_US);
    assert_int_equal(forgotten(rig), 1);
}

static void over__for_a_day__may_be_forgotten_by_a_node_restarted_each_night(void **state)
{
    struct rig *rig = *state;
    run_for(rig, 14 * HOUR_US);
    assert_int_equal(edge_maintenance_forgettable(&rig->maintenance, rig->now), INT64_MIN);
    end_life(rig);
    begin_life(rig, BEGIN_UTC_US + 16 * HOUR_US);
    run_for(rig, 9 * HOUR_US);
    assert_int_equal(edge_maintenance_forgettable(&rig->maintenance, rig->now), INT64_MIN);
    run_for(rig, 2 * HOUR_US);
    assert_int_equal(edge_maintenance_forgettable(&rig->maintenance, rig->now),
                     rig->now.utc_us - DAY_US);
    rig->now.utc_us += DAY_US; // set: it begins anew
    run_for(rig, HOUR_US);
    assert_int_equal(edge_maintenance_forgettable(&rig->maintenance, rig->now), INT64_MIN);
}

// Nobody says when it was heard of: it counts from when the clock can be trusted.
static void drone__that_never_comes_back__is_let_go_after_its_time(void **state)
{
    struct rig *rig = *state;
    char bytes[8];
    size_t size = sizeof bytes;
    assert_int_equal(fusion_store_put_value(rig->store, "profile/d-1", "abc", 3), DRF_OK);
    assert_int_equal(fusion_store_commit(rig->store, rig->now.utc_us), DRF_OK);
    run_for(rig, 8 * DAY_US - HOUR_US);
    assert_int_equal(fusion_store_value(rig->store, "profile/d-1", bytes, &size), DRF_OK);
    run_for(rig, 3 * HOUR_US);
    assert_int_equal(fusion_store_value(rig->store, "profile/d-1", bytes, &size),
                     DRF_ERR_ABSENT);
    assert_int_equal(edge_metrics_value(rig->metrics, EDGE_METRIC_DRONES_FORGOTTEN, 0, 0), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            tombstone__past_its_time__is_forgotten_after_a_day_of_running, open_rig, close_rig),
        cmocka_unit_test_setup_teardown(
            tombstone__at_a_node_restarted_each_night__is_forgotten_too, open_rig, close_rig),
        cmocka_unit_test_setup_teardown(
            clock__that_went_astray_between_two_lives__destroys_nothing, open_rig, close_rig),
        cmocka_unit_test_setup_teardown(drone__that_never_comes_back__is_let_go_after_its_time,
                                        open_rig, close_rig),
        cmocka_unit_test_setup_teardown(clock__set_while_the_node_runs__begins_the_day_anew,
                                        open_rig, close_rig),
        cmocka_unit_test_setup_teardown(
            over__for_a_day__may_be_forgotten_by_a_node_restarted_each_night, open_rig,
            close_rig),
    };
    return cmocka_run_group_tests_name("edge/maintenance", tests, NULL, NULL);
}
