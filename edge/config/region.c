// SPDX-License-Identifier: Apache-2.0
#include "edge/config/region.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "geo/bounds.h"
#include "geo/earth.h"
#include "geo/ring.h"

static bool on_globe(struct geo_point point)
{
    return fabs(point.lat_deg) <= 90.0 && fabs(point.lon_deg) <= 180.0;
}

static bool same(struct geo_point a, struct geo_point b)
{
    return a.lat_deg == b.lat_deg && a.lon_deg == b.lon_deg;
}

// Twice the signed area of a, b, c in degrees squared: > 0 counter-clockwise.
static double turn(struct geo_point a, struct geo_point b, struct geo_point c)
{
    return (b.lon_deg - a.lon_deg) * (c.lat_deg - a.lat_deg)
           - (b.lat_deg - a.lat_deg) * (c.lon_deg - a.lon_deg);
}

static bool on_segment(struct geo_point a, struct geo_point b, struct geo_point p)
{
    return turn(a, b, p) == 0.0 && fmin(a.lon_deg, b.lon_deg) <= p.lon_deg
           && p.lon_deg <= fmax(a.lon_deg, b.lon_deg) && fmin(a.lat_deg, b.lat_deg) <= p.lat_deg
           && p.lat_deg <= fmax(a.lat_deg, b.lat_deg);
}

// Touching is meeting: stricter than geo_ring_crosses_itself, where a ring may touch itself.
static bool segments_meet(struct geo_point a, struct geo_point b, struct geo_point c,
                          struct geo_point d)
{
    double abc = turn(a, b, c), abd = turn(a, b, d), cda = turn(c, d, a), cdb = turn(c, d, b);
    if (((abc > 0) != (abd > 0)) && ((cda > 0) != (cdb > 0)) && abc != 0.0 && abd != 0.0
        && cda != 0.0 && cdb != 0.0)
        return true;
    return on_segment(a, b, c) || on_segment(a, b, d) || on_segment(c, d, a)
           || on_segment(c, d, b);
}

static bool crosses_itself(const struct geo_point *ring, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t j = i + 1; j < count; j++) {
            bool neighbours = j == i + 1 || (i == 0 && j == count - 1);
            if (!neighbours
                && segments_meet(ring[i], ring[(i + 1) % count], ring[j],
                                 ring[(j + 1) % count]))
                return true;
        }
    }
    return false;
}

static enum drf_status refuse(char error[static EDGE_REGION_ERROR_SIZE], const char *text)
{
    snprintf(error, EDGE_REGION_ERROR_SIZE, "%s", text);
    return DRF_ERR_RANGE;
}

static struct geo_bounds box_of(const struct geo_point *ring, size_t count)
{
    struct geo_bounds box = {HUGE_VAL, HUGE_VAL, -HUGE_VAL, -HUGE_VAL};
    for (size_t i = 0; i < count; i++) {
        box.west_deg = fmin(box.west_deg, ring[i].lon_deg);
        box.east_deg = fmax(box.east_deg, ring[i].lon_deg);
        box.south_deg = fmin(box.south_deg, ring[i].lat_deg);
        box.north_deg = fmax(box.north_deg, ring[i].lat_deg);
    }
    return box;
}

enum drf_status edge_region_copy(const struct geo_point *ring, size_t count,
                                 struct edge_region *out)
{
    if (count < 3 || count > EDGE_REGION_VERTICES_MAX)
        return DRF_ERR_RANGE;
    for (size_t i = 0; i < count; i++)
        if (!on_globe(ring[i]))
            return DRF_ERR_RANGE;
    const struct geo_bounds box = box_of(ring, count);
    if (box.east_deg - box.west_deg > 180.0)
        return DRF_ERR_RANGE;
    struct geo_point *copy = malloc(count * sizeof *copy);
    if (!copy)
        return DRF_ERR_NOMEM;
    memcpy(copy, ring, count * sizeof *copy);
    *out = (struct edge_region){.ring = copy, .count = count, .bounds = box};
    return DRF_OK;
}

enum drf_status edge_region_from_ring(const struct geo_point *ring, size_t count,
                                      char error[static EDGE_REGION_ERROR_SIZE],
                                      struct edge_region *out)
{
    if (count > 1 && same(ring[0], ring[count - 1]))
        count--;
    if (count < 3 || count > EDGE_REGION_VERTICES_MAX)
        return refuse(error, "a region has 3 to 1000 different corners");
    for (size_t i = 0; i < count; i++) {
        if (!on_globe(ring[i]))
            return refuse(error, "a corner is off the globe: longitude -180 to 180 first, then "
                                 "latitude -90 to 90");
        if (same(ring[i], ring[(i + 1) % count]))
            return refuse(error, "two corners in a row are the same");
    }
    const struct geo_bounds box = box_of(ring, count);
    if (box.east_deg - box.west_deg > 180.0)
        return refuse(error, "a region wider than 180 degrees, or across the antimeridian, is "
                             "not supported");
    double area = geo_ring_area2(ring, count);
    if (area == 0.0 || crosses_itself(ring, count))
        return refuse(error, "the ring crosses itself or encloses nothing");

    struct geo_point *copy = malloc(count * sizeof *copy);
    if (!copy)
        return DRF_ERR_NOMEM;
    for (size_t i = 0; i < count; i++)
        copy[i] = area > 0.0 ? ring[i] : ring[count - 1 - i];
    *out = (struct edge_region){.ring = copy, .count = count, .bounds = box};
    return DRF_OK;
}

enum drf_status edge_region_from_bounds(struct geo_bounds bounds, struct edge_region *out)
{
    bool ordered = bounds.west_deg < bounds.east_deg && bounds.south_deg < bounds.north_deg;
    if (!ordered) // and so is no NaN
        return DRF_ERR_RANGE;
    struct geo_point ring[] = {
        {bounds.south_deg, bounds.west_deg},
        {bounds.south_deg, bounds.east_deg},
        {bounds.north_deg, bounds.east_deg},
        {bounds.north_deg, bounds.west_deg},
    };
    char error[EDGE_REGION_ERROR_SIZE];
    return edge_region_from_ring(ring, 4, error, out);
}

void edge_region_close(struct edge_region *region)
{
    if (!region)
        return;
    free(region->ring);
    *region = (struct edge_region){0};
}

static bool inside(const struct edge_region *region, struct geo_point p)
{
    bool in = false;
    for (size_t i = 0, j = region->count - 1; i < region->count; j = i++) {
        struct geo_point a = region->ring[i], b = region->ring[j];
        if (on_segment(a, b, p))
            return true;
        if ((a.lat_deg > p.lat_deg) != (b.lat_deg > p.lat_deg)
            && p.lon_deg
                   < (b.lon_deg - a.lon_deg) * (p.lat_deg - a.lat_deg) / (b.lat_deg - a.lat_deg)
                         + a.lon_deg)
            in = !in;
    }
    return in;
}

// On the plane that touches the sphere's parallel half way: x east, y north of `p`.
static double segment_distance_m(struct geo_point p, struct geo_point a, struct geo_point b)
{
    double middle =
        0.5
        * (p.lat_deg
           + fmax(fmin(p.lat_deg, fmax(a.lat_deg, b.lat_deg)), fmin(a.lat_deg, b.lat_deg)));
    double x_scale = GEO_EARTH_RADIUS_M * GEO_RAD_PER_DEG * cos(middle * GEO_RAD_PER_DEG);
    double y_scale = GEO_EARTH_RADIUS_M * GEO_RAD_PER_DEG;
    double ax = (a.lon_deg - p.lon_deg) * x_scale, ay = (a.lat_deg - p.lat_deg) * y_scale;
    double dx = (b.lon_deg - a.lon_deg) * x_scale, dy = (b.lat_deg - a.lat_deg) * y_scale;
    double length2 = dx * dx + dy * dy;
    double along = length2 > 0.0 ? -(ax * dx + ay * dy) / length2 : 0.0;
    along = fmin(fmax(along, 0.0), 1.0);
    return hypot(ax + along * dx, ay + along * dy);
}

double edge_region_distance_m(const struct edge_region *region, struct geo_point point)
{
    assert(on_globe(point));
    if (inside(region, point))
        return 0.0;
    double nearest_m = HUGE_VAL;
    for (size_t i = 0; i < region->count; i++)
        nearest_m = fmin(nearest_m, segment_distance_m(point, region->ring[i],
                                                       region->ring[(i + 1) % region->count]));
    return nearest_m;
}

bool edge_region_holds(const struct edge_region *region, struct geo_point point)
{
    return geo_bounds_hold(region->bounds, point) && inside(region, point);
}

static bool corner_near(const struct edge_region *of, const struct edge_region *region,
                        double reach_m)
{
    const struct geo_bounds box = edge_bounds_widen(region->bounds, reach_m);
    for (size_t i = 0; i < of->count; i++)
        if (geo_bounds_hold(box, of->ring[i])
            && edge_region_distance_m(region, of->ring[i]) <= reach_m)
            return true;
    return false;
}

static bool edges_meet(const struct edge_region *a, const struct edge_region *b)
{
    for (size_t i = 0; i < a->count; i++) {
        const struct geo_point edge[] = {a->ring[i], a->ring[(i + 1) % a->count]};
        if (!geo_bounds_touch(box_of(edge, 2), b->bounds))
            continue;
        for (size_t k = 0; k < b->count; k++)
            if (segments_meet(edge[0], edge[1], b->ring[k], b->ring[(k + 1) % b->count]))
                return true;
    }
    return false;
}

// Of two segments that do not meet an end is nearest to the other.
bool edge_region_near(const struct edge_region *a, const struct edge_region *b, double reach_m)
{
    return geo_bounds_touch(edge_bounds_widen(a->bounds, reach_m), b->bounds)
           && (corner_near(a, b, reach_m) || corner_near(b, a, reach_m) || edges_meet(a, b));
}

struct geo_bounds edge_bounds_widen(struct geo_bounds bounds, double by_m)
{
    double lat_deg = by_m / (GEO_EARTH_RADIUS_M * GEO_RAD_PER_DEG);
    double south_deg = fmax(bounds.south_deg - lat_deg, -90.0);
    double north_deg = fmin(bounds.north_deg + lat_deg, 90.0);
    double poleward_deg = fmin(fmax(fabs(south_deg), fabs(north_deg)), 89.9);
    double lon_deg = lat_deg / cos(poleward_deg * GEO_RAD_PER_DEG);
    return (struct geo_bounds){
        .west_deg = fmax(bounds.west_deg - lon_deg, -180.0),
        .south_deg = south_deg,
        .east_deg = fmin(bounds.east_deg + lon_deg, 180.0),
        .north_deg = north_deg,
    };
}
