// SPDX-License-Identifier: Apache-2.0
#include "fusion/aircraft/alert.h"

#include <string.h>

#include "fusion/aircraft/plan.h"
#include "fusion/root/zone.h"
#include "geo/bounds.h"
#include "geo/celestial.h"
#include "geo/frame.h"
#include "geo/hash.h"

// Where the aircraft is, and will be if it flies on.
enum { PLACES = 4 };
static const double times_s[PLACES] = {0.0, 15.0, 30.0, 45.0};

static double wrapped(double lon_deg)
{
    return lon_deg > 180.0 ? lon_deg - 360.0 : lon_deg < -180.0 ? lon_deg + 360.0 : lon_deg;
}

static size_t position_at(const struct fusion_fix *fix, struct geo_point out[static PLACES])
{
    struct geo_frame frame = geo_frame_at(fix->position);
    size_t count = fix->velocity_known ? PLACES : 1;
    out[0] = fix->position;
    for (size_t i = 1; i < count; i++) {
        out[i] = geo_frame_point(
            &frame, (struct geo_offset){.east_m = fix->velocity_east_mps * times_s[i],
                                        .north_m = fix->velocity_north_mps * times_s[i]});
        out[i].lon_deg = wrapped(out[i].lon_deg);
    }
    return count;
}

static bool in_sky(const struct geo_zone_volume *volume, struct geo_point place,
                   int64_t now_utc_us)
{
    double error_deg = volume->radius_m / GEO_ZONE_SKY_M_PER_DEG;
    return geo_celestial_altitude_deg(place, now_utc_us, volume->centre.lon_deg,
                                      volume->centre.lat_deg)
           > -error_deg;
}

static bool concerns(const struct fusion_zone *zone, struct geo_point place, double acc95_m,
                     int64_t now_utc_us)
{
    for (uint32_t i = 0; i < zone->view.zone->volume_count; i++) {
        const struct geo_zone_volume *volume = &zone->view.volumes[i];
        if (volume->shape == GEO_ZONE_REGION
            || (volume->shape == GEO_ZONE_SKY && in_sky(volume, place, now_utc_us)))
            return true;
        if ((volume->shape == GEO_ZONE_CIRCLE || volume->shape == GEO_ZONE_POLYGON)
            && fusion_zone_distance_m(volume, zone->view.vertices, place) <= acc95_m)
            return true;
    }
    return false;
}

bool fusion_alert_over(const struct fusion_zone *zone, int64_t now_utc_us)
{
    return fusion_zone_over(&zone->view, now_utc_us);
}

uint32_t fusion_alert_severity(const struct fusion_zone *zone)
{
    return zone->view.zone->alert & GEO_ALERT_SEVERITY;
}

uint32_t fusion_alert_revision(const struct fusion_zone *zone)
{
    int64_t issue_us = zone->source->issue_utc_us;
    return issue_us > 0 ? (uint32_t)(issue_us / 1000000) : 0;
}

static bool before(const struct fusion_zone *a, const struct fusion_zone *b)
{
    uint32_t first = fusion_alert_severity(a), second = fusion_alert_severity(b);
    return first != second ? first < second : strcmp(a->view.zone->id, b->view.zone->id) < 0;
}

static void list(struct fusion_alerts *out, struct fusion_alert alert)
{
    size_t at = out->count;
    if (at == FUSION_ALERTS_MAX) {
        out->left_out++;
        if (!before(alert.zone, out->items[at - 1].zone))
            return;
        at--;
    } else {
        out->count++;
    }
    for (; at > 0 && before(alert.zone, out->items[at - 1].zone); at--)
        out->items[at] = out->items[at - 1];
    out->items[at] = alert;
}

// A sum: the order in which they are met does not matter.
static uint64_t mix(const struct fusion_alert *alert)
{
    const struct fusion_zone *zone = alert->zone;
    uint64_t hash = geo_hash_text(GEO_HASH_START, zone->view.zone->id);
    hash = geo_hash_text(hash, zone->source->source);
    hash = geo_hash_word(hash, (uint64_t)zone->source->issue_utc_us);
    hash = geo_hash_word(hash, alert->ahead ? 1U : 0U);
    return hash ^ hash >> 32 ^ hash >> 16;
}

void fusion_alerts_find(const struct fusion_root *root, const struct fusion_fix *fix,
                        int64_t now_utc_us, struct fusion_alerts *out)
{
    const struct fusion_zone_bucket *all = root->alerts_all;
    out->count = 0;
    out->left_out = 0;
    out->digest = 0;
    if (all == NULL || all->count == 0)
        return;
    struct geo_point places[PLACES];
    size_t place_count = position_at(fix, places);
    double acc95_m = fusion_fix_acc95_m(fix);
    for (size_t i = 0; i < all->count; i++) {
        const struct fusion_zone *zone = all->zones[i];
        if (!fusion_zone_applies(&zone->view, now_utc_us))
            continue;
        for (size_t p = 0; p < place_count; p++) {
            if (!concerns(zone, places[p], acc95_m, now_utc_us))
                continue;
            struct fusion_alert alert = {.zone = zone, .ahead = p > 0};
            out->digest += mix(&alert);
            list(out, alert);
            break;
        }
    }
}
