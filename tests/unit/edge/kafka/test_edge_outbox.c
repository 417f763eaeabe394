// SPDX-License-Identifier: Apache-2.0
// Dead letters in the outbox: sent while Kafka takes them, kept in the store while it does not,
// bounded, sent again oldest first, forgotten when delivered. Kafka is a list.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <unistd.h>

#include "edge/kafka/outbox.h"

enum { ROOM = 4096, SECOND_US = 1000000 };

struct rig {
    char path[64];
    struct fusion_store *store;
    struct edge_outbox_rules rules;
    struct edge_outbox box;
    // What was handed to Kafka and not reported: the digits of each record, and its tag.
    int numbers[ROOM];
    uint64_t tags[ROOM];
    size_t count;
    int restore_requests;
};

static enum drf_status post_send(void *self, const struct edge_kafka_record *kafka_record)
{
    struct rig *rig = self;
    char text[8] = "";
    assert_true(rig->count < ROOM && kafka_record->value_size < sizeof text);
    memcpy(text, kafka_record->value, kafka_record->value_size);
    rig->numbers[rig->count] = (int)strtol(text, NULL, 10);
    rig->tags[rig->count++] = kafka_record->tag;
    return DRF_OK;
}

static void post_restore_request(void *self)
{
    struct rig *rig = self;
    rig->restore_requests++;
}

static const struct edge_outbox_rules letters = {
    .prefix = "letter/", .count_max = EDGE_OUTBOX_MAX, .bytes_max = UINT64_MAX};

static void open_box(struct rig *rig)
{
    struct fusion_store_config config = {.path = rig->path,
                                         .keep = {-80, 43, -79, 44},
                                         .level = 12,
                                         .region_id = "r",
                                         .mode = 1};
    assert_int_equal(fusion_store_open(&config, &rig->store), DRF_OK);
    assert_int_equal(
        edge_outbox_init(&rig->box, rig->rules, rig->store,
                         (struct edge_outbox_sender){rig, post_send, post_restore_request}),
        DRF_OK);
}

static void unlink_all(const struct rig *rig)
{
    static const char *const ends[] = {"", "-wal", "-shm", "-lock"};
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        char name[80];
        snprintf(name, sizeof name, "%s%s", rig->path, ends[i]);
        unlink(name);
    }
}

static int open_rig(void **state)
{
    struct rig *rig = calloc(1, sizeof *rig);
    snprintf(rig->path, sizeof rig->path, "/tmp/drf-test-outbox-%d.gpkg", (int)getpid());
    unlink_all(rig);
    rig->rules = letters;
    open_box(rig);
    *state = rig;
    return 0;
}

static int close_rig(void **state)
{
    struct rig *rig = *state;
    fusion_store_close(rig->store);
    unlink_all(rig);
    free(rig);
    return 0;
}

static enum drf_status put(struct rig *rig, int number, int64_t now_us)
{
    char text[16];
    snprintf(text, sizeof text, "%d", number);
    const struct edge_header header = {.name = "h", .value = "v", .size = 1};
    struct edge_kafka_record kafka_record = {.value = (const uint8_t *)text,
                                             .value_size = strlen(text),
                                             .headers = &header,
                                             .header_count = 1};
    return edge_outbox_put(&rig->box, &kafka_record, now_us);
}

// Kafka answers for everything it was handed.
static void report_all(struct rig *rig, bool delivered, int64_t now_us)
{
    size_t count = rig->count;
    rig->count = 0;
    for (size_t i = 0; i < count; i++) {
        char text[8];
        snprintf(text, sizeof text, "%d", rig->numbers[i]);
        struct edge_kafka_record kafka_record = {
            .value = (const uint8_t *)text, .value_size = strlen(text), .tag = rig->tags[i]};
        edge_outbox_report(&rig->box, &kafka_record, delivered, now_us);
    }
}

static void put__while_kafka_takes_them__keeps_none(void **state)
{
    struct rig *rig = *state;
    for (int i = 1; i <= 5; i++)
        assert_int_equal(put(rig, i, 0), DRF_OK);
    assert_int_equal(rig->count, 5);
    assert_int_equal(rig->box.kept, 5); // until Kafka says that it has them
    report_all(rig, true, 1);
    assert_int_equal(rig->box.kept, 0);
    assert_int_equal(rig->box.delivered, 5);
}

static void step__when_nothing_is_confirmed__purges_and_keeps_through_a_restart(void **state)
{
    struct rig *rig = *state;
    for (int i = 1; i <= 3; i++)
        assert_int_equal(put(rig, i, 0), DRF_OK);
    edge_outbox_step(&rig->box, 1 * SECOND_US);
    assert_int_equal(rig->restore_requests, 0);
    edge_outbox_step(&rig->box, 3 * SECOND_US);
    assert_int_equal(rig->restore_requests, 1);
    report_all(rig, false, 3 * SECOND_US);
    assert_int_equal(rig->box.kept, 3);
    assert_int_equal(put(rig, 4, 3 * SECOND_US), DRF_OK); // behind those
    assert_int_equal(rig->count, 0);
    assert_int_equal(rig->box.kept, 4);
    assert_int_equal(fusion_store_commit(rig->store, 1), DRF_OK);

    fusion_store_close(rig->store);
    open_box(rig);
    assert_int_equal(rig->box.kept, 4);
    edge_outbox_step(&rig->box, 0); // one to try
    assert_int_equal(rig->count, 1);
    assert_int_equal(rig->numbers[0], 1);
    report_all(rig, true, 1);
    edge_outbox_step(&rig->box, 1); // it answers: the others
    assert_int_equal(rig->count, 3);
    assert_int_equal(rig->numbers[0], 2);
    assert_int_equal(rig->numbers[2], 4);
    report_all(rig, true, 2);
    assert_int_equal(rig->box.kept, 0);
    assert_int_equal(rig->box.lost, 0);
    assert_int_equal(fusion_store_commit(rig->store, 2), DRF_OK);
    fusion_store_close(rig->store);
    open_box(rig);
    assert_int_equal(rig->box.kept, 0);
}

static void killed__with_kafka_records_under_way__has_them_in_the_store(void **state)
{
    struct rig *rig = *state;
    for (int i = 1; i <= 3; i++)
        assert_int_equal(put(rig, i, 0), DRF_OK);
    assert_int_equal(rig->count, 3);
    assert_int_equal(fusion_store_commit(rig->store, 1), DRF_OK);
    rig->count = 0; // the process dies: Kafka's reports come to nobody
    fusion_store_close(rig->store);
    open_box(rig);
    assert_int_equal(rig->box.kept, 3);
    edge_outbox_step(&rig->box, 0);
    report_all(rig, true, 1);
    edge_outbox_step(&rig->box, 1);
    assert_int_equal(rig->count, 2);
    report_all(rig, true, 2);
    assert_int_equal(rig->box.kept, 0);
    assert_int_equal(rig->box.lost, 0);
}

static void put__of_what_the_store_cannot_take__is_sent_all_the_same(void **state)
{
    struct rig *rig = *state;
    static char large[1 << 19]; // more than a record may have
    const struct edge_header headers[] = {{.name = "h", .value = large, .size = sizeof large}};
    const struct edge_kafka_record kafka_record = {
        .value = (const uint8_t *)"7", .value_size = 1, .headers = headers, .header_count = 1};
    assert_int_equal(edge_outbox_put(&rig->box, &kafka_record, 0), DRF_OK);
    assert_int_equal(rig->count, 1);
    assert_int_equal(rig->tags[0], 0);
    assert_int_equal(rig->box.kept, 0);
}

static void resend__that_fails__leaves_the_kafka_record_where_it_is(void **state)
{
    struct rig *rig = *state;
    assert_int_equal(put(rig, 1, 0), DRF_OK);
    report_all(rig, false, 0);
    for (int i = 0; i < 3; i++) {
        edge_outbox_step(&rig->box, i * 3 * SECOND_US);
        assert_int_equal(rig->count, 1);
        assert_int_equal(rig->numbers[0], 1);
        report_all(rig, false, i * 3 * SECOND_US);
        assert_int_equal(rig->box.kept, 1);
    }
}

static void put__of_more_than_fit__counts_the_rest_as_lost(void **state)
{
    struct rig *rig = *state;
    assert_int_equal(put(rig, 0, 0), DRF_OK);
    report_all(rig, false, 0);
    int refused = 0;
    for (int i = 1; i < EDGE_OUTBOX_MAX + 10; i++)
        refused += put(rig, i, 0) == DRF_ERR_FULL;
    assert_int_equal(refused, 10);
    assert_int_equal(rig->box.lost, 10);
    assert_int_equal(rig->box.kept, EDGE_OUTBOX_MAX);
}

// A flood, and a Kafka that takes a few each time: what waits does not overflow.
static void near_full__while_kafka_answers__holds_back_what_would_be_lost(void **state)
{
    struct rig *rig = *state;
    int64_t now_us = 0;
    uint64_t delivered = 0;
    int sent = 0, held = 0;
    for (; sent < 5000; now_us += 20000) {
        while (sent < 5000 && !edge_outbox_near_full(&rig->box, now_us))
            assert_int_equal(put(rig, sent++ % 10000, now_us), DRF_OK);
        held += sent < 5000;
        report_all(rig, true, now_us);
        edge_outbox_step(&rig->box, now_us);
        delivered += rig->box.delivered;
        rig->box.delivered = 0;
    }
    for (int i = 0; i < 100; i++, now_us += 20000) {
        report_all(rig, true, now_us);
        edge_outbox_step(&rig->box, now_us);
        delivered += rig->box.delivered;
        rig->box.delivered = 0;
    }
    assert_true(held > 0);
    assert_int_equal(rig->box.lost, 0);
    assert_int_equal(rig->box.kept, 0);
    assert_int_equal(delivered, 5000);
}

static void near_full__when_kafka_does_not_answer__ends_after_ten_seconds(void **state)
{
    struct rig *rig = *state;
    int sent = 0;
    while (!edge_outbox_near_full(&rig->box, 0))
        assert_int_equal(put(rig, sent++, 0), DRF_OK);
    assert_true(sent >= EDGE_OUTBOX_MAX / 2);
    for (int64_t second = 1; second <= 10; second++) { // it is tried, and never there
        assert_true(edge_outbox_near_full(&rig->box, second * SECOND_US));
        edge_outbox_step(&rig->box, second * SECOND_US);
        report_all(rig, false, second * SECOND_US);
    }
    assert_false(edge_outbox_near_full(&rig->box, 11 * SECOND_US));
    edge_outbox_step(&rig->box, 12 * SECOND_US);
    report_all(rig, true, 12 * SECOND_US);
    assert_true(edge_outbox_near_full(&rig->box, 12 * SECOND_US)); // it is back
}

static void unpack__of_a_packed_kafka_record__gives_it_back(void **state)
{
    (void)state;
    const struct edge_header sent[] = {{.name = "a", .value = "1", .size = 1},
                                       {.name = "b", .value = NULL, .size = 0}};
    const struct edge_kafka_record tombstone = {.key = (const uint8_t *)"k",
                                                .key_size = 1,
                                                .headers = sent,
                                                .header_count = 2,
                                                .timestamp_ms = -5};
    uint8_t bytes[200];
    size_t size = edge_kafka_record_size(&tombstone);
    assert_true(size <= sizeof bytes);
    edge_kafka_record_pack(&tombstone, bytes);
    struct edge_header headers[EDGE_KAFKA_RECORD_HEADERS_MAX];
    struct edge_kafka_record back;
    assert_int_equal(edge_kafka_record_unpack(bytes, size, headers, &back), DRF_OK);
    assert_null(back.value);
    assert_memory_equal(back.key, "k", 1);
    assert_int_equal(back.timestamp_ms, -5);
    assert_int_equal(back.header_count, 2);
    assert_string_equal(back.headers[0].name, "a");
    assert_null(back.headers[1].value);
    for (size_t cut = 0; cut < size; cut++) // a file may be damaged
        assert_int_equal(edge_kafka_record_unpack(bytes, cut, headers, &back), DRF_ERR_SYNTAX);
}

static const struct edge_outbox_rules reports = {.prefix = "report/",
                                                 .count_max = UINT64_MAX,
                                                 .bytes_max = 1000,
                                                 .keep_us = 60 * INT64_C(1000000),
                                                 .after_commit = true};

static void reopen(struct rig *rig, struct edge_outbox_rules rules)
{
    fusion_store_close(rig->store);
    rig->rules = rules;
    open_box(rig);
}

static void after_commit__before_it__nothing_is_sent(void **state)
{
    struct rig *rig = *state;
    reopen(rig, reports);
    assert_int_equal(put(rig, 1, 0), DRF_OK);
    edge_outbox_step(&rig->box, 0);
    assert_int_equal(rig->count, 0);
    assert_int_equal(fusion_store_commit(rig->store, 1), DRF_OK);
    edge_outbox_committed(&rig->box);
    assert_int_equal(put(rig, 2, 0), DRF_OK); // of the next commit
    edge_outbox_step(&rig->box, 0);
    assert_int_equal(rig->count, 1);
    assert_int_equal(rig->numbers[0], 1);
    report_all(rig, true, 1);
    assert_int_equal(rig->box.kept, 1);
    edge_outbox_step(&rig->box, 1);
    assert_int_equal(rig->count, 0);
}

static void after_commit__without_room__is_refused_and_not_sent(void **state)
{
    struct rig *rig = *state;
    reopen(rig, reports);
    int taken = 0;
    while (put(rig, taken + 1, 0) == DRF_OK)
        taken++;
    assert_true(taken >= 10 && rig->box.kept_bytes <= 1000 && rig->box.lost == 0);
    const uint64_t bytes = rig->box.kept_bytes;
    assert_int_equal(fusion_store_commit(rig->store, 1), DRF_OK);
    reopen(rig, reports); // counted again as it was
    assert_int_equal(rig->box.kept, taken);
    assert_true(rig->box.kept_bytes == bytes);
    edge_outbox_step(&rig->box, 0); // one to try
    report_all(rig, true, 1);
    edge_outbox_step(&rig->box, 1);
    assert_int_equal(rig->count, taken - 1);
    report_all(rig, true, 2);
    assert_true(rig->box.kept == 0 && rig->box.kept_bytes == 0);
    assert_int_equal(put(rig, 99, 0), DRF_OK);
}

static void step__after_one_came_back__sends_it_alone_again(void **state)
{
    struct rig *rig = *state;
    for (int i = 1; i <= 4; i++)
        assert_int_equal(put(rig, i, 0), DRF_OK);
    struct edge_kafka_record first = {.tag = rig->tags[0]};
    edge_outbox_report(&rig->box, &first, false, 1);
    rig->box.delivered = 1; // Kafka answers
    edge_outbox_step(&rig->box, 1);
    assert_int_equal(rig->count, 5); // the other three are under way still
    assert_int_equal(rig->numbers[4], 1);
}

static void expire__of_what_is_too_old__counts_it_as_lost(void **state)
{
    struct rig *rig = *state;
    reopen(rig, reports);
    for (int i = 1; i <= 3; i++) {
        struct edge_kafka_record one = {
            .value = (const uint8_t *)"7", .value_size = 1, .timestamp_ms = i * INT64_C(10000)};
        assert_int_equal(edge_outbox_put(&rig->box, &one, 0), DRF_OK);
    }
    edge_outbox_expire(&rig->box, 200 * INT64_C(1000000)); // what is not committed stays
    assert_int_equal(rig->box.kept, 3);
    edge_outbox_committed(&rig->box);
    edge_outbox_expire(&rig->box, 81 * INT64_C(1000000)); // 20 s and older
    assert_int_equal(rig->box.kept, 1);
    assert_int_equal(rig->box.lost, 2);
    edge_outbox_step(&rig->box, 0);
    assert_int_equal(rig->count, 1);
    edge_outbox_expire(&rig->box, 200 * INT64_C(1000000)); // it is under way
    assert_int_equal(rig->box.lost, 2);
}

int main(void)
{
#define WITH_RIG(test) cmocka_unit_test_setup_teardown(test, open_rig, close_rig)
    const struct CMUnitTest tests[] = {
        WITH_RIG(put__while_kafka_takes_them__keeps_none),
        WITH_RIG(step__when_nothing_is_confirmed__purges_and_keeps_through_a_restart),
        WITH_RIG(killed__with_kafka_records_under_way__has_them_in_the_store),
        WITH_RIG(put__of_what_the_store_cannot_take__is_sent_all_the_same),
        WITH_RIG(resend__that_fails__leaves_the_kafka_record_where_it_is),
        WITH_RIG(put__of_more_than_fit__counts_the_rest_as_lost),
        WITH_RIG(near_full__while_kafka_answers__holds_back_what_would_be_lost),
        WITH_RIG(near_full__when_kafka_does_not_answer__ends_after_ten_seconds),
        WITH_RIG(after_commit__before_it__nothing_is_sent),
        WITH_RIG(after_commit__without_room__is_refused_and_not_sent),
        WITH_RIG(step__after_one_came_back__sends_it_alone_again),
        WITH_RIG(expire__of_what_is_too_old__counts_it_as_lost),
        cmocka_unit_test(unpack__of_a_packed_kafka_record__gives_it_back),
    };
    return cmocka_run_group_tests_name("edge/outbox", tests, NULL, NULL);
}
