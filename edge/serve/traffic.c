// SPDX-License-Identifier: Apache-2.0
// Aircraft from traffic feeds: which may come near a drone, which drones a new report affects.
// The root has them in the buckets of their reported places, and they fly on: so the window
// that is searched is wider by what the fastest of them flies until its track expires. A new
// report is pushed to the drones whose next context it may change, found by the earliest time
// at which both can meet.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "edge/serve/serve_parts.h"
#include "fusion/root/bucket.h"
#include "geo/earth.h"
#include "geo/length.h"

// Both accuracies across and their growth: more than any two aircraft need.
#define SLACK_M 500.0
// Up and down: accuracies, heights in different frames (fusion/aircraft/encounter.h), a climb
// begun.
#define SLACK_UP_M 1000.0
// Silent for longer: what is shown is a prediction.
#define PREDICT_AFTER_S 3.0
// An aircraft whose size nobody said.
#define RADIUS_M 20.0

// A receiver's clock may be ahead of ours: each of its reports would then be hidden until the
// next one takes its place. It is shown as of now, with the time it says.
static bool current(const struct edge_serve *serve, const struct fusion_track *track,
                    double *age_s)
{
    int64_t age_us = serve->now.utc_us - track->track.time_utc_us;
    int64_t keep_us = serve->root->traffic->keep_us;
    *age_s = age_us > 0 ? (double)age_us * 1e-6 : 0.0;
    return age_us <= keep_us && age_us >= -keep_us;
}

void edge_traffic_around(
    struct edge_serve *serve, struct geo_point here, double speed_mps, double horizon_s,
    void (*visit)(void *self, const struct fusion_track *track, double age_s), void *self)
{
    const struct fusion_traffic *traffic = serve->root != NULL ? serve->root->traffic : NULL;
    if (traffic == NULL || serve->root->buckets.columns == 0)
        return;
    // a track stands in the bucket of its last report, and flew on since
    double reach_m = SLACK_M + traffic->acc95_max_m + (speed_mps + 1.0) * horizon_s
                     + traffic->speed_max_mps * (horizon_s + (double)traffic->keep_us * 1e-6);
    struct geo_frame frame = geo_frame_at(here);
    struct fusion_window window = fusion_window_around(&serve->root->buckets, &frame, reach_m);
    uint32_t count = fusion_window_count(&window);
    for (uint32_t index = 0; index < count; index++) {
        size_t bucket;
        if (!fusion_window_index(serve->root, &window, index, &bucket))
            continue;
        for (uint32_t i = traffic->first_of[bucket]; i < traffic->first_of[bucket + 1]; i++) {
            double age_s;
            if (current(serve, &traffic->tracks[i], &age_s))
                visit(self, &traffic->tracks[i], age_s);
        }
    }
}

static void put_heights(const struct geo_track *track, struct fusion_neighbour *out)
{
    out->amsl_known = (track->flags & GEO_TRACK_AMSL) != 0;
    out->amsl_m = track->alt_amsl_m;
    out->wgs84_known = (track->flags & GEO_TRACK_WGS84) != 0;
    out->wgs84_m = track->alt_wgs84_m;
    out->pressure_known = (track->flags & GEO_TRACK_PRESSURE) != 0;
    out->pressure_m = track->alt_pressure_m;
    out->amsl_acc95_m = track->altitude_acc95_m;
}

// Straight on from its last report to now.
static void predict(double age_s, struct fusion_neighbour *out)
{
    struct geo_frame frame = geo_frame_at(out->position);
    struct geo_offset way = {.east_m = out->velocity_east_mps * age_s,
                             .north_m = out->velocity_north_mps * age_s};
    struct geo_point there = geo_frame_point(&frame, way);
    if (there.lon_deg > 180.0)
        there.lon_deg -= 360.0;
    else if (there.lon_deg < -180.0)
        there.lon_deg += 360.0;
    double up_m = out->velocity_up_mps * age_s;
    out->predicted = true;
    out->position = there;
    out->time_utc_us += (int64_t)(age_s * 1e6);
    out->amsl_m += out->amsl_known ? up_m : 0.0;
    out->wgs84_m += out->wgs84_known ? up_m : 0.0;
    out->pressure_m += out->pressure_known ? up_m : 0.0;
    out->horizontal_acc95_m += out->growth_mps * age_s;
    out->horizontal_counted_m += out->growth_mps * age_s;
    out->reach_m = out->reach_mps * age_s;
}

void edge_traffic_neighbour(const struct fusion_track *track, double age_s,
                            struct fusion_neighbour *out)
{
    const struct geo_track *said = &track->track;
    bool moving = (said->flags & GEO_TRACK_VELOCITY) != 0;
    bool still = moving || (said->flags & GEO_TRACK_ON_GROUND) != 0;
    bool paced = (said->flags & GEO_TRACK_SPEED) != 0;
    double speed_mps = geo_length(said->velocity_north_mps, said->velocity_east_mps);
    *out = (struct fusion_neighbour){
        .traffic_id = said->id,
        .icao24 = said->icao24[0] != '\0' ? said->icao24 : NULL,
        .category = said->category[0] != '\0' ? said->category : NULL,
        .source = track->source->source,
        .position = said->position,
        .time_utc_us = said->time_utc_us,
        .velocity_known = moving,
        .velocity_up_known = (said->flags & GEO_TRACK_UP) != 0,
        .on_ground = (said->flags & GEO_TRACK_ON_GROUND) != 0,
        .predicted = (said->flags & GEO_TRACK_PREDICTED) != 0,
        .velocity_north_mps = said->velocity_north_mps,
        .velocity_east_mps = said->velocity_east_mps,
        .velocity_up_mps = said->velocity_up_mps,
        .unconfirmed = (said->flags & GEO_TRACK_UNCONFIRMED) != 0,
        .horizontal_assumed = (said->flags & GEO_TRACK_HORIZONTAL_ASSUMED) != 0,
        .altitude_assumed = (said->flags & GEO_TRACK_ALTITUDE_ASSUMED) != 0,
        .reach_mps = still   ? 0.0
                     : paced ? said->speed_mps
                             : FUSION_TRACK_SPEED_WORST_MPS,
        .reach_assumed = !still && !paced,
        .radius_m = RADIUS_M,
        .horizontal_acc95_m = said->horizontal_acc95_m,
        .horizontal_counted_m =
            fmin(said->horizontal_acc95_m, said->horizontal_default_acc95_m),
        .amsl_counted_m = fmin(said->altitude_acc95_m, said->altitude_default_acc95_m),
        // it may turn: a tenth of its speed aside
        .growth_mps = fmax(FUSION_VELOCITY_ACC95_DEFAULT_MPS, 0.1 * speed_mps),
    };
    put_heights(said, out);
    if (age_s > PREDICT_AFTER_S)
        predict(age_s, out);
}

// Whether they are too far apart in height to meet within the horizon, whatever the frames.
static bool far_above(const struct edge_drone *drone, const struct fusion_neighbour *other,
                      double horizon_s)
{
    const struct fusion_fix *fix = &drone->report.fix;
    bool own_known = fix->wgs84.known || fix->amsl.known || fix->pressure.known;
    bool other_known = other->wgs84_known || other->amsl_known || other->pressure_known;
    if (!own_known || !other_known)
        return false;
    double own_m = fix->amsl.known    ? fix->amsl.m
                   : fix->wgs84.known ? fix->wgs84.m
                                      : fix->pressure.m;
    double other_m = other->amsl_known    ? other->amsl_m
                     : other->wgs84_known ? other->wgs84_m
                                          : other->pressure_m;
    double climb_mps = fabs(other->velocity_up_mps) + fabs(fix->velocity_up_mps);
    return fabs(other_m - own_m) > SLACK_UP_M + drone->profile.limits.clearance_min_m
                                       + other->amsl_acc95_m + climb_mps * horizon_s;
}

double edge_traffic_soonest_s(const struct edge_drone *drone,
                              const struct fusion_neighbour *other, double acc95_m,
                              int64_t now_utc_us)
{
    const struct fusion_fix *fix = &drone->report.fix;
    const struct geo_point here = fix->position, there = other->position;
    if (other->on_ground || far_above(drone, other, drone->profile.limits.look_ahead_s))
        return HUGE_VAL;
    double lon_deg = remainder(there.lon_deg - here.lon_deg, 360.0);
    double north_m = (there.lat_deg - here.lat_deg) * GEO_EARTH_M_PER_DEG;
    double east_m = lon_deg * GEO_EARTH_M_PER_DEG * cos(here.lat_deg * GEO_RAD_PER_DEG);
    double own_mps =
        fix->velocity_known ? geo_length(fix->velocity_north_mps, fix->velocity_east_mps) : 0.0;
    double closing_mps = own_mps
                         + geo_length(other->velocity_north_mps, other->velocity_east_mps)
                         + other->reach_mps + 1.0;
    double late_s = fmax((double)(now_utc_us - other->time_utc_us) * 1e-6, 0.0)
                    + fmax((double)(now_utc_us - fix->time_utc_us) * 1e-6, 0.0);
    double slack_m = SLACK_M + drone->profile.limits.clearance_min_m + acc95_m + other->reach_m
                     + closing_mps * late_s;
    return (geo_length(east_m, north_m) * 0.99 - slack_m) / closing_mps;
}

bool edge_traffic_vanished(const struct edge_serve *serve, const struct edge_drone *drone)
{
    const struct drf_limits *limits = &serve->config->limits;
    return limits->lost_link_after_us > 0
           && serve->now.mono_us - drone->report.arrival_mono_us
                  > limits->lost_link_after_us + limits->lost_link_keep_us;
}

bool edge_traffic_own(const struct edge_serve *serve, const char *id)
{
    const struct edge_drone *own = edge_fleet_find(serve->fleet, id);
    return own != NULL && own->slot.reporting && !edge_traffic_vanished(serve, own);
}

struct push {
    struct edge_serve *serve;
    struct fusion_neighbour other;
    const char *id;
};

static void push_drone(void *self, struct edge_drone *drone)
{
    const struct push *push = self;
    if (strcmp(drone->id, push->id) != 0
        && edge_traffic_soonest_s(drone, &push->other, push->other.horizontal_counted_m,
                                  push->serve->now.utc_us)
               <= FUSION_CAUTION_S)
        edge_schedule_push(push->serve, drone);
}

void edge_traffic_push(struct edge_serve *serve)
{
    const struct fusion_traffic *traffic = serve->root->traffic;
    uint64_t seen = serve->traffic_epoch;
    serve->traffic_epoch = serve->root->epoch;
    for (size_t i = 0; traffic != NULL && i < traffic->count; i++) {
        const struct fusion_track *track = &traffic->tracks[i];
        double age_s;
        if (track->epoch <= seen || !current(serve, track, &age_s)
            || edge_traffic_own(serve, track->track.id))
            continue;
        struct push push = {.serve = serve, .id = track->track.id};
        edge_traffic_neighbour(track, age_s, &push.other);
        double speed_mps =
            geo_length(push.other.velocity_north_mps, push.other.velocity_east_mps)
            + push.other.reach_mps;
        double reach_m = SLACK_M + push.other.horizontal_counted_m + push.other.reach_m
                         + (speed_mps + edge_fleet_speed_max_mps(serve->fleet) + 1.0)
                               * (FUSION_CAUTION_S + 5.0);
        struct geo_point at = push.other.position;
        const struct geo_bounds here = {.west_deg = at.lon_deg,
                                        .south_deg = at.lat_deg,
                                        .east_deg = at.lon_deg,
                                        .north_deg = at.lat_deg};
        edge_fleet_around(serve->fleet, here, reach_m, push_drone, &push);
    }
}

static void show(const struct fusion_track *from, struct edge_view_track *out)
{
    const struct geo_track *track = &from->track;
    const double north = track->velocity_north_mps, east = track->velocity_east_mps;
    *out = (struct edge_view_track){
        .report_utc_us = track->time_utc_us,
        .lat_e7 = edge_view_scaled(track->position.lat_deg, 1e7),
        .lon_e7 = edge_view_scaled(track->position.lon_deg, 1e7),
        .amsl_cm = EDGE_VIEW_UNKNOWN,
        .track_cdeg_true = EDGE_VIEW_UNKNOWN,
        .speed_cmps = EDGE_VIEW_UNKNOWN,
        .flags = track->flags,
    };
    (void)snprintf(out->id, sizeof out->id, "%s", track->id);
    (void)snprintf(out->source, sizeof out->source, "%.*s", (int)sizeof out->source - 1,
                   from->source->source);
    if ((track->flags & GEO_TRACK_AMSL) != 0)
        out->amsl_cm = edge_view_scaled(track->alt_amsl_m, 100.0);
    if ((track->flags & GEO_TRACK_VELOCITY) != 0) {
        out->speed_cmps = edge_view_scaled(hypot(north, east), 100.0);
        out->track_cdeg_true = edge_view_track(north, east);
    } else if ((track->flags & GEO_TRACK_SPEED) != 0) {
        out->speed_cmps = edge_view_scaled(track->speed_mps, 100.0);
    }
}

void edge_traffic_show(const struct edge_serve *serve, struct edge_view_tracks *out)
{
    const struct fusion_traffic *traffic = serve->root != NULL ? serve->root->traffic : NULL;
    out->utc_us = serve->now.utc_us;
    out->count = out->left_out = 0;
    for (size_t i = 0; traffic != NULL && i < traffic->count; i++) {
        double age_s;
        if (!current(serve, &traffic->tracks[i], &age_s)
            || edge_traffic_own(serve, traffic->tracks[i].track.id))
            continue;
        if (out->count == EDGE_VIEW_TRACKS_MAX)
            out->left_out++;
        else
            show(&traffic->tracks[i], &out->tracks[out->count++]);
    }
}
