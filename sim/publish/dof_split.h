// sim/publish/dof_split.h - splits an FAA Digital Obstacle File into Kafka messages.
// SPDX-License-Identifier: Apache-2.0
#ifndef SIM_DOF_SPLIT_H
#define SIM_DOF_SPLIT_H

#include <stdbool.h>

#include "sim/publish/batch.h"

// Drops the header. Each record, its line end included, is keyed by its id (columns 1-9);
// `records` > 1 puts that many into one message keyed stem/part-N. A line that is not a
// record is sent as it is, keyed by its line number: the node must refuse it.
// DRF_ERR_SYNTAX: it has no lines.
DRF_MUST_CHECK enum drf_status sim_dof_split(const char *stem, const uint8_t *bytes,
                                             size_t size, size_t records,
                                             struct sim_batch *out);

// The CURRENCY DATE of its header, 00:00 UTC; records sent apart from it have no other.
bool sim_dof_issued(const uint8_t *bytes, size_t size, int64_t *out_utc_us);

// True if the header carries the SIM mark.
bool sim_dof_marked(const uint8_t *bytes, size_t size);

#endif
