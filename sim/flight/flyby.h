// sim/flight/flyby.h - aircraft that are not of the fleet, published as a traffic feed.
// SPDX-License-Identifier: Apache-2.0
//
// Each flies straight and evenly past one of the drones, at its height or a little off, is
// reported once a second for a while, then no more, and is replaced by another one. What was
// published is kept here for the witness: where they are at any time is known to the metre,
// whichever report a node uses.
#ifndef SIM_FLYBY_H
#define SIM_FLYBY_H

#include "sim/flight/flight.h"
#include "sim/publish/feed_port.h"
#include "sim/world/crs.h"

enum { SIM_FLYBYS_MAX = 64, SIM_FLYBY_ID = 24 };

struct sim_flyby {
    char id[SIM_FLYBY_ID];      // "": unused
    struct sim_plane from;      // where it was at first
    double amsl_m;              // there
    double east_mps, north_mps; // of the plane
    double up_mps;
    double horizontal_acc_m, altitude_acc_m;
    int64_t from_utc_us, told_utc_us; // of the first and of the last report
};

struct sim_flybys {
    size_t count;
    struct sim_flyby list[SIM_FLYBYS_MAX];
};

struct sim_plane sim_flyby_at(const struct sim_flyby *flyby, int64_t utc_us);
double sim_flyby_amsl_m(const struct sim_flyby *flyby, int64_t utc_us);
// One that reaches a flight's position after half a minute; distance, height and direction
// follow from `number`.
struct sim_flyby sim_flyby_make(uint64_t number, const struct sim_world *world,
                                const struct sim_flight *flight, int64_t utc_us);

struct sim_flyby_feed;

// `count` at a time over the flights of the fleet. Tracks go to the topic behind `port`, as
// schemas/traffic.md says. The world is borrowed until close. DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status sim_flyby_feed_open(const struct sim_feed_port *port,
                                                   size_t count, const struct sim_world *world,
                                                   struct sim_flyby_feed **out);
void sim_flyby_feed_close(struct sim_flyby_feed *feed); // NULL is fine
// Until close.
const struct sim_flybys *sim_flyby_feed_list(const struct sim_flyby_feed *feed);
// True when another one is due; sim_flyby_feed_send() makes it for a drone.
bool sim_flyby_feed_wants(const struct sim_flyby_feed *feed, int64_t utc_us);
void sim_flyby_feed_send(struct sim_flyby_feed *feed, const struct sim_flight *flight,
                         int64_t utc_us);
// Publishes the reports that are due. One that cannot be sent now is sent later or dropped.
void sim_flyby_feed_step(struct sim_flyby_feed *feed, struct sim_geoid *geoid, int64_t utc_us);

#endif
