// sim/fleet/profile.h - sends the profiles of the fleet and waits for the replies.
// SPDX-License-Identifier: Apache-2.0
#ifndef SIM_PROFILE_H
#define SIM_PROFILE_H

#include "sim/fleet/fleet_mqtt.h"
#include "sim/fleet/patch_watch.h"
#include "sim/fleet/telemetry.h"

// Sends every drone's profile, a few at a time (a broker drops what it cannot queue for the
// node), and again to those without a reply, for at most wait_us. Replies must set
// drone.profile_answered. Returns how many stayed without one.
size_t sim_profiles_send(struct sim_links *links, const struct sim_drone *drones, size_t count,
                         double rate_hz, const struct sim_patch_options *patch,
                         int64_t wait_us);

#endif
