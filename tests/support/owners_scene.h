// tests/support/owners_scene.h - one of several nodes of a region, the others made by hand.
// SPDX-License-Identifier: Apache-2.0
//
// A serve step (serve_scene.h) with an ownership that the test writes, and a link that knows
// leases. Include after cmocka; opened() and closed() in each test.
#ifndef TESTS_OWNERS_SCENE_H
#define TESTS_OWNERS_SCENE_H

#include "drf/v1/advisory.pb-c.h"
#include "edge/handoff/ownership.h"
#include "edge/serve/owners.h"
#include "tests/support/serve_scene.h"

#define EPOCH UINT64_C(1790000001000)

struct many {
    struct scene *scene;
    struct edge_ownership ownership;
    struct edge_owner_table table;
    bool lapsed;    // the link refuses what only an owner may say
    bool backed_up; // it takes no more states
    uint32_t seq;
    uint64_t seen_boot; // that the reports name; 0: none
};

static struct many *self;

static inline enum drf_status lease_send(void *scene, const struct edge_outgoing *message)
{
    if (self->backed_up && strstr(message->topic, "/state") != NULL)
        return DRF_ERR_FULL;
    return self->lapsed && message->owner_part != 0 ? DRF_ERR_STALE
                                                    : scene_send(scene, message);
}

static inline void tell(struct many *many)
{
    edge_ownership_write(&many->ownership, &many->table);
    scene_step(many->scene);
}

// Owner of all: epochs from EPOCH on.
static inline void own_all(struct many *many, uint64_t epoch)
{
    for (unsigned part = 0; part < EDGE_OWNER_PARTS; part++)
        many->table.epochs[part] = epoch;
    many->table.held = UINT32_MAX;
    many->table.member = 1;
    tell(many);
}

static inline void opened(struct many *many)
{
    *many = (struct many){.scene = scene_open(20)};
    self = many;
    // Opened anew over a link that knows leases.
    struct scene *scene = many->scene;
    struct edge_link link = scene_link(scene);
    link.send = lease_send;
    edge_serve_close(scene->serve);
    assert_int_equal(edge_serve_open(&scene->config, SCENE_BOOT_ID, link, &scene->mailbox,
                                     scene->backqueue, scene->metrics, &scene->health,
                                     &scene->serve),
                     DRF_OK);
    edge_ownership_init(&many->ownership);
    edge_serve_use_ownership(scene->serve, &many->ownership);
    many->table.member = 1; // Kafka answers, and others own all
    tell(many);
}

static inline void closed(struct many *many) { scene_close(many->scene); }

static inline void report(struct many *many, const char *id)
{
    Drf__V1__Telemetry telemetry = scene_report(many->scene, ++many->seq);
    Drf__V1__Seen seen = DRF__V1__SEEN__INIT;
    if (many->seen_boot != 0) {
        SCENE_SET(&seen, boot_id, many->seen_boot);
        SCENE_SET(&seen, context_seq, 1);
        telemetry.seen = &seen;
    }
    scene_pack(many->scene, id, "telemetry", &telemetry.base);
    scene_step(many->scene);
    scene_pass(many->scene, SCENE_SECOND / 5);
}

// What another node, or this one as an echo, has told.
static inline void hear(struct many *many, const char *node, uint64_t boot_id, uint64_t epoch,
                        uint32_t condition)
{
    char topic[192], node_id[40], region[] = "sim-toronto";
    (void)snprintf(node_id, sizeof node_id, "%s", node);
    (void)snprintf(topic, sizeof topic, "drf-test/v1/regions/sim-toronto/nodes/%s/state", node);
    uint64_t epochs[EDGE_OWNER_PARTS];
    for (unsigned part = 0; part < EDGE_OWNER_PARTS; part++)
        epochs[part] = epoch;
    Drf__V1__NodeState m = DRF__V1__NODE_STATE__INIT;
    SCENE_SET(&m, boot_id, boot_id);
    SCENE_SET(&m, condition, condition);
    m.region_id = region;
    m.node_id = node_id;
    m.owner_epochs = epochs;
    m.n_owner_epochs = epoch != 0 ? EDGE_OWNER_PARTS : 0;
    uint8_t bytes[1024];
    (void)scene_bytes(many->scene, topic, bytes, drf__v1__node_state__pack(&m, bytes));
    scene_step(many->scene);
}

static inline void beat(struct many *many, const char *node, uint64_t boot_id)
{
    char topic[192];
    (void)snprintf(topic, sizeof topic, "drf-test/v1/regions/sim-toronto/nodes/%s/heartbeat",
                   node);
    Drf__V1__Heartbeat m = DRF__V1__HEARTBEAT__INIT;
    SCENE_SET(&m, boot_id, boot_id);
    SCENE_SET(&m, seq, 1);
    uint8_t bytes[64];
    (void)scene_bytes(many->scene, topic, bytes, drf__v1__heartbeat__pack(&m, bytes));
    scene_step(many->scene);
}

// The state that this node sent last, given back by the broker.
static inline void echo(struct many *many)
{
    struct scene *scene = many->scene;
    for (size_t i = scene->sent_count; i > 0; i--) {
        struct scene_message *sent = &scene->sent[i - 1];
        if (strcmp(sent->topic, "drf-test/v1/regions/sim-toronto/nodes/n1/state") != 0)
            continue;
        (void)scene_bytes(scene, sent->topic, sent->bytes, sent->size);
        scene_step(scene);
        return;
    }
    fail_msg("no state was sent");
}

static inline void profile(struct many *many, const char *id, bool streams,
                           const char *correlation)
{
    char text[40];
    (void)snprintf(text, sizeof text, "%s", correlation);
    Drf__V1__Profile m = DRF__V1__PROFILE__INIT;
    SCENE_SET(&m, streams, streams);
    m.correlation = text;
    scene_pack(many->scene, id, "profile", &m.base);
    scene_step(many->scene);
}

static inline Drf__V1__Context *last_context(const struct many *many, const char *id)
{
    const struct scene_message *message = scene_last(many->scene, id, "context");
    assert_non_null(message);
    Drf__V1__Context *context = drf__v1__context__unpack(NULL, message->size, message->bytes);
    assert_non_null(context);
    return context;
}

static inline void assert_context(const struct many *many, const char *id, uint32_t authority,
                                  uint64_t epoch)
{
    Drf__V1__Context *context = last_context(many, id);
    assert_int_equal(context->authority, authority);
    assert_int_equal(context->has_owner_epoch, epoch != 0);
    if (epoch != 0)
        assert_true(context->owner_epoch == epoch);
    drf__v1__context__free_unpacked(context, NULL);
}

// The reply of n2 to a profile, as everybody's messages come.
static inline void hear_reply(struct many *many, const char *id, const char *correlation)
{
    char node[] = "n2", region[] = "sim-toronto", text[40];
    (void)snprintf(text, sizeof text, "%s", correlation);
    Drf__V1__Reply reply = DRF__V1__REPLY__INIT;
    SCENE_SET(&reply, code, 1);
    SCENE_SET(&reply, answers, 2);
    reply.node_id = node;
    reply.region_id = region;
    reply.correlation = text;
    scene_pack(many->scene, id, "reply/sim-toronto", &reply.base);
    scene_step(many->scene);
}

#endif
