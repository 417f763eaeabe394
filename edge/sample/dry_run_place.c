// SPDX-License-Identifier: Apache-2.0
#include "edge/sample/dry_run_place.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "geo/bounds.h"
#include "geo/record/decode_counts.h"

bool edge_dry_run_outside(const struct geo_item *item)
{
    switch (item->kind) {
    case GEO_ITEM_OBSTACLE:
        return (((const struct geo_obstacle *)item->payload)->flags & GEO_OBSTACLE_OUTSIDE)
               != 0;
    case GEO_ITEM_ZONE:
        return (geo_item_zone(item).zone->flags & GEO_ZONE_OUTSIDE) != 0;
    case GEO_ITEM_STATION:
        return (((const struct geo_station *)item->payload)->flags & GEO_STATION_OUTSIDE) != 0;
    default:
        return false;
    }
}

bool edge_dry_run_notes_outside(const struct geo_note *note)
{
    return note->code == GEO_REFUSAL_IGNORED && strstr(note->text, GEO_DECODE_OUTSIDE) != NULL;
}

static bool zone_touches(const struct geo_zone_view *view, const struct edge_region *region)
{
    for (uint32_t i = 0; i < view->zone->volume_count; i++)
        if (geo_bounds_touch(region->bounds,
                             geo_zone_volume_bounds(&view->volumes[i], view->vertices)))
            return true;
    return false;
}

// False: it says of no place where it is.
static bool place_of(const struct geo_item *item, const struct edge_region *region,
                     struct geo_point *out, bool *inside)
{
    if (item->kind == GEO_ITEM_ZONE) {
        const struct geo_zone_view view = geo_item_zone(item);
        const uint32_t shape =
            view.zone->volume_count > 0 ? view.volumes[0].shape : (uint32_t)GEO_ZONE_REGION;
        if (shape == GEO_ZONE_REGION || shape == GEO_ZONE_SKY
            || (view.zone->flags & GEO_ZONE_WITHDRAWN) != 0)
            return false;
        *out = view.volumes[0].centre;
        *inside = zone_touches(&view, region);
        return true;
    }
    if (item->kind == GEO_ITEM_OBSTACLE) {
        const struct geo_obstacle *obstacle = item->payload;
        *out = obstacle->position;
        if ((obstacle->flags & GEO_OBSTACLE_NO_PLACE) != 0)
            return false;
    } else if (item->kind == GEO_ITEM_STATION) {
        *out = ((const struct geo_station *)item->payload)->position;
    } else {
        *out = ((const struct geo_track *)item->payload)->position;
    }
    *inside = edge_region_distance_m(region, *out) <= 0;
    return true;
}

void edge_dry_run_place_add(struct edge_dry_run_place *place, const struct geo_item *item,
                            const struct drf_config *config)
{
    struct geo_point at;
    bool inside = false;
    if (item->kind == GEO_ITEM_NOTE && edge_dry_run_notes_outside(item->payload))
        place->outside_noted += ((const struct geo_note *)item->payload)->count;
    if (item->kind != GEO_ITEM_OBSTACLE && item->kind != GEO_ITEM_ZONE
        && item->kind != GEO_ITEM_STATION && item->kind != GEO_ITEM_TRACK)
        return;
    const bool placed = place_of(item, &config->region, &at, &inside);
    if (edge_dry_run_outside(item)) {
        place->outside++;
        place->exchanged += placed && fabs(at.lon_deg) <= 90.0
                            && geo_bounds_hold(drf_config_keep(config),
                                               (struct geo_point){at.lon_deg, at.lat_deg});
    } else if (!placed) {
        place->placeless++;
    } else {
        *(inside ? &place->inside : &place->around) += 1;
    }
}

uint64_t edge_dry_run_place_outside(const struct edge_dry_run_place *place)
{
    return place->outside_noted > place->outside ? place->outside_noted : place->outside;
}

bool edge_dry_run_place_tell(const struct edge_dry_run_place *place, FILE *out)
{
    const uint64_t outside = edge_dry_run_place_outside(place);
    if (place->inside > 0 || place->placeless > 0 || place->around + outside == 0)
        return true;
    if (place->around > 0) {
        fprintf(out,
                "  WARNING: NOTHING of it lies inside the region: %" PRIu64
                " are kept around it, %" PRIu64 " lie outside\n",
                place->around, outside);
        return true;
    }
    fprintf(out,
            "  WARNING: ALL of it lies OUTSIDE the region and what is kept around it "
            "(%" PRIu64 "): no drone is told of it\n",
            outside);
    if (place->exchanged > 0)
        fprintf(out,
                "  WARNING: with latitude and longitude EXCHANGED %" PRIu64
                " would lie inside: GeoJSON is longitude, latitude\n",
                place->exchanged);
    return false;
}
