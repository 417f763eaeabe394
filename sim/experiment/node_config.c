// SPDX-License-Identifier: Apache-2.0
#include "sim/experiment/node_config.h"

#include <string.h>

const struct sim_run_feed sim_run_feeds[SIM_RUN_FEEDS] = {
    {"dtm", "world.terrain", "kind: terrain, format: geotiff, vertical_acc95_m: 1",
     "ground.tif", "geotiff", 0},
    {"dsm", "world.surface",
     "kind: terrain, format: geotiff, surface: dsm, vertical_acc95_m: 1", "surface.tif",
     "geotiff", 0},
    {"towers", "world.towers", "kind: obstacle, format: dof", "towers.dat", "dof", 0},
    {"cranes", "world.obstacles", "kind: obstacle, format: geojson_obstacles",
     "obstacles.geojson", "geojson", 0},
    {"forecast", "world.weather", "kind: weather", "weather.grib2", "grib", 0},
    [SIM_RUN_ZONES] = {"zones", "world.zones", "kind: zone, format: geojson_zones", NULL, NULL,
                       offsetof(struct sim_trial, zones)},
    [SIM_RUN_ALERTS] = {"alerts", "world.alerts", "kind: alert, format: cap", NULL, NULL,
                        offsetof(struct sim_trial, alerts)},
    [SIM_RUN_TRAFFIC] = {"traffic", "world.traffic", "kind: traffic, format: tracks", NULL,
                         NULL, offsetof(struct sim_trial, traffic)},
};

bool sim_run_feed_used(const struct sim_run_feed *feed, const struct sim_trial *trial)
{
    uint64_t count = 0;
    memcpy(&count, (const char *)trial + feed->offset, sizeof count);
    if (feed->file == NULL)
        return count > 0;
    return !trial->bare || strcmp(feed->name, "dsm") != 0;
}

static const char *key_in(const struct sim_node_setting *setting, const char *section)
{
    size_t size = strlen(section);
    bool in = strncmp(setting->path, section, size) == 0 && setting->path[size] == '.';
    return in ? setting->path + size + 1 : NULL;
}

// The settings of a section after what the experiment writes itself.
static void write_section(const struct sim_trial *trial, const char *section, const char *own,
                          FILE *file)
{
    const char *comma = own[0] != '\0' ? ", " : "";
    fprintf(file, "%s: {%s", section, own);
    for (size_t i = 0; i < trial->node_count; i++) {
        const char *key = key_in(&trial->node[i], section);
        if (key == NULL)
            continue;
        fprintf(file, "%s%s: %s", comma, key, trial->node[i].value);
        comma = ", ";
    }
    fputs("}\n", file);
}

// The sections that only the user has, each at its first setting.
static void write_others(const struct sim_trial *trial, FILE *file)
{
    static const char *const ours[] = {"region", "node", "store"};
    for (size_t i = 0; i < trial->node_count; i++) {
        char section[SIM_PATH_SIZE];
        snprintf(section, sizeof section, "%.*s", (int)strcspn(trial->node[i].path, "."),
                 trial->node[i].path);
        bool done = false;
        for (size_t k = 0; k < sizeof ours / sizeof ours[0]; k++)
            done |= strcmp(section, ours[k]) == 0;
        for (size_t k = 0; k < i; k++)
            done |= key_in(&trial->node[k], section) != NULL;
        if (!done)
            write_section(trial, section, "", file);
    }
}

enum drf_status sim_node_config_write(const struct sim_trial *trial,
                                      const struct sim_world *world, const char *path)
{
    FILE *file = fopen(path, "w");
    if (file == NULL)
        return DRF_ERR_STORE;
    char region[160];
    snprintf(region, sizeof region, "id: %s, bounds: [%.6f, %.6f, %.6f, %.6f]",
             SIM_EXPERIMENT_REGION, world->box.west_deg, world->box.south_deg,
             world->box.east_deg, world->box.north_deg);
    fputs("# Written by drf-sim experiment; brokers are named and never asked.\n", file);
    write_section(trial, "region", region, file);
    write_section(trial, "node", "id: " SIM_EXPERIMENT_NODE ", mode: SIM", file);
    write_section(trial, "store", "path: node.gpkg", file);
    fputs("kafka: {bootstrap.servers: \"localhost:9092\"}\n"
          "mqtt: {host: localhost, port: 1883}\n",
          file);
    write_others(trial, file);
    size_t used = 0;
    for (size_t i = 0; i < SIM_RUN_FEEDS; i++)
        used += sim_run_feed_used(&sim_run_feeds[i], trial);
    fputs(used > 0 ? "feeds:\n" : "feeds: []\n", file);
    for (size_t i = 0; i < SIM_RUN_FEEDS; i++)
        if (sim_run_feed_used(&sim_run_feeds[i], trial))
            fprintf(file, "  - {name: %s, topic: %s, %s, licence: CC0-1.0}\n",
                    sim_run_feeds[i].name, sim_run_feeds[i].topic, sim_run_feeds[i].settings);
    bool bad = ferror(file) != 0;
    return fclose(file) != 0 || bad ? DRF_ERR_STORE : DRF_OK;
}
