// SPDX-License-Identifier: Apache-2.0
// A receiver that follows windows over a changing fabric, loses messages and acknowledges late,
// has at every patch exactly the cells of the fabric.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fusion/context/patch.h"
#include "tests/support/patch_decode.h"
#include "tests/support/scene.h"

enum { HELD = 8, ROUNDS = 60, STEPS = 40 };

static const struct geo_point centre = {.lat_deg = 43.65, .lon_deg = -79.38};
static const struct geo_point dateline = {.lat_deg = -17.0, .lon_deg = 179.9999};

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

struct shape {
    uint32_t kind, tower_row, tower_column, tower_height;
};

// Smooth hills with a hole, noise, or nothing known: by kind.
static uint16_t hills(void *context, uint32_t row, uint32_t column)
{
    const struct shape *shape = context;
    if (shape->kind == 1)
        return (uint16_t)(row * UINT32_C(2654435761) ^ column * UINT32_C(2246822519));
    if (shape->kind == 2)
        return row % 97 < 40 && column % 89 < 50 ? GEO_CELL_UNKNOWN
                                                 : (uint16_t)(row + 3 * column);
    if (shape->kind == 3 && (row % 400 < 200 || column % 300 < 100))
        return GEO_CELL_UNKNOWN;
    double height = 4000 + 300 * sin(row * 0.021) + 200 * cos(column * 0.017 + row * 0.003);
    return (uint16_t)height;
}

static uint16_t roofs(void *context, uint32_t row, uint32_t column)
{
    const struct shape *shape = context;
    uint16_t ground = hills(context, row, column);
    if (shape->kind == 3 && ground == GEO_CELL_UNKNOWN && column % 300 > 50)
        return (uint16_t)(5000 + row % 7);
    if (ground == GEO_CELL_UNKNOWN || ground > 60000)
        return ground;
    uint32_t hash = (row / 3) * UINT32_C(2654435761) ^ (column / 4) * UINT32_C(2246822519);
    uint16_t above = hash % 11 == 0 ? (uint16_t)(hash % 120) : 0;
    if (row == shape->tower_row && column == shape->tower_column)
        above = (uint16_t)(above + shape->tower_height);
    return (uint16_t)(ground + above);
}

struct held { // by the sender the digests, by the receiver the cells
    struct fusion_patch_window window;
    bool seen;
    uint64_t blocks[FUSION_PATCH_WINDOW_BLOCKS];
    uint16_t ground[FUSION_PATCH_WINDOW_CELLS_MAX], surface[FUSION_PATCH_WINDOW_CELLS_MAX];
};

static struct fusion_patch_window_cells now_cells;
static struct held held[HELD];
static uint8_t ground_bytes[FUSION_PATCH_LAYER_MAX], surface_bytes[FUSION_PATCH_LAYER_MAX];

// Of the surface from `first` on, of the ground from 2.
static void number_tiles(struct scene *scene, uint64_t first)
{
    for (uint64_t i = 0; i < SCENE_TILES * SCENE_TILES; i++) {
        if (scene->ground[i] != NULL)
            scene->ground[i]->number = 2 + i;
        if (scene->surface[i] != NULL)
            scene->surface[i]->number = first + i;
    }
}

// Each cell lies in a tile that is named, and so does what is named.
static void assert_tiles(const struct scene *scene, struct fusion_patch_window window)
{
    uint64_t named[FUSION_PATCH_WINDOW_TILES];
    bool met[FUSION_PATCH_WINDOW_TILES] = {false};
    assert_true(fusion_patch_window_tiles(&scene->root, window, named));
    enum { SOME = 36 }; // of a row and of a column, the first and the last among them
    for (uint32_t i = 0; i < SOME * SOME; i++) {
        const uint32_t x = i % SOME * (window.side - 1U) / (SOME - 1);
        const uint32_t y = i / SOME * (window.side - 1U) / (SOME - 1);
        const uint32_t column = (window.west + x) % (UINT32_C(512) << SCENE_LEVEL);
        const uint32_t row = (UINT32_C(256) << SCENE_LEVEL) - 1 - window.south - y;
        uint64_t numbers[2] = {1, 1};
        for (int k = 0; k < SCENE_TILES * SCENE_TILES; k++) {
            const struct fusion_tile *tiles[] = {scene->ground_list[k], scene->surface_list[k]};
            for (int layer = 0; layer < 2; layer++)
                if (tiles[layer] != NULL && tiles[layer]->tile.col == column / 256
                    && tiles[layer]->tile.row == row / 256)
                    numbers[layer] = tiles[layer]->number;
        }
        for (int layer = 0; layer < 2; layer++) {
            bool found = false;
            for (int k = 4 * layer; k < 4 * layer + 4; k++)
                if (named[k] == numbers[layer])
                    found = met[k] = true;
            assert_true(found);
        }
    }
    for (int k = 0; k < FUSION_PATCH_WINDOW_TILES; k++)
        assert_true(met[k]);
}

// The cell itself, by the definition of the grid: not by the code under test.
static uint16_t truth(const struct scene *scene, const struct fusion_tile *const *tiles,
                      struct fusion_patch_window window, uint32_t x, uint32_t y)
{
    uint32_t column = (window.west + x) % (UINT32_C(512) << SCENE_LEVEL);
    uint32_t row = (UINT32_C(256) << SCENE_LEVEL) - 1 - window.south - y;
    for (int i = 0; i < SCENE_TILES * SCENE_TILES; i++)
        if (tiles[i] != NULL && tiles[i]->tile.col == column / 256
            && tiles[i]->tile.row == row / 256)
            return tiles[i]->cells[row % 256 * 256 + column % 256];
    (void)scene;
    return GEO_CELL_UNKNOWN;
}

static void assert_true_cells(const struct scene *scene, const struct held *got)
{
    uint32_t side = got->window.side;
    for (uint32_t i = 0; i < side * side; i++) {
        uint16_t ground = truth(scene, scene->ground_list, got->window, i % side, i / side);
        uint16_t surface = truth(scene, scene->surface_list, got->window, i % side, i / side);
        if (got->ground[i] != ground || got->surface[i] != surface)
            fail_msg("cell %u, %u: %u %u, is %u %u", i % side, i / side, got->ground[i],
                     got->surface[i], ground, surface);
    }
}

static size_t deliver(const struct scene *scene, uint32_t seq, uint32_t base_seq, bool lost)
{
    struct held *sent = &held[seq % HELD];
    const struct held *base = base_seq > 0 ? &held[base_seq % HELD] : NULL;
    uint64_t news = UINT64_MAX, coded;
    if (base != NULL)
        news = fusion_patch_window_changed(&now_cells, base->window, base->blocks);
    uint16_t side = now_cells.patch_window.side;
    size_t ground_size = sizeof ground_bytes, surface_size = sizeof surface_bytes;
    assert_int_equal(
        fusion_patch_encode(now_cells.ground, NULL, side, news, ground_bytes, &ground_size),
        DRF_OK);
    assert_int_equal(fusion_patch_encode(now_cells.surface, now_cells.ground, side, news,
                                         surface_bytes, &surface_size),
                     DRF_OK);
    sent->window = now_cells.patch_window;
    sent->seen = !lost;
    memcpy(sent->blocks, now_cells.blocks, sizeof sent->blocks);
    if (lost)
        return ground_size + surface_size;
    struct patch_base from = {.cells = NULL};
    if (base != NULL)
        from = (struct patch_base){base->window, base->ground};
    assert_int_equal(patch_decode(ground_bytes, ground_size, sent->window, &from, NULL,
                                  sent->ground, &coded),
                     DRF_OK);
    assert_true(coded == news);
    from.cells = base != NULL ? base->surface : NULL;
    assert_int_equal(patch_decode(surface_bytes, surface_size, sent->window, &from,
                                  sent->ground, sent->surface, &coded),
                     DRF_OK);
    assert_true_cells(scene, sent);
    return ground_size + surface_size;
}

static void change(struct scene *scene, struct shape *shape, uint64_t *random)
{
    shape->tower_row = scene->root.tiles.first.row * 256 + 384 + next_random(random) % 64;
    shape->tower_column = scene->root.tiles.first.col * 256 + 384 + next_random(random) % 64;
    shape->tower_height = 200;
    scene_tiles(scene, roofs, shape, scene->surface, scene->surface_list,
                &scene->surface_source, FUSION_SURFACE_OBSTACLE);
    scene->root.epoch++;
    number_tiles(scene, 1000 * scene->root.epoch);
}

static void follow(struct geo_point at, uint32_t kind, uint64_t seed)
{
    struct shape shape = {.kind = kind};
    struct scene *scene = scene_open(at, hills, roofs, &shape);
    number_tiles(scene, 1000);
    uint64_t random = seed;
    static const uint16_t sides[] = {64, 128, 256};
    uint16_t side = sides[next_random(&random) % 3];
    uint32_t acknowledged = 0;
    struct fusion_patch_window window;
    for (uint32_t seq = 1; seq <= STEPS; seq++) {
        at.lat_deg += ((double)(next_random(&random) % 200) - 100) * 1e-5;
        at.lon_deg += ((double)(next_random(&random) % 200) - 100) * 1e-5;
        at.lon_deg = at.lon_deg > 180 ? at.lon_deg - 360 : at.lon_deg;
        if (next_random(&random) % 5 == 0)
            change(scene, &shape, &random);
        window = fusion_patch_window_around(SCENE_LEVEL, side, at, seq > 1 ? &window : NULL);
        assert_true(fusion_patch_window_valid(window));
        fusion_patch_window_read(&scene->root, window, &now_cells);
        assert_tiles(scene, window);
        bool held_yet = acknowledged > 0 && acknowledged + HELD > seq;
        (void)deliver(scene, seq, held_yet ? acknowledged : 0, next_random(&random) % 4 == 0);
        uint32_t tells = seq - (uint32_t)(next_random(&random) % 3);
        if (tells > acknowledged && tells <= seq && held[tells % HELD].seen)
            acknowledged = tells;
    }
    scene_close(scene);
}

static void patch__random_flights_and_losses__cells_are_exact(void **state)
{
    (void)state;
    for (uint64_t round = 1; round <= 3; round++)
        for (uint32_t kind = 0; kind < 4; kind++) {
            follow(centre, kind, round * 977 + kind + 1);
            follow(dateline, kind, round * 31337 + kind + 1);
        }
}

static void encode__any_cells__come_back(void **state)
{
    (void)state;
    static uint16_t cells[64 * 64], under[64 * 64], back[64 * 64], base[64 * 64];
    const struct fusion_patch_window window = {
        .west = 64, .south = 64, .side = 64, .level = 12};
    uint64_t random = 4711;
    for (int round = 0; round < ROUNDS * 10; round++) {
        uint64_t news = round % 3 == 0 ? UINT64_MAX : next_random(&random);
        for (int i = 0; i < 64 * 64; i++) {
            uint64_t r = next_random(&random);
            under[i] = (uint16_t)(r % (UINT64_C(1) << (round % 16 + 1)));
            uint64_t over =
                under[i] + (round % 7 == 0 ? 0 : (r >> 20) % (UINT64_C(1) << round % 13));
            bool unknown = round % 7 != 0 && (r >> 40) % 9 == 0;
            cells[i] = (uint16_t)(unknown ? GEO_CELL_UNKNOWN : over);
            base[i] = cells[i];
        }
        static uint8_t bytes[FUSION_PATCH_LAYER_MAX];
        size_t size = sizeof bytes;
        uint64_t coded;
        const struct patch_base from = {window, base};
        assert_int_equal(fusion_patch_encode(cells, under, 64, news, bytes, &size), DRF_OK);
        assert_true(size <= 9 + 2 * 64 * 64);
        assert_int_equal(patch_decode(bytes, size, window, &from, under, back, &coded), DRF_OK);
        assert_memory_equal(cells, back, sizeof cells);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(encode__any_cells__come_back),
        cmocka_unit_test(patch__random_flights_and_losses__cells_are_exact),
    };
    return cmocka_run_group_tests_name("fusion/patch", tests, NULL, NULL);
}
