// sim/measure/runs.h - runs of two folders, brought together by seed and compared.
// SPDX-License-Identifier: Apache-2.0
#ifndef SIM_RUNS_H
#define SIM_RUNS_H

#include "sim/measure/bootstrap.h"
#include "sim/measure/measures.h"

struct sim_run { // of one recording: what is kept of it
    char *path;
    char seed[32];                    // "": its metadata has none
    char match[SIM_VARIED_TEXT + 32]; // the seed, and what else varied than what was chosen by
    size_t count;
    struct sim_measure *measures;
};

struct sim_runs {
    size_t count, room;
    struct sim_run *runs; // by match, then by path
    size_t passed_over;   // recordings with another value than the one chosen
};

void sim_runs_close(struct sim_runs *runs);

// A recording, or every *.mcap of a folder and of the folders in it; `chosen`: only runs of an
// experiment whose varied parameter has that value, "KEY=VALUE"; NULL: all. DRF_ERR_ABSENT:
// there is none, said on stderr; others as sim_measured_open(), likewise.
DRF_MUST_CHECK enum drf_status sim_runs_open(const char *path, const char *chosen,
                                             const struct sim_measure_rules *rules,
                                             struct sim_runs *out);

// Indexes of one run each.
struct sim_run_pair {
    size_t one, two;
};

// Brings together: two single recordings as they are; else by seed and other varied parameters,
// where these are once on each side. *pairs has room for the smaller count. Returns how many.
size_t sim_runs_pair(const struct sim_runs *one, const struct sim_runs *two,
                     struct sim_run_pair *pairs);

// Of one measure over the pairs: means and difference B - A.
struct sim_run_difference {
    size_t pairs; // in which both know it
    double one, two, mean;
    bool has_interval; // at least two pairs
    double low, high;
    bool equal; // known in the same pairs, with the same values
};

// `measure` is an index; the runs have the same rows. DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status sim_runs_difference(const struct sim_runs *one,
                                                   const struct sim_runs *two,
                                                   const struct sim_run_pair *pairs,
                                                   size_t pair_count, size_t measure,
                                                   const struct sim_bootstrap_rules *rules,
                                                   struct sim_run_difference *out);

#endif
