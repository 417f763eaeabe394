// sim/fleet/node_counters.h - what the node itself counts, from its /metrics page.
// SPDX-License-Identifier: Apache-2.0
//
// So that what did not arrive can be laid beside what the node says it did not send.
#ifndef SIM_NODE_COUNTERS_H
#define SIM_NODE_COUNTERS_H

#include <stdint.h>

#include "geo/status.h"

struct sim_node_counters {
    uint64_t contexts; // handed to MQTT
    uint64_t shed;     // reports that it did not answer one by one: rate, newer, unseen
    uint64_t drops;    // messages that MQTT had no room for
    uint64_t refused,
        lost_ways; // telemetry refused; gaps in its numbers on the way to the node
};

// Reads http://HOST:PORT/metrics, waiting two seconds at most. DRF_ERR_ABSENT: no such host, or
// nobody answers there. DRF_ERR_SYNTAX: no such page.
DRF_MUST_CHECK enum drf_status sim_node_counters_read(const char *address,
                                                      struct sim_node_counters *out);
// What was counted between; a node that began anew in between counts from 0.
struct sim_node_counters sim_node_counters_since(const struct sim_node_counters *before,
                                                 const struct sim_node_counters *after);

#endif
