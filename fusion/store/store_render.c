// SPDX-License-Identifier: Apache-2.0
#include <sqlite3.h>

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "fusion/root/tile_thin.h"
#include "fusion/store/store_impl.h"
#include "fusion/store/store_png.h"

static struct store_summary summarise(const uint16_t *cells)
{
    uint64_t count = 0, sum = 0, squares = 0;
    uint16_t low = GEO_CELL_UNKNOWN, high = 0;
    for (int i = 0; i < GEO_CELLS_COUNT; i++) {
        const uint64_t cell = cells[i];
        if (cell == GEO_CELL_UNKNOWN)
            continue;
        count++;
        sum += cell;
        squares += cell * cell;
        low = cell < low ? (uint16_t)cell : low;
        high = cell > high ? (uint16_t)cell : high;
    }
    assert(count > 0);
    const double mean = (double)sum / (double)count;
    const double variance = (double)squares / (double)count - mean * mean;
    return (struct store_summary){
        .min_m = geo_cell_m(low),
        .max_m = geo_cell_m(high),
        .mean_m = GEO_CELL_OFFSET_M + GEO_CELL_QUANTUM_M * mean,
        .deviation_m = GEO_CELL_QUANTUM_M * sqrt(fmax(variance, 0.0)),
    };
}

enum drf_status fusion_store_render(struct fusion_store *store, enum fusion_layer layer,
                                    struct geo_tile tile, const struct fusion_tile *fused)
{
    enum drf_status status = store_writable(store);
    if (status != DRF_OK)
        return status;
    if ((layer != FUSION_LAYER_GROUND && layer != FUSION_LAYER_SURFACE) || !geo_tile_valid(tile)
        || !store_keeps(store, tile))
        return store_refuse(store, FUSION_STORE_MISMATCH, DRF_ERR_RANGE,
                            "a tile of another layer or level than the store keeps");
    struct store_rendered made = {.layer = layer, .tile = tile};
    if (fused != NULL && fused->known > 0 && !store->config.in_memory) {
        struct fusion_tile *thick = NULL;
        if (fused->base != NULL)
            status = fusion_tile_thick(fused, &thick);
        const uint16_t *cells = thick != NULL ? thick->cells : fused->cells;
        if (status == DRF_OK) {
            made.summary = summarise(cells);
            status = store_png_encode(cells, &made.bytes, &made.size);
        }
        fusion_tile_free(thick);
    }
    if (status == DRF_OK)
        status = store_rendered_queue(store, &made);
    if (status != DRF_OK) {
        free(made.bytes);
        return status;
    }
    struct store_mark *mark = store_mark_of(store, layer, tile);
    if (mark != NULL)
        mark->dirty = false;
    return DRF_OK;
}

static enum drf_status write_tile(struct fusion_store *store,
                                  const struct store_rendered *rendered)
{
    const bool ground = rendered->layer == FUSION_LAYER_GROUND;
    const struct geo_tile tile = rendered->tile;
    const struct geo_inset *inset =
        tile.level == store->config.level ? NULL : store_inset_of(store, tile);
    char name[STORE_COVERAGE_SIZE];
    store_coverage_name(inset, rendered->layer, name);
    // Follows from the place, so that rendering a tile again keeps its id.
    const int64_t id = ((int64_t)tile.row << (tile.level + 1)) + tile.col + 1;
    enum drf_status status = DRF_OK;
    if (inset != NULL)
        status = store_inset_put(store, inset, rendered, id);
    else if (rendered->size == 0)
        status = STORE_PUT(store, ground ? STORE_SQL_DROP_GROUND : STORE_SQL_DROP_SURFACE,
                           "remove a coverage tile", store_int(id));
    else
        status = STORE_PUT(store, ground ? STORE_SQL_PUT_GROUND : STORE_SQL_PUT_SURFACE,
                           "write a coverage tile", store_int(id), store_int(tile.level),
                           store_int(tile.row), store_int(tile.col),
                           store_blob(rendered->bytes, rendered->size));
    if (status == DRF_OK && rendered->size == 0)
        status = STORE_PUT(store, STORE_SQL_DROP_ANCILLARY, "remove a coverage tile",
                           store_text(name), store_int(id));
    else if (status == DRF_OK)
        status =
            STORE_PUT(store, STORE_SQL_PUT_ANCILLARY, "write a coverage tile", store_text(name),
                      store_int(id), store_real(rendered->summary.min_m),
                      store_real(rendered->summary.max_m), store_real(rendered->summary.mean_m),
                      store_real(rendered->summary.deviation_m));
    const struct store_mark *mark = store_mark_of(store, rendered->layer, tile);
    if (status == DRF_OK && mark != NULL && mark->stored && !mark->dirty)
        status =
            STORE_PUT(store, STORE_SQL_DROP_DIRTY, "clear a mark", store_int(rendered->layer),
                      store_int(tile.level), store_int(tile.row), store_int(tile.col));
    return status;
}

static enum drf_status write_row(struct fusion_store *store,
                                 const struct store_rendered *rendered)
{
    enum drf_status status =
        rendered->layer == FUSION_LAYER_ZONE      ? store_zone_write(store, rendered)
        : rendered->layer == FUSION_LAYER_WEATHER ? store_station_write(store, rendered)
                                                  : store_obstacle_write(store, rendered);
    if (status == DRF_OK && !rendered->outdated)
        status =
            STORE_PUT(store, STORE_SQL_DROP_STALE, "clear a mark", store_int(rendered->id));
    return status;
}

static bool is_row(const struct store_rendered *rendered)
{
    return rendered->layer == FUSION_LAYER_OBSTACLE || rendered->layer == FUSION_LAYER_ZONE
           || rendered->layer == FUSION_LAYER_WEATHER;
}

// The coverages of insets that changed. There are few: each is looked for among all that was
// rendered.
static enum drf_status date_insets(struct fusion_store *store)
{
    enum drf_status status = DRF_OK;
    for (size_t i = 0; i < store->inset_count; i++) {
        bool changed[FUSION_LAYER_COUNT] = {false};
        for (const struct store_rendered *at = store->rendered; at != NULL; at = at->next)
            if (!is_row(at) && store_inset_of(store, at->tile) == &store->insets[i])
                changed[at->layer] = true;
        for (int layer = FUSION_LAYER_GROUND; layer <= FUSION_LAYER_SURFACE; layer++) {
            char name[STORE_COVERAGE_SIZE];
            store_coverage_name(&store->insets[i], (enum fusion_layer)layer, name);
            if (status == DRF_OK && changed[layer])
                status = STORE_PUT(store, STORE_SQL_TOUCH_CONTENTS, "date a layer",
                                   store_text(name), store_int(store->as_of_utc_us));
        }
    }
    return status;
}

static enum drf_status write_rendered(struct fusion_store *store)
{
    bool changed[FUSION_LAYER_COUNT] = {false};
    enum drf_status status = DRF_OK;
    for (const struct store_rendered *at = store->rendered; at != NULL && status == DRF_OK;
         at = at->next) {
        changed[at->layer] =
            changed[at->layer] || is_row(at) || at->tile.level == store->config.level;
        status = is_row(at) ? write_row(store, at) : write_tile(store, at);
    }
    static const char *const names[FUSION_LAYER_COUNT] = {[FUSION_LAYER_GROUND] = "ground",
                                                          [FUSION_LAYER_SURFACE] = "surface",
                                                          [FUSION_LAYER_OBSTACLE] = "obstacle",
                                                          [FUSION_LAYER_ZONE] = "zone",
                                                          [FUSION_LAYER_WEATHER] = "station"};
    for (int layer = 0; layer < FUSION_LAYER_COUNT && status == DRF_OK; layer++)
        if (changed[layer] && store->as_of_utc_us != INT64_MIN)
            status = STORE_PUT(store, STORE_SQL_TOUCH_CONTENTS, "date a layer",
                               store_text(names[layer]), store_int(store->as_of_utc_us));
    if (status == DRF_OK && store->as_of_utc_us != INT64_MIN)
        status = date_insets(store);
    return status;
}

// A mark that its rendering has answered is gone; one raised again since stays.
static void forget_rendered(struct fusion_store *store)
{
    for (struct store_rendered *at = store->rendered; at != NULL; at = at->next) {
        struct store_mark *mark = is_row(at) ? NULL : store_mark_of(store, at->layer, at->tile);
        if (mark != NULL && !mark->dirty)
            store_mark_free(store, mark);
    }
    store_rendered_clear(store);
    store->render_wanted = false;
}

static bool truth_pending(const struct fusion_store *store)
{
    for (const struct store_mark *mark = store->marks; mark != NULL; mark = mark->next)
        if (mark->pending)
            return true;
    return store->pending.first != NULL;
}

enum drf_status fusion_store_render_commit(struct fusion_store *store)
{
    assert(store->walking == 0);
    enum drf_status status = store_writable(store);
    if (status != DRF_OK || store->rendered == NULL)
        return status;
    // What is rendered shows truth that the file may not have yet; were it written first, a
    // crash would leave it there without a mark.
    if (truth_pending(store)) {
        store->render_wanted = true;
        return DRF_OK;
    }
    if (!store->config.in_memory) {
        status = store_begin(store);
        if (status == DRF_OK)
            status = store_end(store, write_rendered(store));
    }
    if (status == DRF_OK) {
        forget_rendered(store);
        store_checkpoint_late(store);
    }
    return status;
}

enum drf_status store_render_resume(struct fusion_store *store)
{
    return store->render_wanted ? fusion_store_render_commit(store) : DRF_OK;
}

enum drf_status fusion_store_each_stale(struct fusion_store *store, fusion_id_fn fn,
                                        void *context)
{
    struct sqlite3_stmt *statement = store_use(store, STORE_SQL_STALE);
    enum drf_status row, status = DRF_OK;
    store->walking++;
    while ((row = store_step(store, STORE_SQL_STALE, "list stale rows")) == DRF_OK) {
        status = fn(context, sqlite3_column_int64(statement, 0));
        if (status != DRF_OK)
            break;
    }
    store->walking--;
    store_done(store, STORE_SQL_STALE);
    return row == DRF_OK || row == DRF_ERR_ABSENT ? status : row;
}
