// tests/support/smooth.h - one smooth surface at three postings, as GeoTIFFs, and how far off a
// cell may be. SPDX-License-Identifier: Apache-2.0
//
// Over the small region of tests/support/fabric.h, which comes first.
#ifndef TESTS_SUPPORT_SMOOTH_H
#define TESTS_SUPPORT_SMOOTH_H

#include "tests/support/rasters.h"

enum { COARSE, MEDIUM, FINE, KINDS };
enum { FINE_LEVEL = 16 };

// 190 m and three waves. In degrees, from the north-west corner of the region.
static const struct wave {
    double height_m, east_deg, north_deg, phase; // wave lengths; 0: none that way
} waves[] = {{30.0, 0.06, 0.0, 0.3}, {20.0, 0.0, 0.05, 1.1}, {5.0, 0.02, 0.025, 2.0}};
enum { WAVES = sizeof waves / sizeof waves[0] };
#define TURN 6.283185307179586

static inline double analytic_m(double lat_deg, double lon_deg)
{
    double sum_m = 190.0;
    for (size_t i = 0; i < WAVES; i++) {
        double turn = waves[i].phase;
        turn += waves[i].east_deg > 0 ? TURN * lon_deg / waves[i].east_deg : 0.0;
        turn += waves[i].north_deg > 0 ? TURN * lat_deg / waves[i].north_deg : 0.0;
        sum_m += waves[i].height_m * sin(turn);
    }
    return sum_m;
}

// The greatest slope and curvature, along longitude and along latitude.
static inline double most(bool east, int order)
{
    double sum = 0.0;
    for (size_t i = 0; i < WAVES; i++) {
        const double length_deg = east ? waves[i].east_deg : waves[i].north_deg;
        if (length_deg > 0)
            sum += waves[i].height_m * pow(TURN / length_deg, order);
    }
    return sum;
}

static const struct {
    const char *feed, *key;
    double step_deg, acc95_m;
} sources[KINDS] = {{"dtm-a", "coarse.tif", 1.0 / 120.0, 10.0},
                    {"dtm-b", "medium.tif", 1.0 / 10800.0, 3.0},
                    {"dtm-a", "fine.tif", 1e-5, 1.0}};

static inline struct geo_bounds extent_of(int kind)
{
    const struct geo_bounds keep = spot_keep();
    const double west = keep.west_deg, north = keep.north_deg;
    switch (kind) {
    case COARSE:
        return (struct geo_bounds){west - 0.02, keep.south_deg - 0.02, keep.east_deg + 0.02,
                                   north + 0.02};
    case MEDIUM:
        return (struct geo_bounds){west + 0.03, north - 0.06, west + 0.07, north - 0.02};
    default:
        return (struct geo_bounds){west + 0.0465, north - 0.0435, west + 0.0525,
                                   north - 0.0375};
    }
}

// Two by two tiles of level 16, most of them under the fine source.
static inline struct geo_inset campus(void)
{
    const struct geo_bounds fine = extent_of(FINE);
    const double side = 180.0 / (1 << FINE_LEVEL);
    const double west = ceil((fine.west_deg + 180.0) / side) * side - 180.0;
    const double south = ceil((fine.south_deg + 90.0) / side) * side - 90.0;
    return (struct geo_inset){.bounds = {west - 0.5 * side, south + 0.1 * side,
                                         west + 1.4 * side, south + 1.9 * side},
                              .level = FINE_LEVEL,
                              .name = "campus"};
}

static inline struct bytes tiff_of(int kind)
{
    const struct geo_bounds e = extent_of(kind);
    const double step = sources[kind].step_deg;
    const int width = (int)lround((e.east_deg - e.west_deg) / step);
    const int height = (int)lround((e.north_deg - e.south_deg) / step);
    double *values = malloc((size_t)width * (size_t)height * sizeof *values);
    assert_non_null(values);
    for (int row = 0; row < height; row++)
        for (int col = 0; col < width; col++)
            values[row * width + col] =
                analytic_m(e.north_deg - (row + 0.5) * step, e.west_deg + (col + 0.5) * step);
    const struct raster_spec spec = {.width = width,
                                     .height = height,
                                     .transform = {e.west_deg, step, 0, e.north_deg, 0, -step},
                                     .crs = "EPSG:4326+5773",
                                     .type = GDT_Float32};
    struct bytes out = make_tiff(&spec, values);
    free(values);
    return out;
}

static inline int kind_of(const struct fusion_source *source)
{
    for (int kind = 0; kind < KINDS; kind++)
        if (strncmp(source->version, sources[kind].key, strlen(sources[kind].key)) == 0)
            return kind;
    fail_msg("nobody published %s", source->version);
    return -1;
}

// How far a cell may be from the formula: half a quantum, the float of the file, and between
// values farther apart than cells the error of bilinear interpolation, else that of a mean over
// the cell of values that each stand for their pixel.
static inline double bound_m(int kind, double cell_deg)
{
    const double step = sources[kind].step_deg;
    const double curved = most(true, 2) + most(false, 2),
                 steep = most(true, 1) + most(false, 1);
    const double error_m = step >= cell_deg
                               ? step * step / 8.0 * curved
                               : cell_deg * cell_deg / 24.0 * curved + step / 2.0 * steep;
    return GEO_CELL_QUANTUM_M / 2.0 + 1e-4 + error_m;
}

// The best source that may say a cell: all of it, with a pixel of the source around, inside.
// *sure: no better one reaches into it.
static inline int best_of(struct geo_bounds cell, unsigned published, bool *sure)
{
    *sure = true;
    for (int kind = KINDS - 1; kind >= 0; kind--) {
        const struct geo_bounds e = extent_of(kind);
        const double step = sources[kind].step_deg;
        if ((published & (1U << kind)) == 0)
            continue;
        if (cell.west_deg - step > e.west_deg && cell.east_deg + step < e.east_deg
            && cell.south_deg - step > e.south_deg && cell.north_deg + step < e.north_deg)
            return kind;
        *sure =
            *sure
            && (cell.east_deg + step < e.west_deg || cell.west_deg - step > e.east_deg
                || cell.north_deg + step < e.south_deg || cell.south_deg - step > e.north_deg);
    }
    return -1;
}

#endif
