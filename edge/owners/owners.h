// edge/owners/owners.h - one step of the thread that keeps this node's ownership of drones.
// SPDX-License-Identifier: Apache-2.0
//
// Ties the group (group_kafka.h) to the rules (claims.h) and tells serve and the link by
// edge/handoff/ownership.h. Reads the clock that counts through suspension; waits for the
// network.
#ifndef EDGE_OWNERS_H
#define EDGE_OWNERS_H

#include "edge/config/config.h"
#include "edge/handoff/ownership.h"
#include "edge/host/log.h"
#include "edge/host/metrics.h"
#include "edge/kafka/kafka.h"

struct edge_owners;

// `epochs`: those of an earlier run, EDGE_OWNER_PARTS of them; NULL: none. All else is borrowed
// until close. DRF_ERR_RANGE with *error; DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status edge_owners_open(
    const struct drf_config *config, const uint64_t *epochs, struct edge_ownership *ownership,
    struct edge_metrics *metrics, const struct edge_log *log,
    char error[static EDGE_KAFKA_ERROR_SIZE], struct edge_owners **out);
// Ends every lease, leaves the group. NULL is fine; may wait for the network.
void edge_owners_close(struct edge_owners *owners);
// `fit`: this node can serve now. One that is not gives up what it owns. True: the table has
// changed, serve should look.
bool edge_owners_step(struct edge_owners *owners, bool fit);

#endif
