// SPDX-License-Identifier: Apache-2.0
// Entries lie in a hash table by id. A publication lists those that are not over, sorted by
// feed, source and key, and replaces each run of one source that is too long by the box around
// it. The list is one block that holds the provenance of each of its items.
#include "fusion/fabric/unreadable_set.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "geo/bounds.h"
#include "geo/unconst.h"

enum { HEADS = 1024 };

struct fusion_unreadable_set {
    int64_t keep_us, now_utc_us;
    struct fusion_provenance *provenances;
    struct fusion_retired *retired;
    struct fusion_unreadable_entry *heads[HEADS]; // by id
    size_t count;
    const struct fusion_unreadables *shown; // as last published
    bool changed;
};

enum drf_status fusion_unreadable_set_open(int64_t keep_us,
                                           struct fusion_provenance *provenances,
                                           struct fusion_retired *retired,
                                           struct fusion_unreadable_set **out)
{
    struct fusion_unreadable_set *set = calloc(1, sizeof *set);
    if (set == NULL)
        return DRF_ERR_NOMEM;
    set->keep_us = keep_us;
    set->now_utc_us = INT64_MIN;
    set->provenances = provenances;
    set->retired = retired;
    *out = set;
    return DRF_OK;
}

static void release_shown(void *context, void *part)
{
    struct fusion_unreadables *list = part;
    for (size_t i = 0; list != NULL && i < list->count; i++)
        fusion_provenance_release(context, list->items[i].source);
    free(list);
}

void fusion_unreadable_set_close(struct fusion_unreadable_set *set)
{
    if (set == NULL)
        return;
    for (size_t i = 0; i < HEADS; i++)
        for (struct fusion_unreadable_entry *one = set->heads[i], *next; one != NULL;
             one = next) {
            next = one->next;
            fusion_provenance_release(set->provenances, one->shown.source);
            free(one);
        }
    release_shown(set->provenances, GEO_UNCONST(set->shown));
    free(set);
}

static struct fusion_unreadable_entry **head_of(const struct fusion_unreadable_set *set,
                                                int64_t id)
{
    uint64_t hash = (uint64_t)id * UINT64_C(0x9E3779B97F4A7C15);
    struct fusion_unreadable_set *own = GEO_UNCONST(set);
    return &own->heads[(hash >> 32) % HEADS];
}

static bool over(const struct fusion_unreadable_set *set,
                 const struct fusion_unreadable_entry *entry)
{
    return entry->shown.until_utc_us <= set->now_utc_us;
}

enum drf_status fusion_unreadable_set_add(struct fusion_unreadable_set *set, int64_t id,
                                          int64_t version_utc_us, enum fusion_layer layer,
                                          const struct geo_unreadable *what,
                                          const struct fusion_source *source)
{
    assert(fusion_unreadable_set_find(set, id) == NULL);
    struct fusion_unreadable_entry *entry = malloc(sizeof *entry);
    if (entry == NULL)
        return DRF_ERR_NOMEM;
    // An old message may be refused only now: by a new node, or by a decoder that reads better.
    int64_t since_utc_us =
        version_utc_us > what->noted_utc_us ? version_utc_us : what->noted_utc_us;
    int64_t until_utc_us =
        since_utc_us < INT64_MAX - set->keep_us ? since_utc_us + set->keep_us : INT64_MAX;
    if (what->valid_until_utc_us < until_utc_us)
        until_utc_us = what->valid_until_utc_us;
    struct fusion_unreadable_entry **head = head_of(set, id);
    *entry = (struct fusion_unreadable_entry){.id = id,
                                              .version_utc_us = version_utc_us,
                                              .shown = {.layer = layer,
                                                        .code = what->code,
                                                        .count = 1,
                                                        .box = what->box,
                                                        .until_utc_us = until_utc_us,
                                                        .ends_utc_us = what->valid_until_utc_us,
                                                        .source = source},
                                              .next = *head};
    memcpy(entry->key, what->id, sizeof entry->key);
    fusion_provenance_retain(source);
    entry->over = over(set, entry);
    entry->of_edition = (what->flags & GEO_UNREADABLE_OF_EDITION) != 0;
    *head = entry;
    set->count++;
    set->changed = set->changed || !entry->over;
    return DRF_OK;
}

void fusion_unreadable_set_remove(struct fusion_unreadable_set *set, int64_t id)
{
    struct fusion_unreadable_entry **link = head_of(set, id);
    while (*link != NULL && (*link)->id != id)
        link = &(*link)->next;
    struct fusion_unreadable_entry *entry = *link;
    if (entry == NULL)
        return;
    *link = entry->next;
    set->count--;
    set->changed = set->changed || !entry->over;
    fusion_provenance_release(set->provenances, entry->shown.source);
    free(entry);
}

struct fusion_unreadable_entry *fusion_unreadable_set_find(
    const struct fusion_unreadable_set *set, int64_t id)
{
    struct fusion_unreadable_entry *one = *head_of(set, id);
    while (one != NULL && one->id != id)
        one = one->next;
    return one;
}

struct fusion_unreadable_entry *fusion_unreadable_set_next(
    const struct fusion_unreadable_set *set, size_t *cursor,
    struct fusion_unreadable_entry *after)
{
    if (after != NULL && after->next != NULL)
        return after->next;
    while (*cursor < HEADS) {
        struct fusion_unreadable_entry *first = set->heads[(*cursor)++];
        if (first != NULL)
            return first;
    }
    return NULL;
}

struct fusion_unreadable_entry *fusion_unreadable_set_over(
    const struct fusion_unreadable_set *set, int64_t utc_us)
{
    size_t cursor = 0;
    struct fusion_unreadable_entry *one = NULL;
    while ((one = fusion_unreadable_set_next(set, &cursor, one)) != NULL)
        if (one->shown.until_utc_us <= utc_us)
            return one;
    return NULL;
}

size_t fusion_unreadable_set_count(const struct fusion_unreadable_set *set)
{
    return set->count;
}

void fusion_unreadable_set_at(struct fusion_unreadable_set *set, int64_t now_utc_us)
{
    size_t cursor = 0;
    struct fusion_unreadable_entry *one = NULL;
    set->now_utc_us = now_utc_us;
    while ((one = fusion_unreadable_set_next(set, &cursor, one)) != NULL) {
        set->changed = set->changed || one->over != over(set, one);
        one->over = over(set, one);
    }
}

bool fusion_unreadable_set_changed(const struct fusion_unreadable_set *set)
{
    return set->changed;
}

static bool same_source(const struct fusion_unreadable_entry *a,
                        const struct fusion_unreadable_entry *b)
{
    return strcmp(a->shown.source->feed, b->shown.source->feed) == 0
           && strcmp(a->shown.source->source, b->shown.source->source) == 0;
}

static int box_order(const struct geo_bounds *a, const struct geo_bounds *b)
{
    const double left[] = {a->west_deg, a->south_deg, a->east_deg, a->north_deg};
    const double right[] = {b->west_deg, b->south_deg, b->east_deg, b->north_deg};
    int order = 0;
    for (size_t i = 0; i < sizeof left / sizeof left[0] && order == 0; i++)
        order = (left[i] > right[i]) - (left[i] < right[i]);
    return order;
}

// Feed, source, key, box: no order of arrival.
static int by_order(const void *left, const void *right)
{
    const struct fusion_unreadable_entry *a =
        *(const struct fusion_unreadable_entry *const *)left;
    const struct fusion_unreadable_entry *b =
        *(const struct fusion_unreadable_entry *const *)right;
    int order = strcmp(a->shown.source->feed, b->shown.source->feed);
    if (order == 0)
        order = strcmp(a->shown.source->source, b->shown.source->source);
    if (order == 0)
        order = strcmp(a->key, b->key);
    // Without ids (grids, terrain) the key is the message's, which only the store knows.
    return order == 0 ? box_order(&a->shown.box, &b->shown.box) : order;
}

static struct fusion_unreadable joined(struct fusion_unreadable a,
                                       const struct fusion_unreadable *b)
{
    a.box = geo_bounds_join(a.box, b->box);
    a.count += b->count;
    a.until_utc_us = a.until_utc_us > b->until_utc_us ? a.until_utc_us : b->until_utc_us;
    a.ends_utc_us = a.ends_utc_us > b->ends_utc_us ? a.ends_utc_us : b->ends_utc_us;
    return a;
}

// What is shown of a run of one source. Returns how many items.
static size_t show_run(struct fusion_unreadable_entry *const *run, size_t size,
                       struct fusion_unreadable *items)
{
    if (size <= FUSION_UNREADABLE_MAX) {
        for (size_t i = 0; i < size; i++)
            items[i] = run[i]->shown;
        return size;
    }
    items[0] = run[0]->shown;
    for (size_t i = 1; i < size; i++)
        items[0] = joined(items[0], &run[i]->shown);
    return 1;
}

static size_t list_live(const struct fusion_unreadable_set *set,
                        struct fusion_unreadable_entry **live)
{
    size_t cursor = 0, count = 0;
    struct fusion_unreadable_entry *one = NULL;
    while ((one = fusion_unreadable_set_next(set, &cursor, one)) != NULL)
        if (!one->over)
            live[count++] = one;
    qsort((void *)live, count, sizeof(struct fusion_unreadable_entry *), by_order);
    return count;
}

static struct fusion_unreadables *make_list(const struct fusion_unreadable_set *set,
                                            struct fusion_unreadable_entry **live)
{
    struct fusion_unreadables *list =
        malloc(sizeof *list + set->count * sizeof(struct fusion_unreadable));
    if (list == NULL)
        return NULL;
    struct fusion_unreadable *items = (void *)(list + 1);
    size_t count = list_live(set, live), shown = 0;
    for (size_t first = 0, end; first < count; first = end) {
        for (end = first + 1; end < count && same_source(live[first], live[end]);)
            end++;
        shown += show_run(live + first, end - first, items + shown);
    }
    for (size_t i = 0; i < shown; i++)
        fusion_provenance_retain(items[i].source);
    *list = (struct fusion_unreadables){.count = shown, .items = items};
    return list;
}

enum drf_status fusion_unreadable_set_publish(struct fusion_unreadable_set *set,
                                              const struct fusion_unreadables **out)
{
    if (!set->changed) {
        *out = set->shown;
        return DRF_OK;
    }
    struct fusion_unreadables *made = NULL;
    enum drf_status status = fusion_retired_reserve(set->retired, 1);
    if (status == DRF_OK && set->count > 0) {
        struct fusion_unreadable_entry **live =
            malloc(set->count * sizeof(struct fusion_unreadable_entry *));
        made = live != NULL ? make_list(set, live) : NULL;
        status = made != NULL ? DRF_OK : DRF_ERR_NOMEM;
        free((void *)live);
    }
    if (status != DRF_OK)
        return status;
    fusion_retired_add(set->retired, GEO_UNCONST(set->shown), release_shown);
    set->shown = made;
    set->changed = false;
    *out = made;
    return DRF_OK;
}
