// SPDX-License-Identifier: Apache-2.0
// Terrain and weather into the truth: one identity a message, its record kept without cells.
#include <stdio.h>
#include <string.h>

#include "fusion/fabric/fabric_impl.h"
#include "fusion/store/store_resync.h"

static enum drf_status dirty_tile(struct fusion_fabric *fabric, enum fusion_layer layer,
                                  struct geo_tile tile)
{
    size_t index;
    if (!fusion_tile_grids_index(&fabric->tiles, tile, &index))
        return DRF_OK;
    enum drf_status status = fabric_mark(fabric, layer, index);
    if (status == DRF_OK && layer == FUSION_LAYER_GROUND)
        status = fabric_mark(fabric, FUSION_LAYER_SURFACE, index);
    fabric_dirty(fabric, index, layer == FUSION_LAYER_GROUND, false);
    return status;
}

struct marking {
    struct fusion_fabric *fabric;
    enum drf_status status;
};

static void mark_surface(void *context, size_t index)
{
    struct marking *marking = context;
    if (marking->status == DRF_OK)
        marking->status = fabric_mark(marking->fabric, FUSION_LAYER_SURFACE, index);
}

// Obstacles on a tile whose ground changes may get another top, and so the surfaces of every
// tile they touch. Marked now, with the truth; folded when the ground is.
static enum drf_status mark_obstacles(struct fusion_fabric *fabric, struct geo_tile tile)
{
    size_t index;
    if (!fusion_tile_grids_index(&fabric->tiles, tile, &index))
        return DRF_OK;
    struct marking marking = {.fabric = fabric};
    struct fusion_feature_list list = fusion_features_of_tile(fabric->features, index);
    for (size_t i = 0; i < list.count; i++) {
        const struct fusion_obstacle *fused = list.items[i]->fused;
        if (list.items[i]->raises)
            fusion_features_tiles(fabric->features, fused->obstacle, fused->vertices,
                                  mark_surface, &marking);
    }
    return marking.status;
}

enum drf_status fabric_dirty_terrain(struct fusion_fabric *fabric, struct geo_tile tile,
                                     enum fusion_layer layer)
{
    enum drf_status status = dirty_tile(fabric, layer, tile);
    if (status == DRF_OK && layer == FUSION_LAYER_GROUND)
        status = mark_obstacles(fabric, tile);
    return status;
}

static struct fusion_source terrain_provenance(const struct fusion_job *job,
                                               const struct geo_raster *raster)
{
    const struct fusion_message *m = &job->message;
    struct fusion_weather_terms terms = fabric_terms(job->fabric, m->identity.feed, NULL);
    struct fusion_source made = {
        .priority = terms.priority,
        .vertical_acc95_m = raster->vertical_acc95_m,
        .posting_m = raster->posting_m,
        .issue_utc_us = m->version.time_utc_us,
        .data_time_utc_us = INT64_MIN,
    };
    snprintf(made.feed, sizeof made.feed, "%s", m->identity.feed);
    snprintf(made.source, sizeof made.source, "%s", m->identity.source);
    memcpy(made.licence, terms.licence, sizeof made.licence);
    fusion_provenance_version(m->identity.key, m->version.time_utc_us, made.version);
    if (m->file_time)
        fusion_provenance_mark_file(made.version);
    return made;
}

// A raster without its cells: counts and extremes go with them, as the validator wants it.
static struct geo_raster bare_raster(const struct geo_raster *raster)
{
    struct geo_raster bare = *raster;
    bare.known_cells = 0;
    bare.min_amsl_m = 1.0;
    bare.max_amsl_m = 0.0;
    return bare;
}

// The record as it is kept: what describes the source, without cells and notes.
static enum drf_status put_kept(struct fusion_job *job, const struct fusion_source *provenance,
                                struct fusion_touched *touched, struct geo_record_builder *kept,
                                struct geo_record *record, int64_t *id)
{
    size_t cursor = 0;
    struct geo_item item;
    enum drf_status status = DRF_OK;
    while (status == DRF_OK && geo_record_next(job->record, &cursor, &item)) {
        if (item.kind == GEO_ITEM_RASTER) {
            struct geo_raster bare = bare_raster(item.payload);
            status = geo_record_add(kept, item.kind, &bare, sizeof bare, NULL, 0);
        } else if (item.kind == GEO_ITEM_FIELD) {
            status = geo_record_add(kept, item.kind, item.payload, item.size, NULL, 0);
        }
    }
    if (status == DRF_OK)
        status = geo_record_finish(kept, record);
    if (status == DRF_OK)
        status = fusion_store_put(job->fabric->store, job->message.identity,
                                  job->message.version, *record, provenance, touched, id);
    if (status == DRF_OK && job->message.topic == NULL)
        status = fusion_store_set_imported(job->fabric->store, *id);
    return status;
}

static enum drf_status put_contributions(struct fusion_job *job, int64_t id)
{
    size_t cursor = 0, index;
    struct geo_item item;
    enum drf_status status = DRF_OK;
    if (job->given && job->stage != 0) { // the last try failed on the way
        fusion_store_stage_drop(job->fabric->store, job->stage);
        job->stage = 0;
    }
    job->given = true;
    if (job->stage != 0)
        status = fusion_store_take_stage(job->fabric->store, id, job->stage);
    while (status == DRF_OK && geo_record_next(job->record, &cursor, &item)) {
        const struct geo_cells_item *cells = item.payload;
        if (item.kind != GEO_ITEM_CELLS
            || !fusion_tile_grids_index(&job->fabric->tiles, cells->tile, &index))
            continue;
        if (job->stage == 0)
            status = fusion_store_put_cells(job->fabric->store, id, job->layer, cells->tile,
                                            geo_item_blob(&item), cells->blob_size);
        if (status == DRF_OK)
            status = fabric_dirty_terrain(job->fabric, cells->tile, job->layer);
    }
    return status;
}

enum drf_status fabric_apply_terrain(struct fusion_job *job)
{
    struct fusion_touched touched = {0};
    struct geo_record_builder kept;
    geo_record_builder_init(&kept, 4096);
    struct geo_record record;
    size_t cursor = 0;
    struct geo_item item;
    int64_t id;
    enum drf_status status;
    if (job->message.tombstone) {
        status =
            fusion_store_put(job->fabric->store, job->message.identity, job->message.version,
                             (struct geo_record){0}, NULL, &touched, &id);
    } else {
        struct fusion_source provenance = {0};
        while (geo_record_next(job->record, &cursor, &item))
            if (item.kind == GEO_ITEM_RASTER)
                provenance = terrain_provenance(job, item.payload);
        status = put_kept(job, &provenance, &touched, &kept, &record, &id);
        if (status == DRF_OK)
            status = put_contributions(job, id);
    }
    for (size_t i = 0; i < touched.count && status == DRF_OK; i++)
        for (enum fusion_layer layer = FUSION_LAYER_GROUND; layer <= FUSION_LAYER_SURFACE;
             layer++)
            if (status == DRF_OK && (touched.layers[i] & (1U << layer)) != 0)
                status = fabric_dirty_terrain(job->fabric, touched.tiles[i], layer);
    geo_record_builder_close(&kept);
    fusion_touched_close(&touched);
    return status;
}

enum drf_status fabric_apply_weather(struct fusion_job *job)
{
    struct fusion_fabric *fabric = job->fabric;
    const struct fusion_message *m = &job->message;
    int64_t id;
    enum drf_status status;
    if (m->tombstone) {
        status = fusion_store_put(fabric->store, m->identity, m->version,
                                  (struct geo_record){0}, NULL, NULL, &id);
        if (status == DRF_OK)
            status = fusion_weather_set_remove(fabric->weather, id);
        if (status == DRF_OK) // the key may have been a station's
            status = fabric_leave_station(fabric, id);
    } else {
        struct fusion_weather_terms terms = fabric_terms(fabric, m->identity.feed, NULL);
        struct geo_record_builder kept;
        geo_record_builder_init(&kept, job->record.size + 64);
        struct geo_record record;
        size_t cursor = 0;
        struct geo_item item;
        struct fusion_source provenance = {0};
        while (provenance.feed[0] == '\0' && geo_record_next(job->record, &cursor, &item))
            if (item.kind == GEO_ITEM_FIELD)
                provenance =
                    fusion_weather_provenance(m->identity, m->version, item.payload, &terms);
        status = put_kept(job, &provenance, NULL, &kept, &record, &id);
        if (status == DRF_OK)
            status = fusion_weather_set_put(fabric->weather, id, m->identity, m->version,
                                            record, &terms);
        geo_record_builder_close(&kept);
    }
    fabric_changed(fabric, fabric->keep, FUSION_LAYER_WEATHER);
    fabric->changed = true;
    return status;
}
