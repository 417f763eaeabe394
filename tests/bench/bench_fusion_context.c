// tests/bench/bench_fusion_context.c - how many whole contexts, advisories included, one core
// builds a second, without any I/O. SPDX-License-Identifier: Apache-2.0
//
// A thousand aircraft over rolling ground with 64 obstacles, wind and gust fields and, if asked
// ("limits"), every limit of the profile set; each has four neighbours. Three rounds are warmed
// up, then rounds go on for about two seconds of this thread's CPU time; the median of five
// such runs counts. One JSON line; the reference is the figure.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fusion/aircraft/context.h"
#include "fusion/aircraft/surroundings.h"
#include "fusion/context/context_build.h"
#include "fusion/root/obstacle_index.h"
#include "geo/frame.h"
#include "tests/support/scene.h"

enum { AIRCRAFT = 1000, RUNS = 5, ROUNDS_WARM = 3 };
#define RUN_US 400000
#define REFERENCE 110000.0
#define NOW_US INT64_C(1700000000000000)

static const struct geo_point centre = {.lat_deg = 43.65, .lon_deg = -79.38};

static uint16_t rolling(void *context, uint32_t row, uint32_t column)
{
    (void)context;
    return (uint16_t)(4400 + 200 * sin(column * 0.05) * cos(row * 0.03));
}

static int64_t cpu_us(void)
{
    struct timespec time;
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (int64_t)time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

static void fill(struct scene *scene)
{
    static float north[4] = {3.0F, 4.0F, 5.0F, 4.0F}, east[4] = {1.0F, 2.0F, 1.0F, 0.0F};
    static float gust[4] = {6.0F, 7.0F, 8.0F, 7.0F};
    const struct geo_grid grid = {.kind = GEO_GRID_LATLON,
                                  .ni = 2,
                                  .nj = 2,
                                  .x0 = -80.0,
                                  .y0 = 43.0,
                                  .dx = 1.0,
                                  .dy = 1.0,
                                  .semi_major_m = 6371229.0,
                                  .semi_minor_m = 6371229.0};
    struct geo_frame frame = geo_frame_at(centre);
    for (int i = 0; i < SCENE_OBSTACLES_MAX; i++) {
        char id[8];
        (void)snprintf(id, sizeof id, "%03d", i);
        struct geo_offset at = {.east_m = (i % 8 - 4) * 800.0, .north_m = (i / 8 - 4) * 800.0};
        (void)scene_obstacle(scene, id, geo_frame_point(&frame, at), 130.0);
    }
    (void)scene_field(scene, GEO_WIND_U, grid, 0.0, 100.0, NOW_US, east);
    (void)scene_field(scene, GEO_WIND_V, grid, 0.0, 100.0, NOW_US, north);
    (void)scene_field(scene, GEO_GUST, grid, 0.0, 10.0, NOW_US, gust);
}

static struct fusion_obstacle_index_entry stand_of(const void *context, size_t i)
{
    const struct scene *scene = context;
    const struct geo_obstacle *o = scene->bucket_list[i]->obstacle;
    return (struct fusion_obstacle_index_entry){scene->bucket_list[i], o->position,
                                                o->horizontal_acc95_m, true};
}

// The buckets as ingest makes them.
static void lay_out(struct scene *scene, struct fusion_bucket *made[static 9])
{
    const struct fusion_extent *extent = &scene->root.buckets;
    for (uint32_t i = 0; i < 9; i++) {
        struct geo_tile tile = extent->first;
        tile.col += i % extent->columns;
        tile.row += i / extent->columns;
        if (fusion_bucket_make(tile, scene->obstacle_count, stand_of, scene, &made[i])
            != DRF_OK)
            abort();
        scene->buckets[i] = made[i];
    }
}

static struct fusion_aircraft aircraft_at(int i, const struct fusion_surroundings *around,
                                          bool limits)
{
    struct fusion_aircraft aircraft = {.limits = fusion_limits_default(), .around = around};
    struct geo_frame frame = geo_frame_at(centre);
    struct geo_offset at = {.east_m = (i % 40 - 20) * 150.0, .north_m = (i / 40 - 12) * 250.0};
    aircraft.fix = (struct fusion_fix){
        .position = geo_frame_point(&frame, at),
        .time_utc_us = NOW_US,
        .horizontal_acc95_m = 3.0,
        .wgs84 = {true, 200.0 - 37.3, 4.0},
        .velocity_known = true,
        .velocity_north_mps = i % 17 - 8,
        .velocity_east_mps = 15.0,
    };
    if (limits) {
        aircraft.limits.agl_max_set = aircraft.limits.wind_max_set = true;
        aircraft.limits.gust_max_set = true;
        aircraft.limits.agl_max_m = 130.0;
        aircraft.limits.wind_max_mps = 12.0;
        aircraft.limits.gust_max_mps = 15.0;
    }
    return aircraft;
}

static int compare(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

int main(int argc, char **argv)
{
    bool limits = argc > 1 && strcmp(argv[1], "limits") == 0;
    struct scene *scene = scene_open(centre, rolling, NULL, NULL);
    fill(scene);
    struct fusion_bucket *made[9];
    lay_out(scene, made);
    const struct geo_point ring[] = {
        {43.4, -79.7}, {43.4, -79.0}, {43.9, -79.0}, {43.9, -79.7}};
    static struct fusion_surroundings around;
    around = (struct fusion_surroundings){.neighbour_count = 4, .ring = ring, .ring_count = 4};
    for (int i = 0; i < 4; i++)
        around.neighbours[i] =
            (struct fusion_neighbour){.traffic_id = "other",
                                      .position = {43.65 + i * 0.004, -79.35},
                                      .time_utc_us = NOW_US,
                                      .amsl_known = true,
                                      .velocity_known = true,
                                      .amsl_m = 180.0 + 40.0 * i,
                                      .velocity_east_mps = -12.0};
    struct fusion_aircraft *fleet = calloc(AIRCRAFT, sizeof *fleet);
    struct fusion_builder *builder;
    static struct fusion_context context;
    if (fleet == NULL || fusion_builder_open(&builder) != DRF_OK)
        return 1;
    for (int i = 0; i < AIRCRAFT; i++)
        fleet[i] = aircraft_at(i, &around, limits);
    double rates[RUNS], advisories = 0.0, built = 0.0;
    for (int run = -1; run < RUNS; run++) {
        int64_t began_us = cpu_us(), spent_us = 0;
        double count = 0.0;
        for (int round = 0; round < ROUNDS_WARM || (run >= 0 && spent_us < RUN_US); round++) {
            for (int i = 0; i < AIRCRAFT; i++) {
                fusion_context_build(builder, &scene->root, &fleet[i], NOW_US, &context);
                advisories += (double)context.advisories.count;
            }
            count += AIRCRAFT;
            spent_us = cpu_us() - began_us;
        }
        built += count;
        if (run >= 0)
            rates[run] = count * 1e6 / (double)spent_us;
    }
    qsort(rates, RUNS, sizeof rates[0], compare);
    double rate = rates[RUNS / 2];
    (void)printf("{\"bench\":\"%s\",\"value\":%.0f,\"unit\":\"contexts/s\",\"reference\":"
                 "\"issue\",\"reference_value\":%.0f,\"ratio\":%.2f,\"reach\":1.0,\"met\":%s,"
                 "\"advisories_each\":%.2f}\n",
                 limits ? "context_limits" : "context", rate, REFERENCE, rate / REFERENCE,
                 rate >= REFERENCE ? "true" : "false", advisories / built);
    fusion_builder_close(builder);
    free(fleet);
    for (int i = 0; i < 9; i++)
        free(made[i]);
    scene_close(scene);
    return 0;
}
