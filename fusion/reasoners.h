// fusion/reasoners.h - every reasoner there is: one file each, one line here, one row in the
// table of fusion/advisory.c. SPDX-License-Identifier: Apache-2.0
#ifndef FUSION_REASONERS_H
#define FUSION_REASONERS_H

#include "fusion/advisory.h"

// An advisory that is not refreshed is void after this.
#define FUSION_ADVISORY_VALID_US INT64_C(5000000)

void fusion_reason_altitude(const struct fusion_view *view, struct fusion_advisories *list);
void fusion_reason_terrain(const struct fusion_view *view, struct fusion_advisories *list);

#endif
