// sim/command/map_sheet.h - a map on its sheet: title, what the signs mean, scale, north.
// SPDX-License-Identifier: Apache-2.0
#ifndef SIM_MAP_SHEET_H
#define SIM_MAP_SHEET_H

#include "geo/tile.h"
#include "sim/command/picture.h"

struct sim_map_sheet {
    struct sim_picture all;
    struct sim_picture map; // the part of `all` that is the map; its pixels belong to `all`
    int map_top;            // its first row
    double unit_px;         // a capital letter's height
};

enum { SIM_MAP_TOWERS = 1, SIM_MAP_BUILDINGS = 2, SIM_MAP_ZONES = 4, SIM_MAP_TRACKS = 8 };

struct sim_map_legend {
    const char *title;
    struct geo_bounds bounds;
    double pixel_m;
    float low_amsl_m, high_amsl_m; // of the ground; NAN: none is known
    unsigned drawn;                // SIM_MAP_*
    size_t drones, names_left_out;
};

// The signs, the same on the map and in its legend.
void sim_map_tower(struct sim_picture *picture, double x, double y, double scale);
void sim_map_drone(struct sim_picture *picture, double x, double y, double scale,
                   struct sim_color color);
extern const struct sim_color sim_map_roof;
extern const struct sim_color sim_map_zone;
extern const struct sim_color sim_map_ink;
extern const struct sim_color sim_map_paper;

// A sheet around a map of that size. DRF_ERR_RANGE, DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status sim_map_sheet_open(int width, int height,
                                                  struct sim_map_sheet *out);
void sim_map_sheet_close(struct sim_map_sheet *sheet);
void sim_map_sheet_write(struct sim_map_sheet *sheet, const struct sim_map_legend *legend);

#endif
