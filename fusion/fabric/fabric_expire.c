// SPDX-License-Identifier: Apache-2.0
// What has run out leaves the truth: zones, alerts, observations and weather fields that are
// over are withdrawn, some at a time.
#include "fusion/fabric/fabric_impl.h"
#include "fusion/root/station.h"

enum { FORGET_PER_STEP = 16 };

// A tombstone of its own version, so that the same message sent again stays a duplicate.
static enum drf_status forget(struct fusion_fabric *fabric, const struct fusion_source *source,
                              const char *key)
{
    const struct fusion_identity identity = {source->feed, source->source, key};
    struct fusion_version live;
    int64_t id = 0;
    enum drf_status status = fusion_store_version(fabric->store, identity, &live, NULL, &id);
    return status == DRF_OK ? fabric_withdraw(fabric, identity, live) : status;
}

static void forget_zones(struct fusion_fabric *fabric, int64_t over_utc_us)
{
    struct fusion_zone_set *const sets[] = {fabric->zones, fabric->alerts};
    for (size_t i = 0; i < 2; i++) {
        struct fusion_zone_entry *entry;
        for (int k = 0; k < FORGET_PER_STEP && fabric->half_applied == 0
                        && (entry = fusion_zone_set_over(sets[i], over_utc_us)) != NULL;
             k++)
            if (forget(fabric, entry->zone->source, entry->zone->view.zone->id) != DRF_OK)
                break; // the next call tries again
    }
}

static void forget_stations(struct fusion_fabric *fabric, int64_t over_utc_us)
{
    struct fusion_station_entry *one = fusion_station_set_next(fabric->stations, NULL);
    while (one != NULL && fabric->half_applied == 0) {
        struct fusion_station_entry *next = fusion_station_set_next(fabric->stations, one);
        if (fusion_station_over(one->station, over_utc_us)
            && forget(fabric, one->station->source, one->station->station->id) != DRF_OK)
            return; // the next call tries again
        one = next;
    }
}

static void forget_weather(struct fusion_fabric *fabric, int64_t over_utc_us)
{
    const struct fusion_weather_entry *entry;
    while (fabric->half_applied == 0
           && (entry = fusion_weather_set_over(fabric->weather, over_utc_us)) != NULL) {
        // A tombstone of its own version: the same message sent again stays a duplicate.
        struct fusion_identity identity = {entry->feed, entry->source, entry->key};
        int64_t id;
        if (fusion_store_put(fabric->store, identity, entry->version, (struct geo_record){0},
                             NULL, NULL, &id)
                != DRF_OK
            || fusion_weather_set_remove(fabric->weather, id) != DRF_OK)
            return; // the next call tries again
    }
}

static void forget_refused(struct fusion_fabric *fabric, int64_t over_utc_us)
{
    for (int k = 0; k < FORGET_PER_STEP && fabric->half_applied == 0; k++) {
        const struct fusion_unreadable_entry *one =
            fusion_unreadable_set_over(fabric->unreadables, over_utc_us);
        if (one == NULL || fabric_refusal_erase(fabric, one->id) != DRF_OK)
            return; // the next call tries again
    }
}

void fusion_fabric_expire(struct fusion_fabric *fabric, int64_t now_utc_us, int64_t over_utc_us)
{
    fusion_weather_set_at(fabric->weather, now_utc_us);
    fusion_traffic_set_expire(fabric->traffic, now_utc_us);
    fusion_unreadable_set_at(fabric->unreadables, now_utc_us);
    fabric_missing_expire(fabric, now_utc_us, over_utc_us);
    if (over_utc_us == INT64_MIN)
        return;
    forget_zones(fabric, over_utc_us);
    forget_stations(fabric, over_utc_us);
    forget_weather(fabric, over_utc_us);
    forget_refused(fabric, over_utc_us);
}
