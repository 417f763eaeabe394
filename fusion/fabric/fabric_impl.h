// fusion/fabric/fabric_impl.h - private state and functions of the fabric*.c files.
// SPDX-License-Identifier: Apache-2.0
//
// Ownership of fused tiles: a slot owns its ground tile, and its surface tile unless the two
// are the same tile. A dirty tile is queued once; whoever takes it from a queue checks again
// whether it is still dirty. The functions are listed by layer, the lowest first: a file calls
// only files that are listed before it.
#ifndef FUSION_FABRIC_IMPL_H
#define FUSION_FABRIC_IMPL_H

#include "fusion/fabric/edition.h"
#include "fusion/fabric/fabric.h"
#include "fusion/fabric/feature.h"
#include "fusion/fabric/station_set.h"
#include "fusion/fabric/traffic_set.h"
#include "fusion/fabric/unreadable_set.h"
#include "fusion/fabric/weather_set.h"
#include "fusion/fabric/zone_set.h"
#include "fusion/fold/fold.h"
#include "fusion/fold/refold.h"

enum fabric_queue_name {
    FABRIC_GROUND,  // tiles whose ground is to be folded
    FABRIC_SURFACE, // and whose surface is
    FABRIC_URGENT,  // tiles to be folded before all others, ground and surface
    FABRIC_RENDER,  // tiles whose coverages do not show the truth
    FABRIC_QUEUES
};

struct fabric_queue { // a ring of tile indices, each at most once
    uint32_t *items;
    size_t first, count;
    bool *queued; // by tile index
};

struct fabric_slot {
    const struct fusion_tile *ground, *surface;
    bool ground_dirty, surface_dirty; // to be folded
    bool surface_whole; // not only where obstacles changed: ground or models may have, too
    bool ground_loading, surface_loading; // never folded since the start, though the store may
                                          // know something
    bool ground_mark, surface_mark;       // to be rendered
    bool near;                            // its obstacles were loaded before all others
    bool lowered;                         // one of the obstacles of `touched` went or is lower
    struct fusion_bare *bare;             // whole, of `surface`; NULL: not kept
    struct fusion_cell_box touched; // by obstacles that changed since the surface was folded
};

struct fabric_change {
    struct fusion_change change;
    uint64_t epoch; // of the root that first shows it
};

struct fusion_fabric {
    struct geo_bounds keep;
    uint32_t level;
    bool row_round;       // the cursor is going over the rows
    bool rows_stale;      // rows in the store do not show what is
    bool records_loading; // features and weather are not all here
    bool near;            // those near the first points are being loaded
    bool untouched; // no message since the start: a top that becomes known is as its row says
    bool changed;   // since the last root
    struct fusion_feed *feeds;
    size_t feed_count;
    struct fusion_store *store; // borrowed
    struct fusion_tidy tidy;    // run NULL: fusion_store_tidy()
    struct fusion_provenance *provenances;
    struct fusion_retired retired;
    struct fusion_features *features;
    struct fusion_zone_set *zones, *alerts; // an alert is a zone with a severity
    struct fusion_traffic_set *traffic;
    struct fusion_station_set *stations;
    struct fusion_unreadable_set *unreadables;
    double raster_accuracy_max_m;
    struct fusion_weather_set *weather;
    struct fusion_editions *editions;
    struct fusion_tile_pool *pool;
    struct fusion_fold *fold;
    struct fusion_refold *refold;
    struct fusion_tile_grids tiles; // a slot each, by their numbers
    struct fusion_extent buckets;
    size_t tile_count;
    struct fabric_slot *slots;
    struct fabric_queue queues[FABRIC_QUEUES];
    size_t ground_loading, surface_loading; // how many slots are
    int64_t *gone;                          // obstacles and zones whose rows are to be removed
    size_t gone_count, gone_room, rendered; // rendered: since the last render commit
    size_t row_cursor;                      // over the features, for their rows
    struct fabric_resync *resyncs;          // feeds that are read again from their beginning
    struct fabric_missing *missing;         // of each feed: see fabric_missing.c
    int64_t at_utc_us;                      // when time was told last; INT64_MIN: not yet
    int64_t record_cursor;                  // id of the last that is
    enum fusion_reason feed_state[FUSION_LAYER_COUNT];
    size_t half_applied;          // messages applied in part: no commit until they are complete
    struct fusion_job *half_jobs; // those of them that were closed, to be taken up again
    uint64_t acknowledged;
    struct fusion_root *root; // as last published, NULL before
    struct fabric_change changes[FUSION_CHANGES_MAX];
    size_t change_count;
};

struct fusion_job {
    struct fusion_fabric *fabric;
    struct fusion_job *next;       // in the fabric's half_jobs
    struct fusion_message message; // strings in `text`
    char *text;
    struct geo_record record; // borrowed
    enum fusion_layer layer;  // what the feed may say
    bool weighed;             // its version may replace what is live
    bool half;                // the truth holds a part of it
    bool settled;             // outcome is known but the offset may not have moved
    enum fusion_outcome outcome;
    size_t cursor;                 // over the cells that are being checked
    size_t staged;                 // over those that are being staged, after that
    uint64_t cells_bytes;          // of those that were checked
    int64_t stage;                 // where they go ahead of the record; 0: nowhere
    bool unstaged;                 // they go with it instead
    bool given;                    // the stage was offered to the truth
    struct fabric_apply *features; // of an obstacle feed, once begun
    uint16_t *scratch;
};

// fabric_slot.c
DRF_MUST_CHECK enum drf_status fabric_slots_open(struct fusion_fabric *fabric);
void fabric_slots_close(struct fusion_fabric *fabric);
struct geo_tile fabric_tile(const struct fusion_fabric *fabric, size_t index);
void fabric_push(struct fusion_fabric *fabric, enum fabric_queue_name name, size_t index);
bool fabric_pop(struct fusion_fabric *fabric, enum fabric_queue_name name, size_t *index);
// What is to be folded, in memory only.
void fabric_dirty(struct fusion_fabric *fabric, size_t index, bool ground, bool urgent);
// The surface alone, and of it what a footprint touches. `lowered`: the obstacle goes, or its
// top is not as high as it was.
void fabric_dirty_under(struct fusion_fabric *fabric, size_t index,
                        const struct fusion_footprint *footprint, bool lowered, bool urgent);
// What no longer shows the truth, in memory and in the store.
DRF_MUST_CHECK enum drf_status fabric_mark(struct fusion_fabric *fabric,
                                           enum fusion_layer layer, size_t index);
void fabric_release_tile(void *context, void *part); // context: struct fusion_provenance

// fabric_terms.c
// The provenance of what a message says, without a version of its own.
struct fusion_source fabric_provenance(const struct fusion_fabric *fabric,
                                       const struct fusion_message *message);

// fabric_publish.c
void fabric_changed(struct fusion_fabric *fabric, struct geo_bounds bounds,
                    enum fusion_layer layer);

// fabric_terms.c
const struct fusion_feed *fabric_feed(const struct fusion_fabric *fabric, const char *name);
struct fusion_weather_terms fabric_terms(const struct fusion_fabric *fabric, const char *feed,
                                         const struct fusion_source *stored);
// Remembers the terms in the store. *changed: it was last folded under others.
DRF_MUST_CHECK enum drf_status fabric_note_terms(struct fusion_fabric *fabric,
                                                 double raster_accuracy_max_m, bool *changed);
// Takes feeds and limit from the store, where it remembers them.
DRF_MUST_CHECK enum drf_status fabric_adopt_terms(struct fusion_fabric *fabric,
                                                  double *raster_accuracy_max_m);

// fabric_render.c
// The row of an obstacle that is no more is to be removed.
DRF_MUST_CHECK enum drf_status fabric_note_gone(struct fusion_fabric *fabric, int64_t id);

// fabric_obstacle.c: obstacles in memory; the caller keeps the truth.
DRF_MUST_CHECK enum drf_status fabric_enter_obstacle(struct fusion_fabric *fabric, int64_t id,
                                                     int64_t version_utc_us,
                                                     const struct geo_obstacle *obstacle,
                                                     const struct geo_point *vertices,
                                                     const struct fusion_source *content);
// Computes its top again; what it changes is to be folded and rendered.
DRF_MUST_CHECK enum drf_status fabric_refresh(struct fusion_fabric *fabric,
                                              struct fusion_feature *feature);
// What the surface shows under the obstacle, which came or `goes`, is to be folded and rendered
// again.
DRF_MUST_CHECK enum drf_status fabric_invalidate_obstacle(struct fusion_fabric *fabric,
                                                          const struct fusion_feature *feature,
                                                          bool goes);
// Takes it out of memory, if it is there.
DRF_MUST_CHECK enum drf_status fabric_leave_obstacle(struct fusion_fabric *fabric, int64_t id);

// fabric_zone.c: zones in memory; the caller keeps the truth.
DRF_MUST_CHECK enum drf_status fabric_enter_zone(struct fusion_fabric *fabric, int64_t id,
                                                 int64_t version_utc_us,
                                                 const struct geo_item *item,
                                                 const struct fusion_source *content);
// The zone or alert of this id; NULL: none.
struct fusion_zone_entry *fabric_find_zone(const struct fusion_fabric *fabric, int64_t id);
void fabric_zone_row_shown(struct fusion_fabric *fabric, int64_t id); // by the store
// Takes a former version out; nothing if there is none.
DRF_MUST_CHECK enum drf_status fabric_leave_zone(struct fusion_fabric *fabric, int64_t id);

// fabric_station.c: stations in memory; the caller keeps the truth.
// The version of an observation: the later one wins, of one time the one that was sent later. A
// message that repeats an old report does not undo a newer one, whenever it comes.
struct fusion_version fabric_station_version(const struct geo_station *station,
                                             struct fusion_version message);
DRF_MUST_CHECK enum drf_status fabric_enter_station(struct fusion_fabric *fabric, int64_t id,
                                                    int64_t version_utc_us,
                                                    const struct geo_station *station,
                                                    const struct fusion_source *content);
// Takes a former observation out; nothing if there is none.
DRF_MUST_CHECK enum drf_status fabric_leave_station(struct fusion_fabric *fabric, int64_t id);

// fabric_unreadable.c: what was refused, in memory; the caller keeps the truth.
DRF_MUST_CHECK enum drf_status fabric_enter_unreadable(struct fusion_fabric *fabric, int64_t id,
                                                       int64_t version_utc_us,
                                                       const struct geo_unreadable *what,
                                                       const struct fusion_source *content);
// Takes it out of memory, if it is there.
void fabric_leave_unreadable(struct fusion_fabric *fabric, int64_t id);

// fabric_feature.c
// Whether an item is an identity of its own in its message, or what was refused of one.
bool fabric_is_feature(const struct geo_item *item);
// Takes an obstacle, a zone, a station or a refusal out of memory, if it is there.
DRF_MUST_CHECK enum drf_status fabric_leave(struct fusion_fabric *fabric, int64_t id);
// A version without a value, in the store and in memory.
DRF_MUST_CHECK enum drf_status fabric_withdraw(struct fusion_fabric *fabric,
                                               struct fusion_identity identity,
                                               struct fusion_version version);

// fabric_family.c: obstacles that a decoder numbered belong to the id before the '#'.
// Whether a later message than `version` has said what `identity` is a part of.
DRF_MUST_CHECK enum drf_status fabric_family_newer(struct fusion_fabric *fabric,
                                                   struct fusion_identity identity,
                                                   bool numbered, struct fusion_version version,
                                                   bool *newer);
// Withdraws what an earlier message had of the same id and this one has not; counts it.
DRF_MUST_CHECK enum drf_status fabric_family_sweep(struct fusion_fabric *fabric,
                                                   struct fusion_identity identity,
                                                   bool numbered, struct fusion_version version,
                                                   size_t *withdrawn);

// fabric_load.c
// Lists the tiles, and loads what is near the first of `first` (none: the middle). The rest
// comes with fabric_load_rest().
DRF_MUST_CHECK enum drf_status fabric_load(struct fusion_fabric *fabric,
                                           const struct geo_point *first, size_t first_count);
// Loads some more features and weather. DRF_ERR_AGAIN: there are more. Who looks for one in
// memory, not in the store, calls it first until it is DRF_OK.
DRF_MUST_CHECK enum drf_status fabric_load_rest(struct fusion_fabric *fabric);

// fabric_grid.c
// What shows a tile's contributions to a layer is to be folded and rendered again.
DRF_MUST_CHECK enum drf_status fabric_dirty_terrain(struct fusion_fabric *fabric,
                                                    struct geo_tile tile,
                                                    enum fusion_layer layer);
DRF_MUST_CHECK enum drf_status fabric_apply_terrain(struct fusion_job *job);
DRF_MUST_CHECK enum drf_status fabric_apply_weather(struct fusion_job *job);

// fabric_missing.c: what was live and is in its topic no more.
DRF_MUST_CHECK enum drf_status fabric_missing_load(struct fusion_fabric *fabric);
void fabric_missing_close(struct fusion_fabric *fabric);
DRF_MUST_CHECK enum drf_status fabric_missing_add(struct fusion_fabric *fabric,
                                                  struct fusion_identity identity,
                                                  int64_t version_utc_us, int64_t until_utc_us);
// A message named it: it is live again, withdrawn or elsewhere.
DRF_MUST_CHECK enum drf_status fabric_missing_return(struct fusion_fabric *fabric,
                                                     struct fusion_identity identity);
// An edition of this time is complete: of what is older the source has said all.
DRF_MUST_CHECK enum drf_status fabric_missing_edition(struct fusion_fabric *fabric,
                                                      const char *feed, const char *source,
                                                      int64_t whole_utc_us);
// What would be over at `now` counts no more, what was over at `over` is deleted.
void fabric_missing_expire(struct fusion_fabric *fabric, int64_t now_utc_us,
                           int64_t over_utc_us);
bool fabric_missing_of_layer(const struct fusion_fabric *fabric, enum fusion_layer layer);

// fabric_resync.c
// Whether a version equal to the live one is to be applied all the same: its feed is read again
// under other terms, or the live one is `withdrawn` though the message says something.
bool fabric_resync_repeats(const struct fusion_fabric *fabric, const char *feed, int64_t id,
                           bool withdrawn);
// A message named this identity with its live version, or with an older one.
DRF_MUST_CHECK enum drf_status fabric_resync_mark_seen(struct fusion_fabric *fabric,
                                                       const char *feed, int64_t id,
                                                       bool older);
// A message's version became the live one.
DRF_MUST_CHECK enum drf_status fabric_resync_mark_applied(struct fusion_fabric *fabric,
                                                          struct fusion_identity identity);
void fabric_resync_close(struct fusion_fabric *fabric);

// fabric_refusal.c: what was refused of an identity, in the truth and in memory.
// Out of memory and out of the truth.
DRF_MUST_CHECK enum drf_status fabric_refusal_erase(struct fusion_fabric *fabric, int64_t id);
// This version of an identity was understood, or withdraws it: a refusal that is not newer
// ends.
DRF_MUST_CHECK enum drf_status fabric_refusal_end(struct fusion_fabric *fabric,
                                                  struct fusion_identity identity,
                                                  struct fusion_version version);
// *refused: a part of an edition said something of the identity since that time, and it was
// refused: so that the edition does not withdraw what it said before.
DRF_MUST_CHECK enum drf_status fabric_refusal_since(struct fusion_fabric *fabric,
                                                    struct fusion_identity identity,
                                                    int64_t since_utc_us, bool *refused);
// *refused: this version of the identity, or a newer one, was refused.
DRF_MUST_CHECK enum drf_status fabric_refusal_newer(struct fusion_fabric *fabric,
                                                    struct fusion_identity identity,
                                                    struct fusion_version version,
                                                    bool *refused);
// A message named the identity with this version again: so it did its refusal.
DRF_MUST_CHECK enum drf_status fabric_refusal_seen(struct fusion_fabric *fabric,
                                                   struct fusion_identity identity,
                                                   struct fusion_version version);
// What a record says of the message itself that was refused, in one box. False: nothing.
bool fabric_refusal_joined(struct geo_record record, struct geo_unreadable *out);
// This version of an identity was refused. *order: above 0 if it was new, 0 if it was known,
// below 0 if a newer one was. `imported`: not from Kafka.
DRF_MUST_CHECK enum drf_status fabric_refusal_apply(struct fusion_fabric *fabric,
                                                    struct fusion_identity identity,
                                                    struct fusion_version version,
                                                    const struct geo_unreadable *what,
                                                    const struct fusion_source *provenance,
                                                    bool imported, int *order);
// A part of a message of terrain or weather was refused, the rest of it is live.
DRF_MUST_CHECK enum drf_status fabric_refusal_beside(struct fusion_fabric *fabric,
                                                     const struct fusion_message *message,
                                                     const struct geo_unreadable *what);

// fabric_traffic.c
// Every track of a message is checked. *outcome: APPLIED if one was taken,
// else what became of the last.
DRF_MUST_CHECK enum drf_status fabric_apply_tracks(struct fusion_job *job,
                                                   enum fusion_outcome *outcome);

// fabric_apply.c
// A message of features, a bounded number of obstacles a step. Message and record are borrowed
// until close. DRF_ERR_AGAIN: more to do.
struct fabric_apply;
DRF_MUST_CHECK enum drf_status fabric_apply_open(struct fusion_fabric *fabric,
                                                 const struct fusion_message *message,
                                                 struct geo_record record,
                                                 struct fabric_apply **out);
DRF_MUST_CHECK enum drf_status fabric_apply_step(struct fabric_apply *apply,
                                                 enum fusion_outcome *outcome);
void fabric_apply_close(struct fabric_apply *apply); // NULL is fine

// fabric_job.c
void fabric_drop_half_jobs(struct fusion_fabric *fabric);

#endif
