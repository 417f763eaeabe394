// tests/support/fabric_scene.h - flat rasters and towers on the tiles of
// tests/support/fabric.h. SPDX-License-Identifier: Apache-2.0
#ifndef TESTS_SUPPORT_FABRIC_SCENE_H
#define TESTS_SUPPORT_FABRIC_SCENE_H

#include <math.h>

#include "tests/support/fabric.h"

enum { MIDDLE = 128 * 256 + 128 }; // the cell south-east of a tile's middle

// A flat raster on the tiles first..last.
static inline enum fusion_outcome put_flat(struct spot *spot, const char *feed, const char *key,
                                           int64_t time_us, double amsl_m, size_t first,
                                           size_t last)
{
    uint16_t *cells = malloc(GEO_CELLS_COUNT * sizeof *cells);
    assert_non_null(cells);
    for (size_t i = 0; i < GEO_CELLS_COUNT; i++)
        cells[i] = spot_cell(amsl_m);
    struct geo_record_builder builder;
    bool surface = feed[1] == 's';
    spot_raster(&builder, surface ? GEO_RASTER_SURFACE : GEO_RASTER_GROUND, 2);
    for (size_t tile = first; tile <= last; tile++)
        spot_cells(&builder, tile, cells);
    struct fusion_message message = spot_message(feed, feed, key, time_us, 7);
    enum fusion_outcome outcome = spot_apply(spot, &message, spot_record(&builder));
    geo_record_builder_close(&builder);
    free(cells);
    return outcome;
}

// The middle of a tile, moved by cells.
static inline struct geo_point spot_point(size_t tile, double rows_south, double cols_east)
{
    struct geo_bounds b = geo_tile_bounds(spot_tile(tile));
    double side = (b.east_deg - b.west_deg) / 256;
    return (struct geo_point){b.north_deg - side * (128 + rows_south),
                              b.west_deg + side * (128 + cols_east)};
}

static inline struct geo_obstacle tower(const char *id, struct geo_point at)
{
    struct geo_obstacle obstacle = {.kind = "TOWER",
                                    .position = at,
                                    .agl_m = 60,
                                    .horizontal_acc95_m = 5,
                                    .vertical_acc95_m = 3,
                                    .flags = GEO_OBSTACLE_HAS_AGL,
                                    .geometry = GEO_GEOMETRY_POINT,
                                    .quantity = 1};
    (void)snprintf(obstacle.id, sizeof obstacle.id, "%s", id);
    return obstacle;
}

static inline enum fusion_outcome put_obstacle(struct spot *spot,
                                               const struct geo_obstacle *obstacle,
                                               const struct geo_point *vertices,
                                               int64_t time_us)
{
    struct geo_record_builder builder;
    geo_record_builder_init(&builder, 1 << 20);
    assert_int_equal(geo_record_add(&builder, GEO_ITEM_OBSTACLE, obstacle, sizeof *obstacle,
                                    vertices, obstacle->vertex_count * sizeof *vertices),
                     DRF_OK);
    struct fusion_message message =
        spot_message("obs", "obs", obstacle->id, time_us, (uint8_t)(time_us & 255));
    enum fusion_outcome outcome = spot_apply(spot, &message, spot_record(&builder));
    geo_record_builder_close(&builder);
    return outcome;
}

static inline double surface_m(const struct fusion_root *root, size_t tile, size_t cell)
{
    assert_non_null(root->surface[tile]);
    assert_int_not_equal(fusion_tile_cell(root->surface[tile], (uint32_t)cell),
                         GEO_CELL_UNKNOWN);
    return geo_cell_m(fusion_tile_cell(root->surface[tile], (uint32_t)cell));
}

static inline void assert_height(double got_m, double expected_m)
{
    if (!(fabs(got_m - expected_m) < 1e-9))
        fail_msg("%f m, expected %f m", got_m, expected_m);
}

#endif
