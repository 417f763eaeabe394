// SPDX-License-Identifier: Apache-2.0
// Finds the horizontal and vertical reference and the area of a raster. What the data state
// wins over the format's usual reference; a contradiction between data and configuration is
// refused and not resolved. The area is the box of a net of 33 x 33 points mapped to
// longitude and latitude, with longitudes unwrapped from point to point so that a raster
// over the antimeridian stays in one piece, and widened by a net's distance where edges are
// curves.
#include <math.h>
#include <string.h>

#include "geo/bounds.h"
#include "geo/format/terrain/raster_source.h"
#include "geo/record/refusal.h"

enum { SIDE = 33 }; // of the net of points that finds a raster's reach

void raster_close(struct raster_source *source)
{
    geo_crs_map_close(source->map);
    geo_crs_close(source->crs);
}

void raster_to_image(const struct raster_source *source, size_t count, double *x_u, double *y_v)
{
    double period = geo_crs_map_period(source->map), half = 0.5 * period;
    for (size_t i = 0; i < count; i++) {
        double x = x_u[i], y = y_v[i];
        if (period > 0.0 && !(fabs(source->middle_x - x) < half)) // else it is added no times
            x += period * round((source->middle_x - x) / period);
        // HUGE_VAL stays infinite or becomes NaN: outside the raster in either case.
        x_u[i] = geo_lattice_u(&source->lattice, x, y);
        y_v[i] = geo_lattice_v(&source->lattice, x, y);
    }
}

void raster_project(const struct raster_source *source, size_t count, double *lon_u,
                    double *lat_v)
{
    geo_crs_map_to(source->map, count, lon_u, lat_v);
    raster_to_image(source, count, lon_u, lat_v);
}

static enum drf_status open_map(const struct geo_decode_params *params,
                                const struct raster_head *head, struct raster_source *source,
                                struct geo_note *why)
{
    if (geo_crs_open_bare(&source->crs) != DRF_OK)
        return geo_refuse(why, GEO_REFUSAL_MEMORY, 0, "no memory for PROJ");
    bool own = head->wkt != NULL && head->wkt[0] != '\0';
    const char *definition = own ? head->wkt : params->crs;
    if (definition[0] == '\0')
        return geo_refuse(why, GEO_REFUSAL_CRS, 0,
                          "neither the data nor the configuration name a CRS");
    switch (geo_crs_map_open(source->crs, definition, &source->map)) {
    case DRF_OK:
        return DRF_OK;
    case DRF_ERR_NOMEM:
        return geo_refuse(why, GEO_REFUSAL_MEMORY, 0, "no memory for PROJ");
    case DRF_ERR_ABSENT:
        return geo_refuse(why, GEO_REFUSAL_CRS, 0,
                          "no exact transformation from WGS 84 to its CRS");
    case DRF_ERR_RANGE:
        return geo_refuse(why, GEO_REFUSAL_VERTICAL, 0,
                          "depths, or heights over an ellipsoid that cannot be converted");
    default:
        return geo_refuse(why, GEO_REFUSAL_CRS, 0, "not a coordinate reference system");
    }
}

static bool same_reference(const struct geo_crs_vertical *a, const struct geo_crs_vertical *b)
{
    return a->kind == b->kind && strcmp(a->name, b->name) == 0;
}

// `reference_m` is 0 where the vertical reference has no unit.
static enum drf_status settle_unit(double band_m, double reference_m,
                                   struct raster_source *source, struct geo_note *why)
{
    if (band_m > 0.0 && reference_m > 0.0 && fabs(band_m - reference_m) > 1e-5 * reference_m)
        return geo_refuse(why, GEO_REFUSAL_VERTICAL, 0,
                          "the band's unit is %.7g m, its vertical reference's %.7g m", band_m,
                          reference_m);
    source->unit_m = reference_m > 0.0 ? reference_m : band_m > 0.0 ? band_m : 1.0;
    return DRF_OK;
}

// The unit given by the data's CRS or a configured EPSG code. A word such as "EGM96" gives no
// unit; nor does an unknown vertical CRS in metres.
static double reference_unit_m(const struct geo_decode_params *params,
                               const struct geo_crs_vertical *in_crs,
                               const struct geo_crs_vertical *asked)
{
    if (in_crs->kind != GEO_CRS_HEIGHT_UNSPECIFIED || in_crs->unit_m != 1.0)
        return in_crs->unit_m;
    return strncmp(params->vertical, "EPSG:", 5) == 0 ? asked->unit_m : 0.0;
}

static enum drf_status settle_vertical(const struct geo_decode_params *params,
                                       const struct raster_head *head,
                                       struct raster_source *source, struct geo_note *why)
{
    struct geo_crs_vertical in_crs = geo_crs_map_vertical(source->map);
    struct geo_crs_vertical said = in_crs, asked = {.unit_m = 1.0};
    if (said.kind == GEO_CRS_HEIGHT_UNSPECIFIED && head->datum[0] != '\0'
        && geo_crs_vertical_parse(source->crs, head->datum, &said) != DRF_OK)
        return geo_refuse(why, GEO_REFUSAL_VERTICAL, 0, "PROJ does not know %s", head->datum);
    if (params->vertical[0] != '\0'
        && geo_crs_vertical_parse(source->crs, params->vertical, &asked) != DRF_OK)
        return geo_refuse(why, GEO_REFUSAL_VERTICAL, 0,
                          "configured as \"%.31s\", which is not a vertical reference",
                          params->vertical);
    bool both =
        said.kind != GEO_CRS_HEIGHT_UNSPECIFIED && asked.kind != GEO_CRS_HEIGHT_UNSPECIFIED;
    if (both && !same_reference(&said, &asked))
        return geo_refuse(why, GEO_REFUSAL_VERTICAL, 0,
                          "the data say %s, the configuration says %s", said.name, asked.name);
    enum drf_status status =
        settle_unit(head->band_unit_m, reference_unit_m(params, &in_crs, &asked), source, why);
    if (status != DRF_OK)
        return status;
    source->vertical = said.kind != GEO_CRS_HEIGHT_UNSPECIFIED ? said : asked;
    if (source->vertical.kind != GEO_CRS_HEIGHT_UNSPECIFIED)
        return DRF_OK;
    if (head->usual[0] == '\0')
        return geo_refuse(why, GEO_REFUSAL_VERTICAL, 0,
                          "neither the data nor the configuration give a vertical reference");
    if (geo_crs_vertical_parse(source->crs, head->usual, &source->vertical) != DRF_OK)
        return geo_refuse(why, GEO_REFUSAL_VERTICAL, 0, "PROJ does not know %s", head->usual);
    return DRF_OK;
}

static enum drf_status load_geoid(struct raster_source *source, struct geo_note *why)
{
    bool needed = source->vertical.kind == GEO_CRS_HEIGHT_WGS84
                  || source->vertical.kind == GEO_CRS_HEIGHT_ELLIPSOID;
    if (needed && geo_crs_geoid_load(source->crs) != DRF_OK)
        return geo_refuse(why, GEO_REFUSAL_VERTICAL, 0,
                          "ellipsoidal heights, and the EGM96 grid is not installed");
    return DRF_OK;
}

// x and y of a point of the image.
static void image_place(const struct raster_source *source, double u, double v, double *x,
                        double *y)
{
    const double *t = source->transform;
    *x = t[0] + u * t[1] + v * t[2];
    *y = t[3] + u * t[4] + v * t[5];
}

// Longitudes and latitudes of a net of points over the raster, edges included. Longitudes run
// on from point to point, so that a raster over the antimeridian is one piece.
static void reach_of_net(const struct raster_source *source, struct geo_bounds *reach)
{
    double margin = source->samples.posts ? 0.5 : 0.0;
    double width = source->samples.width - 2.0 * margin;
    double height = source->samples.height - 2.0 * margin;
    struct geo_bounds r = {HUGE_VAL, HUGE_VAL, -HUGE_VAL, -HUGE_VAL};
    double row_start = 0.0;
    bool started = false;
    for (int row = 0; row < SIDE; row++) {
        double lon[SIDE], lat[SIDE], last = row_start;
        for (int col = 0; col < SIDE; col++)
            image_place(source, margin + width * col / (SIDE - 1.0),
                        margin + height * row / (SIDE - 1.0), &lon[col], &lat[col]);
        geo_crs_map_from(source->map, SIDE, lon, lat);
        bool first = true;
        for (int col = 0; col < SIDE; col++) {
            if (!isfinite(lon[col]) || !isfinite(lat[col]))
                continue;
            if (started)
                lon[col] += 360.0 * round((last - lon[col]) / 360.0);
            last = lon[col];
            if (first)
                row_start = lon[col];
            first = false;
            started = true;
            r.west_deg = fmin(r.west_deg, lon[col]);
            r.east_deg = fmax(r.east_deg, lon[col]);
            r.south_deg = fmin(r.south_deg, lat[col]);
            r.north_deg = fmax(r.north_deg, lat[col]);
        }
    }
    *reach = r;
}

static bool holds_pole(const struct raster_source *source, double lat_deg)
{
    double u = 0.0, v = lat_deg;
    if (geo_crs_map_period(source->map) > 0.0)
        return false; // its net of points has reached the pole, if it does
    raster_project(source, 1, &u, &v);
    return u >= 0.0 && u <= source->samples.width && v >= 0.0 && v <= source->samples.height;
}

static enum drf_status find_reach(struct raster_source *source, struct geo_note *why)
{
    struct geo_bounds r;
    reach_of_net(source, &r);
    if (!(r.west_deg <= r.east_deg))
        return geo_refuse(why, GEO_REFUSAL_GEOREFERENCE, 0, "no part of it lies on the globe");
    double slack_deg = geo_crs_map_identical(source->map)
                           ? fmax(fabs(source->transform[1]), fabs(source->transform[5]))
                           : 0.0; // posts on the pole own half a pixel beyond it
    bool on_globe = r.south_deg >= -90.0 - slack_deg && r.north_deg <= 90.0 + slack_deg
                    && r.west_deg >= -540.0 && r.east_deg <= 540.0
                    && r.east_deg - r.west_deg <= 360.0 + slack_deg + 1e-6;
    if (!on_globe)
        return geo_refuse(why, GEO_REFUSAL_GEOREFERENCE, 0, "it reaches beyond the globe");
    // Between the points of the net an edge may be curved outward.
    double more_lat = (r.north_deg - r.south_deg) / SIDE,
           more_lon = (r.east_deg - r.west_deg) / SIDE;
    bool straight = geo_crs_map_identical(source->map) && !source->lattice.rotated;
    if (!straight) {
        r.south_deg -= more_lat;
        r.north_deg += more_lat;
        r.west_deg -= more_lon;
        r.east_deg += more_lon;
    }
    bool north = holds_pole(source, 90.0), south = holds_pole(source, -90.0);
    if (north || south || r.east_deg - r.west_deg >= 360.0) {
        r.west_deg = -180.0;
        r.east_deg = 180.0;
    }
    r.north_deg = north ? 90.0 : fmin(r.north_deg, 90.0);
    r.south_deg = south ? -90.0 : fmax(r.south_deg, -90.0);
    double turns = 360.0 * floor((r.west_deg + 180.0) / 360.0);
    r.west_deg -= turns;
    r.east_deg -= turns;
    source->reach = r;
    return DRF_OK;
}

enum drf_status raster_place(const struct geo_decode_params *params,
                             const struct raster_head *head, struct raster_source *out,
                             struct geo_note *why)
{
    *out = (struct raster_source){
        .samples = {.width = head->width, .height = head->height, .posts = head->posts}};
    memcpy(out->transform, head->transform, sizeof out->transform);
    enum drf_status status = open_map(params, head, out, why);
    if (status != DRF_OK)
        return status;
    if (geo_lattice_from(out->transform, &out->lattice) != DRF_OK)
        return geo_refuse(why, GEO_REFUSAL_GEOREFERENCE, 0, "a degenerate georeference");
    double middle_y;
    image_place(out, head->width / 2.0, head->height / 2.0, &out->middle_x, &middle_y);
    status = find_reach(out, why);
    if (status != DRF_OK)
        return status;
    struct geo_bounds box = out->reach;
    box.east_deg -= box.east_deg > 180.0 ? 360.0 : 0.0;
    if (out->reach.east_deg - out->reach.west_deg < 360.0
        && !geo_bounds_touch(box, params->keep))
        return geo_refuse(why, GEO_REFUSAL_OUT_OF_REGION, 0,
                          "it lies between %.4f %.4f and %.4f %.4f", out->reach.south_deg,
                          out->reach.west_deg, out->reach.north_deg, box.east_deg);
    out->placed = true;
    if (out->lattice.rotated && params->has_core)
        return geo_refuse(why, GEO_REFUSAL_UNSUPPORTED, 0, "a chunk of a rotated raster");
    status = settle_vertical(params, head, out, why);
    return status == DRF_OK ? load_geoid(out, why) : status;
}
