// fusion/fabric/fabric.h - the fused state of the region, and how messages change it.
// SPDX-License-Identifier: Apache-2.0
//
// The fused state is a pure function of the set of live records (ARCHITECTURE.md promise 1):
// arrival order, duplicates and retries change nothing. Owned by the ingest loop; reads no
// clock, starts no thread.
//
// A message is applied in steps (each at most the work of one tile, under 5 ms), all or
// nothing: the truth changes at the last step, and only then tiles become dirty. Features enter
// the truth some at a time: each is an identity of its own and is complete; the offset moves
// with the last one, so that after a crash the message is read again and completed. Folding
// dirty tiles is separate work in steps of the same size; each published root shows the tiles
// folded so far.
#ifndef FUSION_FABRIC_H
#define FUSION_FABRIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fusion/root/root.h"
#include "fusion/root/track_gate.h"
#include "fusion/store/store.h"
#include "geo/record/record.h"

struct fusion_fabric;

// What the configuration says of a feed; `name` keys it.
struct fusion_feed {
    char name[32];
    enum fusion_layer layer; // ground or surface for terrain, obstacle, weather ...
    int32_t priority;
    double vertical_acc95_m;
    char licence[64];
    int64_t valid_for_us, max_gap_us; // weather
};

struct fusion_fabric_config {
    struct geo_bounds keep;
    uint32_t level;               // of ground and surface, default 12; insets are the store's
    double raster_accuracy_max_m; // obstacles less accurate than this do not raise the surface
                                  // (175)
    const struct fusion_feed *feeds; // copied; none (query, tests): feeds and limit are those
                                     // that the store was last folded under
    size_t feed_count;
    int64_t track_keep_us;   // a track is shown this long after its last report; 0: 15 s
    int64_t refused_keep_us; // a refusal marks its box this long; 0: 24 h
    const struct geo_point
        *first;         // where drones are: loaded first; borrowed during open, none:
    size_t first_count; // the middle of `keep`
};

// One message as the feed took it from Kafka, envelope already read. Strings are borrowed
// during the call that gets it.
struct fusion_message {
    struct fusion_identity
        identity; // for features: the message's own key; the features bring their ids
    struct fusion_version version;
    bool file_time; // of the version: a file's time of change, for want of a better
    bool tombstone; // a null value: identity.key is withdrawn (for features: the feature of
                    // that id)
    const char *edition; // drf_delivery: edition id, NULL for features (upsert)
    uint32_t edition_part, edition_parts; // k of n, from 1
    const char *cluster_id, *topic;       // NULL topic: not from Kafka (import)
    int32_t partition;
    int64_t offset; // the stored position becomes offset + 1
};

enum fusion_outcome {
    FUSION_APPLIED = 1, // the truth changed
    FUSION_DUPLICATE,   // this very version is live already
    FUSION_SUPERSEDED,  // an older version than the live one
    FUSION_REFUSED,     // a damaged record; nothing changed but the offset
    FUSION_OUTSIDE,     // nothing in it is or was inside what is kept; likewise
    FUSION_IMPLAUSIBLE, // no track in it can follow what was said before; likewise
};

// Opens over a store that the caller keeps open longer. Loads little at once: the obstacles of
// the tiles around the first points. The rest comes with fusion_fabric_fold(), those tiles
// first, then the others from near to far, features and weather some at a time; the layers say
// LOADING until all is there, and no surface is shown without its obstacles.
DRF_MUST_CHECK enum drf_status fusion_fabric_open(const struct fusion_fabric_config *config,
                                                  struct fusion_store *store,
                                                  struct fusion_fabric **out);
// Before the first job: what a job calls in place of fusion_store_tidy() while it stages a
// large record. How long that goes on depends on the disk, so it is not the fabric's to decide
// alone where a replay must find it the same.
struct fusion_tidy {
    void *self;
    enum drf_status (*run)(void *self, struct fusion_store *store);
};
void fusion_fabric_use_tidy(struct fusion_fabric *fabric, struct fusion_tidy tidy);
// Between jobs: feeds were added or removed; those in both are as they were. What a removed one
// said stays until it is swept (fusion_fabric_resync_sweep()). Copied. DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status fusion_fabric_use_feeds(struct fusion_fabric *fabric,
                                                       const struct fusion_feed *feeds,
                                                       size_t feed_count);
// What is held for the cells of whole tiles (fusion/root/tile_pool.h).
size_t fusion_fabric_cells_bytes(const struct fusion_fabric *fabric);
void fusion_fabric_close(struct fusion_fabric *fabric); // NULL is fine; frees every root too

// A message being applied. The record is borrowed until close; it must have been validated.
struct fusion_job;
DRF_MUST_CHECK enum drf_status fusion_job_open(struct fusion_fabric *fabric,
                                               const struct fusion_message *message,
                                               struct geo_record record,
                                               struct fusion_job **out);
// One step. DRF_ERR_AGAIN: more to do. DRF_OK: done, *outcome says how. DRF_ERR_STORE/NOMEM:
// not applied; the offset has not moved.
DRF_MUST_CHECK enum drf_status fusion_job_step(struct fusion_job *job,
                                               enum fusion_outcome *outcome);
void fusion_job_close(struct fusion_job *job);
// Moves the offset past a message that was refused before it became a record.
DRF_MUST_CHECK enum drf_status fusion_fabric_skip(struct fusion_fabric *fabric,
                                                  const struct fusion_message *message);

// Folds one dirty tile (ground first, then the surfaces and obstacle tops that depend on it).
// DRF_ERR_AGAIN: more are dirty; DRF_OK: none is.
DRF_MUST_CHECK enum drf_status fusion_fabric_fold(struct fusion_fabric *fabric);
// Renders one coverage tile or some feature rows into the store, or commits, or tidies what is
// due. DRF_ERR_AGAIN: more to render; DRF_OK: none.
DRF_MUST_CHECK enum drf_status fusion_fabric_render(struct fusion_fabric *fabric);
// Commits the truth with offsets and marks.
DRF_MUST_CHECK enum drf_status fusion_fabric_commit(struct fusion_fabric *fabric,
                                                    int64_t now_utc_us);
// Hides what has expired at `now`, and withdraws from the truth, some at a time, what was over
// at `over_utc_us` already: weather, observations, zones and alerts. INT64_MIN: nothing. The
// caller chooses `over_utc_us`, because it knows whether the clock can be trusted.
void fusion_fabric_expire(struct fusion_fabric *fabric, int64_t now_utc_us,
                          int64_t over_utc_us);

// Mark and sweep. From begin on every message of the feed marks the identities it names; what
// is live stays live meanwhile. `redo`: what was applied before is applied again when it comes
// (the terms of decoding changed). `lossy`: the topic may have lost messages by their age, so
// that what is not in it is not withdrawn by its source: obstacles, zones and alerts that are
// live and not seen are then missing (fusion_fabric_missing()). Begun twice: the marks start
// over; they do not outlive a restart, so that an interrupted resynchronisation begins again.
DRF_MUST_CHECK enum drf_status fusion_fabric_resync_begin(struct fusion_fabric *fabric,
                                                          const char *feed, bool redo,
                                                          bool lossy);
// The feed has been read to its end: forgets some of what was not marked, imports apart.
// DRF_ERR_AGAIN: more to do. DRF_OK: through; *again: of what was forgotten the feed has older
// versions, or editions of it are gone, so it must be read from its beginning once more.
// DRF_ERR_ABSENT: not begun.
DRF_MUST_CHECK enum drf_status fusion_fabric_resync_sweep(struct fusion_fabric *fabric,
                                                          const char *feed, size_t *forgotten,
                                                          bool *again);

// How many features of a feed were live, are not in its topic any more, and have not been named
// again, withdrawn by a complete edition, or got over. While there are any, the layer says
// FORGOTTEN. Kept in the store.
size_t fusion_fabric_missing(const struct fusion_fabric *fabric, const char *feed);

// The operator says that they are withdrawn. DRF_ERR_NOMEM, DRF_ERR_STORE: some may be left.
DRF_MUST_CHECK enum drf_status fusion_fabric_missing_accept(struct fusion_fabric *fabric,
                                                            const char *feed);

// Tracks held now, and reports of tracks since open by what became of them
// (fusion/root/track_gate.h).
size_t fusion_fabric_tracks(const struct fusion_fabric *fabric);
uint64_t fusion_fabric_gated(const struct fusion_fabric *fabric, enum fusion_gate gate);
// How far the last report was behind that was refused for its time; below 0: ahead.
int64_t fusion_fabric_tracks_off_us(const struct fusion_fabric *fabric);

// The service sets the state of a layer's feeds; the next root carries it.
void fusion_fabric_layer_state(struct fusion_fabric *fabric, enum fusion_layer layer,
                               enum fusion_reason state);

// A new root if anything changed since the last, else NULL. The areas of roots that serve has
// not acknowledged are carried on. DRF_ERR_AGAIN: there is more to do before it can be seen; a
// bounded number of times, whatever is applied in between.
DRF_MUST_CHECK enum drf_status fusion_fabric_publish(struct fusion_fabric *fabric,
                                                     const struct fusion_root **out);
// Serve has taken the root of this epoch and holds no older one: frees what only older roots
// refer to.
void fusion_fabric_acknowledge(struct fusion_fabric *fabric, uint64_t epoch);

#endif
