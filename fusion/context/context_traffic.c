// SPDX-License-Identifier: Apache-2.0
// Who flies near, the one to be minded most first.
#include "fusion/aircraft/around.h"
#include "fusion/aircraft/context_parts.h"
#include "fusion/aircraft/meeting.h"

static void list(const struct fusion_meeting *meeting, struct fusion_context *out)
{
    out->traffic[out->traffic_count++] = (struct fusion_near_traffic){
        .other = meeting->other,
        .amsl_known = meeting->amsl_known,
        .amsl_m = meeting->amsl_m,
        .distance_m = meeting->distance_m,
        .bearing_deg_true = meeting->bearing_deg_true,
        .cpa_s = meeting->cpa_s,
        .cpa_m = meeting->cpa_m,
    };
}

size_t fusion_context_traffic(const struct fusion_view *view, const struct geo_crs *crs,
                              struct fusion_meeting meetings[static FUSION_NEIGHBOURS_MAX],
                              struct fusion_context *out)
{
    const struct fusion_around *around = view->aircraft->around;
    out->traffic_count = 0;
    out->traffic_left_out = 0;
    if (around == NULL)
        return 0;
    size_t count = 0;
    for (size_t i = 0; i < around->neighbour_count; i++) {
        struct fusion_meeting meeting;
        fusion_meet(view, crs, &around->neighbours[i], &meeting);
        size_t at = count++;
        for (; at > 0 && fusion_meeting_compare(&meetings[at - 1], &meeting) > 0; at--)
            meetings[at] = meetings[at - 1];
        meetings[at] = meeting;
    }
    for (size_t i = 0; i < count && i < FUSION_TRAFFIC_MAX; i++)
        list(&meetings[i], out);
    out->traffic_left_out =
        around->neighbours_left_out + (uint32_t)(count - out->traffic_count);
    return count;
}
