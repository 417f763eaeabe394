// SPDX-License-Identifier: Apache-2.0
// The way ahead over insets: nothing that a position inside would be told is higher than the
// maximum, nothing that is unknown is taken for known, and over an inset that is known
// throughout nothing coarser has a say.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "fusion/root/corridor.h"
#include "fusion/root/sample.h"
#include "geo/frame.h"
#include "tests/support/scene.h"

enum { COLUMNS = 6, ROWS = 5, INSETS = 2 };

static const struct geo_point centre = {43.0962, -79.0377};

static uint64_t next_random(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

static double uniform(uint64_t *seed, double low, double high)
{
    return low + (high - low) * (double)(next_random(seed) >> 11) / 9007199254740992.0;
}

static uint32_t scramble(uint32_t row, uint32_t column, uint32_t salt)
{
    uint32_t x = row * 2654435761U ^ column * 2246822519U ^ salt * 3266489917U;
    x ^= x >> 15;
    return x * 2654435761U >> 8;
}

// The region: heights at random, a hole here and there.
static uint16_t rough(void *context, uint32_t row, uint32_t column)
{
    (void)context;
    uint32_t draw = scramble(row, column, 1);
    return draw % 41 == 0 ? GEO_CELL_UNKNOWN : (uint16_t)(4000 + draw % 2000);
}

static uint16_t rougher(void *context, uint32_t row, uint32_t column)
{
    uint16_t ground = rough(context, row, column);
    return ground == GEO_CELL_UNKNOWN ? ground
                                      : (uint16_t)(ground + scramble(row, column, 2) % 400);
}

struct sheets { // two insets over the middle of a scene
    struct scene *scene;
    struct fusion_tile *ground[INSETS][COLUMNS * ROWS], *surface[INSETS][COLUMNS * ROWS];
    const struct fusion_tile *ground_list[INSETS][COLUMNS * ROWS];
    const struct fusion_tile *surface_list[INSETS][COLUMNS * ROWS];
};

// `holes`: some cells and some tiles are unknown, and some tiles are bare earth.
static void fill(struct sheets *sheets, size_t inset, struct geo_tile first, bool holes,
                 uint64_t *seed)
{
    static uint16_t ground[GEO_CELLS_COUNT], surface[GEO_CELLS_COUNT];
    static uint8_t flags[GEO_CELLS_COUNT];
    const struct fusion_source *source = &sheets->scene->ground_source;
    for (uint32_t i = 0; i < COLUMNS * ROWS; i++) {
        const struct geo_tile tile = {.level = first.level,
                                      .row = first.row + i / COLUMNS,
                                      .col = first.col + i % COLUMNS};
        const uint64_t draw = next_random(seed) % 6;
        const bool bare = holes && draw == 1;
        for (uint32_t k = 0; k < GEO_CELLS_COUNT; k++) {
            const uint32_t row = tile.row * 256 + k / 256, column = tile.col * 256 + k % 256;
            const uint32_t cell = scramble(row, column, first.level);
            const bool hole = holes && draw == 2 && cell % 5000 == 0;
            ground[k] = hole ? GEO_CELL_UNKNOWN : (uint16_t)(3000 + cell % 1500);
            surface[k] = hole ? GEO_CELL_UNKNOWN : (uint16_t)(ground[k] + cell % 97);
            flags[k] = (uint8_t)(FUSION_SURFACE_GROUND | (bare ? 0 : FUSION_SURFACE_DSM));
        }
        if (holes && draw == 0)
            continue;
        if (fusion_tile_make(NULL, tile, ground, &source, 1, NULL, NULL,
                             &sheets->ground[inset][i])
                != DRF_OK
            || fusion_tile_make(NULL, tile, surface, &source, 1, NULL, flags,
                                &sheets->surface[inset][i])
                   != DRF_OK)
            abort();
        sheets->ground_list[inset][i] = sheets->ground[inset][i];
        sheets->surface_list[inset][i] = sheets->surface[inset][i];
    }
    sheets->scene->root.insets[inset] =
        (struct fusion_inset){.tiles = {.first = first, .columns = COLUMNS, .rows = ROWS},
                              .ground = sheets->ground_list[inset],
                              .surface = sheets->surface_list[inset]};
    sheets->scene->root.inset_count = inset + 1;
}

static struct sheets *open_sheets(uint8_t fine, uint8_t finer, bool holes, uint64_t seed)
{
    struct sheets *sheets = calloc(1, sizeof *sheets);
    assert_non_null(sheets);
    sheets->scene = scene_open(centre, rough, rougher, NULL);
    const uint8_t levels[INSETS] = {finer, fine}; // the finest first
    for (size_t i = 0; i < INSETS; i++) {
        struct geo_tile first;
        if (geo_tile_at(centre, levels[i], &first) != DRF_OK)
            abort();
        first.row -= ROWS / 2;
        first.col -= COLUMNS / 2;
        fill(sheets, i, first, holes, &seed);
    }
    return sheets;
}

static void close_sheets(struct sheets *sheets)
{
    for (size_t i = 0; i < INSETS; i++)
        for (size_t k = 0; k < COLUMNS * ROWS; k++) {
            fusion_tile_free(sheets->ground[i][k]);
            fusion_tile_free(sheets->surface[i][k]);
        }
    scene_close(sheets->scene);
    free(sheets);
}

struct piece {
    struct geo_point from, to;
    double half_m;
    struct fusion_outline outline;
};

static struct piece random_piece(double reach_m, double length_m, uint64_t *seed)
{
    struct geo_frame frame = geo_frame_at(centre);
    struct geo_offset from = {uniform(seed, -reach_m, reach_m),
                              uniform(seed, -reach_m, reach_m)};
    struct geo_offset to = {from.east_m + uniform(seed, -length_m, length_m),
                            from.north_m + uniform(seed, -length_m, length_m)};
    struct piece piece = {.from = geo_frame_point(&frame, from),
                          .to = geo_frame_point(&frame, to),
                          .half_m = uniform(seed, 0.5, 60.0)};
    piece.outline = fusion_outline_piece(SCENE_LEVEL, piece.from, piece.to, piece.half_m,
                                         piece.half_m, 0.0, 0.0);
    return piece;
}

// A position inside: along the piece, and aside of it.
static struct geo_point inside_of(const struct piece *piece, uint64_t *seed)
{
    struct geo_frame frame = geo_frame_at(piece->from);
    struct geo_offset way = geo_frame_offset(&frame, piece->to);
    const double length_m = hypot(way.east_m, way.north_m);
    const double along = uniform(seed, 0.0, 1.0);
    const double left_m = uniform(seed, -0.999, 0.999) * piece->half_m;
    return geo_frame_point(
        &frame, (struct geo_offset){along * way.east_m - left_m * way.north_m / length_m,
                                    along * way.north_m + left_m * way.east_m / length_m});
}

static void check_piece(const struct fusion_root *root, const struct piece *piece,
                        uint64_t *seed)
{
    struct fusion_swath swath = fusion_swath_empty();
    fusion_swath_add(&swath, root, &piece->outline);
    assert_true(swath.cells > 0);
    assert_true(swath.ground_known <= swath.cells && swath.surface_known <= swath.cells);
    for (int i = 0; i < 400; i++) {
        const struct geo_point point = inside_of(piece, seed);
        const struct fusion_sample ground = fusion_sample_ground(root, point);
        const struct fusion_sample surface = fusion_sample_surface(root, point);
        if (ground.known)
            assert_true(ground.amsl_m <= swath.ground_max_amsl_m);
        else
            assert_true(swath.ground_known < swath.cells);
        if (surface.known)
            assert_true(surface.amsl_m <= swath.surface_max_amsl_m);
        else
            assert_true(swath.surface_known < swath.cells);
    }
}

static void swath__over_insets_with_holes__is_never_too_low_nor_too_sure(void **state)
{
    (void)state;
    static const uint8_t levels[][INSETS] = {{14, 16}, {13, 14}, {15, 15}};
    for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++) {
        uint64_t seed = UINT64_C(88172645463325252) + i;
        struct sheets *sheets = open_sheets(levels[i][0], levels[i][1], true, seed);
        if (levels[i][0] == levels[i][1]) // beside each other, not over each other
            sheets->scene->root.inset_count = 1;
        for (int k = 0; k < 150; k++) {
            const struct piece piece = random_piece(2500.0, 1200.0, &seed);
            check_piece(&sheets->scene->root, &piece, &seed);
        }
        close_sheets(sheets);
    }
}

static void swath__deep_in_an_inset_known_throughout__hears_nothing_coarser(void **state)
{
    (void)state;
    uint64_t seed = UINT64_C(4101842887655102017);
    struct sheets *sheets = open_sheets(14, 16, false, seed);
    for (int i = 0; i < 100; i++) {
        const struct piece piece = random_piece(150.0, 100.0, &seed);
        struct fusion_swath swath = fusion_swath_empty();
        fusion_swath_add(&swath, &sheets->scene->root, &piece.outline);
        assert_int_equal(swath.surface_known, swath.cells);
        // The region's are at least 0 m, the insets' below 149.25 m.
        assert_true(swath.ground_max_amsl_m < -1000.0 + 0.25 * 4500);
        assert_true(swath.surface_max_amsl_m < -1000.0 + 0.25 * 4600);
        check_piece(&sheets->scene->root, &piece, &seed);
    }
    close_sheets(sheets);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(swath__over_insets_with_holes__is_never_too_low_nor_too_sure),
        cmocka_unit_test(swath__deep_in_an_inset_known_throughout__hears_nothing_coarser),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
