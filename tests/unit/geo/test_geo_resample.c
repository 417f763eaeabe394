// SPDX-License-Identifier: Apache-2.0
// What geo/resample.h promises, on rasters small enough to work out by hand.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "geo/resample.h"

#define assert_near(got, want, within) assert_true(fabs((got) - (want)) <= (within))

static const float steps[12] = {
    10, 20,  30,  40, //
    50, 60,  70,  80, //
    90, 100, 110, 120,
};
static const struct geo_samples areas = {.values = steps, .width = 4, .height = 3};
static const struct geo_samples posts = {
    .values = steps, .width = 4, .height = 3, .posts = true};

static struct geo_quad box(double u0, double v0, double u1, double v1)
{
    return (struct geo_quad){.u = {u0, u1, u1, u0}, .v = {v0, v0, v1, v1}};
}

static void bilinear__between_centres__is_linear(void **state)
{
    (void)state;
    // The values are the plane 10 + 10 (u - 0.5) + 40 (v - 0.5).
    for (double u = 0.5; u <= 3.5; u += 0.375)
        for (double v = 0.5; v <= 2.5; v += 0.25)
            assert_near(geo_resample_bilinear(&posts, u, v), 10 + 10 * (u - .5) + 40 * (v - .5),
                        1e-9);
}

static void bilinear__beyond_the_last_centre__is_the_edge_of_an_area_and_no_post(void **state)
{
    (void)state;
    assert_near(geo_resample_bilinear(&areas, 0.0, 0.0), 10.0, 0);
    assert_near(geo_resample_bilinear(&areas, 4.0, 3.0), 120.0, 0);
    assert_near(geo_resample_bilinear(&areas, 0.2, 1.0), 30.0, 0);
    assert_true(isnan(geo_resample_bilinear(&areas, -1e-9, 1.0)));
    assert_true(isnan(geo_resample_bilinear(&areas, 1.0, 3.0 + 1e-9)));
    assert_true(isnan(geo_resample_bilinear(&posts, 0.499, 1.0)));
    assert_true(isnan(geo_resample_bilinear(&posts, 3.501, 1.0)));
    assert_near(geo_resample_bilinear(&posts, 3.5, 2.5), 120.0, 0);
    assert_true(isnan(geo_resample_bilinear(&areas, (double)NAN, 1.0)));
    assert_true(isnan(geo_resample_bilinear(&areas, HUGE_VAL, 1.0)));
}

static void bilinear__an_unknown_neighbour__makes_it_unknown_only_where_it_counts(void **state)
{
    (void)state;
    float gap[12];
    for (int i = 0; i < 12; i++)
        gap[i] = i == 5 ? NAN : steps[i];
    const struct geo_samples g = {.values = gap, .width = 4, .height = 3};
    assert_true(isnan(geo_resample_bilinear(&g, 1.5, 1.5)));
    assert_true(isnan(geo_resample_bilinear(&g, 0.6, 0.6)));
    assert_true(isnan(geo_resample_bilinear(&g, 2.4, 2.4)));
    assert_near(geo_resample_bilinear(&g, 2.5, 1.5), 70.0, 0); // on its neighbour: no weight
    assert_near(geo_resample_bilinear(&g, 0.5, 1.7), 58.0, 1e-9);
    assert_near(geo_resample_bilinear(&g, 3.0, 1.0), 55.0, 1e-9);
}

static void mean__upright_footprint__weighs_by_area(void **state)
{
    (void)state;
    const struct geo_quad one = box(1, 1, 2, 2), four = box(0, 0, 2, 2);
    const struct geo_quad parts = box(0.5, 0.25, 2.5, 1.25), inner = box(1.2, 1.2, 1.3, 1.4);
    assert_near(geo_resample_mean(&areas, &one), 60.0, 0);
    assert_near(geo_resample_mean(&areas, &four), 35.0, 1e-12);
    // Columns 0.5, 1, 0.5; rows 0.75, 0.25: (20 x 0.75 + 60 x 0.25) over the middle column.
    assert_near(geo_resample_mean(&areas, &parts), 30.0, 1e-12);
    assert_near(geo_resample_mean(&areas, &inner), 60.0, 1e-12);
}

static void mean__turned_footprint__weighs_by_area(void **state)
{
    (void)state;
    // A square on its corner around (2, 1.5): its rows' chords are symmetric, and so is the
    // plane, so the mean is the plane's value at its centre.
    const struct geo_quad diamond = {.u = {2, 3, 2, 1}, .v = {0.5, 1.5, 2.5, 1.5}};
    assert_near(geo_resample_mean(&areas, &diamond), 10 + 10 * 1.5 + 40 * 1.0, 1e-9);
    const struct geo_quad mirrored = {.u = {1, 2, 3, 2}, .v = {1.5, 2.5, 1.5, 0.5}};
    assert_near(geo_resample_mean(&areas, &mirrored), 65.0, 1e-9);
}

static void footprint__partly_outside_or_unknown__is_unknown(void **state)
{
    (void)state;
    const struct geo_quad west = box(-0.1, 1, 1, 2), post_edge = box(0.4, 1, 1.4, 2);
    const struct geo_quad whole = box(0, 0, 4, 3), nowhere = box((double)NAN, 0, 1, 1);
    const struct geo_quad far = box(1e300, 0, HUGE_VAL, 1);
    assert_true(isnan(geo_resample_mean(&areas, &west)));
    assert_true(isnan(geo_resample_maximum(&areas, &west)));
    assert_true(isnan(geo_resample_mean(&posts, &post_edge)));
    assert_near(geo_resample_mean(&areas, &whole), 65.0, 1e-12);
    assert_near(geo_resample_maximum(&areas, &whole), 120.0, 0);
    assert_true(isnan(geo_resample_mean(&areas, &nowhere)));
    assert_true(isnan(geo_resample_maximum(&areas, &far)));
    float gap[12];
    for (int i = 0; i < 12; i++)
        gap[i] = i == 5 ? NAN : steps[i];
    const struct geo_samples g = {.values = gap, .width = 4, .height = 3};
    const struct geo_quad touching = box(0.5, 0.5, 1.01, 1.01), beside = box(0, 0, 1, 1);
    assert_true(isnan(geo_resample_mean(&g, &touching)));
    assert_true(isnan(geo_resample_maximum(&g, &touching)));
    assert_near(geo_resample_mean(&g, &beside), 10.0, 0);
}

static void footprint__edge_on_a_pixel_edge_but_for_rounding__takes_no_neighbour(void **state)
{
    (void)state;
    const struct geo_quad wider = box(1 - 1e-9, 1 - 1e-9, 2 + 1e-9, 2 + 1e-9);
    assert_near(geo_resample_maximum(&areas, &wider), 60.0, 0);
    assert_near(geo_resample_mean(&areas, &wider), 60.0, 1e-6);
    const struct geo_quad edge = box(-1e-9, 0, 1, 1);
    assert_near(geo_resample_maximum(&areas, &edge), 10.0, 0);
}

static void lattice__north_up__finds_columns_and_rows(void **state)
{
    (void)state;
    const double t[6] = {-80.0 - 1 / 240.0, 1 / 120.0, 0, 44.0 + 1 / 240.0, 0, -1 / 120.0};
    struct geo_lattice l;
    assert_int_equal(geo_lattice_from(t, &l), DRF_OK);
    assert_near(geo_lattice_u(&l, -80.0, 44.0), 0.5, 1e-6);
    assert_near(geo_lattice_v(&l, -80.0, 44.0), 0.5, 1e-6);
    assert_near(geo_lattice_u(&l, -79.0, 43.0), 120.5, 1e-6);
    assert_near(geo_lattice_v(&l, -79.0, 43.0), 120.5, 1e-6);
}

static void lattice__of_a_cut__gives_the_same_bits_less_whole_pixels(void **state)
{
    (void)state;
    const double t[6] = {
        8453323.830949999, 160.392452772847236, 0, 4696291.0171997, 0, -160.39};
    struct geo_lattice whole, part;
    assert_int_equal(geo_lattice_from(t, &whole), DRF_OK);
    for (int k = 1; k < 3000; k += 7) {
        double c[6] = {t[0] + k * t[1], t[1], 0, t[3] + k * t[5], 0, t[5]};
        assert_int_equal(geo_lattice_from(c, &part), DRF_OK);
        double x = t[0] + (k + 0.37) * t[1], y = t[3] + (k + 0.91) * t[5];
        assert_true(geo_lattice_u(&whole, x, y) - k == geo_lattice_u(&part, x, y));
        assert_true(geo_lattice_v(&whole, x, y) - k == geo_lattice_v(&part, x, y));
    }
}

static void lattice__turned__is_the_inverse(void **state)
{
    (void)state;
    const double t[6] = {1000, 3, 4, 2000, 4, -3};
    struct geo_lattice l;
    assert_int_equal(geo_lattice_from(t, &l), DRF_OK);
    assert_true(l.rotated);
    double x = t[0] + 7 * t[1] + 11 * t[2], y = t[3] + 7 * t[4] + 11 * t[5];
    assert_near(geo_lattice_u(&l, x, y), 7, 1e-9);
    assert_near(geo_lattice_v(&l, x, y), 11, 1e-9);
}

static void lattice__degenerate__is_refused(void **state)
{
    (void)state;
    static const double refused[][6] = {
        {0, 0, 0, 0, 0, 0}, {0, 1, 0, 0, 0, 0},     {0, 0, 0, 0, 0, -1},
        {0, 1, 2, 0, 2, 4}, {1e300, 1, 0, 0, 0, 1}, {0, 1, 0, HUGE_VAL, 0, 1},
    };
    struct geo_lattice l;
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        if (geo_lattice_from(refused[i], &l) == DRF_OK)
            fail_msg("accepted transform %zu", i);
    const double nan[6] = {0, (double)NAN, 0, 0, 0, 1};
    assert_int_equal(geo_lattice_from(nan, &l), DRF_ERR_RANGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bilinear__between_centres__is_linear),
        cmocka_unit_test(bilinear__beyond_the_last_centre__is_the_edge_of_an_area_and_no_post),
        cmocka_unit_test(bilinear__an_unknown_neighbour__makes_it_unknown_only_where_it_counts),
        cmocka_unit_test(mean__upright_footprint__weighs_by_area),
        cmocka_unit_test(mean__turned_footprint__weighs_by_area),
        cmocka_unit_test(footprint__partly_outside_or_unknown__is_unknown),
        cmocka_unit_test(footprint__edge_on_a_pixel_edge_but_for_rounding__takes_no_neighbour),
        cmocka_unit_test(lattice__north_up__finds_columns_and_rows),
        cmocka_unit_test(lattice__of_a_cut__gives_the_same_bits_less_whole_pixels),
        cmocka_unit_test(lattice__turned__is_the_inverse),
        cmocka_unit_test(lattice__degenerate__is_refused),
    };
    return cmocka_run_group_tests_name("geo/resample", tests, NULL, NULL);
}
