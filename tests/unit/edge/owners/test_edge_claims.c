// SPDX-License-Identifier: Apache-2.0
// What edge/owners/claims.h promises: lease and epoch, by the rules in its head.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "edge/owners/claims.h"

#define SECOND INT64_C(1000000)
#define UTC_US INT64_C(1790000000000000)
enum { SESSION_S = 6 };

static const uint64_t utc_ms = UTC_US / 1000;

static struct edge_claims opened(void)
{
    struct edge_claims claims;
    edge_claims_init(&claims, SESSION_S * SECOND, NULL);
    return claims;
}

// The parts are assigned and their offsets read; what is to be committed.
static struct edge_claim_commit take(struct edge_claims *claims, uint32_t parts,
                                     uint64_t committed)
{
    struct edge_claim_commit commit;
    edge_claims_assigned(claims, parts);
    for (unsigned part = 0; part < EDGE_OWNER_PARTS; part++)
        if ((parts >> part & 1) != 0)
            edge_claims_read(claims, part, committed);
    assert_true(edge_claims_commit(claims, UTC_US, 0, &commit));
    return commit;
}

static void acknowledge(struct edge_claims *claims, const struct edge_claim_commit *commit,
                        int64_t sent_boot_us)
{
    for (size_t i = 0; i < commit->count; i++)
        edge_claims_acknowledged(claims, commit->generation, commit->items[i].part,
                                 commit->items[i].epoch, sent_boot_us);
}

static uint64_t held(const struct edge_claims *claims, int64_t boot_us)
{
    return edge_claims_table(claims, boot_us).held;
}

static void part__assigned__is_held_only_when_its_commit_is_acknowledged(void **state)
{
    (void)state;
    struct edge_claims claims = opened();
    struct edge_claim_commit commit;
    assert_false(edge_claims_commit(&claims, UTC_US, 0, &commit));
    edge_claims_assigned(&claims, 0x80000001U);
    assert_int_equal(edge_claims_unread(&claims), 0x80000001U);
    assert_false(edge_claims_commit(&claims, UTC_US, 0, &commit)); // offsets are not read
    edge_claims_read(&claims, 0, 0);
    assert_int_equal(edge_claims_unread(&claims), 0x80000000U);
    assert_true(edge_claims_commit(&claims, UTC_US, 0, &commit));
    assert_int_equal(commit.count, 1);
    assert_int_equal(held(&claims, 10 * SECOND), 0);
    assert_int_equal(edge_claims_table(&claims, 10 * SECOND).member, 0);
    acknowledge(&claims, &commit, 10 * SECOND);
    assert_int_equal(held(&claims, 10 * SECOND), 1);
    assert_int_equal(edge_claims_table(&claims, 10 * SECOND).epochs[0], utc_ms);
    assert_int_equal(edge_claims_table(&claims, 10 * SECOND).member, 1);
}

static void lease__from_the_sending__ends_half_a_second_before_the_session(void **state)
{
    (void)state;
    struct edge_claims claims = opened();
    struct edge_claim_commit commit = take(&claims, 2, 0);
    acknowledge(&claims, &commit, 100 * SECOND); // whenever the answer came
    assert_int_equal(held(&claims, 100 * SECOND + 5499999), 2);
    assert_int_equal(held(&claims, 100 * SECOND + 5500000), 0);
    assert_true(edge_claims_commit(&claims, UTC_US, 0, &commit)); // again, with the same epoch
    assert_int_equal(commit.items[0].epoch, utc_ms);
    acknowledge(&claims, &commit, 103 * SECOND);
    assert_int_equal(held(&claims, 108 * SECOND), 2);
    assert_int_equal(edge_claims_table(&claims, 109 * SECOND - 1).member, 1);
    assert_int_equal(edge_claims_table(&claims, 109 * SECOND).member, 0);
}

static void epoch__of_a_part_taken_over__is_above_all_that_is_known(void **state)
{
    (void)state;
    struct edge_claims claims = opened();
    assert_int_equal(take(&claims, 1, 5).items[0].epoch, utc_ms); // the time
    claims = opened();
    assert_int_equal(take(&claims, 1, utc_ms + 7).items[0].epoch, utc_ms + 8); // committed
    claims = opened();
    struct edge_claim_commit commit;
    edge_claims_assigned(&claims, 1);
    edge_claims_read(&claims, 0, utc_ms + 7);
    assert_true(edge_claims_commit(&claims, UTC_US, utc_ms + 90, &commit)); // heard
    assert_int_equal(commit.items[0].epoch, utc_ms + 91);
}

static void epoch__that_nobody_has_followed__is_kept(void **state)
{
    (void)state;
    struct edge_claims claims = opened();
    struct edge_claim_commit commit = take(&claims, 1, 0);
    acknowledge(&claims, &commit, SECOND);
    assert_int_equal(take(&claims, 1, utc_ms).items[0].epoch, utc_ms);
    assert_int_equal(take(&claims, 1, utc_ms + 1).items[0].epoch, utc_ms + 2); // another was

    // An earlier run's is another owner's: its streams ended with it.
    const uint64_t stored[EDGE_OWNER_PARTS] = {utc_ms + 50};
    edge_claims_init(&claims, SESSION_S * SECOND, stored);
    assert_int_equal(edge_claims_table(&claims, 0).epochs[0], utc_ms + 50);
    assert_int_equal(take(&claims, 1, utc_ms + 50).items[0].epoch, utc_ms + 51);
}

static void answer__of_an_assignment_that_is_over__gives_no_lease(void **state)
{
    (void)state;
    struct edge_claims claims = opened();
    struct edge_claim_commit commit = take(&claims, 1, 0);
    edge_claims_revoked(&claims);
    acknowledge(&claims, &commit, SECOND);
    assert_int_equal(held(&claims, SECOND), 0);
    (void)take(&claims, 1, 0);
    acknowledge(&claims, &commit, SECOND); // the same part, from before
    assert_int_equal(held(&claims, SECOND), 0);
}

static void revocation__ends_every_lease_at_once(void **state)
{
    (void)state;
    struct edge_claims claims = opened();
    struct edge_claim_commit commit = take(&claims, UINT32_MAX, 0);
    assert_int_equal(commit.count, EDGE_OWNER_PARTS);
    acknowledge(&claims, &commit, SECOND);
    assert_int_equal(held(&claims, SECOND), UINT32_MAX);
    edge_claims_revoked(&claims);
    assert_int_equal(held(&claims, SECOND), 0);
    assert_int_equal(edge_claims_table(&claims, SECOND).epochs[31], utc_ms); // it was
}

// Ids as they are given are spread over all parts.
static void part__of_a_thousand_ids__is_none_much_more_often(void **state)
{
    (void)state;
    unsigned counts[EDGE_OWNER_PARTS] = {0};
    for (unsigned i = 0; i < 3200; i++) {
        char id[16];
        (void)snprintf(id, sizeof id, "sim-%04u", i);
        counts[edge_owner_part(id)]++;
    }
    for (unsigned part = 0; part < EDGE_OWNER_PARTS; part++)
        assert_in_range(counts[part], 50, 150); // 100 on average
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(part__assigned__is_held_only_when_its_commit_is_acknowledged),
        cmocka_unit_test(lease__from_the_sending__ends_half_a_second_before_the_session),
        cmocka_unit_test(epoch__of_a_part_taken_over__is_above_all_that_is_known),
        cmocka_unit_test(epoch__that_nobody_has_followed__is_kept),
        cmocka_unit_test(answer__of_an_assignment_that_is_over__gives_no_lease),
        cmocka_unit_test(revocation__ends_every_lease_at_once),
        cmocka_unit_test(part__of_a_thousand_ids__is_none_much_more_often),
    };
    return cmocka_run_group_tests_name("edge/claims", tests, NULL, NULL);
}
