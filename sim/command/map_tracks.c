// SPDX-License-Identifier: Apache-2.0
#include "sim/command/map_tracks.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/command/lettering.h"

enum { NAME_SIZE = 48, LINE_SIZE = 256, DRONES_MAX = 20000, POINTS_MAX = 4000000, SIDES = 4 };

struct point {
    size_t drone;
    struct geo_point at;
};

struct sim_map_tracks {
    char (*names)[NAME_SIZE];
    size_t count, next; // next: the drone that is expected, as each time has the same order
    struct point *points;
    size_t point_count, room;
};

struct place {
    double x, y;
};

struct box {
    double left, top, right, bottom;
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

// DRONES_MAX: there is no room for another.
static size_t drone_of(struct sim_map_tracks *tracks, const char *name)
{
    size_t at = tracks->count > 0 ? tracks->next % tracks->count : 0;
    if (at >= tracks->count || strcmp(tracks->names[at], name) != 0)
        for (at = 0; at < tracks->count && strcmp(tracks->names[at], name) != 0; at++)
            continue;
    if (at == tracks->count && at < DRONES_MAX)
        snprintf(tracks->names[tracks->count++], NAME_SIZE, "%s", name);
    tracks->next = at + 1;
    return at;
}

static enum drf_status add(struct sim_map_tracks *tracks, struct point point)
{
    if (tracks->point_count == tracks->room) {
        size_t room = tracks->room > 0 ? 2 * tracks->room : 4096;
        struct point *points = realloc(tracks->points, room * sizeof *points);
        if (points == NULL)
            return DRF_ERR_NOMEM;
        tracks->points = points;
        tracks->room = room;
    }
    tracks->points[tracks->point_count++] = point;
    return DRF_OK;
}

enum drf_status sim_map_tracks_read(const char *path, struct sim_map_tracks **out)
{
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return DRF_ERR_ABSENT;
    struct sim_map_tracks *tracks = calloc(1, sizeof *tracks);
    enum drf_status status = tracks != NULL ? DRF_OK : DRF_ERR_NOMEM;
    if (status == DRF_OK) {
        tracks->names = calloc(DRONES_MAX, sizeof *tracks->names);
        status = tracks->names != NULL ? DRF_OK : DRF_ERR_NOMEM;
    }
    char line[LINE_SIZE], name[NAME_SIZE];
    while (status == DRF_OK && tracks->point_count < POINTS_MAX
           && fgets(line, sizeof line, file) != NULL) {
        struct point point;
        if (!read_row(line, name, &point.at))
            continue;
        point.drone = drone_of(tracks, name);
        if (point.drone < DRONES_MAX)
            status = add(tracks, point);
    }
    fclose(file);
    if (status != DRF_OK) {
        sim_map_tracks_close(tracks);
        return status;
    }
    *out = tracks;
    return DRF_OK;
}

void sim_map_tracks_close(struct sim_map_tracks *tracks)
{
    if (tracks == NULL)
        return;
    free(tracks->names);
    free(tracks->points);
    free(tracks);
}

size_t sim_map_tracks_count(const struct sim_map_tracks *tracks) { return tracks->count; }

static struct place place_of(const struct sim_map_sheet *sheet, const struct geo_bounds *b,
                             struct geo_point point)
{
    return (struct place){
        .x = (point.lon_deg - b->west_deg) / (b->east_deg - b->west_deg) * sheet->map.width,
        .y =
            (b->north_deg - point.lat_deg) / (b->north_deg - b->south_deg) * sheet->map.height};
}

// All dark edges first: one that is drawn later would cover the colour of the step before.
static void draw_ways(const struct sim_map_tracks *tracks, struct sim_map_sheet *sheet,
                      const struct geo_bounds *bounds, struct place *last)
{
    double u = sheet->unit_px;
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < tracks->count; i++)
            last[i].x = -1e9;
        for (size_t i = 0; i < tracks->point_count; i++) {
            size_t drone = tracks->points[i].drone;
            struct place at = place_of(sheet, bounds, tracks->points[i].at);
            if (last[drone].x > -1e8)
                sim_picture_line(&sheet->map, last[drone].x, last[drone].y, at.x, at.y,
                                 (pass == 0 ? 0.62 : 0.36) * u,
                                 pass == 0 ? sim_map_ink : sim_color_of(drone), 1.0);
            last[drone] = at;
        }
    }
}

static bool apart(const struct box *a, const struct box *b)
{
    return a->left > b->right || a->right < b->left || a->top > b->bottom || a->bottom < b->top;
}

static struct box box_of(struct place at, double reach)
{
    return (struct box){at.x - reach, at.y - reach, at.x + reach, at.y + reach};
}

// Right, left, above or below of the drone, where it covers no drone and no name.
static bool place_name(const struct sim_map_sheet *sheet, struct box *boxes, size_t count,
                       struct place at, double wide, struct place *out)
{
    double u = sheet->unit_px, high = 0.85 * u, gap = 0.9 * u;
    const struct place tries[SIDES] = {{at.x + gap, at.y + high / 2},
                                       {at.x - gap - wide, at.y + high / 2},
                                       {at.x - wide / 2, at.y - gap},
                                       {at.x - wide / 2, at.y + gap + high}};
    for (int i = 0; i < SIDES; i++) {
        struct box box = {tries[i].x - 2.0, tries[i].y - high - 2.0, tries[i].x + wide + 2.0,
                          tries[i].y + 2.0};
        size_t k = 0;
        while (k < count && apart(&box, &boxes[k]))
            k++;
        if (k < count || box.left < 0.0 || box.top < 0.0 || box.right > sheet->map.width
            || box.bottom > sheet->map.height)
            continue;
        boxes[count] = box;
        *out = tries[i];
        return true;
    }
    return false;
}

size_t sim_map_tracks_draw(const struct sim_map_tracks *tracks, struct sim_map_sheet *sheet,
                           const struct geo_bounds *bounds)
{
    size_t left_out = 0, count = tracks->count;
    struct place *last = calloc(count + 1, sizeof *last);
    struct box *boxes = calloc(2 * count + 1, sizeof *boxes);
    const struct sim_lettering how = {.size_px = 0.85 * sheet->unit_px,
                                      .color = sim_map_ink,
                                      .halo = sim_map_paper,
                                      .halo_opacity = 0.85};
    if (last != NULL && boxes != NULL) {
        draw_ways(tracks, sheet, bounds, last);
        for (size_t i = 0; i < count; i++) {
            boxes[i] = box_of(last[i], 0.5 * sheet->unit_px);
            sim_map_drone(&sheet->map, last[i].x, last[i].y, sheet->unit_px / 12.0,
                          sim_color_of(i));
        }
        size_t used = count;
        for (size_t i = 0; i < count; i++) {
            struct place at;
            if (place_name(sheet, boxes, used, last[i],
                           sim_lettering_width(&how, tracks->names[i]), &at)) {
                sim_lettering_write(&sheet->map, &how, at.x, at.y, tracks->names[i]);
                used++;
            } else {
                left_out++;
            }
        }
    }
    free(last);
    free(boxes);
    return left_out;
}
