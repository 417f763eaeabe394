// SPDX-License-Identifier: Apache-2.0
// Identities of reports: known until they are too many or too old, also after a restart, and
// not when their commit never came.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <unistd.h>

#include "edge/ingest/taken.h"

struct rig {
    char path[64];
    struct fusion_store *store;
    struct edge_taken *taken;
};

static void open_store(struct rig *rig)
{
    struct fusion_store_config config = {.path = rig->path,
                                         .keep = {-80, 43, -79, 44},
                                         .level = 12,
                                         .region_id = "r",
                                         .mode = 1};
    assert_int_equal(fusion_store_open(&config, &rig->store), DRF_OK);
    assert_int_equal(edge_taken_open(rig->store, &rig->taken), DRF_OK);
}

static void close_store(struct rig *rig)
{
    edge_taken_close(rig->taken);
    fusion_store_close(rig->store);
}

static void unlink_all(const struct rig *rig)
{
    static const char *const ends[] = {"", "-wal", "-shm", "-lock"};
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        char name[80];
        snprintf(name, sizeof name, "%s%s", rig->path, ends[i]);
        unlink(name);
    }
}

static int open_rig(void **state)
{
    struct rig *rig = calloc(1, sizeof *rig);
    snprintf(rig->path, sizeof rig->path, "/tmp/drf-test-taken-%d.gpkg", (int)getpid());
    unlink_all(rig);
    open_store(rig);
    *state = rig;
    return 0;
}

static int close_rig(void **state)
{
    struct rig *rig = *state;
    close_store(rig);
    unlink_all(rig);
    free(rig);
    return 0;
}

static struct edge_taken_identity identity(const char *drone, uint64_t boot, uint32_t seq)
{
    struct edge_taken_identity out = {.drone_boot_id = boot, .report_seq = seq};
    snprintf(out.drone, sizeof out.drone, "%s", drone);
    return out;
}

static bool has(const struct rig *rig, const char *drone, uint64_t boot, uint32_t seq)
{
    const struct edge_taken_identity one = identity(drone, boot, seq);
    return edge_taken_has(rig->taken, &one);
}

static void put(struct rig *rig, const char *drone, uint64_t boot, uint32_t seq, int64_t utc_us)
{
    const struct edge_taken_identity one = identity(drone, boot, seq);
    assert_false(has(rig, drone, boot, seq));
    assert_int_equal(edge_taken_put(rig->taken, &one, utc_us), DRF_OK);
    assert_true(has(rig, drone, boot, seq));
}

static void has__of_another_drone_boot_or_number__is_false(void **state)
{
    struct rig *rig = *state;
    put(rig, "d1", 7, 1, 0);
    assert_false(has(rig, "d2", 7, 1));
    assert_false(has(rig, "d1", 8, 1));
    assert_false(has(rig, "d1", 7, 2));
}

static void open__after_a_restart__knows_what_was_committed_and_no_more(void **state)
{
    struct rig *rig = *state;
    for (uint32_t i = 1; i <= 100; i++)
        put(rig, "d1", 7, i, i);
    assert_int_equal(fusion_store_commit(rig->store, 1), DRF_OK);
    put(rig, "d1", 7, 101, 101);
    close_store(rig); // as a kill: 101 was never committed
    open_store(rig);
    assert_int_equal(edge_taken_count(rig->taken), 100);
    for (uint32_t i = 1; i <= 100; i++)
        assert_true(has(rig, "d1", 7, i));
    assert_false(has(rig, "d1", 7, 101));
}

static void put__of_more_than_fit__forgets_the_oldest(void **state)
{
    struct rig *rig = *state;
    for (uint32_t i = 1; i <= EDGE_TAKEN_MAX + 10; i++) {
        const struct edge_taken_identity one = identity("d1", 7, i);
        assert_int_equal(edge_taken_put(rig->taken, &one, i), DRF_OK);
        if (i % 1000 == 0) // what waits for a commit is a list
            assert_int_equal(fusion_store_commit(rig->store, 1), DRF_OK);
    }
    assert_int_equal(edge_taken_count(rig->taken), EDGE_TAKEN_MAX);
    assert_false(has(rig, "d1", 7, 10));
    assert_true(has(rig, "d1", 7, 11));
    assert_true(has(rig, "d1", 7, EDGE_TAKEN_MAX + 10));
    assert_int_equal(fusion_store_commit(rig->store, 1), DRF_OK);
    close_store(rig);
    open_store(rig);
    assert_int_equal(edge_taken_count(rig->taken), EDGE_TAKEN_MAX);
    assert_false(has(rig, "d1", 7, 10));
    assert_true(has(rig, "d1", 7, 11));
}

static void undo__of_the_last__forgets_it_alone(void **state)
{
    struct rig *rig = *state;
    put(rig, "d1", 7, 1, 0);
    put(rig, "d1", 7, 2, 0);
    edge_taken_undo(rig->taken);
    assert_true(has(rig, "d1", 7, 1));
    assert_false(has(rig, "d1", 7, 2));
    put(rig, "d1", 7, 2, 0);
}

static void expire__before_a_time__forgets_those_put_before_it(void **state)
{
    struct rig *rig = *state;
    for (uint32_t i = 1; i <= 10; i++)
        put(rig, "d1", 7, i, i * INT64_C(100));
    assert_true(edge_taken_expire(rig->taken, 500));
    assert_false(has(rig, "d1", 7, 4));
    assert_true(has(rig, "d1", 7, 5));
    assert_false(edge_taken_expire(rig->taken, 500));
}

int main(void)
{
#define WITH_RIG(test) cmocka_unit_test_setup_teardown(test, open_rig, close_rig)
    const struct CMUnitTest tests[] = {
        WITH_RIG(has__of_another_drone_boot_or_number__is_false),
        WITH_RIG(open__after_a_restart__knows_what_was_committed_and_no_more),
        WITH_RIG(put__of_more_than_fit__forgets_the_oldest),
        WITH_RIG(undo__of_the_last__forgets_it_alone),
        WITH_RIG(expire__before_a_time__forgets_those_put_before_it),
    };
    return cmocka_run_group_tests_name("edge/taken", tests, NULL, NULL);
}
