// edge/ingest/topic_discovery.h - asks Kafka for topics and partitions, on a thread of its own.
// SPDX-License-Identifier: Apache-2.0
//
// Blocks on the network: the ingest loop must not call it.
#ifndef EDGE_TOPIC_DISCOVERY_H
#define EDGE_TOPIC_DISCOVERY_H

#include "edge/ingest/ingest.h"
#include "edge/kafka/kafka.h"
#include "edge/kafka/topic_fingerprint.h"

struct edge_topic_discovery;

// `lanes` are the clients of the feeds' classes and are borrowed, as is the configuration.
// DRF_ERR_RANGE: the settings make no client. DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status edge_topic_discovery_open(
    const struct drf_config *config, struct edge_kafka *const lanes[EDGE_LANES],
    struct edge_topic_discovery **out);
void edge_topic_discovery_close(
    struct edge_topic_discovery *topic_discovery); // NULL is fine; may wait for the network

// What the brokers say of a feed's topic now, and whether it is still the same topic; `taken`
// as in edge/kafka/topic_fingerprint.h. `short_timeout`: no broker answered just now. Waits at
// most 9 s, or 0.9 s. DRF_ERR_AGAIN: none answers.
DRF_MUST_CHECK enum drf_status edge_topic_discovery_look(
    struct edge_topic_discovery *topic_discovery, size_t feed, bool short_timeout,
    const struct edge_topic_fingerprint *taken, struct edge_kafka_found *out);

#endif
