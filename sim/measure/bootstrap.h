// sim/measure/bootstrap.h - bootstrap interval of a mean, from a counter-based generator.
// SPDX-License-Identifier: Apache-2.0
//
// For paired runs the values are the differences B - A of each seed, so resampling keeps pairs
// together. The interval is BCa, bias-corrected and accelerated: Efron and Tibshirani, An
// Introduction to the Bootstrap, Chapman and Hall 1993, section 14.3 (z0: 14.14, a: 14.15).
#ifndef SIM_BOOTSTRAP_H
#define SIM_BOOTSTRAP_H

#include <stddef.h>
#include <stdint.h>

#include "geo/status.h"

struct sim_interval {
    double mean, low, high;
};

struct sim_bootstrap_rules {
    uint64_t seed, stream; // a stream for each thing that is estimated
    size_t resamples;      // >= 100
    double level;          // 0 .. 1, such as 0.95
};

// Of the mean of `count` >= 2 values. The same input gives the same interval. All values equal:
// the interval is that value. DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status sim_bootstrap_mean(const double *values, size_t count,
                                                  const struct sim_bootstrap_rules *rules,
                                                  struct sim_interval *out);

// The quantile of the standard normal distribution; share in (0, 1).
double sim_normal_quantile(double share);

#endif
