// edge/handoff/recall.h - a drone that comes back: serve asks what the store keeps of it,
// ingest answers. SPDX-License-Identifier: Apache-2.0
//
// The fleet is bounded and lets silent drones go; their profiles and plans stay in the store,
// which serve cannot read. Two bounded rings of their own, so that a flood of ids that nobody
// knows takes no room from what is to be kept (edge/handoff/backqueue.h). One thread asks, one
// answers; neither waits, nothing is allocated after open.
#ifndef EDGE_RECALL_H
#define EDGE_RECALL_H

#include <stdbool.h>

#include "edge/handoff/backqueue.h"
#include "fusion/store/store.h"
#include "geo/status.h"

// Values of the store: these with the drone's id after them.
#define EDGE_KEPT_PROFILE "profile/"
#define EDGE_KEPT_PLAN "plan/"
#define EDGE_KEPT_SEEN "seen/" // the UTC at which it was heard of last; see edge/ingest/kept.h

// Answers that are no value: that was all; the store let go what it kept.
#define EDGE_RECALL_END "end/"
#define EDGE_RECALL_FORGOTTEN "forgotten/"

struct edge_recall {
    struct edge_backqueue *asked, *found;
    uint8_t *bytes; // ingest's own: a value on its way
    unsigned part;  // ingest's own: of the answer to the oldest question, given so far
};

// DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status edge_recall_open(struct edge_recall *out);
void edge_recall_close(struct edge_recall *recall);

// Serve: asks for the drone. DRF_ERR_FULL: no room now, ask at its next message.
DRF_MUST_CHECK enum drf_status edge_recall_ask(struct edge_recall *recall, const char *id);
// Serve: the oldest answer, borrowed until the pop; false: none. For each question: its profile
// and its plan, where the store keeps them, then EDGE_RECALL_END; EDGE_RECALL_FORGOTTEN comes
// unasked. What follows the slash is the drone's id.
bool edge_recall_front(struct edge_recall *recall, struct edge_back_value *out);
void edge_recall_pop(struct edge_recall *recall);

// Either: a question waits for its answer.
bool edge_recall_waiting(struct edge_recall *recall);
// Ingest: answers questions, some at a time. To be called when nothing waits in the backward
// queue, so that what serve had kept before it asked is found. True: there are new answers.
bool edge_recall_answer(struct edge_recall *recall, struct fusion_store *store);
// Ingest: says that the store let go what it kept of a drone. DRF_ERR_FULL: not now.
DRF_MUST_CHECK enum drf_status edge_recall_forget(struct edge_recall *recall, const char *id);

#endif
