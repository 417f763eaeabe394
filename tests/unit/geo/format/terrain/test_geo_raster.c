// SPDX-License-Identifier: Apache-2.0
// What geo/format/terrain/raster.h promises of real files, with gdalwarp and the posts that
// the real data's index names as oracles.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "geo/crs.h"
#include "geo/format/terrain/raster.h"
#include "tests/support/rasters.h"

#define assert_near(got, want, within) assert_true(fabs((got) - (want)) <= (within))

static struct geo_record decode(const struct geo_decode_params *params,
                                const struct bytes *file, struct geo_record_builder *builder)
{
    struct geo_note why;
    struct geo_record record;
    geo_record_builder_init(builder, params->record_max_bytes);
    enum drf_status status = geo_raster_decode(params, file->data, file->size, builder, &why);
    if (status != DRF_OK)
        fail_msg("refused, %s: %s", geo_refusal_name((enum geo_refusal_code)why.code),
                 why.text);
    assert_int_equal(geo_record_finish(builder, &record), DRF_OK);
    assert_int_equal(geo_record_validate(record.bytes, record.size, &record), DRF_OK);
    return record;
}

// Every tile against gdalwarp; returns the number of cells compared.
static size_t compare_with_warp(struct geo_record record, const struct bytes *file,
                                const char *suffix, size_t *tiles)
{
    static uint16_t cells[GEO_CELLS_COUNT];
    static float warped[GEO_CELLS_COUNT];
    size_t cursor = 0, compared = 0;
    struct geo_item item;
    *tiles = 0;
    while (geo_record_next(record, &cursor, &item)) {
        if (item.kind != GEO_ITEM_CELLS)
            continue;
        const struct geo_cells_item *head = item.payload;
        ++*tiles;
        if (*tiles % 13 != 1 && *tiles > 20) // some of them: gdalwarp is slow
            continue;
        assert_int_equal(geo_cells_decode(geo_item_blob(&item), head->blob_size, cells),
                         DRF_OK);
        warp_to_tile(file, suffix, head->tile, warped);
        for (size_t i = 0; i < GEO_CELLS_COUNT; i++) {
            if (cells[i] == GEO_CELL_UNKNOWN || warped[i] < -31000.0F)
                continue;
            compared++;
            if (fabs(geo_cell_m(cells[i]) - (double)warped[i]) > 0.25)
                fail_msg("tile %u/%u cell %zu: %g, gdalwarp %g", head->tile.col, head->tile.row,
                         i, geo_cell_m(cells[i]), (double)warped[i]);
        }
    }
    return compared;
}

static void decode__dted_cell__equals_gdalwarp(void **state)
{
    (void)state;
    struct bytes file = read_real("terrain/n43.dt0");
    if (file.data == NULL)
        skip();
    struct geo_decode_params params = ground_params();
    struct geo_record_builder builder;
    struct geo_record record = decode(&params, &file, &builder);
    size_t tiles, compared = compare_with_warp(record, &file, "dt0", &tiles);
    assert_int_equal(tiles, 24 * 24); // one degree at level 12, its edges cut through tiles
    assert_true(compared > 2000000);
    const struct geo_raster *raster = find_raster(record);
    assert_string_equal(raster->crs, "EPSG:4326");
    assert_string_equal(raster->vertical, "EGM96");
    assert_near(raster->posting_m, 926.6, 1.0); // 30 seconds of latitude
    assert_near(raster->bounds.west_deg, -80.0, 1e-9);
    assert_near(raster->bounds.north_deg, 44.0, 1e-9);
    assert_near(raster->min_amsl_m, 75.0, 0.125); // lake Ontario
    assert_true(raster->max_amsl_m > 455.0 && raster->max_amsl_m <= 460.0);
    // Nearest posts, by the real data's index: on the post itself the cell shows it.
    assert_near(height_at(record, 12, 43.65, -79.3833333), 81.0, 1.0);
    assert_near(height_at(record, 12, 43.5, -79.5), 75.0, 0.25);
    // Posts are not extrapolated: beyond the last post there is nothing.
    assert_true(isnan(height_at(record, 12, 44.001, -79.5)));
    assert_true(isnan(height_at(record, 12, 43.5, -80.001)));
    geo_record_builder_close(&builder);
    free(file.data);
}

static void decode__same_cell_as_dted_and_geotiff__gives_the_same_tiles(void **state)
{
    (void)state;
    struct bytes dted = read_real("terrain/n43.dt0"), tiff = read_real("terrain/n43.tif");
    if (dted.data == NULL || tiff.data == NULL)
        skip();
    struct geo_decode_params params = ground_params();
    struct geo_record_builder a, b;
    struct geo_record one = decode(&params, &dted, &a);
    (void)snprintf(params.vertical, sizeof params.vertical, "EGM96");
    struct geo_record other = decode(&params, &tiff, &b);
    assert_int_equal(one.size, other.size);
    assert_memory_equal(one.bytes, other.bytes, one.size);
    geo_record_builder_close(&a);
    geo_record_builder_close(&b);
    free(dted.data);
    free(tiff.data);
}

static void decode__web_mercator__equals_gdalwarp(void **state)
{
    (void)state;
    struct bytes file = read_real("terrain/dem_epsg3857_38.7N_76E.tif");
    if (file.data == NULL)
        skip();
    struct geo_decode_params params = ground_params();
    (void)snprintf(params.vertical, sizeof params.vertical, "EGM96");
    struct geo_record_builder builder;
    struct geo_record record = decode(&params, &file, &builder);
    size_t tiles, compared = compare_with_warp(record, &file, "tif", &tiles);
    assert_true(tiles >= 16 && tiles <= 20); // 0.176 by 0.137 degrees
    assert_true(compared > 500000);
    const struct geo_raster *raster = find_raster(record);
    assert_string_equal(raster->crs, "EPSG:3857");
    assert_near(raster->posting_m, 160.39 * 0.78, 1.0); // cos 38.75
    assert_true(raster->min_amsl_m >= 1360.0 && raster->max_amsl_m <= 2982.0);
    geo_record_builder_close(&builder);
    free(file.data);
}

// Rasters of every axis order and posting, made here and warped by GDAL.
static void decode__made_rasters__equal_gdalwarp(void **state)
{
    (void)state;
    static const struct raster_spec specs[] = {
        {60, 50, {1748000, 120, 0, 5430000, 0, -120}, "EPSG:2193", GDT_Int16, .posts = true},
        {50, 60, {4026000, 150, 0, 2700000, 0, -150}, "EPSG:3035", GDT_Float32, .posts = false},
        {50, 50, {-200000, 200, 0, -900000, 0, -200}, "EPSG:3413", GDT_Float32, .posts = false},
        {40, 40, {20.5, 0.002, 0, -33.1, 0, -0.002}, "EPSG:4258", GDT_Float64, .posts = true},
        {40, 40, {20.5, 0.002, 0, -33.2, 0, 0.002}, "EPSG:4326", GDT_Int32, .posts = false},
    };
    static double values[3600];
    for (size_t i = 0; i < sizeof specs / sizeof specs[0]; i++) {
        for (int k = 0; k < specs[i].width * specs[i].height; k++) {
            int col = k % specs[i].width, row = k / specs[i].width;
            values[k] = 1000 + floor(300 * sin(col * 0.31) * cos(row * 0.23));
        }
        struct bytes file = make_tiff(&specs[i], values);
        struct geo_decode_params params = ground_params();
        (void)snprintf(params.vertical, sizeof params.vertical, "EGM96");
        struct geo_record_builder builder;
        struct geo_record record = decode(&params, &file, &builder);
        size_t tiles, compared = compare_with_warp(record, &file, "tif", &tiles);
        print_message("  %s: %zu tiles, %zu cells\n", specs[i].crs, tiles, compared);
        assert_string_equal(find_raster(record)->crs, specs[i].crs);
        assert_true(compared > 50000);
        geo_record_builder_close(&builder);
        free(file.data);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decode__dted_cell__equals_gdalwarp),
        cmocka_unit_test(decode__same_cell_as_dted_and_geotiff__gives_the_same_tiles),
        cmocka_unit_test(decode__web_mercator__equals_gdalwarp),
        cmocka_unit_test(decode__made_rasters__equal_gdalwarp),
    };
    return cmocka_run_group_tests_name("geo/raster", tests, NULL, NULL);
}
