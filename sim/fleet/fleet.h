// sim/fleet/fleet.h - a fleet of drones as a step function: time and messages in, messages out.
// SPDX-License-Identifier: Apache-2.0
//
// It reads no clock and opens no socket: the time is handed in, messages go out through a port
// (sim/fleet/link.h) and come in by sim_fleet_take(). Whoever drives it is the command with
// real MQTT clients, or an experiment in lock-step with a node. One thread.
//
// The order of a flight: sim_fleet_profiles() until it returns 0, sim_fleet_begin(), then
// sim_fleet_report() until sim_fleet_flying() is false, sim_fleet_landed(), then a while for
// late answers, sim_fleet_check() until it returns 0, and sim_fleet_settle().
#ifndef SIM_FLEET_H
#define SIM_FLEET_H

#include "sim/error/error_plan.h"
#include "sim/fleet/flight_log.h"
#include "sim/fleet/profile.h"
#include "sim/fleet/receive.h"

struct sim_fleet_plan {
    const char *region;
    unsigned level;
    size_t drones;
    uint64_t seed;        // of the flights
    int64_t start_utc_us; // with the seed it makes the drones' boot ids
    double seconds, rate_hz;
    double request_s; // between a verified drone's requests; 0: none
    size_t plans;     // one drone of so many files plans; 0: none does
    bool react;       // drones react to what they are told
    bool confused;    // two of 32 drones label heights wrongly
    enum sim_corruption corruption;
    double verify_ratio; // of the drones whose contexts the witness checks
    bool streams;        // drones ask for the contexts of every node of the region
    bool all_hear;       // drones react to contexts that nobody checks, too
    struct sim_patch_options patch;
    struct sim_error_plan errors; // all off: the drones know the truth
};

// Messages to drones when they are checked, and each step of a flight. Members may be NULL.
struct sim_fleet_observer {
    struct sim_listener told;
    void (*on_flown)(void *context, size_t index, struct sim_now now);
};

// The parts of a fleet, to be read by whoever drives it.
struct sim_fleet {
    struct sim_fleet_plan plan;
    struct sim_world *world;            // borrowed
    const struct sim_account *accounts; // borrowed
    struct sim_link_port link;
    struct sim_witness witness;
    struct sim_drone *drones;
    struct sim_receiver *receiver;
    struct sim_patch_watch *patches; // NULL: none
    struct sim_promises *promises;
    struct sim_fleet_observer observer;
    struct sim_flight_log *flight_log; // borrowed; NULL: none
    struct sim_flyby_feed *flybys;     // borrowed; NULL: none
    double track_s;                    // between the rows of the flight log
    struct sim_profiles profiles;
    struct sim_now start, now;
    int64_t tracked_mono_us;
    uint64_t next, total; // reports due so far, over all drones in turn; of the whole flight
    uint64_t sent, unsent, asked;
    uint64_t lost; // reports that a drone did not send, by plan.errors.reports
};

// The world, the accounts (one for each drone) and the strings of the plan are borrowed until
// close. DRF_ERR_NOMEM. DRF_ERR_ABSENT: no geoid grid.
DRF_MUST_CHECK enum drf_status sim_fleet_open(const struct sim_fleet_plan *plan,
                                              struct sim_world *world,
                                              const struct sim_account *accounts,
                                              struct sim_fleet *out);
void sim_fleet_close(struct sim_fleet *fleet);

// Aircraft that pass the drones, borrowed until close; NULL: none.
void sim_fleet_meet(struct sim_fleet *fleet, struct sim_flyby_feed *flybys);

// Sends the profiles that are due. Returns how many have no reply yet.
size_t sim_fleet_profiles(struct sim_fleet *fleet, struct sim_now now);

// The flight begins.
void sim_fleet_begin(struct sim_fleet *fleet, struct sim_now now);
bool sim_fleet_flying(const struct sim_fleet *fleet);
// Whether a report is due at that time.
bool sim_fleet_due(const struct sim_fleet *fleet, struct sim_now now);
// When the next report is due; INT64_MAX: all have been sent.
int64_t sim_fleet_due_mono_us(const struct sim_fleet *fleet);
// Moves the drone whose report is due and sends it, and what else it has to say.
void sim_fleet_report(struct sim_fleet *fleet, struct sim_now now);
// The passing aircraft's reports that are due.
void sim_fleet_traffic(struct sim_fleet *fleet, struct sim_now now);
// The row of each drone in the flight log, when it is due.
void sim_fleet_log(struct sim_fleet *fleet, struct sim_now now);

// A message that reached a drone at that time.
void sim_fleet_take(struct sim_fleet *fleet, size_t index, enum sim_stream stream,
                    const void *bytes, size_t size, struct sim_now now);
// Nothing was taken from one time to the other, longer than whoever drives it meant to wait: it
// does not count as silence of the nodes.
void sim_fleet_stalled(struct sim_fleet *fleet, int64_t from_mono_us, int64_t to_mono_us);
// After the last report; and when no more replies are waited for.
void sim_fleet_landed(struct sim_fleet *fleet, struct sim_now now);
void sim_fleet_settle(struct sim_fleet *fleet);
// Checks up to `most` stored messages, and lets the drones react to them. Returns how many are
// left.
size_t sim_fleet_check(struct sim_fleet *fleet, size_t most, struct sim_now now);

// The boot id of a drone: it grows with the start, and differs by seed and drone.
uint64_t sim_fleet_boot_id(uint64_t seed, int64_t start_utc_us, size_t drone);

#endif
