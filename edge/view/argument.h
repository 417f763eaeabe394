// edge/view/argument.h - numbers, boxes and tile names out of a request.
// SPDX-License-Identifier: Apache-2.0
//
// Pure functions that read any text safely and take it wholly or not at all.
#ifndef EDGE_ARGUMENT_H
#define EDGE_ARGUMENT_H

#include <stdbool.h>

#include "fusion/root/root.h"
#include "geo/status.h"
#include "geo/tile.h"

// A decimal number, from `least` to `most`. DRF_ERR_SYNTAX, DRF_ERR_RANGE.
DRF_MUST_CHECK enum drf_status edge_argument_number(const char *text, double least, double most,
                                                    double *out);
// "west,south,east,north" in degrees; west > east crosses the antimeridian. DRF_ERR_SYNTAX.
// DRF_ERR_RANGE: off the globe, or not south < north.
DRF_MUST_CHECK enum drf_status edge_argument_box(const char *text, struct geo_bounds *out);
// "ground/12/1000/4000": layer, level, row, column. DRF_ERR_SYNTAX. DRF_ERR_RANGE: no such
// tile.
DRF_MUST_CHECK enum drf_status edge_argument_tile(const char *text, enum fusion_layer *layer,
                                                  struct geo_tile *out);
// Whether a list of names with weights, as in Accept-Encoding, accepts `name`.
bool edge_argument_accepts(const char *list, const char *name);
// Whether a list of entity tags, as in If-None-Match, has `tag` (with its quotes).
bool edge_argument_has_tag(const char *list, const char *tag);

#endif
