// sim/world/world_write.h - writes what providers would publish of a world into a folder.
// SPDX-License-Identifier: Apache-2.0
#ifndef SIM_WORLD_WRITE_H
#define SIM_WORLD_WRITE_H

#include <stdio.h>

#include "sim/world/world.h"

// ground.tif, surface.tif (unless the plan has none), weather.grib2, towers.dat,
// obstacles.geojson and world.json; the folder is made. When all are written, the world and a
// line for each go to `told`, NULL: none. What fails is said on stderr. DRF_ERR_STORE,
// DRF_ERR_RANGE (path too long).
DRF_MUST_CHECK enum drf_status sim_world_write(const struct sim_world *world,
                                               const char *folder, FILE *told);

#endif
