// SPDX-License-Identifier: Apache-2.0
#include "edge/service/owning.h"

#include "edge/host/clock.h"
#include "edge/host/event.h"

// A node whose heartbeats do not come back by the broker of the drones, or with a serve loop
// that hangs, can be no owner. Others take over once it has left the group, which is sooner
// than its session would end; a link that was cut says nothing by itself for longer.
#define UNFIT_US INT64_C(3000000)
// At a start the others serve while this one reads; but not for ever.
#define CATCHING_UP_MAX_US INT64_C(60000000)

struct fitness {
    int64_t began_mono_us;
    bool joined;
};

static bool fit(struct fitness *fitness, const struct edge_node *node, int64_t now_mono_us)
{
    const struct edge_health *health = &node->health;
    int64_t stepped_us = edge_health_stepped(health, EDGE_LOOP_SERVE);
    int64_t echoed_us = edge_ownership_echoed(&node->ownership);
    if (stepped_us == INT64_MIN || now_mono_us - stepped_us >= UNFIT_US / 2
        || echoed_us == INT64_MIN || now_mono_us - echoed_us >= UNFIT_US)
        return false;
    if (!edge_health_has(health, EDGE_TROUBLE_CATCHING_UP)
        || now_mono_us - fitness->began_mono_us >= CATCHING_UP_MAX_US)
        fitness->joined = true;
    return fitness->joined;
}

static void *owning_thread(void *argument)
{
    struct edge_owning *owning = argument;
    struct fitness fitness = {.began_mono_us = edge_clock_mono_us()};
    while (!atomic_load(&owning->ends))
        if (edge_owners_step(owning->owners, fit(&fitness, owning->node, edge_clock_mono_us())))
            edge_event_wake(owning->node->wake_serve_fd);
    return NULL;
}

bool edge_owning_begin(struct edge_owning *owning, struct edge_node *node)
{
    if (node->config->owners.topic[0] == '\0')
        return true;
    char error[EDGE_KAFKA_ERROR_SIZE] = "out of memory";
    struct edge_owner_table before; // of this run, where it begins again
    uint64_t turn = 0;
    bool again = edge_ownership_read(&node->ownership, &turn, &before);
    atomic_store(&owning->ends, false);
    owning->node = node;
    owning->running =
        edge_owners_open(node->config, again ? before.epochs : node->owner_epochs,
                         &node->ownership, node->metrics, &node->log, error, &owning->owners)
            == DRF_OK
        && pthread_create(&owning->thread, NULL, owning_thread, owning) == 0;
    if (owning->running)
        (void)pthread_setname_np(owning->thread, "owners");
    else
        edge_log_error(&node->log, edge_clock_utc_us(), "owners.settings", error);
    return owning->running;
}

void edge_owning_end(struct edge_owning *owning)
{
    atomic_store(&owning->ends, true);
    if (owning->running)
        pthread_join(owning->thread, NULL);
    owning->running = false;
    edge_owners_close(owning->owners);
    owning->owners = NULL;
}
