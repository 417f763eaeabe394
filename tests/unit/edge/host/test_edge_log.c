// SPDX-License-Identifier: Apache-2.0
// edge/host/log.c: what a line looks like in each format, and that equal lines are counted.
// JSON is read back by jansson, which shares nothing with our writer.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <fcntl.h>
#include <jansson.h>
#include <unistd.h>

#include "edge/host/log.h"

#define NOON_US INT64_C(1767268800123456) // 2026-01-01T12:00:00.123456Z, by date(1)
#define SECOND_US INT64_C(1000000)

struct paper {
    struct edge_log log;
    struct edge_log_repeats repeats;
    int read_fd;
    char text[65536];
};

static int set_up(void **state)
{
    struct paper *paper = calloc(1, sizeof *paper);
    int fds[2];
    assert_non_null(paper);
    assert_int_equal(pipe2(fds, O_NONBLOCK | O_CLOEXEC), 0);
    edge_log_init(&paper->log);
    paper->log.fd = fds[1];
    paper->read_fd = fds[0];
    *state = paper;
    return 0;
}

static int tear_down(void **state)
{
    struct paper *paper = *state;
    close(paper->log.fd);
    close(paper->read_fd);
    free(paper);
    return 0;
}

// All that was written since the last call.
static const char *written(struct paper *paper)
{
    ssize_t size = read(paper->read_fd, paper->text, sizeof paper->text - 1);
    paper->text[size > 0 ? size : 0] = '\0';
    return paper->text;
}

static json_t *read_json(struct paper *paper)
{
    json_error_t error;
    const char *text = written(paper);
    assert_int_equal(strchr(text, '\n') - text, (ptrdiff_t)strlen(text) - 1); // one line
    json_t *object = json_loads(text, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
    if (object == NULL)
        print_error("%s: %s\n", error.text, text);
    assert_non_null(object);
    return object;
}

static void assert_text(const json_t *object, const char *key, const char *value)
{
    const json_t *member = json_object_get(object, key);
    assert_true(json_is_string(member));
    assert_string_equal(json_string_value(member), value);
}

static int64_t much_later(void) { return NOON_US + 86400 * SECOND_US; }

static void write__as_text__is_logfmt_with_the_time_in_front(void **state)
{
    struct paper *paper = *state;
    edge_log_write(&paper->log, NOON_US, EDGE_LOG_WARN, "feed.refused", "feed=%s offset=%d",
                   "dem", 12);
    assert_string_equal(written(paper), "2026-01-01T12:00:00.123Z level=warn what=feed.refused "
                                        "feed=dem offset=12\n");
}

static void write__below_the_level__writes_nothing(void **state)
{
    struct paper *paper = *state;
    edge_log_write(&paper->log, NOON_US, EDGE_LOG_DEBUG, "a", "x=1");
    assert_string_equal(written(paper), "");
    paper->log.level = EDGE_LOG_ERROR;
    edge_log_write(&paper->log, NOON_US, EDGE_LOG_WARN, "a", "x=1");
    assert_string_equal(written(paper), "");
    edge_log_error(&paper->log, NOON_US, "a", "x");
    assert_string_not_equal(written(paper), "");
}

// The priorities of sd-daemon(3): SD_ERR 3, SD_WARNING 4, SD_INFO 6, SD_DEBUG 7.
static void write__for_the_journal__begins_with_the_priority_and_without_the_time(void **state)
{
    static const char *const lines[] = {
        "<7>level=debug what=a x=1\n", "<6>level=info what=a x=1\n",
        "<4>level=warn what=a x=1\n", "<3>level=error what=a x=1\n"};
    struct paper *paper = *state;
    paper->log.format = EDGE_LOG_JOURNAL;
    paper->log.level = EDGE_LOG_DEBUG;
    for (int level = 0; level < 4; level++) {
        edge_log_write(&paper->log, NOON_US, (enum edge_log_level)level, "a", "x=1");
        assert_string_equal(written(paper), lines[level]);
    }
}

static void write__as_json__is_one_object_with_typed_members(void **state)
{
    struct paper *paper = *state;
    paper->log.format = EDGE_LOG_JSON;
    edge_log_write(&paper->log, NOON_US, EDGE_LOG_INFO, "feed.start",
                   "feed=007 topic=5 partition=0 offset=-12 share=0.25 why=new day=01 "
                   "big=12345678901234567 level=3 empty=");
    json_t *object = read_json(paper);
    assert_text(object, "time", "2026-01-01T12:00:00.123Z");
    assert_text(object, "level", "info");
    assert_text(object, "what", "feed.start");
    assert_text(object, "feed", "007");
    assert_text(object, "topic", "5"); // a name, whatever it looks like
    assert_true(json_is_integer(json_object_get(object, "partition")));
    assert_int_equal(json_integer_value(json_object_get(object, "offset")), -12);
    assert_true(json_real_value(json_object_get(object, "share")) == 0.25);
    assert_text(object, "why", "new");
    assert_text(object, "day", "01");
    assert_text(object, "big", "12345678901234567"); // a double would change it
    assert_int_equal(json_integer_value(json_object_get(object, "_level")), 3);
    assert_text(object, "empty", "");
    json_decref(object);
}

static void write__as_json__escapes_what_came_from_outside(void **state)
{
    static const char hostile[] =
        "a\"b\\c\n\t\x01 \xc3\xa9 \xf0\x9f\x9a\x81 \xff\xc0\xaf\xed\xa0\x80"
        "\", \"level\": \"none\"}";
    struct paper *paper = *state;
    char quoted[400];
    paper->log.format = EDGE_LOG_JSON;
    edge_log_write(&paper->log, NOON_US, EDGE_LOG_INFO, "x", "text=%s more=1",
                   edge_log_quote(quoted, sizeof quoted, hostile, sizeof hostile - 1));
    json_t *object = read_json(paper);
    // Each byte that is no part of UTF-8 is one U+FFFD (RFC 3629: no overlong forms, no
    // surrogates).
    assert_text(object, "text",
                "a\"b\\c\n\t\x01 \xc3\xa9 \xf0\x9f\x9a\x81 "
                "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"
                "\", \"level\": \"none\"}");
    assert_int_equal(json_integer_value(json_object_get(object, "more")), 1);
    json_decref(object);
}

static void write__of_every_byte_and_length__is_json_each_time(void **state)
{
    struct paper *paper = *state;
    char text[1500], quoted[4 * sizeof text + 8];
    paper->log.format = EDGE_LOG_JSON;
    for (size_t size = 0; size < sizeof text; size += size < 980 ? 97 : 1) {
        for (size_t i = 0; i < size; i++)
            text[i] = (char)(i * 31 + size); // all bytes, and cuts at each place of an escape
        edge_log_write(&paper->log, NOON_US, EDGE_LOG_INFO, "x", "n=%zu text=%s", size,
                       edge_log_quote(quoted, sizeof quoted, text, size));
        json_t *object = read_json(paper);
        assert_true(json_is_string(json_object_get(object, "text")));
        json_decref(object);
    }
}

static void write__of_a_long_text__ends_its_quotes(void **state)
{
    struct paper *paper = *state;
    char text[2000], quoted[sizeof text + 8];
    memset(text, 'x', sizeof text);
    edge_log_write(&paper->log, NOON_US, EDGE_LOG_INFO, "x", "text=%s",
                   edge_log_quote(quoted, sizeof quoted, text, sizeof text));
    const char *line = written(paper);
    size_t length = strlen(line);
    assert_true(length > 900 && length < 1100);
    assert_string_equal(line + length - 3, "x\"\n");
}

static void write__where_time_is_replayed__has_both_clocks(void **state)
{
    struct paper *paper = *state;
    paper->log.real_utc_us = much_later;
    edge_log_write(&paper->log, NOON_US, EDGE_LOG_INFO, "a", "x=1");
    assert_string_equal(written(paper),
                        "2026-01-01T12:00:00.123Z real=2026-01-02T12:00:00.123Z "
                        "level=info what=a x=1\n");
    paper->log.format = EDGE_LOG_JOURNAL;
    edge_log_write(&paper->log, NOON_US, EDGE_LOG_INFO, "a", "x=1");
    assert_string_equal(written(paper),
                        "<6>recorded=2026-01-01T12:00:00.123Z level=info what=a x=1\n");
    paper->log.format = EDGE_LOG_JSON;
    edge_log_write(&paper->log, NOON_US, EDGE_LOG_INFO, "a", "x=1");
    json_t *object = read_json(paper);
    assert_text(object, "time", "2026-01-01T12:00:00.123Z");
    assert_text(object, "real_time", "2026-01-02T12:00:00.123Z");
    json_decref(object);
}

static void write__of_equal_lines__counts_all_but_the_first_five(void **state)
{
    struct paper *paper = *state;
    edge_log_count_repeats(&paper->log, &paper->repeats);
    for (int i = 0; i < 1000; i++)
        edge_log_write(&paper->log, NOON_US + i, EDGE_LOG_WARN, "kafka", "text=\"down\"");
    const char *line = written(paper);
    size_t lines = 0;
    for (; (line = strchr(line, '\n')) != NULL; line++)
        lines++;
    assert_int_equal(lines, 5);
    edge_log_write(&paper->log, NOON_US + SECOND_US, EDGE_LOG_WARN, "kafka", "text=\"up\"");
    assert_non_null(strstr(written(paper), "text=\"up\"\n")); // another line is not held back
    edge_log_flush(&paper->log, NOON_US + SECOND_US, false);
    assert_string_equal(written(paper), "");
    edge_log_flush(&paper->log, NOON_US + EDGE_LOG_WINDOW_US, false);
    assert_string_equal(written(paper), "2026-01-01T12:00:10.123Z level=warn what=kafka "
                                        "text=\"down\" repeated=995\n");
    edge_log_flush(&paper->log, NOON_US + 2 * EDGE_LOG_WINDOW_US, true);
    assert_string_equal(written(paper), "");
    edge_log_write(&paper->log, NOON_US + 3 * EDGE_LOG_WINDOW_US, EDGE_LOG_WARN, "kafka",
                   "text=\"down\"");
    assert_string_not_equal(written(paper), ""); // a new window
}

static void write__of_many_different_lines__writes_them_all_and_loses_no_count(void **state)
{
    struct paper *paper = *state;
    edge_log_count_repeats(&paper->log, &paper->repeats);
    paper->log.format = EDGE_LOG_JSON;
    for (int i = 0; i < 7; i++)
        edge_log_write(&paper->log, NOON_US, EDGE_LOG_WARN, "kafka", "text=\"down\"");
    written(paper);
    for (int i = 0; i < 2 * EDGE_LOG_REPEATS; i++) // they take the place of the counted one
        edge_log_write(&paper->log, NOON_US + 1 + i, EDGE_LOG_WARN, "feed.refused", "offset=%d",
                       i);
    const char *text = written(paper);
    assert_non_null(strstr(text, "\"text\": \"down\", \"repeated\": 2}\n"));
    for (int i = 0; i < 2 * EDGE_LOG_REPEATS; i++) {
        char wanted[40];
        (void)snprintf(wanted, sizeof wanted, "\"offset\": %d}\n", i);
        assert_non_null(strstr(text, wanted));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define ON_PAPER(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
        ON_PAPER(write__as_text__is_logfmt_with_the_time_in_front),
        ON_PAPER(write__below_the_level__writes_nothing),
        ON_PAPER(write__for_the_journal__begins_with_the_priority_and_without_the_time),
        ON_PAPER(write__as_json__is_one_object_with_typed_members),
        ON_PAPER(write__as_json__escapes_what_came_from_outside),
        ON_PAPER(write__of_every_byte_and_length__is_json_each_time),
        ON_PAPER(write__of_a_long_text__ends_its_quotes),
        ON_PAPER(write__where_time_is_replayed__has_both_clocks),
        ON_PAPER(write__of_equal_lines__counts_all_but_the_first_five),
        ON_PAPER(write__of_many_different_lines__writes_them_all_and_loses_no_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
