// SPDX-License-Identifier: Apache-2.0
#include "sim/fleet/profile.h"

#include <math.h>
#include <stdio.h>

#include "drf/v1/profile.pb-c.h"
#include "sim/flight/drone_limits.h"

enum { AT_ONCE = 8 };

static const int64_t again_us = 1000000, pause_us = 4000;

static size_t make(size_t number, const struct sim_profile_wish *wish, uint32_t round,
                   uint8_t bytes[static SIM_TELEMETRY_MAX])
{
    const struct sim_patch_options *patch = wish->patch;
    char correlation[16];
    snprintf(correlation, sizeof correlation, "f%u", (unsigned)round);
    Drf__V1__Profile profile = DRF__V1__PROFILE__INIT;
    profile.has_revision = profile.has_rate_hz = 1;
    profile.revision = 1;
    profile.rate_hz = (float)wish->rate_hz;
    profile.has_streams = profile.streams = wish->streams;
    profile.correlation = correlation;
    profile.has_patch = profile.has_patch_cells = profile.has_patch_rate_hz = patch->side > 0;
    profile.patch = patch->side > 0;
    profile.patch_cells = patch->side;
    profile.patch_rate_hz = (float)patch->rate_hz;
    struct sim_drone_limits limits =
        sim_drone_limits_of(number); // the rest: the node's defaults
    profile.has_agl_max_m = !isnan(limits.agl_max_m);
    profile.agl_max_m = (float)limits.agl_max_m;
    profile.has_wind_max_mps = !isnan(limits.wind_max_mps);
    profile.wind_max_mps = (float)limits.wind_max_mps;
    profile.has_gust_max_mps = !isnan(limits.gust_max_mps);
    profile.gust_max_mps = (float)limits.gust_max_mps;
    profile.has_visibility_min_m = !isnan(limits.visibility_min_m);
    profile.visibility_min_m = (float)limits.visibility_min_m;
    return drf__v1__profile__pack(&profile, bytes);
}

static size_t unanswered(const struct sim_drone *drones, size_t count)
{
    size_t sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += drones[i].profile_answered ? 0 : 1;
    return sum;
}

size_t sim_profiles_step(struct sim_profiles *profiles, const struct sim_link_port *link,
                         const struct sim_drone *drones, size_t count,
                         const struct sim_profile_wish *wish, struct sim_now now)
{
    uint8_t bytes[SIM_TELEMETRY_MAX];
    size_t left = unanswered(drones, count);
    if (left == 0 || now.mono_us < profiles->resume_mono_us)
        return left;
    for (size_t sent = 0; profiles->next < count && sent < AT_ONCE; profiles->next++) {
        const struct sim_drone *drone = &drones[profiles->next];
        if (drone->profile_answered)
            continue;
        struct sim_outgoing message = {.word = "profile",
                                       .bytes = bytes,
                                       .qos = 1,
                                       .retain = true,
                                       .ask = profiles->rounds + 1};
        message.size = make(drone->number, wish, message.ask, bytes);
        // A drone that is not connected now is asked again in the next round.
        sent += link->send(link->context, profiles->next, &message, now) == DRF_OK ? 1 : 0;
    }
    bool over = profiles->next == count;
    profiles->resume_mono_us = now.mono_us + (over ? again_us : pause_us);
    profiles->next = over ? 0 : profiles->next;
    profiles->rounds += over ? 1 : 0;
    return left;
}
