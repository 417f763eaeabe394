// edge/view/trails.h - where drones were in the last minutes, for /v1/trails.
// SPDX-License-Identifier: Apache-2.0
//
// A point for each second or EDGE_TRAIL_M flown, EDGE_TRAIL_POINTS at most of a drone, kept
// while somebody looks. One thread writes; a mutex is held for a point, and while all are
// written out.
#ifndef EDGE_TRAILS_H
#define EDGE_TRAILS_H

#include <stdint.h>

#include "edge/handoff/view_record.h"
#include "edge/view/json_text.h"
#include "geo/status.h"

enum { EDGE_TRAIL_POINTS = 120, EDGE_TRAIL_MS = 1000, EDGE_TRAIL_M = 15 };

struct edge_trails;

DRF_MUST_CHECK enum drf_status edge_trails_open(uint32_t places, struct edge_trails **out);
void edge_trails_close(struct edge_trails *trails);  // NULL is fine
void edge_trails_forget(struct edge_trails *trails); // all of them

// Where the drone of a place is; id "": there is none. Without memory the point is left out.
void edge_trails_put(struct edge_trails *trails, uint32_t number,
                     const struct edge_view_drone *drone);
void edge_trails_write(struct edge_trails *trails, int64_t now_utc_us,
                       struct edge_json_text *json);

#endif
