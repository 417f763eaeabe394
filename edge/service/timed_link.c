// SPDX-License-Identifier: Apache-2.0
#include "edge/service/timed_link.h"

static enum drf_status send_message(void *self, const struct edge_outgoing *message)
{
    const struct edge_timed_link *timed = self;
    enum drf_status status = timed->link.send(timed->link.self, message);
    if (status == DRF_OK && message->due_mono_us != 0)
        edge_metrics_observe(timed->metrics, EDGE_METRIC_CONTEXT_SECONDS,
                             timed->mono_us() - message->due_mono_us);
    return status;
}

static bool receive(void *self, struct edge_incoming *out)
{
    const struct edge_timed_link *timed = self;
    return timed->link.receive(timed->link.self, out);
}

static uint32_t session(void *self)
{
    const struct edge_timed_link *timed = self;
    return timed->link.session(timed->link.self);
}

static bool connected(void *self)
{
    const struct edge_timed_link *timed = self;
    return timed->link.connected(timed->link.self);
}

static bool behind(void *self)
{
    const struct edge_timed_link *timed = self;
    return timed->link.behind(timed->link.self);
}

struct edge_link edge_timed_link(struct edge_timed_link *timed)
{
    return (struct edge_link){
        .self = timed,
        .send = send_message,
        .receive = receive,
        .session = session,
        .connected = connected,
        .behind = timed->link.behind != NULL ? behind : NULL,
    };
}
