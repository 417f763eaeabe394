// SPDX-License-Identifier: Apache-2.0
// How sources behave: counts and rates by source, the last refusal, and silence after the
// interval the feed states; time is only what is handed in.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <pthread.h>

#include "edge/handoff/source_stats.h"
#include "edge/serve/catalog.h"
#include "geo/record/refusal.h"

#define SECOND INT64_C(1000000)

static const struct edge_log nowhere = {.fd = -1, .level = EDGE_LOG_ERROR};
static struct drf_feed_config feeds[] = {{.name = "dof", .interval_us = 10 * SECOND},
                                         {.name = "wx"}};
static const struct drf_config config = {.feeds = feeds, .feed_count = 2};
static struct edge_source_stats source_stats;

static struct edge_now at(int64_t seconds)
{
    return (struct edge_now){.mono_us = seconds * SECOND,
                             .utc_us = 1700000000000000 + seconds * SECOND};
}

static void second(int64_t seconds)
{
    edge_source_stats_second(&source_stats, &nowhere, at(seconds));
}

static struct edge_source_stats_view view_of(const char *source)
{
    struct edge_source_stats_view view;
    assert_true(edge_source_stats_read(&source_stats, source, &view));
    return view;
}

static int begin(void **state)
{
    (void)state;
    edge_source_stats_init(&source_stats, &config, at(0));
    return 0;
}

static void note__of_what_came__counts_it_for_its_source_and_its_feed(void **state)
{
    (void)state;
    const struct geo_note why = {
        .code = GEO_REFUSAL_RANGE, .count = 1, .text = "line 7: a tower"};
    edge_source_stats_note(&source_stats, 0, "dof/faa", NULL, at(1));
    edge_source_stats_note(&source_stats, 0, "dof/faa", &why, at(2));
    edge_source_stats_note(&source_stats, 0, "dof/city", NULL, at(3));
    struct edge_source_stats_view faa = view_of("dof/faa"), all = view_of("dof"),
                                  wx = view_of("wx");
    assert_int_equal(faa.taken, 1);
    assert_int_equal(faa.refused, 1);
    assert_string_equal(faa.error, "RANGE: line 7: a tower");
    assert_true(faa.received_utc_us == at(2).utc_us);
    assert_int_equal(all.taken, 2);
    assert_true(all.received_utc_us == at(3).utc_us);
    assert_string_equal(view_of("dof/city").error, "");
    assert_true(wx.received_utc_us == INT64_MIN);
    struct edge_source_stats_view none;
    assert_false(edge_source_stats_read(&source_stats, "dof/other", &none));
}

static void unplaced__of_a_feed__is_told_for_ten_minutes(void **state)
{
    (void)state;
    assert_int_equal(edge_source_stats_refusing(&source_stats, at(0)), 0);
    edge_source_stats_unplaced(&source_stats, 0, at(5));
    assert_int_equal(edge_source_stats_refusing(&source_stats, at(5)), 1); // feed 0 alone
    assert_int_equal(edge_source_stats_refusing(&source_stats, at(604)), 1);
    assert_int_equal(edge_source_stats_refusing(&source_stats, at(605)), 0);
}

static void note__of_what_is_of_no_use__says_so_until_something_is(void **state)
{
    (void)state;
    const struct geo_note why = {.code = GEO_REFUSAL_IGNORED,
                                 .count = 1,
                                 .text = "nothing of use here in 1 fields: t at isobaricInhPa"};
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    const struct edge_log log = {.fd = ends[1], .level = EDGE_LOG_INFO};
    char text[512];
    edge_source_stats_passed_over(&source_stats, 1, "wx/a", &why, at(1));
    edge_source_stats_passed_over(&source_stats, 1, "wx/a", &why, at(2));
    edge_source_stats_second(&source_stats, &log, at(30)); // a minute is waited
    edge_source_stats_second(&source_stats, &log, at(61));
    edge_source_stats_second(&source_stats, &log, at(62)); // said once
    assert_string_equal(view_of("wx").error,
                        "all 2 messages passed over: nothing of use here in 1 fields: t at "
                        "isobaricInhPa");
    assert_string_equal(view_of("wx/a").error, view_of("wx").error);
    assert_int_equal(view_of("wx").taken, 2);
    assert_int_equal(view_of("wx").refused, 0);
    edge_source_stats_note(&source_stats, 1, "wx/a", NULL, at(63));
    assert_string_equal(view_of("wx").error, "");
    edge_source_stats_passed_over(&source_stats, 1, "wx/a", &why, at(64));
    assert_string_equal(view_of("wx").error, "");
    close(ends[1]);
    ssize_t size = read(ends[0], text, sizeof text - 1);
    assert_true(size > 0);
    text[size] = '\0';
    const char *first = strstr(text, "feed.passed_over");
    assert_non_null(first);
    assert_non_null(strstr(first, "feed=wx"));
    assert_null(strstr(first + 1, "feed.passed_over"));
    close(ends[0]);
}

static void passed_over__of_the_longest_text__is_cut_at_a_character(void **state)
{
    (void)state;
    for (size_t letters = 0; letters < 4; letters++) {
        struct geo_note why = {.code = GEO_REFUSAL_IGNORED, .count = 1, .text = "aaa"};
        for (size_t used = letters; used + 4 < sizeof why.text; used += 4)
            memcpy(why.text + used, "\U0001f681", 5);
        edge_source_stats_passed_over(&source_stats, 1, "wx/a", &why, at(1));
        const struct edge_source_stats_view view = view_of("wx");
        assert_int_equal(strncmp(view.error, "all ", 4), 0);
        if (!geo_text_clean(view.error, sizeof view.error))
            fail_msg("\"%s\"", view.error);
    }
}

static void second__after_the_stated_interval__calls_a_source_silent_until_it_speaks(
    void **state)
{
    (void)state;
    edge_source_stats_note(&source_stats, 0, "dof/faa", NULL, at(0));
    edge_source_stats_note(&source_stats, 0, "dof/city", NULL, at(5));
    second(10);
    assert_false(view_of("dof/faa").silent);
    second(11);
    assert_true(view_of("dof/faa").silent);
    assert_false(view_of("dof/city").silent);
    assert_false(view_of("dof").silent); // somebody speaks
    second(100);
    assert_true(view_of("dof").silent);
    assert_false(view_of("wx").silent); // states no interval
    edge_source_stats_note(&source_stats, 0, "dof/faa", NULL, at(101));
    second(102);
    assert_false(view_of("dof/faa").silent);
    assert_true(view_of("dof/city").silent);
}

static void second__of_a_steady_source__finds_its_rate(void **state)
{
    (void)state;
    for (int64_t i = 1; i <= 600; i++) {
        for (int k = 0; k < 5; k++)
            edge_source_stats_note(&source_stats, 1, "wx/a", NULL, at(i));
        second(i);
    }
    assert_true(view_of("wx/a").per_s > 4.9 && view_of("wx/a").per_s < 5.01);
}

static void note__of_more_sources_than_fit__counts_them_in_their_feed(void **state)
{
    (void)state;
    for (int i = 0; i < 2 * EDGE_SOURCE_STATS_MAX; i++) {
        char source[EDGE_SOURCE_SIZE];
        snprintf(source, sizeof source, "dof/%d", i);
        edge_source_stats_note(&source_stats, 0, source, NULL, at(1));
    }
    assert_int_equal(view_of("dof").taken, 2 * EDGE_SOURCE_STATS_MAX);
    struct edge_source_stats_view none;
    assert_false(edge_source_stats_read(&source_stats, "dof/150", &none));
}

static void *write_errors(void *unused)
{
    struct geo_note why = {.code = GEO_REFUSAL_FORMAT, .count = 1};
    for (int i = 0; i < 20000; i++) {
        memset(why.text, 'a' + i % 26, 60);
        edge_source_stats_note(&source_stats, 0, "dof/faa", &why, at(1));
    }
    return unused;
}

static void read__while_it_is_written__is_never_torn(void **state)
{
    (void)state;
    pthread_t thread;
    edge_source_stats_note(&source_stats, 0, "dof/faa", NULL, at(1));
    assert_int_equal(pthread_create(&thread, NULL, write_errors, NULL), 0);
    for (int i = 0; i < 20000; i++) {
        struct edge_source_stats_view view = view_of("dof/faa");
        if (view.error[0] == '\0')
            continue;
        assert_memory_equal(view.error, "FORMAT: ", 8);
        for (size_t k = 9; k < 68; k++)
            assert_int_equal(view.error[k], view.error[8]);
    }
    pthread_join(thread, NULL);
}

static void behaviour__of_a_silent_source__is_stale_in_the_catalogue(void **state)
{
    (void)state;
    struct edge_catalog catalog = {
        .count = 3,
        .entries = {{.source = "dof/faa", .feed = "dof", .reason = FUSION_REASON_NONE},
                    {.source = "dof/gone", .feed = "dof", .reason = FUSION_REASON_NONE},
                    {.source = "wx", .feed = "wx", .reason = FUSION_REASON_CATCHING_UP}}};
    const struct geo_note why = {.code = GEO_REFUSAL_RANGE, .count = 1, .text = "no"};
    edge_source_stats_note(&source_stats, 0, "dof/faa", &why, at(1));
    second(2);
    edge_catalog_add_stats(&catalog, &source_stats, true);
    assert_int_equal(catalog.entries[0].reason, FUSION_REASON_NONE);
    assert_int_equal(catalog.entries[0].refused, 1);
    assert_string_equal(catalog.entries[0].last_error, "RANGE: no");
    second(30); // nobody of the feed spoke: also the one only the store remembers
    edge_catalog_add_stats(&catalog, &source_stats, false);
    assert_int_equal(catalog.entries[0].reason, FUSION_REASON_STALE);
    assert_int_equal(catalog.entries[1].reason, FUSION_REASON_STALE);
    assert_int_equal(catalog.entries[2].reason, FUSION_REASON_CATCHING_UP);
}

static void keep__of_what_behaved__is_read_back_and_only_written_when_it_changed(void **state)
{
    (void)state;
    static const struct geo_note why = {
        .code = GEO_REFUSAL_RANGE, .count = 1, .text = "line 7: a tower"};
    char folder[] = "/tmp/drf-stats-XXXXXX", path[64];
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/region.gpkg", folder);
    const struct fusion_store_config wanted = {.path = path,
                                               .keep = {8, 47, 9, 48},
                                               .level = 12,
                                               .region_id = "r",
                                               .mode = 1,
                                               .pending_max_bytes = 1 << 20};
    struct fusion_store *store;
    assert_int_equal(fusion_store_open(&wanted, &store), DRF_OK);
    static struct edge_source_stats back;
    edge_source_stats_restore(&back, store); // nothing was kept
    struct edge_source_stats_view view;
    assert_false(edge_source_stats_read(&back, "dof", &view));
    edge_source_stats_note(&source_stats, 0, "dof/faa", NULL, at(1));
    edge_source_stats_note(&source_stats, 0, "dof/faa", &why, at(2));
    assert_int_equal(edge_source_stats_keep(&source_stats, store), DRF_OK);
    assert_int_equal(edge_source_stats_keep(&source_stats, store), DRF_ERR_AGAIN);
    assert_int_equal(fusion_store_commit(store, at(3).utc_us), DRF_OK);
    edge_source_stats_restore(&back, store);
    assert_true(edge_source_stats_read(&back, "dof/faa", &view));
    assert_int_equal(view.taken, 1);
    assert_int_equal(view.refused, 1);
    assert_string_equal(view.error, "RANGE: line 7: a tower");
    assert_true(view.received_utc_us == at(2).utc_us);
    edge_source_stats_note(&source_stats, 0, "dof/faa", NULL, at(4));
    assert_int_equal(edge_source_stats_keep(&source_stats, store), DRF_OK);
    fusion_store_close(store);
    static const char *const ends[] = {"", "-wal", "-shm", "-lock"};
    for (size_t i = 0; i < 4; i++) {
        char file[80];
        (void)snprintf(file, sizeof file, "%s%s", path, ends[i]);
        (void)unlink(file);
    }
    assert_int_equal(rmdir(folder), 0);
}

int main(void)
{
#define FRESH(test) cmocka_unit_test_setup(test, begin)
    const struct CMUnitTest tests[] = {
        FRESH(note__of_what_came__counts_it_for_its_source_and_its_feed),
        FRESH(note__of_what_is_of_no_use__says_so_until_something_is),
        FRESH(passed_over__of_the_longest_text__is_cut_at_a_character),
        FRESH(second__after_the_stated_interval__calls_a_source_silent_until_it_speaks),
        FRESH(second__of_a_steady_source__finds_its_rate),
        FRESH(note__of_more_sources_than_fit__counts_them_in_their_feed),
        FRESH(read__while_it_is_written__is_never_torn),
        FRESH(keep__of_what_behaved__is_read_back_and_only_written_when_it_changed),
        FRESH(behaviour__of_a_silent_source__is_stale_in_the_catalogue),
        FRESH(unplaced__of_a_feed__is_told_for_ten_minutes),
    };
    return cmocka_run_group_tests_name("edge/source_stats", tests, NULL, NULL);
}
