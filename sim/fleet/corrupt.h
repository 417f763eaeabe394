// sim/fleet/corrupt.h - fault injection: classic errors made in decoded messages.
// SPDX-License-Identifier: Apache-2.0
//
// The errors are made in the receiver's own copy, after it was decoded. The witness must find
// each of them.
#ifndef SIM_CORRUPT_H
#define SIM_CORRUPT_H

#include "drf/v1/context.pb-c.h"
#include "drf/v1/terrain.pb-c.h"
#include "geo/point.h"
#include "sim/world/crs.h"

enum sim_corruption {
    SIM_CORRUPT_NONE,
    SIM_CORRUPT_WIND_SIGN,
    SIM_CORRUPT_DATUM,
    SIM_CORRUPT_ZERO_FILL,
    SIM_CORRUPT_ADVISORY_LOST,  // the most severe one of each context
    SIM_CORRUPT_ADVISORY_FALSE, // one that no condition explains
    SIM_CORRUPT_PATCH_SHIFT,    // the cells of a patch, by one to the east
    SIM_CORRUPT_TERRAIN_DOWN,   // heights rounded down
    SIM_CORRUPT_REFUSED_LOST,   // no layer is incomplete for a refused input
    SIM_CORRUPTIONS
};
extern const char *const sim_corrupt_names[SIM_CORRUPTIONS]; // values of --break

// Makes the error in a context that was made for `position`; none where the error is of another
// message.
void sim_corrupt_context(enum sim_corruption corruption, struct sim_geoid *geoid,
                         struct geo_point position, Drf__V1__Context *context);
// Makes the error in the heights of a terrain answer: one metre lower.
void sim_corrupt_terrain(enum sim_corruption corruption, Drf__V1__Terrain *terrain);

#endif
