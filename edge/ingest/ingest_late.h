// edge/ingest/ingest_late.h - urgent messages whose decoder was late wait for a second try.
// SPDX-License-Identifier: Apache-2.0
//
// The second try runs in the bulk lane, so that the urgent feeds do not wait for it. Until it
// is done the stored offset of its partition stays before it: after a crash it is read again,
// and so are those behind it, which changes nothing.
#ifndef EDGE_INGEST_LATE_H
#define EDGE_INGEST_LATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "edge/kafka/envelope.h"
#include "geo/reader/decode_params.h"

enum { INGEST_LATE_MAX = 4 };

struct ingest_lane;

struct ingest_late_message {
    struct edge_message message;
    struct edge_envelope envelope;
    struct geo_decode_params params;
    int64_t reach; // the greatest offset of its partition that is done
    bool in_work;  // the bulk lane has it
};

struct ingest_late { // in the order of their arrival
    struct ingest_late_message waiting[INGEST_LATE_MAX];
    size_t count;
};

// Takes the lane's message over. False: no room.
bool ingest_late_put(struct ingest_late *late, const struct ingest_lane *lane);
// Gives the bulk lane, which is empty, the oldest that it does not have. False: there is none.
bool ingest_late_next(struct ingest_late *late, struct ingest_lane *lane);
// The offset to store once the message is done.
int64_t ingest_late_offset(const struct ingest_late *late, const struct edge_message *message);
// A message is done, late or not.
void ingest_late_done(struct ingest_late *late, const struct edge_message *message);

#endif
