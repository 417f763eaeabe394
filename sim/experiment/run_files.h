// sim/experiment/run_files.h - the files in the folder of a run.
// SPDX-License-Identifier: Apache-2.0
#ifndef SIM_RUN_FILES_H
#define SIM_RUN_FILES_H

#include "sim/experiment/node_config.h"
#include "sim/publish/feed_port.h"

enum { SIM_FILE_PATH_SIZE = 4096 };

struct sim_run_paths {
    char folder[SIM_FILE_PATH_SIZE], world[SIM_FILE_PATH_SIZE]; // where the world's files are
    char config[SIM_FILE_PATH_SIZE], log[SIM_FILE_PATH_SIZE];   // of the node
    char part[SIM_FILE_PATH_SIZE], recording[SIM_FILE_PATH_SIZE];
    char wrong[SIM_FILE_PATH_SIZE]; // what the witness says of wrong values
};

// DRF_ERR_RANGE: too long.
DRF_MUST_CHECK enum drf_status sim_run_files_paths(const char *folder,
                                                   struct sim_run_paths *out);
// Writes what is published of the world. DRF_ERR_STORE, DRF_ERR_RANGE: said on stderr.
DRF_MUST_CHECK enum drf_status sim_run_files_world(const struct sim_world *world,
                                                   const struct sim_run_paths *paths);
// Cuts a feed's file into messages. Statuses of sim/publish/provide.h and of the port.
DRF_MUST_CHECK enum drf_status sim_run_files_publish(const char *folder,
                                                     const struct sim_run_feed *feed,
                                                     int64_t now_utc_us,
                                                     const struct sim_feed_port *port);
// After a run: deletes the world's files and the node's store; the recording gets its name when
// the run is `good`, else it is deleted. DRF_ERR_STORE.
DRF_MUST_CHECK enum drf_status sim_run_files_settle(const struct sim_run_paths *paths,
                                                    bool good);

#endif
