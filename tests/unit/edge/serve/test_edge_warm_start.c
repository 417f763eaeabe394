// SPDX-License-Identifier: Apache-2.0
// What edge/serve/warm_start.h promises: where drones were is known at the next start, once
// for those that need the same tiles, and a drone that hovers writes nothing.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "edge/serve/warm_start.h"

#define SECOND_US INT64_C(1000000)

static char folder[64], path[96];

struct rig {
    struct edge_fleet *fleet;
    struct edge_backqueue *backqueue;
    struct fusion_store *store;
    struct edge_warm_start warm_start;
    int64_t now_us;
};

static void open_store(struct rig *rig)
{
    const struct fusion_store_config config = {
        .path = path,
        .keep = {.west_deg = -80, .south_deg = 43, .east_deg = -79, .north_deg = 44},
        .level = 12,
        .region_id = "sim-warm-start",
        .mode = 4,
    };
    assert_int_equal(fusion_store_open(&config, &rig->store), DRF_OK);
}

static int begin(void **state)
{
    static struct rig rig;
    rig = (struct rig){.now_us = 7 * SECOND_US};
    const struct edge_fleet_config config = {
        .drones_max = 100,
        .forget_us = 120 * SECOND_US,
        .bounds = {.west_deg = -80, .south_deg = 43, .east_deg = -79, .north_deg = 44},
        .limits = fusion_limits_default(),
    };
    (void)snprintf(folder, sizeof folder, "/tmp/drf-warm-start-XXXXXX");
    if (mkdtemp(folder) == NULL || edge_fleet_open(&config, &rig.fleet) != DRF_OK
        || edge_backqueue_open(65536, &rig.backqueue) != DRF_OK)
        return 1;
    (void)snprintf(path, sizeof path, "%s/region.gpkg", folder);
    open_store(&rig);
    *state = &rig;
    return 0;
}

static int end(void **state)
{
    static const char *const ends[] = {"", "-wal", "-shm", "-lock", "-journal"};
    struct rig *rig = *state;
    fusion_store_close(rig->store);
    edge_backqueue_close(rig->backqueue);
    edge_fleet_close(rig->fleet);
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        char name[128];
        (void)snprintf(name, sizeof name, "%s%s", path, ends[i]);
        (void)unlink(name);
    }
    return rmdir(folder);
}

static void fly(struct rig *rig, const char *id, double lat_deg, double lon_deg)
{
    struct edge_drone *drone = NULL;
    assert_int_equal(edge_fleet_admit(rig->fleet, id, rig->now_us, &drone), DRF_OK);
    drone->report.fix.position = (struct geo_point){lat_deg, lon_deg};
    edge_fleet_place(rig->fleet, drone, drone->report.fix.position);
}

// A minute of serving; what was pushed goes where ingest puts it. Returns how often.
static int minute(struct rig *rig)
{
    int pushed = 0;
    for (int i = 0; i < 60; i++, rig->now_us += SECOND_US) {
        struct edge_back_value value;
        edge_warm_start_run(&rig->warm_start, rig->fleet, rig->backqueue, rig->now_us);
        for (; edge_backqueue_front(rig->backqueue, &value); pushed++) {
            assert_int_equal(
                fusion_store_put_value(rig->store, value.name, value.bytes, value.size),
                DRF_OK);
            edge_backqueue_pop(rig->backqueue);
        }
    }
    return pushed;
}

static void restart(struct rig *rig)
{
    assert_int_equal(fusion_store_commit(rig->store, 1795374000000000), DRF_OK);
    fusion_store_close(rig->store);
    open_store(rig);
}

static void kept__where_two_drones_flew__is_known_at_the_next_start(void **state)
{
    struct rig *rig = *state;
    struct geo_point kept[EDGE_WARM_START_MAX];
    fly(rig, "a", 43.61234, -79.39876);
    fly(rig, "b", 43.9, -79.1);
    assert_int_equal(minute(rig), 1);
    restart(rig);
    assert_int_equal(edge_warm_start_read(rig->store, kept), 2);
    assert_float_equal(kept[0].lat_deg, 43.61234, 0.0011); // to the step of 0.002 degrees
    assert_float_equal(kept[0].lon_deg, -79.39876, 0.0011);
    assert_float_equal(kept[1].lat_deg, 43.9, 0.0011);
    assert_float_equal(kept[1].lon_deg, -79.1, 0.0011);
}

static void run__a_swarm_in_one_place__is_one_place(void **state)
{
    struct rig *rig = *state;
    struct geo_point kept[EDGE_WARM_START_MAX];
    for (int i = 0; i < 40; i++) {
        char id[16];
        (void)snprintf(id, sizeof id, "swarm-%d", i);
        fly(rig, id, 43.6 + 0.0001 * i / 10, -79.4);
    }
    fly(rig, "far", 43.2, -79.8);
    assert_int_equal(minute(rig), 1);
    assert_int_equal(edge_warm_start_read(rig->store, kept), 2);
}

static void run__more_places_than_there_is_room__keeps_as_many_as_fit(void **state)
{
    struct rig *rig = *state;
    struct geo_point kept[EDGE_WARM_START_MAX];
    for (int i = 0; i < 30; i++) {
        char id[16];
        (void)snprintf(id, sizeof id, "d-%d", i);
        fly(rig, id, 43.1 + 0.02 * i, -79.4);
    }
    assert_int_equal(minute(rig), 1);
    assert_int_equal(edge_warm_start_read(rig->store, kept), EDGE_WARM_START_MAX);
}

static void run__a_drone_that_hovers__writes_once_and_one_that_flies_again(void **state)
{
    struct rig *rig = *state;
    fly(rig, "a", 43.6, -79.4);
    assert_int_equal(minute(rig), 1);
    fly(rig, "a", 43.60003, -79.40002); // the wind
    assert_int_equal(minute(rig), 0);
    fly(rig, "a", 43.62, -79.4);
    assert_int_equal(minute(rig), 1);
}

static void run__nobody_reports_any_more__what_was_kept_stays(void **state)
{
    struct rig *rig = *state;
    struct geo_point kept[EDGE_WARM_START_MAX];
    fly(rig, "a", 43.6, -79.4);
    assert_int_equal(minute(rig), 1);
    edge_fleet_unplace(rig->fleet, edge_fleet_find(rig->fleet, "a"));
    assert_int_equal(minute(rig), 0);
    assert_int_equal(edge_warm_start_read(rig->store, kept), 1);
}

static void kept__bytes_that_are_no_places__are_left_out(void **state)
{
    struct rig *rig = *state;
    struct geo_point kept[EDGE_WARM_START_MAX];
    assert_int_equal(edge_warm_start_read(rig->store, kept), 0);
    assert_int_equal(fusion_store_put_value(rig->store, "whereabouts", "seven..", 7), DRF_OK);
    assert_int_equal(edge_warm_start_read(rig->store, kept), 0);
    const double odd[] = {91.0, 0.0, 43.5, -79.5, 0.0 / 0.0, 1.0};
    assert_int_equal(fusion_store_put_value(rig->store, "whereabouts", odd, sizeof odd),
                     DRF_OK);
    assert_int_equal(edge_warm_start_read(rig->store, kept), 1);
    assert_float_equal(kept[0].lat_deg, 43.5, 0);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(kept__where_two_drones_flew__is_known_at_the_next_start),
        TEST(run__a_swarm_in_one_place__is_one_place),
        TEST(run__more_places_than_there_is_room__keeps_as_many_as_fit),
        TEST(run__a_drone_that_hovers__writes_once_and_one_that_flies_again),
        TEST(run__nobody_reports_any_more__what_was_kept_stays),
        TEST(kept__bytes_that_are_no_places__are_left_out),
    };
    return cmocka_run_group_tests_name("edge/warm_start", tests, NULL, NULL);
}
