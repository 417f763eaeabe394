// SPDX-License-Identifier: Apache-2.0
#include "sim/fleet/profile.h"

#include <math.h>

#include "drf/v1/profile.pb-c.h"
#include "sim/flight/drone_limits.h"
#include "sim/host/loop.h"

enum { AT_ONCE = 8 };

static const int64_t again_us = 1000000, pause_us = 4000;

static size_t make(size_t number, double rate_hz, const struct sim_patch_options *patch,
                   uint8_t bytes[static SIM_TELEMETRY_MAX])
{
    Drf__V1__Profile profile = DRF__V1__PROFILE__INIT;
    profile.has_revision = profile.has_rate_hz = 1;
    profile.revision = 1;
    profile.rate_hz = (float)rate_hz;
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

static void pause_for(struct sim_links *links, int64_t length_us)
{
    int64_t end_mono_us = sim_mono_us() + length_us;
    for (int64_t now = sim_mono_us(); now < end_mono_us; now = sim_mono_us())
        sim_links_step(links, 1, now);
}

static size_t unanswered(const struct sim_drone *drones, size_t count)
{
    size_t sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += drones[i].profile_answered ? 0 : 1;
    return sum;
}

size_t sim_profiles_send(struct sim_links *links, const struct sim_drone *drones, size_t count,
                         double rate_hz, const struct sim_patch_options *patch, int64_t wait_us)
{
    uint8_t bytes[SIM_TELEMETRY_MAX];
    int64_t end_mono_us = sim_mono_us() + wait_us;
    while (unanswered(drones, count) > 0 && sim_mono_us() < end_mono_us && !sim_stop_wanted()) {
        size_t sent = 0;
        for (size_t i = 0; i < count; i++) {
            if (drones[i].profile_answered)
                continue;
            // A drone that is not connected now is asked again in the next round.
            size_t size = make(drones[i].number, rate_hz, patch, bytes);
            if (sim_links_send(links, i, "profile", bytes, size, 1, true) == DRF_OK
                && ++sent % AT_ONCE == 0)
                pause_for(links, pause_us);
        }
        int64_t again_mono_us = sim_mono_us() + again_us;
        while (unanswered(drones, count) > 0 && sim_mono_us() < again_mono_us
               && !sim_stop_wanted())
            pause_for(links, 10000);
    }
    return unanswered(drones, count);
}
