// SPDX-License-Identifier: Apache-2.0
// The values of stations: fusion/root/station.c decides which of them hold.
#include <math.h>

#include "fusion/root/station.h"
#include "geo/earth.h"

static double number_of(const struct geo_station *station, unsigned item)
{
    switch (item) {
    case FUSION_WIND:
        return station->wind_speed_mps;
    case FUSION_GUST:
        return station->gust_mps;
    case FUSION_TEMPERATURE:
        return station->temperature_k;
    case FUSION_DEW_POINT:
        return station->dew_point_k;
    case FUSION_VISIBILITY:
        return station->visibility_m;
    case FUSION_CEILING:
        return station->ceiling_agl_m;
    default:
        return station->qnh_pa;
    }
}

static void turn_wind(const struct geo_station *station, struct fusion_quantity *out)
{
    if ((station->flags & GEO_STATION_HAS_WIND_FROM) == 0) {
        out->direction_unknown = station->wind_speed_mps > 0.0;
        return;
    }
    double from_rad = station->wind_from_deg_true * GEO_RAD_PER_DEG;
    out->value = -station->wind_speed_mps * cos(from_rad);
    out->value_east = -station->wind_speed_mps * sin(from_rad);
}

static uint32_t at_least_of(unsigned item)
{
    return item == FUSION_WIND         ? GEO_STATION_WIND_AT_LEAST
           : item == FUSION_GUST       ? GEO_STATION_GUST_AT_LEAST
           : item == FUSION_VISIBILITY ? GEO_STATION_VISIBILITY_AT_LEAST
           : item == FUSION_CEILING    ? GEO_STATION_CEILING_AT_LEAST
                                       : 0;
}

static struct fusion_quantity quantity_of(const struct fusion_station_answer *answer,
                                          const struct fusion_weather_ask *ask, unsigned item)
{
    const struct fusion_station *one = answer->station;
    const struct geo_station *station = one->station;
    int64_t hold_us = fusion_station_hold_us(one, item);
    double height_m =
        fusion_station_agl_m(station, item, ask->ground_known, ask->ground_amsl_m);
    struct fusion_quantity out = {
        .reason = FUSION_REASON_NONE,
        .value = number_of(station, item),
        .statistic = GEO_STATISTIC_INSTANT,
        .lower_agl_m = height_m,
        .upper_agl_m = height_m,
        .valid_from_utc_us = station->observed_utc_us,
        .valid_until_utc_us = station->observed_utc_us + hold_us,
        .data_time_utc_us = station->observed_utc_us,
        .issue_utc_us = one->source->issue_utc_us,
        .horizontal = FUSION_BASIS_STATION,
        .time = FUSION_BASIS_NEAREST,
        .station = station->id,
        .source = one->source,
    };
    if (ask->agl_known)
        out.vertical = height_m <= 0.0 || ask->agl_m == height_m ? FUSION_BASIS_INSIDE
                                                                 : FUSION_BASIS_EXTRAPOLATED;
    if (item == FUSION_WIND)
        turn_wind(station, &out);
    out.at_least = (station->flags & at_least_of(item)) != 0;
    return out;
}

static void observe_present(const struct fusion_station_answer *answer,
                            struct fusion_present *out)
{
    *out = (struct fusion_present){.reason = answer->reason};
    if (answer->station == NULL)
        return;
    const struct geo_station *station = answer->station->station;
    bool told = (station->flags & GEO_STATION_HAS_WEATHER) != 0;
    out->precipitation_known = told;
    out->precipitation = (station->flags & GEO_STATION_PRECIPITATION) != 0;
    // one that does not say what falls may still see a cumulonimbus
    out->convection_known = (station->flags & GEO_STATION_CONVECTION) != 0
                            || (told && (station->flags & GEO_STATION_CONVECTION_UNKNOWN) == 0);
    out->convection = (station->flags & GEO_STATION_CONVECTION) != 0;
    out->codes = station->codes;
    out->data_time_utc_us = station->observed_utc_us;
    out->station = station->id;
    out->source = answer->station->source;
}

void fusion_weather_observe(const struct fusion_root *root,
                            const struct fusion_weather_ask *ask, struct fusion_weather_at *out)
{
    if (root->stations == NULL)
        return;
    const struct fusion_station_ask at = {.position = ask->position,
                                          .agl_known = ask->agl_known,
                                          .agl_m = ask->agl_m,
                                          .ground_known = ask->ground_known,
                                          .ground_amsl_m = ask->ground_amsl_m,
                                          .now_utc_us = ask->now_utc_us};
    struct fusion_station_answer answers[FUSION_STATION_PRESENT + 1];
    fusion_station_answers(root, &at, ask->without, answers);
    for (unsigned item = 0; item < FUSION_WEATHER_ITEMS; item++) {
        if ((ask->without >> item & 1) != 0)
            continue;
        struct fusion_quantity *grid = &out->items[item];
        const struct fusion_station_answer *answer = &answers[item];
        bool answered = grid->reason == FUSION_REASON_NONE;
        bool silent =
            grid->reason == FUSION_REASON_NOT_REPORTED || grid->reason == FUSION_REASON_NO_DATA;
        if (answer->station != NULL && (!answered || answer->weight > 0.0))
            *grid = quantity_of(answer, ask, item);
        else if (silent && answer->station == NULL && answer->reason != FUSION_REASON_NO_DATA)
            grid->reason = answer->reason;
    }
    observe_present(&answers[FUSION_STATION_PRESENT], &out->present);
}
