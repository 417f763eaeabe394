// edge/handoff/backqueue.h - queue of named values from the serve loop to the store.
// SPDX-License-Identifier: Apache-2.0
//
// A bounded ring of bytes with one producer (serve) and one consumer (ingest); lock-free,
// neither waits, no allocation after open. Names are the store's (fusion_store_put_value):
// "profile/ID", "plan/ID", "seen/ID" (edge/ingest/retention.h), "whereabouts". A second ring of
// the same type carries the answers of edge/handoff/restore_request.h in the other direction.
#ifndef EDGE_BACKQUEUE_H
#define EDGE_BACKQUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "edge/inputs/inputs.h"
#include "geo/status.h"

enum { EDGE_BACKQUEUE_NAME_SIZE = 96 };

struct edge_backqueue;

struct edge_back_value {
    const char *name;     // NUL-terminated
    const uint8_t *bytes; // 8-byte aligned
    size_t size;          // 0: delete the value
};

DRF_MUST_CHECK enum drf_status edge_backqueue_open(size_t room_bytes,
                                                   struct edge_backqueue **out);
void edge_backqueue_close(struct edge_backqueue *queue); // NULL is fine

// Before the first use: where each side records or replays what passed, and as what; borrowed.
// The popper then sees what had been pushed when it last called edge_backqueue_look(), once at
// the beginning of a step.
struct edge_backqueue_inputs {
    struct edge_inputs *popper, *pusher;
    enum edge_input front, push;
};
void edge_backqueue_use_inputs(struct edge_backqueue *queue,
                               struct edge_backqueue_inputs inputs);
void edge_backqueue_look(struct edge_backqueue *queue);

// Serve: copies. DRF_ERR_FULL: no room now (the caller counts it). DRF_ERR_RANGE: the name is
// empty or too long, or the value would not fit an empty queue.
DRF_MUST_CHECK enum drf_status edge_backqueue_push(struct edge_backqueue *queue,
                                                   const char *name, const void *bytes,
                                                   size_t size);
// Either: nothing is in it. Not a part of a step.
bool edge_backqueue_empty(struct edge_backqueue *queue);
// Popper, in a step: nothing is left of what was there when it looked.
bool edge_backqueue_drained(struct edge_backqueue *queue);
// Ingest: the oldest value, borrowed until the pop. False: none.
bool edge_backqueue_front(struct edge_backqueue *queue, struct edge_back_value *out);
void edge_backqueue_pop(struct edge_backqueue *queue); // there is a front (asserted)

#endif
