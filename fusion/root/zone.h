// fusion/root/zone.h - whether a zone applies at a time, and its distance from an aircraft.
// SPDX-License-Identifier: Apache-2.0
//
// Pure functions of their arguments. A limit that cannot be compared with what is known of the
// aircraft's height (AGL over unknown ground, no altitude at all) does not limit: the zone
// applies, degraded. Distances are in the plane at the aircraft, edges straight in latitude and
// longitude as the formats have them.
#ifndef FUSION_ZONE_H
#define FUSION_ZONE_H

#include <stdbool.h>
#include <stdint.h>

#include "fusion/root/number.h"
#include "fusion/root/root.h"
#include "geo/point.h"
#include "geo/record/zone.h"

// Whether it applies at this instant.
bool fusion_zone_applies(const struct geo_zone_view *view, int64_t utc_us);
// The first instant after `utc_us` at which that may be otherwise; INT64_MAX: never.
int64_t fusion_zone_next_change(const struct geo_zone_view *view, int64_t utc_us);

// Whether it is over at this instant, and stays over: after its end no period holds, however a
// day of the week may lie in it.
bool fusion_zone_over(const struct geo_zone_view *view, int64_t utc_us);

// What is known of a height; each part unknown by itself.
struct fusion_zone_height {
    struct fusion_number amsl_m, agl_m, geoid_m, pressure_m;
    double amsl_acc95_m, agl_acc95_m, pressure_acc95_m;
};

enum fusion_zone_where {
    FUSION_ZONE_OUTSIDE = 0,
    FUSION_ZONE_WITHIN_ACCURACY = 1, // outside, but not surely
    FUSION_ZONE_INSIDE = 2,
};

// Where a height is to the limits of a volume; *degraded: a limit could not be compared, or
// only roughly (a pressure limit with an altitude that is none: within 600 m).
enum fusion_zone_where fusion_zone_vertical(const struct geo_zone_volume *volume,
                                            const struct fusion_zone_height *height,
                                            bool *degraded);

// True only if the volume is FUSION_ZONE_OUTSIDE for every height between these two. A part of
// either that is not known says nothing.
bool fusion_zone_clear(const struct geo_zone_volume *volume,
                       const struct fusion_zone_height *lowest,
                       const struct fusion_zone_height *highest);

// Horizontal distance from a position (longitude may run past 180) to a volume; below zero
// inside, by how far.
double fusion_zone_distance_m(const struct geo_zone_volume *volume,
                              const struct geo_point *vertices, struct geo_point position);

// A place in the ellipsoid: what the distance of two places is worked out of. One that is asked
// about often is made ready once.
struct fusion_zone_axes {
    double x_m, y_m, z_m;
};
struct fusion_zone_axes fusion_zone_axes_of(struct geo_point point);
// Along the surface.
double fusion_zone_apart_m(const struct fusion_zone_axes *a, const struct fusion_zone_axes *b);

#endif
