// edge/serve/owners.h - whether this node is owner of a drone, serves it, or answers for it.
// SPDX-License-Identifier: Apache-2.0
//
// Three questions with three answers, where several nodes serve a region; one alone is owner of
// everybody. What decides is what entered the steps: the table of edge/handoff/ownership.h, the
// states and heartbeats of the region's nodes as the MQTT broker gave them, and whether the
// link found the lease run out.
//   is       the lease runs and no state tells a newer epoch: contexts are PRIMARY.
//   serves   contexts are made: it is the owner, or was the last and nobody has followed, or
//            the drone asks for the streams of all nodes, or acknowledges this node's.
//   answers  one node gives each profile, plan and request its reply: that with the newest
//            epoch among the states as the broker put them in order, its own echo included.
//            All nodes get the states and the requests in that one order, so no two answer the
//            same. Without a lease (Kafka is away) it waits for a session and a second, to hear
//            a follower first.
// Where Kafka is away and the last owner is dead, one of those whose heartbeats are heard
// stands in: the one that owned the part last, else that with the smallest id.
#ifndef EDGE_SERVE_OWNERS_H
#define EDGE_SERVE_OWNERS_H

#include <stdbool.h>
#include <stdint.h>

#include "edge/handoff/ownership.h"
#include "edge/mqtt/topic.h"
#include "edge/serve/fleet/drone.h"

struct edge_serve;

enum { EDGE_OWNER_NODES_MAX = 16 }; // others of the region that are heard of

// Another node of the region.
struct edge_owner_node {
    char id[EDGE_ID_SIZE];
    uint64_t boot_id;
    bool down;
    int64_t alive_mono_us; // its last heartbeat or state; INT64_MIN: none
    uint64_t epochs[EDGE_OWNER_PARTS];
};

// Only edge/serve/owners.c writes it.
struct edge_owners_view {
    uint64_t turn; // of the table
    struct edge_owner_table table;
    int64_t held_mono_us[EDGE_OWNER_PARTS]; // a lease ran last; at first the start
    uint32_t lapsed;        // parts whose lease the link found run out a moment ago
    int64_t lapsed_mono_us; // when it did
    int64_t told_mono_us;   // of the last state
    bool told;              // a state with these epochs was handed over since the connection
    bool kept;              // and they were handed to the store
    uint32_t session;       // of the link, to which it was
    uint64_t echoed[EDGE_OWNER_PARTS]; // of our own states, as they came back
    uint64_t gone[EDGE_OWNER_PARTS]; // the greatest of nodes that are not held, or lost theirs
    struct edge_owner_node nodes[EDGE_OWNER_NODES_MAX];
    size_t node_count;
};

enum edge_owners_answer {
    EDGE_ANSWERS_NO,    // another node does, or nobody can
    EDGE_ANSWERS_LATER, // if nobody else has said within a second that it does
    EDGE_ANSWERS_NOW,
};

bool edge_owners_many(const struct edge_serve *serve); // several nodes are configured
// At the beginning of a step, after the ticket: what is to be kept is pushed here.
void edge_owners_begin(struct edge_serve *serve);
bool edge_owners_is(const struct edge_serve *serve, const struct edge_drone *drone);
// What a context of it says; 0: this node is not its owner, or the only one.
uint64_t edge_owners_epoch(const struct edge_serve *serve, const struct edge_drone *drone);
bool edge_owners_serves(const struct edge_serve *serve, const struct edge_drone *drone);
// It serves it in full, with advisories, patches and at the rate asked for: not only because
// the drone asks for all streams.
bool edge_owners_serves_fully(const struct edge_serve *serve, const struct edge_drone *drone);
enum edge_owners_answer edge_owners_answers(const struct edge_serve *serve, const char *id);
// No lease for so long that a follower, if there were one, would have been heard.
bool edge_owners_unfollowed(const struct edge_serve *serve, const char *id);
// Another node that lives answers for it.
bool edge_owners_elsewhere(const struct edge_serve *serve, const char *id);
// The same for what goes to everybody in the region: who answers for the first part. One node
// alone: LATER, as it has no lease.
enum edge_owners_answer edge_owners_speaks(const struct edge_serve *serve);

// The link found the lease of a part run out.
void edge_owners_lapse(struct edge_serve *serve, unsigned part);
// The state with the present epochs was handed over.
void edge_owners_told(struct edge_serve *serve);
// A node's state and heartbeat, as they came; `id` may be our own. `epochs`: NULL, or
// EDGE_OWNER_PARTS.
void edge_owners_hear_state(struct edge_serve *serve, const char *id, uint64_t boot_id,
                            bool down, const uint64_t *epochs);
void edge_owners_hear_heartbeat(struct edge_serve *serve, const char *id, uint64_t boot_id);

#endif
