// edge/mqtt/back_off.h - how long to wait before a broker is tried again.
// SPDX-License-Identifier: Apache-2.0
//
// From 0.2 s twice as long each time, to 1 s where nobody answers, to 10 s where the broker
// says no; up to a quarter more, which spreads the reconnects of many nodes. A value.
#ifndef EDGE_BACK_OFF_H
#define EDGE_BACK_OFF_H

#include <stdbool.h>
#include <stdint.h>

struct edge_back_off {
    int64_t next_us;
    uint32_t jitter;
};

void edge_back_off_init(struct edge_back_off *back_off, const char *client_id); // may be NULL
// It answered: the next wait is the shortest.
void edge_back_off_reset(struct edge_back_off *back_off);
// How long to wait now; the next wait is longer.
int64_t edge_back_off_take(struct edge_back_off *back_off, bool refused);

#endif
