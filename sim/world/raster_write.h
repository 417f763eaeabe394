// sim/world/raster_write.h - writes the world's terrain as GeoTIFF.
// SPDX-License-Identifier: Apache-2.0
#ifndef SIM_RASTER_WRITE_H
#define SIM_RASTER_WRITE_H

#include "sim/world/world.h"

enum sim_raster_layer { SIM_RASTER_GROUND, SIM_RASTER_SURFACE };

// Posts on whole multiples of the plan's posting, at least up to the edges of the world's box;
// float32 metres AMSL, EPSG:4326 with EGM96 heights, AREA_OR_POINT=Point, nodata in the void.
// DRF_ERR_STORE: the file could not be written.
DRF_MUST_CHECK enum drf_status sim_raster_write(const struct sim_world *world,
                                                enum sim_raster_layer layer, const char *path);

#endif
