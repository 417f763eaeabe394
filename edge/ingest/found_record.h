// edge/ingest/found_record.h - what topic discovery said of a feed, as bytes of a recording.
// SPDX-License-Identifier: Apache-2.0
//
// EDGE_INPUT_FOUND, integers LEB128, signed ones zigzag: feed, flags (1 a broker answered, 2
// too many partitions, 4 replaced), when it was asked (signed, mono us), size of the cluster's
// id, the id, count of partitions, each: partition (signed), low and high offset (signed).
#ifndef EDGE_FOUND_RECORD_H
#define EDGE_FOUND_RECORD_H

#include "edge/inputs/inputs.h"
#include "edge/kafka/kafka.h"

// A NULL `found`: no broker answered.
void edge_found_record_put(struct edge_inputs *inputs, size_t feed,
                           const struct edge_kafka_found *found);
// Replaying: the one of this block, if it has one. *answered false: no broker did.
// DRF_ERR_ABSENT: none. DRF_ERR_SYNTAX: damaged.
DRF_MUST_CHECK enum drf_status edge_found_record_take(struct edge_inputs *inputs,
                                                      struct edge_kafka_found *out,
                                                      bool *answered);

#endif
