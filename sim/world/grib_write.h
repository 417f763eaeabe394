// sim/world/grib_write.h - writes the world's weather as GRIB2.
// SPDX-License-Identifier: Apache-2.0
#ifndef SIM_GRIB_WRITE_H
#define SIM_GRIB_WRITE_H

#include "sim/world/world.h"

// Hourly fields from an hour before the epoch to `hours` after it, one message each: wind at
// its levels, gust, temperature at 2 m, visibility, precipitation (accumulated over the hour
// before). On a regular grid u and v are messages of their own, toward true east and north; on
// a Lambert grid both share a message and run along the grid's axes, as its flag says. 16 bits
// a value. DRF_ERR_STORE: the file could not be written.
DRF_MUST_CHECK enum drf_status sim_grib_write(const struct sim_world *world, const char *path);

#endif
