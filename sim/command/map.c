// SPDX-License-Identifier: Apache-2.0
// `drf-sim map`: a picture of a store: relief, obstacles, zones, where the fleet flew.
#include <math.h>
#include <stdbool.h>
#include <stdio.h>

#include "geo/earth.h"
#include "sim/command/command.h"
#include "sim/command/map_tracks.h"
#include "sim/command/raster_map.h"
#include "sim/host/options.h"

enum { TITLE_SIZE = 120 };

struct map {
    struct sim_relief_map relief;
    struct sim_map_sheet sheet;
    unsigned drawn;
};

struct place {
    double x, y;
};

static struct place place_of(const struct map *map, struct geo_point point)
{
    const struct geo_bounds *b = &map->relief.bounds;
    return (struct place){.x = (point.lon_deg - b->west_deg) / (b->east_deg - b->west_deg)
                               * map->sheet.map.width,
                          .y = (b->north_deg - point.lat_deg) / (b->north_deg - b->south_deg)
                               * map->sheet.map.height};
}

static void draw_ring(struct map *map, const struct geo_point *corners, size_t count,
                      double width, struct sim_color color)
{
    struct place at = place_of(map, corners[0]);
    for (size_t i = 1; i < count; i++) {
        struct place to = place_of(map, corners[i]);
        sim_picture_line(&map->sheet.map, at.x, at.y, to.x, to.y, width, color, 0.9);
        at = to;
    }
}

static void draw_obstacle(void *context, const struct geo_point *corners, size_t count)
{
    struct map *map = context;
    struct place at = place_of(map, corners[0]);
    if (count == 1) {
        map->drawn |= SIM_MAP_TOWERS;
        sim_map_tower(&map->sheet.map, at.x, at.y, map->sheet.unit_px / 12.0);
        return;
    }
    map->drawn |= SIM_MAP_BUILDINGS;
    sim_picture_dot(&map->sheet.map, at.x, at.y, 1.6, sim_map_roof, 0.9);
    draw_ring(map, corners, count, 1.6, sim_map_roof);
}

static void draw_zone(void *context, const struct geo_point *corners, size_t count)
{
    struct map *map = context;
    map->drawn |= SIM_MAP_ZONES;
    draw_ring(map, corners, count, 3.0, sim_map_zone);
}

static int complain(const char *path, const char *what)
{
    fprintf(stderr, "drf-sim map: %s: %s\n", path, what);
    return 1;
}

struct job {
    const char *store, *tracks, *out, *title;
    int width;
};

static void write_sheet(struct map *map, struct sim_map_legend *legend)
{
    legend->bounds = map->relief.bounds;
    legend->drawn |= map->drawn;
    legend->low_amsl_m = legend->high_amsl_m = (float)NAN;
    size_t count = (size_t)map->relief.width * (size_t)map->relief.height;
    for (size_t i = 0; i < count; i++) {
        legend->low_amsl_m = fminf(legend->low_amsl_m, map->relief.heights[i]);
        legend->high_amsl_m = fmaxf(legend->high_amsl_m, map->relief.heights[i]);
    }
    sim_map_sheet_write(&map->sheet, legend);
}

static int draw_on(struct map *map, const struct job *job)
{
    struct geo_bounds *b = &map->relief.bounds;
    double middle_deg = (b->north_deg + b->south_deg) / 2;
    struct sim_map_legend legend = {.pixel_m = (b->east_deg - b->west_deg) * 111195.0
                                               * cos(middle_deg * GEO_RAD_PER_DEG)
                                               / map->relief.width};
    sim_picture_relief(&map->sheet.map, map->relief.heights, legend.pixel_m);
    // A store without obstacles or zones is still a map.
    if (sim_raster_map_features(job->store, "obstacle", draw_obstacle, map) != DRF_OK)
        fprintf(stderr, "drf-sim map: %s has no table obstacle\n", job->store);
    if (sim_raster_map_features(job->store, "zone", draw_zone, map) != DRF_OK)
        fprintf(stderr, "drf-sim map: %s has no table zone\n", job->store);
    if (job->tracks != NULL) {
        struct sim_map_tracks *tracks;
        if (sim_map_tracks_read(job->tracks, &tracks) != DRF_OK)
            return complain(job->tracks, "cannot be read");
        legend.names_left_out = sim_map_tracks_draw(tracks, &map->sheet, b);
        legend.drones = sim_map_tracks_count(tracks);
        legend.drawn |= SIM_MAP_TRACKS;
        sim_map_tracks_close(tracks);
    }
    char title[TITLE_SIZE];
    snprintf(title, sizeof title, "What %s holds", job->store);
    legend.title = job->title != NULL ? job->title : title;
    write_sheet(map, &legend);
    if (sim_raster_map_png(&map->sheet.all, job->out) != DRF_OK)
        return complain(job->out, "cannot be written");
    printf("%s: %.7f,%.7f,%.7f,%.7f in rows %d to %d\n", job->out, b->west_deg, b->south_deg,
           b->east_deg, b->north_deg, map->sheet.map_top,
           map->sheet.map_top + map->sheet.map.height);
    return 0;
}

static int draw(const struct job *job)
{
    struct map map = {0};
    if (sim_raster_map_load(job->store, "ground", job->width, &map.relief) != DRF_OK)
        return complain(job->store, "no GeoPackage with a coverage named ground");
    int code = 1;
    if (sim_map_sheet_open(map.relief.width, map.relief.height, &map.sheet) == DRF_OK) {
        code = draw_on(&map, job);
        sim_map_sheet_close(&map.sheet);
    } else {
        complain(job->store, "is too large a picture");
    }
    sim_raster_map_close(&map.relief);
    return code;
}

int sim_map_run(int argc, char **argv)
{
    struct job job = {0};
    uint64_t width = 1200;
    const struct sim_option options[] = {
        {"store", SIM_OPTION_TEXT, &job.store, "FILE", "the node's GeoPackage, or an export"},
        {"tracks", SIM_OPTION_TEXT, &job.tracks, "FILE", "of drf-sim fleet"},
        {"out", SIM_OPTION_TEXT, &job.out, "FILE", "PNG"},
        {"width", SIM_OPTION_COUNT, &width, "PIXELS", "default 1200"},
        {"title", SIM_OPTION_TEXT, &job.title, "TEXT", "over the map"},
    };
    const struct sim_usage usage = {
        "map --store FILE --out FILE [--tracks FILE]",
        "Draws the ground of a store as relief, with obstacles, zones and the fleet's tracks. "
        "Ground\n"
        "that is unknown is hatched. Prints the map's west,south,east,north, and its rows.",
        options, sizeof options / sizeof options[0]};
    int rest;
    enum drf_status status = sim_options_read(&usage, argc, argv, &rest);
    if (status != DRF_OK)
        return sim_options_exit(status);
    if (job.store == NULL || job.out == NULL || width < 64 || width > 8000) {
        fprintf(stderr, "drf-sim map: --store and --out are needed, --width is 64 to 8000\n");
        return 2;
    }
    job.width = (int)width;
    return draw(&job);
}
