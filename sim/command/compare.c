// SPDX-License-Identifier: Apache-2.0
// `drf-sim compare`: the first message that differs, then how far every measure differs.
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "sim/command/command.h"
#include "sim/command/measure_options.h"
#include "sim/host/options.h"
#include "sim/measure/output_difference.h"
#include "sim/measure/runs.h"
#include "sim/measure/tables.h"

enum { EQUAL = 0, DIFFERENT = 1, REFUSED = 2, PAIRS_FEW = 10 };

struct comparison {
    struct sim_runs runs[2];
    struct sim_run_pair *pairs;
    size_t pair_count;
    struct sim_bootstrap_rules bootstrap;
    FILE *table; // NULL: none is asked for
    bool all;    // equal measures, too
};

static void print_place(const char *what, char side, const struct sim_place *place)
{
    char time[SIM_TIME_TEXT_SIZE];
    if (!place->is) {
        printf("  %-12s %c: none\n", what, side);
        return;
    }
    sim_time_format(place->log_us, time);
    printf("  %-12s %c: no. %" PRIu64 ", %s, at %s, in the chunk at byte %" PRIu64 "\n", what,
           side, place->number, place->topic, time, place->offset);
}

static void print_difference(const struct sim_output_difference *d)
{
    printf("  after %" PRIu64 " equal outputs: %s\n", d->compared, d->field.field_path);
    printf("    A: %s\n    B: %s\n", d->field.one, d->field.two);
    for (int i = 0; i < 2; i++)
        print_place("output", (char)('A' + i), &d->outputs[i]);
    for (int i = 0; i < 2; i++)
        print_place("last input", (char)('A' + i), &d->inputs[i]);
}

// The outputs of every pair; the first that differs is printed.
static int compare_outputs(const struct comparison *c)
{
    size_t different = 0;
    uint64_t compared = 0;
    for (size_t i = 0; i < c->pair_count; i++) {
        const char *const paths[2] = {c->runs[0].runs[c->pairs[i].one].path,
                                      c->runs[1].runs[c->pairs[i].two].path};
        struct sim_output_difference difference;
        struct drf_mcap_error error;
        if (sim_output_difference(paths, &difference, &error) != DRF_OK) {
            fprintf(stderr, "drf-sim compare: %s\n", error.text);
            return REFUSED;
        }
        compared += difference.compared;
        if (difference.differs && different++ == 0) {
            printf("first difference of the outputs (A %s, B %s):\n", paths[0], paths[1]);
            print_difference(&difference);
        }
        if (difference.truncated[0] || difference.truncated[1])
            printf("%s is truncated: %" PRIu64 " outputs are unproved\n",
                   paths[difference.truncated[0] ? 0 : 1], difference.unproved);
        if (c->pair_count == 1 && !difference.differs)
            printf("%" PRIu64 " outputs are equal\n", difference.compared);
    }
    if (c->pair_count > 1)
        printf("%zu of %zu pairs of runs differ in their outputs\n", different, c->pair_count);
    if (different == 0 && compared == 0)
        printf("no output was compared: the recordings hold none that can be\n");
    return different > 0 || compared == 0 ? DIFFERENT : EQUAL;
}

static void write_row(FILE *table, const struct sim_measure *m,
                      const struct sim_run_difference *d)
{
    fprintf(table, "%s,%s,%zu,", m->name, m->of, d->pairs);
    if (d->pairs > 0)
        fprintf(table, "%.10g,%.10g,%.10g", d->one, d->two, d->mean);
    else
        fputs(",,", table);
    if (d->has_interval)
        fprintf(table, ",%.10g,%.10g\n", d->low, d->high);
    else
        fputs(",,\n", table);
}

static void print_row(const struct sim_measure *m, const struct sim_run_difference *d)
{
    printf("  %-28s %-22s", m->name, m->of);
    if (d->pairs == 0)
        printf(" known on one side only\n");
    else if (d->has_interval)
        printf(" %11.6g %11.6g %+11.6g  [%+.6g, %+.6g]%s\n", d->one, d->two, d->mean, d->low,
               d->high, d->low > 0 || d->high < 0 ? "  *" : "");
    else
        printf(" %11.6g %11.6g %+11.6g\n", d->one, d->two, d->mean);
}

static int compare_measures(const struct comparison *c)
{
    const struct sim_run *first = &c->runs[0].runs[c->pairs[0].one];
    size_t different = 0;
    for (size_t i = 0; i < first->count; i++) {
        struct sim_bootstrap_rules rules = c->bootstrap;
        struct sim_run_difference difference;
        rules.stream = i;
        if (sim_runs_difference(&c->runs[0], &c->runs[1], c->pairs, c->pair_count, i, &rules,
                                &difference)
            != DRF_OK) {
            fprintf(stderr, "drf-sim compare: out of memory\n");
            return REFUSED;
        }
        if (c->table != NULL)
            write_row(c->table, &first->measures[i], &difference);
        if (difference.equal && !(c->all && difference.pairs > 0))
            continue;
        if (!difference.equal && different++ == 0)
            printf("measures that differ: mean of A, of B, B - A%s\n",
                   c->pair_count > 1 ? ", interval of B - A (*: without 0)" : "");
        print_row(&first->measures[i], &difference);
    }
    printf("%zu of %zu measures differ\n", different, first->count);
    return different > 0 ? DIFFERENT : EQUAL;
}

static FILE *open_table(const char *folder)
{
    char path[4096];
    if (mkdir(folder, 0755) != 0 && errno != EEXIST) {
        fprintf(stderr, "drf-sim compare: cannot make %s: %s\n", folder,
                strerrordesc_np(errno));
        return NULL;
    }
    snprintf(path, sizeof path, "%.4000s/differences.csv", folder);
    FILE *table = fopen(path, "w");
    if (table == NULL)
        fprintf(stderr, "drf-sim compare: %s: cannot be written: %s\n", path,
                strerrordesc_np(errno));
    else
        fputs("measure,of,pairs,mean_a,mean_b,mean_difference,low,high\n", table);
    return table;
}

static int compare_all(struct comparison *c)
{
    size_t one = c->runs[0].count, two = c->runs[1].count;
    c->pairs = calloc(one < two ? one : two, sizeof *c->pairs);
    if (c->pairs == NULL)
        return REFUSED;
    c->pair_count = sim_runs_pair(&c->runs[0], &c->runs[1], c->pairs);
    if (one > 1 || two > 1)
        printf("%zu runs in A, %zu in B: %zu pairs with the same seed\n", one, two,
               c->pair_count);
    if (c->pair_count == 0) {
        fprintf(stderr, "drf-sim compare: no seed is once in A and once in B\n");
        return REFUSED;
    }
    int outputs = compare_outputs(c);
    if (outputs == REFUSED)
        return REFUSED;
    if (c->pair_count > 1)
        printf("%g %% intervals: BCa bootstrap of the mean of B - A over %zu pairs, %zu "
               "resamples, each measure by itself%s\n",
               100 * c->bootstrap.level, c->pair_count, c->bootstrap.resamples,
               c->pair_count < PAIRS_FEW ? "; few pairs: they are too narrow" : "");
    int measures = compare_measures(c);
    return measures == EQUAL ? outputs : measures;
}

int sim_compare_run(int argc, char **argv)
{
    struct sim_measure_settings settings = sim_measure_defaults;
    struct comparison c = {.bootstrap = {.seed = 1, .resamples = 10000, .level = 0.95}};
    uint64_t resamples = c.bootstrap.resamples;
    const char *folder = NULL, *chosen[2] = {NULL, NULL};
    struct sim_option options[SIM_MEASURE_OPTIONS + 7];
    size_t count = sim_measure_options(&settings, options);
    const struct sim_option more[] = {
        {"out", SIM_OPTION_TEXT, &folder, "DIR", "differences.csv, of all measures"},
        {"a", SIM_OPTION_TEXT, &chosen[0], "KEY=VALUE",
         "of A only runs with this varied value"},
        {"b", SIM_OPTION_TEXT, &chosen[1], "KEY=VALUE", "of B likewise"},
        {"resamples", SIM_OPTION_COUNT, &resamples, "N", "of the bootstrap: 10000"},
        {"level", SIM_OPTION_REAL, &c.bootstrap.level, "SHARE", "of the intervals: 0.95"},
        {"seed", SIM_OPTION_COUNT, &c.bootstrap.seed, "N", "of the bootstrap: 1"},
        {"all", SIM_OPTION_FLAG, &c.all, NULL, "print equal measures, too"},
    };
    memcpy(options + count, more, sizeof more);
    count += sizeof more / sizeof more[0];
    const struct sim_usage usage = {
        "compare A B [--out DIR] [OPTION...]",
        "Compares two recordings, or two folders of runs with the same seeds: the first "
        "output\n"
        "of the node that differs, field by field, with the last input before it; then every\n"
        "measure, over seeds with bootstrap intervals. Mode and topic root are passed over.\n"
        "Ends with 0: equal, 1: different, or no output to compare, 2: wrong arguments, or a\n"
        "file cannot be read.",
        options, count};
    int rest;
    enum drf_status status = sim_options_read(&usage, argc, argv, &rest);
    if (status != DRF_OK)
        return sim_options_exit(status);
    struct sim_measure_rules rules;
    if (argc - rest != 2) {
        fprintf(stderr, "drf-sim compare: two recordings or folders are needed\n");
        return REFUSED;
    }
    if (resamples < 100 || resamples > 10000000 || c.bootstrap.level <= 0
        || c.bootstrap.level >= 1) {
        fprintf(stderr, "drf-sim compare: --resamples is 100 to 10000000, --level between 0 "
                        "and 1\n");
        return REFUSED;
    }
    if (sim_measure_rules_of(&settings, "compare", &rules) != DRF_OK)
        return REFUSED;
    c.bootstrap.resamples = (size_t)resamples;
    int code = REFUSED;
    if (sim_runs_open(argv[rest], chosen[0], &rules, &c.runs[0]) == DRF_OK
        && sim_runs_open(argv[rest + 1], chosen[1], &rules, &c.runs[1]) == DRF_OK
        && (folder == NULL || (c.table = open_table(folder)) != NULL))
        code = compare_all(&c);
    if (c.table != NULL && fclose(c.table) != 0) {
        fprintf(stderr, "drf-sim compare: %s/differences.csv could not be written\n", folder);
        code = REFUSED;
    }
    free(c.pairs);
    sim_runs_close(&c.runs[0]);
    sim_runs_close(&c.runs[1]);
    return code;
}
