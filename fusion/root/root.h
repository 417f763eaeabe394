// fusion/root/root.h - the root: the immutable state that the serve loop reads.
// SPDX-License-Identifier: Apache-2.0
//
// Made by the fabric, handed over through a one-slot mailbox, valid until the serve loop has
// taken a later root and acknowledged its epoch. Everything reachable from it is constant. What
// is absent is NULL with a reason, never zero.
#ifndef FUSION_ROOT_H
#define FUSION_ROOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fusion/root/source.h"
#include "fusion/root/tile.h"
#include "geo/inset.h"
#include "geo/point.h"
#include "geo/record/field.h"
#include "geo/record/obstacle.h"
#include "geo/record/station.h"
#include "geo/record/track.h"
#include "geo/record/zone.h"
#include "geo/tile.h"

enum {
    FUSION_BUCKET_LEVEL = 11,   // features are kept per tile of this level
    FUSION_CHANGES_MAX = 32,    // more are merged into their union
    FUSION_TILES_MAX = 1 << 20, // of a region: 8 MB of pointers in every root
};

// Numbers of Layer in schemas/drf/v1/enums.proto.
enum fusion_layer {
    FUSION_LAYER_GROUND = 1,
    FUSION_LAYER_SURFACE = 2,
    FUSION_LAYER_OBSTACLE = 3,
    FUSION_LAYER_WEATHER = 4,
    FUSION_LAYER_ZONE = 5,
    FUSION_LAYER_TRAFFIC = 6,
    FUSION_LAYER_ALERT = 7,
    FUSION_LAYER_COUNT
};

// Numbers of Reason in schemas/drf/v1/enums.proto.
enum fusion_reason {
    FUSION_REASON_UNKNOWN = 0,
    FUSION_REASON_NONE = 1,
    FUSION_REASON_NO_DATA = 2,
    FUSION_REASON_SOURCE_VOID = 3,
    FUSION_REASON_STALE = 4,
    FUSION_REASON_CATCHING_UP = 5,
    FUSION_REASON_RESYNCHRONISING = 6,
    FUSION_REASON_LOADING = 7,
    FUSION_REASON_OUT_OF_REGION = 8,
    FUSION_REASON_NO_ALTITUDE = 9,
    FUSION_REASON_ALTITUDE_SUSPECT = 10,
    FUSION_REASON_BARE_EARTH = 11,
    FUSION_REASON_NOT_REPORTED = 12,
    FUSION_REASON_CALM = 13,
    FUSION_REASON_NO_QNH = 14,
    FUSION_REASON_FEED_DOWN = 15,
    FUSION_REASON_DATUM = 16,
    FUSION_REASON_SHED = 17,
    FUSION_REASON_NO_POSITION = 18,
    FUSION_REASON_UNREADABLE = 19,
    FUSION_REASON_FORGOTTEN = 20,
    FUSION_REASON_OBSTACLE_TOP = 23,
    FUSION_REASON_PER_VALUE = 24,
};

// A rectangle of tiles of one level, row-major from its north-west tile.
struct fusion_extent {
    struct geo_tile first; // north-west
    uint32_t columns, rows;
};

// The obstacle as fused: what the source said, and the top the node makes of it.
struct fusion_obstacle {
    const struct geo_obstacle *obstacle; // as published
    const struct geo_point *vertices;    // obstacle->vertex_count, NULL for a point
    const struct fusion_source *source;
    bool top_known;
    double
        top_amsl_m; // max(published AMSL, ground under the footprint + AGL) + vertical accuracy
    double foot_amsl_m; // ground under the footprint; meaningful when foot_known
    bool foot_known;
    bool foot_loading; // the ground under it is still being loaded: no top until then
};

// Every obstacle whose uncertainty circle (or shape widened by its accuracy) touches the
// bucket, in the order of (source, id); one that touches several buckets is in each.
struct fusion_obstacle_index;
struct fusion_bucket {
    size_t count;
    const struct fusion_obstacle *const *obstacles;
    const struct fusion_obstacle_index *index; // fusion/root/obstacle_index.h; NULL: none
};

// A zone as its source describes it, one block of memory.
struct fusion_zone {
    struct geo_zone_view view;
    struct geo_bounds bounds; // of all its volumes
    const struct fusion_source *source;
};

// The box of a zone, rounded outwards (fusion/root/zone_walk.h).
struct fusion_zone_box {
    float west_deg, south_deg, east_deg, north_deg;
};

// Every zone whose box touches the bucket, in the order of (source, id).
struct fusion_zone_bucket {
    size_t count;
    const struct fusion_zone *const *zones;
    const struct fusion_zone_box *boxes; // of each; NULL: not there
};

// An aircraft from a feed, as last reported.
struct fusion_track {
    struct geo_track track;
    const struct fusion_source *source;
    uint64_t epoch; // of the root that first showed this report
};

// Where nobody says how fast an aircraft flies: what 14 CFR 91.117(a) and ICAO Annex 11
// (appendix 4) allow below 10,000 ft, 250 knots.
#define FUSION_TRACK_SPEED_WORST_MPS 128.6

// Every track in the bucket of its reported place. It flies on: by dead reckoning it may be
// speed_max_mps times keep_us away from there. On the ground counts in neither maximum.
struct fusion_traffic {
    size_t count;
    const struct fusion_track *tracks;
    const uint32_t *first_of; // bucket b has tracks [first_of[b], first_of[b + 1])
    double speed_max_mps;     // of any; FUSION_TRACK_SPEED_WORST_MPS where not known
    double acc95_max_m;       // across, of any
    int64_t keep_us;          // after its last report a track is shown this long
};

struct fusion_field {
    const struct geo_field *field;
    const float *values; // field->grid.ni * nj
    const struct fusion_source *source;
    int64_t
        valid_for_us;   // a single instant holds this long on either side (feed configuration)
    int64_t max_gap_us; // two instants farther apart are not interpolated
};

// Live fields ordered by variable, then better source first (fusion_source_compare), then
// height interval, then valid_from.
struct fusion_weather {
    size_t count;
    const struct fusion_field *fields;
    size_t first_of[GEO_VARIABLE_COUNT
                    + 1];           // fields of variable v: [first_of[v], first_of[v + 1])
    bool ended[GEO_VARIABLE_COUNT]; // of the variable there was something, past its time now
};

// A station's latest observation, one block of memory. It has a position.
struct fusion_station {
    const struct geo_station *station;
    const struct fusion_source *source;
    int64_t valid_for_us; // of the feed: it holds no longer than this
};

// In the order of (source, id).
struct fusion_stations {
    size_t count;
    const struct fusion_station *const *items;
};

// What was refused, and where it may apply: there its layer holds less than its source said.
struct fusion_unreadable {
    enum fusion_layer layer;
    uint32_t code;  // enum geo_refusal_code; of several: of the first
    uint32_t count; // how many refusals it stands for
    struct geo_bounds box;
    int64_t until_utc_us; // it is shown no longer than this
    int64_t
        ends_utc_us; // it applies no longer than this, as it says itself; INT64_MAX: not known
    const struct fusion_source *source;
};

// In the order of (feed, source, key).
struct fusion_unreadables {
    size_t count;
    const struct fusion_unreadable *items;
};

struct fusion_change {
    struct geo_bounds bounds;
    uint32_t layers; // bit 1 << enum fusion_layer
};

// A part of the region that is kept at a finer level too.
struct fusion_inset {
    struct fusion_extent tiles;
    const struct fusion_tile *const *ground, *const *surface; // as the root's own
    char name[GEO_INSET_NAME_SIZE];
};

struct fusion_root {
    uint64_t epoch;               // grows by one with each root
    struct geo_bounds keep;       // data are kept inside this box
    struct fusion_extent tiles;   // of ground and surface
    struct fusion_extent buckets; // of obstacles, level FUSION_BUCKET_LEVEL
    const struct fusion_tile *const
        *ground; // tiles.columns * tiles.rows; NULL: nothing known there; never thin
    const struct fusion_tile *const
        *surface; // the same; equal pointers to ground's where nothing rises above it
    size_t inset_count;
    struct fusion_inset insets[GEO_INSETS_MAX];    // the finest first
    const struct fusion_bucket *const *features;   // buckets.columns * buckets.rows; NULL: none
    const struct fusion_zone_bucket *const *zones; // the same; NULL itself: no zones at all
    const struct fusion_zone_bucket *zones_all;    // every zone once; NULL: none
    const struct fusion_zone_bucket *zones_timed; // those of them that have periods; NULL: none
    const struct fusion_zone_bucket *alerts_all;  // every alert once; NULL: none
    const struct fusion_weather *weather;         // never NULL
    const struct fusion_traffic *traffic;         // NULL: none
    const struct fusion_stations *stations;       // NULL: none
    const struct fusion_unreadables *unreadables; // NULL: none
    enum fusion_reason layer_state[FUSION_LAYER_COUNT]; // NONE, CATCHING_UP, RESYNCHRONISING,
                                                        // LOADING, FEED_DOWN
    bool layer_fed[FUSION_LAYER_COUNT]; // false: no feed configured for this layer
    double obstacle_reach_m; // no obstacle's shape plus accuracy reaches farther from its own
                             // position than this
    double raster_accuracy_max_m; // worse known obstacles do not raise the surface; 0: not said
    size_t change_count;          // areas changed since the root that serve last acknowledged
    struct fusion_change changes[FUSION_CHANGES_MAX];
};

// The index of a tile in an extent; false: not in it.
bool fusion_extent_index(struct fusion_extent extent, struct geo_tile tile, size_t *out);

#endif
