// sim/fleet/profile.h - sends the profiles of the fleet until each has a reply.
// SPDX-License-Identifier: Apache-2.0
#ifndef SIM_PROFILE_H
#define SIM_PROFILE_H

#include "sim/fleet/link.h"
#include "sim/fleet/patch_watch.h"
#include "sim/fleet/telemetry.h"

// Begin with zeros.
struct sim_profiles {
    size_t next;            // the drone that comes next in this round
    uint32_t rounds;        // that are over
    int64_t resume_mono_us; // not before
};

struct sim_profile_wish {
    double rate_hz;
    const struct sim_patch_options *patch;
    bool streams;
};

// Sends what is due: every drone's profile, a few at a time (a broker drops what it cannot
// queue for the node), and a second after a round again those without a reply. Replies must set
// drone.profile_answered. The correlation is "f1" in the first round. Returns how many have
// none yet.
size_t sim_profiles_step(struct sim_profiles *profiles, const struct sim_link_port *link,
                         const struct sim_drone *drones, size_t count,
                         const struct sim_profile_wish *wish, struct sim_now now);

#endif
