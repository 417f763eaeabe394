// sim/experiment/node_config.h - writes the configuration of the node of a run.
// SPDX-License-Identifier: Apache-2.0
#ifndef SIM_NODE_CONFIG_H
#define SIM_NODE_CONFIG_H

#include "sim/experiment/experiment.h"

#define SIM_EXPERIMENT_REGION "sim-experiment"
#define SIM_EXPERIMENT_NODE "sim-1"

// The feeds of a run: what is published of the world, and where.
struct sim_run_feed {
    const char *name, *topic, *settings; // of the node's configuration
    const char *file, *kind;             // in the world's folder; NULL: not from a file
    // how many of them a run has, for what is not from a file
    size_t offset;
};
enum { SIM_RUN_FEEDS = 8, SIM_RUN_ZONES = 5, SIM_RUN_ALERTS, SIM_RUN_TRAFFIC };
extern const struct sim_run_feed sim_run_feeds[SIM_RUN_FEEDS];
// Whether a run has this feed.
bool sim_run_feed_used(const struct sim_run_feed *feed, const struct sim_trial *trial);

// Mode SIM, the world's region, its feeds, and the settings under `node` of the experiment. The
// store is node.gpkg beside the file. DRF_ERR_STORE.
DRF_MUST_CHECK enum drf_status sim_node_config_write(const struct sim_trial *trial,
                                                     const struct sim_world *world,
                                                     const char *path);

#endif
