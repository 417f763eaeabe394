// sim/host/options.h - parser for the command line of a subcommand, from a table.
// SPDX-License-Identifier: Apache-2.0
#ifndef SIM_OPTIONS_H
#define SIM_OPTIONS_H

#include <stddef.h>
#include <stdint.h>

#include "geo/status.h"

enum sim_option_kind {
    SIM_OPTION_FLAG,  // bool *
    SIM_OPTION_TEXT,  // const char **, borrowed from argv
    SIM_OPTION_COUNT, // uint64_t *
    SIM_OPTION_REAL,  // double *, finite
    SIM_OPTION_PLACE, // struct geo_point *, written LAT,LON
    SIM_OPTION_TIME,  // int64_t *, microseconds UTC, written 2026-01-31T12:00:00Z
};

struct sim_option {
    const char *name; // without the dashes
    enum sim_option_kind kind;
    void *value;          // its default is what is there before
    const char *argument; // word for the help text, NULL for a flag
    const char *help;
};

struct sim_usage {
    const char *synopsis; // after "drf-sim "
    const char *summary;
    const struct sim_option *options;
    size_t count;
};

// Reads argv. *rest is the index of the first word that is no option.
// DRF_ERR_ABSENT: --help was asked for and printed to stdout.
// DRF_ERR_SYNTAX: refused, with a line on stderr that says why.
DRF_MUST_CHECK enum drf_status sim_options_read(const struct sim_usage *usage, int argc,
                                                char **argv, int *rest);

// The exit code for what sim_options_read() refused: 0 for --help, else 2.
int sim_options_exit(enum drf_status status);

// Reads an instant such as 2026-01-31T12:00:00Z or 2026-01-31T12:00:00.25Z.
DRF_MUST_CHECK enum drf_status sim_time_parse(const char *text, int64_t *utc_us);

enum { SIM_TIME_TEXT_SIZE = 40 };
// Writes 2026-01-31T12:00:00.000Z and a NUL.
void sim_time_format(int64_t utc_us, char text[static SIM_TIME_TEXT_SIZE]);

#endif
