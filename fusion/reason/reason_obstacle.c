// SPDX-License-Identifier: Apache-2.0
// An obstacle on the path or near it; an advisory for each one.
//
// An obstacle counts with its uncertainty circle, as it does in the surface: it is in the way
// where the corridor touches its shape widened by its horizontal accuracy and the path is less
// than the wanted clearance over its top (which holds its vertical accuracy). What does not
// raise the surface, because it is known to worse than raster_accuracy_max_m or is a balloon
// that need not be up, gives a CAUTION at most; so does one whose top, or an aircraft whose
// altitude, is not known. Only the low clearance: a CAUTION at most, and of that and a later
// nominal violation the more severe.
#include <math.h>
#include <stdio.h>

#include "fusion/aircraft/context.h"
#include "fusion/aircraft/path.h"
#include "fusion/reason/reasoners.h"
#include "fusion/root/bucket.h"
#include "fusion/root/obstacle_index.h"
#include "geo/length.h"

#define ACCURACY_MAX_M 175.0 // where the root does not say
#define STEP_M 2.0           // along the path, while it is in the way

struct finding {
    bool found, nominal, within; // within: reach of an aircraft without a course
    double time_s, distance_m, clearance_m;
    bool clearance_known;
};

struct box { // of the corridor, around the aircraft
    double west_m, east_m, south_m, north_m, reach_m;
};

static struct box box_of(const struct fusion_path *path, const struct geo_frame *frame)
{
    struct box box = {0.0, 0.0, 0.0, 0.0, 0.0};
    bool disc = path->basis == FUSION_CORRIDOR_DISC;
    double wide_m = disc ? path->length_m : fusion_path_half_m(path, path->time_max_s);
    for (uint32_t i = 0; i < path->count; i++) {
        struct geo_offset at = geo_frame_offset(frame, path->nodes[i].point);
        box.west_m = fmin(box.west_m, at.east_m);
        box.east_m = fmax(box.east_m, at.east_m);
        box.south_m = fmin(box.south_m, at.north_m);
        box.north_m = fmax(box.north_m, at.north_m);
        box.reach_m = fmax(box.reach_m, geo_length(at.east_m, at.north_m));
    }
    box.west_m -= wide_m;
    box.south_m -= wide_m;
    box.east_m += wide_m;
    box.north_m += wide_m;
    box.reach_m += wide_m;
    return box;
}

static bool near_box(const struct box *box, const struct geo_frame *frame,
                     const struct fusion_obstacle *fused, double shape_m)
{
    const struct geo_obstacle *o = fused->obstacle;
    // a degree of longitude shrinks by less than 1 % over what one looks at
    double more_m = 1.01 * (o->geometry == GEO_GEOMETRY_POINT ? o->horizontal_acc95_m : shape_m)
                    + 0.01 * box->reach_m;
    double north_m = (o->position.lat_deg - frame->origin.lat_deg) * frame->north_m_per_deg;
    if (north_m < box->south_m - more_m || north_m > box->north_m + more_m)
        return false;
    double east_deg = o->position.lon_deg - frame->origin.lon_deg;
    east_deg -= east_deg > 180.0 ? 360.0 : east_deg < -180.0 ? -360.0 : 0.0;
    double east_m = east_deg * frame->east_m_per_deg;
    return east_m >= box->west_m - more_m && east_m <= box->east_m + more_m;
}

// Judges the height at a place where the obstacle is in the corridor. True: that settles it.
static bool judge(const struct fusion_view *view, const struct fusion_obstacle *fused,
                  const struct fusion_path_node *node, double distance_m,
                  struct finding *finding)
{
    double limit_m = view->aircraft->limits.clearance_min_m;
    struct finding here = {.found = true, .time_s = node->time_s, .distance_m = distance_m};
    if (node->amsl_m.known && fused->top_known) {
        here.clearance_known = true;
        here.clearance_m = node->amsl_m.value - fused->top_amsl_m;
        here.nominal = here.clearance_m < limit_m;
        double low_m = here.clearance_m - view->context->height.aircraft_acc95_m.value;
        here.found = low_m < limit_m;
    }
    bool too_late = finding->found && finding->time_s <= FUSION_CAUTION_S
                    && here.time_s > FUSION_CAUTION_S; // an INFO only
    if (here.found && (!finding->found || (here.nominal && !too_late)))
        *finding = here;
    return here.nominal;
}

// Goes along the path as far as it can without passing the first place in the way: the
// distance to a thing changes by no more than the way, and the corridor widens evenly.
static struct finding look_along(const struct fusion_view *view,
                                 const struct fusion_obstacle *fused)
{
    const struct fusion_path *path = view->path;
    struct finding finding = {.found = false};
    uint32_t piece = 1;
    double along_m = 0.0;
    for (;;) {
        while (piece + 1 < path->count && along_m > path->nodes[piece].along_m)
            piece++;
        struct fusion_path_node node =
            fusion_path_between(&path->nodes[piece - 1], &path->nodes[piece],
                                fmin(along_m, path->nodes[piece].along_m));
        struct geo_frame frame = geo_frame_at(fusion_path_place(&node));
        double distance_m = sqrt(fusion_obstacle_edge(&frame, fused).square_m2);
        double gap_m = distance_m - fused->obstacle->horizontal_acc95_m
                       - fusion_path_half_m(path, node.time_s);
        if (gap_m <= 0.0 && judge(view, fused, &node, distance_m, &finding))
            return finding;
        if (along_m >= path->length_m)
            break;
        const struct fusion_path_node *a = &path->nodes[piece - 1], *b = &path->nodes[piece];
        double widening = b->along_m > a->along_m ? path->growth_mps * (b->time_s - a->time_s)
                                                        / (b->along_m - a->along_m)
                                                  : 0.0;
        double step_m = fmax(gap_m / (1.0 + widening), STEP_M);
        // not past the corner: beyond it the corridor may widen faster
        double until_m = along_m < b->along_m ? b->along_m : path->length_m;
        along_m = fmin(along_m + (gap_m > 0.0 ? step_m : STEP_M), until_m);
    }
    // a plan may end in a climb or descent on the spot
    const struct fusion_path_node *end = &path->nodes[path->count - 1];
    struct geo_frame frame = geo_frame_at(fusion_path_place(end));
    double distance_m = sqrt(fusion_obstacle_edge(&frame, fused).square_m2);
    if (distance_m - fused->obstacle->horizontal_acc95_m
        <= fusion_path_half_m(path, end->time_s))
        (void)judge(view, fused, end, distance_m, &finding);
    return finding;
}

// Without a course: after which time it may be there, however far that is.
static struct finding look_around(const struct fusion_view *view,
                                  const struct fusion_obstacle *fused)
{
    const struct fusion_path *path = view->path;
    struct geo_frame frame = geo_frame_at(path->nodes[0].point);
    double distance_m = sqrt(fusion_obstacle_edge(&frame, fused).square_m2);
    double gap_m = distance_m - fused->obstacle->horizontal_acc95_m;
    struct finding finding = {.found = false};
    if (gap_m > path->length_m)
        return finding;
    double pace_mps = path->growth_mps + path->speed_mps;
    double time_s = fmax(gap_m - path->base_m, 0.0) / fmax(pace_mps, 1e-3);
    bool within = gap_m <= fusion_path_disc_m(path, path->time_max_s);
    // what it sinks by the time it leaves again: all that the look-ahead allows
    struct fusion_path_node node = path->nodes[0];
    node.time_s = within ? time_s : path->time_max_s;
    node.amsl_m.value += fmin(path->climb_mps, 0.0) * path->time_max_s;
    (void)judge(view, fused, &node, distance_m, &finding);
    finding.within = within;
    return finding;
}

static void raise(const struct fusion_view *view, const struct fusion_obstacle *fused,
                  const struct finding *finding, bool sure, struct fusion_advisories *list)
{
    const struct geo_obstacle *o = fused->obstacle;
    bool disc = view->path->basis == FUSION_CORRIDOR_DISC;
    enum fusion_severity severity =
        disc && !finding->within ? FUSION_SEVERITY_INFO : fusion_severity_of(finding->time_s);
    if (severity == FUSION_SEVERITY_WARNING && !(sure && finding->nominal))
        severity = FUSION_SEVERITY_CAUTION;
    char cause[sizeof o->id + sizeof fused->source->source + 1];
    (void)snprintf(cause, sizeof cause, "%s/%s", fused->source->source, o->id);
    struct fusion_advisory advisory =
        fusion_advisory_begin(view, FUSION_ADVISORY_OBSTACLE, severity, cause);
    advisory.layer = FUSION_LAYER_OBSTACLE;
    advisory.source = fused->source->source;
    advisory.feature_id = o->id;
    advisory.data_time_known = (o->flags & GEO_OBSTACLE_HAS_DATA_TIME) != 0;
    advisory.data_time_utc_us = o->data_time_utc_us;
    advisory.time_to_go_known = !disc || finding->within;
    advisory.time_to_go_s = finding->time_s;
    advisory.position_known = true;
    advisory.position = o->position;
    advisory.alt_known = fused->top_known;
    advisory.alt_amsl_m = fused->top_amsl_m;
    advisory.value_known = finding->clearance_known;
    advisory.value = finding->clearance_m;
    advisory.limit = view->aircraft->limits.clearance_min_m;
    advisory.unit = "m";
    char clearance[28] = "height unknown";
    if (finding->clearance_known)
        (void)snprintf(clearance, sizeof clearance, "clearance %.0f m", finding->clearance_m);
    (void)snprintf(advisory.text, sizeof advisory.text, "%.24s %.24s: %s, known to %.0f m",
                   o->kind[0] != '\0' ? o->kind : "obstacle", o->id, clearance,
                   o->horizontal_acc95_m);
    fusion_advisories_add(list, &advisory);
}

void fusion_reason_obstacle(const struct fusion_view *view, struct fusion_advisories *list)
{
    const struct fusion_root *root = view->root;
    if (view->aircraft->fix.on_ground || root->buckets.columns == 0 || root->buckets.rows == 0
        || view->aircraft->limits.clearance_min_m <= 0.0)
        return;
    struct geo_frame frame = geo_frame_at(view->aircraft->fix.position);
    struct box box = box_of(view->path, &frame);
    struct fusion_window window = fusion_window_around(&root->buckets, &frame, box.reach_m);
    double max_m =
        root->raster_accuracy_max_m > 0.0 ? root->raster_accuracy_max_m : ACCURACY_MAX_M;
    const struct fusion_obstacle_index_box search_box = {box.west_m, box.east_m, box.south_m,
                                                         box.north_m};
    uint32_t buckets = fusion_window_count(&window);
    for (uint32_t index = 0; index < buckets; index++) {
        const struct fusion_bucket *bucket = fusion_window_bucket(root, &window, index);
        struct fusion_obstacle_search search =
            fusion_obstacle_search_begin(bucket, &frame, &search_box);
        for (size_t i; fusion_obstacle_search_next(&search, &i);) {
            const struct fusion_obstacle *fused = bucket->obstacles[i];
            if (!near_box(&box, &frame, fused, root->obstacle_reach_m)
                || (fused->obstacle->flags & GEO_OBSTACLE_WITHDRAWN) != 0)
                continue;
            struct finding finding = view->path->basis == FUSION_CORRIDOR_DISC
                                         ? look_around(view, fused)
                                         : look_along(view, fused);
            if (!finding.found || fusion_window_met(root, &window, index, fused))
                continue;
            bool sure = fused->obstacle->horizontal_acc95_m <= max_m
                        && (fused->obstacle->flags & GEO_OBSTACLE_BALLOON) == 0;
            raise(view, fused, &finding, sure, list);
        }
    }
}
