// SPDX-License-Identifier: Apache-2.0
#include "fusion/aircraft/path_height.h"

#include <assert.h>
#include <math.h>

#include "fusion/root/sample.h"
#include "geo/extreme.h"

// Whatever a profile says: every height is reached at some time.
#define RATE_MIN_MPS 0.1

struct fusion_path_rates fusion_path_rates_of(const struct fusion_limits *limits,
                                              const struct fusion_fix *fix)
{
    double up_mps = fix != NULL && fix->velocity_up_known ? fix->velocity_up_mps : 0.0;
    return (struct fusion_path_rates){
        .up_mps = geo_greater(geo_greater(limits->climb_max_mps, up_mps), RATE_MIN_MPS),
        .down_mps = geo_greater(geo_greater(limits->descent_max_mps, -up_mps), RATE_MIN_MPS),
    };
}

void fusion_path_reach(struct fusion_path *path, const struct fusion_path_rates *rates,
                       const struct fusion_path_node *point)
{
    const struct fusion_path_node *last = &path->nodes[path->count - 1];
    struct fusion_path_node node = *point;
    double left_m = 0.0;
    if (node.amsl_m.known && last->amsl_m.known) {
        double way_s = node.time_s - last->time_s;
        double change_m = node.amsl_m.value - last->amsl_m.value;
        double possible_m =
            geo_lesser(geo_greater(change_m, -rates->down_mps * way_s), rates->up_mps * way_s);
        left_m = change_m - possible_m;
        node.amsl_m.value = last->amsl_m.value + possible_m;
    }
    assert(path->count + 2 <= FUSION_PATH_NODES_MAX);
    path->nodes[path->count++] = node;
    if (fabs(left_m) < 1e-6)
        return;
    node.time_s += left_m > 0.0 ? left_m / rates->up_mps : -left_m / rates->down_mps;
    node.amsl_m = point->amsl_m;
    path->nodes[path->count++] = node;
}

struct fusion_number fusion_path_landing_amsl(const struct fusion_path *path,
                                              const struct fusion_root *root,
                                              struct geo_point place,
                                              struct fusion_number amsl_m)
{
    double level_m = -HUGE_VAL;
    for (uint32_t i = 0; i < path->count; i++)
        if (path->nodes[i].amsl_m.known)
            level_m = geo_greater(level_m, path->nodes[i].amsl_m.value);
    if (!amsl_m.known || amsl_m.value >= level_m)
        return amsl_m;
    double ground_m;
    if (fusion_sample_ground_height(root, place, &ground_m))
        amsl_m.value = geo_greater(amsl_m.value, geo_lesser(level_m, ground_m));
    return amsl_m;
}

// As low as a descent may lead there.
static double stop_m(const struct fusion_root *root, const struct fusion_path_node *node,
                     double level_m)
{
    double ground_m;
    bool known = fusion_sample_ground_height(root, fusion_path_place(node), &ground_m);
    return known ? geo_lesser(level_m, ground_m) : -HUGE_VAL;
}

void fusion_path_end_descent(struct fusion_path *path, const struct fusion_root *root)
{
    if (path->climb_mps >= 0.0 || !path->nodes[0].amsl_m.known)
        return;
    struct fusion_path_node nodes[FUSION_PATH_PIECES_MAX + 1];
    uint32_t count = path->count;
    assert(count <= FUSION_PATH_PIECES_MAX + 1);
    double level_m = path->nodes[0].amsl_m.value, over_m = HUGE_VAL, last_over_m;
    path->stop_amsl_m = stop_m(root, &path->nodes[0], level_m);
    path->descent_s = geo_greater((level_m - path->stop_amsl_m) / -path->climb_mps, 0.0);
    for (uint32_t i = 0; i < count; i++)
        nodes[i] = path->nodes[i];
    path->count = 0;
    for (uint32_t i = 0; i < count; i++) {
        last_over_m = over_m;
        double stop = i > 0 ? stop_m(root, &nodes[i], level_m) : path->stop_amsl_m;
        over_m = nodes[i].amsl_m.value - stop;
        if (i > 0 && last_over_m * over_m < 0.0 && isfinite(last_over_m) && isfinite(over_m)) {
            double share = last_over_m / (last_over_m - over_m);
            double from_m = nodes[i - 1].along_m;
            path->nodes[path->count++] = fusion_path_between(
                &nodes[i - 1], &nodes[i], from_m + (nodes[i].along_m - from_m) * share);
        }
        nodes[i].amsl_m.value = geo_greater(nodes[i].amsl_m.value, stop);
        path->nodes[path->count++] = nodes[i];
    }
}

struct fusion_number fusion_path_disc_amsl(const struct fusion_path *path, double time_s)
{
    struct fusion_number amsl_m = path->nodes[0].amsl_m;
    if (!amsl_m.known)
        return amsl_m;
    amsl_m.value += path->climb_mps * geo_lesser(time_s, path->time_max_s);
    if (path->climb_mps < 0.0)
        amsl_m.value = geo_greater(amsl_m.value, path->stop_amsl_m);
    return amsl_m;
}

double fusion_path_clearance_m(const struct fusion_path *path, double amsl_m,
                               double level_amsl_m, struct fusion_number ground_amsl_m,
                               double top_amsl_m)
{
    double clear_m = amsl_m - top_amsl_m;
    if (clear_m >= 0.0 || path->as_written)
        return clear_m;
    double least_m = geo_lesser(level_amsl_m - top_amsl_m, 0.0);
    if (path->basis == FUSION_CORRIDOR_PLAN) {
        if (!ground_amsl_m.known)
            return clear_m;
        least_m = geo_lesser(least_m, ground_amsl_m.value - top_amsl_m);
    }
    return geo_greater(clear_m, least_m);
}

double fusion_path_sunk_s(const struct fusion_path_node *a, const struct fusion_path_node *b,
                          double amsl_m)
{
    double above_m = a->amsl_m.value - amsl_m, sinks_m = a->amsl_m.value - b->amsl_m.value;
    double share = above_m <= 0.0 ? 0.0 : sinks_m > above_m ? above_m / sinks_m : 1.0;
    return a->time_s + (b->time_s - a->time_s) * share;
}

double fusion_path_stretch_sunk_s(const struct fusion_path *path,
                                  const struct fusion_path_sweep *begin,
                                  const struct fusion_path_sweep *end, double amsl_m)
{
    struct fusion_path_node from = begin->from;
    for (uint32_t corner = begin->corner; corner < end->corner; corner++) {
        const struct fusion_path_node *to = &path->nodes[corner + 1];
        if (geo_lesser(from.amsl_m.value, to->amsl_m.value) <= amsl_m)
            return fusion_path_sunk_s(&from, to, amsl_m);
        from = *to;
    }
    return fusion_path_sunk_s(&from, &end->from, amsl_m);
}
