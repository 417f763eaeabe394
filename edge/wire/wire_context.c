// SPDX-License-Identifier: Apache-2.0
// A context that always fits: what is shed, in which order, and how the reader is told. It is
// packed once, in pieces from its end to its beginning; where obstacles must go, the pieces of
// the others are joined. Only when that is not enough are segments, traffic, weather, alerts,
// advisories and texts shed in this order, by sizes that are added and subtracted, and the rest
// is packed again.
#include <assert.h>
#include <stdbool.h>
#include <string.h>

#include "edge/wire/wire_message.h"
#include "edge/wire/wire_pack.h"
#include "edge/wire/wire_parts.h"

#define SET(message, field, to) ((message)->has_##field = 1, (message)->field = (to))

static size_t packed(const struct edge_wire_message *m)
{
    return edge_wire_pack_size(&m->context.base);
}

// What a message of up to 16 KB takes as a field. The library measures by walking over every
// field there is, which costs more than packing: each part is measured once.
static size_t part(size_t tag_bytes, const ProtobufCMessage *message)
{
    size_t body = edge_wire_pack_size(message);
    return tag_bytes + (body < 128 ? 1U : 2U) + body;
}

enum { LOW_TAG = 1, HIGH_TAG = 2 }; // bytes of a field's number up to 15, and beyond

// The packed size of the context's own fields, without the messages in it.
static size_t own(const struct edge_wire_message *m)
{
    Drf__V1__Context c = m->context;
    c.height = NULL;
    c.look_ahead = NULL;
    c.weather = NULL;
    c.n_obstacles = c.n_advisories = c.n_layer_states = c.n_advisories_brief = 0;
    c.n_alerts = c.n_traffic = 0;
    return edge_wire_pack_size(&c.base);
}

// What telling of obstacles takes, at most: three fields of a two-byte tag and a varint.
enum { TELLING = 2 + 5 + 2 + 1 + 2 + 1 };

// What a context takes without its obstacles, and each of these.
struct sizes {
    size_t bare, obstacles[FUSION_NEAREST_MAX];
};

// As many of the obstacles that are there as fit beside `bare` bytes, nearest first; the rest
// is counted. False: more has to go.
static bool list_obstacles(struct edge_wire_message *m, const struct sizes *sizes, size_t max)
{
    Drf__V1__Context *c = &m->context;
    const size_t there = c->n_obstacles, bare = sizes->bare;
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

// As much traffic as fits beside `parts`, which hold it too; the most urgent are kept longest.
// Returns the packed size.
static size_t shed_traffic(struct edge_wire_message *m, size_t parts, size_t max)
{
    Drf__V1__Context *c = &m->context;
    size_t size = own(m) + parts;
    while (c->n_traffic > 0 && size > max) {
        c->n_traffic--;
        parts -= part(HIGH_TAG, &c->traffic[c->n_traffic]->base);
        SET(c, traffic_left_out, (c->has_traffic_left_out ? c->traffic_left_out : 0) + 1);
        SET(c, shed, (c->has_shed ? c->shed : 0) | EDGE_WIRE_SHED_TRAFFIC);
        size = own(m) + parts;
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

// Halves the number of segments by joining neighbours until `parts`, which hold them, fit.
// Returns what these have become.
static size_t shed_segments(struct edge_wire_message *m, const struct edge_wire_context *from,
                            size_t parts, size_t max)
{
    Drf__V1__Context *c = &m->context;
    if (from->context->look_ahead.segment_count <= 1 || own(m) + parts <= max)
        return parts;
    struct fusion_look_ahead ahead = from->context->look_ahead;
    size_t others = parts - part(LOW_TAG, &m->look_ahead.base);
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
        parts = others + part(LOW_TAG, &m->look_ahead.base);
    } while (ahead.segment_count > 1 && own(m) + parts > max);
    return parts;
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
// True: obstacles were enough, and only what tells of them has changed.
static bool fit(struct edge_wire_message *m, const struct edge_wire_context *from,
                const struct sizes *sizes)
{
    const size_t max = limit_of(from);
    size_t parts = sizes->bare + TELLING > max ? sizes->bare - own(m) : 0;
    if (list_obstacles(m, sizes, max))
        return true;
    parts = shed_segments(m, from, parts, max);
    if (shed_traffic(m, parts, max) <= EDGE_WIRE_CONTEXT_MAX)
        return false;
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
    const size_t there = c->n_obstacles;
    for (size_t i = 0; i < there; i++)
        sizes.obstacles[i] = part(LOW_TAG, &c->obstacles[i]->base);
    c->n_obstacles = 0;
    sizes.bare = packed(m);
    c->n_obstacles = there;
    return sizes;
}

// Numbers of fields in Context: what follows the obstacles, and of this what tells of them.
enum { OBSTACLES = 11, AFTER = 12, TELLING_OF_THEM = 22 };
// More than any context takes before something is shed.
enum { ROOM_BYTES = 16384 };

// A context packed in pieces, one behind the other to the end of `room`.
struct pieces {
    uint8_t room[ROOM_BYTES];
    const uint8_t *head, *obstacle[FUSION_NEAREST_MAX + 1]; // their end too, where the rest is
    const uint8_t *telling;
};

static uint8_t *put(const struct edge_wire_message *m, uint32_t first, uint32_t last,
                    uint8_t *begin, uint8_t *end)
{
    return end != NULL ? edge_wire_pack_fields(&m->context.base, first, last, begin, end)
                       : NULL;
}

// False: no room.
static bool pack_pieces(struct edge_wire_message *m, struct pieces *p)
{
    Drf__V1__Context *c = &m->context;
    Drf__V1__Obstacle **obstacles = c->obstacles;
    const size_t there = c->n_obstacles;
    uint8_t *at = put(m, TELLING_OF_THEM, UINT32_MAX, p->room, p->room + ROOM_BYTES);
    p->telling = at;
    at = put(m, AFTER, TELLING_OF_THEM - 1, p->room, at);
    p->obstacle[there] = at;
    c->n_obstacles = 1;
    for (size_t i = there; i > 0; i--) {
        c->obstacles = &obstacles[i - 1];
        at = put(m, OBSTACLES, OBSTACLES, p->room, at);
        p->obstacle[i - 1] = at;
    }
    c->obstacles = obstacles;
    c->n_obstacles = there;
    p->head = put(m, 1, OBSTACLES - 1, p->room, at);
    return p->head != NULL;
}

static struct sizes sizes_of(const struct pieces *p, size_t there)
{
    struct sizes sizes = {.bare = (size_t)(p->room + ROOM_BYTES - p->head)
                                  - (size_t)(p->obstacle[there] - p->obstacle[0])};
    for (size_t i = 0; i < there; i++)
        sizes.obstacles[i] = (size_t)(p->obstacle[i + 1] - p->obstacle[i]);
    return sizes;
}

static uint8_t *append(uint8_t *to, const uint8_t *from, const uint8_t *end)
{
    memcpy(to, from, (size_t)(end - from));
    return to + (end - from);
}

// The pieces without the obstacles that were left out, of which it tells now.
static size_t join(const struct edge_wire_message *m, struct pieces *p, size_t there,
                   uint8_t *bytes)
{
    const uint8_t *end = p->room + ROOM_BYTES;
    if (m->context.n_obstacles == there)
        return (size_t)(append(bytes, p->head, end) - bytes);
    uint8_t *at = append(bytes, p->head, p->obstacle[m->context.n_obstacles]);
    at = append(at, p->obstacle[there], p->telling);
    const uint8_t *telling = put(m, TELLING_OF_THEM, UINT32_MAX, p->room, p->room + ROOM_BYTES);
    assert(telling != NULL); // there was room for nearly the same
    return (size_t)(append(at, telling, end) - bytes);
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
    const size_t there = message.context.n_obstacles;
    const bool packed_once = form != EDGE_WIRE_JSON && *size >= EDGE_WIRE_CONTEXT_MAX
                             && pack_pieces(&message, &pieces);
    const struct sizes sizes = packed_once ? sizes_of(&pieces, there) : measure(&message);
    const bool listed = fit(&message, context, &sizes);
    if (!packed_once || !listed)
        return edge_wire_pack(form, &message.context.base, bytes, size);
    *size = join(&message, &pieces, there, bytes);
    return DRF_OK;
}
