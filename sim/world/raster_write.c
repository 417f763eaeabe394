// SPDX-License-Identifier: Apache-2.0
#include "sim/world/raster_write.h"

#include <cpl_conv.h>
#include <gdal.h>
#include <math.h>
#include <ogr_srs_api.h>
#include <stdlib.h>

static const float nodata = -32768.0F;

struct posts {
    double west_deg, north_deg, step_deg; // of the north-west post
    int columns, rows;
};

static struct posts lay_posts(const struct sim_world *world)
{
    double step_deg = world->plan.posting_arcsec / 3600.0;
    double west = floor(world->box.west_deg / step_deg);
    double east = ceil(world->box.east_deg / step_deg);
    double south = floor(world->box.south_deg / step_deg);
    double north = ceil(world->box.north_deg / step_deg);
    return (struct posts){.west_deg = west * step_deg,
                          .north_deg = north * step_deg,
                          .step_deg = step_deg,
                          .columns = (int)(east - west) + 1,
                          .rows = (int)(north - south) + 1};
}

static float value_at(const struct sim_world *world, enum sim_raster_layer layer,
                      struct geo_point point)
{
    if (world->plan.void_radius_m > 0.0) {
        struct sim_plane p = sim_world_plane(world, point);
        struct sim_plane v = sim_world_plane(world, world->void_center);
        if (hypot(p.east_m - v.east_m, p.north_m - v.north_m) < world->plan.void_radius_m)
            return nodata;
    }
    double amsl_m = layer == SIM_RASTER_GROUND ? sim_world_ground_amsl_m(world, point)
                                               : sim_world_surface_amsl_m(world, point);
    return (float)(amsl_m + world->plan.terrain_bias_m);
}

static enum drf_status describe(GDALDatasetH dataset, const struct posts *posts)
{
    // GDAL's transform names the corner of the north-west cell, whose middle is the post.
    double transform[6] = {posts->west_deg - posts->step_deg / 2,
                           posts->step_deg,
                           0.0,
                           posts->north_deg + posts->step_deg / 2,
                           0.0,
                           -posts->step_deg};
    OGRSpatialReferenceH reference = OSRNewSpatialReference(NULL);
    char *text = NULL;
    bool good =
        OSRSetFromUserInput(reference, "EPSG:4326+5773") == OGRERR_NONE
        && OSRExportToWkt(reference, &text) == OGRERR_NONE
        && GDALSetProjection(dataset, text) == CE_None
        && GDALSetGeoTransform(dataset, transform) == CE_None
        && GDALSetMetadataItem(dataset, "AREA_OR_POINT", "Point", NULL) == CE_None
        && GDALSetMetadataItem(dataset, "DRF_MODE", "SIM", NULL) == CE_None
        && GDALSetRasterNoDataValue(GDALGetRasterBand(dataset, 1), (double)nodata) == CE_None;
    CPLFree(text);
    OSRDestroySpatialReference(reference);
    return good ? DRF_OK : DRF_ERR_STORE;
}

static enum drf_status fill(const struct sim_world *world, enum sim_raster_layer layer,
                            const struct posts *posts, GDALDatasetH dataset)
{
    float *row = malloc((size_t)posts->columns * sizeof *row);
    if (row == NULL)
        return DRF_ERR_NOMEM;
    enum drf_status status = DRF_OK;
    GDALRasterBandH band = GDALGetRasterBand(dataset, 1);
    for (int j = 0; j < posts->rows && status == DRF_OK; j++) {
        for (int i = 0; i < posts->columns; i++)
            row[i] =
                value_at(world, layer,
                         (struct geo_point){.lat_deg = posts->north_deg - j * posts->step_deg,
                                            .lon_deg = posts->west_deg + i * posts->step_deg});
        if (GDALRasterIO(band, GF_Write, 0, j, posts->columns, 1, row, posts->columns, 1,
                         GDT_Float32, 0, 0)
            != CE_None)
            status = DRF_ERR_STORE;
    }
    free(row);
    return status;
}

enum drf_status sim_raster_write(const struct sim_world *world, enum sim_raster_layer layer,
                                 const char *path)
{
    CPLSetConfigOption("GDAL_PAM_ENABLED", "NO");
    GDALAllRegister();
    struct posts posts = lay_posts(world);
    char deflate[] = "COMPRESS=DEFLATE", predictor[] = "PREDICTOR=3";
    char *creation[] = {deflate, predictor, NULL};
    GDALDatasetH dataset = GDALCreate(GDALGetDriverByName("GTiff"), path, posts.columns,
                                      posts.rows, 1, GDT_Float32, creation);
    if (dataset == NULL)
        return DRF_ERR_STORE;
    enum drf_status status = describe(dataset, &posts);
    if (status == DRF_OK)
        status = fill(world, layer, &posts, dataset);
    CPLErrorReset();
    GDALClose(dataset);
    if (status == DRF_OK && CPLGetLastErrorType() >= CE_Failure)
        status = DRF_ERR_STORE; // the last blocks are written at close
    return status;
}
