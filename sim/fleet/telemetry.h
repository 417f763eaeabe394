// sim/fleet/telemetry.h - makes the telemetry reports of a drone of the fleet.
// SPDX-License-Identifier: Apache-2.0
//
// Drones differ in the altitudes that they report: by number modulo 16, ellipsoid and AMSL,
// ellipsoid, AMSL, or height above take-off; one of sixteen has pressure altitude alone. What
// is reported is the truth and the drone's errors (sim/error/), rounded as the wire rounds it,
// unless the drone confuses heights. Height above take-off and pressure altitude come from its
// barometer, position and the other heights from its GNSS receiver.
#ifndef SIM_TELEMETRY_H
#define SIM_TELEMETRY_H

#include <stdbool.h>
#include <stddef.h>

#include "sim/error/drone_error.h"
#include "sim/flight/pilot.h"
#include "sim/witness/witness.h"

enum { SIM_TELEMETRY_MAX = 512 };

// Fault injection: an autopilot that labels one height as the other.
enum sim_confusion {
    SIM_CONFUSION_NONE,
    SIM_CONFUSION_AMSL,      // what it sends as AMSL is over the ellipsoid
    SIM_CONFUSION_ELLIPSOID, // what it sends as over the ellipsoid is AMSL
};

struct sim_drone {
    size_t number;
    enum sim_confusion confusion;
    struct sim_flight flight;
    struct sim_drone_error error; // of what it reports; zeros: none
    uint64_t drone_boot_id;
    uint32_t seq;
    struct geo_point takeoff;
    double takeoff_amsl_m;
    uint64_t seen_boot_id; // the last context that arrived
    uint32_t seen_seq;
    uint64_t patch_boot_id; // the last patch that arrived; seq 0: a key frame is wanted
    uint32_t seen_patch_seq;
    bool profile_answered;
    struct sim_pilot pilot;
    struct sim_plans plans;
    struct sim_asked asked;
    int64_t asked_mono_us; // when it asked last
};

// The next report and its bytes. Returns the bytes' size.
size_t sim_telemetry_make(struct sim_drone *drone, const struct sim_world *world,
                          struct sim_geoid *geoid, int64_t utc_us, struct sim_report *report,
                          uint8_t bytes[static SIM_TELEMETRY_MAX]);

#endif
