// SPDX-License-Identifier: Apache-2.0
#include "edge/config/understood.h"

#include <math.h>
#include <stdio.h>

#include "geo/earth.h"

// deploy/operations.md: level 12, of DTED level 0 and of a made one-arc-second raster.
enum { DISK_MIN_BYTES = 23000, DISK_MAX_BYTES = 130000 };
// 256 x 256 cells of two bytes, for each of ground and surface.
enum { MEMORY_BYTES = 256 * 256 * 2 };
// As measured: resident without tiles (shared libraries too), three decoders by their own
// pages; rows memory_obstacle and memory_drone of tests/bench, rounded up.
enum {
    NODE_BYTES = 55000000,
    DECODERS_BYTES = 35000000,
    OBSTACLE_BYTES = 2000,
    OBSTACLE_DISK_BYTES = 1000,
    DRONE_BYTES = 6500,
};

static uint64_t tiles_of(struct geo_bounds bounds, uint32_t level)
{
    const struct geo_tiles tiles = geo_tiles_of(bounds, (uint8_t)level);
    return (uint64_t)tiles.columns * tiles.rows;
}

struct edge_understood_need edge_understood_need(const struct drf_config *config)
{
    uint64_t tiles = tiles_of(drf_config_keep(config), config->level);
    for (size_t i = 0; i < config->inset_count; i++)
        tiles += tiles_of(config->insets[i].bounds, config->insets[i].level);
    return (struct edge_understood_need){.tiles = tiles,
                                         .memory_min_bytes = tiles * MEMORY_BYTES,
                                         .memory_max_bytes = tiles * 2 * MEMORY_BYTES,
                                         .disk_min_bytes = tiles * DISK_MIN_BYTES,
                                         .disk_max_bytes = tiles * DISK_MAX_BYTES,
                                         .node_bytes = NODE_BYTES,
                                         .decoders_bytes = DECODERS_BYTES,
                                         .obstacle_bytes = OBSTACLE_BYTES,
                                         .obstacle_disk_bytes = OBSTACLE_DISK_BYTES,
                                         .drone_bytes = DRONE_BYTES};
}

void edge_understood_format(const struct drf_config *config,
                            char out[static EDGE_UNDERSTOOD_SIZE])
{
    const struct geo_bounds *box = &config->region.bounds;
    const double lat_deg = 0.5 * (box->south_deg + box->north_deg);
    const double lon_deg = 0.5 * (box->west_deg + box->east_deg);
    const double degree_km = GEO_EARTH_RADIUS_M * GEO_RAD_PER_DEG / 1000.0;
    const double width_km =
        (box->east_deg - box->west_deg) * degree_km * cos(lat_deg * GEO_RAD_PER_DEG);
    const double height_km = (box->north_deg - box->south_deg) * degree_km;
    const int digits = fmin(width_km, height_km) < 10.0 ? 1 : 0;
    (void)snprintf(
        out, EDGE_UNDERSTOOD_SIZE,
        "%.*f x %.*f km around %.4g %c %.5g %c, %llu tiles of level %u%s, %zu feed%s", digits,
        width_km, digits, height_km, fabs(lat_deg), lat_deg < 0 ? 'S' : 'N', fabs(lon_deg),
        lon_deg < 0 ? 'W' : 'E', (unsigned long long)edge_understood_need(config).tiles,
        config->level, config->inset_count > 0 ? " and of the insets" : "", config->feed_count,
        config->feed_count == 1 ? "" : "s");
}

bool edge_understood_exchanged(const struct drf_config *config, struct geo_bounds *out)
{
    const struct geo_bounds *box = &config->region.bounds;
    const struct geo_bounds other = {.west_deg = box->south_deg,
                                     .south_deg = box->west_deg,
                                     .east_deg = box->north_deg,
                                     .north_deg = box->east_deg};
    if (box->north_deg > -60.0 || other.south_deg < -60.0 || other.north_deg > 80.0)
        return false;
    *out = other;
    return true;
}
