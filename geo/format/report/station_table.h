// geo/format/report/station_table.h - table of weather station positions.
// SPDX-License-Identifier: Apache-2.0
//
// Provided by the operator. CSV of id, latitude, longitude, elevation in metres AMSL (may be
// blank), a line of column names first if it begins with "id", lines with "#" ignored; or
// GeoJSON Points with an id and elevation_m. Immutable once open.
#ifndef GEO_STATION_TABLE_H
#define GEO_STATION_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "geo/record/record.h"
#include "geo/status.h"
#include "geo/tile.h"

enum { GEO_STATION_TABLE_MAX = 100000 };

struct geo_station_table;
// DRF_ERR_SYNTAX, DRF_ERR_RANGE: *why says what is wrong in which line (its position).
// DRF_ERR_NOMEM, DRF_ERR_FULL: more stations than GEO_STATION_TABLE_MAX.
DRF_MUST_CHECK enum drf_status geo_station_table_open(const uint8_t *bytes, size_t size,
                                                      struct geo_station_table **out,
                                                      struct geo_note *why);
void geo_station_table_close(struct geo_station_table *table); // NULL is fine
// Of its content; independent of the order of its lines.
uint64_t geo_station_table_hash(const struct geo_station_table *table);

// Copies a record of stations with their positions. A station that is not in the table becomes
// a note; one outside `keep` is flagged OUTSIDE. Other items are copied as they are. With no
// station inside, the message is refused: OUT_OF_REGION if one was outside, else GEOREFERENCE.
DRF_MUST_CHECK enum drf_status geo_station_table_place(const struct geo_station_table *table,
                                                       struct geo_bounds keep,
                                                       struct geo_record record,
                                                       struct geo_record_builder *builder,
                                                       struct geo_note *why);

#endif
