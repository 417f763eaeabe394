// edge/serve/fleet/drone.h - one drone in the serve loop: the parts of its state.
// SPDX-License-Identifier: Apache-2.0
//
// A value in the fleet's table. Each part is written by one file, which is named: everybody
// else reads it, or calls a function of that file. Its plan and the state of its patches are
// separate blocks, allocated when they first come and kept for the next drone in that place.
#ifndef EDGE_DRONE_H
#define EDGE_DRONE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "edge/mqtt/topic.h"
#include "edge/serve/fleet/advisories.h"
#include "edge/serve/fleet/due.h"
#include "edge/serve/fleet/found.h"
#include "edge/serve/fleet/kept.h"
#include "edge/serve/fleet/link_budget.h"
#include "edge/serve/fleet/patches.h"
#include "edge/serve/fleet/place.h"
#include "edge/serve/fleet/plan_held.h"
#include "edge/serve/fleet/profile_held.h"
#include "edge/serve/fleet/rates.h"
#include "edge/serve/fleet/report.h"
#include "edge/serve/fleet/stream.h"
#include "fusion/aircraft/aircraft.h"

#define EDGE_DRONE_NONE UINT32_MAX // no drone, where a number of one stands

// Its place in the fleet: edge/serve/fleet/fleet.c.
struct edge_drone_slot {
    bool used;             // the slot holds a drone
    bool known;            // more than one report, or a profile or plan is held
    bool reporting;        // from inside, not silent for long: contexts are made for it
    uint32_t older, newer; // neighbours in the list of last use
    uint32_t cell, cell_previous, cell_next; // where it reports from
    int64_t used_mono_us;                    // of the last report, whatever became of it
};

// How others see it: edge/serve/neighbours.c.
struct edge_drone_sight {
    bool lost;        // silent for longer than limits.lost_link_after_ms
    bool unconfirmed; // it jumped, and too few reports since agree: others are told
    uint8_t agreed;   // reports in a row that agree with each other, while unconfirmed
    // Where it should be since its link was lost; meaningful when lost.
    bool amsl_known;
    int64_t utc_us;
    int32_t lat_e7, lon_e7;
    float amsl_m, north_mps, east_mps;
};

// What others are told of it over Kafka: edge/serve/publishing.c.
struct edge_drone_published {
    int64_t track_mono_us; // when its next track is due
};

// Refusals of telemetry that no reply has reported yet: edge/serve/reply.c.
struct edge_drone_refusals {
    uint32_t untold;
    uint32_t code;       // enum edge_reply_code of the last
    char field_path[40]; // and what was wrong in it
    char text[88];       // why, shortened: the count is said behind it
    int64_t next_mono_us;
};

struct edge_drone {
    char id[EDGE_ID_SIZE];
    struct edge_drone_slot slot;
    struct edge_report report;
    struct edge_place place;
    struct edge_drone_sight sight;
    struct edge_drone_published published;
    struct edge_rates rates;
    struct edge_profile_held profile;
    struct edge_plan_held plan;
    struct edge_kept kept;
    struct edge_due due;
    struct edge_found found;
    struct edge_stream stream;
    struct edge_link_budget link;
    struct edge_drone_refusals refusals;
    struct edge_advisories advisories;
    struct edge_patches *patches; // NULL before it first asks for them
};

// Whether a change in this box concerns the drone.
static inline bool edge_drone_affected(const struct edge_drone *drone,
                                       struct geo_bounds changed)
{
    return drone->slot.reporting
           && edge_found_touched(&drone->found, &drone->report.fix, changed);
}

#endif
