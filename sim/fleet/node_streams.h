// sim/fleet/node_streams.h - whose contexts a drone uses where several nodes serve its region.
// SPDX-License-Identifier: Apache-2.0
//
// The rule of schemas/client.md, "Several nodes": streams are kept apart by node; the one with
// the newest owner_epoch is used while it is not stale; no older epoch is taken after it; while
// no owner's is fresh, one without an epoch: the freshest, and then that one on. Stale by the
// time in a context, or by its receipt. A value without pointers; zeros: nothing was heard.
#ifndef SIM_NODE_STREAMS_H
#define SIM_NODE_STREAMS_H

#include "sim/fleet/context_scan.h"
#include "sim/host/now.h"

enum { SIM_STREAM_NODES = 8 }; // of a region; another takes the place of the longest silent

struct sim_node_stream {
    uint64_t node; // hash of its name; 0: free
    uint64_t boot_id;
    uint32_t seq; // of the last context that arrived
    bool taken;   // one was; of the last of them:
    uint64_t taken_boot_id, epoch;
    uint32_t taken_seq;
    int64_t void_utc_us, stale_after_us, arrived_mono_us;
};

struct sim_node_streams {
    struct sim_node_stream of[SIM_STREAM_NODES];
    uint64_t epoch; // the newest that was taken; 0: none
    uint64_t used;  // node of the stream that is used; 0: none
};

enum sim_taken {
    SIM_TAKEN,
    SIM_TAKEN_BACK,  // of a former life of its node, overtaken or repeated
    SIM_TAKEN_OLDER, // of a former owner
};

struct sim_arrived {
    enum sim_taken taken;
    bool used;            // it is of the stream that is used now
    uint64_t lost;        // contexts missing before it in its stream
    uint64_t before_boot; // of its stream before it
    uint32_t before_seq;
};

// A context that arrives.
struct sim_arrived sim_node_streams_take(struct sim_node_streams *streams,
                                         const struct sim_context_head *head,
                                         struct sim_now now);
// The stream that is used at that time, which may be stale; NULL: nothing was taken. Valid
// until the next call.
const struct sim_node_stream *sim_node_streams_choose(struct sim_node_streams *streams,
                                                      struct sim_now now);

#endif
