// edge/decoder/child.h - decoder child processes: untrusted input is decoded outside the node.
// SPDX-License-Identifier: Apache-2.0
//
// Each lane (urgent, bulk) has a child while it needs one, and one more is always warm: when a
// child dies or hangs, the spare replaces it at once and another is started. A lane's messages
// are decoded in the order they were started; several may be in progress in its child, so that
// the child does not wait for the node. A child that dies costs the message it was decoding;
// those queued behind it go to the spare. Belongs to the ingest loop; non-blocking; the caller
// passes the time.
#ifndef EDGE_CHILD_H
#define EDGE_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "geo/format/decode.h"
#include "geo/record/record.h"
#include "geo/status.h"

enum { EDGE_CHILD_LANES = 2, EDGE_CHILD_AHEAD_MAX = 8, EDGE_CHILD_WALL_FACTOR = 10 };

struct edge_children_config {
    const char *program; // NULL: this one
    const char *word;    // its first argument: "decode-child"
    uint64_t memory_bytes;
    uint64_t record_max_bytes;
    int64_t timeout_us; // of CPU for one message, and EDGE_CHILD_WALL_FACTOR times that of
                        // wall time
};

struct edge_children;

// Starts the children, does not wait for them. DRF_ERR_NOMEM, DRF_ERR_AGAIN: no process can be
// started (children are tried again at each step once open).
DRF_MUST_CHECK enum drf_status edge_children_open(const struct edge_children_config *config,
                                                  struct edge_children **out);
void edge_children_close(struct edge_children *children); // NULL is fine; ends them

// Readable (epoll) when a step would do something before its time.
int edge_children_fd(const struct edge_children *children);
// Moves bytes, notices deaths and time-outs, starts what is missing. Returns the mono time of
// the next step at the latest.
int64_t edge_children_step(struct edge_children *children, int64_t now_mono_us);

// Hands a message over. `bytes` are borrowed until the result is taken. DRF_ERR_AGAIN: no child
// is ready, or the lane holds EDGE_CHILD_AHEAD_MAX whose results were not taken.
DRF_MUST_CHECK enum drf_status edge_children_start(struct edge_children *children, size_t lane,
                                                   const struct geo_decode_params *params,
                                                   const uint8_t *bytes, size_t size,
                                                   int64_t now_mono_us);

struct edge_decoded {
    enum drf_status status;   // OK: a record, validated
    bool died;                // the child died or hung, or its answer was not one
    bool late;                // of that: it took too long, and was not broken
    struct geo_record record; // until the lane's next result is taken
    struct geo_note why;      // of anything but OK
};
// The result of the lane's oldest message, once. False: not there yet, or nothing was started.
bool edge_children_take(struct edge_children *children, size_t lane, struct edge_decoded *out);

// Once for each time that another child took the place of one that had ended: how long the lane
// was without. False: no more since last asked.
bool edge_children_replaced(struct edge_children *children, int64_t *without_us);

bool edge_children_ready(const struct edge_children *children); // any child is warm
bool edge_children_landlocked(const struct edge_children *children);

#endif
