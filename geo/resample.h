// geo/resample.h - interpolation and aggregation of raster values: pure arithmetic.
// SPDX-License-Identifier: Apache-2.0
//
// Image coordinates: u increases along a row, v down the rows; value (column c, row r) is at
// u = c + 0.5, v = r + 0.5 and covers the square c .. c+1, r .. r+1. A raster of areas reaches
// over 0 .. width, 0 .. height; a grid of posts only from its first post to its last. An
// unknown value is a NaN, and so is an unknown result.
//
// One unknown value that takes part makes the result unknown.
//
// Every result is computed from differences of coordinates that cutting a raster keeps bit by
// bit (see struct geo_lattice), so a raster and its cuts give the same bits.
#ifndef GEO_RESAMPLE_H
#define GEO_RESAMPLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "geo/status.h"

// Width and height are at most INT32_MAX.
struct geo_samples {
    const float *values; // row by row, from first_row on; as far as they are asked for
    uint32_t width, height;
    uint32_t first_row;
    bool posts;
};

static inline const float *geo_samples_row(const struct geo_samples *samples, uint32_t row)
{
    return samples->values + (size_t)(row - samples->first_row) * samples->width;
}

// A raster's georeference: image coordinates of a place (x, y). Not rotated, u = x / step_x -
// phase_x - first_col: the step is rounded to 40 bits and the phase to 2^-20, which absorbs
// what cutting a raster does to the last bits of its origin and moves nothing by more than half
// a millionth of a pixel; first_col is whole, so subtracting it is exact.
struct geo_lattice {
    bool rotated; // rows do not run along x: `inverse` holds, the others do not
    double step_x, step_y, phase_x, phase_y, first_col, first_row;
    double inverse[6]; // u = inverse[0] + inverse[1] x + inverse[2] y, v = the next three
};

// From a GDAL geotransform: x = t0 + t1 u + t2 v, y = t3 + t4 u + t5 v.
// DRF_ERR_RANGE: degenerate, not finite, or so fine that positions cannot be told apart.
DRF_MUST_CHECK enum drf_status geo_lattice_from(const double transform[6],
                                                struct geo_lattice *out);
double geo_lattice_u(const struct geo_lattice *lattice, double x, double y);
double geo_lattice_v(const struct geo_lattice *lattice, double x, double y);

// Where bilinear interpolation along one axis takes its values: lower * (1 - share) +
// upper * share. `lower` is -1 outside the raster. A raster of areas gives its edge value from
// the last centre to the edge; posts are never extrapolated.
struct geo_between {
    int32_t lower,
        upper; // equal where share is 0: an unknown neighbour of no weight does no harm
    double share;
};
struct geo_between geo_resample_between(double at, uint32_t count, bool posts);

double geo_resample_bilinear(const struct geo_samples *samples, double u, double v);

// A cell's footprint in image coordinates: a convex quadrilateral, its corners in order.
struct geo_quad {
    double u[4], v[4];
};

// The largest extent of a footprint along u or v, in pixels; over 1, the raster is finer than
// the cell.
double geo_quad_extent(const struct geo_quad *quad);

// Mean over the footprint, each value weighted by the area it shares with it: exact along u,
// and along v by the chord in the middle of each row, which is exact for upright rectangles.
// Unknown where any part of the footprint lies outside the raster.
double geo_resample_mean(const struct geo_samples *samples, const struct geo_quad *quad);

// The greatest value that has a part in the footprint's upright bounding box: never too low.
double geo_resample_maximum(const struct geo_samples *samples, const struct geo_quad *quad);

#endif
