// SPDX-License-Identifier: Apache-2.0
#include "fusion/fold/provenance.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "geo/hash.h"
#include "geo/record/refusal.h"
#include "geo/unconst.h"

struct entry {
    struct fusion_source source; // first: a provenance leads to its entry
    struct entry *next;
    uint64_t hash;
    size_t holders;
};

struct fusion_provenance {
    struct entry **heads;
    size_t room, count; // room: a power of two
};

enum { ROOM_FIRST = 64 };

static uint64_t hash_of(const struct fusion_source *source)
{
    uint64_t hash = geo_hash_bytes(GEO_HASH_START, source->source, strlen(source->source));
    hash = geo_hash_bytes(hash, source->version, strlen(source->version));
    hash = geo_hash_bytes(hash, &source->issue_utc_us, sizeof source->issue_utc_us);
    return geo_hash_bytes(hash, &source->data_time_utc_us, sizeof source->data_time_utc_us);
}

enum drf_status fusion_provenance_open(struct fusion_provenance **out)
{
    struct fusion_provenance *set = malloc(sizeof *set);
    struct entry **heads = calloc(ROOM_FIRST, sizeof(struct entry *));
    if (set == NULL || heads == NULL) {
        free(set);
        free(heads);
        return DRF_ERR_NOMEM;
    }
    *set = (struct fusion_provenance){.heads = heads, .room = ROOM_FIRST};
    *out = set;
    return DRF_OK;
}

void fusion_provenance_close(struct fusion_provenance *set)
{
    if (set == NULL)
        return;
    for (size_t i = 0; i < set->room; i++)
        for (struct entry *entry = set->heads[i], *next; entry != NULL; entry = next) {
            next = entry->next;
            free(entry);
        }
    free(set->heads);
    free(set);
}

// Without memory for it the table stays as it is and only becomes slower.
static void grow(struct fusion_provenance *set)
{
    size_t room = set->room * 2;
    struct entry **heads = calloc(room, sizeof(struct entry *));
    if (heads == NULL)
        return;
    for (size_t i = 0; i < set->room; i++)
        for (struct entry *entry = set->heads[i], *next; entry != NULL; entry = next) {
            next = entry->next;
            struct entry **head = &heads[entry->hash & (room - 1)];
            entry->next = *head;
            *head = entry;
        }
    free(set->heads);
    set->heads = heads;
    set->room = room;
}

enum drf_status fusion_provenance_acquire(struct fusion_provenance *set,
                                          const struct fusion_source *content,
                                          const struct fusion_source **out)
{
    uint64_t hash = hash_of(content);
    struct entry *entry = set->heads[hash & (set->room - 1)];
    while (entry != NULL
           && (entry->hash != hash || fusion_source_compare(&entry->source, content) != 0))
        entry = entry->next;
    if (entry == NULL) {
        entry = malloc(sizeof *entry);
        if (entry == NULL)
            return DRF_ERR_NOMEM;
        if (set->count >= set->room)
            grow(set);
        struct entry **head = &set->heads[hash & (set->room - 1)];
        *entry = (struct entry){.source = *content, .next = *head, .hash = hash};
        *head = entry;
        set->count++;
    }
    entry->holders++;
    *out = &entry->source;
    return DRF_OK;
}

void fusion_provenance_retain(const struct fusion_source *source)
{
    // The entries are ours and were never const; only their readers see them so.
    struct entry *entry = GEO_UNCONST(source);
    entry->holders++;
}

void fusion_provenance_release(struct fusion_provenance *set,
                               const struct fusion_source *source)
{
    if (source == NULL)
        return;
    struct entry *entry = GEO_UNCONST(source);
    assert(entry->holders > 0);
    if (--entry->holders > 0)
        return;
    struct entry **link = &set->heads[entry->hash & (set->room - 1)];
    while (*link != entry)
        link = &(*link)->next;
    *link = entry->next;
    set->count--;
    free(entry);
}

// Days since 1970-01-01 to a Gregorian date (Howard Hinnant, chrono-compatible low-level date
// algorithms, civil_from_days).
static void civil(int64_t days, int64_t *year, int *month, int *day)
{
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t doe = days - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int64_t mp = (5 * doy + 2) / 153;
    *day = (int)(doy - (153 * mp + 2) / 5 + 1);
    *month = (int)(mp < 10 ? mp + 3 : mp - 9);
    *year = yoe + era * 400 + (*month <= 2);
}

void fusion_provenance_version(const char *key, int64_t time_utc_us, char out[static 80])
{
    enum { KEY_MAX = 46, KEY_CUT = 29 };
    int64_t day_us = INT64_C(86400000000);
    int64_t days = time_utc_us / day_us - (time_utc_us % day_us < 0);
    int64_t us = time_utc_us - days * day_us, s = us / 1000000, fraction = us % 1000000;
    int64_t year;
    int month, day;
    civil(days, &year, &month, &day);
    char time[48], part[48] = "";
    if (fraction != 0)
        snprintf(part, sizeof part, ".%06" PRId64, fraction);
    snprintf(time, sizeof time, "%04" PRId64 "-%02d-%02dT%02d:%02d:%02d%.7sZ", year, month, day,
             (int)(s / 3600), (int)(s / 60 % 60), (int)(s % 60), part);
    size_t length = strlen(key);
    if (length == 0)
        snprintf(out, 80, "%s", time);
    else if (length <= KEY_MAX && geo_text_clean(key, length + 1))
        snprintf(out, 80, "%s @ %.30s", key, time);
    else {
        char begin[KEY_CUT + 1];
        geo_text_copy(begin, sizeof begin, key, length);
        snprintf(out, 80, "%s~%016" PRIx64 " @ %.30s", begin,
                 geo_hash_bytes(GEO_HASH_START, key, length), time);
    }
}

#define FILE_MARK " (file)"

void fusion_provenance_mark_file(char version[static 80])
{
    size_t size = strlen(version);
    size_t whole = size >= 8 && version[size - 8] == '.' ? size - 8 : size - (size > 0);
    snprintf(version + whole, 80 - whole, "Z" FILE_MARK);
}

bool fusion_provenance_of_file(const char *version)
{
    size_t size = strlen(version), mark = sizeof FILE_MARK - 1;
    return size >= mark && strcmp(version + size - mark, FILE_MARK) == 0;
}
