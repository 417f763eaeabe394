// SPDX-License-Identifier: Apache-2.0
#include "edge/sample/text_map.h"

#include <math.h>
#include <string.h>

enum { ROWS_MIN = 6, STEPS_MAX = 4 * EDGE_TEXT_MAP_COLUMNS };

static struct geo_point middle(const struct edge_text_map *text_map, size_t row, size_t column)
{
    const struct geo_bounds *box = &text_map->bounds;
    return (struct geo_point){
        .lat_deg =
            box->north_deg
            - ((double)row + 0.5) / (double)text_map->rows * (box->north_deg - box->south_deg),
        .lon_deg =
            box->west_deg
            + ((double)column + 0.5) / EDGE_TEXT_MAP_COLUMNS * (box->east_deg - box->west_deg),
    };
}

static size_t rows_of(struct geo_bounds bounds)
{
    double middle_deg = (bounds.south_deg + bounds.north_deg) / 2;
    double width = (bounds.east_deg - bounds.west_deg) * cos(middle_deg * 3.14159265 / 180);
    double rows = EDGE_TEXT_MAP_COLUMNS / 2.0 * (bounds.north_deg - bounds.south_deg) / width;
    if (!(rows > ROWS_MIN))
        return ROWS_MIN;
    return rows < EDGE_TEXT_MAP_ROWS_MAX ? (size_t)rows : EDGE_TEXT_MAP_ROWS_MAX;
}

void edge_text_map_init(struct edge_text_map *text_map, struct geo_bounds bounds,
                        const struct edge_region *region)
{
    *text_map = (struct edge_text_map){.bounds = bounds, .rows = rows_of(bounds)};
    for (size_t row = 0; row < text_map->rows; row++)
        for (size_t column = 0; column < EDGE_TEXT_MAP_COLUMNS; column++)
            text_map->cells[row][column] =
                edge_region_distance_m(region, middle(text_map, row, column)) > 0 ? ' ' : '.';
}

bool edge_text_map_point(struct edge_text_map *text_map, struct geo_point point, char mark)
{
    const struct geo_bounds *box = &text_map->bounds;
    if (!(point.lat_deg >= box->south_deg && point.lat_deg <= box->north_deg
          && point.lon_deg >= box->west_deg && point.lon_deg <= box->east_deg))
        return false;
    size_t column = (size_t)((point.lon_deg - box->west_deg) / (box->east_deg - box->west_deg)
                             * EDGE_TEXT_MAP_COLUMNS);
    size_t row = (size_t)((box->north_deg - point.lat_deg) / (box->north_deg - box->south_deg)
                          * (double)text_map->rows);
    if (column == EDGE_TEXT_MAP_COLUMNS)
        column--;
    if (row == text_map->rows)
        row--;
    text_map->cells[row][column] = mark;
    return true;
}

void edge_text_map_line(struct edge_text_map *text_map, struct geo_point from,
                        struct geo_point to, char mark)
{
    // Longitudes of neighbours are taken the short way, as everywhere.
    double east_deg = remainder(to.lon_deg - from.lon_deg, 360);
    double north_deg = to.lat_deg - from.lat_deg;
    const struct geo_bounds *box = &text_map->bounds;
    double columns =
        fabs(east_deg) / (box->east_deg - box->west_deg) * (2.0 * EDGE_TEXT_MAP_COLUMNS);
    double rows =
        fabs(north_deg) / (box->north_deg - box->south_deg) * (2.0 * (double)text_map->rows);
    double wanted = ceil(fmax(columns, rows));
    size_t steps = wanted < 1 ? 1 : wanted < STEPS_MAX ? (size_t)wanted : STEPS_MAX;
    for (size_t i = 0; i <= steps; i++) {
        double share = (double)i / (double)steps;
        (void)edge_text_map_point(
            text_map,
            (struct geo_point){.lat_deg = from.lat_deg + share * north_deg,
                               .lon_deg = from.lon_deg + share * east_deg},
            mark);
    }
}

void edge_text_map_area(struct edge_text_map *text_map, struct geo_bounds area, char inside,
                        char outside)
{
    for (size_t row = 0; row < text_map->rows; row++)
        for (size_t column = 0; column < EDGE_TEXT_MAP_COLUMNS; column++) {
            char *cell = &text_map->cells[row][column];
            struct geo_point at = middle(text_map, row, column);
            bool empty = *cell == ' ' || *cell == '.';
            if (empty && at.lat_deg >= area.south_deg && at.lat_deg <= area.north_deg
                && at.lon_deg >= area.west_deg && at.lon_deg <= area.east_deg)
                *cell = (char)(*cell == '.' ? inside : outside);
        }
}
