// fusion/reason/reasoners.h - the table of reasoners.
// SPDX-License-Identifier: Apache-2.0
//
// One file for each, one line here and one row in the table of fusion/reason/reasoners.c. The
// order of the table is the order in which they run.
#ifndef FUSION_REASONERS_H
#define FUSION_REASONERS_H

#include "fusion/aircraft/advisory.h"

// All of them, in the order of the table.
void fusion_reasoners_run(const struct fusion_view *view, struct fusion_advisories *list);

void fusion_reason_agl(const struct fusion_view *view, struct fusion_advisories *list);
void fusion_reason_alert(const struct fusion_view *view, struct fusion_advisories *list);
void fusion_reason_altitude(const struct fusion_view *view, struct fusion_advisories *list);
void fusion_reason_boundary(const struct fusion_view *view, struct fusion_advisories *list);
void fusion_reason_obstacle(const struct fusion_view *view, struct fusion_advisories *list);
void fusion_reason_quality(const struct fusion_view *view, struct fusion_advisories *list);
void fusion_reason_terrain(const struct fusion_view *view, struct fusion_advisories *list);
void fusion_reason_traffic(const struct fusion_view *view, struct fusion_advisories *list);
void fusion_reason_weather(const struct fusion_view *view, struct fusion_advisories *list);
void fusion_reason_zone(const struct fusion_view *view, struct fusion_advisories *list);

#endif
