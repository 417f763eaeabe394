// SPDX-License-Identifier: Apache-2.0
#include "edge/ingest/topic_discovery.h"

#include <stdlib.h>

// Where one feed's broker did not answer the others are not given as long each.
enum { TIMEOUT_MS = 3000, SHORT_TIMEOUT_MS = 300 };

struct edge_topic_discovery {
    const struct drf_config *config;
    struct edge_kafka *lanes[EDGE_LANES];
    struct edge_kafka *eyes;
    struct edge_topic_fingerprint (
        *topic_fingerprints)[EDGE_KAFKA_PARTITIONS_MAX]; // of each feed
    size_t feed;                                         // being looked at
};

enum drf_status edge_topic_discovery_open(const struct drf_config *config,
                                          struct edge_kafka *const lanes[EDGE_LANES],
                                          struct edge_topic_discovery **out)
{
    char error[EDGE_KAFKA_ERROR_SIZE];
    struct edge_topic_discovery *topic_discovery = calloc(1, sizeof *topic_discovery);
    if (!topic_discovery)
        return DRF_ERR_NOMEM;
    topic_discovery->config = config;
    for (size_t i = 0; i < EDGE_LANES; i++)
        topic_discovery->lanes[i] = lanes[i];
    topic_discovery->topic_fingerprints =
        calloc(config->feed_count + 1, sizeof *topic_discovery->topic_fingerprints);
    enum drf_status status =
        topic_discovery->topic_fingerprints
            ? edge_kafka_open_topic_discovery(config, error, &topic_discovery->eyes)
            : DRF_ERR_NOMEM;
    if (status != DRF_OK) {
        edge_topic_discovery_close(topic_discovery);
        return status;
    }
    *out = topic_discovery;
    return DRF_OK;
}

void edge_topic_discovery_close(struct edge_topic_discovery *topic_discovery)
{
    if (!topic_discovery)
        return;
    edge_kafka_close(topic_discovery->eyes);
    free(topic_discovery->topic_fingerprints);
    free(topic_discovery);
}

static enum drf_status mark(void *self, int32_t partition, int64_t offset, uint64_t *out)
{
    const struct edge_topic_discovery *topic_discovery = self;
    return edge_kafka_mark(topic_discovery->eyes, topic_discovery->feed, partition, offset,
                           TIMEOUT_MS, out);
}

enum drf_status edge_topic_discovery_look(struct edge_topic_discovery *topic_discovery,
                                          size_t feed, bool short_timeout,
                                          const struct edge_topic_fingerprint *taken,
                                          struct edge_kafka_found *out)
{
    bool urgent = topic_discovery->config->feeds[feed].urgent != 0;
    struct edge_kafka *lane =
        topic_discovery->lanes[urgent ? EDGE_LANE_URGENT : EDGE_LANE_BULK];
    topic_discovery->feed = feed;
    edge_kafka_serve(topic_discovery->eyes);
    enum drf_status status =
        edge_kafka_discover(lane, feed, short_timeout ? SHORT_TIMEOUT_MS : TIMEOUT_MS, out);
    if (status != DRF_OK)
        return status;
    out->replaced = edge_topic_fingerprints_replaced(
        topic_discovery->topic_fingerprints[feed], taken, out,
        (struct edge_topic_fingerprint_port){.mark = mark, .self = topic_discovery});
    return DRF_OK;
}
