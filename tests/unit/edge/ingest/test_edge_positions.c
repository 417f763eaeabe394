// SPDX-License-Identifier: Apache-2.0
// Where the node reads on in a topic, as the store keeps it.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/ingest_rig.h"

static void positions__of_a_topic_with_an_empty_partition__are_all_forgotten(void **context)
{
    struct rig *rig = *context;
    char cluster[64];
    int64_t stored = 0;
    open_node(rig);
    assert_int_equal(fusion_store_put_offset(rig->store, "c", "other", 2, 5), DRF_OK);
    assert_true(edge_resync_has_position(rig->store, "other", 0));
    assert_int_equal(edge_resync_forget_positions(rig->store, "other", 0), DRF_OK);
    assert_int_equal(fusion_store_offset(rig->store, "other", 2, cluster, &stored), DRF_OK);
    assert_int_equal(stored, -1); // of partitions 0 and 1 there was never one
    assert_false(edge_resync_has_position(rig->store, "other", 0));
    close_node(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(
        positions__of_a_topic_with_an_empty_partition__are_all_forgotten, open_rig, close_rig)};
    return cmocka_run_group_tests_name("edge/positions", tests, NULL, NULL);
}
