// edge/view/questions.h - what only serve can answer: a position in full, the wind.
// SPDX-License-Identifier: Apache-2.0
//
// Serve answers one question at a time, within its steps; whoever asks waits here, in the
// order of a mutex. An answer is kept for EDGE_QUESTIONS_KEEP_MS, so that many pages that ask
// the same cost serve no more than one. Any thread.
#ifndef EDGE_QUESTIONS_H
#define EDGE_QUESTIONS_H

#include <stdint.h>

#include "edge/handoff/viewing.h"
#include "edge/view/json_text.h"
#include "geo/tile.h"

struct edge_questions;
enum { EDGE_QUESTIONS_KEEP_MS = 1000, EDGE_QUESTIONS_WAIT_MS = 3000 };

DRF_MUST_CHECK enum drf_status edge_questions_open(struct edge_viewing *viewing,
                                                   struct edge_questions **out);
void edge_questions_stop(struct edge_questions *questions);  // nobody waits any more
void edge_questions_close(struct edge_questions *questions); // NULL is fine

// The answer of QUERY as MQTT gives it, QueryReply as ProtoJSON. DRF_ERR_AGAIN: serve did not
// answer in time. DRF_ERR_FULL: it had no room for the answer. DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status edge_questions_position(struct edge_questions *questions,
                                                       struct geo_point position, double agl_m,
                                                       struct edge_json_text *json);
// The wind at the middles of columns x rows equal parts of the box (which may cross the
// antimeridian), EDGE_VIEW_WIND_POINTS_MAX of them at most.
struct edge_wind_grid {
    struct geo_bounds box;
    double agl_m;
    uint32_t columns, rows;
};
DRF_MUST_CHECK enum drf_status edge_questions_wind(struct edge_questions *questions,
                                                   const struct edge_wind_grid *grid,
                                                   struct edge_json_text *json);

#endif
