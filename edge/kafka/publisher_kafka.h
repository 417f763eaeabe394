// edge/kafka/publisher_kafka.h - the Kafka producer of what is told to others: newest wins.
// SPDX-License-Identifier: Apache-2.0
//
// Used by the serve loop's thread. Nothing waits but close. At most EDGE_PUBLISHER_MESSAGES and
// EDGE_PUBLISHER_KBYTES are held; what a broker has not acknowledged within
// EDGE_PUBLISHER_KEEP_MS is given up, so that after an absence nothing old is sent.
#ifndef EDGE_PUBLISHER_KAFKA_H
#define EDGE_PUBLISHER_KAFKA_H

#include <stdint.h>

#include "edge/kafka/kafka.h"
#include "edge/kafka/publisher.h"

enum {
    EDGE_PUBLISHER_MESSAGES = 20000,
    EDGE_PUBLISHER_KBYTES = 16384,
    EDGE_PUBLISHER_KEEP_MS = 5000,
};

struct edge_publisher_kafka;

// DRF_ERR_RANGE with *error, DRF_ERR_NOMEM. The configuration is borrowed during the call.
DRF_MUST_CHECK enum drf_status edge_publisher_kafka_open(
    const struct drf_config *config, char error[static EDGE_KAFKA_ERROR_SIZE],
    struct edge_publisher_kafka **out);
// What was not delivered is dropped. NULL is fine. May wait for the network.
void edge_publisher_kafka_close(struct edge_publisher_kafka *publisher);

struct edge_publisher edge_publisher_kafka_port(struct edge_publisher_kafka *publisher);

// Between steps: lets librdkafka call back. How many were delivered and given up since.
struct edge_publisher_counts {
    uint64_t delivered, lost;
};
struct edge_publisher_counts edge_publisher_kafka_serve(struct edge_publisher_kafka *publisher);

#endif
