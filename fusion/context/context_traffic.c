// SPDX-License-Identifier: Apache-2.0
// Nearby traffic, most urgent first.
#include "fusion/aircraft/encounter.h"
#include "fusion/aircraft/surroundings.h"
#include "fusion/context/context_parts.h"

static void list(const struct fusion_encounter *encounter, struct fusion_context *out)
{
    out->traffic[out->traffic_count++] = (struct fusion_near_traffic){
        .other = encounter->other,
        .amsl_known = encounter->amsl_known,
        .amsl_m = encounter->amsl_m,
        .distance_m = encounter->distance_m,
        .bearing_deg_true = geo_frame_bearing_deg(encounter->at),
        .cpa_s = encounter->cpa_s,
        .cpa_m = encounter->cpa_m,
    };
}

size_t fusion_context_traffic(const struct fusion_view *view, const struct geo_crs *crs,
                              struct fusion_encounter encounters[static FUSION_NEIGHBOURS_MAX],
                              struct fusion_context *out)
{
    const struct fusion_surroundings *around = view->aircraft->around;
    out->traffic_count = 0;
    out->traffic_left_out = 0;
    if (around == NULL)
        return 0;
    size_t count = 0;
    for (size_t i = 0; i < around->neighbour_count; i++) {
        size_t at = count++;
        fusion_encounter_compute(view, crs, &around->neighbours[i], &encounters[at]);
        if (at == 0 || fusion_encounter_compare(&encounters[at - 1], &encounters[at]) <= 0)
            continue;
        const struct fusion_encounter encounter = encounters[at];
        do {
            encounters[at] = encounters[at - 1];
            at--;
        } while (at > 0 && fusion_encounter_compare(&encounters[at - 1], &encounter) > 0);
        encounters[at] = encounter;
    }
    for (size_t i = 0; i < count && i < FUSION_TRAFFIC_MAX; i++)
        list(&encounters[i], out);
    out->traffic_left_out =
        around->neighbours_left_out + (uint32_t)(count - out->traffic_count);
    return count;
}
