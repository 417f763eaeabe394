// SPDX-License-Identifier: Apache-2.0
// How a fabric comes back from its store: the nearest tiles first, no surface without its
// obstacles, and messages that come meanwhile change nothing of the end. Heights are round
// numbers: the expected ones are sums made by hand.
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/fabric.h"

enum { MIDDLE = 128 * 256 + 128, CROWD = 250 };

static struct geo_point middle_of(size_t tile)
{
    struct geo_bounds b = geo_tile_bounds(spot_tile(tile));
    double cell_deg = (b.east_deg - b.west_deg) / 256;
    return (struct geo_point){b.north_deg - cell_deg * 128.5, b.west_deg + cell_deg * 128.5};
}

static void put_ground(struct spot *spot, double amsl_m)
{
    uint16_t *cells = malloc(GEO_CELLS_COUNT * sizeof *cells);
    assert_non_null(cells);
    for (size_t i = 0; i < GEO_CELLS_COUNT; i++)
        cells[i] = spot_cell(amsl_m);
    struct geo_record_builder builder;
    spot_raster(&builder, GEO_RASTER_GROUND, 2);
    for (size_t tile = 0; tile < SPOT_TILES; tile++)
        spot_cells(&builder, tile, cells);
    struct fusion_message message = spot_message("dtm-a", "dtm-a", "k", 1, 7);
    assert_int_equal(spot_apply(spot, &message, spot_record(&builder)), FUSION_APPLIED);
    geo_record_builder_close(&builder);
    free(cells);
}

// Forty metres high, somewhere within five metres of the middle of a tile.
static void put_tower(struct spot *spot, const char *id, size_t tile, int64_t time_us,
                      uint32_t more_flags)
{
    struct geo_obstacle tower = {.kind = "TOWER",
                                 .position = middle_of(tile),
                                 .agl_m = 40,
                                 .horizontal_acc95_m = 5,
                                 .vertical_acc95_m = 3,
                                 .flags = GEO_OBSTACLE_HAS_AGL | more_flags,
                                 .geometry = GEO_GEOMETRY_POINT,
                                 .quantity = 1};
    (void)snprintf(tower.id, sizeof tower.id, "%s", id);
    struct geo_record_builder builder;
    geo_record_builder_init(&builder, 1U << 20);
    assert_int_equal(geo_record_add(&builder, GEO_ITEM_OBSTACLE, &tower, sizeof tower, NULL, 0),
                     DRF_OK);
    struct fusion_message message = spot_message("obs", "obs", id, time_us, 1);
    (void)spot_apply(spot, &message, spot_record(&builder));
    geo_record_builder_close(&builder);
}

// A crowd on the first tile and one tower on the last, committed; `rows`: and rendered.
static void put_region(struct spot *spot, bool rows)
{
    put_ground(spot, 100);
    for (int i = 0; i < CROWD; i++) {
        char id[16];
        (void)snprintf(id, sizeof id, "crowd-%03d", i);
        put_tower(spot, id, 0, 1, 0);
    }
    put_tower(spot, "last", SPOT_TILES - 1, 1, 0);
    (void)spot_settle(spot);
    assert_int_equal(fusion_fabric_commit(spot->fabric, 1), DRF_OK);
    if (rows)
        spot_render(spot);
    assert_int_equal(fusion_fabric_commit(spot->fabric, 1), DRF_OK);
}

static void reopen_near(struct spot *spot, size_t tile)
{
    const struct geo_point first = middle_of(tile);
    spot_close(spot);
    struct fusion_store_config config = {.path = spot->path,
                                         .keep = spot_keep(),
                                         .level = SPOT_LEVEL,
                                         .region_id = "sim-spot",
                                         .mode = 4,
                                         .pending_max_bytes = 256U << 20};
    assert_int_equal(fusion_store_open(&config, &spot->store), DRF_OK);
    struct fusion_fabric_config fabric = {.keep = spot_keep(),
                                          .level = SPOT_LEVEL,
                                          .raster_accuracy_max_m = 175,
                                          .feeds = spot_feeds,
                                          .feed_count = SPOT_FEEDS,
                                          .first = &first,
                                          .first_count = 1};
    assert_int_equal(fusion_fabric_open(&fabric, spot->store, &spot->fabric), DRF_OK);
    spot->root = NULL;
}

static double surface_m(const struct fusion_root *root, size_t tile)
{
    return geo_cell_m(fusion_tile_cell(root->surface[tile], MIDDLE));
}

// Folds step by step. Of every root on the way: a surface that is shown has its obstacle, and
// what is not loaded is not said to be.
static void watch(struct spot *spot, size_t near)
{
    bool whole = false, near_was_alone = false;
    for (int step = 0; !whole; step++) {
        enum drf_status status = fusion_fabric_fold(spot->fabric);
        assert_true(status == DRF_OK || status == DRF_ERR_AGAIN);
        whole = status == DRF_OK;
        const struct fusion_root *root = spot_publish(spot);
        size_t shown = 0;
        for (size_t tile = 0; root != NULL && tile < SPOT_TILES; tile++) {
            shown += root->surface[tile] != NULL;
            if (root->surface[tile] != NULL && (tile == 0 || tile == SPOT_TILES - 1))
                assert_true(surface_m(root, tile) > 142.9);
        }
        if (shown > 0 && shown < SPOT_TILES) {
            assert_non_null(root->surface[near]);
            near_was_alone = near_was_alone || shown == 1;
            assert_int_equal(root->layer_state[FUSION_LAYER_SURFACE], FUSION_REASON_LOADING);
        }
    }
    assert_true(near_was_alone);
    const struct fusion_root *root = spot_publish(spot);
    for (int layer = FUSION_LAYER_GROUND; layer <= FUSION_LAYER_WEATHER; layer++)
        assert_int_equal(root->layer_state[layer], FUSION_REASON_NONE);
    for (size_t tile = 0; tile < SPOT_TILES; tile++)
        assert_true(surface_m(root, tile) > (tile % (SPOT_TILES - 1) == 0 ? 142.9 : 99.9));
}

static void open__near_a_tile__shows_it_first_with_its_obstacles(void **state)
{
    struct spot *spot = *state;
    put_region(spot, true);
    reopen_near(spot, SPOT_TILES - 1);
    watch(spot, SPOT_TILES - 1);
    reopen_near(spot, 0);
    watch(spot, 0);
}

static void open__with_rows_that_were_never_rendered__misses_no_obstacle(void **state)
{
    struct spot *spot = *state;
    put_region(spot, false);
    reopen_near(spot, SPOT_TILES - 1);
    watch(spot, SPOT_TILES - 1);
}

// The former version is still in the file only when the message comes.
static void message__while_loading__replaces_and_withdraws_what_was_there(void **state)
{
    struct spot *spot = *state;
    put_region(spot, true);
    reopen_near(spot, 1);
    put_tower(spot, "last", SPOT_TILES - 1, 2, GEO_OBSTACLE_WITHDRAWN);
    put_tower(spot, "crowd-007", 2, 2, 0);                      // moved
    put_tower(spot, "crowd-008", 0, 0, GEO_OBSTACLE_WITHDRAWN); // older than what is there
    const struct fusion_root *root = spot_settle(spot);
    assert_true(surface_m(root, SPOT_TILES - 1) < 100.1);
    assert_true(surface_m(root, 2) > 142.9);
    assert_true(surface_m(root, 0) > 142.9);
    size_t crowd = 0;
    for (size_t i = 0; i < (size_t)root->buckets.rows * root->buckets.columns; i++)
        crowd += root->features[i] != NULL ? root->features[i]->count : 0;
    assert_int_equal(crowd, CROWD);
}

static enum drf_status count_stale(void *context, int64_t id)
{
    (void)id;
    ++*(size_t *)context;
    return DRF_OK;
}

static void render__while_loading__waits_and_then_brings_every_row(void **state)
{
    struct spot *spot = *state;
    put_region(spot, false);
    reopen_near(spot, 1);
    assert_int_equal(fusion_fabric_render(spot->fabric), DRF_OK); // nothing to be relied upon
    spot_fold(spot);
    assert_int_equal(fusion_fabric_render(spot->fabric), DRF_ERR_AGAIN);
    spot_render(spot);
    size_t stale = 0;
    assert_int_equal(fusion_store_each_stale(spot->store, count_stale, &stale), DRF_OK);
    assert_int_equal(stale, 0);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, spot_setup, spot_teardown)
    const struct CMUnitTest tests[] = {
        CASE(open__near_a_tile__shows_it_first_with_its_obstacles),
        CASE(open__with_rows_that_were_never_rendered__misses_no_obstacle),
        CASE(message__while_loading__replaces_and_withdraws_what_was_there),
        CASE(render__while_loading__waits_and_then_brings_every_row),
    };
    return cmocka_run_group_tests_name("fusion/fabric_load", tests, NULL, NULL);
}
