// edge/serve/fleet/place.h - where a drone is to the region, and whether it was told.
// SPDX-License-Identifier: Apache-2.0
#ifndef EDGE_PLACE_H
#define EDGE_PLACE_H

#include <stdbool.h>
#include <stdint.h>

enum edge_place_at {
    EDGE_PLACE_UNKNOWN, // no report was handled yet
    EDGE_PLACE_INSIDE,  // the region itself
    EDGE_PLACE_MARGIN,  // near enough to be served
    EDGE_PLACE_OUTSIDE_UNTOLD,
    EDGE_PLACE_OUTSIDE, // and it was told
};

struct edge_place {
    enum edge_place_at at;
    int64_t told_mono_us; // when it was told last
};

struct edge_place edge_place_unknown(void);
static inline bool edge_place_outside(const struct edge_place *place)
{
    return place->at >= EDGE_PLACE_OUTSIDE_UNTOLD;
}
static inline bool edge_place_inside(const struct edge_place *place)
{
    return place->at == EDGE_PLACE_INSIDE;
}

// A report from `distance_m` outside the region (0: inside it) that is served.
void edge_place_serve(struct edge_place *place, double distance_m);
// A report from farther outside. True: it is to be told now; once for each exit, and never
// twice within ten seconds.
bool edge_place_leave(struct edge_place *place, int64_t now_mono_us);

#endif
