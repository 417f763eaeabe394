// SPDX-License-Identifier: Apache-2.0
// Thin tiles against the same tiles with all their rows: cell by cell, and through every
// question that is put to a root.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fusion/context/patch_window.h"
#include "fusion/digest/content.h"
#include "fusion/root/corridor.h"
#include "fusion/root/sample.h"
#include "fusion/root/tile_thin.h"

enum { SIDE = 256, CELLS = SIDE * SIDE, TILES = 3, ROUNDS = 60, SOURCES = 6, LEVEL = 12 };

static const struct geo_tile corner = {.level = LEVEL, .row = 1054, .col = 2289};

static uint64_t seed = UINT64_C(0x1234567890abcdef);
static uint32_t any(uint32_t below)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (uint32_t)(seed >> 33) % below;
}
static double uniform(double low, double high)
{
    return low + (high - low) * any(1U << 30) / 1073741824.0;
}

static struct fusion_source all[SOURCES];
static const struct fusion_source *sources[SOURCES];

static void name_sources(void)
{
    for (size_t i = 0; i < SOURCES; i++) {
        all[i] = (struct fusion_source){.priority = (int32_t)i, .posting_m = i < 3 ? 30 : 0};
        all[i].source[0] = (char)('a' + i);
        sources[i] = &all[i];
    }
}

// What a pair of tiles is made of; the first three sources are rasters.
struct made {
    uint16_t ground[CELLS], surface[CELLS];
    uint8_t ground_source[CELLS], surface_source[CELLS], flags[CELLS];
};

static void fill_ground(struct made *made)
{
    const uint32_t rasters = 1 + any(3), gaps = any(3);
    for (uint32_t i = 0; i < CELLS; i++) {
        const bool gap = gaps == 1 ? any(9) == 0 : gaps == 2 && i / SIDE < 40;
        made->ground[i] = gap ? GEO_CELL_UNKNOWN : (uint16_t)(4000 + any(900));
        made->ground_source[i] = (uint8_t)(i / SIDE * rasters / SIDE);
    }
}

// Ground, with boxes raised or only flagged: by an obstacle, or by a surface model of their
// own.
static void fill_surface(struct made *made, uint32_t boxes)
{
    for (uint32_t i = 0; i < CELLS; i++) {
        made->surface[i] = made->ground[i];
        made->surface_source[i] = made->ground_source[i];
        made->flags[i] = made->ground[i] == GEO_CELL_UNKNOWN ? 0 : FUSION_SURFACE_GROUND;
    }
    for (uint32_t k = 0; k < boxes; k++) {
        const uint32_t north = any(SIDE), west = any(SIDE), rows = 1 + any(4),
                       columns = 1 + any(9);
        const uint32_t how = any(4), source = any(SOURCES);
        for (uint32_t y = north; y < north + rows && y < SIDE; y++)
            for (uint32_t x = west; x < west + columns && x < SIDE; x++) {
                const uint32_t i = y * SIDE + x;
                made->flags[i] |= how == 0 ? FUSION_SURFACE_DSM : FUSION_SURFACE_OBSTACLE;
                if (how == 1 && made->surface[i] != GEO_CELL_UNKNOWN)
                    continue; // stands lower than the ground: only the flag says it
                made->surface[i] = (uint16_t)(5000 + any(500));
                made->surface_source[i] = (uint8_t)source;
            }
    }
}

static struct fusion_tile *make(struct geo_tile tile, const uint16_t *cells,
                                const uint8_t *source_of, const uint8_t *flags)
{
    struct fusion_tile *out;
    assert_int_equal(
        fusion_tile_make(NULL, tile, cells, sources, SOURCES, source_of, flags, &out), DRF_OK);
    return out;
}

static void assert_cells(const struct fusion_tile *tile, const struct made *made)
{
    for (uint32_t i = 0; i < CELLS; i++) {
        if (fusion_tile_cell(tile, i) != made->surface[i])
            fail_msg("cell %u", i);
        if (made->surface[i] == GEO_CELL_UNKNOWN)
            continue;
        if (fusion_tile_source(tile, i) != sources[made->surface_source[i]]
            || fusion_tile_flags(tile, i) != made->flags[i])
            fail_msg("kind of cell %u", i);
    }
}

static void assert_bounds(struct geo_bounds a, struct geo_bounds b)
{
    assert_true(a.west_deg == b.west_deg && a.east_deg == b.east_deg
                && a.south_deg == b.south_deg && a.north_deg == b.north_deg);
}

static void thin__of_any_content__is_the_same_tile(void **state)
{
    (void)state;
    static struct made made, other;
    uint32_t thin_ones = 0;
    for (int round = 0; round < ROUNDS; round++) {
        fill_ground(&made);
        memcpy(other.ground, made.ground, sizeof other.ground);
        memcpy(other.ground_source, made.ground_source, sizeof other.ground_source);
        fill_surface(&made, any(30));
        fill_surface(&other, any(30));
        struct fusion_tile *ground = make(corner, made.ground, made.ground_source, NULL);
        struct fusion_tile *plain = make(corner, made.surface, made.surface_source, made.flags);
        struct fusion_tile *next =
            make(corner, other.surface, other.surface_source, other.flags);
        struct fusion_tile *thin, *thin_next;
        assert_int_equal(fusion_tile_thin(plain, ground, &thin), DRF_OK);
        assert_int_equal(fusion_tile_thin(next, ground, &thin_next), DRF_OK);
        if (thin != NULL) {
            thin_ones++;
            assert_cells(thin, &made);
            assert_true(fusion_tile_same(thin, plain) && fusion_tile_same(plain, thin));
            assert_int_equal(fusion_tile_same(thin, next), fusion_tile_same(plain, next));
            assert_bounds(fusion_tile_difference(thin, next),
                          fusion_tile_difference(plain, next));
            assert_bounds(fusion_tile_difference(ground, thin),
                          fusion_tile_difference(ground, plain));
            struct fusion_tile *thick; // as made: the very bytes
            assert_int_equal(fusion_tile_thick(thin, &thick), DRF_OK);
            assert_memory_equal(thick->cells, plain->cells, sizeof made.surface);
            assert_int_equal(thick->kind_bits, plain->kind_bits);
            assert_int_equal(thick->kind_count, plain->kind_count);
            if (plain->kind_bits > 0)
                assert_memory_equal(thick->kind_of, plain->kind_of,
                                    (size_t)CELLS / 8 * plain->kind_bits);
            assert_true(fusion_tile_same(thick, plain));
            fusion_tile_free(thick);
        }
        if (thin != NULL && thin_next != NULL) {
            assert_int_equal(fusion_tile_same(thin, thin_next), fusion_tile_same(plain, next));
            assert_bounds(fusion_tile_difference(thin, thin_next),
                          fusion_tile_difference(plain, next));
        }
        fusion_tile_free(ground); // what reads it keeps it
        if (thin != NULL)
            assert_cells(thin, &made);
        fusion_tile_free(thin_next);
        fusion_tile_free(thin);
        fusion_tile_free(plain);
        fusion_tile_free(next);
    }
    assert_true(thin_ones > ROUNDS / 2);
}

// Two roots of the same content: with thin surfaces, and without.
struct pair {
    struct fusion_root root[2];
    const struct fusion_tile *ground[TILES * TILES], *surface[2][TILES * TILES];
    struct fusion_weather weather;
};

static void open_pair(struct pair *pair)
{
    static struct made made;
    for (uint32_t i = 0; i < TILES * TILES; i++) {
        const struct geo_tile tile = {
            .level = LEVEL, .row = corner.row + i / TILES, .col = corner.col + i % TILES};
        fill_ground(&made);
        fill_surface(&made, 1 + any(20));
        struct fusion_tile *ground = make(tile, made.ground, made.ground_source, NULL), *thin;
        struct fusion_tile *plain = make(tile, made.surface, made.surface_source, made.flags);
        assert_int_equal(fusion_tile_thin(plain, ground, &thin), DRF_OK);
        assert_non_null(thin);
        pair->ground[i] = ground;
        pair->surface[0][i] = plain;
        pair->surface[1][i] = thin;
    }
    const struct geo_tile last = {
        .level = LEVEL, .row = corner.row + TILES - 1, .col = corner.col + TILES - 1};
    const struct geo_bounds nw = geo_tile_bounds(corner), se = geo_tile_bounds(last);
    for (int k = 0; k < 2; k++) {
        pair->root[k] =
            (struct fusion_root){.epoch = 1,
                                 .tiles = {.first = corner, .columns = TILES, .rows = TILES},
                                 .keep = {nw.west_deg, se.south_deg, se.east_deg, nw.north_deg},
                                 .ground = pair->ground,
                                 .surface = pair->surface[k],
                                 .weather = &pair->weather};
        for (int layer = 0; layer < FUSION_LAYER_COUNT; layer++) {
            pair->root[k].layer_state[layer] = FUSION_REASON_NONE;
            pair->root[k].layer_fed[layer] = layer <= FUSION_LAYER_OBSTACLE;
        }
    }
}

static void close_pair(struct pair *pair)
{
    for (uint32_t i = 0; i < TILES * TILES; i++) {
        struct fusion_tile *parts[] = {(void *)(uintptr_t)pair->ground[i],
                                       (void *)(uintptr_t)pair->surface[0][i],
                                       (void *)(uintptr_t)pair->surface[1][i]};
        for (int k = 0; k < 3; k++)
            fusion_tile_free(parts[k]);
    }
}

static void assert_sample(struct fusion_sample a, struct fusion_sample b)
{
    assert_int_equal(a.known, b.known);
    assert_int_equal(a.reason, b.reason);
    if (!a.known)
        return;
    assert_true(a.amsl_m == b.amsl_m && a.source == b.source);
    assert_int_equal(a.flags, b.flags);
    assert_int_equal(a.raised, b.raised);
}

static void root__with_thin_surfaces__answers_the_same(void **state)
{
    (void)state;
    static struct pair pair;
    const double west = -180 + corner.col * 180.0 / 4096,
                 north = 90 - corner.row * 180.0 / 4096;
    for (int round = 0; round < 6; round++) {
        pair = (struct pair){.weather = {.count = 0}};
        open_pair(&pair);
        for (int i = 0; i < 20000; i++) {
            const struct geo_point point = {north - uniform(-0.005, 0.137),
                                            west + uniform(-0.005, 0.137)};
            assert_sample(fusion_sample_surface(&pair.root[1], point),
                          fusion_sample_surface(&pair.root[0], point));
        }
        for (int i = 0; i < 2000; i++) {
            // A triangle of up to 200 cells, in cells of all columns and rows of the level.
            struct fusion_outline outline = {.corner_count = 3};
            const double x = corner.col * 256.0 + uniform(-60, 820);
            const double y = corner.row * 256.0 + uniform(-60, 820);
            for (uint32_t k = 0; k < 3; k++) {
                const double turn = 2.0943951 * k + uniform(0, 1), far = uniform(1, 200);
                outline.x[k] = x + far * cos(turn);
                outline.y[k] = y + far * sin(turn);
            }
            struct fusion_swath swath[2];
            for (int k = 0; k < 2; k++) {
                swath[k] = fusion_swath_empty();
                fusion_swath_add(&swath[k], &pair.root[k], &outline);
            }
            assert_int_equal(swath[0].cells, swath[1].cells);
            assert_int_equal(swath[0].surface_known, swath[1].surface_known);
            assert_int_equal(swath[0].ground_known, swath[1].ground_known);
            assert_true(swath[0].surface_max_amsl_m == swath[1].surface_max_amsl_m);
            assert_true(swath[0].ground_max_amsl_m == swath[1].ground_max_amsl_m);
            assert_true(swath[0].surface_acc95_m == swath[1].surface_acc95_m);
        }
        uint8_t digest[2][32];
        static struct fusion_patch_window_cells cells[2];
        for (int k = 0; k < 2; k++) {
            assert_int_equal(
                fusion_content_digest(&pair.root[k], 0, FUSION_LAYER_SURFACE, digest[k]),
                DRF_OK);
        }
        assert_memory_equal(digest[0], digest[1], sizeof digest[0]);
        for (int i = 0; i < 200; i++) {
            const struct fusion_patch_window window = {.level = LEVEL,
                                                       .west = corner.col * 256 + 32 * any(20),
                                                       .south = (4096 - corner.row) * 256
                                                                - 32 * (1 + any(24)),
                                                       .side = 64};
            for (int k = 0; k < 2; k++)
                fusion_patch_window_read(&pair.root[k], window, &cells[k]);
            assert_memory_equal(&cells[0], &cells[1], sizeof cells[0]);
        }
        close_pair(&pair);
    }
}

static void thin__with_many_rows_or_none_of_its_own__is_not_made(void **state)
{
    (void)state;
    static struct made made;
    fill_ground(&made);
    fill_surface(&made, 0);
    struct fusion_tile *ground = make(corner, made.ground, made.ground_source, NULL), *thin;
    struct fusion_tile *same = make(corner, made.surface, made.surface_source, made.flags);
    assert_int_equal(fusion_tile_thin(same, ground, &thin), DRF_OK);
    assert_null(thin);
    for (uint32_t rows = FUSION_THIN_ROWS_MAX; rows <= FUSION_THIN_ROWS_MAX + 1; rows++) {
        for (uint32_t row = 0; row < rows; row++) {
            made.surface[row * SIDE] = 9000;
            made.flags[row * SIDE] = FUSION_SURFACE_OBSTACLE;
        }
        struct fusion_tile *plain = make(corner, made.surface, made.surface_source, made.flags);
        assert_int_equal(fusion_tile_thin(plain, ground, &thin), DRF_OK);
        assert_int_equal(thin != NULL, rows == FUSION_THIN_ROWS_MAX);
        fusion_tile_free(thin);
        fusion_tile_free(plain);
    }
    fusion_tile_free(same);
    fusion_tile_free(ground);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(thin__of_any_content__is_the_same_tile),
        cmocka_unit_test(root__with_thin_surfaces__answers_the_same),
        cmocka_unit_test(thin__with_many_rows_or_none_of_its_own__is_not_made),
    };
    name_sources();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
