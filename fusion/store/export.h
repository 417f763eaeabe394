// fusion/store/export.h - grids of a root in longitude and latitude, for files for people.
// SPDX-License-Identifier: Apache-2.0
//
// Resampling: a cell of a weather coverage is as wide and as high as the distance of
// neighbouring points of the native grid; for a latitude-longitude grid the cell centres are
// its points, so values are those of the source. Between points it is bilinear in the plane of
// the native grid, the nearest point where one of the four is missing, nothing outside. Winds
// are turned to true north at each native point first, as everywhere.
#ifndef FUSION_EXPORT_H
#define FUSION_EXPORT_H

#include "fusion/root/root.h"
#include "fusion/store/store_export.h"
#include "geo/status.h"

// One coverage for each field (of a wind two: toward north and toward east). *count: how many.
DRF_MUST_CHECK enum drf_status fusion_export_weather(const struct fusion_root *root,
                                                     struct fusion_store *store, size_t *count);

// The rectangle of whole cells that the root keeps, and one row of tiles of it after the other.
struct fusion_export_extent {
    double west_deg, north_deg, cell_deg;
    uint32_t columns, rows;           // cells
    uint32_t skip_columns, skip_rows; // from the corner of the first tile
};
struct fusion_export_extent fusion_export_extent(const struct fusion_root *root);
// Of an inset: all its tiles.
struct fusion_export_extent fusion_export_inset(const struct fusion_inset *inset);
// The rows [first, first + count) of ground or surface, of an inset of the root or of the
// region (NULL); `unknown` where nothing is known.
void fusion_export_rows(const struct fusion_root *root, const struct fusion_inset *inset,
                        enum fusion_layer layer, uint32_t first, uint32_t count, float unknown,
                        float *out);

#endif
