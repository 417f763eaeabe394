// SPDX-License-Identifier: Apache-2.0
// What fusion/fabric/edition.h promises, against a store of its own.
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fusion/fabric/edition.h"
#include "tests/support/fabric.h"

struct book {
    struct spot spot; // its fabric keeps editions of its own; those here are of other sources
    struct fusion_editions *editions;
};

static int begin(void **state)
{
    struct book *book = malloc(sizeof *book);
    assert_non_null(book);
    spot_begin(&book->spot);
    assert_int_equal(fusion_editions_open(book->spot.store, &book->editions), DRF_OK);
    *state = book;
    return 0;
}

static int end(void **state)
{
    struct book *book = *state;
    fusion_editions_close(book->editions);
    spot_end(&book->spot);
    free(book);
    return 0;
}

static bool put_part(struct book *book, const char *edition, uint32_t part, uint32_t parts,
                     int64_t time_us, int64_t *floor_us)
{
    bool changed = false;
    assert_int_equal(fusion_editions_part(book->editions, "obs/x", edition, part, parts,
                                          time_us, floor_us, &changed),
                     DRF_OK);
    return changed;
}

static int64_t floor_of(struct book *book, const char *source)
{
    int64_t floor_us = 0;
    assert_int_equal(fusion_editions_floor(book->editions, source, &floor_us), DRF_OK);
    return floor_us;
}

static void floor__of_a_whole_edition__is_the_time_of_its_oldest_part(void **state)
{
    struct book *book = *state;
    int64_t floor_us;
    assert_true(floor_of(book, "obs/x") == INT64_MIN);
    assert_true(put_part(book, "e", 3, 3, 30, &floor_us));
    assert_true(put_part(book, "e", 1, 3, 10, &floor_us));
    assert_true(floor_us == INT64_MIN); // one is missing
    assert_true(put_part(book, "e", 2, 3, 20, &floor_us));
    assert_true(floor_us == 10);
    assert_true(floor_of(book, "obs/x") == 10);
    assert_true(floor_of(book, "obs/y") == INT64_MIN); // another source's
}

static void part__seen_again__changes_nothing_unless_it_is_later(void **state)
{
    struct book *book = *state;
    int64_t floor_us;
    assert_true(put_part(book, "e", 1, 1, 10, &floor_us));
    assert_false(put_part(book, "e", 1, 1, 10, &floor_us));
    assert_false(put_part(book, "e", 1, 1, 9, &floor_us));
    assert_true(floor_us == 10);
    assert_true(put_part(book, "e", 1, 1, 11, &floor_us));
    assert_true(floor_us == 11);
}

static void floor__whatever_the_order_of_the_parts__is_the_same(void **state)
{
    struct book *book = *state;
    int64_t floor_us;
    put_part(book, "new", 1, 2, 50, &floor_us);
    put_part(book, "old", 2, 2, 21, &floor_us);
    put_part(book, "new", 2, 2, 51, &floor_us);
    assert_true(floor_us == 50);
    put_part(book, "old", 1, 2, 20, &floor_us); // complete too, but older
    assert_true(floor_us == 50);
}

static void floor__after_a_restart__is_what_was_committed(void **state)
{
    struct book *book = *state;
    int64_t floor_us;
    put_part(book, "e", 1, 1, 10, &floor_us);
    put_part(book, "f", 1, 2, 20, &floor_us);
    assert_int_equal(fusion_store_commit(book->spot.store, 1), DRF_OK);
    fusion_editions_close(book->editions);
    spot_close(&book->spot);
    spot_open(&book->spot);
    assert_int_equal(fusion_editions_open(book->spot.store, &book->editions), DRF_OK);
    assert_true(floor_of(book, "obs/x") == 10);
    put_part(book, "f", 2, 2, 21, &floor_us); // its first part is remembered
    assert_true(floor_us == 20);
}

static void part__of_one_edition_too_many__forgets_the_oldest_but_no_floor(void **state)
{
    struct book *book = *state;
    int64_t floor_us;
    put_part(book, "whole", 1, 1, 5, &floor_us);
    for (int i = 0; i <= FUSION_EDITIONS_MAX; i++) {
        char id[16];
        (void)snprintf(id, sizeof id, "half-%d", i);
        put_part(book, id, 1, 2, 100 + i, &floor_us);
        assert_true(floor_us == 5);
    }
    put_part(book, "half-0", 2, 2, 300, &floor_us); // its first part is forgotten
    assert_true(floor_us == 5);
    put_part(book, "half-16", 2, 2, 301, &floor_us);
    assert_true(floor_us == 116);
}

static void valid__of_names_and_parts__refuses_what_cannot_be_counted(void **state)
{
    (void)state;
    char longest[FUSION_EDITION_ID_SIZE + 1] = {0};
    for (size_t i = 0; i < FUSION_EDITION_ID_SIZE; i++)
        longest[i] = 'e';
    assert_true(fusion_edition_valid("e", 1, 1));
    assert_true(fusion_edition_valid(longest + 1, 4096, 4096));
    assert_false(fusion_edition_valid(longest, 1, 1));
    assert_false(fusion_edition_valid("", 1, 1));
    assert_false(fusion_edition_valid("e", 0, 1));
    assert_false(fusion_edition_valid("e", 2, 1));
    assert_false(fusion_edition_valid("e", 1, 4097));
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        CASE(floor__of_a_whole_edition__is_the_time_of_its_oldest_part),
        CASE(part__seen_again__changes_nothing_unless_it_is_later),
        CASE(floor__whatever_the_order_of_the_parts__is_the_same),
        CASE(floor__after_a_restart__is_what_was_committed),
        CASE(part__of_one_edition_too_many__forgets_the_oldest_but_no_floor),
        cmocka_unit_test(valid__of_names_and_parts__refuses_what_cannot_be_counted),
    };
    return cmocka_run_group_tests_name("fusion/edition", tests, NULL, NULL);
}
