// edge/replay/replay_step.h - one recorded step, done again by a node without brokers.
// SPDX-License-Identifier: Apache-2.0
#ifndef EDGE_REPLAY_STEP_H
#define EDGE_REPLAY_STEP_H

#include "edge/host/health.h"
#include "edge/replay/offline.h"

// What the block says that was given to `inputs` (edge_inputs_give): what topic discovery
// found, the end of the loop, else a step. Whatever cannot be done as it was recorded is a
// difference (edge_inputs_difference).
void edge_replay_step(struct edge_offline *offline, enum edge_loop loop,
                      struct edge_inputs *inputs, struct edge_now now);

#endif
