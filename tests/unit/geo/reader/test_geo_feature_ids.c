// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "geo/reader/feature_ids.h"

static void takes(struct geo_feature_ids *ids, bool part, const char *id, const char *gives)
{
    char own[GEO_FEATURE_ID_SIZE];
    bool numbered;
    memset(own, 0, sizeof own);
    (void)snprintf(own, sizeof own, "%s", id);
    enum drf_status status =
        part ? geo_feature_ids_take_part(ids, own) : geo_feature_ids_take(ids, own, &numbered);
    assert_int_equal(status, DRF_OK);
    assert_string_equal(own, gives);
    for (size_t i = strlen(own); i < sizeof own; i++)
        assert_int_equal(own[i], 0); // it goes into a record as it is
    if (!part)
        assert_int_equal(numbered, strcmp(id, gives) != 0);
}

static void take__twins_and_parts__are_numbered_in_order(void **state)
{
    (void)state;
    struct geo_feature_ids ids = {0};
    takes(&ids, false, "m", "m");
    takes(&ids, false, "m", "m#2");
    takes(&ids, false, "m", "m#3");
    takes(&ids, true, "pl", "pl#1");
    takes(&ids, true, "pl", "pl#2");
    takes(&ids, false, "pl", "pl"); // no part of it
    takes(&ids, true, "pl", "pl#3");
    geo_feature_ids_close(&ids);
}

static void take__an_id_that_holds_a_number_sign__is_never_taken_twice(void **state)
{
    (void)state;
    struct geo_feature_ids ids = {0};
    takes(&ids, false, "m#2", "m#2");
    takes(&ids, false, "m", "m");
    takes(&ids, false, "m", "m#3");
    takes(&ids, true, "a", "a#1");
    takes(&ids, false, "a#1", "a#1#2");
    geo_feature_ids_close(&ids);
}

static void take__no_room_for_the_number__says_so(void **state)
{
    (void)state;
    struct geo_feature_ids ids = {0};
    char longest[GEO_FEATURE_ID_SIZE];
    bool numbered;
    memset(longest, 'x', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    assert_int_equal(geo_feature_ids_take(&ids, longest, &numbered), DRF_OK);
    assert_int_equal(geo_feature_ids_take(&ids, longest, &numbered), DRF_ERR_RANGE);
    geo_feature_ids_close(&ids);
}

// Quadratic, this would take minutes.
static void take__a_hundred_thousand_of_one_id__are_all_different(void **state)
{
    (void)state;
    enum { COUNT = 100000 };
    struct geo_feature_ids ids = {0};
    for (int i = 1; i <= COUNT; i++) {
        char wanted[GEO_FEATURE_ID_SIZE];
        (void)snprintf(wanted, sizeof wanted, i == 1 ? "m" : "m#%d", i);
        takes(&ids, false, "m", wanted);
    }
    assert_true(geo_feature_ids_taken(&ids, "m#100000"));
    assert_false(geo_feature_ids_taken(&ids, "m#100001"));
    geo_feature_ids_close(&ids);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(take__twins_and_parts__are_numbered_in_order),
        cmocka_unit_test(take__an_id_that_holds_a_number_sign__is_never_taken_twice),
        cmocka_unit_test(take__no_room_for_the_number__says_so),
        cmocka_unit_test(take__a_hundred_thousand_of_one_id__are_all_different),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
