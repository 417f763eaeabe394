// SPDX-License-Identifier: Apache-2.0
#include "sim/flight/pilot.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "drf/v1/enums.pb-c.h"

static const double margin_m = 4.0;                      // more than the wanted clearance
static const double terrain_rise_m = 30.0;               // at most, for one warning of terrain
static const double passed_m = 20.0, stand_off_m = 15.0; // behind it; up before it
static const int64_t forget_us = 20000000, terrain_us = 1500000, zone_us = 600000,
                     wait_us = 4000000;
static const int64_t answer_us = 1000000, again_us = 2000000;

static bool underway(const struct sim_flight *flight)
{
    return flight->phase == SIM_FLIGHT_CRUISE || flight->phase == SIM_FLIGHT_RETURN;
}

static struct sim_plane place_of(const struct sim_world *world, const Drf__V1__Advisory *a)
{
    return sim_world_plane(world, (struct geo_point){a->lat_e7 * 1e-7, a->lon_e7 * 1e-7});
}

static void avoid(struct sim_pilot *pilot, const struct sim_avoided *with)
{
    size_t at = 0;
    while (at < pilot->avoided_count && pilot->avoided[at].advisory_id != with->advisory_id)
        at++;
    if (at == SIM_AVOIDED_MAX)
        return; // the most severe come first
    double over_m = with->over_amsl_m;
    if (at < pilot->avoided_count && !with->terrain)
        over_m = fmax(over_m, pilot->avoided[at].over_amsl_m);
    if (at == pilot->avoided_count)
        pilot->avoided_count++;
    pilot->avoided[at] = *with;
    pilot->avoided[at].over_amsl_m = over_m;
}

static void avoid_zone(struct sim_pilot *pilot, struct sim_flight *flight,
                       const Drf__V1__Advisory *a, int64_t now_utc_us)
{
    if (a->severity > DRF__V1__SEVERITY__SEVERITY_WARNING || sim_flight_on_ground(flight))
        return;
    if (a->has_time_to_go_s && a->time_to_go_s > 0.0F) {
        pilot->wait_utc_us = now_utc_us + wait_us;
        return;
    }
    pilot->zone_utc_us = now_utc_us;
    // The way home is the path on which it came.
    if (flight->phase != SIM_FLIGHT_RETURN && flight->phase != SIM_FLIGHT_LAND)
        sim_flight_turn_home(flight);
}

static const struct sim_avoided *avoided(const struct sim_pilot *pilot, uint32_t advisory_id)
{
    for (size_t i = 0; i < pilot->avoided_count; i++)
        if (pilot->avoided[i].advisory_id == advisory_id)
            return &pilot->avoided[i];
    return NULL;
}

// Obstacles are compared with the height of the path: descending alone is no reason to climb.
// What a warning's value is measured from is the path that the node expects, along a plan the
// plan's; the sum of the own height and the value then grows with every climb. So it is
// bounded.
static void avoid_terrain(struct sim_pilot *pilot, const struct sim_flight *flight,
                          const Drf__V1__Advisory *a, struct sim_avoided it)
{
    if (avoided(pilot, a->advisory_id) == NULL)
        pilot->warned_amsl_m = flight->amsl_m;
    double over_m = (double)a->limit + margin_m;
    double top_m = flight->amsl_m + flight->up_mps * (double)a->time_to_go_s - (double)a->value;
    double most_m = pilot->ahead_told ? pilot->ahead_amsl_m + over_m
                                      : pilot->warned_amsl_m + terrain_rise_m;
    it.terrain = true;
    it.over_amsl_m = fmin(fmin(top_m + over_m, flight->amsl_m + terrain_rise_m), most_m);
    avoid(pilot, &it);
}

void sim_pilot_advisory(struct sim_pilot *pilot, const struct sim_world *world,
                        struct sim_flight *flight, const Drf__V1__Advisory *a,
                        int64_t now_utc_us)
{
    if (a->state == DRF__V1__ADVISORY_STATE__ADVISORY_STATE_CLEARED
        || a->severity > DRF__V1__SEVERITY__SEVERITY_CAUTION)
        return;
    if (a->kind == DRF__V1__ADVISORY_KIND__ADVISORY_KIND_ZONE)
        avoid_zone(pilot, flight, a, now_utc_us);
    if (!underway(flight) || !a->has_lat_e7 || !a->has_lon_e7 || !a->has_value)
        return;
    struct sim_avoided it = {
        .advisory_id = a->advisory_id, .at = place_of(world, a), .told_utc_us = now_utc_us};
    if (a->kind == DRF__V1__ADVISORY_KIND__ADVISORY_KIND_OBSTACLE && a->has_alt_amsl_m) {
        it.over_amsl_m = (double)a->alt_amsl_m + (double)a->limit + margin_m;
        avoid(pilot, &it);
    }
    if (a->kind == DRF__V1__ADVISORY_KIND__ADVISORY_KIND_TERRAIN
        && a->severity <= DRF__V1__SEVERITY__SEVERITY_WARNING && a->has_time_to_go_s)
        avoid_terrain(pilot, flight, a, it);
}

static void look_ahead(struct sim_pilot *pilot, const Drf__V1__Context *context)
{
    const Drf__V1__Height *height = context->height;
    const Drf__V1__LookAhead *ahead = context->look_ahead;
    pilot->ahead_told = height != NULL && height->has_surface_amsl_m;
    pilot->ahead_amsl_m = pilot->ahead_told ? (double)height->surface_amsl_m : 0.0;
    for (size_t i = 0; ahead != NULL && i < ahead->n_segments; i++) {
        const Drf__V1__Segment *segment = ahead->segments[i];
        if (!segment->has_surface_max_amsl_m)
            continue;
        double top_m = (double)segment->surface_max_amsl_m;
        pilot->ahead_amsl_m = pilot->ahead_told ? fmax(pilot->ahead_amsl_m, top_m) : top_m;
        pilot->ahead_told = true;
    }
}

void sim_pilot_context(struct sim_pilot *pilot, const struct sim_world *world,
                       struct sim_flight *flight, const Drf__V1__Context *context,
                       int64_t now_utc_us)
{
    look_ahead(pilot, context);
    for (size_t i = 0; i < context->n_advisories; i++)
        sim_pilot_advisory(pilot, world, flight, context->advisories[i], now_utc_us);
}

bool sim_pilot_asked(const Drf__V1__Reply *reply)
{
    return reply->landing != NULL && reply->correlation != NULL
           && strcmp(reply->correlation, SIM_ASK_CORRELATION) == 0;
}

void sim_pilot_reply(struct sim_pilot *pilot, const Drf__V1__Reply *reply)
{
    const Drf__V1__Landing *landing = reply->landing;
    if (!sim_pilot_asked(reply) || pilot->leave != SIM_LEAVE_ASKED)
        return;
    pilot->severity = landing->severity;
    bool given = landing->severity >= DRF__V1__SEVERITY__SEVERITY_CAUTION;
    pilot->leave = given ? SIM_LEAVE_GIVEN : SIM_LEAVE_REFUSED;
    snprintf(pilot->against, sizeof pilot->against, "%s",
             landing->n_against > 0 ? landing->against[0] : "");
}

static void forget_passed(struct sim_pilot *pilot, const struct sim_flight *flight,
                          int64_t now_utc_us)
{
    size_t kept = 0;
    for (size_t i = 0; i < pilot->avoided_count; i++) {
        const struct sim_avoided *it = &pilot->avoided[i];
        double east_m = it->at.east_m - flight->at.east_m,
               north_m = it->at.north_m - flight->at.north_m;
        bool behind = east_m * flight->east_mps + north_m * flight->north_mps < 0.0;
        bool passed = behind && hypot(east_m, north_m) > passed_m;
        int64_t holds_us = it->terrain ? terrain_us : forget_us;
        if (!passed && now_utc_us - it->told_utc_us < holds_us && underway(flight))
            pilot->avoided[kept++] = *it;
    }
    pilot->avoided_count = kept;
}

// Climbs high enough, and slows down so that it is up before the obstacle.
static void climb_over(const struct sim_pilot *pilot, const struct sim_flight *flight,
                       struct sim_intent *intent)
{
    for (size_t i = 0; i < pilot->avoided_count; i++) {
        const struct sim_avoided *it = &pilot->avoided[i];
        intent->floor_amsl_m =
            intent->floor_known ? fmax(intent->floor_amsl_m, it->over_amsl_m) : it->over_amsl_m;
        intent->floor_known = true;
        double missing_m = it->over_amsl_m - margin_m - flight->amsl_m;
        double left_m =
            hypot(it->at.east_m - flight->at.east_m, it->at.north_m - flight->at.north_m);
        if (missing_m <= 0.0)
            continue;
        left_m = fmax(left_m - stand_off_m, 0.0);
        double speed_mps = fmax(left_m / (missing_m / flight->climb_mps + 1.5), 0.1);
        if (intent->speed_max_mps == 0.0 || speed_mps < intent->speed_max_mps)
            intent->speed_max_mps = speed_mps;
    }
}

void sim_pilot_decide(struct sim_pilot *pilot, struct sim_flight *flight, int64_t now_utc_us)
{
    pilot->silent = pilot->void_utc_us != 0 && now_utc_us > pilot->void_utc_us;
    if (pilot->silent)
        pilot->leave = SIM_LEAVE_UNASKED;
    forget_passed(pilot, flight, now_utc_us);
    struct sim_intent intent = {.may_set_down = pilot->leave == SIM_LEAVE_GIVEN};
    bool in_zone = pilot->zone_utc_us != 0 && now_utc_us - pilot->zone_utc_us < zone_us;
    intent.hurry = in_zone;
    // It leaves a zone even without contexts.
    intent.hold = !in_zone && (pilot->silent || now_utc_us < pilot->wait_utc_us);
    climb_over(pilot, flight, &intent);
    flight->intent = intent;
}

size_t sim_pilot_request(struct sim_pilot *pilot, const struct sim_world *world,
                         const struct sim_flight *flight, int64_t now_utc_us,
                         uint8_t bytes[static SIM_ASK_MAX])
{
    bool near = flight->phase == SIM_FLIGHT_DESCEND || flight->phase == SIM_FLIGHT_HOVER;
    if (!flight->sets_down || !near || pilot->silent || pilot->leave == SIM_LEAVE_GIVEN)
        return 0;
    int64_t since_us = now_utc_us - pilot->asked_utc_us;
    if (pilot->leave != SIM_LEAVE_UNASKED
        && since_us < (pilot->leave == SIM_LEAVE_ASKED ? answer_us : again_us))
        return 0;
    struct geo_point at = sim_world_point(world, flight->porch);
    char correlation[] = SIM_ASK_CORRELATION;
    Drf__V1__LandingRequest landing = DRF__V1__LANDING_REQUEST__INIT;
    landing.has_lat_e7 = landing.has_lon_e7 = landing.has_radius_m = 1;
    landing.lat_e7 = (int32_t)lround(at.lat_deg * 1e7);
    landing.lon_e7 = (int32_t)lround(at.lon_deg * 1e7);
    landing.radius_m = 3.0F;
    Drf__V1__Request request = DRF__V1__REQUEST__INIT;
    request.correlation = correlation;
    request.landing = &landing;
    size_t size = drf__v1__request__get_packed_size(&request);
    assert(size <= SIM_ASK_MAX);
    pilot->leave = SIM_LEAVE_ASKED;
    pilot->asked_utc_us = now_utc_us;
    pilot->asks++;
    return drf__v1__request__pack(&request, bytes);
}
