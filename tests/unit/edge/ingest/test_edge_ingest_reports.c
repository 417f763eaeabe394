// SPDX-License-Identifier: Apache-2.0
// A report is answered when it is committed and not before, makes one row, and after a kill
// both its row and its identity are there, or neither. Kafka is a list.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <unistd.h>

#include "edge/ingest/ingest_reports.h"

enum { ROOM = 4096 };
#define SECOND INT64_C(1000000)
#define UTC INT64_C(1700000000000000)

// In place of the C library's, for SQLite: how often what was written was to be on the disk.
static int flushes;
int fdatasync(int fd)
{
    (void)fd;
    flushes++;
    return 0;
}
int fsync(int fd) { return fdatasync(fd); }

struct rig {
    char path[64];
    struct drf_config config;
    struct edge_metrics *metrics;
    struct fusion_store *store;
    struct edge_delivery delivery;
    struct edge_backqueue *answers;
    struct ingest_reports reports;
    struct edge_now now;
    // What Kafka was handed.
    char ids[ROOM][64];
    uint64_t tags[ROOM];
    size_t count;
};

static enum drf_status send(void *self, const struct edge_kafka_record *kafka_record)
{
    struct rig *rig = self;
    assert_true(rig->count < ROOM);
    assert_string_equal(kafka_record->topic, "words");
    for (size_t i = 0; i < kafka_record->header_count; i++)
        if (strcmp(kafka_record->headers[i].name, "ce_id") == 0)
            (void)snprintf(rig->ids[rig->count], sizeof rig->ids[0], "%.*s",
                           (int)kafka_record->headers[i].size, kafka_record->headers[i].value);
    rig->tags[rig->count++] = kafka_record->tag;
    return DRF_OK;
}

static void purge(void *self, bool all) { (void)self, (void)all; }
static size_t waiting(void *self) { return ((struct rig *)self)->count; }

// Kafka has all that it was handed.
static void serve(void *self, int timeout_ms, edge_producer_report_fn report, void *context)
{
    struct rig *rig = self;
    (void)timeout_ms;
    for (size_t i = 0; i < rig->count; i++) {
        const struct edge_kafka_record one = {.tag = rig->tags[i]};
        report(context, &one, true);
    }
    rig->count = 0;
}

static void open_parts(struct rig *rig)
{
    struct fusion_store_config config = {.path = rig->path,
                                         .keep = {-80, 43, -79, 44},
                                         .level = 12,
                                         .region_id = "r",
                                         .mode = 1};
    const struct edge_delivery_port port = {
        .self = rig, .send = send, .purge = purge, .waiting = waiting, .serve = serve};
    assert_int_equal(fusion_store_open(&config, &rig->store), DRF_OK);
    assert_int_equal(
        edge_delivery_use(&rig->config, rig->store, rig->metrics, port, NULL, &rig->delivery),
        DRF_OK);
    assert_int_equal(edge_report_answers_open(&rig->answers), DRF_OK);
    rig->reports = (struct ingest_reports){.config = NULL};
    assert_int_equal(ingest_reports_open(&rig->reports, &rig->config, rig->store,
                                         &rig->delivery, rig->answers, rig->metrics),
                     DRF_OK);
}

static void close_parts(struct rig *rig)
{
    ingest_reports_close(&rig->reports);
    edge_backqueue_close(rig->answers);
    edge_delivery_close(&rig->delivery);
    fusion_store_close(rig->store);
    rig->count = 0;
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
    struct drf_config_error error;
    static const char text[] =
        "region: {id: r, bounds: [-80, 43, -79, 44]}\n"
        "node: {id: n, mode: LIVE}\n"
        "store: {path: unused}\n"
        "reports: {topic: words, max_mb: 1, keep_s: 600, capture_topic: flights}\n"
        "feeds: []\n";
    if (drf_config_parse(text, sizeof text - 1, NULL, &error, &rig->config) != DRF_OK
        || edge_metrics_open(NULL, 0, &rig->metrics) != DRF_OK)
        return -1;
    snprintf(rig->path, sizeof rig->path, "/tmp/drf-test-reports-%d.gpkg", (int)getpid());
    rig->now = (struct edge_now){.mono_us = 100 * SECOND, .utc_us = UTC};
    unlink_all(rig);
    open_parts(rig);
    *state = rig;
    return 0;
}

static int close_rig(void **state)
{
    struct rig *rig = *state;
    close_parts(rig);
    unlink_all(rig);
    edge_metrics_close(rig->metrics);
    drf_config_close(&rig->config);
    free(rig);
    return 0;
}

static void take(struct rig *rig, const char *drone, uint32_t seq, size_t size)
{
    uint8_t *bytes = calloc(1, sizeof(struct edge_handed_report) + size);
    struct edge_handed_report handed = {
        .drone_boot_id = 7, .time_utc_us = UTC, .report_seq = seq, .mode = 1};
    snprintf(handed.drone, sizeof handed.drone, "%s", drone);
    snprintf(handed.correlation, sizeof handed.correlation, "c%u", seq);
    snprintf(handed.type, sizeof handed.type, "t");
    memcpy(bytes, &handed, sizeof handed);
    memset(bytes + sizeof handed, ' ', size);
    const struct edge_back_value value = {
        .name = EDGE_HANDED_REPORT, .bytes = bytes, .size = sizeof handed + size};
    assert_true(ingest_reports_take(&rig->reports, &value, false, rig->now));
    free(bytes);
}

static void commit(struct rig *rig)
{
    assert_int_equal(fusion_store_commit(rig->store, rig->now.utc_us), DRF_OK);
    ingest_reports_committed(&rig->reports, rig->now);
    (void)ingest_reports_answer(&rig->reports);
}

static void expect_answer(struct rig *rig, uint32_t seq, enum edge_report_answer_code code)
{
    struct edge_report_answer answer;
    assert_true(edge_report_answers_take(rig->answers, &answer));
    assert_int_equal(answer.report_seq, seq);
    assert_int_equal(answer.code, code);
    assert_int_equal(answer.drone_boot_id, 7);
    assert_int_equal(answer.correlation[0], 'c');
}

static void expect_none(struct rig *rig)
{
    struct edge_report_answer answer;
    assert_false(edge_report_answers_take(rig->answers, &answer));
}

static void take__before_the_commit__is_neither_answered_nor_sent(void **state)
{
    struct rig *rig = *state;
    take(rig, "d1", 1, 10);
    (void)ingest_reports_answer(&rig->reports);
    (void)edge_delivery_serve(&rig->delivery, rig->now);
    expect_none(rig);
    assert_int_equal(rig->count, 0);
    commit(rig);
    expect_answer(rig, 1, EDGE_REPORT_ANSWER_DURABLE);
    expect_none(rig);
    (void)edge_delivery_serve(&rig->delivery, rig->now);
    assert_int_equal(rig->count, 1);
    assert_string_equal(rig->ids[0], "d1/7/1");
}

// A power cut undoes what is not on the disk.
static void commit__of_a_report_and_of_nothing_else__is_on_the_disk(void **state)
{
    struct rig *rig = *state;
    for (uint32_t seq = 1; seq <= 3; seq++) {
        assert_int_equal(fusion_store_put_value(rig->store, "other", &seq, sizeof seq), DRF_OK);
        commit(rig); // the log is at hand, and begun
        flushes = 0;
        assert_int_equal(fusion_store_put_value(rig->store, "other", "x", 1), DRF_OK);
        commit(rig);
        assert_int_equal(flushes, 0);
        take(rig, "d1", seq, 10);
        commit(rig);
        assert_true(flushes > 0);
    }
}

static void take__of_the_same_again__is_durable_and_makes_no_row(void **state)
{
    struct rig *rig = *state;
    take(rig, "d1", 1, 10);
    take(rig, "d1", 1, 10); // before its commit
    commit(rig);
    expect_answer(rig, 1, EDGE_REPORT_ANSWER_DURABLE);
    expect_none(rig);
    take(rig, "d1", 1, 10);
    expect_answer(rig, 1, EDGE_REPORT_ANSWER_DURABLE);
    take(rig, "d2", 1, 10);
    assert_int_equal(rig->delivery.lanes[EDGE_DELIVERY_REPORT].box.kept, 2);
}

static void killed__before_the_commit__has_neither_row_nor_identity(void **state)
{
    struct rig *rig = *state;
    take(rig, "d1", 1, 10);
    commit(rig);
    take(rig, "d1", 2, 10);
    close_parts(rig);
    open_parts(rig);
    assert_int_equal(rig->delivery.lanes[EDGE_DELIVERY_REPORT].box.kept, 1);
    take(rig, "d1", 1, 10);
    expect_answer(rig, 1, EDGE_REPORT_ANSWER_DURABLE);
    take(rig, "d1", 2, 10);
    expect_none(rig);
    commit(rig);
    expect_answer(rig, 2, EDGE_REPORT_ANSWER_DURABLE);
}

static void take__without_room__is_full_and_taken_when_kafka_has_some(void **state)
{
    struct rig *rig = *state;
    uint32_t seq = 0;
    struct edge_report_answer answer = {.code = 0};
    while (answer.code != EDGE_REPORT_ANSWER_FULL) {
        take(rig, "d1", ++seq, 60000);
        commit(rig);
        assert_true(edge_report_answers_take(rig->answers, &answer));
        assert_true(seq < 100);
    }
    assert_int_equal(answer.report_seq, seq);
    assert_int_equal(seq, 18); // a megabyte holds 17 of 60 KB
    take(rig, "d1", seq, 60000);
    expect_answer(rig, seq, EDGE_REPORT_ANSWER_FULL);
    for (int i = 0; i < 5; i++) {
        rig->now.mono_us += SECOND;
        (void)edge_delivery_serve(&rig->delivery, rig->now);
    }
    take(rig, "d1", seq, 60000);
    expect_none(rig);
    commit(rig);
    expect_answer(rig, seq, EDGE_REPORT_ANSWER_DURABLE);
}

// What cannot be committed stays in memory: reports have a bound there, and captures none.
static void take__of_a_capture_while_the_store_fails__is_lost(void **state)
{
    struct rig *rig = *state;
    const struct edge_back_value value = {
        .name = EDGE_HANDED_CAPTURE, .bytes = (const uint8_t *)"flown", .size = 5};
    const struct edge_outbox *box = &rig->delivery.lanes[EDGE_DELIVERY_CAPTURE].box;
    assert_true(ingest_reports_take(&rig->reports, &value, true, rig->now));
    assert_int_equal(box->kept, 0);
    assert_int_equal(edge_metrics_value(rig->metrics, EDGE_METRIC_CAPTURES_LOST, 0, 0), 1);
    assert_true(ingest_reports_take(&rig->reports, &value, false, rig->now));
    assert_int_equal(box->kept, 1);
}

static void second__without_a_commit_for_five__says_late_once(void **state)
{
    struct rig *rig = *state;
    take(rig, "d1", 1, 10);
    rig->now.mono_us += 4 * SECOND;
    (void)ingest_reports_second(&rig->reports, false, rig->now);
    expect_none(rig);
    rig->now.mono_us += 1 * SECOND;
    (void)ingest_reports_second(&rig->reports, false, rig->now);
    expect_answer(rig, 1, EDGE_REPORT_ANSWER_LATE);
    rig->now.mono_us += 9 * SECOND;
    (void)ingest_reports_second(&rig->reports, false, rig->now);
    expect_none(rig);
    commit(rig); // and then it is
    expect_answer(rig, 1, EDGE_REPORT_ANSWER_DURABLE);
}

static void answer__of_more_than_the_ring_holds__are_given_as_there_is_room(void **state)
{
    struct rig *rig = *state;
    enum { COUNT = 200 };
    for (uint32_t i = 1; i <= COUNT; i++)
        take(rig, "d1", i, 10);
    commit(rig);
    uint32_t seq = 0;
    for (int turn = 0; turn < COUNT && seq < COUNT; turn++) {
        struct edge_report_answer answer;
        while (edge_report_answers_take(rig->answers, &answer))
            assert_int_equal(answer.report_seq, ++seq);
        (void)ingest_reports_answer(&rig->reports);
    }
    assert_int_equal(seq, COUNT);
    assert_int_equal(rig->reports.pending_count, 0);
}

int main(void)
{
#define WITH_RIG(test) cmocka_unit_test_setup_teardown(test, open_rig, close_rig)
    const struct CMUnitTest tests[] = {
        WITH_RIG(take__before_the_commit__is_neither_answered_nor_sent),
        WITH_RIG(commit__of_a_report_and_of_nothing_else__is_on_the_disk),
        WITH_RIG(take__of_the_same_again__is_durable_and_makes_no_row),
        WITH_RIG(killed__before_the_commit__has_neither_row_nor_identity),
        WITH_RIG(take__without_room__is_full_and_taken_when_kafka_has_some),
        WITH_RIG(take__of_a_capture_while_the_store_fails__is_lost),
        WITH_RIG(second__without_a_commit_for_five__says_late_once),
        WITH_RIG(answer__of_more_than_the_ring_holds__are_given_as_there_is_room),
    };
    return cmocka_run_group_tests_name("edge/ingest_reports", tests, NULL, NULL);
}
