// fusion/context/terrain.h - ground heights as ArduPilot's terrain blocks (MAVLink 133, 134).
// SPDX-License-Identifier: Apache-2.0
//
// A block is 28 posts north by 32 posts east, `spacing_m` apart, as 7 x 8 tiles of 4 x 4 posts;
// blocks overlap by one tile. schemas/terrain.md has the formulas and their sources. Positions
// are in 1e-7 degree, as on the wire. No allocation.
#ifndef FUSION_TERRAIN_H
#define FUSION_TERRAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fusion/root/root.h"

enum {
    FUSION_TERRAIN_TILES = 56,
    FUSION_TERRAIN_COLUMNS = 8, // of tiles, eastward; 7 rows northward
    FUSION_TERRAIN_POSTS = 16,  // of a tile, north * 4 + east
    FUSION_TERRAIN_SPACING_MAX_M = 1000,
};
#define FUSION_TERRAIN_MASK ((UINT64_C(1) << FUSION_TERRAIN_TILES) - 1)

struct fusion_e7 {
    int32_t lat, lon;
};

struct fusion_terrain_block {
    struct fusion_e7 corner; // south-west
    uint16_t spacing_m;      // 1 .. FUSION_TERRAIN_SPACING_MAX_M
};

// The place so many metres north and east, as ArduPilot's Location::offset() has it.
struct fusion_e7 fusion_terrain_offset(struct fusion_e7 from, double north_m, double east_m);

// The block that an aircraft at `place` asks for.
struct fusion_terrain_block fusion_terrain_block_at(struct fusion_e7 place, uint16_t spacing_m);

struct fusion_terrain_tile {
    bool known;                                   // all 16 are
    enum fusion_reason reason;                    // of the first that is not
    int16_t heights_amsl_m[FUSION_TERRAIN_POSTS]; // of the ground, rounded up
    // When known: of its posts the least accurate, of these the oldest; NULL: unknown.
    const struct fusion_source *source;
    bool mixed; // its posts come from several
};

// Tile `bit` (0 .. 55) of a block, bit 0 the south-west one, eastward first.
struct fusion_terrain_tile fusion_terrain_read(const struct fusion_root *root,
                                               struct fusion_terrain_block block, unsigned bit);

// A set of blocks, in the order in which they are first met.
struct fusion_terrain_blocks {
    size_t room, count;
    struct fusion_e7 *corners;
    uint16_t spacing_m;
};

// Adds the blocks that hold a place of the box. False: they do not fit; as many as do are
// there.
bool fusion_terrain_cover_box(struct fusion_e7 south_west, struct fusion_e7 north_east,
                              struct fusion_terrain_blocks *out);
// Adds those within margin_m (a box around each point) of the line between two places.
bool fusion_terrain_cover_line(struct fusion_e7 from, struct fusion_e7 to, double margin_m,
                               struct fusion_terrain_blocks *out);

#endif
