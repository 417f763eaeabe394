// tests/support/ingest_rig.h - an ingest step over feeds made of arrays, for its tests.
// SPDX-License-Identifier: Apache-2.0
//
// Two feeds of one partition each, a decoder at once, a store of its own, time by hand. Include
// after cmocka.
#ifndef TESTS_SUPPORT_INGEST_RIG_H
#define TESTS_SUPPORT_INGEST_RIG_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "edge/ingest/ingest.h"
#include "edge/ingest/resync.h"
#include "geo/format/decode.h"

enum { ROOM = 256, DOF = 0, WEATHER = 1 };

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
    struct edge_delivery delivery;
    struct edge_deadletters deadletters;
    struct edge_ingest *ingest;
    struct edge_now now;
    const char *cluster;
    // The feed: messages of each topic, offset = index.
    struct edge_message messages[2][ROOM];
    size_t count[2];
    int64_t low[2]; // the first offset that is still there
    int64_t position[2];
    size_t released;
    // The decoder: one message a lane, at once; `deaths` of them are deaths.
    struct edge_decoded decoded[EDGE_LANES];
    bool there[EDGE_LANES];
    struct geo_record_builder builders[EDGE_LANES][2];
    unsigned turn[EDGE_LANES];
    int deaths;
    bool late; // and they are of time
    size_t late_starts[EDGE_LANES];
    bool bulk_waits; // its decoder is not ready
};

static inline enum drf_status feed_start(void *self, size_t feed, int32_t partition,
                                         int64_t offset)
{
    struct rig *rig = self;
    assert_int_equal(partition, 0);
    rig->position[feed] = offset;
    return DRF_OK;
}

static inline void feed_stop(void *self, size_t feed, int32_t partition)
{
    (void)self, (void)feed, (void)partition;
}

static inline enum edge_kafka_event feed_next(void *self, size_t feed, struct edge_message *out)
{
    struct rig *rig = self;
    if (rig->position[feed] >= (int64_t)rig->count[feed])
        return EDGE_KAFKA_NOTHING;
    *out = rig->messages[feed][rig->position[feed]++];
    return EDGE_KAFKA_MESSAGE;
}

static inline void feed_release(void *self, struct edge_message *message)
{
    struct rig *rig = self;
    (void)message;
    rig->released++;
}

static const char *const feed_names[] = {"dof", "wx"};

static inline enum drf_status feed_begin(void *self, size_t feed, bool redo, bool lossy)
{
    struct rig *rig = self;
    return fusion_fabric_resync_begin(rig->fabric, feed_names[feed], redo, lossy);
}

static inline enum drf_status feed_sweep(void *self, size_t feed, size_t *forgotten,
                                         bool *again)
{
    struct rig *rig = self;
    return fusion_fabric_resync_sweep(rig->fabric, feed_names[feed], forgotten, again);
}

static inline enum drf_status decode_start(void *self, size_t lane,
                                           const struct geo_decode_params *params,
                                           const uint8_t *bytes, size_t size,
                                           int64_t now_mono_us)
{
    struct rig *rig = self;
    (void)now_mono_us;
    if (rig->there[lane])
        return DRF_ERR_AGAIN; // one at a time: what is read ahead waits
    struct edge_decoded *decoded = &rig->decoded[lane];
    // What was taken is still being applied.
    struct geo_record_builder *builder = &rig->builders[lane][rig->turn[lane]++ % 2];
    *decoded = (struct edge_decoded){0};
    rig->there[lane] = true;
    if (rig->deaths > 0) {
        rig->deaths--;
        rig->late_starts[lane]++;
        *decoded = (struct edge_decoded){.status = DRF_ERR_RANGE,
                                         .died = true,
                                         .late = rig->late,
                                         .why = {.code = GEO_REFUSAL_DIED, .count = 1}};
        return DRF_OK;
    }
    geo_record_builder_close(builder);
    geo_record_builder_init(builder, 1 << 20);
    decoded->status = geo_decode(params, bytes, size, builder, &decoded->why);
    if (decoded->status == DRF_OK)
        decoded->status = geo_record_finish(builder, &decoded->record);
    return DRF_OK;
}

static inline bool decode_take(void *self, size_t lane, struct edge_decoded *out)
{
    struct rig *rig = self;
    if (!rig->there[lane] || (lane == EDGE_LANE_BULK && rig->bulk_waits))
        return false;
    rig->there[lane] = false;
    *out = rig->decoded[lane];
    return true;
}

static inline void discover(struct rig *rig)
{
    for (size_t feed = 0; feed < 2; feed++) {
        struct edge_kafka_found found = {.feed = feed, .count = 1};
        snprintf(found.cluster_id, sizeof found.cluster_id, "%s", rig->cluster);
        found.partitions[0].low = rig->low[feed];
        found.partitions[0].high = (int64_t)rig->count[feed];
        found.asked_mono_us = rig->now.mono_us;
        edge_feeds_found(rig->feeds, feed, &found, rig->now);
    }
}

static inline void open_node(struct rig *rig)
{
    for (size_t i = 0; i < EDGE_LANES; i++)
        rig->there[i] = false; // the decoder begins anew too
    struct fusion_store_config store = {.path = rig->path,
                                        .keep = drf_config_keep(&rig->config),
                                        .level = rig->config.level,
                                        .region_id = "niagara",
                                        .mode = rig->config.mode};
    assert_int_equal(fusion_store_open(&store, &rig->store), DRF_OK);
    assert_int_equal(edge_resync_plan(&rig->config, rig->store, &rig->log, rig->now), DRF_OK);
    struct fusion_feed feeds[] = {{.name = "dof", .layer = FUSION_LAYER_OBSTACLE},
                                  {.name = "wx", .layer = FUSION_LAYER_WEATHER}};
    struct fusion_fabric_config fabric = {.keep = store.keep,
                                          .level = store.level,
                                          .raster_accuracy_max_m = 175,
                                          .feeds = feeds,
                                          .feed_count = 2};
    assert_int_equal(fusion_fabric_open(&fabric, rig->store, &rig->fabric), DRF_OK);
    struct edge_feed_port port = {.self = rig,
                                  .start = feed_start,
                                  .stop = feed_stop,
                                  .next = feed_next,
                                  .release = feed_release,
                                  .fabric = rig,
                                  .begin = feed_begin,
                                  .sweep = feed_sweep};
    assert_int_equal(
        edge_feeds_open(&rig->config, port, rig->store, rig->metrics, &rig->log, &rig->feeds),
        DRF_OK);
    struct edge_ingest_parts parts = {
        .config = &rig->config,
        .store = rig->store,
        .fabric = rig->fabric,
        .feeds = rig->feeds,
        .decoder = {.self = rig, .start = decode_start, .take = decode_take},
        .delivery = &rig->delivery,
        .deadletters = &rig->deadletters,
        .mailbox = &rig->mailbox,
        .backqueue = rig->backqueue,
        .metrics = rig->metrics,
        .health = &rig->health,
        .log = &rig->log};
    assert_int_equal(edge_ingest_open(&parts, &rig->ingest), DRF_OK);
    edge_mailbox_init(&rig->mailbox);
    discover(rig);
}

static inline void close_node(struct rig *rig)
{
    edge_ingest_close(rig->ingest);
    edge_feeds_close(rig->feeds);
    fusion_fabric_close(rig->fabric);
    fusion_store_close(rig->store);
}

static inline void drop_files(const char *path)
{
    static const char *const ends[] = {"", "-wal", "-shm", "-lock"};
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        char name[96];
        snprintf(name, sizeof name, "%s%s", path, ends[i]);
        unlink(name);
    }
}

static inline int open_rig(void **state)
{
    struct rig *rig = calloc(1, sizeof *rig);
    struct drf_config_error error;
    static const char *const names[] = {"dof", "wx"};
    snprintf(rig->path, sizeof rig->path, "/tmp/drf-test-ingest-%d.gpkg", (int)getpid());
    drop_files(rig->path);
    rig->cluster = "cluster";
    rig->log = (struct edge_log){.fd = -1, .level = EDGE_LOG_INFO};
    rig->now = (struct edge_now){.mono_us = 1000000, .utc_us = 1800000000000000};
    if (drf_config_parse(config_text, sizeof config_text - 1, NULL, &error, &rig->config)
            != DRF_OK
        || edge_metrics_open(names, 2, &rig->metrics) != DRF_OK
        || edge_backqueue_open(65536, &rig->backqueue) != DRF_OK)
        return -1;
    edge_health_init(&rig->health);
    rig->delivery = (struct edge_delivery){
        .config = &rig->config, .metrics = rig->metrics, .serve_mono_us = INT64_MAX};
    edge_deadletters_init(&rig->deadletters, &rig->config, &rig->delivery, rig->metrics,
                          &rig->log);
    *state = rig;
    return 0;
}

static inline int close_rig(void **state)
{
    struct rig *rig = *state;
    drop_files(rig->path);
    for (size_t i = 0; i < EDGE_LANES; i++)
        for (size_t k = 0; k < 2; k++)
            geo_record_builder_close(&rig->builders[i][k]);
    edge_backqueue_close(rig->backqueue);
    edge_metrics_close(rig->metrics);
    drf_config_close(&rig->config);
    free(rig);
    return 0;
}

static inline struct edge_message *add(struct rig *rig, size_t feed, const char *key,
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
static inline void run(struct rig *rig, int64_t us)
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

static inline int64_t stored_offset(struct rig *rig, const char *topic)
{
    char cluster[64];
    int64_t offset = -1;
    if (fusion_store_offset(rig->store, topic, 0, cluster, &offset) != DRF_OK)
        return -1;
    return offset;
}

static inline size_t obstacles_in(const struct fusion_root *root)
{
    size_t count = 0;
    for (size_t i = 0; i < (size_t)root->buckets.columns * root->buckets.rows; i++)
        count += root->features[i] ? root->features[i]->count : 0;
    return count;
}

static inline const struct fusion_root *newest(struct rig *rig)
{
    const struct fusion_root *root = edge_mailbox_take(&rig->mailbox);
    assert_non_null(root);
    edge_mailbox_acknowledge(&rig->mailbox, root->epoch);
    return root;
}

#endif
