// sim/measure/numbers.h - a growing list of numbers and what is said of it: mean, quantiles.
// SPDX-License-Identifier: Apache-2.0
#ifndef SIM_NUMBERS_H
#define SIM_NUMBERS_H

#include <stddef.h>

#include "geo/status.h"

struct sim_numbers {
    size_t count, room;
    double *values; // in the order they were added, until sim_numbers_sort()
};

void sim_numbers_close(struct sim_numbers *numbers);
DRF_MUST_CHECK enum drf_status sim_numbers_add(struct sim_numbers *numbers, double value);
// Ascending.
void sim_numbers_sort(struct sim_numbers *numbers);
// Of a list that is not empty.
double sim_numbers_mean(const struct sim_numbers *numbers);
// Of a sorted list that is not empty; share 0 .. 1, linear between the two nearest: definition
// 7 of Hyndman and Fan, Sample Quantiles in Statistical Packages, The American Statistician
// 50(4), 1996, which is numpy's.
double sim_numbers_quantile(const struct sim_numbers *numbers, double share);

#endif
