// SPDX-License-Identifier: Apache-2.0
#include "edge/ingest/retention.h"

#include <stdio.h>
#include <string.h>

#include "edge/mqtt/topic.h"

#define WALK_US INT64_C(3600000000)

enum { NAMES_PER_STEP = 64 };

static const char *const kinds[] = {EDGE_STORED_PROFILE, EDGE_STORED_PLAN, EDGE_STORED_SEEN};
enum { SEEN = 2, KINDS = sizeof kinds / sizeof kinds[0] };

struct names {
    size_t count;
    char names[NAMES_PER_STEP][EDGE_BACKQUEUE_NAME_SIZE];
};

static enum drf_status note_name(void *context, const char *name, const void *bytes,
                                 size_t size)
{
    struct names *list = context;
    (void)bytes;
    (void)size;
    const char *id = strchr(name, '/') + 1;
    if (list->count == NAMES_PER_STEP)
        return DRF_ERR_FULL;
    if (edge_id_valid(id, strlen(id))) // else it is not of a drone
        memcpy(list->names[list->count++], name, strlen(name) + 1);
    return DRF_OK;
}

static bool there(struct fusion_store *store, const char *kind, const char *id)
{
    char name[EDGE_BACKQUEUE_NAME_SIZE];
    uint8_t none;
    size_t size = 0;
    (void)snprintf(name, sizeof name, "%s%s", kind, id);
    return fusion_store_value(store, name, &none, &size) != DRF_ERR_ABSENT;
}

static bool put(struct fusion_store *store, const char *kind, const char *id, const void *bytes,
                size_t size)
{
    char name[EDGE_BACKQUEUE_NAME_SIZE];
    (void)snprintf(name, sizeof name, "%s%s", kind, id);
    return fusion_store_put_value(store, name, bytes, size) == DRF_OK;
}

// What is there, goes.
static bool drop(struct fusion_store *store, const char *id)
{
    bool changed = false;
    for (int i = 0; i < KINDS; i++)
        changed = (there(store, kinds[i], id) && put(store, kinds[i], id, NULL, 0)) || changed;
    return changed;
}

struct visit {
    struct fusion_store *store;
    struct edge_restore_request *restore_request;
    int64_t keep_us, utc_us;
    uint64_t forgotten;
    bool changed;
};

// False: serve cannot be told now.
static bool look_at_time(struct visit *visit, const char *name, const char *id)
{
    int64_t seen_utc_us = INT64_MAX;
    size_t size = sizeof seen_utc_us;
    if (!there(visit->store, EDGE_STORED_PROFILE, id)
        && !there(visit->store, EDGE_STORED_PLAN, id)) {
        visit->changed = drop(visit->store, id) || visit->changed; // it withdrew both
        return true;
    }
    if (fusion_store_value(visit->store, name, &seen_utc_us, &size) != DRF_OK
        || size != sizeof seen_utc_us || seen_utc_us > visit->utc_us) {
        visit->changed =
            put(visit->store, EDGE_STORED_SEEN, id, &visit->utc_us, sizeof visit->utc_us)
            || visit->changed;
        return true;
    }
    if (visit->utc_us - seen_utc_us <= visit->keep_us)
        return true;
    if (edge_restore_request_forget(visit->restore_request, id) != DRF_OK)
        return false;
    visit->changed = drop(visit->store, id) || visit->changed;
    visit->forgotten++;
    return true;
}

static bool look(struct visit *visit, unsigned part, const char *name)
{
    const char *id = strchr(name, '/') + 1;
    if (part == SEEN)
        return look_at_time(visit, name, id);
    if (!there(visit->store, EDGE_STORED_SEEN, id))
        visit->changed =
            put(visit->store, EDGE_STORED_SEEN, id, &visit->utc_us, sizeof visit->utc_us)
            || visit->changed;
    return true;
}

bool edge_retention_step(struct edge_retention_walk *walk, struct fusion_store *store,
                         struct edge_restore_request *restore_request, int64_t keep_us,
                         struct edge_now now, uint64_t *forgotten, bool *more)
{
    *forgotten = 0;
    *more = false;
    if (now.mono_us < walk->due_mono_us)
        return false;
    struct names list = {.count = 0};
    enum drf_status status =
        fusion_store_each_value_after(store, kinds[walk->part], walk->after, note_name, &list);
    struct visit visit = {.store = store,
                          .restore_request = restore_request,
                          .keep_us = keep_us,
                          .utc_us = now.utc_us};
    size_t seen = 0;
    while (seen < list.count && look(&visit, walk->part, list.names[seen]))
        seen++;
    if (seen > 0)
        memcpy(walk->after, list.names[seen - 1], sizeof walk->after);
    *more = true;
    if (status == DRF_OK && seen == list.count) { // all of this kind
        walk->after[0] = '\0';
        walk->part = (walk->part + 1) % KINDS;
        *more = walk->part != 0;
    }
    if (!*more)
        walk->due_mono_us = now.mono_us + WALK_US;
    *forgotten = visit.forgotten;
    return visit.changed;
}
