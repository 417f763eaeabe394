// SPDX-License-Identifier: Apache-2.0
// A scan conversion: for each edge the band of the radius around it is convex, so the part of
// it within a row of cells is one interval, whose ends are the extremes of two circles and of
// a rectangle clipped to the row. Neighbouring edges may report the same cells again; callers
// take a maximum or look for a duplicate. The interior of a polygon is filled by the even-odd
// rule at the middle of each row; cells that an edge touches are covered by the bands.
// Distances are taken in one plane per obstacle, so that the cells do not depend on the tile
// from which they are computed.
#include "fusion/fold/footprint.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "geo/earth.h"

struct point { // metres east and north of the origin
    double x, y;
};

struct interval { // empty when low > high
    double low, high;
};

// One call of fusion_footprint_spans: rows and columns of the lattice in the plane.
struct sweep {
    const struct fusion_footprint *footprint;
    struct fusion_lattice lattice;
    double north_m;  // of the lattice's north edge
    double row_m;    // height of a row
    double west_deg; // of the origin, east of the lattice's west edge
    fusion_span_fn span;
    void *context;
};

static double wrapped(double lon_deg) // into -180 .. 180
{
    if (lon_deg > 180.0)
        return lon_deg - 360.0;
    return lon_deg < -180.0 ? lon_deg + 360.0 : lon_deg;
}

struct fusion_footprint fusion_footprint_of(const struct geo_obstacle *obstacle,
                                            const struct geo_point *vertices)
{
    // WGS 84 (NIMA TR8350.2): semi-major axis and first eccentricity squared.
    const double a_m = GEO_EARTH_SEMI_MAJOR_M, e2 = GEO_EARTH_ECCENTRICITY2,
                 rad_per_deg = GEO_RAD_PER_DEG;
    // The last bits of cos() belong to the library that computed them: 2^-40 is 6 um on Earth.
    double scale = 1099511627776.0;
    double cosine = floor(cos(obstacle->position.lat_deg * rad_per_deg) * scale + 0.5) / scale;
    double w2 = 1.0 - e2 * (1.0 - cosine * cosine), w = sqrt(w2);
    double east = a_m / w * cosine * rad_per_deg;
    return (struct fusion_footprint){
        .origin = obstacle->position,
        .east_m_per_deg = east > 1e-3 ? east : 1e-3, // at a pole every longitude is near
        .north_m_per_deg = a_m * (1.0 - e2) / (w2 * w) * rad_per_deg,
        .radius_m = obstacle->horizontal_acc95_m,
        .geometry = obstacle->geometry,
        .vertex_count = obstacle->geometry == GEO_GEOMETRY_POINT ? 0 : obstacle->vertex_count,
        .vertices = vertices,
    };
}

static struct point vertex(const struct fusion_footprint *f, uint32_t index)
{
    if (f->vertex_count == 0)
        return (struct point){0.0, 0.0};
    struct geo_point at = f->vertices[index % f->vertex_count];
    return (struct point){wrapped(at.lon_deg - f->origin.lon_deg) * f->east_m_per_deg,
                          (at.lat_deg - f->origin.lat_deg) * f->north_m_per_deg};
}

static uint32_t edge_count(const struct fusion_footprint *f)
{
    if (f->vertex_count == 0)
        return 1; // from the point to itself
    return f->geometry == GEO_GEOMETRY_POLYGON ? f->vertex_count : f->vertex_count - 1;
}

static void extend(struct interval *interval, double x)
{
    interval->low = fmin(interval->low, x);
    interval->high = fmax(interval->high, x);
}

static void extend_by_circle(struct interval *interval, struct point centre, double radius_m,
                             double y0, double y1)
{
    double dy = centre.y < y0 ? y0 - centre.y : centre.y > y1 ? centre.y - y1 : 0.0;
    if (dy > radius_m)
        return;
    double half = sqrt(radius_m * radius_m - dy * dy);
    extend(interval, centre.x - half);
    extend(interval, centre.x + half);
}

// The part of the segment a-b with y0 <= y <= y1.
static void extend_by_segment(struct interval *interval, struct point a, struct point b,
                              double y0, double y1)
{
    double t0 = 0.0, t1 = 1.0, dy = b.y - a.y;
    if (fabs(dy) > 0.0) {
        double to_y0 = (y0 - a.y) / dy, to_y1 = (y1 - a.y) / dy;
        t0 = fmax(t0, fmin(to_y0, to_y1));
        t1 = fmin(t1, fmax(to_y0, to_y1));
    } else if (a.y < y0 || a.y > y1) {
        return;
    }
    if (t0 > t1)
        return;
    extend(interval, a.x + (b.x - a.x) * t0);
    extend(interval, a.x + (b.x - a.x) * t1);
}

// How far the band of `radius_m` around a-b extends east and west within a strip. The band is
// convex, so within a strip it is one interval.
static struct interval band_in_strip(struct point a, struct point b, double radius_m, double y0,
                                     double y1)
{
    struct interval interval = {.low = HUGE_VAL, .high = -HUGE_VAL};
    extend_by_circle(&interval, a, radius_m, y0, y1);
    double dx = b.x - a.x, dy = b.y - a.y, length = sqrt(dx * dx + dy * dy);
    if (!(length > 0.0))
        return interval;
    extend_by_circle(&interval, b, radius_m, y0, y1);
    double nx = -dy / length * radius_m, ny = dx / length * radius_m;
    struct point corners[4] = {
        {a.x + nx, a.y + ny}, {b.x + nx, b.y + ny}, {b.x - nx, b.y - ny}, {a.x - nx, a.y - ny}};
    for (size_t i = 0; i < 4; i++)
        extend_by_segment(&interval, corners[i], corners[(i + 1) % 4], y0, y1);
    return interval;
}

static void emit(const struct sweep *sweep, uint32_t row, struct interval interval)
{
    const struct fusion_lattice *l = &sweep->lattice;
    double per_deg = sweep->footprint->east_m_per_deg;
    double low = (sweep->west_deg + interval.low / per_deg) / l->side_deg;
    double high = (sweep->west_deg + interval.high / per_deg) / l->side_deg;
    if (!(low <= high) || high < 0.0 || low > l->columns)
        return;
    double first = ceil(low) - 1.0, last = floor(high);
    uint32_t end = l->columns - 1;
    sweep->span(sweep->context, row,
                first <= 0.0   ? 0
                : first >= end ? end
                               : (uint32_t)first,
                last >= end ? end : (uint32_t)last);
}

// The rows that y_low .. y_high touches; false when none.
static bool rows_of(const struct sweep *sweep, double y_low, double y_high, uint32_t *first,
                    uint32_t *last)
{
    double top = (sweep->north_m - y_high) / sweep->row_m;
    double bottom = (sweep->north_m - y_low) / sweep->row_m;
    double end = sweep->lattice.rows - 1.0;
    if (!(bottom >= 0.0) || !(top <= sweep->lattice.rows))
        return false;
    double from = ceil(top) - 1.0;
    *first = from <= 0.0 ? 0 : from >= end ? (uint32_t)end : (uint32_t)from;
    *last = bottom >= end ? (uint32_t)end : (uint32_t)bottom;
    return true;
}

static void sweep_edge(const struct sweep *sweep, struct point a, struct point b)
{
    double radius_m = sweep->footprint->radius_m;
    uint32_t first, last;
    if (!rows_of(sweep, fmin(a.y, b.y) - radius_m, fmax(a.y, b.y) + radius_m, &first, &last))
        return;
    for (uint32_t row = first; row <= last; row++) {
        double y1 = sweep->north_m - row * sweep->row_m;
        emit(sweep, row, band_in_strip(a, b, radius_m, y1 - sweep->row_m, y1));
    }
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

// What lies inside and touches no edge lies wholly inside: the middle of its row is enough.
static void sweep_interior(const struct sweep *sweep)
{
    const struct fusion_footprint *f = sweep->footprint;
    double low = 0.0, high = 0.0;
    for (uint32_t i = 0; i < f->vertex_count; i++) {
        low = fmin(low, vertex(f, i).y);
        high = fmax(high, vertex(f, i).y);
    }
    uint32_t first, last;
    if (!rows_of(sweep, low, high, &first, &last))
        return;
    double crossings[GEO_OBSTACLE_VERTICES_MAX];
    for (uint32_t row = first; row <= last; row++) {
        double y = sweep->north_m - (row + 0.5) * sweep->row_m;
        size_t count = 0;
        struct point a = vertex(f, 0);
        for (uint32_t i = 0; i < f->vertex_count; i++) {
            struct point b = vertex(f, i + 1);
            if ((a.y <= y) != (b.y <= y))
                crossings[count++] = a.x + (b.x - a.x) * ((y - a.y) / (b.y - a.y));
            a = b;
        }
        qsort(crossings, count, sizeof *crossings, by_value);
        for (size_t i = 0; i + 1 < count; i += 2)
            emit(sweep, row, (struct interval){crossings[i], crossings[i + 1]});
    }
}

void fusion_footprint_spans(const struct fusion_footprint *footprint,
                            struct fusion_lattice lattice, fusion_span_fn span, void *context)
{
    const struct fusion_footprint *f = footprint;
    // Of the ways around the globe the one that ends nearest the middle of the lattice.
    double half_deg = lattice.side_deg * lattice.columns * 0.5;
    double from_middle = wrapped(wrapped(f->origin.lon_deg - lattice.west_deg - half_deg));
    struct sweep sweep = {
        .footprint = f,
        .lattice = lattice,
        .north_m = (lattice.north_deg - f->origin.lat_deg) * f->north_m_per_deg,
        .row_m = lattice.side_deg * f->north_m_per_deg,
        .west_deg = from_middle + half_deg,
        .span = span,
        .context = context,
    };
    for (uint32_t i = 0; i < edge_count(f); i++)
        sweep_edge(&sweep, vertex(f, i), vertex(f, f->vertex_count == 0 ? i : i + 1));
    if (f->geometry == GEO_GEOMETRY_POLYGON)
        sweep_interior(&sweep);
}

double fusion_footprint_reach_m(const struct fusion_footprint *footprint)
{
    double farthest2 = 0.0;
    for (uint32_t i = 0; i < footprint->vertex_count; i++) {
        struct point at = vertex(footprint, i);
        farthest2 = fmax(farthest2, at.x * at.x + at.y * at.y);
    }
    return sqrt(farthest2) + footprint->radius_m;
}

struct geo_bounds fusion_footprint_bounds(const struct fusion_footprint *footprint)
{
    struct interval x = {0.0, 0.0}, y = {0.0, 0.0};
    for (uint32_t i = 0; i < footprint->vertex_count; i++) {
        extend(&x, vertex(footprint, i).x);
        extend(&y, vertex(footprint, i).y);
    }
    double east = footprint->east_m_per_deg, north = footprint->north_m_per_deg;
    double r = footprint->radius_m;
    struct geo_point o = footprint->origin;
    bool around = (x.high - x.low + 2.0 * r) / east >= 360.0;
    return (struct geo_bounds){
        .west_deg = around ? -180.0 : wrapped(o.lon_deg + (x.low - r) / east),
        .south_deg = fmax(-90.0, o.lat_deg + (y.low - r) / north),
        .east_deg = around ? 180.0 : wrapped(o.lon_deg + (x.high + r) / east),
        .north_deg = fmin(90.0, o.lat_deg + (y.high + r) / north),
    };
}
