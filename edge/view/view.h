// edge/view/view.h - the live page: what the node knows and what every drone is told.
// SPDX-License-Identifier: Apache-2.0
//
// A listener of its own, so that no number of pages keeps a probe of edge/service/http.h
// waiting, and a thread of its own, which makes the events of a tick once for all of them. It
// reads the store's file beside the node (edge/view/shared_store.h) and what serve shows
// (edge/handoff/viewing.h); nothing waits for it. schemas/view.md describes what it answers.
#ifndef EDGE_VIEW_H
#define EDGE_VIEW_H

#include <stdint.h>

#include "edge/config/config.h"
#include "edge/handoff/viewing.h"
#include "edge/host/health.h"
#include "edge/host/metrics.h"
#include "edge/host/now.h"
#include "geo/status.h"

struct edge_view;

struct edge_view_parts {
    const struct drf_config *config; // read at open and at reload only; the names in `view`
                                     // and the store's path are borrowed until close
    uint64_t boot_id;
    struct edge_viewing *viewing; // this and the rest are borrowed until close
    struct edge_metrics *metrics;
    const struct edge_health *health;
};

// Listens at view.address and view.port. The store need not be there yet. DRF_ERR_RANGE: the
// address is no IPv4 address. DRF_ERR_AGAIN: it cannot be listened at. DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status edge_view_open(const struct edge_view_parts *parts,
                                              struct edge_view **out);
// Ends all connections. Nobody steps any more. NULL is fine.
void edge_view_close(struct edge_view *view);

// One tick, to be called each EDGE_VIEW_TICK_MS (edge/view/streams.h) by one thread, which may
// wait for the disk. NULL is fine.
void edge_view_step(struct edge_view *view, struct edge_now now);
// The node runs with another configuration; from any thread but those of the listener.
void edge_view_reload(struct edge_view *view, const struct drf_config *config);

#endif
