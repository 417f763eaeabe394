// SPDX-License-Identifier: Apache-2.0
// Zones are kept in a fixed hash table by id, and in lists: one for each bucket, one of all
// zones, one of those that have periods. A list is an array in the order of source and id, so
// that it does not depend on the order of arrival; a zone that comes or goes is entered or
// taken out by halving, in the lists of the buckets that its box touches. A root shows copies:
// a publication copies the lists that changed, and retires their former copies, because a root
// may still show them. So one zone more costs a few copies, however many there are.
#include "fusion/fabric/zone_set.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fusion/root/zone.h"
#include "fusion/root/zone_walk.h"
#include "geo/bounds.h"
#include "geo/unconst.h"

enum { HEADS = 4096 };

struct list {
    const struct fusion_zone **zones; // sorted
    struct fusion_zone_box *boxes;    // of each
    size_t count, room;
    bool changed;                           // since it was copied last
    const struct fusion_zone_bucket *shown; // the copy; NULL: of none
};

struct fusion_zone_set {
    struct fusion_extent extent;
    struct fusion_provenance *provenances;
    struct fusion_retired *retired;
    struct fusion_zone_entry *heads[HEADS];       // by id
    struct fusion_zone_entry *stale, **stale_end; // whose rows are, in that order
    size_t bucket_count, count;
    struct list *lists;                        // of the buckets, then ALL and TIMED
    const struct fusion_zone_bucket **buckets; // as last published
    size_t *touched;                           // lists of the zone at hand
    int64_t over_utc_us;                       // no zone was over before
    bool changed, used;
};

enum { ALL, TIMED, MORE_LISTS }; // behind those of the buckets

enum drf_status fusion_zone_set_open(struct fusion_extent buckets,
                                     struct fusion_provenance *provenances,
                                     struct fusion_retired *retired,
                                     struct fusion_zone_set **out)
{
    struct fusion_zone_set *set = calloc(1, sizeof *set);
    if (set == NULL)
        return DRF_ERR_NOMEM;
    set->extent = buckets;
    set->provenances = provenances;
    set->retired = retired;
    set->over_utc_us = INT64_MAX;
    set->stale_end = &set->stale;
    set->bucket_count = (size_t)buckets.rows * buckets.columns;
    set->buckets = calloc(set->bucket_count, sizeof(struct fusion_zone_bucket *));
    set->lists = calloc(set->bucket_count + MORE_LISTS, sizeof *set->lists);
    set->touched = calloc(set->bucket_count + MORE_LISTS, sizeof *set->touched);
    if (set->buckets == NULL || set->lists == NULL || set->touched == NULL) {
        fusion_zone_set_close(set);
        return DRF_ERR_NOMEM;
    }
    *out = set;
    return DRF_OK;
}

// A zone is one block: the struct of the root, then the zone as published with its tail.
static void release_zone(void *context, void *part)
{
    struct fusion_zone *zone = part;
    fusion_provenance_release(context, zone->source);
    free(zone);
}

static void release_bucket(void *context, void *part)
{
    (void)context;
    free(part);
}

void fusion_zone_set_close(struct fusion_zone_set *set)
{
    if (set == NULL)
        return;
    for (size_t i = 0; i < HEADS; i++)
        for (struct fusion_zone_entry *one = set->heads[i], *next; one != NULL; one = next) {
            next = one->next;
            release_zone(set->provenances, GEO_UNCONST(one->zone));
            free(one);
        }
    for (size_t i = 0; set->lists != NULL && i < set->bucket_count + MORE_LISTS; i++) {
        free((void *)set->lists[i].zones);
        free(set->lists[i].boxes);
        free(GEO_UNCONST(set->lists[i].shown));
    }
    free((void *)set->buckets);
    free(set->lists);
    free(set->touched);
    free(set);
}

static struct geo_bounds bucket_bounds(const struct fusion_zone_set *set, size_t index)
{
    const struct fusion_extent *e = &set->extent;
    uint32_t around = (UINT32_C(2) << e->first.level) - 1;
    return geo_tile_bounds((struct geo_tile){
        .level = e->first.level,
        .row = e->first.row + (uint32_t)(index / e->columns),
        .col = (e->first.col + (uint32_t)(index % e->columns)) & around,
    });
}

// The buckets that a box touches, by number, in set->touched. Only rows of buckets near it are
// looked at, a row more on either side, so that no rounding leaves one out.
static size_t touch(const struct fusion_zone_set *set, struct geo_bounds box)
{
    const struct fusion_extent *e = &set->extent;
    double per_deg = (double)(UINT32_C(1) << e->first.level) / 180.0;
    double first = floor((90.0 - box.north_deg) * per_deg) - 1.0 - e->first.row;
    double last = floor((90.0 - box.south_deg) * per_deg) + 1.0 - e->first.row;
    size_t count = 0;
    for (uint32_t row = 0; row < e->rows; row++) {
        if (row < first || row > last)
            continue;
        for (uint32_t column = 0; column < e->columns; column++) {
            size_t at = (size_t)row * e->columns + column;
            if (geo_bounds_touch(bucket_bounds(set, at), box))
                set->touched[count++] = at;
        }
    }
    return count;
}

bool fusion_zone_set_inside(const struct fusion_zone_set *set, const struct geo_zone_view *view)
{
    return touch(set, geo_zone_bounds(view)) > 0;
}

// The lists that a zone stands in.
static size_t lists_of(const struct fusion_zone_set *set, const struct fusion_zone *zone)
{
    size_t count = touch(set, zone->bounds);
    set->touched[count++] = set->bucket_count + ALL;
    if (zone->view.zone->period_count > 0)
        set->touched[count++] = set->bucket_count + TIMED;
    return count;
}

// The first place whose zone does not come before this one.
static size_t place_of(const struct list *list, const struct fusion_zone *zone)
{
    size_t low = 0, high = list->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (fusion_zone_order(list->zones[middle], zone) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static enum drf_status reserve(struct list *list)
{
    if (list->count < list->room)
        return DRF_OK;
    size_t room = list->room > 0 ? 2 * list->room : 8;
    const struct fusion_zone **zones =
        realloc((void *)list->zones, room * sizeof(const struct fusion_zone *));
    if (zones == NULL)
        return DRF_ERR_NOMEM;
    list->zones = zones;
    struct fusion_zone_box *boxes = realloc(list->boxes, room * sizeof *boxes);
    if (boxes == NULL)
        return DRF_ERR_NOMEM;
    list->boxes = boxes;
    list->room = room;
    return DRF_OK;
}

static void enter(struct list *list, const struct fusion_zone *zone)
{
    size_t at = place_of(list, zone);
    const struct fusion_zone **place = list->zones + at;
    struct fusion_zone_box *box = list->boxes + at;
    memmove((void *)(place + 1), (const void *)place, (list->count - at) * sizeof(void *));
    memmove(box + 1, box, (list->count - at) * sizeof *box);
    *place = zone;
    *box = fusion_zone_box_of(zone->bounds);
    list->count++;
    list->changed = true;
}

static void take_out(struct list *list, const struct fusion_zone *zone)
{
    size_t at = place_of(list, zone);
    while (list->zones[at] != zone)
        at++; // of those that are equal in order
    const struct fusion_zone **place = list->zones + at;
    struct fusion_zone_box *box = list->boxes + at;
    list->count--;
    memmove((void *)place, (const void *)(place + 1), (list->count - at) * sizeof(void *));
    memmove(box, box + 1, (list->count - at) * sizeof *box);
    list->changed = true;
}

// When it is over, and stays over.
static int64_t ends_utc_us(const struct geo_zone_view *view)
{
    if (view->zone->period_count == 0)
        return INT64_MAX;
    int64_t end_us = INT64_MIN;
    for (uint32_t i = 0; i < view->zone->period_count; i++)
        if (view->periods[i].until_utc_us > end_us)
            end_us = view->periods[i].until_utc_us;
    return end_us;
}

void fusion_zone_set_row(struct fusion_zone_set *set, struct fusion_zone_entry *entry,
                         bool stale)
{
    if (entry->row_stale == stale)
        return;
    entry->row_stale = stale;
    if (stale) {
        entry->stale_next = NULL;
        entry->stale_link = set->stale_end;
        *set->stale_end = entry;
        set->stale_end = &entry->stale_next;
        return;
    }
    *entry->stale_link = entry->stale_next;
    if (entry->stale_next != NULL)
        entry->stale_next->stale_link = entry->stale_link;
    else
        set->stale_end = entry->stale_link;
}

struct fusion_zone_entry *fusion_zone_set_stale(const struct fusion_zone_set *set)
{
    return set->stale;
}

static struct fusion_zone_entry **head_of(struct fusion_zone_set *set, int64_t id)
{
    uint64_t hash = (uint64_t)id * UINT64_C(0x9E3779B97F4A7C15);
    return &set->heads[(hash >> 32) % HEADS];
}

static struct fusion_zone *make_zone(const struct geo_zone_view *view,
                                     const struct fusion_source *source)
{
    size_t size = geo_zone_size(view->zone);
    struct fusion_zone *zone = malloc(sizeof *zone + size);
    if (zone == NULL)
        return NULL;
    struct geo_zone *words = (void *)(zone + 1);
    memcpy(words, view->zone, sizeof *words);
    struct geo_zone_view own = geo_zone_view(words);
    memcpy(GEO_UNCONST(own.volumes), view->volumes, words->volume_count * sizeof *own.volumes);
    if (words->period_count > 0)
        memcpy(GEO_UNCONST(own.periods), view->periods,
               words->period_count * sizeof *own.periods);
    if (words->vertex_count > 0)
        memcpy(GEO_UNCONST(own.vertices), view->vertices,
               words->vertex_count * sizeof *own.vertices);
    *zone =
        (struct fusion_zone){.view = own, .bounds = geo_zone_bounds(&own), .source = source};
    fusion_provenance_retain(source);
    return zone;
}

enum drf_status fusion_zone_set_add(struct fusion_zone_set *set, int64_t id,
                                    int64_t version_utc_us, const struct geo_zone_view *view,
                                    const struct fusion_source *source)
{
    assert(fusion_zone_set_find(set, id) == NULL);
    struct fusion_zone_entry *entry = malloc(sizeof *entry);
    if (entry == NULL)
        return DRF_ERR_NOMEM;
    struct fusion_zone *zone = make_zone(view, source);
    size_t lists = zone != NULL ? lists_of(set, zone) : 0;
    enum drf_status status = zone != NULL ? DRF_OK : DRF_ERR_NOMEM;
    for (size_t i = 0; i < lists && status == DRF_OK; i++)
        status = reserve(&set->lists[set->touched[i]]);
    if (status != DRF_OK) {
        if (zone != NULL)
            release_zone(set->provenances, zone);
        free(entry);
        return status;
    }
    for (size_t i = 0; i < lists; i++)
        enter(&set->lists[set->touched[i]], zone);
    int64_t end_us = ends_utc_us(view);
    set->over_utc_us = end_us < set->over_utc_us ? end_us : set->over_utc_us;
    struct fusion_zone_entry **head = head_of(set, id);
    *entry = (struct fusion_zone_entry){
        .zone = zone, .id = id, .version_utc_us = version_utc_us, .next = *head};
    *head = entry;
    fusion_zone_set_row(set, entry, true);
    set->count++;
    set->changed = set->used = true;
    return DRF_OK;
}

enum drf_status fusion_zone_set_remove(struct fusion_zone_set *set,
                                       struct fusion_zone_entry *entry)
{
    enum drf_status status = fusion_retired_reserve(set->retired, 1);
    if (status != DRF_OK)
        return status;
    struct fusion_zone_entry **link = head_of(set, entry->id);
    while (*link != entry)
        link = &(*link)->next;
    *link = entry->next;
    fusion_zone_set_row(set, entry, false);
    set->count--;
    size_t lists = lists_of(set, entry->zone);
    for (size_t i = 0; i < lists; i++)
        take_out(&set->lists[set->touched[i]], entry->zone);
    set->changed = true;
    fusion_retired_add(set->retired, GEO_UNCONST(entry->zone), release_zone);
    free(entry);
    return DRF_OK;
}

struct fusion_zone_entry *fusion_zone_set_find(const struct fusion_zone_set *set, int64_t id)
{
    struct fusion_zone_entry *one = *head_of(GEO_UNCONST(set), id);
    while (one != NULL && one->id != id)
        one = one->next;
    return one;
}

struct fusion_zone_entry *fusion_zone_set_next(const struct fusion_zone_set *set,
                                               size_t *cursor, struct fusion_zone_entry *after)
{
    if (after != NULL && after->next != NULL)
        return after->next;
    while (*cursor < HEADS) {
        struct fusion_zone_entry *first = set->heads[(*cursor)++];
        if (first != NULL)
            return first;
    }
    return NULL;
}

struct fusion_zone_entry *fusion_zone_set_over(struct fusion_zone_set *set, int64_t utc_us)
{
    if (utc_us < set->over_utc_us)
        return NULL;
    size_t cursor = 0;
    struct fusion_zone_entry *one = NULL;
    int64_t soonest_us = INT64_MAX;
    while ((one = fusion_zone_set_next(set, &cursor, one)) != NULL) {
        if (fusion_zone_over(&one->zone->view, utc_us))
            return one;
        int64_t end_us = ends_utc_us(&one->zone->view);
        soonest_us = end_us < soonest_us ? end_us : soonest_us;
    }
    set->over_utc_us = soonest_us;
    return NULL;
}

size_t fusion_zone_set_count(const struct fusion_zone_set *set) { return set->count; }

bool fusion_zone_set_changed(const struct fusion_zone_set *set) { return set->changed; }

static enum drf_status copy(const struct list *list, const struct fusion_zone_bucket **out)
{
    *out = NULL;
    if (list->count == 0)
        return DRF_OK;
    struct fusion_zone_bucket *bucket = malloc(
        sizeof *bucket
        + list->count * (sizeof(const struct fusion_zone *) + sizeof(struct fusion_zone_box)));
    if (bucket == NULL)
        return DRF_ERR_NOMEM;
    const struct fusion_zone **zones = (void *)(bucket + 1);
    struct fusion_zone_box *boxes = (void *)(zones + list->count);
    memcpy((void *)zones, (const void *)list->zones, list->count * sizeof(void *));
    memcpy(boxes, list->boxes, list->count * sizeof *boxes);
    *bucket = (struct fusion_zone_bucket){.count = list->count, .zones = zones, .boxes = boxes};
    *out = bucket;
    return DRF_OK;
}

static enum drf_status renew(struct fusion_zone_set *set, struct list *list)
{
    const struct fusion_zone_bucket *made;
    enum drf_status status = fusion_retired_reserve(set->retired, 1);
    if (status == DRF_OK)
        status = copy(list, &made);
    if (status != DRF_OK)
        return status;
    fusion_retired_add(set->retired, GEO_UNCONST(list->shown), release_bucket);
    list->shown = made;
    list->changed = false;
    return DRF_OK;
}

enum drf_status fusion_zone_set_publish(struct fusion_zone_set *set,
                                        struct fusion_zones_shown *out)
{
    enum drf_status status = DRF_OK;
    for (size_t i = 0; set->changed && i < set->bucket_count + MORE_LISTS; i++) {
        if (!set->lists[i].changed)
            continue;
        status = renew(set, &set->lists[i]);
        if (status != DRF_OK)
            return status;
        if (i < set->bucket_count)
            set->buckets[i] = set->lists[i].shown;
    }
    set->changed = false;
    *out = (struct fusion_zones_shown){
        .buckets = set->used ? set->buckets : NULL,
        .all = set->lists[set->bucket_count + ALL].shown,
        .timed = set->lists[set->bucket_count + TIMED].shown,
    };
    return DRF_OK;
}
