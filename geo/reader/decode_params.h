// geo/reader/decode_params.h - parameters of a decoder, and limits of unpacking.
// SPDX-License-Identifier: Apache-2.0
#ifndef GEO_DECODE_PARAMS_H
#define GEO_DECODE_PARAMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "geo/inset.h"
#include "geo/reader/format.h"
#include "geo/reader/obstacle_fields.h"
#include "geo/reader/zone_fields.h"
#include "geo/status.h"
#include "geo/tile.h"

// So many pixels or points are accepted from any number of bytes: a constant field packs to
// almost nothing. More than that need at least a byte for each GEO_UNPACK_PER_BYTE of them.
enum { GEO_UNPACK_FREE = 1 << 25, GEO_UNPACK_PER_BYTE = 256 };

// Whether `count` pixels or points out of `size` bytes are implausible: a decompression bomb.
static inline bool geo_unpack_excessive(uint64_t count, uint64_t size)
{
    return count > GEO_UNPACK_FREE && count / GEO_UNPACK_PER_BYTE > size;
}

// From the feed's configuration and the message's headers. A flat value: it is copied to the
// decoding child process as bytes.
struct geo_decode_params {
    uint32_t format;                         // enum geo_format
    uint32_t layer;                          // terrain: enum geo_raster_layer
    uint32_t level;                          // terrain: of the tiles to make
    uint32_t inset_count;                    // terrain: and of finer ones, inside these
    struct geo_inset insets[GEO_INSETS_MAX]; // as geo_insets_check() wants them
    struct geo_bounds keep; // only what touches this box is kept: region, margin and look-ahead
    bool has_core;
    struct geo_bounds core; // header drf_core: cells whose centre is not in it contribute
                            // nothing (west and north edge belong to it, east and south do not)
    char name[80];          // file name or key, may be empty
    char crs[64]; // horizontal CRS if the data do not say, such as "EPSG:4326"; may be empty
    char vertical[32]; // datum by configuration: "", "EGM96", "EGM2008", "WGS84", "NAVD88" or
                       // "EPSG:nnnn"
    double vertical_acc95_m;           // of the source; datum and resampling add to it
    double datum_acc95_m;              // added when a datum is taken as EGM96
    double default_horizontal_acc95_m; // obstacles whose accuracy the source does not know
    double default_vertical_acc95_m;
    int64_t valid_for_us; // alerts that state no end
    // CAP: the code system (valueName) whose codes are in the record for areas given by code
    // alone, as GEO_ITEM_AREA_CODES; empty: none are
    char geocode_name[32];
    char geocode_others[160]; // "SAME, UGC": systems whose codes beside them name the same area
    bool refuse_test;         // alerts flagged as a test are refused as a whole
    int64_t message_utc_us;  // of the message itself, for parts without a time of their own, or
                             // without a month
    uint64_t size_max_bytes; // input; larger is refused
    struct geo_obstacle_fields obstacle_fields; // GEOJSON_OBSTACLES: the same
    uint64_t record_max_bytes;                  // output
    uint64_t pixels_max;                        // of a raster or grid, refused before reading
    bool has_nodata;                    // rasters and grids: a raw value that is unknown
    double nodata;                      // beside what the data say
    uint8_t production_statuses[32];    // GRIB: those read beside 0 and 255 (table 1.3), a bit
                                        // each
    struct geo_zone_fields zone_fields; // GEOJSON_ZONES: the members to read
};

#endif
