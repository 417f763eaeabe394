// edge/wire/wire_patch.h - encodes a terrain patch as drf.v1.Patch.
// SPDX-License-Identifier: Apache-2.0
#ifndef EDGE_WIRE_PATCH_H
#define EDGE_WIRE_PATCH_H

#include "edge/wire/wire.h"
#include "fusion/context/patch_window.h"
#include "fusion/root/weather_points.h"

struct edge_wire_layer {
    const uint8_t *bytes;
    size_t size; // 0: absent
};

struct edge_wire_patch {
    struct edge_wire_stream stream;
    uint32_t base_seq; // 0: key frame
    struct fusion_patch_window patch_window;
    struct edge_wire_layer ground, surface; // of schemas/patch.md
    uint64_t epoch;
    uint32_t cells_known; // that it brings; the weather's values are added
    size_t weather_count;
    const struct fusion_weather_point *weather;
    int64_t weather_data_time_utc_us;
};

// *size is the room in, the length out; *data_points what it carries. DRF_ERR_FULL: no room.
DRF_MUST_CHECK enum drf_status edge_wire_patch_encode(enum edge_wire_form form,
                                                      const struct edge_wire_patch *patch,
                                                      uint8_t *bytes, size_t *size,
                                                      uint32_t *data_points);

#endif
