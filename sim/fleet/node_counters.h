// sim/fleet/node_counters.h - reads the node's counters from its /metrics page.
// SPDX-License-Identifier: Apache-2.0
//
// Messages that did not arrive are compared with what the node says it did not send.
#ifndef SIM_NODE_COUNTERS_H
#define SIM_NODE_COUNTERS_H

#include <stdint.h>

#include "geo/status.h"

struct sim_node_counters {
    uint64_t contexts;  // handed to MQTT
    uint64_t shed;      // reports without an answer of their own: rate, newer, unseen
    uint64_t drops;     // messages that MQTT had no room for
    uint64_t refused;   // telemetry refused
    uint64_t lost_ways; // gaps in the sequence numbers of telemetry at the node
};

// Reads http://HOST:PORT/metrics, waiting two seconds at most. DRF_ERR_ABSENT: no such host, or
// no answer. DRF_ERR_SYNTAX: no such page.
DRF_MUST_CHECK enum drf_status sim_node_counters_read(const char *address,
                                                      struct sim_node_counters *out);
// The difference of two readings; after a restart of the node in between, the second one.
struct sim_node_counters sim_node_counters_since(const struct sim_node_counters *before,
                                                 const struct sim_node_counters *after);

#endif
