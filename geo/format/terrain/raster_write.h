// geo/format/terrain/raster_write.h - writes heights as a GeoTIFF, from north to south.
// SPDX-License-Identifier: Apache-2.0
//
// EPSG:4326 with EGM96 heights (EPSG:5773), Float32 metres, deflated, GEO_RASTER_NODATA where
// nothing is known. One owner; at most a band of rows is in memory. Not for strangers' bytes:
// it only writes.
#ifndef GEO_RASTER_WRITE_H
#define GEO_RASTER_WRITE_H

#include <stdint.h>

#include "geo/status.h"

#define GEO_RASTER_NODATA (-9999.0F)

struct geo_raster_writer;

struct geo_raster_writer_config {
    const char *path;       // written over
    uint32_t columns, rows; // cells
    double west_deg, north_deg, cell_deg;
    const char *description; // one line for people
};
// DRF_ERR_STORE: it cannot be created. DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status geo_raster_writer_open(
    const struct geo_raster_writer_config *config, struct geo_raster_writer **out);
// `count` rows of `columns` values, below those before; they are read only, but GDAL does not
// say so. DRF_ERR_STORE: they cannot be written.
DRF_MUST_CHECK enum drf_status geo_raster_writer_put(struct geo_raster_writer *writer,
                                                     float *values, uint32_t count);
// Ends the file. DRF_ERR_STORE: it is not whole. NULL is fine.
DRF_MUST_CHECK enum drf_status geo_raster_writer_close(struct geo_raster_writer *writer);

#endif
