// SPDX-License-Identifier: Apache-2.0
// What fusion/tile.h and fusion/root.h promise of tiles, their pyramids, and finding them.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fusion/root.h"
#include "fusion/tile.h"

static const struct fusion_source source_a = {.source = "a"}, source_b = {.source = "b"};
static const struct fusion_source *const sources[] = {&source_a, &source_b};
static const struct geo_tile here = {.level = 12, .row = 1055, .col = 2290};

static uint16_t cells[GEO_CELLS_COUNT];
static uint8_t source_of[GEO_CELLS_COUNT], flags[GEO_CELLS_COUNT];

static int begin(void **state)
{
    (void)state;
    // Every seventh cell is unknown; the others rise and fall without a pattern of two.
    for (uint32_t i = 0; i < GEO_CELLS_COUNT; i++) {
        cells[i] = i % 7 == 3 ? GEO_CELL_UNKNOWN : (uint16_t)(i * 40503U % 60000U);
        source_of[i] = i % 7 == 3 ? 0 : 1;
        flags[i] = FUSION_SURFACE_GROUND;
    }
    return 0;
}

static void make__of_cells__keeps_what_is_the_same_everywhere_once(void **state)
{
    (void)state;
    struct fusion_tile *tile;
    assert_int_equal(fusion_tile_make(here, cells, sources, 2, source_of, flags, &tile),
                     DRF_OK);
    assert_true(tile->uniform_source && tile->uniform_flags);
    assert_null(tile->source_of);
    assert_null(tile->flags);
    assert_int_equal(tile->source_count, 1);
    assert_ptr_equal(tile->sources[0], &source_b);
    assert_int_equal(tile->flags_all, FUSION_SURFACE_GROUND);
    assert_int_equal(tile->known, GEO_CELLS_COUNT - 9362); // i = 3, 10, ... 65530
    fusion_tile_free(tile);

    source_of[0] = 0;
    flags[1] = FUSION_SURFACE_DSM;
    assert_int_equal(fusion_tile_make(here, cells, sources, 2, source_of, flags, &tile),
                     DRF_OK);
    assert_false(tile->uniform_source || tile->uniform_flags);
    assert_int_equal(tile->source_of[0], 0);
    assert_int_equal(tile->source_of[1], 1);
    assert_int_equal(tile->flags[1], FUSION_SURFACE_DSM);
    fusion_tile_free(tile);
}

static void pyramid__at_every_entry__is_what_its_block_of_cells_holds(void **state)
{
    (void)state;
    struct fusion_tile *tile;
    assert_int_equal(fusion_tile_make(here, cells, sources, 1, NULL, NULL, &tile), DRF_OK);
    for (uint32_t level = 0; level < 8; level++) {
        uint32_t side = 128U >> level, block = 2U << level;
        for (uint32_t row = 0; row < side; row++)
            for (uint32_t col = 0; col < side; col++) {
                uint32_t unknown = 0, greatest = 0;
                for (uint32_t i = 0; i < block * block; i++) {
                    uint32_t r = row * block + i / block, c = col * block + i % block;
                    uint16_t cell = cells[r * 256 + c];
                    unknown += cell == GEO_CELL_UNKNOWN;
                    greatest = cell != GEO_CELL_UNKNOWN && cell > greatest ? cell : greatest;
                }
                uint32_t at = fusion_pyramid_index(level, row, col);
                assert_int_equal(tile->maxima[at], greatest);
                assert_int_equal(tile->unknown[at], unknown);
            }
    }
    assert_int_equal(fusion_pyramid_index(7, 0, 0), FUSION_PYRAMID_COUNT - 1);
    fusion_tile_free(tile);
}

static void pyramid__of_nothing_known__is_unknown_and_saturates(void **state)
{
    (void)state;
    memset(cells, 0xff, sizeof cells);
    struct fusion_tile *tile;
    assert_int_equal(fusion_tile_make(here, cells, sources, 1, NULL, NULL, &tile), DRF_OK);
    assert_int_equal(tile->known, 0);
    assert_int_equal(tile->source_count, 0);
    assert_int_equal(tile->maxima[FUSION_PYRAMID_COUNT - 1], GEO_CELL_UNKNOWN);
    assert_int_equal(tile->unknown[FUSION_PYRAMID_COUNT - 1], 65535);
    fusion_tile_free(tile);
}

static void same__tells_cells_sources_and_flags_apart(void **state)
{
    (void)state;
    struct fusion_tile *a, *b;
    assert_int_equal(fusion_tile_make(here, cells, sources, 2, source_of, flags, &a), DRF_OK);
    assert_int_equal(fusion_tile_make(here, cells, sources, 2, source_of, flags, &b), DRF_OK);
    assert_true(fusion_tile_same(a, b));
    assert_false(fusion_tile_same(a, NULL));
    assert_true(fusion_tile_same(NULL, NULL));
    fusion_tile_free(b);
    assert_int_equal(fusion_tile_make(here, cells, sources, 1, NULL, flags, &b), DRF_OK);
    assert_false(fusion_tile_same(a, b));
    fusion_tile_free(b);
    flags[9] = FUSION_SURFACE_DSM;
    assert_int_equal(fusion_tile_make(here, cells, sources, 2, source_of, flags, &b), DRF_OK);
    assert_false(fusion_tile_same(a, b));
    fusion_tile_free(b);
    fusion_tile_free(a);
}

static void extent__across_the_antimeridian__finds_tiles_on_both_sides(void **state)
{
    (void)state;
    struct fusion_extent extent = {
        .first = {.level = 3, .row = 2, .col = 15}, .columns = 2, .rows = 2};
    size_t index = 99;
    assert_true(
        fusion_extent_index(extent, (struct geo_tile){.level = 3, .row = 3, .col = 0}, &index));
    assert_int_equal(index, 3);
    assert_true(fusion_extent_index(extent, extent.first, &index));
    assert_int_equal(index, 0);
    static const struct geo_tile outside[] = {{.level = 3, .row = 2, .col = 1},
                                              {.level = 3, .row = 2, .col = 14},
                                              {.level = 3, .row = 1, .col = 15},
                                              {.level = 3, .row = 4, .col = 15},
                                              {.level = 2, .row = 2, .col = 7}};
    for (size_t i = 0; i < sizeof outside / sizeof outside[0]; i++)
        assert_false(fusion_extent_index(extent, outside[i], &index));
}

static void root_tile__not_there__says_why(void **state)
{
    (void)state;
    const struct fusion_tile *none[1] = {NULL};
    struct fusion_root root = {
        .tiles = {.first = here, .columns = 1, .rows = 1}, .ground = none, .surface = none};
    struct geo_bounds b = geo_tile_bounds(here);
    struct geo_point inside = {b.south_deg + 0.01, b.west_deg + 0.01};
    struct geo_point outside = {b.south_deg - 0.01, b.west_deg + 0.01};
    enum fusion_reason reason;
    root.layer_state[FUSION_LAYER_GROUND] = FUSION_REASON_NONE;
    root.layer_state[FUSION_LAYER_SURFACE] = FUSION_REASON_CATCHING_UP;
    assert_null(fusion_root_tile(&root, FUSION_LAYER_GROUND, inside, &reason));
    assert_int_equal(reason, FUSION_REASON_NO_DATA);
    assert_null(fusion_root_tile(&root, FUSION_LAYER_SURFACE, inside, &reason));
    assert_int_equal(reason, FUSION_REASON_CATCHING_UP);
    assert_null(fusion_root_tile(&root, FUSION_LAYER_GROUND, outside, &reason));
    assert_int_equal(reason, FUSION_REASON_OUT_OF_REGION);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(make__of_cells__keeps_what_is_the_same_everywhere_once, begin),
        cmocka_unit_test_setup(pyramid__at_every_entry__is_what_its_block_of_cells_holds,
                               begin),
        cmocka_unit_test_setup(pyramid__of_nothing_known__is_unknown_and_saturates, begin),
        cmocka_unit_test_setup(same__tells_cells_sources_and_flags_apart, begin),
        cmocka_unit_test(extent__across_the_antimeridian__finds_tiles_on_both_sides),
        cmocka_unit_test(root_tile__not_there__says_why),
    };
    return cmocka_run_group_tests_name("fusion/tile", tests, NULL, NULL);
}
