// SPDX-License-Identifier: Apache-2.0
#include "edge/ingest/scout.h"

#include <stdlib.h>

enum { TIMEOUT_MS = 3000 };

struct edge_scout {
    const struct drf_config *config;
    struct edge_kafka *lanes[EDGE_LANES];
    struct edge_kafka *eyes;
    struct edge_landmark (*landmarks)[EDGE_KAFKA_PARTITIONS_MAX]; // of each feed
    size_t feed;                                                  // being looked at
};

enum drf_status edge_scout_open(const struct drf_config *config,
                                struct edge_kafka *const lanes[EDGE_LANES],
                                struct edge_scout **out)
{
    char error[EDGE_KAFKA_ERROR_SIZE];
    struct edge_scout *scout = calloc(1, sizeof *scout);
    if (!scout)
        return DRF_ERR_NOMEM;
    scout->config = config;
    for (size_t i = 0; i < EDGE_LANES; i++)
        scout->lanes[i] = lanes[i];
    scout->landmarks = calloc(config->feed_count + 1, sizeof *scout->landmarks);
    enum drf_status status =
        scout->landmarks ? edge_kafka_open_scout(config, error, &scout->eyes) : DRF_ERR_NOMEM;
    if (status != DRF_OK) {
        edge_scout_close(scout);
        return status;
    }
    *out = scout;
    return DRF_OK;
}

void edge_scout_close(struct edge_scout *scout)
{
    if (!scout)
        return;
    edge_kafka_close(scout->eyes);
    free(scout->landmarks);
    free(scout);
}

static enum drf_status mark(void *self, int32_t partition, int64_t offset, uint64_t *out)
{
    const struct edge_scout *scout = self;
    return edge_kafka_mark(scout->eyes, scout->feed, partition, offset, TIMEOUT_MS, out);
}

enum drf_status edge_scout_look(struct edge_scout *scout, size_t feed,
                                const struct edge_landmark *taken, struct edge_kafka_found *out)
{
    bool urgent = scout->config->feeds[feed].urgent != 0;
    struct edge_kafka *lane = scout->lanes[urgent ? EDGE_LANE_URGENT : EDGE_LANE_BULK];
    scout->feed = feed;
    edge_kafka_serve(scout->eyes);
    enum drf_status status = edge_kafka_discover(lane, feed, TIMEOUT_MS, out);
    if (status != DRF_OK)
        return status;
    out->replaced =
        edge_landmarks_replaced(scout->landmarks[feed], taken, out,
                                (struct edge_landmark_port){.mark = mark, .self = scout});
    return DRF_OK;
}
