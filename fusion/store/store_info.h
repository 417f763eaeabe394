// fusion/store/store_info.h - counts and sizes of a store, for `info` and for metrics.
// SPDX-License-Identifier: Apache-2.0
//
// Counts are of the file (committed), sizes of the file and of what is pending in memory.
// Counts read some indexes completely: for people, and for once a minute, not for a hot path.
// The sizes alone (fusion_store_sizes) are cheap.
#ifndef FUSION_STORE_INFO_H
#define FUSION_STORE_INFO_H

#include <stddef.h>
#include <stdint.h>

#include "fusion/store/store.h"

struct fusion_store_sizes {
    int64_t file_bytes;
    int64_t free_bytes;       // of these, given back by fusion_store_shrink()
    int64_t wal_bytes;        // since it last started over; a reader's is the file's length
    int64_t wal_pinned_bytes; // of these, held by a reader that does not end; a reader's: what
                              // is not copied back yet, for that or because it is new
    size_t pending_bytes;
};
DRF_MUST_CHECK enum drf_status fusion_store_sizes(struct fusion_store *store,
                                                  struct fusion_store_sizes *out);

struct fusion_store_info {
    uint32_t schema, level, mode;
    char region_id[64];   // cut when longer
    int64_t as_of_utc_us; // INT64_MIN: never committed
    int64_t live, tombstones, provenances;
    int64_t contributions[FUSION_LAYER_COUNT]; // of ground and surface
    int64_t tiles[FUSION_LAYER_COUNT];         // with at least one contribution
    int64_t rendered[FUSION_LAYER_COUNT];      // coverage tiles and feature rows
    int64_t dirty, stale;                      // coverage tiles and rows to be rendered
};
DRF_MUST_CHECK enum drf_status fusion_store_info(struct fusion_store *store,
                                                 struct fusion_store_info *out);

// Every layer of the GeoPackage, by name; text is borrowed during the call.
struct fusion_store_layer {
    const char *name, *data_type; // "2d-gridded-coverage", "features" ...
    int64_t rows;                 // tiles or features
    int64_t level;                // of a coverage, -1 of others
    const char *last_change;      // ISO 8601; NULL: nothing was written to it yet
};
typedef void (*fusion_layer_fn)(void *context, const struct fusion_store_layer *layer);
DRF_MUST_CHECK enum drf_status fusion_store_each_layer(struct fusion_store *store,
                                                       fusion_layer_fn fn, void *context);

// Holds what a reader sees still: every later read is of one moment, that of this call, until
// the store is closed. The writer goes on; its log cannot start over meanwhile, so not for
// long.
DRF_MUST_CHECK enum drf_status fusion_store_hold(struct fusion_store *store);

// The box that data are kept in, as the last node that opened the file for writing was known.
DRF_MUST_CHECK enum drf_status fusion_store_keep(struct fusion_store *store,
                                                 struct geo_bounds *out);

// Every provenance that a live identity refers to, with how many do; the newest issue first.
struct fusion_store_use {
    const struct fusion_source *provenance;
    int64_t identities, contributions;
};
typedef enum drf_status (*fusion_use_fn)(void *context, const struct fusion_store_use *use);
DRF_MUST_CHECK enum drf_status fusion_store_each_source(struct fusion_store *store,
                                                        fusion_use_fn fn, void *context);

// Every committed Kafka position, by topic and partition; text is borrowed during the call.
typedef enum drf_status (*fusion_offset_fn)(void *context, const char *cluster_id,
                                            const char *topic, int32_t partition,
                                            int64_t next_offset);
DRF_MUST_CHECK enum drf_status fusion_store_each_offset(struct fusion_store *store,
                                                        fusion_offset_fn fn, void *context);

const char *fusion_store_library(void); // the version of SQLite in use

#endif
