// sim/flight/request.h - requests of a drone in flight: terrain blocks and landing.
// SPDX-License-Identifier: Apache-2.0
//
// Written from schemas/terrain.md and schemas/advisories.md alone. The correlation says which
// request a reply belongs to: "t7" the seventh, on terrain, "l8" the eighth, on landing.
#ifndef SIM_REQUEST_H
#define SIM_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "geo/point.h"

enum { SIM_REQUEST_MAX = 128, SIM_TERRAIN_TILES = 56, SIM_TERRAIN_POSTS = 16 };

struct sim_terrain_asked {
    uint32_t number; // 0: none
    int32_t lat_e7, lon_e7;
    uint32_t spacing_m;
    uint64_t mask; // of the 56 tiles
};

struct sim_landing_asked {
    uint32_t number; // 0: none
    struct geo_point position;
    double radius_m;
};

struct sim_asked {
    uint32_t number; // questions so far
    struct sim_terrain_asked terrain;
    struct sim_landing_asked landing;
};

// The block around a place, each time with another spacing or mask. Returns the bytes' size.
size_t sim_request_terrain(struct sim_asked *asked, struct geo_point at,
                           uint8_t bytes[static SIM_REQUEST_MAX]);
size_t sim_request_landing(struct sim_asked *asked, struct geo_point at,
                           uint8_t bytes[static SIM_REQUEST_MAX]);

// True if a correlation is that of this question; `kind` is 't' or 'l'.
bool sim_request_is(const char *correlation, char kind, uint32_t number);

// The place so many metres north and east of a corner, as schemas/terrain.md has it.
void sim_terrain_offset(int32_t lat_e7, int32_t lon_e7, double north_m, double east_m,
                        int32_t *out_lat_e7, int32_t *out_lon_e7);

#endif
