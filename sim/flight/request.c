// SPDX-License-Identifier: Apache-2.0
#include "sim/flight/request.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "drf/v1/reply.pb-c.h"

enum { CORRELATION_SIZE = 16 };

// schemas/terrain.md, corners and posts.
static const double e7_per_m = 89.83204953368922, m_per_e7 = 0.011131884502145034;
static const double radians_per_e7 = 1.7453292519943295e-9;

static double scale(int32_t lat_e7) { return fmax(cos(lat_e7 * radians_per_e7), 0.01); }

void sim_terrain_offset(int32_t lat_e7, int32_t lon_e7, double north_m, double east_m,
                        int32_t *out_lat_e7, int32_t *out_lon_e7)
{
    int32_t more_lat = (int32_t)(north_m * e7_per_m);
    int32_t more_lon = (int32_t)(east_m * e7_per_m / scale(lat_e7 + more_lat / 2));
    *out_lat_e7 = lat_e7 + more_lat;
    *out_lon_e7 = lon_e7 + more_lon;
}

static void corner_of(struct geo_point at, struct sim_terrain_asked *out)
{
    int32_t lat_e7 = (int32_t)lround(at.lat_deg * 1e7),
            lon_e7 = (int32_t)lround(at.lon_deg * 1e7);
    int32_t lat0 = (int32_t)floor(at.lat_deg) * 10000000,
            lon0 = (int32_t)floor(at.lon_deg) * 10000000;
    double spacing = (double)out->spacing_m;
    int row = (int)((lat_e7 - lat0) * m_per_e7 / spacing) / 24;
    int column = (int)((lon_e7 - lon0) * m_per_e7 * scale((lat_e7 + lat0) / 2) / spacing) / 28;
    sim_terrain_offset(lat0, lon0, row * 24 * spacing, column * 28 * spacing, &out->lat_e7,
                       &out->lon_e7);
}

static size_t pack(Drf__V1__Request *request, char kind, uint32_t number,
                   uint8_t bytes[static SIM_REQUEST_MAX])
{
    char correlation[CORRELATION_SIZE];
    snprintf(correlation, sizeof correlation, "%c%u", kind, number);
    request->correlation = correlation;
    assert(drf__v1__request__get_packed_size(request) <= SIM_REQUEST_MAX);
    size_t size = drf__v1__request__pack(request, bytes);
    request->correlation = NULL; // it ends with this function
    return size;
}

size_t sim_request_terrain(struct sim_asked *asked, struct geo_point at,
                           uint8_t bytes[static SIM_REQUEST_MAX])
{
    static const uint32_t spacings_m[] = {30, 100, 50};
    static const uint64_t masks[] = {(UINT64_C(1) << SIM_TERRAIN_TILES) - 1,
                                     UINT64_C(0x00C3A5DEADBEEF01), UINT64_C(1) << 55 | 1};
    struct sim_terrain_asked *t = &asked->terrain;
    t->number = ++asked->number;
    t->spacing_m = spacings_m[t->number / 2 % 3];
    t->mask = masks[t->number / 6 % 3];
    corner_of(at, t);
    Drf__V1__TerrainRequest terrain = DRF__V1__TERRAIN_REQUEST__INIT;
    terrain.has_lat_e7 = terrain.has_lon_e7 = terrain.has_grid_spacing_m = 1;
    terrain.lat_e7 = t->lat_e7;
    terrain.lon_e7 = t->lon_e7;
    terrain.grid_spacing_m = t->spacing_m;
    terrain.has_mask = t->mask != masks[0]; // absent: all
    terrain.mask = t->mask;
    Drf__V1__Request request = DRF__V1__REQUEST__INIT;
    request.terrain = &terrain;
    return pack(&request, 't', t->number, bytes);
}

size_t sim_request_landing(struct sim_asked *asked, struct geo_point at,
                           uint8_t bytes[static SIM_REQUEST_MAX])
{
    struct sim_landing_asked *l = &asked->landing;
    l->number = ++asked->number;
    l->radius_m = l->number % 4 < 2 ? 5.0 : 30.0;
    int32_t lat_e7 = (int32_t)lround(at.lat_deg * 1e7),
            lon_e7 = (int32_t)lround(at.lon_deg * 1e7);
    l->position = (struct geo_point){.lat_deg = lat_e7 * 1e-7, .lon_deg = lon_e7 * 1e-7};
    Drf__V1__LandingRequest landing = DRF__V1__LANDING_REQUEST__INIT;
    landing.has_lat_e7 = landing.has_lon_e7 = landing.has_radius_m = 1;
    landing.lat_e7 = lat_e7;
    landing.lon_e7 = lon_e7;
    landing.radius_m = (float)l->radius_m;
    Drf__V1__Request request = DRF__V1__REQUEST__INIT;
    request.landing = &landing;
    return pack(&request, 'l', l->number, bytes);
}

bool sim_request_is(const char *correlation, char kind, uint32_t number)
{
    char expected[CORRELATION_SIZE];
    snprintf(expected, sizeof expected, "%c%u", kind, number);
    return correlation != NULL && number != 0 && strcmp(correlation, expected) == 0;
}
