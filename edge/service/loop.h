// edge/service/loop.h - threads, clocks and signals of a running node.
// SPDX-License-Identifier: Apache-2.0
//
// Three threads: ingest and serve run their step functions, discovery asks Kafka for topics and
// partitions (the only calls that wait for the network). The caller's thread waits for SIGTERM
// or SIGINT, and for SIGHUP, at which the configuration is read again
// (edge/service/reload.h).
#ifndef EDGE_LOOP_H
#define EDGE_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "edge/config/config.h"
#include "edge/host/clock.h"
#include "edge/host/log.h"
#include "edge/service/exit_code.h"
#include "edge/service/reload.h"

// From now on the signals that end a node, and SIGHUP, wait for edge_loop_run(); before any
// thread.
void edge_loop_block_signals(void);
// Runs a node until it is told to stop. `config` is that of the source, read; it may have been
// read again when this returns, and stays the caller's to close. Returns the exit code (enum
// edge_exit).
int edge_loop_run(struct drf_config *config, const struct edge_config_source *source,
                  const struct edge_log *log, struct edge_clock clock);

#endif
