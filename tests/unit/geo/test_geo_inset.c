// SPDX-License-Identifier: Apache-2.0
// Insets: which tiles they are, in which order a record holds them, and which cannot be.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "geo/inset.h"
#include "tests/support/rasters.h"

static const struct geo_bounds keep = {7.9, 46.9, 8.1, 47.1};

static struct geo_inset inset(const char *name, uint32_t level, struct geo_bounds bounds)
{
    struct geo_inset made = {.bounds = bounds, .level = level};
    assert_true(strlen(name) < sizeof made.name);
    memcpy(made.name, name, strlen(name));
    return made;
}

static void tiles__of_bounds_on_tile_borders__have_no_neighbours(void **state)
{
    (void)state;
    // Level 1 has four columns and two rows of 90 degrees.
    struct geo_tiles tiles = geo_tiles_of((struct geo_bounds){-90, 0, 90, 90}, 1);
    assert_int_equal(tiles.first.col, 1);
    assert_int_equal(tiles.first.row, 0);
    assert_int_equal(tiles.columns, 2);
    assert_int_equal(tiles.rows, 1);
    tiles = geo_tiles_of((struct geo_bounds){-180, -90, 180, 90}, 3);
    assert_int_equal(tiles.columns, 16);
    assert_int_equal(tiles.rows, 8);
    tiles = geo_tiles_of((struct geo_bounds){179.999, -90, 180, -89.999}, 10);
    assert_int_equal(tiles.first.col, 2047);
    assert_int_equal(tiles.first.row, 1023);
    assert_int_equal(tiles.columns, 1);
    assert_int_equal(tiles.rows, 1);
    assert_true(geo_tiles_hold(tiles, tiles.first));
    tiles.first.level = 9;
    assert_false(
        geo_tiles_hold(tiles, (struct geo_tile){.level = 10, .col = 2047, .row = 1023}));
}

// Two of one level beside each other, rows in common, and one of a coarser level.
static size_t beside(struct geo_inset insets[static 3])
{
    const double side = 180.0 / (1 << 14), west = -180.0 + side * 17113,
                 north = 90 - side * 3914;
    insets[0] = inset("a", 14, (struct geo_bounds){west, north - 2 * side, west + side, north});
    insets[1] = inset(
        "b", 14,
        (struct geo_bounds){west + 2 * side, north - 3 * side, west + 4 * side, north - side});
    insets[2] = inset("c", 13, (struct geo_bounds){west, north - side, west + side, north});
    return 3;
}

static void next__over_insets_side_by_side__goes_row_by_row(void **state)
{
    (void)state;
    static const uint32_t expected[][3] = {
        {13, 1957, 8556},  {14, 3914, 17113}, {14, 3915, 17113}, {14, 3915, 17115},
        {14, 3915, 17116}, {14, 3916, 17115}, {14, 3916, 17116}};
    struct geo_inset insets[3];
    const size_t count = beside(insets);
    struct geo_tile tile = {.level = 0};
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        assert_true(geo_insets_next(insets, count, &tile));
        assert_int_equal(tile.level, expected[i][0]);
        assert_int_equal(tile.row, expected[i][1]);
        assert_int_equal(tile.col, expected[i][2]);
    }
    assert_false(geo_insets_next(insets, count, &tile));
}

static void decode__with_insets__makes_a_record_that_validates(void **state)
{
    (void)state;
    enum { SIDE = 40 };
    static double values[SIDE * SIDE];
    for (int i = 0; i < SIDE * SIDE; i++)
        values[i] = 500.0 + i % 17;
    struct geo_inset insets[3];
    const size_t count = beside(insets);
    const struct raster_spec spec = {.width = SIDE,
                                     .height = SIDE,
                                     .transform = {insets[0].bounds.west_deg - 0.02, 0.003, 0,
                                                   insets[0].bounds.north_deg + 0.02, 0,
                                                   -0.003},
                                     .crs = "EPSG:4326+5773",
                                     .type = GDT_Float32};
    struct bytes file = make_tiff(&spec, values);
    struct geo_decode_params params = ground_params();
    params.inset_count = (uint32_t)count;
    memcpy(params.insets, insets, count * sizeof *insets);
    struct geo_record_builder builder;
    struct geo_record built, record;
    struct geo_note why = {0};
    geo_record_builder_init(&builder, 64U << 20);
    assert_int_equal(geo_decode(&params, file.data, file.size, &builder, &why), DRF_OK);
    assert_int_equal(geo_record_finish(&builder, &built), DRF_OK);
    assert_int_equal(geo_record_validate(built.bytes, built.size, &record), DRF_OK);
    size_t cursor = 0, of_level[GEO_TILE_LEVEL_MAX + 1] = {0};
    struct geo_item item;
    while (geo_record_next(record, &cursor, &item))
        if (item.kind == GEO_ITEM_CELLS)
            of_level[((const struct geo_cells_item *)item.payload)->tile.level]++;
    assert_int_equal(of_level[13], 1);
    assert_int_equal(of_level[14], 6);
    assert_true(of_level[12] > 4);
    // Level by level the same bilinear surface: a raster of 0.003 degrees is coarser than all.
    const double lat = insets[0].bounds.north_deg - 0.004,
                 lon = insets[0].bounds.west_deg + 0.004;
    const double coarse_m = height_at(record, 12, lat, lon);
    assert_true(fabs(height_at(record, 14, lat, lon) - coarse_m) < 1.0);
    geo_record_builder_close(&builder);

    params.insets[1].level = 11; // coarser than the region's own
    geo_record_builder_init(&builder, 64U << 20);
    // Refused, but its place is known: the record says that nothing of it is, and no cell.
    assert_int_equal(geo_decode(&params, file.data, file.size, &builder, &why), DRF_OK);
    assert_int_equal(geo_record_finish(&builder, &built), DRF_OK);
    size_t at = 0, unreadable = 0;
    while (geo_record_next(built, &at, &item)) {
        assert_true(item.kind == GEO_ITEM_UNREADABLE || item.kind == GEO_ITEM_NOTE);
        unreadable += item.kind == GEO_ITEM_UNREADABLE;
        if (item.kind == GEO_ITEM_NOTE)
            assert_int_equal(((const struct geo_note *)item.payload)->code,
                             GEO_REFUSAL_UNSUPPORTED);
    }
    assert_int_equal(unreadable, 1);
    geo_record_builder_close(&builder);
    free(file.data);
}

static void check__of_what_cannot_be__names_it(void **state)
{
    (void)state;
    const struct geo_bounds site = {7.99, 46.99, 8.01, 47.01};
    const struct {
        struct geo_inset insets[2];
        size_t count, which;
        const char *word; // NULL: it can be
    } cases[] = {
        {{inset("site", 16, site)}, 1, 0, NULL},
        {{inset("site", 16, site), inset("yard", 15, site)}, 2, 0, NULL},
        {{inset("", 16, site)}, 1, 0, "name"},
        {{inset("1site", 16, site)}, 1, 0, "name"},
        {{inset("Site", 16, site)}, 1, 0, "name"},
        {{inset("si-te", 16, site)}, 1, 0, "name"},
        {{inset("a234567890123456789012345", 16, site)}, 1, 0, "name"},
        {{inset("site", 12, site)}, 1, 0, "level"},
        {{inset("site", 19, site)}, 1, 0, "level"},
        {{inset("site", 14, (struct geo_bounds){8.01, 46.99, 7.99, 47.01})}, 1, 0, "west"},
        {{inset("site", 14, (struct geo_bounds){7.99, 47.01, 8.01, 46.99})}, 1, 0, "south"},
        {{inset("site", 14, (struct geo_bounds){(double)NAN, 46.99, 8.01, 47.0})},
         1,
         0,
         "west"},
        {{inset("site", 14, (struct geo_bounds){7.89, 46.99, 8.01, 47.01})}, 1, 0, "inside"},
        {{inset("site", 14, (struct geo_bounds){7.99, 46.99, 8.01, 47.11})}, 1, 0, "inside"},
        {{inset("site", 18, (struct geo_bounds){7.96, 46.96, 8.04, 47.04})}, 1, 0, "1024"},
        {{inset("site", 16, site), inset("site", 14, site)}, 2, 1, "twice"},
        {{inset("site", 16, site), inset("yard", 16, site)}, 2, 1, "shares"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t which = 99;
        const char *why = "";
        enum drf_status status =
            geo_insets_check(cases[i].insets, cases[i].count, 12, keep, &which, &why);
        assert_int_equal(status, cases[i].word == NULL ? DRF_OK : DRF_ERR_RANGE);
        if (cases[i].word == NULL)
            continue;
        assert_int_equal(which, cases[i].which);
        if (strstr(why, cases[i].word) == NULL)
            fail_msg("case %zu: %s", i, why);
    }
    // Over the antimeridian an inset lies on one side of it.
    const struct geo_bounds far = {179.0, -17.0, -179.0, -16.0};
    const struct geo_inset fiji =
        inset("fiji", 14, (struct geo_bounds){-179.9, -16.6, -179.8, -16.5});
    size_t which;
    const char *why;
    assert_int_equal(geo_insets_check(&fiji, 1, 12, far, &which, &why), DRF_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tiles__of_bounds_on_tile_borders__have_no_neighbours),
        cmocka_unit_test(next__over_insets_side_by_side__goes_row_by_row),
        cmocka_unit_test(decode__with_insets__makes_a_record_that_validates),
        cmocka_unit_test(check__of_what_cannot_be__names_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
