// edge/service/leased_link.h - a link that sends an owner's messages only while its lease runs.
// SPDX-License-Identifier: Apache-2.0
//
// A step reads no clock, and the machine may have slept since it began: whether the lease still
// runs is looked at here, where a message is handed to MQTT. DRF_ERR_STALE is an answer of the
// link like any other, recorded and replayed.
#ifndef EDGE_LEASED_LINK_H
#define EDGE_LEASED_LINK_H

#include <stdint.h>

#include "edge/handoff/ownership.h"
#include "edge/host/metrics.h"
#include "edge/mqtt/link.h"

struct edge_leased_link {
    struct edge_link link; // that the messages go to
    const struct edge_ownership *ownership;
    struct edge_metrics *metrics;
    int64_t (*boot_us)(void); // counts through suspension
};

// Passes everything else on to `leased->link`; `leased` is borrowed as long as it is used.
struct edge_link edge_leased_link(struct edge_leased_link *leased);

#endif
