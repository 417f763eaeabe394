// tests/support/replay_rig.h - a node in test that is recorded, its loops in two threads or
// one. SPDX-License-Identifier: Apache-2.0
//
// The parts of edge/service/node.h with ports of the test's own (replay_feeds.h,
// replay_fleet.h) and a clock that the loops move on themselves, by random steps. Include after
// cmocka.
#ifndef TESTS_SUPPORT_REPLAY_RIG_H
#define TESTS_SUPPORT_REPLAY_RIG_H

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/resource.h>

#include "edge/config/config_reload.h"
#include "edge/kafka/publisher.h"
#include "fusion/store/store_maintenance.h"
#include "tests/support/replay_fleet.h"
#include "tests/support/replay_tape.h"

#define RIG_UTC_US INT64_C(1790000000000000) // of mono 0
#define RIG_SECOND_US INT64_C(1000000)

enum { RIG_RELOADS_MAX = 8 };

static const char rig_config[] =
    "region: {id: sim-niagara, bounds: [-80, 43, -79, 44]}\n"
    "node: {id: n1, mode: SIM}\n"
    "store: {path: unused, drone_keep_s: 3600, tombstone_keep_s: 3600}\n"
    "dead_letters: {topic: dead}\n"
    "reports: {topic: words, max_mb: 1, keep_s: 600, capture_topic: tape, capture_max_mb: 1}\n"
    "publish: {tracks_topic: seen, tracks_every_ms: 500, advisories_topic: told, "
    "catalog_topic: had}\n"
    "limits: {drones_max: 80, drone_forget_s: 10, pending_max_mb: 1}\n"
    "feeds:\n"
    "  - {name: cranes, topic: cranes, kind: obstacle, format: geojson_obstacles, class: "
    "bulk}\n"
    "  - {name: dof, topic: obstacles, kind: obstacle}\n"
    "  - {name: zones, topic: zones, kind: zone, format: ed269}\n"
    "  - {name: tracks, topic: tracks, kind: traffic, interval_s: 5}\n";
// What the configuration says after a reload, and after the next again as before: a feed less,
// one that is decoded otherwise, other limits.
static const char rig_config_other[] =
    "region: {id: sim-niagara, bounds: [-80, 43, -79, 44]}\n"
    "node: {id: n1, mode: SIM}\n"
    "store: {path: unused, drone_keep_s: 3600, tombstone_keep_s: 3600}\n"
    "dead_letters: {topic: dead}\n"
    "reports: {topic: words, max_mb: 1, keep_s: 600, capture_topic: tape, capture_max_mb: 1}\n"
    "publish: {tracks_topic: seen, tracks_every_ms: 500, advisories_topic: told, "
    "catalog_topic: had}\n"
    "limits: {drones_max: 80, drone_forget_s: 10, stale_after_ms: 2000, "
    "context_rate_default_hz: 2, context_rate_max_hz: 4}\n"
    "feeds:\n"
    "  - {name: tracks, topic: tracks, kind: traffic, interval_s: 3}\n"
    "  - {name: dof, topic: obstacles, kind: obstacle, default_vertical_acc95_m: 25}\n"
    "  - {name: cranes, topic: cranes, kind: obstacle, format: geojson_obstacles, class: "
    "bulk}\n";
static const char rig_owners[] = "owners: {topic: drf.owners.sim-niagara}\n";
static const char rig_terrain[] =
    "  - {name: dtm, topic: terrain, kind: terrain, format: hgt, vertical_acc95_m: 1}\n";

struct rig_options {
    uint64_t seed;
    int64_t span_us, stride_us; // of time; of a step, on average
    int64_t period_us;          // between a drone's reports
    uint64_t step_in;           // the clock is set once in that many steps
    unsigned again; // at most so many further steps of ingest at once while it has work
    bool threads, whole, sound_disk;
    bool many;    // nodes serve the region, and this one is owner of some drones at times
    bool rasters; // terrain too, in messages so large that they are staged
};

struct rig {
    struct rig_options options;
    char folder[64], begin[96];
    struct drf_config config;
    struct edge_log log;
    struct edge_node node;
    struct edge_now began;
    _Atomic uint64_t ticket;
    _Atomic int64_t mono_us, ahead_us; // ahead: of UTC to mono
    struct tape_side sides[EDGE_LOOP_COUNT];
    struct feed_world feeds;
    struct fleet_world fleet;
    struct chance steps[EDGE_LOOP_COUNT], turns, changes, owning, publishing;
    uint64_t published; // handed over
    struct edge_owner_table table;
    struct rlimit room;
    bool full; // the disk
    char early[200];
    bool nested; // a step within a step of the other loop
    struct drf_config reloads[RIG_RELOADS_MAX];
    size_t reload_count; // ingest's own
    _Atomic int reload;  // enum rig_reload
};

enum { RIG_FULL_BYTES = 32768 }; // two pages of the store

enum rig_reload { RIG_RELOAD_NONE, RIG_RELOAD_INGEST, RIG_RELOAD_SERVE };

static inline struct edge_now rig_now(struct rig *rig, enum edge_loop loop)
{
    struct chance *chance = &rig->steps[loop];
    uint64_t stride = (uint64_t)rig->options.stride_us;
    int64_t by_us = (int64_t)below(chance, (one_in(chance, 60) ? 40 : 2) * stride);
    if (one_in(chance, rig->options.step_in))
        atomic_fetch_add_explicit(&rig->ahead_us, (int64_t)below(chance, 20000000) - 10000000,
                                  memory_order_relaxed);
    int64_t mono_us =
        atomic_fetch_add_explicit(&rig->mono_us, by_us, memory_order_relaxed) + by_us;
    return (struct edge_now){
        .mono_us = mono_us,
        .utc_us = mono_us + atomic_load_explicit(&rig->ahead_us, memory_order_relaxed)};
}

// A full disk: no commit fits, also not one that begins the log again.
static inline void rig_disk(struct rig *rig, bool full)
{
    struct rlimit room = rig->room;
    if (full)
        room.rlim_cur = RIG_FULL_BYTES;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &room), 0);
    rig->full = full;
}

static inline void rig_parse(const struct rig_options *options, bool other,
                             struct drf_config *out)
{
    struct drf_config_error wrong = {0};
    char text[sizeof rig_config_other + sizeof rig_config + sizeof rig_terrain
              + sizeof rig_owners];
    (void)snprintf(text, sizeof text, "%s%s%s", other ? rig_config_other : rig_config,
                   options->rasters ? rig_terrain : "", options->many ? rig_owners : "");
    if (drf_config_parse(text, strlen(text), NULL, &wrong, out) != DRF_OK)
        fail_msg("%u: %s", wrong.line, wrong.text);
}

// As a node does it at SIGHUP.
static inline void rig_reload_ingest(struct rig *rig, struct edge_now now)
{
    struct edge_node *node = &rig->node;
    int stage = atomic_load_explicit(&rig->reload, memory_order_acquire);
    if (stage == RIG_RELOAD_NONE && rig->reload_count < RIG_RELOADS_MAX
        && one_in(&rig->changes, 700)) {
        struct drf_config *next = &rig->reloads[rig->reload_count];
        rig_parse(&rig->options, rig->reload_count % 2 == 0, next);
        assert_int_equal(drf_config_follow(node->config, next, NULL, NULL), DRF_OK);
        edge_ingest_quiet(node->ingest, true);
        atomic_store_explicit(&rig->reload, RIG_RELOAD_INGEST, memory_order_relaxed);
    } else if (stage == RIG_RELOAD_INGEST && !edge_ingest_busy(node->ingest)) {
        const struct drf_config *next = &rig->reloads[rig->reload_count++];
        edge_node_name_feeds(node, next);
        assert_int_equal(edge_ingest_reload(node->ingest, next, one_in(&rig->changes, 2), now),
                         DRF_OK);
        node->config = next;
        edge_ingest_quiet(node->ingest, false);
        atomic_store_explicit(&rig->reload, RIG_RELOAD_SERVE, memory_order_release);
    }
}

static inline void rig_ingest(struct rig *rig)
{
    struct chance *chance = &rig->feeds.chance;
    struct edge_now now = rig->feeds.now = rig_now(rig, EDGE_LOOP_INGEST);
    rig_reload_ingest(rig, now);
    if (one_in(chance, 4))
        feed_grow(&rig->feeds);
    if (one_in(chance, 80)) {
        static struct edge_kafka_found found;
        size_t feed = (size_t)below(chance, rig->feeds.raster != NULL ? FEEDS_MAX : FEEDS);
        bool answered = feed_found(&rig->feeds, feed, &found);
        if (!rig->node.config->feeds[feed].removed)
            edge_ingest_found(rig->node.ingest, feed, answered ? &found : NULL, now);
    }
    if (one_in(chance, rig->full ? 60 : 400) && !rig->options.sound_disk)
        rig_disk(rig, !rig->full);
    if (one_in(chance, rig->feeds.cold ? 100 : 2000))
        rig->feeds.cold = !rig->feeds.cold;
    if (one_in(chance, rig->feeds.deadly ? 100 : 2000))
        rig->feeds.deadly = !rig->feeds.deadly;
    if (one_in(chance, 1500))
        rig->feeds.silent = !rig->feeds.silent;
    struct edge_ingest_done done = {.busy = true};
    for (unsigned i = 0; i <= rig->options.again && done.busy; i++)
        assert_int_equal(edge_ingest_step(rig->node.ingest, now, &done), DRF_OK);
}

// Kafka's queue is full at times.
static inline enum drf_status rig_publish(void *self, const struct edge_kafka_record *record)
{
    struct rig *rig = self;
    (void)record;
    if (one_in(&rig->publishing, 4))
        return DRF_ERR_FULL;
    rig->published++;
    return DRF_OK;
}

// What the thread of owners would find out; a table at the beginning.
static inline void rig_own(struct rig *rig)
{
    struct chance *chance = &rig->owning;
    if (!rig->options.many || (rig->table.epochs[0] != 0 && !one_in(chance, 100)))
        return;
    for (unsigned part = 0; part < EDGE_OWNER_PARTS; part++)
        if (rig->table.epochs[part] == 0 || one_in(chance, 4))
            rig->table.epochs[part] = (uint64_t)RIG_UTC_US / 1000 + below(chance, 1000);
    rig->table.held = below(chance, UINT64_C(1) << EDGE_OWNER_PARTS);
    rig->table.member = below(chance, 2);
    edge_ownership_write(&rig->node.ownership, &rig->table);
}

static inline void rig_serve(struct rig *rig)
{
    rig_own(rig);
    struct edge_now now = rig->fleet.now = rig_now(rig, EDGE_LOOP_SERVE);
    if (atomic_load_explicit(&rig->reload, memory_order_acquire) == RIG_RELOAD_SERVE) {
        edge_serve_reload(rig->node.serve, &rig->reloads[rig->reload_count - 1], now);
        atomic_store_explicit(&rig->reload, RIG_RELOAD_NONE, memory_order_release);
    }
    fleet_change(&rig->fleet);
    (void)edge_serve_step(rig->node.serve, now);
}

// One thread: serve does a step while ingest is in the middle of one, or hangs; and the
// reverse.
static inline void rig_overtake_ingest(void *self)
{
    struct rig *rig = self;
    if (rig->nested)
        return;
    rig->nested = true;
    if (one_in(&rig->turns, 200))
        atomic_fetch_add(&rig->mono_us, 20 * RIG_SECOND_US);
    for (uint64_t left = 1 + below(&rig->turns, 3); left > 0; left--)
        rig_serve(rig);
    rig->nested = false;
}

static inline void rig_overtake_serve(void *self)
{
    struct rig *rig = self;
    if (rig->nested)
        return;
    rig->nested = true;
    for (uint64_t left = 1 + below(&rig->turns, 3); left > 0; left--)
        rig_ingest(rig);
    rig->nested = false;
}

static inline bool rig_goes_on(struct rig *rig)
{
    return atomic_load_explicit(&rig->mono_us, memory_order_relaxed)
           < rig->began.mono_us + rig->options.span_us;
}

static inline void *rig_ingest_thread(void *argument)
{
    struct rig *rig = argument;
    while (rig_goes_on(rig)) {
        rig_ingest(rig);
        meet(&rig->feeds.meeting);
    }
    return NULL;
}

static inline void *rig_serve_thread(void *argument)
{
    struct rig *rig = argument;
    while (rig_goes_on(rig)) {
        rig_serve(rig);
        meet(&rig->fleet.meeting);
    }
    edge_serve_down(rig->node.serve, rig->fleet.now);
    return NULL;
}

// Drones of long ago, whose plans fill the file until they are deleted.
static inline void rig_put_old(struct rig *rig)
{
    static const uint8_t plan[32000];
    const int64_t seen_utc_us = RIG_UTC_US - 10 * 86400 * RIG_SECOND_US;
    struct fusion_store *store = rig->node.store;
    for (int i = 0; i < 150; i++) {
        char name[32];
        (void)snprintf(name, sizeof name, "plan/old-%d", i);
        assert_int_equal(fusion_store_put_value(store, name, plan, sizeof plan), DRF_OK);
        (void)snprintf(name, sizeof name, "seen/old-%d", i);
        assert_int_equal(fusion_store_put_value(store, name, &seen_utc_us, sizeof seen_utc_us),
                         DRF_OK);
    }
    assert_int_equal(fusion_store_commit(store, rig->began.utc_us), DRF_OK);
}

static inline void rig_open_node(struct rig *rig)
{
    struct edge_node *node = &rig->node;
    *node = (struct edge_node){
        .config = &rig->config, .log = rig->log, .wake_ingest_fd = -1, .wake_serve_fd = -1};
    assert_int_equal(edge_node_open_handoffs(node), DRF_OK);
    edge_backqueue_close(node->restore_request.asked); // full at times
    edge_backqueue_close(node->restore_request.found);
    assert_int_equal(edge_backqueue_open(1024, &node->restore_request.asked), DRF_OK);
    assert_int_equal(edge_backqueue_open(2048, &node->restore_request.found), DRF_OK);
    assert_int_equal(edge_node_open_store(node, rig->began), DRF_OK);
    rig_put_old(rig);
    assert_int_equal(fusion_store_snapshot(rig->config.store_path, rig->begin, NULL), DRF_OK);
    struct edge_inputs **inputs[EDGE_LOOP_COUNT] = {&node->ingest_inputs, &node->serve_inputs};
    for (int i = 0; i < EDGE_LOOP_COUNT; i++) {
        rig->sides[i].loop = (enum edge_loop)i;
        const struct edge_inputs_sink sink = {
            .self = &rig->sides[i], .put = tape_put, .ended = tape_ended};
        assert_int_equal(edge_inputs_record(sink, &rig->ticket, rig->options.whole, inputs[i]),
                         DRF_OK);
    }
    edge_node_use_inputs(node);
    const struct edge_delivery_port letters = {.self = &rig->feeds,
                                               .send = letter_send,
                                               .purge = letter_purge,
                                               .waiting = letter_waiting,
                                               .serve = letter_serve};
    assert_int_equal(edge_delivery_use(node->config, node->store, node->metrics, letters,
                                       node->ingest_inputs, &node->delivery),
                     DRF_OK);
    const struct edge_feed_port feeds = {.self = &rig->feeds,
                                         .start = feed_start,
                                         .stop = feed_stop,
                                         .next = feed_next,
                                         .release = feed_release};
    const struct edge_decoder_port decoder = {
        .self = &rig->feeds, .start = decode_start, .take = decode_take, .ready = decode_ready};
    assert_int_equal(edge_node_open_ingest(node, feeds, decoder), DRF_OK);
    edge_source_stats_init(&node->source_stats, node->config, rig->began);
    node->source_stats.serve = node->serve_inputs;
    const struct edge_link link = {.self = &rig->fleet,
                                   .send = fleet_send,
                                   .receive = fleet_receive,
                                   .session = fleet_session,
                                   .connected = fleet_connected,
                                   .behind = fleet_behind};
    assert_int_equal(edge_node_open_serve(node, link), DRF_OK);
    if (rig->options.many)
        edge_serve_use_ownership(node->serve, &node->ownership);
    edge_serve_use_publisher(node->serve,
                             (struct edge_publisher){.self = rig, .send = rig_publish});
}

static inline struct rig *rig_open(struct rig_options options)
{
    struct rig *rig = calloc(1, sizeof *rig);
    assert_non_null(rig);
    rig->options = options;
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &rig->room), 0);
    (void)snprintf(rig->folder, sizeof rig->folder, "/tmp/drf-replay-XXXXXX");
    assert_non_null(mkdtemp(rig->folder));
    rig_parse(&options, false, &rig->config);
    if (options.rasters)
        rig->config.level = 9; // a megabyte of cells for a degree
    (void)snprintf(rig->config.store_path, sizeof rig->config.store_path, "%s/region.gpkg",
                   rig->folder);
    (void)snprintf(rig->begin, sizeof rig->begin, "%s/begin.gpkg", rig->folder);
    rig->config.limits.backqueue_bytes = 4096; // full at times
    rig->config.limits.pending_max_bytes = 8192;
    rig->log = (struct edge_log){.fd = -1, .level = EDGE_LOG_INFO};
    rig->began =
        (struct edge_now){.mono_us = RIG_SECOND_US, .utc_us = RIG_UTC_US + RIG_SECOND_US};
    atomic_init(&rig->mono_us, rig->began.mono_us);
    atomic_init(&rig->ahead_us, RIG_UTC_US);
    for (uint64_t i = 0; i < EDGE_LOOP_COUNT; i++)
        rig->steps[i].state = options.seed + 1000 * (i + 1);
    rig->turns.state = options.seed + 5000;
    rig->owning.state = options.seed + 6000;
    rig->publishing.state = options.seed + 7000;
    rig->changes.state = options.seed + 7000;
    feed_world_open(&rig->feeds, options.seed, options.rasters);
    fleet_open(&rig->fleet, options.seed, options.period_us);
    rig_open_node(rig);
    return rig;
}

// Lets it run to the end of its time. What came of it is merged.
static inline struct tape rig_run(struct rig *rig)
{
    if (rig->options.threads) {
        pthread_t ingest, serve;
        assert_int_equal(pthread_create(&ingest, NULL, rig_ingest_thread, rig), 0);
        assert_int_equal(pthread_create(&serve, NULL, rig_serve_thread, rig), 0);
        assert_int_equal(pthread_join(serve, NULL), 0);
        assert_int_equal(pthread_join(ingest, NULL), 0);
    } else {
        rig->feeds.meeting.self = rig->fleet.meeting.self = rig;
        rig->feeds.meeting.overtake = rig_overtake_ingest;
        rig->fleet.meeting.overtake = rig_overtake_serve;
        while (rig_goes_on(rig))
            for (uint64_t left = one_in(&rig->turns, 30) ? 40 : 1 + below(&rig->turns, 6),
                          loop = below(&rig->turns, 2);
                 left > 0; left--)
                (loop == EDGE_LOOP_INGEST ? rig_ingest : rig_serve)(rig);
        rig->nested = true;
        edge_serve_down(rig->node.serve, rig->fleet.now);
    }
    rig_disk(rig, false);
    edge_ingest_finish(rig->node.ingest, rig_now(rig, EDGE_LOOP_INGEST));
    for (int i = 0; i < EDGE_LOOP_COUNT; i++)
        if (rig->sides[i].why != NULL)
            (void)snprintf(rig->early, sizeof rig->early, "%s", rig->sides[i].why);
    return tape_merge(rig->sides);
}

static inline struct tape_result rig_replay(const struct rig *rig, const struct tape *tape)
{
    return tape_replay(&rig->config, rig->begin, rig->began, tape);
}

// Why the recording ended before the node; NULL: it did not. A disk that fails elsewhere than
// in a commit ends it.
static inline const char *rig_ended_early(const struct rig *rig)
{
    return rig->early[0] != '\0' ? rig->early : NULL;
}

// Stops the node; what was recorded can still be replayed.
static inline void rig_stop(struct rig *rig)
{
    edge_node_close(&rig->node);
    edge_inputs_close(rig->node.ingest_inputs);
    edge_inputs_close(rig->node.serve_inputs);
    feed_world_close(&rig->feeds);
}

static inline void rig_close(struct rig *rig)
{
    tape_drop_store(rig->config.store_path);
    tape_drop_store(rig->begin);
    assert_int_equal(rmdir(rig->folder), 0);
    for (size_t i = 0; i < RIG_RELOADS_MAX; i++)
        drf_config_close(&rig->reloads[i]);
    drf_config_close(&rig->config);
    free(rig);
}

#endif
