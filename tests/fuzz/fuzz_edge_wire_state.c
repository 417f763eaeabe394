// SPDX-License-Identifier: Apache-2.0
// Any bytes: refused, or a state whose texts end, and whose corners lie on the globe.
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "edge/wire/wire_state.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct edge_wire_node_state state;
    if (edge_wire_node_state_read(data, size, &state) != DRF_OK)
        return 0;
    if (strlen(state.region_id) >= sizeof state.region_id
        || strlen(state.node_id) >= sizeof state.node_id
        || strlen(state.address) >= sizeof state.address)
        abort();
    if (state.boundary_count > EDGE_WIRE_BOUNDARY_MAX || state.boundary_count == 1
        || state.boundary_count == 2 || !(state.margin_m >= 0.0))
        abort();
    for (size_t i = 0; i < state.boundary_count; i++)
        if (fabs(state.boundary[i].lat_deg) > 90.0 || fabs(state.boundary[i].lon_deg) > 180.0)
            abort();
    return 0;
}
