// SPDX-License-Identifier: Apache-2.0
// What sim/world/spectrum.h promises. Oracles: libm's sine, numerical integration, differences.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <math.h>

#include "sim/world/spectrum.h"

static const struct sim_spectrum_plan plan = {.seed = 3,
                                              .mean = 200.0,
                                              .amplitude = 120.0,
                                              .wavelength_min_m = 500.0,
                                              .count = 12,
                                              .period_min_s = 40000.0,
                                              .period_max_s = 90000.0,
                                              .growth = 1};

static void sine__against_libm__agrees_to_1e_11(void **state)
{
    (void)state;
    for (int i = -4000; i <= 4000; i++) {
        double cycles = i * 0.001237;
        assert_true(fabs(sim_sine(cycles) - sin(6.283185307179586 * cycles)) < 2e-11);
    }
}

static void spectrum__of_one_seed__is_the_same_bits_everywhere(void **state)
{
    (void)state;
    // splitmix64 of 0, from its authors' reference implementation.
    uint64_t seed = 0;
    assert_true(sim_random(&seed) == UINT64_C(0xE220A8397B1DCDAF));
    assert_true(sim_random(&seed) == UINT64_C(0x6E789E6AA1B965F4));
    struct sim_spectrum a = sim_spectrum_make(&plan), b = sim_spectrum_make(&plan);
    double x = sim_spectrum_at(&a, 1234.5, -876.25, 99.0);
    assert_true(x == sim_spectrum_at(&b, 1234.5, -876.25, 99.0));
    struct sim_spectrum_plan other = plan;
    other.seed++;
    struct sim_spectrum c = sim_spectrum_make(&other);
    assert_true(x != sim_spectrum_at(&c, 1234.5, -876.25, 99.0));
}

static void mean__over_an_interval__equals_the_sum_of_many_instants(void **state)
{
    (void)state;
    struct sim_spectrum s = sim_spectrum_make(&plan);
    enum { STEPS = 3600 };
    double sum = 0.0;
    for (int i = 0; i < STEPS; i++)
        sum += sim_spectrum_at(&s, 40.0, 50.0, 7200.0 + i + 0.5);
    assert_true(fabs(sum / STEPS - sim_spectrum_mean(&s, 40.0, 50.0, 7200.0, 10800.0)) < 1e-6);
    assert_true(
        fabs(sim_spectrum_mean(&s, 40.0, 50.0, 5.0, 5.0) - sim_spectrum_at(&s, 40.0, 50.0, 5.0))
        < 1e-9);
}

// The point of a band limit: differences never exceed the stated bounds, yet come near them.
static void roughness__of_a_spectrum__bounds_every_difference(void **state)
{
    (void)state;
    struct sim_spectrum s = sim_spectrum_make(&plan);
    struct sim_roughness r = sim_spectrum_roughness(&s);
    double h = 1.0, slope = 0.0, curve = 0.0, high = 0.0, faster = 0.0;
    for (int i = 0; i < 20000; i++) {
        double x = fmod(i * 771.77, 30000.0), y = fmod(i * 433.13, 30000.0), t = i * 7.0;
        double here = sim_spectrum_at(&s, x, y, t);
        double east = sim_spectrum_at(&s, x + h, y, t), west = sim_spectrum_at(&s, x - h, y, t);
        slope = fmax(slope, fabs(east - west) / (2 * h));
        curve = fmax(curve, fabs(east - 2 * here + west) / (h * h));
        high = fmax(high, fabs(here - plan.mean));
        faster = fmax(faster, fabs(sim_spectrum_at(&s, x, y, t + 1.0) - here));
    }
    assert_true(slope <= r.slope_east && slope > 0.2 * r.slope_east);
    assert_true(curve <= r.curve_east + 1e-9 && curve > 0.2 * r.curve_east);
    assert_true(r.slope <= r.slope_east + r.slope_north && r.slope >= r.slope_east);
    assert_true(high <= plan.amplitude && high > 0.3 * plan.amplitude);
    assert_true(faster <= r.slope_time);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sine__against_libm__agrees_to_1e_11),
        cmocka_unit_test(spectrum__of_one_seed__is_the_same_bits_everywhere),
        cmocka_unit_test(mean__over_an_interval__equals_the_sum_of_many_instants),
        cmocka_unit_test(roughness__of_a_spectrum__bounds_every_difference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
