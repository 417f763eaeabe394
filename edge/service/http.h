// edge/service/http.h - HTTP server: /metrics, /livez, /readyz, /startupz, /healthz.
// SPDX-License-Identifier: Apache-2.0
//
// For Prometheus and for supervisors. One internal thread of the library; it only reads the
// metrics and the health.
//
//   /livez     200 while both loops make steps (before their first one too), else 503: restart
//   /readyz    200 when everything is opened and nothing is waited for, else 503 with reasons
//   /startupz  503 until everything is opened and both loops run, then 200
//   /healthz   as /livez, in plain words
//
// The first three answer with a JSON object: {"status": WORD, "reasons": [{"reason", "text"}]}.
#ifndef EDGE_HTTP_H
#define EDGE_HTTP_H

#include <stdint.h>

#include "edge/host/health.h"
#include "edge/host/metrics.h"
#include "geo/status.h"

struct edge_http;

// Metrics and health are borrowed until close. DRF_ERR_RANGE: `address` is no IPv4 address.
// DRF_ERR_AGAIN: it cannot be listened at. DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status edge_http_open(const char *address, uint16_t port,
                                              struct edge_metrics *metrics,
                                              const struct edge_health *health,
                                              struct edge_http **out);
void edge_http_close(struct edge_http *http); // NULL is fine
// Ends the connections whose time is over; to be called each second or so. NULL is fine.
void edge_http_sweep(struct edge_http *http, int64_t now_mono_us);

#endif
