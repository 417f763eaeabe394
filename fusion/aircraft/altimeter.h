// fusion/aircraft/altimeter.h - pressure altitude to height AMSL by the QNH of a station.
// SPDX-License-Identifier: Apache-2.0
//
// Only the pressure setting of a recent report of a nearby station is used (schemas/weather.md,
// "Stations and grids"), never that of a model. Pressure altitudes are compared with each other
// without any setting. No height above ground is computed from a pressure altitude. Pure
// functions.
#ifndef FUSION_ALTIMETER_H
#define FUSION_ALTIMETER_H

#include <stdbool.h>
#include <stdint.h>

#include "fusion/aircraft/aircraft.h"
#include "fusion/root/root.h"
#include "geo/point.h"

// What a conversion adds to the altitude's own accuracy: 30 m, and 4 % of the height above the
// station, as the air is not the standard one.
#define FUSION_ALTIMETER_ACC95_M 30.0
#define FUSION_ALTIMETER_ACC95_RATIO 0.04

struct fusion_altimeter {
    bool known; // false: `reason` says why, and nothing else is meaningful
    enum fusion_reason reason;
    double qnh_pa;
    double elevation_amsl_m; // of the station; 0 where it is not known
    double distance_m;
    int64_t observed_utc_us;
    const char *station;                // borrowed from the root, like the source
    const struct fusion_source *source; // NULL unless known
};

// The setting for a place: that of the best station within reach. Not known: NO_QNH.
struct fusion_altimeter fusion_altimeter_at(const struct fusion_root *root,
                                            struct geo_point position, int64_t now_utc_us);

// What an altimeter set to the QNH shows where one set to 1013.25 hPa shows `pressure_m` (ICAO
// Doc 7488), with the accuracy of the conversion added. The setting must be known (asserted).
struct fusion_altitude fusion_altimeter_amsl(const struct fusion_altimeter *altimeter,
                                             double pressure_m, double acc95_m);

#endif
