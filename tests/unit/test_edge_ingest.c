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
#include <unistd.h>

#include "edge/ingest.h"
#include "geo/decode.h"

enum { ROOM = 16, DOF = 0, WEATHER = 1 };

static const char config_text[] = "region: {id: niagara, bounds: [-80, 43, -79, 44]}\n"
                                  "node: {id: n, mode: TEST}\n"
                                  "store: {path: unused}\n"
                                  "feeds:\n"
                                  "  - {name: dof, topic: obstacles, kind: obstacle}\n"
                                  "  - {name: wx, topic: weather, kind: weather}\n";

// A tower of the FAA's at 43 30 N 079 30 W.
#define TOWER(id, agl)                                                                         \
    id " O US NY SOMEWHERE        43 30 00.00N 079 30 00.00W TOWER              1 " agl        \
       " 00900 R 1 A M 1999AEA01234OE A 2015074 "

struct rig {
    char path[64];
    struct drf_config config;
    struct edge_log log;
    struct edge_metrics *metrics;
    struct edge_health health;
    struct edge_mailbox mailbox;
    struct edge_backqueue *backqueue;
    struct fusion_store *store;
    struct fusion_fabric *fabric;
    struct edge_feeds *feeds;
    struct edge_deadletters letters;
    struct edge_ingest *ingest;
    struct edge_now now;
    // The feed: messages of each topic, offset = index.
    struct edge_message messages[2][ROOM];
    size_t count[2];
    int64_t position[2];
    size_t released;
    // The decoder: one message a lane, at once; `deaths` of them are deaths.
    struct edge_decoded decoded[EDGE_LANES];
    bool there[EDGE_LANES];
    struct geo_record_builder builders[EDGE_LANES];
    int deaths;
};

static enum drf_status feed_start(void *self, size_t feed, int32_t partition, int64_t offset)
{
    struct rig *rig = self;
    assert_int_equal(partition, 0);
    rig->position[feed] = offset;
    return DRF_OK;
}

static void feed_stop(void *self, size_t feed, int32_t partition)
{
    (void)self, (void)feed, (void)partition;
}

static enum edge_kafka_event feed_next(void *self, size_t feed, struct edge_message *out)
{
    struct rig *rig = self;
    if (rig->position[feed] >= (int64_t)rig->count[feed])
        return EDGE_KAFKA_NOTHING;
    *out = rig->messages[feed][rig->position[feed]++];
    return EDGE_KAFKA_MESSAGE;
}

static void feed_release(void *self, struct edge_message *message)
{
    struct rig *rig = self;
    (void)message;
    rig->released++;
}

static enum drf_status decode_start(void *self, size_t lane,
                                    const struct geo_decode_params *params,
                                    const uint8_t *bytes, size_t size, int64_t now_mono_us)
{
    struct rig *rig = self;
    (void)now_mono_us;
    struct edge_decoded *decoded = &rig->decoded[lane];
    *decoded = (struct edge_decoded){0};
    rig->there[lane] = true;
    if (rig->deaths > 0) {
        rig->deaths--;
        *decoded = (struct edge_decoded){.status = DRF_ERR_RANGE,
                                         .died = true,
                                         .why = {.code = GEO_REFUSAL_DIED, .count = 1}};
        return DRF_OK;
    }
    geo_record_builder_close(&rig->builders[lane]);
    geo_record_builder_init(&rig->builders[lane], 1 << 20);
    decoded->status = geo_decode(params, bytes, size, &rig->builders[lane], &decoded->why);
    if (decoded->status == DRF_OK)
        decoded->status = geo_record_finish(&rig->builders[lane], &decoded->record);
    return DRF_OK;
}

static bool decode_take(void *self, size_t lane, struct edge_decoded *out)
{
    struct rig *rig = self;
    if (!rig->there[lane])
        return false;
    rig->there[lane] = false;
    *out = rig->decoded[lane];
    return true;
}

static void discover(struct rig *rig)
{
    for (size_t feed = 0; feed < 2; feed++) {
        struct edge_kafka_found found = {.feed = feed, .count = 1, .cluster_id = "cluster"};
        found.partitions[0].high = (int64_t)rig->count[feed];
        found.asked_mono_us = rig->now.mono_us;
        edge_feeds_found(rig->feeds, feed, &found, rig->now);
    }
}

static void open_node(struct rig *rig)
{
    struct fusion_store_config store = {.path = rig->path,
                                        .keep = drf_config_keep(&rig->config),
                                        .level = rig->config.level,
                                        .region_id = "niagara",
                                        .mode = rig->config.mode};
    assert_int_equal(fusion_store_open(&store, &rig->store), DRF_OK);
    struct fusion_feed feeds[] = {{.name = "dof", .layer = FUSION_LAYER_OBSTACLE},
                                  {.name = "wx", .layer = FUSION_LAYER_WEATHER}};
    struct fusion_fabric_config fabric = {.keep = store.keep,
                                          .level = store.level,
                                          .raster_accuracy_max_m = 175,
                                          .feeds = feeds,
                                          .feed_count = 2};
    assert_int_equal(fusion_fabric_open(&fabric, rig->store, &rig->fabric), DRF_OK);
    struct edge_feed_port port = {rig, feed_start, feed_stop, feed_next, feed_release};
    assert_int_equal(
        edge_feeds_open(&rig->config, port, rig->store, rig->metrics, &rig->log, &rig->feeds),
        DRF_OK);
    struct edge_ingest_parts parts = {.config = &rig->config,
                                      .store = rig->store,
                                      .fabric = rig->fabric,
                                      .feeds = rig->feeds,
                                      .decoder = {rig, decode_start, decode_take},
                                      .letters = &rig->letters,
                                      .mailbox = &rig->mailbox,
                                      .backqueue = rig->backqueue,
                                      .metrics = rig->metrics,
                                      .health = &rig->health,
                                      .log = &rig->log};
    assert_int_equal(edge_ingest_open(&parts, &rig->ingest), DRF_OK);
    edge_mailbox_init(&rig->mailbox);
    discover(rig);
}

static void close_node(struct rig *rig)
{
    edge_ingest_close(rig->ingest);
    edge_feeds_close(rig->feeds);
    fusion_fabric_close(rig->fabric);
    fusion_store_close(rig->store);
}

static int open_rig(void **state)
{
    struct rig *rig = calloc(1, sizeof *rig);
    struct drf_config_error error;
    static const char *const names[] = {"dof", "wx"};
    snprintf(rig->path, sizeof rig->path, "/tmp/drf-test-ingest-%d.gpkg", (int)getpid());
    unlink(rig->path);
    rig->log = (struct edge_log){.fd = -1, .level = EDGE_LOG_INFO};
    rig->now = (struct edge_now){.mono_us = 1000000, .utc_us = 1800000000000000};
    if (drf_config_parse(config_text, sizeof config_text - 1, NULL, &error, &rig->config)
            != DRF_OK
        || edge_metrics_open(names, 2, &rig->metrics) != DRF_OK
        || edge_backqueue_open(65536, &rig->backqueue) != DRF_OK)
        return -1;
    edge_health_init(&rig->health);
    rig->letters = (struct edge_deadletters){.config = &rig->config,
                                             .log = &rig->log,
                                             .metrics = rig->metrics,
                                             .serve_mono_us = INT64_MAX};
    *state = rig;
    return 0;
}

static int close_rig(void **state)
{
    struct rig *rig = *state;
    char extra[80];
    unlink(rig->path);
    snprintf(extra, sizeof extra, "%s-wal", rig->path);
    unlink(extra);
    snprintf(extra, sizeof extra, "%s-shm", rig->path);
    unlink(extra);
    for (size_t i = 0; i < EDGE_LANES; i++)
        geo_record_builder_close(&rig->builders[i]);
    edge_backqueue_close(rig->backqueue);
    edge_metrics_close(rig->metrics);
    drf_config_close(&rig->config);
    free(rig);
    return 0;
}

static struct edge_message *add(struct rig *rig, size_t feed, const char *key,
                                const char *value)
{
    struct edge_message *message = &rig->messages[feed][rig->count[feed]];
    *message = (struct edge_message){
        .feed = feed,
        .topic = feed == DOF ? "obstacles" : "weather",
        .offset = (int64_t)rig->count[feed]++,
        .key = (const uint8_t *)key,
        .key_size = key ? strlen(key) : 0,
        .value = (const uint8_t *)value,
        .value_size = value ? strlen(value) : 0,
        .timestamp = EDGE_TIMESTAMP_CREATE,
        .timestamp_ms = 1700000000000 + (int64_t)rig->count[feed],
    };
    return message;
}

// Steps through `us` of time, as the loop would.
static void run(struct rig *rig, int64_t us)
{
    int64_t end_us = rig->now.mono_us + us;
    while (rig->now.mono_us < end_us) {
        struct edge_ingest_done done;
        assert_int_equal(edge_ingest_step(rig->ingest, rig->now, &done), DRF_OK);
        int64_t step_us = done.busy                                     ? 100
                          : done.wake_mono_us > rig->now.mono_us + 1000 ? 1000
                                                                        : 100;
        rig->now.mono_us += step_us;
        rig->now.utc_us += step_us;
    }
}

static int64_t stored_offset(struct rig *rig, const char *topic)
{
    char cluster[64];
    int64_t offset = -1;
    if (fusion_store_offset(rig->store, topic, 0, cluster, &offset) != DRF_OK)
        return -1;
    return offset;
}

static size_t obstacles_in(const struct fusion_root *root)
{
    size_t count = 0;
    for (size_t i = 0; i < (size_t)root->buckets.columns * root->buckets.rows; i++)
        count += root->features[i] ? root->features[i]->count : 0;
    return count;
}

static const struct fusion_root *newest(struct rig *rig)
{
    const struct fusion_root *root = edge_mailbox_take(&rig->mailbox);
    assert_non_null(root);
    edge_mailbox_acknowledge(&rig->mailbox, root->epoch);
    return root;
}

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
    assert_int_equal(rig->position[DOF], 1);
    run(rig, 50000);
    assert_int_equal(rig->released, 1);
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

int main(void)
{
#define WITH_RIG(test) cmocka_unit_test_setup_teardown(test, open_rig, close_rig)
    const struct CMUnitTest tests[] = {
        WITH_RIG(step__of_an_obstacle__publishes_it_and_commits_its_offset),
        WITH_RIG(step__of_bad_messages__refuses_each_and_reads_the_next),
        WITH_RIG(step__of_a_tombstone__withdraws_the_obstacle),
        WITH_RIG(step__of_an_obstacle_that_left_the_region__withdraws_it),
        WITH_RIG(restart__after_a_commit__continues_at_the_stored_offset),
        WITH_RIG(layers__until_the_end_seen_at_start__say_catching_up),
        WITH_RIG(offsets__that_are_not_there_any_more__are_read_again_from_the_first),
        WITH_RIG(messages__read_after_the_broker_was_asked__do_not_make_the_topic_seem_cut),
        WITH_RIG(node__before_its_feeds_are_found__is_not_ready),
        WITH_RIG(feed__on_which_five_decoders_die__is_paused_and_comes_back),
        WITH_RIG(values__from_serve__are_in_the_store_after_a_commit),
    };
    return cmocka_run_group_tests_name("edge/ingest", tests, NULL, NULL);
}
