// edge/sample/understood.h - says each item of a record as the node understood it.
// SPDX-License-Identifier: Apache-2.0
//
// Values with units, limits in metres, periods, corners, and every assumption that was made.
// Outside what the node keeps a zone or a station is known by its id alone: the decoder gives
// no more of it.
#ifndef EDGE_UNDERSTOOD_H
#define EDGE_UNDERSTOOD_H

#include "edge/config/config.h"
#include "edge/sample/item_writer.h"
#include "geo/record/record.h"

struct edge_understood {
    const struct drf_feed_config *feed;
    struct geo_point middle; // of the region: where a value of a grid is told
};

// Writes an OBSTACLE, STATION, TRACK, ZONE (or alert), FIELD, RASTER or UNREADABLE; of another
// kind nothing. False: nothing was written.
bool edge_understood_write(const struct edge_understood *understood,
                           const struct geo_item *item, struct edge_item_writer *writer);

// Weather stations: edge/sample/understood_station.c.
void edge_understood_station(const struct geo_station *station,
                             struct edge_item_writer *writer);
// Zones and alerts: edge/sample/understood_zone.c.
void edge_understood_zone(const struct geo_item *item, struct edge_item_writer *writer);
// Terrain and weather grids: edge/sample/understood_grid.c.
void edge_understood_raster(const struct edge_understood *understood,
                            const struct geo_raster *raster, struct edge_item_writer *writer);
void edge_understood_field(const struct edge_understood *understood,
                           const struct geo_item *item, struct edge_item_writer *writer);

#endif
