// SPDX-License-Identifier: Apache-2.0
// What geo/format/terrain/raster_rows.h promises, of rasters whose values say where they stand.
#include "geo/format/terrain/raster_rows.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "geo/record/refusal.h"

enum { WIDTH = 7, HEIGHT = 500, NODATA = -32768 };

struct file {
    uint32_t damaged_from, wrong_row; // HEIGHT: none
    bool empty;
    unsigned long rows_read;
};

static float value_at(uint32_t row, uint32_t column) { return (float)(row * 10 + column); }

static bool read_some(void *context, uint32_t first, uint32_t count, float *values)
{
    struct file *file = context;
    file->rows_read += count;
    assert_true(first + count <= HEIGHT && count > 0);
    for (uint32_t row = first; row < first + count; row++)
        for (uint32_t column = 0; column < WIDTH; column++)
            *values++ = file->empty                             ? (float)NODATA
                        : row == file->wrong_row && column == 3 ? 30000.0F
                        : row % 50 == 49                        ? (float)NODATA
                                                                : value_at(row, column);
    return first + count <= file->damaged_from;
}

static struct raster_rows *open_rows(struct file *file, struct geo_samples *samples,
                                     uint32_t chunk)
{
    *samples = (struct geo_samples){.width = WIDTH, .height = HEIGHT};
    const struct raster_rows_config config = {.read = read_some,
                                              .context = file,
                                              .chunk = chunk,
                                              .scale_m = 0.5,
                                              .offset_m = 3,
                                              .has_nodata = {true, false},
                                              .nodata = {NODATA, 0},
                                              .samples = samples};
    struct raster_rows *rows;
    assert_int_equal(raster_rows_open(&config, &rows), DRF_OK);
    return rows;
}

static void assert_rows(const struct geo_samples *samples, int from, int to)
{
    for (int row = from < 0 ? 0 : from; row <= to && row < HEIGHT; row++)
        for (uint32_t column = 0; column < WIDTH; column++) {
            const float got = geo_samples_row(samples, (uint32_t)row)[column];
            if (row % 50 == 49)
                assert_true(isnan(got));
            else
                assert_true(got == value_at((uint32_t)row, column) / 2 + 3);
        }
}

static const struct file whole = {.damaged_from = HEIGHT, .wrong_row = HEIGHT};

static void need__in_any_order__gives_the_rows_asked_for(void **state)
{
    (void)state;
    srand(11);
    for (int run = 0; run < 200; run++) {
        struct file file = whole;
        struct geo_samples samples;
        struct raster_rows *rows =
            open_rows(&file, &samples, run == 0 ? HEIGHT : 1 + (uint32_t)rand() % 70);
        for (int i = 0; i < 60; i++) {
            const double v = (double)(rand() % (HEIGHT + 40)) - 20 + (rand() % 8) / 8.0;
            const double more = rand() % 50;
            if (rand() % 3 == 0)
                raster_rows_from(rows, rand() % 4 == 0 ? HUGE_VAL : v - rand() % 30);
            assert_true(raster_rows_need(rows, v, v + more));
            assert_rows(&samples, (int)floor(v) - 1, (int)floor(v + more) + 1);
        }
        struct geo_note why = {0};
        assert_int_equal(raster_rows_finish(rows, "", &why), DRF_OK);
        raster_rows_close(rows);
    }
}

static void need__from_north_to_south__reads_each_row_once(void **state)
{
    (void)state;
    struct file file = whole;
    struct geo_samples samples;
    struct raster_rows *rows = open_rows(&file, &samples, 8);
    for (int tile = 0; tile < 25; tile++)
        for (int column = 0; column < 3; column++) {
            raster_rows_from(rows, 20.0 * tile);
            for (int row = 0; row < 20; row++)
                assert_true(raster_rows_need(rows, 20.0 * tile + row, 20.0 * tile + row + 1));
        }
    struct geo_note why = {0};
    assert_int_equal(raster_rows_finish(rows, "", &why), DRF_OK);
    assert_int_equal(file.rows_read, HEIGHT);
    raster_rows_close(rows);
}

static void need__what_is_not_a_number__asks_for_nothing(void **state)
{
    (void)state;
    struct file file = whole;
    struct geo_samples samples;
    struct raster_rows *rows = open_rows(&file, &samples, 8);
    raster_rows_from(rows, (double)NAN);
    assert_true(raster_rows_need(rows, (double)NAN, (double)NAN));
    assert_true(raster_rows_need(rows, HUGE_VAL, -HUGE_VAL));
    assert_true(raster_rows_need(rows, -50, -20));
    assert_int_equal(file.rows_read, 0);
    raster_rows_close(rows);
}

static void finish__rows_that_no_tile_needs__are_looked_at_too(void **state)
{
    (void)state;
    static const struct {
        struct file file;
        unsigned code;
    } cases[] = {
        {{.damaged_from = 400, .wrong_row = HEIGHT}, GEO_REFUSAL_FORMAT},
        {{.damaged_from = HEIGHT, .wrong_row = 444}, GEO_REFUSAL_RANGE},
        {{.damaged_from = 400, .wrong_row = 10}, GEO_REFUSAL_FORMAT}, // damage is told first
        {{.damaged_from = HEIGHT, .wrong_row = HEIGHT, .empty = true}, GEO_REFUSAL_NO_VALUES},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct file file = cases[i].file;
        struct geo_samples samples;
        struct raster_rows *rows = open_rows(&file, &samples, 16);
        assert_int_equal(raster_rows_need(rows, 5, 20), file.wrong_row != 10);
        struct geo_note why = {0};
        assert_int_not_equal(raster_rows_finish(rows, "torn", &why), DRF_OK);
        assert_int_equal(why.code, cases[i].code);
        if (why.code == GEO_REFUSAL_RANGE)
            assert_non_null(strstr(why.text, "column 3 row 444 (raw 30000;"));
        raster_rows_close(rows);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(need__in_any_order__gives_the_rows_asked_for),
        cmocka_unit_test(need__from_north_to_south__reads_each_row_once),
        cmocka_unit_test(need__what_is_not_a_number__asks_for_nothing),
        cmocka_unit_test(finish__rows_that_no_tile_needs__are_looked_at_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
