// SPDX-License-Identifier: Apache-2.0
// What the node says of itself, replies, and advisories on their own. Each encoder lays a
// generated message over arrays on the stack, with pointers into what it was given, and packs
// it at once: nothing is allocated, nothing outlives the call. What has no value is left out,
// and lists are cut at the length that the schema's readers can expect.
#include "drf/v1/node.pb-c.h"
#include "drf/v1/reply.pb-c.h"
#include "edge/wire/wire_answer.h"
#include "edge/wire/wire_message.h"
#include "edge/wire/wire_parts.h"
#include "edge/wire/wire_source.h"
#include "edge/wire/wire_state.h"

#include <string.h>

#define SET(message, field, to) ((message)->has_##field = 1, (message)->field = (to))

enum { WAITING_MAX = 16, REFUSING_MAX = 32, SOURCES_MAX = 256, DEFAULTS_MAX = 16 };

enum drf_status edge_wire_reply_encode(enum edge_wire_form form,
                                       const struct edge_wire_reply *reply, uint8_t *bytes,
                                       size_t *size)
{
    Drf__V1__Reply m;
    drf__v1__reply__init(&m);
    SET(&m, code, reply->code);
    m.field_path = edge_wire_text(reply->field_path);
    m.text = edge_wire_text(reply->text);
    m.correlation = edge_wire_text(reply->correlation);
    if (reply->retry_after_s > 0.0)
        edge_wire_put(&m.has_retry_after_s, &m.retry_after_s, reply->retry_after_s);
    if (reply->count > 0)
        SET(&m, count, reply->count);
    SET(&m, boot_id, reply->stream.boot_id);
    if (reply->stream.seq > 0)
        SET(&m, seq, reply->stream.seq);
    SET(&m, node_time_us, reply->stream.node_time_utc_us);
    SET(&m, mode, reply->stream.mode);
    m.region_id = edge_wire_text(reply->stream.region_id);
    m.node_id = edge_wire_text(reply->stream.node_id);
    SET(&m, answers, reply->answers);
    if (reply->report_seq > 0) {
        SET(&m, drone_boot_id, reply->drone_boot_id);
        SET(&m, report_seq, reply->report_seq);
    }

    char *defaults[DEFAULTS_MAX];
    if (reply->profile != NULL) {
        for (size_t i = 0; i < reply->profile->default_count && i < DEFAULTS_MAX; i++)
            defaults[m.n_defaults++] = edge_wire_text(reply->profile->defaults[i]);
        m.defaults = defaults;
    }
    struct edge_wire_answer answer;
    if (reply->review != NULL) {
        edge_wire_answer_review(&answer, reply->plan, reply->review);
        m.plan_review = &answer.review;
    }
    if (reply->landing != NULL) {
        edge_wire_answer_landing(&answer, reply->landing);
        m.landing = &answer.landing;
    }
    return edge_wire_pack(form, &m.base, bytes, size);
}

enum drf_status edge_wire_heartbeat_encode(const struct edge_wire_heartbeat *heartbeat,
                                           uint8_t *bytes, size_t *size)
{
    Drf__V1__Heartbeat m;
    drf__v1__heartbeat__init(&m);
    SET(&m, boot_id, heartbeat->boot_id);
    SET(&m, seq, heartbeat->seq);
    SET(&m, node_time_us, heartbeat->node_time_utc_us);
    SET(&m, condition, heartbeat->condition);
    SET(&m, epoch, heartbeat->epoch);
    SET(&m, drones, heartbeat->drones);
    SET(&m, mode, heartbeat->mode);
    return edge_wire_pack(EDGE_WIRE_PROTOBUF, &m.base, bytes, size);
}

// The corners of all boundaries of a state.
struct corners {
    Drf__V1__Vertex vertices[EDGE_WIRE_VERTICES_MAX], *list[EDGE_WIRE_VERTICES_MAX];
    size_t count;
};

static Drf__V1__Vertex **put_corners(struct corners *corners, const struct geo_point *ring,
                                     size_t count)
{
    Drf__V1__Vertex **first = &corners->list[corners->count];
    for (size_t i = 0; i < count; i++, corners->count++) {
        Drf__V1__Vertex *vertex = &corners->vertices[corners->count];
        drf__v1__vertex__init(vertex);
        SET(vertex, lat_e7, edge_wire_e7(ring[i].lat_deg));
        SET(vertex, lon_e7, edge_wire_e7(ring[i].lon_deg));
        corners->list[corners->count] = vertex;
    }
    return first;
}

// Room is left for the boxes of `after` more.
static size_t put_boundary(struct corners *corners, const struct edge_wire_neighbour *from,
                           size_t after, Drf__V1__Vertex ***out)
{
    enum { BOX = 4 };
    if (corners->count + from->boundary_count + after * BOX <= EDGE_WIRE_VERTICES_MAX) {
        *out = put_corners(corners, from->boundary, from->boundary_count);
        return from->boundary_count;
    }
    struct geo_point low = from->boundary[0], high = low;
    for (size_t i = 1; i < from->boundary_count; i++) {
        low.lat_deg = fmin(low.lat_deg, from->boundary[i].lat_deg);
        low.lon_deg = fmin(low.lon_deg, from->boundary[i].lon_deg);
        high.lat_deg = fmax(high.lat_deg, from->boundary[i].lat_deg);
        high.lon_deg = fmax(high.lon_deg, from->boundary[i].lon_deg);
    }
    const struct geo_point box[BOX] = {
        low, {low.lat_deg, high.lon_deg}, high, {high.lat_deg, low.lon_deg}};
    *out = put_corners(corners, box, BOX);
    return BOX;
}

static void fill_neighbours(Drf__V1__NodeState *m, const struct edge_wire_state *state,
                            struct corners *corners, Drf__V1__Neighbour *neighbours,
                            Drf__V1__Neighbour **list)
{
    size_t count = state->neighbour_count < EDGE_WIRE_NEIGHBOURS_MAX ? state->neighbour_count
                                                                     : EDGE_WIRE_NEIGHBOURS_MAX;
    for (size_t i = 0; i < count; i++) {
        const struct edge_wire_neighbour *from = &state->neighbours[i];
        Drf__V1__Neighbour *to = &neighbours[i];
        drf__v1__neighbour__init(to);
        to->region_id = edge_wire_text(from->region_id);
        to->node_id = edge_wire_text(from->node_id);
        to->address = edge_wire_text(from->address);
        SET(to, priority, from->priority);
        edge_wire_put(&to->has_margin_m, &to->margin_m, from->margin_m);
        if (from->boundary_count > 0)
            to->n_boundary = put_boundary(corners, from, count - i - 1, &to->boundary);
        list[i] = to;
    }
    m->n_neighbours = count;
    m->neighbours = list;
}

enum drf_status edge_wire_state_encode(enum edge_wire_form form,
                                       const struct edge_wire_state *state, uint8_t *bytes,
                                       size_t *size)
{
    Drf__V1__NodeState m;
    struct corners corners;
    Drf__V1__Neighbour neighbours[EDGE_WIRE_NEIGHBOURS_MAX],
        *neighbour_list[EDGE_WIRE_NEIGHBOURS_MAX];
    char *waiting[WAITING_MAX], *refusing[REFUSING_MAX];
    drf__v1__node_state__init(&m);
    SET(&m, boot_id, state->stream.boot_id);
    SET(&m, condition, state->condition);
    if (state->stream.node_time_utc_us != 0) // a will does not know when it is published
        SET(&m, node_time_us, state->stream.node_time_utc_us);
    SET(&m, mode, state->stream.mode);
    m.region_id = edge_wire_text(state->stream.region_id);
    m.node_id = edge_wire_text(state->stream.node_id);
    corners.count = 0;
    m.n_boundary = state->boundary_count < EDGE_WIRE_BOUNDARY_MAX ? state->boundary_count
                                                                  : EDGE_WIRE_BOUNDARY_MAX;
    m.boundary = put_corners(&corners, state->boundary, m.n_boundary);
    edge_wire_put(&m.has_margin_m, &m.margin_m, state->margin_m);
    m.version = edge_wire_text(state->version);
    for (size_t i = 0; i < state->waiting_count && m.n_waiting_for < WAITING_MAX; i++)
        if (edge_wire_text(state->waiting_for[i]) != NULL)
            waiting[m.n_waiting_for++] = edge_wire_text(state->waiting_for[i]);
    m.waiting_for = waiting;
    for (size_t i = 0; i < state->refusing_count && m.n_refusing < REFUSING_MAX; i++)
        if (edge_wire_text(state->refusing[i]) != NULL)
            refusing[m.n_refusing++] = edge_wire_text(state->refusing[i]);
    m.refusing = refusing;
    if (state->context_rate_max_hz > 0)
        SET(&m, context_rate_max_hz, state->context_rate_max_hz);
    uint64_t epochs[EDGE_WIRE_OWNER_PARTS];
    if (state->owner_epochs != NULL) {
        memcpy(epochs, state->owner_epochs, sizeof epochs);
        m.owner_epochs = epochs;
        m.n_owner_epochs = EDGE_WIRE_OWNER_PARTS;
    }
    m.address = edge_wire_text(state->address);
    if (state->priority != 0)
        SET(&m, priority, state->priority);
    fill_neighbours(&m, state, &corners, neighbours, neighbour_list);
    return edge_wire_pack(form, &m.base, bytes, size);
}

// `m` has its head already.
static enum drf_status pack_catalog(Drf__V1__Catalog *m, enum edge_wire_form form,
                                    const struct edge_wire_source *sources, size_t source_count,
                                    size_t left_out, uint8_t *bytes, size_t *size)
{
    Drf__V1__SourceEntry entries[SOURCES_MAX], *entry_list[SOURCES_MAX];
    if (left_out > 0)
        SET(m, sources_left_out, (uint32_t)left_out);
    if (source_count > SOURCES_MAX)
        return DRF_ERR_FULL;
    for (; m->n_sources < source_count; m->n_sources++) {
        edge_wire_fill_source(&entries[m->n_sources], &sources[m->n_sources]);
        entry_list[m->n_sources] = &entries[m->n_sources];
    }
    m->sources = entry_list;
    enum drf_status status = edge_wire_pack(form, &m->base, bytes, size);
    m->n_sources = 0; // the list ends here
    m->sources = NULL;
    return status;
}

enum drf_status edge_wire_catalog_encode(enum edge_wire_form form,
                                         const struct edge_wire_stream *stream, uint64_t epoch,
                                         const struct edge_wire_source *sources,
                                         size_t source_count, size_t left_out, uint8_t *bytes,
                                         size_t *size)
{
    Drf__V1__Catalog m;
    drf__v1__catalog__init(&m);
    SET(&m, boot_id, stream->boot_id);
    SET(&m, node_time_us, stream->node_time_utc_us);
    SET(&m, mode, stream->mode);
    SET(&m, epoch, epoch);
    return pack_catalog(&m, form, sources, source_count, left_out, bytes, size);
}

enum drf_status edge_wire_catalog_json(const struct edge_wire_source *sources,
                                       size_t source_count, size_t left_out, uint8_t *bytes,
                                       size_t *size)
{
    Drf__V1__Catalog m;
    drf__v1__catalog__init(&m);
    return pack_catalog(&m, EDGE_WIRE_JSON, sources, source_count, left_out, bytes, size);
}

enum drf_status edge_wire_advisory_encode(enum edge_wire_form form,
                                          const struct edge_wire_stream *stream,
                                          uint64_t owner_epoch,
                                          const struct fusion_advisory *advisory, bool cleared,
                                          uint8_t *bytes, size_t *size)
{
    Drf__V1__AdvisoryMessage m;
    Drf__V1__Advisory body;
    drf__v1__advisory_message__init(&m);
    edge_wire_fill_advisory(&body, advisory, cleared);
    if (owner_epoch != 0)
        SET(&m, owner_epoch, owner_epoch);
    m.region_id = edge_wire_text(stream->region_id);
    m.node_id = edge_wire_text(stream->node_id);
    SET(&m, boot_id, stream->boot_id);
    SET(&m, seq, stream->seq);
    SET(&m, node_time_us, stream->node_time_utc_us);
    SET(&m, mode, stream->mode);
    m.advisory = &body;
    return edge_wire_pack(form, &m.base, bytes, size);
}
