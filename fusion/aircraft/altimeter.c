// SPDX-License-Identifier: Apache-2.0
#include "fusion/aircraft/altimeter.h"

#include <assert.h>
#include <math.h>

#include "fusion/root/station.h"

// The standard atmosphere up to 11 km (ICAO Doc 7488): 288.15 K at the sea, 6.5 K less a km.
#define SEA_LEVEL_PA 101325.0
#define SCALE_M 44330.769 // 288.15 K / 0.0065 K/m
#define EXPONENT 0.19026310540355

struct fusion_altimeter fusion_altimeter_at(const struct fusion_root *root,
                                            struct geo_point position, int64_t now_utc_us)
{
    const struct fusion_station_ask ask = {.position = position, .now_utc_us = now_utc_us};
    struct fusion_station_answer answer = fusion_station_answer(root, &ask, FUSION_QNH);
    if (answer.station == NULL)
        return (struct fusion_altimeter){.reason = FUSION_REASON_NO_QNH};
    const struct geo_station *station = answer.station->station;
    return (struct fusion_altimeter){
        .known = true,
        .reason = FUSION_REASON_NONE,
        .qnh_pa = station->qnh_pa,
        .elevation_amsl_m = station->elevation_amsl_m,
        .distance_m = answer.distance_m,
        .observed_utc_us = station->observed_utc_us,
        .station = station->id,
        .source = answer.station->source,
    };
}

// How much more an altimeter set to the QNH shows than one set to 1013.25 hPa.
static double shift_m(const struct fusion_altimeter *altimeter)
{
    assert(altimeter->known);
    return SCALE_M * (pow(altimeter->qnh_pa / SEA_LEVEL_PA, EXPONENT) - 1.0);
}

static double spread_m(const struct fusion_altimeter *altimeter, double amsl_m)
{
    return FUSION_ALTIMETER_ACC95_M
           + FUSION_ALTIMETER_ACC95_RATIO * fabs(amsl_m - altimeter->elevation_amsl_m);
}

struct fusion_altitude fusion_altimeter_amsl(const struct fusion_altimeter *altimeter,
                                             double pressure_m, double acc95_m)
{
    double amsl_m = pressure_m + shift_m(altimeter);
    return (struct fusion_altitude){
        .known = true, .m = amsl_m, .acc95_m = acc95_m + spread_m(altimeter, amsl_m)};
}
