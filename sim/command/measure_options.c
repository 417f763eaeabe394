// SPDX-License-Identifier: Apache-2.0
#include "sim/command/measure_options.h"

#include <stdio.h>
#include <string.h>

#define M_PER_FT 0.3048

const struct sim_measure_settings sim_measure_defaults = {
    .nmac_horizontal_m = 500 * M_PER_FT,
    .nmac_vertical_m = 100 * M_PER_FT,
    .clear_horizontal_m = 2000 * M_PER_FT,
    .clear_vertical_m = 250 * M_PER_FT,
    .range_m = 2000,
    .step_s = 1,
    .max_gap_s = 3,
};

size_t sim_measure_options(struct sim_measure_settings *s, struct sim_option *options)
{
    const struct sim_option rows[SIM_MEASURE_OPTIONS] = {
        {"nmac-horizontal-m", SIM_OPTION_REAL, &s->nmac_horizontal_m, "M", "152.4 (500 ft)"},
        {"nmac-vertical-m", SIM_OPTION_REAL, &s->nmac_vertical_m, "M", "30.48 (100 ft)"},
        {"clear-horizontal-m", SIM_OPTION_REAL, &s->clear_horizontal_m, "M",
         "well clear: 609.6 (2,000 ft)"},
        {"clear-vertical-m", SIM_OPTION_REAL, &s->clear_vertical_m, "M", "76.2 (250 ft)"},
        {"range-m", SIM_OPTION_REAL, &s->range_m, "M",
         "pairs farther apart are only counted: 2000"},
        {"step-s", SIM_OPTION_REAL, &s->step_s, "S", "of the distribution: 1"},
        {"max-gap-s", SIM_OPTION_REAL, &s->max_gap_s, "S",
         "positions farther apart are not joined: 3"},
    };
    memcpy(options, rows, sizeof rows);
    return SIM_MEASURE_OPTIONS;
}

enum drf_status sim_measure_rules_of(const struct sim_measure_settings *s, const char *command,
                                     struct sim_measure_rules *out)
{
    bool positive = s->nmac_horizontal_m > 0 && s->nmac_vertical_m > 0
                    && s->clear_horizontal_m > 0 && s->clear_vertical_m > 0;
    if (!positive || s->range_m < s->nmac_horizontal_m || s->range_m < s->clear_horizontal_m
        || s->range_m > 100000) {
        fprintf(stderr,
                "drf-sim %s: the thresholds are greater than 0, and --range-m is at least as "
                "wide as both and at most 100000\n",
                command);
        return DRF_ERR_RANGE;
    }
    if (s->step_s < 0.01 || s->step_s > 3600 || s->max_gap_s < 0.01 || s->max_gap_s > 3600) {
        fprintf(stderr, "drf-sim %s: --step-s and --max-gap-s are 0.01 to 3600\n", command);
        return DRF_ERR_RANGE;
    }
    *out = (struct sim_measure_rules){
        .separation = {.cylinders = {[SIM_LOSS_NMAC] = {s->nmac_horizontal_m,
                                                        s->nmac_vertical_m},
                                     [SIM_LOSS_WELL_CLEAR] = {s->clear_horizontal_m,
                                                              s->clear_vertical_m}},
                       .range_m = s->range_m,
                       .step_us = (int64_t)(s->step_s * 1e6),
                       .max_gap_us = (int64_t)(s->max_gap_s * 1e6)},
        .episode_gap_us = (int64_t)(s->max_gap_s * 1e6)};
    return DRF_OK;
}
