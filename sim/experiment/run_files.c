// SPDX-License-Identifier: Apache-2.0
#include "sim/experiment/run_files.h"

#include <stdlib.h>
#include <unistd.h>

#include "sim/publish/provide.h"
#include "sim/world/world_write.h"

static bool join(char out[static SIM_FILE_PATH_SIZE], const char *folder, const char *name)
{
    return snprintf(out, SIM_FILE_PATH_SIZE, "%s/%s", folder, name) < SIM_FILE_PATH_SIZE;
}

enum drf_status sim_run_files_paths(const char *folder, struct sim_run_paths *out)
{
    bool fits =
        snprintf(out->folder, sizeof out->folder, "%s", folder) < (int)sizeof out->folder;
    fits = fits && join(out->world, folder, "world") && join(out->config, folder, "node.yaml")
           && join(out->log, folder, "node.log") && join(out->part, folder, "recording.part")
           && join(out->recording, folder, "recording.mcap")
           && join(out->wrong, folder, "wrong.txt");
    return fits ? DRF_OK : DRF_ERR_RANGE;
}

enum drf_status sim_run_files_world(const struct sim_world *world,
                                    const struct sim_run_paths *paths)
{
    return sim_world_write(world, paths->world, NULL);
}

enum drf_status sim_run_files_publish(const char *folder, const struct sim_run_feed *feed,
                                      int64_t now_utc_us, const struct sim_feed_port *port)
{
    char path[SIM_FILE_PATH_SIZE];
    // As drf-sim publish has it without options.
    struct sim_provider provider = {.mode = "SIM",
                                    .source = "drf-sim",
                                    .ce_utc_us = now_utc_us,
                                    .now_utc_us = now_utc_us,
                                    .max_bytes = 900000,
                                    .level = 12,
                                    .records = 300};
    uint8_t *bytes = NULL;
    size_t size = 0;
    struct sim_batch batch = {0};
    if (snprintf(path, sizeof path, "%s/world/%s", folder, feed->file) >= (int)sizeof path
        || !sim_file_kind_find(feed->kind, &provider.kind))
        return DRF_ERR_RANGE;
    enum drf_status status = sim_file_read(path, &bytes, &size);
    if (status == DRF_OK)
        status = sim_provider_split(&provider, path, bytes, size, &batch);
    const struct sim_version_time version = {.utc_us = now_utc_us};
    for (size_t i = 0; i < batch.count && status == DRF_OK; i++)
        status =
            sim_provider_send(&provider, &batch.messages[i], i + 1, batch.count, version, port);
    sim_batch_close(&batch);
    free(bytes);
    return status;
}

enum drf_status sim_run_files_settle(const struct sim_run_paths *paths, bool good)
{
    static const char *const passing[] = {
        "world/ground.tif", "world/surface.tif",       "world/weather.grib2",
        "world/towers.dat", "world/obstacles.geojson", "world/world.json",
        "node.gpkg",        "node.gpkg-wal",           "node.gpkg-shm"};
    char path[SIM_FILE_PATH_SIZE];
    for (size_t i = 0; i < sizeof passing / sizeof passing[0]; i++)
        if (join(path, paths->folder, passing[i]))
            (void)unlink(path);
    (void)rmdir(paths->world);
    if (good)
        return rename(paths->part, paths->recording) == 0 ? DRF_OK : DRF_ERR_STORE;
    (void)unlink(paths->part);
    return DRF_OK;
}
