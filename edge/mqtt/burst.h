// edge/mqtt/burst.h - what one step writes to a socket: the first at once, then many together.
// SPDX-License-Identifier: Apache-2.0
//
// libmosquitto writes each packet when it is handed over, and each write is a pass through the
// kernel's network stack and a wake of the broker. In a step that sends more than
// EDGE_BURST_AT_ONCE messages the socket collects the rest (tcp(7): TCP_CORK) and sends them
// EDGE_BURST_TOGETHER at a time, the last at the end of the step: the kernel has less to do.
// What is no context is not collected (edge/mqtt/transfer_mqtt.c). A value; non-blocking.
#ifndef EDGE_BURST_H
#define EDGE_BURST_H

#include <stdbool.h>
#include <stdint.h>

enum { EDGE_BURST_AT_ONCE = 4, EDGE_BURST_TOGETHER = 16 };

struct edge_burst { // all zero at first
    uint32_t begun; // messages of this step
    bool collecting;
};

// One more message is about to be written to the socket.
void edge_burst_next(struct edge_burst *burst, int fd);
// Nothing more comes for now: what was collected is sent. `fd` may be -1: it is closed.
void edge_burst_end(struct edge_burst *burst, int fd);

#endif
