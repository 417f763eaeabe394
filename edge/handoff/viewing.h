// edge/handoff/viewing.h - how serve and those who look at the node meet.
// SPDX-License-Identifier: Apache-2.0
//
// Serve writes, a view reads, neither waits: each value is a cell under a sequence lock
// (edge/handoff/seqlock.h), of atomic words, without a pointer into the root. Serve fills them
// only while somebody looks. All memory is taken at open: 0.3 KB for each drone that the fleet
// may hold, and 5.2 MB that the system gives when it is first written.
//
// Nothing that a step of serve puts out depends on any of this: it is no input of the node, and
// not recorded.
#ifndef EDGE_VIEWING_H
#define EDGE_VIEWING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "edge/handoff/seqlock.h"
#include "edge/handoff/view_record.h"
#include "geo/status.h"

struct edge_viewing;
// DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status edge_viewing_open(uint32_t drones_max,
                                                 struct edge_viewing **out);
void edge_viewing_close(struct edge_viewing *viewing); // NULL is fine

// View, any thread: whether somebody looks. At first nobody does.
void edge_viewing_watch(struct edge_viewing *viewing, bool watching);
// View: places below this number hold or held a drone; its number is that in the fleet.
uint32_t edge_viewing_places(const struct edge_viewing *viewing);
// View, any thread: the newest value, where it is another than that of *seen (0 at first).
enum edge_seqlock_read edge_viewing_drone(const struct edge_viewing *viewing, uint32_t number,
                                          uint64_t *seen, struct edge_view_drone *out);
enum edge_seqlock_read edge_viewing_fleet(const struct edge_viewing *viewing, uint64_t *seen,
                                          struct edge_view_fleet *out);
enum edge_seqlock_read edge_viewing_tracks(const struct edge_viewing *viewing, uint64_t *seen,
                                           struct edge_view_tracks *out);
// *size is the room in (EDGE_VIEW_TEXTS_MAX is enough), the length out; 0: it does not fit
// there. No NUL.
enum edge_seqlock_read edge_viewing_text(const struct edge_viewing *viewing,
                                         enum edge_view_text text, uint64_t *seen, char *out,
                                         size_t *size);
// View, one thread at a time: the drone that is followed in a slot, below
// EDGE_VIEW_FOLLOWED_MAX; "": none.
void edge_viewing_follow(struct edge_viewing *viewing, uint32_t slot, const char *id);
// View, any thread: what the slot holds. While `id` in it is not the one that is followed,
// serve has not looked yet.
enum edge_seqlock_read edge_viewing_detail(const struct edge_viewing *viewing, uint32_t slot,
                                           uint64_t *seen, struct edge_view_detail *out);

// View, one thread at a time: puts a question. DRF_ERR_AGAIN: the one before is not answered.
// An answer that nobody took is dropped.
DRF_MUST_CHECK enum drf_status edge_viewing_ask(struct edge_viewing *viewing,
                                                const struct edge_view_question *question);
// The same thread: the answer, borrowed until the next question. DRF_ERR_AGAIN: not yet, ask
// again after some milliseconds.
DRF_MUST_CHECK enum drf_status edge_viewing_answer(const struct edge_viewing *viewing,
                                                   const struct edge_view_answer **out);

// Serve's side, from its one thread.
bool edge_viewing_watched(const struct edge_viewing *viewing);
void edge_viewing_put_drone(struct edge_viewing *viewing, uint32_t number,
                            const struct edge_view_drone *drone); // `generation` is set here
// No drone is in that place any more.
void edge_viewing_clear_drone(struct edge_viewing *viewing, uint32_t number);
// The id of the drone shown in that place; "": none. Borrowed until the next put.
const char *edge_viewing_shown(const struct edge_viewing *viewing, uint32_t number);
void edge_viewing_put_fleet(struct edge_viewing *viewing, const struct edge_view_fleet *fleet);
void edge_viewing_put_tracks(struct edge_viewing *viewing,
                             const struct edge_view_tracks *tracks);
// `size` is at most EDGE_VIEW_TEXTS_MAX; 0: it does not fit there.
void edge_viewing_put_text(struct edge_viewing *viewing, enum edge_view_text text,
                           const void *bytes, size_t size);
// The drones that are followed. False: the same as at *seen (0 at first), or it changes just
// now; *out is then what it was.
struct edge_view_followed {
    char id[EDGE_VIEW_FOLLOWED_MAX][EDGE_VIEW_ID_SIZE]; // "": none
};
bool edge_viewing_followed(const struct edge_viewing *viewing, uint64_t *seen,
                           struct edge_view_followed *out);
void edge_viewing_put_detail(struct edge_viewing *viewing, uint32_t slot,
                             const struct edge_view_detail *detail);
// The question that waits; NULL: none. Both are borrowed until edge_viewing_answered().
const struct edge_view_question *edge_viewing_asked(const struct edge_viewing *viewing);
struct edge_view_answer *edge_viewing_blank(struct edge_viewing *viewing);
void edge_viewing_answered(struct edge_viewing *viewing);

#endif
