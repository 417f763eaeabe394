// geo/format/terrain/raster_write.h - writes heights as a GeoTIFF, row by row from the north.
// SPDX-License-Identifier: Apache-2.0
//
// EPSG:4326 with EGM96 heights (EPSG:5773), Float32 metres, deflated, GEO_RASTER_NODATA for
// unknown. One owner; at most a band of rows is in memory. It only writes: it never reads
// untrusted bytes.
#ifndef GEO_RASTER_WRITE_H
#define GEO_RASTER_WRITE_H

#include <stdint.h>

#include "geo/status.h"

#define GEO_RASTER_NODATA (-9999.0F)

struct geo_raster_writer;

struct geo_raster_writer_config {
    const char *path;       // overwritten
    uint32_t columns, rows; // cells
    double west_deg, north_deg, cell_deg;
    const char *description; // one line for people
};
// DRF_ERR_STORE: it cannot be created. DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status geo_raster_writer_open(
    const struct geo_raster_writer_config *config, struct geo_raster_writer **out);
// `count` rows of `columns` values, below those before. `values` is not written to, although
// GDAL's type is not const. DRF_ERR_STORE: they cannot be written.
DRF_MUST_CHECK enum drf_status geo_raster_writer_put(struct geo_raster_writer *writer,
                                                     float *values, uint32_t count);
// Completes the file. DRF_ERR_STORE: it is incomplete. Takes NULL.
DRF_MUST_CHECK enum drf_status geo_raster_writer_close(struct geo_raster_writer *writer);

#endif
