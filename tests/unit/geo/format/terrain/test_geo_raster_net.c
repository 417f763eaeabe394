// SPDX-License-Identifier: Apache-2.0
// The net against the transformation of every cell: PROJ itself is the oracle. The shift of
// WGS 72 by the heights that the real data's index names.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "geo/earth.h"
#include "geo/format/terrain/raster.h"
#include "geo/format/terrain/raster_net.h"
#include "tests/support/rasters.h"

#define assert_near(got, want, within) assert_true(fabs((got) - (want)) <= (within))

enum { N = GEO_CELLS_SIDE };

// x and y are image coordinates: a pixel is 2^-20 of a degree, or 2^-4 of a metre.
static void source_of(struct raster_source *out, const char *definition, bool degrees)
{
    *out = (struct raster_source){.samples = {.width = 1000, .height = 1000}};
    assert_int_equal(geo_crs_open(&out->crs), DRF_OK);
    assert_int_equal(geo_crs_map_open(out->crs, definition, &out->map), DRF_OK);
    double step = degrees ? ldexp(1, -20) : ldexp(1, -4);
    const double transform[6] = {0, step, 0, 0, 0, -step};
    assert_int_equal(geo_lattice_from(transform, &out->lattice), DRF_OK);
}

static void row__between_the_points_of_the_net__is_within_a_centimetre(void **state)
{
    (void)state;
    static const struct {
        const char *crs;
        double lat_deg, lon_deg;
        bool degrees;
    } cases[] = {
        {"EPSG:4322", 43.25, -79.87, true},   // WGS 72
        {"EPSG:4267", 43.25, -79.87, true},   // NAD27
        {"EPSG:4230", 50.1, 8.6, true},       // ED50
        {"EPSG:32617", 43.65, -79.38, false}, // UTM 17
        {"EPSG:32617", 43.65, -76.0, false},  // five degrees off its meridian
        {"EPSG:3857", 60.0, 10.0, false},     // Web Mercator
        {"EPSG:3035", 60.0, 25.0, false},     // Lambert azimuthal
        {"EPSG:3413", 78.0, 15.0, false},     // polar stereographic
        {"EPSG:2193", -41.3, 174.8, false},   // transverse Mercator, south
        {"EPSG:27700", 51.5, -0.1, false},    // Airy, a shift of a hundred metres
    };
    static struct raster_net net;
    static double u[N + 1], v[N + 1], exact_u[N + 1], exact_v[N + 1];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct raster_source source;
        source_of(&source, cases[i].crs, cases[i].degrees);
        for (uint8_t level = 6; level <= 16; level += 2) {
            struct geo_tile tile;
            assert_int_equal(geo_tile_at((struct geo_point){cases[i].lat_deg, cases[i].lon_deg},
                                         level, &tile),
                             DRF_OK);
            struct geo_bounds b = geo_tile_bounds(tile);
            double cell_deg = (b.north_deg - b.south_deg) / N, worst_m = 0;
            raster_net_open(&net, &source, b.west_deg, b.north_deg, cell_deg, false);
            if (level >= 12)
                assert_true(net.side > 0); // or nothing was gained
            for (int row = 0; row <= N; row++) {
                raster_net_row(&net, row, 0, N + 1, u, v);
                for (int col = 0; col <= N; col++) {
                    exact_u[col] = b.west_deg + col * cell_deg;
                    exact_v[col] = b.north_deg - row * cell_deg;
                }
                double lat = exact_v[0];
                raster_project(&source, N + 1, exact_u, exact_v);
                double metres = cases[i].degrees ? ldexp(1, -20) * 111320 : ldexp(1, -4);
                double across = cases[i].degrees ? cos(lat * GEO_RAD_PER_DEG) : 1;
                for (int col = 0; col <= N; col++) {
                    if (isinf(exact_u[col]) || isnan(exact_u[col])) {
                        assert_true(!isfinite(u[col]));
                        continue;
                    }
                    double off_m =
                        metres * hypot((u[col] - exact_u[col]) * across, v[col] - exact_v[col]);
                    worst_m = fmax(worst_m, off_m);
                }
            }
            // Web Mercator's metres are longer than the ground's.
            if (worst_m > 0.01 * (i == 5 ? 2 : 1))
                fail_msg("%s level %u: %g m (side %d)", cases[i].crs, level, worst_m, net.side);
        }
        geo_crs_map_close(source.map);
        geo_crs_close(source.crs);
    }
}

static void row__over_a_jump__is_computed(void **state)
{
    (void)state;
    static struct raster_net net;
    struct raster_source source;
    source_of(&source, "EPSG:3832", false); // Mercator around 150 E: cut at 30 W
    raster_net_open(&net, &source, -30.0146484375, 45, 180.0 / 4096 / N, false);
    assert_int_equal(net.side, 0);
    geo_crs_map_close(source.map);
    geo_crs_close(source.crs);
}

static void geoid__between_the_points_of_the_net__is_within_a_centimetre(void **state)
{
    (void)state;
    static struct raster_net net;
    struct raster_source source;
    source_of(&source, "EPSG:4326", true);
    // Mont Blanc, the Himalaya, and a tile over a line of the geoid's own grid.
    static const struct geo_point places[] = {{45.83, 6.86}, {27.98, 86.92}, {43.24, -79.76}};
    for (size_t i = 0; i < 3; i++) {
        for (uint8_t level = 8; level <= 14; level += 2) {
            struct geo_tile tile;
            assert_int_equal(geo_tile_at(places[i], level, &tile), DRF_OK);
            struct geo_bounds b = geo_tile_bounds(tile);
            double cell_deg = (b.north_deg - b.south_deg) / N;
            raster_net_open(&net, &source, b.west_deg, b.north_deg, cell_deg, true);
            for (int row = 0; row < N; row += 5) {
                for (int col = 0; col < N; col += 5) {
                    double here_m, exact_m;
                    const struct geo_point centre = {b.north_deg - (row + 0.5) * cell_deg,
                                                     b.west_deg + (col + 0.5) * cell_deg};
                    assert_int_equal(raster_net_geoid_m(&net, row, col, &here_m), DRF_OK);
                    assert_int_equal(geo_crs_geoid_m(source.crs, centre, &exact_m), DRF_OK);
                    if (fabs(here_m - exact_m) > 0.01)
                        fail_msg("%g against %g", here_m, exact_m);
                }
            }
        }
    }
    geo_crs_map_close(source.map);
    geo_crs_close(source.crs);
}

// Bilinear between the four cell centres, as fusion_sample_ground() does.
static double between_cells(struct geo_record record, double lat_deg, double lon_deg)
{
    const double cell = 180.0 / 4096 / N;
    double row = floor((90 - lat_deg) / cell - 0.5), col = floor((lon_deg + 180) / cell - 0.5);
    double down = (90 - lat_deg) / cell - 0.5 - row, east = (lon_deg + 180) / cell - 0.5 - col;
    double height[2][2];
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 2; j++)
            height[i][j] = height_at(record, 12, 90 - (row + i + 0.5) * cell,
                                     (col + j + 0.5) * cell - 180);
    return (height[0][0] * (1 - east) + height[0][1] * east) * (1 - down)
           + (height[1][0] * (1 - east) + height[1][1] * east) * down;
}

static void decode__wgs_72__is_shifted_and_not_ended(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        double height_m;
    } cases[] = {{"cases/terrain/n43_wgs72.dt0", 96.04}, {"terrain/n43.dt0", 95.89}};
    for (size_t i = 0; i < 2; i++) {
        struct bytes file = read_real(cases[i].name);
        if (file.data == NULL)
            skip();
        struct geo_decode_params params = ground_params();
        struct geo_record_builder builder;
        struct geo_record record;
        struct geo_note why;
        geo_record_builder_init(&builder, params.record_max_bytes);
        if (geo_raster_decode(&params, file.data, file.size, &builder, &why) != DRF_OK)
            fail_msg("%s", why.text);
        assert_int_equal(geo_record_finish(&builder, &record), DRF_OK);
        double height_m = between_cells(record, 43.2557, -79.8711);
        if (fabs(height_m - cases[i].height_m) > 0.125) // half a cell's quantum
            fail_msg("%s: %.3f m, not %.2f m", cases[i].name, height_m, cases[i].height_m);
        geo_record_builder_close(&builder);
        free(file.data);
    }
}

static void decode__a_void_of_the_feed__is_unknown(void **state)
{
    (void)state;
    // Every third post holds -500, which no header calls a void.
    static double values[900];
    for (int i = 0; i < 900; i++)
        values[i] = i % 3 == 0 ? -500 : 100;
    const struct raster_spec spec = {30,          30,        {7.9, 0.02, 0, 50.1, 0, -0.02},
                                     "EPSG:4326", GDT_Int16, .posts = true};
    struct bytes file = make_tiff(&spec, values);
    struct geo_decode_params params = ground_params();
    (void)snprintf(params.vertical, sizeof params.vertical, "EGM96");
    for (int told = 0; told < 2; told++) {
        params.has_nodata = told == 1;
        params.nodata = -500;
        struct geo_record_builder builder;
        struct geo_record record;
        struct geo_note why;
        geo_record_builder_init(&builder, params.record_max_bytes);
        assert_int_equal(geo_raster_decode(&params, file.data, file.size, &builder, &why),
                         DRF_OK);
        assert_int_equal(geo_record_finish(&builder, &record), DRF_OK);
        double least_m = find_raster(record)->min_amsl_m;
        assert_true(told == 1 ? least_m == 100 : least_m < -400);
        geo_record_builder_close(&builder);
    }
    free(file.data);
}

static struct geo_unreadable marked(const struct geo_decode_params *params,
                                    const struct bytes *file, enum drf_status *status,
                                    struct geo_note *why)
{
    struct geo_record_builder builder;
    struct geo_record record;
    struct geo_unreadable out = {.code = GEO_REFUSAL_NONE};
    geo_record_builder_init(&builder, params->record_max_bytes);
    *status = geo_raster_decode(params, file->data, file->size, &builder, why);
    size_t cursor = 0;
    struct geo_item item;
    if (*status == DRF_OK) {
        assert_int_equal(geo_record_finish(&builder, &record), DRF_OK);
        assert_int_equal(geo_record_validate(record.bytes, record.size, &record), DRF_OK);
        while (geo_record_next(record, &cursor, &item)) {
            assert_true(item.kind == GEO_ITEM_UNREADABLE || item.kind == GEO_ITEM_NOTE);
            if (item.kind == GEO_ITEM_UNREADABLE)
                out = *(const struct geo_unreadable *)item.payload;
        }
    }
    geo_record_builder_close(&builder);
    return out;
}

static void decode__of_what_lies_here_and_is_not_understood__marks_its_box(void **state)
{
    (void)state;
    static double values[900];
    for (int i = 0; i < 900; i++)
        values[i] = 100;
    const struct raster_spec spec = {30,          30,        {8, 0.02, 0, 50, 0, -0.02},
                                     "EPSG:4326", GDT_Int16, .posts = false};
    struct bytes file = make_tiff(&spec, values);
    struct geo_decode_params params = ground_params();
    enum drf_status status;
    struct geo_note why;
    // No vertical reference.
    struct geo_unreadable one = marked(&params, &file, &status, &why);
    assert_int_equal(status, DRF_OK);
    assert_int_equal(one.code, GEO_REFUSAL_VERTICAL);
    assert_string_equal(one.id, "");
    assert_near(one.box.west_deg, 8.0, 1e-6);
    assert_near(one.box.east_deg, 8.6, 1e-6);
    assert_near(one.box.south_deg, 49.4, 1e-6);
    assert_near(one.box.north_deg, 50.0, 1e-6);
    // Elsewhere it is only that.
    params.keep = (struct geo_bounds){20, 20, 21, 21};
    (void)marked(&params, &file, &status, &why);
    assert_int_equal(status, DRF_ERR_RANGE);
    assert_int_equal(why.code, GEO_REFUSAL_OUT_OF_REGION);
    free(file.data);
    // An impossible height, and nothing but voids.
    params = ground_params();
    (void)snprintf(params.vertical, sizeof params.vertical, "EGM96");
    values[450] = 32000;
    file = make_tiff(&spec, values);
    one = marked(&params, &file, &status, &why);
    assert_int_equal(status, DRF_OK);
    assert_int_equal(one.code, GEO_REFUSAL_RANGE);
    free(file.data);
    for (int i = 0; i < 900; i++)
        values[i] = -9999;
    file = make_tiff(&spec, values);
    params.has_nodata = true;
    params.nodata = -9999;
    (void)marked(&params, &file, &status, &why);
    assert_int_not_equal(status, DRF_OK);
    assert_int_equal(why.code, GEO_REFUSAL_NO_VALUES);
    free(file.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(row__between_the_points_of_the_net__is_within_a_centimetre),
        cmocka_unit_test(row__over_a_jump__is_computed),
        cmocka_unit_test(geoid__between_the_points_of_the_net__is_within_a_centimetre),
        cmocka_unit_test(decode__a_void_of_the_feed__is_unknown),
        cmocka_unit_test(decode__of_what_lies_here_and_is_not_understood__marks_its_box),
        cmocka_unit_test(decode__wgs_72__is_shifted_and_not_ended),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
