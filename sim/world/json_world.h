// sim/world/json_world.h - reads and writes world.json, a world's parameters.
// SPDX-License-Identifier: Apache-2.0
#ifndef SIM_JSON_WORLD_H
#define SIM_JSON_WORLD_H

#include "sim/world/world.h"

struct sim_world_file {
    const char *name; // in the world's folder
    const char *kind; // what `drf-sim publish --kind` takes
    const char *layer;
};

DRF_MUST_CHECK enum drf_status sim_json_world_save(const struct sim_world_plan *plan,
                                                   const struct sim_world_file *files,
                                                   size_t file_count, const char *path);

// Reads FOLDER/world.json. DRF_ERR_ABSENT: no such file. DRF_ERR_SYNTAX, DRF_ERR_RANGE: not
// one.
DRF_MUST_CHECK enum drf_status sim_json_world_load(const char *folder,
                                                   struct sim_world_plan *out);

#endif
