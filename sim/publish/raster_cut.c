// SPDX-License-Identifier: Apache-2.0
// The number of chunks a side begins with the square root of file size over limit and grows
// until every chunk, encoded as GeoTIFF in memory, is below the limit: compression makes the
// size unpredictable. Cores are boxes in degrees whose edges lie on cell edges of the target
// level. The pixels of a chunk are the bounds of its core, walked along its edge and
// transformed to the raster's CRS, plus the overlap that interpolation at the core's edge
// needs.
#include "sim/publish/raster_cut.h"

#include <cpl_conv.h>
#include <cpl_vsi.h>
#include <gdal.h>
#include <gdal_utils.h>
#include <math.h>
#include <ogr_srs_api.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNKS_A_SIDE_MAX = 64, EDGE_STEPS = 32 };

struct source {
    GDALDatasetH dataset;
    OGRCoordinateTransformationH to_degrees, from_degrees;
    double transform[6], inverse[6];
    int columns, rows;
    double west_deg, south_deg, east_deg, north_deg;
    double cell_deg; // of the target level
};

struct window {
    int column, row, columns, rows;
};

static GDALDatasetH open_raster(const char *path)
{
    static const char *const drivers[] = {"GTiff", "DTED", "SRTMHGT", NULL};
    CPLSetConfigOption("GDAL_PAM_ENABLED", "NO");
    GDALAllRegister();
    CPLPushErrorHandler(CPLQuietErrorHandler);
    GDALDatasetH dataset =
        GDALOpenEx(path, GDAL_OF_RASTER | GDAL_OF_READONLY, drivers, NULL, NULL);
    CPLPopErrorHandler();
    return dataset;
}

bool sim_raster_marked(const char *path)
{
    GDALDatasetH dataset = open_raster(path);
    if (dataset == NULL)
        return false;
    const char *mode = GDALGetMetadataItem(dataset, "DRF_MODE", NULL);
    bool marked = mode != NULL && strcmp(mode, "SIM") == 0;
    GDALClose(dataset);
    return marked;
}

// The geographic box of the file: its edge walked in steps and transformed.
static bool find_bounds(struct source *source)
{
    source->west_deg = source->south_deg = HUGE_VAL;
    source->east_deg = source->north_deg = -HUGE_VAL;
    const double *t = source->transform;
    for (int i = 0; i <= EDGE_STEPS; i++)
        for (int side = 0; side < 4; side++) {
            double along = (double)i / EDGE_STEPS;
            double c = (side < 2 ? along : side - 2) * source->columns;
            double r = (side < 2 ? side : along) * source->rows;
            double x = t[0] + c * t[1] + r * t[2], y = t[3] + c * t[4] + r * t[5];
            if (!OCTTransform(source->to_degrees, 1, &x, &y, NULL))
                return false;
            source->west_deg = fmin(source->west_deg, x);
            source->east_deg = fmax(source->east_deg, x);
            source->south_deg = fmin(source->south_deg, y);
            source->north_deg = fmax(source->north_deg, y);
        }
    return source->east_deg > source->west_deg && source->north_deg > source->south_deg;
}

static void source_close(struct source *source)
{
    if (source->to_degrees != NULL)
        OCTDestroyCoordinateTransformation(source->to_degrees);
    if (source->from_degrees != NULL)
        OCTDestroyCoordinateTransformation(source->from_degrees);
    if (source->dataset != NULL)
        GDALClose(source->dataset);
    *source = (struct source){0};
}

static enum drf_status source_open(const char *path, unsigned level, struct source *out)
{
    struct source source = {.dataset = open_raster(path)};
    if (source.dataset == NULL)
        return DRF_ERR_SYNTAX;
    source.columns = GDALGetRasterXSize(source.dataset);
    source.rows = GDALGetRasterYSize(source.dataset);
    source.cell_deg = 180.0 / (double)(UINT64_C(256) << level);
    OGRSpatialReferenceH own = GDALGetSpatialRef(source.dataset);
    OGRSpatialReferenceH flat = own != NULL ? OSRClone(own) : NULL;
    OGRSpatialReferenceH degrees = OSRNewSpatialReference(NULL);
    if (flat != NULL && OSRIsCompound(flat))
        OSRStripVertical(flat); // a position's place does not depend on its height here
    if (flat != NULL && OSRImportFromEPSG(degrees, 4326) == OGRERR_NONE) {
        OSRSetAxisMappingStrategy(flat, OAMS_TRADITIONAL_GIS_ORDER);
        OSRSetAxisMappingStrategy(degrees, OAMS_TRADITIONAL_GIS_ORDER);
        source.to_degrees = OCTNewCoordinateTransformation(flat, degrees);
        source.from_degrees = OCTNewCoordinateTransformation(degrees, flat);
    }
    OSRDestroySpatialReference(degrees);
    if (flat != NULL)
        OSRDestroySpatialReference(flat);
    bool good = source.to_degrees != NULL && source.from_degrees != NULL
                && GDALGetGeoTransform(source.dataset, source.transform) == CE_None
                && GDALInvGeoTransform(source.transform, source.inverse)
                && find_bounds(&source);
    if (!good) {
        source_close(&source);
        return DRF_ERR_SYNTAX;
    }
    *out = source;
    return DRF_OK;
}

struct core {
    double west_deg, south_deg, east_deg, north_deg;
};

// Where the seam between part k - 1 and part k of n lies: on an edge of the target's cells.
static double seam_deg(double low_deg, double high_deg, int k, int n, double cell_deg)
{
    if (k == 0)
        return low_deg - cell_deg;
    if (k == n)
        return high_deg + cell_deg;
    double middle = low_deg + (high_deg - low_deg) * k / n;
    return floor(middle / cell_deg + 0.5) * cell_deg;
}

// The pixels that the core needs, with the overlap around it.
static bool core_window(const struct source *source, const struct core *core,
                        struct window *out)
{
    double c0 = HUGE_VAL, c1 = -HUGE_VAL, r0 = HUGE_VAL, r1 = -HUGE_VAL;
    double reach = source->cell_deg;
    double west = core->west_deg - reach, high = core->north_deg - core->south_deg + 2 * reach;
    double south = core->south_deg - reach, wide = core->east_deg - core->west_deg + 2 * reach;
    for (int i = 0; i <= EDGE_STEPS; i++)
        for (int side = 0; side < 4; side++) {
            double along = (double)i / EDGE_STEPS;
            double x = west + (side < 2 ? along : side - 2) * wide;
            double y = south + (side < 2 ? side : along) * high;
            if (!OCTTransform(source->from_degrees, 1, &x, &y, NULL))
                return false;
            const double *v = source->inverse;
            double c = v[0] + x * v[1] + y * v[2], r = v[3] + x * v[4] + y * v[5];
            c0 = fmin(c0, c);
            c1 = fmax(c1, c);
            r0 = fmin(r0, r);
            r1 = fmax(r1, r);
        }
    int left = (int)fmax(floor(c0) - 2, 0), top = (int)fmax(floor(r0) - 2, 0);
    int right = (int)fmin(ceil(c1) + 2, source->columns);
    int bottom = (int)fmin(ceil(r1) + 2, source->rows);
    *out = (struct window){left, top, right - left, bottom - top};
    return right > left && bottom > top;
}

// Encodes a window as GeoTIFF; the caller frees *bytes with VSIFree.
static enum drf_status encode(const struct source *source, const struct window *window,
                              bool egm96_implied, uint8_t **bytes, size_t *size)
{
    char numbers[4][16];
    const int values[4] = {window->column, window->row, window->columns, window->rows};
    for (int i = 0; i < 4; i++)
        snprintf(numbers[i], sizeof numbers[i], "%d", values[i]);
    GDALDataType type = GDALGetRasterDataType(GDALGetRasterBand(source->dataset, 1));
    bool real = type == GDT_Float32 || type == GDT_Float64;
    const char *words[] = {"-q",
                           "-of",
                           "GTiff",
                           "-co",
                           "COMPRESS=DEFLATE",
                           "-co",
                           real ? "PREDICTOR=3" : "PREDICTOR=2",
                           "-srcwin",
                           numbers[0],
                           numbers[1],
                           numbers[2],
                           numbers[3],
                           egm96_implied ? "-a_srs" : NULL,
                           "EPSG:4326+5773",
                           NULL};
    char *copies[sizeof words / sizeof words[0]] = {0};
    for (size_t i = 0; words[i] != NULL; i++)
        copies[i] = CPLStrdup(words[i]);
    static const char path[] = "/vsimem/drf-sim-chunk.tif";
    GDALTranslateOptions *options = GDALTranslateOptionsNew(copies, NULL);
    GDALDatasetH chunk =
        options != NULL ? GDALTranslate(path, source->dataset, options, NULL) : NULL;
    if (options != NULL)
        GDALTranslateOptionsFree(options);
    for (size_t i = 0; copies[i] != NULL; i++)
        CPLFree(copies[i]);
    if (chunk == NULL)
        return DRF_ERR_STORE;
    GDALClose(chunk);
    vsi_l_offset length = 0;
    *bytes = VSIGetMemFileBuffer(path, &length, TRUE);
    *size = (size_t)length;
    return *bytes != NULL ? DRF_OK : DRF_ERR_STORE;
}

// One chunk. DRF_ERR_FULL: larger than allowed.
static enum drf_status add_chunk(const struct source *source, const struct sim_raster_cut *cut,
                                 const struct core *core, const char *key,
                                 struct sim_batch *out)
{
    struct window window;
    if (!core_window(source, core, &window))
        return DRF_OK; // no data there
    uint8_t *bytes = NULL;
    size_t size = 0;
    enum drf_status status = encode(source, &window, cut->egm96_implied, &bytes, &size);
    char text[SIM_CORE_SIZE];
    snprintf(text, sizeof text, "%.10f,%.10f,%.10f,%.10f", core->west_deg, core->south_deg,
             core->east_deg, core->north_deg);
    if (status == DRF_OK)
        status =
            size <= cut->max_bytes ? sim_batch_add(out, key, text, bytes, size) : DRF_ERR_FULL;
    VSIFree(bytes);
    return status;
}

static enum drf_status cut_into(const struct source *source, const struct sim_raster_cut *cut,
                                const char *stem, int n, struct sim_batch *out)
{
    enum drf_status status = DRF_OK;
    for (int i = 0; i < n * n && status == DRF_OK; i++) {
        int row = i / n, column = i % n; // row 0 is the northern one
        struct core core = {
            .west_deg =
                seam_deg(source->west_deg, source->east_deg, column, n, source->cell_deg),
            .east_deg =
                seam_deg(source->west_deg, source->east_deg, column + 1, n, source->cell_deg),
            .south_deg = seam_deg(source->south_deg, source->north_deg, n - 1 - row, n,
                                  source->cell_deg),
            .north_deg =
                seam_deg(source->south_deg, source->north_deg, n - row, n, source->cell_deg),
        };
        char key[SIM_KEY_SIZE];
        snprintf(key, sizeof key, "%s/chunk-%d-%d", stem, row, column);
        status = add_chunk(source, cut, &core, key, out);
    }
    return status;
}

enum drf_status sim_raster_cut(const struct sim_raster_cut *cut, const char *path,
                               struct sim_batch *out)
{
    char stem[SIM_KEY_SIZE - 32];
    sim_file_stem(path, stem, sizeof stem);
    uint8_t *bytes;
    size_t size;
    enum drf_status status = sim_file_read(path, &bytes, &size);
    if (status != DRF_OK)
        return status;
    struct source source = {0};
    status = source_open(path, cut->level, &source);
    if (status == DRF_OK && size <= cut->max_bytes)
        status = sim_batch_add(out, stem, NULL, bytes, size);
    else if (status == DRF_OK) {
        status = DRF_ERR_FULL;
        int n = (int)fmin(ceil(sqrt((double)size / (double)cut->max_bytes)), CHUNKS_A_SIDE_MAX);
        for (; n <= CHUNKS_A_SIDE_MAX && status == DRF_ERR_FULL; n++) {
            sim_batch_close(out); // a try that did not fit
            status = cut_into(&source, cut, stem, n, out);
        }
    }
    source_close(&source);
    free(bytes);
    return status;
}
