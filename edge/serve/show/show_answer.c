// SPDX-License-Identifier: Apache-2.0
// Answers what those who look ask, a bounded part a step: what is known at a point, as the
// query over MQTT gives it, and the wind at many.
#include <stdio.h>

#include "edge/serve/serve_parts.h"

enum { WIND_POINTS_PER_STEP = 8 };

static bool on_globe(struct geo_point point)
{
    return fabs(point.lat_deg) <= 90.0 && fabs(point.lon_deg) <= 180.0; // false for NaN
}

static void answer_position(const struct edge_serve *serve, struct fusion_builder *builder,
                            const struct edge_view_question *question,
                            struct edge_view_answer *answer)
{
    const struct fusion_point_ask ask = {.position = question->position,
                                         .agl_m = question->agl_m,
                                         .radius_m = question->radius_m,
                                         .now_utc_us = serve->now.utc_us};
    struct edge_wire_refusal refusal = {.code = EDGE_REPLY_NOT_AVAILABLE};
    enum edge_reply_code code;
    enum drf_status status = DRF_ERR_AGAIN;
    size_t size = sizeof answer->json;
    uint8_t *bytes = (uint8_t *)answer->json;
    if (!on_globe(question->position) || !isfinite(question->agl_m)
        || !isfinite(question->radius_m)) {
        refusal.code = EDGE_REPLY_INVALID;
        (void)snprintf(refusal.text, sizeof refusal.text, "not a place on the globe");
    } else if (serve->root == NULL) {
        (void)snprintf(refusal.text, sizeof refusal.text, EDGE_QUERY_LOADING);
    } else {
        status = edge_query_answer(serve, builder, &ask, EDGE_WIRE_JSON, bytes, &size, &code);
        (void)snprintf(refusal.text, sizeof refusal.text, EDGE_QUERY_TOO_LARGE);
    }
    if (status != DRF_OK) {
        size = sizeof answer->json;
        status = edge_query_refuse(serve, EDGE_WIRE_JSON, &refusal, bytes, &size);
    }
    answer->size = status == DRF_OK ? (uint32_t)size : 0;
}

static struct edge_view_wind wind_at(const struct edge_serve *serve,
                                     struct fusion_planes *planes, struct geo_point position,
                                     double agl_m)
{
    struct edge_view_wind out = {.reason = FUSION_REASON_LOADING,
                                 .speed_cmps = EDGE_VIEW_UNKNOWN,
                                 .from_cdeg_true = EDGE_VIEW_UNKNOWN};
    if (serve->root == NULL)
        return out;
    if (!on_globe(position) || !isfinite(agl_m)) {
        out.reason = FUSION_REASON_NO_DATA;
        return out;
    }
    const struct fusion_weather_ask ask = {.position = position,
                                           .agl_known = true,
                                           .agl_m = agl_m,
                                           .now_utc_us = serve->now.utc_us};
    struct fusion_weather_at weather;
    fusion_weather_ask(planes, serve->root, &ask, &weather);
    const struct fusion_quantity *wind = &weather.items[FUSION_WIND];
    out.reason = wind->reason;
    if (wind->reason != FUSION_REASON_NONE)
        return out;
    out.reason = 0;
    const double east = wind->direction_unknown ? 0.0 : wind->value_east;
    out.speed_cmps = edge_view_scaled(hypot(wind->value, east), 100.0);
    if (!wind->direction_unknown)
        out.from_cdeg_true = edge_view_track(-wind->value, -east);
    return out;
}

bool edge_show_answer(const struct edge_serve *serve, struct edge_viewing *viewing,
                      struct edge_show_answering *with)
{
    const struct edge_view_question *question = edge_viewing_asked(viewing);
    if (question == NULL)
        return false;
    struct edge_view_answer *out = edge_viewing_blank(viewing);
    out->utc_us = serve->now.utc_us;
    out->size = out->count = 0;
    if (question->kind == EDGE_VIEW_ASK_POSITION) {
        answer_position(serve, with->builder, question, out);
    } else {
        const uint32_t points = question->count < EDGE_VIEW_WIND_POINTS_MAX
                                    ? question->count
                                    : EDGE_VIEW_WIND_POINTS_MAX;
        for (uint32_t i = 0; i < WIND_POINTS_PER_STEP && with->winds < points; i++) {
            const struct geo_point at = question->points[with->winds];
            out->winds[with->winds++] = wind_at(serve, with->planes, at, question->agl_m);
        }
        if (with->winds < points)
            return true;
        out->count = points;
    }
    with->winds = 0;
    edge_viewing_answered(viewing);
    return false;
}
