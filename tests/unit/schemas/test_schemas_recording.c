// SPDX-License-Identifier: Apache-2.0
// What schemas/recording_write.h and schemas/recording_read.h promise;
// tests/replay/test_recording.py holds the same against pip mcap.
#define _GNU_SOURCE // mkstemp

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "drf/v1/recording.pb-c.h"
#include "schemas/recording_read.h"
#include "schemas/recording_write.h"

static struct drf_recording *start(char path[static 32])
{
    char error[DRF_MCAP_ERROR_SIZE];
    struct drf_recording *recording = NULL;
    snprintf(path, 32, "/tmp/drf-recording-XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(drf_recording_open_fd(
                         fd, path,
                         &(struct drf_mcap_write_options){.library = "test", .zstd_level = 1},
                         &recording, error),
                     DRF_OK);
    return recording;
}

static struct drf_recording_reader *finish(struct drf_recording *recording, const char *path)
{
    struct drf_recording_reader *reader = NULL;
    struct drf_mcap_error error;
    assert_int_equal(drf_mcap_writer_finish(drf_recording_mcap(recording)), DRF_OK);
    drf_recording_close(recording);
    assert_int_equal(drf_recording_reader_open(path,
                                               &(struct drf_mcap_read_options){.verify = true},
                                               &reader, &error),
                     DRF_OK);
    (void)unlink(path);
    return reader;
}

// The names are those of schemas/asyncapi.yaml.
static void topic_schema__each_kind__names_its_message(void **state)
{
    (void)state;
    static const struct {
        const char *topic, *schema;
    } rows[] = {
        {"drf/v1/drones/d1/telemetry", "drf.v1.Telemetry"},
        {"drf-test/v1/drones/d1/profile", "drf.v1.Profile"},
        {"x/drones/d1/plan", "drf.v1.Plan"},
        {"drf/v1/drones/d1/request", "drf.v1.Request"},
        {"drf/v1/drones/d1/context/r", "drf.v1.Context"},
        {"drf/v1/drones/d1/patch/r", "drf.v1.Patch"},
        {"drf/v1/drones/d1/advisory/r", "drf.v1.AdvisoryMessage"},
        {"drf/v1/drones/d1/reply/r", "drf.v1.Reply"},
        {"drf/v1/drones/d1/terrain/r", "drf.v1.Terrain"},
        {"drf/v1/regions/r/nodes/n/heartbeat", "drf.v1.Heartbeat"},
        {"drf/v1/regions/r/nodes/n/state", "drf.v1.NodeState"},
        {"drf/v1/regions/r/nodes/n/catalog", "drf.v1.Catalog"},
        {"drf/v1/regions/r/alerts", "drf.v1.Alerts"},
        {"drf/v1/query/c", "drf.v1.Query"},
        {"drf/v1/query/c/reply", "drf.v1.QueryReply"},
        {"drf/v1/drones/d1/context", NULL},
        {"drf/v1/drones/d1/telemetry/r", NULL},
        {"drf/v1/drones//telemetry", NULL},
        {"drf/v1/drones/d1/telemetry2", NULL},
        {"drf/v1/query/c/reply/x", NULL},
        {"telemetry", NULL},
        {"", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *schema = drf_topic_schema(rows[i].topic);
        if (rows[i].schema == NULL)
            assert_null(schema);
        else
            assert_string_equal(schema, rows[i].schema);
    }
}

static void mqtt__many_topics_and_ways__come_back_as_they_went(void **state)
{
    (void)state;
    enum { TOPICS = 700, ROUNDS = 3 };
    char path[32], topic[64], response[80];
    struct drf_recording *recording = start(path);
    for (unsigned n = 0; n < TOPICS * ROUNDS; n++) {
        snprintf(topic, sizeof topic, "drf/v1/drones/d%u/telemetry", n % TOPICS);
        snprintf(response, sizeof response, "%s/reply", topic);
        const struct drf_recorded_mqtt message = {
            .topic = topic,
            .payload = (const uint8_t *)topic,
            .size = n % 5,
            .json = n % 2 == 1,
            .retain = n % 3 == 1,
            .qos = (uint8_t)(n % 3),
            .expiry_s = n % 7,
            .response_topic = n % 11 == 1 ? response : NULL,
            .correlation = n % 13 == 1 ? (const uint8_t *)response : NULL,
            .correlation_size = n % 13 == 1 ? n % 4 : 0,
        };
        assert_int_equal(drf_recording_mqtt(recording, &message, 1000 + n, n % 2 ? 77 : 0),
                         DRF_OK);
    }
    struct drf_recording_reader *reader = finish(recording, path);
    struct drf_recorded recorded;
    unsigned n = 0;
    while (drf_recording_next(reader, &recorded) == DRF_OK) {
        if (recorded.kind == DRF_RECORDED_ATTACHMENT)
            continue;
        assert_int_equal(recorded.kind, DRF_RECORDED_MQTT);
        const struct drf_recorded_mqtt *mqtt = &recorded.mqtt;
        snprintf(topic, sizeof topic, "drf/v1/drones/d%u/telemetry", n % TOPICS);
        snprintf(response, sizeof response, "%s/reply", topic);
        assert_string_equal(mqtt->topic, topic);
        assert_int_equal(mqtt->size, n % 5);
        if (mqtt->size > 0)
            assert_memory_equal(mqtt->payload, topic, mqtt->size);
        assert_int_equal(mqtt->json, n % 2 == 1);
        assert_int_equal(mqtt->retain, n % 3 == 1);
        assert_int_equal(mqtt->qos, n % 3);
        assert_int_equal(mqtt->expiry_s, n % 7);
        assert_int_equal(mqtt->response_topic != NULL, n % 11 == 1);
        if (mqtt->response_topic != NULL)
            assert_string_equal(mqtt->response_topic, response);
        assert_int_equal(mqtt->correlation != NULL, n % 13 == 1);
        if (mqtt->correlation != NULL)
            assert_int_equal(mqtt->correlation_size, n % 4);
        assert_int_equal(recorded.record.log_time_ns, 1000 + n);
        assert_int_equal(recorded.record.publish_time_ns, n % 2 ? 77 : 1000 + n);
        n++;
    }
    assert_int_equal(n, TOPICS * ROUNDS);
    drf_recording_reader_close(reader);
}

// protobuf-c, which our writer does not use, reads what stands in the file.
static void kafka__all_fields__are_what_protobuf_c_reads(void **state)
{
    (void)state;
    char path[32];
    struct drf_recording *recording = start(path);
    const struct drf_recorded_header headers[] = {
        {"ce_id", (const uint8_t *)"7", 1}, {"", NULL, 0}, {"empty", (const uint8_t *)"", 0}};
    const struct drf_recorded_kafka full = {
        .topic = "weather",
        .key = (const uint8_t *)"k",
        .key_size = 1,
        .value = (const uint8_t *)"value",
        .value_size = 5,
        .headers = headers,
        .header_count = 3,
        .has_timestamp = true,
        .log_append_time = true,
        .timestamp_ms = -5,
        .partition = 300,
        .offset = INT64_MAX,
    };
    const struct drf_recorded_kafka tombstone = {.topic = "weather", .partition = 300};
    assert_int_equal(drf_recording_kafka(recording, &full, 1, 2), DRF_OK);
    assert_int_equal(drf_recording_kafka(recording, &tombstone, 3, 0), DRF_OK);
    struct drf_recording_reader *reader = finish(recording, path);
    struct drf_recorded recorded;
    assert_int_equal(drf_recording_next(reader, &recorded), DRF_OK); // the descriptor
    assert_int_equal(drf_recording_next(reader, &recorded), DRF_OK);
    Drf__V1__KafkaMessage *message = drf__v1__kafka_message__unpack(
        NULL, (size_t)recorded.record.size, recorded.record.data);
    assert_non_null(message);
    assert_int_equal(message->value.len, 5);
    assert_memory_equal(message->value.data, "value", 5);
    assert_int_equal(message->n_headers, 3);
    assert_string_equal(message->headers[0]->key, "ce_id");
    assert_false(message->headers[1]->has_value);
    assert_true(message->headers[2]->has_value);
    assert_int_equal(message->timestamp_ms, -5);
    assert_int_equal(message->partition, 300);
    assert_true(message->offset == INT64_MAX);
    assert_true(message->log_append_time);
    drf__v1__kafka_message__free_unpacked(message, NULL);

    assert_int_equal(recorded.kind, DRF_RECORDED_KAFKA);
    assert_string_equal(recorded.record.channel->topic, "kafka/weather");
    assert_string_equal(recorded.kafka.topic, "weather");
    assert_int_equal(recorded.kafka.timestamp_ms, -5);
    assert_int_equal(recorded.kafka.header_count, 3);
    assert_string_equal(recorded.kafka.headers[2].key, "empty");
    assert_non_null(recorded.kafka.headers[2].value);
    assert_null(recorded.kafka.headers[1].value);
    assert_int_equal(drf_recording_next(reader, &recorded), DRF_OK);
    assert_null(recorded.kafka.value);
    assert_null(recorded.kafka.key);
    assert_false(recorded.kafka.has_timestamp);
    assert_int_equal(drf_recording_next(reader, &recorded), DRF_ERR_ABSENT);
    drf_recording_reader_close(reader);
}

static void message__of_a_schema_that_is_not_there__is_absent(void **state)
{
    (void)state;
    char path[32];
    struct drf_recording *recording = start(path);
    assert_int_equal(
        drf_recording_message(recording, "sim/x", "drf.v1.NoSuchThing", "", 0, 1, 0),
        DRF_ERR_ABSENT);
    assert_int_equal(drf_recording_message(recording, "sim/x", "drf.v1.Seen", "", 0, 1, 0),
                     DRF_OK);
    struct drf_recording_reader *reader = finish(recording, path);
    struct drf_recorded recorded;
    assert_int_equal(drf_recording_next(reader, &recorded), DRF_OK);
    assert_int_equal(drf_recording_next(reader, &recorded), DRF_OK);
    assert_int_equal(recorded.kind, DRF_RECORDED_OTHER);
    assert_string_equal(recorded.record.channel->schema->name, "drf.v1.Seen");
    drf_recording_reader_close(reader);
}

static void next__a_wrapper_that_is_none__names_its_channel(void **state)
{
    (void)state;
    char path[32];
    struct drf_recording *recording = start(path);
    const struct drf_mcap_pair pairs[] = {{"transport", "kafka"}, {"partition", "0"}};
    static const uint8_t bad[] = {0x0a, 0x05, 'x'};
    const struct drf_mcap_piece piece = {bad, sizeof bad};
    struct drf_mcap_writer *mcap = drf_recording_mcap(recording);
    uint16_t id;
    assert_int_equal(drf_mcap_write_channel(mcap, "kafka/t", "protobuf", 0, pairs, 2, &id),
                     DRF_OK);
    assert_int_equal(
        drf_mcap_write_message(mcap, &(struct drf_mcap_write_message){.channel_id = id,
                                                                      .pieces = &piece,
                                                                      .piece_count = 1}),
        DRF_OK);
    struct drf_recording_reader *reader = finish(recording, path);
    struct drf_recorded recorded;
    assert_int_equal(drf_recording_next(reader, &recorded), DRF_OK);
    for (int again = 0; again < 2; again++) {
        assert_int_equal(drf_recording_next(reader, &recorded), DRF_ERR_SYNTAX);
        assert_non_null(
            strstr(drf_mcap_reader_error(drf_recording_reader_mcap(reader))->text, "kafka/t"));
    }
    drf_recording_reader_close(reader);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(topic_schema__each_kind__names_its_message),
        cmocka_unit_test(mqtt__many_topics_and_ways__come_back_as_they_went),
        cmocka_unit_test(kafka__all_fields__are_what_protobuf_c_reads),
        cmocka_unit_test(message__of_a_schema_that_is_not_there__is_absent),
        cmocka_unit_test(next__a_wrapper_that_is_none__names_its_channel),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
