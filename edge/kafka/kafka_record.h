// edge/kafka/kafka_record.h - one Kafka record to be sent, and its packed form for the store.
// SPDX-License-Identifier: Apache-2.0
#ifndef EDGE_KAFKA_RECORD_H
#define EDGE_KAFKA_RECORD_H

#include "edge/kafka/message.h"
#include "geo/status.h"

enum { EDGE_KAFKA_RECORD_HEADERS_MAX = EDGE_HEADERS_MAX + 16 };

// All borrowed.
struct edge_kafka_record {
    const uint8_t *key; // NULL: none
    size_t key_size;
    const uint8_t *value; // NULL: a tombstone
    size_t value_size;
    const struct edge_header *headers;
    size_t header_count;
    int64_t timestamp_ms; // CreateTime; 0: when it is sent
    const char *topic;    // NULL: the producer's own; not kept
    uint64_t tag;         // the sender's own, comes back with the report; not kept
};

// How many bytes edge_kafka_record_pack() writes.
size_t edge_kafka_record_size(const struct edge_kafka_record *kafka_record);
void edge_kafka_record_pack(const struct edge_kafka_record *kafka_record, uint8_t *bytes);

// Reads what pack wrote, from a file that may be damaged. The record points into `bytes` and
// `headers`. DRF_ERR_SYNTAX.
DRF_MUST_CHECK enum drf_status edge_kafka_record_unpack(
    const uint8_t *bytes, size_t size,
    struct edge_header headers[static EDGE_KAFKA_RECORD_HEADERS_MAX],
    struct edge_kafka_record *out);

#endif
