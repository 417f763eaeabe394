// geo/inset.h - part of the region that is kept at a finer tile level.
// SPDX-License-Identifier: Apache-2.0
//
// The tiles of an inset are those of its level that share area with its bounds, whole ones.
// Insets of different levels may overlap, the finest wins; two of one level share no tile, so
// that a tile belongs to one inset. Pure functions on values.
#ifndef GEO_INSET_H
#define GEO_INSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "geo/status.h"
#include "geo/tile.h"

enum {
    GEO_INSETS_MAX = 16,
    GEO_INSET_NAME_SIZE = 25,   // [a-z][a-z0-9_]{0,23} and NUL
    GEO_INSET_LEVEL_MAX = 18,   // cells of 0.3 m
    GEO_INSET_TILES_MAX = 1024, // of all insets together: 128 to 256 KB of memory each
};

// A flat value without padding: compared and copied as bytes.
struct geo_inset {
    struct geo_bounds bounds; // west < east, south < north
    uint32_t level;
    char name[GEO_INSET_NAME_SIZE + 3]; // NUL to its end
};

// A rectangle of tiles from its north-west one. `bounds` as in struct geo_inset, on the globe;
// `level` at most GEO_TILE_LEVEL_MAX.
struct geo_tiles {
    struct geo_tile first;
    uint32_t columns, rows;
};
struct geo_tiles geo_tiles_of(struct geo_bounds bounds, uint8_t level);
bool geo_tiles_hold(struct geo_tiles tiles, struct geo_tile tile);

// Advances *tile to the next tile of any of the insets in the order of (level, row, col);
// false: there is none. Begins with a tile of level 0.
bool geo_insets_next(const struct geo_inset *insets, size_t count, struct geo_tile *tile);

// Whether these may be insets of a region kept at `level` inside `keep` (which may cross the
// antimeridian). DRF_ERR_RANGE: *which is the faulty one, *why is static text.
DRF_MUST_CHECK enum drf_status geo_insets_check(const struct geo_inset *insets, size_t count,
                                                uint32_t level, struct geo_bounds keep,
                                                size_t *which, const char **why);

#endif
