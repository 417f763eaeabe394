// SPDX-License-Identifier: Apache-2.0
#include <math.h>

#include "fusion/aircraft/path_height.h"
#include "fusion/context/context_parts.h"
#include "fusion/root/sample.h"
#include "geo/extreme.h"
#include "geo/frame.h"

// Segments are this long until there are FUSION_SEGMENTS_MAX of them; then the far ones grow.
#define SEGMENT_M 50.0

// Where segments end: equal and short while they suffice, then growing with the square.
static size_t segment_ends(double length_m, double ends_m[static FUSION_SEGMENTS_MAX])
{
    double wanted = ceil(length_m / SEGMENT_M);
    size_t count = wanted < 1.0                   ? 1
                   : wanted < FUSION_SEGMENTS_MAX ? (size_t)wanted
                                                  : FUSION_SEGMENTS_MAX;
    double even_m = geo_lesser(length_m, SEGMENT_M * FUSION_SEGMENTS_MAX);
    for (size_t k = 1; k <= count; k++) {
        double share = (double)k / (double)count;
        ends_m[k - 1] = even_m * share + (length_m - even_m) * share * share;
    }
    ends_m[count - 1] = length_m;
    return count;
}

// A stretch of the path, and how high it was before it.
struct stretch {
    struct geo_point from, to;
    struct fusion_number lowest_amsl_m;
    double level_amsl_m;
};

static void segment_close(struct fusion_segment *segment, const struct fusion_root *root,
                          const struct fusion_path *path, const struct fusion_swath *swath,
                          const struct stretch *stretch, const struct fusion_height *height)
{
    segment->ground_max_amsl_m = (struct fusion_number){.known = swath->ground_known > 0,
                                                        .value = swath->ground_max_amsl_m};
    segment->ground_whole = swath->cells > 0 && swath->ground_known == swath->cells;
    segment->ground_min_amsl_m = swath->ground_min_amsl_m;
    segment->ground_mean_amsl_m.known = swath->ground_known > 0;
    if (swath->ground_known > 0)
        segment->ground_mean_amsl_m.value =
            swath->ground_sum_m / (double)(int64_t)swath->ground_known;
    segment->surface_max_amsl_m = (struct fusion_number){.known = swath->surface_known > 0,
                                                         .value = swath->surface_max_amsl_m};
    uint64_t unknown = swath->cells - swath->surface_known;
    segment->unknown_ratio = swath->cells == 0 ? 1.0
                             : unknown == 0    ? 0.0
                                               : (double)unknown / (double)swath->cells;
    segment->unknown_reason = FUSION_REASON_NONE;
    if (unknown > 0) {
        enum fusion_reason near =
            fusion_sample_reason(root, FUSION_LAYER_SURFACE, stretch->from);
        enum fusion_reason far = fusion_sample_reason(root, FUSION_LAYER_SURFACE, stretch->to);
        segment->unknown_reason = far == FUSION_REASON_OUT_OF_REGION ? far : near;
    }
    // Unknown is never clear: over cells that are not all known there is no lowest clearance.
    if (unknown > 0 || swath->cells == 0 || !stretch->lowest_amsl_m.known)
        return;
    double clearance_m =
        fusion_path_clearance_m(path, stretch->lowest_amsl_m.value, stretch->level_amsl_m,
                                segment->ground_max_amsl_m, swath->surface_max_amsl_m);
    segment->clearance_min_m = (struct fusion_number){.known = true, .value = clearance_m};
    segment->clearance_low_m = (struct fusion_number){
        .known = true,
        .value = clearance_m - height->aircraft_acc95_m.value - swath->surface_acc95_m};
}

// Walks the path once, piece by piece, cut at every corner and at every segment's end.
static void walk(const struct fusion_root *root, const struct fusion_path *path,
                 const struct fusion_height *height, struct fusion_look_ahead *out)
{
    double ends_m[FUSION_SEGMENTS_MAX] = {0};
    out->segment_count = segment_ends(path->length_m, ends_m);
    struct fusion_path_sweep sweep = fusion_path_sweep_begin(path, 0.0);
    for (size_t k = 0; k < out->segment_count; k++) {
        struct geo_point begin = sweep.from.point;
        out->segments[k] =
            (struct fusion_segment){.from_m = sweep.from.along_m, .to_m = ends_m[k]};
        struct fusion_swath swath = fusion_path_sweep_to(path, root, &sweep, ends_m[k]);
        const struct stretch stretch = {begin, sweep.from.point, sweep.lowest_amsl_m,
                                        sweep.level_amsl_m};
        segment_close(&out->segments[k], root, path, &swath, &stretch, height);
        out->ground_acc95_m = geo_greater(out->ground_acc95_m, swath.ground_acc95_m);
    }
}

static void disc(const struct fusion_root *root, const struct fusion_path *path,
                 const struct fusion_height *height, struct fusion_look_ahead *out)
{
    struct geo_point centre = path->nodes[0].point;
    struct fusion_outline outline =
        fusion_outline_disc(root->tiles.first.level, centre, path->length_m);
    struct fusion_swath swath = fusion_swath_empty();
    fusion_swath_add(&swath, root, &outline);
    struct fusion_number lowest = height->aircraft_amsl_m;
    if (path->climb_mps < 0.0)
        lowest = fusion_path_disc_amsl(path, path->time_max_s);
    const struct stretch stretch = {centre, centre, lowest, height->aircraft_amsl_m.value};
    out->segments[0] = (struct fusion_segment){.from_m = 0.0, .to_m = path->length_m};
    segment_close(&out->segments[0], root, path, &swath, &stretch, height);
    out->ground_acc95_m = swath.ground_acc95_m;
    out->segment_count = 1;
}

void fusion_context_ahead(const struct fusion_root *root, const struct fusion_path *path,
                          const struct fusion_aircraft *aircraft,
                          const struct fusion_height *height, struct fusion_look_ahead *out)
{
    out->reason = FUSION_REASON_NONE;
    out->basis = path->basis;
    out->length_m = path->length_m;
    out->track_deg_true = (struct fusion_number){.known = false};
    out->ground_acc95_m = 0.0;
    if (path->basis == FUSION_CORRIDOR_DISC) {
        out->half_width_m = out->half_width_end_m = path->length_m;
        disc(root, path, height, out);
        return;
    }
    if (path->basis == FUSION_CORRIDOR_VELOCITY) {
        struct geo_offset way = {.east_m = aircraft->fix.velocity_east_mps,
                                 .north_m = aircraft->fix.velocity_north_mps};
        out->track_deg_true =
            (struct fusion_number){.known = true, .value = geo_frame_bearing_deg(way)};
    }
    out->half_width_m = fusion_path_half_m(path, 0.0);
    out->half_width_end_m = fusion_path_half_m(path, path->nodes[path->count - 1].time_s);
    walk(root, path, height, out);
}
