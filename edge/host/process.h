// edge/host/process.h - what the process itself uses: processor, memory, descriptors.
// SPDX-License-Identifier: Apache-2.0
#ifndef EDGE_PROCESS_H
#define EDGE_PROCESS_H

#include "edge/host/metrics.h"

// Sets the metrics `process_...` from /proc; what cannot be read keeps its value. For one
// thread.
void edge_process_sample(struct edge_metrics *metrics);

#endif
