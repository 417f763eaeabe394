// SPDX-License-Identifier: Apache-2.0
// An overview is kept by its place, with what it was made of: the stamps (the end of the PNG,
// with the checksums of its cells) of the stored tiles below it, as a SHA-256, which is its
// tag. While gpkg_contents says that the coverage is the one of then, nothing else of the store
// is read. Once it is another the stamps are read again, at most every LOOK_AGAIN_US, and only
// an overview whose stamps are others is made again.
//
// Making one goes down tile by tile: each child is taken from the overviews kept, from the
// store, or made in the same way. One is made at a time (edge/view/turn.h). The store is held
// for one row, or for the stamps of a few, never while a tile is decoded.
#include "edge/view/heights.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "edge/host/sha256.h"
#include "edge/view/argument.h"
#include "edge/view/turn.h"
#include "fusion/store/store_png.h"
#include "geo/cells.h"

enum {
    KEPT_MAX = 192,
    HALF = GEO_CELLS_SIDE / 2,
    BLOCK_LEVELS = 2, // stamps of 16 tiles are read at once
};
#define LOOK_AGAIN_US INT64_C(30000000)

// The stored tiles below an overview as they were when it was looked at.
struct stamp {
    struct geo_tile tile;
    uint32_t size;
    uint8_t bytes[FUSION_TILE_STAMP_BYTES];
};
struct stamps {
    struct stamp *all;
    size_t count, room;
};

struct kept {
    enum fusion_layer layer;
    struct geo_tile tile;
    uint8_t sha256[32];
    char change[FUSION_CHANGE_SIZE]; // of the coverage when it was looked at
    int64_t looked_mono_us;
    uint8_t *bytes; // NULL: free
    size_t size;
    uint64_t used;
};

struct edge_heights {
    struct edge_shared_store *store;
    uint32_t level;
    struct geo_inset insets[GEO_INSETS_MAX];
    size_t inset_count;
    struct edge_turn making; // who has it alone writes `kept`, under `lock`
    struct edge_sha256_sum *sum;
    pthread_mutex_t lock;
    struct kept kept[KEPT_MAX];
    uint64_t turn;
};

// What is being made, and of what.
struct making {
    struct edge_heights *heights;
    enum fusion_layer layer;
    struct geo_tile top;
    struct stamps stamps;
    char change[FUSION_CHANGE_SIZE];
    int64_t now_mono_us;
};

uint32_t edge_heights_coarsest(uint32_t level)
{
    return level > EDGE_HEIGHTS_LEVELS ? level - EDGE_HEIGHTS_LEVELS : 0;
}

enum drf_status edge_heights_open(struct edge_shared_store *store, uint32_t level,
                                  const struct geo_inset *insets, size_t inset_count,
                                  struct edge_heights **out)
{
    struct edge_heights *heights = calloc(1, sizeof *heights);
    if (heights == NULL)
        return DRF_ERR_NOMEM;
    heights->store = store;
    heights->level = level;
    heights->inset_count = inset_count;
    if (inset_count > 0)
        memcpy(heights->insets, insets, inset_count * sizeof insets[0]);
    enum drf_status status = edge_sha256_open(&heights->sum);
    if (status == DRF_OK)
        status = edge_turn_open(&heights->making);
    if (status == DRF_OK && pthread_mutex_init(&heights->lock, NULL) != 0) {
        edge_turn_close(&heights->making);
        status = DRF_ERR_NOMEM;
    }
    if (status != DRF_OK) {
        edge_sha256_close(heights->sum);
        free(heights);
        return status;
    }
    *out = heights;
    return DRF_OK;
}

void edge_heights_stop(struct edge_heights *heights) { edge_turn_stop(&heights->making); }

void edge_heights_close(struct edge_heights *heights)
{
    if (heights == NULL)
        return;
    for (size_t i = 0; i < KEPT_MAX; i++)
        free(heights->kept[i].bytes);
    pthread_mutex_destroy(&heights->lock);
    edge_turn_close(&heights->making);
    edge_sha256_close(heights->sum);
    free(heights);
}

static void tag_of(const uint8_t sha256[static 32], char out[static EDGE_HEIGHTS_TAG_SIZE])
{
    char hex[65];
    edge_sha256_hex(sha256, hex);
    (void)snprintf(out, EDGE_HEIGHTS_TAG_SIZE, "\"%.32s\"", hex);
}

// Whether the tile is one that the store keeps, and in which coverage.
static bool stored_in(const struct edge_heights *heights, struct geo_tile tile,
                      const char **inset)
{
    *inset = NULL;
    if (tile.level == heights->level)
        return true;
    for (size_t i = 0; i < heights->inset_count; i++) {
        const struct geo_inset *one = &heights->insets[i];
        if (one->level != tile.level
            || !geo_tiles_hold(geo_tiles_of(one->bounds, tile.level), tile))
            continue;
        *inset = one->name;
        return true;
    }
    return false;
}

static enum drf_status read_stored(struct edge_heights *heights,
                                   struct fusion_coverage coverage, struct geo_tile tile,
                                   bool *reading, uint8_t **bytes, size_t *size)
{
    struct fusion_store_view *view;
    enum drf_status status = edge_shared_store_take(heights->store, &view);
    *reading = status == DRF_OK;
    if (status != DRF_OK)
        return status;
    status = fusion_store_view_tile(view, coverage, tile, bytes, size);
    edge_shared_store_give(heights->store, status);
    return status;
}

static enum drf_status change_of(struct edge_heights *heights, enum fusion_layer layer,
                                 bool *reading, char out[static FUSION_CHANGE_SIZE])
{
    struct fusion_store_view *view;
    enum drf_status status = edge_shared_store_take(heights->store, &view);
    *reading = status == DRF_OK;
    if (status != DRF_OK)
        return status;
    status = fusion_store_view_changed(view, layer, out);
    edge_shared_store_give(heights->store, status);
    return status;
}

static enum drf_status add_stamp(void *context, struct geo_tile tile, const uint8_t *bytes,
                                 size_t size)
{
    struct stamps *stamps = context;
    if (stamps->count == stamps->room) {
        const size_t room = stamps->room > 0 ? 2 * stamps->room : 64;
        struct stamp *all = realloc(stamps->all, room * sizeof *all);
        if (all == NULL)
            return DRF_ERR_NOMEM;
        stamps->all = all;
        stamps->room = room;
    }
    struct stamp *stamp = &stamps->all[stamps->count++];
    *stamp = (struct stamp){.tile = tile, .size = (uint32_t)size};
    memcpy(stamp->bytes, bytes, size < sizeof stamp->bytes ? size : sizeof stamp->bytes);
    return DRF_OK;
}

// The stamps of one coverage's tiles of `level` below `over`.
static enum drf_status read_block(struct edge_heights *heights, struct fusion_coverage coverage,
                                  uint32_t level, struct geo_tile over, struct stamps *stamps)
{
    struct fusion_store_view *view;
    if (edge_turn_stopping(&heights->making))
        return DRF_ERR_AGAIN;
    enum drf_status status = edge_shared_store_take(heights->store, &view);
    if (status != DRF_OK)
        return status;
    status =
        fusion_store_view_each_tile(view, coverage, (uint8_t)level, over, add_stamp, stamps);
    edge_shared_store_give(heights->store, status);
    return status == DRF_ERR_ABSENT ? DRF_OK : status; // its table is not there yet
}

static uint32_t least(uint32_t a, uint32_t b) { return a < b ? a : b; }

static uint32_t most(uint32_t a, uint32_t b) { return a > b ? a : b; }

// Below `top`, and in the inset where there is one.
static enum drf_status read_blocks(struct edge_heights *heights,
                                   struct fusion_coverage coverage, uint32_t level,
                                   const struct geo_inset *inset, struct geo_tile top,
                                   struct stamps *stamps)
{
    const uint32_t block = level - top.level > BLOCK_LEVELS ? level - BLOCK_LEVELS : top.level;
    const uint32_t by = block - top.level;
    uint32_t north = top.row << by, south = (top.row + 1) << by; // up to it
    uint32_t west = top.col << by, east = (top.col + 1) << by;
    if (inset != NULL) {
        const struct geo_tiles in = geo_tiles_of(inset->bounds, (uint8_t)block);
        north = most(north, in.first.row);
        west = most(west, in.first.col);
        south = least(south, in.first.row + in.rows);
        east = least(east, in.first.col + in.columns);
    }
    enum drf_status status = DRF_OK;
    for (uint32_t row = north; row < south; row++)
        for (uint32_t col = west; col < east && status == DRF_OK; col++)
            status = read_block(
                heights, coverage, level,
                (struct geo_tile){.level = (uint8_t)block, .row = row, .col = col}, stamps);
    return status;
}

// Whether overviews of this level are made of tiles that are stored at `stored`.
static bool reaches(uint32_t level, uint32_t stored)
{
    return level < stored && level >= edge_heights_coarsest(stored);
}

// All that the overview is made of; none: it is not there.
static enum drf_status read_stamps(struct edge_heights *heights, enum fusion_layer layer,
                                   struct geo_tile top, struct stamps *stamps)
{
    struct fusion_coverage coverage = {.layer = layer};
    if (top.level < heights->level)
        return read_blocks(heights, coverage, heights->level, NULL, top, stamps);
    // Between the region's level and theirs, all insets that are finer: together they have few.
    for (size_t i = 0; i < heights->inset_count; i++) {
        const struct geo_inset *inset = &heights->insets[i];
        coverage.inset = inset->name;
        if (inset->level <= top.level)
            continue;
        const enum drf_status status =
            read_blocks(heights, coverage, inset->level, inset, top, stamps);
        if (status != DRF_OK)
            return status;
    }
    return DRF_OK;
}

static bool is_below(struct geo_tile tile, struct geo_tile top)
{
    if (tile.level < top.level)
        return false;
    const uint32_t by = (uint32_t)(tile.level - top.level);
    return tile.row >> by == top.row && tile.col >> by == top.col;
}

// How many stamps are below the tile, and the name of an overview that is made of them.
static size_t name_of(const struct making *making, struct geo_tile tile,
                      uint8_t sha256[static 32])
{
    struct edge_sha256_sum *sum = making->heights->sum;
    const uint32_t place[] = {making->layer, tile.level, tile.row, tile.col};
    size_t count = 0;
    edge_sha256_add(sum, place, sizeof place);
    for (size_t i = 0; i < making->stamps.count; i++) {
        const struct stamp *stamp = &making->stamps.all[i];
        if (!is_below(stamp->tile, tile))
            continue;
        const uint32_t at[] = {stamp->tile.level, stamp->tile.row, stamp->tile.col,
                               stamp->size};
        edge_sha256_add(sum, at, sizeof at);
        edge_sha256_add(sum, stamp->bytes, sizeof stamp->bytes);
        count++;
    }
    edge_sha256_take(sum, sha256);
    return count;
}

static struct kept *find(struct edge_heights *heights, enum fusion_layer layer,
                         struct geo_tile tile)
{
    for (size_t i = 0; i < KEPT_MAX; i++) {
        struct kept *kept = &heights->kept[i];
        if (kept->bytes != NULL && kept->layer == layer && kept->tile.level == tile.level
            && kept->tile.row == tile.row && kept->tile.col == tile.col)
            return kept;
    }
    return NULL;
}

// What is kept of the tile where it is of that name, which is then known to be so now.
static const struct kept *kept_as(const struct making *making, struct geo_tile tile,
                                  const uint8_t sha256[static 32])
{
    struct edge_heights *heights = making->heights;
    pthread_mutex_lock(&heights->lock);
    struct kept *kept = find(heights, making->layer, tile);
    if (kept != NULL && memcmp(kept->sha256, sha256, 32) == 0) {
        memcpy(kept->change, making->change, sizeof kept->change);
        kept->looked_mono_us = making->now_mono_us;
        kept->used = ++heights->turn;
    } else {
        kept = NULL;
    }
    pthread_mutex_unlock(&heights->lock);
    return kept;
}

// Takes `bytes`, in place of what was there, or was not used for longest.
static void keep(const struct making *making, struct geo_tile tile,
                 const uint8_t sha256[static 32],
                 uint8_t *bytes, // NOLINT(readability-non-const-parameter): freed later
                 size_t size)
{
    struct edge_heights *heights = making->heights;
    pthread_mutex_lock(&heights->lock);
    struct kept *place = find(heights, making->layer, tile);
    if (place == NULL) {
        place = &heights->kept[0];
        for (size_t i = 1; i < KEPT_MAX && place->bytes != NULL; i++)
            if (heights->kept[i].bytes == NULL || heights->kept[i].used < place->used)
                place = &heights->kept[i];
    }
    free(place->bytes);
    *place = (struct kept){.layer = making->layer,
                           .tile = tile,
                           .looked_mono_us = making->now_mono_us,
                           .bytes = bytes,
                           .size = size,
                           .used = ++heights->turn};
    memcpy(place->sha256, sha256, 32);
    memcpy(place->change, making->change, sizeof place->change);
    pthread_mutex_unlock(&heights->lock);
}

static uint16_t reduce(enum fusion_layer layer, const uint16_t *cells)
{
    const uint16_t four[] = {cells[0], cells[1], cells[GEO_CELLS_SIDE],
                             cells[GEO_CELLS_SIDE + 1]};
    uint32_t sum = 0, count = 0;
    uint16_t most = 0;
    for (size_t i = 0; i < 4; i++) {
        if (four[i] == GEO_CELL_UNKNOWN)
            continue;
        sum += four[i];
        count++;
        if (four[i] > most)
            most = four[i];
    }
    if (count == 0)
        return GEO_CELL_UNKNOWN;
    if (layer == FUSION_LAYER_SURFACE)
        return most;
    return (uint16_t)((sum + count / 2) / count);
}

// The quarter of `cells` that a child of this place fills.
static void put_quarter(enum fusion_layer layer, const uint16_t *child, size_t down,
                        size_t right, uint16_t *cells)
{
    for (size_t r = 0; r < HALF; r++)
        for (size_t c = 0; c < HALF; c++)
            cells[(down * HALF + r) * GEO_CELLS_SIDE + right * HALF + c] =
                reduce(layer, &child[2 * r * GEO_CELLS_SIDE + 2 * c]);
}

static enum drf_status decode(const uint8_t *bytes, size_t size, uint16_t *cells)
{
    const enum drf_status status = store_png_decode(bytes, size, cells);
    return status == DRF_ERR_SYNTAX ? DRF_ERR_STORE : status;
}

// Whether its four are stored: then it is as quickly made again as kept.
static bool above_stored(const struct edge_heights *heights, struct geo_tile tile)
{
    if (tile.level < heights->level)
        return tile.level + 1U == heights->level;
    for (size_t i = 0; i < heights->inset_count; i++)
        if (tile.level + 1U == heights->insets[i].level)
            return true;
    return false;
}

static enum drf_status encode_and_keep(const struct making *making, struct geo_tile tile,
                                       const uint8_t sha256[static 32], const uint16_t *cells)
{
    uint8_t *bytes;
    size_t size;
    const enum drf_status status = store_png_encode(cells, &bytes, &size);
    if (status == DRF_OK)
        keep(making, tile, sha256, bytes, size);
    return status;
}

// NOLINTBEGIN(misc-no-recursion): a level deeper each time, down to the store's
static enum drf_status reduce_four(const struct making *making, struct geo_tile tile,
                                   uint16_t *cells);

// DRF_ERR_ABSENT: nothing is known there. DRF_ERR_AGAIN: it was stopped.
static enum drf_status cells_of(const struct making *making, struct geo_tile tile,
                                uint16_t *cells)
{
    struct edge_heights *heights = making->heights;
    struct fusion_coverage coverage = {.layer = making->layer};
    uint8_t sha256[32];
    if (edge_turn_stopping(&heights->making))
        return DRF_ERR_AGAIN;
    if (name_of(making, tile, sha256) == 0)
        return DRF_ERR_ABSENT;
    if (stored_in(heights, tile, &coverage.inset)) {
        bool reading;
        uint8_t *bytes;
        size_t size;
        enum drf_status status = read_stored(heights, coverage, tile, &reading, &bytes, &size);
        if (status != DRF_OK)
            return status;
        status = decode(bytes, size, cells);
        free(bytes);
        return status;
    }
    const bool is_top = tile.level == making->top.level;
    const struct kept *kept = is_top ? NULL : kept_as(making, tile, sha256);
    if (kept != NULL) // and stays: only this thread writes
        return decode(kept->bytes, kept->size, cells);
    enum drf_status status = reduce_four(making, tile, cells);
    if (status == DRF_OK && (is_top || !above_stored(heights, tile)))
        status = encode_and_keep(making, tile, sha256, cells);
    return status;
}

static enum drf_status reduce_four(const struct making *making, struct geo_tile tile,
                                   uint16_t *cells)
{
    uint16_t *child = malloc(GEO_CELLS_COUNT * sizeof *child);
    if (child == NULL)
        return DRF_ERR_NOMEM;
    memset(cells, 0xff, GEO_CELLS_COUNT * sizeof *cells); // unknown
    enum drf_status status = DRF_OK;
    for (uint32_t i = 0; i < 4 && status == DRF_OK; i++) {
        const struct geo_tile below = {.level = (uint8_t)(tile.level + 1),
                                       .row = 2 * tile.row + i / 2,
                                       .col = 2 * tile.col + i % 2};
        status = cells_of(making, below, child);
        if (status == DRF_OK)
            put_quarter(making->layer, child, i / 2, i % 2, cells);
        else if (status == DRF_ERR_ABSENT)
            status = DRF_OK;
    }
    free(child);
    return status;
}
// NOLINTEND(misc-no-recursion)

// Looks at what is below the overview now, and makes it unless it is kept as that.
static enum drf_status look(struct making *making)
{
    uint8_t sha256[32];
    enum drf_status status =
        read_stamps(making->heights, making->layer, making->top, &making->stamps);
    if (status != DRF_OK)
        return status;
    if (name_of(making, making->top, sha256) == 0)
        return DRF_ERR_ABSENT;
    if (kept_as(making, making->top, sha256) != NULL)
        return DRF_OK;
    uint16_t *cells = malloc(GEO_CELLS_COUNT * sizeof *cells);
    if (cells == NULL)
        return DRF_ERR_NOMEM;
    status = cells_of(making, making->top, cells);
    free(cells);
    return status;
}

// False: it is not kept, or is to be looked at again.
static bool serve_kept(const struct making *making, const char *tags,
                       struct edge_heights_tile *out, enum drf_status *status)
{
    struct edge_heights *heights = making->heights;
    pthread_mutex_lock(&heights->lock);
    struct kept *kept = find(heights, making->layer, making->top);
    const bool good = kept != NULL
                      && (strcmp(kept->change, making->change) == 0
                          || making->now_mono_us - kept->looked_mono_us < LOOK_AGAIN_US);
    if (good) {
        kept->used = ++heights->turn;
        tag_of(kept->sha256, out->tag);
        *status = DRF_OK;
        if (!edge_argument_has_tag(tags, out->tag)) {
            out->bytes = malloc(kept->size);
            out->size = kept->size;
            if (out->bytes != NULL)
                memcpy(out->bytes, kept->bytes, kept->size);
            else
                *status = DRF_ERR_NOMEM;
        }
    }
    pthread_mutex_unlock(&heights->lock);
    return good;
}

static enum drf_status overview(struct making *making, const char *tags, bool *reading,
                                struct edge_heights_tile *out)
{
    enum drf_status status = change_of(making->heights, making->layer, reading, making->change);
    if (status != DRF_OK || serve_kept(making, tags, out, &status))
        return status;
    status = edge_turn_take(&making->heights->making);
    if (status != DRF_OK)
        return status;
    if (!serve_kept(making, tags, out, &status)) { // nobody else made it meanwhile
        status = look(making);
        if (status == DRF_OK && !serve_kept(making, tags, out, &status))
            status = DRF_ERR_NOMEM;
    }
    edge_turn_give(&making->heights->making);
    return status;
}

// DRF_ERR_ABSENT: nothing finer can be there. DRF_ERR_RANGE: what is finer is too fine.
static enum drf_status check_level(const struct edge_heights *heights, struct geo_tile tile)
{
    bool finer = tile.level < heights->level;
    if (finer)
        return reaches(tile.level, heights->level) ? DRF_OK : DRF_ERR_RANGE;
    for (size_t i = 0; i < heights->inset_count; i++) {
        if (reaches(tile.level, heights->insets[i].level))
            return DRF_OK;
        finer = finer || heights->insets[i].level > tile.level;
    }
    return finer ? DRF_ERR_RANGE : DRF_ERR_ABSENT;
}

enum drf_status edge_heights_tile(struct edge_heights *heights, enum fusion_layer layer,
                                  struct geo_tile tile, const char *tags, int64_t now_mono_us,
                                  bool *reading, struct edge_heights_tile *out)
{
    struct fusion_coverage coverage = {.layer = layer};
    *out = (struct edge_heights_tile){.bytes = NULL};
    *reading = true;
    if (stored_in(heights, tile, &coverage.inset)) {
        enum drf_status status =
            read_stored(heights, coverage, tile, reading, &out->bytes, &out->size);
        if (status != DRF_OK)
            return status;
        uint8_t sha256[32];
        edge_sha256(out->bytes, out->size, sha256);
        tag_of(sha256, out->tag);
        if (edge_argument_has_tag(tags, out->tag)) {
            free(out->bytes);
            out->bytes = NULL;
        }
        return DRF_OK;
    }
    enum drf_status status = check_level(heights, tile);
    if (status != DRF_OK)
        return status;
    struct making making = {
        .heights = heights, .layer = layer, .top = tile, .now_mono_us = now_mono_us};
    status = overview(&making, tags, reading, out);
    free(making.stamps.all);
    return status;
}
