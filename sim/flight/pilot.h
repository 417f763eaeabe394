// sim/flight/pilot.h - reaction of a drone to contexts, advisories and replies.
// SPDX-License-Identifier: Apache-2.0
//
// Advisories are information; these are the decisions of one client. It climbs over an
// obstacle or over terrain that it is warned of, slowly enough to be up in time, and stays up
// until it has passed. For terrain it climbs at most over the highest surface ahead that its
// contexts told it, or, as long as none told any, by one step above where the warning began. In
// a prohibited zone it aborts and flies home, before one it waits. When its context is older
// than stale_after_ms (schemas/client.md) it holds its position until the next one. Before it
// lands at a porch it asks, and lands only when nothing forbids it. Depots are prepared places,
// where it lands without asking. It knows of the world only what it received, never the truth.
#ifndef SIM_PILOT_H
#define SIM_PILOT_H

#include "drf/v1/context.pb-c.h"
#include "drf/v1/reply.pb-c.h"
#include "sim/flight/flight.h"

#define SIM_ASK_CORRELATION "set-down"

enum { SIM_AVOIDED_MAX = 8, SIM_ASK_MAX = 128, SIM_AGAINST_SIZE = 96 };

struct sim_avoided {
    uint32_t advisory_id;
    struct sim_plane at;
    double over_amsl_m; // minimum height there
    bool terrain;       // has no feature id: ends when it is not repeated
    int64_t told_utc_us;
};

enum sim_leave { SIM_LEAVE_UNASKED, SIM_LEAVE_ASKED, SIM_LEAVE_GIVEN, SIM_LEAVE_REFUSED };

struct sim_pilot {
    int64_t void_utc_us; // when the last context becomes stale (sim/fleet/receive.c); 0: none
                         // has arrived yet
    bool silent;
    int64_t zone_utc_us; // last told that it is in a zone
    int64_t wait_utc_us; // before a zone, until then
    struct sim_avoided avoided[SIM_AVOIDED_MAX];
    size_t avoided_count;
    bool ahead_told;      // by the last context: the highest surface below and ahead
    double ahead_amsl_m;  // that
    double warned_amsl_m; // where it was when the warning of terrain that it avoids began
    enum sim_leave leave; // to set down
    int64_t asked_utc_us;
    uint32_t asks;
    uint32_t severity; // of the last answer
    char against[SIM_AGAINST_SIZE];
};

// A context that arrived.
void sim_pilot_context(struct sim_pilot *pilot, const struct sim_world *world,
                       struct sim_flight *flight, const Drf__V1__Context *context,
                       int64_t now_utc_us);
// One advisory, from a context or, sooner, by itself.
void sim_pilot_advisory(struct sim_pilot *pilot, const struct sim_world *world,
                        struct sim_flight *flight, const Drf__V1__Advisory *advisory,
                        int64_t now_utc_us);
// Whether a reply answers a pilot's question.
bool sim_pilot_asked(const Drf__V1__Reply *reply);
void sim_pilot_reply(struct sim_pilot *pilot, const Drf__V1__Reply *reply);

// Before each step of the flight: sets its intent.
void sim_pilot_decide(struct sim_pilot *pilot, struct sim_flight *flight, int64_t now_utc_us);

// The question "may I set down here", when it is time to ask; 0: it is not.
size_t sim_pilot_request(struct sim_pilot *pilot, const struct sim_world *world,
                         const struct sim_flight *flight, int64_t now_utc_us,
                         uint8_t bytes[static SIM_ASK_MAX]);

#endif
