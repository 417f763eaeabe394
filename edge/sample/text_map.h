// edge/sample/text_map.h - a small map in text characters for the terminal.
// SPDX-License-Identifier: Apache-2.0
//
// North is up; a character is about twice as high as wide. A later drawing overwrites an
// earlier one, except that the region and areas are drawn only on empty cells. Points outside
// the map are not drawn.
#ifndef EDGE_TEXT_MAP_H
#define EDGE_TEXT_MAP_H

#include <stdbool.h>
#include <stddef.h>

#include "edge/config/region.h"
#include "geo/point.h"
#include "geo/tile.h"

enum { EDGE_TEXT_MAP_COLUMNS = 64, EDGE_TEXT_MAP_ROWS_MAX = 24 };

struct edge_text_map {
    struct geo_bounds bounds;
    size_t rows;
    char cells[EDGE_TEXT_MAP_ROWS_MAX][EDGE_TEXT_MAP_COLUMNS + 1]; // NUL-terminated lines
};

// An empty map of `bounds` (west < east, south < north) with the region as dots.
void edge_text_map_init(struct edge_text_map *text_map, struct geo_bounds bounds,
                        const struct edge_region *region);
// False: the point is off the map.
bool edge_text_map_point(struct edge_text_map *text_map, struct geo_point point, char mark);
void edge_text_map_line(struct edge_text_map *text_map, struct geo_point from,
                        struct geo_point to, char mark);
// With `inside` where the region is, `outside` elsewhere.
void edge_text_map_area(struct edge_text_map *text_map, struct geo_bounds area, char inside,
                        char outside);

#endif
