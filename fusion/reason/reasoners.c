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

struct fusion_advisory fusion_advisory_begin(const struct fusion_view *view,
                                             enum fusion_advisory_kind kind,
                                             enum fusion_severity severity, const char *cause)
{
    return (struct fusion_advisory){
        .advisory_id = fusion_advisory_id(kind, cause),
        .severity = severity,
        .kind = kind,
        .valid_until_utc_us = view->now_utc_us + FUSION_ADVISORY_VALID_US,
    };
}

void fusion_advisory_source(struct fusion_advisory *advisory,
                            const struct fusion_source *source)
{
    if (source == NULL)
        return;
    advisory->source = source->source;
    advisory->data_time_known = source->data_time_utc_us != INT64_MIN;
    if (advisory->data_time_known)
        advisory->data_time_utc_us = source->data_time_utc_us;
}
