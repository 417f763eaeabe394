// SPDX-License-Identifier: Apache-2.0
#include "edge/view/turn.h"

enum drf_status edge_turn_open(struct edge_turn *turn)
{
    turn->taken = false;
    turn->waiting = 0;
    atomic_init(&turn->stopping, false);
    if (pthread_mutex_init(&turn->lock, NULL) != 0)
        return DRF_ERR_NOMEM;
    if (pthread_cond_init(&turn->free, NULL) == 0)
        return DRF_OK;
    pthread_mutex_destroy(&turn->lock);
    return DRF_ERR_NOMEM;
}

void edge_turn_close(struct edge_turn *turn)
{
    pthread_cond_destroy(&turn->free);
    pthread_mutex_destroy(&turn->lock);
}

enum drf_status edge_turn_take(struct edge_turn *turn)
{
    enum drf_status status = DRF_OK;
    pthread_mutex_lock(&turn->lock);
    if (turn->taken && turn->waiting == EDGE_TURN_WAITING_MAX && !edge_turn_stopping(turn)) {
        status = DRF_ERR_FULL;
    } else {
        turn->waiting++;
        while (turn->taken && !edge_turn_stopping(turn))
            pthread_cond_wait(&turn->free, &turn->lock);
        turn->waiting--;
        if (edge_turn_stopping(turn))
            status = DRF_ERR_AGAIN;
        else
            turn->taken = true;
    }
    pthread_mutex_unlock(&turn->lock);
    return status;
}

void edge_turn_give(struct edge_turn *turn)
{
    pthread_mutex_lock(&turn->lock);
    turn->taken = false;
    pthread_cond_signal(&turn->free);
    pthread_mutex_unlock(&turn->lock);
}

unsigned edge_turn_waiting(struct edge_turn *turn)
{
    pthread_mutex_lock(&turn->lock);
    const unsigned waiting = turn->waiting;
    pthread_mutex_unlock(&turn->lock);
    return waiting;
}

void edge_turn_stop(struct edge_turn *turn)
{
    pthread_mutex_lock(&turn->lock);
    atomic_store(&turn->stopping, true);
    pthread_cond_broadcast(&turn->free);
    pthread_mutex_unlock(&turn->lock);
}

bool edge_turn_stopping(const struct edge_turn *turn) { return atomic_load(&turn->stopping); }
