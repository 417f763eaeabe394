// tests/support/rasters.h - rasters made by GDAL, and what the decoder makes of them.
// SPDX-License-Identifier: Apache-2.0
#ifndef TESTS_SUPPORT_RASTERS_H
#define TESTS_SUPPORT_RASTERS_H

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cpl_conv.h>
#include <cpl_string.h>
#include <cpl_vsi.h>
#include <gdal.h>
#include <gdal_utils.h>
#include <ogr_srs_api.h>

#include "geo/cells.h"
#include "geo/format/decode.h"

struct bytes {
    uint8_t *data;
    size_t size;
};

// A file of the real data, empty if there is none.
static inline struct bytes read_real(const char *name)
{
    const char *folder = getenv("DRF_REAL_DATA");
    char path[512];
    (void)snprintf(path, sizeof path, "%s/%s", folder == NULL ? "../shared/data" : folder,
                   name);
    struct bytes out = {NULL, 0};
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return out;
    enum { ROOM = 64 << 20 };
    out.data = malloc(ROOM);
    out.size = out.data == NULL ? 0 : fread(out.data, 1, ROOM, file);
    (void)fclose(file);
    return out;
}

struct raster_spec {
    int width, height;
    double transform[6];
    const char *crs; // what OSRSetFromUserInput() takes; NULL: none
    GDALDataType type;
    bool posts, has_nodata;
    double nodata;
    const char *unit;
    double scale, offset; // scale 0: neither is written
    const char *option;   // one creation option, such as "TILED=YES"; may be NULL
};

static inline struct bytes make_tiff(const struct raster_spec *spec, const double *values)
{
    GDALAllRegister();
    char path[64];
    (void)snprintf(path, sizeof path, "/vsimem/made-%p.tif", (const void *)spec);
    char **options = NULL;
    if (spec->option != NULL)
        options = CSLAddString(options, spec->option);
    GDALDatasetH made = GDALCreate(GDALGetDriverByName("GTiff"), path, spec->width,
                                   spec->height, 1, spec->type, options);
    CSLDestroy(options);
    double transform[6];
    memcpy(transform, spec->transform, sizeof transform);
    if (transform[1] != 0.0 || transform[2] != 0.0)
        (void)!GDALSetGeoTransform(made, transform);
    if (spec->crs != NULL) {
        OGRSpatialReferenceH reference = OSRNewSpatialReference(NULL);
        if (OSRSetFromUserInput(reference, spec->crs) != OGRERR_NONE)
            abort();
        (void)!GDALSetSpatialRef(made, reference);
        OSRDestroySpatialReference(reference);
    }
    if (spec->posts)
        (void)!GDALSetMetadataItem(made, GDALMD_AREA_OR_POINT, GDALMD_AOP_POINT, NULL);
    GDALRasterBandH band = GDALGetRasterBand(made, 1);
    if (spec->has_nodata)
        (void)!GDALSetRasterNoDataValue(band, spec->nodata);
    if (spec->unit != NULL)
        (void)!GDALSetRasterUnitType(band, spec->unit);
    if (spec->scale != 0.0) {
        (void)!GDALSetRasterScale(band, spec->scale);
        (void)!GDALSetRasterOffset(band, spec->offset);
    }
    if (GDALRasterIO(band, GF_Write, 0, 0, spec->width, spec->height, (void *)(uintptr_t)values,
                     spec->width, spec->height, GDT_Float64, 0, 0)
        != CE_None)
        abort();
    GDALClose(made);
    vsi_l_offset size = 0;
    GByte *data = VSIGetMemFileBuffer(path, &size, TRUE);
    struct bytes out = {malloc(size), size};
    if (out.data == NULL)
        abort();
    memcpy(out.data, data, size);
    VSIFree(data);
    return out;
}

static inline struct geo_decode_params ground_params(void)
{
    return (struct geo_decode_params){
        .format = GEO_FORMAT_TERRAIN,
        .layer = GEO_RASTER_GROUND,
        .level = 12,
        .keep = {-180.0, -90.0, 180.0, 90.0},
        .vertical_acc95_m = 10.0,
        .datum_acc95_m = 2.0,
        .size_max_bytes = 64 << 20,
        .record_max_bytes = (size_t)1 << 30,
        .pixels_max = 64 << 20,
    };
}

// The cells of a tile in a record; false if it has none.
static inline bool find_cells(struct geo_record record, struct geo_tile tile, uint16_t *cells)
{
    size_t cursor = 0;
    struct geo_item item;
    while (geo_record_next(record, &cursor, &item)) {
        if (item.kind != GEO_ITEM_CELLS)
            continue;
        const struct geo_cells_item *head = item.payload;
        if (head->tile.col == tile.col && head->tile.row == tile.row
            && head->tile.level == tile.level)
            return geo_cells_decode(geo_item_blob(&item), head->blob_size, cells) == DRF_OK;
    }
    return false;
}

static inline const struct geo_raster *find_raster(struct geo_record record)
{
    size_t cursor = 0;
    struct geo_item item;
    return geo_record_next(record, &cursor, &item) && item.kind == GEO_ITEM_RASTER
               ? item.payload
               : NULL;
}

// The height of the cell that holds a point; NaN if it is unknown.
static inline double height_at(struct geo_record record, uint8_t level, double lat, double lon)
{
    static uint16_t cells[GEO_CELLS_COUNT];
    struct geo_tile tile;
    if (geo_tile_at((struct geo_point){lat, lon}, level, &tile) != DRF_OK
        || !find_cells(record, tile, cells))
        return (double)NAN;
    struct geo_bounds b = geo_tile_bounds(tile);
    double side = (b.north_deg - b.south_deg) / GEO_CELLS_SIDE;
    uint16_t cell = cells[(int)((b.north_deg - lat) / side) * GEO_CELLS_SIDE
                          + (int)((lon - b.west_deg) / side)];
    return cell == GEO_CELL_UNKNOWN ? (double)NAN : geo_cell_m(cell);
}

// What gdalwarp makes of the same file on the grid of one tile; -32000 where it has nothing.
static inline void warp_to_tile(const struct bytes *file, const char *suffix,
                                struct geo_tile tile, float *out)
{
    GDALAllRegister();
    char path[64], box[4][32];
    (void)snprintf(path, sizeof path, "/vsimem/oracle.%s", suffix);
    struct geo_bounds b = geo_tile_bounds(tile);
    const double edges[4] = {b.west_deg, b.south_deg, b.east_deg, b.north_deg};
    for (int i = 0; i < 4; i++)
        (void)snprintf(box[i], sizeof box[i], "%.17g", edges[i]);
    (void)VSIFCloseL(VSIFileFromMemBuffer(path, file->data, file->size, FALSE));
    GDALDatasetH source = GDALOpen(path, GA_ReadOnly);
    const char *const words[] = {
        "-of",  "MEM",    "-r",        "bilinear", "-ot",        "Float32", "-et",
        "0",    "-t_srs", "EPSG:4326", "-te",      box[0],       box[1],    box[2],
        box[3], "-ts",    "256",       "256",      "-dstnodata", "-32000",  NULL};
    GDALWarpAppOptions *options =
        GDALWarpAppOptionsNew((char **)(uintptr_t)(const void *)words, NULL);
    int failed = 0;
    GDALDatasetH warped = GDALWarp("", NULL, 1, &source, options, &failed);
    GDALWarpAppOptionsFree(options);
    if (warped == NULL
        || GDALRasterIO(GDALGetRasterBand(warped, 1), GF_Read, 0, 0, 256, 256, out, 256, 256,
                        GDT_Float32, 0, 0)
               != CE_None)
        abort();
    GDALClose(warped);
    GDALClose(source);
    (void)VSIUnlink(path);
}

#endif
