// tests/support/serve_scene.h - a serve step with everything around it made by hand: a link
// that remembers, a root without data, simulated clocks. SPDX-License-Identifier: Apache-2.0
//
// What is sent is read back with the generated code, not with the node's codec.
#ifndef TESTS_SERVE_SCENE_H
#define TESTS_SERVE_SCENE_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drf/v1/context.pb-c.h"
#include "drf/v1/node.pb-c.h"
#include "drf/v1/plan.pb-c.h"
#include "drf/v1/profile.pb-c.h"
#include "drf/v1/reply.pb-c.h"
#include "drf/v1/telemetry.pb-c.h"
#include "edge/config/config.h"
#include "edge/handoff/backqueue.h"
#include "edge/handoff/mailbox.h"
#include "edge/host/health.h"
#include "edge/host/metrics.h"
#include "edge/serve/serve.h"
#include "fusion/root/root.h"

enum { SCENE_MS = 1000, SCENE_SECOND = 1000000, SCENE_SENT_MAX = 4096, SCENE_IN_MAX = 4096 };

#define SCENE_UTC_US INT64_C(1790000000000000) // of mono 0
#define SCENE_BOOT_ID UINT64_C(1790000000000)

struct scene_message {
    char topic[192];
    uint8_t *bytes;
    size_t size;
    struct edge_outgoing out; // pointers in it are not valid
    struct edge_incoming in;
    char response_topic[192];
};

struct scene {
    struct drf_config config;
    struct edge_mailbox mailbox;
    struct edge_backqueue *backqueue;
    struct edge_metrics *metrics;
    struct edge_health health;
    struct edge_serve *serve;
    struct fusion_root roots[64];
    struct fusion_weather weather;
    const struct fusion_tile *tiles[64 * 64];
    const struct fusion_bucket *buckets[64 * 64];
    uint64_t epoch;
    struct edge_now now;

    struct scene_message in[SCENE_IN_MAX], sent[SCENE_SENT_MAX];
    size_t in_count, in_taken, sent_count;
    bool down;   // nobody is connected
    bool behind; // more waits in the socket
    size_t room; // sends before the link is backed up
    uint32_t session;
    int64_t next_mono_us; // what the last step returned
};

static inline enum drf_status scene_send(void *self, const struct edge_outgoing *message)
{
    struct scene *scene = self;
    if (scene->down)
        return DRF_ERR_AGAIN;
    if (scene->room == 0)
        return DRF_ERR_FULL;
    scene->room--;
    if (scene->sent_count == SCENE_SENT_MAX)
        abort();
    struct scene_message *copy = &scene->sent[scene->sent_count++];
    (void)snprintf(copy->topic, sizeof copy->topic, "%s", message->topic);
    copy->bytes = malloc(message->size + 1);
    if (copy->bytes == NULL)
        abort();
    memcpy(copy->bytes, message->payload, message->size);
    copy->size = message->size;
    copy->out = *message;
    return DRF_OK;
}

static inline bool scene_receive(void *self, struct edge_incoming *out)
{
    struct scene *scene = self;
    if (scene->in_taken == scene->in_count)
        return false;
    const struct scene_message *next = &scene->in[scene->in_taken++];
    *out = next->in;
    out->topic = next->topic;
    out->payload = next->bytes;
    out->size = next->size;
    out->response_topic = next->response_topic;
    return true;
}

static inline uint32_t scene_session(void *self) { return ((struct scene *)self)->session; }
static inline bool scene_connected(void *self) { return !((struct scene *)self)->down; }
static inline bool scene_behind(void *self) { return ((struct scene *)self)->behind; }

// A root like the last, with these areas changed; NULL: none.
static inline void scene_root(struct scene *scene, const struct fusion_change *changes,
                              size_t count)
{
    struct fusion_root *root = &scene->roots[scene->epoch % 64];
    *root = (struct fusion_root){
        .epoch = ++scene->epoch,
        .keep = drf_config_keep(&scene->config),
        .tiles = {.first = {.col = 2270, .row = 1040, .level = 12}, .columns = 64, .rows = 64},
        .buckets = {.first = {.col = 1100, .row = 500, .level = FUSION_BUCKET_LEVEL},
                    .columns = 64,
                    .rows = 64},
        .ground = scene->tiles,
        .surface = scene->tiles,
        .features = scene->buckets,
        .weather = &scene->weather,
        .change_count = count,
    };
    for (int i = 0; i < FUSION_LAYER_COUNT; i++)
        root->layer_state[i] = FUSION_REASON_NONE;
    if (count > 0)
        memcpy(root->changes, changes, count * sizeof *changes);
    edge_mailbox_put(&scene->mailbox, root);
}

static inline struct edge_link scene_link(struct scene *scene)
{
    return (struct edge_link){.self = scene,
                              .send = scene_send,
                              .receive = scene_receive,
                              .session = scene_session,
                              .connected = scene_connected,
                              .behind = scene_behind};
}

// Opened over a region around 43.65 N 79.38 W, 1 km margin, mode SIM; a first root is there.
static inline struct scene *scene_open(uint32_t drones_max)
{
    struct scene *scene = calloc(1, sizeof *scene);
    if (scene == NULL)
        abort();
    struct drf_config *config = &scene->config;
    (void)snprintf(config->region_id, sizeof config->region_id, "sim-toronto");
    (void)snprintf(config->node_id, sizeof config->node_id, "n1");
    config->margin_m = 1000;
    config->mode = config->output_mode = DRF_MODE_SIM;
    config->profile = fusion_limits_default();
    config->limits = (struct drf_limits){
        .drones_max = drones_max,
        .look_ahead_max_m = 5000,
        .telemetry_age_max_us = 2 * SCENE_SECOND,
        .telemetry_ahead_max_us = SCENE_SECOND / 2,
        .telemetry_rate_max_hz = 50,
        .context_rate_max_hz = 10,
        .context_rate_default_hz = 5,
        .drone_forget_us = INT64_C(120) * SCENE_SECOND,
        .stale_after_us = 3 * SCENE_SECOND,
        .lost_link_after_us = 3 * SCENE_SECOND,
        .lost_link_keep_us = 60 * SCENE_SECOND,
        .obstacle_radius_m = 2000,
        .unseen_max_us = 2 * SCENE_SECOND,
    };
    const struct geo_bounds bounds = {
        .west_deg = -79.6, .south_deg = 43.5, .east_deg = -79.2, .north_deg = 43.8};
    edge_mailbox_init(&scene->mailbox);
    edge_health_init(&scene->health);
    scene->now =
        (struct edge_now){.mono_us = SCENE_SECOND, .utc_us = SCENE_UTC_US + SCENE_SECOND};
    scene->room = SIZE_MAX;
    scene->session = 1;
    if (edge_region_from_bounds(bounds, &config->region) != DRF_OK
        || edge_backqueue_open(1 << 20, &scene->backqueue) != DRF_OK
        || edge_metrics_open(NULL, 0, &scene->metrics) != DRF_OK
        || edge_serve_open(config, SCENE_BOOT_ID, scene_link(scene), &scene->mailbox,
                           scene->backqueue, scene->metrics, &scene->health, &scene->serve)
               != DRF_OK)
        abort();
    scene_root(scene, NULL, 0);
    return scene;
}

// Forgets what was sent and what came in.
static inline void scene_clear(struct scene *scene)
{
    for (size_t i = 0; i < scene->sent_count; i++)
        free(scene->sent[i].bytes);
    for (size_t i = 0; i < scene->in_count; i++)
        free(scene->in[i].bytes);
    scene->sent_count = scene->in_count = scene->in_taken = 0;
}

static inline void scene_close(struct scene *scene)
{
    edge_serve_close(scene->serve);
    scene_clear(scene);
    edge_metrics_close(scene->metrics);
    edge_backqueue_close(scene->backqueue);
    edge_region_close(&scene->config.region);
    free(scene);
}

static inline void scene_step(struct scene *scene)
{
    scene->next_mono_us = edge_serve_step(scene->serve, scene->now);
}

static inline void scene_pass(struct scene *scene, int64_t by_us)
{
    scene->now.mono_us += by_us;
    scene->now.utc_us += by_us;
}

// Lets time pass, with a step whenever the last one asked for it.
static inline void scene_run(struct scene *scene, int64_t by_us)
{
    int64_t until = scene->now.mono_us + by_us;
    while (scene->next_mono_us <= until) {
        int64_t by = scene->next_mono_us - scene->now.mono_us;
        scene_pass(scene, by > 0 ? by : 1);
        scene_step(scene);
    }
    scene_pass(scene, until - scene->now.mono_us);
    scene_step(scene);
}

static inline struct scene_message *scene_bytes(struct scene *scene, const char *topic,
                                                const void *bytes, size_t size)
{
    if (scene->in_count == SCENE_IN_MAX)
        abort();
    struct scene_message *message = &scene->in[scene->in_count++];
    *message =
        (struct scene_message){.size = size, .in = {.arrival_mono_us = scene->now.mono_us}};
    (void)snprintf(message->topic, sizeof message->topic, "%s", topic);
    message->bytes = malloc(size + 1);
    if (message->bytes == NULL)
        abort();
    if (size > 0)
        memcpy(message->bytes, bytes, size);
    return message;
}

static inline struct scene_message *scene_pack(struct scene *scene, const char *id,
                                               const char *leaf,
                                               const ProtobufCMessage *message)
{
    uint8_t bytes[8192];
    if (protobuf_c_message_get_packed_size(message) > sizeof bytes)
        abort();
    size_t size = protobuf_c_message_pack(message, bytes);
    char topic[192];
    (void)snprintf(topic, sizeof topic, "drf-test/v1/drones/%s/%s", id, leaf);
    return scene_bytes(scene, topic, bytes, size);
}

#define SCENE_SET(message, field, to) ((message)->has_##field = 1, (message)->field = (to))

// A report as good drones send them, now, from a place in the region.
static inline Drf__V1__Telemetry scene_report(const struct scene *scene, uint32_t seq)
{
    Drf__V1__Telemetry report = DRF__V1__TELEMETRY__INIT;
    SCENE_SET(&report, seq, seq);
    SCENE_SET(&report, drone_boot_id, 77);
    SCENE_SET(&report, time_us, scene->now.utc_us);
    SCENE_SET(&report, time_source, 1);
    SCENE_SET(&report, lat_e7, 436500000);
    SCENE_SET(&report, lon_e7, -793800000);
    SCENE_SET(&report, alt_wgs84_m, 100.0F);
    SCENE_SET(&report, velocity_north_mps, 0.0F);
    SCENE_SET(&report, velocity_east_mps, 15.0F);
    return report;
}

static inline bool scene_is(const struct scene_message *message, const char *id,
                            const char *leaf)
{
    char topic[192];
    (void)snprintf(topic, sizeof topic, "drf-test/v1/drones/%s/%s/sim-toronto", id, leaf);
    return strcmp(message->topic, topic) == 0;
}

static inline size_t scene_count(const struct scene *scene, const char *id, const char *leaf)
{
    size_t count = 0;
    for (size_t i = 0; i < scene->sent_count; i++)
        count += scene_is(&scene->sent[i], id, leaf);
    return count;
}

// The last message of that kind; NULL: none.
static inline const struct scene_message *scene_last(const struct scene *scene, const char *id,
                                                     const char *leaf)
{
    for (size_t i = scene->sent_count; i > 0; i--)
        if (scene_is(&scene->sent[i - 1], id, leaf))
            return &scene->sent[i - 1];
    return NULL;
}

static inline uint64_t scene_metric(const struct scene *scene, enum edge_metric metric,
                                    size_t label)
{
    return (uint64_t)edge_metrics_value(scene->metrics, metric, label, 0);
}

#endif
