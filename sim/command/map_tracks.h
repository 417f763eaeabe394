// sim/command/map_tracks.h - where a fleet flew, from the tracks of drf-sim fleet, on a map.
// SPDX-License-Identifier: Apache-2.0
#ifndef SIM_MAP_TRACKS_H
#define SIM_MAP_TRACKS_H

#include "geo/point.h"
#include "sim/command/map_sheet.h"

struct sim_map_tracks;

// Rows are drone,t_s,lat_deg,lon_deg,...; others are left out. DRF_ERR_ABSENT: no file that can
// be read. DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status sim_map_tracks_read(const char *path,
                                                   struct sim_map_tracks **out);
void sim_map_tracks_close(struct sim_map_tracks *tracks); // NULL is fine
size_t sim_map_tracks_count(const struct sim_map_tracks *tracks);

// The ways, then the drones at their ends, then as many names as have room. Returns how many
// names have none.
size_t sim_map_tracks_draw(const struct sim_map_tracks *tracks, struct sim_map_sheet *sheet,
                           const struct geo_bounds *bounds);

#endif
