// SPDX-License-Identifier: Apache-2.0
#include "fusion/reason/reasoners.h"

static const fusion_reasoner_fn reasoners[] = {
    fusion_reason_alert,    fusion_reason_altitude, fusion_reason_agl,  fusion_reason_terrain,
    fusion_reason_obstacle, fusion_reason_traffic,  fusion_reason_zone, fusion_reason_weather,
    fusion_reason_quality,  fusion_reason_boundary,
};

void fusion_reasoners_run(const struct fusion_view *view, struct fusion_advisories *list)
{
    for (size_t i = 0; i < sizeof reasoners / sizeof reasoners[0]; i++)
        reasoners[i](view, list);
}
