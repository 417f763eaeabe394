// SPDX-License-Identifier: Apache-2.0
// A list of identities, each with its fields in one block: the array of fields, followed by
// the record they point into. Publication copies the fields that are still shown into a new
// array and sorts it by variable, source, level and time, so that a root is the same whatever
// the order of arrival, and notes where each variable begins. Whether anything has to be
// published follows from a count: time only removes fields, so an equal number of shown fields
// means the same fields.
#include "fusion/fabric/weather_set.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "geo/earth.h"

struct fusion_weather_set {
    struct fusion_provenance *provenances;
    struct fusion_retired *retired;
    struct fusion_weather_entry *entries;
    struct fusion_weather *shown; // as last published, NULL before
    size_t shown_fields;          // of the live ones, at the time last handed in
    int64_t now_utc_us;           // INT64_MIN: none was handed in yet, all shows
    bool changed;
};

enum drf_status fusion_weather_set_open(struct fusion_provenance *provenances,
                                        struct fusion_retired *retired,
                                        struct fusion_weather_set **out)
{
    struct fusion_weather_set *set = malloc(sizeof *set);
    if (set == NULL)
        return DRF_ERR_NOMEM;
    *set = (struct fusion_weather_set){
        .provenances = provenances,
        .retired = retired,
        .now_utc_us = INT64_MIN,
        .changed = true,
    };
    *out = set;
    return DRF_OK;
}

// The fields and the record they point into are one block: the array, then the bytes.
static void release_fields(void *context, void *part)
{
    struct fusion_field *fields = part;
    for (size_t i = 0; fields[i].field != NULL; i++) // ends in an empty one
        fusion_provenance_release(context, fields[i].source);
    free(fields);
}

static void release_shown(void *context, void *part)
{
    (void)context;
    free(part);
}

static void free_entry(struct fusion_weather_entry *entry)
{
    free(entry->feed);
    free(entry);
}

void fusion_weather_set_close(struct fusion_weather_set *set)
{
    if (set == NULL)
        return;
    for (struct fusion_weather_entry *one = set->entries, *next; one != NULL; one = next) {
        next = one->next;
        release_fields(set->provenances, one->fields);
        free_entry(one);
    }
    free(set->shown);
    free(set);
}

static double posting_m(const struct geo_grid *grid)
{
    bool degrees = grid->kind == GEO_GRID_LATLON || grid->kind == GEO_GRID_ROTATED_LATLON;
    const double metres = degrees ? GEO_EARTH_M_PER_DEG : 1.0; // approximate: for people
    return fmax(grid->dx, fabs(grid->dy)) * metres;
}

struct fusion_source fusion_weather_provenance(struct fusion_identity identity,
                                               struct fusion_version version,
                                               const struct geo_field *field,
                                               const struct fusion_weather_terms *terms)
{
    // The issue of weather is its model run, so that a run sent again late is still old.
    struct fusion_source made = {
        .priority = terms->priority,
        .posting_m = posting_m(&field->grid),
        .issue_utc_us = field->reference_utc_us,
        .data_time_utc_us = field->valid_until_utc_us,
    };
    snprintf(made.feed, sizeof made.feed, "%s", identity.feed);
    snprintf(made.source, sizeof made.source, "%s", identity.source);
    snprintf(made.licence, sizeof made.licence, "%s", terms->licence);
    fusion_provenance_version(identity.key, version.time_utc_us, made.version);
    return made;
}

static size_t count_fields(struct geo_record record)
{
    size_t cursor = 0, count = 0;
    struct geo_item item;
    while (record.size > 0 && geo_record_next(record, &cursor, &item))
        count += item.kind == GEO_ITEM_FIELD;
    return count;
}

static enum drf_status make_fields(struct fusion_weather_set *set, struct geo_record record,
                                   size_t count, struct fusion_identity identity,
                                   struct fusion_version version,
                                   const struct fusion_weather_terms *terms,
                                   struct fusion_field **out)
{
    struct fusion_field *fields = malloc((count + 1) * sizeof *fields + record.size);
    if (fields == NULL)
        return DRF_ERR_NOMEM;
    uint8_t *bytes = (void *)(fields + count + 1);
    memcpy(bytes, record.bytes, record.size);
    struct geo_record own = {.bytes = bytes, .size = record.size};
    size_t cursor = 0, made = 0;
    struct geo_item item;
    enum drf_status status = DRF_OK;
    while (status == DRF_OK && geo_record_next(own, &cursor, &item)) {
        if (item.kind != GEO_ITEM_FIELD)
            continue;
        struct fusion_field *field = &fields[made];
        *field = (struct fusion_field){
            .field = item.payload,
            .values = geo_item_values(&item),
            .valid_for_us = terms->valid_for_us,
            .max_gap_us = terms->max_gap_us,
        };
        struct fusion_source content =
            fusion_weather_provenance(identity, version, field->field, terms);
        status = fusion_provenance_acquire(set->provenances, &content, &field->source);
        made += status == DRF_OK;
    }
    fields[made] = (struct fusion_field){0};
    if (status != DRF_OK) {
        release_fields(set->provenances, fields);
        return status;
    }
    *out = fields;
    return DRF_OK;
}

static enum drf_status make_entry(int64_t id, struct fusion_identity identity,
                                  struct fusion_version version,
                                  struct fusion_weather_entry **out)
{
    size_t feed = strlen(identity.feed) + 1, source = strlen(identity.source) + 1;
    size_t key = strlen(identity.key) + 1;
    struct fusion_weather_entry *entry = malloc(sizeof *entry);
    char *names = malloc(feed + source + key);
    if (entry == NULL || names == NULL) {
        free(entry);
        free(names);
        return DRF_ERR_NOMEM;
    }
    *entry = (struct fusion_weather_entry){
        .id = id,
        .feed = names,
        .source = memcpy(names + feed, identity.source, source),
        .key = memcpy(names + feed + source, identity.key, key),
        .version = version,
    };
    memcpy(names, identity.feed, feed);
    *out = entry;
    return DRF_OK;
}

enum drf_status fusion_weather_set_remove(struct fusion_weather_set *set, int64_t id)
{
    struct fusion_weather_entry **link = &set->entries;
    while (*link != NULL && (*link)->id != id)
        link = &(*link)->next;
    if (*link == NULL)
        return DRF_OK;
    enum drf_status status = fusion_retired_reserve(set->retired, 1);
    if (status != DRF_OK)
        return status;
    struct fusion_weather_entry *entry = *link;
    *link = entry->next;
    fusion_retired_add(set->retired, entry->fields, release_fields);
    free_entry(entry);
    set->changed = true;
    return DRF_OK;
}

enum drf_status fusion_weather_set_put(struct fusion_weather_set *set, int64_t id,
                                       struct fusion_identity identity,
                                       struct fusion_version version, struct geo_record record,
                                       const struct fusion_weather_terms *terms)
{
    size_t count = count_fields(record);
    if (count == 0)
        return fusion_weather_set_remove(set, id);
    struct fusion_weather_entry *entry;
    enum drf_status status = make_entry(id, identity, version, &entry);
    if (status != DRF_OK)
        return status;
    status = make_fields(set, record, count, identity, version, terms, &entry->fields);
    if (status != DRF_OK) {
        free_entry(entry);
        return status;
    }
    entry->count = count;
    status = fusion_weather_set_remove(set, id);
    if (status != DRF_OK) {
        release_fields(set->provenances, entry->fields);
        free_entry(entry);
        return status;
    }
    entry->next = set->entries;
    set->entries = entry;
    set->changed = true;
    return DRF_OK;
}

static bool shows(const struct fusion_field *field, int64_t now_utc_us)
{
    const struct geo_field *f = field->field;
    int64_t hold_us = 0;
    if (f->valid_from_utc_us == f->valid_until_utc_us)
        hold_us =
            field->valid_for_us > field->max_gap_us ? field->valid_for_us : field->max_gap_us;
    return now_utc_us <= f->valid_until_utc_us + hold_us;
}

static size_t count_shown(const struct fusion_weather_entry *entry, int64_t utc_us)
{
    size_t count = 0;
    for (size_t i = 0; i < entry->count; i++)
        count += shows(&entry->fields[i], utc_us);
    return count;
}

void fusion_weather_set_at(struct fusion_weather_set *set, int64_t now_utc_us)
{
    set->now_utc_us = now_utc_us;
    size_t shown = 0;
    for (struct fusion_weather_entry *one = set->entries; one != NULL; one = one->next)
        shown += count_shown(one, now_utc_us);
    if (shown != set->shown_fields)
        set->changed = true;
    set->shown_fields = shown;
}

const struct fusion_weather_entry *fusion_weather_set_over(const struct fusion_weather_set *set,
                                                           int64_t utc_us)
{
    const struct fusion_weather_entry *one = set->entries;
    while (one != NULL && count_shown(one, utc_us) > 0)
        one = one->next;
    return one;
}

static int by_number(double a, double b) { return (a > b) - (a < b); }
static int by_time(int64_t a, int64_t b) { return (a > b) - (a < b); }

static int by_offer(const void *a, const void *b)
{
    const struct fusion_field *x = a, *y = b;
    const struct geo_field *f = x->field, *g = y->field;
    int order = (f->variable > g->variable) - (f->variable < g->variable);
    if (order == 0 && x->source != y->source)
        order = fusion_source_compare(x->source, y->source);
    if (order == 0)
        order = by_number(f->lower_agl_m, g->lower_agl_m);
    if (order == 0)
        order = by_number(f->upper_agl_m, g->upper_agl_m);
    if (order == 0)
        order = by_time(f->valid_from_utc_us, g->valid_from_utc_us);
    if (order == 0)
        order = by_time(f->valid_until_utc_us, g->valid_until_utc_us);
    if (order == 0)
        order = (f->statistic > g->statistic) - (f->statistic < g->statistic);
    // Equal fields of one record: in their order in it (one block, so addresses compare).
    return order == 0 ? (f > g) - (f < g) : order;
}

bool fusion_weather_set_changed(const struct fusion_weather_set *set) { return set->changed; }

enum drf_status fusion_weather_set_publish(struct fusion_weather_set *set,
                                           const struct fusion_weather **out)
{
    if (!set->changed) {
        *out = set->shown;
        return DRF_OK;
    }
    size_t count = 0;
    for (struct fusion_weather_entry *one = set->entries; one != NULL; one = one->next)
        count += count_shown(one, set->now_utc_us);
    enum drf_status status = fusion_retired_reserve(set->retired, 1);
    if (status != DRF_OK)
        return status;
    struct fusion_weather *made = malloc(sizeof *made + count * sizeof(struct fusion_field));
    if (made == NULL)
        return DRF_ERR_NOMEM;
    struct fusion_field *fields = (void *)(made + 1);
    *made = (struct fusion_weather){.count = count, .fields = fields};
    size_t at = 0;
    for (struct fusion_weather_entry *one = set->entries; one != NULL; one = one->next)
        for (size_t i = 0; i < one->count; i++)
            if (shows(&one->fields[i], set->now_utc_us))
                fields[at++] = one->fields[i];
            else
                made->ended[one->fields[i].field->variable] = true;
    assert(at == count);
    qsort(fields, count, sizeof *fields, by_offer);
    size_t next = 0;
    for (size_t variable = 0; variable <= GEO_VARIABLE_COUNT; variable++) {
        while (next < count && fields[next].field->variable < variable)
            next++;
        made->first_of[variable] = next;
    }
    fusion_retired_add(set->retired, set->shown, release_shown);
    set->shown = made;
    set->shown_fields = count;
    set->changed = false;
    *out = made;
    return DRF_OK;
}
