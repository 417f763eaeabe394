// tests/support/same_advisories.h - two lists of advisories are the same to the bit.
// SPDX-License-Identifier: Apache-2.0
#ifndef TESTS_SUPPORT_SAME_ADVISORIES_H
#define TESTS_SUPPORT_SAME_ADVISORIES_H

#include "fusion/aircraft/advisory.h"

static inline void assert_same_advisories(const struct fusion_advisories *a,
                                          const struct fusion_advisories *b)
{
    assert_int_equal(a->count, b->count);
    for (size_t i = 0; i < a->count; i++) {
        const struct fusion_advisory *x = &a->items[i], *y = &b->items[i];
        assert_int_equal(x->advisory_id, y->advisory_id);
        assert_int_equal(x->severity, y->severity);
        assert_string_equal(x->text, y->text);
        assert_memory_equal(&x->time_to_go_s, &y->time_to_go_s, sizeof x->time_to_go_s);
        assert_memory_equal(&x->value, &y->value, sizeof x->value);
        assert_memory_equal(&x->position, &y->position, sizeof x->position);
    }
}

#endif
