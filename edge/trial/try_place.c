// SPDX-License-Identifier: Apache-2.0
#include "edge/trial/try_place.h"

#include <math.h>
#include <stdlib.h>

#include "edge/config/region.h"
#include "geo/bounds.h"
#include "geo/earth.h"

#define KM_PER_DEG 111.195
#define MARGIN_M 2000.0

void edge_try_place_box(struct edge_try_place *place, struct geo_bounds box)
{
    if (place->box_count == EDGE_TRY_BOXES_MAX || !(box.west_deg < box.east_deg)) {
        place->left_out++;
        return;
    }
    place->boxes[place->box_count++] = box;
}

void edge_try_place_point(struct edge_try_place *place, struct geo_point point)
{
    if (place->points == NULL)
        place->points = calloc(EDGE_TRY_POINTS_MAX, sizeof *place->points);
    if (place->points == NULL || place->point_count == EDGE_TRY_POINTS_MAX)
        place->left_out++;
    else
        place->points[place->point_count++] = point;
}

void edge_try_place_close(struct edge_try_place *place)
{
    free(place->points);
    place->points = NULL;
    place->point_count = 0;
}

static double km_per_deg_east(double lat_deg)
{
    return KM_PER_DEG * fmax(cos(lat_deg * GEO_RAD_PER_DEG), 0.05);
}

double edge_try_place_height_km(struct geo_bounds bounds)
{
    return (bounds.north_deg - bounds.south_deg) * KM_PER_DEG;
}

double edge_try_place_width_km(struct geo_bounds bounds)
{
    return (bounds.east_deg - bounds.west_deg)
           * km_per_deg_east((bounds.north_deg + bounds.south_deg) / 2);
}

static bool fits(struct geo_bounds bounds)
{
    return edge_try_place_height_km(bounds) <= EDGE_TRY_SIDE_MAX_KM
           && edge_try_place_width_km(bounds) <= EDGE_TRY_SIDE_MAX_KM;
}

static double between(double value, double low, double high)
{
    return value < low ? low : value > high ? high : value;
}

// At most EDGE_TRY_SIDE_MAX_KM wide and high, inside `bounds`, as near around `middle` as goes.
static struct geo_bounds cut(struct geo_bounds bounds, struct geo_point middle)
{
    double half_north = EDGE_TRY_SIDE_MAX_KM / 2.0 / KM_PER_DEG;
    double half_east = EDGE_TRY_SIDE_MAX_KM / 2.0 / km_per_deg_east(middle.lat_deg);
    half_north = fmin(half_north, (bounds.north_deg - bounds.south_deg) / 2);
    half_east = fmin(half_east, (bounds.east_deg - bounds.west_deg) / 2);
    const double lat_deg =
        between(middle.lat_deg, bounds.south_deg + half_north, bounds.north_deg - half_north);
    const double lon_deg =
        between(middle.lon_deg, bounds.west_deg + half_east, bounds.east_deg - half_east);
    return (struct geo_bounds){.west_deg = lon_deg - half_east,
                               .south_deg = lat_deg - half_north,
                               .east_deg = lon_deg + half_east,
                               .north_deg = lat_deg + half_north};
}

static size_t held(const struct edge_try_place *place, struct geo_bounds bounds)
{
    size_t count = 0;
    for (size_t i = 0; i < place->point_count; i++)
        count += geo_bounds_hold(bounds, place->points[i]);
    return count;
}

struct cell {
    int32_t row, column;
};

static int compare(const void *a, const void *b)
{
    const struct cell *one = a, *two = b;
    if (one->row != two->row)
        return one->row < two->row ? -1 : 1;
    return (one->column > two->column) - (one->column < two->column);
}

// The centre of the cell of `step_deg` that holds most points of `bounds`. False: there is no
// point, or no memory.
static bool densest(const struct edge_try_place *place, struct geo_bounds bounds,
                    double step_deg, struct geo_point *out)
{
    struct cell *cells = calloc(place->point_count + 1, sizeof *cells);
    size_t count = 0, best = 0, best_size = 0;
    for (size_t i = 0; cells && i < place->point_count; i++)
        if (geo_bounds_hold(bounds, place->points[i]))
            cells[count++] =
                (struct cell){.row = (int32_t)floor(place->points[i].lat_deg / step_deg),
                              .column = (int32_t)floor(place->points[i].lon_deg / step_deg)};
    if (count > 0)
        qsort(cells, count, sizeof *cells, compare);
    for (size_t first = 0, i = 0; i < count; i++) {
        if (compare(&cells[first], &cells[i]) != 0)
            first = i;
        if (i - first + 1 > best_size) {
            best_size = i - first + 1;
            best = first;
        }
    }
    if (count > 0)
        *out = (struct geo_point){.lat_deg = (cells[best].row + 0.5) * step_deg,
                                  .lon_deg = (cells[best].column + 0.5) * step_deg};
    free(cells);
    return count > 0;
}

static const struct geo_bounds world = {
    .west_deg = -180, .south_deg = -90, .east_deg = 180, .north_deg = 90};

struct geo_point edge_try_place_middle(const struct edge_try_place *place,
                                       struct geo_bounds region)
{
    struct geo_point middle;
    // The mean of the points there, so that the answer has some of them near it.
    if (densest(place, region, 0.02, &middle)) {
        struct geo_point sum = {0, 0};
        size_t count = 0;
        for (size_t i = 0; i < place->point_count; i++) {
            const struct geo_point point = place->points[i];
            if (!geo_bounds_hold(region, point) || fabs(point.lat_deg - middle.lat_deg) > 0.01
                || fabs(point.lon_deg - middle.lon_deg) > 0.01)
                continue;
            sum.lat_deg += point.lat_deg;
            sum.lon_deg += point.lon_deg;
            count++;
        }
        if (count > 0)
            return (struct geo_point){.lat_deg = sum.lat_deg / (double)count,
                                      .lon_deg = sum.lon_deg / (double)count};
        return middle;
    }
    return (struct geo_point){.lat_deg = (region.south_deg + region.north_deg) / 2,
                              .lon_deg = (region.west_deg + region.east_deg) / 2};
}

static bool from_boxes(const struct edge_try_place *place, struct edge_try_region *out)
{
    if (place->box_count == 0)
        return false;
    struct geo_bounds all = place->boxes[0];
    size_t best = 0, best_points = 0;
    for (size_t i = 0; i < place->box_count; i++) {
        const size_t points = held(place, place->boxes[i]);
        all = geo_bounds_join(all, place->boxes[i]);
        if (points > best_points) {
            best = i;
            best_points = points;
        }
    }
    const struct geo_bounds one = place->boxes[best];
    if (fits(all)) {
        *out = (struct edge_try_region){.bounds = all, .from = "all terrain files"};
        return true;
    }
    *out = (struct edge_try_region){.from = best_points > 0
                                                ? "the terrain file with most features in it"
                                                : "the first terrain file",
                                    .cut = true};
    out->bounds = fits(one) ? one : cut(one, edge_try_place_middle(place, one));
    return true;
}

static bool from_points(const struct edge_try_place *place, struct edge_try_region *out)
{
    struct geo_point middle;
    if (!densest(place, world, 0.5, &middle))
        return false;
    struct geo_bounds all = {
        .west_deg = 180, .south_deg = 90, .east_deg = -180, .north_deg = -90};
    for (size_t i = 0; i < place->point_count; i++) {
        all.west_deg = fmin(all.west_deg, place->points[i].lon_deg);
        all.east_deg = fmax(all.east_deg, place->points[i].lon_deg);
        all.south_deg = fmin(all.south_deg, place->points[i].lat_deg);
        all.north_deg = fmax(all.north_deg, place->points[i].lat_deg);
    }
    all = edge_bounds_widen(all, MARGIN_M);
    *out = (struct edge_try_region){.bounds = all, .from = "all features"};
    if (!fits(all)) {
        out->bounds = cut(all, middle);
        out->from = "where most features are";
        out->cut = true;
    }
    return true;
}

bool edge_try_place_region(const struct edge_try_place *place, struct edge_try_region *out)
{
    struct edge_try_region region;
    bool found = from_boxes(place, &region) || from_points(place, &region);
    if (!found && place->has_grid) {
        region = (struct edge_try_region){.bounds = cut(world, place->grid_middle),
                                          .from = "around the middle of a weather grid",
                                          .cut = true};
        found = true;
    }
    if (!found)
        return false;
    // Written with five digits: rounded outward, and never an empty box.
    region.bounds.west_deg = fmax(floor(region.bounds.west_deg * 1e4) / 1e4, -180);
    region.bounds.south_deg = fmax(floor(region.bounds.south_deg * 1e4) / 1e4, -90);
    region.bounds.east_deg = fmin(ceil(region.bounds.east_deg * 1e4) / 1e4, 180);
    region.bounds.north_deg = fmin(ceil(region.bounds.north_deg * 1e4) / 1e4, 90);
    *out = region;
    return true;
}
