// edge/service/owning.h - the thread that keeps this node's ownership of drones.
// SPDX-License-Identifier: Apache-2.0
//
// Only where the configuration names owners.topic. It waits for Kafka, so it has a thread of
// its own; what it finds out goes to serve by edge/handoff/ownership.h.
#ifndef EDGE_OWNING_H
#define EDGE_OWNING_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "edge/owners/owners.h"
#include "edge/service/node.h"

struct edge_owning {
    struct edge_node *node; // NULL: there is no thread
    struct edge_owners *owners;
    atomic_bool ends;
    bool running;
    pthread_t thread;
};

// The node is open, and borrowed. True without a thread where nothing is configured. False: it
// was logged why not.
DRF_MUST_CHECK bool edge_owning_begin(struct edge_owning *owning, struct edge_node *node);
// Every lease ends; then the group is left, which may wait for the network.
void edge_owning_end(struct edge_owning *owning);

#endif
