// SPDX-License-Identifier: Apache-2.0
// What every reader of a track may rely on.
#include <math.h>

#include "geo/record/record_layout.h"
#include "geo/record/refusal.h"

static bool within(double value, double low, double high) // false for NaN
{
    return value >= low && value <= high;
}

// Within the limit where the flag is set, else 0.
static bool said(const struct geo_track *t, uint32_t flag, double value, double low,
                 double high)
{
    return (t->flags & flag) != 0 ? within(value, low, high) : within(value, 0.0, 0.0);
}

enum drf_status record_check_track(const struct geo_track *t, uint32_t size)
{
    if (size != sizeof *t || !geo_text_clean(t->id, sizeof t->id) || t->id[0] == '\0'
        || !geo_text_clean(t->name, sizeof t->name)
        || !geo_text_clean(t->icao24, sizeof t->icao24)
        || !geo_text_clean(t->category, sizeof t->category))
        return DRF_ERR_SYNTAX;
    const uint32_t known = (GEO_TRACK_ALTITUDE_ASSUMED << 1) - 1;
    const double height_m = 100000.0, speed_mps = GEO_TRACK_SPEED_LIMIT_MPS;
    bool sound =
        (t->flags & ~known) == 0 && within(t->position.lat_deg, -90.0, 90.0)
        && within(t->position.lon_deg, -180.0, 180.0) && t->time_utc_us >= -RECORD_TIME_LIMIT_US
        && t->time_utc_us <= RECORD_TIME_LIMIT_US && within(t->altitude_acc95_m, 0.0, 1e5)
        && within(t->altitude_default_acc95_m, 0.0, 1e5) && t->horizontal_acc95_m > 0.0
        && t->horizontal_acc95_m <= 1e5 && t->horizontal_default_acc95_m > 0.0
        && t->horizontal_default_acc95_m <= 1e5;
    bool heights = said(t, GEO_TRACK_WGS84, t->alt_wgs84_m, -2000.0, height_m)
                   && said(t, GEO_TRACK_AMSL, t->alt_amsl_m, -2000.0, height_m)
                   && said(t, GEO_TRACK_PRESSURE, t->alt_pressure_m, -2000.0, height_m);
    bool motion = said(t, GEO_TRACK_VELOCITY, t->velocity_north_mps, -speed_mps, speed_mps)
                  && said(t, GEO_TRACK_VELOCITY, t->velocity_east_mps, -speed_mps, speed_mps)
                  && said(t, GEO_TRACK_UP, t->velocity_up_mps, -speed_mps, speed_mps);
    motion = motion && said(t, GEO_TRACK_SPEED, t->speed_mps, 0.0, speed_mps)
             && (~t->flags & (GEO_TRACK_SPEED | GEO_TRACK_VELOCITY)) != 0; // not both
    return sound && heights && motion ? DRF_OK : DRF_ERR_RANGE;
}
