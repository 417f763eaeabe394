// geo/format/terrain/raster_source.h - raster and its georeference; for raster*.c only.
// SPDX-License-Identifier: Apache-2.0
#ifndef GEO_RASTER_SOURCE_H
#define GEO_RASTER_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "geo/crs.h"
#include "geo/reader/decode_params.h"
#include "geo/record/record.h"
#include "geo/resample.h"
#include "geo/status.h"

// The metadata of the file, before a value is read.
struct raster_head {
    uint32_t width, height;
    bool posts;
    double transform[6];
    char *wkt;          // NULL or empty: not given
    const char *datum;  // what a DTED header says: "EGM96", or ""
    const char *usual;  // the vertical reference of the format: "EGM96", or "" for none
    double band_unit_m; // 0: not given
};

// Everything that making tiles needs.
struct raster_rows;
struct raster_source {
    struct geo_samples samples; // metres over source.vertical; those rows that `rows` holds
    struct raster_rows *rows;   // set before tiles are made
    double transform[6];
    struct geo_lattice lattice;
    struct geo_crs *crs;
    struct geo_crs_map *map;
    struct geo_crs_vertical vertical;
    double unit_m;   // of the file's heights
    double middle_x; // of the raster, for wrapping longitudes near it
    // Where it lies: a box in degrees; east may be beyond 180, and no more than 360 from west.
    struct geo_bounds reach;
    bool placed; // reach is known, and in the region
};

// Finds where the raster lies and what its heights refer to. The caller closes *out, also after
// a refusal.
DRF_MUST_CHECK enum drf_status raster_place(const struct geo_decode_params *params,
                                            const struct raster_head *head,
                                            struct raster_source *out, struct geo_note *why);
void raster_close(struct raster_source *source); // not the values

// Image coordinates of `count` positions, longitudes and latitudes in degrees, in place.
void raster_project(const struct raster_source *source, size_t count, double *lon_u,
                    double *lat_v);

// The same of x and y in the raster's reference system.
void raster_to_image(const struct raster_source *source, size_t count, double *x_u,
                     double *y_v);

// Makes the raster's item and its tiles. DRF_ERR_SYNTAX without a reason: raster_rows_finish()
// says it.
DRF_MUST_CHECK enum drf_status raster_tiles(const struct geo_decode_params *params,
                                            const struct raster_source *source,
                                            struct geo_record_builder *builder,
                                            struct geo_note *why);

#endif
