// sim/publish/raster_cut.h - cuts terrain rasters into Kafka messages below a size limit.
// SPDX-License-Identifier: Apache-2.0
//
// A file within the limit is sent as it is, keyed by its stem. A larger one is cut into a grid
// of GeoTIFFs keyed stem/chunk-ROW-COLUMN. Each states its core (west,south,east,north in
// degrees); the cores tile the file and meet on edges of the target level's cells, so that no
// cell centre lies on a seam. Around its core a chunk carries two source cells or one target
// cell more, whichever is more.
#ifndef SIM_RASTER_CUT_H
#define SIM_RASTER_CUT_H

#include <stdbool.h>

#include "sim/publish/batch.h"

struct sim_raster_cut {
    size_t max_bytes;
    unsigned level;     // of the tiles it will be fused into
    bool egm96_implied; // DTED and HGT: their heights are EGM96, which the file does not state
};

// DRF_ERR_ABSENT: no such file. DRF_ERR_SYNTAX: no terrain raster with a georeference.
// DRF_ERR_FULL: cannot be cut small enough.
DRF_MUST_CHECK enum drf_status sim_raster_cut(const struct sim_raster_cut *cut,
                                              const char *path, struct sim_batch *out);

// True if the raster carries the SIM mark.
bool sim_raster_marked(const char *path);

#endif
