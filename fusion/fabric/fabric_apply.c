// SPDX-License-Identifier: Apache-2.0
// A message of features (obstacles, zones, stations) is applied item by item,
// FEATURES_PER_STEP at a time; each is an identity of its own, with the version of the message
// (a station with that of its observation). Items are taken from last to first, so that of one
// id twice in a message the last one wins and the earlier one is a duplicate. If the message
// is a part of an edition, the part is noted after its items, and features of that source
// older than the floor are then withdrawn in steps. Applying twice changes nothing, so a
// commit between two steps is harmless.
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fusion/fabric/fabric_impl.h"
#include "fusion/store/store_resync.h"
#include "geo/bounds.h"

enum { FEATURES_PER_STEP = 50 };

static_assert((int)GEO_OBSTACLE_ID_SIZE == (int)GEO_ZONE_ID_SIZE, "a key holds either");

// One message of features being applied. Each feature is a version of its own, and applying
// one twice changes nothing: so a commit between two steps is harmless, the message is read
// again after a crash.
struct fabric_apply {
    struct fusion_fabric *fabric;
    const struct fusion_message *message;
    struct geo_record record;
    size_t applied, duplicate, superseded, outside;
    struct fusion_source provenance;
    struct geo_record_builder builder;
    struct geo_item *items; // features, the last `left` of them first to last are to be applied
    size_t left;
    bool part_noted, part_changed;
    int64_t *old; // withdrawn by the edition, `old_left` are to be
    size_t old_left;
};

// Whether a version may replace what is live. Counts it when not. What lies outside is passed
// over unless it is known from before: a nationwide feed must not fill the store with what was
// never here. (So it must not come before the older version that lay inside; Kafka keeps the
// order of a key.)
static enum drf_status weigh(struct fabric_apply *apply, struct fusion_identity identity,
                             struct fusion_version version, bool outside, bool *replaces)
{
    struct fusion_version live;
    int64_t id;
    bool withdrawn;
    enum drf_status status =
        fusion_store_version(apply->fabric->store, identity, &live, &withdrawn, &id);
    *replaces = status == DRF_ERR_ABSENT && !outside;
    apply->outside += status == DRF_ERR_ABSENT && outside;
    if (status == DRF_ERR_ABSENT && outside)
        return fabric_missing_return(apply->fabric, identity);
    if (status != DRF_OK)
        return status == DRF_ERR_ABSENT ? DRF_OK : status;
    int order = fusion_version_compare(&version, &live);
    *replaces = order > 0
                || (order == 0
                    && fabric_resync_repeats(apply->fabric, identity.feed, id,
                                             withdrawn && !apply->message->tombstone));
    if (*replaces)
        return DRF_OK;
    apply->duplicate += order == 0;
    apply->superseded += order < 0;
    return fabric_resync_mark_seen(apply->fabric, identity.feed, id, order < 0);
}

static enum drf_status enter_obstacle(struct fabric_apply *apply, int64_t id,
                                      const struct geo_item *item)
{
    struct fusion_fabric *fabric = apply->fabric;
    enum drf_status status =
        fabric_enter_obstacle(fabric, id, apply->message->version.time_utc_us, item->payload,
                              geo_item_vertices(item), &apply->provenance);
    if (status != DRF_OK)
        return status;
    struct fusion_feature *feature = fusion_features_find(fabric->features, id);
    status = fabric_refresh(fabric, feature);
    return status == DRF_OK ? fabric_invalidate_obstacle(fabric, feature, false) : status;
}

static enum drf_status enter_item(struct fabric_apply *apply, int64_t id,
                                  const struct geo_item *item)
{
    const int64_t version_utc_us = apply->message->version.time_utc_us;
    if (item->kind == GEO_ITEM_ZONE)
        return fabric_enter_zone(apply->fabric, id, version_utc_us, item, &apply->provenance);
    if (item->kind == GEO_ITEM_STATION)
        return fabric_enter_station(apply->fabric, id, version_utc_us, item->payload,
                                    &apply->provenance);
    return enter_obstacle(apply, id, item);
}

static enum drf_status put_feature(struct fabric_apply *apply, struct fusion_identity identity,
                                   struct fusion_version version, const struct geo_item *item)
{
    struct fusion_fabric *fabric = apply->fabric;
    apply->builder.size = 0; // the memory of the last one
    struct geo_record record;
    int64_t id;
    enum drf_status status =
        geo_record_add(&apply->builder, item->kind, item->payload, item->size, NULL, 0);
    if (status == DRF_OK)
        status = geo_record_finish(&apply->builder, &record);
    if (status == DRF_OK)
        status = fusion_store_put(fabric->store, identity, version, record, &apply->provenance,
                                  NULL, &id);
    if (status == DRF_OK && apply->message->topic == NULL)
        status = fusion_store_set_imported(fabric->store, id);
    if (status == DRF_OK)
        status = fabric_leave(fabric, id);
    if (status != DRF_OK)
        return status;
    return enter_item(apply, id, item);
}

// Neither withdrawn by its source nor moved away.
static bool in_region(const struct fusion_fabric *fabric, const struct geo_item *item)
{
    if (item->kind == GEO_ITEM_ZONE) {
        struct geo_zone_view view = geo_item_zone(item);
        return (view.zone->flags & (GEO_ZONE_WITHDRAWN | GEO_ZONE_OUTSIDE)) == 0
               && fusion_zone_set_inside(fabric->zones, &view);
    }
    if (item->kind == GEO_ITEM_STATION) {
        const struct geo_station *station = item->payload;
        return (station->flags & (GEO_STATION_PLACED | GEO_STATION_OUTSIDE))
                   == GEO_STATION_PLACED
               && geo_bounds_hold(fabric->keep, station->position);
    }
    const struct geo_obstacle *obstacle = item->payload;
    return (obstacle->flags & (GEO_OBSTACLE_WITHDRAWN | GEO_OBSTACLE_OUTSIDE)) == 0
           && fusion_features_inside(fabric->features, obstacle, geo_item_vertices(item));
}

static const char *key_of(const struct geo_item *item, const char *own)
{
    const struct geo_unreadable *refused = item->payload;
    if (item->kind == GEO_ITEM_UNREADABLE)
        return refused->id[0] != '\0' ? refused->id : own;
    return item->kind == GEO_ITEM_ZONE      ? ((const struct geo_zone *)item->payload)->id
           : item->kind == GEO_ITEM_STATION ? ((const struct geo_station *)item->payload)->id
                                            : ((const struct geo_obstacle *)item->payload)->id;
}

static bool outside(const struct geo_item *item)
{
    if (item->kind == GEO_ITEM_ZONE)
        return (((const struct geo_zone *)item->payload)->flags & GEO_ZONE_OUTSIDE) != 0;
    if (item->kind == GEO_ITEM_STATION)
        return (((const struct geo_station *)item->payload)->flags & GEO_STATION_OUTSIDE) != 0;
    return (((const struct geo_obstacle *)item->payload)->flags & GEO_OBSTACLE_OUTSIDE) != 0;
}

static enum drf_status apply_refused(struct fabric_apply *apply,
                                     struct fusion_identity identity,
                                     const struct geo_item *item)
{
    int order = -1;
    int64_t floor_utc_us;
    const struct fusion_version version = apply->message->version;
    struct geo_unreadable what = *(const struct geo_unreadable *)item->payload;
    if (what.id[0] == '\0') // the message itself: one of however many parts
        (void)fabric_refusal_joined(apply->record, &what);
    what.flags = apply->message->edition != NULL ? GEO_UNREADABLE_OF_EDITION : 0;
    enum drf_status status =
        fusion_editions_floor(apply->fabric->editions, identity.source, &floor_utc_us);
    if (status == DRF_OK && version.time_utc_us >= floor_utc_us)
        status =
            fabric_refusal_apply(apply->fabric, identity, version, &what, &apply->provenance,
                                 apply->message->topic == NULL, &order);
    if (status != DRF_OK)
        return status;
    apply->applied += order > 0;
    apply->duplicate += order == 0;
    apply->superseded += order < 0;
    return DRF_OK;
}

static bool numbered(const struct geo_item *item)
{
    return item->kind == GEO_ITEM_OBSTACLE
           && (((const struct geo_obstacle *)item->payload)->flags & GEO_OBSTACLE_NUMBERED)
                  != 0;
}

static enum drf_status apply_one(struct fabric_apply *apply, const struct geo_item *item)
{
    struct fusion_identity identity = apply->message->identity;
    identity.key = key_of(item, identity.key);
    if (item->kind == GEO_ITEM_UNREADABLE)
        return apply_refused(apply, identity, item);
    const struct fusion_version version =
        item->kind == GEO_ITEM_STATION
            ? fabric_station_version(item->payload, apply->message->version)
            : apply->message->version;
    bool replaces;
    int64_t floor_utc_us;
    enum drf_status status = weigh(apply, identity, version, outside(item), &replaces);
    if (status == DRF_OK)
        status = fabric_refusal_end(apply->fabric, identity, apply->message->version);
    if (status == DRF_OK && replaces)
        status = fusion_editions_floor(apply->fabric->editions, identity.source, &floor_utc_us);
    bool newer = false;
    if (status == DRF_OK && replaces && item->kind == GEO_ITEM_OBSTACLE)
        status = fabric_family_newer(apply->fabric, identity, numbered(item), version, &newer);
    if (status != DRF_OK || !replaces)
        return status;
    apply->applied++;
    // Withdrawn by its source, by a later edition without it, or by having moved away: each is
    // a version without a value, so that an older one that comes late stays out.
    bool kept = apply->message->version.time_utc_us >= floor_utc_us;
    if (!kept)
        status = fabric_refusal_since(apply->fabric, identity, floor_utc_us, &kept);
    if (status != DRF_OK)
        return status;
    bool lives = kept && !newer && in_region(apply->fabric, item);
    status = lives ? put_feature(apply, identity, version, item)
                   : fabric_withdraw(apply->fabric, identity, version);
    return status == DRF_OK ? fabric_resync_mark_applied(apply->fabric, identity) : status;
}

static enum drf_status apply_feature(struct fabric_apply *apply, const struct geo_item *item)
{
    struct fusion_identity identity = apply->message->identity;
    identity.key = key_of(item, identity.key);
    enum drf_status status = apply_one(apply, item);
    return status == DRF_OK && item->kind == GEO_ITEM_OBSTACLE
               ? fabric_family_sweep(apply->fabric, identity, numbered(item),
                                     apply->message->version, &apply->applied)
               : status;
}

static enum drf_status collect_items(struct fabric_apply *apply, struct geo_record record)
{
    size_t count = 0, cursor = 0;
    struct geo_item item;
    while (geo_record_next(record, &cursor, &item))
        count += fabric_is_feature(&item);
    apply->items = malloc((count + 1) * sizeof *apply->items);
    if (apply->items == NULL)
        return DRF_ERR_NOMEM;
    cursor = 0;
    while (geo_record_next(record, &cursor, &item))
        if (fabric_is_feature(&item))
            apply->items[apply->left++] = item;
    return DRF_OK;
}

// Last first: of one id twice in a message the last one counts.
static enum drf_status apply_items(struct fabric_apply *apply)
{
    enum drf_status status = DRF_OK;
    for (size_t i = 0; i < FEATURES_PER_STEP && apply->left > 0 && status == DRF_OK; i++) {
        status = apply_feature(apply, &apply->items[apply->left - 1]);
        apply->left -= status == DRF_OK;
    }
    return status;
}

static bool of_message(const struct fabric_apply *apply, const struct fusion_source *source)
{
    return strcmp(source->source, apply->provenance.source) == 0
           && strcmp(source->feed, apply->provenance.feed) == 0;
}

static void list_old_zones(struct fabric_apply *apply, const struct fusion_zone_set *set,
                           int64_t floor_utc_us)
{
    size_t cursor = 0;
    for (struct fusion_zone_entry *one = fusion_zone_set_next(set, &cursor, NULL); one != NULL;
         one = fusion_zone_set_next(set, &cursor, one))
        if (one->version_utc_us < floor_utc_us && of_message(apply, one->zone->source))
            apply->old[apply->old_left++] = one->id;
}

// Lists what is older than the floor.
static enum drf_status list_old(struct fabric_apply *apply, int64_t floor_utc_us)
{
    const struct fusion_fabric *fabric = apply->fabric;
    size_t room = fusion_features_count(fabric->features) + fusion_zone_set_count(fabric->zones)
                  + fusion_zone_set_count(fabric->alerts)
                  + fusion_station_set_count(fabric->stations)
                  + fusion_unreadable_set_count(fabric->unreadables);
    size_t cursor = 0;
    apply->old = malloc((room + 1) * sizeof *apply->old);
    if (apply->old == NULL)
        return DRF_ERR_NOMEM;
    for (struct fusion_feature *one = fusion_features_next(fabric->features, &cursor, NULL);
         one != NULL; one = fusion_features_next(fabric->features, &cursor, one))
        if (one->version_utc_us < floor_utc_us && of_message(apply, one->fused->source))
            apply->old[apply->old_left++] = one->id;
    list_old_zones(apply, fabric->zones, floor_utc_us);
    list_old_zones(apply, fabric->alerts, floor_utc_us);
    for (struct fusion_station_entry *one = fusion_station_set_next(fabric->stations, NULL);
         one != NULL; one = fusion_station_set_next(fabric->stations, one))
        if (one->version_utc_us < floor_utc_us && of_message(apply, one->station->source))
            apply->old[apply->old_left++] = one->id;
    cursor = 0;
    for (struct fusion_unreadable_entry *one =
             fusion_unreadable_set_next(fabric->unreadables, &cursor, NULL);
         one != NULL; one = fusion_unreadable_set_next(fabric->unreadables, &cursor, one))
        if (one->version_utc_us < floor_utc_us && of_message(apply, one->shown.source))
            apply->old[apply->old_left++] = one->id;
    return DRF_OK;
}

// The key of a feature that is still older than the floor. A copy: it goes with its withdrawal.
static bool old_key(const struct fusion_fabric *fabric, int64_t id, int64_t floor_utc_us,
                    char key[static GEO_OBSTACLE_ID_SIZE])
{
    const struct fusion_feature *feature = fusion_features_find(fabric->features, id);
    const struct fusion_zone_entry *zone = fabric_find_zone(fabric, id);
    const struct fusion_station_entry *station = fusion_station_set_find(fabric->stations, id);
    if (station != NULL) {
        memcpy(key, station->station->station->id, GEO_STATION_ID_SIZE);
        return station->version_utc_us < floor_utc_us;
    }
    if (feature == NULL && zone == NULL)
        return false;
    memcpy(key, feature != NULL ? feature->fused->obstacle->id : zone->zone->view.zone->id,
           GEO_OBSTACLE_ID_SIZE);
    return (feature != NULL ? feature->version_utc_us : zone->version_utc_us) < floor_utc_us;
}

// Notes the part, and lists what is older than the latest complete edition. Even of a part seen
// before: a crash may have come between noting it and the last withdrawal.
static enum drf_status note_part(struct fabric_apply *apply)
{
    const struct fusion_message *m = apply->message;
    struct fusion_fabric *fabric = apply->fabric;
    int64_t floor_utc_us;
    enum drf_status status = fusion_editions_part(
        fabric->editions, m->identity.source, m->edition, m->edition_part, m->edition_parts,
        m->version.time_utc_us, &floor_utc_us, &apply->part_changed);
    if (status != DRF_OK)
        return status;
    int64_t whole_utc_us;
    status = fusion_editions_whole(fabric->editions, m->identity.source, &whole_utc_us);
    if (status == DRF_OK)
        status =
            fabric_missing_edition(fabric, m->identity.feed, m->identity.source, whole_utc_us);
    if (status == DRF_OK)
        status = list_old(apply, floor_utc_us);
    apply->part_noted = status == DRF_OK;
    return status;
}

// Withdraws what is still older than the floor; but what an edition says of it and was refused
// is no withdrawal.
static enum drf_status sweep_one(struct fabric_apply *apply, int64_t old, int64_t floor_utc_us)
{
    struct fusion_fabric *fabric = apply->fabric;
    const struct fusion_unreadable_entry *entry =
        fusion_unreadable_set_find(fabric->unreadables, old);
    struct fusion_identity identity = apply->message->identity;
    struct fusion_version live;
    char key[GEO_OBSTACLE_ID_SIZE];
    int64_t id;
    bool refused;
    enum drf_status status = DRF_OK;
    if (entry != NULL) {
        if (entry->version_utc_us < floor_utc_us)
            status = fabric_refusal_erase(fabric, old);
        apply->applied += status == DRF_OK;
        return status;
    }
    if (!old_key(fabric, old, floor_utc_us, key))
        return DRF_OK;
    identity.key = key;
    status = fabric_refusal_since(fabric, identity, floor_utc_us, &refused);
    if (status != DRF_OK || refused)
        return status;
    status = fusion_store_version(fabric->store, identity, &live, NULL, &id);
    if (status == DRF_OK)
        status = fabric_withdraw(fabric, identity, live);
    apply->applied += status == DRF_OK;
    return status;
}

static enum drf_status sweep(struct fabric_apply *apply)
{
    struct fusion_fabric *fabric = apply->fabric;
    enum drf_status status = DRF_OK;
    for (size_t i = 0; i < FEATURES_PER_STEP && apply->old_left > 0 && status == DRF_OK; i++) {
        int64_t floor_utc_us;
        status = fusion_editions_floor(fabric->editions, apply->message->identity.source,
                                       &floor_utc_us);
        if (status == DRF_OK)
            status = sweep_one(apply, apply->old[apply->old_left - 1], floor_utc_us);
        apply->old_left -= status == DRF_OK;
    }
    return status;
}

enum drf_status fabric_apply_open(struct fusion_fabric *fabric,
                                  const struct fusion_message *message,
                                  struct geo_record record, struct fabric_apply **out)
{
    struct fabric_apply *apply = malloc(sizeof *apply);
    if (apply == NULL)
        return DRF_ERR_NOMEM;
    *apply = (struct fabric_apply){
        .fabric = fabric,
        .message = message,
        .record = record,
        .provenance = fabric_provenance(fabric, message),
    };
    geo_record_builder_init(&apply->builder, record.size + 4096);
    enum drf_status status = message->tombstone ? DRF_OK : collect_items(apply, record);
    if (status != DRF_OK) {
        fabric_apply_close(apply);
        return status;
    }
    *out = apply;
    return DRF_OK;
}

void fabric_apply_close(struct fabric_apply *apply)
{
    if (apply == NULL)
        return;
    geo_record_builder_close(&apply->builder);
    free(apply->items);
    free(apply->old);
    free(apply);
}

static enum drf_status apply_tombstone(struct fabric_apply *apply)
{
    bool replaces;
    enum drf_status status =
        weigh(apply, apply->message->identity, apply->message->version, false, &replaces);
    if (status == DRF_OK)
        status = fabric_family_sweep(apply->fabric, apply->message->identity, false,
                                     apply->message->version, &apply->applied);
    if (status != DRF_OK || !replaces)
        return status;
    apply->applied++;
    status = fabric_withdraw(apply->fabric, apply->message->identity, apply->message->version);
    if (status == DRF_OK)
        status = fabric_refusal_end(apply->fabric, apply->message->identity,
                                    apply->message->version);
    return status == DRF_OK
               ? fabric_resync_mark_applied(apply->fabric, apply->message->identity)
               : status;
}

enum drf_status fabric_apply_step(struct fabric_apply *apply, enum fusion_outcome *outcome)
{
    const struct fusion_message *m = apply->message;
    bool part = m->edition != NULL && !m->tombstone;
    enum drf_status status = m->tombstone        ? apply_tombstone(apply)
                             : apply->left > 0   ? apply_items(apply)
                             : !part             ? DRF_OK
                             : apply->part_noted ? sweep(apply)
                                                 : note_part(apply);
    if (status != DRF_OK)
        return status;
    if (apply->left > 0 || apply->old_left > 0 || (part && !apply->part_noted))
        return DRF_ERR_AGAIN;
    *outcome = apply->applied > 0 || apply->part_changed ? FUSION_APPLIED
               : apply->superseded > 0                   ? FUSION_SUPERSEDED
               : apply->duplicate > 0                    ? FUSION_DUPLICATE
               : apply->outside > 0                      ? FUSION_OUTSIDE
                                                         : FUSION_DUPLICATE;
    return DRF_OK;
}
