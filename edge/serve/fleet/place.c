// SPDX-License-Identifier: Apache-2.0
#include "edge/serve/fleet/place.h"

enum { TOLD_US = 10000000 };

#define NEVER_US (INT64_MIN / 4) // far enough in the past, and differences do not overflow

struct edge_place edge_place_unknown(void)
{
    return (struct edge_place){.told_mono_us = NEVER_US};
}

void edge_place_serve(struct edge_place *place, double distance_m)
{
    place->at = distance_m > 0 ? EDGE_PLACE_MARGIN : EDGE_PLACE_INSIDE;
}

bool edge_place_leave(struct edge_place *place, int64_t now_mono_us)
{
    if (!edge_place_outside(place))
        place->at = EDGE_PLACE_OUTSIDE_UNTOLD;
    if (place->at == EDGE_PLACE_OUTSIDE || now_mono_us - place->told_mono_us < TOLD_US)
        return false;
    place->at = EDGE_PLACE_OUTSIDE;
    place->told_mono_us = now_mono_us;
    return true;
}
