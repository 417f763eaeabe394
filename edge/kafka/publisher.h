// edge/kafka/publisher.h - interface between the serve step and Kafka: what is told to others.
// SPDX-License-Identifier: Apache-2.0
//
// In service it is edge/kafka/publisher_kafka.h; in a replay nobody. Belongs to the serve loop.
// Non-blocking. Not durable: what Kafka does not take within seconds is dropped, because a
// newer word of the same drone is better.
#ifndef EDGE_PUBLISHER_H
#define EDGE_PUBLISHER_H

#include "edge/kafka/kafka_record.h"
#include "geo/status.h"

struct edge_publisher {
    void *self;
    // To `kafka_record->topic`; copies everything. DRF_OK: handed over. DRF_ERR_FULL: the queue
    // is full. DRF_ERR_RANGE: refused. NULL: nobody takes anything.
    enum drf_status (*send)(void *self, const struct edge_kafka_record *kafka_record);
};

#endif
