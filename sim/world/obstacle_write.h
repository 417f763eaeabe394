// sim/world/obstacle_write.h - writes the world's obstacles as FAA DOF and GeoJSON.
// SPDX-License-Identifier: Apache-2.0
#ifndef SIM_OBSTACLE_WRITE_H
#define SIM_OBSTACLE_WRITE_H

#include <stdio.h>

#include "sim/world/world.h"

// Towers as FAA Digital Obstacle File records, 128 characters and CRLF after four header lines;
// the first header line and each study column say SIM. DRF_ERR_STORE: not written.
DRF_MUST_CHECK enum drf_status sim_obstacle_write_dof(const struct sim_world *world,
                                                      const char *path);

// Cranes (points) and buildings (polygons) as one GeoJSON FeatureCollection whose member
// drf_mode is SIM. DRF_ERR_STORE: not written.
DRF_MUST_CHECK enum drf_status sim_obstacle_write_geojson(const struct sim_world *world,
                                                          const char *path);

// One of them, as a GeoJSON Feature.
void sim_obstacle_write_feature(const struct sim_world *world,
                                const struct sim_obstacle *obstacle, FILE *file);

#endif
