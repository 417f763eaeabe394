// SPDX-License-Identifier: Apache-2.0
// A surface that is folded again only under the obstacles that changed equals the one that is
// folded as a whole, cell by cell and byte by byte: for random grounds, surface models and sets
// of obstacles that come, go and get other tops, one or several between two folds. In half of
// the worlds what lies under the obstacles is kept: then that is what the whole fold finds.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fusion/fold/fold.h"
#include "fusion/fold/refold.h"
#include "geo/unconst.h"

enum { OBSTACLES = 40, SOURCES = 12, WORLDS = 40, STEPS = 60, VERTICES = 5 };

static const struct geo_tile here = {.level = 12, .row = 1055, .col = 2290};

struct thing {
    bool stands;
    struct geo_obstacle obstacle;
    struct geo_point vertices[VERTICES];
    double top_amsl_m;
    const struct fusion_source *source;
};

struct world {
    uint64_t random;
    struct fusion_fold *fold;
    struct fusion_refold *refold;
    struct fusion_source sources[SOURCES];
    struct fusion_tile *ground;
    uint8_t *models[2];
    size_t model_sizes[2];
    size_t model_count;
    struct thing things[OBSTACLES];
    struct fusion_cell_box touched;
    bool lowered;
    bool keeps;               // what is under obstacles
    struct fusion_bare *bare; // of the surface as it was folded last; NULL: nothing
    size_t refolded, whole;   // how often which of the two
};

static uint32_t draw(struct world *w, uint32_t below)
{
    w->random = w->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(w->random >> 33) % below;
}

static double part(struct world *w) { return draw(w, 1000001) / 1e6; }

// A patchwork: rectangles of known cells over unknown ones, or known all over.
static void draw_cells(struct world *w, uint16_t *cells, bool everywhere)
{
    for (size_t i = 0; i < GEO_CELLS_COUNT; i++)
        cells[i] = everywhere ? (uint16_t)(4400 + draw(w, 3)) : GEO_CELL_UNKNOWN;
    for (uint32_t n = 0; n < 3; n++) {
        const uint32_t row = draw(w, 256), column = draw(w, 256);
        const uint16_t height = (uint16_t)(4300 + draw(w, 300));
        for (uint32_t r = row; r < row + 90 && r < 256; r++)
            for (uint32_t c = column; c < column + 90 && c < 256; c++)
                cells[r * 256 + c] = (uint16_t)(height + draw(w, 4));
    }
}

static void add_blob(struct world *w, const uint16_t *cells, size_t source, uint8_t **blob,
                     size_t *size)
{
    *blob = malloc(GEO_CELLS_BLOB_MAX);
    *size = GEO_CELLS_BLOB_MAX;
    assert_non_null(*blob);
    assert_int_equal(geo_cells_encode(cells, *blob, size), DRF_OK);
    assert_int_equal(fusion_fold_add(w->fold, &w->sources[source], *blob, *size), DRF_OK);
}

static struct fusion_tile *made(struct world *w)
{
    struct fusion_palette palette;
    struct fusion_tile *tile;
    assert_int_equal(fusion_fold_palette(w->fold, &palette), DRF_OK);
    assert_false(palette.overflows);
    assert_int_equal(fusion_fold_make(w->fold, here, &palette, &tile), DRF_OK);
    return tile;
}

static void open_world(struct world *w, uint64_t seed)
{
    static uint16_t cells[GEO_CELLS_COUNT];
    *w = (struct world){.random = seed, .touched = FUSION_CELL_BOX_EMPTY};
    assert_int_equal(fusion_fold_open(NULL, &w->fold), DRF_OK);
    assert_int_equal(fusion_refold_open(&w->refold), DRF_OK);
    for (size_t i = 0; i < SOURCES; i++) {
        w->sources[i].priority = (int32_t)draw(w, 3);
        (void)snprintf(w->sources[i].source, sizeof w->sources[i].source, "s%u-%zu",
                       draw(w, 1000), i);
    }
    fusion_fold_start(w->fold);
    for (uint32_t n = draw(w, 3); n > 0; n--) { // without any: nothing is known of the ground
        uint8_t *blob;
        size_t size;
        draw_cells(w, cells, draw(w, 2) == 0);
        add_blob(w, cells, n, &blob, &size);
        free(blob);
    }
    w->ground = made(w);
    w->keeps = draw(w, 2) == 0;
    w->model_count = w->keeps || draw(w, 3) == 0 ? 1 + draw(w, 2) : 0;
    fusion_fold_start(w->fold);
    for (size_t i = 0; i < w->model_count; i++) {
        draw_cells(w, cells, false);
        add_blob(w, cells, 3 + i, &w->models[i], &w->model_sizes[i]);
    }
}

static void close_world(struct world *w)
{
    fusion_fold_close(w->fold);
    fusion_refold_close(w->refold);
    fusion_tile_free(w->ground);
    fusion_bare_close(w->bare);
    free(w->models[0]);
    free(w->models[1]);
}

static struct fusion_footprint foot(const struct thing *thing)
{
    return fusion_footprint_of(&thing->obstacle, thing->vertices);
}

static void touch(struct world *w, const struct thing *thing)
{
    struct fusion_footprint footprint = foot(thing);
    w->touched = fusion_refold_box(w->touched, here, &footprint);
}

static void draw_thing(struct world *w, struct thing *thing)
{
    const struct geo_bounds b = geo_tile_bounds(here);
    const double side_deg = b.north_deg - b.south_deg;
    const uint32_t shape = draw(w, 8);
    *thing = (struct thing){.stands = true};
    thing->obstacle.position =
        (struct geo_point){b.south_deg + side_deg * (part(w) * 1.1 - 0.05),
                           b.west_deg + side_deg * (part(w) * 1.1 - 0.05)};
    thing->obstacle.horizontal_acc95_m = draw(w, 4) * 40.0;
    thing->obstacle.geometry = shape == 0   ? GEO_GEOMETRY_LINE
                               : shape == 1 ? GEO_GEOMETRY_POLYGON
                                            : GEO_GEOMETRY_POINT;
    thing->obstacle.vertex_count = shape < 2 ? VERTICES : 0;
    for (size_t i = 0; i < VERTICES; i++)
        thing->vertices[i] =
            (struct geo_point){thing->obstacle.position.lat_deg + side_deg * 0.1 * part(w),
                               thing->obstacle.position.lon_deg + side_deg * 0.1 * part(w)};
    thing->top_amsl_m = 75.0 + draw(w, 120); // some are below the ground
    thing->source = &w->sources[5 + draw(w, SOURCES - 5)];
}

// `grow`: whatever it is, no top becomes lower.
static void change_one(struct world *w, bool grow)
{
    struct thing *thing = &w->things[draw(w, OBSTACLES)];
    if (thing->stands)
        touch(w, thing);
    w->lowered = w->lowered || (thing->stands && !grow);
    if (thing->stands && (grow || draw(w, 2) == 0))
        thing->top_amsl_m += draw(w, 40) - (grow ? 0.0 : 20.0);
    else if (thing->stands)
        thing->stands = false;
    else
        draw_thing(w, thing);
    if (thing->stands)
        touch(w, thing);
}

// *bare: what is under its obstacles.
static const struct fusion_tile *fold_whole(struct world *w, struct fusion_bare **bare)
{
    fusion_fold_start(w->fold);
    for (size_t i = 0; i < w->model_count; i++)
        assert_int_equal(
            fusion_fold_add(w->fold, &w->sources[3 + i], w->models[i], w->model_sizes[i]),
            DRF_OK);
    assert_int_equal(fusion_fold_ground(w->fold, w->ground), DRF_OK);
    *bare = fusion_bare_open(NULL);
    assert_non_null(*bare);
    fusion_fold_keep_bare(w->fold, *bare);
    for (size_t i = 0; i < OBSTACLES; i++) {
        struct fusion_footprint footprint = foot(&w->things[i]);
        if (w->things[i].stands)
            assert_int_equal(fusion_fold_raise(w->fold, here, &footprint,
                                               w->things[i].top_amsl_m, w->things[i].source),
                             DRF_OK);
    }
    (void)fusion_bare_sort(*bare);
    return fusion_fold_is_ground(w->fold, w->ground) ? w->ground : made(w);
}

static void expect_bare(const struct fusion_bare *one, const struct fusion_bare *other)
{
    assert_int_equal(one->count, other->count);
    for (size_t i = 0; i < one->count; i++) {
        const struct fusion_bare_cell *a = &one->cells[i], *b = &other->cells[i];
        assert_int_equal(a->cell, b->cell);
        assert_int_equal(a->height, b->height);
        assert_int_equal(a->flags, b->flags);
        assert_ptr_equal(a->source, b->source);
    }
}

// What is kept from a whole fold on, if anything is.
static void keep_bare(struct world *w, struct fusion_bare *bare)
{
    fusion_bare_close(w->bare);
    w->bare = w->keeps && !bare->lost ? bare : NULL;
    if (w->bare == NULL)
        fusion_bare_close(bare);
}

// NULL-safe; the ground is kept.
static void drop(const struct world *w, const struct fusion_tile *tile)
{
    if (tile != w->ground)
        fusion_tile_free(GEO_UNCONST(tile));
}

static void expect_bounds(const struct fusion_tile *old, const struct fusion_tile *whole,
                          struct fusion_cell_box changed)
{
    struct geo_bounds a = fusion_tile_difference(old, whole),
                      b = fusion_tile_box_bounds(here, changed);
    assert_memory_equal(&a, &b, sizeof a);
}

// What is between two folds, and then both of them. Returns the surface from now on.
static const struct fusion_tile *step(struct world *w, const struct fusion_tile *old)
{
    const bool grow = draw(w, 2) == 0;
    for (uint32_t n = 1 + draw(w, 3); n > 0; n--)
        change_one(w, grow);
    struct fusion_bare *bare;
    const struct fusion_tile *whole = fold_whole(w, &bare), *again = NULL;
    enum fusion_refolded result = FUSION_REFOLD_SAME;
    struct fusion_tile *tile = NULL;
    struct fusion_cell_box changed = FUSION_CELL_BOX_EMPTY;
    const struct fusion_cell_box touched = w->touched;
    enum drf_status status = DRF_OK;
    if (old == NULL) {
        status = DRF_ERR_FULL;
    } else if (!fusion_cell_box_empty(w->touched)) {
        status =
            fusion_refold_start(w->refold, old, w->ground, w->touched, w->lowered, w->bare);
        for (size_t i = 0; status == DRF_OK && i < OBSTACLES; i++) {
            struct fusion_footprint footprint = foot(&w->things[i]);
            if (w->things[i].stands
                && fusion_refold_near(w->refold, footprint.origin,
                                      fusion_footprint_reach_m(&footprint)))
                fusion_refold_raise(w->refold, &footprint, w->things[i].top_amsl_m,
                                    w->things[i].source);
        }
        if (status == DRF_OK)
            status = fusion_refold_finish(w->refold, &result, &tile, &changed);
    }
    w->touched = FUSION_CELL_BOX_EMPTY;
    w->lowered = false;
    if (status == DRF_ERR_FULL) {
        w->whole++;
        drop(w, old);
        keep_bare(w, bare);
        return whole;
    }
    assert_int_equal(status, DRF_OK);
    w->refolded++;
    if (w->bare != NULL && !fusion_cell_box_empty(touched) && result != FUSION_REFOLD_SAME
        && !fusion_refold_bare(w->refold, w->bare)) {
        fusion_bare_close(w->bare);
        w->bare = NULL;
    }
    if (w->bare != NULL)
        expect_bare(w->bare, bare);
    fusion_bare_close(bare);
    again = result == FUSION_REFOLD_SAME     ? old
            : result == FUSION_REFOLD_GROUND ? w->ground
                                             : tile;
    assert_true((again == w->ground) == (whole == w->ground));
    assert_true(fusion_tile_same(again, whole));
    if (whole != NULL) {
        assert_int_equal(again->known, whole->known);
        assert_int_equal(again->kind_bits, whole->kind_bits);
    }
    if (result == FUSION_REFOLD_SAME)
        assert_true(fusion_tile_same(old, whole));
    else
        expect_bounds(old, whole, changed);
    drop(w, whole);
    if (again != old)
        drop(w, old);
    return again;
}

static void refold__of_random_changes__equals_the_whole_fold(void **state)
{
    (void)state;
    static struct world w;
    size_t refolded = 0, whole = 0;
    for (uint64_t seed = 1; seed <= WORLDS; seed++) {
        open_world(&w, seed);
        struct fusion_bare *bare;
        const struct fusion_tile *surface = fold_whole(&w, &bare);
        keep_bare(&w, bare);
        for (size_t i = 0; i < STEPS; i++)
            surface = step(&w, surface);
        drop(&w, surface);
        refolded += w.refolded;
        whole += w.whole;
        close_world(&w);
    }
    print_message("%zu folded under obstacles, %zu whole\n", refolded, whole);
    assert_true(refolded > whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refold__of_random_changes__equals_the_whole_fold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
