// SPDX-License-Identifier: Apache-2.0
// A list in the order of arrival. While a profile or a plan is taken, `in` points to it: a
// reply that may not go marks it as held, and it is put at the end of the list. One that is
// taken up again passes the same way, as if it had just come; so what holds at the end is the
// newest of each drone, and several of one drone are taken up together. What is over is swept
// out after each run, so that places do not move while the list is gone through.
#include "edge/serve/unanswered.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "edge/serve/serve_parts.h"

struct kept {
    enum edge_topic_kind kind;
    char id[EDGE_ID_SIZE];
    char correlation[EDGE_WIRE_NAME_SIZE];
    bool json, over; // over: not kept any more, until the next sweep
    int64_t since_mono_us;
    uint8_t *payload;
    size_t size, left_out;
};

// Oldest first; a newer one of the same drone and kind is behind.
struct edge_unanswered {
    size_t count, bytes, over, room;
    struct kept *items;
    // That is being taken, while one is.
    const struct edge_incoming *in;
    enum edge_topic_kind kind;
    const char *id;
    int64_t since_mono_us;
    bool again;                            // it waited: the reply goes
    bool held;                             // its reply did not go
    char correlation[EDGE_WIRE_NAME_SIZE]; // of that reply
};

enum drf_status edge_unanswered_open(uint32_t drones_max, struct edge_unanswered **out)
{
    struct edge_unanswered *unanswered = calloc(1, sizeof *unanswered);
    if (unanswered == NULL)
        return DRF_ERR_NOMEM;
    unanswered->room = 2 * (size_t)drones_max; // a profile and a plan of each
    unanswered->items = calloc(unanswered->room, sizeof *unanswered->items);
    if (unanswered->items == NULL) {
        free(unanswered);
        return DRF_ERR_NOMEM;
    }
    *out = unanswered;
    return DRF_OK;
}

static void take_out(struct edge_unanswered *all, size_t i)
{
    struct kept *item = &all->items[i];
    all->bytes -= item->size;
    free(item->payload);
    item->payload = NULL;
    item->over = true;
    all->over++;
}

// Those that are over go.
static void sweep(struct edge_unanswered *all)
{
    if (all->over == 0)
        return;
    size_t left = 0;
    for (size_t i = 0; i < all->count; i++)
        if (!all->items[i].over)
            all->items[left++] = all->items[i];
    all->count = left;
    all->over = 0;
}

void edge_unanswered_close(struct edge_unanswered *unanswered)
{
    if (unanswered == NULL)
        return;
    for (size_t i = 0; i < unanswered->count; i++)
        free(unanswered->items[i].payload);
    free(unanswered->items);
    free(unanswered);
}

static void give_up(struct edge_serve *serve, size_t i)
{
    take_out(serve->unanswered, i);
    edge_metrics_add(serve->metrics, EDGE_METRIC_UNANSWERED_DROPS, 0, 0, 1);
}

static void keep(struct edge_serve *serve)
{
    struct edge_unanswered *all = serve->unanswered;
    const struct edge_incoming *in = all->in;
    if (all->count == all->room)
        sweep(all);
    for (size_t i = 0; i < all->count
                       && (all->count - all->over == all->room
                           || all->bytes + in->size > EDGE_UNANSWERED_BYTES_MAX);
         i++)
        if (!all->items[i].over)
            give_up(serve, i);
    if (all->count == all->room)
        sweep(all);
    uint8_t *payload = malloc(in->size > 0 ? in->size : 1);
    if (payload == NULL) {
        edge_metrics_add(serve->metrics, EDGE_METRIC_UNANSWERED_DROPS, 0, 0, 1);
        return;
    }
    if (in->size > 0)
        memcpy(payload, in->payload, in->size);
    struct kept *item = &all->items[all->count++];
    *item = (struct kept){.kind = all->kind,
                          .json = in->json,
                          .since_mono_us = all->since_mono_us,
                          .payload = payload,
                          .size = in->size,
                          .left_out = in->payload_left_out};
    memcpy(item->id, all->id, strlen(all->id) + 1);
    memcpy(item->correlation, all->correlation, sizeof item->correlation);
    all->bytes += in->size;
}

static void take(struct edge_serve *serve, const struct edge_incoming *in)
{
    struct edge_unanswered *all = serve->unanswered;
    all->in = in;
    all->held = false;
    if (all->kind == EDGE_TOPIC_PROFILE)
        edge_profile_take(serve, all->id, in);
    else
        edge_plan_take(serve, all->id, in);
    if (all->held)
        keep(serve);
    all->in = NULL;
    all->again = false;
}

// Takes one up again, as if it had just come. It is out of the list, or at its end again.
static void take_again(struct edge_serve *serve, size_t i)
{
    struct edge_unanswered *all = serve->unanswered;
    struct kept item = all->items[i];
    all->items[i].payload = NULL; // ours, until it was taken
    take_out(all, i);
    const struct edge_incoming in = {.topic = "",
                                     .payload = item.payload,
                                     .size = item.size,
                                     .json = item.json,
                                     .arrival_mono_us = serve->now.mono_us,
                                     .response_topic = "",
                                     .payload_left_out = item.left_out};
    all->kind = item.kind;
    all->id = item.id;
    all->since_mono_us = item.since_mono_us;
    all->again = true;
    take(serve, &in);
    free(item.payload);
}

static bool is_of(const struct kept *item, enum edge_topic_kind kind, const char *id)
{
    return !item->over && item->kind == kind && strcmp(item->id, id) == 0;
}

// All of one drone and kind from `first` on, in their order: the newest is what holds then.
static void take_all_again(struct edge_serve *serve, size_t first, enum edge_topic_kind kind,
                           const char *id)
{
    struct edge_unanswered *all = serve->unanswered;
    const size_t end = all->count; // what does not go is put behind
    for (size_t i = first; i < end && i < all->count; i++)
        if (is_of(&all->items[i], kind, id))
            take_again(serve, i);
}

void edge_unanswered_take(struct edge_serve *serve, enum edge_topic_kind kind, const char *id,
                          const struct edge_incoming *in)
{
    struct edge_unanswered *all = serve->unanswered;
    if (all->count > 0 && edge_owners_answers(serve, id) == EDGE_ANSWERS_NOW)
        take_all_again(serve, 0, kind, id); // what came before is not to hold after it
    all->kind = kind;
    all->id = id;
    all->since_mono_us = serve->now.mono_us;
    take(serve, in);
}

static void hold(struct edge_unanswered *all, const char *correlation)
{
    all->held = true;
    (void)snprintf(all->correlation, sizeof all->correlation, "%s",
                   correlation != NULL ? correlation : "");
}

bool edge_unanswered_may_reply(struct edge_serve *serve, const char *id,
                               const char *correlation)
{
    struct edge_unanswered *all = serve->unanswered;
    enum edge_owners_answer answer = edge_owners_answers(serve, id);
    if (answer == EDGE_ANSWERS_NOW || (answer == EDGE_ANSWERS_LATER && all->again))
        return true;
    // What the broker gives again at a connection was answered when it came, by who lives.
    if (all->in != NULL && !(all->in->retained && edge_owners_elsewhere(serve, id)))
        hold(all, correlation);
    return false;
}

void edge_unanswered_failed(struct edge_serve *serve, const char *correlation)
{
    if (serve->unanswered->in != NULL)
        hold(serve->unanswered, correlation);
}

// One of those before it may have been lost on the way to the other: it is not answered any
// more.
void edge_unanswered_heard(struct edge_serve *serve, const char *id, uint32_t answers,
                           const char *correlation)
{
    struct edge_unanswered *all = serve->unanswered;
    enum edge_topic_kind kind = answers == 2 ? EDGE_TOPIC_PROFILE : EDGE_TOPIC_PLAN;
    if (answers != 2 && answers != 3)
        return;
    size_t answered = 0;
    while (answered < all->count
           && !(is_of(&all->items[answered], kind, id)
                && strcmp(all->items[answered].correlation, correlation) == 0))
        answered++;
    if (answered == all->count)
        return;
    take_out(all, answered);
    for (size_t i = answered; i-- > 0;)
        if (is_of(&all->items[i], kind, id))
            give_up(serve, i);
}

void edge_unanswered_run(struct edge_serve *serve)
{
    struct edge_unanswered *all = serve->unanswered;
    const size_t end = all->count;
    for (size_t i = 0; i < end && i < all->count; i++) {
        struct kept item = all->items[i];
        if (item.over)
            continue;
        int64_t waited_us = serve->now.mono_us - item.since_mono_us;
        enum edge_owners_answer answer = edge_owners_answers(serve, item.id);
        if (answer == EDGE_ANSWERS_NOW
            || (answer == EDGE_ANSWERS_LATER && waited_us >= EDGE_UNANSWERED_WAIT_US
                && edge_owners_unfollowed(serve, item.id)))
            take_all_again(serve, i, item.kind, item.id);
        else if (waited_us >= EDGE_UNANSWERED_KEEP_US)
            give_up(serve, i);
    }
    sweep(all);
}
