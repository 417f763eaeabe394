// sim/experiment/experiment.h - an experiment: runs for each seed and each value of parameters.
// SPDX-License-Identifier: Apache-2.0
//
// deploy/experiment.md describes the file. A run is the settings of one seed and one value of
// each parameter that varies; its name and settings follow from the file alone.
#ifndef SIM_EXPERIMENT_H
#define SIM_EXPERIMENT_H

#include <stdio.h>

#include "sim/error/error_plan.h"
#include "sim/world/world.h"

enum {
    SIM_PATH_SIZE = 64,   // of a key: "errors.link.loss_bad"
    SIM_VALUE_SIZE = 128, // of its text
    SIM_NODE_SETTINGS_MAX = 64,
    SIM_VARIED_MAX = 8,
    SIM_SETTINGS_MAX = 64, // keys of the table
    SIM_RUN_NAME_SIZE = 200,
    SIM_EXPERIMENT_ERROR_SIZE = 320,
    SIM_RUNS_MAX = 1000000,
};

// A key of the node's configuration, passed on: "limits.stale_after_ms".
struct sim_node_setting {
    char path[SIM_PATH_SIZE], value[SIM_VALUE_SIZE];
};

struct sim_trial {
    uint64_t seed;
    struct sim_world_plan world;
    int64_t start_utc_us;
    bool bare; // no surface model is published
    uint64_t drones, plans, traffic, zones, alerts, patch_side;
    double duration_s, step_ms, rate_hz, settle_s, request_s, patch_rate_hz, verify_ratio;
    bool react, confused;
    struct sim_error_plan errors;
    struct sim_node_setting node[SIM_NODE_SETTINGS_MAX];
    size_t node_count;
    bool given[SIM_SETTINGS_MAX]; // by the place in the table
};

struct sim_varied {
    char path[SIM_PATH_SIZE];
    char (*values)[SIM_VALUE_SIZE];
    size_t count;
    unsigned line;
};

struct sim_experiment {
    uint8_t *text; // of the file
    size_t size;
    struct sim_trial base;
    uint64_t *seeds;
    size_t seed_count;
    struct sim_varied varied[SIM_VARIED_MAX];
    size_t varied_count;
};

struct sim_experiment_error {
    unsigned line; // 0: of no line
    char text[SIM_EXPERIMENT_ERROR_SIZE];
};

// DRF_ERR_ABSENT: no such file. DRF_ERR_SYNTAX: refused; `error` says what and in which line.
// DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status sim_experiment_read(const char *path, struct sim_experiment *out,
                                                   struct sim_experiment_error *error);
void sim_experiment_close(struct sim_experiment *experiment);

size_t sim_experiment_runs(const struct sim_experiment *experiment);
// The settings and the name of a run; seeds change fastest. DRF_ERR_SYNTAX: the values refuse
// each other.
DRF_MUST_CHECK enum drf_status sim_experiment_run(const struct sim_experiment *experiment,
                                                  size_t run, struct sim_trial *out,
                                                  char name[static SIM_RUN_NAME_SIZE],
                                                  struct sim_experiment_error *error);
// The value of varied parameter `index` in a run.
const char *sim_experiment_value(const struct sim_experiment *experiment, size_t run,
                                 size_t index);

// One run, for whoever makes it.
struct sim_run_job {
    const struct sim_experiment *experiment;
    size_t run;
    const struct sim_trial *trial;
    const char *name, *folder; // of the run
    const char *program;       // drf-edge
    bool (*stop)(void);        // asked at each step; true: end without a result
};

// sim/experiment/settings.c: the table of keys.
void sim_trial_defaults(struct sim_trial *out);
// Sets one key from its text. DRF_ERR_SYNTAX: unknown, out of range, not of its kind.
DRF_MUST_CHECK enum drf_status sim_trial_set(struct sim_trial *trial, const char *path,
                                             const char *text,
                                             struct sim_experiment_error *error);
// Whether everything is there that must be; sets which errors are on.
DRF_MUST_CHECK enum drf_status sim_trial_finish(struct sim_trial *trial,
                                                struct sim_experiment_error *error);
// Every key and its value, a line each, for telling whether a run was made with the same.
void sim_trial_write(const struct sim_trial *trial, FILE *file);
// The key most like `path` of those that are known; NULL: none is near.
const char *sim_trial_nearest(const char *path);

#endif
