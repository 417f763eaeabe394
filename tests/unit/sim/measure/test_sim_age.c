// SPDX-License-Identifier: Apache-2.0
// Age of information, quantiles and the bootstrap, against values worked out by hand and closed
// forms.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sim/measure/age.h"
#include "sim/measure/bootstrap.h"
#include "tests/support/near.h"

#define S INT64_C(1000000)

// Made at 0, 1, 2 s, received 0.1, 1.3, 2.1 s, end 3 s. Between receptions the age runs
// 0.1 .. 1.3 (peak), 0.3 .. 1.1 (peak), 0.1 .. 1.0: areas 0.84 + 0.56 + 0.495 s^2.
static void age__of_a_sawtooth__is_its_area_and_peaks(void **state)
{
    (void)state;
    const struct sim_update updates[] = {{100000, 0}, {1300000, S}, {2100000, 2 * S}};
    struct sim_numbers peaks = {0};
    struct sim_age age;
    assert_int_equal(sim_age_of(updates, 3, 3 * S, &peaks, &age), DRF_OK);
    assert_near(age.window_s, 2.9, 1e-9);
    assert_near(age.integral_s2, 0.84 + 0.56 + 0.495, 1e-9);
    assert_int_equal(peaks.count, 2);
    assert_near(peaks.values[0], 1.3, 1e-9);
    assert_near(peaks.values[1], 1.1, 1e-9);
    assert_near(age.most_s, 1.3, 1e-9);
    sim_numbers_close(&peaks);
}

// The second was made before the first: it changes nothing, and the age goes on to 3 s.
static void age__with_an_older_one_late__goes_on(void **state)
{
    (void)state;
    const struct sim_update updates[] = {{S, S}, {2 * S, S / 2}, {3 * S, S}};
    struct sim_numbers peaks = {0};
    struct sim_age age;
    assert_int_equal(sim_age_of(updates, 3, 4 * S, &peaks, &age), DRF_OK);
    assert_int_equal(age.late, 2);
    assert_int_equal(peaks.count, 0);
    assert_near(age.integral_s2, 4.5, 1e-9); // 0 .. 3 s over 3 s
    assert_near(age.most_s, 3, 1e-9);
    sim_numbers_close(&peaks);
}

static void age__before_it_was_made__is_counted(void **state)
{
    (void)state;
    const struct sim_update updates[] = {{0, S}, {2 * S, S + S / 2}};
    struct sim_numbers peaks = {0};
    struct sim_age age;
    assert_int_equal(sim_age_of(updates, 2, 2 * S, &peaks, &age), DRF_OK);
    assert_int_equal(age.negative, 1);
    sim_numbers_close(&peaks);
}

// numpy.quantile([1, 2, 4, 8], [0, .25, .5, .9, 1])
static void quantile__of_four__is_numpys(void **state)
{
    (void)state;
    struct sim_numbers numbers = {0};
    static const double values[] = {4, 1, 8, 2}, shares[] = {0, 0.25, 0.5, 0.9, 1},
                        wanted[] = {1, 1.75, 3, 6.8, 8};
    for (int i = 0; i < 4; i++)
        assert_int_equal(sim_numbers_add(&numbers, values[i]), DRF_OK);
    sim_numbers_sort(&numbers);
    for (int i = 0; i < 5; i++)
        assert_near(sim_numbers_quantile(&numbers, shares[i]), wanted[i], 1e-12);
    assert_near(sim_numbers_mean(&numbers), 3.75, 1e-12);
    sim_numbers_close(&numbers);
}

static void normal_quantile__of_known_shares__is_in_the_tables(void **state)
{
    (void)state;
    assert_near(sim_normal_quantile(0.975), 1.959963984540054, 1e-9);
    assert_near(sim_normal_quantile(0.5), 0, 1e-9);
    assert_near(sim_normal_quantile(0.001), -3.090232306167813, 1e-9);
}

static const struct sim_bootstrap_rules rules = {.seed = 1, .resamples = 10000, .level = 0.95};

// Forty values at the normal quantiles of (i - 0.5) / 40, times 2, plus 10: the t interval of
// their mean is 10 +- 2.0227 s / sqrt(40) (t for 39 degrees of freedom). A bootstrap
// interval is narrower by sqrt(39 / 40) and z for t: 1.96 / 2.0227. Tolerance: 3 % of it.
static void bootstrap__of_normal_values__is_near_the_t_interval(void **state)
{
    (void)state;
    double values[40], squares = 0;
    for (int i = 0; i < 40; i++) {
        double z = 2 * sim_normal_quantile((i + 0.5) / 40);
        values[i] = 10 + z;
        squares += z * z;
    }
    double half = 2.0227 * sqrt(squares / 39) / sqrt(40);
    double narrower = 1.96 / 2.0227 * sqrt(39.0 / 40);
    struct sim_interval interval;
    assert_int_equal(sim_bootstrap_mean(values, 40, &rules, &interval), DRF_OK);
    assert_near(interval.mean, 10, 1e-9);
    assert_near(interval.low, 10 - half * narrower, 0.03 * half);
    assert_near(interval.high, 10 + half * narrower, 0.03 * half);
    struct sim_interval again;
    assert_int_equal(sim_bootstrap_mean(values, 40, &rules, &again), DRF_OK);
    assert_memory_equal(&again, &interval, sizeof again);
}

// Skewed to the right: BCa lies farther to the right than plus and minus the same.
static void bootstrap__of_skewed_values__is_skewed(void **state)
{
    (void)state;
    static const double values[] = {1, 1, 1, 2, 2, 3, 4, 6, 9, 20};
    struct sim_interval interval;
    assert_int_equal(sim_bootstrap_mean(values, 10, &rules, &interval), DRF_OK);
    assert_near(interval.mean, 4.9, 1e-12);
    assert_true(interval.high - interval.mean > 1.3 * (interval.mean - interval.low));
}

static void bootstrap__of_equal_values__is_that_value(void **state)
{
    (void)state;
    static const double values[] = {-0.1, -0.1, -0.1};
    struct sim_interval interval;
    assert_int_equal(sim_bootstrap_mean(values, 3, &rules, &interval), DRF_OK);
    assert_true(interval.low == -0.1 && interval.high == -0.1 && interval.mean == -0.1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(age__of_a_sawtooth__is_its_area_and_peaks),
        cmocka_unit_test(age__with_an_older_one_late__goes_on),
        cmocka_unit_test(age__before_it_was_made__is_counted),
        cmocka_unit_test(quantile__of_four__is_numpys),
        cmocka_unit_test(normal_quantile__of_known_shares__is_in_the_tables),
        cmocka_unit_test(bootstrap__of_normal_values__is_near_the_t_interval),
        cmocka_unit_test(bootstrap__of_skewed_values__is_skewed),
        cmocka_unit_test(bootstrap__of_equal_values__is_that_value),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
