// sim/experiment/node_check.h - asks the node's program whether it takes a run's configuration.
// SPDX-License-Identifier: Apache-2.0
#ifndef SIM_NODE_CHECK_H
#define SIM_NODE_CHECK_H

#include "sim/experiment/experiment.h"

enum { SIM_NODE_CHECK_SIZE = 2048 };

// Runs `program check --offline` on the configuration of a run, which is written into `folder`
// meanwhile. DRF_ERR_SYNTAX: the node refuses it. DRF_ERR_STORE: it cannot be asked. *said is
// then why.
DRF_MUST_CHECK enum drf_status sim_node_check(const char *program, const char *folder,
                                              const struct sim_trial *trial,
                                              char said[static SIM_NODE_CHECK_SIZE]);

#endif
