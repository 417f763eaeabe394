// SPDX-License-Identifier: Apache-2.0
#include <sqlite3.h>

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fusion/store/store_impl.h"
#include "fusion/store/store_png.h"
#include "fusion/store/store_shape.h"

// What a feature row says, in memory of its own: the root it was rendered from may go.
struct store_feature {
    struct geo_obstacle obstacle;
    struct fusion_source source;
    double top_amsl_m, foot_amsl_m;
    bool top_known, foot_known;
};

enum drf_status store_rendered_open(struct fusion_store *store)
{
    return store_index_open(&store->rendered_by_name);
}

static void rendered_free(struct store_rendered *rendered)
{
    free(rendered->feature);
    free(rendered->zone);
    free(rendered->station);
    free(rendered->bytes);
    free(rendered);
}

void store_rendered_close(struct fusion_store *store)
{
    while (store->rendered != NULL) {
        struct store_rendered *rendered = store->rendered;
        store->rendered = rendered->next;
        rendered_free(rendered);
    }
    store_index_close(&store->rendered_by_name);
}

static uint64_t rendered_hash(const struct store_rendered *rendered)
{
    const uint64_t hash = store_tile_hash(rendered->layer, rendered->tile);
    return store_hash(hash, &rendered->id, sizeof rendered->id);
}

static struct store_rendered *rendered_like(const struct fusion_store *store,
                                            const struct store_rendered *name)
{
    struct store_link *link = store_index_first(&store->rendered_by_name, rendered_hash(name));
    for (; link != NULL; link = store_index_next(link)) {
        struct store_rendered *held = (struct store_rendered *)link;
        if (held->layer == name->layer && held->id == name->id
            && store_tile_same(held->tile, name->tile))
            return held;
    }
    return NULL;
}

void store_rendered_outdate(struct fusion_store *store, int64_t id)
{
    static const enum fusion_layer layers[] = {FUSION_LAYER_OBSTACLE, FUSION_LAYER_ZONE,
                                               FUSION_LAYER_WEATHER};
    for (size_t i = 0; i < sizeof layers / sizeof layers[0]; i++) {
        const struct store_rendered name = {.layer = layers[i], .id = id};
        struct store_rendered *held = rendered_like(store, &name);
        if (held != NULL)
            held->outdated = true;
    }
}

static size_t rendered_cost(const struct store_rendered *rendered)
{
    return sizeof *rendered + rendered->size
           + (rendered->feature != NULL ? sizeof *rendered->feature : 0)
           + store_zone_cost(rendered) + store_station_cost(rendered);
}

enum drf_status store_rendered_queue(struct fusion_store *store,
                                     const struct store_rendered *made)
{
    struct store_rendered *held = rendered_like(store, made);
    if (held == NULL) {
        held = malloc(sizeof *held);
        if (held == NULL)
            return DRF_ERR_NOMEM;
        *held = *made;
        held->next = store->rendered;
        store->rendered = held;
        store_index_add(&store->rendered_by_name, &held->by_name, rendered_hash(made));
    } else {
        store->rendered_bytes -= rendered_cost(held);
        free(held->feature);
        free(held->zone);
        free(held->station);
        free(held->bytes);
        held->summary = made->summary;
        held->feature = made->feature;
        held->zone = made->zone;
        held->station = made->station;
        held->bytes = made->bytes;
        held->size = made->size;
        held->outdated = false;
    }
    store->rendered_bytes += rendered_cost(held);
    return DRF_OK;
}

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
    if (fused != NULL && fused->known > 0) {
        made.summary = summarise(fused->cells);
        status = store_png_encode(fused->cells, &made.bytes, &made.size);
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

enum drf_status fusion_store_render_obstacle(struct fusion_store *store, int64_t id,
                                             const struct fusion_obstacle *obstacle)
{
    enum drf_status status = store_writable(store);
    if (status != DRF_OK)
        return status;
    struct store_rendered made = {.layer = FUSION_LAYER_OBSTACLE, .id = id};
    if (obstacle != NULL) {
        made.feature = malloc(sizeof *made.feature);
        if (made.feature == NULL)
            return DRF_ERR_NOMEM;
        *made.feature = (struct store_feature){
            .obstacle = *obstacle->obstacle,
            .source = *obstacle->source,
            .top_amsl_m = obstacle->top_amsl_m,
            .foot_amsl_m = obstacle->foot_amsl_m,
            .top_known = obstacle->top_known,
            .foot_known = obstacle->foot_known,
        };
        status =
            store_shape_encode(obstacle->obstacle, obstacle->vertices, &made.bytes, &made.size);
    }
    if (status == DRF_OK)
        status = store_rendered_queue(store, &made);
    if (status != DRF_OK) {
        free(made.feature);
        free(made.bytes);
    }
    return status;
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

static struct store_arg real_if(bool known, double value)
{
    return known ? store_real(value) : store_null();
}

static enum drf_status write_feature(struct fusion_store *store,
                                     const struct store_rendered *rendered)
{
    const struct store_feature *row = rendered->feature;
    const struct geo_obstacle *obstacle = &row->obstacle;
    const uint32_t flags = obstacle->flags;
    const char lighting[] = {(char)obstacle->lighting, '\0'};
    const char marking[] = {(char)obstacle->marking, '\0'};
    const struct store_arg verified =
        (flags & (GEO_OBSTACLE_VERIFIED | GEO_OBSTACLE_UNVERIFIED)) == 0
            ? store_null()
            : store_int((flags & GEO_OBSTACLE_VERIFIED) != 0);
    return STORE_PUT(
        store, STORE_SQL_PUT_OBSTACLE, "write a feature", store_int(rendered->id),
        store_blob(rendered->bytes, rendered->size), store_text(obstacle->id),
        store_text(row->source.source), store_text(obstacle->kind),
        store_int(obstacle->quantity), real_if(row->top_known, row->top_amsl_m),
        real_if((flags & GEO_OBSTACLE_HAS_AMSL) != 0, obstacle->amsl_m),
        real_if((flags & GEO_OBSTACLE_HAS_AGL) != 0, obstacle->agl_m),
        real_if(row->foot_known, row->foot_amsl_m), store_real(obstacle->horizontal_acc95_m),
        store_real(obstacle->vertical_acc95_m),
        store_int((flags & GEO_OBSTACLE_HORIZONTAL_ASSUMED) != 0),
        store_int((flags & GEO_OBSTACLE_VERTICAL_ASSUMED) != 0), verified,
        store_int((flags & GEO_OBSTACLE_BALLOON) != 0),
        obstacle->lighting != 0 ? store_text(lighting) : store_null(),
        obstacle->marking != 0 ? store_text(marking) : store_null(),
        (flags & GEO_OBSTACLE_HAS_DATA_TIME) != 0 ? store_int(obstacle->data_time_utc_us)
                                                  : store_null(),
        store_text(row->source.licence), store_text(row->source.version));
}

static enum drf_status write_row(struct fusion_store *store,
                                 const struct store_rendered *rendered)
{
    enum drf_status status =
        rendered->layer == FUSION_LAYER_ZONE      ? store_zone_write(store, rendered)
        : rendered->layer == FUSION_LAYER_WEATHER ? store_station_write(store, rendered)
        : rendered->feature != NULL               ? write_feature(store, rendered)
                                                  : STORE_PUT(store, STORE_SQL_DROP_OBSTACLE,
                                                              "remove a feature", store_int(rendered->id));
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
    while (store->rendered != NULL) {
        struct store_rendered *rendered = store->rendered;
        store->rendered = rendered->next;
        rendered_free(rendered);
    }
    store_index_clear(&store->rendered_by_name);
    store->rendered_bytes = 0;
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
    status = store_begin(store);
    if (status == DRF_OK)
        status = store_end(store, write_rendered(store));
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
