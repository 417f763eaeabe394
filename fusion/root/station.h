// fusion/root/station.h - which station holds for a place, and when it outranks a grid.
// SPDX-License-Identifier: Apache-2.0
//
// The rule is written in schemas/weather.md. For each quantity a station has a reach and a hold
// time; its weight is 1 - distance / reach - age / hold. With a weight above 0 it replaces the
// grid, and is never mixed with it; where no grid has a value it holds within its reach and
// hold time. Of several stations the one of the greatest weight is used. Pure functions.
#ifndef FUSION_STATION_H
#define FUSION_STATION_H

#include <stdbool.h>
#include <stdint.h>

#include "fusion/root/root.h"
#include "fusion/root/weather.h"

// What a station says of present weather.
enum { FUSION_STATION_PRESENT = FUSION_WEATHER_ITEMS };

struct fusion_station_rule {
    double reach_m;      // horizontally
    int64_t hold_us;     // after the observation; never longer than the feed's valid_for
    double agl_max_m;    // of the aircraft; infinite where height does not matter
    double relief_max_m; // between the ground there and the station; likewise
};

// The rule for an item (enum fusion_weather_item, or FUSION_STATION_PRESENT).
struct fusion_station_rule fusion_station_rule(unsigned item);

// How long its value of this item holds after the observation: what a drone measured holds for
// a quarter of an hour at most.
int64_t fusion_station_hold_us(const struct fusion_station *station, unsigned item);
// The height over ground at which it was observed, where the ground is so high; 0: of the whole
// column, or not known.
double fusion_station_agl_m(const struct geo_station *station, unsigned item, bool ground_known,
                            double ground_amsl_m);

// Whether none of its values holds any more: older than the longest hold time.
bool fusion_station_over(const struct fusion_station *station, int64_t utc_us);

struct fusion_station_ask {
    struct geo_point position;
    bool agl_known, ground_known;
    double agl_m, ground_amsl_m;
    int64_t now_utc_us;
};

struct fusion_station_answer {
    const struct fusion_station *station; // whose value holds, NULL: none
    double distance_m;
    double weight;             // of it, -1 .. 1: above 0 it counts more than a grid
    enum fusion_reason reason; // without one: NO_DATA, STALE, or SOURCE_VOID (there is one, it
                               // does not say)
};

struct fusion_station_answer fusion_station_answer(const struct fusion_root *root,
                                                   const struct fusion_station_ask *ask,
                                                   unsigned item);
// The same of every item but those whose bits are set in `without`; theirs are NO_DATA.
void fusion_station_answers(
    const struct fusion_root *root, const struct fusion_station_ask *ask, uint32_t without,
    struct fusion_station_answer out[static FUSION_STATION_PRESENT + 1]);

#endif
