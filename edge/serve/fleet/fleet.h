// edge/serve/fleet/fleet.h - table of all drones: lookup by id, bounded, with eviction.
// SPDX-License-Identifier: Apache-2.0
//
// A table of fixed size, allocated at open. A drone is loose (it sent one message, and nothing
// of it is held) or known. When the table is full a new drone replaces the loose drone used
// longest ago, else a known drone that is silent, else it is refused: ids that appear once cost
// no other drone its place. Numbers of slots are stable while a drone is held.
#ifndef EDGE_FLEET_H
#define EDGE_FLEET_H

#include <stddef.h>
#include <stdint.h>

#include "edge/serve/fleet/drone.h"
#include "geo/bounds.h"
#include "geo/status.h"

struct edge_fleet;

struct edge_fleet_config {
    uint32_t drones_max;
    int64_t forget_us;           // a known drone silent for this long may be replaced
    struct geo_bounds bounds;    // where reporting drones can be
    struct fusion_limits limits; // of a drone without profile
    struct edge_preferences preferences;
};

struct edge_fleet_counts {
    uint32_t held, reporting;
    uint64_t evicted, refused;
};

// DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status edge_fleet_open(const struct edge_fleet_config *config,
                                               struct edge_fleet **out);
void edge_fleet_close(struct edge_fleet *fleet); // NULL is fine
// In a reload: what is not fixed by the table's size. Drones without a profile get the new
// defaults, those with one the rate that it asks for, at most `rate_max_hz`.
void edge_fleet_follow(struct edge_fleet *fleet, const struct edge_fleet_config *config,
                       double rate_max_hz);

// NULL: not held.
struct edge_drone *edge_fleet_find(struct edge_fleet *fleet, const char *id);
// The drone of that id, new if need be. DRF_ERR_FULL: no place for one more.
DRF_MUST_CHECK enum drf_status edge_fleet_admit(struct edge_fleet *fleet, const char *id,
                                                int64_t now_mono_us, struct edge_drone **out);
// It sent something now.
void edge_fleet_touch(struct edge_fleet *fleet, struct edge_drone *drone, int64_t now_mono_us);
// It is worth keeping: more than one report, or something of it is held.
void edge_fleet_keep(struct edge_fleet *fleet, struct edge_drone *drone);
// Nothing of it is held any more: back to the defaults of a drone without profile.
void edge_fleet_unprofile(struct edge_fleet *fleet, struct edge_drone *drone);

// It reports from `position` (on the globe): what changes there concerns it.
void edge_fleet_place(struct edge_fleet *fleet, struct edge_drone *drone,
                      struct geo_point position);
// It reports no more, or from outside: nothing concerns it.
void edge_fleet_unplace(struct edge_fleet *fleet, struct edge_drone *drone);
// Takes out of `reporting` whoever was silent for forget_us; call now and then.
void edge_fleet_forget(struct edge_fleet *fleet, int64_t now_mono_us);

uint32_t edge_fleet_number(const struct edge_fleet *fleet, const struct edge_drone *drone);
// Numbers below this are or were in use.
uint32_t edge_fleet_slots(const struct edge_fleet *fleet);
struct edge_drone *edge_fleet_at(struct edge_fleet *fleet, uint32_t number);

// Calls `visit` for each reporting drone in a cell within `reach_m` of the box: a superset of
// those within reach.
void edge_fleet_around(struct edge_fleet *fleet, struct geo_bounds bounds, double reach_m,
                       void (*visit)(void *self, struct edge_drone *drone), void *self);

// The farthest that any context looked ahead, and how fast any drone flew a second ago.
double edge_fleet_concern_max_m(const struct edge_fleet *fleet);
void edge_fleet_note_concern(struct edge_fleet *fleet, double ahead_m);
double edge_fleet_speed_max_mps(const struct edge_fleet *fleet);
void edge_fleet_note_speed(struct edge_fleet *fleet, double fastest_mps);

struct edge_fleet_counts edge_fleet_counts(const struct edge_fleet *fleet);

#endif
