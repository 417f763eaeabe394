// SPDX-License-Identifier: Apache-2.0
#include "fusion/context/patch_window.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "geo/cells.h"

enum { SIDE = GEO_CELLS_SIDE, BLOCKS = FUSION_PATCH_WINDOW_BLOCKS_SIDE };

static uint32_t column_count(uint8_t level) { return (UINT32_C(2) << level) * SIDE; }
static uint32_t row_count(uint8_t level) { return (UINT32_C(1) << level) * SIDE; }

bool fusion_patch_window_valid(struct fusion_patch_window window)
{
    if (window.level > GEO_TILE_LEVEL_MAX
        || (window.side != 64 && window.side != 128 && window.side != 256))
        return false;
    uint32_t step = window.side / BLOCKS;
    return window.west < column_count(window.level) && window.west % step == 0
           && window.south % step == 0 && window.south <= row_count(window.level) - window.side;
}

bool fusion_patch_window_same(struct fusion_patch_window a, struct fusion_patch_window b)
{
    return a.level == b.level && a.side == b.side && a.west == b.west && a.south == b.south;
}

struct fusion_patch_window fusion_patch_window_around(uint8_t level, uint16_t side,
                                                      struct geo_point place,
                                                      const struct fusion_patch_window *last)
{
    assert(side >= BLOCKS);
    double per_deg = row_count(level) / 180.0;
    int64_t columns = column_count(level), rows = row_count(level), step = side / BLOCKS;
    int64_t column = (int64_t)floor((place.lon_deg + 180.0) * per_deg) & (columns - 1);
    int64_t row = (int64_t)floor((place.lat_deg + 90.0) * per_deg);
    row = row < 0 ? 0 : row >= rows ? rows - 1 : row;
    if (last != NULL && last->level == level && last->side == side) {
        int64_t east = ((column - last->west) & (columns - 1)) - side / 2;
        int64_t north = row - (int64_t)last->south - side / 2;
        int64_t slack = step + step / 2;
        bool at_pole = last->south == 0 || last->south == rows - side;
        if (east >= -slack && east < slack && (at_pole || (north >= -slack && north < slack))
            && row >= last->south && row < last->south + side)
            return *last;
    }
    // The multiple nearest to a corner that has the place in the middle.
    int64_t south = (row - side / 2 + step / 2) / step * step;
    south = row < side / 2 ? 0 : south > rows - side ? rows - side : south;
    int64_t west = (column - side / 2 + step / 2 + columns) / step * step;
    return (struct fusion_patch_window){.west = (uint32_t)(west & (columns - 1)),
                                        .south = (uint32_t)south,
                                        .side = side,
                                        .level = level};
}

// The tile of either layer, NULL where nothing is known or the level is not kept.
static const struct fusion_tile *tile_at(const struct fusion_root *root, bool ground,
                                         struct geo_tile tile)
{
    size_t index;
    if (fusion_extent_index(root->tiles, tile, &index))
        return ground ? root->ground[index] : root->surface[index];
    for (size_t i = 0; i < root->inset_count; i++)
        if (fusion_extent_index(root->insets[i].tiles, tile, &index))
            return ground ? root->insets[i].ground[index] : root->insets[i].surface[index];
    return NULL;
}

static void read_layer(const struct fusion_root *root, bool ground,
                       struct fusion_patch_window window, uint16_t *out)
{
    uint32_t columns = column_count(window.level), rows = row_count(window.level);
    for (uint32_t y = 0; y < window.side; y++) {
        uint32_t row_from_north = rows - 1 - (window.south + y);
        for (uint32_t x = 0; x < window.side;) {
            uint32_t column = (window.west + x) & (columns - 1);
            uint32_t in_tile = SIDE - column % SIDE, left = window.side - x;
            uint32_t count = in_tile < left ? in_tile : left;
            const struct geo_tile name = {
                .col = column / SIDE, .row = row_from_north / SIDE, .level = window.level};
            const struct fusion_tile *tile = tile_at(root, ground, name);
            uint16_t *to = out + (size_t)y * window.side + x;
            if (tile != NULL)
                memcpy(to, fusion_tile_row(tile, row_from_north % SIDE) + column % SIDE,
                       count * sizeof *to);
            else
                memset(to, 0xFF, count * sizeof *to); // GEO_CELL_UNKNOWN
            x += count;
        }
    }
}

// Whether the root has tiles of both layers wherever the window, wider by so many cells, lies.
static bool covered(const struct fusion_root *root, struct fusion_patch_window window,
                    uint32_t wider)
{
    const int64_t columns = column_count(window.level), rows = row_count(window.level);
    const int64_t north = rows - 1 - (int64_t)window.south;
    for (int64_t row = north - window.side + 1 - wider; row < north + wider + SIDE; row += SIDE)
        for (int64_t at = (int64_t)window.west - wider;
             at < window.west + window.side + wider + SIDE; at += SIDE) {
            const int64_t last_row = north + wider,
                          last = window.west + window.side - 1 + wider;
            const int64_t r = row < last_row ? row : last_row, c = at < last ? at : last;
            if (r < 0 || r >= rows)
                return false;
            const struct geo_tile tile = {.col = (uint32_t)(c & (columns - 1)) / SIDE,
                                          .row = (uint32_t)r / SIDE,
                                          .level = window.level};
            if (tile_at(root, true, tile) == NULL || tile_at(root, false, tile) == NULL)
                return false;
        }
    return true;
}

struct fusion_patch_window fusion_patch_window_finest(const struct fusion_root *root,
                                                      uint16_t side, struct geo_point place,
                                                      const struct fusion_patch_window *last)
{
    for (size_t i = 0; i < root->inset_count; i++) {
        const uint8_t level = root->insets[i].tiles.first.level;
        const struct fusion_patch_window window =
            fusion_patch_window_around(level, side, place, last);
        // Coming from a coarser one, a little deeper: on a border it does not flap.
        const bool entering = last != NULL && last->level < level;
        if (covered(root, window, entering ? 2U * side / BLOCKS : 0))
            return window;
    }
    return fusion_patch_window_around(root->tiles.first.level, side, place, last);
}

bool fusion_patch_window_tiles(const struct fusion_root *root,
                               struct fusion_patch_window window,
                               uint64_t out[static FUSION_PATCH_WINDOW_TILES])
{
    enum { NO_TILE = 1 }; // as no tile is numbered
    const uint32_t columns = column_count(window.level), rows = row_count(window.level);
    const uint32_t north = rows - window.south - window.side, last = window.side - 1U;
    for (uint32_t i = 0; i < FUSION_PATCH_WINDOW_TILES; i++) {
        const uint32_t column = (window.west + (i % 2 == 1 ? last : 0)) & (columns - 1);
        const struct geo_tile name = {.col = column / SIDE,
                                      .row = (north + (i / 2 % 2 == 1 ? last : 0)) / SIDE,
                                      .level = window.level};
        const struct fusion_tile *tile = tile_at(root, i < 4, name);
        out[i] = tile != NULL ? tile->number : NO_TILE;
        if (out[i] == 0)
            return false;
    }
    return true;
}

// One step of a digest: a bijection of the state for each word, so that two blocks that differ
// in one word never agree.
static uint64_t digest_step(uint64_t digest, uint64_t word)
{
    digest = (digest ^ word) * UINT64_C(0x9E3779B97F4A7C15);
    return digest ^ (digest >> 29);
}

static void digest_layer(const uint16_t *cells, uint32_t side, uint64_t *blocks)
{
    uint32_t step = side / BLOCKS;
    for (uint32_t y = 0; y < side; y++) {
        const uint16_t *row = cells + (size_t)y * side;
        uint64_t *digests = blocks + (size_t)(y / step) * BLOCKS;
        for (uint32_t x = 0; x < step; x += 4)
            for (uint32_t b = 0; b < BLOCKS; b++) { // eight chains at once
                uint64_t word;
                memcpy(&word, row + (size_t)b * step + x, sizeof word);
                digests[b] = digest_step(digests[b], word);
            }
    }
}

static uint32_t count_known(const uint16_t *cells, uint32_t count)
{
    uint32_t known = 0;
    for (uint32_t i = 0; i < count; i++)
        known += cells[i] != GEO_CELL_UNKNOWN;
    return known;
}

void fusion_patch_window_read(const struct fusion_root *root, struct fusion_patch_window window,
                              struct fusion_patch_window_cells *out)
{
    assert(fusion_patch_window_valid(window));
    uint32_t count = (uint32_t)window.side * window.side;
    out->patch_window = window;
    read_layer(root, true, window, out->ground);
    read_layer(root, false, window, out->surface);
    for (int i = 0; i < FUSION_PATCH_WINDOW_BLOCKS; i++)
        out->blocks[i] = UINT64_C(0x243F6A8885A308D3);
    digest_layer(out->ground, window.side, out->blocks);
    digest_layer(out->surface, window.side, out->blocks);
    out->ground_known = count_known(out->ground, count);
    out->surface_known = count_known(out->surface, count);
}

bool fusion_patch_window_shift(struct fusion_patch_window from, struct fusion_patch_window to,
                               int32_t *east, int32_t *north)
{
    if (from.level != to.level || from.side != to.side)
        return false;
    uint32_t columns = column_count(from.level);
    int64_t around = (int64_t)((to.west - from.west) & (columns - 1));
    if (around >= columns / 2)
        around -= columns;
    int64_t up = (int64_t)to.south - from.south;
    if (around <= -(int64_t)to.side || around >= to.side || up <= -(int64_t)to.side
        || up >= to.side)
        return false;
    *east = (int32_t)around;
    *north = (int32_t)up;
    return true;
}

uint64_t fusion_patch_window_changed(
    const struct fusion_patch_window_cells *now, struct fusion_patch_window base,
    const uint64_t base_blocks[static FUSION_PATCH_WINDOW_BLOCKS])
{
    int32_t east, north, step = now->patch_window.side / BLOCKS;
    if (!fusion_patch_window_shift(base, now->patch_window, &east, &north))
        return UINT64_MAX;
    uint64_t news = 0;
    for (int32_t i = 0; i < FUSION_PATCH_WINDOW_BLOCKS; i++) {
        int32_t column = i % BLOCKS + east / step, row = i / BLOCKS + north / step;
        bool held = column >= 0 && column < BLOCKS && row >= 0 && row < BLOCKS;
        if (!held || base_blocks[row * BLOCKS + column] != now->blocks[i])
            news |= UINT64_C(1) << i;
    }
    return news;
}
