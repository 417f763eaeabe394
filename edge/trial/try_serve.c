// SPDX-License-Identifier: Apache-2.0
// The second half of `drf-edge try`. Brokers and node are children that end with this program.
// Every used file is one message, keyed by its name, with the version that `import` gives it:
// what the file says, else its time of change. The node is ready when it has read as many
// messages as were published, is at the end of its topics, and /readyz agrees.
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "edge/command/read_file.h"
#include "edge/host/clock.h"
#include "edge/kafka/producer_kafka.h"
#include "edge/trial/try.h"
#include "geo/reader/issued.h"

// NOLINTBEGIN(concurrency-mt-unsafe): one thread; nobody changes the environment
enum { WAIT_S = 600, POLL_MS = 100, PAGE_SIZE = 1 << 20 };

static bool holds_kafka(const char *folder, char out[static DRF_PATH_SIZE])
{
    for (size_t i = 0; i < 2; i++) {
        char pattern[DRF_PATH_SIZE + 32], libs[DRF_PATH_SIZE];
        glob_t found;
        if (i == 0)
            snprintf(libs, sizeof libs, "%.480s/libs", folder);
        else
            snprintf(libs, sizeof libs, "%.500s", folder);
        snprintf(pattern, sizeof pattern, "%s/kafka_2*.jar", libs);
        const bool there = glob(pattern, 0, NULL, &found) == 0;
        if (there) {
            snprintf(out, DRF_PATH_SIZE, "%s", libs);
            globfree(&found);
            return true;
        }
    }
    return false;
}

// Java and a Kafka: --kafka, KAFKA_HOME, or the usual places.
static bool find_kafka(struct edge_try *job)
{
    static const char *const places[] = {"/opt/kafka*", "/usr/local/kafka*",
                                         "/usr/share/kafka*", "/usr/lib/kafka*"};
    if (!edge_try_program("java", job->java, sizeof job->java)) {
        printf("  no Java is found: no Kafka is started\n");
        return false;
    }
    const char *home = job->kafka ? job->kafka : getenv("KAFKA_HOME");
    if (home) {
        if (holds_kafka(home, job->jars))
            return true;
        printf("  %s holds no Kafka (libs/kafka_2*.jar)\n", home);
        return false;
    }
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        glob_t found;
        bool there = false;
        if (glob(places[i], 0, NULL, &found) != 0)
            continue;
        for (size_t k = 0; k < found.gl_pathc && !there; k++)
            there = holds_kafka(found.gl_pathv[k], job->jars);
        globfree(&found);
        if (there)
            return true;
    }
    printf("  no Apache Kafka is found (--kafka DIR, KAFKA_HOME, /opt/kafka*)\n");
    return false;
}

void edge_try_find_brokers(struct edge_try *job)
{
    if (job->import)
        return;
    job->has_mosquitto = edge_try_program("mosquitto", job->mosquitto, sizeof job->mosquitto)
                         && edge_try_program("mosquitto_passwd", job->mosquitto_passwd,
                                             sizeof job->mosquitto_passwd);
    if (!job->has_mosquitto)
        printf("  no mosquitto is found (apt install mosquitto)\n");
    job->has_kafka = job->has_mosquitto && find_kafka(job);
}

static bool start_mosquitto(struct edge_try *job)
{
    char config[DRF_PATH_SIZE], log[DRF_PATH_SIZE], passwords[DRF_PATH_SIZE];
    edge_try_path(job, "mosquitto/mosquitto.conf", config);
    edge_try_path(job, "mosquitto/mosquitto.log", log);
    edge_try_path(job, "mosquitto/passwords", passwords);
    const char *const hash[] = {job->mosquitto_passwd, "-U", passwords, NULL};
    const char *const run[] = {job->mosquitto, "-c", config, NULL};
    if (edge_try_process_wait(hash, log) != 0
        || !edge_try_process_start("mosquitto", run, log, &job->mosquitto_process))
        return false;
    for (int i = 0; i < WAIT_S * 1000 / POLL_MS; i++) {
        if (edge_try_listens(job->folder.mqtt_port))
            return true;
        if (!edge_try_process_runs(&job->mosquitto_process) || edge_try_pause(POLL_MS))
            return false;
    }
    return false;
}

static bool start_kafka(struct edge_try *job)
{
    char classpath[DRF_PATH_SIZE + 4], properties[DRF_PATH_SIZE], log[DRF_PATH_SIZE];
    snprintf(classpath, sizeof classpath, "%s/*", job->jars);
    edge_try_path(job, "kafka/server.properties", properties);
    edge_try_path(job, "kafka/kafka.log", log);
    const char *const format[] = {job->java,
                                  "-cp",
                                  classpath,
                                  "kafka.tools.StorageTool",
                                  "format",
                                  "-t",
                                  "drfEdgeTryClusterId00w",
                                  "-c",
                                  properties,
                                  NULL};
    const char *const run[] = {job->java,          "-Xms128m", "-Xmx1g",
                               "-XX:+UseSerialGC", "-cp",      classpath,
                               "kafka.Kafka",      properties, NULL};
    if (edge_try_process_wait(format, log) != 0
        || !edge_try_process_start("Kafka", run, log, &job->kafka_process))
        return false;
    for (int i = 0; i < WAIT_S * 1000 / POLL_MS; i++) {
        if (edge_try_listens(job->folder.kafka_port))
            return true;
        if (!edge_try_process_runs(&job->kafka_process) || edge_try_pause(POLL_MS))
            return false;
    }
    return false;
}

struct delivery {
    size_t delivered, failed;
};

static void on_report(void *context, const struct edge_kafka_record *record, bool delivered)
{
    struct delivery *delivery = context;
    (void)record;
    delivery->delivered += delivered;
    delivery->failed += !delivered;
}

static enum drf_status send_file(struct edge_try *job, struct edge_producer *producer,
                                 const struct edge_try_file *file)
{
    char topic[64];
    size_t size = 0;
    int64_t version_utc_us = 0, issued_utc_us;
    uint8_t *bytes = edge_read_file(file->path, &size, &version_utc_us);
    if (!bytes)
        return DRF_ERR_ABSENT;
    const struct edge_try_feed *feed = edge_try_folder_feed_of(&job->folder, file);
    snprintf(topic, sizeof topic, "try.%s", feed ? feed->name : "");
    const bool issued =
        geo_issued_read((enum geo_format)file->format, bytes, size, &issued_utc_us);
    if (issued)
        version_utc_us = issued_utc_us;
    const struct edge_header header = {"drf_time_basis", "file", strlen("file")};
    const char *name = edge_try_file_name(file);
    const struct edge_kafka_record record = {.key = (const uint8_t *)name,
                                             .key_size = strlen(name),
                                             .value = bytes,
                                             .value_size = size,
                                             .headers = &header,
                                             .header_count = issued ? 0 : 1,
                                             .timestamp_ms = version_utc_us / 1000};
    enum drf_status status = edge_producer_send(producer, topic, &record);
    free(bytes);
    return status;
}

// Every used file as one message, each confirmed before the next is read.
static bool publish(struct edge_try *job, const struct drf_config *config)
{
    char error[EDGE_KAFKA_ERROR_SIZE] = "out of memory";
    struct edge_producer *producer = NULL;
    if (edge_producer_open(config, "try.deadletters", 1000, (EDGE_TRY_FILE_MAX_MB + 8) << 10,
                           error, &producer)
        != DRF_OK) {
        edge_try_failed(error, "Kafka");
        return false;
    }
    bool good = true;
    for (size_t i = 0; i < job->file_count && good; i++) {
        struct delivery delivery = {0};
        if (job->files[i].format == 0)
            continue;
        good = send_file(job, producer, &job->files[i]) == DRF_OK;
        for (int waited = 0; good && edge_producer_waiting(producer) > 0
                             && waited < WAIT_S * 1000 / POLL_MS && !edge_try_pause(0);
             waited++)
            edge_producer_serve(producer, POLL_MS, on_report, &delivery);
        good = good && delivery.delivered == 1;
        job->published += good;
        if (!good)
            edge_try_failed(job->files[i].path, "it was not published");
    }
    edge_producer_close(producer);
    return good;
}

// The sum of a metric over all its labels.
static double sum_of(const char *page, const char *metric)
{
    double sum = 0;
    const size_t length = strlen(metric);
    for (const char *at = page; (at = strstr(at, metric)) != NULL; at += length) {
        const char *end = at + strcspn(at, "\n");
        const char *space = memchr(at, ' ', (size_t)(end - at));
        if ((at == page || at[-1] == '\n') && at[length] == '{' && space)
            sum += strtod(space, NULL);
    }
    return sum;
}

// Whether it has read all that was published; of imported files, whether drones could ask it.
static bool learned(struct edge_try *job, char *page)
{
    if (!job->has_kafka)
        return edge_try_ask(job->folder.http_port, "/readyz", page, PAGE_SIZE)
               && strstr(page, "mqtt") == NULL;
    return edge_try_ask(job->folder.http_port, "/metrics", page, PAGE_SIZE)
           && sum_of(page, "drf_feed_messages_total") >= (double)job->published
           && sum_of(page, "drf_feed_behind_messages") == 0
           && edge_try_ask(job->folder.http_port, "/readyz", page, PAGE_SIZE)
           && strstr(page, " 200 ") != NULL;
}

// What the node says it refused: lines of this metric that are not zero,
// NAME{feed="FEED",reason="REASON"} COUNT.
static void tell_refusals(const char *page)
{
    static const char metric[] = "drf_feed_refusals_total{";
    for (const char *at = page; (at = strstr(at, metric)) != NULL; at += sizeof metric - 1) {
        char feed[40], reason[40];
        int length = 0;
        if (sscanf(at + sizeof metric - 1, "feed=\"%39[^\"]\",reason=\"%39[^\"]\"}%n", feed,
                   reason, &length)
                != 2
            || length == 0)
            continue;
        const double count = strtod(at + sizeof metric - 1 + length, NULL);
        if (count > 0)
            printf("  feed %s: %.0f refused: %s\n", feed, count, reason);
    }
}

static bool run_node(struct edge_try *job, char *page)
{
    char config[DRF_PATH_SIZE], log[DRF_PATH_SIZE], start[EDGE_TRY_TIME_SIZE];
    edge_try_path(job, "drf-edge.yaml", config);
    edge_try_path(job, "node.log", log);
    edge_try_time(job->folder.utc_us, start);
    const char *const run[] = {
        job->program, "run", "--config", config, job->folder.replay ? "--utc-start" : NULL,
        start,        NULL};
    if (!edge_try_process_start("node", run, log, &job->node))
        return edge_try_failed(NULL, "the node cannot be started") == 0;
    const int64_t began_mono_us = edge_clock_mono_us();
    bool ready = false;
    for (int i = 0; i < WAIT_S * 1000 / POLL_MS && !ready; i++) {
        ready = learned(job, page);
        if (!ready && !edge_try_process_runs(&job->node)) {
            edge_try_failed(log, "the node ended by itself; this is its log");
            return false;
        }
        if (!ready && edge_try_pause(POLL_MS))
            return false;
    }
    if (!ready) {
        edge_try_failed(log, "the node did not get ready in time; this is its log");
        return false;
    }
    if (job->has_kafka)
        printf("  the node has read %zu messages and is ready after %.1f s\n", job->published,
               (double)(edge_clock_mono_us() - began_mono_us) / 1e6);
    else
        printf("  the node serves what was imported at 127.0.0.1:%u; it waits for Kafka\n",
               job->folder.mqtt_port);
    if (edge_try_ask(job->folder.http_port, "/metrics", page, PAGE_SIZE))
        tell_refusals(page);
    const int code = edge_try_process_stop(&job->node);
    if (code != 0)
        edge_try_failed(log, "the node did not end cleanly; this is its log");
    return code == 0;
}

static bool start_brokers(struct edge_try *job)
{
    if (!start_mosquitto(job))
        edge_try_failed(job->folder.path, "mosquitto did not start: mosquitto/mosquitto.log");
    else if (job->has_kafka && !start_kafka(job))
        edge_try_failed(job->folder.path, "Kafka did not start: kafka/kafka.log");
    else
        return true;
    return false;
}

bool edge_try_serve(struct edge_try *job)
{
    char path[DRF_PATH_SIZE];
    struct drf_config config;
    struct drf_config_error error = {0};
    edge_try_path(job, "drf-edge.yaml", path);
    if (drf_config_load(path, &error, &config) != DRF_OK) {
        edge_try_failed(path, error.text);
        return false;
    }
    char *page = malloc(PAGE_SIZE);
    bool good = page && start_brokers(job);
    if (good) {
        printf("  mosquitto at 127.0.0.1:%u, Kafka at 127.0.0.1:%u\n", job->folder.mqtt_port,
               job->folder.kafka_port);
        good = publish(job, &config) && run_node(job, page);
    }
    free(page);
    drf_config_close(&config);
    return good;
}

bool edge_try_import(struct edge_try *job)
{
    char config[DRF_PATH_SIZE], *page = NULL;
    size_t imported = 0;
    bool good = true;
    edge_try_path(job, "drf-edge.yaml", config);
    for (size_t i = 0; i < job->folder.feed_count && good; i++) {
        const struct edge_try_feed *feed = &job->folder.feeds[i];
        if (strcmp(feed->kind, "traffic") == 0) {
            printf("  feed %s: %zu file%s left out: traffic comes by Kafka only\n", feed->name,
                   feed->file_count, feed->file_count == 1 ? "" : "s");
            continue;
        }
        const char **argv = calloc(job->file_count + 7, sizeof *argv);
        if (!argv)
            return false;
        size_t count = 0;
        argv[count++] = job->program;
        argv[count++] = "import";
        argv[count++] = "--config";
        argv[count++] = config;
        argv[count++] = "--feed";
        argv[count++] = feed->name;
        for (size_t k = 0; k < job->file_count; k++)
            if (edge_try_folder_feed_of(&job->folder, &job->files[k]) == feed)
                argv[count++] = job->files[k].path;
        // 1: some were refused, which it said
        good = edge_try_process_wait(argv, NULL) >= 0 && !edge_try_pause(0);
        imported += feed->file_count;
        free(argv);
    }
    if (good && imported == 0)
        good = edge_try_failed(NULL, "none of these files can be imported") == 0;
    if (good && job->has_mosquitto)
        good = (page = malloc(PAGE_SIZE)) != NULL && start_brokers(job) && run_node(job, page);
    free(page);
    return good;
}
// NOLINTEND(concurrency-mt-unsafe)
