// SPDX-License-Identifier: Apache-2.0
// Several nodes on one region, as one of them sees it: what edge/serve/owners.h and
// edge/serve/unanswered.h promise.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

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

static enum drf_status lease_send(void *scene, const struct edge_outgoing *message)
{
    if (self->backed_up && strstr(message->topic, "/state") != NULL)
        return DRF_ERR_FULL;
    return self->lapsed && message->owner_part != 0 ? DRF_ERR_STALE
                                                    : scene_send(scene, message);
}

static void tell(struct many *many)
{
    edge_ownership_write(&many->ownership, &many->table);
    scene_step(many->scene);
}

// Owner of all: epochs from EPOCH on.
static void own_all(struct many *many, uint64_t epoch)
{
    for (unsigned part = 0; part < EDGE_OWNER_PARTS; part++)
        many->table.epochs[part] = epoch;
    many->table.held = UINT32_MAX;
    many->table.member = 1;
    tell(many);
}

static void opened(struct many *many)
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

static void closed(struct many *many) { scene_close(many->scene); }

static void report(struct many *many, const char *id)
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
static void hear(struct many *many, const char *node, uint64_t boot_id, uint64_t epoch,
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

static void beat(struct many *many, const char *node, uint64_t boot_id)
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
static void echo(struct many *many)
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

static void profile(struct many *many, const char *id, bool streams, const char *correlation)
{
    char text[40];
    (void)snprintf(text, sizeof text, "%s", correlation);
    Drf__V1__Profile m = DRF__V1__PROFILE__INIT;
    SCENE_SET(&m, streams, streams);
    m.correlation = text;
    scene_pack(many->scene, id, "profile", &m.base);
    scene_step(many->scene);
}

static Drf__V1__Context *last_context(const struct many *many, const char *id)
{
    const struct scene_message *message = scene_last(many->scene, id, "context");
    assert_non_null(message);
    Drf__V1__Context *context = drf__v1__context__unpack(NULL, message->size, message->bytes);
    assert_non_null(context);
    return context;
}

static void assert_context(const struct many *many, const char *id, uint32_t authority,
                           uint64_t epoch)
{
    Drf__V1__Context *context = last_context(many, id);
    assert_int_equal(context->authority, authority);
    assert_int_equal(context->has_owner_epoch, epoch != 0);
    if (epoch != 0)
        assert_true(context->owner_epoch == epoch);
    drf__v1__context__free_unpacked(context, NULL);
}

static void drone__of_another_nodes__gets_nothing(void **state)
{
    (void)state;
    struct many many;
    opened(&many);
    hear(&many, "n2", 7, EPOCH, 4);
    beat(&many, "n2", 7);
    for (int i = 0; i < 20; i++)
        report(&many, "d-1");
    assert_int_equal(scene_count(many.scene, "d-1", "context"), 0);
    assert_int_equal(scene_count(many.scene, "d-1", "reply"), 0);
    assert_int_equal(scene_count(many.scene, "d-1", "advisory"), 0);
    closed(&many);
}

static void drone__that_asks_for_all_streams__gets_secondary_ones_once_a_second(void **state)
{
    (void)state;
    struct many many;
    opened(&many);
    hear(&many, "n2", 7, EPOCH, 4);
    profile(&many, "d-1", true, "");
    many.seen_boot = 7;            // it follows the other
    for (int i = 0; i < 50; i++) { // ten seconds
        beat(&many, "n2", 7);
        report(&many, "d-1");
    }
    assert_context(&many, "d-1", 1, 0);
    // At full rate until two seconds are unseen, then one a second.
    assert_in_range(scene_count(many.scene, "d-1", "context"), 8, 22);
    closed(&many);
}

static void drone__that_acknowledges_this_node__is_served_in_full(void **state)
{
    (void)state;
    struct many many;
    opened(&many);
    many.table.member = 0; // Kafka is away
    tell(&many);
    many.seen_boot = SCENE_BOOT_ID;
    hear(&many, "n2", 7, EPOCH, 4);
    beat(&many, "n2", 7);
    report(&many, "d-1");
    scene_clear(many.scene);
    for (int i = 0; i < 5; i++)
        report(&many, "d-1");
    assert_in_range(scene_count(many.scene, "d-1", "context"), 4, 6);
    assert_context(&many, "d-1", 1, 0);
    closed(&many);
}

static void owner__whose_state_was_sent__is_primary_with_its_epoch(void **state)
{
    (void)state;
    struct many many;
    opened(&many);
    own_all(&many, EPOCH);
    report(&many, "d-1");
    assert_context(&many, "d-1", 2, EPOCH);
    closed(&many);
}

static void owner__that_could_not_send_its_state__is_not_primary(void **state)
{
    (void)state;
    struct many many;
    opened(&many);
    many.backed_up = true;
    own_all(&many, EPOCH);
    many.seen_boot = SCENE_BOOT_ID;
    report(&many, "d-1");
    assert_context(&many, "d-1", 1, 0);
    many.backed_up = false;
    report(&many, "d-1");
    assert_context(&many, "d-1", 2, EPOCH);
    closed(&many);
}

// A state that tells a newer epoch ends it, whatever the table says.
static void owner__that_hears_of_a_newer_one__is_primary_no_more(void **state)
{
    (void)state;
    struct many many;
    opened(&many);
    own_all(&many, EPOCH);
    many.seen_boot = SCENE_BOOT_ID;
    report(&many, "d-1");
    hear(&many, "n2", 7, EPOCH + 1, 4);
    report(&many, "d-1");
    assert_context(&many, "d-1", 1, 0);
    closed(&many);
}

static void lease__found_run_out_by_the_link__sends_the_context_as_secondary(void **state)
{
    (void)state;
    struct many many;
    opened(&many);
    own_all(&many, EPOCH);
    echo(&many);
    report(&many, "d-1");
    many.lapsed = true;
    report(&many, "d-1");
    assert_context(&many, "d-1", 1, 0);
    many.lapsed = false; // it was renewed meanwhile
    report(&many, "d-1");
    report(&many, "d-1");
    assert_context(&many, "d-1", 2, EPOCH);
    closed(&many);
}

// Kafka is away: the last owner goes on as SECONDARY, at the rate asked for.
static void lease__that_ends__leaves_the_last_owner_serving(void **state)
{
    (void)state;
    struct many many;
    opened(&many);
    own_all(&many, EPOCH);
    echo(&many);
    report(&many, "d-1");
    many.table.held = many.table.member = 0;
    tell(&many);
    report(&many, "d-1");
    assert_context(&many, "d-1", 1, 0);
    profile(&many, "d-1", false, "p-1");
    assert_int_equal(scene_count(many.scene, "d-1", "reply"), 0); // not before a second
    scene_run(many.scene, SCENE_SECOND * 5 / 2);
    assert_int_equal(scene_count(many.scene, "d-1", "reply"), 1);
    // Another has followed: it answers.
    hear(&many, "n2", 7, EPOCH + 5, 4);
    beat(&many, "n2", 7);
    profile(&many, "d-1", true, "p-2");
    scene_run(many.scene, SCENE_SECOND * 5 / 2);
    assert_int_equal(scene_count(many.scene, "d-1", "reply"), 1);
    closed(&many);
}

// The reply of n2 to a profile, as everybody's messages come.
static void hear_reply(struct many *many, const char *id, const char *correlation)
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

// An owner whose link was cut gets the last profile alone, which the broker kept for it.
static void reply__to_the_later_profile__ends_the_earlier_one_too(void **state)
{
    (void)state;
    struct many many;
    opened(&many);
    hear(&many, "n2", 7, EPOCH, 4);
    profile(&many, "d-1", false, "first");
    profile(&many, "d-1", false, "second");
    hear_reply(&many, "d-1", "third"); // to none of these
    hear_reply(&many, "d-1", "second");
    own_all(&many, EPOCH + 9);
    echo(&many);
    scene_run(many.scene, 2 * SCENE_SECOND);
    assert_int_equal(scene_count(many.scene, "d-1", "reply"), 0);
    closed(&many);
}

static void profile__whose_owner_died__is_answered_once_by_its_follower(void **state)
{
    (void)state;
    struct many many;
    opened(&many);
    hear(&many, "n2", 7, EPOCH, 4);
    beat(&many, "n2", 7);
    profile(&many, "d-1", false, "answered");
    profile(&many, "d-2", false, "left");
    hear_reply(&many, "d-1", "answered");
    own_all(&many, EPOCH + 9);
    assert_int_equal(scene_count(many.scene, "d-1", "reply"), 0);
    assert_int_equal(scene_count(many.scene, "d-2", "reply"), 0); // until the echo is heard
    echo(&many);
    scene_step(many.scene);
    assert_int_equal(scene_count(many.scene, "d-1", "reply"), 0);
    assert_int_equal(scene_count(many.scene, "d-2", "reply"), 1);
    const struct scene_message *sent = scene_last(many.scene, "d-2", "reply");
    Drf__V1__Reply *told = drf__v1__reply__unpack(NULL, sent->size, sent->bytes);
    assert_string_equal(told->correlation, "left");
    drf__v1__reply__free_unpacked(told, NULL);
    scene_run(many.scene, 5 * SCENE_SECOND);
    assert_int_equal(scene_count(many.scene, "d-2", "reply"), 1);
    closed(&many);
}

// What the broker keeps was answered when it came; at a start no heartbeat was heard yet.
static void profile__that_the_broker_kept__is_the_living_owners(void **state)
{
    (void)state;
    struct many many;
    opened(&many);
    hear(&many, "n2", 7, EPOCH, 4);
    Drf__V1__Profile m = DRF__V1__PROFILE__INIT;
    scene_pack(many.scene, "d-1", "profile", &m.base)->in.retained = true;
    scene_step(many.scene);
    hear(&many, "n2", 7, EPOCH, 1); // from now on it is down
    scene_pack(many.scene, "d-2", "profile", &m.base)->in.retained = true;
    scene_step(many.scene);
    own_all(&many, EPOCH + 1);
    echo(&many);
    scene_step(many.scene);
    assert_int_equal(scene_count(many.scene, "d-1", "reply"), 0);
    assert_int_equal(scene_count(many.scene, "d-2", "reply"), 1);
    closed(&many);
}

static void reply__that_the_lease_kept_back__goes_when_nobody_follows(void **state)
{
    (void)state;
    struct many many;
    opened(&many);
    many.scene->config.owners.session_us = 3 * SCENE_SECOND;
    own_all(&many, EPOCH);
    echo(&many);
    many.lapsed = true;
    profile(&many, "d-1", false, "p");
    assert_int_equal(scene_count(many.scene, "d-1", "reply"), 0);
    many.table.held = 0;
    tell(&many);
    scene_run(many.scene, SCENE_SECOND * 5 / 2); // a follower could not be heard yet
    assert_int_equal(scene_count(many.scene, "d-1", "reply"), 0);
    scene_run(many.scene, 2 * SCENE_SECOND);
    assert_int_equal(scene_count(many.scene, "d-1", "reply"), 1);
    closed(&many);
}

static void boot_id__of_a_new_owner__is_above_all_that_were_heard(void **state)
{
    (void)state;
    struct many many;
    opened(&many);
    hear(&many, "n2", SCENE_BOOT_ID + 40, EPOCH, 4);
    hear(&many, "n2", SCENE_BOOT_ID + 40, 0, 1); // its will
    own_all(&many, EPOCH + 1);
    report(&many, "d-1");
    Drf__V1__Context *context = last_context(&many, "d-1");
    const uint64_t raised = context->boot_id;
    assert_true(raised > SCENE_BOOT_ID + 40);
    drf__v1__context__free_unpacked(context, NULL);
    // The next run begins above it.
    bool stored = false;
    struct edge_back_value value;
    while (edge_backqueue_front(many.scene->backqueue, &value)) {
        uint64_t boot_id = 0;
        if (strcmp(value.name, "boot_id") == 0) {
            memcpy(&boot_id, value.bytes, sizeof boot_id);
            stored = boot_id == raised;
        }
        edge_backqueue_pop(many.scene->backqueue);
    }
    assert_true(stored);
    closed(&many);
}

// Two nodes with one boot id would be one stream to a drone.
static void boot_id__that_another_node_has_too__is_raised_by_the_greater_name(void **state)
{
    (void)state;
    struct many many;
    opened(&many);
    own_all(&many, EPOCH);
    report(&many, "d-1");
    hear(&many, "n2", SCENE_BOOT_ID, 0, 4); // n2 will
    report(&many, "d-1");
    Drf__V1__Context *context = last_context(&many, "d-1");
    assert_true(context->boot_id == SCENE_BOOT_ID);
    drf__v1__context__free_unpacked(context, NULL);
    beat(&many, "n0", SCENE_BOOT_ID);
    scene_clear(many.scene);
    report(&many, "d-1");
    context = last_context(&many, "d-1");
    assert_true(context->boot_id > SCENE_BOOT_ID);
    drf__v1__context__free_unpacked(context, NULL);
    closed(&many);
}

// A plan that waited may not come after one that was answered meanwhile.
static void profile__that_waited__does_not_hold_after_a_newer_one(void **state)
{
    (void)state;
    struct many many;
    opened(&many);
    hear(&many, "n2", 7, EPOCH, 4);
    beat(&many, "n2", 7);
    profile(&many, "d-1", false, "old");
    own_all(&many, EPOCH + 1);
    for (size_t i = many.scene->sent_count; i > 0; i--) // the echo and a newer one in one step
        if (strstr(many.scene->sent[i - 1].topic, "/nodes/n1/state") != NULL) {
            (void)scene_bytes(many.scene, many.scene->sent[i - 1].topic,
                              many.scene->sent[i - 1].bytes, many.scene->sent[i - 1].size);
            break;
        }
    profile(&many, "d-1", false, "new");
    scene_step(many.scene);
    assert_int_equal(scene_count(many.scene, "d-1", "reply"), 2);
    const struct scene_message *sent = scene_last(many.scene, "d-1", "reply");
    Drf__V1__Reply *told = drf__v1__reply__unpack(NULL, sent->size, sent->bytes);
    assert_string_equal(told->correlation, "new");
    drf__v1__reply__free_unpacked(told, NULL);
    struct edge_back_value value; // and so it is stored
    char last[16] = "";
    while (edge_backqueue_front(many.scene->backqueue, &value)) {
        if (strcmp(value.name, "profile/d-1") == 0) {
            Drf__V1__Profile *kept = drf__v1__profile__unpack(NULL, value.size, value.bytes);
            (void)snprintf(last, sizeof last, "%s", kept->correlation);
            drf__v1__profile__free_unpacked(kept, NULL);
        }
        edge_backqueue_pop(many.scene->backqueue);
    }
    assert_string_equal(last, "new");
    closed(&many);
}

// Names come and go: what those who are gone have owned stays known, and a new one is heard.
static void node__beyond_the_places_there_are__takes_that_of_a_silent_one(void **state)
{
    (void)state;
    struct many many;
    opened(&many);
    own_all(&many, EPOCH);
    many.seen_boot = SCENE_BOOT_ID;
    for (unsigned i = 0; i < EDGE_OWNER_NODES_MAX; i++) {
        char name[8];
        (void)snprintf(name, sizeof name, "p%u", i);
        hear(&many, name, 7, i == 0 ? EPOCH - 1 : 0, 1); // down
    }
    report(&many, "d-1");
    assert_context(&many, "d-1", 2, EPOCH);
    hear(&many, "q", 7, EPOCH + 1, 4);
    report(&many, "d-1");
    assert_context(&many, "d-1", 1, 0);
    closed(&many);
}

// Kafka is away, and the last owner comes back without its store: who owned before it serves.
static void orphan__of_an_owner_without_memory__is_served_by_the_one_before(void **state)
{
    (void)state;
    struct many many;
    opened(&many);
    own_all(&many, EPOCH);
    many.table.held = many.table.member = 0;
    hear(&many, "n0", 7, EPOCH + 1, 4);
    hear(&many, "n0", 7, 0, 1); // its will
    hear(&many, "n0", 9, 0, 4); // a new life, which knows of nothing
    beat(&many, "n0", 9);
    tell(&many);
    report(&many, "d-1");
    assert_context(&many, "d-1", 1, 0);
    closed(&many);
}

static void epoch__of_a_former_life_or_beyond_reason__is_heard_or_not(void **state)
{
    (void)state;
    struct many many;
    opened(&many);
    own_all(&many, EPOCH);
    many.seen_boot = SCENE_BOOT_ID;
    hear(&many, "n2", 9, UINT64_MAX, 4);
    report(&many, "d-1");
    assert_context(&many, "d-1", 2, EPOCH);
    assert_true(edge_ownership_heard(&many.ownership) <= EPOCH);
    hear(&many, "n2", 8, EPOCH + 1, 4); // its clock was set back
    report(&many, "d-1");
    assert_context(&many, "d-1", 1, 0);
    closed(&many);
}

// A new connection: the state goes before anything that an owner says.
static void connection__that_is_new__begins_with_the_state(void **state)
{
    (void)state;
    struct many many;
    opened(&many);
    own_all(&many, EPOCH);
    report(&many, "d-1");
    scene_clear(many.scene);
    many.scene->session++;
    report(&many, "d-1");
    assert_non_null(strstr(many.scene->sent[0].topic, "/nodes/n1/state"));
    // And again when nobody may have heard it.
    scene_clear(many.scene);
    scene_run(many.scene, 11 * SCENE_SECOND);
    size_t states = 0;
    for (size_t i = 0; i < many.scene->sent_count; i++)
        states += strstr(many.scene->sent[i].topic, "/nodes/n1/state") != NULL;
    assert_int_equal(states, 1);
    closed(&many);
}

static void request__to_another_owner__is_not_answered(void **state)
{
    (void)state;
    struct many many;
    opened(&many);
    hear(&many, "n2", 7, EPOCH, 4);
    Drf__V1__Request request = DRF__V1__REQUEST__INIT;
    SCENE_SET(&request, snapshot, 1);
    for (int i = 0; i < 2; i++) {
        scene_pack(many.scene, "d-1", "request", &request.base);
        (void)scene_bytes(many.scene, "drf-test/v1/query/q-1", "", 0);
        scene_step(many.scene);
        size_t replies = 0;
        for (size_t k = 0; k < many.scene->sent_count; k++)
            replies += strstr(many.scene->sent[k].topic, "/reply") != NULL;
        assert_int_equal(replies, i == 0 ? 0 : 2);
        own_all(&many, EPOCH + 1);
        echo(&many);
    }
    closed(&many);
}

// The lease is looked at for what everybody gets, too: a node that wakes may not undo it.
static void alerts__without_a_lease__are_not_told_as_the_owners(void **state)
{
    (void)state;
    struct many many;
    opened(&many);
    static struct fusion_zone_bucket none;
    own_all(&many, EPOCH);
    echo(&many);
    many.lapsed = true;
    scene_root(many.scene, NULL, 0);
    many.scene->roots[(many.scene->epoch - 1) % 64].alerts_all = &none;
    scene_step(many.scene);
    for (size_t i = 0; i < many.scene->sent_count; i++)
        assert_null(strstr(many.scene->sent[i].topic, "/alerts"));
    closed(&many);
}

// Nobody was ever owner and Kafka is away: one of those who live stands in.
static void orphan__is_served_by_the_smallest_id_alone(void **state)
{
    (void)state;
    struct many many;
    opened(&many);
    many.table.member = 0;
    tell(&many);
    beat(&many, "n0", 7);
    report(&many, "d-1");
    assert_int_equal(scene_count(many.scene, "d-1", "context"), 0);
    scene_pass(many.scene, 4 * SCENE_SECOND); // n0 is heard no more
    beat(&many, "n2", 8);
    report(&many, "d-1");
    assert_context(&many, "d-1", 1, 0);
    closed(&many);
}

// The alerts of the region are one node's to say: the owner of the first part.
static void alerts__are_told_by_one_node(void **state)
{
    (void)state;
    struct many many;
    opened(&many);
    static struct fusion_zone_bucket none;
    hear(&many, "n2", 7, EPOCH, 4);
    scene_root(many.scene, NULL, 0);
    many.scene->roots[(many.scene->epoch - 1) % 64].alerts_all = &none;
    scene_run(many.scene, 6 * SCENE_SECOND);
    for (size_t i = 0; i < many.scene->sent_count; i++)
        assert_null(strstr(many.scene->sent[i].topic, "/alerts"));
    own_all(&many, EPOCH + 1);
    echo(&many);
    scene_run(many.scene, 6 * SCENE_SECOND);
    size_t told = 0;
    for (size_t i = 0; i < many.scene->sent_count; i++)
        told += strstr(many.scene->sent[i].topic, "/alerts") != NULL;
    assert_int_equal(told, 1);
    closed(&many);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(drone__of_another_nodes__gets_nothing),
        cmocka_unit_test(drone__that_asks_for_all_streams__gets_secondary_ones_once_a_second),
        cmocka_unit_test(drone__that_acknowledges_this_node__is_served_in_full),
        cmocka_unit_test(owner__whose_state_was_sent__is_primary_with_its_epoch),
        cmocka_unit_test(owner__that_could_not_send_its_state__is_not_primary),
        cmocka_unit_test(owner__that_hears_of_a_newer_one__is_primary_no_more),
        cmocka_unit_test(lease__found_run_out_by_the_link__sends_the_context_as_secondary),
        cmocka_unit_test(lease__that_ends__leaves_the_last_owner_serving),
        cmocka_unit_test(profile__whose_owner_died__is_answered_once_by_its_follower),
        cmocka_unit_test(reply__to_the_later_profile__ends_the_earlier_one_too),
        cmocka_unit_test(profile__that_the_broker_kept__is_the_living_owners),
        cmocka_unit_test(reply__that_the_lease_kept_back__goes_when_nobody_follows),
        cmocka_unit_test(boot_id__of_a_new_owner__is_above_all_that_were_heard),
        cmocka_unit_test(boot_id__that_another_node_has_too__is_raised_by_the_greater_name),
        cmocka_unit_test(profile__that_waited__does_not_hold_after_a_newer_one),
        cmocka_unit_test(node__beyond_the_places_there_are__takes_that_of_a_silent_one),
        cmocka_unit_test(orphan__of_an_owner_without_memory__is_served_by_the_one_before),
        cmocka_unit_test(epoch__of_a_former_life_or_beyond_reason__is_heard_or_not),
        cmocka_unit_test(connection__that_is_new__begins_with_the_state),
        cmocka_unit_test(request__to_another_owner__is_not_answered),
        cmocka_unit_test(alerts__without_a_lease__are_not_told_as_the_owners),
        cmocka_unit_test(orphan__is_served_by_the_smallest_id_alone),
        cmocka_unit_test(alerts__are_told_by_one_node),
    };
    return cmocka_run_group_tests_name("edge/owners", tests, NULL, NULL);
}
