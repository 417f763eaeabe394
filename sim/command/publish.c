// SPDX-License-Identifier: Apache-2.0
// `drf-sim publish`: sends files of any kind that the node reads to Kafka, as a provider
// would. Each file is split by its kind into a batch of messages (sim/publish/), then sent
// with CloudEvents headers; the whole batch exists before the first message is sent, because
// an edition states the number of its parts. A file with the SIM mark is refused in the
// modes LIVE and TEST before it is split. The command ends when every delivery is confirmed
// or the time is over.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/command/command.h"
#include "sim/host/loop.h"
#include "sim/host/options.h"
#include "sim/host/progress.h"
#include "sim/publish/provide.h"
#include "sim/publish/publish_kafka.h"

enum { TEXT_SIZE = 320, DOF_RECORDS = 300 };

struct publish_options {
    const char *bootstrap, *topic, *kind_name, *tombstone;
    struct sim_provider provider; // `source` is NULL when not given
    uint64_t max_bytes, level, records, timeout_s;
};

static int complain(const char *path, const char *text)
{
    fprintf(stderr, "drf-sim publish: %s: %s\n", path, text);
    return 1;
}

static int send_batch(const struct publish_options *options,
                      const struct sim_provider *provider, const char *path,
                      struct sim_version_time version, const struct sim_batch *batch,
                      struct sim_publisher *publisher)
{
    struct sim_progress progress = {.live = false};
    const struct sim_feed_port port = sim_publisher_port(publisher);
    enum drf_status status = DRF_OK;
    for (size_t i = 0; i < batch->count && status == DRF_OK && !sim_stop_wanted(); i++) {
        const struct sim_message *message = &batch->messages[i];
        if (message->size > options->max_bytes) {
            char text[TEXT_SIZE];
            snprintf(text, sizeof text, "%.100s is %zu bytes, over --max-bytes", message->key,
                     message->size);
            return complain(path, text);
        }
        status = sim_provider_send(provider, message, i + 1, batch->count, version, &port);
        sim_progress_bar(&progress, path, i + 1, batch->count, sim_mono_us());
    }
    sim_progress_end(&progress);
    return status == DRF_OK ? 0 : complain(path, sim_publisher_count(publisher)->error);
}

static int publish_file(const struct publish_options *options, const char *path,
                        struct sim_publisher *publisher)
{
    uint8_t *bytes;
    size_t size;
    if (sim_file_read(path, &bytes, &size) != DRF_OK)
        return complain(path, "cannot be read");
    struct sim_batch batch = {0};
    int code = 0;
    struct sim_provider own = options->provider;
    const struct sim_provider *provider = &own;
    own.kind = sim_file_kind_of(options->provider.kind, path, bytes, size);
    own.source = sim_provider_source(&own, path, bytes, size);
    if (strcmp(provider->mode, "SIM") != 0 && strcmp(provider->mode, "REPLAY") != 0
        && sim_provider_marked(provider, path, bytes, size)) {
        code = complain(path, "carries the SIM mark and goes out as SIM or REPLAY only");
    } else {
        enum drf_status status = sim_provider_split(provider, path, bytes, size, &batch);
        if (status == DRF_OK)
            code =
                send_batch(options, provider, path,
                           sim_provider_time(provider, path, bytes, size), &batch, publisher);
        else
            code = complain(path, status == DRF_ERR_FULL
                                      ? "cannot be cut below --max-bytes"
                                      : "is not what --format says, or is damaged");
    }
    sim_batch_close(&batch);
    free(bytes);
    return code;
}

// Every message confirmed, or not.
static int settle(const struct publish_options *options, struct sim_publisher *publisher)
{
    const struct sim_publisher_count *count = sim_publisher_count(publisher);
    struct sim_progress progress = {.live = false};
    int64_t end_mono_us = sim_mono_us() + ((int64_t)options->timeout_s + 5) * 1000000;
    while (sim_publisher_finish(publisher, 200) == DRF_ERR_AGAIN && sim_mono_us() < end_mono_us
           && !sim_stop_wanted())
        sim_progress_bar(&progress, "confirmed", count->delivered, count->sent, sim_mono_us());
    sim_progress_end(&progress);
    if (count->failed == 0 && count->delivered == count->sent) {
        if (count->sent > 0)
            printf("%s: %llu messages, %llu bytes, all confirmed\n", options->topic,
                   (unsigned long long)count->delivered, (unsigned long long)count->bytes);
        return 0;
    }
    fprintf(stderr, "drf-sim publish: %llu of %llu messages not confirmed: %s\n",
            (unsigned long long)(count->sent - count->delivered),
            (unsigned long long)count->sent,
            count->error[0] != '\0' ? count->error : "no answer from the broker");
    return 1;
}

static int publish_all(const struct publish_options *options, int count, char **paths)
{
    char error[SIM_PUBLISH_ERROR_SIZE] = "";
    struct sim_publisher *publisher = NULL;
    if (sim_publisher_open(options->bootstrap, options->topic, (unsigned)options->timeout_s,
                           &publisher, error)
        != DRF_OK) {
        fprintf(stderr, "drf-sim publish: %s\n", error);
        return 1;
    }
    sim_stop_watch();
    int code = 0;
    if (options->tombstone != NULL) {
        struct sim_message message = {0};
        snprintf(message.key, sizeof message.key, "%s", options->tombstone);
        const struct sim_provider *provider = &options->provider;
        const struct sim_feed_port port = sim_publisher_port(publisher);
        struct sim_version_time version = {
            provider->ce_utc_us != 0 ? provider->ce_utc_us : provider->now_utc_us, false};
        if (sim_provider_send(provider, &message, 1, 1, version, &port) != DRF_OK)
            code = complain(options->tombstone, sim_publisher_count(publisher)->error);
    }
    for (int i = 0; i < count && code == 0 && !sim_stop_wanted(); i++)
        code = publish_file(options, paths[i], publisher);
    int settled = settle(options, publisher);
    sim_publisher_close(publisher);
    return code != 0 ? code : settled;
}

static const char *refusal_of(struct publish_options *options, int files)
{
    static const char *const modes[] = {"LIVE", "TEST", "SIM", "REPLAY"};
    if (options->bootstrap == NULL || options->topic == NULL || options->kind_name == NULL)
        return "--bootstrap, --topic and --format are needed";
    if (files == 0 && options->tombstone == NULL)
        return "name at least one file, or --tombstone KEY";
    if (options->tombstone != NULL && options->provider.source == NULL)
        return "--tombstone needs --source, as it was sent ('' where without one)";
    size_t mode = 0;
    while (mode < sizeof modes / sizeof modes[0]
           && strcmp(options->provider.mode, modes[mode]) != 0)
        mode++;
    if (mode == sizeof modes / sizeof modes[0])
        return "--mode is LIVE, TEST, SIM or REPLAY";
    if (!sim_file_kind_find(options->kind_name, &options->provider.kind))
        return sim_file_kind_hint(options->kind_name); // of --format
    if (options->max_bytes < 10000 || options->level > 22 || options->records < 1
        || options->timeout_s < 1 || options->timeout_s > 3600)
        return "--max-bytes is at least 10000, --level at most 22, --batch at least 1, "
               "--timeout 1 to 3600";
    if (options->tombstone != NULL && strlen(options->tombstone) >= SIM_KEY_SIZE)
        return "the key is too long";
    options->provider.max_bytes = (size_t)options->max_bytes;
    options->provider.level = (unsigned)options->level;
    options->provider.records = (size_t)options->records;
    return NULL;
}

int sim_publish_run(int argc, char **argv)
{
    struct publish_options options = {.provider = {.mode = "SIM", .now_utc_us = sim_utc_us()},
                                      .max_bytes = 900000,
                                      .level = 12,
                                      .records = DOF_RECORDS,
                                      .timeout_s = 30};
    const struct sim_option table[] = {
        {"bootstrap", SIM_OPTION_TEXT, &options.bootstrap, "HOST:PORT", "of Kafka"},
        {"topic", SIM_OPTION_TEXT, &options.topic, "NAME", "of the feed"},
        {"format", SIM_OPTION_TEXT, &options.kind_name, "FORMAT",
         "a feed's format: terrain (geotiff, dted, hgt), dof, geojson_obstacles, grib, metar,\n"
         "                             urep, geojson_zones, ed269, ed318, sigmet, readsb, "
         "tracks, "
         "cap "
         "or gcn"},
        {"kind", SIM_OPTION_TEXT, &options.kind_name, "FORMAT",
         "the same (`geojson` and `zone` of earlier versions go on working)"},
        {"mode", SIM_OPTION_TEXT, &options.provider.mode, "MODE",
         "LIVE, TEST, SIM (default) or REPLAY"},
        {"source", SIM_OPTION_TEXT, &options.provider.source, "S",
         "header ce_source, who provides it (default: drf-sim for a file of its worlds, else "
         "none,\n"
         "                             and the node names the feed or its `source`)"},
        {"ce-time", SIM_OPTION_TIME, &options.provider.ce_utc_us, "UTC",
         "header ce_time, the version (default: what the file says, else its time of change)"},
        {"edition", SIM_OPTION_TEXT, &options.provider.edition, "ID",
         "features not in this file are withdrawn"},
        {"max-bytes", SIM_OPTION_COUNT, &options.max_bytes, "N",
         "of a message (default 900000); larger rasters are cut"},
        {"level", SIM_OPTION_COUNT, &options.level, "Z", "of the node's tiles (default 12)"},
        {"batch", SIM_OPTION_COUNT, &options.records, "N",
         "DOF records a message (default 300); 1: each under its own id"},
        {"tombstone", SIM_OPTION_TEXT, &options.tombstone, "KEY",
         "withdraw this key of --source"},
        {"timeout", SIM_OPTION_COUNT, &options.timeout_s, "S", "for a delivery (default 30)"},
    };
    const struct sim_usage usage = {
        "publish --bootstrap HOST:PORT --topic NAME --format FORMAT [OPTION...] FILE...",
        "Puts files into Kafka as their providers would: GRIB messages and GeoJSON features "
        "one\n"
        "by one, DOF records some hundred a message, large rasters in overlapping chunks,\n"
        "CloudEvents headers. Every delivery is confirmed before it ends; if one is not, it\n"
        "says so and fails.",
        table, sizeof table / sizeof table[0]};
    int rest;
    enum drf_status status = sim_options_read(&usage, argc, argv, &rest);
    if (status != DRF_OK)
        return sim_options_exit(status);
    const char *refusal = refusal_of(&options, argc - rest);
    if (refusal != NULL) {
        fprintf(stderr, "drf-sim publish: %s\n", refusal);
        return 2;
    }
    return publish_all(&options, argc - rest, argv + rest);
}
