// fusion/rendered/store_view.h - what a live page shows of a store: tiles, rows, their changes.
// SPDX-License-Identifier: Apache-2.0
//
// A connection of its own, read-only, beside the node that writes: it takes no lock of a
// writer, never checkpoints and leaves nothing behind. Each call is one short read, and shows
// what was committed when it began. One thread at a time. It knows the rendered tables only,
// so it needs nothing of the truth.
#ifndef FUSION_STORE_VIEW_H
#define FUSION_STORE_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fusion/root/root.h"
#include "geo/status.h"
#include "geo/tile.h"

struct fusion_store_view;

// DRF_ERR_ABSENT: there is no file, or no store in it yet. DRF_ERR_STORE: it cannot be read.
DRF_MUST_CHECK enum drf_status fusion_store_view_open(const char *path,
                                                      struct fusion_store_view **out);
void fusion_store_view_close(struct fusion_store_view *view); // NULL is fine
// Another file, or none, has its path now: it was set aside, or built again.
bool fusion_store_view_replaced(const struct fusion_store_view *view);

// The tiles of a layer, GROUND or SURFACE, of the region or of one of its insets.
struct fusion_coverage {
    enum fusion_layer layer;
    const char *inset; // its name; NULL: the region
};

// The tile as it is stored, a PNG; *bytes is freed by the caller with free(). DRF_ERR_ABSENT:
// nothing is known there. DRF_ERR_STORE.
DRF_MUST_CHECK enum drf_status fusion_store_view_tile(struct fusion_store_view *view,
                                                      struct fusion_coverage coverage,
                                                      struct geo_tile tile, uint8_t **bytes,
                                                      size_t *size);
DRF_MUST_CHECK enum drf_status fusion_store_view_count(struct fusion_store_view *view,
                                                       struct fusion_coverage coverage,
                                                       int64_t *out);
// Every stored tile below `over` (which is not finer than `level`), by column and row, with
// the end of its PNG: the checksums of its cells, so that other cells have another stamp.
enum { FUSION_TILE_STAMP_BYTES = 20 };
typedef enum drf_status (*fusion_tile_stamp_fn)(void *context, struct geo_tile tile,
                                                const uint8_t *stamp, size_t size);
DRF_MUST_CHECK enum drf_status fusion_store_view_each_tile(struct fusion_store_view *view,
                                                           struct fusion_coverage coverage,
                                                           uint8_t level, struct geo_tile over,
                                                           fusion_tile_stamp_fn fn,
                                                           void *context);

// One row of a feature table; all is borrowed during the call.
struct fusion_store_column {
    const char *name;
    enum fusion_store_column_kind {
        FUSION_COLUMN_INT,
        FUSION_COLUMN_BOOL,
        FUSION_COLUMN_REAL,
        FUSION_COLUMN_TEXT, // bytes that may be no UTF-8
    } kind;
    int64_t integer;
    double real;
    const char *text;
    size_t size;
};
struct fusion_store_feature {
    const uint8_t *geometry; // GeoPackage: a head, then WKB
    size_t geometry_size;
    const struct fusion_store_column *columns; // those that are not null, without the geometry
    size_t count;
};
typedef enum drf_status (*fusion_feature_fn)(void *context,
                                             const struct fusion_store_feature *feature);
// The rows of OBSTACLE, ZONE or WEATHER (stations) whose box meets `box` (west > east: across
// the antimeridian), `most` of them at most, and how many there are in all. Where there are
// more obstacles, the tallest come first.
DRF_MUST_CHECK enum drf_status fusion_store_view_features(struct fusion_store_view *view,
                                                          enum fusion_layer layer,
                                                          struct geo_bounds box, size_t most,
                                                          fusion_feature_fn fn, void *context,
                                                          size_t *found);

// When what is rendered of a layer was last written, as ISO 8601, insets with their layer: a
// text that is another one after each change; "" before the first. Of a layer with features or
// tiles.
enum { FUSION_CHANGE_SIZE = 32 };
DRF_MUST_CHECK enum drf_status fusion_store_view_changed(struct fusion_store_view *view,
                                                         enum fusion_layer layer,
                                                         char out[static FUSION_CHANGE_SIZE]);

#endif
