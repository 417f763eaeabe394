// SPDX-License-Identifier: Apache-2.0
// What edge/ingest/retention.h promises: profiles and plans of drones not heard of are let go
// in time, a few at a time, and never those whose time is not known.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "edge/ingest/resync.h"
#include "edge/ingest/retention.h"

#define SECOND_US INT64_C(1000000)
#define DAY_US (86400 * SECOND_US)
#define KEEP_US (30 * DAY_US)
#define BEGIN_UTC_US INT64_C(1795374000000000)

static char folder[64], path[96];

struct rig {
    struct fusion_store *store;
    struct edge_restore_request restore_request;
    struct edge_retention_walk walk;
    struct edge_now now;
    uint64_t forgotten;
    size_t told; // that serve was told of
};

static int open_rig(void **state)
{
    static struct rig rig;
    rig = (struct rig){.now = {.mono_us = SECOND_US, .utc_us = BEGIN_UTC_US}};
    (void)snprintf(folder, sizeof folder, "/tmp/drf-kept-XXXXXX");
    if (mkdtemp(folder) == NULL || edge_restore_request_open(&rig.restore_request) != DRF_OK)
        return 1;
    (void)snprintf(path, sizeof path, "%s/region.gpkg", folder);
    const struct fusion_store_config config = {
        .path = path,
        .keep = {.west_deg = -80, .south_deg = 43, .east_deg = -79, .north_deg = 44},
        .level = 12,
        .region_id = "sim-kept",
        .mode = 4,
    };
    *state = &rig;
    return fusion_store_open(&config, &rig.store) == DRF_OK ? 0 : 1;
}

static int close_rig(void **state)
{
    static const char *const ends[] = {"", "-wal", "-shm", "-lock", "-journal"};
    struct rig *rig = *state;
    edge_restore_request_close(&rig->restore_request);
    fusion_store_close(rig->store);
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        char name[128];
        (void)snprintf(name, sizeof name, "%s%s", path, ends[i]);
        (void)unlink(name);
    }
    return rmdir(folder);
}

static void put(struct rig *rig, const char *name, const void *bytes, size_t size)
{
    assert_int_equal(fusion_store_put_value(rig->store, name, bytes, size), DRF_OK);
}

static void put_seen(struct rig *rig, const char *name, int64_t utc_us)
{
    put(rig, name, &utc_us, sizeof utc_us);
}

static bool has(struct rig *rig, const char *name)
{
    char bytes[64];
    size_t size = sizeof bytes;
    return fusion_store_value(rig->store, name, bytes, &size) == DRF_OK;
}

static int64_t seen(struct rig *rig, const char *name)
{
    int64_t utc_us = 0;
    size_t size = sizeof utc_us;
    assert_int_equal(fusion_store_value(rig->store, name, &utc_us, &size), DRF_OK);
    return utc_us;
}

static void commit(struct rig *rig)
{
    assert_int_equal(fusion_store_commit(rig->store, rig->now.utc_us), DRF_OK);
}

static void take_told(struct rig *rig)
{
    struct edge_back_value value;
    for (; edge_restore_request_front(&rig->restore_request, &value);
         edge_restore_request_pop(&rig->restore_request))
        rig->told += strncmp(value.name, EDGE_RESTORE_REQUEST_FORGOTTEN,
                             strlen(EDGE_RESTORE_REQUEST_FORGOTTEN))
                     == 0;
}

// One walk over all; returns in how many slices.
static int walk(struct rig *rig)
{
    int slices = 0;
    bool more = true;
    for (; more; slices++) {
        uint64_t forgotten;
        if (edge_retention_step(&rig->walk, rig->store, &rig->restore_request, KEEP_US,
                                rig->now, &forgotten, &more))
            commit(rig);
        rig->forgotten += forgotten;
        take_told(rig);
    }
    return slices;
}

static void pass(struct rig *rig, int64_t by_us)
{
    rig->now.mono_us += by_us;
    rig->now.utc_us += by_us;
}

static void drone__not_heard_of_for_long__is_let_go_with_all_of_it(void **state)
{
    struct rig *rig = *state;
    put(rig, "profile/old", "a", 1);
    put(rig, "plan/old", "b", 1);
    put_seen(rig, "seen/old", BEGIN_UTC_US - KEEP_US - SECOND_US);
    put(rig, "profile/new", "a", 1);
    put_seen(rig, "seen/new", BEGIN_UTC_US - KEEP_US + SECOND_US);
    put(rig, "planet", "c", 1); // not a drone's
    commit(rig);
    (void)walk(rig);
    assert_int_equal(rig->forgotten, 1);
    assert_int_equal(rig->told, 1);
    assert_false(has(rig, "profile/old"));
    assert_false(has(rig, "plan/old"));
    assert_false(has(rig, "seen/old"));
    assert_true(has(rig, "profile/new"));
    assert_true(has(rig, "planet"));
}

static void drone__without_a_time_or_with_one_to_come__counts_from_now(void **state)
{
    struct rig *rig = *state;
    put(rig, "profile/of-an-older-program", "a", 1);
    put(rig, "plan/of-another", "a", 1);
    put_seen(rig, "seen/of-another", BEGIN_UTC_US + 400 * DAY_US);
    put(rig, "plan/of-a-third", "a", 1);
    put(rig, "seen/of-a-third", "?", 1);
    commit(rig);
    (void)walk(rig);
    assert_int_equal(rig->forgotten, 0);
    assert_true(seen(rig, "seen/of-an-older-program") == BEGIN_UTC_US);
    assert_true(seen(rig, "seen/of-another") == BEGIN_UTC_US);
    assert_true(seen(rig, "seen/of-a-third") == BEGIN_UTC_US);
}

static void time__of_a_drone_that_withdrew_all__goes_too(void **state)
{
    struct rig *rig = *state;
    put_seen(rig, "seen/d-1", BEGIN_UTC_US);
    commit(rig);
    (void)walk(rig);
    assert_false(has(rig, "seen/d-1"));
    assert_int_equal(rig->forgotten, 0);
    assert_int_equal(rig->told, 0);
}

static void names__that_are_no_drone_s__are_left_alone(void **state)
{
    struct rig *rig = *state;
    char name[200] = "profile/";
    memset(name + 8, 'x', 150);
    put(rig, name, "a", 1);
    put(rig, "plan/a b", "a", 1);
    commit(rig);
    (void)walk(rig);
    assert_true(has(rig, name));
    assert_true(has(rig, "plan/a b"));
    assert_false(has(rig, "seen/a b"));
}

static void time_of_a_feed__whatever_its_name__is_left_alone(void **state)
{
    struct rig *rig = *state;
    put(rig, "profile/d-1", "a", 1); // a drone named as a feed is
    assert_int_equal(edge_resync_reached(rig->store, "obstacles", BEGIN_UTC_US - 2 * KEEP_US),
                     DRF_OK);
    assert_int_equal(edge_resync_reached(rig->store, "d-1", BEGIN_UTC_US - 2 * KEEP_US),
                     DRF_OK);
    commit(rig);
    (void)walk(rig);
    assert_int_equal(rig->forgotten, 0);
    assert_true(seen(rig, "reached/obstacles") == BEGIN_UTC_US - 2 * KEEP_US);
    assert_true(seen(rig, "reached/d-1") == BEGIN_UTC_US - 2 * KEEP_US);
    assert_true(seen(rig, "seen/d-1") == BEGIN_UTC_US);
}

static enum drf_status count_one(void *context, const char *name, const void *bytes,
                                 size_t size)
{
    (void)name;
    (void)bytes;
    (void)size;
    ++*(size_t *)context;
    return DRF_OK;
}

static size_t count_values(struct rig *rig)
{
    static const char *const kinds[] = {"profile/", "plan/", "seen/"};
    size_t count = 0;
    for (int i = 0; i < 3; i++)
        assert_int_equal(fusion_store_each_value(rig->store, kinds[i], count_one, &count),
                         DRF_OK);
    return count;
}

static void ids__that_appear_once__leave_nothing_behind(void **state)
{
    enum { IDS = 2000 };
    struct rig *rig = *state;
    char name[64];
    for (int i = 0; i < IDS; i++) {
        (void)snprintf(name, sizeof name, "%s/once-%d", i % 2 ? "profile" : "plan", i);
        put(rig, name, "abc", 3);
    }
    commit(rig);
    int slices = walk(rig);
    assert_int_equal(count_values(rig), 2 * IDS);
    assert_true(slices >= 2 * IDS / 64); // a few at a time
    pass(rig, KEEP_US - DAY_US);
    (void)walk(rig);
    assert_int_equal(rig->forgotten, 0);
    pass(rig, DAY_US + SECOND_US);
    (void)walk(rig);
    assert_int_equal(rig->forgotten, IDS);
    assert_int_equal(rig->told, IDS);
    assert_int_equal(count_values(rig), 0);
}

static void walk__done__rests_for_an_hour(void **state)
{
    struct rig *rig = *state;
    (void)walk(rig);
    put(rig, "profile/d-1", "a", 1);
    commit(rig);
    pass(rig, 3599 * SECOND_US);
    (void)walk(rig);
    assert_false(has(rig, "seen/d-1"));
    pass(rig, SECOND_US);
    (void)walk(rig);
    assert_true(has(rig, "seen/d-1"));
}

int main(void)
{
#define WITH_RIG(test) cmocka_unit_test_setup_teardown(test, open_rig, close_rig)
    const struct CMUnitTest tests[] = {
        WITH_RIG(drone__not_heard_of_for_long__is_let_go_with_all_of_it),
        WITH_RIG(drone__without_a_time_or_with_one_to_come__counts_from_now),
        WITH_RIG(time__of_a_drone_that_withdrew_all__goes_too),
        WITH_RIG(names__that_are_no_drone_s__are_left_alone),
        WITH_RIG(time_of_a_feed__whatever_its_name__is_left_alone),
        WITH_RIG(ids__that_appear_once__leave_nothing_behind),
        WITH_RIG(walk__done__rests_for_an_hour),
    };
    return cmocka_run_group_tests_name("edge/retention", tests, NULL, NULL);
}
