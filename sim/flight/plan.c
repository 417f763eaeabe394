// SPDX-License-Identifier: Apache-2.0
#include "sim/flight/plan.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "drf/v1/enums.pb-c.h"
#include "drf/v1/plan.pb-c.h"

enum { ANSWERS_PLAN = 3, STEPS_MAX = 4000 }; // reply.proto: answers

static const double step_s = 0.25, spacing_m = 150.0, conformance_m = 60.0;
static const int64_t again_us = 2000000, valid_us = INT64_C(1800000000);

enum height { HEIGHT_AMSL, HEIGHT_WGS84, HEIGHT_AGL, HEIGHTS };

// Over ground only where ground is published.
static enum height height_of(size_t drone)
{
    enum height height = (enum height)(drone / 3 % HEIGHTS);
    return height == HEIGHT_AGL && drone % 7 == 6 ? HEIGHT_AMSL : height;
}

void sim_plan_name(uint32_t number, char name[static SIM_PLAN_ID])
{
    snprintf(name, SIM_PLAN_ID, "p%u", (unsigned)(number % 1000000000));
}

static bool homeward(const struct sim_flight *flight)
{
    return flight->phase == SIM_FLIGHT_DESCEND || flight->phase == SIM_FLIGHT_HOVER
           || flight->phase == SIM_FLIGHT_CLIMB_BACK || flight->phase == SIM_FLIGHT_RETURN;
}

static bool outward(const struct sim_flight *flight)
{
    return flight->phase == SIM_FLIGHT_GROUND || flight->phase == SIM_FLIGHT_CLIMB
           || flight->phase == SIM_FLIGHT_CRUISE;
}

static int32_t to_e7(double deg) { return (int32_t)lround(deg * 1e7); }

static void add(struct sim_plan *plan, const struct sim_world *world,
                const struct sim_flight *flight)
{
    if (plan->count == SIM_PLAN_POINTS_MAX)
        return;
    struct geo_point at = sim_world_point(world, flight->at);
    plan->points[plan->count++] = (struct sim_plan_point){
        .position = {.lat_deg = to_e7(at.lat_deg) * 1e-7, .lon_deg = to_e7(at.lon_deg) * 1e-7},
        .amsl_m = flight->amsl_m};
}

// Flies the leg ahead of time: a point where it begins, bends and ends, and between them.
static void foresee(struct sim_plan *plan, const struct sim_world *world,
                    const struct sim_flight *now)
{
    struct sim_flight flight = *now;
    flight.intent = (struct sim_intent){.hold = false};
    enum sim_flight_phase leg = homeward(now) ? SIM_FLIGHT_RETURN : SIM_FLIGHT_CRUISE;
    int steps = 0;
    while (flight.phase != leg && ++steps < STEPS_MAX)
        sim_flight_step(&flight, world, step_s);
    add(plan, world, &flight);
    struct sim_plane last = flight.at;
    while (flight.phase == leg && ++steps < STEPS_MAX) {
        bool passed = flight.passed;
        sim_flight_step(&flight, world, step_s);
        double east_m = flight.at.east_m - last.east_m,
               north_m = flight.at.north_m - last.north_m;
        bool room = plan->count + 2 < SIM_PLAN_POINTS_MAX;
        if (flight.phase == leg && passed == flight.passed
            && (!room || hypot(east_m, north_m) < spacing_m))
            continue;
        add(plan, world, &flight);
        last = flight.at;
    }
}

static void put_heights(struct sim_plan *plan, enum height height,
                        const struct sim_world *world, struct sim_geoid *geoid,
                        Drf__V1__PlanPoint *points)
{
    for (size_t i = 0; i < plan->count; i++) {
        struct sim_plan_point *p = &plan->points[i];
        double geoid_m = sim_geoid_m(geoid, p->position);
        double ground_m = sim_world_ground_amsl_m(world, p->position);
        points[i].has_alt_amsl_m = height == HEIGHT_AMSL;
        points[i].has_alt_wgs84_m = height == HEIGHT_WGS84;
        points[i].has_agl_m = height == HEIGHT_AGL;
        points[i].alt_amsl_m = (float)p->amsl_m;
        points[i].alt_wgs84_m = (float)(p->amsl_m + geoid_m);
        points[i].agl_m = (float)(p->amsl_m - ground_m);
        // what the published number means
        p->amsl_m = height == HEIGHT_AMSL    ? (double)points[i].alt_amsl_m
                    : height == HEIGHT_WGS84 ? (double)points[i].alt_wgs84_m - geoid_m
                                             : (double)points[i].agl_m + ground_m;
    }
}

static size_t pack(struct sim_plan *plan, uint32_t sent, enum height height,
                   const struct sim_world *world, struct sim_geoid *geoid,
                   uint8_t bytes[static SIM_PLAN_MAX])
{
    Drf__V1__PlanPoint points[SIM_PLAN_POINTS_MAX], *list[SIM_PLAN_POINTS_MAX];
    for (size_t i = 0; i < plan->count; i++) {
        drf__v1__plan_point__init(&points[i]);
        points[i].has_lat_e7 = points[i].has_lon_e7 = points[i].has_speed_mps = 1;
        points[i].lat_e7 = to_e7(plan->points[i].position.lat_deg);
        points[i].lon_e7 = to_e7(plan->points[i].position.lon_deg);
        points[i].speed_mps = (float)plan->speed_mps;
        list[i] = &points[i];
    }
    put_heights(plan, height, world, geoid, points);
    char name[SIM_PLAN_ID], correlation[2 * SIM_PLAN_ID];
    sim_plan_name(plan->number, name);
    snprintf(correlation, sizeof correlation, "%s/%u", name, (unsigned)sent);
    Drf__V1__Plan message = DRF__V1__PLAN__INIT;
    message.plan_id = name;
    message.correlation = correlation;
    message.has_revision = message.has_valid_until_us = message.has_conformance_m = 1;
    message.revision = 1;
    message.valid_until_us = plan->until_utc_us;
    message.conformance_m = (float)plan->conformance_m;
    message.n_points = plan->count;
    message.points = list;
    return drf__v1__plan__get_packed_size(&message) <= SIM_PLAN_MAX
               ? drf__v1__plan__pack(&message, bytes)
               : 0;
}

size_t sim_plans_file(struct sim_plans *plans, size_t drone, const struct sim_flight *flight,
                      const struct sim_world *world, struct sim_geoid *geoid, int64_t utc_us,
                      uint8_t bytes[static SIM_PLAN_MAX])
{
    if (!plans->files || (!homeward(flight) && !outward(flight)))
        return 0;
    struct sim_plan *last = &plans->kept[plans->filed % SIM_PLANS_KEPT];
    bool due = plans->filed == 0 || plans->homeward != homeward(flight);
    if (!due && (last->accepted_boot_id != 0 || utc_us - plans->sent_utc_us < again_us))
        return 0;
    if (due) {
        plans->filed++;
        plans->homeward = homeward(flight);
        last = &plans->kept[plans->filed % SIM_PLANS_KEPT];
        *last = (struct sim_plan){.number = plans->filed,
                                  .until_utc_us = utc_us + valid_us,
                                  .speed_mps = (double)(float)flight->cruise_mps,
                                  .conformance_m = conformance_m};
        foresee(last, world, flight);
    }
    plans->sent_utc_us = utc_us;
    enum height height = height_of(drone);
    last->over_ground = height == HEIGHT_AGL;
    return last->count >= 2 ? pack(last, ++plans->sent, height, world, geoid, bytes) : 0;
}

const struct sim_plan *sim_plans_answered(struct sim_plans *plans, const Drf__V1__Reply *reply)
{
    struct sim_plan *last = &plans->kept[plans->filed % SIM_PLANS_KEPT];
    char name[SIM_PLAN_ID];
    sim_plan_name(last->number, name);
    bool good = reply->code == DRF__V1__REPLY_CODE__REPLY_CODE_OK
                || reply->code == DRF__V1__REPLY_CODE__REPLY_CODE_ACCEPTED_DEFAULTS;
    if (reply->answers != ANSWERS_PLAN || !good || plans->filed == 0
        || reply->correlation == NULL || strncmp(reply->correlation, name, strlen(name)) != 0
        || reply->correlation[strlen(name)] != '/')
        return NULL;
    if (last->accepted_boot_id != reply->boot_id)
        last->accepted_utc_us = reply->node_time_us;
    last->accepted_boot_id = reply->boot_id;
    return last;
}

const struct sim_plan *sim_plans_flown(const struct sim_plans *plans,
                                       const struct sim_flight *flight)
{
    const struct sim_plan *last = &plans->kept[plans->filed % SIM_PLANS_KEPT];
    enum sim_flight_phase leg = plans->homeward ? SIM_FLIGHT_RETURN : SIM_FLIGHT_CRUISE;
    return plans->filed > 0 && last->accepted_boot_id != 0 && flight->phase == leg ? last
                                                                                   : NULL;
}

enum sim_plan_held sim_plans_held(const struct sim_plans *plans, uint32_t number,
                                  uint64_t boot_id, int64_t node_utc_us)
{
    const struct sim_plan *last = &plans->kept[plans->filed % SIM_PLANS_KEPT];
    if (last->number <= number || last->count < 2) // one of a single point is not sent
        return SIM_PLAN_HELD;
    if (last->accepted_boot_id != boot_id || last->accepted_utc_us == node_utc_us)
        return SIM_PLAN_UNSURE;
    return last->accepted_utc_us < node_utc_us ? SIM_PLAN_REPLACED : SIM_PLAN_HELD;
}

const struct sim_plan *sim_plans_find(const struct sim_plans *plans, uint32_t number)
{
    const struct sim_plan *plan = &plans->kept[number % SIM_PLANS_KEPT];
    return number != 0 && plan->number == number ? plan : NULL;
}
