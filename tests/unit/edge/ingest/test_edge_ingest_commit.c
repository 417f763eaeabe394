// SPDX-License-Identifier: Apache-2.0
// When what was read is committed: an urgent message that comes alone at once, several that
// come close to each other together and within ten milliseconds, and what changes nothing as
// bulk is.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "edge/ingest/ingest_lane.h"
#include "tests/support/ingest_rig.h"

static void add_tower(struct rig *rig)
{
    static const char *const heights[] = {TOWER("36-000001", "00300"),
                                          TOWER("36-000001", "00400")};
    add(rig, DOF, "36-000001", heights[rig->count[DOF] % 2]);
}

static int64_t commits(const struct rig *rig)
{
    return edge_metrics_value(rig->metrics, EDGE_METRIC_COMMITS, 0, 0);
}

// All of the feed's messages are committed.
static bool committed(struct rig *rig)
{
    return stored_offset(rig, "obstacles") == (int64_t)rig->count[DOF]
           && fusion_store_pending_bytes(rig->store) == 0;
}

static void open_settled(struct rig *rig)
{
    open_node(rig);
    add_tower(rig);
    run(rig, 700000);
    assert_true(committed(rig));
}

static void commit__of_a_lone_urgent_message__waits_for_nothing(void **state)
{
    struct rig *rig = *state;
    open_settled(rig);
    for (int i = 0; i < 5; i++) {
        add_tower(rig);
        run(rig, 2000);
        assert_true(committed(rig));
        run(rig, 18000);
    }
    close_node(rig);
}

static void commit__of_urgent_messages_close_to_each_other__is_one_in_ten_ms(void **state)
{
    struct rig *rig = *state;
    open_settled(rig);
    const int64_t before = commits(rig);
    int64_t waited_us = 0;
    for (int i = 0; i < 100; i++) { // a message each 2 ms
        if (i % 2 == 0)
            add_tower(rig);
        run(rig, 1000);
        waited_us = committed(rig) ? 0 : waited_us + 1000;
        assert_in_range(waited_us, 0, 11000);
    }
    assert_in_range(commits(rig) - before, 8, 14); // of 50 messages
    run(rig, 12000);
    assert_true(committed(rig));
    close_node(rig);
}

static void commit__of_a_message_that_changes_nothing__waits_as_of_a_bulk_one(void **state)
{
    struct rig *rig = *state;
    open_settled(rig);
    add(rig, DOF, "b", "no such record");
    run(rig, 100000);
    assert_int_equal(stored_offset(rig, "obstacles"), 2);
    assert_false(committed(rig));
    run(rig, 200000);
    assert_true(committed(rig));
    close_node(rig);
}

int main(void)
{
#define WITH_RIG(test) cmocka_unit_test_setup_teardown(test, open_rig, close_rig)
    const struct CMUnitTest tests[] = {
        WITH_RIG(commit__of_a_lone_urgent_message__waits_for_nothing),
        WITH_RIG(commit__of_urgent_messages_close_to_each_other__is_one_in_ten_ms),
        WITH_RIG(commit__of_a_message_that_changes_nothing__waits_as_of_a_bulk_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
