// SPDX-License-Identifier: Apache-2.0
// Reports are due at evenly spaced times over all drones: report n at n / (drones * rate)
// seconds after the start, of drone n modulo drones. A drone moves when its report is due, by
// the time between two of its reports, whatever the clock says; so a flight depends on the
// seed, and on the clock only by what the drone is told.
#include "sim/fleet/fleet.h"

#include <stdlib.h>
#include <string.h>

enum { ANSWERS_PROFILE = 2, ANSWERS_PLAN = 3 }; // reply.proto: answers

// One that is not connected: its silence is nobody's fault.
static enum drf_status send(struct sim_fleet *fleet, size_t index, struct sim_outgoing message)
{
    enum drf_status status = fleet->link.send(fleet->link.context, index, &message, fleet->now);
    if (status != DRF_OK)
        sim_promises_excuse(fleet->promises, index, fleet->now.mono_us);
    else if (message.ask != 0)
        sim_promises_asked(fleet->promises, index,
                           strcmp(message.word, "plan") == 0 ? ANSWERS_PLAN : ANSWERS_PROFILE,
                           message.ask, fleet->now.mono_us,
                           sim_receiver_judge(fleet->receiver));
    return status;
}

static enum drf_status send_profile(void *context, size_t index,
                                    const struct sim_outgoing *message, struct sim_now now)
{
    struct sim_fleet *fleet = context;
    fleet->now = now;
    return send(fleet, index, *message);
}

// What the drone's own clock says.
static int64_t drone_utc_us(const struct sim_fleet *fleet, size_t index)
{
    return fleet->now.utc_us
           + sim_drone_error_clock_us(&fleet->plan.errors, fleet->plan.seed, (uint32_t)index,
                                      fleet->now.mono_us - fleet->start.mono_us);
}

static void on_context(void *context, size_t index, const Drf__V1__Context *told,
                       int64_t mono_us)
{
    struct sim_fleet *fleet = context;
    struct sim_drone *drone = &fleet->drones[index];
    const struct sim_listener *listener = &fleet->observer.told;
    if (fleet->flight_log != NULL)
        sim_flight_log_told(fleet->flight_log, index, told,
                            (double)(mono_us - fleet->start.mono_us) * 1e-6);
    if (fleet->plan.react)
        sim_pilot_context(&drone->pilot, fleet->world, &drone->flight, told,
                          drone_utc_us(fleet, index));
    if (listener->on_context != NULL)
        listener->on_context(listener->context, index, told, mono_us);
}

static void on_advisory(void *context, size_t index, const Drf__V1__Advisory *told,
                        int64_t mono_us)
{
    struct sim_fleet *fleet = context;
    struct sim_drone *drone = &fleet->drones[index];
    const struct sim_listener *listener = &fleet->observer.told;
    if (fleet->plan.react)
        sim_pilot_advisory(&drone->pilot, fleet->world, &drone->flight, told,
                           drone_utc_us(fleet, index));
    if (listener->on_advisory != NULL)
        listener->on_advisory(listener->context, index, told, mono_us);
}

static void on_reply(void *context, size_t index, const Drf__V1__Reply *told, int64_t mono_us)
{
    struct sim_fleet *fleet = context;
    const struct sim_listener *listener = &fleet->observer.told;
    if (fleet->plan.react)
        sim_pilot_reply(&fleet->drones[index].pilot, told);
    if (listener->on_reply != NULL)
        listener->on_reply(listener->context, index, told, mono_us);
}

// Milliseconds of the start, then ten bits of seed and drone: a later start is a later boot.
uint64_t sim_fleet_boot_id(uint64_t seed, int64_t start_utc_us, size_t drone)
{
    uint64_t state = seed ^ ((uint64_t)drone * UINT64_C(0xD1B54A32D192ED03));
    return ((uint64_t)(start_utc_us / 1000) << 10) | (sim_random(&state) >> 54);
}

static enum drf_status make_drones(struct sim_fleet *fleet)
{
    const struct sim_fleet_plan *plan = &fleet->plan;
    fleet->drones = calloc(plan->drones, sizeof *fleet->drones);
    if (fleet->drones == NULL)
        return DRF_ERR_NOMEM;
    for (size_t i = 0; i < plan->drones; i++) {
        struct sim_drone *drone = &fleet->drones[i];
        *drone = (struct sim_drone){.number = i,
                                    .flight = sim_flight_make(fleet->world, plan->seed, i),
                                    .drone_boot_id =
                                        sim_fleet_boot_id(plan->seed, plan->start_utc_us, i)};
        if (plan->plans > 0 && i % plan->plans == 1 % plan->plans) {
            drone->plans.files = true;
            sim_flight_bend(&drone->flight, fleet->world);
        }
        // Two of 32, one that sends both heights and one that sends one.
        if (plan->confused && i % 32 == 24)
            drone->confusion = SIM_CONFUSION_AMSL;
        if (plan->confused && i % 32 == 25)
            drone->confusion = SIM_CONFUSION_ELLIPSOID;
    }
    return DRF_OK;
}

static enum drf_status open_receiver(struct sim_fleet *fleet)
{
    const struct sim_fleet_plan *plan = &fleet->plan;
    enum drf_status status =
        sim_receiver_open(&fleet->witness, fleet->drones, plan->drones, plan->corruption,
                          plan->verify_ratio, &fleet->receiver);
    if (status == DRF_OK)
        status = sim_promises_open(plan->drones, plan->streams, (int64_t)(1e6 / plan->rate_hz),
                                   &fleet->promises);
    if (status != DRF_OK)
        return status;
    sim_receiver_promise(fleet->receiver, fleet->promises);
    if (plan->all_hear)
        sim_receiver_tell_all(fleet->receiver);
    struct sim_fleet_reports reports = sim_receiver_reports(fleet->receiver);
    reports.names = fleet->accounts[0].name;
    reports.name_stride = sizeof fleet->accounts[0];
    status = sim_witness_fleet(&fleet->witness, reports);
    if (status == DRF_OK && plan->patch.side > 0) {
        status = sim_patch_watch_open(&fleet->witness, fleet->drones, plan->drones, plan->patch,
                                      &fleet->patches);
        if (status == DRF_OK)
            sim_receiver_watch(fleet->receiver, fleet->patches);
    }
    sim_receiver_listen(fleet->receiver, &(struct sim_listener){.context = fleet,
                                                                .on_context = on_context,
                                                                .on_advisory = on_advisory,
                                                                .on_reply = on_reply});
    return status;
}

enum drf_status sim_fleet_open(const struct sim_fleet_plan *plan, struct sim_world *world,
                               const struct sim_account *accounts, struct sim_fleet *out)
{
    *out = (struct sim_fleet){.plan = *plan, .world = world, .accounts = accounts};
    out->total = (uint64_t)(plan->seconds * plan->rate_hz * (double)plan->drones);
    enum drf_status status = sim_witness_open(world, plan->region, plan->level, &out->witness);
    if (status == DRF_OK)
        status = make_drones(out);
    if (status == DRF_OK)
        status = open_receiver(out);
    if (status != DRF_OK)
        sim_fleet_close(out);
    return status;
}

void sim_fleet_close(struct sim_fleet *fleet)
{
    sim_receiver_close(fleet->receiver);
    sim_promises_close(fleet->promises);
    sim_patch_watch_close(fleet->patches);
    free(fleet->drones);
    sim_witness_close(&fleet->witness);
    fleet->receiver = NULL;
    fleet->promises = NULL;
    fleet->patches = NULL;
    fleet->drones = NULL;
}

void sim_fleet_meet(struct sim_fleet *fleet, struct sim_flyby_feed *flybys)
{
    fleet->flybys = flybys;
    fleet->witness.flybys = flybys != NULL ? sim_flyby_feed_list(flybys) : NULL;
}

size_t sim_fleet_profiles(struct sim_fleet *fleet, struct sim_now now)
{
    const struct sim_link_port noting = {.context = fleet, .send = send_profile};
    const struct sim_profile_wish wish = {.rate_hz = fleet->plan.rate_hz,
                                          .patch = &fleet->plan.patch,
                                          .streams = fleet->plan.streams};
    return sim_profiles_step(&fleet->profiles, &noting, fleet->drones, fleet->plan.drones,
                             &wish, now);
}

void sim_fleet_begin(struct sim_fleet *fleet, struct sim_now now)
{
    fleet->start = fleet->now = now;
    sim_promises_begin(fleet->promises, now.mono_us);
}

bool sim_fleet_flying(const struct sim_fleet *fleet) { return fleet->next < fleet->total; }

static double per_us(const struct sim_fleet *fleet)
{
    return fleet->plan.rate_hz * (double)fleet->plan.drones * 1e-6;
}

bool sim_fleet_due(const struct sim_fleet *fleet, struct sim_now now)
{
    uint64_t due = (uint64_t)((double)(now.mono_us - fleet->start.mono_us) * per_us(fleet));
    return fleet->next < due && sim_fleet_flying(fleet);
}

int64_t sim_fleet_due_mono_us(const struct sim_fleet *fleet)
{
    if (!sim_fleet_flying(fleet))
        return INT64_MAX;
    // The first microsecond at which sim_fleet_due() is true.
    struct sim_now at = {.mono_us = fleet->start.mono_us
                                    + (int64_t)((double)(fleet->next + 1) / per_us(fleet))};
    while (!sim_fleet_due(fleet, at))
        at.mono_us++;
    return at.mono_us;
}

static struct sim_outgoing request_of(const uint8_t *bytes, size_t size)
{
    return (struct sim_outgoing){.word = "request", .bytes = bytes, .size = size, .qos = 1};
}

static void ask_to_land(struct sim_fleet *fleet, size_t index)
{
    struct sim_drone *drone = &fleet->drones[index];
    uint8_t bytes[SIM_ASK_MAX];
    size_t size = sim_pilot_request(&drone->pilot, fleet->world, &drone->flight,
                                    drone_utc_us(fleet, index), bytes);
    // A request that is not sent now is repeated, as one that is not answered.
    if (size > 0 && send(fleet, index, request_of(bytes, size)) != DRF_OK)
        fleet->unsent++;
}

// A verified drone sends requests at intervals: terrain around it and its porch in turn.
static void ask_one(struct sim_fleet *fleet, size_t index)
{
    struct sim_drone *drone = &fleet->drones[index];
    int64_t now_mono_us = fleet->now.mono_us;
    double period_us = fleet->plan.request_s * 1e6;
    if (period_us <= 0.0 || !sim_receiver_verifies(fleet->receiver, index))
        return;
    if (drone->asked_mono_us == 0) // spread over the first period
        drone->asked_mono_us = now_mono_us - (int64_t)(period_us * (double)(index % 16) / 16.0);
    if ((double)(now_mono_us - drone->asked_mono_us) < period_us)
        return;
    drone->asked_mono_us = now_mono_us;
    uint8_t bytes[SIM_REQUEST_MAX];
    bool terrain = drone->asked.number % 2 == 0;
    struct geo_point at =
        sim_world_point(fleet->world, terrain ? drone->flight.at : drone->flight.porch);
    size_t size = terrain ? sim_request_terrain(&drone->asked, at, bytes)
                          : sim_request_landing(&drone->asked, at, bytes);
    if (send(fleet, index, request_of(bytes, size)) == DRF_OK)
        fleet->asked++;
}

// After the report, so that the last report that names a plan arrives before the next plan.
static void file_plan(struct sim_fleet *fleet, size_t index)
{
    struct sim_drone *drone = &fleet->drones[index];
    uint8_t bytes[SIM_PLAN_MAX];
    size_t size = sim_plans_file(&drone->plans, index, &drone->flight, fleet->world,
                                 fleet->witness.geoid, drone_utc_us(fleet, index), bytes);
    const struct sim_outgoing plan = {.word = "plan",
                                      .bytes = bytes,
                                      .size = size,
                                      .qos = 1,
                                      .retain = true,
                                      .ask = drone->plans.sent};
    if (size > 0 && send(fleet, index, plan) != DRF_OK)
        fleet->unsent++;
}

static void report(struct sim_fleet *fleet, size_t index)
{
    struct sim_drone *drone = &fleet->drones[index];
    uint8_t bytes[SIM_TELEMETRY_MAX];
    struct sim_report made;
    sim_drone_error_step(&drone->error, &fleet->plan.errors, fleet->plan.seed, (uint32_t)index,
                         1.0 / fleet->plan.rate_hz);
    size_t size = sim_telemetry_make(drone, fleet->world, fleet->witness.geoid,
                                     drone_utc_us(fleet, index), &made, bytes);
    made.mono_us = fleet->now.mono_us;
    made.unprofiled = !drone->profile_answered;
    sim_receiver_sent(fleet->receiver, index, &made);
    const struct sim_outgoing telemetry = {.word = "telemetry", .bytes = bytes, .size = size};
    if (drone->error.report_lost) {
        fleet->lost++;
        sim_promises_excuse(fleet->promises, index, fleet->now.mono_us);
    } else if (send(fleet, index, telemetry) == DRF_OK)
        fleet->sent++;
    else
        fleet->unsent++;
}

void sim_fleet_report(struct sim_fleet *fleet, struct sim_now now)
{
    size_t index = (size_t)(fleet->next++ % fleet->plan.drones);
    struct sim_drone *drone = &fleet->drones[index];
    fleet->now = now;
    sim_receiver_acknowledge(fleet->receiver, index, now);
    if (fleet->plan.react)
        sim_pilot_decide(&drone->pilot, &drone->flight, drone_utc_us(fleet, index));
    sim_flight_step(&drone->flight, fleet->world, 1.0 / fleet->plan.rate_hz);
    if (fleet->plan.react)
        ask_to_land(fleet, index);
    if (fleet->observer.on_flown != NULL)
        fleet->observer.on_flown(fleet->observer.told.context, index, now);
    report(fleet, index);
    file_plan(fleet, index);
    ask_one(fleet, index);
}

// Each passes one of the drones that are in the air, in turn.
void sim_fleet_traffic(struct sim_fleet *fleet, struct sim_now now)
{
    if (fleet->flybys == NULL)
        return;
    size_t first = (size_t)(fleet->next * 7 % fleet->plan.drones);
    if (sim_flyby_feed_wants(fleet->flybys, now.utc_us)
        && !sim_flight_on_ground(&fleet->drones[first].flight))
        sim_flyby_feed_send(fleet->flybys, &fleet->drones[first].flight, now.utc_us);
    sim_flyby_feed_step(fleet->flybys, fleet->witness.geoid, now.utc_us);
}

void sim_fleet_log(struct sim_fleet *fleet, struct sim_now now)
{
    if (fleet->flight_log == NULL
        || (double)(now.mono_us - fleet->tracked_mono_us) * 1e-6 < fleet->track_s)
        return;
    fleet->tracked_mono_us = now.mono_us;
    sim_flight_log_flown(fleet->flight_log,
                         (double)(now.mono_us - fleet->start.mono_us) * 1e-6);
}

void sim_fleet_take(struct sim_fleet *fleet, size_t index, enum sim_stream stream,
                    const void *bytes, size_t size, struct sim_now now)
{
    fleet->now = now;
    sim_receiver_take(fleet->receiver, index, stream, bytes, size, now);
}

void sim_fleet_stalled(struct sim_fleet *fleet, int64_t from_mono_us, int64_t to_mono_us)
{
    sim_promises_stalled(fleet->promises, from_mono_us, to_mono_us);
}

void sim_fleet_landed(struct sim_fleet *fleet, struct sim_now now)
{
    sim_promises_end(fleet->promises, now.mono_us, sim_receiver_judge(fleet->receiver));
}

void sim_fleet_settle(struct sim_fleet *fleet)
{
    sim_promises_settle(fleet->promises, sim_receiver_judge(fleet->receiver));
}

size_t sim_fleet_check(struct sim_fleet *fleet, size_t most, struct sim_now now)
{
    fleet->now = now;
    return sim_receiver_check(fleet->receiver, most);
}
