// SPDX-License-Identifier: Apache-2.0
// What fusion/store/store.h promises of opening: which numbers, and who beside whom.
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/store_place.h"

static void open__another_level_region_or_mode__is_refused_with_words(void **state)
{
    fusion_store_close(open_store(*state));
    struct fusion_store_fault fault = {0};
    struct fusion_store *store = NULL;
    for (int what = 0; what < 3; what++) {
        struct fusion_store_config config = config_of(*state);
        config.fault = &fault;
        config.level = what == 0 ? 11 : config.level;
        config.region_id = what == 1 ? "elsewhere" : config.region_id;
        config.mode = what == 2 ? 1 : config.mode;
        assert_int_equal(fusion_store_open(&config, &store), DRF_ERR_RANGE);
        assert_null(store);
        assert_int_equal(fault.trouble, FUSION_STORE_MISMATCH);
        assert_non_null(strstr(fault.text, "was made for"));
    }
}

static void open__numbers_no_store_can_have__is_refused_and_makes_no_file(void **state)
{
    const struct place *place = *state;
    struct fusion_store *store = NULL;
    for (int what = 0; what < 3; what++) {
        struct fusion_store_config config = config_of(place);
        config.level = what == 0 ? GEO_TILE_LEVEL_MAX + 1 : config.level;
        config.mode = what == 1 ? 5 : config.mode;
        config.keep.north_deg = what == 2 ? 91 : config.keep.north_deg;
        assert_int_equal(fusion_store_open(&config, &store), DRF_ERR_RANGE);
    }
    assert_int_not_equal(access(place->path, F_OK), 0);
}

static void open__a_second_writer__is_refused_while_readers_are_not(void **state)
{
    struct fusion_store *store = open_store(*state);
    put_text(store, put(store, identity, 5, NULL), tile_a, "abc");
    assert_int_equal(fusion_store_commit(store, 1), DRF_OK);

    struct fusion_store_fault fault = {0};
    struct fusion_store_config config = config_of(*state);
    config.fault = &fault;
    struct fusion_store *second = NULL;
    assert_int_equal(fusion_store_open(&config, &second), DRF_ERR_STORE);
    assert_int_equal(fault.trouble, FUSION_STORE_BUSY);
    assert_non_null(strstr(fault.text, "only one"));

    config.read_only = true;
    assert_int_equal(fusion_store_open(&config, &second), DRF_OK);
    assert_string_equal(list(second, tile_a).text, "1:abc,");
    assert_int_equal(fusion_store_put_value(second, "x", "y", 1), DRF_ERR_STORE);
    put_text(store, put(store, identity, 6, NULL), tile_a, "new");
    assert_int_equal(fusion_store_commit(store, 2), DRF_OK);
    assert_string_equal(list(second, tile_a).text, "1:new,");
    fusion_store_close(second);
    fusion_store_close(store);
    fusion_store_close(open_store(*state)); // the lock has gone with its owner
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_A_FILE(open__another_level_region_or_mode__is_refused_with_words),
        ON_A_FILE(open__numbers_no_store_can_have__is_refused_and_makes_no_file),
        ON_A_FILE(open__a_second_writer__is_refused_while_readers_are_not),
    };
    return cmocka_run_group_tests_name("fusion/store_open", tests, NULL, NULL);
}
