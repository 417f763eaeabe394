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
#include <string.h>

#include "fusion/aircraft/context.h"
#include "fusion/aircraft/path.h"
#include "fusion/aircraft/path_height.h"
#include "fusion/reason/reasoners.h"
#include "fusion/root/bucket.h"
#include "fusion/root/obstacle_index.h"
#include "fusion/root/sample.h"
#include "geo/extreme.h"
#include "geo/length.h"

#define ACCURACY_MAX_M 175.0 // where the root does not say
#define STEP_M 2.0           // along the path, while it is in the way
#define ROUNDING_M 1e-3      // more than the heights between two nodes are off by rounding

struct finding {
    bool found, nominal, within; // within: reach of an aircraft without a course
    double time_s, distance_m, clearance_m;
    bool clearance_known;
};

struct box { // of the corridor, around the aircraft
    double west_m, east_m, south_m, north_m, reach_m;
    double clear_amsl_m; // the whole path clears every top below this, by the accuracies too
};

// How far over an obstacle's top it begins to matter by the accuracies.
static double low_over_m(const struct fusion_view *view)
{
    return view->aircraft->limits.clearance_min_m
           + view->context->height.aircraft_acc95_m.value;
}

static struct box box_of(const struct fusion_view *view, const struct geo_frame *frame)
{
    const struct fusion_path *path = view->path;
    struct box box = {0.0, 0.0, 0.0, 0.0, 0.0, 0.0};
    double lowest_m = path->nodes[0].amsl_m.value;
    bool known = true;
    bool disc = path->basis == FUSION_CORRIDOR_DISC;
    double wide_m = disc ? path->length_m : fusion_path_half_m(path, path->time_max_s);
    for (uint32_t i = 0; i < path->count; i++) {
        struct geo_offset at = geo_frame_offset(frame, path->nodes[i].point);
        box.west_m = geo_lesser(box.west_m, at.east_m);
        box.east_m = geo_greater(box.east_m, at.east_m);
        box.south_m = geo_lesser(box.south_m, at.north_m);
        box.north_m = geo_greater(box.north_m, at.north_m);
        box.reach_m = geo_greater(box.reach_m, geo_length(at.east_m, at.north_m));
        lowest_m = geo_lesser(lowest_m, path->nodes[i].amsl_m.value);
        known = known && path->nodes[i].amsl_m.known;
    }
    if (disc && path->climb_mps < 0.0)
        lowest_m = fusion_path_disc_amsl(path, path->time_max_s).value;
    box.clear_amsl_m = known ? lowest_m - low_over_m(view) - ROUNDING_M : -HUGE_VAL;
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

// The path where an obstacle is in the corridor: how far from its middle, how low, and when it
// is so low that it matters by the accuracies, and nominally.
struct passing {
    double distance_m, low_s, nominal_s;
    struct fusion_number clearance_m;
};

// True: that settles it.
static bool judge(const struct fusion_view *view, const struct passing *passing,
                  struct finding *finding)
{
    double limit_m = view->aircraft->limits.clearance_min_m;
    struct finding here = {.found = true,
                           .time_s = passing->low_s,
                           .distance_m = passing->distance_m,
                           .clearance_known = passing->clearance_m.known,
                           .clearance_m = passing->clearance_m.value};
    double low_m = here.clearance_m - view->context->height.aircraft_acc95_m.value;
    if (here.clearance_known && low_m >= limit_m)
        return false;
    if (!finding->found)
        *finding = here;
    if (!here.clearance_known || here.clearance_m >= limit_m)
        return false;
    here.nominal = true;
    here.time_s = passing->nominal_s;
    bool too_late = finding->time_s <= FUSION_CAUTION_S && here.time_s > FUSION_CAUTION_S;
    if (!too_late) // that would be an INFO only
        *finding = here;
    return true;
}

// The clearance of a height of the path there.
static struct fusion_number clearance(const struct fusion_view *view,
                                      const struct fusion_obstacle *fused,
                                      const struct fusion_path_node *node, double level_m)
{
    struct fusion_number out = {.known = node->amsl_m.known && fused->top_known};
    if (!out.known)
        return out;
    struct fusion_number ground = {.known = false};
    if (view->path->basis == FUSION_CORRIDOR_PLAN && node->amsl_m.value < fused->top_amsl_m) {
        struct fusion_sample below = fusion_sample_ground(view->root, fusion_path_place(node));
        ground = (struct fusion_number){.known = below.known, .value = below.amsl_m};
    }
    out.value = fusion_path_clearance_m(view->path, node->amsl_m.value, level_m, ground,
                                        fused->top_amsl_m);
    return out;
}

// How high a path is where the obstacle begins to matter: nominally, or by the accuracies.
static double low_amsl_m(const struct fusion_view *view, const struct fusion_obstacle *fused,
                         bool nominal)
{
    return fused->top_amsl_m + view->aircraft->limits.clearance_min_m
           + (nominal ? 0.0 : view->context->height.aircraft_acc95_m.value);
}

// Beside the obstacle: straight up or down to the next node.
static bool judge_upright(const struct fusion_view *view, const struct fusion_obstacle *fused,
                          const struct fusion_path_node *a, double level_m, double distance_m,
                          struct finding *finding)
{
    const struct fusion_path_node *b = a + 1;
    const struct passing passing = {
        .distance_m = distance_m,
        .low_s = fusion_path_sunk_s(a, b, low_amsl_m(view, fused, false)),
        .nominal_s = fusion_path_sunk_s(a, b, low_amsl_m(view, fused, true)),
        .clearance_m = clearance(view, fused, b, geo_greater(level_m, a->amsl_m.value))};
    return judge(view, &passing, finding);
}

// Goes along the path as far as it can without passing the first place in the way: the
// distance to a thing changes by no more than the way, and the corridor widens evenly.
static struct finding look_along(const struct fusion_view *view,
                                 const struct fusion_obstacle *fused)
{
    const struct fusion_path *path = view->path;
    const struct fusion_path_node *nodes = path->nodes;
    struct finding finding = {.found = false};
    uint32_t at = 0; // the last node passed
    double along_m = 0.0, level_m = nodes[0].amsl_m.value;
    for (;;) {
        const struct fusion_path_node *next = &nodes[at + 1 < path->count ? at + 1 : at];
        struct fusion_path_node node =
            fusion_path_between(&nodes[at], next, geo_lesser(along_m, next->along_m));
        struct geo_frame frame = geo_frame_at(fusion_path_place(&node));
        double distance_m = sqrt(fusion_obstacle_edge(&frame, fused).square_m2);
        double gap_m = distance_m - fused->obstacle->horizontal_acc95_m
                       - fusion_path_half_m(path, node.time_s);
        if (gap_m <= 0.0) {
            const struct passing passing = {distance_m, node.time_s, node.time_s,
                                            clearance(view, fused, &node, level_m)};
            if (judge(view, &passing, &finding))
                return finding;
        }
        while (at + 1 < path->count && nodes[at + 1].along_m <= along_m) {
            bool upright = nodes[at].along_m >= along_m;
            if (upright && gap_m <= 0.0
                && judge_upright(view, fused, &nodes[at], level_m, distance_m, &finding))
                return finding;
            level_m = geo_greater(level_m, nodes[++at].amsl_m.value);
        }
        if (along_m >= path->length_m)
            return finding;
        const struct fusion_path_node *a = &nodes[at], *b = a;
        if (at + 1 < path->count)
            b = &nodes[at + 1];
        double widening = b->along_m > a->along_m ? path->growth_mps * (b->time_s - a->time_s)
                                                        / (b->along_m - a->along_m)
                                                  : 0.0;
        double step_m = geo_greater(gap_m / (1.0 + widening), STEP_M);
        // not past the corner: beyond it the corridor may widen faster
        double until_m = along_m < b->along_m ? b->along_m : path->length_m;
        along_m = geo_lesser(along_m + (gap_m > 0.0 ? step_m : STEP_M), until_m);
    }
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
    double time_s = geo_greater(gap_m - path->base_m, 0.0) / geo_greater(pace_mps, 1e-3);
    bool within = gap_m <= fusion_path_disc_m(path, path->time_max_s);
    struct fusion_path_node begin = path->nodes[0], end = begin;
    if (path->climb_mps < 0.0)
        end.amsl_m = fusion_path_disc_amsl(path, path->time_max_s);
    end.time_s = path->climb_mps < 0.0 ? geo_lesser(path->descent_s, path->time_max_s) : 0.0;
    // as low as it gets in all that time
    struct passing passing = {.distance_m = distance_m,
                              .low_s = within ? time_s : path->time_max_s,
                              .nominal_s = within ? time_s : path->time_max_s,
                              .clearance_m = clearance(view, fused, &end, begin.amsl_m.value)};
    if (within && passing.clearance_m.known) { // there at the earliest, and so low
        passing.low_s = geo_greater(
            time_s, fusion_path_sunk_s(&begin, &end, low_amsl_m(view, fused, false)));
        passing.nominal_s = geo_greater(
            time_s, fusion_path_sunk_s(&begin, &end, low_amsl_m(view, fused, true)));
    }
    (void)judge(view, &passing, &finding);
    finding.within = within;
    return finding;
}

static void say(const struct fusion_view *view, const struct geo_obstacle *o,
                const struct finding *finding, bool timed, char text[FUSION_ADVISORY_TEXT_SIZE])
{
    char clearance[28] = "height unknown", when[FUSION_WHEN_SIZE + 2] = ", within reach";
    char kind[20], rest[68], whole[FUSION_WHOLE_SIZE];
    if (finding->clearance_known)
        (void)snprintf(clearance, sizeof clearance, "clearance %s m",
                       fusion_whole(finding->clearance_m, whole));
    if (view->path->as_written) { // it is not flown: there is no now
        when[0] = '\0';
    } else if (timed) {
        when[0] = ' ';
        fusion_when(finding->time_s, when + 1);
    }
    (void)snprintf(rest, sizeof rest, ": %s%s, position good to %s m", clearance, when,
                   fusion_whole(o->horizontal_acc95_m, whole));
    fusion_shorten(kind, sizeof kind - 2, o->kind[0] != '\0' ? o->kind : "obstacle");
    memcpy(kind + strlen(kind), " ", 2);
    fusion_say(text, kind, o->id, rest);
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
    say(view, o, finding, advisory.time_to_go_known, advisory.text);
    fusion_advisories_add(list, &advisory);
}

void fusion_reason_obstacle(const struct fusion_view *view, struct fusion_advisories *list)
{
    const struct fusion_root *root = view->root;
    if (view->aircraft->fix.on_ground || root->buckets.columns == 0 || root->buckets.rows == 0
        || view->aircraft->limits.clearance_min_m <= 0.0)
        return;
    const struct geo_frame *frame = &view->path->here;
    struct box box = box_of(view, frame);
    struct fusion_window window = fusion_window_around(&root->buckets, frame, box.reach_m);
    double max_m =
        root->raster_accuracy_max_m > 0.0 ? root->raster_accuracy_max_m : ACCURACY_MAX_M;
    const struct fusion_obstacle_index_box search_box = {box.west_m, box.east_m, box.south_m,
                                                         box.north_m};
    uint32_t buckets = fusion_window_count(&window);
    for (uint32_t index = 0; index < buckets; index++) {
        const struct fusion_bucket *bucket = fusion_window_bucket(root, &window, index);
        struct fusion_obstacle_search search =
            fusion_obstacle_search_begin(bucket, frame, &search_box);
        for (size_t i; fusion_obstacle_search_next(&search, &i);) {
            const struct fusion_obstacle *fused = bucket->obstacles[i];
            const bool clear = bucket->index != NULL
                                   ? bucket->index->top_amsl_m[search.place] < box.clear_amsl_m
                                   : fused->top_known && fused->top_amsl_m < box.clear_amsl_m;
            if (clear || !near_box(&box, frame, fused, root->obstacle_reach_m)
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
