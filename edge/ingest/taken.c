// SPDX-License-Identifier: Apache-2.0
// A ring of identities in the order in which they were put, numbered from first to next; a
// number's remainder is its place. Buckets of a hash lead to the newest entry of theirs, and
// each entry to the one put before it in the same bucket: what leaves is always an end of such
// a chain, at the one end the newest (undo), at the other the oldest.
#include "edge/ingest/taken.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "geo/hash.h"

#define PREFIX "taken/"
enum { NAME_SIZE = 32, BUCKETS = 2 * EDGE_TAKEN_MAX, EXPIRE_PER_STEP = 64 };

struct entry { // as stored, too
    struct edge_taken_identity identity;
    int64_t utc_us;
};

struct edge_taken {
    struct fusion_store *store;
    uint64_t first, next;            // numbers, from 1
    uint64_t newest[BUCKETS];        // number; 0: none
    uint64_t before[EDGE_TAKEN_MAX]; // number of the next older in the bucket; may be gone
    struct entry entries[EDGE_TAKEN_MAX];
};

static void format_name(uint64_t number, char out[static NAME_SIZE])
{
    (void)snprintf(out, NAME_SIZE, PREFIX "%016" PRIx64, number);
}

static size_t bucket_of(const struct edge_taken_identity *identity)
{
    return (size_t)(geo_hash_bytes(GEO_HASH_START, identity, sizeof *identity) % BUCKETS);
}

static bool same(const struct edge_taken_identity *a, const struct edge_taken_identity *b)
{
    return a->drone_boot_id == b->drone_boot_id && a->report_seq == b->report_seq
           && strcmp(a->drone, b->drone) == 0;
}

static void add(struct edge_taken *taken, uint64_t number, const struct entry *entry)
{
    size_t bucket = bucket_of(&entry->identity);
    taken->entries[number % EDGE_TAKEN_MAX] = *entry;
    taken->before[number % EDGE_TAKEN_MAX] = taken->newest[bucket];
    taken->newest[bucket] = number;
}

static enum drf_status find(void *context, const char *name, const void *bytes, size_t size)
{
    struct edge_taken *taken = context;
    uint64_t number = strtoull(name + strlen(PREFIX), NULL, 16);
    struct entry entry;
    if (size != sizeof entry || number < taken->next)
        return DRF_OK; // damaged: as if it were not there
    memcpy(&entry, bytes, sizeof entry);
    entry.identity.drone[EDGE_TAKEN_ID_SIZE - 1] = '\0';
    if (taken->first == taken->next)
        taken->first = number;
    for (uint64_t gap = taken->first == number ? number : taken->next; gap < number; gap++)
        taken->entries[gap % EDGE_TAKEN_MAX] = (struct entry){.utc_us = 0};
    taken->next = number + 1;
    if (taken->next - taken->first > EDGE_TAKEN_MAX)
        taken->first = taken->next - EDGE_TAKEN_MAX;
    add(taken, number, &entry);
    return DRF_OK;
}

enum drf_status edge_taken_open(struct fusion_store *store, struct edge_taken **out)
{
    struct edge_taken *taken = calloc(1, sizeof *taken);
    if (!taken)
        return DRF_ERR_NOMEM;
    taken->store = store;
    taken->first = taken->next = 1;
    enum drf_status status = fusion_store_each_value(store, PREFIX, find, taken);
    if (status != DRF_OK) {
        free(taken);
        return status;
    }
    *out = taken;
    return DRF_OK;
}

void edge_taken_close(struct edge_taken *taken) { free(taken); }

size_t edge_taken_count(const struct edge_taken *taken)
{
    return (size_t)(taken->next - taken->first);
}

bool edge_taken_has(const struct edge_taken *taken, const struct edge_taken_identity *identity)
{
    uint64_t number = taken->newest[bucket_of(identity)];
    while (number >= taken->first && number > 0) {
        if (same(&taken->entries[number % EDGE_TAKEN_MAX].identity, identity))
            return true;
        number = taken->before[number % EDGE_TAKEN_MAX];
    }
    return false;
}

static enum drf_status drop_oldest(struct edge_taken *taken)
{
    char name[NAME_SIZE];
    format_name(taken->first, name);
    enum drf_status status = fusion_store_put_value(taken->store, name, NULL, 0);
    if (status == DRF_OK)
        taken->first++;
    return status;
}

enum drf_status edge_taken_put(struct edge_taken *taken,
                               const struct edge_taken_identity *identity, int64_t now_utc_us)
{
    char name[NAME_SIZE];
    const struct entry entry = {.identity = *identity, .utc_us = now_utc_us};
    enum drf_status status = DRF_OK;
    if (edge_taken_count(taken) == EDGE_TAKEN_MAX)
        status = drop_oldest(taken);
    format_name(taken->next, name);
    if (status == DRF_OK)
        status = fusion_store_put_value(taken->store, name, &entry, sizeof entry);
    if (status == DRF_OK)
        add(taken, taken->next++, &entry);
    return status;
}

void edge_taken_undo(struct edge_taken *taken)
{
    char name[NAME_SIZE];
    uint64_t number = --taken->next;
    const struct entry *entry = &taken->entries[number % EDGE_TAKEN_MAX];
    taken->newest[bucket_of(&entry->identity)] = taken->before[number % EDGE_TAKEN_MAX];
    format_name(number, name);
    if (fusion_store_put_value(taken->store, name, NULL, 0) != DRF_OK)
        taken->next++; // it stays in the store: its number is not used again
}

bool edge_taken_expire(struct edge_taken *taken, int64_t before_utc_us)
{
    bool changed = false;
    for (int i = 0; i < EXPIRE_PER_STEP && taken->first < taken->next
                    && taken->entries[taken->first % EDGE_TAKEN_MAX].utc_us < before_utc_us;
         i++) {
        if (drop_oldest(taken) != DRF_OK)
            break;
        changed = true;
    }
    return changed;
}
