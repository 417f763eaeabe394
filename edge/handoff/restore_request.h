// edge/handoff/restore_request.h - a drone that comes back: serve asks what the store keeps of
// it, ingest answers. SPDX-License-Identifier: Apache-2.0
//
// The fleet is bounded and lets silent drones go; their profiles and plans stay in the store,
// which serve cannot read. Two bounded rings of their own, so that a flood of ids that nobody
// knows takes no room from what is to be kept (edge/handoff/backqueue.h). One thread asks, one
// answers; neither waits, nothing is allocated after open.
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

// Answers that are no value: that was all; the store let go what it kept.
#define EDGE_RESTORE_REQUEST_END "end/"
#define EDGE_RESTORE_REQUEST_FORGOTTEN "forgotten/"

struct edge_restore_request {
    struct edge_backqueue *asked, *found;
    uint8_t *bytes; // ingest's own: a value on its way
    unsigned part;  // ingest's own: of the answer to the oldest question, given so far
};

// DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status edge_restore_request_open(struct edge_restore_request *out);
void edge_restore_request_close(struct edge_restore_request *restore_request);

// Serve: asks for the drone. DRF_ERR_FULL: no room now, ask at its next message.
DRF_MUST_CHECK enum drf_status edge_restore_request_ask(
    struct edge_restore_request *restore_request, const char *id);
// Serve: the oldest answer, borrowed until the pop; false: none. For each question: its profile
// and its plan, where the store keeps them, then EDGE_RESTORE_REQUEST_END;
// EDGE_RESTORE_REQUEST_FORGOTTEN comes unasked. What follows the slash is the drone's id.
bool edge_restore_request_front(struct edge_restore_request *restore_request,
                                struct edge_back_value *out);
void edge_restore_request_pop(struct edge_restore_request *restore_request);

// Either: a question waits for its answer.
bool edge_restore_request_waiting(struct edge_restore_request *restore_request);
// Ingest: answers questions, some at a time. To be called when nothing waits in the backward
// queue, so that what serve had kept before it asked is found. True: there are new answers.
bool edge_restore_request_answer(struct edge_restore_request *restore_request,
                                 struct fusion_store *store);
// Ingest: says that the store let go what it kept of a drone. DRF_ERR_FULL: not now.
DRF_MUST_CHECK enum drf_status edge_restore_request_forget(
    struct edge_restore_request *restore_request, const char *id);

#endif
