// SPDX-License-Identifier: Apache-2.0
#include "edge/wire/wire_claim.h"

#include <string.h>

#include "drf/v1/node.pb-c.h"
#include "drf/v1/reply.pb-c.h"
#include "edge/wire/wire_enums.h"
#include "edge/wire/wire_parts.h"

enum drf_status edge_wire_heartbeat_read(const uint8_t *bytes, size_t size,
                                         struct edge_wire_claim *out)
{
    Drf__V1__Heartbeat *m = drf__v1__heartbeat__unpack(NULL, size, bytes);
    if (m == NULL)
        return DRF_ERR_SYNTAX;
    bool complete = m->has_boot_id && m->has_seq;
    if (complete)
        *out = (struct edge_wire_claim){.boot_id = m->boot_id, .seq = m->seq, .down = false};
    drf__v1__heartbeat__free_unpacked(m, NULL);
    return complete ? DRF_OK : DRF_ERR_SYNTAX;
}

enum drf_status edge_wire_state_read(const uint8_t *bytes, size_t size,
                                     struct edge_wire_claim *out)
{
    Drf__V1__NodeState *m = drf__v1__node_state__unpack(NULL, size, bytes);
    if (m == NULL)
        return DRF_ERR_SYNTAX;
    bool complete = m->has_boot_id;
    if (complete)
        *out = (struct edge_wire_claim){.boot_id = m->boot_id,
                                        .seq = 0,
                                        .down = m->has_condition
                                                && m->condition == EDGE_CONDITION_DOWN};
    drf__v1__node_state__free_unpacked(m, NULL);
    return complete ? DRF_OK : DRF_ERR_SYNTAX;
}

enum drf_status edge_wire_reply_read(struct edge_wire *wire, const uint8_t *bytes, size_t size,
                                     struct edge_wire_replied *out)
{
    struct edge_wire_refusal refusal;
    const ProtobufCMessage *message =
        edge_wire_unpack(wire, edge_wire_form_of(NULL, bytes, size),
                         &drf__v1__reply__descriptor, bytes, size, &refusal);
    if (message == NULL)
        return DRF_ERR_SYNTAX;
    const Drf__V1__Reply *m = (const Drf__V1__Reply *)message;
    if (!m->has_answers || m->node_id == NULL || strlen(m->node_id) >= sizeof out->node_id)
        return DRF_ERR_SYNTAX;
    *out = (struct edge_wire_replied){.answers = m->answers};
    memcpy(out->node_id, m->node_id, strlen(m->node_id) + 1);
    if (m->correlation != NULL && strlen(m->correlation) < sizeof out->correlation)
        memcpy(out->correlation, m->correlation, strlen(m->correlation) + 1);
    return DRF_OK;
}
