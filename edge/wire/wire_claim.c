// SPDX-License-Identifier: Apache-2.0
#include "edge/wire/wire_claim.h"

#include "drf/v1/node.pb-c.h"
#include "edge/wire/wire_enums.h"

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
