// edge/owners/group_kafka.h - membership of the consumer group that decides about ownership.
// SPDX-License-Identifier: Apache-2.0
//
// One client of its own: no message is read, only the assignment and the commits count. Eager
// assignment (cooperative loops in librdkafka 2.0.x), no static membership, a client.id of each
// node's own. Callbacks run within edge_group_step(), on its thread.
#ifndef EDGE_GROUP_KAFKA_H
#define EDGE_GROUP_KAFKA_H

#include "edge/config/config.h"
#include "edge/host/log.h"
#include "edge/kafka/kafka.h"
#include "edge/owners/claims.h"

struct edge_group;

// The settings are read here, all else is borrowed until close; of `ownership` the leases are
// ended where the group takes parts back, before it can give them to anybody. DRF_ERR_RANGE
// with *error: the settings make no client. DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status edge_group_open(const struct drf_config *config,
                                               struct edge_claims *claims,
                                               struct edge_ownership *ownership,
                                               const struct edge_log *log,
                                               char error[static EDGE_KAFKA_ERROR_SIZE],
                                               struct edge_group **out);
// Leaves first, so that the others need not wait for the session's end; may wait for the
// network.
void edge_group_close(struct edge_group *group); // NULL is fine

// Serves what came in, for at most `timeout_ms`, then joins or leaves as is `wanted`, and
// commits. `heard_epoch`: of any node. The lease of each acknowledged commit is in the claims.
void edge_group_step(struct edge_group *group, bool wanted, uint64_t heard_epoch,
                     int timeout_ms);

#endif
