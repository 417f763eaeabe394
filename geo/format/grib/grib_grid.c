// SPDX-License-Identifier: Apache-2.0
// Latitude-longitude grids are computed from their corner points, projected grids from their
// first point, mapped through a plane whose indices are metres. The window around a box is
// exact for latitude-longitude; for other grids it is the range of indices of 49 x 49 points
// of the box, widened by a sample's distance, because an edge of the box is a curve in the
// plane. Values are not moved: geo_grib_index() gives the place of a point in the message's
// scan order.
#include "geo/format/grib/grib_grid.h"

#include <math.h>
#include <stdbool.h>

#include "geo/earth.h"
#include "geo/plane.h"
#include "geo/record/refusal.h"

enum { CENTRE_SOUTH = 0x80, CENTRE_BIPOLAR = 0x40, MARGIN_POINTS = 2 };

static enum drf_status refuse(struct geo_note *why, const char *what)
{
    return geo_refuse(why, GEO_REFUSAL_GEOREFERENCE, 0, "%s", what);
}

// Table 3.2.
static bool figure(const struct geo_grib_points *points, struct geo_grid *grid)
{
    double major_m = points->major_m, minor_m = points->minor_m;
    switch (points->shape) {
    case 0:
        major_m = minor_m = 6367470.0;
        break;
    case 1:
        major_m = minor_m = points->radius_m;
        break;
    case 2: // IAU 1965; the table's flattening of 1/297 does not belong to its axes
        major_m = 6378160.0;
        minor_m = 6356775.0;
        break;
    case 3: // axes in km and
    case 7: // axes in m: read in metres already
        break;
    case 4: // GRS 80
        major_m = GEO_EARTH_SEMI_MAJOR_M;
        minor_m = 6356752.314140;
        break;
    case 5: // WGS 84
        major_m = GEO_EARTH_SEMI_MAJOR_M;
        minor_m = 6356752.314245;
        break;
    case 6:
        major_m = minor_m = 6371229.0;
        break;
    case 8:
        major_m = minor_m = 6371200.0;
        break;
    default:
        return false;
    }
    grid->semi_major_m = major_m;
    grid->semi_minor_m = minor_m;
    return major_m >= 6.2e6 && major_m <= 6.5e6 && minor_m >= 6.2e6 && minor_m <= major_m;
}

static double wrapped_lon(double lon_deg) // into -180 .. +180
{
    return lon_deg - 360.0 * floor((lon_deg + 180.0) / 360.0);
}

static bool near_to(double a, double b, double within) { return fabs(a - b) <= within; }

// Longitude, or rotated longitude, of the columns. The first and last point are finer than the
// increment, which is rounded; they must agree.
static enum drf_status columns_deg(const struct geo_grib_points *p, struct geo_grid *grid,
                                   struct geo_note *why)
{
    double steps = (double)p->ni - 1.0;
    double span =
        p->i_negative ? p->first_lon_deg - p->last_lon_deg : p->last_lon_deg - p->first_lon_deg;
    if (span <= 0.0)
        span += 360.0;
    if (!(span > 0.0 && span <= 360.001))
        return refuse(why, "longitudes of the first and last point are the same");
    grid->dx = span / steps;
    if (p->di > 0.0 && !near_to(grid->dx, p->di, 0.02 * p->di))
        return refuse(why, "first and last longitude contradict the increment");
    grid->x0 = wrapped_lon(p->i_negative ? p->last_lon_deg : p->first_lon_deg);
    if (p->template == 0 && near_to(span, 360.0, 0.25 * grid->dx) && p->ni > 2) {
        grid->ni--;
        grid->whole_circle = 1;
    } else if (p->template == 0 && near_to(span + grid->dx, 360.0, 0.25 * grid->dx)) {
        grid->whole_circle = 1;
    }
    return DRF_OK;
}

static enum drf_status rows_deg(const struct geo_grib_points *p, struct geo_grid *grid,
                                struct geo_note *why)
{
    double span = p->last_lat_deg - p->first_lat_deg;
    grid->y0 = p->first_lat_deg;
    grid->dy = span / ((double)p->nj - 1.0);
    if (!(fabs(p->first_lat_deg) <= 90.0 && fabs(p->last_lat_deg) <= 90.0) || span == 0.0)
        return refuse(why, "latitudes of the first and last point are no interval");
    if ((span > 0.0) != p->j_positive
        || (p->dj > 0.0 && !near_to(fabs(grid->dy), p->dj, 0.02 * p->dj)))
        return refuse(why, "first and last latitude contradict the increment");
    return DRF_OK;
}

static enum drf_status degrees(const struct geo_grib_points *p, struct geo_grid *grid,
                               struct geo_note *why)
{
    grid->kind = p->template == 1 ? GEO_GRID_ROTATED_LATLON : GEO_GRID_LATLON;
    if (p->template == 1) {
        grid->p[0] = p->south_pole_lat_deg;
        grid->p[1] = wrapped_lon(p->south_pole_lon_deg);
        grid->p[2] = p->rotation_deg;
        if (!(fabs(grid->p[0]) <= 90.0 && isfinite(grid->p[1]) && fabs(grid->p[2]) <= 360.0))
            return refuse(why, "the rotated pole is nowhere");
    }
    enum drf_status status = columns_deg(p, grid, why);
    return status == DRF_OK ? rows_deg(p, grid, why) : status;
}

static enum drf_status projection(const struct geo_grib_points *p, struct geo_grid *grid,
                                  struct geo_note *why)
{
    bool south = (p->projection_centre & CENTRE_SOUTH) != 0;
    if ((p->projection_centre & CENTRE_BIPOLAR) != 0)
        return geo_refuse(why, GEO_REFUSAL_UNSUPPORTED, 0, "a bipolar projection");
    double lov_deg = wrapped_lon(p->lov_deg);
    if (p->template == 30) {
        grid->kind = GEO_GRID_LAMBERT;
        grid->p[0] = p->edition == 1 ? p->latin1_deg : p->lad_deg;
        grid->p[1] = lov_deg;
        grid->p[2] = p->latin1_deg;
        grid->p[3] = p->latin2_deg;
    } else if (p->template == 20) {
        grid->kind = GEO_GRID_POLAR;
        grid->p[0] = copysign(p->edition == 1 ? 60.0 : p->lad_deg, south ? -1.0 : 1.0);
        grid->p[1] = lov_deg;
        grid->p[2] = south ? -90.0 : 90.0;
    } else {
        // Any meridian serves; this one keeps the grid clear of the cut opposite to it.
        double width_deg = (double)p->ni * p->di
                           / (grid->semi_major_m * cos(p->lad_deg * GEO_RAD_PER_DEG))
                           * GEO_DEG_PER_RAD;
        if (p->rotation_deg != 0.0 || !(width_deg > 0.0 && width_deg <= 360.0))
            return refuse(why, "a Mercator grid that is rotated or wider than the Earth");
        grid->kind = GEO_GRID_MERCATOR;
        grid->p[0] = p->lad_deg;
        grid->p[1] = wrapped_lon(p->first_lon_deg + (p->i_negative ? -0.5 : 0.5) * width_deg);
    }
    return DRF_OK;
}

// The plane's metres of the first point: a plane whose indices are metres.
static enum drf_status first_point(const struct geo_grib_points *p, struct geo_grid *grid,
                                   struct geo_note *why)
{
    struct geo_grid metres = *grid;
    metres.x0 = metres.y0 = 0.0;
    metres.dx = metres.dy = 1.0;
    struct geo_plane *plane = NULL;
    struct geo_point first = {p->first_lat_deg, wrapped_lon(p->first_lon_deg)};
    double x = 0, y = 0;
    enum drf_status status = geo_plane_open(&metres, &plane);
    if (status == DRF_OK)
        status = geo_plane_at(plane, first, &x, &y);
    geo_plane_close(plane);
    if (status == DRF_ERR_NOMEM)
        return geo_refuse(why, GEO_REFUSAL_MEMORY, 0, "no memory for a projection");
    if (status != DRF_OK || !(fabs(x) <= 1e8 && fabs(y) <= 1e8))
        return refuse(why, "the first point has no place in the projection");
    grid->x0 = p->i_negative ? x - (grid->ni - 1.0) * grid->dx : x;
    grid->y0 = y;
    return DRF_OK;
}

static enum drf_status metres(const struct geo_grib_points *p, struct geo_grid *grid,
                              struct geo_note *why)
{
    bool angles = fabs(p->first_lat_deg) <= 90.0 && isfinite(p->first_lon_deg)
                  && isfinite(p->lov_deg) && fabs(p->lad_deg) <= 90.0
                  && fabs(p->latin1_deg) <= 90.0 && fabs(p->latin2_deg) <= 90.0;
    if (!angles)
        return refuse(why, "an angle of the projection is not possible");
    if (!(p->di > 0.0 && p->di <= 1e6 && p->dj > 0.0 && p->dj <= 1e6))
        return refuse(why, "the distance of the points is zero or unknown");
    grid->dx = p->di;
    grid->dy = p->j_positive ? p->dj : -p->dj;
    enum drf_status status = projection(p, grid, why);
    return status == DRF_OK ? first_point(p, grid, why) : status;
}

enum drf_status geo_grib_grid_of(const struct geo_grib_points *points, struct geo_grid *out,
                                 struct geo_note *why)
{
    if (points->ni < 2 || points->nj < 2 || points->ni > 1000000 || points->nj > 1000000
        || points->ni * points->nj != points->count)
        return refuse(why, "columns and rows do not make the number of points");
    if (points->offset_rows)
        return geo_refuse(why, GEO_REFUSAL_UNSUPPORTED, 0, "a staggered grid");
    struct geo_grid grid = {.ni = (uint32_t)points->ni, .nj = (uint32_t)points->nj};
    if (!figure(points, &grid))
        return refuse(why, "the shape of the Earth is unknown");
    enum drf_status status;
    switch (points->template) {
    case 0:
    case 1:
        status = degrees(points, &grid, why);
        break;
    case 10:
    case 20:
    case 30:
        status = metres(points, &grid, why);
        break;
    default:
        return geo_refuse(why, GEO_REFUSAL_UNSUPPORTED, 0, "grid template 3.%lld",
                          (long long)points->template);
    }
    if (status == DRF_OK)
        *out = grid;
    return status;
}

// Whole indices around a range of fractional ones, with the margin, inside 0 .. count - 1.
static bool clipped(double low, double high, uint32_t count, uint32_t *first, uint32_t *size)
{
    double last = count - 1.0;
    if (!(low <= last && high >= 0.0))
        return false;
    double a = fmax(floor(low) - MARGIN_POINTS, 0.0);
    double b = fmin(ceil(high) + MARGIN_POINTS, last);
    // Two points make the least grid.
    if (a == b && a > 0.0)
        a -= 1.0;
    else if (a == b)
        b += 1.0;
    *first = (uint32_t)a;
    *size = (uint32_t)(b - a) + 1;
    return true;
}

static double width_deg(struct geo_bounds keep)
{
    double width = keep.east_deg - keep.west_deg;
    return width < 0.0 ? width + 360.0 : width;
}

static bool latlon_columns(const struct geo_grid *grid, struct geo_bounds keep,
                           struct geo_grib_window *out)
{
    double width = width_deg(keep) / grid->dx;
    double west = (keep.west_deg - grid->x0) / grid->dx, circle = 360.0 / grid->dx;
    west -= circle * floor(west / circle); // 0 .. circle
    if (grid->whole_circle != 0) {
        double first = floor(west) - MARGIN_POINTS;
        double size = ceil(west + width) + MARGIN_POINTS - first + 1.0;
        bool all = size >= grid->ni;
        out->i0 = all ? 0 : (uint32_t)(first < 0 ? first + grid->ni : first) % grid->ni;
        out->ni = all ? grid->ni : (uint32_t)size;
        return true;
    }
    // Seen from the grid's first column the box lies to the east, or begins one circle earlier;
    // a wide box does both.
    uint32_t i0 = 0, ni = 0;
    bool later = clipped(west, west + width, grid->ni, &out->i0, &out->ni);
    bool earlier = clipped(west - circle, west - circle + width, grid->ni, &i0, &ni);
    if (later && earlier) {
        uint32_t end = out->i0 + out->ni;
        out->i0 = i0 < out->i0 ? i0 : out->i0;
        out->ni = (end > i0 + ni ? end : i0 + ni) - out->i0;
    } else if (earlier) {
        out->i0 = i0;
        out->ni = ni;
    }
    return later || earlier;
}

static bool latlon_window(const struct geo_grid *grid, struct geo_bounds keep,
                          struct geo_grib_window *out)
{
    double a = (keep.south_deg - grid->y0) / grid->dy,
           b = (keep.north_deg - grid->y0) / grid->dy;
    return clipped(fmin(a, b), fmax(a, b), grid->nj, &out->j0, &out->nj)
           && latlon_columns(grid, keep, out);
}

// The range of indices of points all over the box. Between samples an edge can bulge by less
// than a sample's distance; the margin, and the samples' own spread, take care of it.
static bool sampled_window(const struct geo_plane *plane, const struct geo_grid *grid,
                           struct geo_bounds keep, struct geo_grib_window *out)
{
    enum { SAMPLES = 48 };
    double i_low = 1e30, i_high = -1e30, j_low = 1e30, j_high = -1e30;
    for (int row = 0; row <= SAMPLES; row++) {
        for (int column = 0; column <= SAMPLES; column++) {
            double i, j;
            struct geo_point point = {
                keep.south_deg + (keep.north_deg - keep.south_deg) * row / SAMPLES,
                wrapped_lon(keep.west_deg + width_deg(keep) * column / SAMPLES)};
            if (geo_plane_at(plane, point, &i, &j) != DRF_OK)
                continue;
            i_low = fmin(i_low, i);
            i_high = fmax(i_high, i);
            j_low = fmin(j_low, j);
            j_high = fmax(j_high, j);
        }
    }
    double i_slack = (i_high - i_low) / SAMPLES, j_slack = (j_high - j_low) / SAMPLES;
    return i_low <= i_high && j_low <= j_high
           && clipped(i_low - i_slack, i_high + i_slack, grid->ni, &out->i0, &out->ni)
           && clipped(j_low - j_slack, j_high + j_slack, grid->nj, &out->j0, &out->nj);
}

enum drf_status geo_grib_window_of(const struct geo_grid *grid, struct geo_bounds keep,
                                   struct geo_grib_window *out, struct geo_note *why)
{
    struct geo_grib_window window = {0};
    bool touches;
    if (grid->kind == GEO_GRID_LATLON) {
        touches = latlon_window(grid, keep, &window);
    } else {
        struct geo_plane *plane = NULL;
        enum drf_status status = geo_plane_open(grid, &plane);
        if (status == DRF_ERR_NOMEM)
            return geo_refuse(why, GEO_REFUSAL_MEMORY, 0, "no memory for a projection");
        if (status != DRF_OK)
            return refuse(why, "no projection has these parameters");
        touches = sampled_window(plane, grid, keep, &window);
        geo_plane_close(plane);
    }
    if (!touches)
        return geo_refuse(why, GEO_REFUSAL_OUT_OF_REGION, 0, "the grid is outside the region");
    *out = window;
    return DRF_OK;
}

struct geo_grid geo_grib_grid_cut(const struct geo_grid *grid, struct geo_grib_window window)
{
    struct geo_grid cut = *grid;
    cut.x0 = grid->x0 + window.i0 * grid->dx;
    cut.y0 = grid->y0 + window.j0 * grid->dy;
    cut.ni = window.ni;
    cut.nj = window.nj;
    if (grid->kind == GEO_GRID_LATLON) {
        cut.whole_circle = grid->whole_circle != 0 && window.ni == grid->ni;
        cut.x0 = wrapped_lon(cut.x0);
    }
    return cut;
}

size_t geo_grib_index(const struct geo_grib_points *points, uint32_t i, uint32_t j)
{
    size_t ni = (size_t)points->ni, nj = (size_t)points->nj;
    // A repeated first column is the last one in the message, or the first if it runs west:
    // from the west, column i is column i either way.
    size_t column = points->i_negative ? ni - 1 - i : i, row = j;
    bool odd = ((points->j_consecutive ? column : row) & 1) != 0;
    if (points->alternating && odd) {
        if (points->j_consecutive)
            row = nj - 1 - row;
        else
            column = ni - 1 - column;
    }
    return points->j_consecutive ? column * nj + row : row * ni + column;
}
