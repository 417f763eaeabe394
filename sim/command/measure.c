// SPDX-License-Identifier: Apache-2.0
// `drf-sim measure`: what happened in recordings, in numbers, tables, a GeoPackage and a
// report.
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "sim/command/command.h"
#include "sim/command/measure_options.h"
#include "sim/host/options.h"
#include "sim/measure/report.h"
#include "sim/measure/tables.h"
#include "sim/measure/vector_package.h"

struct outputs {
    struct sim_tables *tables;
    struct sim_vector_package *package;
    struct sim_report *report;
};

static enum drf_status open_outputs(const char *folder, const struct sim_measure_rules *rules,
                                    struct outputs *out)
{
    char path[4096];
    if (folder == NULL)
        return DRF_OK;
    if (mkdir(folder, 0755) != 0 && errno != EEXIST) {
        fprintf(stderr, "drf-sim measure: cannot make %s: %s\n", folder,
                strerrordesc_np(errno));
        return DRF_ERR_STORE;
    }
    enum drf_status status = sim_tables_open(folder, &out->tables);
    if (status == DRF_OK) {
        snprintf(path, sizeof path, "%.4000s/measures.gpkg", folder);
        status = sim_vector_package_open(path, &out->package);
    }
    if (status == DRF_OK) {
        snprintf(path, sizeof path, "%.4000s/report.html", folder);
        status = sim_report_open(path, rules, &out->report);
    }
    return status;
}

static enum drf_status close_outputs(struct outputs *out)
{
    enum drf_status tables = sim_tables_close(out->tables);
    enum drf_status package = sim_vector_package_close(out->package);
    enum drf_status report = sim_report_close(out->report);
    enum drf_status status = tables != DRF_OK ? tables : package != DRF_OK ? package : report;
    if (status != DRF_OK)
        fprintf(stderr,
                "drf-sim measure: not all could be written, and what is there is not whole:"
                "%s%s%s\n",
                tables != DRF_OK ? " tables (CSV)" : "",
                package != DRF_OK ? " measures.gpkg" : "",
                report != DRF_OK ? " report.html" : "");
    return status;
}

static void print_line(void *context, const char *text)
{
    (void)context;
    printf("  %s\n", text);
}

// Reasons are printed once, with how many measures each concerns.
static void print_unknown(const struct sim_measured *measured)
{
    for (size_t i = 0; i < measured->count; i++) {
        const struct sim_measure *m = &measured->measures[i];
        size_t same = 0;
        bool first = !m->known;
        for (size_t j = 0; j < i && first; j++)
            first =
                measured->measures[j].known || strcmp(measured->measures[j].why, m->why) != 0;
        for (size_t j = i; j < measured->count && first; j++)
            same +=
                !measured->measures[j].known && strcmp(measured->measures[j].why, m->why) == 0;
        if (first)
            printf("  not measurable, %zu of %zu: %s (%s%s%s%s)\n", same, measured->count,
                   m->why, m->name, m->of[0] != '\0' ? " of " : "", m->of,
                   same > 1 ? ", ..." : "");
    }
}

static void print(const struct sim_measured *measured)
{
    printf("%s\n", measured->scan.path);
    sim_report_notes(measured, print_line, NULL);
    for (size_t i = 0; i < measured->count; i++) {
        const struct sim_measure *m = &measured->measures[i];
        if (m->known && m->count > 0)
            printf("  %-28s %-24s %12.6g  from %" PRIu64 "\n", m->name, m->of, m->value,
                   m->count);
    }
    print_unknown(measured);
}

static enum drf_status measure(const char *path, const struct sim_measure_rules *rules,
                               struct outputs *out)
{
    struct sim_measured measured;
    struct drf_mcap_error error;
    struct stat found;
    if (stat(path, &found) == 0 && S_ISDIR(found.st_mode)) {
        fprintf(stderr,
                "drf-sim measure: %s: a folder; name its recordings, such as "
                "%s/*/recording.mcap\n",
                path, path);
        return DRF_ERR_ABSENT;
    }
    enum drf_status status = sim_measured_open(path, rules, &measured, &error);
    if (status != DRF_OK) {
        fprintf(stderr, "drf-sim measure: %s\n", error.text);
        return status;
    }
    print(&measured);
    if (out->tables != NULL) {
        sim_tables_add(out->tables, &measured);
        sim_report_add(out->report, &measured);
        status = sim_vector_package_add(out->package, &measured, rules->separation.max_gap_us);
    }
    sim_measured_close(&measured);
    return status;
}

int sim_measure_run(int argc, char **argv)
{
    const char *folder = NULL;
    struct sim_measure_settings settings = sim_measure_defaults;
    struct sim_option options[SIM_MEASURE_OPTIONS + 1];
    size_t count = sim_measure_options(&settings, options);
    options[count++] = (struct sim_option){"out", SIM_OPTION_TEXT, &folder, "DIR",
                                           "tables (CSV), measures.gpkg, report.html"};
    const struct sim_usage usage = {
        "measure FILE... [--out DIR] [OPTION...]",
        "Measures recordings (MCAP, schemas/recording.md): losses of separation, advisories\n"
        "missed, false and how soon they came, age of information, bytes, latency. What "
        "cannot\n"
        "be measured says why. Definitions and sources: deploy/research.md.",
        options, count};
    int rest;
    enum drf_status status = sim_options_read(&usage, argc, argv, &rest);
    if (status != DRF_OK)
        return sim_options_exit(status);
    struct sim_measure_rules rules;
    if (rest == argc || sim_measure_rules_of(&settings, "measure", &rules) != DRF_OK) {
        if (rest == argc)
            fprintf(stderr, "drf-sim measure: no recording is named\n");
        return 2;
    }
    struct outputs outputs = {0};
    bool good = open_outputs(folder, &rules, &outputs) == DRF_OK;
    // One that cannot be read takes nothing from the others.
    for (int i = rest; i < argc && (good || i > rest); i++)
        good &= measure(argv[i], &rules, &outputs) == DRF_OK;
    good &= close_outputs(&outputs) == DRF_OK;
    return good ? 0 : 1;
}
