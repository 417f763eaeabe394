// edge/serve/others/adjacent.h - nodes of the regions beside ours: whom drones join next.
// SPDX-License-Identifier: Apache-2.0
//
// Filled from the retained states of other regions' nodes, as the broker delivers them; a
// bounded list, by region and node. A node is in it while its state is not DOWN and comes
// again, and its region and ours, each widened by its margin, touch: what a broker keeps of a
// site that is gone, or behind a bridge that is cut, has no will. What its own state says of
// its neighbours is not looked at: the list depends on nothing that depends on ours. One owner;
// a ring is allocated where a node's boundary changes.
#ifndef EDGE_ADJACENT_H
#define EDGE_ADJACENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "edge/config/config.h"
#include "edge/wire/wire.h"
#include "edge/wire/wire_state.h"

enum {
    EDGE_ADJACENT_MAX = 32,
    EDGE_ADJACENT_HEAR_US = 30000000, // after a connection a node that lives was heard of
    EDGE_ADJACENT_TELL_US = 10000000, // a node with neighbours says its state again
    EDGE_ADJACENT_KEEP_US = 35000000, // one whose state does not come again is not there
};

struct edge_adjacent_node {
    char region_id[EDGE_WIRE_NODE_ID_SIZE], node_id[EDGE_WIRE_NODE_ID_SIZE];
    char address[EDGE_WIRE_ADDRESS_SIZE]; // "": not told
    uint64_t boot_id;
    int64_t node_time_utc_us; // of its newest state
    double margin_m;
    struct edge_region region; // its own copy; not checked for edges that cross
    int32_t priority;
    uint32_t session; // of the link, in which it was heard of last
    int64_t heard_mono_us;
};

struct edge_adjacent { // all zero at first
    struct edge_adjacent_node nodes[EDGE_ADJACENT_MAX];
    size_t count;
    uint64_t left_out; // states of nodes there was no place for
    uint32_t session;  // of the link, as it was looked at last
    int64_t sweep_mono_us;
};

void edge_adjacent_close(struct edge_adjacent *adjacent);

// A state of a node of another region, heard now, in a session of the link. True: what is told
// of the list has changed.
bool edge_adjacent_take(struct edge_adjacent *adjacent, const struct drf_config *config,
                        const struct edge_wire_node_state *state, uint32_t session,
                        int64_t now_mono_us);
// The list as our own state tells it, borrowed until the next of these calls; how many.
size_t edge_adjacent_tell(const struct edge_adjacent *adjacent,
                          struct edge_wire_neighbour out[static EDGE_ADJACENT_MAX]);
// Now and then: who is silent, and after a new connection whoever the broker says nothing of
// any more, is taken out of the list. True: it has changed.
bool edge_adjacent_sweep(struct edge_adjacent *adjacent, uint32_t session, int64_t now_mono_us);

// Whether a node of another region serves at this place of our region rather than we: its
// region holds it, and has the greater priority, or the same and the smaller id.
bool edge_adjacent_yields(const struct edge_adjacent *adjacent, const struct drf_config *config,
                          struct geo_point point);

#endif
