// SPDX-License-Identifier: Apache-2.0
#include "sim/world/grib_write.h"

#include <eccodes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "geo/earth.h"
#include "sim/world/grid.h"

// WMO GRIB2 code tables 4.1, 4.2 and 4.5.
struct element {
    long category, number, surface, height_m;
    enum sim_weather_kind kind;
    bool accumulated;
};
static const struct element elements[] = {
    {2, 2, 103, 10, SIM_WIND_TO_EAST, false},
    {2, 3, 103, 10, SIM_WIND_TO_NORTH, false},
    {2, 2, 103, 100, SIM_WIND_TO_EAST, false},
    {2, 3, 103, 100, SIM_WIND_TO_NORTH, false},
    {2, 22, 1, 0, SIM_GUST, false},
    {0, 0, 103, 2, SIM_TEMPERATURE, false},
    {19, 0, 1, 0, SIM_VISIBILITY, false},
    {1, 8, 1, 0, SIM_PRECIPITATION, true},
};
enum { ELEMENT_COUNT = sizeof elements / sizeof elements[0] };

struct draft {
    const struct sim_world *world;
    struct sim_grid grid;
    double *values;
    FILE *file;
};

static double wind_error(const struct sim_world *world, int axis, struct geo_point point,
                         int64_t utc_us)
{
    struct sim_plane at = sim_world_plane(world, point);
    return sim_spectrum_at(&world->wind_error[axis], at.east_m, at.north_m,
                           (double)(utc_us - world->plan.epoch_utc_us) * 1e-6);
}

static double value_at(const struct draft *draft, const struct element *e,
                       struct geo_point point, int64_t utc_us)
{
    const struct sim_world *world = draft->world;
    if (e->accumulated) // kg/m2 = mm over the hour that ends here
        return sim_world_weather_mean(world, e->kind, point, utc_us - INT64_C(3600000000),
                                      utc_us)
               * 3600.0 * 1000.0;
    if (e->kind != SIM_WIND_TO_EAST && e->kind != SIM_WIND_TO_NORTH)
        return sim_world_weather(world, e->kind, point, 0.0, utc_us);
    double height_m = (double)e->height_m, bias_mps = world->plan.wind_bias_mps;
    double east = sim_world_weather(world, SIM_WIND_TO_EAST, point, height_m, utc_us) + bias_mps
                  + wind_error(world, 0, point, utc_us);
    double north = sim_world_weather(world, SIM_WIND_TO_NORTH, point, height_m, utc_us)
                   + bias_mps + wind_error(world, 1, point, utc_us);
    double turn = sim_grid_turn_deg(&draft->grid, point) * GEO_RAD_PER_DEG;
    return e->kind == SIM_WIND_TO_EAST ? east * cos(turn) - north * sin(turn)
                                       : east * sin(turn) + north * cos(turn);
}

static int set_grid(codes_handle *handle, const struct sim_grid *grid)
{
    double west = grid->west_deg < 0 ? grid->west_deg + 360.0 : grid->west_deg;
    int bad = 0;
    if (grid->lambert) {
        size_t length = 7;
        double central =
            grid->lon_central_deg < 0 ? grid->lon_central_deg + 360.0 : grid->lon_central_deg;
        bad |= codes_set_string(handle, "gridType", "lambert", &length);
        bad |= codes_set_long(handle, "Nx", grid->columns);
        bad |= codes_set_long(handle, "Ny", grid->rows);
        bad |= codes_set_double(handle, "LaDInDegrees", grid->lat_tangent_deg);
        bad |= codes_set_double(handle, "LoVInDegrees", central);
        bad |= codes_set_double(handle, "Latin1InDegrees", grid->lat_tangent_deg);
        bad |= codes_set_double(handle, "Latin2InDegrees", grid->lat_tangent_deg);
        bad |= codes_set_double(handle, "DxInMetres", grid->step_m);
        bad |= codes_set_double(handle, "DyInMetres", grid->step_m);
        bad |= codes_set_long(handle, "shapeOfTheEarth", 6);
    } else {
        bad |= codes_set_long(handle, "Ni", grid->columns);
        bad |= codes_set_long(handle, "Nj", grid->rows);
        double east = west + (grid->columns - 1) * grid->step_deg;
        double north = grid->south_deg + (grid->rows - 1) * grid->step_deg;
        bad |= codes_set_double(handle, "latitudeOfLastGridPointInDegrees", north);
        bad |= codes_set_double(handle, "longitudeOfLastGridPointInDegrees", east);
        bad |= codes_set_double(handle, "iDirectionIncrementInDegrees", grid->step_deg);
        bad |= codes_set_double(handle, "jDirectionIncrementInDegrees", grid->step_deg);
    }
    bad |= codes_set_double(handle, "latitudeOfFirstGridPointInDegrees", grid->south_deg);
    bad |= codes_set_double(handle, "longitudeOfFirstGridPointInDegrees", west);
    bad |= codes_set_long(handle, "jScansPositively", 1);
    bad |= codes_set_long(handle, "uvRelativeToGrid", grid->lambert ? 1 : 0);
    return bad;
}

static int set_time(codes_handle *handle, int64_t reference_utc_us, long step,
                    const struct element *e)
{
    time_t clock = (time_t)(reference_utc_us / 1000000);
    struct tm parts;
    gmtime_r(&clock, &parts);
    long date = (parts.tm_year + 1900L) * 10000 + (parts.tm_mon + 1L) * 100 + parts.tm_mday;
    int bad = 0;
    bad |= codes_set_long(handle, "productDefinitionTemplateNumber", e->accumulated ? 8 : 0);
    bad |= codes_set_long(handle, "dataDate", date);
    bad |= codes_set_long(handle, "dataTime", parts.tm_hour * 100L);
    bad |= codes_set_long(handle, "parameterCategory", e->category);
    bad |= codes_set_long(handle, "parameterNumber", e->number);
    bad |= codes_set_long(handle, "typeOfFirstFixedSurface", e->surface);
    bad |= codes_set_long(handle, "scaleFactorOfFirstFixedSurface", 0);
    bad |= codes_set_long(handle, "scaledValueOfFirstFixedSurface", e->height_m);
    bad |= codes_set_long(handle, "indicatorOfUnitOfTimeRange", 1);
    if (e->accumulated) {
        char range[48];
        snprintf(range, sizeof range, "%ld-%ld", step - 1, step);
        size_t length = sizeof range;
        bad |= codes_set_long(handle, "typeOfStatisticalProcessing", 1);
        bad |= codes_set_string(handle, "stepRange", range, &length);
    } else {
        bad |= codes_set_long(handle, "forecastTime", step);
    }
    return bad;
}

static codes_handle *make_field(const struct draft *draft, const struct element *e, long step)
{
    int64_t reference_utc_us = draft->world->plan.epoch_utc_us - INT64_C(3600000000);
    int64_t valid_utc_us = reference_utc_us + step * INT64_C(3600000000);
    codes_handle *handle = codes_grib_handle_new_from_samples(NULL, "GRIB2");
    if (handle == NULL)
        return NULL;
    const struct sim_grid *grid = &draft->grid;
    size_t count = 0;
    for (int j = 0; j < grid->rows; j++)
        for (int i = 0; i < grid->columns; i++)
            draft->values[count++] =
                value_at(draft, e, sim_grid_point(grid, i, j), valid_utc_us);
    int bad = set_grid(handle, grid) | set_time(handle, reference_utc_us, step, e);
    bad |= codes_set_long(handle, "bitsPerValue", 16);
    bad |= codes_set_double_array(handle, "values", draft->values, count);
    if (bad != 0) {
        codes_handle_delete(handle);
        return NULL;
    }
    return handle;
}

static enum drf_status write_alone(const struct draft *draft, const struct element *e,
                                   long step)
{
    codes_handle *handle = make_field(draft, e, step);
    if (handle == NULL)
        return DRF_ERR_STORE;
    const void *bytes;
    size_t size;
    bool good = codes_get_message(handle, &bytes, &size) == 0
                && fwrite(bytes, 1, size, draft->file) == size;
    codes_handle_delete(handle);
    return good ? DRF_OK : DRF_ERR_STORE;
}

// u and v as two fields of one message, as NCEP packs them.
static enum drf_status write_pair(const struct draft *draft, const struct element *u, long step)
{
    codes_handle *first = make_field(draft, u, step), *second = make_field(draft, u + 1, step);
    codes_multi_handle *both = codes_grib_multi_handle_new(NULL);
    bool good = first != NULL && second != NULL && both != NULL
                && codes_grib_multi_handle_append(first, 0, both) == 0
                && codes_grib_multi_handle_append(second, 4, both) == 0
                && codes_grib_multi_handle_write(both, draft->file) == 0;
    if (both != NULL)
        codes_grib_multi_handle_delete(both);
    if (first != NULL)
        codes_handle_delete(first);
    if (second != NULL)
        codes_handle_delete(second);
    return good ? DRF_OK : DRF_ERR_STORE;
}

static enum drf_status write_hour(const struct draft *draft, long step)
{
    enum drf_status status = DRF_OK;
    for (size_t i = 0; i < ELEMENT_COUNT && status == DRF_OK; i++) {
        const struct element *e = &elements[i];
        bool pair = draft->grid.lambert && e->kind == SIM_WIND_TO_EAST;
        if (e->accumulated && step == 0)
            continue; // nothing fell before the beginning
        status = pair ? write_pair(draft, e, step) : write_alone(draft, e, step);
        if (pair)
            i++;
    }
    return status;
}

enum drf_status sim_grib_write(const struct sim_world *world, const char *path)
{
    struct draft draft = {.world = world, .grid = sim_grid_lay(world)};
    size_t count = (size_t)draft.grid.columns * (size_t)draft.grid.rows;
    draft.values = malloc(count * sizeof *draft.values);
    if (draft.values == NULL)
        return DRF_ERR_NOMEM;
    draft.file = fopen(path, "wb");
    enum drf_status status = draft.file != NULL ? DRF_OK : DRF_ERR_STORE;
    for (long step = 0; step <= (long)world->plan.hours + 1 && status == DRF_OK; step++)
        status = write_hour(&draft, step);
    if (draft.file != NULL && fclose(draft.file) != 0)
        status = DRF_ERR_STORE;
    free(draft.values);
    return status;
}
