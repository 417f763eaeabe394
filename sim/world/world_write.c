// SPDX-License-Identifier: Apache-2.0
#include "sim/world/world_write.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "sim/world/grib_write.h"
#include "sim/world/json_world.h"
#include "sim/world/obstacle_write.h"
#include "sim/world/raster_write.h"

enum { PATH_SIZE = 4096, FILES_MAX = 5 };

struct made {
    const char *folder;
    const struct sim_world *world;
    struct sim_world_file files[FILES_MAX];
    size_t count;
};

static enum drf_status write_one(struct made *made, const struct sim_world_file *file)
{
    char path[PATH_SIZE];
    if (snprintf(path, sizeof path, "%s/%s", made->folder, file->name) >= (int)sizeof path)
        return DRF_ERR_RANGE;
    enum drf_status status;
    if (strcmp(file->layer, "ground") == 0)
        status = sim_raster_write(made->world, SIM_RASTER_GROUND, path);
    else if (strcmp(file->layer, "surface") == 0)
        status = sim_raster_write(made->world, SIM_RASTER_SURFACE, path);
    else if (strcmp(file->layer, "weather") == 0)
        status = sim_grib_write(made->world, path);
    else if (strcmp(file->kind, "dof") == 0)
        status = sim_obstacle_write_dof(made->world, path);
    else
        status = sim_obstacle_write_geojson(made->world, path);
    if (status != DRF_OK) {
        fprintf(stderr, "drf-sim: cannot write %s (%s)\n", path, drf_status_name(status));
        return status;
    }
    made->files[made->count++] = *file;
    return DRF_OK;
}

static void tell(FILE *told, const struct made *made)
{
    const struct sim_world_plan *plan = &made->world->plan;
    fprintf(told, "world %llu: %.1f km around %.5f %.5f, %zu obstacles, in %s\n",
            (unsigned long long)plan->seed, plan->size_km, plan->center.lat_deg,
            plan->center.lon_deg, made->world->obstacle_count, made->folder);
    for (size_t i = 0; i < made->count; i++)
        fprintf(told, "  %-18s %-8s %s\n", made->files[i].name, made->files[i].kind,
                made->files[i].layer);
}

enum drf_status sim_world_write(const struct sim_world *world, const char *folder, FILE *told)
{
    static const struct sim_world_file files[FILES_MAX] = {
        {"ground.tif", "geotiff", "ground"},          {"surface.tif", "geotiff", "surface"},
        {"weather.grib2", "grib", "weather"},         {"towers.dat", "dof", "obstacle"},
        {"obstacles.geojson", "geojson", "obstacle"},
    };
    if (mkdir(folder, 0777) != 0 && errno != EEXIST) {
        fprintf(stderr, "drf-sim: cannot make the folder %s: %s%s\n", folder,
                strerrordesc_np(errno),
                errno == ENOENT ? " (the folder above it has to exist)" : "");
        return DRF_ERR_STORE;
    }
    struct made made = {.folder = folder, .world = world};
    enum drf_status status = DRF_OK;
    for (size_t i = 0; i < FILES_MAX && status == DRF_OK; i++)
        if (world->plan.surface || strcmp(files[i].layer, "surface") != 0)
            status = write_one(&made, &files[i]);
    char path[PATH_SIZE];
    snprintf(path, sizeof path, "%s/world.json", folder);
    if (status == DRF_OK)
        status = sim_json_world_save(&world->plan, made.files, made.count, path);
    if (status == DRF_OK && told != NULL)
        tell(told, &made);
    return status;
}
