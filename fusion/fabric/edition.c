// SPDX-License-Identifier: Apache-2.0
// For each source a list of editions with the latest version time of each part. A part changes
// one entry; the time of a complete edition is the oldest of its parts, and the floor of the
// source only ever rises to it. Because each entry is a maximum and the floor a maximum of
// minima, the result does not depend on the order in which parts arrive. At most
// FUSION_EDITIONS_MAX editions are kept; the one whose latest part is oldest is dropped. The
// state of a source is one named value of the store, read on first use and written whole on
// every change. During a resynchronisation the former floor holds until the end, so that
// features are not revived by messages that are read again.
#include "fusion/fabric/edition.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct edition {
    char id[FUSION_EDITION_ID_SIZE];
    uint32_t parts;
    int64_t *times_utc_us; // of each part, INT64_MIN: not seen
};

struct source {
    struct source *next;
    char name[96];
    int64_t floor_utc_us;
    int64_t former_utc_us; // the floor before a resynchronisation, until it has ended
    size_t count;
    struct edition editions[FUSION_EDITIONS_MAX + 1];
};

struct fusion_editions {
    struct fusion_store *store;
    struct source *sources;
};

// What a named value holds: this head, then per edition its id, its parts and their times.
struct value_head {
    int64_t floor_utc_us;
    uint64_t count;
};
struct value_edition {
    char id[FUSION_EDITION_ID_SIZE];
    uint64_t parts;
};

bool fusion_edition_valid(const char *edition, uint32_t part, uint32_t parts)
{
    size_t length = strlen(edition);
    return length > 0 && length < FUSION_EDITION_ID_SIZE && part >= 1 && part <= parts
           && parts <= FUSION_EDITION_PARTS_MAX;
}

enum drf_status fusion_editions_open(struct fusion_store *store, struct fusion_editions **out)
{
    struct fusion_editions *editions = malloc(sizeof *editions);
    if (editions == NULL)
        return DRF_ERR_NOMEM;
    *editions = (struct fusion_editions){.store = store};
    *out = editions;
    return DRF_OK;
}

static void free_source(struct source *source)
{
    for (size_t i = 0; i < source->count; i++)
        free(source->editions[i].times_utc_us);
    free(source);
}

void fusion_editions_close(struct fusion_editions *editions)
{
    if (editions == NULL)
        return;
    for (struct source *one = editions->sources, *next; one != NULL; one = next) {
        next = one->next;
        free_source(one);
    }
    free(editions);
}

static void value_name(const struct source *source, char name[static 112])
{
    snprintf(name, 112, "editions/%s", source->name);
}

static size_t value_size(const struct source *source)
{
    size_t size = sizeof(struct value_head);
    for (size_t i = 0; i < source->count; i++)
        size += sizeof(struct value_edition) + source->editions[i].parts * sizeof(int64_t);
    return size;
}

static enum drf_status write_value(struct fusion_store *store, const struct source *source)
{
    size_t size = value_size(source);
    uint8_t *bytes = malloc(size), *at = bytes;
    if (bytes == NULL)
        return DRF_ERR_NOMEM;
    const struct value_head head = {source->floor_utc_us, source->count};
    at = (uint8_t *)memcpy(at, &head, sizeof head) + sizeof head;
    for (size_t i = 0; i < source->count; i++) {
        const struct edition *edition = &source->editions[i];
        struct value_edition one = {.parts = edition->parts};
        memcpy(one.id, edition->id, sizeof one.id);
        at = (uint8_t *)memcpy(at, &one, sizeof one) + sizeof one;
        size_t times = edition->parts * sizeof(int64_t);
        at = (uint8_t *)memcpy(at, edition->times_utc_us, times) + times;
    }
    char name[112];
    value_name(source, name);
    enum drf_status status = fusion_store_put_value(store, name, bytes, size);
    free(bytes);
    return status;
}

// Reads what write_value() wrote; anything else is damage.
static enum drf_status parse_value(struct source *source, const uint8_t *bytes, size_t size)
{
    struct value_head head;
    if (size < sizeof head)
        return DRF_ERR_STORE;
    memcpy(&head, bytes, sizeof head);
    size_t at = sizeof head;
    if (head.count > FUSION_EDITIONS_MAX)
        return DRF_ERR_STORE;
    for (uint64_t i = 0; i < head.count; i++) {
        struct value_edition one;
        if (size - at < sizeof one)
            return DRF_ERR_STORE;
        memcpy(&one, bytes + at, sizeof one);
        at += sizeof one;
        size_t times = (size_t)one.parts * sizeof(int64_t);
        if (one.parts == 0 || one.parts > FUSION_EDITION_PARTS_MAX || size - at < times
            || memchr(one.id, '\0', sizeof one.id) == NULL)
            return DRF_ERR_STORE;
        struct edition *edition = &source->editions[source->count];
        edition->times_utc_us = malloc(times);
        if (edition->times_utc_us == NULL)
            return DRF_ERR_NOMEM;
        source->count++;
        memcpy(edition->times_utc_us, bytes + at, times);
        memcpy(edition->id, one.id, sizeof one.id);
        edition->parts = (uint32_t)one.parts;
        at += times;
    }
    source->floor_utc_us = head.floor_utc_us;
    return at == size ? DRF_OK : DRF_ERR_STORE;
}

static enum drf_status read_value(struct fusion_store *store, struct source *source)
{
    char name[112];
    value_name(source, name);
    size_t room =
        sizeof(struct value_head)
        + FUSION_EDITIONS_MAX
              * (sizeof(struct value_edition) + FUSION_EDITION_PARTS_MAX * sizeof(int64_t));
    uint8_t *bytes = malloc(room);
    if (bytes == NULL)
        return DRF_ERR_NOMEM;
    enum drf_status status = fusion_store_value(store, name, bytes, &room);
    if (status == DRF_OK)
        status = parse_value(source, bytes, room);
    else if (status == DRF_ERR_ABSENT)
        status = DRF_OK;
    free(bytes);
    return status;
}

static enum drf_status find_source(struct fusion_editions *editions, const char *name,
                                   struct source **out)
{
    struct source *source = editions->sources;
    while (source != NULL && strcmp(source->name, name) != 0)
        source = source->next;
    if (source == NULL) {
        source = malloc(sizeof *source);
        if (source == NULL)
            return DRF_ERR_NOMEM;
        *source = (struct source){.floor_utc_us = INT64_MIN, .former_utc_us = INT64_MIN};
        snprintf(source->name, sizeof source->name, "%s", name);
        enum drf_status status = read_value(editions->store, source);
        if (status != DRF_OK) {
            free_source(source);
            return status;
        }
        source->next = editions->sources;
        editions->sources = source;
    }
    *out = source;
    return DRF_OK;
}

static int64_t floor_of(const struct source *source)
{
    return source->former_utc_us > source->floor_utc_us ? source->former_utc_us
                                                        : source->floor_utc_us;
}

enum drf_status fusion_editions_floor(struct fusion_editions *editions, const char *source,
                                      int64_t *floor_utc_us)
{
    struct source *found;
    enum drf_status status = find_source(editions, source, &found);
    if (status == DRF_OK)
        *floor_utc_us = floor_of(found);
    return status;
}

enum drf_status fusion_editions_whole(struct fusion_editions *editions, const char *source,
                                      int64_t *whole_utc_us)
{
    struct source *found;
    enum drf_status status = find_source(editions, source, &found);
    if (status == DRF_OK)
        *whole_utc_us = found->floor_utc_us;
    return status;
}

static int64_t oldest(const struct edition *edition)
{
    int64_t time = INT64_MAX;
    for (uint32_t i = 0; i < edition->parts; i++)
        time = edition->times_utc_us[i] < time ? edition->times_utc_us[i] : time;
    return time;
}

static int64_t latest(const struct edition *edition)
{
    int64_t time = INT64_MIN;
    for (uint32_t i = 0; i < edition->parts; i++)
        time = edition->times_utc_us[i] > time ? edition->times_utc_us[i] : time;
    return time;
}

static enum drf_status find_edition(struct source *source, const char *id, uint32_t parts,
                                    struct edition **out)
{
    for (size_t i = 0; i < source->count; i++)
        if (strcmp(source->editions[i].id, id) == 0 && source->editions[i].parts == parts) {
            *out = &source->editions[i];
            return DRF_OK;
        }
    int64_t *times = malloc(parts * sizeof *times);
    if (times == NULL)
        return DRF_ERR_NOMEM;
    for (uint32_t i = 0; i < parts; i++)
        times[i] = INT64_MIN;
    struct edition *edition = &source->editions[source->count++];
    *edition = (struct edition){.parts = parts, .times_utc_us = times};
    snprintf(edition->id, sizeof edition->id, "%s", id);
    *out = edition;
    return DRF_OK;
}

static void forget_one(struct source *source)
{
    size_t least = 0;
    for (size_t i = 1; i < source->count; i++) {
        int64_t a = latest(&source->editions[i]), b = latest(&source->editions[least]);
        if (a < b || (a == b && strcmp(source->editions[i].id, source->editions[least].id) < 0))
            least = i;
    }
    free(source->editions[least].times_utc_us);
    source->editions[least] = source->editions[--source->count];
}

enum drf_status fusion_editions_part(struct fusion_editions *editions, const char *source,
                                     const char *edition, uint32_t part, uint32_t parts,
                                     int64_t time_utc_us, int64_t *floor_utc_us, bool *changed)
{
    assert(fusion_edition_valid(edition, part, parts));
    struct source *found;
    struct edition *one;
    enum drf_status status = find_source(editions, source, &found);
    if (status == DRF_OK)
        status = find_edition(found, edition, parts, &one);
    if (status != DRF_OK)
        return status;
    *changed = one->times_utc_us[part - 1] < time_utc_us;
    if (*changed) {
        one->times_utc_us[part - 1] = time_utc_us;
        int64_t complete = oldest(one);
        found->floor_utc_us = complete > found->floor_utc_us ? complete : found->floor_utc_us;
        if (found->count > FUSION_EDITIONS_MAX)
            forget_one(found);
        status = write_value(editions->store, found);
    }
    *floor_utc_us = floor_of(found);
    return status;
}

// Imports apart: no topic brings them again.
static bool belongs(const char *source, const char *feed)
{
    size_t length = strlen(feed);
    return strncmp(source, feed, length) == 0
           && (source[length] == '\0' || source[length] == '/')
           && strcmp(source + length, "/import") != 0;
}

struct names {
    const char *feed;
    char (*items)[96];
    size_t count;
};

static enum drf_status note_name(void *context, const char *name, const void *bytes,
                                 size_t size)
{
    (void)bytes, (void)size;
    struct names *names = context;
    const char *source = name + sizeof "editions/" - 1;
    if (!belongs(source, names->feed))
        return DRF_OK;
    char(*items)[96] = realloc(names->items, (names->count + 1) * sizeof *items);
    if (items == NULL)
        return DRF_ERR_NOMEM;
    names->items = items;
    snprintf(names->items[names->count++], sizeof *names->items, "%s", source);
    return DRF_OK;
}

static enum drf_status renew(struct fusion_store *store, struct source *source)
{
    source->former_utc_us = floor_of(source);
    for (size_t i = 0; i < source->count; i++)
        free(source->editions[i].times_utc_us);
    source->count = 0;
    source->floor_utc_us = INT64_MIN;
    return write_value(store, source);
}

enum drf_status fusion_editions_renew(struct fusion_editions *editions, const char *feed)
{
    struct names names = {.feed = feed};
    struct source *source;
    enum drf_status status =
        fusion_store_each_value(editions->store, "editions/", note_name, &names);
    for (size_t i = 0; i < names.count && status == DRF_OK; i++)
        status = find_source(editions, names.items[i], &source);
    free(names.items);
    for (source = editions->sources; source != NULL && status == DRF_OK; source = source->next)
        if (belongs(source->name, feed))
            status = renew(editions->store, source);
    return status;
}

bool fusion_editions_settle(struct fusion_editions *editions, const char *feed)
{
    bool lowered = false;
    for (struct source *source = editions->sources; source != NULL; source = source->next) {
        if (!belongs(source->name, feed))
            continue;
        lowered = lowered || source->former_utc_us > source->floor_utc_us;
        source->former_utc_us = INT64_MIN;
    }
    return lowered;
}
