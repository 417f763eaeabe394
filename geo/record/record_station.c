// SPDX-License-Identifier: Apache-2.0
// What every reader of a station's observation may rely on.
#include "geo/record/record_layout.h"
#include "geo/record/refusal.h"
#include "geo/record/station.h"

static bool within(double value, double low, double high) // false for NaN
{
    return value >= low && value <= high;
}

// A value that has no flag is zero, so that one observation is one run of bytes.
static bool value_valid(const struct geo_station *s, uint32_t flag, double value, double low,
                        double high)
{
    return (s->flags & flag) != 0 ? within(value, low, high) : within(value, 0.0, 0.0);
}

static bool values_valid(const struct geo_station *s)
{
    return value_valid(s, GEO_STATION_HAS_ELEVATION, s->elevation_amsl_m, -1000.0, 10000.0)
           && value_valid(s, GEO_STATION_HAS_WIND, s->wind_speed_mps, 0.0, 150.0)
           && value_valid(s, GEO_STATION_HAS_WIND_FROM, s->wind_from_deg_true, 0.0, 360.0)
           && value_valid(s, GEO_STATION_HAS_GUST, s->gust_mps, 0.0, 150.0)
           && value_valid(s, GEO_STATION_HAS_TEMPERATURE, s->temperature_k, 150.0, 350.0)
           && value_valid(s, GEO_STATION_HAS_DEW_POINT, s->dew_point_k, 150.0, 350.0)
           && value_valid(s, GEO_STATION_HAS_VISIBILITY, s->visibility_m, 0.0, 200000.0)
           && value_valid(s, GEO_STATION_HAS_CEILING, s->ceiling_agl_m, 0.0, 31000.0)
           && value_valid(s, GEO_STATION_HAS_QNH, s->qnh_pa, 80000.0, 112000.0);
}

static bool flags_valid(uint32_t flags)
{
    // What only means something beside another flag.
    static const struct {
        uint32_t flag, needs;
    } pairs[] = {
        {GEO_STATION_HAS_ELEVATION, GEO_STATION_PLACED},
        {GEO_STATION_OUTSIDE, GEO_STATION_PLACED},
        {GEO_STATION_HAS_WIND_FROM, GEO_STATION_HAS_WIND},
        {GEO_STATION_VISIBILITY_AT_LEAST, GEO_STATION_HAS_VISIBILITY},
        {GEO_STATION_CEILING_AT_LEAST, GEO_STATION_HAS_CEILING},
        {GEO_STATION_PRECIPITATION, GEO_STATION_HAS_WEATHER},
        {GEO_STATION_CONVECTION_UNKNOWN, GEO_STATION_HAS_WEATHER},
        {GEO_STATION_WIND_AT_LEAST, GEO_STATION_HAS_WIND},
        {GEO_STATION_GUST_AT_LEAST, GEO_STATION_HAS_GUST},
        {GEO_STATION_MEASURED_AGL, GEO_STATION_PLACED},
        {GEO_STATION_MEASURED_AMSL, GEO_STATION_PLACED},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
        if ((flags & pairs[i].flag) != 0 && (flags & pairs[i].needs) == 0)
            return false;
    const uint32_t both = GEO_STATION_CONVECTION | GEO_STATION_CONVECTION_UNKNOWN,
                   heights = GEO_STATION_MEASURED_AGL | GEO_STATION_MEASURED_AMSL;
    return (flags & both) != both && (flags & heights) != heights
           && (flags & ~(((uint32_t)GEO_STATION_MEASURED_AMSL << 1) - 1)) == 0;
}

enum drf_status record_check_station(const struct geo_station *s, uint32_t size)
{
    if (size != sizeof *s || !geo_text_clean(s->id, sizeof s->id) || s->id[0] == '\0'
        || !geo_text_clean(s->codes, sizeof s->codes))
        return DRF_ERR_SYNTAX;
    bool placed = (s->flags & GEO_STATION_PLACED) != 0;
    bool place =
        placed ? within(s->position.lat_deg, -90.0, 90.0)
                     && within(s->position.lon_deg, -180.0, 180.0)
               : within(s->position.lat_deg, 0.0, 0.0) && within(s->position.lon_deg, 0.0, 0.0);
    bool time = s->observed_utc_us >= -RECORD_TIME_LIMIT_US
                && s->observed_utc_us <= RECORD_TIME_LIMIT_US;
    bool measured = (s->flags & (GEO_STATION_MEASURED_AGL | GEO_STATION_MEASURED_AMSL)) != 0;
    bool height = measured ? within(s->measured_dm, -10000.0, 100000.0) : s->measured_dm == 0;
    return place && time && height && flags_valid(s->flags) && values_valid(s) ? DRF_OK
                                                                               : DRF_ERR_RANGE;
}
