// SPDX-License-Identifier: Apache-2.0
// A job is a state machine that fusion_job_step() advances by one bounded piece of work: load
// the records that are still missing, check that the record fits its feed, weigh its version,
// decode every blob of cells, write large contributions ahead into the store (staged,
// invisible), and at last apply. All that can fail because of the message happens before the
// last step, so a message is applied wholly or not at all (features are applied one by one,
// fabric_apply.c). If the last step itself fails half-way (memory, disk), the message is
// counted in half_applied, which blocks commits until the same or a newer message of that
// identity completes it.
#include <stdlib.h>
#include <string.h>

#include "fusion/fabric/fabric_impl.h"
#include "fusion/store/store_resync.h"

enum { // what a step writes in a millisecond or two
    STAGED_PER_STEP = 8,
    STAGED_STEP_BYTES = 256 << 10,
    STAGED_MIN_BYTES = 512 << 10, // less is committed with its record
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
    if (job->stage != 0)
        fusion_store_stage_drop(job->fabric->store, job->stage);
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
    job->next = job->fabric->half_jobs;
    job->fabric->half_jobs = job;
}

void fabric_drop_half_jobs(struct fusion_fabric *fabric)
{
    while (fabric->half_jobs != NULL) {
        struct fusion_job *job = fabric->half_jobs;
        fabric->half_jobs = job->next;
        free_job(job);
    }
}

// Whether this message, or an older one of its identity, is applied in part. This job
// then makes it whole.
static bool resume_half(struct fusion_job *job)
{
    const struct fusion_identity *own = &job->message.identity;
    bool found = false;
    struct fusion_job **link = &job->fabric->half_jobs;
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

static enum drf_status set_outcome(struct fusion_job *job, enum fusion_outcome outcome)
{
    job->settled = true;
    job->outcome = outcome;
    return DRF_OK;
}

// Whether an import holds tiles that its live version does not contribute to: levels or insets
// have changed since. What comes from Kafka is read again for that; an import is only repeated.
static enum drf_status adds_tiles(const struct fusion_job *job, int64_t id, bool *out)
{
    *out = false;
    if (job->message.topic != NULL || job->message.tombstone || job->scratch == NULL)
        return DRF_OK;
    struct fusion_touched held = {0};
    enum drf_status status = fusion_store_tiles_of(job->fabric->store, id, &held);
    size_t cursor = 0, index, count = 0;
    struct geo_item item;
    while (status == DRF_OK && geo_record_next(job->record, &cursor, &item)) {
        const struct geo_cells_item *cells = item.payload;
        count += item.kind == GEO_ITEM_CELLS
                 && fusion_tile_grids_index(&job->fabric->tiles, cells->tile, &index);
    }
    *out = count > held.count;
    fusion_touched_close(&held);
    return status;
}

// Identities of one message each: terrain and weather. Features are compared one by one.
static enum drf_status weigh(struct fusion_job *job)
{
    struct fusion_version live;
    int64_t id;
    bool withdrawn;
    const struct fusion_message *m = &job->message;
    enum drf_status status =
        fusion_store_version(job->fabric->store, m->identity, &live, &withdrawn, &id);
    if (status == DRF_ERR_ABSENT)
        return DRF_OK;
    if (status != DRF_OK)
        return status;
    int order = fusion_version_compare(&m->version, &live);
    bool more = false;
    if (order == 0)
        status = adds_tiles(job, id, &more);
    if (status != DRF_OK)
        return status;
    if (resume_half(job) || order > 0 || more
        || (order == 0
            && fabric_resync_repeats(job->fabric, m->identity.feed, id,
                                     withdrawn && !m->tombstone)))
        return DRF_OK;
    status = fabric_resync_mark_seen(job->fabric, m->identity.feed, id, order < 0);
    if (status == DRF_OK)
        status = fabric_refusal_seen(job->fabric, m->identity, m->version);
    return status == DRF_OK
               ? set_outcome(job, order == 0 ? FUSION_DUPLICATE : FUSION_SUPERSEDED)
               : status;
}

// Stations, and refusals alone, come in any number in a message of weather or terrain.
static bool holds_features(struct geo_record record)
{
    size_t cursor = 0;
    struct geo_item item;
    bool refused = false;
    while (record.size > 0 && geo_record_next(record, &cursor, &item)) {
        if (item.kind != GEO_ITEM_UNREADABLE && item.kind != GEO_ITEM_NOTE)
            return item.kind == GEO_ITEM_STATION;
        refused = refused || item.kind == GEO_ITEM_UNREADABLE;
    }
    return refused;
}

// Many identities in a message, each compared by itself.
static bool of_features(const struct fusion_job *job)
{
    return job->layer == FUSION_LAYER_OBSTACLE || job->layer == FUSION_LAYER_ZONE
           || job->layer == FUSION_LAYER_ALERT || holds_features(job->record);
}

// An alert is a zone with a severity.
static enum fusion_layer zone_layer(const struct geo_zone *zone)
{
    return zone->alert != 0 ? FUSION_LAYER_ALERT : FUSION_LAYER_ZONE;
}

static bool item_fits(const struct fusion_job *job, const struct geo_item *item)
{
    const struct geo_raster *raster = item->payload;
    bool terrain = job->layer == FUSION_LAYER_GROUND || job->layer == FUSION_LAYER_SURFACE;
    switch (item->kind) {
    case GEO_ITEM_RASTER:
        return terrain && raster->layer == (uint32_t)job->layer
               && raster->level == job->fabric->level;
    case GEO_ITEM_CELLS:
        return terrain;
    case GEO_ITEM_OBSTACLE:
        return job->layer == FUSION_LAYER_OBSTACLE;
    case GEO_ITEM_ZONE:
        return job->layer == zone_layer(item->payload);
    case GEO_ITEM_TRACK:
        return job->layer == FUSION_LAYER_TRAFFIC;
    case GEO_ITEM_FIELD:
    case GEO_ITEM_STATION:
        return job->layer == FUSION_LAYER_WEATHER;
    default: // never stored
        return false;
    }
}

// Whether the record holds what its feed may say, and nothing else.
static bool fits(const struct fusion_job *job)
{
    const struct fusion_message *m = &job->message;
    if (of_features(job) && m->edition != NULL
        && !fusion_edition_valid(m->edition, m->edition_part, m->edition_parts))
        return false;
    if (m->tombstone)
        return job->layer != FUSION_LAYER_TRAFFIC;
    size_t cursor = 0, data = 0;
    struct geo_item item;
    while (geo_record_next(job->record, &cursor, &item)) {
        data += item.kind == GEO_ITEM_UNREADABLE;
        if (item.kind == GEO_ITEM_NOTE || item.kind == GEO_ITEM_UNREADABLE)
            continue;
        if (!item_fits(job, &item))
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
        job->cells_bytes += cells->blob_size;
        return geo_cells_decode(geo_item_blob(&item), cells->blob_size, job->scratch);
    }
    return DRF_OK;
}

// Puts the next cells ahead of the record when they are many; *more is false when none is left.
static enum drf_status stage_cells(struct fusion_job *job, bool *more)
{
    struct fusion_fabric *fabric = job->fabric;
    struct fusion_cells some[STAGED_PER_STEP];
    size_t count = 0, bytes = 0, index;
    struct geo_item item;
    enum drf_status status = DRF_OK;
    *more = false;
    if (job->cells_bytes < STAGED_MIN_BYTES || job->unstaged)
        return DRF_OK;
    if (job->stage == 0)
        status = fusion_store_stage_open(fabric->store, &job->stage);
    else
        status = fabric->tidy.run != NULL ? fabric->tidy.run(fabric->tidy.self, fabric->store)
                                          : fusion_store_tidy(fabric->store);
    if (status == DRF_ERR_AGAIN)
        *more = true;
    if (status == DRF_ERR_AGAIN)
        return DRF_OK;
    while (status == DRF_OK && count < STAGED_PER_STEP && bytes < STAGED_STEP_BYTES
           && geo_record_next(job->record, &job->staged, &item)) {
        const struct geo_cells_item *cells = item.payload;
        if (item.kind != GEO_ITEM_CELLS
            || !fusion_tile_grids_index(&fabric->tiles, cells->tile, &index))
            continue;
        some[count++] = (struct fusion_cells){job->layer, cells->tile, geo_item_blob(&item),
                                              cells->blob_size};
        bytes += cells->blob_size;
    }
    *more = count > 0;
    if (status == DRF_OK && count > 0)
        status = fusion_store_stage_cells(fabric->store, job->stage, some, count);
    if (status != DRF_ERR_STORE)
        return status;
    // The disk is full, perhaps: kept in memory with the rest, up to its limit.
    if (job->stage != 0)
        fusion_store_stage_drop(fabric->store, job->stage);
    job->stage = 0;
    job->unstaged = true;
    *more = false;
    return DRF_OK;
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
    return status == DRF_OK ? set_outcome(job, outcome) : status;
}

static enum drf_status apply_whole(struct fusion_job *job)
{
    // Until this is through the truth holds half a message; a commit would keep it that way.
    job->fabric->half_applied += job->half ? 0 : 1;
    job->half = true;
    job->fabric->untouched = false;
    enum drf_status status = job->layer == FUSION_LAYER_WEATHER ? fabric_apply_weather(job)
                                                                : fabric_apply_terrain(job);
    struct geo_unreadable what;
    if (status == DRF_OK && fabric_refusal_joined(job->record, &what))
        status = fabric_refusal_beside(job->fabric, &job->message, &what);
    else if (status == DRF_OK)
        status = fabric_refusal_end(job->fabric, job->message.identity, job->message.version);
    if (status == DRF_OK)
        status = fabric_resync_mark_applied(job->fabric, job->message.identity);
    if (status != DRF_OK)
        return status;
    job->fabric->half_applied--;
    job->half = false;
    return set_outcome(job, FUSION_APPLIED);
}

// Tracks have no version in the store: each is compared with the report before it.
static enum drf_status step_tracks(struct fusion_job *job, enum fusion_outcome *outcome)
{
    enum drf_status status = DRF_OK;
    if (!job->settled && (job->message.tombstone || !fits(job)))
        status = set_outcome(job, job->message.tombstone ? FUSION_SUPERSEDED : FUSION_REFUSED);
    if (status == DRF_OK && !job->settled) {
        enum fusion_outcome found = FUSION_REFUSED;
        status = fabric_apply_tracks(job, &found);
        if (status == DRF_OK)
            status = set_outcome(job, found);
    }
    if (status == DRF_OK)
        status = move_offset(job->fabric, &job->message);
    if (status == DRF_OK)
        *outcome = job->outcome;
    return status;
}

enum drf_status fusion_job_step(struct fusion_job *job, enum fusion_outcome *outcome)
{
    enum drf_status status = DRF_OK;
    if (job->layer == FUSION_LAYER_TRAFFIC)
        return step_tracks(job, outcome);
    if (job->layer > FUSION_LAYER_SURFACE) // a former version may still have to be loaded
        status = fabric_load_rest(job->fabric);
    if (status != DRF_OK)
        return status;
    if (!job->weighed && !job->settled) {
        if (!fits(job))
            status = set_outcome(job, FUSION_REFUSED);
        else if (!of_features(job))
            status = weigh(job);
        job->weighed = status == DRF_OK;
    }
    bool more = false;
    if (status == DRF_OK && !job->settled) {
        status = check_cells(job, &more);
        if (status == DRF_ERR_SYNTAX)
            status = set_outcome(job, FUSION_REFUSED);
        else if (status == DRF_OK && !more)
            status = stage_cells(job, &more);
        if (status == DRF_OK && more)
            return DRF_ERR_AGAIN;
    }
    if (status == DRF_OK && !job->settled)
        status = of_features(job) ? apply_features(job) : apply_whole(job);
    if (status == DRF_OK)
        status = move_offset(job->fabric, &job->message);
    if (status == DRF_OK)
        *outcome = job->outcome;
    return status;
}
