// SPDX-License-Identifier: Apache-2.0
#include "edge/service/leased_link.h"

static enum drf_status send_message(void *self, const struct edge_outgoing *message)
{
    const struct edge_leased_link *leased = self;
    if (message->owner_part != 0
        && !edge_ownership_leased(leased->ownership, message->owner_part - 1U,
                                  leased->boot_us())) {
        edge_metrics_add(leased->metrics, EDGE_METRIC_OWNER_LAPSED, 0, 0, 1);
        return DRF_ERR_STALE;
    }
    return leased->link.send(leased->link.self, message);
}

static bool receive(void *self, struct edge_incoming *out)
{
    const struct edge_leased_link *leased = self;
    return leased->link.receive(leased->link.self, out);
}

static uint32_t session(void *self)
{
    const struct edge_leased_link *leased = self;
    return leased->link.session(leased->link.self);
}

static bool connected(void *self)
{
    const struct edge_leased_link *leased = self;
    return leased->link.connected(leased->link.self);
}

static bool behind(void *self)
{
    const struct edge_leased_link *leased = self;
    return leased->link.behind(leased->link.self);
}

struct edge_link edge_leased_link(struct edge_leased_link *leased)
{
    return (struct edge_link){
        .self = leased,
        .send = send_message,
        .receive = receive,
        .session = session,
        .connected = connected,
        .behind = leased->link.behind != NULL ? behind : NULL,
    };
}
