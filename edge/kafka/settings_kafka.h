// edge/kafka/settings_kafka.h - makes a librdkafka configuration from the node's configuration.
// SPDX-License-Identifier: Apache-2.0
#ifndef EDGE_SETTINGS_KAFKA_H
#define EDGE_SETTINGS_KAFKA_H

#include "edge/kafka/kafka.h"

struct rd_kafka_conf_s; // librdkafka's rd_kafka_conf_t

struct edge_kafka_pair {
    const char *name, *value;
};

// A new configuration: `first`, then the operator's, then `last` (both end with a NULL name).
// NULL with *error when librdkafka refuses; settings of the other kind of client are passed
// over.
struct rd_kafka_conf_s *edge_kafka_conf(const struct drf_config *config,
                                        const struct edge_kafka_pair *first,
                                        const struct edge_kafka_pair *last,
                                        char error[static EDGE_KAFKA_ERROR_SIZE]);

#endif
