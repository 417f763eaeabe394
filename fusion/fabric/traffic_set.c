// SPDX-License-Identifier: Apache-2.0
// A table by id, each entry with the gate that weighs its reports. What a root shows is a copy
// of fixed size, made only when something changed: the tracks sorted by bucket (a counting
// sort), with the start of each bucket beside them, so that a reader needs no table and no
// lock. Provenances are held once for an entry and once for each copy.
#include "fusion/fabric/traffic_set.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "geo/hash.h"

enum { SLOTS = 4096 }; // of the table by id; a power of two
// A source of higher priority keeps the word for this long after its last report.
#define PRIORITY_US INT64_C(3000000)

struct entry {
    struct entry *next; // of the same slot
    struct fusion_track_gate gate;
    const struct fusion_source *source; // of gate.taken
    uint64_t epoch;                     // of the root that first shows it
};

struct fusion_traffic_set {
    struct fusion_extent buckets;
    int64_t keep_us;
    int64_t now_utc_us, off_us; // INT64_MIN: no time was handed in yet
    struct fusion_provenance *provenances;
    struct fusion_retired *retired;
    struct fusion_traffic *published; // NULL: none
    size_t count;
    bool changed;
    uint64_t gated[FUSION_GATE_COUNT];
    struct entry *slots[SLOTS];
};

enum drf_status fusion_traffic_set_open(struct fusion_extent buckets, int64_t keep_us,
                                        struct fusion_provenance *provenances,
                                        struct fusion_retired *retired,
                                        struct fusion_traffic_set **out)
{
    struct fusion_traffic_set *set = calloc(1, sizeof *set);
    if (set == NULL)
        return DRF_ERR_NOMEM;
    set->buckets = buckets;
    set->keep_us = keep_us;
    set->now_utc_us = INT64_MIN;
    set->provenances = provenances;
    set->retired = retired;
    *out = set;
    return DRF_OK;
}

static void release_copy(void *context, void *part)
{
    struct fusion_traffic *copy = part;
    for (size_t i = 0; i < copy->count; i++)
        fusion_provenance_release(context, copy->tracks[i].source);
    free(copy);
}

static void forget(struct fusion_traffic_set *set, struct entry **link)
{
    struct entry *entry = *link;
    *link = entry->next;
    fusion_provenance_release(set->provenances, entry->source);
    free(entry);
    set->count--;
    set->changed = true;
}

void fusion_traffic_set_close(struct fusion_traffic_set *set)
{
    if (set == NULL)
        return;
    for (size_t i = 0; i < SLOTS; i++)
        while (set->slots[i] != NULL)
            forget(set, &set->slots[i]);
    if (set->published != NULL)
        release_copy(set->provenances, set->published);
    free(set);
}

static struct entry **slot_of(struct fusion_traffic_set *set, const char *id)
{
    const uint32_t hash = geo_hash32_text(GEO_HASH32_START, id);
    struct entry **link = &set->slots[hash & (SLOTS - 1)];
    while (*link != NULL && strcmp((*link)->gate.taken.id, id) != 0)
        link = &(*link)->next;
    return link;
}

static bool kept(const struct fusion_traffic_set *set, int64_t time_utc_us, int64_t *age_us)
{
    if (set->now_utc_us == INT64_MIN)
        return true;
    *age_us = set->now_utc_us - time_utc_us;
    return *age_us <= set->keep_us && *age_us >= -set->keep_us;
}

// Whether a source of higher priority has reported it within the last seconds.
static bool lesser(const struct entry *entry, const struct geo_track *report,
                   const struct fusion_source *source)
{
    return source->priority < entry->source->priority
           && report->time_utc_us - entry->gate.taken.time_utc_us < PRIORITY_US;
}

static enum drf_status enter(struct fusion_traffic_set *set, struct entry **link,
                             const struct geo_track *report, enum fusion_gate *gate)
{
    struct fusion_track_gate fresh = {.agreed = 0};
    *gate =
        set->count < FUSION_TRACKS_MAX ? fusion_track_gate(&fresh, report) : FUSION_GATE_FULL;
    if (*gate != FUSION_GATE_PASSED)
        return DRF_OK;
    struct entry *entry = calloc(1, sizeof *entry);
    if (entry == NULL)
        return DRF_ERR_NOMEM;
    entry->gate = fresh;
    *link = entry;
    set->count++;
    return DRF_OK;
}

enum drf_status fusion_traffic_set_take(struct fusion_traffic_set *set,
                                        const struct geo_track *report,
                                        const struct fusion_source *content,
                                        enum fusion_gate *gate)
{
    const struct fusion_source *source;
    int64_t age_us;
    if (!kept(set, report->time_utc_us, &age_us)) {
        *gate = FUSION_GATE_CLOCK;
        set->gated[FUSION_GATE_CLOCK]++;
        set->off_us = age_us;
        return DRF_OK;
    }
    enum drf_status status = fusion_provenance_acquire(set->provenances, content, &source);
    if (status != DRF_OK)
        return status;
    struct entry **link = slot_of(set, report->id);
    if (*link == NULL)
        status = enter(set, link, report, gate);
    else
        *gate = lesser(*link, report, source) ? FUSION_GATE_LESSER
                                              : fusion_track_gate(&(*link)->gate, report);
    if (status != DRF_OK || *gate != FUSION_GATE_PASSED) {
        fusion_provenance_release(set->provenances, source);
        set->gated[*gate] += status == DRF_OK;
        return status;
    }
    struct entry *entry = *link;
    fusion_provenance_release(set->provenances, entry->source);
    entry->source = source;
    entry->epoch = set->retired->epoch + 1;
    set->gated[FUSION_GATE_PASSED]++;
    set->changed = true;
    return DRF_OK;
}

void fusion_traffic_set_expire(struct fusion_traffic_set *set, int64_t now_utc_us)
{
    int64_t age_us;
    set->now_utc_us = now_utc_us;
    for (size_t i = 0; i < SLOTS; i++)
        for (struct entry **link = &set->slots[i]; *link != NULL;) {
            if (!kept(set, (*link)->gate.taken.time_utc_us, &age_us))
                forget(set, link);
            else
                link = &(*link)->next;
        }
}

int64_t fusion_traffic_set_off_us(const struct fusion_traffic_set *set) { return set->off_us; }

size_t fusion_traffic_set_count(const struct fusion_traffic_set *set) { return set->count; }

uint64_t fusion_traffic_set_gated(const struct fusion_traffic_set *set, enum fusion_gate gate)
{
    return set->gated[gate];
}

bool fusion_traffic_set_changed(const struct fusion_traffic_set *set) { return set->changed; }

// False: outside what is kept.
static bool bucket_of(const struct fusion_traffic_set *set, const struct entry *entry,
                      size_t *out)
{
    struct geo_tile tile;
    return geo_tile_at(entry->gate.taken.position, set->buckets.first.level, &tile) == DRF_OK
           && fusion_extent_index(set->buckets, tile, out);
}

static double fastest_mps(const struct geo_track *track)
{
    if ((track->flags & GEO_TRACK_VELOCITY) != 0)
        return hypot(track->velocity_north_mps, track->velocity_east_mps);
    return (track->flags & GEO_TRACK_SPEED) != 0 ? track->speed_mps
                                                 : FUSION_TRACK_SPEED_WORST_MPS;
}

// A counting sort by bucket: first_of[b + 2] counts, then first_of[b + 1] moves from where the
// bucket begins to where it ends.
static void fill(const struct fusion_traffic_set *set, struct fusion_traffic *copy,
                 struct fusion_track *tracks, uint32_t *first_of, size_t bucket_count)
{
    size_t bucket;
    for (size_t i = 0; i < SLOTS; i++)
        for (const struct entry *one = set->slots[i]; one != NULL; one = one->next)
            if (bucket_of(set, one, &bucket))
                first_of[bucket + 2]++;
    for (size_t b = 2; b < bucket_count + 2; b++)
        first_of[b] += first_of[b - 1];
    for (size_t i = 0; i < SLOTS; i++)
        for (const struct entry *one = set->slots[i]; one != NULL; one = one->next) {
            if (!bucket_of(set, one, &bucket))
                continue;
            const struct geo_track *track = &one->gate.taken;
            fusion_provenance_retain(one->source);
            tracks[first_of[bucket + 1]++] = (struct fusion_track){
                .track = *track, .source = one->source, .epoch = one->epoch};
            if ((track->flags & GEO_TRACK_ON_GROUND) != 0)
                continue;
            copy->speed_max_mps = fmax(copy->speed_max_mps, fastest_mps(track));
            copy->acc95_max_m = fmax(copy->acc95_max_m, track->horizontal_acc95_m);
        }
    copy->count = first_of[bucket_count];
}

enum drf_status fusion_traffic_set_publish(struct fusion_traffic_set *set,
                                           const struct fusion_traffic **out)
{
    if (!set->changed) {
        *out = set->published;
        return DRF_OK;
    }
    struct fusion_traffic *copy = NULL;
    size_t buckets = (size_t)set->buckets.rows * set->buckets.columns;
    if (set->count > 0) {
        size_t tracks_size = set->count * sizeof(struct fusion_track);
        copy = calloc(1, sizeof *copy + tracks_size + (buckets + 2) * sizeof(uint32_t));
        if (copy == NULL)
            return DRF_ERR_NOMEM;
    }
    if (fusion_retired_reserve(set->retired, 1) != DRF_OK) {
        free(copy);
        return DRF_ERR_NOMEM;
    }
    if (copy != NULL) {
        struct fusion_track *tracks = (void *)(copy + 1);
        uint32_t *first_of = (void *)(tracks + set->count);
        copy->tracks = tracks;
        copy->first_of = first_of;
        copy->keep_us = set->keep_us;
        fill(set, copy, tracks, first_of, buckets);
    }
    fusion_retired_add(set->retired, set->published, release_copy);
    set->published = copy;
    set->changed = false;
    *out = copy;
    return DRF_OK;
}
