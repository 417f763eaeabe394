// SPDX-License-Identifier: Apache-2.0
// A context that always fits: what is shed, in which order, and how the reader is told. It is
// packed once, in pieces from its end to its beginning. Obstacles, then segments, then traffic
// are shed by the sizes of their pieces, and those of the others are joined; what is packed
// again is a look-ahead of fewer segments, and the tail, which tells of it. Only when that is
// not enough are weather, alerts, advisories and texts shed, and the whole is packed again.
#include <assert.h>
#include <stdbool.h>
#include <string.h>

#include "edge/wire/wire_message.h"
#include "edge/wire/wire_parts.h"
#include "schemas/packers.h"

#define SET(message, field, to) ((message)->has_##field = 1, (message)->field = (to))

static size_t packed(const struct edge_wire_message *m)
{
    return protobuf_c_message_get_packed_size(&m->context.base);
}

// What a message of up to 16 KB takes as a field.
static size_t part(size_t tag_bytes, const ProtobufCMessage *message)
{
    size_t body = protobuf_c_message_get_packed_size(message);
    return tag_bytes + (body < 128 ? 1U : 2U) + body;
}

enum { LOW_TAG = 1, HIGH_TAG = 2 }; // bytes of a field's number up to 15, and beyond

// Numbers of fields in Context. What may be shed by sizes alone are pieces of their own; the
// tail tells of what was shed.
enum { AHEAD = 9, WEATHER = 10, OBSTACLES = 11, MIDDLE = 12, TRAFFIC = 21, TAIL = 22 };
// More than they take.
enum { AHEAD_BYTES = 1024 + DRF_PACKER_SLACK, TAIL_BYTES = 1024 + DRF_PACKER_SLACK };

static size_t tail(const struct edge_wire_message *m)
{
    uint8_t room[TAIL_BYTES];
    const uint8_t *end = room + sizeof room;
    const uint8_t *begin =
        drf_pack_context(&m->context, TAIL, UINT32_MAX, room, room + sizeof room);
    assert(begin != NULL); // numbers and two names
    return (size_t)(end - begin);
}

// Likewise of the look-ahead, with what is around it.
static size_t ahead_size(const struct edge_wire_message *m)
{
    uint8_t room[AHEAD_BYTES];
    const uint8_t *end = room + sizeof room;
    const uint8_t *begin =
        drf_pack_context(&m->context, AHEAD, AHEAD, room, room + sizeof room);
    assert(begin != NULL); // FUSION_SEGMENTS_MAX of them
    return (size_t)(end - begin);
}

// What telling of obstacles takes, at most: three fields of a two-byte tag and a varint.
enum { TELLING = 2 + 5 + 2 + 1 + 2 + 1 };

// What the pieces take, the tail as it is before anything is shed; `fixed` is all the rest.
struct sizes {
    size_t fixed, ahead, tail, obstacles[FUSION_NEAREST_MAX], traffic[FUSION_TRAFFIC_MAX];
};

// Without obstacles, with a tail of that size.
static size_t total_with(const struct edge_wire_message *m, const struct sizes *sizes,
                         size_t tail_size)
{
    size_t size = sizes->fixed + sizes->ahead + tail_size;
    for (size_t i = 0; i < m->context.n_traffic; i++)
        size += sizes->traffic[i];
    return size;
}

static size_t total(const struct edge_wire_message *m, const struct sizes *sizes)
{
    return total_with(m, sizes, tail(m));
}

// As many of the obstacles that are there as fit beside the rest, nearest first; what is left
// out is counted. Nothing was shed yet. False: more has to go.
static bool list_obstacles(struct edge_wire_message *m, const struct sizes *sizes, size_t max)
{
    Drf__V1__Context *c = &m->context;
    const size_t there = c->n_obstacles, bare = total_with(m, sizes, sizes->tail);
    size_t size = bare, kept = 0;
    for (size_t i = 0; i < there && size <= max; i++) {
        size += sizes->obstacles[i];
        if (size + TELLING <= max)
            kept = i + 1;
    }
    if (size <= max)
        return true;
    if (there == 0)
        return false;
    uint32_t left_out = c->has_obstacles_left_out ? c->obstacles_left_out : 0;
    SET(c, shed, (c->has_shed ? c->shed : 0) | EDGE_WIRE_SHED_OBSTACLES);
    if (!c->has_obstacles_reason)
        SET(c, obstacles_reason, FUSION_REASON_SHED);
    c->n_obstacles = kept;
    SET(c, obstacles_left_out, left_out + (uint32_t)(there - kept));
    return bare + TELLING <= max;
}

// As much traffic as fits; the most urgent are kept longest. Returns the packed size.
static size_t shed_traffic(struct edge_wire_message *m, const struct sizes *sizes, size_t max)
{
    Drf__V1__Context *c = &m->context;
    size_t size = total(m, sizes);
    while (c->n_traffic > 0 && size > max) {
        c->n_traffic--;
        SET(c, traffic_left_out, (c->has_traffic_left_out ? c->traffic_left_out : 0) + 1);
        SET(c, shed, (c->has_shed ? c->shed : 0) | EDGE_WIRE_SHED_TRAFFIC);
        size = total(m, sizes);
    }
    return size;
}

// Of clearances the lower, unknown when either is.
static void lower(struct fusion_number *into, struct fusion_number other)
{
    into->known = into->known && other.known;
    into->value = fmin(into->value, other.value);
}

static void widen(struct fusion_number *into, struct fusion_number other)
{
    if (!other.known)
        return;
    into->value = into->known ? fmax(into->value, other.value) : other.value;
    into->known = true;
}

// Two neighbouring segments as one: still no gap, maxima of both, the lower clearance.
static struct fusion_segment joined(const struct fusion_segment *a,
                                    const struct fusion_segment *b)
{
    struct fusion_segment out = *a;
    double a_m = a->to_m - a->from_m, b_m = b->to_m - b->from_m;
    double share = a_m + b_m > 0.0 ? b_m / (a_m + b_m) : 0.5;
    out.to_m = b->to_m;
    widen(&out.ground_max_amsl_m, b->ground_max_amsl_m);
    widen(&out.surface_max_amsl_m, b->surface_max_amsl_m);
    if (a->ground_mean_amsl_m.known && b->ground_mean_amsl_m.known)
        out.ground_mean_amsl_m.value +=
            (b->ground_mean_amsl_m.value - a->ground_mean_amsl_m.value) * share;
    else if (b->ground_mean_amsl_m.known)
        out.ground_mean_amsl_m = b->ground_mean_amsl_m;
    lower(&out.clearance_min_m, b->clearance_min_m);
    lower(&out.clearance_low_m, b->clearance_low_m);
    out.unknown_ratio += (b->unknown_ratio - a->unknown_ratio) * share;
    if (a->unknown_ratio <= 0.0)
        out.unknown_reason = b->unknown_reason;
    return out;
}

// Halves the number of segments by joining neighbours until all fits.
static void shed_segments(struct edge_wire_message *m, const struct edge_wire_context *from,
                          struct sizes *sizes, size_t max)
{
    Drf__V1__Context *c = &m->context;
    if (from->context->look_ahead.segment_count <= 1 || total(m, sizes) <= max)
        return;
    struct fusion_look_ahead ahead = from->context->look_ahead;
    do {
        size_t count = 0;
        for (size_t i = 0; i < ahead.segment_count; i += 2)
            ahead.segments[count++] = i + 1 < ahead.segment_count
                                          ? joined(&ahead.segments[i], &ahead.segments[i + 1])
                                          : ahead.segments[i];
        ahead.segment_count = count;
        for (size_t i = 0; i < count; i++)
            edge_wire_fill_segment(&m->segments[i], &ahead.segments[i]);
        m->look_ahead.n_segments = count;
        SET(c, shed, (c->has_shed ? c->shed : 0) | EDGE_WIRE_SHED_SEGMENTS);
        sizes->ahead = ahead_size(m);
    } while (ahead.segment_count > 1 && total(m, sizes) > max);
}

// Beyond any link budget: texts that the catalogue holds too, then the lesser quantities.
static void shed_weather(struct edge_wire_message *m, size_t max)
{
    Drf__V1__Weather *w = &m->weather;
    Drf__V1__Quantity **order[] = {&w->qnh_pa,        &w->dew_point_k,  &w->ceiling_agl_m,
                                   &w->temperature_k, &w->visibility_m, &w->precipitation_mps,
                                   &w->gust_mps};
    enum { COUNT = sizeof order / sizeof order[0] };
    if (w->present != NULL && packed(m) > max)
        w->present = NULL;
    for (size_t i = 0; i < COUNT && packed(m) > max; i++)
        (*order[i])->source = (*order[i])->station = NULL;
    for (size_t i = 0; i < COUNT && packed(m) > max; i++) {
        Drf__V1__Quantity *quantity = *order[i];
        if (!quantity->has_value)
            continue;
        drf__v1__quantity__init(quantity);
        SET(quantity, reason, FUSION_REASON_SHED);
    }
}

// Advisories are the last to go: from full to brief, from the least severe upward.
static void shed_advisories(struct edge_wire_message *m, size_t max)
{
    Drf__V1__Context *c = &m->context;
    while (c->n_advisories > 1 && packed(m) > max) {
        size_t last = c->n_advisories - 1;
        const Drf__V1__Advisory *full = m->advisory_list[last];
        drf__v1__advisory_brief__init(&m->briefs[last]);
        SET(&m->briefs[last], advisory_id, full->advisory_id);
        SET(&m->briefs[last], severity, full->severity);
        SET(&m->briefs[last], kind, full->kind);
        for (size_t i = c->n_advisories_brief; i > 0; i--)
            m->brief_list[i] = m->brief_list[i - 1];
        m->brief_list[0] = &m->briefs[last];
        c->n_advisories_brief++;
        c->n_advisories = last;
    }
    while (c->n_advisories_brief > 0 && packed(m) > max) {
        const Drf__V1__AdvisoryBrief *gone = m->brief_list[--c->n_advisories_brief];
        uint32_t left_out = c->has_advisories_left_out ? c->advisories_left_out : 0;
        uint32_t worst = left_out > 0 ? c->advisories_left_out_severity : gone->severity;
        SET(c, advisories_left_out, left_out + 1);
        SET(c, advisories_left_out_severity, worst < gone->severity ? worst : gone->severity);
    }
}

// The advisories say them too: the least severe first, counted.
static void shed_alerts(struct edge_wire_message *m, size_t max)
{
    Drf__V1__Context *c = &m->context;
    while (c->n_alerts > 1 && packed(m) > max) {
        c->n_alerts--;
        SET(c, alerts_left_out, (c->has_alerts_left_out ? c->alerts_left_out : 0) + 1);
    }
}

static void shed_texts(struct edge_wire_message *m, size_t max)
{
    char **order[] = {
        &m->height.surface_feature_id, &m->height.surface_source, &m->wind.source,
        &m->height.ground_source,      &m->context.node_id,       &m->context.region_id};
    for (size_t i = 0; i < sizeof order / sizeof order[0] && packed(m) > max; i++)
        *order[i] = NULL;
}

static size_t limit_of(const struct edge_wire_context *from)
{
    return from->bytes_max > 0 && from->bytes_max < EDGE_WIRE_CONTEXT_MAX
               ? from->bytes_max
               : EDGE_WIRE_CONTEXT_MAX;
}

// Sheds until it packs into bytes_max, then, whatever that is, into EDGE_WIRE_CONTEXT_MAX.
// True: pieces were enough, and only they and the tail have changed.
static bool fit(struct edge_wire_message *m, const struct edge_wire_context *from,
                struct sizes *sizes)
{
    const size_t max = limit_of(from);
    if (list_obstacles(m, sizes, max))
        return true;
    shed_segments(m, from, sizes, max);
    if (shed_traffic(m, sizes, max) <= EDGE_WIRE_CONTEXT_MAX)
        return true;
    shed_weather(m, EDGE_WIRE_CONTEXT_MAX);
    shed_alerts(m, EDGE_WIRE_CONTEXT_MAX);
    shed_advisories(m, EDGE_WIRE_CONTEXT_MAX);
    shed_texts(m, EDGE_WIRE_CONTEXT_MAX);
    return false;
}

static struct sizes measure(struct edge_wire_message *m)
{
    struct sizes sizes;
    Drf__V1__Context *c = &m->context;
    const size_t there = c->n_obstacles, traffic = c->n_traffic;
    for (size_t i = 0; i < there; i++)
        sizes.obstacles[i] = part(LOW_TAG, &c->obstacles[i]->base);
    for (size_t i = 0; i < traffic; i++)
        sizes.traffic[i] = part(HIGH_TAG, &c->traffic[i]->base);
    sizes.ahead = ahead_size(m);
    sizes.tail = tail(m);
    c->n_obstacles = c->n_traffic = 0;
    sizes.fixed = packed(m) - sizes.ahead - sizes.tail;
    c->n_obstacles = there;
    c->n_traffic = traffic;
    return sizes;
}

enum { ROOM_BYTES = 16384 }; // more than any context takes before something is shed

// A context packed in pieces, one behind the other to the end of `room`. Of lists their end
// too, where the rest is.
struct pieces {
    uint8_t room[ROOM_BYTES], room_ahead[AHEAD_BYTES];
    const uint8_t *head, *ahead, *weather, *obstacle[FUSION_NEAREST_MAX + 1];
    const uint8_t *traffic[FUSION_TRAFFIC_MAX + 1]; // the last is the tail's begin
};

static uint8_t *put(const struct edge_wire_message *m, uint32_t first, uint32_t last,
                    uint8_t *begin, uint8_t *end)
{
    return end != NULL ? drf_pack_context(&m->context, first, last, begin, end) : NULL;
}

static uint8_t *put_traffic(struct edge_wire_message *m, struct pieces *p, uint8_t *at)
{
    Drf__V1__Context *c = &m->context;
    Drf__V1__Traffic **traffic = c->traffic;
    const size_t there = c->n_traffic;
    p->traffic[there] = at;
    c->n_traffic = 1;
    for (size_t i = there; i > 0; i--) {
        c->traffic = &traffic[i - 1];
        at = put(m, TRAFFIC, TRAFFIC, p->room, at);
        p->traffic[i - 1] = at;
    }
    c->traffic = traffic;
    c->n_traffic = there;
    return at;
}

static uint8_t *put_obstacles(struct edge_wire_message *m, struct pieces *p, uint8_t *at)
{
    Drf__V1__Context *c = &m->context;
    Drf__V1__Obstacle **obstacles = c->obstacles;
    const size_t there = c->n_obstacles;
    p->obstacle[there] = at;
    c->n_obstacles = 1;
    for (size_t i = there; i > 0; i--) {
        c->obstacles = &obstacles[i - 1];
        at = put(m, OBSTACLES, OBSTACLES, p->room, at);
        p->obstacle[i - 1] = at;
    }
    c->obstacles = obstacles;
    c->n_obstacles = there;
    return at;
}

// False: no room.
static bool pack_pieces(struct edge_wire_message *m, struct pieces *p)
{
    uint8_t *at = put(m, TAIL, UINT32_MAX, p->room, p->room + ROOM_BYTES);
    at = put_traffic(m, p, at);
    at = put(m, MIDDLE, TRAFFIC - 1, p->room, at);
    at = put_obstacles(m, p, at);
    p->weather = at = put(m, WEATHER, WEATHER, p->room, at);
    p->ahead = at = put(m, AHEAD, AHEAD, p->room, at);
    p->head = put(m, 1, AHEAD - 1, p->room, at);
    return p->head != NULL;
}

static struct sizes sizes_of(const struct edge_wire_message *m, const struct pieces *p)
{
    const Drf__V1__Context *c = &m->context;
    struct sizes sizes = {.ahead = (size_t)(p->weather - p->ahead),
                          .tail = (size_t)(p->room + ROOM_BYTES - p->traffic[c->n_traffic]),
                          .fixed = (size_t)(p->ahead - p->head)
                                   + (size_t)(p->obstacle[0] - p->weather)
                                   + (size_t)(p->traffic[0] - p->obstacle[c->n_obstacles])};
    for (size_t i = 0; i < c->n_obstacles; i++)
        sizes.obstacles[i] = (size_t)(p->obstacle[i + 1] - p->obstacle[i]);
    for (size_t i = 0; i < c->n_traffic; i++)
        sizes.traffic[i] = (size_t)(p->traffic[i + 1] - p->traffic[i]);
    return sizes;
}

static uint8_t *append(uint8_t *to, const uint8_t *from, const uint8_t *end)
{
    memcpy(to, from, (size_t)(end - from));
    return to + (end - from);
}

// What was packed and is still there.
struct there {
    size_t obstacles, traffic;
    bool ahead;
};

// The pieces without what was shed, of which the tail tells now.
static size_t join(const struct edge_wire_message *m, struct pieces *p,
                   const struct there *packed, uint8_t *bytes)
{
    const uint8_t *end = p->room + ROOM_BYTES;
    const Drf__V1__Context *c = &m->context;
    if (packed->ahead && c->n_obstacles == packed->obstacles && c->n_traffic == packed->traffic)
        return (size_t)(append(bytes, p->head, end) - bytes);
    uint8_t *at = append(bytes, p->head, p->ahead);
    if (packed->ahead) {
        at = append(at, p->ahead, p->weather);
    } else {
        const uint8_t *ahead_end = p->room_ahead + AHEAD_BYTES;
        const uint8_t *ahead = put(m, AHEAD, AHEAD, p->room_ahead, p->room_ahead + AHEAD_BYTES);
        assert(ahead != NULL); // half as many segments as there were, at most
        at = append(at, ahead, ahead_end);
    }
    at = append(at, p->weather, p->obstacle[c->n_obstacles]);
    at = append(at, p->obstacle[packed->obstacles], p->traffic[c->n_traffic]);
    const uint8_t *tail = put(m, TAIL, UINT32_MAX, p->room, p->room + ROOM_BYTES);
    assert(tail != NULL); // there was room for nearly the same
    return (size_t)(append(at, tail, end) - bytes);
}

enum drf_status edge_wire_context_encode(enum edge_wire_form form,
                                         const struct edge_wire_context *context,
                                         uint8_t *bytes, size_t *size)
{
    struct edge_wire_message message;
    struct pieces pieces;
    edge_wire_message_fill(&message, context);
    if (context->untrimmed)
        return edge_wire_pack(form, &message.context.base, bytes, size);
    struct there packed = {message.context.n_obstacles, message.context.n_traffic, true};
    const size_t segments = message.look_ahead.n_segments;
    const bool packed_once = form != EDGE_WIRE_JSON && *size >= EDGE_WIRE_CONTEXT_MAX
                             && pack_pieces(&message, &pieces);
    struct sizes sizes = packed_once ? sizes_of(&message, &pieces) : measure(&message);
    const bool by_pieces = fit(&message, context, &sizes);
    if (!packed_once || !by_pieces)
        return edge_wire_pack(form, &message.context.base, bytes, size);
    packed.ahead = message.look_ahead.n_segments == segments;
    *size = join(&message, &pieces, &packed, bytes);
    return DRF_OK;
}
