// SPDX-License-Identifier: Apache-2.0
// The net is made of 16 squares along a side. Its every second point is checked against the
// linear interpolation of its neighbours along rows, columns and both, which is the greatest
// error of a net half as dense: the errors of this one are a quarter of that. Middles of edges
// are checked beside middles of squares, because in a conformal projection the second
// derivatives along both axes cancel in the middle. Where a check fails the net is made denser,
// up to 64 squares, and then given up. A jump within the tile (the antimeridian, another
// operation of PROJ for another area) fails it.
#include "geo/format/terrain/raster_net.h"

#include <math.h>

#include "geo/cells.h"
#include "geo/earth.h"

enum { N = GEO_CELLS_SIDE, LEAST_SIDE = 16 };

// Half of the centimetre, for reference systems whose scale is not the same to all sides.
#define WITHIN_M 0.005

static double at(const double *values, int side, int row, int col)
{
    return values[row * (side + 1) + col];
}

static bool between(double here, double a, double b, double within)
{
    return fabs(here - 0.5 * (a + b)) <= within;
}

// Whether each second point is where its neighbours put it. Not for what is not a number.
static bool smooth(const double *values, int side, double within)
{
    for (int row = 0; row <= side; row++) {
        for (int col = 0; col <= side; col++) {
            bool across = col % 2 == 1, down = row % 2 == 1;
            double here = at(values, side, row, col);
            if (!isfinite(here))
                return false;
            if (across
                && !between(here, at(values, side, row, col - 1),
                            at(values, side, row, col + 1), within))
                return false;
            if (down
                && !between(here, at(values, side, row - 1, col),
                            at(values, side, row + 1, col), within))
                return false;
        }
    }
    return true;
}

// Units of the reference system in a metre on the ground, the lesser of both axes.
static double units_per_m(const struct raster_net *net, int side)
{
    double step_m =
        net->cell_deg * N / side * GEO_RAD_PER_DEG * GEO_EARTH_RADIUS_M; // to the north
    double lat_deg = net->north_deg - net->cell_deg * N / 2;
    double east_m = step_m * fmax(cos(lat_deg * GEO_RAD_PER_DEG), 1e-6);
    int middle = side / 2;
    double x = at(net->x, side, middle, middle), y = at(net->y, side, middle, middle);
    double east = hypot(at(net->x, side, middle, middle + 1) - x,
                        at(net->y, side, middle, middle + 1) - y);
    double north = hypot(at(net->x, side, middle + 1, middle) - x,
                         at(net->y, side, middle + 1, middle) - y);
    return fmin(east / east_m, north / step_m);
}

static void place(const struct raster_net *net, int side, int row, int col, double *lon_deg,
                  double *lat_deg)
{
    *lon_deg = net->west_deg + net->cell_deg * N * col / side;
    *lat_deg = net->north_deg - net->cell_deg * N * row / side;
}

static int position_side(struct raster_net *net)
{
    for (int side = LEAST_SIDE; side <= RASTER_NET_MAX; side *= 2) {
        size_t count = (size_t)(side + 1) * (size_t)(side + 1);
        for (int row = 0; row <= side; row++)
            for (int col = 0; col <= side; col++)
                place(net, side, row, col, &net->x[row * (side + 1) + col],
                      &net->y[row * (side + 1) + col]);
        geo_crs_map_to(net->source->map, count, net->x, net->y);
        double within = WITHIN_M * units_per_m(net, side);
        if (smooth(net->x, side, within) && smooth(net->y, side, within))
            return side;
    }
    return 0;
}

static int geoid_side(struct raster_net *net)
{
    for (int side = LEAST_SIDE; side <= RASTER_NET_MAX; side *= 2) {
        for (int row = 0; row <= side; row++) {
            for (int col = 0; col <= side; col++) {
                struct geo_point point;
                place(net, side, row, col, &point.lon_deg, &point.lat_deg);
                if (geo_crs_geoid_m(net->source->crs, point,
                                    &net->undulation_m[row * (side + 1) + col])
                    != DRF_OK)
                    return 0;
            }
        }
        if (smooth(net->undulation_m, side, WITHIN_M))
            return side;
    }
    return 0;
}

void raster_net_open(struct raster_net *net, const struct raster_source *source,
                     double west_deg, double north_deg, double cell_deg, bool geoid)
{
    net->source = source;
    net->west_deg = west_deg;
    net->north_deg = north_deg;
    net->cell_deg = cell_deg;
    net->side = geo_crs_map_identical(source->map) ? 0 : position_side(net);
    net->geoid_side = geoid ? geoid_side(net) : 0;
}

// The square that a place along one axis lies in, and the share of its far side.
static int square(double cells, int side, double *share)
{
    double squares = cells * side / N;
    int first = (int)squares;
    first = first < side ? first : side - 1;
    *share = squares - first;
    return first;
}

static double mix(double a, double b, double share) { return a + (b - a) * share; }

void raster_net_row(const struct raster_net *net, double row, double first_col, size_t count,
                    double *u, double *v)
{
    if (net->side == 0) {
        for (size_t i = 0; i < count; i++) {
            u[i] = net->west_deg + ((double)i + first_col) * net->cell_deg;
            v[i] = net->north_deg - row * net->cell_deg;
        }
        raster_project(net->source, count, u, v);
        return;
    }
    const int side = net->side;
    double x[RASTER_NET_POINTS], y[RASTER_NET_POINTS], share;
    int down = square(row, side, &share);
    for (int col = 0; col <= side; col++) {
        x[col] = mix(at(net->x, side, down, col), at(net->x, side, down + 1, col), share);
        y[col] = mix(at(net->y, side, down, col), at(net->y, side, down + 1, col), share);
    }
    const int cells = N / side; // of a square
    for (size_t i = 0; i < count; i++) {
        int across = (int)i / cells < side ? (int)i / cells : side - 1;
        share = ((double)i + first_col - across * cells) / cells;
        u[i] = mix(x[across], x[across + 1], share);
        v[i] = mix(y[across], y[across + 1], share);
    }
    raster_to_image(net->source, count, u, v);
}

enum drf_status raster_net_geoid_m(const struct raster_net *net, int row, int col,
                                   double *undulation_m)
{
    const int side = net->geoid_side;
    if (side == 0) {
        const struct geo_point centre = {
            .lat_deg = net->north_deg - (row + 0.5) * net->cell_deg,
            .lon_deg = net->west_deg + (col + 0.5) * net->cell_deg};
        return geo_crs_geoid_m(net->source->crs, centre, undulation_m);
    }
    double south, east;
    int down = square(row + 0.5, side, &south), across = square(col + 0.5, side, &east);
    const double *z = net->undulation_m;
    *undulation_m =
        mix(mix(at(z, side, down, across), at(z, side, down, across + 1), east),
            mix(at(z, side, down + 1, across), at(z, side, down + 1, across + 1), east), south);
    return DRF_OK;
}
