// SPDX-License-Identifier: Apache-2.0
// What sim/publish/raster_cut.h promises, looked at with GDAL's own reader: the cores tile the
// file, no cell centre of the target lies on a seam, every chunk holds the same values as the
// whole.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <cpl_string.h>
#include <cpl_vsi.h>
#include <gdal.h>
#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#include "sim/publish/raster_cut.h"
#include "sim/world/raster_write.h"

static const char path[] = "/tmp/drf-test-raster-cut.tif";

static void make_file(double posting_arcsec)
{
    struct sim_world_plan plan = {.seed = 2,
                                  .center = {.lat_deg = 47.0, .lon_deg = 8.0},
                                  .size_km = 6.0,
                                  .epoch_utc_us = INT64_C(1795374000000000),
                                  .hours = 1,
                                  .posting_arcsec = posting_arcsec,
                                  .weather_step_deg = 0.01,
                                  .void_radius_m = 300.0};
    struct sim_world world;
    assert_int_equal(sim_world_open(&plan, &world), DRF_OK);
    assert_int_equal(sim_raster_write(&world, SIM_RASTER_GROUND, path), DRF_OK);
    sim_world_close(&world);
}

struct core {
    double west, south, east, north;
};

static struct core core_of(const struct sim_message *message)
{
    struct core c;
    assert_int_equal(
        sscanf(message->core, "%lf,%lf,%lf,%lf", &c.west, &c.south, &c.east, &c.north), 4);
    return c;
}

static void cut__a_small_file__goes_out_as_it_is(void **state)
{
    (void)state;
    make_file(2.0);
    struct sim_batch batch = {0};
    const struct sim_raster_cut cut = {.max_bytes = 900000, .level = 12};
    assert_int_equal(sim_raster_cut(&cut, path, &batch), DRF_OK);
    assert_int_equal(batch.count, 1);
    assert_string_equal(batch.messages[0].key, "drf-test-raster-cut");
    assert_string_equal(batch.messages[0].core, "");
    uint8_t *bytes;
    size_t size;
    assert_int_equal(sim_file_read(path, &bytes, &size), DRF_OK);
    assert_int_equal(size, batch.messages[0].size);
    assert_memory_equal(bytes, batch.messages[0].value, size);
    free(bytes);
    sim_batch_close(&batch);
    assert_true(sim_raster_marked(path));
}

static void cut__a_large_file__every_cell_centre_has_one_core(void **state)
{
    (void)state;
    make_file(1.0);
    struct sim_batch batch = {0};
    const struct sim_raster_cut cut = {.max_bytes = 30000, .level = 12};
    assert_int_equal(sim_raster_cut(&cut, path, &batch), DRF_OK);
    assert_true(batch.count >= 4);
    double cell = 180.0 / 1048576.0;
    for (double row = floor((46.98 + 90) / cell); row * cell - 90 < 47.02; row += 1)
        for (double col = floor((7.97 + 180) / cell); col * cell - 180 < 8.03; col += 1) {
            double lat = (row + 0.5) * cell - 90, lon = (col + 0.5) * cell - 180;
            int holds = 0;
            for (size_t i = 0; i < batch.count; i++) {
                struct core c = core_of(&batch.messages[i]);
                assert_true(fabs(lat - c.south) > cell / 4 && fabs(lon - c.west) > cell / 4);
                holds += lat > c.south && lat < c.north && lon > c.west && lon < c.east;
            }
            assert_int_equal(holds, 1);
        }
    for (size_t i = 0; i < batch.count; i++)
        assert_true(batch.messages[i].size <= cut.max_bytes);
    sim_batch_close(&batch);
}

// Chunk pixels at the same place as the whole's, two of them and one target cell around the
// core.
static void compare(GDALDatasetH whole, const struct sim_message *message)
{
    VSILFILE *file =
        VSIFileFromMemBuffer("/vsimem/chunk.tif", message->value, message->size, 0);
    VSIFCloseL(file);
    GDALDatasetH chunk = GDALOpen("/vsimem/chunk.tif", GA_ReadOnly);
    assert_non_null(chunk);
    double w[6], c[6];
    assert_int_equal(GDALGetGeoTransform(whole, w), CE_None);
    assert_int_equal(GDALGetGeoTransform(chunk, c), CE_None);
    assert_string_equal(GDALGetMetadataItem(chunk, "AREA_OR_POINT", NULL), "Point");
    assert_non_null(strstr(GDALGetProjectionRef(chunk), "5773"));
    int left = (int)lround((c[0] - w[0]) / w[1]), top = (int)lround((c[3] - w[3]) / w[5]);
    assert_true(fabs(left * w[1] + w[0] - c[0]) < 1e-9);
    int columns = GDALGetRasterXSize(chunk), rows = GDALGetRasterYSize(chunk);
    float *a = malloc(sizeof(float) * (size_t)columns),
          *b = malloc(sizeof(float) * (size_t)columns);
    for (int j = 0; j < rows; j++) {
        assert_int_equal(GDALRasterIO(GDALGetRasterBand(whole, 1), GF_Read, left, top + j,
                                      columns, 1, a, columns, 1, GDT_Float32, 0, 0),
                         CE_None);
        assert_int_equal(GDALRasterIO(GDALGetRasterBand(chunk, 1), GF_Read, 0, j, columns, 1, b,
                                      columns, 1, GDT_Float32, 0, 0),
                         CE_None);
        assert_memory_equal(a, b, sizeof(float) * (size_t)columns);
    }
    free(a);
    free(b);
    struct core core = core_of(message);
    double cell = 180.0 / 1048576.0, reach = fmax(2 * w[1], cell);
    double west = c[0], east = c[0] + columns * c[1], whole_west = w[0],
           whole_east = w[0] + GDALGetRasterXSize(whole) * w[1];
    assert_true(west <= core.west - reach + 1e-9 || fabs(west - whole_west) < 1e-9);
    assert_true(east >= core.east + reach - 1e-9 || fabs(east - whole_east) < 1e-9);
    GDALClose(chunk);
    VSIUnlink("/vsimem/chunk.tif");
}

static void cut__chunks__are_windows_of_the_whole_with_their_overlap(void **state)
{
    (void)state;
    for (int fine = 0; fine < 2; fine++) { // coarser and finer than the target's cells
        make_file(fine ? 0.4 : 1.0);
        struct sim_batch batch = {0};
        const struct sim_raster_cut cut = {.max_bytes = fine ? 200000 : 30000, .level = 12};
        assert_int_equal(sim_raster_cut(&cut, path, &batch), DRF_OK);
        assert_true(batch.count >= 4);
        GDALDatasetH whole = GDALOpen(path, GA_ReadOnly);
        for (size_t i = 0; i < batch.count; i++)
            compare(whole, &batch.messages[i]);
        GDALClose(whole);
        sim_batch_close(&batch);
    }
}

static void cut__what_is_no_raster__is_refused(void **state)
{
    (void)state;
    struct sim_batch batch = {0};
    const struct sim_raster_cut cut = {.max_bytes = 30000, .level = 12};
    assert_int_equal(sim_raster_cut(&cut, "README.md", &batch) == DRF_OK, 0);
    assert_int_equal(sim_raster_cut(&cut, "/nowhere/at/all.tif", &batch), DRF_ERR_ABSENT);
    assert_int_equal(batch.count, 0);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cut__a_small_file__goes_out_as_it_is),
        cmocka_unit_test(cut__a_large_file__every_cell_centre_has_one_core),
        cmocka_unit_test(cut__chunks__are_windows_of_the_whole_with_their_overlap),
        cmocka_unit_test(cut__what_is_no_raster__is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
