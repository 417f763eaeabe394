// SPDX-License-Identifier: Apache-2.0
#include "sim/measure/numbers.h"

#include <math.h>
#include <stdlib.h>

enum { FIRST_ROOM = 256 };

void sim_numbers_close(struct sim_numbers *numbers)
{
    free(numbers->values);
    *numbers = (struct sim_numbers){0};
}

enum drf_status sim_numbers_add(struct sim_numbers *numbers, double value)
{
    if (numbers->count == numbers->room) {
        size_t room = numbers->room == 0 ? FIRST_ROOM : 2 * numbers->room;
        double *grown = realloc(numbers->values, room * sizeof *grown);
        if (grown == NULL)
            return DRF_ERR_NOMEM;
        numbers->values = grown;
        numbers->room = room;
    }
    numbers->values[numbers->count++] = value;
    return DRF_OK;
}

static int ascending(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

void sim_numbers_sort(struct sim_numbers *numbers)
{
    if (numbers->count > 1)
        qsort(numbers->values, numbers->count, sizeof *numbers->values, ascending);
}

double sim_numbers_mean(const struct sim_numbers *numbers)
{
    double sum = 0;
    for (size_t i = 0; i < numbers->count; i++)
        sum += numbers->values[i];
    return sum / (double)numbers->count;
}

double sim_numbers_quantile(const struct sim_numbers *numbers, double share)
{
    double at = share * (double)(numbers->count - 1);
    size_t low = (size_t)floor(at);
    size_t high = low + 1 < numbers->count ? low + 1 : low;
    double part = at - (double)low;
    return numbers->values[low] + part * (numbers->values[high] - numbers->values[low]);
}
