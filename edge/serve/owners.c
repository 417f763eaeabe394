// SPDX-License-Identifier: Apache-2.0
// Of each part of the drones: the own epoch (the table), the greatest epoch of the others
// (their states), the own epoch as the broker gave it back (the echo). All questions are
// comparisons of these three. When a part is new, the node's boot id is raised above all that
// are known, since a client that knows nothing of owners follows the greatest.
#include "edge/serve/owners.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "edge/serve/serve_parts.h"
#include "geo/hash.h"

#define ALIVE_US INT64_C(3000000)     // schemas/client.md rule 13
#define DEAD_US INT64_C(20000000)     // silent for so long; a broker sends its will about then
#define LAPSED_US INT64_C(200000)     // then the link is asked again
#define EPOCH_MAX (UINT64_C(1) << 53) // more is no time in milliseconds, and no offset
#define TELL_US INT64_C(10000000)     // the state again: whoever has missed it

bool edge_owners_many(const struct edge_serve *serve)
{
    return serve->ownership != NULL
           || (serve->config->owners.topic[0] != '\0' && edge_inputs_replays(serve->inputs));
}

static bool alive(const struct edge_serve *serve, const struct edge_owner_node *node)
{
    return !node->down && node->alive_mono_us != INT64_MIN
           && serve->now.mono_us - node->alive_mono_us <= ALIVE_US;
}

// Nobody stands in for a node that is only slow: two would answer.
static bool dead(const struct edge_serve *serve, const struct edge_owner_node *node)
{
    return node->down || node->alive_mono_us == INT64_MIN
           || serve->now.mono_us - node->alive_mono_us > DEAD_US;
}

// The greatest epoch of that part that is another's, and whose it is; NULL: of nobody who is
// held.
static uint64_t rival_of(const struct edge_serve *serve, unsigned part,
                         const struct edge_owner_node **whose)
{
    uint64_t epoch = serve->owners.gone[part];
    *whose = NULL;
    for (size_t i = 0; i < serve->owners.node_count; i++) {
        const struct edge_owner_node *node = &serve->owners.nodes[i];
        if (node->epochs[part] > epoch) {
            epoch = node->epochs[part];
            *whose = node;
        }
    }
    return epoch;
}

// No state tells of a later owner.
static bool newest(const struct edge_serve *serve, unsigned part)
{
    const struct edge_owner_node *rival;
    return serve->owners.table.epochs[part] > rival_of(serve, part, &rival);
}

static bool holds(const struct edge_serve *serve, unsigned part)
{
    const struct edge_owners_view *view = &serve->owners;
    return (view->table.held >> part & 1) != 0 && (view->lapsed >> part & 1) == 0;
}

static bool is_owner(const struct edge_serve *serve, unsigned part)
{
    return holds(serve, part) && serve->owners.told && newest(serve, part);
}

// It was the last owner, as all nodes have heard it.
static bool last(const struct edge_serve *serve, unsigned part)
{
    return newest(serve, part)
           && serve->owners.echoed[part] == serve->owners.table.epochs[part];
}

// Nobody can be asked who owns it, and nobody who lives was its last owner.
static bool orphan(const struct edge_serve *serve, unsigned part)
{
    const struct edge_owner_node *rival;
    (void)rival_of(serve, part, &rival);
    return serve->owners.table.member == 0 && !newest(serve, part)
           && (rival == NULL || dead(serve, rival));
}

// Of those who live, the one that owned it last, else that with the smallest id: for the others
// it is the living rival, or comes before them in the same order.
static bool stands_in(const struct edge_serve *serve, unsigned part)
{
    const uint64_t own = serve->owners.table.epochs[part];
    if (!orphan(serve, part))
        return false;
    for (size_t i = 0; i < serve->owners.node_count; i++) {
        const struct edge_owner_node *node = &serve->owners.nodes[i];
        bool before =
            node->epochs[part] > own
            || (node->epochs[part] == own && strcmp(node->id, serve->config->node_id) < 0);
        if (before && !dead(serve, node))
            return false;
    }
    return true;
}

bool edge_owners_is(const struct edge_serve *serve, const struct edge_drone *drone)
{
    return !edge_owners_many(serve) || is_owner(serve, edge_owner_part(drone->id));
}

uint64_t edge_owners_epoch(const struct edge_serve *serve, const struct edge_drone *drone)
{
    if (!edge_owners_many(serve))
        return 0;
    unsigned part = edge_owner_part(drone->id);
    return is_owner(serve, part) ? serve->owners.table.epochs[part] : 0;
}

bool edge_owners_serves_fully(const struct edge_serve *serve, const struct edge_drone *drone)
{
    if (!edge_owners_many(serve) || drone->stream.named)
        return true;
    unsigned part = edge_owner_part(drone->id);
    return is_owner(serve, part) || last(serve, part) || stands_in(serve, part);
}

bool edge_owners_serves(const struct edge_serve *serve, const struct edge_drone *drone)
{
    return drone->profile.preferences.streams || edge_owners_serves_fully(serve, drone);
}

static enum edge_owners_answer answers(const struct edge_serve *serve, unsigned part)
{
    if (last(serve, part))
        return holds(serve, part) ? EDGE_ANSWERS_NOW : EDGE_ANSWERS_LATER;
    return stands_in(serve, part) ? EDGE_ANSWERS_LATER : EDGE_ANSWERS_NO;
}

enum edge_owners_answer edge_owners_answers(const struct edge_serve *serve, const char *id)
{
    return edge_owners_many(serve) ? answers(serve, edge_owner_part(id)) : EDGE_ANSWERS_NOW;
}

bool edge_owners_unfollowed(const struct edge_serve *serve, const char *id)
{
    int64_t held_mono_us = serve->owners.held_mono_us[edge_owner_part(id)];
    return serve->now.mono_us - held_mono_us
           >= serve->config->owners.session_us + EDGE_UNANSWERED_WAIT_US;
}

bool edge_owners_elsewhere(const struct edge_serve *serve, const char *id)
{
    if (!edge_owners_many(serve))
        return false;
    unsigned part = edge_owner_part(id);
    const struct edge_owner_node *rival;
    (void)rival_of(serve, part, &rival);
    return !newest(serve, part) && rival != NULL && alive(serve, rival);
}

enum edge_owners_answer edge_owners_speaks(const struct edge_serve *serve)
{
    return edge_owners_many(serve) ? answers(serve, 0) : EDGE_ANSWERS_LATER;
}

void edge_owners_lapse(struct edge_serve *serve, unsigned part)
{
    serve->owners.lapsed |= UINT32_C(1) << part;
    serve->owners.lapsed_mono_us = serve->now.mono_us;
}

static uint64_t greatest_boot(const struct edge_serve *serve)
{
    uint64_t boot_id = 0;
    for (size_t i = 0; i < serve->owners.node_count; i++)
        if (serve->owners.nodes[i].boot_id > boot_id)
            boot_id = serve->owners.nodes[i].boot_id;
    return boot_id;
}

// All streams begin anew: what was acknowledged is of the former boot id. Two nodes that raise
// theirs at one time, after a third's end, get two.
static void raise_boot(struct edge_serve *serve, uint64_t above)
{
    enum { APART = 4096 };
    serve->boot_id = above + 1 + geo_hash_text(GEO_HASH_START, serve->config->node_id) % APART;
    serve->owners.told = serve->owners.kept = false;
    serve->node_status.state_due = true;
    for (uint32_t number = 0; number < edge_fleet_slots(serve->fleet); number++) {
        struct edge_drone *drone = edge_fleet_at(serve->fleet, number);
        if (!drone->slot.used)
            continue;
        drone->stream = edge_stream_after(drone->stream.sent_seq);
        edge_patch_begin_anew(drone);
    }
}

// Of parts that are new the drones are told everything at once.
static void take_over(struct edge_serve *serve, uint32_t parts)
{
    for (uint32_t number = 0; number < edge_fleet_slots(serve->fleet); number++) {
        struct edge_drone *drone = edge_fleet_at(serve->fleet, number);
        if (!drone->slot.used || (parts >> edge_owner_part(drone->id) & 1) == 0)
            continue;
        edge_stream_forgive(&drone->stream);
        edge_advisories_repeat(&drone->advisories);
        if (drone->slot.reporting && serve->root != NULL)
            edge_schedule_now(serve, drone);
    }
}

static void take_table(struct edge_serve *serve, const struct edge_owner_table *table)
{
    struct edge_owners_view *view = &serve->owners;
    uint32_t taken = 0;
    bool other = false; // epochs
    for (unsigned part = 0; part < EDGE_OWNER_PARTS; part++) {
        bool had = (view->table.held >> part & 1) != 0;
        bool same = view->table.epochs[part] == table->epochs[part];
        other = other || !same;
        if ((table->held >> part & 1) != 0 && (!had || !same))
            taken |= UINT32_C(1) << part;
    }
    bool anew = other && taken != 0 && serve->boot_id <= greatest_boot(serve);
    view->table = *table;
    view->lapsed = 0;
    if (other) {
        view->told = view->kept = false;
        serve->node_status.state_due = true;
    }
    if (anew)
        raise_boot(serve, greatest_boot(serve));
    if (taken != 0)
        take_over(serve, taken);
}

static void look(struct edge_serve *serve)
{
    struct edge_owner_table table;
    if (edge_inputs_replays(serve->inputs)) {
        const uint8_t *bytes;
        size_t size;
        while (edge_inputs_next(serve->inputs, EDGE_INPUT_OWNERS, &bytes, &size)) {
            if (size != sizeof table) {
                edge_inputs_differ(serve->inputs, "a table of owners that is damaged");
                return;
            }
            memcpy(&table, bytes, size);
            take_table(serve, &table);
        }
        return;
    }
    if (!edge_ownership_read(serve->ownership, &serve->owners.turn, &table))
        return;
    const struct edge_piece piece = {.bytes = &table, .size = sizeof table};
    edge_inputs_add(serve->inputs, EDGE_INPUT_OWNERS, &piece, 1);
    take_table(serve, &table);
}

void edge_owners_begin(struct edge_serve *serve)
{
    struct edge_owners_view *view = &serve->owners;
    if (!edge_owners_many(serve))
        return;
    look(serve);
    if (serve->now.mono_us - view->lapsed_mono_us >= LAPSED_US)
        view->lapsed = 0;
    for (unsigned part = 0; part < EDGE_OWNER_PARTS; part++)
        if (holds(serve, part) || view->held_mono_us[part] == 0)
            view->held_mono_us[part] = serve->now.mono_us;
    uint32_t session = edge_link_session(serve);
    if (session != view->session) {
        view->session = session;
        view->told = false;
    }
    if (!view->kept) // the next run's boot id is greater, too
        view->kept = edge_backqueue_push(serve->backqueue, EDGE_STORED_BOOT_ID, &serve->boot_id,
                                         sizeof serve->boot_id)
                         == DRF_OK
                     && edge_backqueue_push(serve->backqueue, EDGE_STORED_OWNER_EPOCHS,
                                            view->table.epochs, sizeof view->table.epochs)
                            == DRF_OK;
    if (!view->told || serve->now.mono_us - view->told_mono_us >= TELL_US)
        edge_node_status_tell(serve);
}

void edge_owners_told(struct edge_serve *serve)
{
    serve->owners.told = true;
    serve->owners.told_mono_us = serve->now.mono_us;
}

// What a node said of itself before, where it is not to be held, or says less now.
static void outlive(struct edge_owners_view *view, const struct edge_owner_node *node)
{
    for (unsigned part = 0; part < EDGE_OWNER_PARTS; part++)
        if (node->epochs[part] > view->gone[part])
            view->gone[part] = node->epochs[part];
}

// A place for one more: of a node that is heard no more, the longest silent.
static struct edge_owner_node *replace_one(struct edge_serve *serve)
{
    struct edge_owners_view *view = &serve->owners;
    struct edge_owner_node *oldest = NULL;
    for (size_t i = 0; i < view->node_count; i++)
        if (!alive(serve, &view->nodes[i])
            && (oldest == NULL || view->nodes[i].alive_mono_us < oldest->alive_mono_us))
            oldest = &view->nodes[i];
    if (oldest != NULL)
        outlive(view, oldest);
    return oldest;
}

static struct edge_owner_node *node_of(struct edge_serve *serve, const char *id)
{
    struct edge_owners_view *view = &serve->owners;
    for (size_t i = 0; i < view->node_count; i++)
        if (strcmp(view->nodes[i].id, id) == 0)
            return &view->nodes[i];
    struct edge_owner_node *node = view->node_count < EDGE_OWNER_NODES_MAX
                                       ? &view->nodes[view->node_count++]
                                       : replace_one(serve);
    if (node == NULL)
        return NULL;
    *node = (struct edge_owner_node){.alive_mono_us = INT64_MIN};
    (void)snprintf(node->id, sizeof node->id, "%s", id);
    return node;
}

// One boot id of two nodes would make one stream of theirs: the node with the greater name
// takes another.
static void tell_apart(struct edge_serve *serve, const struct edge_owner_node *node)
{
    if (node->boot_id == serve->boot_id && strcmp(node->id, serve->config->node_id) < 0)
        raise_boot(serve, greatest_boot(serve));
}

// Of a node that is not to be held, and of one that has lost its store, the epochs stay known.
static void hear_epochs(struct edge_serve *serve, struct edge_owner_node *node,
                        const uint64_t *epochs, bool former)
{
    const struct edge_owner_node said = {.epochs = {0}};
    struct edge_owner_node now = said;
    for (unsigned part = 0; part < EDGE_OWNER_PARTS; part++)
        now.epochs[part] = epochs[part] <= EPOCH_MAX ? epochs[part] : 0;
    if (node == NULL || former) {
        outlive(&serve->owners, &now);
        return;
    }
    for (unsigned part = 0; part < EDGE_OWNER_PARTS; part++)
        if (now.epochs[part] < node->epochs[part]) {
            outlive(&serve->owners, node);
            break;
        }
    memcpy(node->epochs, now.epochs, sizeof node->epochs);
}

void edge_owners_hear_state(struct edge_serve *serve, const char *id, uint64_t boot_id,
                            bool down, const uint64_t *epochs)
{
    if (!edge_owners_many(serve))
        return;
    struct edge_owners_view *view = &serve->owners;
    for (unsigned part = 0; epochs != NULL && part < EDGE_OWNER_PARTS; part++)
        if (serve->ownership != NULL && epochs[part] <= EPOCH_MAX)
            edge_ownership_hear(serve->ownership, epochs[part]);
    if (strcmp(id, serve->config->node_id) == 0) {
        if (boot_id == serve->boot_id && !down && epochs != NULL)
            memcpy(view->echoed, epochs, sizeof view->echoed);
        return;
    }
    struct edge_owner_node *node = node_of(serve, id);
    const bool former = node != NULL && boot_id < node->boot_id; // or of a clock set back
    if (epochs != NULL)
        hear_epochs(serve, node, epochs, former);
    if (node == NULL)
        return;
    if (down)
        node->down = true; // a will has the boot id that it began with
    if (former)
        return;
    node->boot_id = boot_id;
    node->down = down;
    if (!down) // kept by the broker, perhaps: its heartbeats will tell
        node->alive_mono_us = serve->now.mono_us;
    tell_apart(serve, node);
}

void edge_owners_hear_heartbeat(struct edge_serve *serve, const char *id, uint64_t boot_id)
{
    if (!edge_owners_many(serve))
        return;
    if (strcmp(id, serve->config->node_id) == 0) {
        if (serve->ownership != NULL)
            edge_ownership_echo(serve->ownership, serve->now.mono_us);
        return;
    }
    struct edge_owner_node *node = node_of(serve, id);
    if (node == NULL || boot_id < node->boot_id)
        return;
    node->boot_id = boot_id;
    node->down = false;
    node->alive_mono_us = serve->now.mono_us;
    tell_apart(serve, node);
}
