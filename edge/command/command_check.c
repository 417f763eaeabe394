// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>
#include <stdlib.h>

#include "edge/command/check.h"
#include "edge/command/command.h"
#include "fusion/store/store_maintenance.h"

static int check_all(int argc, char **argv, const struct drf_config *config)
{
    const char *text = edge_option(argc, argv, "seconds");
    long seconds = text ? strtol(text, NULL, 10) : 5;
    if (seconds < 1 || seconds > 600)
        seconds = 5;
    struct edge_check check = {
        .config = config,
        .out = stdout,
        .json = edge_flag(argc, argv, "json"),
        .timeout_ms = (int)seconds * 1000,
        .running = fusion_store_in_use(config->store_path),
    };
    edge_check_begin(&check, edge_option(argc, argv, "config"));
    edge_check_understood(&check);
    edge_check_store(&check);
    edge_check_http(&check);
    edge_check_view(&check);
    if (!edge_flag(argc, argv, "offline")) {
        edge_check_kafka(&check);
        edge_check_mqtt(&check);
    }
    edge_check_end(&check);
    return check.code;
}

int edge_command_check(int argc, char **argv)
{
    struct drf_config config;
    struct drf_config_error error = {.line = 0};
    if (!edge_options_known(argc, argv, "config seconds feed file key header",
                            "offline tombstone json all"))
        return 2;
    const char *path = edge_option(argc, argv, "config");
    if (!path) {
        fprintf(stderr, "drf-edge: --config FILE is needed\n");
        return 2;
    }
    if (drf_config_load(path, &error, &config) != DRF_OK) {
        if (edge_flag(argc, argv, "json"))
            edge_check_mistakes(path, &error, stdout);
        else
            drf_config_error_print(path, &error, stderr);
        return 2;
    }
    bool dry = edge_option(argc, argv, "feed") || edge_option(argc, argv, "file")
               || edge_flag(argc, argv, "tombstone");
    int code = dry ? edge_command_dry_run(argc, argv, &config) : check_all(argc, argv, &config);
    drf_config_close(&config);
    return code;
}
