// SPDX-License-Identifier: Apache-2.0
// For each field a grid in longitude and latitude is chosen that loses little: the cell size
// (greater only where the box would have more than SIDE_MAX cells a side) is the distance of
// two neighbouring points in the middle of the native grid, and for a latitude-longitude grid
// the cell centres are its points. Each cell is then looked up in the native plane (inverse
// mapping), so that no cell stays empty between points. A wind component needs its partner,
// because vectors are turned to true north at their own points before interpolation. Table
// names are made from variable, statistic, level and time; of equal names the later ones get a
// number.
#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fusion/fold/provenance.h"
#include "fusion/store/export.h"
#include "geo/earth.h"
#include "geo/plane.h"

enum { SIDE_MAX = 4096, COPIES_MAX = 100 }; // cells; tables of one name

struct quantity {
    const char *name, *title, *unit;
};

static const struct quantity quantities[GEO_VARIABLE_COUNT] = {
    [GEO_WIND_U] = {"wind_to_east", "Wind toward east", "m/s"},
    [GEO_WIND_V] = {"wind_to_north", "Wind toward north", "m/s"},
    [GEO_GUST] = {"gust", "Gust", "m/s"},
    [GEO_TEMPERATURE] = {"temperature", "Temperature", "K"},
    [GEO_DEW_POINT] = {"dew_point", "Dew point", "K"},
    [GEO_VISIBILITY] = {"visibility", "Visibility", "m"},
    [GEO_PRECIPITATION] = {"precipitation", "Precipitation", "kg/m2"},
    [GEO_CEILING] = {"ceiling", "Ceiling above ground", "m"},
    [GEO_QNH] = {"qnh", "Pressure at mean sea level", "Pa"},
    [GEO_RELATIVE_HUMIDITY] = {"relative_humidity", "Relative humidity", "1"},
    [GEO_CLOUD] = {"cloud", "Cloud cover", "1"},
    [GEO_CONVECTION] = {"convection", "Convective energy", "J/kg"},
    [GEO_REFLECTIVITY] = {"reflectivity", "Radar reflectivity", "dBZ"},
    [GEO_ECHO_TOP] = {"echo_top", "Echo top above mean sea level", "m"},
    [GEO_MIXING_HEIGHT] = {"mixing_height", "Mixing height above ground", "m"},
};

static const char *const statistics[] = {"", "", "accumulation", "mean", "maximum", "minimum"};

// A grid being resampled. `other`: of a wind its second component.
struct source {
    const struct fusion_field *shown, *other;
    struct geo_plane *plane;
};

// A native point's value, a wind turned to true north; NaN when missing.
static double point_value(const struct source *source, uint32_t i, uint32_t j)
{
    const struct geo_field *field = source->shown->field;
    const struct geo_grid *grid = &field->grid;
    const size_t at = (size_t)j * grid->ni + i % grid->ni;
    const double own = (double)source->shown->values[at];
    if (source->other == NULL || field->wind_grid_relative == 0)
        return own;
    double turn_rad;
    const double other = (double)source->other->values[at];
    if (geo_plane_rotation_rad(source->plane, i % grid->ni, j, &turn_rad) != DRF_OK)
        return (double)NAN;
    return field->variable == GEO_WIND_U ? own * cos(turn_rad) + other * sin(turn_rad)
                                         : own * cos(turn_rad) - other * sin(turn_rad);
}

static double value_at(const struct source *source, struct geo_point point)
{
    const struct geo_grid *grid = &source->shown->field->grid;
    double i, j;
    if (geo_plane_at(source->plane, point, &i, &j) != DRF_OK)
        return (double)NAN;
    const double i_last = grid->whole_circle != 0 ? grid->ni : grid->ni - 1.0;
    const double j_last = grid->nj - 1.0;
    if (i < -1e-6 || i > i_last + 1e-6 || j < -1e-6 || j > j_last + 1e-6)
        return (double)NAN;
    i = fmin(fmax(i, 0.0), i_last);
    j = fmin(fmax(j, 0.0), j_last);
    const double i_floor = grid->whole_circle != 0 ? floor(i) : fmin(floor(i), grid->ni - 2.0);
    const double j_floor = fmin(floor(j), grid->nj - 2.0);
    const uint32_t i0 = (uint32_t)i_floor, j0 = (uint32_t)j_floor;
    const double x = i - i_floor, y = j - j_floor;
    const double corners[4] = {point_value(source, i0, j0), point_value(source, i0 + 1, j0),
                               point_value(source, i0, j0 + 1),
                               point_value(source, i0 + 1, j0 + 1)};
    const double weights[4] = {(1 - x) * (1 - y), x * (1 - y), (1 - x) * y, x * y};
    double sum = 0.0;
    for (size_t k = 0; k < 4; k++)
        sum += weights[k] * corners[k];
    // NaN when one of the four is missing, even one without weight: then the nearest.
    return isfinite(sum)
               ? sum
               : point_value(source, (uint32_t)floor(i + 0.5), (uint32_t)floor(j + 0.5));
}

// How far neighbouring native points lie apart in the middle of the grid, in degrees.
static bool native_cell(const struct source *source, double *x_deg, double *y_deg)
{
    const struct geo_grid *grid = &source->shown->field->grid;
    if (grid->kind == GEO_GRID_LATLON) {
        *x_deg = grid->dx;
        *y_deg = fabs(grid->dy);
        return true;
    }
    const double i = floor((grid->ni - 1) / 2.0), j = floor((grid->nj - 1) / 2.0);
    struct geo_point middle, next, above;
    if (geo_plane_point(source->plane, i, j, &middle) != DRF_OK
        || geo_plane_point(source->plane, i + 1, j, &next) != DRF_OK
        || geo_plane_point(source->plane, i, j + 1, &above) != DRF_OK)
        return false;
    const double shrink = fmax(cos(middle.lat_deg * GEO_RAD_PER_DEG), 0.01);
    const double along = hypot(remainder(next.lon_deg - middle.lon_deg, 360.0) * shrink,
                               next.lat_deg - middle.lat_deg);
    const double up = hypot(remainder(above.lon_deg - middle.lon_deg, 360.0) * shrink,
                            above.lat_deg - middle.lat_deg);
    *y_deg = fmin(along, up);
    *x_deg = *y_deg / shrink;
    return *y_deg > 0.0;
}

// Cells over the kept box; of a latitude-longitude grid their centres are its points.
static bool choose_grid(const struct source *source, struct geo_bounds keep,
                        struct fusion_export_grid *out)
{
    const struct geo_grid *grid = &source->shown->field->grid;
    double x_deg, y_deg;
    if (!native_cell(source, &x_deg, &y_deg))
        return false;
    const double east = keep.east_deg + (keep.west_deg > keep.east_deg ? 360.0 : 0.0);
    double west = keep.west_deg, north = keep.north_deg;
    if (grid->kind == GEO_GRID_LATLON) {
        west = grid->x0 + (floor((west - grid->x0) / x_deg + 0.5) - 0.5) * x_deg;
        north = grid->y0 + (ceil((north - grid->y0) / y_deg - 0.5) + 0.5) * y_deg;
        // Turned to the box's side of the antimeridian.
        west += 360.0 * floor((keep.west_deg - west) / 360.0 + 0.5);
    }
    x_deg = fmax(x_deg, (east - west) / SIDE_MAX);
    y_deg = fmax(y_deg, (north - keep.south_deg) / SIDE_MAX);
    out->west_deg = west;
    out->north_deg = north;
    out->cell_x_deg = x_deg;
    out->cell_y_deg = y_deg;
    out->columns = (uint32_t)fmax(ceil((east - west) / x_deg - 1e-9), 1.0);
    out->rows = (uint32_t)fmax(ceil((north - keep.south_deg) / y_deg - 1e-9), 1.0);
    return true;
}

static void time_text(int64_t utc_us, bool compact, char out[static 32])
{
    char full[80];
    fusion_provenance_version("", utc_us, full);
    size_t length = 0;
    for (const char *at = full; *at != '\0' && *at != '.' && length < 31; at++)
        if (!compact || (*at >= '0' && *at <= '9') || *at == 'T') {
            out[length] = *at;
            if (compact && *at == 'T')
                out[length] = 't';
            length++;
        }
    if (length > 0 && out[length - 1] == 'Z')
        length--;
    out[length] = '\0';
}

struct names {
    char table[160], title[224], description[320];
};

static void name_coverage(const struct fusion_field *shown, struct names *out)
{
    const struct geo_field *field = shown->field;
    const struct quantity *quantity = &quantities[field->variable];
    const char *word = field->statistic < sizeof statistics / sizeof statistics[0]
                           ? statistics[field->statistic]
                           : "";
    char from[32], until[32], level[64], compact[72];
    const bool flat = !(field->upper_agl_m > field->lower_agl_m);
    time_text(field->valid_from_utc_us, true, from);
    time_text(field->valid_until_utc_us, true, until);
    (void)snprintf(level, sizeof level, flat ? "%.0f" : "%.0f_%.0f", field->lower_agl_m,
                   field->upper_agl_m);
    const bool instant = field->valid_from_utc_us == field->valid_until_utc_us;
    (void)snprintf(compact, sizeof compact, "%s%s%s", from, instant ? "" : "_",
                   instant ? "" : until);
    (void)snprintf(out->table, sizeof out->table, "%s%s%s_%sm_%s", quantity->name,
                   word[0] != '\0' ? "_" : "", word, level, compact);
    time_text(field->valid_from_utc_us, false, from);
    time_text(field->valid_until_utc_us, false, until);
    (void)snprintf(level, sizeof level, flat ? "%.0f m" : "%.0f to %.0f m", field->lower_agl_m,
                   field->upper_agl_m);
    (void)snprintf(out->title, sizeof out->title, "%s%s%s, %s above ground, %s%s%s UTC",
                   quantity->title, word[0] != '\0' ? ", " : "", word, level, from,
                   instant ? "" : " to ", instant ? "" : until);
    (void)snprintf(out->description, sizeof out->description,
                   "Resampled from the native grid, bilinear. Source %s, %s. Licence: %s",
                   shown->source->source, shown->source->version,
                   shown->source->licence[0] != '\0' ? shown->source->licence : "not stated");
}

static enum drf_status put_field(const struct fusion_root *root, const struct source *source,
                                 unsigned copy, struct fusion_store *store)
{
    struct fusion_export_grid grid = {0};
    if (!choose_grid(source, root->keep, &grid))
        return DRF_OK; // a grid without places
    float *values = malloc((size_t)grid.columns * grid.rows * sizeof *values);
    if (values == NULL)
        return DRF_ERR_NOMEM;
    for (uint32_t r = 0; r < grid.rows; r++)
        for (uint32_t c = 0; c < grid.columns; c++) {
            const struct geo_point point = {
                .lat_deg = fmin(fmax(grid.north_deg - (r + 0.5) * grid.cell_y_deg, -90), 90),
                .lon_deg = remainder(grid.west_deg + (c + 0.5) * grid.cell_x_deg, 360.0)};
            values[(size_t)r * grid.columns + c] = (float)value_at(source, point);
        }
    struct names names;
    name_coverage(source->shown, &names);
    if (copy > 0) {
        const size_t table = strlen(names.table), title = strlen(names.title);
        (void)snprintf(names.table + table, sizeof names.table - table, "_%u", copy + 1);
        (void)snprintf(names.title + title, sizeof names.title - title, " (%u)", copy + 1);
    }
    grid.table = names.table;
    grid.title = names.title;
    grid.description = names.description;
    grid.unit = quantities[source->shown->field->variable].unit;
    grid.quantity = quantities[source->shown->field->variable].title;
    grid.values = values;
    const enum drf_status status = fusion_store_export_grid(store, &grid);
    free(values);
    return status;
}

static bool same_name(const struct fusion_field *a, const struct fusion_field *b)
{
    struct names x, y;
    name_coverage(a, &x);
    name_coverage(b, &y);
    return strcmp(x.table, y.table) == 0;
}

static bool equal(double a, double b) { return !(a < b) && !(a > b); }

static bool same_grid(const struct geo_grid *a, const struct geo_grid *b)
{
    bool same = a->kind == b->kind && a->ni == b->ni && a->nj == b->nj && equal(a->x0, b->x0)
                && equal(a->y0, b->y0) && equal(a->dx, b->dx) && equal(a->dy, b->dy);
    for (size_t i = 0; i < 4; i++)
        same = same && equal(a->p[i], b->p[i]);
    return same;
}

// The other component of a wind: of the same source, place and time.
static const struct fusion_field *partner(const struct fusion_weather *weather,
                                          const struct fusion_field *shown)
{
    const struct geo_field *field = shown->field;
    const uint32_t wanted = field->variable == GEO_WIND_U   ? GEO_WIND_V
                            : field->variable == GEO_WIND_V ? GEO_WIND_U
                                                            : 0;
    for (size_t i = 0; wanted != 0 && i < weather->count; i++) {
        const struct fusion_field *one = &weather->fields[i];
        if (one->field->variable == wanted && one->field->statistic == field->statistic
            && one->field->valid_from_utc_us == field->valid_from_utc_us
            && one->field->valid_until_utc_us == field->valid_until_utc_us
            && equal(one->field->lower_agl_m, field->lower_agl_m)
            && equal(one->field->upper_agl_m, field->upper_agl_m)
            && same_grid(&one->field->grid, &field->grid)
            && strcmp(one->source->source, shown->source->source) == 0)
            return one;
    }
    return NULL;
}

enum drf_status fusion_export_weather(const struct fusion_root *root,
                                      struct fusion_store *store, size_t *count)
{
    const struct fusion_weather *weather = root->weather;
    enum drf_status status = DRF_OK;
    *count = 0;
    for (size_t i = 0; i < weather->count && status == DRF_OK; i++) {
        struct source source = {.shown = &weather->fields[i]};
        const struct geo_field *field = source.shown->field;
        source.other = partner(weather, source.shown);
        const bool wind = field->variable == GEO_WIND_U || field->variable == GEO_WIND_V;
        if (field->variable == 0 || field->variable >= GEO_VARIABLE_COUNT
            || (wind && source.other == NULL && field->wind_grid_relative != 0))
            continue; // half a wind along unknown axes says nothing
        unsigned copy = 0;
        for (size_t k = 0; k < i; k++)
            copy += weather->fields[k].field->variable == field->variable
                    && same_name(&weather->fields[k], source.shown);
        if (copy >= COPIES_MAX)
            continue;
        status = geo_plane_open(&field->grid, &source.plane);
        if (status == DRF_OK)
            status = put_field(root, &source, copy, store);
        geo_plane_close(source.plane);
        *count += status == DRF_OK;
    }
    return status;
}
