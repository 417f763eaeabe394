// SPDX-License-Identifier: Apache-2.0
#include "sim/host/options.h"

#include <assert.h>
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "geo/point.h"

enum { OPTIONS_MAX = 40, HELP_CODE = 1000 };

static bool read_real(const char *text, const char **end, double *out)
{
    char *stop;
    errno = 0;
    double value = strtod(text, &stop);
    if (stop == text || errno != 0 || !isfinite(value))
        return false;
    *end = stop;
    *out = value;
    return true;
}

static bool read_count(const char *text, uint64_t *out)
{
    char *stop;
    errno = 0;
    unsigned long long value = strtoull(text, &stop, 10);
    if (stop == text || *stop != '\0' || errno != 0 || *text == '-')
        return false;
    *out = value;
    return true;
}

static bool read_place(const char *text, struct geo_point *out)
{
    struct geo_point place;
    const char *end;
    if (!read_real(text, &end, &place.lat_deg) || *end != ',')
        return false;
    if (!read_real(end + 1, &end, &place.lon_deg) || *end != '\0')
        return false;
    if (fabs(place.lat_deg) > 90.0 || fabs(place.lon_deg) > 180.0)
        return false;
    *out = place;
    return true;
}

enum drf_status sim_time_parse(const char *text, int64_t *utc_us)
{
    struct tm parts = {0};
    const char *end = strptime(text, "%Y-%m-%dT%H:%M:%S", &parts);
    if (end == NULL)
        return DRF_ERR_SYNTAX;
    int64_t fraction_us = 0, unit_us = 100000;
    if (*end == '.')
        for (end++; *end >= '0' && *end <= '9'; end++, unit_us /= 10)
            fraction_us += (*end - '0') * unit_us;
    if (end[0] != 'Z' || end[1] != '\0')
        return DRF_ERR_SYNTAX;
    *utc_us = (int64_t)timegm(&parts) * 1000000 + fraction_us;
    return DRF_OK;
}

void sim_time_format(int64_t utc_us, char text[static SIM_TIME_TEXT_SIZE])
{
    int64_t second = utc_us / 1000000, rest_us = utc_us % 1000000;
    if (rest_us < 0) {
        second--;
        rest_us += 1000000;
    }
    time_t clock = (time_t)second;
    struct tm parts;
    gmtime_r(&clock, &parts);
    char whole[24];
    strftime(whole, sizeof whole, "%Y-%m-%dT%H:%M:%S", &parts);
    snprintf(text, SIM_TIME_TEXT_SIZE, "%s.%03dZ", whole, (int)(rest_us / 1000));
}

static bool take(const struct sim_option *option, const char *text)
{
    const char *end;
    double real;
    switch (option->kind) {
    case SIM_OPTION_FLAG:
        *(bool *)option->value = true;
        return true;
    case SIM_OPTION_TEXT:
        *(const char **)option->value = text;
        return *text != '\0';
    case SIM_OPTION_COUNT:
        return read_count(text, option->value);
    case SIM_OPTION_REAL:
        if (!read_real(text, &end, &real) || *end != '\0')
            return false;
        *(double *)option->value = real;
        return true;
    case SIM_OPTION_PLACE:
        return read_place(text, option->value);
    case SIM_OPTION_TIME:
        return sim_time_parse(text, option->value) == DRF_OK;
    }
    return false;
}

static void print_help(const struct sim_usage *usage)
{
    printf("usage: drf-sim %s\n\n%s\n\n", usage->synopsis, usage->summary);
    for (size_t i = 0; i < usage->count; i++) {
        const struct sim_option *option = &usage->options[i];
        char head[64];
        snprintf(head, sizeof head, "--%s %s", option->name,
                 option->argument != NULL ? option->argument : "");
        printf("  %-26s %s\n", head, option->help);
    }
    printf("  %-26s %s\n", "--help", "this text");
}

enum drf_status sim_options_read(const struct sim_usage *usage, int argc, char **argv,
                                 int *rest)
{
    assert(usage->count < OPTIONS_MAX);
    struct option table[OPTIONS_MAX + 2] = {{0}};
    for (size_t i = 0; i < usage->count; i++)
        table[i] = (struct option){
            .name = usage->options[i].name,
            .has_arg =
                usage->options[i].kind == SIM_OPTION_FLAG ? no_argument : required_argument,
            .val = (int)i,
        };
    table[usage->count] = (struct option){.name = "help", .val = HELP_CODE};
    optind = 1;
    opterr = 0;
    int code;
    // One thread reads the command line, before any other starts.
    // NOLINTNEXTLINE(concurrency-mt-unsafe)
    while ((code = getopt_long(argc, argv, ":", table, NULL)) != -1) {
        if (code == HELP_CODE) {
            print_help(usage);
            return DRF_ERR_ABSENT;
        }
        if (code < 0 || (size_t)code >= usage->count) {
            fprintf(stderr, "drf-sim %s: %s is %s; --help lists the options\n", argv[0],
                    argv[optind - 1], code == ':' ? "missing its value" : "not an option");
            return DRF_ERR_SYNTAX;
        }
        const struct sim_option *option = &usage->options[code];
        if (!take(option, optarg)) {
            fprintf(stderr, "drf-sim %s: --%s wants %s, not \"%s\"\n", argv[0], option->name,
                    option->argument, optarg);
            return DRF_ERR_SYNTAX;
        }
    }
    *rest = optind;
    return DRF_OK;
}

int sim_options_exit(enum drf_status status) { return status == DRF_ERR_ABSENT ? 0 : 2; }
