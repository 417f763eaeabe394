// SPDX-License-Identifier: Apache-2.0
// run and config.
#include <stdio.h>
#include <string.h>

#include "edge/command/command.h"
#include "edge/service/loop.h"
#include "geo/utc.h"

enum drf_status edge_command_load(int argc, char **argv, struct drf_config *out)
{
    const char *path = edge_option(argc, argv, "config");
    if (!path) {
        fprintf(stderr, "drf-edge: --config FILE is needed\n");
        return DRF_ERR_ABSENT;
    }
    struct drf_config_error error = {0};
    enum drf_status status = drf_config_load(path, &error, out);
    if (status != DRF_OK)
        drf_config_error_print(path, &error, stderr);
    return status;
}

int edge_command_run(int argc, char **argv)
{
    struct drf_config config;
    edge_command_keep_private();
    if (!edge_options_known(argc, argv, "config utc-start journal", "verbose journal-output")
        || edge_command_load(argc, argv, &config) != DRF_OK)
        return 2;
    const char *journal = edge_option(argc, argv, "journal");
    if (journal)
        (void)snprintf(config.journal.path, sizeof config.journal.path, "%s", journal);
    if (edge_flag(argc, argv, "journal-output"))
        config.journal.whole = true;
    struct edge_log log;
    edge_log_init(&log);
    if (edge_flag(argc, argv, "verbose"))
        log.level = EDGE_LOG_DEBUG;
    struct edge_clock clock = {0};
    const char *start = edge_option(argc, argv, "utc-start");
    int64_t utc_us = 0;
    int code = 2;
    if (start && geo_utc_parse(start, strlen(start), &utc_us) != DRF_OK)
        fprintf(stderr, "drf-edge: --utc-start: 2004-12-09T12:00:00Z is the form\n");
    else if (start && config.mode != DRF_MODE_REPLAY)
        fprintf(stderr, "drf-edge: --utc-start needs node.mode REPLAY: what it shows is not "
                        "now\n");
    else {
        if (start)
            clock = edge_clock_from(utc_us);
        code = edge_loop_run(&config, &log, clock);
    }
    drf_config_close(&config);
    return code;
}

int edge_command_config(int argc, char **argv)
{
    if (!edge_options_known(argc, argv, "", ""))
        return 2;
    drf_config_print_defaults(stdout);
    return 0;
}
