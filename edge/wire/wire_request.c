// SPDX-License-Identifier: Apache-2.0
// Requests of drones, queries of anybody, and the answer to a query that has none.
#include <assert.h>
#include <string.h>

#include "drf/v1/query.pb-c.h"
#include "drf/v1/reply.pb-c.h"
#include "edge/wire/wire_parts.h"

#define YEAR_US (INT64_C(366) * 86400 * 1000000)
#define SET(message, field, to) ((message)->has_##field = 1, (message)->field = (to))

static bool landing(struct edge_wire_refusal *refusal, const Drf__V1__LandingRequest *m,
                    struct edge_wire_request *out)
{
    assert(m != NULL);
    out->landing_radius_m = 5.0;
    return edge_wire_position(refusal, "landing.", m->has_lat_e7, m->lat_e7, m->has_lon_e7,
                              m->lon_e7, &out->landing_at)
           && edge_wire_real(refusal, "landing.radius_m", m->has_radius_m, m->radius_m, 1.0,
                             100.0, &out->landing_radius_m);
}

static bool spacing(struct edge_wire_refusal *refusal, const char *field_path, bool has,
                    uint32_t spacing_m, struct edge_wire_request *out)
{
    if (has && (spacing_m < 1 || spacing_m > FUSION_TERRAIN_SPACING_MAX_M))
        return edge_wire_refuse(refusal, field_path, "is not within 1 .. 1000");
    out->block.spacing_m = (uint16_t)(has ? spacing_m : 100); // ArduPilot's default
    return true;
}

static bool terrain(struct edge_wire_refusal *refusal, const Drf__V1__TerrainRequest *m,
                    struct edge_wire_request *out)
{
    assert(m != NULL);
    struct geo_point corner;
    if (!edge_wire_position(refusal, "terrain.", m->has_lat_e7, m->lat_e7, m->has_lon_e7,
                            m->lon_e7, &corner)
        || !spacing(refusal, "terrain.grid_spacing_m", m->has_grid_spacing_m, m->grid_spacing_m,
                    out))
        return false;
    out->block.corner = (struct fusion_e7){m->lat_e7, m->lon_e7};
    out->mask = m->has_mask ? m->mask & FUSION_TERRAIN_MASK : FUSION_TERRAIN_MASK;
    if (out->mask == 0)
        return edge_wire_refuse(refusal, "terrain.mask", "asks for none of the 56 tiles");
    return true;
}

static bool preload(struct edge_wire_refusal *refusal, const Drf__V1__PreloadRequest *m,
                    struct edge_wire_request *out)
{
    assert(m != NULL);
    out->margin_m = 200.0;
    if (!edge_wire_name(refusal, "preload.plan_id", m->plan_id, out->plan_id)
        || !spacing(refusal, "preload.grid_spacing_m", m->has_grid_spacing_m, m->grid_spacing_m,
                    out)
        || !edge_wire_real(refusal, "preload.margin_m", m->has_margin_m, m->margin_m, 0.0,
                           5000.0, &out->margin_m))
        return false;
    bool box =
        m->has_south_lat_e7 && m->has_west_lon_e7 && m->has_north_lat_e7 && m->has_east_lon_e7;
    if (box == (out->plan_id[0] != '\0'))
        return edge_wire_refuse(refusal, "preload", "is not either a plan_id or a whole box");
    if (!box)
        return true;
    if (m->south_lat_e7 < -900000000 || m->north_lat_e7 > 900000000
        || m->south_lat_e7 > m->north_lat_e7 || m->west_lon_e7 < -1800000000
        || m->west_lon_e7 > 1800000000 || m->east_lon_e7 < -1800000000
        || m->east_lon_e7 > 1800000000)
        return edge_wire_refuse(refusal, "preload", "is not a box on the globe");
    out->south_west = (struct fusion_e7){m->south_lat_e7, m->west_lon_e7};
    out->north_east = (struct fusion_e7){m->north_lat_e7, m->east_lon_e7};
    return true;
}

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
    if ((request.landing && !landing(refusal, m->landing, &request))
        || (request.terrain && !terrain(refusal, m->terrain, &request))
        || (request.preload && !preload(refusal, m->preload, &request))) {
        memcpy(refusal->correlation, request.correlation, sizeof request.correlation);
        return DRF_ERR_RANGE;
    }
    *out = request;
    return DRF_OK;
}

enum drf_status edge_wire_query_decode(struct edge_wire *wire, enum edge_wire_form form,
                                       const uint8_t *bytes, size_t size, int64_t now_utc_us,
                                       struct fusion_point_ask *out,
                                       struct edge_wire_refusal *refusal)
{
    const ProtobufCMessage *message =
        edge_wire_unpack(wire, form, &drf__v1__query__descriptor, bytes, size, refusal);
    if (message == NULL)
        return DRF_ERR_SYNTAX;
    const Drf__V1__Query *m = (const Drf__V1__Query *)message;
    struct fusion_point_ask ask = {
        .agl_m = 10.0,
        .radius_m = 2000.0,
        .now_utc_us = m->has_time_us ? m->time_us : now_utc_us,
        .nearest = m->has_nearest && m->nearest,
    };
    if (!edge_wire_position(refusal, "", m->has_lat_e7, m->lat_e7, m->has_lon_e7, m->lon_e7,
                            &ask.position)
        || !edge_wire_real(refusal, "agl_m", m->has_agl_m, m->agl_m, 0.0, 20000.0, &ask.agl_m)
        || !edge_wire_real(refusal, "radius_m", m->has_radius_m, m->radius_m, 0.0, 50000.0,
                           &ask.radius_m))
        return DRF_ERR_RANGE;
    // A year either way: sums of times stay far from what an integer holds.
    int64_t ahead_us = ask.now_utc_us / 2 - now_utc_us / 2;
    if (ahead_us > YEAR_US / 2 || ahead_us < -YEAR_US / 2) {
        (void)edge_wire_refuse(refusal, "time_us", "is more than a year from now");
        return DRF_ERR_RANGE;
    }
    *out = ask;
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
