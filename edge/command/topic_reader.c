// SPDX-License-Identifier: Apache-2.0
#include "edge/command/topic_reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "edge/kafka/kafka.h"

enum { WAIT_MS = 20 };

static bool read_partition(struct edge_kafka *kafka, int32_t partition, int64_t low,
                           int64_t high, edge_topic_reader_fn visit, void *context)
{
    int64_t next = low, idle_ms = 0;
    if (low >= high || edge_kafka_start(kafka, 0, partition, low) != DRF_OK)
        return low >= high;
    while (next < high && idle_ms < EDGE_TOPIC_READER_TIMEOUT_MS) {
        struct edge_message message;
        enum edge_kafka_event event = edge_kafka_next(kafka, 0, &message);
        if (event == EDGE_KAFKA_MESSAGE) {
            if (message.offset < high)
                visit(context, &message);
            next = message.offset + 1;
            edge_kafka_release(&message);
            idle_ms = 0;
        } else if (event == EDGE_KAFKA_END) {
            next = message.offset > next ? message.offset : next;
        } else {
            idle_ms += WAIT_MS;
            nanosleep(&(struct timespec){.tv_nsec = WAIT_MS * 1000000L}, NULL);
        }
    }
    edge_kafka_stop(kafka, 0, partition);
    return next >= high;
}

bool edge_topic_read(const struct drf_config *config, const char *topic,
                     edge_topic_reader_fn visit, void *context)
{
    struct drf_feed_config feed = {.name = "topic"};
    (void)snprintf(feed.topic, sizeof feed.topic, "%s", topic);
    struct drf_config one = *config; // one feed: the topic
    one.feeds = &feed;
    one.feed_count = 1;
    char error[EDGE_KAFKA_ERROR_SIZE] = "out of memory";
    struct edge_kafka *kafka = NULL;
    struct edge_kafka_found *found = calloc(1, sizeof *found);
    bool good = found && edge_kafka_open(&one, false, -1, NULL, NULL, error, &kafka) == DRF_OK;
    if (!good)
        (void)fprintf(stderr, "drf-edge: kafka: %s\n", error);
    if (good && edge_kafka_discover(kafka, 0, EDGE_TOPIC_READER_TIMEOUT_MS, found) != DRF_OK) {
        (void)fprintf(stderr, "drf-edge: no broker answers\n");
        good = false;
    }
    for (size_t i = 0; good && i < found->count; i++)
        good = read_partition(kafka, found->partitions[i].partition, found->partitions[i].low,
                              found->partitions[i].high, visit, context);
    edge_kafka_close(kafka);
    free(found);
    return good;
}
