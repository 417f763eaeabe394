// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>
#include <unistd.h>

#include "edge/command/command.h"
#include "edge/host/clock.h"
#include "edge/replay/lockstep.h"

int edge_command_lockstep(int argc, char **argv)
{
    struct drf_config config;
    char error[400];
    if (!edge_options_known(argc, argv, "config", "verbose")
        || edge_command_load(argc, argv, &config) != DRF_OK)
        return 2;
    config.store_in_memory = true; // a simulation begins anew
    struct edge_log log;
    edge_log_init(&log);
    log.real_utc_us = edge_clock_utc_us;
    log.level = edge_flag(argc, argv, "verbose") ? EDGE_LOG_INFO : EDGE_LOG_WARN;
    enum drf_status status =
        edge_lockstep_run(&config, &log, dup(STDIN_FILENO), dup(STDOUT_FILENO), error);
    drf_config_close(&config);
    if (status == DRF_OK)
        return 0;
    fprintf(stderr, "drf-edge: lockstep: %s\n", error);
    return status == DRF_ERR_RANGE ? 2 : 1;
}
