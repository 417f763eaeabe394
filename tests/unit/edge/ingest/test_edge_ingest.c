// SPDX-License-Identifier: Apache-2.0
// The ingest step over a feed made of an array: what is read ends in the store with its offset,
// what is bad is refused and the next message is read, and time is only what is handed in.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "edge/ingest/ingest_lane.h"
#include "tests/support/ingest_rig.h"

static void step__of_an_obstacle__publishes_it_and_commits_its_offset(void **state)
{
    struct rig *rig = *state;
    add(rig, DOF, "36-000001", TOWER("36-000001", "00300"));
    open_node(rig);
    run(rig, 50000);
    assert_int_equal(obstacles_in(newest(rig)), 1);
    assert_int_equal(stored_offset(rig, "obstacles"), 1);
    assert_int_equal(fusion_store_pending_bytes(rig->store), 0);
    assert_int_equal(rig->released, 1);
    close_node(rig);
}

static void step__of_bad_messages__refuses_each_and_reads_the_next(void **state)
{
    struct rig *rig = *state;
    add(rig, DOF, "a", "");
    add(rig, DOF, "b", "no such record");
    add(rig, WEATHER, "c", "GRIB, but not really");
    struct edge_message *sim = add(rig, DOF, "d", TOWER("36-000002", "00300"));
    sim->headers[sim->header_count++] =
        (struct edge_header){.name = "drf_mode", .value = "SIM", .size = 3};
    add(rig, DOF, NULL, NULL);
    add(rig, DOF, "36-000001", TOWER("36-000001", "00300"));
    open_node(rig);
    run(rig, 400000);
    assert_int_equal(obstacles_in(newest(rig)), 1);
    assert_int_equal(stored_offset(rig, "obstacles"), 5);
    assert_int_equal(stored_offset(rig, "weather"), 1);
    const struct edge_metrics *metrics = rig->metrics;
    assert_int_equal(
        edge_metrics_value(metrics, EDGE_METRIC_FEED_REFUSALS, DOF, GEO_REFUSAL_EMPTY), 1);
    assert_int_equal(
        edge_metrics_value(metrics, EDGE_METRIC_FEED_REFUSALS, DOF, GEO_REFUSAL_MODE), 1);
    assert_int_equal(
        edge_metrics_value(metrics, EDGE_METRIC_FEED_REFUSALS, DOF, GEO_REFUSAL_ENVELOPE), 1);
    assert_int_equal(
        edge_metrics_value(metrics, EDGE_METRIC_FEED_OUTCOMES, DOF, FUSION_APPLIED), 1);
    close_node(rig);
}

static void step__of_a_tombstone__withdraws_the_obstacle(void **state)
{
    struct rig *rig = *state;
    add(rig, DOF, "36-000001", TOWER("36-000001", "00300"));
    open_node(rig);
    run(rig, 50000);
    assert_int_equal(obstacles_in(newest(rig)), 1);
    add(rig, DOF, "36-000001", NULL);
    run(rig, 50000);
    assert_int_equal(obstacles_in(newest(rig)), 0);
    close_node(rig);
}

static void step__of_an_obstacle_that_left_the_region__withdraws_it(void **state)
{
    struct rig *rig = *state;
    add(rig, DOF, "36-000001", TOWER("36-000001", "00300"));
    open_node(rig);
    run(rig, 50000);
    assert_int_equal(obstacles_in(newest(rig)), 1);
    add(rig, DOF, "36-000001",
        "36-000001 O US NY SOMEWHERE        10 30 00.00N 079 30 00.00W TOWER              1 "
        "00300 00900 R 1 A M 1999AEA01234OE A 2015074 ");
    run(rig, 50000);
    assert_int_equal(obstacles_in(newest(rig)), 0);
    // One that was never here is no more than out of the region.
    add(rig, DOF, "36-000002",
        "36-000002 O US NY SOMEWHERE        10 30 00.00N 079 30 00.00W TOWER              1 "
        "00300 00900 R 1 A M 1999AEA01234OE A 2015074 ");
    run(rig, 50000);
    assert_int_equal(edge_metrics_value(rig->metrics, EDGE_METRIC_FEED_REFUSALS, DOF,
                                        GEO_REFUSAL_OUT_OF_REGION),
                     1);
    assert_int_equal(stored_offset(rig, "obstacles"), 3);
    close_node(rig);
}

static void restart__after_a_commit__continues_at_the_stored_offset(void **state)
{
    struct rig *rig = *state;
    add(rig, DOF, "36-000001", TOWER("36-000001", "00300"));
    open_node(rig);
    run(rig, 50000);
    close_node(rig);
    add(rig, DOF, "36-000002", TOWER("36-000002", "00400"));
    rig->released = 0;
    open_node(rig);
    assert_int_equal(rig->position[DOF], 0); // the one before is looked at, and not applied
    run(rig, 50000);
    assert_int_equal(rig->released, 2);
    assert_int_equal(
        edge_metrics_value(rig->metrics, EDGE_METRIC_FEED_OUTCOMES, DOF, FUSION_APPLIED), 2);
    assert_int_equal(obstacles_in(newest(rig)), 2);
    close_node(rig);
}

static void layers__until_the_end_seen_at_start__say_catching_up(void **state)
{
    struct rig *rig = *state;
    open_node(rig);
    run(rig, 50000);
    assert_int_equal(newest(rig)->layer_state[FUSION_LAYER_OBSTACLE], FUSION_REASON_NONE);
    close_node(rig);
    add(rig, DOF, "36-000001", TOWER("36-000001", "00300"));
    open_node(rig);
    assert_int_equal(edge_feeds_layer_state(rig->feeds, FUSION_LAYER_OBSTACLE),
                     FUSION_REASON_CATCHING_UP);
    assert_int_equal(edge_feeds_layer_state(rig->feeds, FUSION_LAYER_WEATHER),
                     FUSION_REASON_NONE);
    run(rig, 50000);
    assert_int_equal(newest(rig)->layer_state[FUSION_LAYER_OBSTACLE], FUSION_REASON_NONE);
    edge_feeds_found(rig->feeds, DOF, NULL, rig->now);
    run(rig, 1100000);
    assert_int_equal(newest(rig)->layer_state[FUSION_LAYER_OBSTACLE], FUSION_REASON_FEED_DOWN);
    close_node(rig);
}

static enum fusion_reason obstacles_state(const struct rig *rig)
{
    return edge_feeds_layer_state(rig->feeds, FUSION_LAYER_OBSTACLE);
}

// Messages that come one by one are each under way for a while: that is not being behind.
static void feed__that_is_current__stays_so_while_messages_are_under_way(void **state)
{
    struct rig *rig = *state;
    struct edge_message message;
    add(rig, DOF, "36-000001", TOWER("36-000001", "00300"));
    open_node(rig);
    assert_int_equal(obstacles_state(rig), FUSION_REASON_CATCHING_UP);
    run(rig, 50000);
    assert_int_equal(newest(rig)->layer_state[FUSION_LAYER_OBSTACLE], FUSION_REASON_NONE);
    for (int i = 0; i < 8; i++) {
        add(rig, DOF, "36-000001", TOWER("36-000001", "00300"));
        for (int step = 0; step < 2500; step++) { // every step of a quarter of a second
            run(rig, 100);
            assert_int_equal(obstacles_state(rig), FUSION_REASON_NONE);
        }
        assert_int_equal(newest(rig)->layer_state[FUSION_LAYER_OBSTACLE], FUSION_REASON_NONE);
        discover(rig);
    }
    // one that stays under way, and more behind it
    add(rig, DOF, "36-000001", TOWER("36-000001", "00300"));
    assert_true(edge_feeds_next(rig->feeds, EDGE_LANE_URGENT, rig->now, &message));
    add(rig, DOF, "36-000001", TOWER("36-000001", "00300"));
    discover(rig);
    assert_int_equal(obstacles_state(rig), FUSION_REASON_NONE);
    edge_feeds_done(rig->feeds, &message);
    close_node(rig);
}

// The end seen at start is what has to be reached, not an end that moves on.
static void feed__that_is_never_idle__is_current_once_the_end_seen_is_committed(void **state)
{
    struct rig *rig = *state;
    struct edge_message first, second;
    add(rig, DOF, "36-000001", TOWER("36-000001", "00300"));
    open_node(rig);
    add(rig, DOF, "36-000002", TOWER("36-000002", "00300"));
    assert_true(edge_feeds_next(rig->feeds, EDGE_LANE_URGENT, rig->now, &first));
    assert_true(edge_feeds_next(rig->feeds, EDGE_LANE_URGENT, rig->now, &second));
    assert_int_equal(obstacles_state(rig), FUSION_REASON_CATCHING_UP);
    edge_feeds_done(rig->feeds, &first);
    assert_int_equal(obstacles_state(rig), FUSION_REASON_NONE);
    edge_feeds_done(rig->feeds, &second);
    close_node(rig);
}

static void feed__after_its_broker_was_gone__catches_up_again(void **state)
{
    struct rig *rig = *state;
    struct edge_message message;
    add(rig, DOF, "36-000001", TOWER("36-000001", "00300"));
    open_node(rig);
    run(rig, 50000);
    assert_int_equal(obstacles_state(rig), FUSION_REASON_NONE);
    for (int under_way = 0; under_way < 2; under_way++) {
        // once with nothing under way, once with a message that holds the partition
        add(rig, DOF, "36-000002", TOWER("36-000002", "00300"));
        if (under_way == 1)
            assert_true(edge_feeds_next(rig->feeds, EDGE_LANE_URGENT, rig->now, &message));
        edge_feeds_found(rig->feeds, DOF, NULL, rig->now);
        assert_int_equal(obstacles_state(rig), FUSION_REASON_FEED_DOWN);
        add(rig, DOF, "36-000003", TOWER("36-000003", "00300"));
        discover(rig);
        assert_int_equal(obstacles_state(rig), FUSION_REASON_CATCHING_UP);
        if (under_way == 1) {
            edge_feeds_done(rig->feeds, &message);
            assert_int_equal(obstacles_state(rig), FUSION_REASON_CATCHING_UP);
        }
        run(rig, 1100000);
        assert_int_equal(obstacles_state(rig), FUSION_REASON_NONE);
    }
    close_node(rig);
}

static void offsets__that_are_not_there_any_more__are_read_again_from_the_first(void **state)
{
    struct rig *rig = *state;
    add(rig, DOF, "36-000001", TOWER("36-000001", "00300"));
    add(rig, DOF, "36-000002", TOWER("36-000002", "00300"));
    open_node(rig);
    run(rig, 50000);
    assert_int_equal(stored_offset(rig, "obstacles"), 2);
    close_node(rig);
    rig->count[DOF] = 0; // the topic was made anew, and is shorter
    add(rig, DOF, "36-000003", TOWER("36-000003", "00300"));
    open_node(rig);
    assert_int_equal(rig->position[DOF], 0);
    assert_int_equal(edge_feeds_layer_state(rig->feeds, FUSION_LAYER_OBSTACLE),
                     FUSION_REASON_RESYNCHRONISING);
    run(rig, 50000);
    assert_int_equal(stored_offset(rig, "obstacles"), 1);
    assert_int_equal(edge_feeds_layer_state(rig->feeds, FUSION_LAYER_OBSTACLE),
                     FUSION_REASON_NONE);
    assert_int_equal(obstacles_in(newest(rig)), 1);
    close_node(rig);
}

static void messages__read_after_the_broker_was_asked__do_not_make_the_topic_seem_cut(
    void **state)
{
    struct rig *rig = *state;
    open_node(rig);
    struct edge_kafka_found found = {
        .feed = DOF, .count = 1, .cluster_id = "cluster", .asked_mono_us = rig->now.mono_us};
    add(rig, DOF, "36-000001", TOWER("36-000001", "00300"));
    run(rig, 50000);
    edge_feeds_found(rig->feeds, DOF, &found, rig->now); // the answer comes late: end 0
    assert_int_equal(edge_feeds_layer_state(rig->feeds, FUSION_LAYER_OBSTACLE),
                     FUSION_REASON_NONE);
    run(rig, 5000000);
    found.asked_mono_us = rig->now.mono_us; // asked again, it is true
    rig->count[DOF] = 0;
    edge_feeds_found(rig->feeds, DOF, &found, rig->now);
    assert_int_equal(rig->position[DOF], 0);
    close_node(rig);
}

static void node__before_its_feeds_are_found__is_not_ready(void **state)
{
    struct rig *rig = *state;
    open_node(rig);
    assert_true(edge_health_has(&rig->health, EDGE_TROUBLE_CATCHING_UP));
    edge_feeds_found(rig->feeds, DOF, NULL, rig->now);
    run(rig, 50000);
    assert_true(edge_health_has(&rig->health, EDGE_TROUBLE_CATCHING_UP));
    discover(rig);
    run(rig, 1100000);
    assert_false(edge_health_has(&rig->health, EDGE_TROUBLE_CATCHING_UP));
    close_node(rig);
}

static void feed__on_which_five_decoders_die__is_paused_and_comes_back(void **state)
{
    struct rig *rig = *state;
    for (int i = 0; i < 6; i++)
        add(rig, DOF, "36-000001", TOWER("36-000001", "00300"));
    rig->deaths = 5;
    open_node(rig);
    run(rig, 2000000);
    assert_int_equal(stored_offset(rig, "obstacles"), 5);
    assert_int_equal(edge_metrics_value(rig->metrics, EDGE_METRIC_DECODER_DEATHS, DOF, 0), 5);
    assert_true(edge_health_has(&rig->health, EDGE_TROUBLE_DECODER));
    run(rig, 60000000);
    assert_int_equal(stored_offset(rig, "obstacles"), 6);
    assert_false(edge_health_has(&rig->health, EDGE_TROUBLE_DECODER));
    close_node(rig);
}

// The second try is made in the bulk lane; meanwhile those behind it are applied, and the
// stored offset stays before it.
static void message__that_took_too_long__is_tried_once_more_beside_the_urgent(void **state)
{
    struct rig *rig = *state;
    for (int i = 0; i < 4; i++)
        add(rig, DOF, "36-000001", TOWER("36-000001", "00300"));
    rig->deaths = 1;
    rig->late = true;
    open_node(rig);
    run(rig, 2000000);
    assert_int_equal(rig->late_starts[EDGE_LANE_URGENT], 1);
    assert_int_equal(rig->late_starts[EDGE_LANE_BULK], 0); // this time it was good
    assert_int_equal(stored_offset(rig, "obstacles"), 4);
    assert_int_equal(edge_metrics_value(rig->metrics, EDGE_METRIC_DECODER_DEATHS, DOF, 0), 0);
    close_node(rig);
}

static void message__that_took_too_long_twice__is_a_death_and_does_not_stop_the_feed(
    void **state)
{
    struct rig *rig = *state;
    open_node(rig);
    run(rig, 50000);
    // Of the bulk feed: where it is.
    add(rig, WEATHER, "x", "no GRIB");
    rig->deaths = 2;
    rig->late = true;
    run(rig, 2000000);
    assert_int_equal(rig->late_starts[EDGE_LANE_BULK], 2);
    assert_int_equal(edge_metrics_value(rig->metrics, EDGE_METRIC_DECODER_DEATHS, WEATHER, 0),
                     1);
    assert_int_equal(stored_offset(rig, "weather"), 1);
    close_node(rig);
}

static void offset__behind_a_late_message__waits_for_it(void **state)
{
    (void)state;
    static struct ingest_late late;
    static struct ingest_lane lane;
    struct edge_message message = {.feed = 1, .partition = 3, .offset = 10};
    struct edge_message next = {.feed = 1, .partition = 3, .offset = 11};
    struct edge_message other = {.feed = 1, .partition = 4, .offset = 7};
    lane.message = message;
    assert_true(ingest_late_put(&late, &lane));
    assert_int_equal(ingest_late_offset(&late, &other), 7);
    assert_int_equal(ingest_late_offset(&late, &next), 9);
    ingest_late_done(&late, &next);
    // A second one of the same partition.
    lane.message.offset = 12;
    assert_true(ingest_late_put(&late, &lane));
    next.offset = 13;
    assert_int_equal(ingest_late_offset(&late, &next), 9);
    ingest_late_done(&late, &next);
    assert_true(ingest_late_next(&late, &lane));
    assert_int_equal(lane.message.offset, 10);
    assert_int_equal(ingest_late_offset(&late, &lane.message), 11);
    ingest_late_done(&late, &lane.message);
    assert_true(ingest_late_next(&late, &lane));
    assert_int_equal(lane.message.offset, 12);
    assert_int_equal(ingest_late_offset(&late, &lane.message), 13);
    ingest_late_done(&late, &lane.message);
    assert_false(ingest_late_next(&late, &lane));
    for (int i = 0; i < INGEST_LATE_MAX; i++)
        assert_true(ingest_late_put(&late, &lane));
    assert_false(ingest_late_put(&late, &lane));
}

static void feed__that_is_paused_behind_what_was_read__is_not_told_as_complete(void **state)
{
    struct rig *rig = *state;
    open_node(rig);
    add(rig, DOF, "36-000001", TOWER("36-000001", "00300"));
    run(rig, 50000);
    assert_int_equal(newest(rig)->layer_state[FUSION_LAYER_OBSTACLE], FUSION_REASON_NONE);
    for (int i = 0; i < 6; i++)
        add(rig, DOF, "36-000002", TOWER("36-000002", "00300"));
    rig->deaths = 5;
    run(rig, 2000000);
    assert_int_equal(stored_offset(rig, "obstacles"), 6);
    assert_int_equal(newest(rig)->layer_state[FUSION_LAYER_OBSTACLE], FUSION_REASON_FEED_DOWN);
    run(rig, 60000000);
    assert_int_equal(stored_offset(rig, "obstacles"), 7);
    assert_int_equal(newest(rig)->layer_state[FUSION_LAYER_OBSTACLE], FUSION_REASON_NONE);
    close_node(rig);
}

static void values__from_serve__are_in_the_store_after_a_commit(void **state)
{
    struct rig *rig = *state;
    open_node(rig);
    assert_int_equal(edge_backqueue_push(rig->backqueue, "profile/d1", "abc", 3), DRF_OK);
    run(rig, 400000);
    close_node(rig);
    open_node(rig);
    char bytes[8];
    size_t size = sizeof bytes;
    assert_int_equal(fusion_store_value(rig->store, "profile/d1", bytes, &size), DRF_OK);
    assert_int_equal(size, 3);
    close_node(rig);
}

// That a drone was heard of has a time only when the clock can be trusted: see
// edge/ingest/retention.h.
static void word_of_a_drone__before_a_day_of_running__carries_no_time(void **state)
{
    struct rig *rig = *state;
    open_node(rig);
    int64_t utc_us = 1;
    size_t size = sizeof utc_us;
    assert_int_equal(fusion_store_put_value(rig->store, "seen/d1", &utc_us, size), DRF_OK);
    assert_int_equal(edge_backqueue_push(rig->backqueue, "seen/d1", NULL, 0), DRF_OK);
    run(rig, 400000);
    assert_int_equal(fusion_store_value(rig->store, "seen/d1", &utc_us, &size), DRF_ERR_ABSENT);
    rig->now.mono_us += INT64_C(86400000000);
    rig->now.utc_us += INT64_C(86400000000);
    int64_t before_utc_us = rig->now.utc_us;
    assert_int_equal(edge_backqueue_push(rig->backqueue, "seen/d1", NULL, 0), DRF_OK);
    run(rig, 400000);
    assert_int_equal(fusion_store_value(rig->store, "seen/d1", &utc_us, &size), DRF_OK);
    assert_in_range(utc_us, before_utc_us, rig->now.utc_us);
    close_node(rig);
}

static enum drf_status count_stale(void *context, int64_t id)
{
    (void)id;
    ++*(size_t *)context;
    return DRF_OK;
}

// Rows of the file that do not show the truth.
static size_t rows_behind(struct rig *rig)
{
    size_t count = 0;
    assert_int_equal(fusion_store_each_stale(rig->store, count_stale, &count), DRF_OK);
    return count;
}

// An obstacle each 40 ms, as long as `us`. Returns how often no row was behind at the end of
// such a time.
static size_t keep_coming(struct rig *rig, int64_t us)
{
    size_t rendered = 0;
    static const char *const heights[] = {TOWER("36-000001", "00300"),
                                          TOWER("36-000001", "00400")};
    for (int64_t end_us = rig->now.mono_us + us; rig->now.mono_us < end_us;) {
        add(rig, DOF, "36-000001", heights[rig->count[DOF] % 2]);
        run(rig, 20000);
        assert_int_equal(stored_offset(rig, "obstacles"), rig->count[DOF]);
        run(rig, 20000);
        rendered += rows_behind(rig) == 0;
    }
    return rendered;
}

static void rendering__after_an_obstacle__follows_within_a_second(void **state)
{
    struct rig *rig = *state;
    open_node(rig);
    run(rig, 700000);
    add(rig, DOF, "36-000001", TOWER("36-000001", "00300"));
    run(rig, 300000);
    assert_int_equal(rows_behind(rig), 1);
    run(rig, 700000);
    assert_int_equal(rows_behind(rig), 0);
    close_node(rig);
}

static void rendering__while_obstacles_keep_coming__waits_but_not_for_ever(void **state)
{
    struct rig *rig = *state;
    open_node(rig);
    run(rig, 700000);
    assert_int_equal(keep_coming(rig, 1200000), 0); // it was due after half a second
    assert_true(keep_coming(rig, 800000) > 0); // a second later the gaps between them suffice
    assert_int_equal(keep_coming(rig, 4000000), 0);
    assert_true(keep_coming(rig, 1500000) > 0); // again five seconds later
    assert_int_equal(keep_coming(rig, 1000000), 0);
    run(rig, 1000000); // at once when none comes
    assert_int_equal(rows_behind(rig), 0);
    close_node(rig);
}

int main(void)
{
#define WITH_RIG(test) cmocka_unit_test_setup_teardown(test, open_rig, close_rig)
    const struct CMUnitTest tests[] = {
        WITH_RIG(step__of_an_obstacle__publishes_it_and_commits_its_offset),
        WITH_RIG(step__of_bad_messages__refuses_each_and_reads_the_next),
        WITH_RIG(feed__that_is_current__stays_so_while_messages_are_under_way),
        WITH_RIG(feed__that_is_never_idle__is_current_once_the_end_seen_is_committed),
        WITH_RIG(feed__after_its_broker_was_gone__catches_up_again),
        WITH_RIG(step__of_a_tombstone__withdraws_the_obstacle),
        WITH_RIG(step__of_an_obstacle_that_left_the_region__withdraws_it),
        WITH_RIG(restart__after_a_commit__continues_at_the_stored_offset),
        WITH_RIG(layers__until_the_end_seen_at_start__say_catching_up),
        WITH_RIG(offsets__that_are_not_there_any_more__are_read_again_from_the_first),
        WITH_RIG(messages__read_after_the_broker_was_asked__do_not_make_the_topic_seem_cut),
        WITH_RIG(node__before_its_feeds_are_found__is_not_ready),
        WITH_RIG(feed__on_which_five_decoders_die__is_paused_and_comes_back),
        WITH_RIG(message__that_took_too_long__is_tried_once_more_beside_the_urgent),
        WITH_RIG(message__that_took_too_long_twice__is_a_death_and_does_not_stop_the_feed),
        cmocka_unit_test(offset__behind_a_late_message__waits_for_it),
        WITH_RIG(feed__that_is_paused_behind_what_was_read__is_not_told_as_complete),
        WITH_RIG(values__from_serve__are_in_the_store_after_a_commit),
        WITH_RIG(word_of_a_drone__before_a_day_of_running__carries_no_time),
        WITH_RIG(rendering__after_an_obstacle__follows_within_a_second),
        WITH_RIG(rendering__while_obstacles_keep_coming__waits_but_not_for_ever),
    };
    return cmocka_run_group_tests_name("edge/ingest", tests, NULL, NULL);
}
