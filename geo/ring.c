// SPDX-License-Identifier: Apache-2.0
#include "geo/ring.h"

#include <math.h>
#include <stdlib.h>

static bool same(struct geo_point a, struct geo_point b)
{
    return a.lat_deg == b.lat_deg && a.lon_deg == b.lon_deg;
}

size_t geo_ring_distinct(struct geo_point *vertices, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        if (kept == 0 || !same(vertices[kept - 1], vertices[i]))
            vertices[kept++] = vertices[i];
    return kept;
}

bool geo_ring_crosses_antimeridian(const struct geo_point *vertices, size_t count)
{
    for (size_t i = 1; i < count; i++)
        if (fabs(vertices[i].lon_deg - vertices[i - 1].lon_deg) > 180.0)
            return true;
    return false;
}

double geo_ring_area2(const struct geo_point *vertices, size_t count)
{
    // From the first vertex on, so that a small ring far from 0, 0 keeps its digits.
    double area2 = 0.0;
    for (size_t i = 1; i + 1 < count; i++) {
        double ax = vertices[i].lon_deg - vertices[0].lon_deg;
        double ay = vertices[i].lat_deg - vertices[0].lat_deg;
        double bx = vertices[i + 1].lon_deg - vertices[0].lon_deg;
        double by = vertices[i + 1].lat_deg - vertices[0].lat_deg;
        area2 += ax * by - bx * ay;
    }
    return area2;
}

static bool near_edge(struct geo_point a, struct geo_point b, struct geo_point p)
{
    const double near_deg = 1e-6;
    double x = b.lon_deg - a.lon_deg, y = b.lat_deg - a.lat_deg;
    double px = p.lon_deg - a.lon_deg, py = p.lat_deg - a.lat_deg;
    double length2 = x * x + y * y;
    double along = length2 > 0.0 ? fmax(0.0, fmin(1.0, (px * x + py * y) / length2)) : 0.0;
    return hypot(px - along * x, py - along * y) <= near_deg;
}

bool geo_ring_holds(const struct geo_point *vertices, size_t count, struct geo_point point)
{
    bool inside = false;
    for (size_t i = 0, before = count - 1; i < count; before = i++) {
        const struct geo_point a = vertices[before], b = vertices[i];
        if ((a.lat_deg > point.lat_deg) != (b.lat_deg > point.lat_deg)
            && point.lon_deg < a.lon_deg
                                   + (point.lat_deg - a.lat_deg) / (b.lat_deg - a.lat_deg)
                                         * (b.lon_deg - a.lon_deg))
            inside = !inside;
    }
    for (size_t i = 0; i < count && !inside; i++)
        inside = near_edge(vertices[i], vertices[(i + 1) % count], point);
    return inside;
}

void geo_ring_reverse(struct geo_point *vertices, size_t count)
{
    for (size_t i = 0; i < count / 2; i++) {
        struct geo_point other = vertices[count - 1 - i];
        vertices[count - 1 - i] = vertices[i];
        vertices[i] = other;
    }
}

struct edge {
    struct geo_point a, b; // a west of b
};

static struct edge edge_of(const struct geo_point *vertices, size_t count, size_t i)
{
    struct geo_point a = vertices[i], b = vertices[(i + 1) % count];
    return a.lon_deg <= b.lon_deg ? (struct edge){a, b} : (struct edge){b, a};
}

static int by_west(const void *left, const void *right)
{
    const struct edge *a = left, *b = right;
    return (a->a.lon_deg > b->a.lon_deg) - (a->a.lon_deg < b->a.lon_deg);
}

// Positive if c is left of the way from a to b.
static double side(struct geo_point a, struct geo_point b, struct geo_point c)
{
    return (b.lon_deg - a.lon_deg) * (c.lat_deg - a.lat_deg)
           - (b.lat_deg - a.lat_deg) * (c.lon_deg - a.lon_deg);
}

static bool apart(double a, double b) { return (a > 0 && b < 0) || (a < 0 && b > 0); }

static bool cross(const struct edge *p, const struct edge *q)
{
    // Most pairs lie above each other.
    if (fmax(p->a.lat_deg, p->b.lat_deg) < fmin(q->a.lat_deg, q->b.lat_deg)
        || fmin(p->a.lat_deg, p->b.lat_deg) > fmax(q->a.lat_deg, q->b.lat_deg))
        return false;
    return apart(side(p->a, p->b, q->a), side(p->a, p->b, q->b))
           && apart(side(q->a, q->b, p->a), side(q->a, q->b, p->b));
}

enum drf_status geo_ring_crosses_itself(const struct geo_point *vertices, size_t count,
                                        bool *out)
{
    struct edge *edges = count > 0 ? calloc(count, sizeof *edges) : NULL;
    if (count > 0 && edges == NULL)
        return DRF_ERR_NOMEM;
    for (size_t i = 0; i < count; i++)
        edges[i] = edge_of(vertices, count, i);
    if (count > 0)
        qsort(edges, count, sizeof *edges, by_west);
    // Sorted by their west ends, an edge can meet only those that begin before it ends.
    bool found = false;
    for (size_t i = 0; i < count && !found; i++)
        for (size_t j = i + 1; j < count && edges[j].a.lon_deg <= edges[i].b.lon_deg && !found;
             j++)
            found = cross(&edges[i], &edges[j]);
    free(edges);
    *out = found;
    return DRF_OK;
}

static int by_place(const void *left, const void *right)
{
    const struct geo_point *a = left, *b = right;
    if (a->lon_deg != b->lon_deg)
        return a->lon_deg > b->lon_deg ? 1 : -1;
    return (a->lat_deg > b->lat_deg) - (a->lat_deg < b->lat_deg);
}

// Andrew's monotone chain: the lower side from west to east, then the upper one back.
size_t geo_ring_hull(struct geo_point *points, size_t count, struct geo_point *out)
{
    size_t made = 0;
    if (count < 3)
        return 0;
    qsort(points, count, sizeof *points, by_place);
    for (size_t i = 0; i < count; i++) {
        while (made >= 2 && side(out[made - 2], out[made - 1], points[i]) <= 0.0)
            made--;
        out[made++] = points[i];
    }
    size_t lower = made + 1;
    for (size_t i = count - 1; i-- > 0;) {
        while (made >= lower && side(out[made - 2], out[made - 1], points[i]) <= 0.0)
            made--;
        out[made++] = points[i];
    }
    return made - 1;
}
