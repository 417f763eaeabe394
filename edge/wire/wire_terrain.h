// edge/wire/wire_terrain.h - encodes terrain blocks as drf.v1.Terrain.
// SPDX-License-Identifier: Apache-2.0
#ifndef EDGE_WIRE_TERRAIN_H
#define EDGE_WIRE_TERRAIN_H

#include "edge/wire/wire.h"
#include "fusion/context/terrain.h"

struct edge_wire_terrain {
    struct edge_wire_stream stream;
    const char *correlation; // "": absent
    struct fusion_terrain_block block;
    uint64_t mask; // the tiles asked for
    const struct fusion_terrain_tile
        *tiles;                            // FUSION_TERRAIN_TILES; those in the mask are filled
    bool preload;                          // the three below are told
    uint32_t pending, loaded, unavailable; // tiles, this block's counted
};

DRF_MUST_CHECK enum drf_status edge_wire_terrain_encode(enum edge_wire_form form,
                                                        const struct edge_wire_terrain *terrain,
                                                        uint8_t *bytes, size_t *size);

#endif
