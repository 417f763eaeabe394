// SPDX-License-Identifier: Apache-2.0
// What was read of a window is found by the window and the numbers of its tiles.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "fusion/context/patch_digests.h"

enum { WINDOWS = 1000 };

static struct fusion_patch_window_cells cells;
static uint64_t tiles[FUSION_PATCH_WINDOW_TILES];

static struct fusion_patch_window window(uint32_t number, uint64_t first_tile)
{
    for (uint32_t i = 0; i < FUSION_PATCH_WINDOW_TILES; i++)
        tiles[i] = first_tile + number / 8 + i;
    return (struct fusion_patch_window){
        .level = 12, .side = 256, .west = number % 40 * 32, .south = number / 40 * 32};
}

static void keep(struct fusion_patch_digests *digests, uint32_t number, uint64_t first_tile)
{
    cells.patch_window = window(number, first_tile);
    cells.ground_known = number;
    cells.surface_known = number + 1;
    for (uint32_t i = 0; i < FUSION_PATCH_WINDOW_BLOCKS; i++)
        cells.blocks[i] = first_tile * 1000 + number + i;
    fusion_patch_digests_keep(digests, tiles, &cells);
}

static bool found(struct fusion_patch_digests *digests, uint32_t number, uint64_t first_tile)
{
    static struct fusion_patch_window_cells out;
    memset(&out, 0, sizeof out);
    out.ground[7] = 77;
    const struct fusion_patch_window wanted = window(number, first_tile);
    if (!fusion_patch_digests_find(digests, wanted, tiles, &out))
        return false;
    assert_true(fusion_patch_window_same(out.patch_window, wanted));
    assert_int_equal(out.ground_known, number);
    assert_int_equal(out.surface_known, number + 1);
    for (uint32_t i = 0; i < FUSION_PATCH_WINDOW_BLOCKS; i++)
        assert_int_equal(out.blocks[i], first_tile * 1000 + number + i);
    assert_int_equal(out.ground[7], 77);
    return true;
}

static void digests__of_a_thousand_windows__are_nearly_all_found(void **state)
{
    (void)state;
    struct fusion_patch_digests *digests;
    assert_int_equal(fusion_patch_digests_open(&digests), DRF_OK);
    assert_false(found(digests, 0, 0)); // empty, not the window at 0 with tiles that are 0
    for (uint32_t i = 0; i < WINDOWS; i++)
        keep(digests, i, 2);
    uint32_t count = 0;
    for (uint32_t i = 0; i < WINDOWS; i++)
        count += found(digests, i, 2);
    assert_in_range(count, WINDOWS * 99 / 100, WINDOWS);
    fusion_patch_digests_close(digests);
    fusion_patch_digests_close(NULL);
}

static void digests__where_a_tile_is_another__are_not_found(void **state)
{
    (void)state;
    struct fusion_patch_digests *digests;
    assert_int_equal(fusion_patch_digests_open(&digests), DRF_OK);
    keep(digests, 5, 2);
    assert_true(found(digests, 5, 2));
    assert_false(found(digests, 5, 3));
    assert_false(found(digests, 6, 2));
    for (uint32_t i = 0; i < FUSION_PATCH_WINDOW_TILES; i++) {
        const struct fusion_patch_window wanted = window(5, 2);
        tiles[i]++; // this one alone
        assert_false(fusion_patch_digests_find(digests, wanted, tiles, &cells));
    }
    keep(digests, 5, 3); // takes the place of what it was
    assert_false(found(digests, 5, 2));
    assert_true(found(digests, 5, 3));
    fusion_patch_digests_close(digests);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digests__of_a_thousand_windows__are_nearly_all_found),
        cmocka_unit_test(digests__where_a_tile_is_another__are_not_found),
    };
    return cmocka_run_group_tests_name("fusion/patch_digests", tests, NULL, NULL);
}
