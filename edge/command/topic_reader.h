// edge/command/topic_reader.h - reads a Kafka topic once, from its beginning to its end.
// SPDX-License-Identifier: Apache-2.0
#ifndef EDGE_TOPIC_READER_H
#define EDGE_TOPIC_READER_H

#include <stdbool.h>

#include "edge/config/config.h"
#include "edge/kafka/message.h"

enum { EDGE_TOPIC_READER_TIMEOUT_MS = 10000 }; // without a word of the broker

// Each message up to the ends that the partitions had at the start, partition by partition;
// borrowed during the call.
typedef void (*edge_topic_reader_fn)(void *context, const struct edge_message *message);
// With the settings of `config`'s kafka section. Says on standard error why not. False: not all
// of it was read. A topic that does not exist is empty.
bool edge_topic_read(const struct drf_config *config, const char *topic,
                     edge_topic_reader_fn visit, void *context);

#endif
