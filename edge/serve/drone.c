// SPDX-License-Identifier: Apache-2.0
#include "edge/serve/drone.h"

#include "geo/earth.h"
#include "geo/length.h"
#include "geo/tile.h"

#include <math.h>

enum {
    REQUEST_INTERVAL_US = 200000,
    REQUEST_SLACK_US = 5000000,
    REQUEST_TOLD_US = 1000000,
};

bool edge_pace_ready(const struct edge_pace *pace, int64_t now_mono_us, int64_t slack_us)
{
    return now_mono_us >= pace->next_mono_us - slack_us;
}

void edge_pace_take(struct edge_pace *pace, int64_t now_mono_us, int64_t interval_us,
                    int64_t slack_us)
{
    if (pace->next_mono_us < now_mono_us - slack_us)
        pace->next_mono_us = now_mono_us - slack_us;
    pace->next_mono_us += interval_us;
}

enum { SENT_UNIT_US = 10000 };
static uint16_t units(int64_t mono_us) { return (uint16_t)(mono_us / SENT_UNIT_US); }

uint32_t edge_drone_send(struct edge_drone *drone, int64_t now_mono_us)
{
    uint32_t seq = ++drone->stream.sent_seq;
    drone->stream.sent_at[seq % EDGE_SENT_TIMES] = units(now_mono_us);
    return seq;
}

void edge_drone_seen(struct edge_drone *drone, uint32_t context_seq)
{
    struct edge_drone_stream *stream = &drone->stream;
    if (context_seq <= stream->sent_seq && context_seq > stream->seen_seq)
        stream->seen_seq = context_seq;
}

int64_t edge_drone_unseen_us(const struct edge_drone *drone, int64_t now_mono_us)
{
    const struct edge_drone_stream *stream = &drone->stream;
    uint32_t unseen = stream->sent_seq - stream->seen_seq;
    if (unseen == 0)
        return 0;
    if (unseen > EDGE_SENT_TIMES)
        return INT64_MAX;
    uint16_t sent_at = stream->sent_at[(stream->seen_seq + 1) % EDGE_SENT_TIMES];
    return (int64_t)(uint16_t)(units(now_mono_us) - sent_at) * SENT_UNIT_US;
}

enum edge_request_limit edge_drone_request(struct edge_drone *drone, int64_t now_mono_us,
                                           uint32_t *count)
{
    *count = 0;
    if (edge_pace_ready(&drone->request_pace, now_mono_us, REQUEST_SLACK_US)) {
        edge_pace_take(&drone->request_pace, now_mono_us, REQUEST_INTERVAL_US, 0);
        return EDGE_REQUEST_ALLOWED;
    }
    drone->requests_untold++;
    if (now_mono_us - drone->request_told_mono_us < REQUEST_TOLD_US)
        return EDGE_REQUEST_REFUSED_SILENTLY;
    *count = drone->requests_untold;
    drone->requests_untold = 0;
    drone->request_told_mono_us = now_mono_us;
    return EDGE_REQUEST_REFUSED;
}

enum edge_order edge_drone_order(const struct edge_drone *drone, uint64_t drone_boot_id,
                                 uint32_t seq, int64_t time_utc_us, bool time_from_arrival,
                                 uint32_t *lost)
{
    const struct edge_drone_report *last = &drone->report;
    *lost = 0;
    if (!drone->has_report || drone_boot_id != last->drone_boot_id)
        return EDGE_ORDER_NEXT;

    bool timed = !time_from_arrival && !last->time_from_arrival;
    int64_t later_us = timed ? time_utc_us - last->fix.time_utc_us : 0;
    if (seq != 0 && last->seq != 0) {
        if (seq <= last->seq || later_us < 0)
            return EDGE_ORDER_BACK;
        *lost = seq - last->seq - 1;
        return EDGE_ORDER_NEXT;
    }
    return timed && later_us <= 0 ? EDGE_ORDER_BACK : EDGE_ORDER_NEXT;
}

// Narrows [*enter, *leave] to where start + t * step lies within [low, high].
static bool clip(double step, double low, double high, double *enter, double *leave)
{
    if (fabs(step) < 1e-9)
        return low <= 0 && 0 <= high;
    double a = low / step, b = high / step;
    *enter = fmax(*enter, fmin(a, b));
    *leave = fmin(*leave, fmax(a, b));
    return *enter <= *leave;
}

bool edge_drone_affected(const struct edge_drone *drone, struct geo_bounds changed)
{
    if (!drone->reporting)
        return false;
    const struct fusion_fix *fix = &drone->report.fix;
    double north_m = GEO_EARTH_M_PER_DEG;
    double east_m = GEO_EARTH_M_PER_DEG * cos(fix->position.lat_deg * GEO_RAD_PER_DEG);
    double half_m = (double)drone->concern_half_m, length_m = (double)drone->concern_length_m;
    double west = (changed.west_deg - fix->position.lon_deg) * east_m;
    double east = (changed.east_deg - fix->position.lon_deg) * east_m;
    double south = (changed.south_deg - fix->position.lat_deg) * north_m;
    double north = (changed.north_deg - fix->position.lat_deg) * north_m;

    double speed_mps = geo_length(fix->velocity_north_mps, fix->velocity_east_mps);
    if (!drone->concern_straight || !fix->velocity_known || speed_mps < 1e-3) {
        double dx = fmax(0, fmax(west, -east)), dy = fmax(0, fmax(south, -north));
        return geo_length(dx, dy) <= length_m + half_m;
    }
    double enter = 0, leave = 1;
    return clip(fix->velocity_east_mps / speed_mps * length_m, west - half_m, east + half_m,
                &enter, &leave)
           && clip(fix->velocity_north_mps / speed_mps * length_m, south - half_m,
                   north + half_m, &enter, &leave);
}
