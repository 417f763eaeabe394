// edge/handoff/restore_request.h - asks the store for a drone's profile and plan.
// SPDX-License-Identifier: Apache-2.0
//
// The fleet is bounded and drops silent drones; their profiles and plans stay in the store,
// which serve cannot read. When such a drone comes back, serve asks and ingest answers, over
// two bounded rings that are separate from the backward queue (edge/handoff/backqueue.h): a
// flood of unknown ids takes no room from values that must be stored. One thread asks, one
// answers; lock-free, neither waits, no allocation after open.
#ifndef EDGE_RESTORE_REQUEST_H
#define EDGE_RESTORE_REQUEST_H

#include <stdbool.h>

#include "edge/handoff/backqueue.h"
#include "fusion/store/store.h"
#include "geo/status.h"

// Values of the store: these with the drone's id after them.
#define EDGE_STORED_PROFILE "profile/"
#define EDGE_STORED_PLAN "plan/"
#define EDGE_STORED_SEEN                                                                       \
    "seen/" // the UTC at which it was heard of last; see edge/ingest/retention.h

// Answers that are not values: that was all; the store deleted what it kept.
#define EDGE_RESTORE_REQUEST_END "end/"
#define EDGE_RESTORE_REQUEST_FORGOTTEN "forgotten/"

struct edge_restore_request {
    struct edge_backqueue *asked, *found;
    uint8_t *bytes; // ingest's own: a value in transit
    unsigned part;  // ingest's own: of the answer to the oldest question, given so far
};

// DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status edge_restore_request_open(struct edge_restore_request *out);
void edge_restore_request_close(struct edge_restore_request *restore_request);
// Before the first use: where both sides record or replay what passed; borrowed.
void edge_restore_request_use_inputs(struct edge_restore_request *restore_request,
                                     struct edge_inputs *ingest, struct edge_inputs *serve);
// At the beginning of a step of ingest, and of one of serve (edge_backqueue_look()).
void edge_restore_request_look_asked(struct edge_restore_request *restore_request);
void edge_restore_request_look_found(struct edge_restore_request *restore_request);

// Serve: asks for the drone. DRF_ERR_FULL: no room now, ask at its next message.
DRF_MUST_CHECK enum drf_status edge_restore_request_ask(
    struct edge_restore_request *restore_request, const char *id);
// Serve: the oldest answer, borrowed until the pop; false: none. For each question: its profile
// and its plan, where the store keeps them, then EDGE_RESTORE_REQUEST_END;
// EDGE_RESTORE_REQUEST_FORGOTTEN comes unasked. What follows the slash is the drone's id.
bool edge_restore_request_front(struct edge_restore_request *restore_request,
                                struct edge_back_value *out);
void edge_restore_request_pop(struct edge_restore_request *restore_request);

// Either: a question waits for its answer. Not a part of a step.
bool edge_restore_request_waiting(struct edge_restore_request *restore_request);
// Ingest: answers questions, some at a time. To be called when nothing waits in the backward
// queue, so that what serve had kept before it asked is found. True: there are new answers.
bool edge_restore_request_answer(struct edge_restore_request *restore_request,
                                 struct fusion_store *store);
// Ingest: reports that the store deleted what it kept of a drone. DRF_ERR_FULL: not now.
DRF_MUST_CHECK enum drf_status edge_restore_request_forget(
    struct edge_restore_request *restore_request, const char *id);

#endif
