// sim/experiment/run.h - one run: world, node and fleet in lock-step on a simulated clock.
// SPDX-License-Identifier: Apache-2.0
//
// Leaves recording.mcap in the run's folder. Reads no clock; the same settings give the same
// bytes.
#ifndef SIM_RUN_H
#define SIM_RUN_H

#include "sim/experiment/experiment.h"

enum { SIM_RUN_ERROR_SIZE = 512, SIM_ROW_SIZE = 2048 };

// Everything but the last column's line end; the columns of sim_run_columns.
struct sim_run_result {
    char row[SIM_ROW_SIZE];
};
extern const char sim_run_columns[]; // "reports,contexts,..."

// DRF_ERR_AGAIN: asked to stop. Any other: failed; `error` says why.
DRF_MUST_CHECK enum drf_status sim_run_make(const struct sim_run_job *job,
                                            struct sim_run_result *out,
                                            char error[static SIM_RUN_ERROR_SIZE]);

#endif
