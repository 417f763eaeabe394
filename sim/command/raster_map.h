// sim/command/raster_map.h - reads the layers of a GeoPackage for the map, and writes its PNG.
// SPDX-License-Identifier: Apache-2.0
#ifndef SIM_RASTER_MAP_H
#define SIM_RASTER_MAP_H

#include "geo/point.h"
#include "geo/tile.h"
#include "sim/command/picture.h"

struct sim_relief_map {
    int width, height;
    struct geo_bounds bounds;
    float *heights; // NAN: unknown
};

// The known part of the coverage `table`, resampled to `width` pixels and a height that keeps
// shapes.
// DRF_ERR_SYNTAX: not a GeoPackage with that coverage. DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status sim_raster_map_load(const char *path, const char *table,
                                                   int width, struct sim_relief_map *out);
void sim_raster_map_close(struct sim_relief_map *map);

// Calls `fn` for each feature of a table with its corners (one for a point).
typedef void (*sim_feature_fn)(void *context, const struct geo_point *corners, size_t count);
// DRF_ERR_ABSENT: no such table.
DRF_MUST_CHECK enum drf_status sim_raster_map_features(const char *path, const char *table,
                                                       sim_feature_fn fn, void *context);

// DRF_ERR_STORE: not written.
DRF_MUST_CHECK enum drf_status sim_raster_map_png(const struct sim_picture *picture,
                                                  const char *path);

#endif
