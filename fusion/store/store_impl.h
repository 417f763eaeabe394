// fusion/store/store_impl.h - private state and functions of the store*.c files.
// SPDX-License-Identifier: Apache-2.0
//
// Every read looks at the pending overlay first, and at the file for what the overlay does not
// replace. Nothing in the file changes outside store_begin() ... store_end(). The functions are
// listed by layer, the lowest first: a file calls only files that are listed before it.
#ifndef FUSION_STORE_IMPL_H
#define FUSION_STORE_IMPL_H

#include "fusion/store/store.h"
#include "fusion/store/store_index.h"
#include "fusion/store/store_statement.h"

struct sqlite3;
struct sqlite3_stmt;

enum {
    STORE_SCHEMA = 2, // ours; a file with another number is refused
    STORE_PAGE_BYTES = 16384,
    STORE_CHECKPOINT_BYTES = 1 << 20,       // what a step of a few ms copies back
    STORE_CHECKPOINT_LATE_BYTES = 16 << 20, // a commit no longer leaves it to others
};

#define STORE_KEEP_VALUE "keep"  // struct geo_bounds
#define STORE_CACHE_SIZE "-8192" // of SQLite's pages, in kB

// An interned provenance. Several rows of the file may have one content.
struct store_source {
    struct store_link by_content;
    struct store_source *next;
    struct fusion_source source;
    int64_t row;
    bool stored;
};

struct store_row { // a row of the file whose provenance has been read
    struct store_link by_row;
    struct store_row *next;
    struct store_source *source;
    int64_t row;
};

struct store_cells {
    struct store_link by_tile;
    struct store_cells *next; // of the same identity
    struct store_identity *owner;
    enum fusion_layer layer;
    struct geo_tile tile;
    size_t size;
    uint8_t blob[];
};

struct store_identity {
    struct store_link by_name, by_id;
    struct store_identity *next; // in order of arrival
    char *feed, *source, *key;   // one allocation, in `feed`
    struct fusion_version version;
    int64_t id;
    int64_t stage;        // of this version's contributions, beside `cells`; 0: none
    int64_t stored_stage; // of those in the file; 0: they are under its id
    bool stored;          // the file has a row for it
    bool replaces;        // what the file says of it is void
    bool feature;         // has, or had, a row in the feature table
    bool erased;          // as if never seen
    bool imported;        // this version did not come through Kafka
    uint8_t *record;      // NULL: a tombstone, or (when !replaces) the file's
    size_t record_size;
    struct store_source *provenance; // NULL for a tombstone
    struct store_cells *cells;
};

struct store_offset {
    struct store_offset *next;
    char cluster_id[64];
    int32_t partition;
    int64_t next_offset;
    char topic[];
};

struct store_value {
    struct store_value *next;
    uint8_t *bytes;
    size_t size; // 0: to be deleted
    char name[];
};

// Contributions that are in the file under an id of their own, always below 0, and are not,
// or not yet, or soon no more, what an identity in the file has.
struct store_stage {
    struct store_stage *next;
    int64_t stage;
    int64_t owner; // the identity in the overlay that takes it with the next commit; 0: none
    enum store_stage_state {
        STORE_STAGE_OPEN,     // or taken, if it has an owner
        STORE_STAGE_LEFT,     // the file's identity has it until the next commit
        STORE_STAGE_ORPHANED, // without an owner: to be deleted
    } state;
};

// The mark of a coverage tile (layer ground or surface) or of a bucket (other layers).
struct store_mark {
    struct store_link by_tile;
    struct store_mark *next;
    enum fusion_layer layer;
    struct geo_tile tile;
    bool dirty;   // does not show the truth
    bool stored;  // the file has the mark
    bool pending; // raised by truth that is not committed yet
};

// A coverage tile or feature row that waits for the transaction of
// fusion_store_render_commit().
struct store_rendered {
    struct store_link by_name;
    struct store_rendered *next;
    enum fusion_layer layer; // OBSTACLE, ZONE, WEATHER (a station): a row, `id` names it
    struct geo_tile tile;
    int64_t id;
    bool outdated;         // the truth changed since: write it, but leave the mark
    struct store_summary { // in metres; of a coverage tile
        double min_m, max_m, mean_m, deviation_m;
    } summary;
    struct store_obstacle_row *obstacle; // of an obstacle's row
    struct store_zone_row *zone;         // of a zone's row
    struct store_station_row *station;
    size_t row_bytes; // of what the pointer above points to
    size_t size;      // 0: nothing known, or gone
    uint8_t *bytes;   // PNG, or geometry
};

struct store_pending {
    struct store_index by_name, by_id, by_tile;
    struct store_identity *first, *last;
    struct store_offset *offsets;
    struct store_value *values;
    size_t bytes;
};

struct fusion_store {
    struct sqlite3 *db, *lock;
    struct sqlite3_stmt *statements[STORE_SQL_COUNT];
    struct fusion_store_config config; // region_id and path are ours
    char *path, *region_id;
    struct geo_inset insets[GEO_INSETS_MAX]; // the finest first
    size_t inset_count;
    struct fusion_store_fault fault;
    struct store_pending pending;
    struct store_index source_by_content, source_by_row;
    struct store_source *sources;
    struct store_row *source_rows;
    struct store_index mark_by_tile;
    struct store_mark *marks;
    struct store_index rendered_by_name;
    struct store_rendered *rendered;
    size_t rendered_bytes;
    bool render_wanted; // asked for while truth was pending: done right after its commit
    bool flush_next;    // fusion_store_flush_next()
    struct store_stage *stages;
    int64_t next_id, next_source, next_stage, as_of_utc_us;
    int wal_frames;        // in the log since it last started over
    int wal_seen_frames;   // at the last checkpoint
    int wal_pinned_frames; // of these, what the last checkpoint could not copy: a long reader
    unsigned walking;      // callbacks under way: nothing may change meanwhile
    uint8_t *scratch;      // a record read back, 8-byte aligned
    size_t scratch_room;
};

// store_file.c
// Keeps a database beside the store locked by SQLite's own means: they hold between processes
// and within one, and end with the process however it ends. The caller closes *out, whatever is
// returned. DRF_ERR_AGAIN: somebody else has it.
DRF_MUST_CHECK enum drf_status store_file_lock(const char *path, struct sqlite3 **out);
// The same for the writer of this store, which holds it until it is closed; fills the fault.
DRF_MUST_CHECK enum drf_status store_file_lock_writer(struct fusion_store *store);
// The three joined, from malloc(); NULL: out of memory.
char *store_file_path(const char *path, const char *middle, const char *end);
bool store_file_ended_unclean(struct fusion_store *store);
// PRAGMA integrity_check(1) or quick_check(1). DRF_ERR_STORE: damaged.
DRF_MUST_CHECK enum drf_status store_file_check(struct fusion_store *store, const char *pragma);
// Quick, and only of a file that is small enough to be checked before the first drone is
// served.
DRF_MUST_CHECK enum drf_status store_file_check_quick(struct fusion_store *store);
void store_file_remove_empty_log(const char *path);
bool store_checkpoint_due(struct fusion_store *store, int64_t bytes); // so many are new
void store_checkpoint(struct fusion_store *store);
void store_checkpoint_late(struct fusion_store *store); // when no tidy step has done it in time

// store_pending.c
DRF_MUST_CHECK enum drf_status store_pending_open(struct store_pending *pending);
void store_pending_close(struct store_pending *pending);
void store_pending_clear(struct store_pending *pending);
struct store_identity *store_pending_named(const struct store_pending *pending,
                                           struct fusion_identity name);
struct store_identity *store_pending_id(const struct store_pending *pending, int64_t id);
DRF_MUST_CHECK enum drf_status store_pending_add(struct store_pending *pending,
                                                 struct fusion_identity name, int64_t id,
                                                 struct store_identity **out);
void store_pending_drop_cells(struct store_pending *pending, struct store_identity *identity);
DRF_MUST_CHECK enum drf_status store_pending_add_cells(struct store_pending *pending,
                                                       struct store_identity *identity,
                                                       enum fusion_layer layer,
                                                       struct geo_tile tile,
                                                       const uint8_t *blob, size_t size);
// Whether an entry (NULL: none) has cells of a tile.
bool store_pending_has(const struct store_identity *held, enum fusion_layer layer,
                       struct geo_tile tile);
// Of an entry that has a record; borrowed as long as the entry.
struct fusion_live store_pending_live(const struct store_identity *held);
uint64_t store_tile_hash(enum fusion_layer layer, struct geo_tile tile);
bool store_tile_same(struct geo_tile a, struct geo_tile b);

// store_column.c
DRF_MUST_CHECK enum drf_status store_column_tile(struct fusion_store *store,
                                                 struct sqlite3_stmt *statement, int column,
                                                 enum fusion_layer *layer,
                                                 struct geo_tile *tile);
DRF_MUST_CHECK enum drf_status store_column_version(struct fusion_store *store,
                                                    struct sqlite3_stmt *statement, int column,
                                                    struct fusion_version *out);
int64_t store_cells_checksum(int64_t id, enum fusion_layer layer, struct geo_tile tile,
                             const uint8_t *blob, size_t size);
// Over the whole of what the file says of it: name, version, provenance, items.
int64_t store_record_checksum(const struct fusion_live *live);

// store_source.c
DRF_MUST_CHECK enum drf_status store_sources_open(struct fusion_store *store);
void store_sources_close(struct fusion_store *store);
// Rows of the file may be gone: what is interned is written again when it is needed.
void store_sources_unstore(struct fusion_store *store);
DRF_MUST_CHECK enum drf_status store_intern(struct fusion_store *store,
                                            const struct fusion_source *source,
                                            struct store_source **out);
DRF_MUST_CHECK enum drf_status store_source_of(struct fusion_store *store, int64_t row,
                                               struct store_source **out);
DRF_MUST_CHECK enum drf_status store_source_write(struct fusion_store *store,
                                                  struct store_source *source);

// store_table.c
// A file of an earlier version gets the feature tables it has not.
struct store_table {
    const char *name, *geometry, *description;
    const char *columns; // after fid, geom, feature_id and source
};
DRF_MUST_CHECK enum drf_status store_table_there(struct fusion_store *store, const char *name,
                                                 bool *there);
DRF_MUST_CHECK enum drf_status store_table_open(struct fusion_store *store,
                                                const struct store_table *of);

// store_gpkg.c
// The GeoPackage's own tables.
DRF_MUST_CHECK enum drf_status store_gpkg_create(struct fusion_store *store);
DRF_MUST_CHECK enum drf_status store_gpkg_coverage(struct fusion_store *store, const char *name,
                                                   const char *description, uint32_t level);
// The edges of whole cells: GDAL puts its first pixel at the corner of the box, and would show
// heights up to half a cell away from where they are. Not for a box across the antimeridian.
struct geo_bounds store_gpkg_box(struct geo_bounds bounds, uint32_t level);

// store_inset.c
enum { STORE_COVERAGE_SIZE = GEO_INSET_NAME_SIZE + 8 };
DRF_MUST_CHECK enum drf_status store_insets_open(struct fusion_store *store);
const struct geo_inset *store_inset_of(const struct fusion_store *store, struct geo_tile tile);
bool store_keeps(const struct fusion_store *store, struct geo_tile tile);
bool store_cells_valid(const struct fusion_store *store, const struct fusion_cells *cells);
// "ground", or of an inset (NULL: the region) "ground_campus".
void store_coverage_name(const struct geo_inset *inset, enum fusion_layer layer,
                         char out[static STORE_COVERAGE_SIZE]);
DRF_MUST_CHECK enum drf_status store_inset_put(struct fusion_store *store,
                                               const struct geo_inset *inset,
                                               const struct store_rendered *rendered,
                                               int64_t id);

// store_mark.c
DRF_MUST_CHECK enum drf_status store_marks_open(struct fusion_store *store);
void store_marks_close(struct fusion_store *store);
struct store_mark *store_mark_of(const struct fusion_store *store, enum fusion_layer layer,
                                 struct geo_tile tile);
// Inside a transaction; store_marks_written() after its success.
DRF_MUST_CHECK enum drf_status store_marks_write(struct fusion_store *store);
void store_marks_written(struct fusion_store *store);
void store_mark_free(struct fusion_store *store, struct store_mark *mark);

// store_stage.c
DRF_MUST_CHECK enum drf_status store_stages_open(struct fusion_store *store);
void store_stages_close(struct fusion_store *store);
// One row of drf_contribution. Inside a transaction.
DRF_MUST_CHECK enum drf_status store_cells_write(struct fusion_store *store, int64_t row_id,
                                                 const struct fusion_cells *cells);
// The owner of a row of drf_contribution under `row_id`; `staged_id`: the identity of
// the file whose stage that is, 0 for none. 0: it has none, or the overlay replaces it.
int64_t store_row_owner(const struct fusion_store *store, int64_t row_id, int64_t staged_id,
                        enum fusion_layer layer, struct geo_tile tile);
// Before an entry of the overlay loses what the file says it has.
DRF_MUST_CHECK enum drf_status store_stage_leave(struct fusion_store *store,
                                                 const struct store_identity *held);
// The version of the overlay that took a stage is not to come.
void store_stage_untake(struct fusion_store *store, struct store_identity *held);
void store_stages_committed(struct fusion_store *store);

// store_truth.c
// What the file says of a name, the overlay apart.
DRF_MUST_CHECK enum drf_status store_stored_version(struct fusion_store *store,
                                                    struct fusion_identity name,
                                                    struct fusion_version *version,
                                                    bool *tombstone, int64_t *id,
                                                    int64_t *stage);

// store_live.c
// A row of STORE_SQL_LIVE and its kin; *out is borrowed until the next step or call.
DRF_MUST_CHECK enum drf_status store_column_live(struct fusion_store *store,
                                                 struct sqlite3_stmt *statement,
                                                 struct fusion_live *out);

// store_rendered.c
DRF_MUST_CHECK enum drf_status store_rendered_open(struct fusion_store *store);
void store_rendered_close(struct fusion_store *store);
void store_rendered_outdate(struct fusion_store *store, int64_t id);
// Takes what `made` holds; the newest rendering of a name is the one that is written.
DRF_MUST_CHECK enum drf_status store_rendered_queue(struct fusion_store *store,
                                                    const struct store_rendered *made);
void store_rendered_clear(struct fusion_store *store);

// store_obstacle.c, store_zone.c, store_station.c: the feature tables
DRF_MUST_CHECK enum drf_status store_zones_open(struct fusion_store *store);
DRF_MUST_CHECK enum drf_status store_stations_open(struct fusion_store *store);
DRF_MUST_CHECK enum drf_status store_station_write(struct fusion_store *store,
                                                   const struct store_rendered *rendered);
DRF_MUST_CHECK enum drf_status store_zone_write(struct fusion_store *store,
                                                const struct store_rendered *rendered);
DRF_MUST_CHECK enum drf_status store_obstacle_write(struct fusion_store *store,
                                                    const struct store_rendered *rendered);

// store_render.c
// Does what fusion_store_render_commit() put off until the truth was committed.
DRF_MUST_CHECK enum drf_status store_render_resume(struct fusion_store *store);

// store_put.c
// An entry of the overlay for an identity that so far only the file knows.
DRF_MUST_CHECK enum drf_status store_pending_enter(struct fusion_store *store, int64_t id,
                                                   struct store_identity **out);
DRF_MUST_CHECK enum drf_status store_touch_former(struct fusion_store *store,
                                                  const struct store_identity *held, int64_t id,
                                                  bool stored, struct fusion_touched *touched);

// store_schema.c
// Makes an empty file a store, or checks that it is this one.
DRF_MUST_CHECK enum drf_status store_schema_open(struct fusion_store *store);

#endif
