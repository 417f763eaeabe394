// geo/format/terrain/raster_rows.h - the rows of a raster that are in memory, north to south.
// SPDX-License-Identifier: Apache-2.0
//
// A window of rows in metres slides over the raster: what tiles need is read when they need it,
// and what no later tile needs is dropped. Every row is read at least once before the end, so
// that a raster is refused for what stands in it wherever that stands. For raster*.c only.
#ifndef GEO_RASTER_ROWS_H
#define GEO_RASTER_ROWS_H

#include "geo/format/terrain/raster_source.h"

struct raster_rows;

// Values of the file from row `first` on, row by row; NaN: hidden by a mask. False: damaged.
typedef bool (*raster_read_fn)(void *context, uint32_t first, uint32_t count, float *values);

struct raster_rows_config {
    raster_read_fn read;
    void *context;
    uint32_t chunk;           // rows that are read together: whole blocks of the file
    double scale_m, offset_m; // of raw values
    bool has_nodata[2];       // of the file, of the configuration
    float nodata[2];
    struct geo_samples *samples; // kept up to date; width, height and posts are set
};

// DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status raster_rows_open(const struct raster_rows_config *config,
                                                struct raster_rows **out);
void raster_rows_close(struct raster_rows *rows); // NULL is fine

// Later calls need nothing above this row, or are slower.
void raster_rows_from(struct raster_rows *rows, double v);
// Brings the rows into memory that values between two image coordinates v are made of, and a
// row more on both sides. What is not a number asks for nothing. Pointers into the samples are
// valid until the next call. False: raster_rows_finish() says why.
bool raster_rows_need(struct raster_rows *rows, double v_first, double v_last);
// Reads what was not read. Refuses as geo/format/terrain/raster.h says: FORMAT, RANGE,
// NO_VALUES, MEMORY; `damage` is what the library said, once there is something.
DRF_MUST_CHECK enum drf_status raster_rows_finish(struct raster_rows *rows, const char *damage,
                                                  struct geo_note *why);

#endif
