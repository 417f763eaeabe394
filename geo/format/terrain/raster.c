// SPDX-License-Identifier: Apache-2.0
// All reading through GDAL. The bytes become a /vsimem file, opened with the one driver of
// the format, with side-car files and threads switched off. Checks come before values are
// read: size of the raster and of its blocks against the limits, then the georeference
// (raster_georeference.c). Values are read when tiles are made (raster_tiles.c), some rows at a
// time (raster_rows.c): float in metres, NaN where unknown. Each block is dropped from GDAL's
// cache at once. Errors that GDAL only prints are caught by an error handler and refuse the
// message.
#include "geo/format/terrain/raster.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cpl_conv.h>
#include <cpl_error.h>
#include <cpl_string.h>
#include <cpl_vsi.h>
#include <gdal.h>
#include <gdal_frmts.h>
#include <ogr_srs_api.h>

#include "geo/format/terrain/raster_rows.h"
#include "geo/format/terrain/raster_source.h"
#include "geo/record/decode_counts.h"
#include "geo/record/refusal.h"
#include "geo/unconst.h"

struct image {
    GDALDatasetH dataset;
    GDALRasterBandH band;
    enum geo_format format;
    char path[128];
    char folder[64];
    struct raster_head head;
};

// The first error that GDAL reported.
struct complaint {
    bool failed;
    char text[128];
};

static void CPL_STDCALL note_complaint(CPLErr kind, CPLErrorNum number, const char *text)
{
    (void)number;
    struct complaint *complaint = CPLGetErrorHandlerUserData();
    if (kind < CE_Failure || complaint->failed)
        return;
    complaint->failed = true;
    (void)snprintf(complaint->text, sizeof complaint->text, "%s", text);
}

static const char *const settings[][2] = {
    {"GDAL_PAM_ENABLED", "NO"},
    {"GDAL_DISABLE_READDIR_ON_OPEN", "EMPTY_DIR"},
    {"GDAL_GEOREF_SOURCES", "INTERNAL"},
    {"GDAL_NUM_THREADS", "1"},
    {"GDAL_CACHEMAX", "128"}, // MB, instead of a share of the machine's memory
    {"DTED_VERIFY_CHECKSUM", "YES"},
    {"GTIFF_REPORT_COMPD_CS", "YES"}, // GeoTIFF 1.0 files lose their vertical CRS without it
    {"CPL_DEBUG", "OFF"},
};

static void set_options(bool on)
{
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++)
        CPLSetThreadLocalConfigOption(settings[i][0], on ? settings[i][1] : NULL);
}

static bool two_digits(const char *text)
{
    return text[0] >= '0' && text[0] <= '9' && text[1] >= '0' && text[1] <= '9';
}

// The cell that an HGT file's name begins with, as GDAL wants it: "N43W080".
static bool hgt_cell(const char *name, char cell[static 8])
{
    const char *slash = strrchr(name, '/');
    const char *base = slash == NULL ? name : slash + 1;
    if (strlen(base) < 7)
        return false;
    bool south = base[0] == 'S' || base[0] == 's', west = base[3] == 'W' || base[3] == 'w';
    bool shaped = (south || base[0] == 'N' || base[0] == 'n') && two_digits(base + 1)
                  && (west || base[3] == 'E' || base[3] == 'e') && two_digits(base + 4)
                  && base[6] >= '0' && base[6] <= '9';
    if (!shaped)
        return false;
    (void)snprintf(cell, 8, "%c%.2s%c%.3s", south ? 'S' : 'N', base + 1, west ? 'W' : 'E',
                   base + 4);
    return true;
}

static bool starts_with(const uint8_t *bytes, size_t size, const char *text, size_t length)
{
    return size >= length && memcmp(bytes, text, length) == 0;
}

static bool hgt_sized(size_t size)
{
    const size_t three = 1201, one = 3601, half = 1801; // half: one by two seconds, north
    return size == three * three * 2 || size == one * one * 2 || size == one * half * 2;
}

// Where a DTED file's UHL begins: after the optional volume and header labels of a tape.
static const char *dted_uhl(const uint8_t *bytes, size_t size)
{
    for (size_t at = 0; at <= 160 && at + 80 <= size; at += 80)
        if (memcmp(bytes + at, "UHL1", 4) == 0)
            return (const char *)bytes + at;
    return NULL;
}

static enum geo_format sniff(const struct geo_decode_params *params, const uint8_t *bytes,
                             size_t size)
{
    char cell[8];
    if (params->format != GEO_FORMAT_TERRAIN)
        return (enum geo_format)params->format;
    if (starts_with(bytes, size, "II*\0", 4) || starts_with(bytes, size, "MM\0*", 4)
        || starts_with(bytes, size, "II+\0", 4) || starts_with(bytes, size, "MM\0+", 4))
        return GEO_FORMAT_GEOTIFF;
    if (dted_uhl(bytes, size) != NULL)
        return GEO_FORMAT_DTED;
    return hgt_sized(size) && hgt_cell(params->name, cell) ? GEO_FORMAT_HGT
                                                           : GEO_FORMAT_UNKNOWN;
}

static unsigned digits(const char *text, size_t count)
{
    unsigned value = 0;
    for (size_t i = 0; i < count; i++)
        value = value * 10 + (text[i] >= '0' && text[i] <= '9' ? (unsigned)(text[i] - '0') : 0);
    return value;
}

// MIL-PRF-89020B: a profile is 12 bytes and two per height; UHL columns 48-51 count the
// profiles, 52-55 the heights of each; UHL, DSI and ACC take 80 + 648 + 2700 bytes. GDAL reads
// a truncated file without an error.
static bool dted_whole(const uint8_t *bytes, size_t size)
{
    const char *uhl = dted_uhl(bytes, size);
    if (uhl == NULL)
        return false;
    size_t lead = (size_t)(uhl - (const char *)bytes) + 80 + 648 + 2700;
    size_t profiles = digits(uhl + 47, 4), heights = digits(uhl + 51, 4);
    return profiles > 1 && heights > 1 && size >= lead + profiles * (12 + 2 * heights);
}

static enum drf_status open_image(const struct geo_decode_params *params, const uint8_t *bytes,
                                  size_t size, const struct complaint *complaint,
                                  struct image *image, struct geo_note *why)
{
    image->format = sniff(params, bytes, size);
    char cell[8] = "cell";
    const char *driver = "GTiff", *suffix = "tif";
    if (image->format == GEO_FORMAT_DTED) {
        driver = "DTED";
        suffix = "dt2";
        if (!dted_whole(bytes, size))
            return geo_refuse(why, GEO_REFUSAL_FORMAT, 0, "not DTED, or truncated");
    } else if (image->format == GEO_FORMAT_HGT) {
        driver = "SRTMHGT";
        suffix = "hgt";
        if (!hgt_sized(size))
            return geo_refuse(why, GEO_REFUSAL_FORMAT, 0, "%zu bytes are no HGT cell", size);
        if (!hgt_cell(params->name, cell))
            return geo_refuse(why, GEO_REFUSAL_GEOREFERENCE, 0,
                              "an HGT cell needs a name such as N43W080");
    } else if (image->format != GEO_FORMAT_GEOTIFF) {
        return geo_refuse(why, GEO_REFUSAL_FORMAT, 0, "neither GeoTIFF nor DTED nor HGT");
    }
    // The address keeps decoders in one process apart.
    (void)snprintf(image->folder, sizeof image->folder, "/vsimem/drf-%p", (void *)image);
    (void)snprintf(image->path, sizeof image->path, "%s/%s.%s", image->folder, cell, suffix);
    // GDAL takes a pointer to bytes it may write; the dataset is open for reading only.
    VSILFILE *file = VSIFileFromMemBuffer(image->path, GEO_UNCONST(bytes), size, FALSE);
    if (file == NULL || VSIFCloseL(file) != 0)
        return geo_refuse(why, GEO_REFUSAL_MEMORY, 0, "no memory for the file");
    const char *const drivers[] = {driver, NULL};
    image->dataset =
        GDALOpenEx(image->path, GDAL_OF_RASTER | GDAL_OF_READONLY, drivers, NULL, NULL);
    if (image->dataset == NULL)
        return geo_refuse(why, GEO_REFUSAL_FORMAT, 0, "not %s: %s", driver, complaint->text);
    return DRF_OK;
}

static enum drf_status check_shape(const struct geo_decode_params *params, size_t size,
                                   struct image *image, struct geo_note *why)
{
    int bands = GDALGetRasterCount(image->dataset);
    if (bands != 1)
        return geo_refuse(why, GEO_REFUSAL_UNSUPPORTED, 0, "%d bands, one is read", bands);
    image->band = GDALGetRasterBand(image->dataset, 1);
    int width = GDALGetRasterXSize(image->dataset), height = GDALGetRasterYSize(image->dataset);
    int block_width = 0, block_height = 0;
    GDALGetBlockSize(image->band, &block_width, &block_height);
    if (width < 1 || height < 1 || block_width < 1 || block_height < 1)
        return geo_refuse(why, GEO_REFUSAL_FORMAT, 0, "no pixels");
    if ((uint64_t)width * (uint64_t)height > params->pixels_max
        || (uint64_t)block_width * (uint64_t)block_height > params->pixels_max)
        return geo_refuse(why, GEO_REFUSAL_TOO_LARGE, 0,
                          "%d x %d pixels in blocks of %d x %d, at most %llu are read", width,
                          height, block_width, block_height,
                          (unsigned long long)params->pixels_max);
    if (geo_unpack_excessive((uint64_t)width * (uint64_t)height, size)
        || geo_unpack_excessive((uint64_t)block_width * (uint64_t)block_height, size))
        return geo_refuse(why, GEO_REFUSAL_TOO_LARGE, 0,
                          "%d x %d pixels in blocks of %d x %d out of %zu bytes", width, height,
                          block_width, block_height, size);
    GDALDataType type = GDALGetRasterDataType(image->band);
    bool real = type == GDT_Byte || type == GDT_Int16 || type == GDT_UInt16 || type == GDT_Int32
                || type == GDT_UInt32 || type == GDT_Float32 || type == GDT_Float64;
    if (!real)
        return geo_refuse(why, GEO_REFUSAL_UNSUPPORTED, 0, "values of type %s",
                          GDALGetDataTypeName(type));
    if (GDALGetRasterColorTable(image->band) != NULL)
        return geo_refuse(why, GEO_REFUSAL_UNSUPPORTED, 0, "a colour table, not heights");
    image->head.width = (uint32_t)width;
    image->head.height = (uint32_t)height;
    return DRF_OK;
}

// Metres in a band's unit, 0 if the band has none, below 0 if it is unknown.
static double unit_metres(const char *unit)
{
    static const struct {
        const char *word;
        double metres;
    } words[] = {
        {"", 0.0},
        {"m", 1.0},
        {"metre", 1.0},
        {"metres", 1.0},
        {"meter", 1.0},
        {"meters", 1.0},
        {"ft", 0.3048},
        {"foot", 0.3048},
        {"feet", 0.3048},
        {"us-ft", 1200.0 / 3937.0},
        {"ftUS", 1200.0 / 3937.0},
        {"US survey foot", 1200.0 / 3937.0},
        {"cm", 0.01},
        {"mm", 0.001},
    };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (unit == NULL || EQUAL(unit, words[i].word))
            return words[i].metres;
    return -1.0;
}

static enum drf_status read_head(struct image *image, struct geo_note *why)
{
    struct raster_head *head = &image->head;
    if (GDALGetGeoTransform(image->dataset, head->transform) != CE_None)
        return geo_refuse(why, GEO_REFUSAL_GEOREFERENCE, 0, "no georeference");
    bool cell_format = image->format != GEO_FORMAT_GEOTIFF;
    const char *area = GDALGetMetadataItem(image->dataset, GDALMD_AREA_OR_POINT, NULL);
    head->posts = cell_format || (area != NULL && EQUAL(area, GDALMD_AOP_POINT));
    head->usual = cell_format ? "EGM96" : "";
    const char *datum = GDALGetMetadataItem(image->dataset, "DTED_VerticalDatum", NULL);
    bool told = image->format == GEO_FORMAT_DTED && datum != NULL;
    head->datum = told && EQUAL(datum, "E96")   ? "EGM96"
                  : told && EQUAL(datum, "E08") ? "EGM2008"
                                                : "";
    const char *unit = GDALGetRasterUnitType(image->band);
    head->band_unit_m = unit_metres(unit);
    if (head->band_unit_m < 0.0)
        return geo_refuse(why, GEO_REFUSAL_UNSUPPORTED, 0, "heights in \"%s\"", unit);
    OGRSpatialReferenceH reference = GDALGetSpatialRef(image->dataset);
    const char *const wkt_options[] = {"FORMAT=WKT2_2019", NULL};
    if (reference != NULL
        && OSRExportToWktEx(reference, &head->wkt, wkt_options) != OGRERR_NONE)
        return geo_refuse(why, GEO_REFUSAL_CRS, 0,
                          "a reference system that cannot be exported");
    return DRF_OK;
}

// Applies the mask band, if there is one.
static bool apply_mask(const struct image *image, uint32_t first, uint32_t count, float *values)
{
    if ((GDALGetMaskFlags(image->band) & (GMF_ALL_VALID | GMF_NODATA)) != 0)
        return true;
    const int width = (int)image->head.width;
    const size_t all = (size_t)width * count;
    GDALRasterBandH band = GDALGetMaskBand(image->band);
    uint8_t *mask = malloc(all);
    bool read = mask != NULL
                && GDALRasterIO(band, GF_Read, 0, (int)first, width, (int)count, mask, width,
                                (int)count, GDT_Byte, 0, 0)
                       == CE_None;
    for (size_t i = 0; i < all && read; i++)
        if (mask[i] == 0)
            values[i] = NAN;
    free(mask);
    (void)GDALFlushRasterCache(band);
    return read;
}

// What raster_rows.c reads with.
struct reader {
    const struct image *image;
    const struct complaint *complaint;
};

static bool read_rows(void *context, uint32_t first, uint32_t count, float *values)
{
    const struct reader *reader = context;
    const struct image *image = reader->image;
    const int width = (int)image->head.width;
    CPLErr read = GDALRasterIO(image->band, GF_Read, 0, (int)first, width, (int)count, values,
                               width, (int)count, GDT_Float32, 0, 0);
    bool whole = read == CE_None && apply_mask(image, first, count, values);
    (void)GDALFlushRasterCache(image->band); // its blocks hold nothing of other rows
    return whole && !reader->complaint->failed;
}

// Whole rows of blocks, so that no block is read twice; DTED's blocks are as high as it is.
static uint32_t chunk_of(const struct image *image)
{
    enum { ROWS = 64 };
    int block_width = 0, block_height = 0;
    GDALGetBlockSize(image->band, &block_width, &block_height);
    const uint32_t height = (uint32_t)block_height;
    const uint32_t rows = height >= ROWS ? height : ROWS / height * height;
    return rows < image->head.height ? rows : image->head.height;
}

static enum drf_status open_rows(const struct geo_decode_params *params, struct reader *reader,
                                 struct raster_source *source, struct geo_note *why)
{
    const struct image *image = reader->image;
    int has_nodata = 0;
    const float nodata = (float)GDALGetRasterNoDataValue(image->band, &has_nodata);
    const struct raster_rows_config config = {
        .read = read_rows,
        .context = reader,
        .chunk = chunk_of(image),
        .scale_m = GDALGetRasterScale(image->band, NULL) * source->unit_m,
        .offset_m = GDALGetRasterOffset(image->band, NULL) * source->unit_m,
        .has_nodata = {has_nodata != 0, params->has_nodata},
        .nodata = {nodata, (float)params->nodata},
        .samples = &source->samples,
    };
    if (raster_rows_open(&config, &source->rows) != DRF_OK)
        return geo_refuse(why, GEO_REFUSAL_MEMORY, 0, "no memory for rows");
    return DRF_OK;
}

// What is wrong with the values is told before what is wrong with the tiles.
static enum drf_status make_tiles(const struct geo_decode_params *params,
                                  struct raster_source *source,
                                  const struct complaint *complaint,
                                  struct geo_record_builder *builder, struct geo_note *why)
{
    enum drf_status status = raster_tiles(params, source, builder, why);
    enum drf_status read = raster_rows_finish(source->rows, complaint->text, why);
    return read != DRF_OK ? read : status;
}

static void close_image(struct image *image)
{
    if (image->dataset != NULL)
        GDALClose(image->dataset);
    if (image->path[0] != '\0') {
        (void)VSIUnlink(image->path);
        (void)VSIRmdir(image->folder);
    }
    CPLFree(image->head.wkt);
}

// A raster that lies in the region and could not be understood is no hole without a trace: its
// box is unreadable. One without a height, or beyond the node's limits, is only refused.
static enum drf_status mark_unreadable(const struct geo_decode_params *params,
                                       const struct raster_source *source, size_t begin,
                                       struct geo_record_builder *builder,
                                       const struct geo_note *why, enum drf_status status)
{
    bool understood = why->code == GEO_REFUSAL_NO_VALUES || why->code == GEO_REFUSAL_MEMORY
                      || why->code == GEO_REFUSAL_OUT_OF_REGION;
    builder->size = begin; // without the tiles made so far
    if (!source->placed || understood || status == DRF_ERR_NOMEM || status == DRF_ERR_FULL)
        return status;
    struct geo_bounds box = source->reach;
    bool around = box.east_deg - box.west_deg >= 360.0;
    box.west_deg = around ? -180.0 : box.west_deg;
    box.east_deg = around ? 180.0 : box.east_deg - (box.east_deg > 180.0 ? 360.0 : 0.0);
    struct geo_decode_counts counts = {0};
    enum drf_status added = geo_decode_counts_unreadable(&counts, builder, why, params->keep,
                                                         "", &box, GEO_UNREADABLE_NO_END_US);
    return added == DRF_OK && counts.told == 0 ? status : added;
}

enum drf_status geo_raster_decode(const struct geo_decode_params *params, const uint8_t *bytes,
                                  size_t size, struct geo_record_builder *builder,
                                  struct geo_note *why)
{
    GDALRegister_GTiff();
    GDALRegister_DTED();
    GDALRegister_SRTMHGT();
    struct complaint complaint = {.failed = false};
    CPLPushErrorHandlerEx(note_complaint, &complaint);
    set_options(true);

    struct image image = {.dataset = NULL};
    struct raster_source source = {.crs = NULL};
    struct reader reader = {.image = &image, .complaint = &complaint};
    const size_t begin = builder->size;
    enum drf_status status = open_image(params, bytes, size, &complaint, &image, why);
    if (status == DRF_OK)
        status = check_shape(params, size, &image, why);
    if (status == DRF_OK)
        status = read_head(&image, why);
    if (status == DRF_OK)
        status = raster_place(params, &image.head, &source, why);
    if (status == DRF_OK)
        status = open_rows(params, &reader, &source, why);
    if (status == DRF_OK)
        status = make_tiles(params, &source, &complaint, builder, why);
    raster_rows_close(source.rows);
    close_image(&image);
    if (status != DRF_OK)
        status = mark_unreadable(params, &source, begin, builder, why, status);
    raster_close(&source);

    set_options(false);
    CPLPopErrorHandler();
    return status;
}

const char *geo_raster_library(void) { return GDALVersionInfo("RELEASE_NAME"); }
