// SPDX-License-Identifier: Apache-2.0
#include <math.h>

#include "fusion/context/context_parts.h"
#include "fusion/context/point.h"
#include "fusion/root/zone_walk.h"
#include "geo/bounds.h"
#include "geo/extreme.h"

// Nearer; as near, by source and id: in whatever order they are met.
static bool before(const struct fusion_zone_at *a, const struct fusion_zone_at *b)
{
    return a->distance_m != b->distance_m ? a->distance_m < b->distance_m
                                          : fusion_zone_order(a->zone, b->zone) < 0;
}

static void insert(struct fusion_point *out, const struct fusion_zone_at *zone)
{
    size_t at = out->zone_count;
    if (at == FUSION_ZONES_AT_MAX) {
        out->zones_left_out++;
        if (!before(zone, &out->zones[at - 1]))
            return;
        at--;
    } else {
        out->zone_count++;
    }
    for (; at > 0 && before(zone, &out->zones[at - 1]); at--)
        out->zones[at] = out->zones[at - 1];
    out->zones[at] = *zone;
}

void fusion_point_alerts(const struct fusion_root *root, const struct fusion_point_ask *ask,
                         struct fusion_point *out)
{
    // Where it is asked about is exact, and does not move.
    const struct fusion_fix there = {.position = ask->position, .horizontal_acc95_m = 1e-9};
    fusion_alerts_find(root, &there, ask->now_utc_us, &out->alerts);
    out->alerts_reason = fusion_context_near_reason(root, FUSION_LAYER_ALERT, ask->position,
                                                    0.0, ask->now_utc_us);
}

void fusion_point_zones(const struct fusion_root *root, const struct fusion_point_ask *ask,
                        const struct fusion_height *height, struct fusion_point *out)
{
    const struct fusion_zone_height there = {.amsl_m = height->aircraft_amsl_m,
                                             .agl_m = {.known = true, .value = ask->agl_m},
                                             .geoid_m = height->geoid_m};
    const struct geo_bounds box = geo_bounds_around(ask->position, ask->radius_m);
    struct fusion_zone_walk walk = fusion_zone_walk_begin(root, box);
    const struct fusion_zone *zone;
    out->zone_count = 0;
    out->zones_left_out = 0;
    out->zones_reason = fusion_context_near_reason(root, FUSION_LAYER_ZONE, ask->position,
                                                   ask->radius_m, ask->now_utc_us);
    while ((zone = fusion_zone_walk_next(&walk)) != NULL) {
        if (fusion_alert_over(zone, ask->now_utc_us))
            continue;
        struct fusion_zone_at at = {.zone = zone,
                                    .active = fusion_zone_applies(&zone->view, ask->now_utc_us),
                                    .next_change_utc_us =
                                        fusion_zone_next_change(&zone->view, ask->now_utc_us)};
        for (uint32_t k = 0; k < zone->view.zone->volume_count; k++) {
            at.volume = &zone->view.volumes[k];
            double distance_m =
                fusion_zone_distance_m(at.volume, zone->view.vertices, ask->position);
            if (distance_m > ask->radius_m)
                continue;
            at.distance_m = geo_greater(distance_m, 0.0);
            at.where = fusion_zone_vertical(at.volume, &there, &at.degraded);
            insert(out, &at);
        }
    }
}
