// SPDX-License-Identifier: Apache-2.0
// What becomes of a refusal: which make a dead letter, what it says, what the log says. The
// sender is a list.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <unistd.h>

#include "edge/kafka/deadletter.h"
#include "edge/kafka/envelope.h"

#define SECOND_US INT64_C(1000000)
enum { ROOM = 4096, LOG_SIZE = 1 << 16 };

static const char config_text[] = "region: {id: niagara, bounds: [-80, 43, -79, 44]}\n"
                                  "node: {id: n, mode: TEST}\n"
                                  "store: {path: unused}\n"
                                  "dead_letters: {topic: dead}\n"
                                  "feeds:\n"
                                  "  - {name: dof, topic: obstacles, kind: obstacle}\n"
                                  "  - {name: wx, topic: weather, kind: weather}\n";

struct rig {
    struct drf_config config;
    struct edge_log log;
    struct edge_metrics *metrics;
    struct edge_delivery delivery;
    struct edge_outbox *box; // in it
    struct edge_deadletters deadletters;
    FILE *lines;
    char text[LOG_SIZE];
    size_t sent;
    // Of the last one sent.
    size_t header_count;
    char names[EDGE_KAFKA_RECORD_HEADERS_MAX][32], values[EDGE_KAFKA_RECORD_HEADERS_MAX][200];
};

static enum drf_status post_send(void *self, const struct edge_kafka_record *kafka_record)
{
    struct rig *rig = self;
    rig->sent++;
    rig->header_count = kafka_record->header_count;
    for (size_t i = 0; i < kafka_record->header_count; i++) {
        const struct edge_header *header = &kafka_record->headers[i];
        snprintf(rig->names[i], sizeof rig->names[i], "%s", header->name);
        snprintf(rig->values[i], sizeof rig->values[i], "%.*s", (int)header->size,
                 header->value);
    }
    return DRF_OK;
}

static void post_purge(void *self) { (void)self; }

static int open_rig(void **state)
{
    struct rig *rig = calloc(1, sizeof *rig);
    static const char *const names[] = {"dof", "wx"};
    struct drf_config_error error;
    rig->lines = tmpfile();
    if (!rig->lines
        || drf_config_parse(config_text, sizeof config_text - 1, NULL, &error, &rig->config)
               != DRF_OK
        || edge_metrics_open(names, 2, &rig->metrics) != DRF_OK)
        return -1;
    rig->log = (struct edge_log){.fd = fileno(rig->lines), .level = EDGE_LOG_INFO};
    rig->delivery = (struct edge_delivery){.config = &rig->config, .metrics = rig->metrics};
    rig->box = &rig->delivery.lanes[EDGE_DELIVERY_LETTER].box;
    rig->delivery.lanes[EDGE_DELIVERY_LETTER].there = true;
    edge_deadletters_init(&rig->deadletters, &rig->config, &rig->delivery, rig->metrics,
                          &rig->log);
    *state = rig;
    const struct edge_outbox_rules rules = {
        .prefix = EDGE_DELIVERY_LETTERS, .count_max = EDGE_OUTBOX_MAX, .bytes_max = UINT64_MAX};
    return edge_outbox_init(rig->box, rules, NULL,
                            (struct edge_outbox_sender){rig, post_send, post_purge})
                   == DRF_OK
               ? 0
               : -1;
}

static int close_rig(void **state)
{
    struct rig *rig = *state;
    fclose(rig->lines);
    edge_metrics_close(rig->metrics);
    drf_config_close(&rig->config);
    free(rig);
    return 0;
}

static const char *log_of(struct rig *rig)
{
    ssize_t size = pread(rig->log.fd, rig->text, sizeof rig->text - 1, 0);
    rig->text[size < 0 ? 0 : size] = '\0';
    return rig->text;
}

static size_t lines_of(struct rig *rig)
{
    size_t count = 0;
    for (const char *at = log_of(rig); (at = strchr(at, '\n')) != NULL; at++)
        count++;
    return count;
}

static struct edge_message message_at(int64_t offset)
{
    return (struct edge_message){.feed = 0,
                                 .topic = "obstacles",
                                 .partition = 3,
                                 .offset = offset,
                                 .value = (const uint8_t *)"x",
                                 .value_size = 1,
                                 .timestamp = EDGE_TIMESTAMP_CREATE,
                                 .timestamp_ms = 1};
}

static void refuse(struct rig *rig, const struct edge_message *message,
                   enum geo_refusal_code code, int64_t now_us)
{
    struct geo_note why = {.code = (uint32_t)code, .count = 1, .position = 7};
    snprintf(why.text, sizeof why.text, "the reason");
    edge_deadletter_refused(&rig->deadletters, message, &why,
                            (struct edge_now){.mono_us = now_us, .utc_us = now_us});
}

static int64_t counted(struct rig *rig, enum geo_refusal_code code)
{
    return edge_metrics_value(rig->metrics, EDGE_METRIC_FEED_REFUSALS, 0, (size_t)code);
}

static void refused__for_its_format__says_which_what_and_what_was_done(void **state)
{
    struct rig *rig = *state;
    struct edge_message message = message_at(12);
    refuse(rig, &message, GEO_REFUSAL_FORMAT, 0);
    assert_int_equal(rig->sent, 1);
    assert_string_equal(rig->names[0], "drf_dead_reason");
    assert_string_equal(rig->values[0], "FORMAT");
    const char *line = log_of(rig);
    static const char *const parts[] = {
        "what=feed.refused", "feed=dof",   "topic=obstacles", "partition=3",     "offset=12",
        "reason=FORMAT",     "position=7", "\"the reason",    "done=dead_letter"};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (strstr(line, parts[i]) == NULL)
            fail_msg("%s is not in: %s", parts[i], line);
}

static void refused__outside_the_region__is_a_count_and_a_line_a_minute(void **state)
{
    struct rig *rig = *state;
    for (int64_t i = 0; i < 10000; i++) {
        struct edge_message message = message_at(i);
        refuse(rig, &message, GEO_REFUSAL_OUT_OF_REGION,
               SECOND_US + i * SECOND_US / 100); // for 100 s
    }
    assert_int_equal(counted(rig, GEO_REFUSAL_OUT_OF_REGION), 10000);
    assert_int_equal(rig->sent, 0);
    assert_int_equal(lines_of(rig), 2);
    assert_non_null(strstr(log_of(rig), "reason=OUT_OF_REGION"));
    assert_non_null(strstr(log_of(rig), "done=counted"));
    assert_non_null(strstr(log_of(rig), "held_back=5999"));
}

static void refused__of_no_use__is_a_count(void **state)
{
    struct rig *rig = *state;
    struct edge_message message = message_at(1);
    refuse(rig, &message, GEO_REFUSAL_IGNORED, 0);
    assert_int_equal(counted(rig, GEO_REFUSAL_IGNORED), 1);
    assert_int_equal(rig->sent, 0);
    assert_int_equal(lines_of(rig), 0);
}

static void notes__outside_or_of_no_use__make_no_letter_and_others_do(void **state)
{
    struct rig *rig = *state;
    static const enum geo_refusal_code codes[] = {GEO_REFUSAL_OUT_OF_REGION,
                                                  GEO_REFUSAL_IGNORED, GEO_REFUSAL_RANGE};
    struct edge_message message = message_at(1);
    for (size_t i = 0; i < 3; i++) {
        struct geo_record_builder builder;
        struct geo_record record;
        struct geo_note note = {.code = (uint32_t)codes[i], .count = 3};
        geo_record_builder_init(&builder, 1 << 16);
        assert_int_equal(geo_record_add(&builder, GEO_ITEM_NOTE, &note, sizeof note, NULL, 0),
                         DRF_OK);
        assert_int_equal(geo_record_finish(&builder, &record), DRF_OK);
        edge_deadletter_notes(&rig->deadletters, &message, record, (struct edge_now){0});
        geo_record_builder_close(&builder);
        assert_int_equal(rig->sent, codes[i] == GEO_REFUSAL_RANGE);
    }
}

// The letter of a refused message, read by a node whose feed is that topic.
static struct edge_message letter_of(const struct rig *rig)
{
    struct edge_message letter = message_at(5);
    for (; letter.header_count < EDGE_HEADERS_MAX && letter.header_count < rig->header_count;
         letter.header_count++)
        letter.headers[letter.header_count] =
            (struct edge_header){.name = rig->names[letter.header_count],
                                 .value = rig->values[letter.header_count],
                                 .size = strlen(rig->values[letter.header_count])};
    letter.headers_left_out = rig->header_count > EDGE_HEADERS_MAX;
    return letter;
}

static void letter__that_comes_back_by_a_feed__is_refused_without_another(void **state)
{
    struct rig *rig = *state;
    static const size_t counts[] = {0, 2, EDGE_HEADERS_MAX}; // of the message's own headers
    for (size_t i = 0; i < 3; i++) {
        struct edge_message message = message_at(4), letter;
        struct edge_envelope envelope;
        struct geo_note why;
        rig->sent = 0;
        for (; message.header_count < counts[i]; message.header_count++)
            message.headers[message.header_count] =
                (struct edge_header){.name = "h", .value = "v", .size = 1};
        refuse(rig, &message, GEO_REFUSAL_FORMAT, 0);
        assert_int_equal(rig->sent, 1);
        letter = letter_of(rig);
        assert_true(edge_deadletter_is_one(&letter));
        assert_false(edge_deadletter_is_one(&message));
        assert_int_equal(
            edge_envelope_read(&rig->config.feeds[0], DRF_MODE_TEST, &letter, &why, &envelope),
            DRF_ERR_RANGE);
        refuse(rig, &letter, (enum geo_refusal_code)why.code, 0);
        assert_int_equal(rig->sent, 1);
        assert_non_null(strstr(log_of(rig), "done=dropped"));
    }
}

static void waits__only_a_feed_with_letters_that_wait(void **state)
{
    struct rig *rig = *state;
    struct edge_outbox *box = rig->box;
    *box = (struct edge_outbox){.rules = box->rules, // as after a flood of the first feed
                                .post = box->post,
                                .first = 1,
                                .resend = 100,
                                .next = 100 + EDGE_OUTBOX_MAX - 50,
                                .asked_mono_us = 0};
    rig->deadletters.last_letter[0] = box->next - 1;
    rig->deadletters.last_letter[1] = 99; // Kafka has it
    struct edge_now now = {.mono_us = SECOND_US};
    assert_true(edge_deadletter_waits(&rig->deadletters, 0, now));
    assert_false(edge_deadletter_waits(&rig->deadletters, 1, now));
    box->resend = box->next;
    assert_false(edge_deadletter_waits(&rig->deadletters, 0, now));
}

int main(void)
{
#define WITH_RIG(test) cmocka_unit_test_setup_teardown(test, open_rig, close_rig)
    const struct CMUnitTest tests[] = {
        WITH_RIG(refused__for_its_format__says_which_what_and_what_was_done),
        WITH_RIG(refused__outside_the_region__is_a_count_and_a_line_a_minute),
        WITH_RIG(refused__of_no_use__is_a_count),
        WITH_RIG(notes__outside_or_of_no_use__make_no_letter_and_others_do),
        WITH_RIG(letter__that_comes_back_by_a_feed__is_refused_without_another),
        WITH_RIG(waits__only_a_feed_with_letters_that_wait),
    };
    return cmocka_run_group_tests_name("edge/deadletter", tests, NULL, NULL);
}
