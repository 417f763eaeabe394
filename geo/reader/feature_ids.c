// SPDX-License-Identifier: Apache-2.0
#include "geo/reader/feature_ids.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "geo/hash.h"

enum { ROOM_FIRST = 64 };

struct geo_feature_id_slot {
    char id[GEO_FEATURE_ID_SIZE]; // empty: free
    uint32_t next;                // the number to try next behind it
    bool taken; // by a feature; else it only counts the numbers given out behind it
};

static struct geo_feature_id_slot *slot_of(const struct geo_feature_ids *ids, const char *id)
{
    size_t at = (size_t)geo_hash_text(GEO_HASH_START, id) & (ids->room - 1);
    while (ids->slots[at].id[0] != '\0' && strcmp(ids->slots[at].id, id) != 0)
        at = (at + 1) & (ids->room - 1);
    return &ids->slots[at];
}

// Half of the slots stay free.
static enum drf_status grow(struct geo_feature_ids *ids)
{
    if (2 * (ids->count + 2) <= ids->room)
        return DRF_OK;
    struct geo_feature_ids grown = {.room = ids->room == 0 ? ROOM_FIRST : 2 * ids->room,
                                    .count = ids->count};
    grown.slots = calloc(grown.room, sizeof *grown.slots);
    if (grown.slots == NULL)
        return DRF_ERR_NOMEM;
    for (size_t i = 0; i < ids->room; i++)
        if (ids->slots[i].id[0] != '\0')
            *slot_of(&grown, ids->slots[i].id) = ids->slots[i];
    free(ids->slots);
    *ids = grown;
    return DRF_OK;
}

// The slot of an id, entered if it is new. There is room for two of these after grow().
static struct geo_feature_id_slot *enter(struct geo_feature_ids *ids, const char *id)
{
    struct geo_feature_id_slot *slot = slot_of(ids, id);
    if (slot->id[0] == '\0') {
        (void)snprintf(slot->id, sizeof slot->id, "%s", id);
        slot->next = 1;
        ids->count++;
    }
    return slot;
}

static enum drf_status take_numbered(struct geo_feature_ids *ids, char *id, uint32_t least)
{
    struct geo_feature_id_slot *base = enter(ids, id);
    base->next = base->next > least ? base->next : least;
    char numbered[GEO_FEATURE_ID_SIZE] = ""; // zeros behind its end: it goes into a record
    do {
        int size = snprintf(numbered, sizeof numbered, "%s#%" PRIu32, id, base->next);
        if (size < 0 || size >= GEO_FEATURE_ID_SIZE || base->next == UINT32_MAX)
            return DRF_ERR_RANGE;
        base->next++;
    } while (geo_feature_ids_taken(ids, numbered));
    enter(ids, numbered)->taken = true;
    memcpy(id, numbered, sizeof numbered);
    return DRF_OK;
}

enum drf_status geo_feature_ids_take(struct geo_feature_ids *ids,
                                     char id[static GEO_FEATURE_ID_SIZE], bool *numbered)
{
    enum drf_status status = grow(ids);
    if (status != DRF_OK)
        return status;
    struct geo_feature_id_slot *slot = enter(ids, id);
    *numbered = slot->taken;
    if (slot->taken)
        return take_numbered(ids, id, 2);
    slot->taken = true;
    return DRF_OK;
}

enum drf_status geo_feature_ids_take_part(struct geo_feature_ids *ids,
                                          char id[static GEO_FEATURE_ID_SIZE])
{
    enum drf_status status = grow(ids);
    return status == DRF_OK ? take_numbered(ids, id, 1) : status;
}

bool geo_feature_ids_taken(const struct geo_feature_ids *ids, const char *id)
{
    return ids->room > 0 && slot_of(ids, id)->taken;
}

void geo_feature_ids_close(struct geo_feature_ids *ids)
{
    free(ids->slots);
    *ids = (struct geo_feature_ids){.slots = NULL};
}
