// geo/format/alert/area_table.h - table of the areas that codes (SAME, UGC ...) stand for.
// SPDX-License-Identifier: Apache-2.0
//
// Provided by the operator: a GeoJSON FeatureCollection of Polygons and MultiPolygons, one
// property of which is the code, as text or a whole number. Several features of one code are
// one area. Holes are filled. Immutable once open.
#ifndef GEO_AREA_TABLE_H
#define GEO_AREA_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "geo/record/record.h"
#include "geo/status.h"
#include "geo/tile.h"

struct geo_area_table;
// `name` is the system of the codes, as valueName has it. A UTF-8 BOM is skipped. A feature
// without the property is passed over; one whose geometry cannot be read leaves its code
// unknown. DRF_ERR_SYNTAX: *why says what is wrong; also where no feature has the property.
// DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status geo_area_table_open(const uint8_t *bytes, size_t size,
                                                   const char *property, const char *name,
                                                   struct geo_area_table **out,
                                                   struct geo_note *why);
void geo_area_table_close(struct geo_area_table *table); // NULL is fine
// Of the file and the property.
uint64_t geo_area_table_hash(const struct geo_area_table *table);
size_t geo_area_table_count(const struct geo_area_table *table); // codes with an area

// Copies a record, each alert with GEO_ITEM_AREA_CODES with the areas of its codes in place of
// everywhere, and without that item. Where one code is unknown the alert stays as it is. Codes
// are compared as text. Those of SAME, and those that the file has as numbers, are compared
// without leading zeros; SAME's six digits also without the first, which names a part of a
// county. DRF_ERR_FULL, DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status geo_area_table_place(const struct geo_area_table *table,
                                                    struct geo_bounds keep,
                                                    struct geo_record record,
                                                    struct geo_record_builder *builder,
                                                    struct geo_note *why);

#endif
