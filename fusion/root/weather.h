// fusion/root/weather.h - weather at one place, height and instant, from the native fields.
// SPDX-License-Identifier: Apache-2.0
//
// The level whose height interval is nearest the given height is used and named (distance 0
// inside; tie: the narrower), never a mix of levels; between equal levels the better source.
// Only instants are interpolated, linearly in time and by vector components, between valid
// times at most max_gap apart; of visibility and ceiling the worse is taken. A single instant
// holds for valid_for on either side. An accumulation is a rate over its interval. An extreme
// is never a present value. In the plane of the grid it is bilinear, each vector turned to true
// north at its own grid point first; `nearest`, or a missing neighbour, takes the nearest
// point.
//
// Where a nearby station outranks the grids (fusion/root/station.h), its value replaces theirs
// and is never mixed with it; the quantity names it.
#ifndef FUSION_WEATHER_H
#define FUSION_WEATHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fusion/root/root.h"
#include "geo/point.h"
#include "geo/status.h"

enum fusion_basis { // numbers of Basis in schemas/drf/v1/enums.proto
    FUSION_BASIS_UNKNOWN = 0,
    FUSION_BASIS_EXTRAPOLATED = 1,
    FUSION_BASIS_NEAREST = 2,
    FUSION_BASIS_INTERPOLATED = 3,
    FUSION_BASIS_INSIDE = 4,
    FUSION_BASIS_STATION = 5, // observed at a station nearby
};

// One value of the weather with everything that says what it is. When `reason` is not
// FUSION_REASON_NONE there is no value and nothing else is meaningful.
struct fusion_quantity {
    enum fusion_reason reason;
    double value;       // a scalar, or the part of the wind toward true north
    double value_east;  // wind only: the part toward true east
    uint32_t statistic; // enum geo_statistic
    double lower_agl_m, upper_agl_m;
    int64_t valid_from_utc_us, valid_until_utc_us;
    int64_t data_time_utc_us; // the valid time, of two the earlier; the end of an accumulation
    int64_t issue_utc_us;
    enum fusion_basis horizontal, vertical, time;
    bool direction_unknown; // wind of a station that only knows the speed: `value` is that
    bool at_least;          // a station reports no more: it is this, or more
    const char *station;    // that observed it, borrowed from the root; NULL: a grid
    const struct fusion_source *source; // borrowed from the root
};

enum fusion_weather_item {
    FUSION_WIND = 0,      // m/s, a vector
    FUSION_GUST,          // m/s
    FUSION_TEMPERATURE,   // K
    FUSION_VISIBILITY,    // m
    FUSION_PRECIPITATION, // m/s, depth of water
    FUSION_CEILING,       // m above ground
    FUSION_DEW_POINT,     // K
    FUSION_QNH,           // Pa
    FUSION_WEATHER_ITEMS
};

// What falls from the sky, as a station nearby reports it. `reason` as in a quantity.
struct fusion_present {
    enum fusion_reason reason;
    bool precipitation_known, convection_known; // else it does not say, and the other is false
    bool precipitation;
    bool convection;   // thunderstorm, cumulonimbus or towering cumulus
    const char *codes; // "-RA BR", WMO No. 306 table 4678; "" when there is nothing to tell
    int64_t data_time_utc_us;
    const char *station;
    const struct fusion_source *source;
};

struct fusion_weather_at {
    struct fusion_quantity items[FUSION_WEATHER_ITEMS];
    struct fusion_present present;
};

// The planes of the grids in use and the turns of their points, remembered. One owner, one
// thread. It allocates only when a grid appears that it has not met.
struct fusion_planes;
DRF_MUST_CHECK enum drf_status fusion_planes_open(struct fusion_planes **out);
void fusion_planes_close(struct fusion_planes *planes); // NULL is fine
// Fields on more grids than can be remembered, as of the last question: they answer nothing.
size_t fusion_planes_left_out(const struct fusion_planes *planes);

struct fusion_weather_ask {
    struct geo_point position;
    bool agl_known; // false: no wind; scalars from the lowest level
    double agl_m;
    int64_t now_utc_us;
    bool nearest;
    bool grid_only;    // no stations: the grids as they are
    bool ground_known; // the height of the ground there, for a station's ceiling
    double ground_amsl_m;
    uint32_t without; // items that nobody will read, a bit for each, the last of them `present`
};

// Where a station says more than what the grids gave. Called by fusion_weather_ask().
void fusion_weather_observe(const struct fusion_root *root,
                            const struct fusion_weather_ask *ask,
                            struct fusion_weather_at *out);

// Cannot fail: what cannot be known says why.
void fusion_weather_ask(struct fusion_planes *planes, const struct fusion_root *root,
                        const struct fusion_weather_ask *ask, struct fusion_weather_at *out);

#endif
