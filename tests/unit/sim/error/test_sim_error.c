// tests/unit/sim/error/test_sim_error.c - errors of the fleet against vectors and closed forms.
// SPDX-License-Identifier: Apache-2.0
//
// Seeds are fixed, so a test gives the same numbers each time. A tolerance is a number of
// standard deviations of the estimate, five unless it says otherwise.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <math.h>

#include "sim/error/drone_error.h"
#include "sim/error/link_error.h"
#include "sim/error/philox.h"
#include "sim/error/wind_error.h"

#define NEAR(value, wanted, within) assert_true(fabs((value) - (wanted)) <= (within))

// Random123 (D. E. Shaw Research), kat_vectors: philox4x32 10.
static void philox__known_answers_of_its_authors__are_met(void **state)
{
    (void)state;
    static const struct {
        uint32_t counter[4], key[2], answer[4];
    } known[] = {
        {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
         {0xffffffff, 0xffffffff},
         {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
         {0xa4093822, 0x299f31d0},
         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        struct sim_philox counter;
        for (int k = 0; k < 4; k++)
            counter.word[k] = known[i].counter[k];
        struct sim_philox got = sim_philox_4x32_10(counter, known[i].key[0], known[i].key[1]);
        for (int k = 0; k < 4; k++)
            assert_int_equal(got.word[k], known[i].answer[k]);
    }
}

// Against the C library's, which this code does without.
static void logarithm_and_exponential__over_their_range__are_those_of_libm(void **state)
{
    (void)state;
    for (int i = 1; i < 2000; i++) {
        double x = ldexp(1.0 + i / 2000.0, i % 90 - 60);
        NEAR(sim_ln(x), log(x), 1e-15 * fmax(1.0, fabs(log(x))));
        double y = -i * 0.0173;
        NEAR(sim_exp(y), exp(y), 1e-15);
    }
    NEAR(sim_ln(1.0), 0.0, 0.0);
    NEAR(sim_exp(0.0), 1.0, 0.0);
}

enum { MANY = 200000 };

static void draws__many__have_the_moments_of_their_distribution(void **state)
{
    (void)state;
    const struct sim_draw draw = {.seed = 20260131, .drone = 3, .kind = SIM_DRAW_GNSS_NORTH};
    double u1 = 0, u2 = 0, n1 = 0, n2 = 0, n3 = 0, n4 = 0, e1 = 0, e2 = 0, next = 0, last = 0;
    for (uint64_t i = 0; i < MANY; i++) {
        double u = sim_draw_uniform(draw, i), n = sim_draw_normal(draw, i),
               e = sim_draw_exponential(draw, i);
        assert_true(u > 0.0 && u < 1.0 && e > 0.0);
        u1 += u;
        u2 += u * u;
        n1 += n;
        n2 += n * n;
        n3 += n * n * n;
        n4 += n * n * n * n;
        e1 += e;
        e2 += e * e;
        next += i > 0 ? n * last : 0.0;
        last = n;
    }
    // mean and variance of each power: E x^k, Var x^k of the distribution
    double root = sqrt((double)MANY);
    NEAR(u1 / MANY, 0.5, 5 * sqrt(1.0 / 12) / root);
    NEAR(u2 / MANY, 1.0 / 3, 5 * sqrt(1.0 / 5 - 1.0 / 9) / root);
    NEAR(n1 / MANY, 0.0, 5 / root);
    NEAR(n2 / MANY, 1.0, 5 * sqrt(2.0) / root);
    NEAR(n3 / MANY, 0.0, 5 * sqrt(15.0) / root);
    NEAR(n4 / MANY, 3.0, 5 * sqrt(96.0) / root);
    NEAR(e1 / MANY, 1.0, 5 / root);
    NEAR(e2 / MANY, 2.0, 5 * sqrt(20.0) / root);
    NEAR(next / MANY, 0.0, 5 / root); // neighbours are not correlated
}

static void gauss_markov__stationary__has_its_deviation_and_autocorrelation(void **state)
{
    (void)state;
    enum { PATHS = 4000, STEPS = 60 };
    static const double deviation = 3.0, time_s = 4.0, dt_s = 0.2;
    static const size_t lags[] = {1, 5, 20, 50};
    double first = 0, last = 0, product[4] = {0};
    for (uint32_t drone = 0; drone < PATHS; drone++) { // each its own process
        struct sim_gauss_markov process = {.value = 0.0};
        double x[STEPS];
        for (size_t i = 0; i < STEPS; i++)
            x[i] = sim_gauss_markov_step(
                &process,
                (struct sim_draw){.seed = 7, .drone = drone, .kind = SIM_DRAW_GNSS_UP},
                deviation, time_s, dt_s);
        first += x[0] * x[0];
        last += x[STEPS - 1] * x[STEPS - 1];
        for (int k = 0; k < 4; k++)
            product[k] += x[0] * x[lags[k]];
    }
    double variance = deviation * deviation, error = 5 * sqrt(2.0 / PATHS);
    NEAR(first / PATHS / variance, 1.0, error); // stationary from the first value on
    NEAR(last / PATHS / variance, 1.0, error);
    for (int k = 0; k < 4; k++) {
        double r = exp(-(double)lags[k] * dt_s / time_s);
        NEAR(product[k] / PATHS / variance, r, 5 * sqrt((1 + r * r) / PATHS));
    }
}

static const struct sim_link_plan bursty = {.on = true,
                                            .delay_ms = 40.0,
                                            .jitter_ms = 10.0,
                                            .good_to_bad = 0.02,
                                            .bad_to_good = 0.25,
                                            .loss_good = 0.0,
                                            .loss_bad = 1.0};

static void link__lost_in_the_bad_state__has_stationary_loss_and_mean_burst(void **state)
{
    (void)state;
    enum { LINKS = 400, MESSAGES = 1000 };
    double lost = 0, bursts = 0, first = 0;
    for (uint32_t drone = 0; drone < LINKS; drone++) {
        struct sim_link_error link = {.bad = false};
        bool before = false;
        for (int64_t i = 0; i < MESSAGES; i++) {
            int64_t arrival_us;
            bool gone = !sim_link_error_pass(&link, &bursty, 99, drone, SIM_LINK_UP, 0,
                                             i * 200000, &arrival_us);
            lost += gone;
            bursts += gone && !before;
            first += gone && i == 0;
            before = gone;
        }
    }
    // Two-state chain: share of the bad state p / (p + r), mean stay there 1 / r; the variance
    // of the share is that of a coin, times (1 + m) / (1 - m), m = 1 - p - r.
    double p = bursty.good_to_bad, r = bursty.bad_to_good, share = p / (p + r), m = 1 - p - r;
    double n = (double)LINKS * MESSAGES;
    NEAR(lost / n, share, 5 * sqrt(share * (1 - share) / n * (1 + m) / (1 - m)));
    NEAR(first / LINKS, share, 5 * sqrt(share * (1 - share) / LINKS)); // from the first on
    // A stay is geometric: variance (1 - r) / r^2. Ends of a run cut off some stays.
    double cut = (double)LINKS / bursts / r;
    NEAR(lost / bursts, 1 / r, 5 * sqrt((1 - r) / (r * r) / bursts) + cut);
}

static void link__loss_in_both_states__is_the_sum_over_the_states(void **state)
{
    (void)state;
    const struct sim_link_plan plan = {
        .on = true, .good_to_bad = 0.1, .bad_to_good = 0.3, .loss_good = 0.05, .loss_bad = 0.6};
    double lost = 0;
    struct sim_link_error link = {.bad = false};
    for (int64_t i = 0; i < MANY; i++) {
        int64_t arrival_us;
        lost += !sim_link_error_pass(&link, &plan, 1, 0, SIM_LINK_DOWN, 0, i, &arrival_us);
    }
    double want = (0.1 * 0.6 + 0.3 * 0.05) / 0.4;
    // m = 0.6: the states' part of the variance grows four times at most.
    NEAR(lost / MANY, want, 5 * sqrt(want * (1 - want) / MANY * 4));
}

static void link__delay__is_the_least_and_an_exponential_one_in_order(void **state)
{
    (void)state;
    const struct sim_link_plan plan = {.on = true, .delay_ms = 40.0, .jitter_ms = 10.0};
    double sum_ms = 0, least_ms = 1e9;
    struct sim_link_error link = {.bad = false};
    int64_t last_us = 0;
    for (int64_t i = 0; i < MANY; i++) {
        int64_t arrival_us, sent_us = i * 1000000; // so far apart that none overtakes
        assert_true(
            sim_link_error_pass(&link, &plan, 5, 2, SIM_LINK_UP, 0, sent_us, &arrival_us));
        double delay_ms = (double)(arrival_us - sent_us) * 1e-3;
        sum_ms += delay_ms;
        least_ms = fmin(least_ms, delay_ms);
        assert_true(arrival_us >= last_us);
        last_us = arrival_us;
    }
    NEAR(sum_ms / MANY, 50.0, 5 * 10.0 / sqrt((double)MANY) + 0.001);
    assert_true(least_ms >= 40.0 && least_ms < 40.1);
    // Sent close together they arrive in their order all the same.
    for (int64_t i = 0; i < 1000; i++) {
        int64_t arrival_us;
        (void)sim_link_error_pass(&link, &plan, 5, 2, SIM_LINK_UP, 0, i, &arrival_us);
        assert_true(arrival_us >= last_us);
        last_us = arrival_us;
    }
}

// RFC 6298: 1 s, then twice as long each time.
static void link__message_of_qos_1__is_sent_again_until_it_arrives(void **state)
{
    (void)state;
    const struct sim_link_plan plan = {
        .on = true, .good_to_bad = 0.5, .bad_to_good = 0.5, .loss_good = 0.5, .loss_bad = 0.5};
    size_t seen[4] = {0};
    for (uint32_t drone = 0; drone < 4000; drone++) {
        struct sim_link_error link = {.bad = false};
        int64_t arrival_us;
        assert_true(
            sim_link_error_pass(&link, &plan, 5, drone, SIM_LINK_UP, 1, 0, &arrival_us));
        static const int64_t after_s[4] = {0, 1, 3, 7};
        for (int k = 0; k < 4; k++)
            seen[k] += arrival_us == after_s[k] * 1000000;
    }
    for (int k = 0; k < 4; k++) { // each try is lost with one half
        double want = 4000.0 / (2 << k);
        NEAR((double)seen[k], want, 5 * sqrt(want));
    }
    const struct sim_link_plan dead = {.on = true, .loss_good = 1.0, .loss_bad = 1.0};
    struct sim_link_error link = {.bad = false};
    int64_t arrival_us;
    assert_false(sim_link_error_pass(&link, &dead, 5, 0, SIM_LINK_UP, 1, 0, &arrival_us));
}

static void link__off__passes_everything_at_once(void **state)
{
    (void)state;
    const struct sim_link_plan off = {.loss_good = 1.0, .loss_bad = 1.0, .delay_ms = 9.0};
    struct sim_link_error link = {.bad = false};
    int64_t arrival_us;
    assert_true(sim_link_error_pass(&link, &off, 5, 0, SIM_LINK_UP, 0, 77, &arrival_us));
    assert_int_equal(arrival_us, 77);
}

static void wind_error__over_seeds__is_correlated_in_space_and_time_as_stated(void **state)
{
    (void)state;
    enum { SEEDS = 6000 };
    const struct sim_wind_plan plan = {
        .on = true, .speed_mps = 2.0, .length_km = 5.0, .time_s = 3600.0};
    static const struct {
        double east_m, north_m, t_s;
    } at[] = {{0, 0, 0},    {5000, 0, 0},       {0, 5000, 0},
              {0, 0, 3600}, {3000, 4000, 1800}, {15000, 0, 0}};
    double product[6] = {0}, mean = 0, cross = 0;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct sim_spectrum s = sim_wind_error_make(&plan, seed, SIM_DRAW_WIND_EAST);
        struct sim_spectrum other = sim_wind_error_make(&plan, seed, SIM_DRAW_WIND_NORTH);
        double here = sim_spectrum_at(&s, 700.0, -300.0, 55.0);
        mean += here;
        cross += here * sim_spectrum_at(&other, 700.0, -300.0, 55.0);
        for (int k = 0; k < 6; k++)
            product[k] += here
                          * sim_spectrum_at(&s, 700.0 + at[k].east_m, -300.0 + at[k].north_m,
                                            55.0 + at[k].t_s);
    }
    // A sum of 16 waves is nearly normal: the variance of a product is at most 2 sigma^4.
    double variance = 4.0, error = 5 * sqrt(2.0 / SEEDS);
    NEAR(mean / SEEDS / 2.0, 0.0, 5 / sqrt(SEEDS));
    NEAR(cross / SEEDS / variance, 0.0, error);
    for (int k = 0; k < 6; k++) {
        double d2 = at[k].east_m * at[k].east_m + at[k].north_m * at[k].north_m;
        double want =
            exp(-d2 / (2 * 5000.0 * 5000.0) - at[k].t_s * at[k].t_s / (2 * 3600.0 * 3600.0));
        NEAR(product[k] / SEEDS / variance, want, error);
    }
    const struct sim_wind_plan off = {.speed_mps = 2.0, .length_km = 5.0, .time_s = 3600.0};
    struct sim_spectrum none = sim_wind_error_make(&off, 1, SIM_DRAW_WIND_EAST);
    assert_true(sim_spectrum_at(&none, 1.0, 2.0, 3.0) == 0.0);
}

static const struct sim_error_plan all_on = {
    .gnss = {.on = true,
             .horizontal_m = 2.0,
             .vertical_m = 4.0,
             .time_s = 100.0,
             .white_horizontal_m = 0.5,
             .white_vertical_m = 1.0},
    .barometer = {.on = true, .drift_m = 3.0, .time_s = 600.0},
    .reports = {.on = true, .lost_ratio = 0.2},
    .clock = {.on = true, .offset_s = 0.1, .drift_ppm = 20.0}};

static void drone_error__each_kind__has_its_deviation_over_the_drones(void **state)
{
    (void)state;
    enum { DRONES = 5000 };
    double north = 0, east = 0, up = 0, barometer = 0, lost = 0, clock = 0, drift = 0, both = 0;
    for (uint32_t drone = 0; drone < DRONES; drone++) {
        struct sim_drone_error error = {.reports = 0};
        for (int i = 0; i < 3; i++)
            sim_drone_error_step(&error, &all_on, 17, drone, 0.2);
        north += error.north_m * error.north_m;
        east += error.east_m * error.east_m;
        both += error.north_m * error.east_m;
        up += error.up_m * error.up_m;
        barometer += error.barometer_m * error.barometer_m;
        lost += error.report_lost;
        double at_start = (double)sim_drone_error_clock_us(&all_on, 17, drone, 0) * 1e-6;
        double later = (double)sim_drone_error_clock_us(&all_on, 17, drone, 1000000000) * 1e-6;
        clock += at_start * at_start;
        drift += (later - at_start) * (later - at_start);
    }
    double error = 5 * sqrt(2.0 / DRONES);
    NEAR(north / DRONES / 4.25, 1.0, error); // 2^2 + 0.5^2
    NEAR(east / DRONES / 4.25, 1.0, error);
    NEAR(both / DRONES / 4.25, 0.0, error);
    NEAR(up / DRONES / 17.0, 1.0, error);
    NEAR(barometer / DRONES / 9.0, 1.0, error);
    NEAR(lost / DRONES, 0.2, 5 * sqrt(0.2 * 0.8 / DRONES));
    NEAR(clock / DRONES / 0.01, 1.0, error);
    NEAR(drift / DRONES / 4e-4, 1.0, error); // 20 ppm of 1000 s
}

static void drone_error__another_error_on__draws_the_same(void **state)
{
    (void)state;
    struct sim_error_plan gnss = {.gnss = all_on.gnss};
    struct sim_drone_error alone = {.reports = 0}, with = {.reports = 0};
    for (int i = 0; i < 20; i++) {
        sim_drone_error_step(&alone, &gnss, 17, 4, 0.2);
        sim_drone_error_step(&with, &all_on, 17, 4, 0.2);
        assert_true(alone.north_m == with.north_m && alone.up_m == with.up_m);
    }
    assert_true(alone.barometer_m == 0.0 && with.barometer_m != 0.0);
}

static void drone_error__all_off__is_zero(void **state)
{
    (void)state;
    const struct sim_error_plan off = {.gnss = {.on = false}};
    struct sim_drone_error error = {.reports = 0};
    for (int i = 0; i < 50; i++) {
        sim_drone_error_step(&error, &off, 17, 4, 0.2);
        assert_true(error.north_m == 0.0 && error.east_m == 0.0 && error.up_m == 0.0);
        assert_true(error.barometer_m == 0.0 && !error.report_lost);
        assert_int_equal(sim_drone_error_clock_us(&off, 17, 4, (int64_t)i * 1000000), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(philox__known_answers_of_its_authors__are_met),
        cmocka_unit_test(logarithm_and_exponential__over_their_range__are_those_of_libm),
        cmocka_unit_test(draws__many__have_the_moments_of_their_distribution),
        cmocka_unit_test(gauss_markov__stationary__has_its_deviation_and_autocorrelation),
        cmocka_unit_test(link__lost_in_the_bad_state__has_stationary_loss_and_mean_burst),
        cmocka_unit_test(link__loss_in_both_states__is_the_sum_over_the_states),
        cmocka_unit_test(link__delay__is_the_least_and_an_exponential_one_in_order),
        cmocka_unit_test(link__message_of_qos_1__is_sent_again_until_it_arrives),
        cmocka_unit_test(link__off__passes_everything_at_once),
        cmocka_unit_test(wind_error__over_seeds__is_correlated_in_space_and_time_as_stated),
        cmocka_unit_test(drone_error__each_kind__has_its_deviation_over_the_drones),
        cmocka_unit_test(drone_error__another_error_on__draws_the_same),
        cmocka_unit_test(drone_error__all_off__is_zero),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
