// SPDX-License-Identifier: Apache-2.0
#include "edge/view/trails.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { STILL_M = 2 }; // a drone that hovers does not push out where it came from

struct point {
    int64_t utc_ms;
    int32_t lat_e6, lon_e6, free_low_m;
};

struct trail {
    char id[EDGE_VIEW_ID_SIZE];
    uint32_t count, first; // a ring
    struct point points[EDGE_TRAIL_POINTS];
};

struct edge_trails {
    pthread_mutex_t lock;
    uint32_t count;
    struct trail **trails; // NULL: none yet
};

enum drf_status edge_trails_open(uint32_t places, struct edge_trails **out)
{
    struct edge_trails *trails = calloc(1, sizeof *trails);
    if (trails == NULL)
        return DRF_ERR_NOMEM;
    trails->count = places;
    trails->trails = calloc(places > 0 ? places : 1, sizeof(struct trail *));
    if (trails->trails == NULL || pthread_mutex_init(&trails->lock, NULL) != 0) {
        free(trails->trails);
        free(trails);
        return DRF_ERR_NOMEM;
    }
    *out = trails;
    return DRF_OK;
}

static void drop(struct edge_trails *trails)
{
    for (uint32_t i = 0; i < trails->count; i++) {
        free(trails->trails[i]);
        trails->trails[i] = NULL;
    }
}

void edge_trails_close(struct edge_trails *trails)
{
    if (trails == NULL)
        return;
    drop(trails);
    pthread_mutex_destroy(&trails->lock);
    free(trails->trails);
    free(trails);
}

void edge_trails_forget(struct edge_trails *trails)
{
    pthread_mutex_lock(&trails->lock);
    drop(trails);
    pthread_mutex_unlock(&trails->lock);
}

static double distance_m(const struct point *a, const struct point *b)
{
    const double north_m = (b->lat_e6 - a->lat_e6) * 0.111132;
    const double east_m =
        (b->lon_e6 - a->lon_e6) * 0.11132 * cos(a->lat_e6 * 1e-6 * 0.017453292519943295);
    return hypot(north_m, east_m);
}

static void add(struct trail *trail, const struct point *point)
{
    if (trail->count > 0) {
        const struct point *last =
            &trail->points[(trail->first + trail->count - 1) % EDGE_TRAIL_POINTS];
        const double moved_m = distance_m(last, point);
        const int64_t since_ms = point->utc_ms - last->utc_ms;
        if (since_ms <= 0 || moved_m < STILL_M
            || (since_ms < EDGE_TRAIL_MS && moved_m < EDGE_TRAIL_M))
            return;
    }
    if (trail->count == EDGE_TRAIL_POINTS) {
        trail->first = (trail->first + 1) % EDGE_TRAIL_POINTS;
        trail->count--;
    }
    trail->points[(trail->first + trail->count++) % EDGE_TRAIL_POINTS] = *point;
}

static void put(struct edge_trails *trails, uint32_t number,
                const struct edge_view_drone *drone)
{
    struct trail **at = &trails->trails[number];
    if (*at != NULL && strncmp((*at)->id, drone->id, sizeof(*at)->id) != 0) {
        free(*at);
        *at = NULL;
    }
    if (drone->id[0] == '\0' || drone->report_utc_us == EDGE_VIEW_UNKNOWN_UTC
        || drone->lat_e7 == EDGE_VIEW_UNKNOWN || drone->lon_e7 == EDGE_VIEW_UNKNOWN)
        return;
    if (*at == NULL) {
        *at = calloc(1, sizeof **at);
        if (*at == NULL)
            return;
        memcpy((*at)->id, drone->id, sizeof(*at)->id);
        (*at)->id[sizeof(*at)->id - 1] = '\0';
    }
    const struct point point = {
        .utc_ms = drone->report_utc_us / 1000,
        .lat_e6 = drone->lat_e7 / 10,
        .lon_e6 = drone->lon_e7 / 10,
        .free_low_m = drone->free_low_cm == EDGE_VIEW_UNKNOWN
                          ? EDGE_VIEW_UNKNOWN
                          : (int32_t)floor(drone->free_low_cm / 100.0),
    };
    add(*at, &point);
}

void edge_trails_put(struct edge_trails *trails, uint32_t number,
                     const struct edge_view_drone *drone)
{
    if (number >= trails->count)
        return;
    pthread_mutex_lock(&trails->lock);
    put(trails, number, drone);
    pthread_mutex_unlock(&trails->lock);
}

static void write_trail(const struct trail *trail, int64_t now_utc_ms,
                        struct edge_json_text *json)
{
    edge_json_text_key(json, trail->id);
    edge_json_text_begin(json, '[');
    for (uint32_t i = 0; i < trail->count; i++) {
        const struct point *point = &trail->points[(trail->first + i) % EDGE_TRAIL_POINTS];
        edge_json_text_begin(json, '[');
        edge_json_text_int(json, now_utc_ms - point->utc_ms);
        edge_json_text_int(json, point->lat_e6);
        edge_json_text_int(json, point->lon_e6);
        if (point->free_low_m == EDGE_VIEW_UNKNOWN)
            edge_json_text_null(json);
        else
            edge_json_text_int(json, point->free_low_m);
        edge_json_text_end(json, ']');
    }
    edge_json_text_end(json, ']');
}

void edge_trails_write(struct edge_trails *trails, int64_t now_utc_us,
                       struct edge_json_text *json)
{
    edge_json_text_begin(json, '{');
    edge_json_text_key(json, "t");
    edge_json_text_int(json, now_utc_us / 1000);
    edge_json_text_key(json, "drones");
    edge_json_text_begin(json, '{');
    pthread_mutex_lock(&trails->lock);
    for (uint32_t i = 0; i < trails->count; i++)
        if (trails->trails[i] != NULL)
            write_trail(trails->trails[i], now_utc_us / 1000, json);
    pthread_mutex_unlock(&trails->lock);
    edge_json_text_end(json, '}');
    edge_json_text_end(json, '}');
}
