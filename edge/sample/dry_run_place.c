// SPDX-License-Identifier: Apache-2.0
#include "edge/sample/dry_run_place.h"

#include <inttypes.h>
#include <math.h>

#include "geo/bounds.h"

// False: the item has no place of its own. *outside: the decoder says so.
static bool place_of(const struct geo_item *item, struct geo_point *out, bool *outside)
{
    if (item->kind == GEO_ITEM_OBSTACLE) {
        const struct geo_obstacle *obstacle = item->payload;
        *out = obstacle->position;
        *outside = (obstacle->flags & GEO_OBSTACLE_OUTSIDE) != 0;
        return (obstacle->flags & GEO_OBSTACLE_NO_PLACE) == 0;
    }
    if (item->kind == GEO_ITEM_ZONE) {
        const struct geo_zone_view view = geo_item_zone(item);
        *outside = (view.zone->flags & GEO_ZONE_OUTSIDE) != 0;
        *out = view.zone->volume_count > 0 ? view.volumes[0].centre : (struct geo_point){0, 0};
        return view.zone->volume_count > 0;
    }
    if (item->kind == GEO_ITEM_STATION) {
        const struct geo_station *station = item->payload;
        *out = station->position;
        *outside = (station->flags & GEO_STATION_OUTSIDE) != 0;
        return true;
    }
    return false;
}

void edge_dry_run_place_add(struct edge_dry_run_place *place, const struct geo_item *item,
                            struct geo_bounds keep)
{
    struct geo_point at;
    bool outside = false;
    if (!place_of(item, &at, &outside))
        return;
    place->inside += !outside;
    place->outside += outside;
    place->exchanged += outside && fabs(at.lon_deg) <= 90.0
                        && geo_bounds_hold(keep, (struct geo_point){at.lon_deg, at.lat_deg});
}

bool edge_dry_run_place_tell(const struct edge_dry_run_place *place, FILE *out)
{
    if (place->inside > 0 || place->outside == 0)
        return true;
    fprintf(out,
            "  WARNING: ALL of it lies OUTSIDE the region and what is kept around it "
            "(%" PRIu64 "): no drone is told of it\n",
            place->outside);
    if (place->exchanged > 0)
        fprintf(out,
                "  WARNING: with latitude and longitude EXCHANGED %" PRIu64
                " would lie inside: GeoJSON is longitude, latitude\n",
                place->exchanged);
    return false;
}
