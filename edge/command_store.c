// SPDX-License-Identifier: Apache-2.0
// info and migrate: what a store is, and what it is to become.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "edge/command.h"
#include "edge/info.h"
#include "edge/reading.h"

int edge_command_info(int argc, char **argv)
{
    if (!edge_options_known(argc, argv, "store", "json"))
        return 2;
    const char *path = edge_option(argc, argv, "store");
    struct edge_reading reading = {0};
    enum drf_status status = edge_reading_open(path, stderr, &reading);
    if (status != DRF_OK)
        return 1;
    status = edge_flag(argc, argv, "json") ? edge_info_json(reading.store, path, stdout)
                                           : edge_info_table(reading.store, path, stdout);
    if (status != DRF_OK)
        fprintf(stderr, "drf-edge: %s\n", fusion_store_error(reading.store));
    edge_reading_close(&reading);
    return status == DRF_OK ? 0 : 1;
}
