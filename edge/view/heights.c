// SPDX-License-Identifier: Apache-2.0
// An overview is named by the SHA-256 of its place and of the stamps (the end of the PNG, with
// the checksums of its cells) of all stored tiles below it. So it is found again, or known to
// be outdated, by one query that decodes nothing; a change of one tile leaves all overviews
// but those above it as they are. Making one goes down tile by tile: each child is taken from
// the overviews kept, from the store, or made in the same way.
#include "edge/view/heights.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "edge/host/sha256.h"
#include "edge/view/argument.h"
#include "fusion/store/store_png.h"
#include "geo/cells.h"

enum { KEPT_MAX = 192, HALF = GEO_CELLS_SIDE / 2 };

struct kept {
    uint8_t sha256[32];
    uint8_t *bytes; // NULL: free
    size_t size;
    uint64_t used;
};

struct edge_heights {
    struct edge_shared_store *store;
    uint32_t level;
    struct geo_inset insets[GEO_INSETS_MAX];
    size_t inset_count;
    pthread_mutex_t making; // of all below
    struct edge_sha256_sum *sum;
    struct kept kept[KEPT_MAX];
    uint64_t turn;
};

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
    if (status == DRF_OK && pthread_mutex_init(&heights->making, NULL) != 0)
        status = DRF_ERR_NOMEM;
    if (status != DRF_OK) {
        edge_sha256_close(heights->sum);
        free(heights);
        return status;
    }
    *out = heights;
    return DRF_OK;
}

void edge_heights_close(struct edge_heights *heights)
{
    if (heights == NULL)
        return;
    for (size_t i = 0; i < KEPT_MAX; i++)
        free(heights->kept[i].bytes);
    pthread_mutex_destroy(&heights->making);
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

struct naming {
    struct edge_sha256_sum *sum;
    size_t count;
};

static enum drf_status add_stamp(void *context, struct geo_tile tile, const uint8_t *stamp,
                                 size_t size)
{
    struct naming *naming = context;
    const uint32_t place[] = {tile.level, tile.row, tile.col, (uint32_t)size};
    edge_sha256_add(naming->sum, place, sizeof place);
    edge_sha256_add(naming->sum, stamp, size);
    naming->count++;
    return DRF_OK;
}

// The name of an overview. DRF_ERR_ABSENT: nothing lies below it.
static enum drf_status name_of(struct edge_heights *heights, enum fusion_layer layer,
                               struct geo_tile tile, bool *reading, uint8_t sha256[static 32])
{
    struct fusion_store_view *view;
    struct naming naming = {.sum = heights->sum};
    const uint32_t place[] = {layer, tile.level, tile.row, tile.col};
    enum drf_status status = edge_shared_store_take(heights->store, &view);
    *reading = status == DRF_OK;
    if (status != DRF_OK)
        return status;
    edge_sha256_add(heights->sum, place, sizeof place);
    if (tile.level < heights->level)
        status = fusion_store_view_each_tile(view, (struct fusion_coverage){.layer = layer},
                                             (uint8_t)heights->level, tile, add_stamp, &naming);
    // Between the region's level and theirs, the insets.
    for (size_t i = 0; i < heights->inset_count && status == DRF_OK; i++) {
        const struct geo_inset *inset = &heights->insets[i];
        if (tile.level > heights->level && inset->level > tile.level)
            status = fusion_store_view_each_tile(
                view, (struct fusion_coverage){.layer = layer, .inset = inset->name},
                (uint8_t)inset->level, tile, add_stamp, &naming);
        if (status == DRF_ERR_ABSENT) // its table is not there yet
            status = DRF_OK;
    }
    edge_shared_store_give(heights->store, status);
    edge_sha256_take(heights->sum, sha256);
    return status == DRF_OK && naming.count == 0 ? DRF_ERR_ABSENT : status;
}

static struct kept *kept_as(struct edge_heights *heights, const uint8_t sha256[static 32])
{
    for (size_t i = 0; i < KEPT_MAX; i++)
        if (heights->kept[i].bytes != NULL
            && memcmp(heights->kept[i].sha256, sha256, 32) == 0) {
            heights->kept[i].used = ++heights->turn;
            return &heights->kept[i];
        }
    return NULL;
}

// Takes `bytes`, in place of what was not used for longest.
static void keep(struct edge_heights *heights, const uint8_t sha256[static 32],
                 uint8_t *bytes, // NOLINT(readability-non-const-parameter): freed later
                 size_t size)
{
    struct kept *place = &heights->kept[0];
    for (size_t i = 1; i < KEPT_MAX && place->bytes != NULL; i++)
        if (heights->kept[i].bytes == NULL || heights->kept[i].used < place->used)
            place = &heights->kept[i];
    free(place->bytes);
    *place = (struct kept){.bytes = bytes, .size = size, .used = ++heights->turn};
    memcpy(place->sha256, sha256, 32);
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

// NOLINTBEGIN(misc-no-recursion): a level deeper each time, down to the store's
static enum drf_status make(struct edge_heights *heights, enum fusion_layer layer,
                            struct geo_tile tile, const uint8_t sha256[static 32]);

static enum drf_status cells_of(struct edge_heights *heights, enum fusion_layer layer,
                                struct geo_tile tile, uint16_t *cells)
{
    bool reading;
    uint8_t sha256[32];
    struct fusion_coverage coverage = {.layer = layer};
    if (stored_in(heights, tile, &coverage.inset)) {
        uint8_t *bytes;
        size_t size;
        enum drf_status status = read_stored(heights, coverage, tile, &reading, &bytes, &size);
        if (status != DRF_OK)
            return status;
        status = store_png_decode(bytes, size, cells);
        free(bytes);
        return status == DRF_ERR_SYNTAX ? DRF_ERR_STORE : status;
    }
    enum drf_status status = name_of(heights, layer, tile, &reading, sha256);
    if (status == DRF_OK && kept_as(heights, sha256) == NULL)
        status = make(heights, layer, tile, sha256);
    const struct kept *kept = status == DRF_OK ? kept_as(heights, sha256) : NULL;
    if (kept == NULL)
        return status == DRF_OK ? DRF_ERR_ABSENT : status;
    status = store_png_decode(kept->bytes, kept->size, cells);
    return status == DRF_ERR_SYNTAX ? DRF_ERR_STORE : status;
}

// Makes an overview and keeps it. One child's cells are held at each level.
static enum drf_status make(struct edge_heights *heights, enum fusion_layer layer,
                            struct geo_tile tile, const uint8_t sha256[static 32])
{
    uint16_t *cells = malloc((size_t)2 * GEO_CELLS_COUNT * sizeof *cells);
    if (cells == NULL)
        return DRF_ERR_NOMEM;
    uint16_t *child = cells + GEO_CELLS_COUNT;
    memset(cells, 0xff, GEO_CELLS_COUNT * sizeof *cells); // unknown
    enum drf_status status = DRF_OK;
    for (uint32_t i = 0; i < 4 && status == DRF_OK; i++) {
        const struct geo_tile below = {.level = (uint8_t)(tile.level + 1),
                                       .row = 2 * tile.row + i / 2,
                                       .col = 2 * tile.col + i % 2};
        status = cells_of(heights, layer, below, child);
        if (status == DRF_OK)
            put_quarter(layer, child, i / 2, i % 2, cells);
        else if (status == DRF_ERR_ABSENT)
            status = DRF_OK;
    }
    uint8_t *bytes = NULL;
    size_t size = 0;
    if (status == DRF_OK)
        status = store_png_encode(cells, &bytes, &size);
    if (status == DRF_OK)
        keep(heights, sha256, bytes, size);
    free(cells);
    return status;
}
// NOLINTEND(misc-no-recursion)

static enum drf_status overview(struct edge_heights *heights, enum fusion_layer layer,
                                struct geo_tile tile, const char *tags, bool *reading,
                                struct edge_heights_tile *out)
{
    uint8_t sha256[32];
    enum drf_status status = name_of(heights, layer, tile, reading, sha256);
    if (status != DRF_OK)
        return status;
    tag_of(sha256, out->tag);
    if (edge_argument_has_tag(tags, out->tag))
        return DRF_OK;
    if (kept_as(heights, sha256) == NULL)
        status = make(heights, layer, tile, sha256);
    const struct kept *kept = status == DRF_OK ? kept_as(heights, sha256) : NULL;
    if (kept == NULL)
        return status == DRF_OK ? DRF_ERR_NOMEM : status;
    out->bytes = malloc(kept->size);
    if (out->bytes == NULL)
        return DRF_ERR_NOMEM;
    memcpy(out->bytes, kept->bytes, kept->size);
    out->size = kept->size;
    return DRF_OK;
}

// Whether anything finer than the tile can be there.
static bool above_all(const struct edge_heights *heights, struct geo_tile tile)
{
    if (tile.level < heights->level)
        return false;
    for (size_t i = 0; i < heights->inset_count; i++)
        if (heights->insets[i].level > tile.level)
            return false;
    return true;
}

enum drf_status edge_heights_tile(struct edge_heights *heights, enum fusion_layer layer,
                                  struct geo_tile tile, const char *tags, bool *reading,
                                  struct edge_heights_tile *out)
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
    if (above_all(heights, tile))
        return DRF_ERR_ABSENT;
    pthread_mutex_lock(&heights->making);
    const enum drf_status status = overview(heights, layer, tile, tags, reading, out);
    pthread_mutex_unlock(&heights->making);
    return status;
}
