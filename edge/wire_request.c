// SPDX-License-Identifier: Apache-2.0
// Requests of drones, and the answer to a query that is not answered.
#include <string.h>

#include "drf/v1/query.pb-c.h"
#include "drf/v1/reply.pb-c.h"
#include "edge/wire_parts.h"

#define SET(message, field, to) ((message)->has_##field = 1, (message)->field = (to))

enum drf_status edge_wire_request_decode(struct edge_wire *wire, enum edge_wire_form form,
                                         const uint8_t *bytes, size_t size,
                                         struct edge_wire_request *out,
                                         struct edge_wire_refusal *refusal)
{
    const ProtobufCMessage *message =
        edge_wire_unpack(wire, form, &drf__v1__request__descriptor, bytes, size, refusal);
    if (message == NULL)
        return DRF_ERR_SYNTAX;
    const Drf__V1__Request *m = (const Drf__V1__Request *)message;
    struct edge_wire_request request = {
        .terrain = m->terrain != NULL,
        .preload = m->preload != NULL,
        .landing = m->landing != NULL,
        .snapshot = m->has_snapshot && m->snapshot,
    };
    if (!edge_wire_name(refusal, "correlation", m->correlation, request.correlation))
        return DRF_ERR_RANGE;
    if (request.terrain + request.preload + request.landing + request.snapshot != 1) {
        (void)edge_wire_refuse(
            refusal, "", "asks for none or several of terrain, preload, landing, snapshot");
        memcpy(refusal->correlation, request.correlation, sizeof request.correlation);
        return DRF_ERR_RANGE;
    }
    *out = request;
    return DRF_OK;
}

enum drf_status edge_wire_query_refusal_encode(enum edge_wire_form form,
                                               const struct edge_wire_reply *reply,
                                               uint64_t epoch, uint8_t *bytes, size_t *size)
{
    Drf__V1__Reply status;
    drf__v1__reply__init(&status);
    SET(&status, code, reply->code);
    status.field_path = edge_wire_text(reply->field_path);
    status.text = edge_wire_text(reply->text);
    SET(&status, boot_id, reply->stream.boot_id);
    status.region_id = edge_wire_text(reply->stream.region_id);
    status.node_id = edge_wire_text(reply->stream.node_id);
    Drf__V1__QueryReply m;
    drf__v1__query_reply__init(&m);
    m.status = &status;
    SET(&m, node_time_us, reply->stream.node_time_utc_us);
    SET(&m, mode, reply->stream.mode);
    if (epoch > 0)
        SET(&m, epoch, epoch);
    return edge_wire_pack(form, &m.base, bytes, size);
}
