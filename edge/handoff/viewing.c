// SPDX-License-Identifier: Apache-2.0
#include "edge/handoff/viewing.h"

#include <stdlib.h>
#include <string.h>

_Static_assert(sizeof(struct edge_view_drone) % sizeof(uint64_t) == 0, "whole words");

enum { DRONE_WORDS = EDGE_SEQLOCK_WORDS(sizeof(struct edge_view_drone)) };

// Who may touch question and answer: the view while IDLE or ANSWERED, serve while ASKED.
enum { IDLE, ASKED, ANSWERED };

// Serve's own, of a place.
struct shown {
    char id[EDGE_VIEW_ID_SIZE];
    uint32_t generation;
};

struct edge_viewing {
    _Atomic bool watching;
    _Atomic uint32_t places;
    _Atomic int asking;
    uint32_t drones_max;
    struct shown *shown;
    _Atomic uint64_t *drones;         // DRONE_WORDS each
    struct edge_view_followed follow; // the view's own copy
    struct edge_view_question question;
    struct edge_view_answer answer;
    _Atomic uint64_t fleet[EDGE_SEQLOCK_WORDS(sizeof(struct edge_view_fleet))];
    _Atomic uint64_t followed[EDGE_SEQLOCK_WORDS(sizeof(struct edge_view_followed))];
    _Atomic uint64_t tracks[EDGE_SEQLOCK_WORDS(sizeof(struct edge_view_tracks))];
    _Atomic uint64_t texts[EDGE_VIEW_TEXT_COUNT][EDGE_SEQLOCK_WORDS(EDGE_VIEW_TEXTS_MAX)];
    _Atomic uint64_t
        details[EDGE_VIEW_FOLLOWED_MAX][EDGE_SEQLOCK_WORDS(sizeof(struct edge_view_detail))];
};

// calloc, not malloc and a loop: pages that nobody writes cost nothing, and words of 0 are what
// atomic_init would make of them.
enum drf_status edge_viewing_open(uint32_t drones_max, struct edge_viewing **out)
{
    struct edge_viewing *viewing = calloc(1, sizeof *viewing);
    if (viewing == NULL)
        return DRF_ERR_NOMEM;
    viewing->drones_max = drones_max;
    viewing->shown = calloc(drones_max, sizeof *viewing->shown);
    viewing->drones = calloc(drones_max, DRONE_WORDS * sizeof *viewing->drones);
    if (viewing->shown == NULL || viewing->drones == NULL) {
        edge_viewing_close(viewing);
        return DRF_ERR_NOMEM;
    }
    atomic_init(&viewing->watching, false);
    atomic_init(&viewing->places, 0);
    atomic_init(&viewing->asking, IDLE);
    *out = viewing;
    return DRF_OK;
}

void edge_viewing_close(struct edge_viewing *viewing)
{
    if (viewing == NULL)
        return;
    free(viewing->drones);
    free(viewing->shown);
    free(viewing);
}

// Nothing is handed over by it: what serve fills has cells of its own.
void edge_viewing_watch(struct edge_viewing *viewing, bool watching)
{
    atomic_store_explicit(&viewing->watching, watching, memory_order_relaxed);
}

bool edge_viewing_watched(const struct edge_viewing *viewing)
{
    return atomic_load_explicit(&viewing->watching, memory_order_relaxed);
}

uint32_t edge_viewing_places(const struct edge_viewing *viewing)
{
    return atomic_load_explicit(&viewing->places, memory_order_relaxed);
}

static _Atomic uint64_t *cell_of(const struct edge_viewing *viewing, uint32_t number)
{
    return viewing->drones + (size_t)number * DRONE_WORDS;
}

enum edge_seqlock_read edge_viewing_drone(const struct edge_viewing *viewing, uint32_t number,
                                          uint64_t *seen, struct edge_view_drone *out)
{
    if (number >= viewing->drones_max)
        return EDGE_SEQLOCK_SAME;
    size_t size = sizeof *out;
    return edge_seqlock_read(cell_of(viewing, number), seen, out, &size);
}

enum edge_seqlock_read edge_viewing_fleet(const struct edge_viewing *viewing, uint64_t *seen,
                                          struct edge_view_fleet *out)
{
    size_t size = sizeof *out;
    return edge_seqlock_read(viewing->fleet, seen, out, &size);
}

enum edge_seqlock_read edge_viewing_tracks(const struct edge_viewing *viewing, uint64_t *seen,
                                           struct edge_view_tracks *out)
{
    size_t size = sizeof *out;
    return edge_seqlock_read(viewing->tracks, seen, out, &size);
}

enum edge_seqlock_read edge_viewing_text(const struct edge_viewing *viewing,
                                         enum edge_view_text text, uint64_t *seen, char *out,
                                         size_t *size)
{
    return edge_seqlock_read(viewing->texts[text], seen, out, size);
}

void edge_viewing_follow(struct edge_viewing *viewing, uint32_t slot, const char *id)
{
    if (slot >= EDGE_VIEW_FOLLOWED_MAX || strlen(id) >= EDGE_VIEW_ID_SIZE)
        return;
    char *followed = viewing->follow.id[slot];
    memset(followed, 0, EDGE_VIEW_ID_SIZE);
    memcpy(followed, id, strlen(id) + 1);
    edge_seqlock_write(viewing->followed, &viewing->follow, sizeof viewing->follow);
}

bool edge_viewing_followed(const struct edge_viewing *viewing, uint64_t *seen,
                           struct edge_view_followed *out)
{
    uint64_t turn = *seen;
    struct edge_view_followed now;
    size_t size = sizeof now;
    if (edge_seqlock_read(viewing->followed, &turn, &now, &size) != EDGE_SEQLOCK_NEW)
        return false;
    *seen = turn;
    *out = now;
    return true;
}

enum edge_seqlock_read edge_viewing_detail(const struct edge_viewing *viewing, uint32_t slot,
                                           uint64_t *seen, struct edge_view_detail *out)
{
    if (slot >= EDGE_VIEW_FOLLOWED_MAX)
        return EDGE_SEQLOCK_SAME;
    size_t size = sizeof *out;
    return edge_seqlock_read(viewing->details[slot], seen, out, &size);
}

enum drf_status edge_viewing_ask(struct edge_viewing *viewing,
                                 const struct edge_view_question *question)
{
    if (atomic_load_explicit(&viewing->asking, memory_order_acquire) == ASKED)
        return DRF_ERR_AGAIN;
    viewing->question = *question;
    atomic_store_explicit(&viewing->asking, ASKED, memory_order_release);
    return DRF_OK;
}

enum drf_status edge_viewing_answer(const struct edge_viewing *viewing,
                                    const struct edge_view_answer **out)
{
    if (atomic_load_explicit(&viewing->asking, memory_order_acquire) != ANSWERED)
        return DRF_ERR_AGAIN;
    *out = &viewing->answer;
    return DRF_OK;
}

const struct edge_view_question *edge_viewing_asked(const struct edge_viewing *viewing)
{
    return atomic_load_explicit(&viewing->asking, memory_order_acquire) == ASKED
               ? &viewing->question
               : NULL;
}

struct edge_view_answer *edge_viewing_blank(struct edge_viewing *viewing)
{
    return &viewing->answer;
}

void edge_viewing_answered(struct edge_viewing *viewing)
{
    atomic_store_explicit(&viewing->asking, ANSWERED, memory_order_release);
}

static void put(struct edge_viewing *viewing, uint32_t number,
                const struct edge_view_drone *drone)
{
    struct shown *shown = &viewing->shown[number];
    if (strcmp(shown->id, drone->id) != 0) {
        memcpy(shown->id, drone->id, sizeof shown->id);
        shown->generation++;
    }
    struct edge_view_drone record = *drone;
    record.generation = shown->generation;
    edge_seqlock_write(cell_of(viewing, number), &record, sizeof record);
}

void edge_viewing_put_drone(struct edge_viewing *viewing, uint32_t number,
                            const struct edge_view_drone *drone)
{
    if (number >= viewing->drones_max)
        return;
    put(viewing, number, drone);
    if (number >= edge_viewing_places(viewing))
        atomic_store_explicit(&viewing->places, number + 1, memory_order_relaxed);
}

void edge_viewing_clear_drone(struct edge_viewing *viewing, uint32_t number)
{
    if (number < viewing->drones_max && viewing->shown[number].id[0] != '\0')
        put(viewing, number, &(struct edge_view_drone){.id = ""});
}

const char *edge_viewing_shown(const struct edge_viewing *viewing, uint32_t number)
{
    return number < viewing->drones_max ? viewing->shown[number].id : "";
}

void edge_viewing_put_fleet(struct edge_viewing *viewing, const struct edge_view_fleet *fleet)
{
    edge_seqlock_write(viewing->fleet, fleet, sizeof *fleet);
}

void edge_viewing_put_tracks(struct edge_viewing *viewing,
                             const struct edge_view_tracks *tracks)
{
    edge_seqlock_write(viewing->tracks, tracks,
                       offsetof(struct edge_view_tracks, tracks)
                           + tracks->count * sizeof tracks->tracks[0]);
}

void edge_viewing_put_text(struct edge_viewing *viewing, enum edge_view_text text,
                           const void *bytes, size_t size)
{
    edge_seqlock_write(viewing->texts[text], bytes, size);
}

void edge_viewing_put_detail(struct edge_viewing *viewing, uint32_t slot,
                             const struct edge_view_detail *detail)
{
    edge_seqlock_write(viewing->details[slot], detail,
                       offsetof(struct edge_view_detail, json) + detail->size);
}
