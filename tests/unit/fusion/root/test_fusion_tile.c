// SPDX-License-Identifier: Apache-2.0
// What fusion/root/tile.h and fusion/root/root.h promise of tiles, who says their cells, and
// finding them.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fusion/root/root.h"
#include "fusion/root/sample.h"
#include "fusion/root/tile.h"

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
    assert_int_equal(fusion_tile_make(NULL, here, cells, sources, 2, source_of, flags, &tile),
                     DRF_OK);
    assert_int_equal(tile->kind_bits, 0);
    assert_null(tile->kind_of);
    assert_int_equal(tile->source_count, 1);
    assert_ptr_equal(tile->sources[0], &source_b);
    assert_int_equal(fusion_tile_flags(tile, 0), FUSION_SURFACE_GROUND);
    assert_int_equal(tile->known, GEO_CELLS_COUNT - 9362); // i = 3, 10, ... 65530
    fusion_tile_free(tile);

    source_of[0] = 0;
    flags[1] = FUSION_SURFACE_DSM;
    assert_int_equal(fusion_tile_make(NULL, here, cells, sources, 2, source_of, flags, &tile),
                     DRF_OK);
    assert_int_equal(tile->kind_bits, 2);
    assert_ptr_equal(fusion_tile_source(tile, 0), &source_a);
    assert_ptr_equal(fusion_tile_source(tile, 1), &source_b);
    assert_int_equal(fusion_tile_flags(tile, 1), FUSION_SURFACE_DSM);
    fusion_tile_free(tile);
}

// Every cell must read back as it was given, whatever number of bits it takes.
static void make__of_any_number_of_kinds__gives_each_cell_back(void **state)
{
    (void)state;
    static const struct {
        uint16_t kinds;
        uint8_t bits;
    } cases[] = {{1, 0},  {2, 1},  {3, 2},   {4, 2},    {5, 4},
                 {16, 4}, {17, 8}, {256, 8}, {257, 16}, {255 * 8, 16}};
    static struct fusion_source many[FUSION_TILE_SOURCES_MAX];
    static const struct fusion_source *all[FUSION_TILE_SOURCES_MAX];
    for (size_t i = 0; i < FUSION_TILE_SOURCES_MAX; i++)
        all[i] = &many[i];
    for (size_t at = 0; at < sizeof cases / sizeof cases[0]; at++) {
        for (uint32_t i = 0; i < GEO_CELLS_COUNT; i++) {
            uint32_t kind = i * 40503U % 65536U % cases[at].kinds;
            source_of[i] = (uint8_t)(kind / 8);
            flags[i] = (uint8_t)(kind % 8);
        }
        struct fusion_tile *tile;
        assert_int_equal(fusion_tile_make(NULL, here, cells, all, FUSION_TILE_SOURCES_MAX,
                                          source_of, flags, &tile),
                         DRF_OK);
        assert_int_equal(tile->kind_count, cases[at].kinds);
        assert_int_equal(tile->kind_bits, cases[at].bits);
        assert_int_equal(tile->source_count, (cases[at].kinds + 7) / 8);
        for (uint32_t i = 0; i < GEO_CELLS_COUNT; i++) {
            assert_int_equal(tile->cells[i], cells[i]);
            if (cells[i] == GEO_CELL_UNKNOWN)
                continue;
            assert_ptr_equal(fusion_tile_source(tile, i), all[source_of[i]]);
            assert_int_equal(fusion_tile_flags(tile, i), flags[i]);
        }
        fusion_tile_free(tile);
    }
}

static void make__of_nothing_known__names_nobody(void **state)
{
    (void)state;
    memset(cells, 0xff, sizeof cells);
    struct fusion_tile *tile;
    assert_int_equal(fusion_tile_make(NULL, here, cells, sources, 1, NULL, NULL, &tile),
                     DRF_OK);
    assert_int_equal(tile->known, 0);
    assert_int_equal(tile->source_count, 0);
    assert_null(fusion_tile_source(tile, 7));
    assert_int_equal(fusion_tile_flags(tile, 7), 0);
    fusion_tile_free(tile);
}

// As the sea: the cells are shared, what is said of them is each tile's own.
static void make__of_one_height__shares_the_cells_of_a_pool(void **state)
{
    (void)state;
    struct fusion_tile_pool *pool;
    assert_int_equal(fusion_tile_pool_open(&pool), DRF_OK);
    for (uint32_t i = 0; i < GEO_CELLS_COUNT; i++)
        cells[i] = 4000;
    const struct geo_tile beside = {.level = 12, .row = 1055, .col = 2291};
    struct fusion_tile *a, *b, *c;
    memset(source_of, 0, sizeof source_of);
    assert_int_equal(fusion_tile_make(pool, here, cells, sources, 1, NULL, NULL, &a), DRF_OK);
    source_of[77] = 1;
    assert_int_equal(fusion_tile_make(pool, beside, cells, sources, 2, source_of, flags, &b),
                     DRF_OK);
    cells[GEO_CELLS_COUNT - 1] = 4001; // an island
    assert_int_equal(fusion_tile_make(pool, here, cells, sources, 1, NULL, NULL, &c), DRF_OK);
    assert_ptr_equal(a->cells, b->cells);
    assert_ptr_not_equal(a->cells, c->cells);
    assert_int_equal(c->cells[GEO_CELLS_COUNT - 1], 4001);
    fusion_tile_free(a);
    assert_int_equal(b->cells[0], 4000);
    assert_int_equal(b->cells[GEO_CELLS_COUNT - 1], 4000);
    assert_ptr_equal(fusion_tile_source(b, 77), &source_b);
    assert_ptr_equal(fusion_tile_source(b, 78), &source_a);
    fusion_tile_free(b);
    fusion_tile_free(c);
    fusion_tile_pool_close(pool);
}

static void same__tells_cells_sources_and_flags_apart(void **state)
{
    (void)state;
    struct fusion_tile *a, *b;
    assert_int_equal(fusion_tile_make(NULL, here, cells, sources, 2, source_of, flags, &a),
                     DRF_OK);
    assert_int_equal(fusion_tile_make(NULL, here, cells, sources, 2, source_of, flags, &b),
                     DRF_OK);
    assert_true(fusion_tile_same(a, b));
    assert_false(fusion_tile_same(a, NULL));
    assert_true(fusion_tile_same(NULL, NULL));
    fusion_tile_free(b);
    assert_int_equal(fusion_tile_make(NULL, here, cells, sources, 1, NULL, flags, &b), DRF_OK);
    assert_false(fusion_tile_same(a, b));
    fusion_tile_free(b);
    flags[9] = FUSION_SURFACE_DSM;
    assert_int_equal(fusion_tile_make(NULL, here, cells, sources, 2, source_of, flags, &b),
                     DRF_OK);
    assert_false(fusion_tile_same(a, b));
    fusion_tile_free(b);
    fusion_tile_free(a);
}

static void assert_box(const struct fusion_tile *a, const struct fusion_tile *b,
                       uint32_t first_row, uint32_t last_row, uint32_t first_column,
                       uint32_t last_column)
{
    // 180 degrees, 2^12 tiles, 256 cells; the tile's corner by its row and column.
    const double cell = 180.0 / 4096 / 256, north = 90 - 1055 * 180.0 / 4096,
                 west = -180 + 2290 * 180.0 / 4096;
    struct geo_bounds box = fusion_tile_difference(a, b);
    assert_true(fabs(box.west_deg - (west + cell * (first_column - 0.5))) < cell / 100);
    assert_true(fabs(box.east_deg - (west + cell * (last_column + 1.5))) < cell / 100);
    assert_true(fabs(box.north_deg - (north - cell * (first_row - 0.5))) < cell / 100);
    assert_true(fabs(box.south_deg - (north - cell * (last_row + 1.5))) < cell / 100);
}

static struct fusion_tile *made(void)
{
    struct fusion_tile *tile;
    assert_int_equal(fusion_tile_make(NULL, here, cells, sources, 2, source_of, flags, &tile),
                     DRF_OK);
    return tile;
}

static void difference__of_heights_sources_or_flags__is_the_box_of_their_cells(void **state)
{
    (void)state;
    struct fusion_tile *first = made();
    cells[30 * 256 + 40]++;
    struct fusion_tile *second = made();
    assert_box(first, second, 30, 30, 40, 40);
    source_of[31 * 256 + 36] = 0; // its height stays: one kind becomes two
    struct fusion_tile *third = made();
    assert_box(second, third, 31, 31, 36, 36);
    assert_box(third, first, 30, 31, 36, 40);
    flags[5] = FUSION_SURFACE_DSM; // the kinds are numbered anew, and take two bits
    flags[255 * 256 + 255] = FUSION_SURFACE_DSM;
    struct fusion_tile *fourth = made();
    assert_box(third, fourth, 0, 255, 5, 255);
    assert_box(fourth, NULL, 0, 255, 0, 255);
    assert_box(NULL, fourth, 0, 255, 0, 255);
    fusion_tile_free(first);
    fusion_tile_free(second);
    fusion_tile_free(third);
    fusion_tile_free(fourth);
}

// Where both know nothing it does not matter what stands for that.
static void difference__of_any_kinds__is_what_the_cells_say(void **state)
{
    (void)state;
    struct fusion_tile *before = made();
    for (uint32_t kinds = 1; kinds <= 16; kinds++) {
        for (uint32_t i = 0; i < GEO_CELLS_COUNT; i++) {
            source_of[i] = i >= 4000 && i < 4010 ? (uint8_t)(kinds % 2) : 1;
            flags[i] = i >= 9000 && i % 64 == 0 ? (uint8_t)(i / 64 % kinds % 8) : 1;
        }
        struct fusion_tile *after = made();
        uint32_t north = 256, south = 0, west = 256, east = 0;
        for (uint32_t i = 0; i < GEO_CELLS_COUNT; i++) {
            if (cells[i] == GEO_CELL_UNKNOWN
                || (fusion_tile_source(before, i) == fusion_tile_source(after, i)
                    && fusion_tile_flags(before, i) == fusion_tile_flags(after, i)))
                continue;
            north = i / 256 < north ? i / 256 : north;
            south = i / 256 > south ? i / 256 : south;
            west = i % 256 < west ? i % 256 : west;
            east = i % 256 > east ? i % 256 : east;
        }
        if (north < 256)
            assert_box(before, after, north, south, west, east);
        fusion_tile_free(before);
        before = after;
    }
    fusion_tile_free(before);
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

static void reason__of_a_place_without_a_tile__says_why(void **state)
{
    (void)state;
    struct geo_bounds b = geo_tile_bounds(here);
    struct fusion_root root = {.keep = b, .tiles = {.first = here, .columns = 1, .rows = 1}};
    struct geo_point inside = {b.south_deg + 0.01, b.west_deg + 0.01};
    struct geo_point outside = {b.south_deg - 0.01, b.west_deg + 0.01};
    for (int layer = FUSION_LAYER_GROUND; layer <= FUSION_LAYER_OBSTACLE; layer++) {
        root.layer_fed[layer] = true;
        root.layer_state[layer] = FUSION_REASON_NONE;
    }
    assert_int_equal(fusion_sample_reason(&root, FUSION_LAYER_GROUND, inside),
                     FUSION_REASON_NO_DATA);
    root.layer_state[FUSION_LAYER_OBSTACLE] = FUSION_REASON_CATCHING_UP;
    assert_int_equal(fusion_sample_reason(&root, FUSION_LAYER_SURFACE, inside),
                     FUSION_REASON_CATCHING_UP);
    assert_int_equal(fusion_sample_reason(&root, FUSION_LAYER_GROUND, outside),
                     FUSION_REASON_OUT_OF_REGION);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(make__of_cells__keeps_what_is_the_same_everywhere_once, begin),
        cmocka_unit_test_setup(make__of_any_number_of_kinds__gives_each_cell_back, begin),
        cmocka_unit_test_setup(make__of_nothing_known__names_nobody, begin),
        cmocka_unit_test_setup(make__of_one_height__shares_the_cells_of_a_pool, begin),
        cmocka_unit_test_setup(same__tells_cells_sources_and_flags_apart, begin),
        cmocka_unit_test_setup(
            difference__of_heights_sources_or_flags__is_the_box_of_their_cells, begin),
        cmocka_unit_test_setup(difference__of_any_kinds__is_what_the_cells_say, begin),
        cmocka_unit_test(extent__across_the_antimeridian__finds_tiles_on_both_sides),
        cmocka_unit_test(reason__of_a_place_without_a_tile__says_why),
    };
    return cmocka_run_group_tests_name("fusion/tile", tests, NULL, NULL);
}
