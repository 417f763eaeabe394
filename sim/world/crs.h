// sim/world/crs.h - EGM96 geoid of the simulator (PROJ).
// SPDX-License-Identifier: Apache-2.0
#ifndef SIM_CRS_H
#define SIM_CRS_H

#include "geo/point.h"
#include "geo/status.h"

struct sim_geoid;

// One owner, one thread. DRF_ERR_ABSENT: the grid egm96_15.gtx is not installed.
DRF_MUST_CHECK enum drf_status sim_geoid_open(struct sim_geoid **out);
void sim_geoid_close(struct sim_geoid *geoid); // NULL is fine

// Height of EGM96 over the ellipsoid: AMSL = ellipsoid height - this.
double sim_geoid_m(struct sim_geoid *geoid, struct geo_point point);

#endif
