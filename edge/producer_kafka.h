// edge/producer_kafka.h - the Kafka producer: messages out, bounded while Kafka is away.
// SPDX-License-Identifier: Apache-2.0
//
// Used by one thread; nothing but close blocks.
#ifndef EDGE_PRODUCER_KAFKA_H
#define EDGE_PRODUCER_KAFKA_H

#include <stddef.h>
#include <stdint.h>

#include "edge/kafka.h"
#include "edge/message.h"

struct edge_producer;

// DRF_ERR_RANGE with *error, DRF_ERR_NOMEM. The configuration is borrowed during the call.
DRF_MUST_CHECK enum drf_status edge_producer_open(const struct drf_config *config,
                                                  const char *topic, uint32_t messages_max,
                                                  char error[static EDGE_KAFKA_ERROR_SIZE],
                                                  struct edge_producer **out);
// Waits at most `flush_ms` for what is queued. NULL is fine.
void edge_producer_close(struct edge_producer *producer, int flush_ms);

// Copies everything. DRF_ERR_FULL: the queue is full. DRF_ERR_RANGE: librdkafka refuses it.
DRF_MUST_CHECK enum drf_status edge_producer_send(struct edge_producer *producer,
                                                  const uint8_t *key, size_t key_size,
                                                  const uint8_t *value, size_t value_size,
                                                  const struct edge_header *headers,
                                                  size_t header_count);
// Lets librdkafka report; returns how many were delivered and lost since the last call.
void edge_producer_serve(struct edge_producer *producer, uint64_t *delivered, uint64_t *lost);

#endif
