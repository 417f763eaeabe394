// sim/publish/publish_kafka.h - Kafka producer that confirms the delivery of every message.
// SPDX-License-Identifier: Apache-2.0
//
// Idempotent, acks=all. One thread: callbacks run inside send and finish only.
#ifndef SIM_PUBLISH_KAFKA_H
#define SIM_PUBLISH_KAFKA_H

#include <stddef.h>
#include <stdint.h>

#include "geo/status.h"
#include "sim/publish/feed_port.h"

enum { SIM_PUBLISH_ERROR_SIZE = 256 };

struct sim_publisher;

// DRF_ERR_RANGE: librdkafka refuses the settings; `error` says why.
DRF_MUST_CHECK enum drf_status sim_publisher_open(const char *bootstrap, const char *topic,
                                                  unsigned timeout_s,
                                                  struct sim_publisher **out,
                                                  char error[static SIM_PUBLISH_ERROR_SIZE]);
void sim_publisher_close(struct sim_publisher *publisher); // NULL is fine

// Queues a copy; a NULL value is a tombstone. Blocks while the queue is full.
// DRF_ERR_RANGE: refused (too large, no such topic).
DRF_MUST_CHECK enum drf_status sim_publisher_send(struct sim_publisher *publisher,
                                                  const char *key, const void *value,
                                                  size_t size, const struct sim_header *headers,
                                                  size_t header_count);

// Waits up to wait_ms for deliveries. DRF_ERR_AGAIN: some are not delivered yet.
DRF_MUST_CHECK enum drf_status sim_publisher_finish(struct sim_publisher *publisher,
                                                    unsigned wait_ms);

// The producer as a port; valid until close.
struct sim_feed_port sim_publisher_port(struct sim_publisher *publisher);

struct sim_publisher_count {
    uint64_t sent, delivered, failed, bytes;
    char error[SIM_PUBLISH_ERROR_SIZE]; // the first failure, "" for none
};
const struct sim_publisher_count *sim_publisher_count(const struct sim_publisher *publisher);

#endif
