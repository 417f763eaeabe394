// SPDX-License-Identifier: Apache-2.0
// A message being applied: checked in steps, then taken into the truth in one.
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fusion/fabric_impl.h"

struct fusion_job {
    struct fusion_fabric *fabric;
    struct fusion_job *next;       // in the fabric's halves
    struct fusion_message message; // strings in `text`
    char *text;
    struct geo_record record; // borrowed
    enum fusion_layer layer;  // what the feed may say
    bool weighed;             // its version may replace what is live
    bool half;                // the truth holds a part of it
    bool settled;             // outcome is known but the offset may not have moved
    enum fusion_outcome outcome;
    size_t cursor;                 // over the cells that are being checked
    struct fabric_apply *features; // of an obstacle feed, once begun
    uint16_t *scratch;
};

static char *copy_text(char **to, const char *from)
{
    if (from == NULL)
        return NULL;
    size_t size = strlen(from) + 1;
    char *at = memcpy(*to, from, size);
    *to += size;
    return at;
}

static size_t text_size(const char *text) { return text == NULL ? 0 : strlen(text) + 1; }

static enum drf_status copy_message(struct fusion_job *job, const struct fusion_message *from)
{
    size_t size = text_size(from->identity.feed) + text_size(from->identity.source)
                  + text_size(from->identity.key) + text_size(from->edition)
                  + text_size(from->cluster_id) + text_size(from->topic);
    char *at = malloc(size);
    if (at == NULL)
        return DRF_ERR_NOMEM;
    job->text = at;
    job->message = *from;
    job->message.identity.feed = copy_text(&at, from->identity.feed);
    job->message.identity.source = copy_text(&at, from->identity.source);
    job->message.identity.key = copy_text(&at, from->identity.key);
    job->message.edition = copy_text(&at, from->edition);
    job->message.cluster_id = copy_text(&at, from->cluster_id);
    job->message.topic = copy_text(&at, from->topic);
    return DRF_OK;
}

enum drf_status fusion_job_open(struct fusion_fabric *fabric,
                                const struct fusion_message *message, struct geo_record record,
                                struct fusion_job **out)
{
    const struct fusion_feed *feed = fabric_feed(fabric, message->identity.feed);
    const struct fusion_source *limits = NULL;
    if (feed == NULL || strlen(message->identity.source) >= sizeof limits->source)
        return DRF_ERR_RANGE;
    struct fusion_job *job = calloc(1, sizeof *job);
    if (job == NULL)
        return DRF_ERR_NOMEM;
    job->fabric = fabric;
    job->record = record;
    job->layer = feed->layer;
    enum drf_status status = copy_message(job, message);
    bool cells = feed->layer == FUSION_LAYER_GROUND || feed->layer == FUSION_LAYER_SURFACE;
    if (status == DRF_OK && cells) {
        job->scratch = malloc(GEO_CELLS_COUNT * sizeof *job->scratch);
        status = job->scratch == NULL ? DRF_ERR_NOMEM : DRF_OK;
    }
    if (status != DRF_OK) {
        fusion_job_close(job);
        return status;
    }
    *out = job;
    return DRF_OK;
}

static void free_job(struct fusion_job *job)
{
    fabric_apply_close(job->features);
    free(job->scratch);
    free(job->text);
    free(job);
}

void fusion_job_close(struct fusion_job *job)
{
    if (job == NULL)
        return;
    if (!job->half) {
        free_job(job);
        return;
    }
    // Its version is live without all it said. Remembered, so that the same message is not
    // taken for a duplicate when it comes again.
    job->next = job->fabric->halves;
    job->fabric->halves = job;
}

void fabric_forget_halves(struct fusion_fabric *fabric)
{
    while (fabric->halves != NULL) {
        struct fusion_job *job = fabric->halves;
        fabric->halves = job->next;
        free_job(job);
    }
}

// Whether this message, or an older one of its identity, stands half in the truth. This job
// then makes it whole.
static bool take_up(struct fusion_job *job)
{
    const struct fusion_identity *own = &job->message.identity;
    bool found = false;
    struct fusion_job **link = &job->fabric->halves;
    while (*link != NULL) {
        struct fusion_job *half = *link;
        const struct fusion_identity *other = &half->message.identity;
        if (strcmp(own->feed, other->feed) != 0 || strcmp(own->source, other->source) != 0
            || strcmp(own->key, other->key) != 0
            || fusion_version_compare(&half->message.version, &job->message.version) > 0) {
            link = &half->next;
            continue;
        }
        *link = half->next;
        free_job(half);
        job->fabric->half_applied -= found ? 1 : 0; // of several this job is one
        found = true;
    }
    job->half = found;
    return found;
}

static enum drf_status move_offset(struct fusion_fabric *fabric,
                                   const struct fusion_message *message)
{
    if (message->topic == NULL)
        return DRF_OK;
    return fusion_store_put_offset(fabric->store, message->cluster_id, message->topic,
                                   message->partition, message->offset + 1);
}

enum drf_status fusion_fabric_skip(struct fusion_fabric *fabric,
                                   const struct fusion_message *message)
{
    return move_offset(fabric, message);
}

static enum drf_status settle(struct fusion_job *job, enum fusion_outcome outcome)
{
    job->settled = true;
    job->outcome = outcome;
    return DRF_OK;
}

// Identities of one message each: terrain and weather. Features are weighed one by one.
static enum drf_status weigh(struct fusion_job *job)
{
    struct fusion_version live;
    int64_t id;
    enum drf_status status =
        fusion_store_version(job->fabric->store, job->message.identity, &live, NULL, &id);
    if (status == DRF_ERR_ABSENT)
        return DRF_OK;
    if (status != DRF_OK)
        return status;
    int order = fusion_version_compare(&job->message.version, &live);
    if (take_up(job))
        return DRF_OK;
    if (order <= 0)
        return settle(job, order == 0 ? FUSION_DUPLICATE : FUSION_SUPERSEDED);
    return DRF_OK;
}

// Whether the record holds what its feed may say, and nothing else.
static bool fits(const struct fusion_job *job)
{
    const struct fusion_message *m = &job->message;
    if (job->layer == FUSION_LAYER_OBSTACLE && m->edition != NULL
        && !fusion_edition_valid(m->edition, m->edition_part, m->edition_parts))
        return false;
    if (m->tombstone)
        return job->layer <= FUSION_LAYER_WEATHER;
    size_t cursor = 0, data = 0;
    struct geo_item item;
    while (geo_record_next(job->record, &cursor, &item)) {
        if (item.kind == GEO_ITEM_NOTE)
            continue;
        const struct geo_raster *raster = item.payload;
        bool terrain = job->layer == FUSION_LAYER_GROUND || job->layer == FUSION_LAYER_SURFACE;
        bool fit = item.kind == GEO_ITEM_RASTER
                       ? terrain && raster->layer == (uint32_t)job->layer
                             && raster->level == job->fabric->level
                   : item.kind == GEO_ITEM_CELLS    ? terrain
                   : item.kind == GEO_ITEM_OBSTACLE ? job->layer == FUSION_LAYER_OBSTACLE
                                                    : job->layer == FUSION_LAYER_WEATHER;
        if (!fit)
            return false;
        data++;
    }
    return data > 0;
}

// Checks the next cells item; *more is false when none is left.
static enum drf_status check_cells(struct fusion_job *job, bool *more)
{
    struct geo_item item;
    *more = false;
    while (job->scratch != NULL && !job->message.tombstone
           && geo_record_next(job->record, &job->cursor, &item)) {
        if (item.kind != GEO_ITEM_CELLS)
            continue;
        *more = true;
        const struct geo_cells_item *cells = item.payload;
        return geo_cells_decode(geo_item_blob(&item), cells->blob_size, job->scratch);
    }
    return DRF_OK;
}

static enum drf_status dirty_tile(struct fusion_fabric *fabric, enum fusion_layer layer,
                                  struct geo_tile tile)
{
    size_t index;
    if (!fusion_extent_index(fabric->tiles, tile, &index))
        return DRF_OK;
    enum drf_status status = fabric_mark(fabric, layer, index);
    if (status == DRF_OK && layer == FUSION_LAYER_GROUND)
        status = fabric_mark(fabric, FUSION_LAYER_SURFACE, index);
    fabric_dirty(fabric, index, layer == FUSION_LAYER_GROUND, false);
    return status;
}

struct spread {
    struct fusion_fabric *fabric;
    enum drf_status status;
};

static void mark_surface(void *context, size_t index)
{
    struct spread *spread = context;
    if (spread->status == DRF_OK)
        spread->status = fabric_mark(spread->fabric, FUSION_LAYER_SURFACE, index);
}

// Obstacles on a tile whose ground changes may get another top, and so the surfaces of every
// tile they touch. Marked now, with the truth; folded when the ground is.
static enum drf_status mark_standing(struct fusion_fabric *fabric, struct geo_tile tile)
{
    size_t index;
    if (!fusion_extent_index(fabric->tiles, tile, &index))
        return DRF_OK;
    struct spread spread = {.fabric = fabric};
    struct fusion_feature_list list = fusion_features_of_tile(fabric->features, index);
    for (size_t i = 0; i < list.count; i++) {
        const struct fusion_obstacle *fused = list.items[i]->fused;
        if (list.items[i]->raises)
            fusion_features_tiles(fabric->features, fused->obstacle, fused->vertices,
                                  mark_surface, &spread);
    }
    return spread.status;
}

static enum drf_status dirty_terrain(struct fusion_job *job, struct geo_tile tile,
                                     enum fusion_layer layer)
{
    enum drf_status status = dirty_tile(job->fabric, layer, tile);
    if (status == DRF_OK && layer == FUSION_LAYER_GROUND)
        status = mark_standing(job->fabric, tile);
    return status;
}

static struct fusion_source terrain_certificate(const struct fusion_job *job,
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
    fusion_certificate_version(m->identity.key, m->version.time_utc_us, made.version);
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
static enum drf_status put_kept(struct fusion_job *job, const struct fusion_source *certificate,
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
                                  job->message.version, *record, certificate, touched, id);
    return status;
}

static enum drf_status put_contributions(struct fusion_job *job, int64_t id)
{
    size_t cursor = 0, index;
    struct geo_item item;
    enum drf_status status = DRF_OK;
    while (status == DRF_OK && geo_record_next(job->record, &cursor, &item)) {
        const struct geo_cells_item *cells = item.payload;
        if (item.kind != GEO_ITEM_CELLS
            || !fusion_extent_index(job->fabric->tiles, cells->tile, &index))
            continue;
        status = fusion_store_put_cells(job->fabric->store, id, job->layer, cells->tile,
                                        geo_item_blob(&item), cells->blob_size);
        if (status == DRF_OK)
            status = dirty_terrain(job, cells->tile, job->layer);
    }
    return status;
}

static enum drf_status apply_terrain(struct fusion_job *job)
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
        struct fusion_source certificate = {0};
        while (geo_record_next(job->record, &cursor, &item))
            if (item.kind == GEO_ITEM_RASTER)
                certificate = terrain_certificate(job, item.payload);
        status = put_kept(job, &certificate, &touched, &kept, &record, &id);
        if (status == DRF_OK)
            status = put_contributions(job, id);
    }
    for (size_t i = 0; i < touched.count && status == DRF_OK; i++)
        for (enum fusion_layer layer = FUSION_LAYER_GROUND; layer <= FUSION_LAYER_SURFACE;
             layer++)
            if (status == DRF_OK && (touched.layers[i] & (1U << layer)) != 0)
                status = dirty_terrain(job, touched.tiles[i], layer);
    geo_record_builder_close(&kept);
    fusion_touched_close(&touched);
    return status;
}

static enum drf_status apply_weather(struct fusion_job *job)
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
    } else {
        struct fusion_weather_terms terms = fabric_terms(fabric, m->identity.feed, NULL);
        struct geo_record_builder kept;
        geo_record_builder_init(&kept, job->record.size + 64);
        struct geo_record record;
        size_t cursor = 0;
        struct geo_item item;
        struct fusion_source certificate = {0};
        while (certificate.feed[0] == '\0' && geo_record_next(job->record, &cursor, &item))
            if (item.kind == GEO_ITEM_FIELD)
                certificate =
                    fusion_weather_certificate(m->identity, m->version, item.payload, &terms);
        status = put_kept(job, &certificate, NULL, &kept, &record, &id);
        if (status == DRF_OK)
            status = fusion_weather_set_put(fabric->weather, id, m->identity, m->version,
                                            record, &terms);
        geo_record_builder_close(&kept);
    }
    fabric_changed(fabric, fabric->keep, FUSION_LAYER_WEATHER);
    fabric->changed = true;
    return status;
}

static enum drf_status apply_features(struct fusion_job *job)
{
    enum fusion_outcome outcome;
    enum drf_status status = DRF_OK;
    job->fabric->untouched = false;
    if (job->features == NULL)
        status = fabric_apply_open(job->fabric, &job->message, job->record, &job->features);
    if (status == DRF_OK)
        status = fabric_apply_step(job->features, &outcome);
    return status == DRF_OK ? settle(job, outcome) : status;
}

static enum drf_status apply_whole(struct fusion_job *job)
{
    // Until this is through the truth holds half a message; a commit would keep it that way.
    job->fabric->half_applied += job->half ? 0 : 1;
    job->half = true;
    job->fabric->untouched = false;
    enum drf_status status =
        job->layer == FUSION_LAYER_WEATHER ? apply_weather(job) : apply_terrain(job);
    if (status != DRF_OK)
        return status;
    job->fabric->half_applied--;
    job->half = false;
    return settle(job, FUSION_APPLIED);
}

enum drf_status fusion_job_step(struct fusion_job *job, enum fusion_outcome *outcome)
{
    enum drf_status status = DRF_OK;
    if (!job->weighed && !job->settled) {
        if (!fits(job))
            status = settle(job, FUSION_REFUSED);
        else if (job->layer != FUSION_LAYER_OBSTACLE)
            status = weigh(job);
        job->weighed = status == DRF_OK;
    }
    bool more = false;
    if (status == DRF_OK && !job->settled) {
        status = check_cells(job, &more);
        if (status == DRF_ERR_SYNTAX)
            status = settle(job, FUSION_REFUSED);
        else if (status == DRF_OK && more)
            return DRF_ERR_AGAIN;
    }
    if (status == DRF_OK && !job->settled)
        status = job->layer == FUSION_LAYER_OBSTACLE ? apply_features(job) : apply_whole(job);
    if (status == DRF_OK)
        status = move_offset(job->fabric, &job->message);
    if (status == DRF_OK)
        *outcome = job->outcome;
    return status;
}
