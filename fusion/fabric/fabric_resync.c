// SPDX-License-Identifier: Apache-2.0
// Mark and sweep: what a feed still says is marked while it is read again from the beginning,
// and what was not marked is forgotten when the end is reached.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fusion/fabric/fabric_impl.h"
#include "fusion/store/store_resync.h"

enum { IDS_PER_STEP = 200, ERASED_PER_STEP = 20 };

// Marks of an identity: the version that is live was read, or only an older one was.
enum { SEEN = 1, OLDER_SEEN = 2, MARK_BITS = 2, MARKS_PER_BYTE = 4 };

struct fabric_resync {
    struct fabric_resync *next;
    char feed[32];
    bool redo, lossy, again;
    uint8_t *marks; // by id, two bits each: ids are given out one after the other
    size_t room;    // bytes
    int64_t cursor; // of the sweep: the last id looked at
};

static struct fabric_resync *resync_of(const struct fusion_fabric *fabric, const char *feed)
{
    struct fabric_resync *one = fabric->resyncs;
    while (one != NULL && strcmp(one->feed, feed) != 0)
        one = one->next;
    return one;
}

static unsigned mark_of(const struct fabric_resync *resync, int64_t id)
{
    size_t at = (size_t)id / MARKS_PER_BYTE;
    unsigned shift = (unsigned)(id % MARKS_PER_BYTE) * MARK_BITS;
    return at < resync->room
               ? (unsigned)resync->marks[at] >> shift & (unsigned)(SEEN | OLDER_SEEN)
               : 0;
}

static enum drf_status set_mark(struct fabric_resync *resync, int64_t id, unsigned mark)
{
    size_t at = (size_t)id / MARKS_PER_BYTE;
    if (at >= resync->room) {
        size_t room = (at + 1) * 2;
        uint8_t *marks = realloc(resync->marks, room);
        if (marks == NULL)
            return DRF_ERR_NOMEM;
        memset(marks + resync->room, 0, room - resync->room);
        resync->marks = marks;
        resync->room = room;
    }
    resync->marks[at] |= (uint8_t)(mark << (unsigned)(id % MARKS_PER_BYTE) * MARK_BITS);
    return DRF_OK;
}

bool fabric_resync_repeats(const struct fusion_fabric *fabric, const char *feed, int64_t id,
                           bool withdrawn)
{
    const struct fabric_resync *resync = resync_of(fabric, feed);
    return resync != NULL && (mark_of(resync, id) & SEEN) == 0 && (resync->redo || withdrawn);
}

enum drf_status fabric_resync_mark_seen(struct fusion_fabric *fabric, const char *feed,
                                        int64_t id, bool older)
{
    struct fabric_resync *resync = resync_of(fabric, feed);
    return resync == NULL ? DRF_OK : set_mark(resync, id, older ? OLDER_SEEN : SEEN);
}

enum drf_status fabric_resync_mark_applied(struct fusion_fabric *fabric,
                                           struct fusion_identity identity)
{
    struct fusion_version version;
    int64_t id;
    enum drf_status status = fabric_missing_return(fabric, identity);
    if (status != DRF_OK || resync_of(fabric, identity.feed) == NULL)
        return status;
    status = fusion_store_version(fabric->store, identity, &version, NULL, &id);
    return status == DRF_OK ? fabric_resync_mark_seen(fabric, identity.feed, id, false)
                            : status;
}

static void drop(struct fusion_fabric *fabric, struct fabric_resync *resync)
{
    struct fabric_resync **link = &fabric->resyncs;
    while (*link != resync)
        link = &(*link)->next;
    *link = resync->next;
    free(resync->marks);
    free(resync);
}

void fabric_resync_close(struct fusion_fabric *fabric)
{
    while (fabric->resyncs != NULL)
        drop(fabric, fabric->resyncs);
}

enum drf_status fusion_fabric_resync_begin(struct fusion_fabric *fabric, const char *feed,
                                           bool redo, bool lossy)
{
    struct fabric_resync *former = resync_of(fabric, feed);
    struct fabric_resync *made = calloc(1, sizeof *made);
    if (made == NULL)
        return DRF_ERR_NOMEM;
    enum drf_status status = fusion_editions_renew(fabric->editions, feed);
    if (status != DRF_OK) {
        free(made);
        return status;
    }
    if (former != NULL)
        drop(fabric, former);
    snprintf(made->feed, sizeof made->feed, "%s", feed);
    made->redo = redo;
    made->lossy = lossy;
    made->next = fabric->resyncs;
    fabric->resyncs = made;
    return DRF_OK;
}

static int64_t end_of(const struct geo_zone_view *view)
{
    int64_t until_utc_us = view->zone->period_count > 0 ? INT64_MIN : INT64_MAX;
    for (uint32_t i = 0; i < view->zone->period_count; i++)
        if (view->periods[i].until_utc_us > until_utc_us)
            until_utc_us = view->periods[i].until_utc_us;
    return until_utc_us;
}

// What is live and will not be, though its source did not withdraw it. Only of what is listed:
// a height or a weather value that is not there says so itself.
static enum drf_status note_missing(struct fusion_fabric *fabric, int64_t id)
{
    const struct fusion_feature *feature = fusion_features_find(fabric->features, id);
    const struct fusion_zone_entry *zone = fabric_find_zone(fabric, id);
    if (feature == NULL && zone == NULL)
        return DRF_OK;
    const struct fusion_source *source = feature ? feature->fused->source : zone->zone->source;
    const struct fusion_identity identity = {source->feed, source->source,
                                             feature ? feature->fused->obstacle->id
                                                     : zone->zone->view.zone->id};
    int64_t version_utc_us = feature ? feature->version_utc_us : zone->version_utc_us;
    int64_t whole_utc_us;
    enum drf_status status =
        fusion_editions_whole(fabric->editions, identity.source, &whole_utc_us);
    if (status != DRF_OK
        || version_utc_us < whole_utc_us) // an edition of the topic withdrew it
        return status;
    return fabric_missing_add(fabric, identity, version_utc_us,
                              feature ? INT64_MAX : end_of(&zone->zone->view));
}

// Marks first, truth last: whatever fails in between, nothing is lost but some work.
static enum drf_status forget(struct fusion_fabric *fabric, const char *feed, int64_t id)
{
    struct fusion_touched touched = {0};
    enum drf_status status = fusion_store_tiles_of(fabric->store, id, &touched);
    for (size_t i = 0; i < touched.count && status == DRF_OK; i++)
        for (enum fusion_layer layer = FUSION_LAYER_GROUND; layer <= FUSION_LAYER_SURFACE;
             layer++)
            if (status == DRF_OK && (touched.layers[i] & (1U << layer)) != 0)
                status = fabric_dirty_terrain(fabric, touched.tiles[i], layer);
    fusion_touched_close(&touched);
    const struct fusion_feed *known = fabric_feed(fabric, feed);
    if (status == DRF_OK)
        status = fabric_leave(fabric, id);
    // Of a feed that is no longer configured nobody knows the layer.
    if (status == DRF_OK && (known == NULL || known->layer == FUSION_LAYER_WEATHER)) {
        status = fusion_weather_set_remove(fabric->weather, id);
        fabric_changed(fabric, fabric->keep, FUSION_LAYER_WEATHER);
        fabric->changed = true;
    }
    fabric->untouched = false;
    return status == DRF_OK ? fusion_store_erase(fabric->store, id) : status;
}

// Of those listed, up to a step's worth is forgotten. *all: none was left over.
static enum drf_status sweep_some(struct fusion_fabric *fabric, struct fabric_resync *resync,
                                  const int64_t *ids, size_t count, bool *all,
                                  size_t *forgotten)
{
    size_t erased = 0;
    for (size_t i = 0; i < count; i++) {
        unsigned mark = mark_of(resync, ids[i]);
        // A refusal that was lost by its age has not ended: it ends by itself, in a day.
        bool kept =
            resync->lossy && fusion_unreadable_set_find(fabric->unreadables, ids[i]) != NULL;
        if ((mark & SEEN) == 0 && !kept) {
            enum drf_status status = resync->lossy ? note_missing(fabric, ids[i]) : DRF_OK;
            if (status == DRF_OK)
                status = forget(fabric, resync->feed, ids[i]);
            if (status != DRF_OK)
                return status;
            resync->again = resync->again || (mark & OLDER_SEEN) != 0;
            ++*forgotten;
            erased++;
        }
        resync->cursor = ids[i];
        if (erased == ERASED_PER_STEP && i + 1 < count) {
            *all = false;
            return DRF_OK;
        }
    }
    *all = true;
    return DRF_OK;
}

enum drf_status fusion_fabric_resync_sweep(struct fusion_fabric *fabric, const char *feed,
                                           size_t *forgotten, bool *again)
{
    struct fabric_resync *resync = resync_of(fabric, feed);
    int64_t ids[IDS_PER_STEP];
    size_t count = 0;
    *forgotten = 0;
    if (resync == NULL)
        return DRF_ERR_ABSENT;
    enum drf_status status = fabric_load_rest(fabric);
    if (status == DRF_OK)
        status = fusion_store_ids_of_feed(fabric->store, feed, resync->cursor, ids,
                                          IDS_PER_STEP, &count);
    bool all = false;
    if (status == DRF_OK)
        status = sweep_some(fabric, resync, ids, count, &all, forgotten);
    if (status != DRF_OK)
        return status;
    if (count > 0 || !all)
        return DRF_ERR_AGAIN;
    bool lowered = fusion_editions_settle(fabric->editions, feed);
    *again = resync->again || lowered;
    drop(fabric, resync);
    return DRF_OK;
}
