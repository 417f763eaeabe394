// fusion/root/weather_index.h - weather fields grouped and sorted for queries.
// SPDX-License-Identifier: Apache-2.0
//
// Private to fusion/root/weather*.c. Fields of one variable, statistic, level and source form a
// group, sorted by time; each knows the plane of its grid and, for wind, its other component.
// Rebuilt when a root has other fields, which is the only time it may allocate.
#ifndef FUSION_WEATHER_INDEX_H
#define FUSION_WEATHER_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fusion/root/root.h"
#include "fusion/root/weather.h"
#include "geo/plane.h"
#include "geo/status.h"

enum {
    FUSION_PLANES_MAX = 4096, // grids; what lies on more is left out, and its variables say so
    FUSION_PLANES_KEEP = 64,  // fewer than this are kept whether they are in use or not
    FUSION_TURNS = 1024,
};

struct fusion_weather_entry {
    const struct fusion_field *field;
    const struct fusion_field *partner; // GEO_WIND_U: its GEO_WIND_V
    uint32_t plane;
};

struct fusion_weather_group {
    uint32_t variable, statistic;
    double lower_agl_m, upper_agl_m;
    size_t first, count; // entries, by valid_from, then better source first
};

// The grid points around a place, south-west first, row by row, and what each counts.
struct fusion_corners {
    uint32_t i[4], j[4];
    size_t at[4]; // among the values
    double weights[4];
};

struct fusion_plane {
    struct geo_grid grid;
    struct geo_plane *plane;
    uint64_t asked; // number of the question that i and j answer
    bool inside, used, cornered;
    double i, j;
    struct fusion_corners corners; // of i and j, where cornered
};

struct fusion_turn { // of one grid point: cosine and sine of its rotation
    uint32_t plane;  // number + 1; 0: empty
    uint32_t i, j;
    bool known;
    double cos_r, sin_r;
};

struct fusion_planes {
    uint64_t epoch;
    uint64_t fingerprint; // of the fields the index was made from
    bool made;
    uint64_t asked;
    size_t plane_count, plane_room, planes_used; // used: by the present index
    struct fusion_plane *planes;
    bool left_out[GEO_VARIABLE_COUNT]; // fields of it have no plane
    size_t left_out_count;             // such fields, of all variables
    size_t entry_count, entry_room;
    struct fusion_weather_entry *entries;
    size_t group_count, group_room;
    struct fusion_weather_group *groups;
    size_t first_of[GEO_VARIABLE_COUNT + 1]; // groups of a variable
    struct fusion_turn turns[FUSION_TURNS];
};

// Makes the index that of this root. DRF_ERR_NOMEM: there is none.
DRF_MUST_CHECK enum drf_status fusion_weather_index(struct fusion_planes *planes,
                                                    const struct fusion_root *root);

// The rotation of a grid point; false: it has none (a pole).
bool fusion_weather_turn(struct fusion_planes *planes, uint32_t plane, uint32_t i, uint32_t j,
                         double *cos_r, double *sin_r);

#endif
