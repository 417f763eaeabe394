// fusion/store/store.h - the SQLite file of a node: the truth, and a GeoPackage made from it.
// SPDX-License-Identifier: Apache-2.0
//
// The truth is a set of identities (feed, source, key), each with its greatest version: the
// record it brought (flat items without cells), or a tombstone; and its contributions, one blob
// of cells per tile. Changes are collected in memory and seen by every read at once;
// fusion_store_commit() writes them, with offsets and dirty marks, in one transaction. A commit
// that fails loses nothing: the changes stay pending, are served, and the next commit tries
// again. One connection writes and checkpoints; the store is used by one thread.
//
// synchronous = NORMAL: a power cut may undo the last commits, whole ones, newest first; their
// offsets are undone with them, so the node reads the same messages again; but for those before
// a fusion_store_flush_next(). A killed process loses no commit. While the file is open for
// writing, `<path>-lock` is locked beside it, so that no second node writes. Readers (query,
// GDAL) neither wait nor make others wait.
#ifndef FUSION_STORE_H
#define FUSION_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fusion/root/root.h"
#include "geo/inset.h"
#include "geo/record/record.h"
#include "geo/status.h"

struct fusion_store;

enum fusion_store_trouble {
    FUSION_STORE_SOUND = 0,
    FUSION_STORE_DAMAGED,  // not a database, torn or bit-flipped: set aside and rebuild
    FUSION_STORE_BUSY,     // another program writes it
    FUSION_STORE_MISMATCH, // made with another level, region or mode
    FUSION_STORE_NEWER,    // made by a newer program
    FUSION_STORE_FOREIGN,  // a sound database that is not a store: leave it alone
    FUSION_STORE_FULL,     // no room on its disk
    FUSION_STORE_UNUSABLE, // cannot be created, read or written: path, permission, device
};

struct fusion_store_fault {
    enum fusion_store_trouble trouble;
    char text[320]; // one line for people, "" when sound
};

struct fusion_store_config {
    const char *path;
    struct geo_bounds
        keep; // of the region with margin and look-ahead: the contents box of the coverages
    uint32_t level;                 // of ground and surface; fixed in the file
    const struct geo_inset *insets; // copied; a reader takes those of the file. Where they are
    size_t inset_count;             // others than the file's, its tables follow
    const char *region_id;
    uint32_t mode;            // enum drf_mode; fixed in the file
    bool read_only;           // query, info, digest: opens beside a running node
    bool in_memory;           // of a replay: no file and no lock, `path` is for messages only;
                              // the truth as ever, but nothing of the GeoPackage is rendered
    const char *copy_of;      // with in_memory: begins as this store, read once; NULL: empty
    size_t pending_max_bytes; // fusion_store_pending_bytes() above this: the caller pauses its
                              // feeds
    struct fusion_store_fault *fault; // may be NULL; says why when open fails
};

struct fusion_identity {
    const char *feed, *source, *key; // NUL-terminated, borrowed
};

struct fusion_version {
    int64_t time_utc_us; // ce_time, else Kafka CreateTime
    uint8_t sha256[32];  // of the value; the greater wins a tie
};

// < 0 if a is older.
int fusion_version_compare(const struct fusion_version *a, const struct fusion_version *b);

// Opens or creates. DRF_ERR_STORE: damaged, unreadable, or another program writes it.
// DRF_ERR_RANGE: it was made with another level, region or mode, or by a newer program.
DRF_MUST_CHECK enum drf_status fusion_store_open(const struct fusion_store_config *config,
                                                 struct fusion_store **out);
// Does not commit. NULL is fine.
void fusion_store_close(struct fusion_store *store);
// What the last DRF_ERR_STORE or DRF_ERR_RANGE of this store meant, one line for people; "" if
// there was none, or a commit has succeeded since.
const char *fusion_store_error(const struct fusion_store *store);
struct fusion_store_fault fusion_store_fault(const struct fusion_store *store);

// The live version of an identity. DRF_ERR_ABSENT: never seen. *tombstone may be NULL.
DRF_MUST_CHECK enum drf_status fusion_store_version(struct fusion_store *store,
                                                    struct fusion_identity identity,
                                                    struct fusion_version *version,
                                                    bool *tombstone, int64_t *id);

// Makes this version the live one: the former record and contributions are gone (their tiles
// are reported through `touched`, may be NULL, before they go). record.size 0: a tombstone. *id
// names the identity permanently.
struct fusion_touched { // filled by the store, grown as needed, freed by the caller with
                        // fusion_touched_close
    struct geo_tile *tiles;
    uint32_t *layers; // bit 1 << enum fusion_layer
    size_t count, room;
};
void fusion_touched_close(struct fusion_touched *touched);
DRF_MUST_CHECK enum drf_status fusion_store_put(struct fusion_store *store,
                                                struct fusion_identity identity,
                                                struct fusion_version version,
                                                struct geo_record record,
                                                const struct fusion_source *provenance,
                                                struct fusion_touched *touched, int64_t *id);
DRF_MUST_CHECK enum drf_status fusion_store_put_cells(struct fusion_store *store, int64_t id,
                                                      enum fusion_layer layer,
                                                      struct geo_tile tile, const uint8_t *blob,
                                                      size_t size);

// The contributions of a large record go ahead of it, some at a time, so that the commit that
// makes them live is short. A stage is in the file and invisible until an identity takes
// it; one that was not taken (dropped, or the process ended), and what an identity had before,
// is removed by fusion_store_tidy(). DRF_ERR_STORE: nothing of this call is staged.
struct fusion_cells {
    enum fusion_layer layer;
    struct geo_tile tile;
    const uint8_t *blob; // borrowed during the call
    size_t size;
};
DRF_MUST_CHECK enum drf_status fusion_store_stage_open(struct fusion_store *store,
                                                       int64_t *stage);
// In a transaction of its own; each layer and tile once in a stage.
DRF_MUST_CHECK enum drf_status fusion_store_stage_cells(struct fusion_store *store,
                                                        int64_t stage,
                                                        const struct fusion_cells *cells,
                                                        size_t count);
// What was staged are the contributions of the version just put.
DRF_MUST_CHECK enum drf_status fusion_store_take_stage(struct fusion_store *store, int64_t id,
                                                       int64_t stage);
void fusion_store_stage_drop(struct fusion_store *store, int64_t stage); // was not taken
// What every commit would otherwise wait for, a slice at a time: copies a grown log back into
// the file, deletes what no identity has any more. DRF_ERR_AGAIN: there is more.
DRF_MUST_CHECK enum drf_status fusion_store_tidy(struct fusion_store *store);
// The first of these alone. What fails is tried again by a later call.
void fusion_store_copy_back(struct fusion_store *store);

// One live contribution to a tile; pointers are valid during the call only.
struct fusion_contribution {
    int64_t id;
    const struct fusion_source *provenance;
    const uint8_t *blob;
    size_t size;
};
typedef enum drf_status (*fusion_contribution_fn)(
    void *context, const struct fusion_contribution *contribution);
// In no particular order. Stops at the first status that is not DRF_OK and returns it.
DRF_MUST_CHECK enum drf_status fusion_store_contributions(struct fusion_store *store,
                                                          enum fusion_layer layer,
                                                          struct geo_tile tile,
                                                          fusion_contribution_fn fn,
                                                          void *context);

// Every live identity that has a record, with its items (without cells).
struct fusion_live {
    int64_t id;
    struct fusion_identity identity;
    struct fusion_version version;
    const struct fusion_source *provenance;
    struct geo_record record; // validated
};
typedef enum drf_status (*fusion_live_fn)(void *context, const struct fusion_live *live);
DRF_MUST_CHECK enum drf_status fusion_store_each_live(struct fusion_store *store,
                                                      fusion_live_fn fn, void *context);
// The same a part at a time, as committed (what waits for a commit is left out): by id, those
// whose id is greater. `fn` ends a part by any status.
DRF_MUST_CHECK enum drf_status fusion_store_each_live_after(struct fusion_store *store,
                                                            int64_t id, fusion_live_fn fn,
                                                            void *context);
// And every obstacle whose shape, not widened, meets the box, and some others.
DRF_MUST_CHECK enum drf_status fusion_store_each_live_near(struct fusion_store *store,
                                                           struct geo_bounds box,
                                                           fusion_live_fn fn, void *context);
// Tiles that have at least one contribution to a layer.
typedef enum drf_status (*fusion_tile_fn)(void *context, enum fusion_layer layer,
                                          struct geo_tile tile);
DRF_MUST_CHECK enum drf_status fusion_store_each_tile(struct fusion_store *store,
                                                      fusion_tile_fn fn, void *context);

// Kafka positions: the next offset to read, with the cluster it counts in.
DRF_MUST_CHECK enum drf_status fusion_store_put_offset(struct fusion_store *store,
                                                       const char *cluster_id,
                                                       const char *topic, int32_t partition,
                                                       int64_t next_offset);
DRF_MUST_CHECK enum drf_status fusion_store_offset(struct fusion_store *store,
                                                   const char *topic, int32_t partition,
                                                   char cluster_id[static 64],
                                                   int64_t *next_offset); // ABSENT

// Small named values (boot id, profiles ...): size 0 deletes.
DRF_MUST_CHECK enum drf_status fusion_store_put_value(struct fusion_store *store,
                                                      const char *name, const void *bytes,
                                                      size_t size);
DRF_MUST_CHECK enum drf_status fusion_store_value(struct fusion_store *store, const char *name,
                                                  void *bytes,
                                                  size_t *size); // ABSENT; FULL: *size it has
// Those whose name begins with `prefix`, by name, as committed: what waits for a commit is not
// among them. Name and bytes are borrowed during the call; fn must not use the store.
typedef enum drf_status (*fusion_value_fn)(void *context, const char *name, const void *bytes,
                                           size_t size);
DRF_MUST_CHECK enum drf_status fusion_store_each_value(struct fusion_store *store,
                                                       const char *prefix, fusion_value_fn fn,
                                                       void *context);
// The same a part at a time: those after this name. `fn` ends a part by any status, which is
// returned.
DRF_MUST_CHECK enum drf_status fusion_store_each_value_after(struct fusion_store *store,
                                                             const char *prefix,
                                                             const char *after,
                                                             fusion_value_fn fn, void *context);

// Coverage tiles and feature rows that no longer show the truth. Marks are committed with the
// truth.
DRF_MUST_CHECK enum drf_status fusion_store_mark_dirty(struct fusion_store *store,
                                                       enum fusion_layer layer,
                                                       struct geo_tile tile);
DRF_MUST_CHECK enum drf_status fusion_store_each_dirty(struct fusion_store *store,
                                                       fusion_tile_fn fn, void *context);
// Encodes the fused tile (NULL: nothing known) for the coverage of `layer` and clears the mark;
// written by fusion_store_render_commit(), in a transaction of its own with others rendered
// since its last call. What is rendered waits in memory (and in pending_bytes) until the truth
// it shows is committed: then the next commit does both, one after the other.
DRF_MUST_CHECK enum drf_status fusion_store_render(struct fusion_store *store,
                                                   enum fusion_layer layer,
                                                   struct geo_tile tile,
                                                   const struct fusion_tile *fused);
DRF_MUST_CHECK enum drf_status fusion_store_render_commit(struct fusion_store *store);
// The obstacle's row in the feature table; NULL top when unknown. Derived from the truth, so
// written lazily too. `id` is that of its identity.
DRF_MUST_CHECK enum drf_status fusion_store_render_obstacle(
    struct fusion_store *store, int64_t id,
    const struct fusion_obstacle *obstacle); // NULL: gone
// The same for a zone's row.
DRF_MUST_CHECK enum drf_status fusion_store_render_zone(
    struct fusion_store *store, int64_t id, const struct fusion_zone *zone); // NULL: gone
// The same for a station's row.
DRF_MUST_CHECK enum drf_status fusion_store_render_station(
    struct fusion_store *store, int64_t id, const struct fusion_station *station);

// Identities whose feature row does not show the committed truth (the last run ended before it
// was rendered): render each, NULL in all tables for those that are not live.
typedef enum drf_status (*fusion_id_fn)(void *context, int64_t id);
DRF_MUST_CHECK enum drf_status fusion_store_each_stale(struct fusion_store *store,
                                                       fusion_id_fn fn, void *context);

// Writes everything pending in one transaction. DRF_ERR_STORE: nothing was written, all of it
// is still pending.
DRF_MUST_CHECK enum drf_status fusion_store_commit(struct fusion_store *store,
                                                   int64_t as_of_utc_us);
// The next commit that succeeds is on the disk when it returns, with all before it: no power
// cut undoes them.
void fusion_store_flush_next(struct fusion_store *store);
size_t fusion_store_pending_bytes(const struct fusion_store *store);
// The UTC of the last commit; INT64_MIN if there was none.
int64_t fusion_store_as_of(const struct fusion_store *store);
// What is fixed in the file, for a reader that did not say.
uint32_t fusion_store_level(const struct fusion_store *store);
uint32_t fusion_store_mode(const struct fusion_store *store);
// The insets that are kept, the finest first; borrowed until close.
const struct geo_inset *fusion_store_insets(const struct fusion_store *store, size_t *count);

// SHA-256 over the content of one layer (FUSION_LAYER_COUNT: all), not over page layout: two
// stores with the same live truth have the same digest, whatever the order it arrived in.
DRF_MUST_CHECK enum drf_status fusion_store_digest(struct fusion_store *store,
                                                   enum fusion_layer layer,
                                                   uint8_t out[static 32]);

#endif
