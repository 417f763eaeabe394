// SPDX-License-Identifier: Apache-2.0
// The store's GeoPackage, brought up to date behind the truth.
#include <stdlib.h>

#include "fusion/fabric/fabric_impl.h"

enum {
    ROWS_PER_STEP = 10,
    LOOKED_PER_STEP = 4000,
    PARTS_PER_COMMIT = 3, // what a commit writes in a few ms: two tiles, or three steps' rows
    PARTS_OF_TILE = 2,
};

enum drf_status fabric_note_gone(struct fusion_fabric *fabric, int64_t id)
{
    if (fabric->gone_count == fabric->gone_room) {
        size_t room = fabric->gone_room == 0 ? 64 : fabric->gone_room * 2;
        int64_t *gone = realloc(fabric->gone, room * sizeof *gone);
        if (gone == NULL)
            return DRF_ERR_NOMEM;
        fabric->gone = gone;
        fabric->gone_room = room;
    }
    fabric->gone[fabric->gone_count++] = id;
    return DRF_OK;
}

static enum drf_status commit_rendered(struct fusion_fabric *fabric)
{
    enum drf_status status = fusion_store_render_commit(fabric->store);
    if (status == DRF_OK)
        fabric->rendered = 0;
    return status;
}

static enum drf_status render_tile(struct fusion_fabric *fabric, size_t index)
{
    struct fabric_slot *slot = &fabric->slots[index];
    struct geo_tile tile = fabric_tile(fabric, index);
    enum drf_status status = DRF_OK;
    if (slot->ground_mark) {
        status = fusion_store_render(fabric->store, FUSION_LAYER_GROUND, tile, slot->ground);
        slot->ground_mark = status != DRF_OK;
    } else if (slot->surface_mark) {
        status = fusion_store_render(fabric->store, FUSION_LAYER_SURFACE, tile, slot->surface);
        slot->surface_mark = status != DRF_OK;
    }
    return status;
}

// The first tile in the queue that is folded; false when none is.
static bool next_tile(struct fusion_fabric *fabric, size_t *out)
{
    size_t waiting = fabric->queues[FABRIC_RENDER].count, index;
    while (waiting-- > 0 && fabric_pop(fabric, FABRIC_RENDER, &index)) {
        const struct fabric_slot *slot = &fabric->slots[index];
        if (!slot->ground_mark && !slot->surface_mark)
            continue;
        if (!slot->ground_dirty && !slot->surface_dirty) {
            *out = index;
            return true;
        }
        fabric_push(fabric, FABRIC_RENDER, index);
    }
    return false;
}

static enum drf_status render_zones(struct fusion_fabric *fabric, size_t *left)
{
    struct fusion_zone_entry *one;
    while (*left > 0 && (one = fusion_zone_set_stale(fabric->zones)) != NULL) {
        enum drf_status status = fusion_store_render_zone(fabric->store, one->id, one->zone);
        if (status != DRF_OK)
            return status;
        fusion_zone_set_row(fabric->zones, one, false);
        --*left;
    }
    return DRF_OK;
}

// There are few stations: each call looks at all of them.
static enum drf_status render_stations(struct fusion_fabric *fabric, size_t *left)
{
    struct fusion_station_entry *one = fusion_station_set_next(fabric->stations, NULL);
    for (; one != NULL && *left > 0; one = fusion_station_set_next(fabric->stations, one)) {
        if (!one->row_stale)
            continue;
        enum drf_status status =
            fusion_store_render_station(fabric->store, one->id, one->station);
        if (status != DRF_OK)
            return status;
        one->row_stale = false;
        --*left;
    }
    return DRF_OK;
}

static enum drf_status render_gone(struct fusion_store *store, int64_t id)
{
    enum drf_status status = fusion_store_render_obstacle(store, id, NULL);
    if (status == DRF_OK)
        status = fusion_store_render_zone(store, id, NULL);
    return status == DRF_OK ? fusion_store_render_station(store, id, NULL) : status;
}

static enum drf_status render_rows(struct fusion_fabric *fabric)
{
    size_t left = ROWS_PER_STEP;
    while (fabric->gone_count > 0 && left > 0) {
        int64_t id = fabric->gone[fabric->gone_count - 1];
        // A new version of the same feature brings its own row.
        bool renewed = fusion_features_find(fabric->features, id) != NULL
                       || fusion_zone_set_find(fabric->zones, id) != NULL
                       || fusion_station_set_find(fabric->stations, id) != NULL;
        enum drf_status status = renewed ? DRF_OK : render_gone(fabric->store, id);
        if (status != DRF_OK)
            return status;
        fabric->gone_count--;
        left--;
    }
    if ((!fabric->rows_stale && !fabric->row_round) || fabric->gone_count > 0)
        return DRF_OK;
    enum drf_status few = render_zones(fabric, &left);
    if (few == DRF_OK)
        few = render_stations(fabric, &left);
    if (few != DRF_OK || left == 0)
        return few;
    if (!fabric->row_round) { // what becomes stale from here on is for the next round
        fabric->row_round = true;
        fabric->rows_stale = false;
        fabric->row_cursor = 0;
    }
    size_t looked = 0, cursor = fabric->row_cursor;
    for (struct fusion_feature *one = fusion_features_next(fabric->features, &cursor, NULL);
         one != NULL; one = fusion_features_next(fabric->features, &cursor, one)) {
        fabric->row_cursor = cursor - 1; // goes on with the chain that this one is in
        if (left == 0 || ++looked > LOOKED_PER_STEP)
            return DRF_OK;
        if (!one->row_stale)
            continue;
        left--;
        enum drf_status status =
            fusion_store_render_obstacle(fabric->store, one->id, one->fused);
        if (status != DRF_OK)
            return status;
        one->row_stale = false;
    }
    fabric->row_round = false;
    return DRF_OK;
}

// Rows first: at a start the marks of the tiles say which rows may be stale, so no mark may go
// before the rows are written; and nothing at all while tops still wait for their ground.
enum drf_status fusion_fabric_render(struct fusion_fabric *fabric)
{
    bool rows = fabric->rows_stale || fabric->row_round || fabric->gone_count > 0;
    size_t index;
    enum drf_status status;
    if (fabric->rendered >= PARTS_PER_COMMIT) {
        status = commit_rendered(fabric);
        return status == DRF_OK ? DRF_ERR_AGAIN : status;
    }
    status = fusion_store_tidy(fabric->store);
    if (status != DRF_OK)
        return status;
    if (fabric->ground_loading > 0 || fabric->records_loading)
        return DRF_OK;
    if (rows) {
        status = render_rows(fabric);
        fabric->rendered += status == DRF_OK;
        return status == DRF_OK ? DRF_ERR_AGAIN : status;
    }
    if (next_tile(fabric, &index)) {
        status = render_tile(fabric, index);
        if (fabric->slots[index].ground_mark || fabric->slots[index].surface_mark)
            fabric_push(fabric, FABRIC_RENDER, index);
        fabric->rendered += status == DRF_OK ? PARTS_OF_TILE : 0;
        return status == DRF_OK ? DRF_ERR_AGAIN : status;
    }
    return fabric->rendered == 0 ? DRF_OK : commit_rendered(fabric);
}
