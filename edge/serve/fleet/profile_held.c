// SPDX-License-Identifier: Apache-2.0
#include "edge/serve/fleet/profile_held.h"

void edge_profile_held_drop(struct edge_profile_held *profile,
                            const struct fusion_limits *limits,
                            const struct edge_preferences *preferences)
{
    *profile = (struct edge_profile_held){.limits = *limits, .preferences = *preferences};
}

void edge_profile_held_use(struct edge_profile_held *profile,
                           const struct fusion_limits *limits,
                           const struct edge_preferences *preferences, uint64_t digest)
{
    *profile = (struct edge_profile_held){
        .held = true, .digest = digest, .limits = *limits, .preferences = *preferences};
}

void edge_profile_held_limit(struct edge_profile_held *profile, double rate_max_hz)
{
    double asked_hz = profile->preferences.rate_hz;
    if (profile->held && asked_hz > 0)
        profile->preferences.interval_us =
            (int64_t)(1e6 / (asked_hz < rate_max_hz ? asked_hz : rate_max_hz));
}

void edge_profile_held_no_patches(struct edge_profile_held *profile)
{
    profile->preferences.patch_side = 0;
}
