// edge/replay/lockstep.h - a node driven over pipes: messages in and out, steps on demand.
// SPDX-License-Identifier: Apache-2.0
//
// For simulations (`drf-sim experiment`). Both pipes carry MCAP records as they are written
// (schemas/recording.md, no chunks). In: MQTT messages from drones and Kafka messages, in the
// order and with the times (log_time) at which they reach the node, then a drf.v1.SimStep on
// topic "sim/step": all up to its time is there. The node makes the steps that it would have
// made in service, at the times of the messages and at the times of its own, and answers with
// what it sent and the same SimStep. What is there at the first SimStep is what the topics held
// when the node began. `end` ends it. Time runs as the messages say; the same input gives the
// same bytes.
#ifndef EDGE_LOCKSTEP_H
#define EDGE_LOCKSTEP_H

#include "edge/config/config.h"
#include "edge/host/log.h"

// Mode SIM or REPLAY only (DRF_ERR_RANGE). Takes both descriptors. *error says why on anything
// but DRF_OK.
DRF_MUST_CHECK enum drf_status edge_lockstep_run(const struct drf_config *config,
                                                 const struct edge_log *log, int in_fd,
                                                 int out_fd, char error[static 400]);

#endif
