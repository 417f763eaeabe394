// SPDX-License-Identifier: Apache-2.0
#include "sim/measure/bootstrap.h"

#include <assert.h>
#include <math.h>

#include "sim/error/philox.h"
#include "sim/measure/numbers.h"

static double normal_share(double z) { return erfc(-z / sqrt(2.0)) / 2; }

double sim_normal_quantile(double share)
{
    // erfc is exact to the last digits, so halving is enough and needs no table of its own.
    double low = -40, high = 40;
    for (int i = 0; i < 200; i++) {
        double middle = (low + high) / 2;
        if (normal_share(middle) < share)
            low = middle;
        else
            high = middle;
    }
    return (low + high) / 2;
}

static double resampled_mean(const double *values, size_t count,
                             const struct sim_bootstrap_rules *rules, size_t resample)
{
    double sum = 0;
    struct sim_philox draw = {{0}};
    for (size_t i = 0; i < count; i++) {
        if (i % 4 == 0) {
            const struct sim_philox counter = {{(uint32_t)(i / 4), (uint32_t)resample,
                                                (uint32_t)rules->stream,
                                                (uint32_t)(rules->stream >> 32)}};
            draw = sim_philox_4x32_10(counter, (uint32_t)rules->seed,
                                      (uint32_t)(rules->seed >> 32));
        }
        sum += values[((uint64_t)draw.word[i % 4] * count) >> 32];
    }
    return sum / (double)count;
}

// 14.15, by the jackknife: leaving out value i moves the mean by (mean - value) / (count - 1).
static double acceleration(const double *values, size_t count, double mean)
{
    double squares = 0, cubes = 0;
    for (size_t i = 0; i < count; i++) {
        double moved = (values[i] - mean) / (double)(count - 1);
        squares += moved * moved;
        cubes += moved * moved * moved;
    }
    return squares > 0 ? cubes / (6 * pow(squares, 1.5)) : 0;
}

static double corrected(double z0, double a, double share)
{
    double z = z0 + sim_normal_quantile(share);
    return normal_share(z0 + z / (1 - a * z));
}

enum drf_status sim_bootstrap_mean(const double *values, size_t count,
                                   const struct sim_bootstrap_rules *rules,
                                   struct sim_interval *out)
{
    assert(count >= 2 && rules->resamples >= 100);
    double sum = 0, least = values[0], most = values[0];
    for (size_t i = 0; i < count; i++) {
        sum += values[i];
        least = fmin(least, values[i]);
        most = fmax(most, values[i]);
    }
    double mean = sum / (double)count;
    if (!(least < most)) {
        *out = (struct sim_interval){.mean = least, .low = least, .high = least};
        return DRF_OK;
    }
    struct sim_numbers means = {0};
    double below = 0;
    for (size_t r = 0; r < rules->resamples; r++) {
        double value = resampled_mean(values, count, rules, r);
        // Few values make equal means: half of those counts as below.
        below += value < mean ? 1 : value > mean ? 0 : 0.5;
        enum drf_status status = sim_numbers_add(&means, value);
        if (status != DRF_OK) {
            sim_numbers_close(&means);
            return status;
        }
    }
    sim_numbers_sort(&means);
    double all = (double)rules->resamples;
    double z0 = sim_normal_quantile(fmin(fmax(below / all, 0.5 / all), 1 - 0.5 / all));
    double a = acceleration(values, count, mean), tail = (1 - rules->level) / 2;
    *out =
        (struct sim_interval){.mean = mean,
                              .low = sim_numbers_quantile(&means, corrected(z0, a, tail)),
                              .high = sim_numbers_quantile(&means, corrected(z0, a, 1 - tail))};
    sim_numbers_close(&means);
    return DRF_OK;
}
