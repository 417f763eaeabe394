// fusion/aircraft/encounter.h - closest point of approach (CPA) to another aircraft.
// SPDX-License-Identifier: Apache-2.0
//
// The aircraft itself follows its path (plan or velocity); the other one flies straight on from
// its last report. A descent follows the known ground where its line would lead below it. They
// are too near if the horizontal distance is within clearance_min_m and both radii, and the
// vertical distance within clearance_min_m. Heights are compared in one frame: both AMSL, else
// both pressure altitudes. One of each is compared only through the QNH of a recent report of a
// nearby station; without it each may be 600 m away from what it seems to be, and such a
// conflict is not nominal. Where a height is not known the horizontal distance alone decides.
// One whose course is not known is taken to fly straight at the aircraft: with the speed that
// it is said to have it counts as nominal, with an assumed one as by the accuracies.
#ifndef FUSION_ENCOUNTER_H
#define FUSION_ENCOUNTER_H

#include <stdbool.h>

#include "fusion/aircraft/advisory.h"
#include "fusion/aircraft/surroundings.h"
#include "geo/crs.h"
#include "geo/frame.h"

enum fusion_apart { // how the heights were compared
    FUSION_APART_UNKNOWN = 0,
    FUSION_APART_AMSL = 1,
    FUSION_APART_PRESSURE = 2,
    FUSION_APART_QNH = 3,   // one of them through a station's setting
    FUSION_APART_ROUGH = 4, // neither: within FUSION_APART_ROUGH_M
};

#define FUSION_APART_ROUGH_M 600.0

struct fusion_encounter {
    const struct fusion_neighbour *other; // borrowed
    double up_m, up_acc95_m;              // of the other over the aircraft, now; unless UNKNOWN
    double amsl_m;        // of the other: as it said, or from its ellipsoid height
    double distance_m;    // now
    struct geo_offset at; // likewise: from the aircraft
    // First too near; negative: never. Low: by the accuracies, as far as the feed's default
    // goes; wide: by all of them.
    double nominal_s, low_s, wide_s;
    double cpa_s, cpa_m, cpa_up_m; // where it is nearest across, in the time looked ahead
    double limit_m;                // across, nominal
    enum fusion_apart apart;
    bool amsl_known, cpa_up_known; // whether amsl_m and cpa_up_m are there
};

// Of the view everything but advisories and traffic is there. `crs` holds the geoid.
void fusion_encounter_compute(const struct fusion_view *view, const struct geo_crs *crs,
                              const struct fusion_neighbour *other,
                              struct fusion_encounter *out);

// Which of two is more urgent: < 0 if a. Conflicts first, by time; then who comes
// nearest; then by id.
int fusion_encounter_compare(const struct fusion_encounter *a,
                             const struct fusion_encounter *b);

#endif
