// SPDX-License-Identifier: Apache-2.0
// `drf-edge deadletters`: lists refused messages, and sends them again to their topics. Two
// sources are read: the store, for dead letters that Kafka has not acknowledged (read-only, ids
// "store:HEX"), and the dead letter topic, partition by partition from its first offset to the
// end found at the start (ids PARTITION:OFFSET). A record sent again has the original key,
// bytes, headers and CreateTime and none of our headers, so that it is the same version as
// before; one whose bytes were cut is refused, because a part of a document is another
// document.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "edge/command/command.h"
#include "edge/command/topic_reader.h"
#include "edge/kafka/deadletter.h"
#include "edge/service/loop.h"

enum { ID_SIZE = 32, TIMEOUT_MS = 10000, WAIT_MS = 20 };

struct job {
    const struct drf_config *config;
    int id_count;
    char **ids; // to send again; NULL: list
    bool all;
    bool cut; // the one at hand has more headers than are read
    struct edge_producer *producer;
    uint64_t seen, chosen, sent, delivered, failed;
};

static bool said(const struct edge_kafka_record *kafka_record, const char *name, char *out,
                 size_t room)
{
    for (size_t i = kafka_record->header_count; i-- > 0;) {
        const struct edge_header *header = &kafka_record->headers[i];
        if (strcmp(header->name, name) != 0 || header->size >= room || !header->value)
            continue;
        memcpy(out, header->value, header->size);
        out[header->size] = '\0';
        return true;
    }
    snprintf(out, room, "-");
    return false;
}

static void print(const char *id, const struct edge_kafka_record *kafka_record)
{
    char feed[40], topic[140], partition[16], offset[24], reason[24], text[200], size[24],
        key[64];
    (void)said(kafka_record, "drf_dead_feed", feed, sizeof feed);
    (void)said(kafka_record, "drf_dead_topic", topic, sizeof topic);
    (void)said(kafka_record, "drf_dead_partition", partition, sizeof partition);
    (void)said(kafka_record, "drf_dead_offset", offset, sizeof offset);
    (void)said(kafka_record, "drf_dead_reason", reason, sizeof reason);
    (void)said(kafka_record, "drf_dead_text", text, sizeof text);
    (void)said(kafka_record, "drf_dead_size", size, sizeof size);
    printf("%-18s feed=%s topic=%s partition=%s offset=%s reason=%s bytes=%s key=%s text=%s\n",
           id, feed, topic, partition, offset, reason, size,
           edge_log_quote(key, sizeof key,
                          kafka_record->key ? (const char *)kafka_record->key : "-",
                          kafka_record->key ? kafka_record->key_size : 1),
           text);
}

static void on_report(void *context, const struct edge_kafka_record *kafka_record,
                      bool delivered)
{
    struct job *job = context;
    (void)kafka_record;
    *(delivered ? &job->delivered : &job->failed) += 1;
}

// The original again: its key, bytes, headers and time, so that it is the version it was.
static void send_again(struct job *job, const char *id,
                       const struct edge_kafka_record *kafka_record)
{
    char topic[140], size[24], time_ms[24];
    struct edge_header headers[EDGE_KAFKA_RECORD_HEADERS_MAX];
    bool whole = !job->cut && said(kafka_record, "drf_dead_topic", topic, sizeof topic)
                 && said(kafka_record, "drf_dead_size", size, sizeof size)
                 && strtoull(size, NULL, 10) == kafka_record->value_size;
    if (!whole) {
        printf("%s: it was stored in part only; publish it again from its source\n", id);
        job->failed++;
        return;
    }
    struct edge_kafka_record again = *kafka_record;
    again.headers = headers;
    again.header_count = 0;
    for (size_t i = 0; i < kafka_record->header_count; i++)
        if (strncmp(kafka_record->headers[i].name, EDGE_DEADLETTER_PREFIX,
                    strlen(EDGE_DEADLETTER_PREFIX))
            != 0)
            headers[again.header_count++] = kafka_record->headers[i];
    again.timestamp_ms = said(kafka_record, "drf_dead_time_ms", time_ms, sizeof time_ms)
                             ? strtoll(time_ms, NULL, 10)
                             : 0;
    enum drf_status status;
    while ((status = edge_producer_send(job->producer, topic, &again)) == DRF_ERR_FULL)
        edge_producer_serve(job->producer, WAIT_MS, on_report, job);
    if (status == DRF_OK) {
        job->sent++;
        printf("%s: sent to %s\n", id, topic);
    } else {
        job->failed++;
        printf("%s: Kafka does not take it for %s\n", id, topic);
    }
}

static void consider(struct job *job, const char *id,
                     const struct edge_kafka_record *kafka_record)
{
    bool chosen = job->all;
    for (int i = 0; i < job->id_count; i++)
        chosen = chosen || strcmp(job->ids[i], id) == 0;
    job->seen++;
    if (!job->producer)
        print(id, kafka_record);
    if (!job->producer || !chosen)
        return;
    job->chosen++;
    send_again(job, id, kafka_record);
}

static enum drf_status consider_kept(void *context, const char *name, const void *bytes,
                                     size_t size)
{
    struct edge_header headers[EDGE_KAFKA_RECORD_HEADERS_MAX];
    struct edge_kafka_record kafka_record;
    char id[ID_SIZE];
    snprintf(id, sizeof id, "store:%" PRIx64,
             (uint64_t)strtoull(name + strlen(EDGE_DELIVERY_LETTERS), NULL, 16));
    if (edge_kafka_record_unpack(bytes, size, headers, &kafka_record) == DRF_OK)
        consider(context, id, &kafka_record);
    return DRF_OK;
}

// Those that wait for Kafka. No store yet: none.
static void read_store(struct job *job)
{
    struct fusion_store *store = NULL;
    struct fusion_store_config config = {.path = job->config->store_path, .read_only = true};
    if (fusion_store_open(&config, &store) == DRF_OK
        && fusion_store_each_value(store, EDGE_DELIVERY_LETTERS, consider_kept, job) != DRF_OK)
        fprintf(stderr, "drf-edge: the store cannot be read\n");
    fusion_store_close(store);
}

static void consider_message(void *context, const struct edge_message *message)
{
    struct job *job = context;
    char id[ID_SIZE];
    snprintf(id, sizeof id, "%" PRId32 ":%" PRId64, message->partition, message->offset);
    const struct edge_kafka_record kafka_record = {.key = message->key,
                                                   .key_size = message->key_size,
                                                   .value = message->value,
                                                   .value_size = message->value_size,
                                                   .headers = message->headers,
                                                   .header_count = message->header_count};
    job->cut = message->headers_left_out;
    consider(job, id, &kafka_record);
}

static bool read_topic(struct job *job)
{
    return edge_topic_read(job->config, job->config->dead_letter_topic, consider_message, job);
}

static int resubmit(struct job *job)
{
    char error[EDGE_KAFKA_ERROR_SIZE] = "out of memory";
    if (edge_producer_open(job->config, job->config->dead_letter_topic, 1000, 16384, error,
                           &job->producer)
        != DRF_OK) {
        fprintf(stderr, "drf-edge: kafka: %s\n", error);
        return 1;
    }
    bool read = read_topic(job);
    job->cut = false;
    read_store(job);
    for (int waited_ms = 0; waited_ms < TIMEOUT_MS && edge_producer_waiting(job->producer) > 0;
         waited_ms += WAIT_MS)
        edge_producer_serve(job->producer, WAIT_MS, on_report, job);
    edge_producer_close(job->producer);
    bool found = job->all || job->chosen >= (uint64_t)job->id_count;
    if (!found)
        fprintf(stderr, "drf-edge: %" PRIu64 " of %d were found\n", job->chosen, job->id_count);
    printf("%" PRIu64 " sent, %" PRIu64 " delivered, %" PRIu64 " not\n", job->sent,
           job->delivered, job->failed);
    return read && found && job->failed == 0 && job->delivered == job->sent ? 0 : 1;
}

static int run(struct job *job, int argc, char **argv)
{
    const char *word = argc > 0 ? argv[0] : "list";
    if (job->config->dead_letter_topic[0] == '\0') {
        fprintf(stderr, "drf-edge: dead_letters.topic is not configured\n");
        return 2;
    }
    if (strcmp(word, "list") == 0 && argc <= 1) {
        bool good = read_topic(job);
        read_store(job);
        printf("%" PRIu64 " dead letter%s\n", job->seen, job->seen == 1 ? "" : "s");
        return good ? 0 : 1;
    }
    job->all = argc == 2 && strcmp(argv[1], "--all") == 0;
    job->ids = argv + 1;
    job->id_count = job->all ? 0 : argc - 1;
    if (strcmp(word, "resubmit") == 0 && argc > 1)
        return resubmit(job);
    fprintf(stderr, "drf-edge: deadletters: list, resubmit ID... or resubmit --all\n");
    return 2;
}

int edge_command_deadletters(int argc, char **argv)
{
    // --config stands before the word, or is taken out from behind it.
    char *rest[64];
    int count = 0;
    for (int i = 0; i < argc; i++) {
        if (strncmp(argv[i], "--config=", 9) == 0)
            continue;
        if (strcmp(argv[i], "--config") == 0) {
            i++;
            continue;
        }
        if (count == (int)(sizeof rest / sizeof rest[0])) {
            fprintf(stderr, "drf-edge: at most 63 ids at once, or --all\n");
            return 2;
        }
        rest[count++] = argv[i];
    }
    struct drf_config config;
    if (edge_command_load(argc, argv, &config) != DRF_OK)
        return 2;
    struct job job = {.config = &config};
    int code = run(&job, count, rest);
    drf_config_close(&config);
    return code;
}
