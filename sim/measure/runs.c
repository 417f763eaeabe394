// SPDX-License-Identifier: Apache-2.0
#include "sim/measure/runs.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { FIRST_ROOM = 16, DEPTH_MAX = 8, PATH_SIZE = 4096 };

void sim_runs_close(struct sim_runs *runs)
{
    for (size_t i = 0; i < runs->count; i++) {
        free(runs->runs[i].path);
        free(runs->runs[i].measures);
    }
    free(runs->runs);
    *runs = (struct sim_runs){0};
}

// The seed and the varied parameters, without the one that was chosen by. Returns whether the
// run has the chosen value.
static bool match(struct sim_run *run, const char *varied, const char *chosen)
{
    size_t key_size = chosen != NULL ? strcspn(chosen, "=") + 1 : 0;
    bool fits = chosen == NULL;
    size_t used = (size_t)snprintf(run->match, sizeof run->match, "%s\n", run->seed);
    while (*varied != '\0') {
        size_t size = strcspn(varied, "\n");
        if (chosen != NULL && strncmp(varied, chosen, key_size) == 0)
            fits = strlen(chosen) == size && strncmp(varied, chosen, size) == 0;
        else
            used += (size_t)snprintf(run->match + used, sizeof run->match - used, "%.*s\n",
                                     (int)size, varied);
        varied += size + (varied[size] == '\n');
    }
    return fits;
}

static enum drf_status add(struct sim_runs *runs, const char *path, const char *chosen,
                           const struct sim_measure_rules *rules)
{
    if (runs->count == runs->room) {
        size_t room = runs->room == 0 ? FIRST_ROOM : 2 * runs->room;
        struct sim_run *grown = realloc(runs->runs, room * sizeof *grown);
        if (grown == NULL)
            return DRF_ERR_NOMEM;
        runs->runs = grown;
        runs->room = room;
    }
    struct sim_run run = {.path = strdup(path)};
    if (run.path == NULL)
        return DRF_ERR_NOMEM;
    struct sim_measured measured;
    struct drf_mcap_error error;
    enum drf_status status = sim_measured_open(run.path, rules, &measured, &error);
    if (status != DRF_OK) {
        fprintf(stderr, "drf-sim compare: %s\n", error.text);
        free(run.path);
        return status;
    }
    memcpy(run.seed, measured.scan.seed, sizeof run.seed);
    if (!match(&run, measured.scan.varied, chosen)) {
        runs->passed_over++;
        free(run.path);
        sim_measured_close(&measured);
        return DRF_OK;
    }
    run.count = measured.count;
    run.measures = measured.measures;
    measured.measures = NULL;
    sim_measured_close(&measured);
    runs->runs[runs->count++] = run;
    return DRF_OK;
}

static bool is_recording(const char *name)
{
    size_t size = strlen(name);
    return size > 5 && strcmp(name + size - 5, ".mcap") == 0;
}

static int no_dots(const struct dirent *entry) { return entry->d_name[0] != '.'; }

// At most DEPTH_MAX folders deep.
// NOLINTNEXTLINE(misc-no-recursion)
static enum drf_status add_folder(struct sim_runs *runs, const char *folder, const char *chosen,
                                  const struct sim_measure_rules *rules, int depth)
{
    struct dirent **entries;
    int count = scandir(folder, &entries, no_dots, alphasort);
    if (count < 0) {
        fprintf(stderr, "drf-sim compare: %s: %s\n", folder, strerrordesc_np(errno));
        return DRF_ERR_ABSENT;
    }
    enum drf_status status = DRF_OK;
    for (int i = 0; i < count; i++) {
        char path[PATH_SIZE];
        struct stat found;
        int size = snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
        if (status == DRF_OK && size < PATH_SIZE && stat(path, &found) == 0) {
            if (S_ISDIR(found.st_mode) && depth < DEPTH_MAX)
                status = add_folder(runs, path, chosen, rules, depth + 1);
            else if (S_ISREG(found.st_mode) && is_recording(entries[i]->d_name))
                status = add(runs, path, chosen, rules);
        }
        free(entries[i]);
    }
    free(entries);
    return status;
}

static int by_seed(const void *left, const void *right)
{
    const struct sim_run *a = left, *b = right;
    int seeds = strcmp(a->match, b->match);
    return seeds != 0 ? seeds : strcmp(a->path, b->path);
}

enum drf_status sim_runs_open(const char *path, const char *chosen,
                              const struct sim_measure_rules *rules, struct sim_runs *out)
{
    struct sim_runs runs = {0};
    struct stat found;
    if (stat(path, &found) != 0) {
        fprintf(stderr, "drf-sim compare: %s: %s\n", path, strerrordesc_np(errno));
        return DRF_ERR_ABSENT;
    }
    enum drf_status status = S_ISDIR(found.st_mode) ? add_folder(&runs, path, chosen, rules, 0)
                                                    : add(&runs, path, chosen, rules);
    if (status == DRF_OK && runs.count == 0) {
        fprintf(stderr, "drf-sim compare: %s: no recording (*.mcap)%s%s; %zu passed over\n",
                path, chosen != NULL ? " with " : "", chosen != NULL ? chosen : "",
                runs.passed_over);
        status = DRF_ERR_ABSENT;
    }
    if (status != DRF_OK) {
        sim_runs_close(&runs);
        return status;
    }
    qsort(runs.runs, runs.count, sizeof *runs.runs, by_seed);
    *out = runs;
    return DRF_OK;
}

// Whether what run i is matched by stands once; runs are sorted by it.
static bool alone(const struct sim_runs *runs, size_t i)
{
    const char *key = runs->runs[i].match;
    return runs->runs[i].seed[0] != '\0'
           && (i == 0 || strcmp(runs->runs[i - 1].match, key) != 0)
           && (i + 1 == runs->count || strcmp(runs->runs[i + 1].match, key) != 0);
}

size_t sim_runs_pair(const struct sim_runs *one, const struct sim_runs *two,
                     struct sim_run_pair *pairs)
{
    if (one->count == 1 && two->count == 1) {
        pairs[0] = (struct sim_run_pair){0};
        return 1;
    }
    size_t count = 0, j = 0;
    for (size_t i = 0; i < one->count; i++) {
        const char *key = one->runs[i].match;
        while (j < two->count && strcmp(two->runs[j].match, key) < 0)
            j++;
        if (j < two->count && strcmp(two->runs[j].match, key) == 0 && alone(one, i)
            && alone(two, j))
            pairs[count++] = (struct sim_run_pair){.one = i, .two = j};
    }
    return count;
}

enum drf_status sim_runs_difference(const struct sim_runs *one, const struct sim_runs *two,
                                    const struct sim_run_pair *pairs, size_t pair_count,
                                    size_t measure, const struct sim_bootstrap_rules *rules,
                                    struct sim_run_difference *out)
{
    struct sim_run_difference result = {.equal = true};
    struct sim_numbers differences = {0};
    enum drf_status status = DRF_OK;
    for (size_t i = 0; i < pair_count && status == DRF_OK; i++) {
        const struct sim_measure *a = &one->runs[pairs[i].one].measures[measure];
        const struct sim_measure *b = &two->runs[pairs[i].two].measures[measure];
        result.equal &= a->known == b->known;
        if (!a->known || !b->known)
            continue;
        double difference = b->value - a->value;
        result.equal &= difference == 0;
        result.one += a->value;
        result.two += b->value;
        result.mean += difference;
        status = sim_numbers_add(&differences, difference);
    }
    result.pairs = differences.count;
    if (result.pairs > 0) {
        result.one /= (double)result.pairs;
        result.two /= (double)result.pairs;
        result.mean /= (double)result.pairs;
    }
    if (status == DRF_OK && result.pairs >= 2) {
        struct sim_interval interval;
        status = sim_bootstrap_mean(differences.values, differences.count, rules, &interval);
        result.has_interval = status == DRF_OK;
        if (result.has_interval) {
            result.mean = interval.mean;
            result.low = interval.low;
            result.high = interval.high;
        }
    }
    sim_numbers_close(&differences);
    if (status == DRF_OK)
        *out = result;
    return status;
}
