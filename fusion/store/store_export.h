// fusion/store/store_export.h - turns a snapshot into a GeoPackage for people.
// SPDX-License-Identifier: Apache-2.0
//
// Weather as coverages, styles, and none of the tables that only a node understands. Works on a
// snapshot (fusion/store/store_maintenance.h) that was opened for writing and whose tiles and
// rows are rendered. After fusion_store_export_finish() the file is no store any more: it can
// only be closed, and no node will open it as its own.
#ifndef FUSION_STORE_EXPORT_H
#define FUSION_STORE_EXPORT_H

#include <stdint.h>

#include "fusion/store/store.h"

// Values at the centres of equal cells in degrees, row 0 the northernmost; NaN is unknown.
struct fusion_export_grid {
    const char *table; // [a-z][a-z0-9_]*, not in the file yet
    const char *title, *description, *unit, *quantity;
    double west_deg, north_deg, cell_x_deg, cell_y_deg;
    uint32_t columns, rows;
    const float *values;
};
// A tiled gridded coverage of 16-bit cells between the least and the greatest value.
DRF_MUST_CHECK enum drf_status fusion_store_export_grid(struct fusion_store *store,
                                                        const struct fusion_export_grid *grid);
// Adds the styles, drops the truth (the provenances stay, as a table of sources) and leaves
// one compact file without a log.
DRF_MUST_CHECK enum drf_status fusion_store_export_finish(struct fusion_store *store);

#endif
