// SPDX-License-Identifier: Apache-2.0
// `drf-sim broker`: librdkafka's mock cluster as a Kafka for other processes. It keeps 5 MB or
// 100,000 messages a partition and drops the oldest; broker_watch_kafka.c says so. For
// demonstrations and tests with a live consumer, not for replay.
#include <inttypes.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <stdio.h>
#include <string.h>

#include "sim/command/broker_watch_kafka.h"
#include "sim/command/command.h"
#include "sim/host/loop.h"
#include "sim/host/options.h"

enum { TOPIC_SIZE = 250, LOOK_US = 1000000 };

static enum drf_status create_topics(rd_kafka_mock_cluster_t *cluster, const char *list,
                                     int partitions)
{
    for (const char *start = list; start != NULL && *start != '\0';) {
        const char *comma = strchr(start, ',');
        size_t length = comma != NULL ? (size_t)(comma - start) : strlen(start);
        char topic[TOPIC_SIZE];
        if (length == 0 || length >= sizeof topic)
            return DRF_ERR_SYNTAX;
        snprintf(topic, sizeof topic, "%.*s", (int)length, start);
        if (rd_kafka_mock_topic_create(cluster, topic, partitions, 1) != 0)
            return DRF_ERR_RANGE;
        start = comma != NULL ? comma + 1 : NULL;
    }
    return DRF_OK;
}

static enum drf_status announce(const char *bootstrap, const char *port_file)
{
    printf("bootstrap: %s\n", bootstrap);
    fflush(stdout);
    if (port_file == NULL)
        return DRF_OK;
    // Renamed into place, so that a waiting script never reads half a number.
    char draft[4096];
    if (snprintf(draft, sizeof draft, "%s.new", port_file) >= (int)sizeof draft)
        return DRF_ERR_RANGE;
    FILE *file = fopen(draft, "w");
    if (file == NULL)
        return DRF_ERR_STORE;
    const char *colon = strrchr(bootstrap, ':');
    fprintf(file, "%s\n", colon != NULL ? colon + 1 : bootstrap);
    if (fclose(file) != 0 || rename(draft, port_file) != 0)
        return DRF_ERR_STORE;
    return DRF_OK;
}

// Until it is to stop, or the time is over.
static enum drf_status watch_until(const char *bootstrap, double seconds)
{
    struct sim_broker_watch *watch;
    const enum drf_status status = sim_broker_watch_open(bootstrap, &watch);
    if (status != DRF_OK) {
        fprintf(stderr, "drf-sim broker: no client can be opened: %s\n",
                drf_status_name(status));
        return status;
    }
    int64_t now_mono_us = sim_mono_us(), look_mono_us = now_mono_us + LOOK_US;
    const int64_t end_mono_us = now_mono_us + (int64_t)(seconds * 1e6);
    while (!sim_stop_wanted() && (seconds <= 0 || now_mono_us < end_mono_us)) {
        if (now_mono_us >= look_mono_us) {
            sim_broker_watch_look(watch);
            look_mono_us = sim_mono_us() + LOOK_US;
        }
        sim_pause_ms(100);
        now_mono_us = sim_mono_us();
    }
    sim_broker_watch_look(watch); // what was dropped in the last second
    const int64_t dropped = sim_broker_watch_dropped(watch);
    if (dropped > 0)
        fprintf(stderr, "drf-sim broker: %" PRId64 " messages were dropped in all\n", dropped);
    sim_broker_watch_close(watch);
    return DRF_OK;
}

static enum drf_status serve(rd_kafka_mock_cluster_t *cluster, const char *topics,
                             uint64_t partitions, const char *port_file, double seconds)
{
    enum drf_status status = create_topics(cluster, topics, (int)partitions);
    if (status != DRF_OK) {
        fprintf(stderr, "drf-sim broker: cannot create the topics \"%s\"\n", topics);
        return status;
    }
    status = announce(rd_kafka_mock_cluster_bootstraps(cluster), port_file);
    if (status != DRF_OK) {
        fprintf(stderr, "drf-sim broker: cannot write %s\n", port_file);
        return status;
    }
    return watch_until(rd_kafka_mock_cluster_bootstraps(cluster), seconds);
}

int sim_broker_run(int argc, char **argv)
{
    const char *topics = "", *port_file = NULL;
    uint64_t partitions = 8; // room for a national file, compressed as publish does
    double seconds = 0;
    const struct sim_option options[] = {
        {"topics", SIM_OPTION_TEXT, &topics, "A,B,C", "create these; others on first use"},
        {"partitions", SIM_OPTION_COUNT, &partitions, "N", "of the topics named (default 8)"},
        {"port-file", SIM_OPTION_TEXT, &port_file, "FILE", "write the port there as well"},
        {"seconds", SIM_OPTION_REAL, &seconds, "S", "stop after S seconds (default: never)"},
    };
    const struct sim_usage usage = {
        "broker [--topics A,B,C] [--port-file FILE] [--seconds S]",
        "An embedded Kafka on a free port of this machine, for demonstrations and tests. It\n"
        "prints \"bootstrap: 127.0.0.1:PORT\" and runs until SIGTERM or SIGINT. A partition "
        "keeps\n"
        "5 MB or 100,000 messages; that it drops the oldest is told on standard error.",
        options, sizeof options / sizeof options[0]};
    int rest;
    enum drf_status status = sim_options_read(&usage, argc, argv, &rest);
    if (status != DRF_OK)
        return sim_options_exit(status);
    if (partitions < 1 || partitions > 64) {
        fprintf(stderr, "drf-sim broker: --partitions is 1 to 64\n");
        return 2;
    }
    sim_stop_watch();

    char error[512];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "client.id", "drf-sim-broker", error, sizeof error);
    // The producer that holds the mock cluster connects to no cluster itself.
    rd_kafka_conf_set(conf, "log_level", "3", error, sizeof error);
    rd_kafka_t *client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, error, sizeof error);
    if (client == NULL) {
        rd_kafka_conf_destroy(conf);
        fprintf(stderr, "drf-sim broker: %s\n", error);
        return 1;
    }
    rd_kafka_mock_cluster_t *cluster = rd_kafka_mock_cluster_new(client, 1);
    status = cluster != NULL ? serve(cluster, topics, partitions, port_file, seconds)
                             : DRF_ERR_NOMEM;
    if (cluster != NULL)
        rd_kafka_mock_cluster_destroy(cluster);
    rd_kafka_destroy(client);
    return status == DRF_OK ? 0 : 1;
}
