// edge/service/loop.h - threads, clocks and signals of a running node.
// SPDX-License-Identifier: Apache-2.0
//
// Three threads: ingest and serve run their step functions, discovery asks Kafka for topics and
// partitions (the only calls that wait for the network). The caller's thread waits for SIGTERM
// or SIGINT.
#ifndef EDGE_LOOP_H
#define EDGE_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "edge/config/config.h"
#include "edge/host/clock.h"
#include "edge/host/log.h"
#include "edge/service/exit_code.h"

// Runs a node until it is told to stop. Returns its exit code (enum edge_exit).
int edge_loop_run(const struct drf_config *config, const struct edge_log *log,
                  struct edge_clock clock);

#endif
