// SPDX-License-Identifier: Apache-2.0
#include "sim/command/raster_map.h"

#include <cpl_conv.h>
#include <cpl_string.h>
#include <gdal.h>
#include <math.h>
#include <ogr_api.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "geo/earth.h"

enum { CORNERS_MAX = 256, NAME_SIZE = 128, COARSE_WIDTH = 300 };

static GDALDatasetH open_package(const char *path, unsigned kind, const char *option)
{
    static const char *const drivers[] = {"GPKG", NULL};
    const char *const options[] = {option, NULL};
    CPLSetConfigOption("GDAL_PAM_ENABLED", "NO");
    GDALAllRegister();
    CPLPushErrorHandler(CPLQuietErrorHandler);
    GDALDatasetH dataset = GDALOpenEx(path, kind | GDAL_OF_READONLY, drivers, options, NULL);
    CPLPopErrorHandler();
    return dataset;
}

struct window {
    int column, row, columns, rows;
};

static enum drf_status read_heights(GDALDatasetH dataset, const struct window *window,
                                    struct sim_relief_map *map)
{
    GDALRasterBandH band = GDALGetRasterBand(dataset, 1);
    GDALRasterIOExtraArg extra;
    INIT_RASTERIO_EXTRA_ARG(extra);
    extra.eResampleAlg = window->columns > map->width ? GRIORA_Average : GRIORA_Bilinear;
    if (GDALRasterIOEx(band, GF_Read, window->column, window->row, window->columns,
                       window->rows, map->heights, map->width, map->height, GDT_Float32, 0, 0,
                       &extra)
        != CE_None)
        return DRF_ERR_SYNTAX;
    int has_nodata = 0;
    float nodata = (float)GDALGetRasterNoDataValue(band, &has_nodata);
    size_t count = (size_t)map->width * (size_t)map->height;
    for (size_t i = 0; i < count; i++)
        if (has_nodata && !(fabsf(map->heights[i] - nodata) > 0.01F))
            map->heights[i] = (float)NAN;
    return DRF_OK;
}

static enum drf_status read_window(GDALDatasetH dataset, const double *t, int width,
                                   const struct window *w, struct sim_relief_map *out)
{
    struct sim_relief_map map = {.width = width,
                                 .bounds = {.west_deg = t[0] + t[1] * w->column,
                                            .north_deg = t[3] + t[5] * w->row,
                                            .east_deg = t[0] + t[1] * (w->column + w->columns),
                                            .south_deg = t[3] + t[5] * (w->row + w->rows)}};
    double middle_deg = (map.bounds.north_deg + map.bounds.south_deg) / 2;
    double wide =
        (map.bounds.east_deg - map.bounds.west_deg) * cos(middle_deg * GEO_RAD_PER_DEG);
    double high = map.bounds.north_deg - map.bounds.south_deg;
    map.height = (int)fmin(fmax(round(width * high / wide), 1.0), 8.0 * width);
    map.heights = malloc((size_t)map.width * (size_t)map.height * sizeof *map.heights);
    enum drf_status status =
        map.heights != NULL ? read_heights(dataset, w, &map) : DRF_ERR_NOMEM;
    if (status != DRF_OK) {
        sim_raster_map_close(&map);
        return status;
    }
    *out = map;
    return DRF_OK;
}

// The part of the coverage where anything is known, with a little around it; a store keeps room
// for more than was ever published.
static struct window known_part(const struct sim_relief_map *coarse, const struct window *all)
{
    int left = coarse->width, top = coarse->height, right = -1, bottom = -1;
    for (int y = 0; y < coarse->height; y++)
        for (int x = 0; x < coarse->width; x++)
            if (!isnan(coarse->heights[(size_t)y * (size_t)coarse->width + (size_t)x])) {
                left = x < left ? x : left;
                right = x > right ? x : right;
                top = y < top ? y : top;
                bottom = y;
            }
    if (right < 0)
        return *all;
    double across = (double)all->columns / coarse->width,
           down = (double)all->rows / coarse->height;
    int edge = 1 + (right - left) / 60;
    int first = (int)fmax((left - edge) * across, 0), above = (int)fmax((top - edge) * down, 0);
    int last = (int)fmin((right + 1 + edge) * across, all->columns);
    int below = (int)fmin((bottom + 1 + edge) * down, all->rows);
    return (struct window){first, above, last - first, below - above};
}

enum drf_status sim_raster_map_load(const char *path, const char *table, int width,
                                    struct sim_relief_map *out)
{
    char option[NAME_SIZE];
    snprintf(option, sizeof option, "TABLE=%s", table);
    GDALDatasetH dataset = open_package(path, GDAL_OF_RASTER, option);
    double t[6];
    if (dataset == NULL || GDALGetGeoTransform(dataset, t) != CE_None || t[2] != 0.0) {
        if (dataset != NULL)
            GDALClose(dataset);
        return DRF_ERR_SYNTAX;
    }
    struct window all = {0, 0, GDALGetRasterXSize(dataset), GDALGetRasterYSize(dataset)};
    struct sim_relief_map coarse;
    enum drf_status status = read_window(dataset, t, COARSE_WIDTH, &all, &coarse);
    if (status == DRF_OK) {
        struct window part = known_part(&coarse, &all);
        sim_raster_map_close(&coarse);
        status = read_window(dataset, t, width, &part, out);
    }
    GDALClose(dataset);
    return status;
}

void sim_raster_map_close(struct sim_relief_map *map)
{
    free(map->heights);
    map->heights = NULL;
}

static size_t corners_of(OGRGeometryH geometry, struct geo_point *corners)
{
    // The outer ring of the first part.
    OGRGeometryH line = geometry;
    while (line != NULL && OGR_G_GetGeometryCount(line) > 0)
        line = OGR_G_GetGeometryRef(line, 0);
    if (line == NULL)
        return 0;
    int count = OGR_G_GetPointCount(line);
    count = count < CORNERS_MAX ? count : CORNERS_MAX;
    for (int i = 0; i < count; i++)
        corners[i] =
            (struct geo_point){.lat_deg = OGR_G_GetY(line, i), .lon_deg = OGR_G_GetX(line, i)};
    return count > 0 ? (size_t)count : 0;
}

enum drf_status sim_raster_map_features(const char *path, const char *table, sim_feature_fn fn,
                                        void *context)
{
    GDALDatasetH dataset = open_package(path, GDAL_OF_VECTOR, NULL);
    OGRLayerH layer = dataset != NULL ? GDALDatasetGetLayerByName(dataset, table) : NULL;
    enum drf_status status = layer != NULL ? DRF_OK : DRF_ERR_ABSENT;
    OGRFeatureH feature;
    while (layer != NULL && (feature = OGR_L_GetNextFeature(layer)) != NULL) {
        struct geo_point corners[CORNERS_MAX];
        OGRGeometryH geometry = OGR_F_GetGeometryRef(feature);
        size_t count = geometry != NULL ? corners_of(geometry, corners) : 0;
        if (count > 0)
            fn(context, corners, count);
        OGR_F_Destroy(feature);
    }
    if (dataset != NULL)
        GDALClose(dataset);
    return status;
}

enum drf_status sim_raster_map_png(const struct sim_picture *picture, const char *path)
{
    CPLSetConfigOption("GDAL_PAM_ENABLED", "NO");
    GDALAllRegister();
    GDALDatasetH memory = GDALCreate(GDALGetDriverByName("MEM"), "", picture->width,
                                     picture->height, 3, GDT_Byte, NULL);
    if (memory == NULL)
        return DRF_ERR_NOMEM;
    bool good = GDALDatasetRasterIO(memory, GF_Write, 0, 0, picture->width, picture->height,
                                    picture->pixels, picture->width, picture->height, GDT_Byte,
                                    3, NULL, 3, 3 * picture->width, 1)
                == CE_None;
    GDALDatasetH png =
        good ? GDALCreateCopy(GDALGetDriverByName("PNG"), path, memory, FALSE, NULL, NULL, NULL)
             : NULL;
    if (png != NULL)
        GDALClose(png);
    GDALClose(memory);
    return png != NULL ? DRF_OK : DRF_ERR_STORE;
}
