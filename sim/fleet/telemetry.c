// SPDX-License-Identifier: Apache-2.0
#include "sim/fleet/telemetry.h"

#include <assert.h>
#include <math.h>

#include "drf/v1/enums.pb-c.h"
#include "drf/v1/telemetry.pb-c.h"

static const float vertical_acc95_m = 3.0F;

static int32_t to_e7(double deg) { return (int32_t)lround(deg * 1e7); }

// Which heights it knows: of 16 drones, on a calm day of 32, one has a barometer only.
static size_t altitudes_of(const struct sim_drone *drone, const struct sim_world *world)
{
    size_t of = world->plan.calm ? 32 : 16;
    return drone->number % of == of - 1 ? 4 : drone->number % 4;
}

static void add_altitudes(const struct sim_drone *drone, size_t kind, double wgs84_m,
                          double amsl_m, Drf__V1__Telemetry *t)
{
    double pressure_amsl_m = drone->flight.amsl_m + drone->error.barometer_m;
    if (kind == 0 || kind == 1) {
        bool confused = drone->confusion == SIM_CONFUSION_ELLIPSOID;
        t->has_alt_wgs84_m = t->has_alt_wgs84_acc95_m = 1;
        t->alt_wgs84_m = (float)(confused ? amsl_m : wgs84_m);
        t->alt_wgs84_acc95_m = vertical_acc95_m;
    }
    if (kind == 0 || kind == 2) {
        bool confused = drone->confusion == SIM_CONFUSION_AMSL;
        t->has_alt_amsl_m = t->has_alt_amsl_acc95_m = 1;
        t->alt_amsl_m = (float)(confused ? wgs84_m : amsl_m);
        t->alt_amsl_acc95_m = vertical_acc95_m;
    }
    if (kind == 3) {
        t->has_alt_above_takeoff_m = t->has_alt_above_takeoff_acc95_m = 1;
        t->alt_above_takeoff_m = (float)(pressure_amsl_m - drone->takeoff_amsl_m);
        t->alt_above_takeoff_acc95_m = 1.0F;
        t->has_takeoff_lat_e7 = t->has_takeoff_lon_e7 = 1;
        t->takeoff_lat_e7 = to_e7(drone->takeoff.lat_deg);
        t->takeoff_lon_e7 = to_e7(drone->takeoff.lon_deg);
    }
    if (kind == 4) {
        t->has_alt_pressure_m = t->has_alt_pressure_acc95_m = 1;
        t->alt_pressure_m =
            (float)(pressure_amsl_m - 35.0); // some other pressure than the standard's
        t->alt_pressure_acc95_m = 10.0F;
    }
}

static void note(const struct sim_drone *drone, const Drf__V1__Telemetry *t,
                 struct sim_report *report)
{
    *report = (struct sim_report){
        .drone = drone->number,
        .seq = t->seq,
        .position = {.lat_deg = t->lat_e7 * 1e-7, .lon_deg = t->lon_e7 * 1e-7},
        .utc_us = t->time_us,
        .has_wgs84 = t->has_alt_wgs84_m,
        .has_amsl = t->has_alt_amsl_m,
        .has_takeoff = t->has_alt_above_takeoff_m,
        .has_pressure = t->has_alt_pressure_m,
        .pressure_m = (double)t->alt_pressure_m,
        .pressure_acc_m = (double)t->alt_pressure_acc95_m,
        .wgs84_m = (double)t->alt_wgs84_m,
        .amsl_m = (double)t->alt_amsl_m,
        .above_takeoff_m = (double)t->alt_above_takeoff_m,
        .takeoff = {.lat_deg = t->takeoff_lat_e7 * 1e-7, .lon_deg = t->takeoff_lon_e7 * 1e-7},
        .north_mps = (double)t->velocity_north_mps,
        .east_mps = (double)t->velocity_east_mps,
        .up_mps = (double)t->velocity_up_mps,
        .on_ground = t->on_ground,
        .horizontal_acc_m = (double)t->horizontal_acc95_m,
        .velocity_acc_mps = (double)t->velocity_acc95_mps,
        .vertical_acc_m = t->has_alt_above_takeoff_m ? (double)t->alt_above_takeoff_acc95_m
                                                     : (double)vertical_acc95_m,
    };
}

static void add_motion(const struct sim_flight *flight, Drf__V1__Telemetry *t)
{
    t->has_velocity_north_mps = t->has_velocity_east_mps = t->has_velocity_up_mps = 1;
    t->velocity_north_mps = (float)flight->north_mps;
    t->velocity_east_mps = (float)flight->east_mps;
    t->velocity_up_mps = (float)flight->up_mps;
    t->has_velocity_acc95_mps = t->has_horizontal_acc95_m = t->has_on_ground = 1;
    t->velocity_acc95_mps = 0.3F;
    t->horizontal_acc95_m = 2.5F;
    t->on_ground = sim_flight_on_ground(flight);
}

size_t sim_telemetry_make(struct sim_drone *drone, const struct sim_world *world,
                          struct sim_geoid *geoid, int64_t utc_us, struct sim_report *report,
                          uint8_t bytes[static SIM_TELEMETRY_MAX])
{
    const struct sim_flight *flight = &drone->flight;
    const struct sim_drone_error *error = &drone->error;
    const struct sim_plane known = {.east_m = flight->at.east_m + error->east_m,
                                    .north_m = flight->at.north_m + error->north_m};
    struct geo_point at = sim_world_point(world, known);
    double amsl_m = flight->amsl_m + error->up_m;
    Drf__V1__Telemetry t = DRF__V1__TELEMETRY__INIT;
    Drf__V1__Seen seen = DRF__V1__SEEN__INIT;
    t.has_seq = t.has_drone_boot_id = t.has_time_us = t.has_time_source = 1;
    t.has_lat_e7 = t.has_lon_e7 = t.has_mode = 1;
    t.seq = ++drone->seq;
    t.drone_boot_id = drone->drone_boot_id;
    t.time_us = utc_us;
    t.time_source = DRF__V1__TIME_SOURCE__TIME_SOURCE_GNSS;
    t.lat_e7 = to_e7(at.lat_deg);
    t.lon_e7 = to_e7(at.lon_deg);
    t.mode = DRF__V1__MODE__MODE_SIM;
    if (sim_flight_on_ground(flight)
        || drone->seq == 1) { // both its flights begin at the depot
        struct geo_point depot = sim_world_point(world, flight->depot);
        drone->takeoff =
            (struct geo_point){to_e7(depot.lat_deg) * 1e-7, to_e7(depot.lon_deg) * 1e-7};
        drone->takeoff_amsl_m = sim_world_ground_amsl_m(world, drone->takeoff);
    }
    add_altitudes(drone, altitudes_of(drone, world), amsl_m + sim_geoid_m(geoid, at), amsl_m,
                  &t);
    add_motion(flight, &t);
    if (drone->seen_boot_id != 0) {
        seen.has_boot_id = seen.has_context_seq = 1;
        seen.boot_id = drone->seen_boot_id;
        seen.context_seq = drone->seen_seq;
        seen.has_patch_seq = 1;
        seen.patch_seq =
            drone->patch_boot_id == drone->seen_boot_id ? drone->seen_patch_seq : 0;
        t.seen = &seen;
    }
    const struct sim_plan *plan = sim_plans_flown(&drone->plans, flight);
    char name[SIM_PLAN_ID];
    if (plan != NULL) {
        sim_plan_name(plan->number, name);
        t.active_plan_id = name;
    }
    note(drone, &t, report);
    report->plan = plan != NULL ? plan->number : 0;
    size_t size = drf__v1__telemetry__get_packed_size(&t);
    assert(size <= SIM_TELEMETRY_MAX);
    return drf__v1__telemetry__pack(&t, bytes);
}
