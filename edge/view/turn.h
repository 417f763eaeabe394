// edge/view/turn.h - work that one thread does at a time, and for which few may wait.
// SPDX-License-Identifier: Apache-2.0
//
// Who finds it taken waits, EDGE_TURN_WAITING_MAX at most; the others are sent away, so that no
// number of them fills the listener with threads that wait.
#ifndef EDGE_TURN_H
#define EDGE_TURN_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "geo/status.h"

enum { EDGE_TURN_WAITING_MAX = 2 };

struct edge_turn {
    pthread_mutex_t lock;
    pthread_cond_t free;
    bool taken;
    unsigned waiting;
    _Atomic bool stopping;
};

DRF_MUST_CHECK enum drf_status edge_turn_open(struct edge_turn *turn); // DRF_ERR_NOMEM
void edge_turn_close(struct edge_turn *turn);

// DRF_OK: the caller's until it gives it back. DRF_ERR_FULL: enough wait already.
// DRF_ERR_AGAIN: it was stopped.
DRF_MUST_CHECK enum drf_status edge_turn_take(struct edge_turn *turn);
void edge_turn_give(struct edge_turn *turn);
unsigned edge_turn_waiting(struct edge_turn *turn);

// For good: who waits goes at once, and who has it should look at edge_turn_stopping often.
void edge_turn_stop(struct edge_turn *turn);
bool edge_turn_stopping(const struct edge_turn *turn);

#endif
