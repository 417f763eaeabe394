// edge/mqtt/gather.h - packets gathered for one write to a socket, and what that did not take.
// SPDX-License-Identifier: Apache-2.0
//
// While it is stuck, a packet may have gone half: until it is not, nobody else may write to
// that socket. Non-blocking.
#ifndef EDGE_GATHER_H
#define EDGE_GATHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "edge/mqtt/link.h"
#include "geo/status.h"

enum {
    EDGE_GATHER_BYTES = 65536,
    EDGE_GATHER_PACKET_MAX = 16384, // what is larger gains nothing by company
};

struct edge_gather { // all zero: closed
    uint8_t *bytes;
    size_t begin, end; // gathered and not yet written
    bool stuck;        // the socket did not take all of it
};

DRF_MUST_CHECK enum drf_status edge_gather_open(struct edge_gather *gather); // DRF_ERR_NOMEM
void edge_gather_close(struct edge_gather *gather);
// Of another connection nothing goes on this one.
void edge_gather_drop(struct edge_gather *gather);

// Adds the message as a packet of QoS 0 of at most `packet_max` bytes. False: no room, or it is
// larger than that.
bool edge_gather_put(struct edge_gather *gather, const struct edge_outgoing *message,
                     size_t packet_max);
// Writes what is there. A socket that fails is shut down: who reads from it learns of it.
void edge_gather_write(struct edge_gather *gather, int fd);

#endif
