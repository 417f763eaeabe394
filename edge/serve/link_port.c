// SPDX-License-Identifier: Apache-2.0
#include "edge/serve/serve_parts.h"

#include "edge/handoff/link_record.h"

// Properties of an output that a receiver sees.
static uint64_t flags_of(const struct edge_outgoing *message)
{
    return (uint64_t)message->qos | (uint64_t)message->retain << 2
           | (uint64_t)message->json << 3 | (uint64_t)message->expiry_s << 8;
}

enum drf_status edge_link_send(struct edge_serve *serve, const struct edge_outgoing *message)
{
    enum drf_status status = (enum drf_status)edge_inputs_value(
        serve->inputs, EDGE_INPUT_LINK_SEND,
        edge_inputs_replays(serve->inputs) ? DRF_OK
                                           : serve->link.send(serve->link.self, message));
    if (status != DRF_OK)
        return status;
    edge_inputs_output(
        serve->inputs,
        &(struct edge_output){
            .topic = message->topic,
            .payload = {.bytes = message->payload, .size = message->size},
            .correlation = {.bytes = message->correlation, .size = message->correlation_size},
            .flags = flags_of(message)});
    if (edge_inputs_replays(serve->inputs)) // to whoever looks on; it can refuse nothing
        (void)serve->link.send(serve->link.self, message);
    return DRF_OK;
}

bool edge_link_receive(struct edge_serve *serve, struct edge_incoming *out)
{
    struct edge_inputs *inputs = serve->inputs;
    if (edge_inputs_replays(inputs) && !edge_inputs_free(inputs))
        return edge_inputs_value(inputs, EDGE_INPUT_LINK_RECEIVE, 0) != 0
               && edge_link_record_take(inputs, out);
    bool there = serve->link.receive(serve->link.self, out);
    if (edge_inputs_records(inputs)) {
        (void)edge_inputs_value(inputs, EDGE_INPUT_LINK_RECEIVE, there);
        if (there)
            edge_link_record_put(inputs, out);
    }
    return there;
}

uint32_t edge_link_session(struct edge_serve *serve)
{
    return (uint32_t)edge_inputs_value(serve->inputs, EDGE_INPUT_LINK_SESSION,
                                       serve->link.session(serve->link.self));
}

bool edge_link_connected(struct edge_serve *serve)
{
    return edge_inputs_value(serve->inputs, EDGE_INPUT_LINK_CONNECTED,
                             serve->link.connected(serve->link.self))
           != 0;
}

bool edge_link_behind(struct edge_serve *serve)
{
    bool behind = serve->link.behind != NULL && serve->link.behind(serve->link.self);
    return edge_inputs_value(serve->inputs, EDGE_INPUT_LINK_BEHIND, behind) != 0;
}
