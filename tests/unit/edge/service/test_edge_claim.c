// SPDX-License-Identifier: Apache-2.0
// edge/service/claim.c: when a node may speak for its id. Messages are written with protobuf-c.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "drf/v1/node.pb-c.h"
#include "edge/service/claim.h"

enum { OURS = 7, THEIRS = 8 };
enum { DOWN = 1, UP = 4 }; // Condition of schemas/drf/v1/enums.proto

static void hear_heartbeat(struct edge_claim *claim, uint64_t boot_id, uint32_t seq)
{
    uint8_t bytes[64];
    Drf__V1__Heartbeat m = DRF__V1__HEARTBEAT__INIT;
    m.has_boot_id = m.has_seq = 1;
    m.boot_id = boot_id;
    m.seq = seq;
    edge_claim_hear(claim, true, bytes, drf__v1__heartbeat__pack(&m, bytes));
}

static void hear_state(struct edge_claim *claim, uint64_t boot_id, uint32_t condition)
{
    uint8_t bytes[64];
    Drf__V1__NodeState m = DRF__V1__NODE_STATE__INIT;
    m.has_boot_id = m.has_condition = 1;
    m.boot_id = boot_id;
    m.condition = condition;
    edge_claim_hear(claim, false, bytes, drf__v1__node_state__pack(&m, bytes));
}

static void verdict__where_nothing_is_retained__is_free_after_a_look(void **state)
{
    (void)state;
    struct edge_claim claim;
    edge_claim_init(&claim, OURS);
    assert_int_equal(edge_claim_verdict(&claim, false, 5000000), EDGE_CLAIM_WAIT);
    assert_int_equal(edge_claim_verdict(&claim, true, 9000000), EDGE_CLAIM_WAIT);
    assert_int_equal(edge_claim_verdict(&claim, true, 9000000 + EDGE_CLAIM_LOOK_US - 1),
                     EDGE_CLAIM_WAIT);
    assert_int_equal(edge_claim_verdict(&claim, true, 9000000 + EDGE_CLAIM_LOOK_US),
                     EDGE_CLAIM_FREE);
}

static void verdict__where_the_state_says_down__is_free_after_a_look(void **state)
{
    (void)state;
    struct edge_claim claim;
    edge_claim_init(&claim, OURS);
    (void)edge_claim_verdict(&claim, true, 0);
    hear_state(&claim, THEIRS, DOWN);
    assert_int_equal(edge_claim_verdict(&claim, true, EDGE_CLAIM_LOOK_US), EDGE_CLAIM_FREE);
}

static void verdict__where_the_state_says_up_and_no_heartbeat_comes__listens(void **state)
{
    (void)state;
    struct edge_claim claim;
    edge_claim_init(&claim, OURS);
    (void)edge_claim_verdict(&claim, true, 0);
    hear_state(&claim, THEIRS, UP);
    assert_int_equal(edge_claim_verdict(&claim, true, 2499999), EDGE_CLAIM_WAIT);
    assert_int_equal(edge_claim_verdict(&claim, true, 2500000), EDGE_CLAIM_FREE);
}

static void verdict__of_rising_heartbeats_of_another_boot__is_taken(void **state)
{
    (void)state;
    struct edge_claim claim;
    edge_claim_init(&claim, OURS);
    (void)edge_claim_verdict(&claim, true, 0);
    hear_heartbeat(&claim, THEIRS, 41); // even where the state may not be read
    assert_int_equal(edge_claim_verdict(&claim, true, EDGE_CLAIM_LOOK_US), EDGE_CLAIM_WAIT);
    hear_heartbeat(&claim, THEIRS, 41); // the same again: no sign of life
    assert_int_equal(edge_claim_verdict(&claim, true, 1000000), EDGE_CLAIM_WAIT);
    hear_heartbeat(&claim, THEIRS, 42);
    assert_int_equal(edge_claim_verdict(&claim, true, 1100000), EDGE_CLAIM_TAKEN);
}

static void verdict__of_our_own_boot_or_of_rubbish__is_free(void **state)
{
    (void)state;
    static const uint8_t rubbish[] = {0xff, 0xff, 0xff};
    struct edge_claim claim;
    edge_claim_init(&claim, OURS);
    (void)edge_claim_verdict(&claim, true, 0);
    hear_state(&claim, OURS, UP);
    hear_heartbeat(&claim, OURS, 1);
    hear_heartbeat(&claim, OURS, 2);
    for (size_t size = 0; size <= sizeof rubbish; size++) {
        edge_claim_hear(&claim, true, rubbish, size);
        edge_claim_hear(&claim, false, rubbish, size);
    }
    assert_int_equal(edge_claim_verdict(&claim, true, EDGE_CLAIM_LOOK_US), EDGE_CLAIM_FREE);
}

static void verdict__after_a_lost_connection__looks_anew(void **state)
{
    (void)state;
    struct edge_claim claim;
    edge_claim_init(&claim, OURS);
    (void)edge_claim_verdict(&claim, true, 0);
    (void)edge_claim_verdict(&claim, false, 100000);
    assert_int_equal(edge_claim_verdict(&claim, true, 250000), EDGE_CLAIM_WAIT);
    assert_int_equal(edge_claim_verdict(&claim, true, 450000), EDGE_CLAIM_FREE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(verdict__where_nothing_is_retained__is_free_after_a_look),
        cmocka_unit_test(verdict__where_the_state_says_down__is_free_after_a_look),
        cmocka_unit_test(verdict__where_the_state_says_up_and_no_heartbeat_comes__listens),
        cmocka_unit_test(verdict__of_rising_heartbeats_of_another_boot__is_taken),
        cmocka_unit_test(verdict__of_our_own_boot_or_of_rubbish__is_free),
        cmocka_unit_test(verdict__after_a_lost_connection__looks_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
