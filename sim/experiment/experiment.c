// SPDX-License-Identifier: Apache-2.0
#include "sim/experiment/experiment.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

void sim_experiment_close(struct sim_experiment *experiment)
{
    for (size_t i = 0; i < experiment->varied_count; i++)
        free(experiment->varied[i].values);
    free(experiment->seeds);
    free(experiment->text);
    *experiment = (struct sim_experiment){.text = NULL};
}

size_t sim_experiment_runs(const struct sim_experiment *experiment)
{
    size_t runs = experiment->seed_count;
    for (size_t i = 0; i < experiment->varied_count && runs <= SIM_RUNS_MAX; i++)
        runs *= experiment->varied[i].count;
    return runs;
}

const char *sim_experiment_value(const struct sim_experiment *experiment, size_t run,
                                 size_t index)
{
    size_t rest = run / experiment->seed_count;
    for (size_t i = 0; i < index; i++)
        rest /= experiment->varied[i].count;
    return experiment->varied[index].values[rest % experiment->varied[index].count];
}

// Characters that a folder's name has without trouble.
static void append(char name[static SIM_RUN_NAME_SIZE], const char *text)
{
    size_t at = strlen(name);
    for (; *text != '\0' && at + 1 < SIM_RUN_NAME_SIZE; text++) {
        bool plain = (*text >= '0' && *text <= '9') || (*text >= 'a' && *text <= 'z')
                     || (*text >= 'A' && *text <= 'Z') || strchr("._+-=", *text) != NULL;
        name[at] = '_';
        if (plain)
            name[at] = *text;
        at++;
    }
    name[at] = '\0';
}

enum drf_status sim_experiment_run(const struct sim_experiment *experiment, size_t run,
                                   struct sim_trial *out, char name[static SIM_RUN_NAME_SIZE],
                                   struct sim_experiment_error *error)
{
    *out = experiment->base;
    out->seed = experiment->seeds[run % experiment->seed_count];
    snprintf(name, SIM_RUN_NAME_SIZE, "run-%" PRIu64, out->seed);
    for (size_t i = 0; i < experiment->varied_count; i++) {
        const char *path = experiment->varied[i].path;
        const char *value = sim_experiment_value(experiment, run, i);
        enum drf_status status = sim_trial_set(out, path, value, error);
        if (status != DRF_OK)
            return status;
        append(name, "-");
        append(name, path);
        append(name, "=");
        append(name, value);
    }
    if (strlen(name) + 1 == SIM_RUN_NAME_SIZE) {
        snprintf(error->text, sizeof error->text,
                 "the names of the parameters that vary, and their values, are too long");
        return DRF_ERR_SYNTAX;
    }
    return sim_trial_finish(out, error);
}
