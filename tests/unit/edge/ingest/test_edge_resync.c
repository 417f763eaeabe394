// SPDX-License-Identifier: Apache-2.0
// A feed that is not what it was: it is read again from its beginning, what is there is served
// meanwhile, and what it no longer says is gone afterwards, as if the node had begun with it.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fusion/store/store_resync.h"
#include "tests/support/ingest_rig.h"

#define A "36-000001"
#define B "36-000002"
#define C "36-000003"
#define DAY_US (INT64_C(86400) * 1000000)

static void read_two(struct rig *rig)
{
    add(rig, DOF, A, TOWER(A, "00300"));
    add(rig, DOF, B, TOWER(B, "00300"));
    open_node(rig);
    run(rig, 500000);
    assert_int_equal(obstacles_in(newest(rig)), 2);
    assert_int_equal(stored_offset(rig, "obstacles"), 2);
}

static bool lives(struct rig *rig, const char *key)
{
    struct fusion_version version;
    bool tombstone = true;
    int64_t id;
    struct fusion_identity identity = {.feed = "dof", .source = "dof", .key = key};
    return fusion_store_version(rig->store, identity, &version, &tombstone, &id) == DRF_OK
           && !tombstone;
}

static enum fusion_reason state(struct rig *rig)
{
    return edge_feeds_layer_state(rig->feeds, FUSION_LAYER_OBSTACLE);
}

static void digest(struct rig *rig, uint8_t out[static 32])
{
    assert_int_equal(fusion_store_digest(rig->store, FUSION_LAYER_COUNT, out), DRF_OK);
}

// What a node that begins with the feed as it is now ends in.
static void fresh_digest(struct rig *rig, uint8_t out[static 32])
{
    char kept[64];
    memcpy(kept, rig->path, sizeof kept);
    snprintf(rig->path, sizeof rig->path, "/tmp/drf-test-fresh-%d.gpkg", (int)getpid());
    drop_files(rig->path);
    open_node(rig);
    run(rig, 500000);
    digest(rig, out);
    close_node(rig);
    drop_files(rig->path);
    memcpy(rig->path, kept, sizeof kept);
}

static void assert_as_fresh(struct rig *rig)
{
    uint8_t own[32], fresh[32];
    open_node(rig);
    digest(rig, own);
    close_node(rig);
    fresh_digest(rig, fresh);
    assert_memory_equal(own, fresh, 32);
}

// Of A, B and C those live whose letter is in `expected`, and no others.
static void assert_live(struct rig *rig, const char *expected)
{
    static const char *const keys[] = {A, B, C};
    for (size_t i = 0; i < 3; i++)
        if (lives(rig, keys[i]) != (strchr(expected, "ABC"[i]) != NULL))
            fail_msg("%s: %s", keys[i], lives(rig, keys[i]) ? "lives" : "does not live");
}

// The feed has been read again, and so it ends.
static void end_with(struct rig *rig, const char *live)
{
    assert_int_equal(state(rig), FUSION_REASON_NONE);
    assert_live(rig, live);
    close_node(rig);
}

// Time in which the node does nothing.
static void pass(struct rig *rig, int64_t us)
{
    rig->now.mono_us += us;
    rig->now.utc_us += us;
}

// What a node finds that comes back to a feed, and what it makes of it.
struct comeback {
    const char *cluster; // the feed's own now; NULL: the same
    size_t kept;         // of the first messages that it has read before
    struct {
        const char *key, *value;
        int times;        // 0: once
        int64_t shift_ms; // of its time
    } then[2];            // after those
    int64_t away_us;
    const char *held;      // live when it is back
    bool discovered_again; // it begins, or reads a second time, only then
    const char *meanwhile; // live before that; NULL: not asked
    const char *live;      // in the end
};

// From a node that runs to one that is closed.
static void come_back(struct rig *rig, const struct comeback *c)
{
    close_node(rig);
    rig->cluster = c->cluster != NULL ? c->cluster : rig->cluster;
    rig->count[DOF] = c->kept;
    for (size_t i = 0; i < 2 && c->then[i].key != NULL; i++)
        for (int k = 0; k < c->then[i].times || k == 0; k++)
            add(rig, DOF, c->then[i].key, c->then[i].value)->timestamp_ms +=
                c->then[i].shift_ms;
    rig->now.utc_us += c->away_us;
    open_node(rig);
    assert_live(rig, c->held);
    if (c->discovered_again)
        run(rig, 500000);
    assert_int_equal(state(rig), FUSION_REASON_RESYNCHRONISING);
    if (c->meanwhile != NULL)
        assert_live(rig, c->meanwhile);
    if (c->discovered_again)
        discover(rig);
    run(rig, 500000);
    end_with(rig, c->live);
}

static void topic__made_anew_and_shorter__leaves_no_trace_of_what_is_not_in_it(void **context)
{
    struct rig *rig = *context;
    read_two(rig);
    come_back(rig, &(struct comeback){.then = {{.key = C, .value = TOWER(C, "00300")}},
                                      .held = "AB",
                                      .live = "C"});
    assert_int_equal(edge_metrics_value(rig->metrics, EDGE_METRIC_FEED_FORGOTTEN, DOF, 0), 2);
    assert_as_fresh(rig);
}

static void topic__made_anew_and_longer__is_known_by_the_message_before(void **context)
{
    struct rig *rig = *context;
    read_two(rig);
    come_back(rig, &(struct comeback){.then = {{C, TOWER(C, "00300"), 5, 777}},
                                      .held = "AB",
                                      .discovered_again = true,
                                      .meanwhile = "AB",
                                      .live = "C"});
    assert_as_fresh(rig);
}

// The first message is late, and done after those behind it: the tail is the last one still.
static void topic__made_anew_after_a_late_message__is_known_too(void **context)
{
    struct rig *rig = *context;
    rig->deaths = 1;
    rig->late = rig->bulk_waits = true;
    add(rig, DOF, A, TOWER(A, "00300"));
    add(rig, DOF, B, TOWER(B, "00300"));
    open_node(rig);
    run(rig, 500000);
    assert_int_equal(stored_offset(rig, "obstacles"), 0);
    assert_live(rig, "B");
    rig->bulk_waits = false;
    run(rig, 500000);
    assert_int_equal(stored_offset(rig, "obstacles"), 2);
    come_back(rig, &(struct comeback){.then = {{C, TOWER(C, "00300"), 5, 777}},
                                      .held = "AB",
                                      .discovered_again = true,
                                      .meanwhile = "AB",
                                      .live = "C"});
}

// The stored position stays before the late message, and the tail with it.
static void topic__made_anew_while_a_message_was_late__is_known_too(void **context)
{
    struct rig *rig = *context;
    add(rig, DOF, A, TOWER(A, "00300"));
    open_node(rig);
    run(rig, 500000);
    rig->deaths = 1;
    rig->late = rig->bulk_waits = true;
    add(rig, DOF, B, TOWER(B, "00300"));
    add(rig, DOF, B, TOWER(B, "00400"));
    run(rig, 500000);
    assert_int_equal(stored_offset(rig, "obstacles"), 1);
    come_back(rig, &(struct comeback){.then = {{C, TOWER(C, "00300"), 5, 777}},
                                      .held = "AB",
                                      .discovered_again = true,
                                      .meanwhile = "AB",
                                      .live = "C"});
}

// Those behind it are done, and the end is reached but for it.
static void late_message__of_a_feed_that_is_read_again__is_waited_for(void **context)
{
    struct rig *rig = *context;
    read_two(rig);
    close_node(rig);
    rig->cluster = "another";
    rig->deaths = 1;
    rig->late = rig->bulk_waits = true;
    open_node(rig);
    run(rig, 500000);
    assert_int_equal(state(rig), FUSION_REASON_RESYNCHRONISING);
    assert_live(rig, "AB");
    add(rig, DOF, C, TOWER(C, "00300")); // beyond the end seen
    run(rig, 500000);
    assert_int_equal(state(rig), FUSION_REASON_RESYNCHRONISING);
    assert_live(rig, "ABC");
    rig->bulk_waits = false;
    run(rig, 500000);
    assert_int_equal(edge_metrics_value(rig->metrics, EDGE_METRIC_FEED_FORGOTTEN, DOF, 0), 0);
    end_with(rig, "ABC");
}

static void topic__gone_and_back_while_the_node_runs__is_read_again(void **context)
{
    struct rig *rig = *context;
    read_two(rig);
    struct edge_kafka_found none = {.feed = DOF, .cluster_id = "cluster"};
    edge_feeds_found(rig->feeds, DOF, &none, rig->now);
    assert_int_equal(state(rig), FUSION_REASON_FEED_DOWN);
    rig->count[DOF] = 0;
    add(rig, DOF, A, TOWER(A, "00300"));
    add(rig, DOF, C, TOWER(C, "00300"));
    add(rig, DOF, C, TOWER(C, "00400"));
    run(rig, 2000000);
    discover(rig);
    run(rig, 500000);
    end_with(rig, "AC");
    assert_as_fresh(rig);
}

static void first__of_a_topic_found_empty__is_what_was_read_first(void **context)
{
    struct rig *rig = *context;
    struct edge_topic_fingerprint first[EDGE_KAFKA_PARTITIONS_MAX];
    open_node(rig);
    run(rig, 100000);
    edge_feeds_first(rig->feeds, DOF, first);
    assert_false(first[0].known);
    uint64_t mark = edge_message_mark(add(rig, DOF, A, TOWER(A, "00300")));
    add(rig, DOF, B, TOWER(B, "00300"));
    run(rig, 500000);
    edge_feeds_first(rig->feeds, DOF, first);
    assert_true(first[0].known);
    assert_int_equal(first[0].offset, 0);
    assert_int_equal(first[0].mark, mark);
    struct edge_kafka_found found = {.feed = DOF,
                                     .count = 1,
                                     .cluster_id = "cluster",
                                     .replaced = true,
                                     .asked_mono_us = rig->now.mono_us};
    edge_feeds_found(rig->feeds, DOF, &found, rig->now); // another topic: that was of the past
    edge_feeds_first(rig->feeds, DOF, first);
    assert_false(first[0].known);
    close_node(rig);
}

static void first__of_a_topic_found_with_messages__is_not_known(void **context)
{
    struct rig *rig = *context;
    struct edge_topic_fingerprint first[EDGE_KAFKA_PARTITIONS_MAX];
    read_two(rig);
    edge_feeds_first(rig->feeds, DOF, first);
    assert_false(first[0].known);
    close_node(rig);
}

static void another_cluster__is_read_from_its_beginning(void **context)
{
    struct rig *rig = *context;
    read_two(rig);
    come_back(rig, &(struct comeback){.cluster = "another",
                                      .kept = 1,
                                      .then = {{.key = C, .value = TOWER(C, "00300")}},
                                      .held = "AB",
                                      .live = "AC"});
    assert_as_fresh(rig);
}

static void node__stopped_in_the_middle__begins_again_and_ends_right(void **context)
{
    struct rig *rig = *context;
    read_two(rig);
    close_node(rig);
    rig->count[DOF] = 0;
    add(rig, DOF, B, TOWER(B, "00300"))->timestamp_ms = 1700000000002;
    for (int i = 0; i < 6; i++)
        add(rig, DOF, C, TOWER(C, "00300"));
    int stops = 0;
    for (int64_t us = 100; us < 8000; us += 100) {
        rig->cluster = stops == 0 ? "another" : rig->cluster;
        open_node(rig);
        run(rig, us);
        bool middle = state(rig) == FUSION_REASON_RESYNCHRONISING;
        stops += middle;
        edge_feeds_note(rig->feeds, rig->now);
        if (middle && stops % 2 == 0) // killed after a commit, else before one
            assert_int_equal(fusion_fabric_commit(rig->fabric, rig->now.utc_us), DRF_OK);
        close_node(rig);
    }
    assert_true(stops > 5);
    open_node(rig);
    run(rig, 500000);
    end_with(rig, "BC");
    assert_as_fresh(rig);
}

static void removed_obstacle__while_the_node_was_away_for_long__is_gone(void **context)
{
    struct rig *rig = *context;
    read_two(rig);
    run(rig, 700000); // stands at the end, and has said so
    // A withdrawn; its tombstone came and went; only B, sent again, and a new one are left.
    come_back(rig, &(struct comeback){.then = {{.key = C, .value = TOWER(C, "00300")},
                                               {.key = B, .value = TOWER(B, "00300")}},
                                      .away_us = 2 * DAY_US,
                                      .held = "AB",
                                      .live = "BC"});
    assert_as_fresh(rig);
}

static void quiet_feed__of_a_node_that_ran__is_not_read_again(void **context)
{
    struct rig *rig = *context;
    read_two(rig);
    for (int i = 0; i < 40; i++) { // an hour a time
        pass(rig, DAY_US / 24);
        discover(rig);
        run(rig, 2000);
        add(rig, WEATHER, "x", "no GRIB"); // something to commit
        rig->count[WEATHER] = (size_t)(i % 2) + 1;
        run(rig, 400000);
    }
    close_node(rig);
    rig->now.utc_us += 1000000;
    open_node(rig);
    assert_int_not_equal(state(rig), FUSION_REASON_RESYNCHRONISING);
    close_node(rig);
}

static void put_time(struct rig *rig, const char *name, int64_t utc_us)
{
    assert_int_equal(
        fusion_store_put_value(rig->store, name, &utc_us, utc_us == 0 ? 0 : sizeof utc_us),
        DRF_OK);
}

// The node ran all the time, without Kafka: only when it was at the feed's end tells.
static void feed__not_reached_for_long_before_a_restart__is_read_again(void **context)
{
    struct rig *rig = *context;
    static const char *const names[] = {"reached/dof", "seen/dof"}; // as an older node named it
    read_two(rig);
    for (size_t i = 0; i < 2; i++) {
        put_time(rig, names[1 - i], 0);
        put_time(rig, names[i], rig->now.utc_us);
        rig->now.utc_us += 2 * DAY_US;
        assert_int_equal(fusion_store_commit(rig->store, rig->now.utc_us), DRF_OK);
        close_node(rig);
        open_node(rig);
        assert_int_equal(state(rig), FUSION_REASON_RESYNCHRONISING);
        run(rig, 500000);
        assert_int_equal(state(rig), FUSION_REASON_NONE);
    }
    end_with(rig, "AB");
}

static void feed__that_no_broker_brought_for_long__is_read_again(void **context)
{
    struct rig *rig = *context;
    read_two(rig);
    edge_feeds_found(rig->feeds, DOF, NULL, rig->now);
    pass(rig, 2 * DAY_US);
    discover(rig);
    assert_int_equal(state(rig), FUSION_REASON_RESYNCHRONISING);
    run(rig, 500000);
    end_with(rig, "AB");
}

static void terms__that_changed__apply_the_same_messages_again(void **context)
{
    struct rig *rig = *context;
    add(rig, DOF, A,
        A " O US NY SOMEWHERE        44 30 00.00N 079 30 00.00W TOWER              1 "
          "00300 00900 R 1 A M 1999AEA01234OE A 2015074 ");
    add(rig, DOF, B, TOWER(B, "00300"));
    open_node(rig);
    run(rig, 500000);
    assert_int_equal(obstacles_in(newest(rig)), 1); // the other is far outside
    close_node(rig);
    rig->config.margin_m = 90000;
    open_node(rig);
    assert_int_equal(state(rig), FUSION_REASON_RESYNCHRONISING);
    run(rig, 500000);
    end_with(rig, "AB");
    rig->config.margin_m = 2000;
    open_node(rig);
    run(rig, 500000);
    end_with(rig, "B");
    assert_as_fresh(rig);
}

// A changed file of the codes' areas is a changed feed.
static void geocodes__of_another_content__read_the_feed_again(void **context)
{
#define AREA_OF(code, east)                                                                    \
    "{\"features\":[{\"properties\":{\"c\":\"" code "\"},\"geometry\":{\"type\":\"Polygon\","  \
    "\"coordinates\":[[[0,0],[" east ",0],[1,1],[0,0]]]}}]}"
    static const char *const files[] = {AREA_OF("A", "1"), AREA_OF("A", "2"),
                                        AREA_OF("A", "2")};
    struct rig *rig = *context;
    read_two(rig);
    close_node(rig);
    for (size_t i = 0; i < 3; i++) {
        struct geo_note why;
        assert_int_equal(geo_area_table_open((const uint8_t *)files[i], strlen(files[i]), "c",
                                             "SAME", &rig->config.feeds[DOF].areas, &why),
                         DRF_OK);
        open_node(rig);
        assert_int_equal(state(rig) == FUSION_REASON_RESYNCHRONISING, i < 2);
        run(rig, 500000);
        end_with(rig, "AB");
        geo_area_table_close(rig->config.feeds[DOF].areas);
        rig->config.feeds[DOF].areas = NULL;
    }
}

static void feed__that_only_has_an_older_version__gets_it(void **context)
{
    struct rig *rig = *context;
    read_two(rig);
    come_back(rig,
              &(struct comeback){.cluster = "another",
                                 .then = {{A, TOWER(A, "00100"), .shift_ms = -100000000000}},
                                 .held = "AB",
                                 .discovered_again = true,
                                 .live = "A"});
    assert_as_fresh(rig);
}

static void edition__that_is_not_there_any_more__withdraws_nothing(void **context)
{
    struct rig *rig = *context;
    static const struct edge_header headers[] = {
        {.name = "drf_delivery", .value = "edition", .size = 7},
        {.name = "drf_edition", .value = "e1", .size = 2},
        {.name = "drf_part", .value = "1", .size = 1},
        {.name = "drf_parts", .value = "1", .size = 1},
    };
    add(rig, DOF, A, TOWER(A, "00300"));
    struct edge_message *edition = add(rig, DOF, "edition", TOWER(B, "00300"));
    for (size_t i = 0; i < 4; i++)
        edition->headers[edition->header_count++] = headers[i];
    open_node(rig);
    run(rig, 500000);
    assert_int_equal(obstacles_in(newest(rig)), 1);
    assert_false(lives(rig, A));
    come_back(rig, &(struct comeback){.cluster = "another",
                                      .kept = 1, // without the edition
                                      .held = "B",
                                      .discovered_again = true,
                                      .live = "A"});
    assert_as_fresh(rig);
}

static void import__that_no_feed_brought__is_kept(void **context)
{
    struct rig *rig = *context;
    read_two(rig);
    // The same obstacle by hand: a later version, not through Kafka.
    struct geo_decode_params params = {.format = GEO_FORMAT_DOF,
                                       .keep = drf_config_keep(&rig->config),
                                       .size_max_bytes = 1 << 20,
                                       .record_max_bytes = 1 << 20,
                                       .pixels_max = 1 << 20};
    struct geo_record_builder builder;
    struct geo_record record;
    struct geo_note why;
    struct fusion_job *job;
    enum fusion_outcome outcome;
    geo_record_builder_init(&builder, 1 << 20);
    static const char text[] = TOWER(A, "00900");
    assert_int_equal(
        geo_decode(&params, (const uint8_t *)text, sizeof text - 1, &builder, &why), DRF_OK);
    assert_int_equal(geo_record_finish(&builder, &record), DRF_OK);
    struct fusion_message message = {.identity = {"dof", "dof", "file"},
                                     .version = {.time_utc_us = INT64_C(1790000000000000)}};
    assert_int_equal(fusion_job_open(rig->fabric, &message, record, &job), DRF_OK);
    while (fusion_job_step(job, &outcome) == DRF_ERR_AGAIN)
        ;
    fusion_job_close(job);
    geo_record_builder_close(&builder);
    assert_int_equal(fusion_fabric_commit(rig->fabric, rig->now.utc_us), DRF_OK);
    come_back(rig, &(struct comeback){.cluster = "another", .held = "AB", .live = "A"});
}

static void clock__that_is_set__is_announced_recorded_and_followed(void **context)
{
    struct rig *rig = *context;
    read_two(rig);
    int64_t right_utc_us = rig->now.utc_us;
    rig->now.utc_us += 365 * DAY_US;
    run(rig, 50000);
    assert_int_equal(edge_metrics_value(rig->metrics, EDGE_METRIC_CLOCK_STEPS, 0, 0), 1);
    assert_true(edge_health_has(&rig->health, EDGE_TROUBLE_CLOCK));
    assert_true(fusion_store_as_of(rig->store) > right_utc_us + 364 * DAY_US);
    rig->now.utc_us = right_utc_us - DAY_US / 24;
    run(rig, 50000);
    assert_int_equal(edge_metrics_value(rig->metrics, EDGE_METRIC_CLOCK_STEPS, 0, 0), 2);
    assert_true(fusion_store_as_of(rig->store) < right_utc_us);
    char text[96] = "";
    size_t size = sizeof text - 1;
    assert_int_equal(fusion_store_value(rig->store, "clock-step", text, &size), DRF_OK);
    assert_non_null(strstr(text, "by_us=-"));
    run(rig, 61000000);
    assert_false(edge_health_has(&rig->health, EDGE_TROUBLE_CLOCK));
    close_node(rig);
}

static size_t tombstones_of(struct rig *rig)
{
    int64_t ids[8];
    size_t count = 0;
    assert_int_equal(fusion_store_ids_of_feed(rig->store, "dof", 0, ids, 8, &count), DRF_OK);
    return count;
}

static void tombstones__are_forgotten_after_a_steady_day_only(void **context)
{
    struct rig *rig = *context;
    read_two(rig);
    add(rig, DOF, A, NULL);
    run(rig, 500000);
    assert_int_equal(tombstones_of(rig), 2);
    rig->now.utc_us += 10 * 365 * DAY_US; // a clock gone mad
    for (int i = 0; i < 23; i++) {
        run(rig, 70000);
        pass(rig, DAY_US / 24);
    }
    run(rig, 70000);
    assert_int_equal(tombstones_of(rig), 2);
    for (int i = 0; i < 3; i++) {
        pass(rig, DAY_US / 24);
        run(rig, 70000);
    }
    assert_int_equal(tombstones_of(rig), 1); // after a day it is taken for the truth
    close_node(rig);
}

int main(void)
{
#define WITH_RIG(test) cmocka_unit_test_setup_teardown(test, open_rig, close_rig)
    const struct CMUnitTest tests[] = {
        WITH_RIG(topic__made_anew_and_shorter__leaves_no_trace_of_what_is_not_in_it),
        WITH_RIG(topic__made_anew_and_longer__is_known_by_the_message_before),
        WITH_RIG(topic__made_anew_after_a_late_message__is_known_too),
        WITH_RIG(topic__made_anew_while_a_message_was_late__is_known_too),
        WITH_RIG(late_message__of_a_feed_that_is_read_again__is_waited_for),
        WITH_RIG(topic__gone_and_back_while_the_node_runs__is_read_again),
        WITH_RIG(first__of_a_topic_found_empty__is_what_was_read_first),
        WITH_RIG(first__of_a_topic_found_with_messages__is_not_known),
        WITH_RIG(another_cluster__is_read_from_its_beginning),
        WITH_RIG(node__stopped_in_the_middle__begins_again_and_ends_right),
        WITH_RIG(removed_obstacle__while_the_node_was_away_for_long__is_gone),
        WITH_RIG(quiet_feed__of_a_node_that_ran__is_not_read_again),
        WITH_RIG(feed__not_reached_for_long_before_a_restart__is_read_again),
        WITH_RIG(feed__that_no_broker_brought_for_long__is_read_again),
        WITH_RIG(terms__that_changed__apply_the_same_messages_again),
        WITH_RIG(geocodes__of_another_content__read_the_feed_again),
        WITH_RIG(feed__that_only_has_an_older_version__gets_it),
        WITH_RIG(edition__that_is_not_there_any_more__withdraws_nothing),
        WITH_RIG(import__that_no_feed_brought__is_kept),
        WITH_RIG(clock__that_is_set__is_announced_recorded_and_followed),
        WITH_RIG(tombstones__are_forgotten_after_a_steady_day_only),
    };
    return cmocka_run_group_tests_name("edge/resync", tests, NULL, NULL);
}
