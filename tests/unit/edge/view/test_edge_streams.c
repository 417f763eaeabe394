// SPDX-License-Identifier: Apache-2.0
// Ticks are published and read by one thread: nothing waits, because a read is only made where
// there is something to read. The last test has readers of their own threads.
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "edge/view/streams.h"

#define UTC_US INT64_C(1795953481000000)

struct bench {
    struct edge_viewing *viewing;
    struct edge_metrics *metrics;
    struct edge_streams *streams;
};

static void open_bench(struct bench *bench)
{
    assert_int_equal(edge_viewing_open(8, &bench->viewing), DRF_OK);
    assert_int_equal(edge_metrics_open(NULL, 0, &bench->metrics), DRF_OK);
    assert_int_equal(edge_streams_open(bench->viewing, bench->metrics, 4711, &bench->streams),
                     DRF_OK);
}

static void close_bench(struct bench *bench)
{
    edge_streams_close(bench->streams);
    edge_metrics_close(bench->metrics);
    edge_viewing_close(bench->viewing);
}

// Publishes "<text>" for those that follow, and "whole <text>" where one needs it.
static void tick(struct bench *bench, const char *text)
{
    struct edge_json_text changes = {.bytes = NULL}, whole = {.bytes = NULL};
    edge_json_text_raw(&changes, text, strlen(text));
    edge_json_text_raw(&whole, "whole ", 6);
    edge_json_text_raw(&whole, text, strlen(text));
    edge_streams_publish(bench->streams, &changes,
                         edge_streams_want_whole(bench->streams) ? &whole : NULL);
    edge_json_text_close(&changes);
    edge_json_text_close(&whole);
}

static void assert_reads(struct edge_stream *stream, const char *expected)
{
    char text[4096];
    const ssize_t size = edge_stream_read(stream, text, sizeof text - 1);
    assert_true(size >= 0);
    text[size] = '\0';
    assert_string_equal(text, expected);
}

static struct edge_stream *opened(struct bench *bench, const char *id)
{
    struct edge_stream *stream;
    char text[512];
    assert_int_equal(edge_stream_open(bench->streams, &id, id != NULL ? 1 : 0, UTC_US, &stream),
                     DRF_OK);
    const ssize_t size = edge_stream_read(stream, text, sizeof text - 1);
    assert_true(size > 0);
    text[size] = '\0';
    assert_string_equal(text, "event: hello\ndata: {\"t\":1795953481000,\"boot_id\":\"4711\","
                              "\"tick_ms\":250,\"version\":\"" DRF_VERSION "\"}\n\n");
    return stream;
}

static void read__of_a_new_stream__begins_with_the_whole_state(void **state)
{
    (void)state;
    struct bench bench;
    open_bench(&bench);
    tick(&bench, "1");
    struct edge_stream *stream = opened(&bench, NULL);
    tick(&bench, "2");
    tick(&bench, "3");
    assert_reads(stream, "whole 2");
    assert_reads(stream, "3");
    tick(&bench, "4");
    assert_reads(stream, "4");
    assert_false(edge_streams_want_whole(bench.streams));
    edge_stream_close(stream);
    close_bench(&bench);
}

struct reading {
    struct edge_stream *stream;
    char text[256];
};

static void *read_one(void *context)
{
    struct reading *reading = context;
    const ssize_t size =
        edge_stream_read(reading->stream, reading->text, sizeof reading->text - 1);
    reading->text[size > 0 ? size : 0] = '\0';
    return NULL;
}

// What it does not read it does not get later, and others lose nothing.
static void read__of_a_slow_reader__skips_to_the_newest_whole_state(void **state)
{
    (void)state;
    struct bench bench;
    open_bench(&bench);
    struct edge_stream *slow = opened(&bench, NULL), *fast = opened(&bench, NULL);
    tick(&bench, "1");
    assert_reads(slow, "whole 1");
    assert_reads(fast, "whole 1");
    char text[16];
    for (int i = 2; i <= 40; i++) {
        (void)snprintf(text, sizeof text, "%d", i);
        tick(&bench, text);
        assert_reads(fast, text);
    }
    assert_int_equal(edge_streams_skipped(bench.streams), 0);
    // It asks for a whole state with its next read, and waits for the tick that has it.
    pthread_t thread;
    struct reading reading = {.stream = slow};
    assert_int_equal(pthread_create(&thread, NULL, read_one, &reading), 0);
    while (!edge_streams_want_whole(bench.streams))
        sched_yield();
    tick(&bench, "41");
    pthread_join(thread, NULL);
    assert_string_equal(reading.text, "whole 41");
    assert_int_equal(edge_streams_skipped(bench.streams), 39); // 2 to 40
    assert_int_equal(edge_metrics_value(bench.metrics, EDGE_METRIC_VIEW_SKIPPED, 0, 0), 39);
    tick(&bench, "42");
    assert_reads(slow, "42");
    assert_reads(fast, "41");
    assert_reads(fast, "42");
    edge_stream_close(slow);
    edge_stream_close(fast);
    close_bench(&bench);
}

// It is a little late only.
static void read__of_a_reader_two_ticks_late__gets_both(void **state)
{
    (void)state;
    struct bench bench;
    open_bench(&bench);
    struct edge_stream *stream = opened(&bench, NULL);
    tick(&bench, "1");
    assert_reads(stream, "whole 1");
    tick(&bench, "2");
    tick(&bench, "3");
    tick(&bench, "4");
    assert_reads(stream, "2");
    assert_reads(stream, "3");
    assert_reads(stream, "4");
    assert_int_equal(edge_streams_skipped(bench.streams), 0);
    edge_stream_close(stream);
    close_bench(&bench);
}

static void read__with_little_room__gets_all_of_a_tick_in_pieces(void **state)
{
    (void)state;
    struct bench bench;
    char text[5000], got[5001];
    size_t length = 0;
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    open_bench(&bench);
    struct edge_stream *stream = opened(&bench, NULL);
    tick(&bench, "1");
    assert_reads(stream, "whole 1");
    tick(&bench, text);
    while (length < sizeof text - 1) {
        const ssize_t size = edge_stream_read(stream, got + length, 7);
        assert_true(size > 0 && size <= 7);
        length += (size_t)size;
    }
    assert_memory_equal(got, text, length);
    edge_stream_close(stream);
    close_bench(&bench);
}

static void open__beyond_sixteen__is_refused_until_one_has_gone(void **state)
{
    (void)state;
    struct bench bench;
    struct edge_stream *streams[EDGE_STREAMS_MAX], *more;
    open_bench(&bench);
    assert_false(edge_viewing_watched(bench.viewing));
    for (size_t i = 0; i < EDGE_STREAMS_MAX; i++)
        streams[i] = opened(&bench, NULL);
    assert_true(edge_viewing_watched(bench.viewing));
    assert_int_equal(edge_streams_count(bench.streams), 16);
    assert_int_equal(edge_metrics_value(bench.metrics, EDGE_METRIC_VIEW_STREAMS, 0, 0), 16);
    assert_int_equal(edge_stream_open(bench.streams, NULL, 0, UTC_US, &more), DRF_ERR_FULL);
    edge_stream_close(streams[7]);
    streams[7] = opened(&bench, NULL);
    edge_streams_rest(bench.streams); // somebody looks still
    assert_true(edge_viewing_watched(bench.viewing));
    for (size_t i = 0; i < EDGE_STREAMS_MAX; i++)
        edge_stream_close(streams[i]);
    edge_streams_rest(bench.streams);
    assert_false(edge_viewing_watched(bench.viewing));
    close_bench(&bench);
}

static struct edge_view_followed followed_now(const struct bench *bench)
{
    struct edge_view_followed followed = {.id = {{0}}};
    uint64_t seen = 0;
    (void)edge_viewing_followed(bench->viewing, &seen, &followed);
    return followed;
}

static size_t count_followed(const struct bench *bench, const char *id)
{
    const struct edge_view_followed followed = followed_now(bench);
    size_t count = 0;
    for (size_t i = 0; i < EDGE_VIEW_FOLLOWED_MAX; i++)
        count += strcmp(followed.id[i], id) == 0;
    return count;
}

static void follow__by_two_streams__holds_one_slot_until_both_have_gone(void **state)
{
    (void)state;
    struct bench bench;
    open_bench(&bench);
    struct edge_stream *a = opened(&bench, "coffee-17"), *b = opened(&bench, "coffee-17");
    assert_int_equal(count_followed(&bench, "coffee-17"), 1);
    edge_stream_close(a);
    assert_int_equal(count_followed(&bench, "coffee-17"), 1);
    edge_stream_close(b);
    assert_int_equal(count_followed(&bench, "coffee-17"), 0);
    close_bench(&bench);
}

static void follow__of_more_than_64_drones__is_refused_or_says_so(void **state)
{
    (void)state;
    struct bench bench;
    char names[66][8];
    const char *ids[66];
    struct edge_stream *all, *more;
    open_bench(&bench);
    for (size_t i = 0; i < 66; i++) {
        (void)snprintf(names[i], sizeof names[i], "d%zu", i);
        ids[i] = names[i];
    }
    assert_int_equal(edge_stream_open(bench.streams, ids, 65, UTC_US, &more), DRF_ERR_RANGE);
    assert_int_equal(count_followed(&bench, ""), 64);
    assert_int_equal(edge_streams_count(bench.streams), 0);
    assert_int_equal(edge_stream_open(bench.streams, ids, 63, UTC_US, &all), DRF_OK);
    assert_int_equal(edge_stream_open(bench.streams, &ids[63], 2, UTC_US, &more), DRF_OK);
    assert_int_equal(count_followed(&bench, "d63"), 1);
    assert_int_equal(count_followed(&bench, "d64"), 0);
    assert_reads(more, "event: hello\ndata: {\"t\":1795953481000,\"boot_id\":\"4711\","
                       "\"tick_ms\":250,\"version\":\"" DRF_VERSION "\"}\n\n"
                       "event: drone\ndata: {\"id\":\"d64\",\"t\":1795953481000,"
                       "\"context\":null,\"why\":\"64 drones are followed already by all who "
                       "look\"}\n\n");
    edge_stream_close(more);
    assert_int_equal(edge_streams_count(bench.streams), 1);
    assert_int_equal(edge_stream_open(bench.streams, &ids[62], 2, UTC_US, &more), DRF_OK);
    edge_stream_close(more);
    edge_stream_close(all);
    assert_int_equal(count_followed(&bench, ""), 64);
    close_bench(&bench);
}

// Borrowed by put_detail(): too large for a stack.
static struct edge_view_detail *detail_of(const char *id, uint32_t why, const char *json)
{
    struct edge_view_detail *detail = test_calloc(1, sizeof *detail);
    (void)snprintf(detail->id, sizeof detail->id, "%s", id);
    (void)snprintf(detail->json, sizeof detail->json, "%s", json);
    detail->why = why;
    detail->told = true;
    detail->clearance_min_cm = 1250;
    detail->corner_count = 2;
    detail->corners[0] = (struct edge_view_corner){470000000, 80000000, 0, 30000};
    detail->corners[1] =
        (struct edge_view_corner){470001000, 80000000, 1112, EDGE_VIEW_UNKNOWN};
    detail->utc_us = UTC_US + 1999;
    detail->size = (uint32_t)strlen(json);
    return detail;
}

static void put_detail(const struct bench *bench, const char *id, uint32_t why,
                       const char *json)
{
    struct edge_view_detail *detail = detail_of(id, why, json);
    edge_viewing_put_detail(bench->viewing, 0, detail);
    test_free(detail);
}

static void read__of_a_followed_drone__has_each_new_context_once(void **state)
{
    (void)state;
    struct bench bench;
    open_bench(&bench);
    struct edge_stream *stream = opened(&bench, "a"), *other = opened(&bench, NULL);
    put_detail(&bench, "b", 0, "{\"of\":\"who was followed before\"}");
    tick(&bench, "1\n\n");
    assert_reads(stream, "whole 1\n\n");
    put_detail(&bench, "a", EDGE_VIEW_NO_REPORT, "");
    tick(&bench, "2\n\n");
    assert_reads(stream, "2\n\nevent: drone\ndata: {\"id\":\"a\",\"t\":1795953481001,"
                         "\"context\":null,\"why\":\"it has sent no report that was "
                         "accepted\"}\n\n");
    put_detail(&bench, "a", 0, "{\"seq\":3}");
    tick(&bench, "3\n\n");
    assert_reads(stream, "3\n\nevent: drone\ndata: {\"id\":\"a\",\"t\":1795953481001,"
                         "\"context\":{\"seq\":3},\"told\":true,\"clearance_min_m\":12.5,"
                         "\"way\":[[470000000,80000000,0,300],"
                         "[470001000,80000000,11.12,null]]}\n\n");
    tick(&bench, "4\n\n");
    assert_reads(stream, "4\n\n");
    edge_stream_close(stream);
    edge_stream_close(other);
    close_bench(&bench);
}

struct crowd {
    struct bench bench;
    atomic_int reading, ended;
};

static void *read_all(void *context)
{
    struct crowd *crowd = context;
    struct edge_stream *stream;
    char text[256];
    if (edge_stream_open(crowd->bench.streams, NULL, 0, UTC_US, &stream) != DRF_OK)
        return NULL;
    atomic_fetch_add(&crowd->reading, 1);
    while (edge_stream_read(stream, text, sizeof text) >= 0)
        ;
    edge_stream_close(stream);
    atomic_fetch_add(&crowd->ended, 1);
    return NULL;
}

static void stop__while_all_wait__ends_them(void **state)
{
    (void)state;
    struct crowd crowd = {.reading = 0};
    pthread_t threads[EDGE_STREAMS_MAX];
    open_bench(&crowd.bench);
    for (size_t i = 0; i < EDGE_STREAMS_MAX; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, read_all, &crowd), 0);
    while (atomic_load(&crowd.reading) < EDGE_STREAMS_MAX)
        sched_yield();
    for (int i = 0; i < 200; i++)
        tick(&crowd.bench, "a tick of some bytes");
    edge_streams_stop(crowd.bench.streams);
    for (size_t i = 0; i < EDGE_STREAMS_MAX; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(atomic_load(&crowd.ended), EDGE_STREAMS_MAX);
    assert_int_equal(edge_streams_count(crowd.bench.streams), 0);
    close_bench(&crowd.bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(read__of_a_new_stream__begins_with_the_whole_state),
        cmocka_unit_test(read__of_a_slow_reader__skips_to_the_newest_whole_state),
        cmocka_unit_test(read__of_a_reader_two_ticks_late__gets_both),
        cmocka_unit_test(read__with_little_room__gets_all_of_a_tick_in_pieces),
        cmocka_unit_test(open__beyond_sixteen__is_refused_until_one_has_gone),
        cmocka_unit_test(follow__by_two_streams__holds_one_slot_until_both_have_gone),
        cmocka_unit_test(follow__of_more_than_64_drones__is_refused_or_says_so),
        cmocka_unit_test(read__of_a_followed_drone__has_each_new_context_once),
        cmocka_unit_test(stop__while_all_wait__ends_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
