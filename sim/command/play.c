// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/command/command.h"
#include "sim/command/tape_options.h"
#include "sim/fleet/accounts.h"
#include "sim/host/loop.h"
#include "sim/host/options.h"
#include "sim/tape/play.h"

struct play_options {
    const char *mqtt, *user, *users, *root, *kafka, *kafka_prefix, *only, *speed, *times;
    double rate_hz;
    uint64_t passes;
    bool outputs;
    struct sim_words only_words;
    char host[SIM_HOST_SIZE];
    struct sim_account account;
};

// A number above 0, or "max", which is 0.
static bool read_speed(const char *text, double *out)
{
    char *end = NULL;
    if (strcmp(text, "max") == 0) {
        *out = 0;
        return true;
    }
    double value = strtod(text, &end);
    if (end == text || *end != '\0' || !isfinite(value) || value <= 0)
        return false;
    *out = value;
    return true;
}

static const char *refusal_of(struct play_options *options, struct sim_play_options *out)
{
    if (options->mqtt == NULL && options->kafka == NULL)
        return "one of --mqtt and --kafka is needed";
    if (options->mqtt != NULL && !sim_host_read(options->mqtt, options->host, &out->mqtt.port))
        return "--mqtt is HOST or HOST:PORT";
    if (!read_speed(options->speed, &out->speed))
        return "--speed is a number above 0, or max";
    if (!(options->rate_hz >= 0))
        return "--rate is a number of messages a second";
    if (!sim_words_read(options->only, &options->only_words))
        return "--only is a list of words with commas between them, at most 32";
    out->times_as_recorded = strcmp(options->times, "as-recorded") == 0;
    if (!out->times_as_recorded && strcmp(options->times, "now") != 0)
        return "--times is now or as-recorded";
    if (strlen(options->user) >= sizeof options->account.name)
        return "--user is at most 36 characters";
    if (options->root[0] == '\0' || strlen(options->root) > 100
        || strpbrk(options->root, "+#") != NULL)
        return "--root is a topic of at most 100 characters, without + and #";
    snprintf(options->account.name, sizeof options->account.name, "%s", options->user);
    out->mqtt.host = options->mqtt != NULL ? options->host : NULL;
    out->root = options->root;
    out->bootstrap = options->kafka;
    out->kafka_prefix = options->kafka_prefix;
    out->only = options->only_words.words;
    out->only_count = options->only_words.count;
    out->outputs = options->outputs;
    out->rate_hz = options->rate_hz;
    out->passes = options->passes;
    return NULL;
}

static int report(const char *path, enum drf_status status, const struct sim_play_count *count)
{
    printf("%s: %" PRIu64 " MQTT and %" PRIu64 " Kafka messages in %" PRIu64 " passes, %" PRIu64
           " not confirmed, %" PRIu64 " refused\n",
           path, count->mqtt, count->kafka, count->passes, count->unconfirmed, count->refused);
    if (count->outputs > 0)
        printf("left out: %" PRIu64 " messages that a node had sent\n", count->outputs);
    uint64_t brokerless = count->no_mqtt + count->no_kafka;
    if (count->no_mqtt > 0)
        printf("left out: %" PRIu64 " MQTT messages, which need --mqtt\n", count->no_mqtt);
    if (count->no_kafka > 0)
        printf("left out: %" PRIu64 " Kafka messages, which need --kafka\n", count->no_kafka);
    if (count->left_out > brokerless)
        printf("left out: %" PRIu64 " messages that were not chosen, or belong to no broker\n",
               count->left_out - brokerless);
    if (count->undecodable > 0)
        fprintf(stderr,
                "drf-sim play: %" PRIu64
                " messages cannot be decoded, so they cannot be marked REPLAY: left out\n",
                count->undecodable);
    if (count->error[0] != '\0')
        fprintf(stderr, "drf-sim play: %s\n", count->error);
    bool nothing = status == DRF_OK && count->mqtt + count->kafka == 0 && !sim_stop_wanted();
    if (nothing)
        fprintf(stderr, "drf-sim play: nothing was published\n");
    return status == DRF_OK && !nothing && count->unconfirmed == 0 && count->refused == 0
                   && count->undecodable == 0
               ? 0
               : 1;
}

int sim_play_run(int argc, char **argv)
{
    struct play_options options = {.user = "drf-replay",
                                   .root = "drf-test/v1",
                                   .kafka_prefix = "",
                                   .speed = "1",
                                   .times = "now",
                                   .passes = 1};
    const struct sim_option table[] = {
        {"mqtt", SIM_OPTION_TEXT, &options.mqtt, "HOST:PORT", "of the MQTT broker"},
        {"user", SIM_OPTION_TEXT, &options.user, "NAME",
         "account that may write for all drones (drf-replay)"},
        {"users", SIM_OPTION_TEXT, &options.users, "FILE",
         "name:password lines; without it no account is used"},
        {"root", SIM_OPTION_TEXT, &options.root, "TOPIC",
         "topic root of the node, not the one of mode LIVE (drf-test/v1)"},
        {"kafka", SIM_OPTION_TEXT, &options.kafka, "HOST:PORT", "bootstrap servers of Kafka"},
        {"kafka-prefix", SIM_OPTION_TEXT, &options.kafka_prefix, "TEXT",
         "before the name of each Kafka topic"},
        {"only", SIM_OPTION_TEXT, &options.only, "A,B",
         "mqtt, kafka, kinds (telemetry, profile, plan, request, report, query), topics as "
         "recorded"},
        {"outputs", SIM_OPTION_FLAG, &options.outputs, NULL, "what a node had sent, too"},
        {"speed", SIM_OPTION_TEXT, &options.speed, "N", "times real time (1), or max"},
        {"rate", SIM_OPTION_REAL, &options.rate_hz, "HZ",
         "messages a second, whatever their times (0: by --speed)"},
        {"loop", SIM_OPTION_COUNT, &options.passes, "N",
         "how often it is played (1; 0: no end)"},
        {"times", SIM_OPTION_TEXT, &options.times, "WHICH",
         "in telemetry, plans and queries: now (moved; usual) or as-recorded"},
    };
    const struct sim_usage usage = {
        "play [--mqtt HOST:PORT] [--kafka HOST:PORT] [OPTION...] FILE",
        "Publishes what a recording holds for a node of mode REPLAY: telemetry, profiles, "
        "plans,\n"
        "requests, queries and Kafka messages (schemas/recording.md). All of it is marked "
        "REPLAY,\n"
        "and none of it goes below drf/v1, where nodes of mode LIVE listen.",
        table, sizeof table / sizeof table[0]};
    int rest = 0;
    enum drf_status status = sim_options_read(&usage, argc, argv, &rest);
    if (status != DRF_OK)
        return sim_options_exit(status);
    struct sim_play_options chosen = {.path = rest < argc ? argv[rest] : NULL};
    const char *refusal =
        rest + 1 != argc ? "name one recording" : refusal_of(&options, &chosen);
    if (refusal != NULL) {
        fprintf(stderr, "drf-sim play: %s\n", refusal);
        return 2;
    }
    if (options.users != NULL) {
        if (sim_accounts_read(options.users, &options.account, 1) != DRF_OK) {
            fprintf(stderr,
                    "drf-sim play: --users cannot be read, or has no password for --user\n");
            return 1;
        }
        chosen.mqtt.user = options.account.name;
        chosen.mqtt.password = options.account.password;
    }
    struct sim_play_count count;
    sim_stop_watch();
    status = sim_play(&chosen, &count);
    return report(chosen.path, status, &count);
}
