// SPDX-License-Identifier: Apache-2.0
// info and migrate: what a store is, and what it is to become.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "edge/command/command.h"
#include "edge/command/info.h"
#include "edge/command/store_reader.h"
#include "fusion/store/store_migrate.h"

int edge_command_info(int argc, char **argv)
{
    if (!edge_options_known(argc, argv, "store", "json"))
        return 2;
    const char *path = edge_option(argc, argv, "store");
    struct edge_store_reader reader = {0};
    enum drf_status status = edge_store_reader_open(path, stderr, &reader);
    if (status != DRF_OK)
        return 1;
    const bool json = edge_flag(argc, argv, "json");
    if (!json)
        status = edge_info_table(reader.store, path, stdout);
    // A store that cannot be folded still is what the tables say.
    if (status == DRF_OK) {
        const bool folded = edge_store_reader_fold(&reader, INT64_MIN, stderr) == DRF_OK;
        if (json)
            status = edge_info_json(&reader, path, stdout);
        else if (folded && edge_info_catalog(&reader, stdout) == DRF_ERR_NOMEM)
            status = DRF_ERR_NOMEM;
    }
    if (status != DRF_OK)
        fprintf(stderr, "drf-edge: %s\n", fusion_store_error(reader.store));
    edge_store_reader_close(&reader);
    return status == DRF_OK ? 0 : 1;
}

static int refuse_level(const char *path, const struct fusion_migration *done)
{
    fprintf(
        stderr,
        "drf-edge: %s: its tiles are of level %u, and a level cannot be migrated: tiles are\n"
        "made from the sources at their level. Move the file away and start the node: it "
        "reads\n"
        "its topics again from the beginning. `drf-edge info` lists what was imported.\n",
        path, done->level);
    return 1;
}

int edge_command_migrate(int argc, char **argv)
{
    edge_command_keep_private();
    if (!edge_options_known(argc, argv, "store level", ""))
        return 2;
    const char *path = edge_option(argc, argv, "store");
    const char *level = edge_option(argc, argv, "level");
    char copy[4096];
    if (!path || snprintf(copy, sizeof copy, "%s-before-migration", path) >= (int)sizeof copy) {
        fprintf(stderr, "drf-edge: --store FILE is needed\n");
        return 2;
    }
    struct fusion_migration done;
    struct fusion_store_fault fault = {0};
    enum drf_status status = fusion_store_migrate(path, copy, &done, &fault);
    if (status != DRF_OK) {
        fprintf(stderr, "drf-edge: %s\n",
                fault.text[0] != '\0' ? fault.text : drf_status_name(status));
        return 1;
    }
    if (done.from == done.to)
        printf("%s: schema %u, nothing to do\n", path, done.to);
    else
        printf("%s: migrated from schema %u to %u; as it was: %s\n", path, done.from, done.to,
               copy);
    return level && strtoul(level, NULL, 10) != done.level ? refuse_level(path, &done) : 0;
}
