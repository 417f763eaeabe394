// SPDX-License-Identifier: Apache-2.0
// Who else flies near a drone, where a drone with a lost link is predicted, and the region's
// boundary. For each candidate the earliest possible time of meeting is estimated from distance
// and closing speed, with slack for accuracy and age; candidates beyond the look-ahead are
// dropped, and the FUSION_NEIGHBOURS_MAX with the earliest times are kept by insertion. The
// estimate may be too early but never too late, so that no neighbour is missed: the exact
// encounter is computed later (fusion/aircraft/encounter.h) from the few that are kept. Once a
// second silent drones are predicted along their plan, else straight on.
#include "edge/serve/serve_parts.h"
#include "fusion/context/context_build.h"
#include "fusion/root/track_gate.h"
#include "geo/earth.h"
#include "geo/length.h"

#include <math.h>
#include <string.h>

// Both accuracies across and their growth: more than any two aircraft need.
#define SLACK_M 200.0
// A drone that does not say how fast it flies: 100 miles an hour, 14 CFR 107.51(a).
#define SPEED_WORST_MPS 44.7
// Nobody gets farther in one report by saying how little it knows.
#define WEIGHED_ACC95_MAX_M 100.0

static double speed_mps(const struct edge_drone *drone)
{
    const struct fusion_fix *fix = &drone->report.fix;
    return fix->velocity_known ? geo_length(fix->velocity_north_mps, fix->velocity_east_mps)
                               : 0.0;
}

// How fast it may come from any side: 0 where it says its velocity, or stands.
static double reach_mps(const struct edge_drone *drone)
{
    const struct fusion_fix *fix = &drone->report.fix;
    bool planned = drone->sight.lost && edge_plan_held_flown(&drone->plan) != NULL;
    return fix->velocity_known || fix->on_ground || planned ? 0.0 : SPEED_WORST_MPS;
}

static int64_t lost_after_us(const struct edge_serve *serve)
{
    int64_t after_us = serve->config->limits.lost_link_after_us;
    return after_us > 0 ? after_us : INT64_MAX / 4;
}

static int64_t silent_us(const struct edge_serve *serve, const struct edge_drone *drone)
{
    return serve->now.mono_us - drone->report.arrival_mono_us;
}

// By the frame that its last context found; a report since then needs no geoid for that.
static void put_height(const struct edge_drone *drone, struct fusion_neighbour *out)
{
    const struct fusion_fix *fix = &drone->report.fix;
    const struct fusion_altitude *from =
        drone->found.height_basis == FUSION_AGL_WGS84           ? &fix->wgs84
        : drone->found.height_basis == FUSION_AGL_AMSL          ? &fix->amsl
        : drone->found.height_basis == FUSION_AGL_ABOVE_TAKEOFF ? &fix->above_takeoff
                                                                : NULL;
    out->amsl_known = from != NULL && from->known;
    if (!out->amsl_known) {
        // Then pressure is all there is, and this is how good it is.
        double acc95_m = fix->pressure.acc95_m;
        out->amsl_acc95_m = acc95_m > 0.0 ? acc95_m : FUSION_ALTITUDE_ACC95_DEFAULT_M;
        out->altitude_assumed = !(acc95_m > 0.0);
        return;
    }
    out->amsl_m = from->m + (double)drone->found.height_offset_m;
    out->amsl_acc95_m = (double)drone->found.height_acc95_m;
    out->altitude_assumed = !(from->acc95_m > 0.0);
}

static double weighed_acc95_m(double acc95_m, double default_m)
{
    return acc95_m > 0.0 ? fmin(acc95_m, WEIGHED_ACC95_MAX_M) : default_m;
}

// A report as the gate sees it; one accuracy of altitude for all, the worst.
static struct geo_track sighting(const struct fusion_fix *fix)
{
    struct geo_track out = {
        .position = fix->position,
        .time_utc_us = fix->time_utc_us,
        .horizontal_acc95_m =
            weighed_acc95_m(fix->horizontal_acc95_m, FUSION_HORIZONTAL_ACC95_DEFAULT_M),
        .velocity_north_mps = fix->velocity_known ? fix->velocity_north_mps : 0.0,
        .velocity_east_mps = fix->velocity_known ? fix->velocity_east_mps : 0.0,
        .speed_mps = fix->velocity_known ? 0.0 : SPEED_WORST_MPS,
        .flags = fix->velocity_known ? GEO_TRACK_VELOCITY : GEO_TRACK_SPEED,
    };
    const struct {
        const struct fusion_altitude *from;
        double *to_m;
        uint32_t flag;
    } heights[] = {{&fix->wgs84, &out.alt_wgs84_m, GEO_TRACK_WGS84},
                   {&fix->amsl, &out.alt_amsl_m, GEO_TRACK_AMSL},
                   {&fix->pressure, &out.alt_pressure_m, GEO_TRACK_PRESSURE}};
    for (size_t i = 0; i < sizeof heights / sizeof heights[0]; i++) {
        if (!heights[i].from->known)
            continue;
        out.flags |= heights[i].flag;
        *heights[i].to_m = heights[i].from->m;
        out.altitude_acc95_m =
            fmax(out.altitude_acc95_m,
                 weighed_acc95_m(heights[i].from->acc95_m, FUSION_ALTITUDE_ACC95_DEFAULT_M));
    }
    return out;
}

static void weigh(struct edge_serve *serve, struct edge_drone *drone,
                  const struct fusion_fix *fix)
{
    const struct geo_track from = sighting(&drone->report.fix), to = sighting(fix);
    bool fast =
        geo_length(to.velocity_north_mps, to.velocity_east_mps) > FUSION_GATE_SPEED_MAX_MPS;
    if (!drone->report.there && !fast)
        return; // nothing to compare it with
    if (fast || !fusion_track_follows(&from, &to)) {
        drone->sight.unconfirmed = true;
        drone->sight.agreed = 1;
        edge_metrics_add(serve->metrics, EDGE_METRIC_TELEMETRY_JUMPS, 0, 0, 1);
    } else if (drone->sight.unconfirmed) {
        drone->sight.agreed++;
        drone->sight.unconfirmed = drone->sight.agreed < FUSION_GATE_AGREE;
    }
}

void edge_neighbours_heard(struct edge_serve *serve, struct edge_drone *drone,
                           const struct fusion_fix *fix)
{
    weigh(serve, drone, fix);
    drone->sight.lost = false;
}

static void neighbour_of(const struct edge_drone *drone, struct fusion_neighbour *out)
{
    const struct fusion_fix *fix = &drone->report.fix;
    *out = (struct fusion_neighbour){
        .traffic_id = drone->id,
        .position = fix->position,
        .time_utc_us = fix->time_utc_us,
        .velocity_known = fix->velocity_known,
        .on_ground = fix->on_ground,
        .velocity_north_mps = fix->velocity_known ? fix->velocity_north_mps : 0.0,
        .velocity_east_mps = fix->velocity_known ? fix->velocity_east_mps : 0.0,
        .velocity_up_known = fix->velocity_up_known,
        .velocity_up_mps = fix->velocity_up_known ? fix->velocity_up_mps : 0.0,
        .unconfirmed = drone->sight.unconfirmed,
        .reach_mps = reach_mps(drone),
        .reach_assumed = reach_mps(drone) > 0.0,
        .radius_m = drone->profile.limits.aircraft_radius_m,
        .horizontal_acc95_m = fusion_fix_acc95_m(fix),
        .horizontal_assumed = !(fix->horizontal_acc95_m > 0.0),
        .growth_mps = fix->velocity_acc95_mps > 0.0 ? fix->velocity_acc95_mps
                                                    : FUSION_VELOCITY_ACC95_DEFAULT_MPS,
    };
    put_height(drone, out);
    out->pressure_known = fix->pressure.known;
    out->pressure_m = fix->pressure.known ? fix->pressure.m : 0.0;
    if (drone->sight.lost) {
        const struct edge_drone_sight *where = &drone->sight;
        out->predicted = true;
        out->position = (struct geo_point){where->lat_e7 / 1e7, where->lon_e7 / 1e7};
        out->time_utc_us = where->utc_us;
        out->velocity_north_mps = (double)where->north_mps;
        out->velocity_east_mps = (double)where->east_mps;
        out->velocity_up_mps = 0.0;
        out->velocity_up_known = out->pressure_known = false;
        out->amsl_known = where->amsl_known;
        out->amsl_m = (double)where->amsl_m;
        double silent_s = (double)(where->utc_us - fix->time_utc_us) * 1e-6;
        out->horizontal_acc95_m += out->growth_mps * silent_s;
        out->reach_m = out->reach_mps * silent_s;
    }
    out->horizontal_counted_m = out->horizontal_acc95_m;
    out->amsl_counted_m = out->amsl_acc95_m;
}

struct gathering {
    struct edge_serve *serve;
    struct fusion_surroundings *around;
    const struct edge_drone *self;
    double speed_mps, horizon_s, cos_lat;
    double soonest_s[FUSION_NEIGHBOURS_MAX]; // it can be met, for each that is listed
};

// Where one that can be met so soon is listed; NULL: it is not, and counted.
static struct fusion_neighbour *make_place(struct gathering *gathering, double soonest_s)
{
    struct fusion_surroundings *around = gathering->around;
    size_t at = around->neighbour_count;
    if (at == FUSION_NEIGHBOURS_MAX) {
        around->neighbours_left_out++;
        if (soonest_s >= gathering->soonest_s[at - 1])
            return NULL;
        at--;
    } else {
        around->neighbour_count++;
    }
    for (; at > 0 && gathering->soonest_s[at - 1] > soonest_s; at--) {
        around->neighbours[at] = around->neighbours[at - 1];
        gathering->soonest_s[at] = gathering->soonest_s[at - 1];
    }
    gathering->soonest_s[at] = soonest_s;
    return &around->neighbours[at];
}

static void gather(void *self, struct edge_drone *other)
{
    struct gathering *gathering = self;
    struct edge_serve *serve = gathering->serve;
    if (other == gathering->self)
        return;
    if (edge_traffic_vanished(serve, other))
        return;
    int64_t silent = silent_us(serve, other);
    const struct geo_point here = gathering->self->report.fix.position;
    struct geo_point there = other->report.fix.position;
    if (other->sight.lost)
        there = (struct geo_point){other->sight.lat_e7 / 1e7, other->sight.lon_e7 / 1e7};
    double north_m = (there.lat_deg - here.lat_deg) * GEO_EARTH_M_PER_DEG;
    double east_deg = there.lon_deg - here.lon_deg;
    if (!(fabs(east_deg) <= 180.0)) // else it is its own remainder
        east_deg = remainder(east_deg, 360.0);
    double east_m = east_deg * GEO_EARTH_M_PER_DEG * gathering->cos_lat;
    double closing_mps = gathering->speed_mps + speed_mps(other) + reach_mps(other) + 1.0;
    double slack_m = SLACK_M + gathering->self->profile.limits.clearance_min_m
                     + closing_mps * (double)silent * 1e-6;
    double soonest_s = (geo_length(east_m, north_m) * 0.99 - slack_m) / closing_mps;
    if (soonest_s > gathering->horizon_s)
        return;
    struct fusion_neighbour *place = make_place(gathering, soonest_s);
    if (place != NULL)
        neighbour_of(other, place);
}

// A track that may be met. The region's own drones are known better than a feed knows them, as
// long as they are shown at all.
static void gather_track(void *self, const struct fusion_track *track, double age_s)
{
    struct gathering *gathering = self;
    struct edge_serve *serve = gathering->serve;
    if (strcmp(track->track.id, gathering->self->id) == 0
        || edge_traffic_own(serve, track->track.id))
        return;
    struct fusion_neighbour other;
    edge_traffic_neighbour(track, age_s, &other);
    int64_t now_us = serve->now.utc_us;
    if (edge_traffic_soonest_s(gathering->self, &other, other.horizontal_acc95_m, now_us)
        > gathering->horizon_s)
        return;
    // whom nothing is known of but that it is somewhere here stands behind all others
    double soonest_s =
        edge_traffic_soonest_s(gathering->self, &other, other.horizontal_counted_m, now_us);
    struct fusion_neighbour *place = make_place(gathering, soonest_s);
    if (place != NULL)
        *place = other;
}

void edge_neighbours_none(const struct edge_serve *serve, struct fusion_surroundings *around)
{
    around->outside = false;
    around->neighbour_count = 0;
    around->neighbours_left_out = 0;
    around->ring = serve->config->region.ring;
    around->ring_count = serve->config->region.count;
    around->margin_m = serve->config->margin_m;
}

void edge_neighbours_fill(struct edge_serve *serve, const struct edge_drone *drone,
                          struct fusion_surroundings *around)
{
    edge_neighbours_none(serve, around);
    around->outside = !edge_place_inside(&drone->place);
    struct gathering gathering = {
        .serve = serve,
        .around = around,
        .self = drone,
        .speed_mps = speed_mps(drone),
        .horizon_s = drone->profile.limits.look_ahead_s,
        .cos_lat = cos(drone->report.fix.position.lat_deg * GEO_RAD_PER_DEG),
    };
    double closing_mps = gathering.speed_mps + edge_fleet_speed_max_mps(serve->fleet) + 1.0;
    double reach_m = closing_mps * (gathering.horizon_s + 2.0) + SLACK_M
                     + drone->profile.limits.clearance_min_m;
    struct geo_point at = drone->report.fix.position;
    const struct geo_bounds here = {.west_deg = at.lon_deg,
                                    .south_deg = at.lat_deg,
                                    .east_deg = at.lon_deg,
                                    .north_deg = at.lat_deg};
    edge_fleet_around(serve->fleet, here, reach_m, gather, &gathering);
    edge_traffic_around(serve, at, gathering.speed_mps, gathering.horizon_s, gather_track,
                        &gathering);
}

// Where it should be by now: on along its plan, else straight on.
static void predict(struct edge_serve *serve, struct edge_drone *drone)
{
    double ahead_s = (double)silent_us(serve, drone) * 1e-6;
    struct fusion_aircraft aircraft = {
        .fix = drone->report.fix,
        .limits = drone->profile.limits,
        .plan = edge_plan_held_flown(&drone->plan),
    };
    aircraft.limits.look_ahead_s = ahead_s;
    struct fusion_expected expected;
    fusion_context_expect(serve->builder, serve->root, &aircraft, drone->report.fix.time_utc_us,
                          ahead_s, &expected);
    struct edge_drone_sight *sight = &drone->sight;
    sight->utc_us = drone->report.fix.time_utc_us + silent_us(serve, drone);
    sight->lat_e7 = (int32_t)lround(expected.position.lat_deg * 1e7);
    sight->lon_e7 = (int32_t)lround(expected.position.lon_deg * 1e7);
    sight->amsl_known = expected.amsl_m.known;
    sight->amsl_m = (float)expected.amsl_m.value;
    sight->north_mps = (float)expected.velocity_north_mps;
    sight->east_mps = (float)expected.velocity_east_mps;
    edge_fleet_place(serve->fleet, drone, expected.position);
}

void edge_neighbours_run(struct edge_serve *serve)
{
    double fastest_mps = 0.0;
    int64_t lost = 0;
    uint32_t count = edge_fleet_slots(serve->fleet);
    for (uint32_t number = 0; number < count; number++) {
        struct edge_drone *drone = edge_fleet_at(serve->fleet, number);
        if (!drone->slot.used || !drone->slot.reporting)
            continue;
        fastest_mps = fmax(fastest_mps, speed_mps(drone) + reach_mps(drone));
        int64_t silent = silent_us(serve, drone);
        if (silent <= lost_after_us(serve) || serve->root == NULL)
            continue;
        drone->sight.lost = true;
        if (edge_traffic_vanished(serve, drone))
            continue;
        predict(serve, drone);
        lost++;
    }
    edge_fleet_note_speed(serve->fleet, fastest_mps);
    edge_metrics_set(serve->metrics, EDGE_METRIC_DRONES_LOST, 0, lost);
}
