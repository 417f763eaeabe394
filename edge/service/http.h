// edge/service/http.h - HTTP server: /metrics, /healthz and /readyz.
// SPDX-License-Identifier: Apache-2.0
//
// libmicrohttpd with a thread of its own; it reads only atomics.
#ifndef EDGE_HTTP_H
#define EDGE_HTTP_H

#include <stdint.h>

#include "edge/host/health.h"
#include "edge/host/metrics.h"

struct edge_http;

// healthz is 200 while the process lives. readyz is 200 when nothing the node waits for is
// missing (edge_trouble), else 503 with a word for each. Metrics and health are borrowed until
// close. DRF_ERR_RANGE: the address is none. DRF_ERR_AGAIN: the port cannot be had now.
DRF_MUST_CHECK enum drf_status edge_http_open(const char *address, uint16_t port,
                                              const struct edge_metrics *metrics,
                                              const struct edge_health *health,
                                              struct edge_http **out);
void edge_http_close(struct edge_http *http); // NULL is fine

#endif
