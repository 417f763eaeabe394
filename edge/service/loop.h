// edge/service/loop.h - the rim: threads, clocks and signals of a running node.
// SPDX-License-Identifier: Apache-2.0
//
// Three threads: ingest and serve run their step functions, scout asks Kafka what topics and
// partitions there are (the only calls that wait for the network). The caller's thread waits
// for SIGTERM or SIGINT.
#ifndef EDGE_LOOP_H
#define EDGE_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "edge/config/config.h"
#include "edge/host/log.h"
#include "edge/host/now.h"

// The present. `utc_ahead_us` is added to the system's UTC: 0 in service.
struct edge_clock {
    int64_t utc_ahead_us;
};
struct edge_now edge_clock_now(struct edge_clock clock);
// A clock whose UTC is `utc_us` now and runs at normal speed.
struct edge_clock edge_clock_from(int64_t utc_us);

// Runs a node until it is told to stop. Returns the exit code: 0, or 1 if it could not start or
// go on.
int edge_loop_run(const struct drf_config *config, const struct edge_log *log,
                  struct edge_clock clock);

#endif
