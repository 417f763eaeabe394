// geo/record/record.h - record: the decoded form of one message, flat and relocatable.
// SPDX-License-Identifier: Apache-2.0
//
// A record is a head and a sequence of items, each 8-byte aligned: {kind, size} and a payload
// that is one of the plain structs below with its tail. It has no pointers: it is copied from
// the sandboxed child to the node as bytes, and items are stored as they are. Bytes from the
// child are untrusted: no function may read a record before geo_record_validate() has accepted
// it.
//
// A record holds one raster with its cells, or obstacles, or fields, or zones, or tracks, or
// stations, never two of these; notes may stand anywhere but before a raster, and unreadable
// items (geo/record/unreadable.h) wherever there is no raster. Text is
// NUL-terminated UTF-8 without control characters (geo/record/refusal.h makes it so).
#ifndef GEO_RECORD_H
#define GEO_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "geo/cells.h"
#include "geo/record/area_codes.h"
#include "geo/record/field.h"
#include "geo/record/obstacle.h"
#include "geo/record/station.h"
#include "geo/record/track.h"
#include "geo/record/unreadable.h"
#include "geo/record/zone.h"
#include "geo/status.h"
#include "geo/tile.h"

enum geo_item_kind {
    GEO_ITEM_RASTER = 1,   // struct geo_raster: first of a terrain record, which has all of its
                           // cells or (as the store keeps it) none
    GEO_ITEM_CELLS = 2,    // struct geo_cells_item + blob: the raster's cells of one tile
    GEO_ITEM_OBSTACLE = 3, // struct geo_obstacle + struct geo_point[vertex_count]
    GEO_ITEM_FIELD = 4,    // struct geo_field + float[ni * nj]
    GEO_ITEM_NOTE = 5, // struct geo_note: a part that was refused or ignored; the rest is valid
    GEO_ITEM_ZONE =
        6, // struct geo_zone + its volumes, periods and vertices (geo/record/zone.h)
    GEO_ITEM_TRACK = 7,       // struct geo_track
    GEO_ITEM_STATION = 9,     // struct geo_station
    GEO_ITEM_UNREADABLE = 10, // struct geo_unreadable: refused, with its identity and place;
                              // beside features, or alone with notes
    GEO_ITEM_AREA_CODES = 11, // struct geo_area_codes + its codes: from the child only
};

enum geo_raster_layer { GEO_RASTER_GROUND = 1, GEO_RASTER_SURFACE = 2 }; // DTM, DSM

// The provenance of a raster.
struct geo_raster {
    uint32_t layer; // enum geo_raster_layer
    uint32_t level; // of the tiles that follow, but for those of insets, which are finer
    double vertical_acc95_m; // with the datum's share added
    double posting_m;        // distance of source posts on the ground, the coarser of both axes
    struct geo_bounds bounds;      // of the source data; west > east: over the antimeridian
    double min_amsl_m, max_amsl_m; // of the known cells; min > max when there are none
    uint64_t known_cells;          // of the tiles that follow; each has at least one
    char crs[64];                  // as understood: "EPSG:4326"
    char vertical[32];             // as understood: "EGM96", "EGM2008 as EGM96" ...
};

// The tiles of a record are of the raster's level or finer and come in rising order of (level,
// row, col), so none comes twice.
struct geo_cells_item {
    struct geo_tile tile;
    uint32_t blob_size; // geo_cells_encode()'s bytes follow
};

// Why a message, or a part of one, was refused. Numbers are counted and shown: they only grow.
enum geo_refusal_code {
    GEO_REFUSAL_NONE = 0,
    GEO_REFUSAL_EMPTY,
    GEO_REFUSAL_TOO_LARGE,
    GEO_REFUSAL_FORMAT,       // not the declared format, truncated, or damaged
    GEO_REFUSAL_GEOREFERENCE, // no, degenerate or unsupported georeference
    GEO_REFUSAL_CRS,          // horizontal reference unknown
    GEO_REFUSAL_VERTICAL,     // vertical reference unknown, contradictory, or not convertible
    GEO_REFUSAL_NO_VALUES,    // nothing but nodata
    GEO_REFUSAL_OUT_OF_REGION,
    GEO_REFUSAL_RANGE,       // a value outside what is physically or formally possible
    GEO_REFUSAL_UNSUPPORTED, // well-formed, but a variant this node does not read
    GEO_REFUSAL_MEMORY,      // the decoder's limits
    GEO_REFUSAL_DIED,        // the child died or hung on it
    GEO_REFUSAL_MODE,        // SIM, TEST or REPLAY data at a node that may not have them
    GEO_REFUSAL_ENVELOPE,    // headers, timestamps or keys
    GEO_REFUSAL_IGNORED, // not an error: a part, or all of it, that this node has no use for
    GEO_REFUSAL_COUNT
};

struct geo_note {
    uint32_t code;  // enum geo_refusal_code
    uint32_t count; // how many parts this note stands for, at least 1
    uint64_t
        position;   // line, feature or message number inside the input, from 1; 0 = the whole
    char text[176]; // one line for people, NUL-terminated
};

const char *geo_refusal_name(enum geo_refusal_code code); // "GEOREFERENCE"; never NULL

struct geo_record {
    const uint8_t *bytes; // 8-byte aligned
    size_t size;
};

struct geo_item {
    enum geo_item_kind kind;
    uint32_t size; // of the payload
    const void *payload;
};

// Accepts only what every reader below may rely on: structure, counts, alignment, clean text,
// valid tiles, finite numbers in the ranges that the headers and record_check.c state, known
// codes and flags, padding of zeros. It does not unpack cell blobs (geo_cells_decode() does,
// safely). DRF_ERR_SYNTAX: structure or text. DRF_ERR_RANGE: a number, code or flag.
DRF_MUST_CHECK enum drf_status geo_record_validate(const uint8_t *bytes, size_t size,
                                                   struct geo_record *out);

// Steps through a validated record; *cursor starts at 0. False at the end.
bool geo_record_next(struct geo_record record, size_t *cursor, struct geo_item *out);

// Typed views of a validated item's tail; each asserts the kind.
const uint8_t *geo_item_blob(const struct geo_item *item);              // CELLS
const struct geo_point *geo_item_vertices(const struct geo_item *item); // OBSTACLE
const float *geo_item_values(const struct geo_item *item);              // FIELD
struct geo_zone_view geo_item_zone(const struct geo_item *item);        // ZONE
const char *geo_item_code(const struct geo_item *item, uint32_t index); // AREA_CODES

// Builds a record in memory that it owns, growing up to `limit_bytes`.
struct geo_record_builder {
    uint8_t *bytes;
    size_t size, room, limit_bytes;
};
void geo_record_builder_init(struct geo_record_builder *builder, size_t limit_bytes);
// Appends an item of a struct and its tail (may be empty). DRF_ERR_FULL: over the limit.
// DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status geo_record_add(struct geo_record_builder *builder,
                                              enum geo_item_kind kind, const void *head,
                                              size_t head_size, const void *tail,
                                              size_t tail_size);
// The record built so far, borrowed until the next add or close; an empty builder gives a
// record without items.
DRF_MUST_CHECK enum drf_status geo_record_finish(struct geo_record_builder *builder,
                                                 struct geo_record *out);
void geo_record_builder_close(struct geo_record_builder *builder);

#endif
