// SPDX-License-Identifier: Apache-2.0
// What fusion/fabric/fabric.h promises of the areas that a root says have changed.
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "tests/support/fabric.h"

static void put_flat(struct spot *spot, uint16_t cell, int64_t time_us)
{
    uint16_t *cells = malloc(GEO_CELLS_COUNT * sizeof *cells);
    assert_non_null(cells);
    for (size_t i = 0; i < GEO_CELLS_COUNT; i++)
        cells[i] = cell;
    struct geo_record_builder builder;
    spot_raster(&builder, GEO_RASTER_GROUND, 2);
    spot_cells(&builder, 0, cells);
    struct fusion_message message = spot_message("dtm-a", "dtm-a", "k", time_us, 1);
    assert_int_equal(spot_apply(spot, &message, spot_record(&builder)), FUSION_APPLIED);
    geo_record_builder_close(&builder);
    free(cells);
}

// Each time the same towers: of a later time they take the places of the earlier ones.
static void put_towers(struct spot *spot, int64_t time_us, size_t count, struct geo_point at)
{
    struct geo_obstacle tower = {.kind = "TOWER",
                                 .position = at,
                                 .agl_m = 60,
                                 .horizontal_acc95_m = 5,
                                 .vertical_acc95_m = 3,
                                 .flags = GEO_OBSTACLE_HAS_AGL,
                                 .geometry = GEO_GEOMETRY_POINT,
                                 .quantity = 1};
    struct geo_record_builder builder;
    geo_record_builder_init(&builder, 64 << 20);
    for (size_t i = 0; i < count; i++) {
        (void)snprintf(tower.id, sizeof tower.id, "%zu", i);
        assert_int_equal(
            geo_record_add(&builder, GEO_ITEM_OBSTACLE, &tower, sizeof tower, NULL, 0), DRF_OK);
    }
    struct fusion_message message = spot_message("obs", "obs", "a", time_us, 2);
    assert_int_equal(spot_apply(spot, &message, spot_record(&builder)), FUSION_APPLIED);
    geo_record_builder_close(&builder);
}

static void root__after_an_obstacle__names_no_more_than_its_surroundings(void **state)
{
    (void)state;
    struct spot place, *spot = &place;
    spot_begin(spot);
    put_flat(spot, 4400, 1); // 100 m
    (void)spot_settle(spot);
    const struct geo_bounds tile = geo_tile_bounds(spot_tile(0));
    const double cell_deg = (tile.east_deg - tile.west_deg) / GEO_CELLS_SIDE;
    const struct geo_point at = {tile.north_deg - 50.3 * cell_deg,
                                 tile.west_deg + 70.8 * cell_deg};
    put_towers(spot, 2, 1, at);
    const struct fusion_root *root = spot_settle(spot);
    uint32_t layers = 0;
    for (size_t i = 0; i < root->change_count; i++) { // it is known to 5 m, a cell is 12 m wide
        struct geo_bounds box = root->changes[i].bounds;
        layers |= root->changes[i].layers;
        assert_true(box.west_deg <= at.lon_deg && box.west_deg > at.lon_deg - 3 * cell_deg);
        assert_true(box.east_deg >= at.lon_deg && box.east_deg < at.lon_deg + 3 * cell_deg);
        assert_true(box.south_deg <= at.lat_deg && box.south_deg > at.lat_deg - 3 * cell_deg);
        assert_true(box.north_deg >= at.lat_deg && box.north_deg < at.lat_deg + 3 * cell_deg);
    }
    assert_int_equal(layers, 1U << FUSION_LAYER_SURFACE | 1U << FUSION_LAYER_OBSTACLE);
    spot_end(spot);
}

static const struct fusion_obstacle *only_obstacle(const struct fusion_root *root)
{
    const struct fusion_obstacle *found = NULL;
    for (size_t i = 0; i < (size_t)root->buckets.rows * root->buckets.columns; i++)
        if (root->features[i] != NULL) {
            assert_int_equal(root->features[i]->count, 1);
            found = root->features[i]->obstacles[0];
        }
    assert_non_null(found);
    return found;
}

// As long as a root is not acknowledged to be gone, it shows what it showed: also when the top
// of an obstacle changes that no newer root has shown yet, and changes again.
static void root__shows_an_obstacle__whose_ground_changes__as_it_was(void **state)
{
    (void)state;
    struct spot place, *spot = &place;
    spot_begin(spot);
    put_flat(spot, 4400, 1);
    const struct geo_bounds tile = geo_tile_bounds(spot_tile(0));
    put_towers(spot, 2, 1,
               (struct geo_point){(tile.north_deg + tile.south_deg) / 2,
                                  (tile.west_deg + tile.east_deg) / 2});
    spot_fold(spot);
    const struct fusion_root *root;
    assert_int_equal(fusion_fabric_publish(spot->fabric, &root), DRF_OK);
    const struct fusion_obstacle *shown = only_obstacle(root);
    assert_true(shown->top_known && fabs(shown->top_amsl_m - 163.0) < 1e-9);
    for (int i = 0; i < 3; i++) { // 110 m, 120 m, 130 m
        put_flat(spot, (uint16_t)(4440 + 40 * i), 3 + i);
        spot_fold(spot);
    }
    assert_true(fabs(shown->top_amsl_m - 163.0) < 1e-9
                && fabs(shown->foot_amsl_m - 100) < 1e-9);
    const struct fusion_root *next;
    assert_int_equal(fusion_fabric_publish(spot->fabric, &next), DRF_OK);
    assert_true(fabs(only_obstacle(next)->top_amsl_m - 193.0) < 1e-9);
    assert_true(fabs(shown->top_amsl_m - 163.0) < 1e-9);
    fusion_fabric_acknowledge(spot->fabric, next->epoch);
    spot_end(spot);
}

// Far more than one call lays out, and while they are laid out more is said of one of them.
static void publish__of_many_obstacles__comes_to_an_end_and_shows_the_last_word(void **state)
{
    (void)state;
    enum { MANY = 20000, CALLS_MAX = 100 };
    struct spot place, *spot = &place;
    spot_begin(spot);
    (void)spot_settle(spot);
    struct geo_bounds keep = spot_keep();
    // Tile row 1056 and column 2292 begin buckets of level 11: each tower is in four.
    const struct geo_bounds corner = geo_tile_bounds((struct geo_tile){2292, 1056, 12});
    const struct geo_point at = {corner.north_deg, corner.west_deg};
    put_towers(spot, 2, MANY, at);
    const struct fusion_root *root = NULL;
    int calls = 0;
    enum drf_status status;
    while ((status = fusion_fabric_publish(spot->fabric, &root)) == DRF_ERR_AGAIN
           && ++calls < CALLS_MAX)
        put_towers(spot, 2 + calls, 1, (struct geo_point){keep.south_deg, keep.west_deg});
    assert_int_equal(status, DRF_OK);
    assert_in_range(calls, 2, 20);
    size_t shown[4] = {0}, count = 0;
    for (size_t i = 0; i < (size_t)root->buckets.rows * root->buckets.columns; i++)
        if (root->features[i] != NULL)
            shown[count++] = root->features[i]->count;
    assert_int_equal(count, 4);
    // The one that was said more of went to the south-west: it stands in that bucket alone.
    assert_int_equal(shown[0] + shown[1] + shown[2] + shown[3], 4 * MANY - 3);
    assert_true(root->obstacle_reach_m >= 5 && root->obstacle_reach_m < 6);
    fusion_fabric_acknowledge(spot->fabric, root->epoch);
    spot_end(spot);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(root__after_an_obstacle__names_no_more_than_its_surroundings),
        cmocka_unit_test(root__shows_an_obstacle__whose_ground_changes__as_it_was),
        cmocka_unit_test(publish__of_many_obstacles__comes_to_an_end_and_shows_the_last_word),
    };
    return cmocka_run_group_tests_name("fusion/fabric_publish", tests, NULL, NULL);
}
