// SPDX-License-Identifier: Apache-2.0
// "Did you mean": distances against published examples, and what is near enough to be said.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "edge/config/suggest.h"

static void distance__of_published_pairs__is_theirs(void **state)
{
    (void)state;
    // Levenshtein distance: Wikipedia's kitten, sitting; Saturday, Sunday.
    assert_int_equal(config_distance("kitten", "sitting"), 3);
    assert_int_equal(config_distance("saturday", "sunday"), 3);
    // Optimal string alignment: an exchange is one edit, and no substring is edited twice.
    assert_int_equal(config_distance("ca", "abc"), 3);
    assert_int_equal(config_distance("a cat", "an abct"), 4);
    assert_int_equal(config_distance("prot", "port"), 1);
    assert_int_equal(config_distance("", "abc"), 3);
    assert_int_equal(config_distance("LIVE", "live"), 0);
}

static const char *nearest(const char *word, const char *const *names)
{
    struct config_suggestion suggestion = {.word = word};
    for (; *names != NULL; names++)
        config_suggestion_offer(&suggestion, *names);
    return suggestion.name != NULL ? suggestion.name : "";
}

static void suggestion__of_a_mistyped_word__is_the_one_meant(void **state)
{
    (void)state;
    static const char *const keys[] = {"name", "topic", "kind", "format", "priority", NULL};
    static const char *const modes[] = {"LIVE", "TEST", "REPLAY", "SIM", NULL};
    assert_string_equal(nearest("topik", keys), "topic");
    assert_string_equal(nearest("prio", keys), "priority");
    assert_string_equal(nearest("fromat", keys), "format");
    assert_string_equal(nearest("lvie", modes), "LIVE");
    assert_string_equal(nearest("sim", modes), "SIM");
}

static void suggestion__of_a_word_that_is_like_none__is_none(void **state)
{
    (void)state;
    static const char *const keys[] = {"name", "topic", "kind", "id", NULL};
    assert_string_equal(nearest("altitude", keys), "");
    assert_string_equal(nearest("x", keys), "");
    assert_string_equal(nearest("to", keys), "");
    assert_string_equal(nearest("", keys), "");
    static const char longest[] =
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    assert_string_equal(nearest(longest, keys), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(distance__of_published_pairs__is_theirs),
        cmocka_unit_test(suggestion__of_a_mistyped_word__is_the_one_meant),
        cmocka_unit_test(suggestion__of_a_word_that_is_like_none__is_none),
    };
    return cmocka_run_group_tests_name("edge/suggest", tests, NULL, NULL);
}
