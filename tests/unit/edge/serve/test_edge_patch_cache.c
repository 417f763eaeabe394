// SPDX-License-Identifier: Apache-2.0
// Key frames that were coded are found by the place and the cells of their window, as many as
// there is room for.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "edge/serve/patch_cache.h"

enum { GROUND = 20000, SURFACE = 13000, DRONES = 1000 };

static struct fusion_patch_window_cells cells;
static uint8_t ground[GROUND], surface[SURFACE];

static void window(uint32_t number)
{
    cells.patch_window.level = 12;
    cells.patch_window.side = 256;
    cells.patch_window.west = number % 40 * 32;
    cells.patch_window.south = number / 40 * 32;
    for (uint32_t i = 0; i < FUSION_PATCH_WINDOW_BLOCKS; i++)
        cells.blocks[i] = (uint64_t)number * FUSION_PATCH_WINDOW_BLOCKS + i;
    memset(ground, (int)(number & 0xFF), sizeof ground);
    memset(surface, (int)(number >> 8), sizeof surface);
}

static bool found(const struct edge_patch_cache *cache, uint32_t number)
{
    window(number);
    struct edge_wire_layer a, b;
    if (!edge_patch_cache_find(cache, &cells, &a, &b))
        return false;
    assert_int_equal(a.size, sizeof ground);
    assert_int_equal(b.size, sizeof surface);
    assert_memory_equal(a.bytes, ground, sizeof ground);
    assert_memory_equal(b.bytes, surface, sizeof surface);
    return true;
}

static void keep(struct edge_patch_cache *cache, uint32_t number)
{
    window(number);
    edge_patch_cache_keep(cache, &cells, (struct edge_wire_layer){ground, sizeof ground},
                          (struct edge_wire_layer){surface, sizeof surface});
}

static void cache__a_window_for_each_of_a_thousand_drones__all_are_kept(void **state)
{
    (void)state;
    struct edge_patch_cache *cache;
    assert_int_equal(edge_patch_cache_open(64 << 20, &cache), DRF_OK);
    assert_false(found(cache, 0));
    for (uint32_t i = 0; i < DRONES; i++)
        keep(cache, i);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < DRONES; i++)
        kept += found(cache, i);
    assert_int_equal(kept, DRONES);
    cells.blocks[3] ^= 1; // other cells in the same place
    struct edge_wire_layer a, b;
    assert_false(edge_patch_cache_find(cache, &cells, &a, &b));
    edge_patch_cache_close(cache);
}

static void cache__more_than_there_is_room_for__overwrites_the_oldest(void **state)
{
    (void)state;
    struct edge_patch_cache *cache;
    assert_int_equal(edge_patch_cache_open(0, &cache), DRF_OK); // 4 MB: 127 of these
    for (uint32_t i = 0; i < DRONES; i++)
        keep(cache, i);
    for (uint32_t i = 0; i < DRONES - 127; i++)
        assert_false(found(cache, i));
    uint32_t kept = 0;
    for (uint32_t i = DRONES - 120; i < DRONES; i++)
        kept += found(cache, i);
    assert_int_equal(kept, 120);
    edge_patch_cache_close(cache);
    edge_patch_cache_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cache__a_window_for_each_of_a_thousand_drones__all_are_kept),
        cmocka_unit_test(cache__more_than_there_is_room_for__overwrites_the_oldest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
