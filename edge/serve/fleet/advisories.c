// SPDX-License-Identifier: Apache-2.0
// Each evaluation is matched by advisory id with what is held: found more severe, it is told at
// once; less severe or not found, it keeps what was told until that has lasted for the dwell. A
// place is free, or taken from what was cleared long ago, or from what matters less. Places
// beyond the first few come from the heap, behind them, so that the order stays that of places.
#include "edge/serve/fleet/advisories.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define VALID_US INT64_C(5000000)

enum { ROOM_STEP = 4 };

static_assert((EDGE_ADVISORIES_MAX - EDGE_ADVISORIES_FIRST) % ROOM_STEP == 0,
              "room grows to the greatest");

static struct edge_advisory *at(struct edge_advisories *advisories, size_t i)
{
    return i < EDGE_ADVISORIES_FIRST ? &advisories->first[i]
                                     : &advisories->more[i - EDGE_ADVISORIES_FIRST];
}

void edge_advisories_close(struct edge_advisories *advisories)
{
    free(advisories->more);
    *advisories = (struct edge_advisories){.more = NULL};
}

void edge_advisories_reset(struct edge_advisories *advisories)
{
    for (size_t i = 0; i < edge_advisories_room(advisories); i++)
        *at(advisories, i) = (struct edge_advisory){.advisory_id = 0};
}

// Free places behind those there are.
static bool grow(struct edge_advisories *advisories, size_t more_room)
{
    assert(more_room > advisories->more_room);
    struct edge_advisory *more = realloc(advisories->more, more_room * sizeof *more);
    if (more == NULL)
        return false;
    for (size_t i = advisories->more_room; i < more_room; i++)
        more[i] = (struct edge_advisory){.advisory_id = 0};
    advisories->more = more;
    advisories->more_room = more_room;
    return true;
}

enum drf_status edge_advisories_copy(struct edge_advisories *to,
                                     const struct edge_advisories *from)
{
    if (to->more_room < from->more_room && !grow(to, from->more_room))
        return DRF_ERR_NOMEM;
    edge_advisories_reset(to);
    memcpy(to->first, from->first, sizeof to->first);
    if (from->more_room > 0)
        memcpy(to->more, from->more, from->more_room * sizeof *from->more);
    return DRF_OK;
}

static struct edge_advisory *find(struct edge_advisories *advisories, uint32_t advisory_id)
{
    for (size_t i = 0; i < edge_advisories_room(advisories); i++)
        if (at(advisories, i)->advisory_id == advisory_id)
            return at(advisories, i);
    return NULL;
}

// How useful a place is as it is: free, cleared long ago, or held by what matters least.
static unsigned eviction_rank(const struct edge_advisory *held)
{
    return held->advisory_id == 0 ? 0 : held->severity == 0 ? 1 : 5U - held->severity;
}

// A place for one of that severity; NULL: all are taken by what matters as much.
static struct edge_advisory *place_for(struct edge_advisories *advisories, uint8_t severity)
{
    for (size_t i = 0; i < edge_advisories_room(advisories); i++)
        if (at(advisories, i)->advisory_id == 0)
            return at(advisories, i);
    size_t room = edge_advisories_room(advisories);
    if (room < EDGE_ADVISORIES_MAX && grow(advisories, advisories->more_room + ROOM_STEP))
        return at(advisories, room);
    struct edge_advisory *worst = at(advisories, 0);
    for (size_t i = 1; i < room; i++) {
        struct edge_advisory *held = at(advisories, i);
        bool older =
            eviction_rank(held) == 1 && (int32_t)(held->since_ms - worst->since_ms) < 0;
        if (eviction_rank(held) < eviction_rank(worst)
            || (eviction_rank(held) == eviction_rank(worst) && older))
            worst = held;
    }
    return eviction_rank(worst) < 5U - severity ? worst : NULL;
}

static int32_t e7(double deg) { return (int32_t)floor(deg * 1e7 + 0.5); }

static void remember(struct edge_advisory *held, const struct fusion_advisory *item)
{
    held->kind = (uint8_t)item->kind;
    held->layer = (uint8_t)item->layer;
    held->position_known = item->position_known;
    if (item->position_known) {
        held->lat_e7 = e7(item->position.lat_deg);
        held->lon_e7 = e7(item->position.lon_deg);
    }
    held->value = (float)item->value;
    held->limit = (float)item->limit;
    held->unit = item->value_known ? item->unit : NULL;
    memcpy(held->text, item->text, sizeof held->text);
}

static void change(struct edge_advisory *held, uint8_t severity)
{
    held->severity = severity;
    held->revision++;
    held->lowering = false;
}

// Found less severe than told, or (severity 0) not found.
static void lower(struct edge_advisory *held, uint8_t severity, uint32_t now_ms)
{
    if (!held->lowering) {
        held->lowering = true;
        held->since_ms = now_ms;
        held->lower = severity;
    } else if (severity != 0 && (held->lower == 0 || severity < held->lower)) {
        held->lower = severity;
    }
    if ((uint32_t)(now_ms - held->since_ms) < EDGE_ADVISORY_DWELL_US / 1000)
        return;
    change(held, held->lower);
    held->since_ms = now_ms;
}

static void evaluate(struct edge_advisory *held, struct fusion_advisory *item, uint32_t now_ms)
{
    uint8_t severity = (uint8_t)item->severity;
    if (held->severity == 0 || severity < held->severity)
        change(held, severity);
    else if (severity > held->severity)
        lower(held, severity, now_ms);
    else
        held->lowering = false;
    remember(held, item);
    item->severity = (enum fusion_severity)held->severity;
    item->revision = held->revision;
}

static bool found(const struct fusion_advisories *set, uint32_t advisory_id)
{
    for (size_t i = 0; i < set->count; i++)
        if (set->items[i].advisory_id == advisory_id)
            return true;
    return false;
}

static void order(struct fusion_advisories *set)
{
    for (size_t i = 1; i < set->count; i++) {
        if (set->items[i].severity >= set->items[i - 1].severity)
            continue;
        struct fusion_advisory moved = set->items[i];
        size_t at = i;
        for (; at > 0 && moved.severity < set->items[at - 1].severity; at--)
            set->items[at] = set->items[at - 1];
        set->items[at] = moved;
    }
}

// What it said last, and that this is not so now.
static void tell_rest(const struct edge_advisory *held, char text[FUSION_ADVISORY_TEXT_SIZE])
{
    const char *begin = held->severity != 0 ? "no longer found, kept for 3 s: " : "over: ";
    size_t begins = strlen(begin);
    memcpy(text, begin, begins + 1);
    fusion_shorten(text + begins, FUSION_ADVISORY_TEXT_SIZE - begins, held->text);
}

struct fusion_advisory edge_advisory_rest(const struct edge_advisory *held, int64_t now_utc_us)
{
    struct fusion_advisory out = {
        .advisory_id = held->advisory_id,
        .revision = held->revision,
        .severity =
            (enum fusion_severity)(held->severity != 0 ? held->severity : FUSION_SEVERITY_INFO),
        .kind = (enum fusion_advisory_kind)held->kind,
        .layer = (enum fusion_layer)held->layer,
        .valid_until_utc_us = now_utc_us + VALID_US,
        .position_known = held->position_known,
        .position = {.lat_deg = held->lat_e7 / 1e7, .lon_deg = held->lon_e7 / 1e7},
        .value_known = held->unit != NULL,
        .value = (double)held->value,
        .limit = (double)held->limit,
        .unit = held->unit,
    };
    tell_rest(held, out.text);
    return out;
}

void edge_advisories_apply(struct edge_advisories *advisories, struct edge_now now,
                           struct fusion_advisories *set)
{
    uint32_t now_ms = (uint32_t)(now.mono_us / 1000);
    size_t evaluated = set->count;
    for (size_t i = 0; i < evaluated; i++) {
        struct fusion_advisory *item = &set->items[i];
        struct edge_advisory *held = find(advisories, item->advisory_id);
        if (held == NULL) {
            held = place_for(advisories, (uint8_t)item->severity);
            if (held == NULL) {
                item->revision = 1;
                continue;
            }
            *held = (struct edge_advisory){.advisory_id = item->advisory_id};
        }
        evaluate(held, item, now_ms);
    }
    struct fusion_advisory rests[EDGE_ADVISORIES_MAX];
    size_t rest_count = 0;
    for (size_t i = 0; i < edge_advisories_room(advisories); i++) {
        struct edge_advisory *held = at(advisories, i);
        if (held->advisory_id == 0 || held->severity == 0 || found(set, held->advisory_id))
            continue;
        // what the evaluation left out for want of room is not gone
        if (set->left_out == 0)
            lower(held, 0, now_ms);
        if (held->severity != 0)
            rests[rest_count++] = edge_advisory_rest(held, now.utc_us);
    }
    order(set);
    for (size_t i = 0; i < rest_count; i++)
        fusion_advisories_add(set, &rests[i]);
}

struct edge_advisory *edge_advisories_untold(struct edge_advisories *advisories, size_t *cursor)
{
    while (*cursor < edge_advisories_room(advisories)) {
        struct edge_advisory *held = at(advisories, (*cursor)++);
        if (held->advisory_id != 0 && held->told != held->revision)
            return held;
    }
    return NULL;
}

void edge_advisory_tell(struct edge_advisory *held) { held->told = held->revision; }

void edge_advisories_repeat(struct edge_advisories *advisories)
{
    for (size_t i = 0; i < edge_advisories_room(advisories); i++)
        if (at(advisories, i)->severity != 0)
            at(advisories, i)->told = (uint16_t)(at(advisories, i)->revision - 1);
}
