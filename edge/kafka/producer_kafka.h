// edge/kafka/producer_kafka.h - the Kafka producer, bounded while Kafka is unreachable.
// SPDX-License-Identifier: Apache-2.0
//
// Used by one thread. Only close, and serve with a time-out, block.
#ifndef EDGE_PRODUCER_KAFKA_H
#define EDGE_PRODUCER_KAFKA_H

#include <stdbool.h>
#include <stdint.h>

#include "edge/kafka/kafka.h"
#include "edge/kafka/kafka_record.h"

struct edge_producer;

// Holds at most so many messages and kilobytes; a larger message is refused as FULL.
// DRF_ERR_RANGE with *error, DRF_ERR_NOMEM. The configuration is borrowed during the call.
DRF_MUST_CHECK enum drf_status edge_producer_open(const struct drf_config *config,
                                                  const char *topic, uint32_t messages_max,
                                                  uint32_t kbytes_max,
                                                  char error[static EDGE_KAFKA_ERROR_SIZE],
                                                  struct edge_producer **out);
// What was not delivered is dropped without a report. NULL is fine.
void edge_producer_close(struct edge_producer *producer);

// Copies everything; its tag comes back with the report. To `topic`, or to that of open when it
// is NULL. DRF_ERR_FULL: not now: the queue is full, or the topic is not there. DRF_ERR_RANGE:
// never: it is larger than librdkafka sends.
DRF_MUST_CHECK enum drf_status edge_producer_send(struct edge_producer *producer,
                                                  const char *topic,
                                                  const struct edge_kafka_record *kafka_record);
// Gives up what waits for a broker, at the next serve; with `all`, what is under way too.
void edge_producer_purge(struct edge_producer *producer, bool all);
// How many are not reported yet.
size_t edge_producer_waiting(const struct edge_producer *producer);
// Lets librdkafka report on what was sent: each record once, borrowed during the call. Waits at
// most `timeout_ms` for a first report.
typedef void (*edge_producer_report_fn)(void *context,
                                        const struct edge_kafka_record *kafka_record,
                                        bool delivered);
void edge_producer_serve(struct edge_producer *producer, int timeout_ms,
                         edge_producer_report_fn report, void *context);

#endif
