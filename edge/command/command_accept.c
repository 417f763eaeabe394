// SPDX-License-Identifier: Apache-2.0
// accept: what a feed lost with its topic counts as withdrawn.
#include <stdio.h>
#include <string.h>

#include "edge/command/command.h"
#include "edge/command/import.h"

static int accept(const struct drf_config *config, size_t feed)
{
    struct fusion_store_fault fault = {0};
    struct edge_import import;
    const char *name = config->feeds[feed].name;
    enum drf_status status = edge_import_open(config, feed, &fault, &import);
    if (status != DRF_OK) {
        fprintf(stderr, "drf-edge: %s%s\n",
                fault.text[0] != '\0' ? fault.text : drf_status_name(status),
                fault.trouble == FUSION_STORE_BUSY ? ": stop the node first" : "");
        return 1;
    }
    size_t missing = fusion_fabric_missing(import.fabric, name);
    status = fusion_fabric_missing_accept(import.fabric, name);
    if (status == DRF_OK)
        status = fusion_store_commit(import.store, fusion_store_as_of(import.store));
    if (status == DRF_OK)
        printf("%s: %zu feature%s taken as withdrawn\n", name, missing,
               missing == 1 ? "" : "s");
    else
        fprintf(stderr, "drf-edge: %s\n", fusion_store_error(import.store));
    edge_import_close(&import);
    return status == DRF_OK ? 0 : 1;
}

int edge_command_accept(int argc, char **argv)
{
    struct drf_config config;
    const char *name = edge_option(argc, argv, "feed");
    edge_command_keep_private();
    if (!edge_options_known(argc, argv, "config feed", "")
        || edge_command_load(argc, argv, &config) != DRF_OK)
        return 2;
    size_t feed = 0;
    while (name && feed < config.feed_count && strcmp(config.feeds[feed].name, name) != 0)
        feed++;
    bool known = name && feed < config.feed_count;
    if (!known)
        fprintf(stderr, "drf-edge: --feed: the name of a feed of the configuration\n");
    int code = known ? accept(&config, feed) : 2;
    drf_config_close(&config);
    return code;
}
