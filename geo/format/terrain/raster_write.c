// SPDX-License-Identifier: Apache-2.0
#include "geo/format/terrain/raster_write.h"

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include <cpl_conv.h>
#include <cpl_error.h>
#include <cpl_string.h>
#include <gdal.h>
#include <gdal_frmts.h>
#include <ogr_srs_api.h>

struct geo_raster_writer {
    GDALDatasetH data;
    uint32_t columns, rows, next;
    bool failed;
};

static GDALDatasetH create(const struct geo_raster_writer_config *config)
{
    GDALRegister_GTiff(); // nothing more than once
    char **options = CSLSetNameValue(NULL, "COMPRESS", "DEFLATE");
    options = CSLSetNameValue(options, "PREDICTOR", "3");
    options = CSLSetNameValue(options, "TILED", "YES");
    options = CSLSetNameValue(options, "BIGTIFF", "IF_SAFER");
    GDALDriverH driver = GDALGetDriverByName("GTiff");
    GDALDatasetH data = driver == NULL ? NULL
                                       : GDALCreate(driver, config->path, (int)config->columns,
                                                    (int)config->rows, 1, GDT_Float32, options);
    CSLDestroy(options);
    return data;
}

static bool describe(GDALDatasetH data, const struct geo_raster_writer_config *config)
{
    double place[] = {config->west_deg, config->cell_deg, 0, config->north_deg, 0,
                      -config->cell_deg};
    GDALRasterBandH band = GDALGetRasterBand(data, 1);
    OGRSpatialReferenceH crs = OSRNewSpatialReference(NULL);
    bool good = crs != NULL && OSRSetFromUserInput(crs, "EPSG:4326+5773") == OGRERR_NONE;
    if (good) {
        OSRSetAxisMappingStrategy(crs, OAMS_TRADITIONAL_GIS_ORDER);
        good =
            GDALSetSpatialRef(data, crs) == CE_None
            && GDALSetGeoTransform(data, place) == CE_None
            && GDALSetRasterNoDataValue(band, (double)GEO_RASTER_NODATA) == CE_None
            && GDALSetRasterUnitType(band, "m") == CE_None
            && GDALSetMetadataItem(data, "TIFFTAG_IMAGEDESCRIPTION", config->description, NULL)
                   == CE_None;
    }
    OSRDestroySpatialReference(crs);
    return good;
}

enum drf_status geo_raster_writer_open(const struct geo_raster_writer_config *config,
                                       struct geo_raster_writer **out)
{
    assert(config->columns > 0 && config->columns <= INT32_MAX && config->rows > 0
           && config->rows <= INT32_MAX);
    struct geo_raster_writer *writer = calloc(1, sizeof *writer);
    if (writer == NULL)
        return DRF_ERR_NOMEM;
    writer->columns = config->columns;
    writer->rows = config->rows;
    CPLPushErrorHandler(CPLQuietErrorHandler);
    writer->data = create(config);
    bool good = writer->data != NULL && describe(writer->data, config);
    CPLPopErrorHandler();
    if (!good) {
        writer->failed = true;
        const enum drf_status closed = geo_raster_writer_close(writer);
        (void)closed; // it was never begun
        return DRF_ERR_STORE;
    }
    *out = writer;
    return DRF_OK;
}

enum drf_status geo_raster_writer_put(struct geo_raster_writer *writer, float *values,
                                      uint32_t count)
{
    assert(count <= writer->rows - writer->next);
    CPLPushErrorHandler(CPLQuietErrorHandler);
    CPLErr code = GDALRasterIO(GDALGetRasterBand(writer->data, 1), GF_Write, 0,
                               (int)writer->next, (int)writer->columns, (int)count, values,
                               (int)writer->columns, (int)count, GDT_Float32, 0, 0);
    CPLPopErrorHandler();
    writer->failed = writer->failed || code != CE_None;
    writer->next += count;
    return writer->failed ? DRF_ERR_STORE : DRF_OK;
}

enum drf_status geo_raster_writer_close(struct geo_raster_writer *writer)
{
    if (writer == NULL)
        return DRF_OK;
    // What is written last fails in silence but for the error it leaves.
    CPLPushErrorHandler(CPLQuietErrorHandler);
    CPLErrorReset();
    if (writer->data != NULL)
        GDALClose(writer->data);
    const bool whole = !writer->failed && CPLGetLastErrorType() < CE_Failure;
    CPLPopErrorHandler();
    free(writer);
    return whole ? DRF_OK : DRF_ERR_STORE;
}
