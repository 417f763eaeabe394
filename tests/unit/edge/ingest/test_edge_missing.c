// SPDX-License-Identifier: Apache-2.0
// What was live and was lost with the topic of its feed: the layer is incomplete until it comes
// again, an edition is complete, or it is withdrawn.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

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

// The layer as drones see it.
static enum fusion_reason shown(struct rig *rig)
{
    run(rig, 1100000); // for what is done each second
    return newest(rig)->layer_state[FUSION_LAYER_OBSTACLE];
}

// Retention deleted A and B from the topic while the node was away; C is what came since.
static void lose_two(struct rig *rig)
{
    read_two(rig);
    close_node(rig);
    add(rig, DOF, C, TOWER(C, "00300"));
    add(rig, DOF, C, TOWER(C, "00310"))->timestamp_ms += 1;
    rig->low[DOF] = 3; // the stored position is 2
    open_node(rig);
    assert_int_equal(state(rig), FUSION_REASON_RESYNCHRONISING);
    run(rig, 500000);
    assert_int_equal(state(rig), FUSION_REASON_NONE);
    assert_live(rig, "C");
}

static bool incomplete(struct rig *rig)
{
    return edge_health_has(&rig->health, EDGE_TROUBLE_INCOMPLETE);
}

static void lost__with_their_topic__make_the_layer_incomplete_until_they_return(void **context)
{
    struct rig *rig = *context;
    lose_two(rig);
    assert_int_equal(shown(rig), FUSION_REASON_FORGOTTEN);
    assert_true(incomplete(rig));
    assert_int_equal(edge_metrics_value(rig->metrics, EDGE_METRIC_FEED_MISSING, DOF, 0), 2);
    close_node(rig); // a restart does not make it complete
    open_node(rig);
    assert_int_equal(shown(rig), FUSION_REASON_FORGOTTEN);
    add(rig, DOF, A, TOWER(A, "00300")); // as it was
    assert_int_equal(shown(rig), FUSION_REASON_FORGOTTEN);
    assert_int_equal(edge_metrics_value(rig->metrics, EDGE_METRIC_FEED_MISSING, DOF, 0), 1);
    add(rig, DOF, B, NULL); // or is withdrawn
    assert_int_equal(shown(rig), FUSION_REASON_NONE);
    assert_false(incomplete(rig));
    close_node(rig);
    open_node(rig);
    assert_int_equal(shown(rig), FUSION_REASON_NONE);
    end_with(rig, "AC");
}

static void edition_of(struct edge_message *message, const char *id, int64_t shift_ms)
{
    const struct edge_header headers[] = {
        {.name = "drf_delivery", .value = "edition", .size = 7},
        {.name = "drf_edition", .value = id, .size = strlen(id)},
        {.name = "drf_part", .value = "1", .size = 1},
        {.name = "drf_parts", .value = "1", .size = 1}};
    for (size_t i = 0; i < 4; i++)
        message->headers[message->header_count++] = headers[i];
    message->timestamp_ms += shift_ms;
}

static void lost__then_a_complete_edition__makes_the_layer_complete(void **context)
{
    struct rig *rig = *context;
    lose_two(rig);
    edition_of(add(rig, DOF, "old", TOWER(C, "00300")), "old", -100000);
    assert_int_equal(shown(rig), FUSION_REASON_FORGOTTEN); // older than they: it says nothing
    edition_of(add(rig, DOF, "new", TOWER(C, "00320")), "new", 100000);
    assert_int_equal(shown(rig), FUSION_REASON_NONE);
    end_with(rig, "C");
}

static void lost__that_moved_out_of_the_region__are_missed_no_more(void **context)
{
    struct rig *rig = *context;
    static const char *const keys[] = {A, B};
    static const char elsewhere[] =
        " O US NY SOMEWHERE        10 30 00.00N 079 30 00.00W TOWER              1 "
        "00300 00900 R 1 A M 1999AEA01234OE A 2015074 ";
    char lines[2][200];
    lose_two(rig);
    for (int64_t i = 0; i < 2; i++) {
        run(rig, 1100000);
        assert_int_equal(edge_metrics_value(rig->metrics, EDGE_METRIC_FEED_MISSING, DOF, 0),
                         2 - i);
        snprintf(lines[i], sizeof lines[i], "%s%s", keys[i], elsewhere);
        add(rig, DOF, keys[i], lines[i]);
    }
    assert_int_equal(shown(rig), FUSION_REASON_NONE);
    end_with(rig, "C");
}

// The topic is the same and has its first offset: compaction took what has been withdrawn.
static void absent__from_a_compacted_topic__is_withdrawn(void **context)
{
    struct rig *rig = *context;
    read_two(rig);
    run(rig, 700000);
    close_node(rig);
    rig->messages[DOF][0] = rig->messages[DOF][1];
    rig->messages[DOF][0].offset = 0;
    rig->now.utc_us += 2 * DAY_US; // tombstone_horizon
    open_node(rig);
    assert_int_equal(state(rig), FUSION_REASON_RESYNCHRONISING);
    run(rig, 500000);
    assert_int_equal(shown(rig), FUSION_REASON_NONE);
    assert_false(incomplete(rig));
    end_with(rig, "B");
}

// How the topic is another when the node is back after two days. A is in it again, B is not.
struct rebuilt {
    const char *cluster;
    int more;       // messages of C
    bool new_terms; // and the node was upgraded
    bool stopped;   // amid reading it, when A was read
    bool ran;       // the node was there all the time, without a broker
};

static void rebuild(struct rig *rig, const struct rebuilt *how)
{
    read_two(rig);
    run(rig, 700000);
    if (how->ran)
        edge_feeds_found(rig->feeds, DOF, NULL, rig->now);
    else
        close_node(rig);
    rig->cluster = how->cluster;
    rig->count[DOF] = 1;
    for (int i = 0; i < how->more; i++)
        add(rig, DOF, C, TOWER(C, "00300"));
    rig->now.utc_us += 2 * DAY_US;
    rig->now.mono_us += 2 * DAY_US;
    rig->config.margin_m += how->new_terms ? 1000 : 0;
    if (how->ran)
        discover(rig);
    else
        open_node(rig);
    if (how->stopped) {
        size_t whole = rig->count[DOF];
        rig->count[DOF] = 1; // no more comes yet
        run(rig, 500000);
        assert_int_equal(stored_offset(rig, "obstacles"), 1);
        assert_int_equal(state(rig), FUSION_REASON_RESYNCHRONISING);
        edge_feeds_note(rig->feeds, rig->now);
        assert_int_equal(fusion_fabric_commit(rig->fabric, rig->now.utc_us), DRF_OK);
        close_node(rig);
        rig->count[DOF] = whole;
        rig->config.margin_m += how->new_terms ? 1000 : 0;
        open_node(rig);
    }
}

static void lost__with_a_topic_made_anew_in_a_long_absence__are_missed(void **context)
{
    struct rig *rig = *context;
    static const struct rebuilt ways[] = {
        {.cluster = "another"},
        {.cluster = "another", .new_terms = true},
        {.cluster = "another", .more = 1, .new_terms = true, .stopped = true},
        {.cluster = "cluster"}, // shorter
        {.cluster = "cluster", .ran = true},
        {.cluster = "cluster", .more = 3}, // longer: known by what is where B was
        {.cluster = "cluster", .more = 3, .new_terms = true},
        {.cluster = "cluster", .more = 3, .stopped = true},
        {.cluster = "cluster", .more = 3, .ran = true},
    };
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        rig->cluster = "cluster";
        rig->count[DOF] = 0;
        rebuild(rig, &ways[i]);
        assert_int_equal(state(rig), FUSION_REASON_RESYNCHRONISING);
        run(rig, 500000);
        discover(rig);
        run(rig, 500000);
        if (shown(rig) != FUSION_REASON_FORGOTTEN)
            fail_msg("way %zu: nothing is missed", i);
        assert_int_equal(edge_metrics_value(rig->metrics, EDGE_METRIC_FEED_MISSING, DOF, 0), 1);
        end_with(rig, ways[i].more > 0 ? "AC" : "A");
        drop_files(rig->path);
    }
}

int main(void)
{
#define WITH_RIG(test) cmocka_unit_test_setup_teardown(test, open_rig, close_rig)
    const struct CMUnitTest tests[] = {
        WITH_RIG(lost__with_their_topic__make_the_layer_incomplete_until_they_return),
        WITH_RIG(lost__then_a_complete_edition__makes_the_layer_complete),
        WITH_RIG(lost__that_moved_out_of_the_region__are_missed_no_more),
        WITH_RIG(lost__with_a_topic_made_anew_in_a_long_absence__are_missed),
        WITH_RIG(absent__from_a_compacted_topic__is_withdrawn),
    };
    return cmocka_run_group_tests_name("edge/missing", tests, NULL, NULL);
}
