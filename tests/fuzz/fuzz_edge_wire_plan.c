// SPDX-License-Identifier: Apache-2.0
// Any bytes in either form: refused with a reason, or a plan that can be flown along.
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "edge/wire/wire.h"

static void check(bool good)
{
    if (!good)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct edge_wire *wire;
    if (wire == NULL && edge_wire_open(&wire) != DRF_OK)
        abort();
    struct fusion_plan plan;
    struct edge_wire_refusal refusal;
    char correlation[EDGE_WIRE_NAME_SIZE];
    enum edge_wire_form form = edge_wire_form_of(NULL, data, size);
    if (edge_wire_plan_decode(wire, form, data, size, 0, &plan, correlation, &refusal)
        != DRF_OK) {
        check(refusal.code != 0 && refusal.text[0] != '\0');
        return 0;
    }
    check(plan.point_count >= 2 && plan.point_count <= FUSION_PLAN_POINTS_MAX);
    check(plan.plan_id[0] != '\0' && plan.valid_until_utc_us > plan.valid_from_utc_us);
    check(plan.conformance_m >= 1.0);
    for (uint32_t i = 0; i < plan.point_count; i++) {
        check(isfinite(plan.points[i].height_m) && isfinite(plan.points[i].speed_mps));
        check(plan.points[i].height >= FUSION_PLAN_AMSL
              && plan.points[i].height <= FUSION_PLAN_AGL);
        check(fabs(fusion_plan_position(&plan.points[i]).lat_deg) <= 90.0);
    }
    return 0;
}
