// SPDX-License-Identifier: Apache-2.0
// What fusion/fabric.h promises of the areas that a root says have changed.
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/fabric.h"

static void put_flat(struct spot *spot)
{
    uint16_t *cells = malloc(GEO_CELLS_COUNT * sizeof *cells);
    assert_non_null(cells);
    for (size_t i = 0; i < GEO_CELLS_COUNT; i++)
        cells[i] = 4400; // 100 m
    struct geo_record_builder builder;
    spot_raster(&builder, GEO_RASTER_GROUND, 2);
    spot_cells(&builder, 0, cells);
    struct fusion_message message = spot_message("dtm-a", "dtm-a", "k", 1, 1);
    assert_int_equal(spot_apply(spot, &message, spot_record(&builder)), FUSION_APPLIED);
    geo_record_builder_close(&builder);
    free(cells);
}

static void put_tower(struct spot *spot, struct geo_point at)
{
    const struct geo_obstacle tower = {.id = "a",
                                       .kind = "TOWER",
                                       .position = at,
                                       .agl_m = 60,
                                       .horizontal_acc95_m = 5,
                                       .vertical_acc95_m = 3,
                                       .flags = GEO_OBSTACLE_HAS_AGL,
                                       .geometry = GEO_GEOMETRY_POINT,
                                       .quantity = 1};
    struct geo_record_builder builder;
    geo_record_builder_init(&builder, 1 << 20);
    assert_int_equal(geo_record_add(&builder, GEO_ITEM_OBSTACLE, &tower, sizeof tower, NULL, 0),
                     DRF_OK);
    struct fusion_message message = spot_message("obs", "obs", "a", 2, 2);
    assert_int_equal(spot_apply(spot, &message, spot_record(&builder)), FUSION_APPLIED);
    geo_record_builder_close(&builder);
}

static void root__after_an_obstacle__names_no_more_than_its_surroundings(void **state)
{
    (void)state;
    struct spot place, *spot = &place;
    spot_begin(spot);
    put_flat(spot);
    (void)spot_settle(spot);
    const struct geo_bounds tile = geo_tile_bounds(spot_tile(0));
    const double cell_deg = (tile.east_deg - tile.west_deg) / GEO_CELLS_SIDE;
    const struct geo_point at = {tile.north_deg - 50.3 * cell_deg,
                                 tile.west_deg + 70.8 * cell_deg};
    put_tower(spot, at);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(root__after_an_obstacle__names_no_more_than_its_surroundings),
    };
    return cmocka_run_group_tests_name("fusion/fabric_publish", tests, NULL, NULL);
}
