// edge/ingest/scout.h - asks Kafka what is there, for the loop that may not wait for an answer.
// SPDX-License-Identifier: Apache-2.0
//
// Blocks on the network; belongs to a thread of its own.
#ifndef EDGE_SCOUT_H
#define EDGE_SCOUT_H

#include "edge/ingest/ingest.h"
#include "edge/kafka/kafka.h"
#include "edge/kafka/landmark.h"

struct edge_scout;

// `lanes` are the clients of the feeds' classes and are borrowed, as is the configuration.
// DRF_ERR_RANGE: the settings make no client. DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status edge_scout_open(const struct drf_config *config,
                                               struct edge_kafka *const lanes[EDGE_LANES],
                                               struct edge_scout **out);
void edge_scout_close(struct edge_scout *scout); // NULL is fine; may wait for the network

// What the brokers say of a feed's topic now, and whether it is still the same topic; `taken`
// as in edge/kafka/landmark.h. DRF_ERR_AGAIN: none answers.
DRF_MUST_CHECK enum drf_status edge_scout_look(struct edge_scout *scout, size_t feed,
                                               const struct edge_landmark *taken,
                                               struct edge_kafka_found *out);

#endif
