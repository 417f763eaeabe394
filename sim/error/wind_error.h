// sim/error/wind_error.h - forecast minus truth of a wind component, over place and time.
// SPDX-License-Identifier: Apache-2.0
//
// A sum of plane waves with random directions, lengths, periods and phases (R. H. Kraichnan:
// Diffusion by a random velocity field. Physics of Fluids 13 (1970) 22-31). Over the seeds its
// standard deviation is speed_mps and its correlation exp(-d^2 / (2 length^2) - t^2 / (2
// time^2)) at a distance d and a time t.
#ifndef SIM_WIND_ERROR_H
#define SIM_WIND_ERROR_H

#include "sim/error/draw.h"
#include "sim/error/error_plan.h"
#include "sim/world/spectrum.h"

// `kind`: SIM_DRAW_WIND_EAST or _NORTH. A plan that is off gives a spectrum that is 0.
struct sim_spectrum sim_wind_error_make(const struct sim_wind_plan *plan, uint64_t seed,
                                        enum sim_draw_kind kind);

#endif
