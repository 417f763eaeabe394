// SPDX-License-Identifier: Apache-2.0
// The way leads out of the region that this node serves.
//
// By the middle of the path: out of the region within 45 s, or outside it already, is a
// CAUTION, later in the look-ahead an INFO. The limit proper is where service ends, margin_m
// beyond: past that within 15 s is a WARNING. An aircraft without a course leaves nothing.
#include <math.h>
#include <stdio.h>

#include "fusion/aircraft/context.h"
#include "fusion/aircraft/path.h"
#include "fusion/aircraft/surroundings.h"
#include "fusion/reason/reasoners.h"
#include "geo/extreme.h"

// How much of the way from a to b lies before it crosses from c to d; more than 1: it does not.
static double crossing(struct geo_point a, struct geo_point b, struct geo_point c,
                       struct geo_point d)
{
    double x = b.lon_deg - a.lon_deg, y = b.lat_deg - a.lat_deg;
    double u = d.lon_deg - c.lon_deg, v = d.lat_deg - c.lat_deg;
    double across = x * v - y * u;
    if (across == 0.0)
        return 2.0;
    double s = ((c.lon_deg - a.lon_deg) * v - (c.lat_deg - a.lat_deg) * u) / across;
    double t = ((c.lon_deg - a.lon_deg) * y - (c.lat_deg - a.lat_deg) * x) / across;
    return s >= 0.0 && s <= 1.0 && t >= 0.0 && t <= 1.0 ? s : 2.0;
}

static struct geo_bounds box_of(struct geo_point a, struct geo_point b)
{
    return (struct geo_bounds){
        geo_lesser(a.lon_deg, b.lon_deg), geo_lesser(a.lat_deg, b.lat_deg),
        geo_greater(a.lon_deg, b.lon_deg), geo_greater(a.lat_deg, b.lat_deg)};
}

static bool touch(const struct geo_bounds *a, const struct geo_bounds *b)
{
    return !(a->east_deg < b->west_deg || a->west_deg > b->east_deg
             || a->north_deg < b->south_deg || a->south_deg > b->north_deg);
}

// Whether the ring comes near the path at all: most are far within it.
static bool near_ring(const struct fusion_path *path, const struct fusion_surroundings *around)
{
    const struct geo_bounds all = fusion_path_box(path);
    struct geo_point c = around->ring[around->ring_count - 1];
    for (size_t i = 0; i < around->ring_count; i++) {
        const struct geo_bounds side = box_of(c, around->ring[i]);
        if (touch(&side, &all))
            return true;
        c = around->ring[i];
    }
    return false;
}

// Where the path first leaves the ring; false: it does not.
static bool leaves(const struct fusion_path *path, const struct fusion_surroundings *around,
                   struct fusion_path_node *where)
{
    if (!near_ring(path, around))
        return false;
    for (uint32_t k = 1; k < path->count; k++) {
        struct geo_point a = path->nodes[k - 1].point, b = path->nodes[k].point;
        const struct geo_bounds piece = box_of(a, b);
        double first = 2.0;
        struct geo_point c = around->ring[around->ring_count - 1];
        for (size_t i = 0; i < around->ring_count; i++) {
            struct geo_point d = around->ring[i];
            const struct geo_bounds side = box_of(c, d);
            if (touch(&side, &piece))
                first = geo_lesser(first, crossing(a, b, c, d));
            c = d;
        }
        if (first > 1.0)
            continue;
        double from_m = path->nodes[k - 1].along_m, to_m = path->nodes[k].along_m;
        *where = fusion_path_between(&path->nodes[k - 1], &path->nodes[k],
                                     from_m + (to_m - from_m) * first);
        return true;
    }
    return false;
}

void fusion_reason_boundary(const struct fusion_view *view, struct fusion_advisories *list)
{
    const struct fusion_surroundings *around = view->aircraft->around;
    const struct fusion_path *path = view->path;
    if (around == NULL || around->ring == NULL || around->ring_count < 3
        || view->aircraft->fix.on_ground)
        return;
    struct fusion_path_node where = path->nodes[0];
    if (!around->outside && !leaves(path, around, &where))
        return;
    double soon_m = geo_greater(
        fusion_surroundings_outside_m(around, fusion_path_after(path, FUSION_WARNING_S).point),
        0.0);
    enum fusion_severity severity = soon_m > around->margin_m          ? FUSION_SEVERITY_WARNING
                                    : where.time_s <= FUSION_CAUTION_S ? FUSION_SEVERITY_CAUTION
                                                                       : FUSION_SEVERITY_INFO;
    struct fusion_advisory advisory =
        fusion_advisory_begin(view, FUSION_ADVISORY_REGION_BOUNDARY, severity, "region");
    advisory.time_to_go_known = true;
    advisory.time_to_go_s = where.time_s;
    advisory.position_known = true;
    advisory.position = fusion_path_place(&where);
    advisory.value_known = true;
    advisory.value = soon_m;
    advisory.limit = around->margin_m;
    advisory.unit = "m";
    char when[FUSION_WHEN_SIZE];
    fusion_when(where.time_s, when);
    double now_m =
        around->outside
            ? geo_greater(fusion_surroundings_outside_m(around, path->nodes[0].point), 0.0)
            : 0.0;
    if (around->outside && fabs(soon_m - now_m) < 1.0)
        (void)snprintf(advisory.text, sizeof advisory.text,
                       "outside the region, by %.0f m; service ends %.0f m outside", now_m,
                       around->margin_m);
    else if (around->outside)
        (void)snprintf(
            advisory.text, sizeof advisory.text,
            "outside the region, by %.0f m now, %.0f m in 15 s; service ends %.0f m outside",
            now_m, soon_m, around->margin_m);
    else
        (void)snprintf(advisory.text, sizeof advisory.text,
                       "leaves the region %s; service ends %.0f m outside", when,
                       around->margin_m);
    fusion_advisories_add(list, &advisory);
}
