// geo/format/obstacle/obstacle_attributes.h - what the attributes of a GeoJSON feature say.
// SPDX-License-Identifier: Apache-2.0
//
// For the decoder of obstacles in GeoJSON only. Either the members that schemas/obstacles.md
// names, or those that the feed's configuration names (params->obstacle_fields). A value that
// is there and not understood refuses the feature; it is never taken as absent or as 0.
#ifndef GEO_OBSTACLE_ATTRIBUTES_H
#define GEO_OBSTACLE_ATTRIBUTES_H

#include "geo/cells.h"
#include "geo/reader/decode_params.h"
#include "geo/reader/json.h"
#include "geo/record/obstacle.h"
#include "geo/record/record.h"
#include "geo/status.h"

#define GEO_OBSTACLE_HEIGHT_MAX_M (GEO_CELL_OFFSET_M + GEO_CELL_QUANTUM_M * GEO_CELL_MAX)

struct geo_obstacle_attributes {
    const struct geo_decode_params *params;
    const struct geo_json *properties; // of the feature
    uint64_t feature;                  // its number, for *why
    // How far the obstacle may be from where the geometry says, known as soon as the feature's
    // accuracy was read or refused; for the box of one that is refused.
    double spread_m;
    struct geo_note *why;
};

DRF_MUST_CHECK enum drf_status geo_obstacle_bad(const struct geo_obstacle_attributes *of,
                                                enum geo_refusal_code code, const char *name,
                                                const char *what);
// The id, from the feature or from the member that holds it; never cut: two could become equal.
DRF_MUST_CHECK enum drf_status geo_obstacle_read_id(const struct geo_obstacle_attributes *of,
                                                    const struct geo_json *feature,
                                                    struct geo_obstacle *out);
// All the rest but the geometry. Of one that is withdrawn that is all that is read.
DRF_MUST_CHECK enum drf_status geo_obstacle_read_own(struct geo_obstacle_attributes *of,
                                                     struct geo_obstacle *out);
DRF_MUST_CHECK enum drf_status geo_obstacle_read_mapped(struct geo_obstacle_attributes *of,
                                                        struct geo_obstacle *out);

// Sets the kind, and BALLOON where it says so.
void geo_obstacle_set_kind(struct geo_obstacle *out, const struct geo_json *kind);
// Accuracies that were not given (NaN) become the feed's, flagged. Refuses what cannot be.
DRF_MUST_CHECK enum drf_status geo_obstacle_set_accuracy(struct geo_obstacle_attributes *of,
                                                         double horizontal_m, double vertical_m,
                                                         struct geo_obstacle *out);

#endif
