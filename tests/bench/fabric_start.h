// tests/bench/fabric_start.h - how long after the start a root shows the tiles under one drone.
// SPDX-License-Identifier: Apache-2.0
//
// Beside a program that reads the same rows of the file: it opens it, reads the obstacles that
// stand on those tiles, and decodes the tiles and the ground under each of these obstacles.
#ifndef TESTS_BENCH_FABRIC_START_H
#define TESTS_BENCH_FABRIC_START_H

#include "geo/cells.h"
#include "geo/earth.h"
#include "tests/bench/fabric_store.h"

static inline size_t index_of(struct geo_tile tile)
{
    return (size_t)(tile.row - FIRST_ROW) * COLS + (tile.col - FIRST_COL);
}

// The tiles that a look-ahead of a kilometre around the drone touches.
static inline size_t needed(size_t out[static 4])
{
    struct geo_point at = drone();
    size_t count = 0;
    for (int i = 0; i < 4; i++) {
        struct geo_point corner = {at.lat_deg + (i < 2 ? 0.009 : -0.009),
                                   at.lon_deg + (i % 2 == 0 ? 0.0125 : -0.0125)};
        struct geo_tile tile;
        require(geo_tile_at(corner, LEVEL, &tile), "tile");
        size_t index = index_of(tile);
        bool seen = false;
        for (size_t j = 0; j < count; j++)
            seen = seen || out[j] == index;
        if (!seen)
            out[count++] = index;
    }
    return count;
}

static inline const struct fusion_root *shown(struct fusion_fabric *fabric)
{
    const struct fusion_root *root;
    enum drf_status status;
    while ((status = fusion_fabric_publish(fabric, &root)) == DRF_ERR_AGAIN)
        ;
    require(status, "publish");
    if (root != NULL)
        fusion_fabric_acknowledge(fabric, root->epoch);
    return root;
}

static inline double start_ms(void)
{
    size_t tiles[4], count = needed(tiles);
    double began_ms = now_ms();
    struct fusion_store *store = open_store();
    struct fusion_fabric *fabric = open_fabric(store);
    for (;;) {
        enum drf_status status = fusion_fabric_fold(fabric);
        const struct fusion_root *root = shown(fabric);
        size_t ready = 0;
        for (size_t i = 0; i < count; i++)
            ready += root != NULL && root->ground[tiles[i]] != NULL
                     && root->surface[tiles[i]] != NULL
                     && root->surface[tiles[i]] != root->ground[tiles[i]];
        if (ready == count)
            return now_ms() - began_ms;
        if (status != DRF_ERR_AGAIN)
            abort();
    }
}

static inline enum drf_status decode(void *context,
                                     const struct fusion_contribution *contribution)
{
    return geo_cells_decode(contribution->blob, contribution->size, context);
}

// What is to be decoded. An obstacle on the edge of a tile that is needed stands on the ground
// of its neighbours, too: without it nobody knows how high it is.
static inline enum drf_status note_ground(void *context, const struct fusion_live *live)
{
    bool *ground = context;
    struct geo_item item;
    size_t cursor = 0, tiles[4], count = needed(tiles);
    if (!geo_record_next(live->record, &cursor, &item) || item.kind != GEO_ITEM_OBSTACLE)
        return DRF_OK;
    const struct geo_obstacle *one = item.payload;
    const double north_deg = one->horizontal_acc95_m / 111000.0;
    const double east_deg = north_deg / cos(one->position.lat_deg * GEO_RAD_PER_DEG);
    size_t touched[4];
    bool near = false;
    for (int i = 0; i < 4; i++) {
        const struct geo_point corner = {
            one->position.lat_deg + (i < 2 ? north_deg : -north_deg),
            one->position.lon_deg + (i % 2 == 0 ? east_deg : -east_deg)};
        struct geo_tile tile;
        require(geo_tile_at(corner, LEVEL, &tile), "tile");
        touched[i] = index_of(tile);
        for (size_t k = 0; k < count; k++)
            near = near || touched[i] == tiles[k];
    }
    for (int i = 0; i < 4 && near; i++)
        ground[touched[i]] = true;
    return DRF_OK;
}

// What stands on a tile, or may reach onto it.
static inline struct geo_bounds around(struct geo_tile tile)
{
    const double reach_deg = RASTER_ACCURACY_MAX_M / 100000.0;
    struct geo_bounds box = geo_tile_bounds(tile);
    const double wider_deg = reach_deg / cos(box.north_deg * GEO_RAD_PER_DEG);
    return (struct geo_bounds){box.west_deg - wider_deg, box.south_deg - reach_deg,
                               box.east_deg + wider_deg, box.north_deg + reach_deg};
}

// Reads the rows that a start reads for these tiles, and makes nothing of them but cells.
static inline double bare_ms(void)
{
    static uint16_t cells[GEO_CELLS_COUNT];
    size_t tiles[4], count = needed(tiles);
    bool ground[TILES] = {false};
    double began_ms = now_ms();
    struct fusion_store *store = open_store();
    for (size_t i = 0; i < count; i++) {
        ground[tiles[i]] = true;
        require(
            fusion_store_each_live_near(store, around(tile_at(tiles[i])), note_ground, ground),
            "records");
        require(fusion_store_contributions(store, FUSION_LAYER_SURFACE, tile_at(tiles[i]),
                                           decode, cells),
                "decode");
    }
    for (size_t i = 0; i < TILES; i++)
        if (ground[i])
            require(fusion_store_contributions(store, FUSION_LAYER_GROUND, tile_at(i), decode,
                                               cells),
                    "decode");
    return now_ms() - began_ms;
}

#endif
