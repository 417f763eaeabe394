// SPDX-License-Identifier: Apache-2.0
// The step and the origin of a raster are rounded once (geo_lattice_from), the origin split
// into a whole number of steps and a phase: two cuts of one raster then differ only by whole
// numbers, which doubles subtract exactly. The mean over a footprint is a sum over rows of
// pixels, each row weighted by the chord of the quadrilateral at its middle; this is exact
// for upright rectangles and needs no polygon clipping. Slivers below 1e-6 of a pixel are
// rounding noise and take no part. A NaN that takes part makes the result NaN by arithmetic.
#include "geo/resample.h"

#include <math.h>
#include <stddef.h>

// A share of a pixel this thin is rounding noise and takes no part.
#define SLIVER 1e-6

static double unknown(void) { return (double)NAN; }

static double rounded_to_bits(double value, int bits)
{
    int exponent;
    double mantissa = frexp(value, &exponent);
    return ldexp(nearbyint(ldexp(mantissa, bits)), exponent - bits);
}

// Splits an origin, in steps, into a whole part and a phase rounded to 2^-20.
static void split_origin(double origin, double *first, double *phase)
{
    double whole = floor(origin);
    double part = ldexp(nearbyint(ldexp(origin - whole, 20)), -20);
    if (part >= 1.0) {
        part = 0.0;
        whole += 1.0;
    }
    *first = whole;
    *phase = part;
}

static enum drf_status invert(const double t[6], struct geo_lattice *out)
{
    double det = t[1] * t[5] - t[2] * t[4];
    double size = hypot(t[1], t[4]) * hypot(t[2], t[5]);
    if (!isfinite(det) || !(fabs(det) > 1e-6 * size)) // rows and columns nearly parallel
        return DRF_ERR_RANGE;
    struct geo_lattice l = {.rotated = true};
    l.inverse[1] = t[5] / det;
    l.inverse[2] = -t[2] / det;
    l.inverse[4] = -t[4] / det;
    l.inverse[5] = t[1] / det;
    l.inverse[0] = -(l.inverse[1] * t[0] + l.inverse[2] * t[3]);
    l.inverse[3] = -(l.inverse[4] * t[0] + l.inverse[5] * t[3]);
    for (size_t i = 0; i < 6; i++)
        if (!isfinite(l.inverse[i]))
            return DRF_ERR_RANGE;
    *out = l;
    return DRF_OK;
}

enum drf_status geo_lattice_from(const double transform[6], struct geo_lattice *out)
{
    const double *t = transform;
    for (size_t i = 0; i < 6; i++)
        if (!isfinite(t[i]))
            return DRF_ERR_RANGE;
    if (t[2] != 0.0 || t[4] != 0.0)
        return invert(t, out);
    struct geo_lattice l = {.step_x = rounded_to_bits(t[1], 40),
                            .step_y = rounded_to_bits(t[5], 40)};
    if (l.step_x == 0.0 || l.step_y == 0.0)
        return DRF_ERR_RANGE;
    double col = t[0] / l.step_x, row = t[3] / l.step_y;
    if (!(fabs(col) < 1e10 && fabs(row) < 1e10)) // doubles leave 2^-20 of a pixel there
        return DRF_ERR_RANGE;
    split_origin(col, &l.first_col, &l.phase_x);
    split_origin(row, &l.first_row, &l.phase_y);
    *out = l;
    return DRF_OK;
}

double geo_lattice_u(const struct geo_lattice *l, double x, double y)
{
    if (l->rotated)
        return l->inverse[0] + l->inverse[1] * x + l->inverse[2] * y;
    return (x / l->step_x - l->phase_x) - l->first_col;
}

double geo_lattice_v(const struct geo_lattice *l, double x, double y)
{
    if (l->rotated)
        return l->inverse[3] + l->inverse[4] * x + l->inverse[5] * y;
    return (y / l->step_y - l->phase_y) - l->first_row;
}

static inline struct geo_between between_of(double at, uint32_t count, bool posts)
{
    const struct geo_between outside = {.lower = -1};
    double margin = posts ? 0.5 : 0.0;
    if (!(at >= margin && at <= count - margin)) // NaN is outside too
        return outside;
    double s = at - 0.5;
    s = s < 0.0 ? 0.0 : s > count - 1.0 ? count - 1.0 : s;
    int32_t lower = (int32_t)s; // s is not negative: its floor
    struct geo_between between = {.lower = lower, .share = s - lower};
    between.upper = between.lower + (between.share > 0.0 ? 1 : 0);
    return between;
}

struct geo_between geo_resample_between(double at, uint32_t count, bool posts)
{
    return between_of(at, count, posts);
}

double geo_resample_bilinear(const struct geo_samples *samples, double u, double v)
{
    struct geo_between x = between_of(u, samples->width, samples->posts);
    struct geo_between y = between_of(v, samples->height, samples->posts);
    if (x.lower < 0 || y.lower < 0)
        return unknown();
    const float *upper_row = geo_samples_row(samples, (uint32_t)y.lower);
    const float *lower_row = geo_samples_row(samples, (uint32_t)y.upper);
    double a =
        (double)upper_row[x.lower] * (1.0 - x.share) + (double)upper_row[x.upper] * x.share;
    double b =
        (double)lower_row[x.lower] * (1.0 - x.share) + (double)lower_row[x.upper] * x.share;
    return a * (1.0 - y.share) + b * y.share;
}

// The least and greatest of four; a NaN among them gives NaN in both.
static void extremes(const double at[4], double *least, double *greatest)
{
    double low = at[0], high = at[0];
    for (size_t i = 1; i < 4; i++) {
        if (isnan(at[i]))
            low = high = at[i];
        low = at[i] < low ? at[i] : low;
        high = at[i] > high ? at[i] : high;
    }
    *least = low;
    *greatest = high;
}

double geo_quad_extent(const struct geo_quad *quad)
{
    double u0, u1, v0, v1;
    extremes(quad->u, &u0, &u1);
    extremes(quad->v, &v0, &v1);
    return u1 - u0 > v1 - v0 ? u1 - u0 : v1 - v0;
}

// A footprint in coordinates relative to the pixel of its least u and v: small numbers, the
// same for a raster and its cuts.
struct frame {
    struct geo_quad local;
    double width, height;  // of the footprint's bounding box, from its own least u, v
    double left, top;      // least local u and v, 0 .. 1
    const float *values;   // of local pixel (0, 0)
    size_t stride;         // values per row
    int32_t columns, rows; // that are in the raster from local (0, 0) on
};

static bool inside(double low, double high, uint32_t count, bool posts)
{
    double margin = posts ? 0.5 : 0.0;
    return low >= margin - SLIVER && high <= count - margin + SLIVER;
}

static bool place_frame(const struct geo_samples *samples, const struct geo_quad *quad,
                        struct frame *out)
{
    double u0, u1, v0, v1;
    extremes(quad->u, &u0, &u1);
    extremes(quad->v, &v0, &v1);
    if (!inside(u0, u1, samples->width, samples->posts)
        || !inside(v0, v1, samples->height, samples->posts))
        return false;
    double col = floor(u0 + SLIVER), row = floor(v0 + SLIVER);
    struct frame f = {.left = u0 - col,
                      .top = v0 - row,
                      .width = u1 - u0,
                      .height = v1 - v0,
                      .stride = samples->width,
                      .columns = (int32_t)(samples->width - col),
                      .rows = (int32_t)(samples->height - row)};
    if (f.columns < 1 || f.rows < 1)
        return false;
    for (size_t i = 0; i < 4; i++) {
        f.local.u[i] = quad->u[i] - col;
        f.local.v[i] = quad->v[i] - row;
    }
    f.values = geo_samples_row(samples, (uint32_t)row) + (size_t)col;
    *out = f;
    return true;
}

// The first pixel beyond `edge`, at most `limit`; at least one pixel takes part.
static int32_t end_pixel(double edge, int32_t limit)
{
    int32_t end = (int32_t)ceil(edge - SLIVER);
    end = end < 1 ? 1 : end;
    return end < limit ? end : limit;
}

// Where the line v = `at` enters and leaves a convex quadrilateral.
static void chord(const struct geo_quad *quad, double at, double *left, double *right)
{
    *left = HUGE_VAL;
    *right = -HUGE_VAL;
    for (size_t i = 0; i < 4; i++) {
        size_t j = (i + 1) % 4;
        if ((quad->v[i] <= at) == (quad->v[j] <= at))
            continue;
        double part = (at - quad->v[i]) / (quad->v[j] - quad->v[i]);
        double u = quad->u[i] + part * (quad->u[j] - quad->u[i]);
        *left = u < *left ? u : *left;
        *right = u > *right ? u : *right;
    }
}

static double overlap(double a0, double a1, double b0, double b1)
{
    return (a1 < b1 ? a1 : b1) - (a0 > b0 ? a0 : b0);
}

double geo_resample_mean(const struct geo_samples *samples, const struct geo_quad *quad)
{
    struct frame f;
    if (!place_frame(samples, quad, &f))
        return unknown();
    double sum = 0.0, area = 0.0, bottom = f.top + f.height;
    int32_t row_end = end_pixel(bottom, f.rows);
    for (int32_t row = 0; row < row_end; row++) {
        double from = row > f.top ? row : f.top;
        double to = row + 1.0 < bottom ? row + 1.0 : bottom;
        double left, right;
        chord(&f.local, (from + to) / 2.0, &left, &right);
        if (!(right > left))
            continue;
        const float *values = f.values + (size_t)row * f.stride;
        int32_t col = (int32_t)floor(left + SLIVER), col_end = end_pixel(right, f.columns);
        for (col = col < 0 ? 0 : col; col < col_end; col++) {
            double weight = (to - from) * overlap(col, col + 1.0, left, right);
            if (weight <= 0.0)
                continue;
            sum += weight * (double)values[col];
            area += weight;
        }
    }
    return area > 0.0 ? sum / area : unknown();
}

double geo_resample_maximum(const struct geo_samples *samples, const struct geo_quad *quad)
{
    struct frame f;
    if (!place_frame(samples, quad, &f))
        return unknown();
    int32_t row_end = end_pixel(f.top + f.height, f.rows);
    int32_t col_end = end_pixel(f.left + f.width, f.columns);
    double greatest = -HUGE_VAL;
    for (int32_t row = 0; row < row_end; row++) {
        const float *values = f.values + (size_t)row * f.stride;
        for (int32_t col = 0; col < col_end; col++) {
            if (isnan(values[col]))
                return unknown();
            greatest = (double)values[col] > greatest ? (double)values[col] : greatest;
        }
    }
    return greatest;
}
