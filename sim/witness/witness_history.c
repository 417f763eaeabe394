// SPDX-License-Identifier: Apache-2.0
#include "sim/witness/witness_history.h"

#include <stdlib.h>

#include "drf/v1/enums.pb-c.h"
#include "geo/hash.h"

uint64_t sim_advisory_key(uint32_t kind, uint32_t variant, const char *feature)
{
    uint64_t hash = geo_hash_text(GEO_HASH_START ^ (kind * 256 + variant + 1), feature);
    hash *= UINT64_C(0x9E3779B97F4A7C15);
    return hash != 0 ? hash : 1;
}

// Which of the conditions of its kind an advisory reports.
static uint64_t key_of_advisory(const Drf__V1__Advisory *a)
{
    uint32_t variant = 0;
    if (a->kind == DRF__V1__ADVISORY_KIND__ADVISORY_KIND_ALTITUDE_LIMIT)
        variant = a->has_value ? 1 : 0;
    if (a->kind == DRF__V1__ADVISORY_KIND__ADVISORY_KIND_ALTITUDE_REFERENCE_SUSPECT)
        variant = a->limit > 5.5F ? 1 : 0;
    if (a->kind == DRF__V1__ADVISORY_KIND__ADVISORY_KIND_DATA_QUALITY)
        variant = 2 * a->layer + (a->has_value ? 1 : 0);
    return sim_advisory_key(a->kind, variant, a->feature_id != NULL ? a->feature_id : "");
}

struct sim_watched *sim_history_watched(struct sim_advisory_history *history, size_t node)
{
    if (history->of[node] == NULL) {
        history->of[node] = calloc(1, sizeof *history->of[node]);
        if (history->of[node] != NULL)
            history->of[node]->history = history;
    }
    return history->of[node];
}

struct sim_held *sim_watched_find(struct sim_watched *watched, uint64_t key)
{
    for (size_t i = 0; i < SIM_HELD; i++)
        if (watched->held[i].key == key)
            return &watched->held[i];
    return NULL;
}

struct sim_held *sim_watched_find_id(struct sim_watched *watched, uint32_t advisory_id)
{
    for (size_t i = 0; i < SIM_HELD; i++)
        if (watched->held[i].key != 0 && watched->held[i].advisory_id == advisory_id)
            return &watched->held[i];
    return NULL;
}

struct sim_held *sim_watched_place(struct sim_watched *watched, uint64_t key, uint32_t kind)
{
    struct sim_held *held = sim_watched_find(watched, key), *oldest = &watched->held[0];
    if (held != NULL)
        return held;
    for (size_t i = 0; i < SIM_HELD; i++) {
        struct sim_held *one = &watched->held[i];
        if (one->key == 0 || one->last_us[SIM_INFO] < oldest->last_us[SIM_INFO])
            oldest = one;
        if (one->key == 0)
            break;
    }
    *oldest = (struct sim_held){.key = key, .kind = kind};
    return oldest;
}

bool sim_advisory_judged(uint32_t kind)
{
    switch (kind) {
    case DRF__V1__ADVISORY_KIND__ADVISORY_KIND_TERRAIN:
    case DRF__V1__ADVISORY_KIND__ADVISORY_KIND_OBSTACLE:
    case DRF__V1__ADVISORY_KIND__ADVISORY_KIND_WIND:
    case DRF__V1__ADVISORY_KIND__ADVISORY_KIND_GUST:
    case DRF__V1__ADVISORY_KIND__ADVISORY_KIND_VISIBILITY:
    case DRF__V1__ADVISORY_KIND__ADVISORY_KIND_ZONE:
    case DRF__V1__ADVISORY_KIND__ADVISORY_KIND_TRAFFIC:
    case DRF__V1__ADVISORY_KIND__ADVISORY_KIND_ALTITUDE_LIMIT:
    case DRF__V1__ADVISORY_KIND__ADVISORY_KIND_ALTITUDE_REFERENCE_SUSPECT:
    case DRF__V1__ADVISORY_KIND__ADVISORY_KIND_REGION_BOUNDARY:
    case DRF__V1__ADVISORY_KIND__ADVISORY_KIND_TERRAIN_TOO_COARSE:
    case DRF__V1__ADVISORY_KIND__ADVISORY_KIND_ALERT:
    case DRF__V1__ADVISORY_KIND__ADVISORY_KIND_DATA_QUALITY:
        return true;
    default:
        return false;
    }
}

// Kinds whose advisories are about one thing each.
static bool featured(uint32_t kind)
{
    return kind == DRF__V1__ADVISORY_KIND__ADVISORY_KIND_OBSTACLE
           || kind == DRF__V1__ADVISORY_KIND__ADVISORY_KIND_ZONE
           || kind == DRF__V1__ADVISORY_KIND__ADVISORY_KIND_TRAFFIC
           || kind == DRF__V1__ADVISORY_KIND__ADVISORY_KIND_ALERT;
}

// Kinds of which a drone has one advisory at most: whatever its id, it is that one.
static bool single(uint32_t kind)
{
    return kind == DRF__V1__ADVISORY_KIND__ADVISORY_KIND_TERRAIN
           || kind == DRF__V1__ADVISORY_KIND__ADVISORY_KIND_WIND
           || kind == DRF__V1__ADVISORY_KIND__ADVISORY_KIND_GUST
           || kind == DRF__V1__ADVISORY_KIND__ADVISORY_KIND_VISIBILITY
           || kind == DRF__V1__ADVISORY_KIND__ADVISORY_KIND_REGION_BOUNDARY
           || kind == DRF__V1__ADVISORY_KIND__ADVISORY_KIND_TERRAIN_TOO_COARSE;
}

void sim_history_store_name(struct sim_advisory_history *history, const Drf__V1__Advisory *a)
{
    if (!sim_advisory_judged(a->kind) || (featured(a->kind) && a->feature_id == NULL))
        return;
    const struct sim_advisory_name name = {a->advisory_id, a->kind, key_of_advisory(a)};
    for (size_t i = 0; i < SIM_ADVISORY_NAMES; i++)
        if (history->names[i].key == name.key
            && history->names[i].advisory_id == name.advisory_id)
            return;
    history->names[history->named++ % SIM_ADVISORY_NAMES] = name;
}

uint64_t sim_history_key_of_id(const struct sim_advisory_history *history, uint32_t advisory_id,
                               uint32_t kind)
{
    if (single(kind))
        return sim_advisory_key(kind, 0, "");
    for (size_t i = 0; i < SIM_ADVISORY_NAMES; i++) {
        const struct sim_advisory_name *name = &history->names[i];
        if (name->key != 0 && name->advisory_id == advisory_id && name->kind == kind)
            return name->key;
    }
    return 0;
}

uint64_t sim_history_key_told(const struct sim_advisory_history *history,
                              const Drf__V1__Advisory *a)
{
    return featured(a->kind) && a->feature_id == NULL
               ? sim_history_key_of_id(history, a->advisory_id, a->kind)
               : key_of_advisory(a);
}
