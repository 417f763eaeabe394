// SPDX-License-Identifier: Apache-2.0
// Zones are kept in a fixed hash table by id. Which buckets a zone touches is not stored: a
// change marks every bucket whose box meets that of the zone, and publication rebuilds the
// marked buckets by walking all zones, and the list of all zones once. Zones change rarely, so
// this costs less than keeping lists for each bucket, which could get out of step with the
// zones. A bucket is sorted by source and id, which makes it independent of the order of
// arrival; the former bucket is retired, because a root may still show it.
#include "fusion/fabric/zone_set.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "fusion/root/zone.h"
#include "geo/bounds.h"
#include "geo/unconst.h"

enum { HEADS = 4096 };

struct fusion_zone_set {
    struct fusion_extent extent;
    struct fusion_provenance *provenances;
    struct fusion_retired *retired;
    struct fusion_zone_entry *heads[HEADS]; // by id
    size_t bucket_count, count;
    const struct fusion_zone_bucket **buckets; // as last published
    const struct fusion_zone_bucket *all;
    bool *dirty; // by bucket
    bool changed, used;
};

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
    set->bucket_count = (size_t)buckets.rows * buckets.columns;
    set->buckets = calloc(set->bucket_count, sizeof(struct fusion_zone_bucket *));
    set->dirty = calloc(set->bucket_count, sizeof *set->dirty);
    if (set->buckets == NULL || set->dirty == NULL) {
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
    for (size_t i = 0; set->buckets != NULL && i < set->bucket_count; i++)
        free(GEO_UNCONST(set->buckets[i]));
    free(GEO_UNCONST(set->all));
    free((void *)set->buckets);
    free(set->dirty);
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

bool fusion_zone_set_inside(const struct fusion_zone_set *set, const struct geo_zone_view *view)
{
    struct geo_bounds box = geo_zone_bounds(view);
    for (size_t i = 0; i < set->bucket_count; i++)
        if (geo_bounds_touch(bucket_bounds(set, i), box))
            return true;
    return false;
}

static void touch(struct fusion_zone_set *set, struct geo_bounds box)
{
    for (size_t i = 0; i < set->bucket_count; i++)
        if (!set->dirty[i] && geo_bounds_touch(bucket_bounds(set, i), box))
            set->dirty[i] = true;
    set->changed = true;
    set->used = true;
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
    if (zone == NULL) {
        free(entry);
        return DRF_ERR_NOMEM;
    }
    struct fusion_zone_entry **head = head_of(set, id);
    *entry = (struct fusion_zone_entry){.zone = zone,
                                        .id = id,
                                        .version_utc_us = version_utc_us,
                                        .row_stale = true,
                                        .next = *head};
    *head = entry;
    set->count++;
    touch(set, zone->bounds);
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
    set->count--;
    touch(set, entry->zone->bounds);
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

struct fusion_zone_entry *fusion_zone_set_over(const struct fusion_zone_set *set,
                                               int64_t utc_us)
{
    size_t cursor = 0;
    struct fusion_zone_entry *one = NULL;
    while ((one = fusion_zone_set_next(set, &cursor, one)) != NULL)
        if (fusion_zone_over(&one->zone->view, utc_us))
            return one;
    return NULL;
}

size_t fusion_zone_set_count(const struct fusion_zone_set *set) { return set->count; }

bool fusion_zone_set_changed(const struct fusion_zone_set *set) { return set->changed; }

// Source, then id: no order of arrival.
static int by_order(const void *left, const void *right)
{
    const struct fusion_zone *a = *(const struct fusion_zone *const *)left;
    const struct fusion_zone *b = *(const struct fusion_zone *const *)right;
    int order = strcmp(a->source->source, b->source->source);
    if (order == 0)
        order = strcmp(a->view.zone->id, b->view.zone->id);
    return order == 0 ? fusion_source_compare(a->source, b->source) : order;
}

// NULL box: all zones.
static enum drf_status make_bucket(const struct fusion_zone_set *set,
                                   const struct geo_bounds *box,
                                   const struct fusion_zone_bucket **out)
{
    *out = NULL;
    size_t count = 0, cursor = 0;
    struct fusion_zone_entry *one = NULL;
    while ((one = fusion_zone_set_next(set, &cursor, one)) != NULL)
        count += box == NULL || geo_bounds_touch(*box, one->zone->bounds);
    if (count == 0)
        return DRF_OK;
    struct fusion_zone_bucket *bucket =
        malloc(sizeof *bucket + count * sizeof(struct fusion_zone *));
    if (bucket == NULL)
        return DRF_ERR_NOMEM;
    const struct fusion_zone **zones = (void *)(bucket + 1);
    size_t at = 0;
    cursor = 0;
    while ((one = fusion_zone_set_next(set, &cursor, one)) != NULL)
        if (box == NULL || geo_bounds_touch(*box, one->zone->bounds))
            zones[at++] = one->zone;
    qsort((void *)zones, count, sizeof(const struct fusion_zone *), by_order);
    *bucket = (struct fusion_zone_bucket){.count = count, .zones = zones};
    *out = bucket;
    return DRF_OK;
}

static enum drf_status renew(struct fusion_zone_set *set, const struct geo_bounds *box,
                             const struct fusion_zone_bucket **slot)
{
    const struct fusion_zone_bucket *made;
    enum drf_status status = fusion_retired_reserve(set->retired, 1);
    if (status == DRF_OK)
        status = make_bucket(set, box, &made);
    if (status != DRF_OK)
        return status;
    fusion_retired_add(set->retired, GEO_UNCONST(*slot), release_bucket);
    *slot = made;
    return DRF_OK;
}

enum drf_status fusion_zone_set_publish(struct fusion_zone_set *set,
                                        const struct fusion_zone_bucket *const **buckets,
                                        const struct fusion_zone_bucket **all)
{
    enum drf_status status = DRF_OK;
    for (size_t i = 0; set->changed && i < set->bucket_count && status == DRF_OK; i++) {
        if (!set->dirty[i])
            continue;
        struct geo_bounds box = bucket_bounds(set, i);
        status = renew(set, &box, &set->buckets[i]);
        set->dirty[i] = status != DRF_OK;
    }
    if (set->changed && status == DRF_OK)
        status = renew(set, NULL, &set->all);
    if (status != DRF_OK)
        return status;
    set->changed = false;
    *buckets = set->used ? set->buckets : NULL;
    *all = set->all;
    return DRF_OK;
}
