// SPDX-License-Identifier: Apache-2.0
// run, check and config: the commands that read a configuration.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "edge/command/command.h"
#include "edge/service/loop.h"
#include "edge/service/node.h"
#include "fusion/store/store_maintenance.h"
#include "geo/utc.h"

enum drf_status edge_command_load(int argc, char **argv, struct drf_config *out)
{
    const char *path = edge_option(argc, argv, "config");
    if (!path) {
        fprintf(stderr, "drf-edge: --config FILE is needed\n");
        return DRF_ERR_ABSENT;
    }
    struct drf_config_error error = {0};
    enum drf_status status = drf_config_load(path, &error, out);
    if (status != DRF_OK)
        drf_config_error_print(path, &error, stderr);
    return status;
}

int edge_command_run(int argc, char **argv)
{
    struct drf_config config;
    edge_command_keep_private();
    if (!edge_options_known(argc, argv, "config utc-start journal", "verbose journal-output")
        || edge_command_load(argc, argv, &config) != DRF_OK)
        return 2;
    const char *journal = edge_option(argc, argv, "journal");
    if (journal)
        (void)snprintf(config.journal.path, sizeof config.journal.path, "%s", journal);
    if (edge_flag(argc, argv, "journal-output"))
        config.journal.whole = true;
    struct edge_log log;
    edge_log_init(&log);
    if (edge_flag(argc, argv, "verbose"))
        log.level = EDGE_LOG_DEBUG;
    struct edge_clock clock = {0};
    const char *start = edge_option(argc, argv, "utc-start");
    int64_t utc_us = 0;
    int code = 2;
    if (start && geo_utc_parse(start, strlen(start), &utc_us) != DRF_OK)
        fprintf(stderr, "drf-edge: --utc-start: 2004-12-09T12:00:00Z is the form\n");
    else if (start && config.mode != DRF_MODE_REPLAY)
        fprintf(stderr, "drf-edge: --utc-start needs node.mode REPLAY: what it shows is not "
                        "now\n");
    else {
        if (start)
            clock = edge_clock_from(utc_us);
        code = edge_loop_run(&config, &log, clock);
    }
    drf_config_close(&config);
    return code;
}

static bool check_kafka(const struct drf_config *config, int timeout_ms)
{
    bool good = true;
    for (int urgent = 0; urgent < 2; urgent++) {
        struct edge_kafka *kafka = NULL;
        for (size_t i = 0; i < config->feed_count; i++) {
            const struct drf_feed_config *feed = &config->feeds[i];
            if ((feed->urgent != 0) != (urgent != 0))
                continue;
            char error[EDGE_KAFKA_ERROR_SIZE] = "out of memory";
            struct edge_kafka_found found;
            if (!kafka
                && edge_kafka_open(config, urgent, -1, NULL, NULL, error, &kafka) != DRF_OK) {
                printf("kafka: %s\n", error);
                return false;
            }
            bool answered = edge_kafka_discover(kafka, i, timeout_ms, &found) == DRF_OK;
            if (!answered)
                printf("feed %s: topic %s: no broker answers\n", feed->name, feed->topic);
            else if (found.count == 0)
                printf("feed %s: topic %s: does not exist yet\n", feed->name, feed->topic);
            else
                printf("feed %s: topic %s: ok, %zu partition%s\n", feed->name, feed->topic,
                       found.count, found.count == 1 ? "" : "s");
            good = good && answered;
        }
        edge_kafka_close(kafka);
    }
    return good;
}

static bool check_mqtt(const struct drf_config *config, int timeout_ms)
{
    struct edge_mqtt *mqtt = NULL;
    const char *why = "out of memory";
    // A broker that takes the account's name for the client's id (use_username_as_clientid, as
    // in deploy/mosquitto) would throw the running node off, whatever id is sent.
    if (fusion_store_in_use(config->store_path)) {
        printf("mqtt: %s:%u: not tested, a node with this account is running\n",
               config->mqtt.host, config->mqtt.port);
        return true;
    }
    // An id of its own, for a node that runs elsewhere and a broker that allows for it.
    struct drf_config checking = *config;
    snprintf(checking.mqtt.client_id, sizeof checking.mqtt.client_id, "%.100s-check",
             config->mqtt.client_id);
    if (edge_node_connect(&checking, NULL, &mqtt, &why) != DRF_OK) {
        printf("mqtt: %s\n", why);
        return false;
    }
    struct edge_link link = edge_mqtt_link(mqtt);
    int64_t end_mono_us = edge_clock_mono_us() + (int64_t)timeout_ms * 1000;
    int64_t now_mono_us;
    bool connected;
    do {
        now_mono_us = edge_clock_mono_us();
        edge_mqtt_step(mqtt, now_mono_us);
        connected = link.connected(link.self);
        nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    } while (!connected && now_mono_us < end_mono_us);
    printf("mqtt: %s:%u: %s\n", config->mqtt.host, config->mqtt.port,
           connected ? "ok" : edge_mqtt_waiting_for(mqtt));
    edge_mqtt_close(mqtt);
    return connected;
}

int edge_command_check(int argc, char **argv)
{
    struct drf_config config;
    if (!edge_options_known(argc, argv, "config seconds feed file key header",
                            "offline tombstone")
        || edge_command_load(argc, argv, &config) != DRF_OK)
        return 2;
    if (edge_option(argc, argv, "feed") || edge_option(argc, argv, "file")) {
        int code = edge_command_dry_run(argc, argv, &config);
        drf_config_close(&config);
        return code;
    }
    const char *text = edge_option(argc, argv, "seconds");
    long seconds = text ? strtol(text, NULL, 10) : 5;
    if (seconds < 1 || seconds > 600)
        seconds = 5;
    printf("configuration: ok: region %s, node %s, mode %s, %zu feed%s\n", config.region_id,
           config.node_id, drf_mode_name(config.mode), config.feed_count,
           config.feed_count == 1 ? "" : "s");
    bool good = true;
    if (!edge_flag(argc, argv, "offline")) {
        good = check_kafka(&config, (int)seconds * 1000);
        good = check_mqtt(&config, (int)seconds * 1000) && good;
    }
    drf_config_close(&config);
    return good ? 0 : 1;
}

int edge_command_config(int argc, char **argv)
{
    if (!edge_options_known(argc, argv, "", ""))
        return 2;
    drf_config_print_defaults(stdout);
    return 0;
}
