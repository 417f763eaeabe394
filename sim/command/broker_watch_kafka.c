// SPDX-License-Identifier: Apache-2.0
#include "sim/command/broker_watch_kafka.h"

#include <inttypes.h>
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WAIT_MS = 1000, TOPIC_SIZE = 250, ERROR_SIZE = 512 };

struct partition {
    char topic[TOPIC_SIZE];
    int32_t number;
    int64_t first; // offset; whatever was before it is gone
};

struct sim_broker_watch {
    rd_kafka_t *client;
    struct partition *partitions;
    size_t count, room;
};

static void on_log(const rd_kafka_t *client, int level, const char *facility, const char *text)
{
    (void)client;
    (void)level;
    (void)facility;
    (void)text; // the broker is this process: when it ends the client loses it
}

enum drf_status sim_broker_watch_open(const char *bootstrap, struct sim_broker_watch **out)
{
    char error[ERROR_SIZE];
    struct sim_broker_watch *watch = calloc(1, sizeof *watch);
    if (watch == NULL)
        return DRF_ERR_NOMEM;
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set_log_cb(conf, on_log);
    if (rd_kafka_conf_set(conf, "bootstrap.servers", bootstrap, error, sizeof error)
        == RD_KAFKA_CONF_OK)
        watch->client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, error, sizeof error);
    if (watch->client == NULL) {
        rd_kafka_conf_destroy(conf);
        free(watch);
        return DRF_ERR_RANGE;
    }
    *out = watch;
    return DRF_OK;
}

static struct partition *find(struct sim_broker_watch *watch, const char *topic, int32_t number)
{
    for (size_t i = 0; i < watch->count; i++)
        if (watch->partitions[i].number == number
            && strcmp(watch->partitions[i].topic, topic) == 0)
            return &watch->partitions[i];
    if (watch->count == watch->room) {
        const size_t room = watch->room == 0 ? 64 : 2 * watch->room;
        struct partition *grown = realloc(watch->partitions, room * sizeof *grown);
        if (grown == NULL)
            return NULL;
        watch->partitions = grown;
        watch->room = room;
    }
    struct partition *made = &watch->partitions[watch->count++];
    *made = (struct partition){.number = number};
    snprintf(made->topic, sizeof made->topic, "%s", topic);
    return made;
}

static void look_at(struct sim_broker_watch *watch, const char *topic, int32_t number)
{
    int64_t first = 0, end = 0;
    struct partition *partition = find(watch, topic, number);
    if (partition == NULL
        || rd_kafka_query_watermark_offsets(watch->client, topic, number, &first, &end, WAIT_MS)
               != RD_KAFKA_RESP_ERR_NO_ERROR
        || first <= partition->first)
        return;
    fprintf(stderr,
            "drf-sim broker: WARNING: %s, partition %" PRId32 ": dropped %" PRId64
            " of its oldest messages (%" PRId64 " in all, %" PRId64
            " left); a partition keeps 5 MB or 100,000 messages. Who reads them late misses "
            "them: more --partitions, or a real Kafka\n",
            topic, number, first - partition->first, first, end - first);
    partition->first = first;
}

void sim_broker_watch_look(struct sim_broker_watch *watch)
{
    const rd_kafka_metadata_t *all = NULL;
    if (rd_kafka_metadata(watch->client, 1, NULL, &all, WAIT_MS) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return;
    for (int i = 0; i < all->topic_cnt; i++)
        for (int j = 0; j < all->topics[i].partition_cnt; j++)
            look_at(watch, all->topics[i].topic, all->topics[i].partitions[j].id);
    rd_kafka_metadata_destroy(all);
}

int64_t sim_broker_watch_dropped(const struct sim_broker_watch *watch)
{
    int64_t dropped = 0;
    for (size_t i = 0; i < watch->count; i++)
        dropped += watch->partitions[i].first;
    return dropped;
}

void sim_broker_watch_close(struct sim_broker_watch *watch)
{
    if (watch == NULL)
        return;
    rd_kafka_destroy(watch->client);
    free(watch->partitions);
    free(watch);
}
