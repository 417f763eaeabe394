// SPDX-License-Identifier: Apache-2.0
// `drf-sim map`: a picture of a store: relief, obstacles, where the fleet flew.
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "geo/earth.h"
#include "sim/command/command.h"
#include "sim/command/raster_map.h"
#include "sim/host/options.h"

enum { NAME_SIZE = 48, LINE_SIZE = 256, DRONES_MAX = 20000 };

struct map {
    struct sim_relief_map relief;
    struct sim_picture picture;
};

struct place {
    double x, y;
};

static struct place place_of(const struct map *map, struct geo_point point)
{
    const struct geo_bounds *b = &map->relief.bounds;
    return (struct place){.x = (point.lon_deg - b->west_deg) / (b->east_deg - b->west_deg)
                               * map->picture.width,
                          .y = (b->north_deg - point.lat_deg) / (b->north_deg - b->south_deg)
                               * map->picture.height};
}

static void draw_obstacle(void *context, const struct geo_point *corners, size_t count)
{
    static const struct sim_color dark = {60, 20, 24}, tower = {226, 62, 48},
                                  roof = {92, 60, 70};
    struct map *map = context;
    struct place at = place_of(map, corners[0]);
    if (count == 1) {
        sim_picture_dot(&map->picture, at.x, at.y, 3.6, dark, 0.9);
        sim_picture_dot(&map->picture, at.x, at.y, 2.4, tower, 1.0);
        return;
    }
    sim_picture_dot(&map->picture, at.x, at.y, 1.6, roof, 0.9);
    for (size_t i = 1; i < count; i++) {
        struct place to = place_of(map, corners[i]);
        sim_picture_line(&map->picture, at.x, at.y, to.x, to.y, 1.6, roof, 0.9);
        at = to;
    }
}

struct trail {
    char name[NAME_SIZE];
    struct place last;
};

static bool read_row(const char *line, char name[static NAME_SIZE], struct geo_point *point)
{
    size_t length = strcspn(line, ",");
    const char *comma = line[length] == ',' ? strchr(line + length + 1, ',') : NULL;
    if (comma == NULL || length == 0 || length >= NAME_SIZE)
        return false;
    memcpy(name, line, length);
    name[length] = '\0';
    char *end;
    point->lat_deg = strtod(comma + 1, &end);
    if (end == comma + 1 || *end != ',')
        return false;
    const char *lon = end + 1;
    point->lon_deg = strtod(lon, &end);
    return end != lon;
}

// Rows are drone,t_s,lat_deg,lon_deg,...; the drones of each second in the same order.
static enum drf_status draw_tracks(struct map *map, const char *path)
{
    static const struct sim_color dark = {18, 20, 30}, white = {255, 255, 255};
    FILE *file = fopen(path, "r");
    struct trail *trails = calloc(DRONES_MAX, sizeof *trails);
    size_t count = 0, next = 0;
    char line[LINE_SIZE];
    while (file != NULL && trails != NULL && fgets(line, sizeof line, file) != NULL) {
        char name[NAME_SIZE];
        struct geo_point point;
        if (!read_row(line, name, &point))
            continue;
        struct place at = place_of(map, point);
        if (count > 0 && strcmp(trails[next % count].name, name) == 0)
            next = next % count;
        else
            for (next = 0; next < count && strcmp(trails[next].name, name) != 0; next++)
                continue;
        if (next == count && count < DRONES_MAX) {
            snprintf(trails[count].name, NAME_SIZE, "%s", name);
            trails[count++].last = at;
            sim_picture_dot(&map->picture, at.x, at.y, 3.0, dark, 0.8);
            sim_picture_dot(&map->picture, at.x, at.y, 1.8, white, 1.0);
        }
        if (next == DRONES_MAX)
            continue;
        struct trail *trail = &trails[next];
        sim_picture_line(&map->picture, trail->last.x, trail->last.y, at.x, at.y, 4.0, dark,
                         0.4);
        sim_picture_line(&map->picture, trail->last.x, trail->last.y, at.x, at.y, 2.2,
                         sim_color_of(next), 0.95);
        trail->last = at;
        next++;
    }
    for (size_t i = 0; i < count; i++)
        sim_picture_dot(&map->picture, trails[i].last.x, trails[i].last.y, 3.2, sim_color_of(i),
                        1.0);
    bool good = file != NULL && trails != NULL;
    if (file != NULL)
        fclose(file);
    free(trails);
    return good ? DRF_OK : DRF_ERR_ABSENT;
}

static int complain(const char *path, const char *what)
{
    fprintf(stderr, "drf-sim map: %s: %s\n", path, what);
    return 1;
}

static int draw(const char *store, const char *tracks, const char *out, int width, bool bare)
{
    struct map map = {0};
    if (sim_raster_map_load(store, "ground", width, &map.relief) != DRF_OK)
        return complain(store, "no GeoPackage with a coverage named ground");
    if (sim_picture_open(map.relief.width, map.relief.height, &map.picture) != DRF_OK) {
        sim_raster_map_close(&map.relief);
        return complain(store, "is too large a picture");
    }
    double middle_deg = (map.relief.bounds.north_deg + map.relief.bounds.south_deg) / 2;
    double pixel_m = (map.relief.bounds.east_deg - map.relief.bounds.west_deg) * 111195.0
                     * cos(middle_deg * GEO_RAD_PER_DEG) / map.relief.width;
    sim_picture_relief(&map.picture, map.relief.heights, pixel_m);
    int code = 0;
    // A store without obstacles is still a map.
    if (!bare && sim_raster_map_features(store, "obstacle", draw_obstacle, &map) != DRF_OK)
        fprintf(stderr, "drf-sim map: %s has no table obstacle\n", store);
    if (tracks != NULL && draw_tracks(&map, tracks) != DRF_OK)
        code = complain(tracks, "cannot be read");
    if (code == 0 && sim_raster_map_png(&map.picture, out) != DRF_OK)
        code = complain(out, "cannot be written");
    const struct geo_bounds *b = &map.relief.bounds;
    if (code == 0)
        printf("%s: %.7f,%.7f,%.7f,%.7f\n", out, b->west_deg, b->south_deg, b->east_deg,
               b->north_deg);
    sim_picture_close(&map.picture);
    sim_raster_map_close(&map.relief);
    return code;
}

int sim_map_run(int argc, char **argv)
{
    const char *store = NULL, *tracks = NULL, *out = NULL;
    uint64_t width = 1200;
    bool bare = false;
    const struct sim_option options[] = {
        {"store", SIM_OPTION_TEXT, &store, "FILE", "the node's GeoPackage, or an export"},
        {"tracks", SIM_OPTION_TEXT, &tracks, "FILE", "of drf-sim fleet"},
        {"out", SIM_OPTION_TEXT, &out, "FILE", "PNG"},
        {"width", SIM_OPTION_COUNT, &width, "PIXELS", "default 1200"},
        {"bare", SIM_OPTION_FLAG, &bare, NULL, "relief only, to draw on"},
    };
    const struct sim_usage usage = {
        "map --store FILE --out FILE [--tracks FILE]",
        "Draws the ground of a store as relief, with obstacles and "
        "the fleet's tracks. Ground that\n"
        "is unknown is hatched. Prints the picture's west,south,east,north.",
        options, sizeof options / sizeof options[0]};
    int rest;
    enum drf_status status = sim_options_read(&usage, argc, argv, &rest);
    if (status != DRF_OK)
        return sim_options_exit(status);
    if (store == NULL || out == NULL || width < 64 || width > 8000) {
        fprintf(stderr, "drf-sim map: --store and --out are needed, --width is 64 to 8000\n");
        return 2;
    }
    return draw(store, tracks, out, (int)width, bare);
}
