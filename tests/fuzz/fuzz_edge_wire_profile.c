// SPDX-License-Identifier: Apache-2.0
// Any bytes in either form: refused with a reason, or a profile within its documented ranges.
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
    struct edge_wire_profile p;
    struct edge_wire_refusal refusal;
    enum edge_wire_form form = edge_wire_form_of(NULL, data, size);
    if (edge_wire_profile_decode(wire, form, data, size, &p, &refusal) != DRF_OK) {
        check(refusal.code != 0 && refusal.text[0] != '\0');
        return 0;
    }
    check(p.rate_hz >= 0.1 && p.rate_hz <= 20.0);
    check(p.limits.look_ahead_s >= 5.0 && p.limits.look_ahead_s <= 300.0);
    check(p.limits.stopping_distance_m >= 0.0 && p.limits.stopping_distance_m <= 5000.0);
    check(p.limits.aircraft_radius_m >= 0.0 && p.limits.aircraft_radius_m <= 50.0);
    check(p.limits.obstacle_radius_m >= 50.0 && p.limits.obstacle_radius_m <= 20000.0);
    check(p.limits.obstacles_max <= FUSION_NEAREST_MAX);
    check(p.patch_cells == 64 || p.patch_cells == 128 || p.patch_cells == 256);
    return 0;
}
