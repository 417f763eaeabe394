// edge/kafka/cause_kafka.h - why no Kafka broker can be reached, from what librdkafka reports.
// SPDX-License-Identifier: Apache-2.0
#ifndef EDGE_CAUSE_KAFKA_H
#define EDGE_CAUSE_KAFKA_H

#include <stdatomic.h>
#include <stddef.h>

#include "edge/kafka/kafka.h"

struct edge_kafka_cause {
    atomic_int certificate; // OpenSSL's code of the last certificate not accepted, 0: none
    char text[EDGE_KAFKA_CAUSE_SIZE]; // of the thread that serves the client
};

// An error that librdkafka reported, with its text.
void edge_kafka_cause_take(struct edge_kafka_cause *cause, int code, const char *text);
// A line that it logged: some causes are reported no other way.
void edge_kafka_cause_log(struct edge_kafka_cause *cause, const char *text);
// What its verification of a certificate came to; returns what the callback has to. Any thread.
int edge_kafka_cause_certificate(struct edge_kafka_cause *cause, int error, char *text,
                                 size_t room);

#endif
