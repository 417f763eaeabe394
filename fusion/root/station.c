// SPDX-License-Identifier: Apache-2.0
#include "fusion/root/station.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "geo/earth.h"
#include "geo/extreme.h"

#define MINUTE_US INT64_C(60000000)
// A station's clock and the node's may differ by this.
#define AHEAD_US (5 * MINUTE_US)
#define MEASURED_HOLD_US (15 * MINUTE_US)
#define FARTHEST_M 50500.0 // more than any reach below

struct fusion_station_rule fusion_station_rule(unsigned item)
{
    static const struct fusion_station_rule rules[] = {
        [FUSION_WIND] = {10000.0, 75 * MINUTE_US, 30.0, 100.0},
        [FUSION_GUST] = {10000.0, 75 * MINUTE_US, 30.0, 100.0},
        [FUSION_TEMPERATURE] = {20000.0, 75 * MINUTE_US, 60.0, 100.0},
        [FUSION_VISIBILITY] = {10000.0, 75 * MINUTE_US, 300.0, 150.0},
        [FUSION_PRECIPITATION] = {0.0, 0, 0.0, 0.0}, // a report tells no rate
        [FUSION_CEILING] = {20000.0, 75 * MINUTE_US, HUGE_VAL, 150.0},
        [FUSION_DEW_POINT] = {20000.0, 75 * MINUTE_US, 60.0, 100.0},
        [FUSION_QNH] = {50000.0, 75 * MINUTE_US, HUGE_VAL, HUGE_VAL},
        [FUSION_STATION_PRESENT] = {10000.0, 75 * MINUTE_US, HUGE_VAL, 150.0},
    };
    assert(item < sizeof rules / sizeof rules[0]);
    return rules[item];
}

static bool measured(const struct geo_station *station)
{
    return (station->flags & (GEO_STATION_MEASURED_AGL | GEO_STATION_MEASURED_AMSL)) != 0;
}

int64_t fusion_station_hold_us(const struct fusion_station *station, unsigned item)
{
    int64_t hold_us = fusion_station_rule(item).hold_us;
    if (measured(station->station) && hold_us > MEASURED_HOLD_US)
        hold_us = MEASURED_HOLD_US;
    return station->valid_for_us < hold_us ? station->valid_for_us : hold_us;
}

double fusion_station_agl_m(const struct geo_station *station, unsigned item, bool ground_known,
                            double ground_amsl_m)
{
    if ((station->flags & GEO_STATION_MEASURED_AGL) != 0)
        return station->measured_dm / 10.0;
    if ((station->flags & GEO_STATION_MEASURED_AMSL) != 0)
        return ground_known ? station->measured_dm / 10.0 - ground_amsl_m : 0.0;
    bool wind = item == FUSION_WIND || item == FUSION_GUST;
    bool air = item == FUSION_TEMPERATURE || item == FUSION_DEW_POINT;
    return wind ? GEO_STATION_WIND_AGL_M : air ? GEO_STATION_AIR_AGL_M : 0.0;
}

bool fusion_station_over(const struct fusion_station *station, int64_t utc_us)
{
    int64_t hold_us = 0;
    for (unsigned item = 0; item <= FUSION_STATION_PRESENT; item++)
        if (fusion_station_rule(item).hold_us > hold_us)
            hold_us = fusion_station_rule(item).hold_us;
    if (measured(station->station) && hold_us > MEASURED_HOLD_US)
        hold_us = MEASURED_HOLD_US;
    return utc_us > station->station->observed_utc_us + hold_us;
}

static uint32_t flag_of(unsigned item)
{
    static const uint32_t flags[] = {
        [FUSION_WIND] = GEO_STATION_HAS_WIND,
        [FUSION_GUST] = GEO_STATION_HAS_GUST,
        [FUSION_TEMPERATURE] = GEO_STATION_HAS_TEMPERATURE,
        [FUSION_VISIBILITY] = GEO_STATION_HAS_VISIBILITY,
        [FUSION_CEILING] = GEO_STATION_HAS_CEILING,
        [FUSION_DEW_POINT] = GEO_STATION_HAS_DEW_POINT,
        [FUSION_QNH] = GEO_STATION_HAS_QNH,
        // either is something to tell
        [FUSION_STATION_PRESENT] = GEO_STATION_HAS_WEATHER | GEO_STATION_CONVECTION,
    };
    return flags[item];
}

static double apart_m(struct geo_point a, struct geo_point b)
{
    double north = sin((b.lat_deg - a.lat_deg) * GEO_RAD_PER_DEG / 2.0);
    double east = sin((b.lon_deg - a.lon_deg) * GEO_RAD_PER_DEG / 2.0);
    double h =
        north * north
        + cos(a.lat_deg * GEO_RAD_PER_DEG) * cos(b.lat_deg * GEO_RAD_PER_DEG) * east * east;
    return 2.0 * GEO_EARTH_RADIUS_M * asin(sqrt(geo_lesser(h, 1.0)));
}

// What was measured in the air holds as far up and down from there as a station's value does
// from the ground.
static bool height_fits(const struct fusion_station_rule *rule,
                        const struct fusion_station_ask *ask, const struct geo_station *station)
{
    if (!measured(station))
        return !ask->agl_known || ask->agl_m <= rule->agl_max_m;
    if (!ask->agl_known
        || ((station->flags & GEO_STATION_MEASURED_AMSL) != 0 && !ask->ground_known))
        return false;
    double agl_m =
        fusion_station_agl_m(station, FUSION_WIND, ask->ground_known, ask->ground_amsl_m);
    return fabs(ask->agl_m - agl_m) <= rule->agl_max_m;
}

// Whether a station holds for this height at all.
static bool level_fits(const struct fusion_station_rule *rule,
                       const struct fusion_station_ask *ask, const struct geo_station *station)
{
    if (!height_fits(rule, ask, station))
        return false;
    return !ask->ground_known || (station->flags & GEO_STATION_HAS_ELEVATION) == 0
           || fabs(ask->ground_amsl_m - station->elevation_amsl_m) <= rule->relief_max_m;
}

// Equal weights: the nearer, the later, then the source's and the station's own order.
static bool better(const struct fusion_station_answer *a, const struct fusion_station_answer *b)
{
    if (b->station == NULL || a->weight != b->weight)
        return b->station == NULL || a->weight > b->weight;
    if (a->distance_m != b->distance_m)
        return a->distance_m < b->distance_m;
    const struct fusion_station *x = a->station, *y = b->station;
    if (x->station->observed_utc_us != y->station->observed_utc_us)
        return x->station->observed_utc_us > y->station->observed_utc_us;
    int order = fusion_source_compare(x->source, y->source);
    return order != 0 ? order < 0 : strcmp(x->station->id, y->station->id) < 0;
}

// NONE: it holds, *out is its weight.
static enum fusion_reason weigh(const struct fusion_station *one, double distance_m,
                                unsigned item, const struct fusion_station_ask *ask,
                                struct fusion_station_answer *out)
{
    const struct fusion_station_rule rule = fusion_station_rule(item);
    const struct geo_station *station = one->station;
    int64_t age_us = ask->now_utc_us - station->observed_utc_us;
    if (!(distance_m < rule.reach_m) || !level_fits(&rule, ask, station) || age_us < -AHEAD_US)
        return FUSION_REASON_NO_DATA;
    int64_t hold_us = fusion_station_hold_us(one, item);
    if (age_us >= hold_us)
        return FUSION_REASON_STALE;
    if ((station->flags & flag_of(item)) == 0)
        return FUSION_REASON_SOURCE_VOID;
    double age = age_us > 0 ? (double)age_us / (double)hold_us : 0.0;
    *out = (struct fusion_station_answer){.station = one,
                                          .distance_m = distance_m,
                                          .weight = 1.0 - distance_m / rule.reach_m - age,
                                          .reason = FUSION_REASON_NONE};
    return FUSION_REASON_NONE;
}

// What explains more: there is one that does not say, there was one, there is none.
static enum fusion_reason reporting(enum fusion_reason a, enum fusion_reason b)
{
    if (a == FUSION_REASON_SOURCE_VOID || b == FUSION_REASON_NO_DATA)
        return a;
    return b;
}

static void take_in(const struct fusion_station *station, double distance_m, unsigned item,
                    const struct fusion_station_ask *ask, struct fusion_station_answer *best)
{
    struct fusion_station_answer one;
    enum fusion_reason reason = weigh(station, distance_m, item, ask, &one);
    if (reason == FUSION_REASON_NONE && better(&one, best))
        *best = one;
    else if (reason != FUSION_REASON_NONE && best->station == NULL)
        best->reason = reporting(best->reason, reason);
}

struct fusion_station_answer fusion_station_answer(const struct fusion_root *root,
                                                   const struct fusion_station_ask *ask,
                                                   unsigned item)
{
    struct fusion_station_answer answers[FUSION_STATION_PRESENT + 1];
    fusion_station_answers(root, ask, ~(UINT32_C(1) << item), answers);
    return answers[item];
}

void fusion_station_answers(const struct fusion_root *root,
                            const struct fusion_station_ask *ask, uint32_t without,
                            struct fusion_station_answer out[static FUSION_STATION_PRESENT + 1])
{
    for (unsigned item = 0; item <= FUSION_STATION_PRESENT; item++)
        out[item] = (struct fusion_station_answer){.reason = FUSION_REASON_NO_DATA};
    for (size_t i = 0; root->stations != NULL && i < root->stations->count; i++) {
        const struct fusion_station *station = root->stations->items[i];
        const struct geo_point at = station->station->position;
        // Nearer than its latitude is no place; one that nothing reaches says nothing.
        if (fabs(at.lat_deg - ask->position.lat_deg) * GEO_EARTH_M_PER_DEG > FARTHEST_M)
            continue;
        const double distance_m = apart_m(ask->position, at);
        for (unsigned item = 0; item <= FUSION_STATION_PRESENT; item++)
            if ((without >> item & 1) == 0)
                take_in(station, distance_m, item, ask, &out[item]);
    }
}
