// SPDX-License-Identifier: Apache-2.0
// Projected grids go through a PROJ pipeline on the grid's own Earth figure. Rotated
// longitude/latitude is a product of an orthogonal 3 x 3 matrix and a unit vector and needs
// no PROJ object. The direction of the grid's +y axis is a central difference of positions,
// one rule for every kind of grid instead of a convergence formula for each.
#include "geo/plane.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include <proj.h>

#include "geo/earth.h"

struct geo_plane {
    struct geo_grid grid;
    PJ_CONTEXT *context; // NULL where no projection is needed
    PJ *projection;      // degrees to metres
    // Rotated longitude/latitude: the rotated axes in Earth's, rows of an orthogonal matrix.
    double axes[3][3];
};

static void silent(void *data, int level, const char *text)
{
    (void)data;
    (void)level;
    (void)text;
}

// +lat_0 puts the origin of y at LaD; a false origin in the source is in x0 and y0 already.
static int describe(const struct geo_grid *g, char *text, size_t size)
{
    const double *p = g->p;
    switch (g->kind) {
    case GEO_GRID_LAMBERT:
        return snprintf(text, size,
                        "+proj=lcc +lat_0=%.12g +lon_0=%.12g +lat_1=%.12g +lat_2=%.12g "
                        "+a=%.12g +b=%.12g",
                        p[0], p[1], p[2], p[3], g->semi_major_m, g->semi_minor_m);
    case GEO_GRID_POLAR:
        return snprintf(text, size,
                        "+proj=stere +lat_ts=%.12g +lon_0=%.12g +lat_0=%.12g +a=%.12g +b=%.12g",
                        p[0], p[1], p[2], g->semi_major_m, g->semi_minor_m);
    case GEO_GRID_MERCATOR:
        return snprintf(text, size, "+proj=merc +lat_ts=%.12g +lon_0=%.12g +a=%.12g +b=%.12g",
                        p[0], p[1], g->semi_major_m, g->semi_minor_m);
    default:
        return -1;
    }
}

static enum drf_status open_projection(struct geo_plane *plane)
{
    char text[256];
    int length = describe(&plane->grid, text, sizeof text);
    if (length < 0 || (size_t)length >= sizeof text)
        return DRF_ERR_RANGE;
    char pipeline[384];
    (void)snprintf(pipeline, sizeof pipeline,
                   "+proj=pipeline +step +proj=unitconvert +xy_in=deg +xy_out=rad +step %s",
                   text);
    plane->context = proj_context_create();
    if (plane->context == NULL)
        return DRF_ERR_NOMEM;
    proj_context_set_enable_network(plane->context, 0);
    proj_log_func(plane->context, NULL, silent);
    plane->projection = proj_create(plane->context, pipeline);
    return plane->projection == NULL ? DRF_ERR_RANGE : DRF_OK;
}

// WMO GRIB2 template 3.1: the southern pole of the rotated system is at (p0, p1), and p2 turns
// about the new polar axis. The rotated z axis is opposite to that pole; the rotated zero
// meridian runs from the new south pole toward the geographic one.
static void open_rotation(struct geo_plane *plane)
{
    double lat = plane->grid.p[0] * GEO_RAD_PER_DEG, lon = plane->grid.p[1] * GEO_RAD_PER_DEG;
    double angle = plane->grid.p[2] * GEO_RAD_PER_DEG;
    double tilt_s = -sin(lat), tilt_c = -cos(lat), lon_s = sin(lon), lon_c = cos(lon);
    // The unturned axes: z toward the new north pole; x in the meridian of the new pole.
    const double x[3] = {tilt_s * lon_c, tilt_s * lon_s, -tilt_c};
    const double y[3] = {-lon_s, lon_c, 0.0};
    const double z[3] = {tilt_c * lon_c, tilt_c * lon_s, tilt_s};
    double turn_s = sin(angle), turn_c = cos(angle);
    for (int k = 0; k < 3; k++) {
        plane->axes[0][k] = turn_c * x[k] - turn_s * y[k];
        plane->axes[1][k] = turn_s * x[k] + turn_c * y[k];
        plane->axes[2][k] = z[k];
    }
}

enum drf_status geo_plane_open(const struct geo_grid *grid, struct geo_plane **out)
{
    bool sound = isfinite(grid->x0) && isfinite(grid->y0) && isfinite(grid->dx)
                 && isfinite(grid->dy) && grid->dx != 0.0 && grid->dy != 0.0;
    for (int k = 0; k < 4; k++)
        sound = sound && isfinite(grid->p[k]);
    if (!sound)
        return DRF_ERR_RANGE;
    struct geo_plane *plane = calloc(1, sizeof *plane);
    if (plane == NULL)
        return DRF_ERR_NOMEM;
    plane->grid = *grid;
    enum drf_status status = DRF_OK;
    if (grid->kind == GEO_GRID_ROTATED_LATLON)
        open_rotation(plane);
    else if (grid->kind != GEO_GRID_LATLON)
        status = open_projection(plane);
    if (status == DRF_OK)
        *out = plane;
    else
        geo_plane_close(plane);
    return status;
}

void geo_plane_close(struct geo_plane *plane)
{
    if (plane == NULL)
        return;
    proj_destroy(plane->projection);
    if (plane->context != NULL) // NULL would mean PROJ's default context
        proj_context_destroy(plane->context);
    free(plane);
}

static void unit_vector(double lat_rad, double lon_rad, double v[3])
{
    v[0] = cos(lat_rad) * cos(lon_rad);
    v[1] = cos(lat_rad) * sin(lon_rad);
    v[2] = sin(lat_rad);
}

static double clamp_unit(double x) { return x > 1.0 ? 1.0 : x < -1.0 ? -1.0 : x; }

static void rotate(const struct geo_plane *plane, struct geo_point point, double *x, double *y)
{
    double v[3], r[3];
    unit_vector(point.lat_deg * GEO_RAD_PER_DEG, point.lon_deg * GEO_RAD_PER_DEG, v);
    for (int k = 0; k < 3; k++) {
        const double *axis = plane->axes[k];
        r[k] = axis[0] * v[0] + axis[1] * v[1] + axis[2] * v[2];
    }
    *x = atan2(r[1], r[0]) / GEO_RAD_PER_DEG;
    *y = asin(clamp_unit(r[2])) / GEO_RAD_PER_DEG;
}

static struct geo_point unrotate(const struct geo_plane *plane, double x, double y)
{
    double r[3], v[3];
    unit_vector(y * GEO_RAD_PER_DEG, x * GEO_RAD_PER_DEG, r);
    for (int k = 0; k < 3; k++)
        v[k] = plane->axes[0][k] * r[0] + plane->axes[1][k] * r[1] + plane->axes[2][k] * r[2];
    return (struct geo_point){.lat_deg = asin(clamp_unit(v[2])) / GEO_RAD_PER_DEG,
                              .lon_deg = atan2(v[1], v[0]) / GEO_RAD_PER_DEG};
}

// x turned by whole circles so that the index is nearest the middle of the grid, or in
// 0 .. ni where the grid closes on itself.
static double turn(const struct geo_grid *g, double x)
{
    double circle = 360.0 / fabs(g->dx), i = (x - g->x0) / g->dx;
    if (g->whole_circle == 1) {
        i -= circle * floor(i / circle);
        return i < g->ni ? i : 0.0; // 360 degrees less one rounding error
    }
    double middle = ((double)g->ni - 1.0) / 2.0;
    return i - circle * floor((i - middle) / circle + 0.5);
}

enum drf_status geo_plane_at(const struct geo_plane *plane, struct geo_point point, double *i,
                             double *j)
{
    if (!(fabs(point.lat_deg) <= 90.0 && fabs(point.lon_deg) <= 360.0))
        return DRF_ERR_RANGE;
    const struct geo_grid *g = &plane->grid;
    double x = point.lon_deg, y = point.lat_deg;
    if (plane->projection != NULL) {
        PJ_COORD at = proj_trans(plane->projection, PJ_FWD, proj_coord(x, y, 0.0, 0.0));
        if (!isfinite(at.xy.x) || !isfinite(at.xy.y))
            return DRF_ERR_RANGE;
        *i = (at.xy.x - g->x0) / g->dx;
        *j = (at.xy.y - g->y0) / g->dy;
        return DRF_OK;
    }
    if (g->kind == GEO_GRID_ROTATED_LATLON)
        rotate(plane, point, &x, &y);
    *i = turn(g, x);
    *j = (y - g->y0) / g->dy;
    return DRF_OK;
}

static double wrap_lon(double lon_deg)
{
    double lon = lon_deg - 360.0 * floor((lon_deg + 180.0) / 360.0);
    return lon > 180.0 ? 180.0 : lon;
}

// Plane coordinates to a position.
static enum drf_status place(const struct geo_plane *plane, double x, double y,
                             struct geo_point *out)
{
    struct geo_point point = {.lat_deg = y, .lon_deg = x};
    if (!isfinite(x) || !isfinite(y))
        return DRF_ERR_RANGE;
    if (plane->projection != NULL) {
        PJ_COORD at = proj_trans(plane->projection, PJ_INV, proj_coord(x, y, 0.0, 0.0));
        point = (struct geo_point){.lat_deg = at.xy.y, .lon_deg = at.xy.x};
    } else if (fabs(y) > 90.0 + 1e-9) {
        return DRF_ERR_RANGE;
    } else if (plane->grid.kind == GEO_GRID_ROTATED_LATLON) {
        point = unrotate(plane, x, y);
    }
    if (!isfinite(point.lon_deg) || !(fabs(point.lat_deg) <= 90.0 + 1e-9))
        return DRF_ERR_RANGE;
    out->lat_deg = fmin(fmax(point.lat_deg, -90.0), 90.0);
    out->lon_deg = wrap_lon(point.lon_deg);
    return DRF_OK;
}

enum drf_status geo_plane_point(const struct geo_plane *plane, double i, double j,
                                struct geo_point *out)
{
    const struct geo_grid *g = &plane->grid;
    return place(plane, g->x0 + i * g->dx, g->y0 + j * g->dy, out);
}

enum drf_status geo_plane_rotation_rad(const struct geo_plane *plane, double i, double j,
                                       double *rad)
{
    const struct geo_grid *g = &plane->grid;
    double x = g->x0 + i * g->dx, y = g->y0 + j * g->dy;
    struct geo_point here, below, above;
    enum drf_status status = place(plane, x, y, &here);
    if (status != DRF_OK)
        return status;
    if (fabs(here.lat_deg) > 90.0 - 1e-6)
        return DRF_ERR_RANGE;
    if (g->kind == GEO_GRID_LATLON) {
        *rad = 0.0;
        return DRF_OK;
    }
    // The bearing of a short step along +y, by central difference: every kind in one way, exact
    // to 1e-8 rad. The planes are conformal, or the step is on the sphere; on an ellipsoid the
    // meridian's and the parallel's radii of curvature M, N (Snyder 4-19, 4-20) weigh the
    // parts.
    double step = plane->projection != NULL ? 50.0 : 5e-4;
    status = place(plane, x, y - step, &below);
    if (status == DRF_OK)
        status = place(plane, x, y + step, &above);
    if (status != DRF_OK)
        return status;
    double e2 = 0.0;
    if (plane->projection != NULL)
        e2 = 1.0 - (g->semi_minor_m * g->semi_minor_m) / (g->semi_major_m * g->semi_major_m);
    double lat = here.lat_deg * GEO_RAD_PER_DEG, s = sin(lat);
    double n_over_m = (1.0 - e2 * s * s) / (1.0 - e2);
    double east = wrap_lon(above.lon_deg - below.lon_deg) * cos(lat) * n_over_m;
    double north = above.lat_deg - below.lat_deg;
    *rad = atan2(east, north);
    return DRF_OK;
}
