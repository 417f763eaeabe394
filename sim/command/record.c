// SPDX-License-Identifier: Apache-2.0
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "sim/command/command.h"
#include "sim/command/tape_options.h"
#include "sim/fleet/accounts.h"
#include "sim/host/loop.h"
#include "sim/host/options.h"
#include "sim/host/progress.h"
#include "sim/tape/record.h"

enum { STEP_MS = 100, ZSTD_LEVEL = 3, DRAIN_ROUNDS = 50 };

static const int64_t connect_us = 60000000;

struct record_options {
    const char *out, *mqtt, *filters, *user, *users, *kafka, *topics, *from;
    double seconds;
    bool replace;
    struct sim_words filter_words, topic_words;
    char host[SIM_HOST_SIZE];
    struct sim_account account;
};

static int complain(const char *text)
{
    fprintf(stderr, "drf-sim record: %s\n", text);
    return 1;
}

static const char *refusal_of(struct record_options *options, struct sim_record_options *out)
{
    if (options->out == NULL || (options->mqtt == NULL && options->kafka == NULL))
        return "--out and one of --mqtt and --kafka are needed";
    if (options->mqtt != NULL && !sim_host_read(options->mqtt, options->host, &out->mqtt.port))
        return "--mqtt is HOST or HOST:PORT";
    if (!sim_words_read(options->filters, &options->filter_words)
        || options->filter_words.count == 0)
        return "--filters are MQTT topic filters with commas between them, at most 32";
    if (!sim_words_read(options->topics, &options->topic_words)
        || (options->kafka != NULL) != (options->topic_words.count > 0))
        return "--kafka and --topics belong together: names with commas between them, at most "
               "32";
    bool end = strcmp(options->from, "end") == 0;
    if (!end && strcmp(options->from, "beginning") != 0)
        return "--from is end or beginning";
    if (!(options->seconds >= 0))
        return "--for is a number of seconds, 0 for no end";
    if (strlen(options->user) >= sizeof options->account.name)
        return "--user is at most 36 characters";
    snprintf(options->account.name, sizeof options->account.name, "%s", options->user);
    out->path = options->out;
    out->replace = options->replace;
    out->zstd_level = ZSTD_LEVEL;
    out->bootstrap = options->kafka;
    out->topics = options->topic_words.words;
    out->topic_count = options->topic_words.count;
    out->from_end = end;
    out->mqtt.host = options->mqtt != NULL ? options->host : NULL;
    out->mqtt.filters = options->filter_words.words;
    out->mqtt.filter_count = options->filter_words.count;
    return NULL;
}

static int wait_ready(struct sim_record *record)
{
    int64_t end_us = sim_mono_us() + connect_us;
    while (!sim_record_ready(record) && !sim_stop_wanted()) {
        sim_record_step(record, STEP_MS);
        if (sim_mono_us() < end_us && !sim_record_count(record).denied)
            continue;
        const char *why = sim_record_count(record).error;
        return complain(why[0] != '\0' ? why : "the MQTT broker does not answer");
    }
    return 0;
}

static void show(struct sim_progress *progress, const struct sim_record *record)
{
    char text[128];
    struct sim_record_count count = sim_record_count(record);
    snprintf(text, sizeof text,
             "%" PRIu64 " MQTT, %" PRIu64 " Kafka messages, %" PRIu64 " kB, %" PRIu64
             " not written",
             count.mqtt, count.kafka, count.bytes / 1000, count.unwritten);
    sim_progress_line(progress, text, sim_mono_us());
}

// What the brokers have sent already is taken.
static void drain(struct sim_record *record)
{
    uint64_t before, after = 0;
    int rounds = 0;
    do {
        before = after;
        sim_record_step(record, STEP_MS);
        struct sim_record_count count = sim_record_count(record);
        after = count.mqtt + count.kafka;
    } while (after != before && ++rounds < DRAIN_ROUNDS);
}

static int run(const struct record_options *options, struct sim_record *record)
{
    int code = wait_ready(record);
    if (code != 0) {
        (void)remove(options->out); // nothing is in it
        return code;
    }
    printf("%s: recording\n", options->out);
    fflush(stdout);
    int64_t start_us = sim_mono_us();
    struct sim_progress progress = {.live = false};
    while (!sim_stop_wanted()
           && (options->seconds == 0
               || (double)(sim_mono_us() - start_us) * 1e-6 < options->seconds)) {
        sim_record_step(record, STEP_MS);
        show(&progress, record);
    }
    sim_progress_end(&progress);
    drain(record);
    enum drf_status status = sim_record_finish(record);
    struct sim_record_count count = sim_record_count(record);
    printf("%s: %" PRIu64 " MQTT and %" PRIu64 " Kafka messages, %" PRIu64 " bytes, %" PRIu64
           " not written\n",
           options->out, count.mqtt, count.kafka, count.bytes, count.unwritten);
    if (count.connections_lost > 0)
        fprintf(stderr,
                "drf-sim record: the MQTT connection was lost %" PRIu64
                " times; what was sent meanwhile is not recorded\n",
                count.connections_lost);
    if (status == DRF_OK && count.unwritten == 0 && count.connections_lost == 0
        && count.kafka_errors == 0)
        return 0;
    return complain(count.error[0] != '\0' ? count.error : "not everything could be written");
}

int sim_record_run(int argc, char **argv)
{
    struct record_options options = {
        .filters = "drf/v1/#,drf-test/v1/#", .user = "drf-recorder", .from = "end"};
    const struct sim_option table[] = {
        {"out", SIM_OPTION_TEXT, &options.out, "FILE", "the recording (.mcap)"},
        {"replace", SIM_OPTION_FLAG, &options.replace, NULL, "a file that exists already"},
        {"for", SIM_OPTION_REAL, &options.seconds, "SECONDS",
         "how long (0: until SIGINT or SIGTERM)"},
        {"mqtt", SIM_OPTION_TEXT, &options.mqtt, "HOST:PORT", "of the MQTT broker"},
        {"filters", SIM_OPTION_TEXT, &options.filters, "A,B",
         "MQTT topics, with + and # (drf/v1/#,drf-test/v1/#)"},
        {"user", SIM_OPTION_TEXT, &options.user, "NAME",
         "account that may read them (drf-recorder)"},
        {"users", SIM_OPTION_TEXT, &options.users, "FILE",
         "name:password lines; without it no account is used"},
        {"kafka", SIM_OPTION_TEXT, &options.kafka, "HOST:PORT", "bootstrap servers of Kafka"},
        {"topics", SIM_OPTION_TEXT, &options.topics, "A,B", "Kafka topics"},
        {"from", SIM_OPTION_TEXT, &options.from, "WHERE",
         "of the Kafka topics: end (what comes from now on; usual) or beginning"},
    };
    const struct sim_usage usage = {
        "record --out FILE [--mqtt HOST:PORT] [--kafka HOST:PORT --topics A,B] [OPTION...]",
        "Writes what goes over MQTT and Kafka into a recording (schemas/recording.md), in the\n"
        "order in which it comes, until SIGINT or the time is over. A chunk ends each second:\n"
        "a crash costs no more. Ends with 1 if anything could not be written.",
        table, sizeof table / sizeof table[0]};
    int rest = 0;
    enum drf_status status = sim_options_read(&usage, argc, argv, &rest);
    if (status != DRF_OK)
        return sim_options_exit(status);
    struct sim_record_options chosen = {.path = NULL};
    const char *refusal =
        rest != argc ? "unknown words at the end" : refusal_of(&options, &chosen);
    if (refusal != NULL) {
        fprintf(stderr, "drf-sim record: %s\n", refusal);
        return 2;
    }
    if (options.users != NULL) {
        if (sim_accounts_read(options.users, &options.account, 1) != DRF_OK)
            return complain("--users cannot be read, or has no password for --user");
        chosen.mqtt.user = options.account.name;
        chosen.mqtt.password = options.account.password;
    }
    char error[DRF_MCAP_ERROR_SIZE];
    struct sim_record *record = NULL;
    sim_stop_watch();
    if (sim_record_open(&chosen, &record, error) != DRF_OK)
        return complain(error);
    int code = run(&options, record);
    sim_record_close(record);
    return code;
}
