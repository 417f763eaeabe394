// SPDX-License-Identifier: Apache-2.0
// What fusion/root/source.h promises of the order between sources: ARCHITECTURE.md, "Identity
// and version".
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fusion/root/source.h"

static const struct fusion_source base = {.feed = "f",
                                          .source = "f/m",
                                          .licence = "L",
                                          .version = "k 1",
                                          .priority = 5,
                                          .vertical_acc95_m = 3,
                                          .posting_m = 30,
                                          .issue_utc_us = 100,
                                          .data_time_utc_us = 50};

static void compare__each_rule_decides_before_the_next__and_both_ways(void **state)
{
    (void)state;
    // Each is better than `base` by its own rule and worse by every rule after it.
    struct fusion_source better[5];
    for (size_t i = 0; i < 5; i++)
        better[i] = base;
    better[0].priority = 6;
    better[0].vertical_acc95_m = 9;
    better[1].vertical_acc95_m = 2;
    better[1].issue_utc_us = 1;
    better[2].issue_utc_us = 101;
    memcpy(better[2].source, "f/z", 4);
    memcpy(better[3].source, "f/a", 4);
    memcpy(better[3].version, "z", 2);
    memcpy(better[4].version, "a", 2);
    for (size_t i = 0; i < 5; i++) {
        assert_true(fusion_source_compare(&better[i], &base) < 0);
        assert_true(fusion_source_compare(&base, &better[i]) > 0);
    }
}

static void compare__any_difference__is_not_the_same_provenance(void **state)
{
    (void)state;
    struct fusion_source other[4];
    for (size_t i = 0; i < 4; i++)
        other[i] = base;
    assert_int_equal(fusion_source_compare(&base, &other[0]), 0);
    other[0].posting_m = 31;
    other[1].data_time_utc_us = 51;
    memcpy(other[2].licence, "M", 2);
    memcpy(other[3].feed, "g", 2);
    for (size_t i = 0; i < 4; i++) {
        const int order = fusion_source_compare(&base, &other[i]);
        assert_int_not_equal(order, 0);
        assert_true((fusion_source_compare(&other[i], &base) > 0) == (order < 0));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(compare__each_rule_decides_before_the_next__and_both_ways),
        cmocka_unit_test(compare__any_difference__is_not_the_same_provenance),
    };
    return cmocka_run_group_tests_name("fusion/source", tests, NULL, NULL);
}
