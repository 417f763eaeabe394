// SPDX-License-Identifier: Apache-2.0
// What edge/ingest/feed_clock.h promises, read from the log's own lines.
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "edge/ingest/feed_clock.h"

#define SECOND_US INT64_C(1000000)

static struct drf_feed_config feeds[2] = {{.name = "adsb"}, {.name = "ogn"}};
static const struct drf_config config = {.feeds = feeds, .feed_count = 2};
static int ends[2];

static int open_log(void **state)
{
    (void)state;
    return pipe(ends);
}

static int close_log(void **state)
{
    (void)state;
    (void)close(ends[0]);
    return close(ends[1]);
}

// What was written since; "" where nothing was.
static const char *lines(void)
{
    static char text[4096];
    assert_int_equal(write(ends[1], "\n", 1), 1); // so that reading never waits
    const ssize_t size = read(ends[0], text, sizeof text - 1);
    assert_true(size > 0);
    text[size - 1] = '\0';
    return text;
}

static void note(struct edge_feed_clock *clock, size_t feed, bool current, uint64_t reports,
                 int64_t off_us, int64_t mono_us)
{
    const struct edge_log log = {.fd = ends[1], .level = EDGE_LOG_INFO};
    edge_feed_clock_note(clock, &config, feed, current, reports, off_us, &log,
                         (struct edge_now){.mono_us = mono_us});
}

static void feed__whose_clock_is_behind__is_told_once_a_minute_with_its_count(void **state)
{
    (void)state;
    struct edge_feed_clock clock = {.told = 0};
    note(&clock, 0, true, 0, 0, 0);
    assert_string_equal(lines(), "");
    note(&clock, 0, true, 3, 100 * SECOND_US, SECOND_US);
    const char *line = lines();
    assert_non_null(strstr(line, "level=warn what=traffic.clock feed=adsb reports=3 "));
    assert_non_null(strstr(line, " behind_s=100.0 "));
    note(&clock, 0, true, 7, 100 * SECOND_US, 2 * SECOND_US);
    assert_string_equal(lines(), "");
    note(&clock, 1, true, 8, -20 * SECOND_US, 3 * SECOND_US); // each feed for itself
    line = lines();
    assert_non_null(strstr(line, "feed=ogn reports=1 ahead_s=20.0 "));
    note(&clock, 0, true, 9, 100 * SECOND_US, 61 * SECOND_US);
    assert_non_null(strstr(lines(), "feed=adsb reports=5 "));
}

static void feed__that_is_catching_up__has_old_reports_and_no_wrong_clock(void **state)
{
    (void)state;
    struct edge_feed_clock clock = {.told = 0};
    note(&clock, 0, false, 1000, 3600 * SECOND_US, 0);
    assert_string_equal(lines(), "");
    note(&clock, 0, true, 1000, 3600 * SECOND_US, SECOND_US); // a good one
    assert_string_equal(lines(), "");
    note(&clock, 0, true, 1001, 30 * SECOND_US, 2 * SECOND_US);
    assert_non_null(strstr(lines(), " reports=1 behind_s=30.0 "));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            feed__whose_clock_is_behind__is_told_once_a_minute_with_its_count, open_log,
            close_log),
        cmocka_unit_test_setup_teardown(
            feed__that_is_catching_up__has_old_reports_and_no_wrong_clock, open_log, close_log),
    };
    return cmocka_run_group_tests_name("edge/feed_clock", tests, NULL, NULL);
}
