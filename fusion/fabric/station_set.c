// SPDX-License-Identifier: Apache-2.0
#include "fusion/fabric/station_set.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "geo/unconst.h"

struct fusion_station_set {
    struct fusion_provenance *provenances;
    struct fusion_retired *retired;
    struct fusion_station_entry *entries;
    size_t count;
    const struct fusion_stations *shown; // as last published
    bool changed;
};

enum drf_status fusion_station_set_open(struct fusion_provenance *provenances,
                                        struct fusion_retired *retired,
                                        struct fusion_station_set **out)
{
    struct fusion_station_set *set = calloc(1, sizeof *set);
    if (set == NULL)
        return DRF_ERR_NOMEM;
    set->provenances = provenances;
    set->retired = retired;
    *out = set;
    return DRF_OK;
}

// One block: the struct of the root, then the observation.
static void release_station(void *context, void *part)
{
    struct fusion_station *station = part;
    fusion_provenance_release(context, station->source);
    free(station);
}

static void release_shown(void *context, void *part)
{
    (void)context;
    free(part);
}

void fusion_station_set_close(struct fusion_station_set *set)
{
    if (set == NULL)
        return;
    for (struct fusion_station_entry *one = set->entries, *next; one != NULL; one = next) {
        next = one->next;
        release_station(set->provenances, GEO_UNCONST(one->station));
        free(one);
    }
    free(GEO_UNCONST(set->shown));
    free(set);
}

enum drf_status fusion_station_set_add(struct fusion_station_set *set, int64_t id,
                                       int64_t version_utc_us,
                                       const struct geo_station *station,
                                       const struct fusion_source *source, int64_t valid_for_us)
{
    assert(fusion_station_set_find(set, id) == NULL);
    struct fusion_station_entry *entry = malloc(sizeof *entry);
    struct fusion_station *made = malloc(sizeof *made + sizeof *station);
    if (entry == NULL || made == NULL) {
        free(entry);
        free(made);
        return DRF_ERR_NOMEM;
    }
    struct geo_station *words = (void *)(made + 1);
    *words = *station;
    *made = (struct fusion_station){
        .station = words, .source = source, .valid_for_us = valid_for_us};
    fusion_provenance_retain(source);
    *entry = (struct fusion_station_entry){.station = made,
                                           .id = id,
                                           .version_utc_us = version_utc_us,
                                           .row_stale = true,
                                           .next = set->entries};
    set->entries = entry;
    set->count++;
    set->changed = true;
    return DRF_OK;
}

enum drf_status fusion_station_set_remove(struct fusion_station_set *set,
                                          struct fusion_station_entry *entry)
{
    enum drf_status status = fusion_retired_reserve(set->retired, 1);
    if (status != DRF_OK)
        return status;
    struct fusion_station_entry **link = &set->entries;
    while (*link != entry)
        link = &(*link)->next;
    *link = entry->next;
    set->count--;
    set->changed = true;
    fusion_retired_add(set->retired, GEO_UNCONST(entry->station), release_station);
    free(entry);
    return DRF_OK;
}

struct fusion_station_entry *fusion_station_set_find(const struct fusion_station_set *set,
                                                     int64_t id)
{
    struct fusion_station_entry *one = set->entries;
    while (one != NULL && one->id != id)
        one = one->next;
    return one;
}

struct fusion_station_entry *fusion_station_set_next(const struct fusion_station_set *set,
                                                     struct fusion_station_entry *after)
{
    return after == NULL ? set->entries : after->next;
}

size_t fusion_station_set_count(const struct fusion_station_set *set) { return set->count; }

bool fusion_station_set_changed(const struct fusion_station_set *set) { return set->changed; }

// Source, then id: no order of arrival.
static int by_order(const void *left, const void *right)
{
    const struct fusion_station *a = *(const struct fusion_station *const *)left;
    const struct fusion_station *b = *(const struct fusion_station *const *)right;
    int order = strcmp(a->source->source, b->source->source);
    if (order == 0)
        order = strcmp(a->station->id, b->station->id);
    return order == 0 ? fusion_source_compare(a->source, b->source) : order;
}

enum drf_status fusion_station_set_publish(struct fusion_station_set *set,
                                           const struct fusion_stations **out)
{
    if (!set->changed) {
        *out = set->shown;
        return DRF_OK;
    }
    enum drf_status status = fusion_retired_reserve(set->retired, 1);
    if (status != DRF_OK)
        return status;
    struct fusion_stations *made = NULL;
    if (set->count > 0) {
        made = malloc(sizeof *made + set->count * sizeof(struct fusion_station *));
        if (made == NULL)
            return DRF_ERR_NOMEM;
        const struct fusion_station **items = (void *)(made + 1);
        size_t at = 0;
        for (struct fusion_station_entry *one = set->entries; one != NULL; one = one->next)
            items[at++] = one->station;
        qsort((void *)items, at, sizeof(const struct fusion_station *), by_order);
        *made = (struct fusion_stations){.count = at, .items = items};
    }
    fusion_retired_add(set->retired, GEO_UNCONST(set->shown), release_shown);
    set->shown = made;
    set->changed = false;
    *out = made;
    return DRF_OK;
}
