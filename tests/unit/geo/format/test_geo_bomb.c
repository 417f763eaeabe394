// SPDX-License-Identifier: Apache-2.0
// Small messages that want to be unpacked into much: each is one refusal with its reason, and
// memory stays bounded. Rasters are packed by GDAL and fields by ecCodes, then made to lie.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <eccodes.h>
#include <malloc.h>
#include <sys/resource.h>

#include "tests/support/rasters.h"

#define PIXELS_MAX 200000000U   // the node's default
#define PEAK_MAX_KB (96 * 1024) // more than before a case

static struct geo_note why;
static unsigned wrong_cells; // of a raster that is 100 m high everywhere

static long peak_kb(void)
{
    struct rusage usage;
    assert_int_equal(getrusage(RUSAGE_SELF, &usage), 0);
    return usage.ru_maxrss;
}

static unsigned wrong_in(const struct geo_item *item)
{
    static uint16_t cells[GEO_CELLS_COUNT];
    unsigned wrong = 0;
    if (item->kind != GEO_ITEM_CELLS)
        return 0;
    const struct geo_cells_item *head = item->payload;
    assert_int_equal(geo_cells_decode(geo_item_blob(item), head->blob_size, cells), DRF_OK);
    for (size_t i = 0; i < GEO_CELLS_COUNT; i++)
        wrong += cells[i] != GEO_CELL_UNKNOWN && geo_cell_m(cells[i]) != 100.0;
    return wrong;
}

// GEO_REFUSAL_NONE: accepted. Fails where the peak of memory rises much.
static enum geo_refusal_code unpack(enum geo_format format, struct bytes message)
{
    struct geo_decode_params params = ground_params();
    params.format = format;
    params.pixels_max = PIXELS_MAX;
    params.keep = (struct geo_bounds){7.0, 46.0, 9.0, 48.0};
    (void)snprintf(params.vertical, sizeof params.vertical, "EGM96");
    struct geo_record_builder builder;
    geo_record_builder_init(&builder, params.record_max_bytes);
    long before_kb = peak_kb();
    enum drf_status status = geo_decode(&params, message.data, message.size, &builder, &why);
    long rise_kb = peak_kb() - before_kb;
    struct geo_record record;
    size_t cursor = 0;
    struct geo_item item;
    wrong_cells = 0;
    if (status == DRF_OK && geo_record_finish(&builder, &record) == DRF_OK)
        while (geo_record_next(record, &cursor, &item))
            wrong_cells += wrong_in(&item);
    geo_record_builder_close(&builder);
#ifndef DRF_SANITIZED
    assert_true(rise_kb <= PEAK_MAX_KB);
#endif
    (void)rise_kb;
    if (status == DRF_OK)
        return GEO_REFUSAL_NONE;
    assert_true(why.text[0] != '\0');
    return (enum geo_refusal_code)why.code;
}

// A flat raster in one strip or as said, packed by GDAL.
static struct bytes flat_tiff(int side, const char *packing, bool written)
{
    GDALAllRegister();
    const char *path = "/vsimem/flat.tif";
    char **options = CSLSetNameValue(NULL, "COMPRESS", packing);
    if (written)
        options = CSLSetNameValue(options, "BLOCKYSIZE", "500");
    else
        options = CSLSetNameValue(options, "SPARSE_OK", "TRUE");
    GDALDatasetH made =
        GDALCreate(GDALGetDriverByName("GTiff"), path, side, side, 1, GDT_Int16, options);
    CSLDestroy(options);
    assert_non_null(made);
    double transform[6] = {7.0, 2.0 / side, 0, 48.0, 0, -2.0 / side};
    (void)!GDALSetGeoTransform(made, transform);
    OGRSpatialReferenceH reference = OSRNewSpatialReference(NULL);
    assert_int_equal(OSRSetFromUserInput(reference, "EPSG:4326"), OGRERR_NONE);
    (void)!GDALSetSpatialRef(made, reference);
    OSRDestroySpatialReference(reference);
    if (written)
        assert_int_equal(GDALFillRaster(GDALGetRasterBand(made, 1), 100.0, 0.0), CE_None);
    GDALClose(made);
    vsi_l_offset size = 0;
    GByte *data = VSIGetMemFileBuffer(path, &size, TRUE);
    struct bytes out = {malloc(size), size};
    assert_non_null(out.data);
    memcpy(out.data, data, size);
    VSIFree(data);
    return out;
}

static const char *const packings[] = {"DEFLATE", "LZW", "ZSTD"};

static void raster__of_more_than_its_bytes_can_hold__is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct bytes file =
            flat_tiff(6000, packings[i], true); // 36 million pixels of one value
        print_message("  %s, %zu bytes\n", packings[i], file.size);
        assert_true(file.size < 200000);
        assert_int_equal(unpack(GEO_FORMAT_GEOTIFF, file), GEO_REFUSAL_TOO_LARGE);
        free(file.data);
        file = flat_tiff(40000, packings[i], false);
        assert_int_equal(unpack(GEO_FORMAT_GEOTIFF, file), GEO_REFUSAL_TOO_LARGE);
        free(file.data);
        file = flat_tiff(500, packings[i], true); // what is not much may be packed well
        assert_int_equal(unpack(GEO_FORMAT_GEOTIFF, file), GEO_REFUSAL_NONE);
        free(file.data);
    }
}

// The value of a tag of a classic little-endian TIFF's first directory.
static void set_tag(struct bytes file, unsigned tag, uint16_t value)
{
    uint32_t at;
    uint16_t count, name;
    memcpy(&at, file.data + 4, sizeof at);
    memcpy(&count, file.data + at, sizeof count);
    for (uint32_t i = 0; i < count; i++) {
        uint8_t *entry = file.data + at + 2 + (size_t)i * 12;
        memcpy(&name, entry, sizeof name);
        if (name == tag) {
            memset(entry + 8, 0, 4);
            memcpy(entry + 8, &value, sizeof value);
            return;
        }
    }
    fail_msg("no tag %u", tag);
}

static void raster__whose_strips_hold_more_than_it_says__takes_no_more_than_it_says(
    void **state)
{
    (void)state;
#ifdef DRF_SANITIZED
    skip(); // the sanitizer's malloc has no pattern
#endif
    enum { IMAGE_WIDTH = 256, IMAGE_LENGTH = 257 };
    for (size_t i = 0; i < 3; i++) {
        struct bytes file = flat_tiff(6000, packings[i], true); // 6 MB in each strip
        set_tag(file, IMAGE_WIDTH, 60);
        set_tag(file, IMAGE_LENGTH, 6000);
        // libtiff with libdeflate leaves the end of such a strip unwritten and says nothing:
        // what is then read there is the pattern below, which is no height.
        enum geo_refusal_code code = unpack(GEO_FORMAT_GEOTIFF, file);
        if (code != GEO_REFUSAL_NONE && code != GEO_REFUSAL_FORMAT && code != GEO_REFUSAL_RANGE)
            fail_msg("%s: %s", packings[i], why.text);
        assert_int_equal(wrong_cells, 0);
        free(file.data);
    }
}

enum { NI = 41, NJ = 31, EDITION_2_HEAD = 16 };

static double truth(size_t at) { return 280.0 + (double)(at % 7); }

// 2 m temperature over the Alps, as ecCodes packs it; one value everywhere if `flat`.
static struct bytes field(const char *packing, bool flat)
{
    static double values[NI * NJ];
    codes_handle *handle = codes_grib_handle_new_from_samples(NULL, "regular_ll_sfc_grib2");
    assert_non_null(handle);
    const struct {
        const char *key;
        long value;
    } longs[] = {{"Ni", NI},
                 {"Nj", NJ},
                 {"iDirectionIncrement", 100000},
                 {"jDirectionIncrement", 100000},
                 {"latitudeOfFirstGridPoint", 49000000},
                 {"latitudeOfLastGridPoint", 46000000},
                 {"longitudeOfFirstGridPoint", 6000000},
                 {"longitudeOfLastGridPoint", 10000000},
                 {"parameterCategory", 0},
                 {"parameterNumber", 0},
                 {"typeOfFirstFixedSurface", 103},
                 {"scaleFactorOfFirstFixedSurface", 0},
                 {"scaledValueOfFirstFixedSurface", 2}};
    for (size_t i = 0; i < sizeof longs / sizeof longs[0]; i++)
        assert_int_equal(codes_set_long(handle, longs[i].key, longs[i].value), CODES_SUCCESS);
    assert_int_equal(codes_set_long(handle, "bitsPerValue", flat ? 0 : 16), CODES_SUCCESS);
    for (size_t i = 0; i < NI * NJ; i++)
        values[i] = flat ? 280.0 : truth(i);
    assert_int_equal(codes_set_double_array(handle, "values", values, NI * NJ), CODES_SUCCESS);
    size_t length = strlen(packing);
    assert_int_equal(codes_set_string(handle, "packingType", packing, &length), CODES_SUCCESS);
    const void *message;
    size_t size;
    assert_int_equal(codes_get_message(handle, &message, &size), CODES_SUCCESS);
    struct bytes out = {malloc(size), size};
    assert_non_null(out.data);
    memcpy(out.data, message, size);
    codes_handle_delete(handle);
    return out;
}

static void put_4(uint8_t *at, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> (24 - 8 * i));
}

static uint8_t *section(struct bytes message, int kind)
{
    size_t at = EDITION_2_HEAD;
    while (message.data[at + 4] != kind)
        at += (size_t)message.data[at] << 24 | (size_t)message.data[at + 1] << 16
              | (size_t)message.data[at + 2] << 8 | message.data[at + 3];
    return message.data + at;
}

static void claim(struct bytes message, uint32_t ni, uint32_t nj)
{
    uint8_t *grid = section(message, 3);
    put_4(grid + 6, ni * nj);
    put_4(grid + 30, ni);
    put_4(grid + 34, nj);
    put_4(section(message, 5) + 5, ni * nj);
}

static const char *const field_packings[] = {"grid_simple", "grid_png", "grid_jpeg",
                                             "grid_ccsds"};

static void field__in_each_packing__is_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        for (int flat = 0; flat < 2; flat++) {
            struct bytes message = field(field_packings[i], flat);
            enum geo_refusal_code code = unpack(GEO_FORMAT_GRIB, message);
            if (code != GEO_REFUSAL_NONE)
                fail_msg("%s: %s", field_packings[i], why.text);
            free(message.data);
        }
    }
}

static void field__that_claims_points_without_bytes__is_refused(void **state)
{
    (void)state;
    static const uint32_t claims[][2] = {{40000, 25000}, {8000, 5000}};
    for (size_t i = 0; i < 4; i++) {
        for (int flat = 0; flat < 2; flat++) {
            for (size_t c = 0; c < 2; c++) {
                struct bytes message = field(field_packings[i], flat);
                claim(message, claims[c][0], claims[c][1]);
                print_message("  %s %d: %u x %u in %zu bytes\n", field_packings[i], flat,
                              claims[c][0], claims[c][1], message.size);
                enum geo_refusal_code code = unpack(GEO_FORMAT_GRIB, message);
                // An image is found out by its own size first.
                assert_true(code == GEO_REFUSAL_TOO_LARGE
                            || (!flat && (i == 1 || i == 2) && code == GEO_REFUSAL_FORMAT));
                free(message.data);
            }
        }
    }
}

static void field__whose_image_has_another_size__is_refused(void **state)
{
    (void)state;
    static const uint32_t sides[][2] = {{30000, 30000}, {NI, NJ + 1}, {NI, NJ - 1}, {0, 0}};
    for (size_t i = 0; i < sizeof sides / sizeof sides[0]; i++) {
        struct bytes png = field("grid_png", false);
        uint8_t *head = section(png, 7) + 5 + 16;
        put_4(head, sides[i][0]);
        put_4(head + 4, sides[i][1]);
        assert_int_equal(unpack(GEO_FORMAT_GRIB, png), GEO_REFUSAL_FORMAT);
        free(png.data);
        struct bytes jpeg = field("grid_jpeg", false);
        head = section(jpeg, 7) + 5 + 8;
        put_4(head, sides[i][0]);
        put_4(head + 4, sides[i][1]);
        assert_int_equal(unpack(GEO_FORMAT_GRIB, jpeg), GEO_REFUSAL_FORMAT);
        free(jpeg.data);
    }
}

static void swells__at_the_border__is_exact(void **state)
{
    (void)state;
    assert_false(geo_unpack_excessive(GEO_UNPACK_FREE, 1));
    assert_true(geo_unpack_excessive(GEO_UNPACK_FREE + 1, 1));
    assert_false(
        geo_unpack_excessive(GEO_UNPACK_FREE + 1, GEO_UNPACK_FREE / GEO_UNPACK_PER_BYTE));
    assert_true(geo_unpack_excessive(UINT64_MAX, SIZE_MAX / GEO_UNPACK_PER_BYTE / 2));
}

int main(void)
{
    mallopt(M_PERTURB, 0xa5); // as in the decoder child
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(raster__of_more_than_its_bytes_can_hold__is_refused),
        cmocka_unit_test(
            raster__whose_strips_hold_more_than_it_says__takes_no_more_than_it_says),
        cmocka_unit_test(field__in_each_packing__is_read),
        cmocka_unit_test(field__that_claims_points_without_bytes__is_refused),
        cmocka_unit_test(field__whose_image_has_another_size__is_refused),
        cmocka_unit_test(swells__at_the_border__is_exact),
    };
    return cmocka_run_group_tests_name("geo/bomb", tests, NULL, NULL);
}
