// sim/command/measure_options.h - options of measure and compare: thresholds, range, gaps.
// SPDX-License-Identifier: Apache-2.0
//
// Defaults and their sources (deploy/research.md):
//   NMAC 500 ft and 100 ft: made to judge TCAS in the 1980s; Weinert et al., A Quantitatively
//     Derived NMAC Analog for Smaller Unmanned Aircraft Systems, 2020,
//     doi:10.5281/zenodo.3727764.
//   Well clear 2,000 ft and 250 ft: ASTM F3442/F3442M-23; Weinert et al., Well-Clear
//   Recommendation
//     for Small Unmanned Aircraft Systems, J. of Air Transportation 26(3), doi:10.2514/1.D0091.
//     UK CAA, CAP 3015, takes both.
//   Gap 3 s: from then on the node takes a drone for silent (schemas/advisories.md).
#ifndef SIM_MEASURE_OPTIONS_H
#define SIM_MEASURE_OPTIONS_H

#include "sim/host/options.h"
#include "sim/measure/measures.h"

struct sim_measure_settings {
    double nmac_horizontal_m, nmac_vertical_m;
    double clear_horizontal_m, clear_vertical_m;
    double range_m, step_s, max_gap_s;
};

enum { SIM_MEASURE_OPTIONS = 7 };

extern const struct sim_measure_settings sim_measure_defaults;

// Fills the rows; they point into `settings`. Returns SIM_MEASURE_OPTIONS.
size_t sim_measure_options(struct sim_measure_settings *settings, struct sim_option *options);
// DRF_ERR_RANGE: said on stderr, for the command of that name.
DRF_MUST_CHECK enum drf_status sim_measure_rules_of(const struct sim_measure_settings *settings,
                                                    const char *command,
                                                    struct sim_measure_rules *out);

#endif
