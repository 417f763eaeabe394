// edge/service/timed_link.h - a link that measures how long contexts take.
// SPDX-License-Identifier: Apache-2.0
//
// A step reads no clock: for it no time passes between a report and its context. The link lies
// outside the step, so the time is taken here, when a context that answers a report has been
// handed over. It is observed and read by nothing inside a step.
#ifndef EDGE_TIMED_LINK_H
#define EDGE_TIMED_LINK_H

#include <stdint.h>

#include "edge/host/metrics.h"
#include "edge/mqtt/link.h"

struct edge_timed_link {
    struct edge_link link; // that the messages go to
    struct edge_metrics *metrics;
    int64_t (*mono_us)(void); // the clock that edge_incoming.arrival_mono_us comes from
};

// Passes everything on to `timed->link`; `timed` is borrowed as long as it is used.
struct edge_link edge_timed_link(struct edge_timed_link *timed);

#endif
