// geo/format/decode.h - from the bytes a provider published to a record.
// SPDX-License-Identifier: Apache-2.0
//
// A pure function of its two arguments (and of PROJ's and ecCodes' installed tables). It may
// use much memory and time and may die on hostile bytes: the node calls it in a sandboxed child
// only.
#ifndef GEO_DECODE_H
#define GEO_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "geo/inset.h"
#include "geo/reader/zone_fields.h"
#include "geo/record/record.h"
#include "geo/status.h"
#include "geo/tile.h"

enum geo_format {
    GEO_FORMAT_UNKNOWN = 0,
    GEO_FORMAT_GEOTIFF,
    GEO_FORMAT_DTED,
    GEO_FORMAT_HGT,     // SRTM; the key or params.name holds the cell's name (N43W080)
    GEO_FORMAT_TERRAIN, // any of the three above, told apart by their first bytes and the name
    GEO_FORMAT_DOF,
    GEO_FORMAT_GEOJSON_OBSTACLES,
    GEO_FORMAT_GRIB, // edition 1 or 2
    GEO_FORMAT_GEOJSON_ZONES,
    GEO_FORMAT_ED269,
    GEO_FORMAT_ED318,
    GEO_FORMAT_GCN,    // notices of the General Coordinates Network, JSON
    GEO_FORMAT_CAP,    // Common Alerting Protocol 1.2, XML
    GEO_FORMAT_READSB, // readsb, dump1090: aircraft.json, one aircraft, a trace
    GEO_FORMAT_TRACKS, // our own JSON, what nodes tell each other (schemas/traffic.md)
    GEO_FORMAT_METAR,  // METAR and SPECI
    GEO_FORMAT_SIGMET, // SIGMET and AIRMET
    GEO_FORMAT_COUNT
};

// Grows with every change after which the same bytes give another record: a node then reads its
// feeds again.
enum { GEO_DECODE_VERSION = 1 };

// However few bytes may hold so many pixels or points: a flat sea, a field of one value. More
// than that must come in at least a byte for each GEO_UNPACK_PER_BYTE of them.
enum { GEO_UNPACK_FREE = 1 << 25, GEO_UNPACK_PER_BYTE = 256 };

// Whether `count` pixels or points out of `size` bytes are beyond what an honest packing gives.
static inline bool geo_unpack_swells(uint64_t count, uint64_t size)
{
    return count > GEO_UNPACK_FREE && count / GEO_UNPACK_PER_BYTE > size;
}

const char *geo_format_name(enum geo_format format);

// What the feed's configuration and the message's headers say. A flat value: it is handed to
// the child as it is.
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
    int64_t valid_for_us;    // alerts: where one does not say until when
    bool refuse_test;        // alerts that are none but a test are refused as a whole
    int64_t message_utc_us;  // of the message itself, for parts that do not say their time, or
                             // no month
    uint64_t size_max_bytes; // input; larger is refused
    uint64_t record_max_bytes;          // output
    uint64_t pixels_max;                // of a raster or grid, refused before reading
    struct geo_zone_fields zone_fields; // GEOJSON_ZONES: where a provider keeps what is read
};

// On DRF_OK `builder` holds a record with at least one item that is not a note. On anything
// else the message is refused as a whole and *why says so; IGNORED is no fault of the message:
// nothing in it is of use here. Notes inside the record tell of
// parts that were refused or passed over.
DRF_MUST_CHECK enum drf_status geo_decode(const struct geo_decode_params *params,
                                          const uint8_t *bytes, size_t size,
                                          struct geo_record_builder *builder,
                                          struct geo_note *why);

#endif
