// SPDX-License-Identifier: Apache-2.0
#include "fusion/context/terrain.h"

#include <assert.h>
#include <math.h>

#include "fusion/root/sample.h"
#include "geo/extreme.h"

// 1e-7 degree in metres on a sphere of 6,378,100 m and its inverse: ArduPilot's
// LOCATION_SCALING_FACTOR, single precision there. Its blocks count from whole degrees.
#define M_PER_E7 0.011131884502145034
#define E7_PER_M 89.83204953368922
#define RADIANS_PER_E7 1.7453292519943296e-9

enum {
    DEGREE_E7 = 10000000,
    STEP_NORTH = 24, // posts from block to block: 28 and 32 less one tile
    STEP_EAST = 28,
    SIDE = 4,
};

static double longitude_scale(double lat_e7)
{
    return geo_greater(cos(lat_e7 * RADIANS_PER_E7), 0.01);
}

static int32_t wrap(int64_t lon_e7)
{
    if (lon_e7 > INT64_C(1800000000))
        lon_e7 -= INT64_C(3600000000);
    else if (lon_e7 < -INT64_C(1800000000))
        lon_e7 += INT64_C(3600000000);
    return (int32_t)lon_e7;
}

struct fusion_e7 fusion_terrain_offset(struct fusion_e7 from, double north_m, double east_m)
{
    const int64_t by_lat = (int64_t)(north_m * E7_PER_M), half = by_lat / 2;
    int64_t lat = from.lat + by_lat;
    int64_t by_lon =
        (int64_t)(east_m * E7_PER_M / longitude_scale((double)from.lat + (double)half));
    if (lat > 900000000)
        lat = 1800000000 - lat;
    return (struct fusion_e7){(int32_t)lat, wrap(from.lon + by_lon)};
}

static int32_t whole_degree(int32_t e7)
{
    return (e7 < 0 ? e7 - (DEGREE_E7 - 1) : e7) / DEGREE_E7 * DEGREE_E7;
}

struct fusion_terrain_block fusion_terrain_block_at(struct fusion_e7 place, uint16_t spacing_m)
{
    assert(spacing_m > 0);
    struct fusion_e7 whole = {whole_degree(place.lat), whole_degree(place.lon)};
    double middle = ((double)place.lat + whole.lat) / 2;
    double north_m = (place.lat - whole.lat) * M_PER_E7;
    double east_m = (place.lon - whole.lon) * M_PER_E7 * longitude_scale(middle);
    uint32_t row = (uint32_t)(north_m / spacing_m) / STEP_NORTH;
    uint32_t column = (uint32_t)(east_m / spacing_m) / STEP_EAST;
    return (struct fusion_terrain_block){
        .corner = fusion_terrain_offset(whole, (double)row * STEP_NORTH * spacing_m,
                                        (double)column * STEP_EAST * spacing_m),
        .spacing_m = spacing_m,
    };
}

static struct geo_point point_of(struct fusion_e7 e7)
{
    return (struct geo_point){.lat_deg = e7.lat / 1e7, .lon_deg = e7.lon / 1e7};
}

// Whether a tile should rather name this one; NULL is the worst.
static bool worse(const struct fusion_source *one, const struct fusion_source *than)
{
    if (one == NULL || than == NULL)
        return than != NULL;
    if (one->vertical_acc95_m > than->vertical_acc95_m
        || one->vertical_acc95_m < than->vertical_acc95_m)
        return one->vertical_acc95_m > than->vertical_acc95_m;
    return one->data_time_utc_us < than->data_time_utc_us;
}

struct fusion_terrain_tile fusion_terrain_read(const struct fusion_root *root,
                                               struct fusion_terrain_block block, unsigned bit)
{
    assert(bit < FUSION_TERRAIN_TILES);
    struct fusion_terrain_tile tile = {.known = true, .reason = FUSION_REASON_NONE};
    unsigned north = bit / FUSION_TERRAIN_COLUMNS * SIDE;
    unsigned east = bit % FUSION_TERRAIN_COLUMNS * SIDE;
    for (unsigned i = 0; i < FUSION_TERRAIN_POSTS; i++) {
        const unsigned row = north + i / SIDE, column = east + i % SIDE;
        struct fusion_e7 at = fusion_terrain_offset(block.corner, (double)row * block.spacing_m,
                                                    (double)column * block.spacing_m);
        struct fusion_sample ground = fusion_sample_ground(root, point_of(at));
        if (!ground.known) {
            tile.known = false;
            tile.reason = ground.reason;
            return tile;
        }
        tile.heights_amsl_m[i] = (int16_t)ceil(ground.amsl_m);
        tile.mixed = tile.mixed || (i > 0 && ground.source != tile.source);
        if (i == 0 || worse(ground.source, tile.source))
            tile.source = ground.source;
    }
    return tile;
}

static bool add(struct fusion_terrain_blocks *out, struct fusion_e7 place)
{
    struct fusion_e7 corner = fusion_terrain_block_at(place, out->spacing_m).corner;
    for (size_t i = 0; i < out->count; i++)
        if (out->corners[i].lat == corner.lat && out->corners[i].lon == corner.lon)
            return true;
    if (out->count == out->room)
        return false;
    out->corners[out->count++] = corner;
    return true;
}

// Steps of half a block, so that none is missed: blocks are no smaller than a step but where a
// degree cuts them, and there the step is cut as well.
static int64_t next_stop(int64_t at, int64_t step, int64_t end)
{
    int64_t cut = (at >= 0 ? at / DEGREE_E7 + 1 : -((-at - 1) / DEGREE_E7)) * DEGREE_E7;
    // The last block of a degree may be a sliver: stop just inside the cut, then on it.
    int64_t next = at + step < cut - 1 ? at + step : at < cut - 1 ? cut - 1 : cut;
    return at < end && next > end ? end : next;
}

bool fusion_terrain_cover_box(struct fusion_e7 south_west, struct fusion_e7 north_east,
                              struct fusion_terrain_blocks *out)
{
    int64_t east_end = north_east.lon;
    if (east_end < south_west.lon)
        east_end += INT64_C(3600000000);
    int64_t north_step = (int64_t)(STEP_NORTH * out->spacing_m * E7_PER_M / 2);
    for (int64_t lat = south_west.lat; lat <= north_east.lat;
         lat = next_stop(lat, north_step, north_east.lat)) {
        int64_t east_step =
            (int64_t)(STEP_EAST * out->spacing_m * E7_PER_M / 2 / longitude_scale((double)lat));
        for (int64_t lon = south_west.lon; lon <= east_end;
             lon = next_stop(lon, east_step, east_end))
            if (!add(out, (struct fusion_e7){(int32_t)lat, wrap(lon)}))
                return false;
    }
    return true;
}

bool fusion_terrain_cover_line(struct fusion_e7 from, struct fusion_e7 to, double margin_m,
                               struct fusion_terrain_blocks *out)
{
    int64_t by_lat = (int64_t)to.lat - from.lat, by_lon = wrap((int64_t)to.lon - from.lon);
    double scale = longitude_scale(((double)from.lat + to.lat) / 2);
    double length_m = hypot((double)by_lat, (double)by_lon * scale) * M_PER_E7;
    int64_t count =
        1 + (int64_t)(length_m / geo_greater(margin_m, STEP_NORTH / 2.0 * out->spacing_m));
    int64_t reach = (int64_t)(geo_greater(margin_m, out->spacing_m) * E7_PER_M);
    for (int64_t i = 0; i < count; i++) {
        // The box of a piece of the line, and the margin around it.
        int64_t a_lat = from.lat + by_lat * i / count,
                b_lat = from.lat + by_lat * (i + 1) / count;
        int64_t a_lon = from.lon + by_lon * i / count,
                b_lon = from.lon + by_lon * (i + 1) / count;
        int64_t low = (a_lat < b_lat ? a_lat : b_lat) - reach;
        int64_t high = (a_lat < b_lat ? b_lat : a_lat) + reach;
        int64_t wide = (int64_t)((double)reach / longitude_scale((double)high));
        low = low < -900000000 ? -900000000 : low;
        high = high > 899999999 ? 899999999 : high;
        struct fusion_e7 south_west = {(int32_t)low,
                                       wrap((a_lon < b_lon ? a_lon : b_lon) - wide)};
        struct fusion_e7 north_east = {(int32_t)high,
                                       wrap((a_lon < b_lon ? b_lon : a_lon) + wide)};
        if (!fusion_terrain_cover_box(south_west, north_east, out))
            return false;
    }
    return true;
}
