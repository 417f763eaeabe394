// SPDX-License-Identifier: Apache-2.0
#include <math.h>
#include <stdlib.h>

#include "drf/v1/enums.pb-c.h"
#include "geo/earth.h"
#include "sim/witness/witness_layers.h"
#include "sim/witness/witness_truth.h"

enum { NO_ALTITUDE = DRF__V1__REASON__REASON_NO_ALTITUDE };
enum { WEATHER = DRF__V1__LAYER__LAYER_WEATHER };

static const int64_t hour_us = INT64_C(3600000000);

static int64_t hour_before(const struct sim_world *world, int64_t utc_us)
{
    int64_t since_us = utc_us - world->plan.epoch_utc_us + hour_us;
    return utc_us - since_us % hour_us;
}

// The weather told is that of the instant the context was made, which the envelope check
// holds to the report.
static int64_t told_at(const struct sim_report *report, const Drf__V1__Context *context)
{
    return context->has_node_time_us ? context->node_time_us : report->utc_us;
}

static void check_time(const struct sim_witness *witness, int64_t now_us, bool has,
                       int64_t data_us, const char *what, struct sim_witness_counts *counts)
{
    if (!has)
        return;
    // Hourly data: true at a full hour not more than an hour away, or at the asked instant.
    bool full = (data_us - witness->world->plan.epoch_utc_us) % hour_us == 0;
    int64_t off_us = data_us - now_us;
    sim_witness_counts_note(counts, SIM_CHECK_DATA_TIME,
                            (full || llabs(off_us) < 5000000)
                                && llabs(off_us) <= hour_us + 5000000,
                            "%s is true at %lld us from now", what, (long long)off_us);
}

static void check_direction(const Drf__V1__Wind *w, struct sim_witness_counts *counts)
{
    double north = (double)w->wind_to_north_mps, east = (double)w->wind_to_east_mps;
    double speed = hypot(north, east);
    if (w->has_wind_speed_mps)
        sim_witness_counts_note(
            counts, SIM_CHECK_WIND, fabs((double)w->wind_speed_mps - speed) < 0.02,
            "wind speed %.2f, its parts give %.2f", (double)w->wind_speed_mps, speed);
    if (w->has_wind_from_deg_true) {
        double from = atan2(-east, -north) / GEO_RAD_PER_DEG;
        double off = remainder((double)w->wind_from_deg_true - from, 360.0);
        sim_witness_counts_note(counts, SIM_CHECK_WIND, fabs(off) < 0.5 && speed > 0.49,
                                "wind from %.1f, its parts give %.1f at %.2f m/s",
                                (double)w->wind_from_deg_true, from, speed);
    } else {
        sim_witness_counts_note(counts, SIM_CHECK_WIND, speed < 0.51,
                                "%.2f m/s without a direction", speed);
    }
}

// The level nearest the aircraft's own AGL; where two are as good as equal, either.
static bool check_level(const struct sim_witness *witness, const struct sim_report *report,
                        const Drf__V1__Context *context, double *level_m,
                        struct sim_witness_counts *counts)
{
    const Drf__V1__Wind *w = context->weather->wind;
    (void)report;
    *level_m = (double)w->lower_agl_m;
    bool named = false;
    for (int i = 0; i < SIM_WIND_LEVELS; i++)
        named = named || fabs(*level_m - sim_wind_level_agl_m[i]) < 0.01;
    sim_witness_counts_note(counts, SIM_CHECK_WIND,
                            named && fabsf(w->lower_agl_m - w->upper_agl_m) < 0.01F,
                            "wind for %.1f to %.1f m, a level that was not published",
                            (double)w->lower_agl_m, (double)w->upper_agl_m);
    if (!named || context->height == NULL || !context->height->has_agl_m)
        return named;
    double agl_m = (double)context->height->agl_m, best_m = HUGE_VAL;
    for (int i = 0; i < SIM_WIND_LEVELS; i++)
        best_m = fmin(best_m, fabs(agl_m - sim_wind_level_agl_m[i]));
    double slack_m = 2 * witness->tolerance.ground_m;
    sim_witness_counts_note(counts, SIM_CHECK_WIND, fabs(agl_m - *level_m) <= best_m + slack_m,
                            "wind of %.0f m at %.1f m above ground", *level_m, agl_m);
    return true;
}

static void check_wind(struct sim_witness *witness, const struct sim_report *report,
                       const Drf__V1__Context *context, struct sim_witness_counts *counts)
{
    const struct sim_world *world = witness->world;
    const int64_t now_us = told_at(report, context);
    const Drf__V1__Wind *w = context->weather != NULL ? context->weather->wind : NULL;
    bool expected = context->height != NULL && context->height->has_agl_m
                    && sim_witness_published(world, now_us);
    if (w == NULL || !w->has_wind_to_north_mps || !w->has_wind_to_east_mps) {
        // an aircraft that sent a height is not told that it sent none
        sim_witness_counts_note(counts, SIM_CHECK_WIND,
                                w == NULL || w->wind_reason != NO_ALTITUDE
                                    || sim_witness_truth(witness, report).basis == 0,
                                "no wind, because no altitude was sent: one was");
        if (expected)
            sim_witness_missing(witness, WEATHER, w != NULL ? w->wind_reason : 0, "wind",
                                counts);
        return;
    }
    double level_m;
    if (!check_level(witness, report, context, &level_m, counts))
        return;
    double growth = sim_world_wind_growth(level_m);
    // Turning with height mixes the parts, so each may be off by both errors.
    double tol = growth
                     * (witness->weather_tolerance[SIM_WIND_TO_EAST]
                        + witness->weather_tolerance[SIM_WIND_TO_NORTH])
                 + 2 * fabs(world->plan.wind_bias_mps) + 0.01;
    double north =
        sim_world_weather(world, SIM_WIND_TO_NORTH, report->position, level_m, now_us);
    double east = sim_world_weather(world, SIM_WIND_TO_EAST, report->position, level_m, now_us);
    sim_witness_counts_note(counts, SIM_CHECK_WIND,
                            fabs((double)w->wind_to_north_mps - north) <= tol
                                && fabs((double)w->wind_to_east_mps - east) <= tol,
                            "wind to north %.2f east %.2f, true %.2f %.2f +- %.2f at %.0f m",
                            (double)w->wind_to_north_mps, (double)w->wind_to_east_mps, north,
                            east, tol, level_m);
    check_direction(w, counts);
    check_time(witness, now_us, w->has_data_time_us, w->data_time_us, "wind", counts);
}

struct scalar {
    enum sim_weather_kind kind;
    enum sim_check check;
    const char *name;
    double rounding; // of the number itself on the wire
};

static void check_scalar(struct sim_witness *witness, struct geo_point here, int64_t now_us,
                         const struct scalar *scalar, const Drf__V1__Quantity *q,
                         struct sim_witness_counts *counts)
{
    const struct sim_world *world = witness->world;
    if (q == NULL || !q->has_value) {
        if (sim_witness_published(world, now_us))
            sim_witness_missing(witness, WEATHER, q != NULL ? q->reason : 0, scalar->name,
                                counts);
        return;
    }
    int64_t before_us = hour_before(world, now_us);
    double value = (double)q->value;
    double low, high;
    if (scalar->kind == SIM_PRECIPITATION) { // a rate over the hour it fell in
        if (q->has_valid_from_us && q->has_valid_until_us)
            sim_witness_counts_note(counts, SIM_CHECK_DATA_TIME,
                                    q->valid_from_us <= now_us + 2000000
                                        && q->valid_until_us >= now_us - 2000000,
                                    "precipitation of another hour");
        low = high =
            sim_world_weather_mean(world, scalar->kind, here, before_us, before_us + hour_us);
    } else if (scalar->kind == SIM_VISIBILITY) { // the worse of two valid times
        double a = sim_world_weather(world, scalar->kind, here, 0, before_us);
        double b = sim_world_weather(world, scalar->kind, here, 0, before_us + hour_us);
        low = high = fmin(a, b);
    } else {
        low = high = sim_world_weather(world, scalar->kind, here, 0, now_us);
        check_time(witness, now_us, q->has_data_time_us, q->data_time_us, scalar->name, counts);
    }
    double tol = witness->weather_tolerance[scalar->kind] + scalar->rounding;
    sim_witness_counts_note(counts, scalar->check, value >= low - tol && value <= high + tol,
                            "%s %.9g, true %.9g +- %.3g", scalar->name, value, low, tol);
}

void sim_witness_weather(struct sim_witness *witness, const struct sim_report *report,
                         const Drf__V1__Context *context, struct sim_witness_counts *counts)
{
    static const struct scalar scalars[] = {
        {SIM_GUST, SIM_CHECK_GUST, "gust", 1e-5},
        {SIM_TEMPERATURE, SIM_CHECK_TEMPERATURE, "temperature", 1e-4},
        {SIM_VISIBILITY, SIM_CHECK_VISIBILITY, "visibility", 0.01},
        {SIM_PRECIPITATION, SIM_CHECK_PRECIPITATION, "precipitation", 1e-13},
    };
    const Drf__V1__Weather *w = context->weather;
    const Drf__V1__Quantity *const values[] = {
        w != NULL ? w->gust_mps : NULL, w != NULL ? w->temperature_k : NULL,
        w != NULL ? w->visibility_m : NULL, w != NULL ? w->precipitation_mps : NULL};
    check_wind(witness, report, context, counts);
    for (size_t i = 0; i < sizeof scalars / sizeof scalars[0]; i++)
        check_scalar(witness, report->position, told_at(report, context), &scalars[i],
                     values[i], counts);
}
