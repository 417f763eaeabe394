// geo/format/obstacle/obstacle_output.h - from obstacles that were read, or not, to a record.
// SPDX-License-Identifier: Apache-2.0
//
// For the decoders of obstacles only. Every obstacle of a message has an id of its own: a
// second of one id is "ID#2", a part of several "ID#1", "ID#2" ... Numbers are given to what is
// inside params->keep alone, one after the other, so that fusion finds all of them by counting.
// What lies outside is told at the end, as a point flagged OUTSIDE, under each id that nothing
// inside has: an earlier version of it may have been inside.
#ifndef GEO_OBSTACLE_OUTPUT_H
#define GEO_OBSTACLE_OUTPUT_H

#include <stdbool.h>

#include "geo/reader/decode_params.h"
#include "geo/reader/feature_ids.h"
#include "geo/record/decode_counts.h"
#include "geo/record/record.h"
#include "geo/status.h"

struct geo_obstacle_output {
    const struct geo_decode_params *params;
    struct geo_record_builder *builder;
    struct geo_decode_counts counts;
    struct geo_feature_ids ids;
    struct geo_obstacle *outside;
    size_t outside_count, outside_room;
};

// How far an obstacle may be from where its source says: its accuracy, or (NaN) the feed's
// default, or what may be kept at the worst.
double geo_obstacle_spread_m(const struct geo_decode_params *params, double horizontal_acc95_m);

void geo_obstacle_output_init(struct geo_obstacle_output *output,
                              const struct geo_decode_params *params,
                              struct geo_record_builder *builder);
void geo_obstacle_output_close(struct geo_obstacle_output *output);

// Adds an obstacle that is inside; `part`: of several. DRF_ERR_RANGE: its id has no room for a
// number; nothing was added. DRF_ERR_FULL, DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status geo_obstacle_output_keep(struct geo_obstacle_output *output,
                                                        const struct geo_obstacle *obstacle,
                                                        const struct geo_point *vertices,
                                                        bool part);
// Remembers one that is outside. DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status geo_obstacle_output_outside(struct geo_obstacle_output *output,
                                                           const struct geo_obstacle *obstacle);
// Notes a refusal; with a box that touches params->keep it is unreadable under the id that the
// obstacle would have had. `box` may be NULL. `noted`: an earlier part of the same refusal was.
DRF_MUST_CHECK enum drf_status geo_obstacle_output_refuse(struct geo_obstacle_output *output,
                                                          const struct geo_note *note,
                                                          const char *id, bool part,
                                                          const struct geo_bounds *box,
                                                          bool noted);
// Tells what is outside, and finishes as geo_decode_counts_finish() does.
DRF_MUST_CHECK enum drf_status geo_obstacle_output_finish(struct geo_obstacle_output *output,
                                                          const char *what,
                                                          struct geo_note *why);

#endif
