// geo/format/terrain/raster.h - decoder for terrain rasters: GeoTIFF, DTED, SRTM HGT.
// SPDX-License-Identifier: Apache-2.0
//
// Called by geo_decode() only, which has checked size and format. GDAL reads the bytes through
// /vsimem, with the one driver of the declared format; nothing else is opened, written or
// fetched. PROJ maps positions (geo/crs.h).
//
// The record: one GEO_ITEM_RASTER, then a GEO_ITEM_CELLS for each tile of params.level that
// touches params.keep and for each tile of an inset, if it has at least one known cell, in
// rising order of (level, row, col).
//
// What is refused
//   FORMAT         not the declared format, truncated (DTED and HGT by their length), a DTED
//                  checksum that is wrong, any error while reading
//   UNSUPPORTED    not exactly one band, complex or 64-bit integer values, a colour table, a
//                  unit other than metres and feet, a rotated raster with a core
//   TOO_LARGE      more than params.pixels_max pixels, in the raster or in one of its blocks,
//                  or implausibly many for its size (geo_unpack_excessive)
//   GEOREFERENCE   none, degenerate, not finite, or beyond the globe; HGT without a name
//   CRS            none in the data or the configuration, unknown, or without an exact
//                  transformation
//   VERTICAL       given by neither or differently by data and configuration; depths; heights
//                  over an ellipsoid metres off WGS 84's; ellipsoidal without the geoid grid
//   RANGE          a known height outside GEO_RASTER_MIN_M .. GEO_RASTER_MAX_M (an undeclared
//                  nodata value such as -9999 or -32768 is refused here)
//   NO_VALUES      nothing but nodata
//   OUT_OF_REGION  no cell of the region, or of the core, gets a height from it
//
// Heights. Nodata, NaN and what a mask band hides are unknown. Else h = (value x scale +
// offset) x unit; the unit is the band's or the vertical reference's (both: must agree; none:
// metres). DTED and HGT are over EGM96 unless DTED's header or the configuration names another
// datum; for a GeoTIFF its CRS or the configuration must name one. Heights over EGM96 stay as
// they are; over another geoid or levelled datum they are taken as EGM96, datum_acc95_m is
// added to the accuracy, and the record says "EGM2008 as EGM96"; over the WGS 84 ellipsoid (or
// ETRS89's and such, datum_acc95_m added) the EGM96 undulation at each cell's centre is
// subtracted. Half a quantum is added to the accuracy in any case.
//
// Cells. Each cell's centre, and where needed its corners, are mapped exactly to the raster's
// CRS. The rule is chosen per tile, by the footprint of its middle cell in the raster, so it
// does not depend on how the raster was cut: where no side of it is longer than one pixel,
// bilinear between the four values around the centre; else over the whole footprint the
// area mean (ground) or the maximum (surface). geo/resample.h has the formulas. A cell is
// unknown if one of the values that take part is, or if its centre (bilinear) or a part of its
// footprint (else) lies outside the raster.
#ifndef GEO_RASTER_H
#define GEO_RASTER_H

#include <stddef.h>
#include <stdint.h>

#include "geo/reader/decode_params.h"
#include "geo/record/record.h"
#include "geo/status.h"

#define GEO_RASTER_MIN_M (-1000.0)
#define GEO_RASTER_MAX_M 9000.0

DRF_MUST_CHECK enum drf_status geo_raster_decode(const struct geo_decode_params *params,
                                                 const uint8_t *bytes, size_t size,
                                                 struct geo_record_builder *builder,
                                                 struct geo_note *why);

const char *geo_raster_library(void); // the version of GDAL in use

#endif
