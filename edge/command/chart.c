// SPDX-License-Identifier: Apache-2.0
#include "edge/command/chart.h"

#include <math.h>
#include <string.h>

enum { ROWS_MIN = 6, STEPS_MAX = 4 * EDGE_CHART_COLUMNS };

static struct geo_point middle(const struct edge_chart *chart, size_t row, size_t column)
{
    const struct geo_bounds *box = &chart->bounds;
    return (struct geo_point){
        .lat_deg =
            box->north_deg
            - ((double)row + 0.5) / (double)chart->rows * (box->north_deg - box->south_deg),
        .lon_deg =
            box->west_deg
            + ((double)column + 0.5) / EDGE_CHART_COLUMNS * (box->east_deg - box->west_deg),
    };
}

static size_t rows_of(struct geo_bounds bounds)
{
    double middle_deg = (bounds.south_deg + bounds.north_deg) / 2;
    double width = (bounds.east_deg - bounds.west_deg) * cos(middle_deg * 3.14159265 / 180);
    double rows = EDGE_CHART_COLUMNS / 2.0 * (bounds.north_deg - bounds.south_deg) / width;
    if (!(rows > ROWS_MIN))
        return ROWS_MIN;
    return rows < EDGE_CHART_ROWS_MAX ? (size_t)rows : EDGE_CHART_ROWS_MAX;
}

void edge_chart_init(struct edge_chart *chart, struct geo_bounds bounds,
                     const struct edge_region *region)
{
    *chart = (struct edge_chart){.bounds = bounds, .rows = rows_of(bounds)};
    for (size_t row = 0; row < chart->rows; row++)
        for (size_t column = 0; column < EDGE_CHART_COLUMNS; column++)
            chart->cells[row][column] =
                edge_region_distance_m(region, middle(chart, row, column)) > 0 ? ' ' : '.';
}

bool edge_chart_point(struct edge_chart *chart, struct geo_point point, char mark)
{
    const struct geo_bounds *box = &chart->bounds;
    if (!(point.lat_deg >= box->south_deg && point.lat_deg <= box->north_deg
          && point.lon_deg >= box->west_deg && point.lon_deg <= box->east_deg))
        return false;
    size_t column = (size_t)((point.lon_deg - box->west_deg) / (box->east_deg - box->west_deg)
                             * EDGE_CHART_COLUMNS);
    size_t row = (size_t)((box->north_deg - point.lat_deg) / (box->north_deg - box->south_deg)
                          * (double)chart->rows);
    if (column == EDGE_CHART_COLUMNS)
        column--;
    if (row == chart->rows)
        row--;
    chart->cells[row][column] = mark;
    return true;
}

void edge_chart_line(struct edge_chart *chart, struct geo_point from, struct geo_point to,
                     char mark)
{
    // Longitudes of neighbours are taken the short way, as everywhere.
    double east_deg = remainder(to.lon_deg - from.lon_deg, 360);
    double north_deg = to.lat_deg - from.lat_deg;
    const struct geo_bounds *box = &chart->bounds;
    double columns =
        fabs(east_deg) / (box->east_deg - box->west_deg) * (2.0 * EDGE_CHART_COLUMNS);
    double rows =
        fabs(north_deg) / (box->north_deg - box->south_deg) * (2.0 * (double)chart->rows);
    double wanted = ceil(fmax(columns, rows));
    size_t steps = wanted < 1 ? 1 : wanted < STEPS_MAX ? (size_t)wanted : STEPS_MAX;
    for (size_t i = 0; i <= steps; i++) {
        double share = (double)i / (double)steps;
        (void)edge_chart_point(chart,
                               (struct geo_point){.lat_deg = from.lat_deg + share * north_deg,
                                                  .lon_deg = from.lon_deg + share * east_deg},
                               mark);
    }
}

void edge_chart_area(struct edge_chart *chart, struct geo_bounds area, char inside,
                     char outside)
{
    for (size_t row = 0; row < chart->rows; row++)
        for (size_t column = 0; column < EDGE_CHART_COLUMNS; column++) {
            char *cell = &chart->cells[row][column];
            struct geo_point at = middle(chart, row, column);
            bool empty = *cell == ' ' || *cell == '.';
            if (empty && at.lat_deg >= area.south_deg && at.lat_deg <= area.north_deg
                && at.lon_deg >= area.west_deg && at.lon_deg <= area.east_deg)
                *cell = (char)(*cell == '.' ? inside : outside);
        }
}
