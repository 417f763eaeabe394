// edge/command/chart.h - a small map in text: where things lie against the region.
// SPDX-License-Identifier: Apache-2.0
//
// North is up; a character stands about twice as high as wide. What is drawn later hides what
// was there, except that the region and areas draw only where nothing else stands. What lies
// outside is left out.
#ifndef EDGE_CHART_H
#define EDGE_CHART_H

#include <stdbool.h>
#include <stddef.h>

#include "edge/config/region.h"
#include "geo/point.h"
#include "geo/tile.h"

enum { EDGE_CHART_COLUMNS = 64, EDGE_CHART_ROWS_MAX = 24 };

struct edge_chart {
    struct geo_bounds bounds;
    size_t rows;
    char cells[EDGE_CHART_ROWS_MAX][EDGE_CHART_COLUMNS + 1]; // NUL-terminated lines
};

// An empty map of `bounds` (west < east, south < north) with the region as dots.
void edge_chart_init(struct edge_chart *chart, struct geo_bounds bounds,
                     const struct edge_region *region);
// False: the point is off the map.
bool edge_chart_point(struct edge_chart *chart, struct geo_point point, char mark);
void edge_chart_line(struct edge_chart *chart, struct geo_point from, struct geo_point to,
                     char mark);
// With `inside` where the region is, `outside` elsewhere.
void edge_chart_area(struct edge_chart *chart, struct geo_bounds area, char inside,
                     char outside);

#endif
