// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fusion/root/tile_pool.h"
#include "geo/cells.h"

enum { MANY = 100, PAGE = 2 << 20, PER_PAGE = PAGE / (GEO_CELLS_COUNT * 2) };

static uint16_t *take(struct fusion_tile_pool *pool, uint16_t fill)
{
    uint16_t *cells = fusion_tile_pool_take(pool);
    assert_non_null(cells);
    for (size_t i = 0; i < GEO_CELLS_COUNT; i++)
        cells[i] = fill;
    return cells;
}

static void assert_filled(const uint16_t *cells, uint16_t fill)
{
    for (size_t i = 0; i < GEO_CELLS_COUNT; i++)
        assert_int_equal(cells[i], fill);
}

static int opened(void **state)
{
    struct fusion_tile_pool *pool;
    assert_int_equal(fusion_tile_pool_open(&pool), DRF_OK);
    *state = pool;
    return 0;
}

static int closed(void **state)
{
    fusion_tile_pool_close(*state);
    return 0;
}

static void take__of_many__gives_each_its_own_cells_and_gives_pages_back(void **state)
{
    uint16_t *cells[MANY];
    for (uint16_t i = 0; i < MANY; i++)
        cells[i] = take(*state, i);
    for (uint16_t i = 0; i < MANY; i++) {
        assert_int_equal((uintptr_t)cells[i] % 16, 0);
        assert_filled(cells[i], i);
    }
#ifndef DRF_SANITIZED
    assert_int_equal(fusion_tile_pool_held(*state),
                     (size_t)((MANY + PER_PAGE - 1) / PER_PAGE) * PAGE);
#endif
    for (uint16_t i = 0; i < MANY; i += 2) // every other one, then the rest backwards
        fusion_tile_pool_give(*state, cells[i]);
    for (uint16_t i = 1; i < MANY; i += 2)
        assert_filled(cells[i], i);
    for (int i = MANY - 1; i > 0; i -= 2)
        fusion_tile_pool_give(*state, cells[i]);
    assert_true(fusion_tile_pool_held(*state) <= PAGE);
}

// As folds go on: a tile is made anew, then the one before it goes.
static void take__of_one_before_another_is_given__holds_a_page_more_at_most(void **state)
{
    enum { COUNT = 2 * PER_PAGE };
    uint16_t *cells[COUNT];
    for (uint16_t i = 0; i < COUNT; i++)
        cells[i] = take(*state, i);
    const size_t held = fusion_tile_pool_held(*state);
    for (uint32_t round = 0; round < 1000; round++) {
        uint16_t at = (uint16_t)(round * 7 % COUNT);
        uint16_t *next = take(*state, at);
        fusion_tile_pool_give(*state, cells[at]);
        cells[at] = next;
        assert_true(fusion_tile_pool_held(*state) <= held + PAGE);
    }
    for (uint16_t i = 0; i < COUNT; i++) {
        assert_filled(cells[i], i);
        fusion_tile_pool_give(*state, cells[i]);
    }
}

// What the header says of shared cells: one block for each value, until the last gives it.
static void share__of_one_value__gives_the_same_cells_until_the_last_is_given(void **state)
{
    enum { LEVELS = 40, TIMES = 50 };
    const uint16_t *shared[LEVELS];
    uint16_t *own = take(*state, 4000); // as high as one of them, and a tile's own
    for (int i = LEVELS - 1; i >= 0; i--)
        for (int k = 0; k < TIMES; k++)
            shared[i] = fusion_tile_pool_share(*state, (uint16_t)(4000 + i * 7 % LEVELS));
#ifndef DRF_SANITIZED
    assert_int_equal(fusion_tile_pool_held(*state),
                     (size_t)((LEVELS + 1 + PER_PAGE - 1) / PER_PAGE) * PAGE);
#endif
    for (int i = 0; i < LEVELS; i++) {
        assert_non_null(shared[i]);
        const uint16_t value = (uint16_t)(4000 + i * 7 % LEVELS);
        assert_ptr_equal(fusion_tile_pool_share(*state, value), shared[i]);
        assert_ptr_not_equal(shared[i], own);
        for (int k = 0; k < TIMES; k++) // one is left
            fusion_tile_pool_give(*state, shared[i]);
        assert_filled(shared[i], value);
    }
    fusion_tile_pool_give(*state, own);
    for (int i = 0; i < LEVELS; i++) {
        assert_filled(shared[i], (uint16_t)(4000 + i * 7 % LEVELS));
        fusion_tile_pool_give(*state, shared[i]);
    }
    assert_true(fusion_tile_pool_held(*state) <= PAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            take__of_many__gives_each_its_own_cells_and_gives_pages_back, opened, closed),
        cmocka_unit_test_setup_teardown(
            take__of_one_before_another_is_given__holds_a_page_more_at_most, opened, closed),
        cmocka_unit_test_setup_teardown(
            share__of_one_value__gives_the_same_cells_until_the_last_is_given, opened, closed),
    };
    return cmocka_run_group_tests_name("fusion/tile_pool", tests, NULL, NULL);
}
