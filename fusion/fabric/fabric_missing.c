// SPDX-License-Identifier: Apache-2.0
// Features that were live when their feed was read again, and were no longer in its topic:
// deleted there by age, not withdrawn by their source. They are forgotten, but which they were
// is kept, in memory and as a named value each ("missing/FEED/HASHES"), until they return, a
// complete edition says what there is, or they would be over. Of a feed a sorted array of
// hashes: looked up for every feature that is applied while any is missing. Beyond
// MISSING_MAX only that there are more is known, which no return can end.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fusion/fabric/fabric_impl.h"
#include "geo/hash.h"

#define PREFIX "missing/"
enum { MISSING_MAX = 65536, NAME_SIZE = 80, HASHES = 32 };

struct one {
    uint64_t source, key; // hashes; of "there are more": both all ones
    int64_t version_utc_us, until_utc_us;
};

struct fabric_missing {
    struct fabric_missing *next;
    char feed[32];
    size_t count, room, shown; // shown: not over
    struct one *items;         // by source and key
};

static struct fabric_missing *missing_of(const struct fusion_fabric *fabric, const char *feed)
{
    struct fabric_missing *one = fabric->missing;
    while (one != NULL && strcmp(one->feed, feed) != 0)
        one = one->next;
    return one;
}

static int compare(const struct one *a, const struct one *b)
{
    int order = (a->source > b->source) - (a->source < b->source);
    return order != 0 ? order : (a->key > b->key) - (a->key < b->key);
}

// Where it is, or would have to be put.
static size_t place_of(const struct fabric_missing *missing, const struct one *one)
{
    size_t low = 0, high = missing->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (compare(&missing->items[middle], one) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool holds(const struct fabric_missing *missing, size_t at, const struct one *one)
{
    return at < missing->count && compare(&missing->items[at], one) == 0;
}

static void count_shown(struct fusion_fabric *fabric, struct fabric_missing *missing)
{
    size_t before = missing->shown;
    missing->shown = 0;
    for (size_t i = 0; i < missing->count; i++)
        missing->shown += missing->items[i].until_utc_us > fabric->at_utc_us;
    fabric->changed = fabric->changed || (before > 0) != (missing->shown > 0);
}

static enum drf_status add_feed(struct fusion_fabric *fabric, const char *feed,
                                struct fabric_missing **out)
{
    *out = missing_of(fabric, feed);
    if (*out != NULL)
        return DRF_OK;
    struct fabric_missing *made = calloc(1, sizeof *made);
    if (made == NULL)
        return DRF_ERR_NOMEM;
    snprintf(made->feed, sizeof made->feed, "%s", feed);
    made->next = fabric->missing;
    fabric->missing = made;
    *out = made;
    return DRF_OK;
}

static enum drf_status enter(struct fusion_fabric *fabric, struct fabric_missing *missing,
                             const struct one *one)
{
    size_t at = place_of(missing, one);
    if (!holds(missing, at, one)) {
        if (missing->count == missing->room) {
            size_t room = missing->room > 0 ? 2 * missing->room : 64;
            struct one *grown = realloc(missing->items, room * sizeof *grown);
            if (grown == NULL)
                return DRF_ERR_NOMEM;
            missing->items = grown;
            missing->room = room;
        }
        memmove(missing->items + at + 1, missing->items + at,
                (missing->count - at) * sizeof *missing->items);
        missing->count++;
        missing->shown += one->until_utc_us > fabric->at_utc_us;
        fabric->changed = true;
    }
    missing->items[at] = *one;
    return DRF_OK;
}

static void name_of(const char *feed, const struct one *one, char out[static NAME_SIZE])
{
    snprintf(out, NAME_SIZE, PREFIX "%s/%016" PRIx64 "%016" PRIx64, feed, one->source,
             one->key);
}

static enum drf_status leave(struct fusion_fabric *fabric, struct fabric_missing *missing,
                             size_t at)
{
    char name[NAME_SIZE];
    name_of(missing->feed, &missing->items[at], name);
    enum drf_status status = fusion_store_put_value(fabric->store, name, NULL, 0);
    if (status != DRF_OK)
        return status;
    missing->count--;
    memmove(missing->items + at, missing->items + at + 1,
            (missing->count - at) * sizeof *missing->items);
    return DRF_OK;
}

static enum drf_status load_one(void *context, const char *name, const void *bytes, size_t size)
{
    struct fusion_fabric *fabric = context;
    struct fabric_missing *missing;
    struct one one;
    int64_t times[2];
    char feed[32] = "", hex[17] = "";
    const char *slash = strrchr(name, '/');
    size_t length = (size_t)(slash - name) - (sizeof PREFIX - 1);
    if (slash < name + sizeof PREFIX - 1 || length >= sizeof feed || strlen(slash + 1) != HASHES
        || size != sizeof times)
        return DRF_OK; // not of this program
    memcpy(feed, name + sizeof PREFIX - 1, length);
    memcpy(hex, slash + 1, 16);
    one.source = strtoull(hex, NULL, 16);
    one.key = strtoull(slash + 17, NULL, 16);
    memcpy(times, bytes, sizeof times);
    one.version_utc_us = times[0];
    one.until_utc_us = times[1];
    enum drf_status status = add_feed(fabric, feed, &missing);
    return status == DRF_OK ? enter(fabric, missing, &one) : status;
}

enum drf_status fabric_missing_load(struct fusion_fabric *fabric)
{
    return fusion_store_each_value(fabric->store, PREFIX, load_one, fabric);
}

void fabric_missing_close(struct fusion_fabric *fabric)
{
    while (fabric->missing != NULL) {
        struct fabric_missing *one = fabric->missing;
        fabric->missing = one->next;
        free(one->items);
        free(one);
    }
}

static struct one hashes_of(const char *source, const char *key)
{
    return (struct one){.source = geo_hash_text(GEO_HASH_START, source),
                        .key = geo_hash_text(GEO_HASH_START, key)};
}

enum drf_status fabric_missing_add(struct fusion_fabric *fabric,
                                   struct fusion_identity identity, int64_t version_utc_us,
                                   int64_t until_utc_us)
{
    struct fabric_missing *missing;
    struct one one = hashes_of(identity.source, identity.key);
    one.version_utc_us = version_utc_us;
    one.until_utc_us = until_utc_us;
    if (until_utc_us <= fabric->at_utc_us)
        return DRF_OK;
    enum drf_status status = add_feed(fabric, identity.feed, &missing);
    if (status != DRF_OK)
        return status;
    if (missing->count >= MISSING_MAX)
        one = (struct one){.source = UINT64_MAX,
                           .key = UINT64_MAX,
                           .version_utc_us = INT64_MAX,
                           .until_utc_us = INT64_MAX};
    char name[NAME_SIZE];
    const int64_t times[2] = {one.version_utc_us, one.until_utc_us};
    name_of(missing->feed, &one, name);
    status = fusion_store_put_value(fabric->store, name, times, sizeof times);
    return status == DRF_OK ? enter(fabric, missing, &one) : status;
}

enum drf_status fabric_missing_return(struct fusion_fabric *fabric,
                                      struct fusion_identity identity)
{
    struct fabric_missing *missing = missing_of(fabric, identity.feed);
    if (missing == NULL || missing->count == 0)
        return DRF_OK;
    struct one one = hashes_of(identity.source, identity.key);
    size_t at = place_of(missing, &one);
    if (!holds(missing, at, &one))
        return DRF_OK;
    bool shown = missing->items[at].until_utc_us > fabric->at_utc_us;
    enum drf_status status = leave(fabric, missing, at);
    if (status == DRF_OK && shown && --missing->shown == 0)
        fabric->changed = true;
    return status;
}

enum drf_status fabric_missing_edition(struct fusion_fabric *fabric, const char *feed,
                                       const char *source, int64_t whole_utc_us)
{
    struct fabric_missing *missing = missing_of(fabric, feed);
    const struct one of = hashes_of(source, "");
    enum drf_status status = DRF_OK;
    if (missing == NULL)
        return DRF_OK;
    for (size_t i = missing->count; i-- > 0 && status == DRF_OK;)
        if (missing->items[i].source == of.source
            && missing->items[i].version_utc_us < whole_utc_us)
            status = leave(fabric, missing, i);
    count_shown(fabric, missing);
    return status;
}

void fabric_missing_expire(struct fusion_fabric *fabric, int64_t now_utc_us,
                           int64_t over_utc_us)
{
    fabric->at_utc_us = now_utc_us;
    for (struct fabric_missing *one = fabric->missing; one != NULL; one = one->next) {
        for (size_t i = one->count; i-- > 0;)
            if (one->items[i].until_utc_us <= over_utc_us && leave(fabric, one, i) != DRF_OK)
                break; // the next call tries again
        count_shown(fabric, one);
    }
}

bool fabric_missing_of_layer(const struct fusion_fabric *fabric, enum fusion_layer layer)
{
    for (const struct fabric_missing *one = fabric->missing; one != NULL; one = one->next) {
        const struct fusion_feed *feed = fabric_feed(fabric, one->feed);
        if (one->shown > 0 && feed != NULL && feed->layer == layer)
            return true;
    }
    return false;
}

size_t fusion_fabric_missing(const struct fusion_fabric *fabric, const char *feed)
{
    const struct fabric_missing *missing = missing_of(fabric, feed);
    return missing != NULL ? missing->shown : 0;
}

enum drf_status fusion_fabric_missing_accept(struct fusion_fabric *fabric, const char *feed)
{
    struct fabric_missing *missing = missing_of(fabric, feed);
    enum drf_status status = DRF_OK;
    while (missing != NULL && missing->count > 0 && status == DRF_OK)
        status = leave(fabric, missing, missing->count - 1);
    if (missing != NULL)
        count_shown(fabric, missing);
    return status;
}
