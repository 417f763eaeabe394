// SPDX-License-Identifier: Apache-2.0
// The surface ahead, or below, is nearer than the aircraft wants it.
//
// The limit is the profile's clearance_min_m. Along a course or a plan the first place of the
// corridor counts, found to about six metres; without a course the discs that the aircraft may
// reach within 15 s, 45 s and the look-ahead. Where only the low clearance violates it is at
// most a CAUTION, and beyond 45 s an INFO like everything else; of a low violation and a later
// nominal one the more severe holds. The surface holds the tops of obstacles.
//
// A take-off or a landing goes below that limit on purpose, and a warning at every
// landing is not read any more at the tenth. So where it is explained - within 100 m of the
// plan's first or last point when the plan goes below the limit there, or, without a course,
// by a vertical speed of at least 0.3 m/s - the limit is the surface itself, now and not
// predicted: WARNING when the surface is certainly above the aircraft (by both accuracies),
// CAUTION when it nominally is, INFO when only the wanted clearance is missing. Everywhere else
// the rules of schemas/client.md rule 7 hold unchanged. An aircraft on the ground is not
// judged, nor one that stands there by its heights and does not say so.
#include <math.h>
#include <stdio.h>

#include "fusion/aircraft/context.h"
#include "fusion/aircraft/path.h"
#include "fusion/aircraft/path_height.h"
#include "fusion/reason/reasoners.h"
#include "fusion/root/sample.h"
#include "geo/extreme.h"
#include "geo/frame.h"
#include "geo/length.h"

#define LANDING_REACH_M 100.0
#define VERTICAL_MIN_MPS 0.3
#define STANDING_MAX_M 1.0
enum { PARTS = 8 }; // that a segment is looked at again in

struct finding {
    bool found, nominal; // nominal: not only the low clearance violates
    bool time_known;
    double time_s, clearance_m;
    struct geo_point position;
};

struct judge {
    const struct fusion_view *view;
    double limit_m;
    bool coarse; // the low clearance says nothing but that
    bool standing;
    bool sought; // goals are: most ways clear everything, and nobody asks for them
    size_t goal_count;
    struct geo_point goals[3];        // ends of the plan that go below the limit
    struct finding finding, exempted; // excuse: a violation that is explained
    bool beyond;                      // what comes now is an INFO at most
};

static enum fusion_severity severity_of(const struct finding *finding)
{
    if (!finding->time_known)
        return FUSION_SEVERITY_INFO;
    enum fusion_severity severity = fusion_severity_of(finding->time_s);
    // only the low clearance: a CAUTION at most, and no more pressing than its time
    return !finding->nominal && severity == FUSION_SEVERITY_WARNING ? FUSION_SEVERITY_CAUTION
                                                                    : severity;
}

// Looked at in the order of time: the more severe, of as severe ones the first that is nominal.
static void note(struct finding *finding, const struct finding *with)
{
    if (!finding->found
        || (!finding->nominal && with->nominal && severity_of(with) <= severity_of(finding)))
        *finding = *with;
}

// Nothing that comes later can matter more.
static bool settled(const struct judge *judge, const struct finding *finding)
{
    return finding->nominal
           || (judge->beyond && finding->found && severity_of(finding) < FUSION_SEVERITY_INFO);
}

// How a stretch of the corridor, lowest at `amsl` and before it at `level`, clears the surface.
struct weighed {
    bool low, nominal; // less than the limit
    double low_m, nominal_m;
    double low_amsl_m, nominal_amsl_m; // how high the path is where that begins
};

static struct weighed weigh(const struct judge *judge, struct fusion_number amsl,
                            double level_amsl_m, const struct fusion_swath *swath)
{
    // Partly unknown: what is known of it can still be in the way.
    if (!amsl.known || swath->surface_known == 0)
        return (struct weighed){.low = false};
    const struct fusion_number ground = {.known = swath->ground_known > 0,
                                         .value = swath->ground_max_amsl_m};
    double acc_m = judge->view->context->height.aircraft_acc95_m.value + swath->surface_acc95_m;
    double nominal_m = fusion_path_clearance_m(judge->view->path, amsl.value, level_amsl_m,
                                               ground, swath->surface_max_amsl_m);
    double nominal_amsl_m = swath->surface_max_amsl_m + judge->limit_m;
    return (struct weighed){.low = !judge->coarse && nominal_m - acc_m < judge->limit_m,
                            .nominal = nominal_m < judge->limit_m,
                            .low_m = nominal_m - acc_m,
                            .nominal_m = nominal_m,
                            .low_amsl_m = nominal_amsl_m + acc_m,
                            .nominal_amsl_m = nominal_amsl_m};
}

// Whether a segment of the context is worth a second look.
static bool suspicious(const struct judge *judge, const struct fusion_segment *segment,
                       double lowest_amsl_m)
{
    struct fusion_number clearance =
        judge->coarse ? segment->clearance_min_m : segment->clearance_low_m;
    if (clearance.known)
        return clearance.value < judge->limit_m;
    // A clearance is not said where cells are unknown, nor how good the known ones are: no
    // source of a surface is worse than this.
    double worst_m = judge->view->context->height.aircraft_acc95_m.value + 100.0;
    return segment->surface_max_amsl_m.known
           && lowest_amsl_m - worst_m - segment->surface_max_amsl_m.value < judge->limit_m;
}

static bool at_goal(const struct judge *judge, struct geo_point a, struct geo_point b)
{
    for (size_t i = 0; i < judge->goal_count; i++) {
        struct geo_frame frame = geo_frame_at(judge->goals[i]);
        struct geo_offset from = geo_frame_offset(&frame, a);
        struct geo_offset to = geo_frame_offset(&frame, b);
        if (geo_length(from.east_m, from.north_m) <= LANDING_REACH_M
            && geo_length(to.east_m, to.north_m) <= LANDING_REACH_M)
            return true;
    }
    return false;
}

// The ends of the plan where it goes below the limit.
static void find_goals(struct judge *judge)
{
    const struct fusion_view *view = judge->view;
    const struct fusion_plan *plan = view->aircraft->plan;
    judge->sought = true;
    if (judge->standing) // a take-off begins here, wherever the plan does
        judge->goals[judge->goal_count++] = fusion_path_place(&view->path->nodes[0]);
    if (view->path->basis != FUSION_CORRIDOR_PLAN)
        return;
    const struct fusion_plan_point *ends[] = {&plan->points[0],
                                              &plan->points[plan->point_count - 1]};
    struct fusion_number geoid = view->context->height.geoid_m; // here, a flight away at most
    for (int i = 0; i < 2; i++) {
        struct geo_point at = fusion_plan_position(ends[i]);
        double agl_m = (double)ends[i]->height_m;
        if (ends[i]->height != FUSION_PLAN_AGL) {
            double ground_amsl_m;
            bool known = fusion_sample_ground_height(view->root, at, &ground_amsl_m);
            bool by_geoid = ends[i]->height == FUSION_PLAN_WGS84;
            if (!known || (by_geoid && !geoid.known))
                continue;
            agl_m -= ground_amsl_m + (by_geoid ? geoid.value : 0.0);
        }
        if (agl_m < judge->limit_m)
            judge->goals[judge->goal_count++] = at;
    }
}

// A finding of a part of the path, at the time when it is first as low as that.
static void note_at(struct judge *judge, struct finding *into, struct finding found,
                    double time_s)
{
    found.found = found.time_known = true;
    found.time_s = time_s;
    judge->beyond = time_s > FUSION_CAUTION_S;
    note(into, &found);
}

// Looks at a segment again in parts, to say when and where.
static void refine(struct judge *judge, const struct fusion_segment *segment)
{
    const struct fusion_path *path = judge->view->path;
    struct fusion_path_sweep sweep = fusion_path_sweep_begin(path, segment->from_m);
    double part_m = (segment->to_m - segment->from_m) / PARTS;
    for (int i = 1; i <= PARTS; i++) {
        const struct fusion_path_sweep begin = sweep;
        judge->beyond = begin.from.time_s > FUSION_CAUTION_S;
        double to_m = i < PARTS ? segment->from_m + part_m * i : segment->to_m;
        struct fusion_swath swath = fusion_path_sweep_to(path, judge->view->root, &sweep, to_m);
        struct weighed weighed = weigh(judge, sweep.lowest_amsl_m, sweep.level_amsl_m, &swath);
        if (!weighed.low && !weighed.nominal)
            continue;
        bool explained = at_goal(judge, begin.from.point, sweep.from.point);
        struct finding *into = explained ? &judge->exempted : &judge->finding;
        struct finding found = {.position = fusion_path_place(&begin.from),
                                .clearance_m = weighed.low_m};
        if (weighed.low)
            note_at(judge, into, found,
                    fusion_path_stretch_sunk_s(path, &begin, &sweep, weighed.low_amsl_m));
        found.nominal = true;
        found.clearance_m = weighed.nominal_m;
        if (weighed.nominal)
            note_at(judge, into, found,
                    fusion_path_stretch_sunk_s(path, &begin, &sweep, weighed.nominal_amsl_m));
    }
}

static double path_lowest_amsl_m(const struct fusion_path *path)
{
    double lowest_m = HUGE_VAL;
    for (uint32_t i = 0; i < path->count; i++)
        if (path->nodes[i].amsl_m.known)
            lowest_m = geo_lesser(lowest_m, path->nodes[i].amsl_m.value);
    return lowest_m;
}

static void look_along(struct judge *judge)
{
    const struct fusion_look_ahead *ahead = &judge->view->context->look_ahead;
    double lowest_amsl_m = HUGE_VAL;
    for (size_t i = 0; i < ahead->segment_count && !settled(judge, &judge->finding); i++) {
        if (!ahead->segments[i].clearance_low_m.known && lowest_amsl_m == HUGE_VAL)
            lowest_amsl_m = path_lowest_amsl_m(judge->view->path);
        if (!suspicious(judge, &ahead->segments[i], lowest_amsl_m))
            continue;
        if (!judge->sought)
            find_goals(judge);
        refine(judge, &ahead->segments[i]);
    }
}

// Without a course: how far it may be, and how low, after each of the times that matter.
static void look_around(struct judge *judge)
{
    const struct fusion_view *view = judge->view;
    const struct fusion_path *path = view->path;
    struct fusion_number amsl = view->context->height.aircraft_amsl_m;
    const bool sinks = path->climb_mps < 0.0;
    double lowest_amsl_m =
        sinks ? fusion_path_disc_amsl(path, path->time_max_s).value : amsl.value;
    if (!amsl.known
        || !suspicious(judge, &view->context->look_ahead.segments[0], lowest_amsl_m))
        return;
    const double times_s[] = {0.0, FUSION_WARNING_S, FUSION_CAUTION_S, HUGE_VAL};
    struct finding *into =
        fabs(path->climb_mps) >= VERTICAL_MIN_MPS ? &judge->exempted : &judge->finding;
    for (int i = 0; i < 4 && !settled(judge, into); i++) {
        bool reach = times_s[i] < HUGE_VAL;
        judge->beyond = !reach;
        double radius_m = reach ? fusion_path_disc_m(path, times_s[i]) : path->length_m;
        struct fusion_outline outline =
            fusion_outline_disc(view->root->tiles.first.level, path->nodes[0].point, radius_m);
        struct fusion_swath swath = fusion_swath_empty();
        fusion_swath_add(&swath, view->root, &outline);
        struct fusion_number low = sinks ? fusion_path_disc_amsl(path, times_s[i]) : amsl;
        struct weighed weighed = weigh(judge, low, amsl.value, &swath);
        const struct finding found = {.found = weighed.low || weighed.nominal,
                                      .nominal = weighed.nominal,
                                      .time_known = reach,
                                      .time_s = reach ? times_s[i] : 0.0,
                                      .clearance_m =
                                          weighed.nominal ? weighed.nominal_m : weighed.low_m,
                                      .position = path->nodes[0].point};
        if (found.found)
            note(into, &found);
    }
}

// How much is against an explained take-off or landing here and now.
static enum fusion_severity severity_of_excuse(const struct judge *judge)
{
    const struct fusion_height *height = &judge->view->context->height;
    if (!height->clearance_m.known || height->clearance_m.value >= 0.0)
        return FUSION_SEVERITY_INFO;
    double acc_m = height->clearance_m.value - height->clearance_low_m.value;
    return height->clearance_m.value + acc_m < 0.0 ? FUSION_SEVERITY_WARNING
                                                   : FUSION_SEVERITY_CAUTION;
}

static void raise(const struct judge *judge, struct fusion_advisories *list)
{
    enum fusion_severity severity =
        judge->finding.found ? severity_of(&judge->finding) : FUSION_SEVERITY_INFO;
    enum fusion_severity lesser =
        judge->exempted.found ? severity_of_excuse(judge) : FUSION_SEVERITY_INFO;
    bool excused = !judge->finding.found || lesser < severity;
    const struct finding *finding = excused ? &judge->exempted : &judge->finding;
    const struct fusion_source *source = judge->view->context->height.surface_source;
    struct fusion_advisory advisory = {
        .kind = FUSION_ADVISORY_TERRAIN,
        .severity = excused ? lesser : severity,
        .advisory_id = fusion_advisory_id(FUSION_ADVISORY_TERRAIN, "surface"),
        .valid_until_utc_us = judge->view->now_utc_us + FUSION_ADVISORY_VALID_US,
        .layer = FUSION_LAYER_SURFACE,
        .source = source != NULL ? source->source : NULL,
        .time_to_go_known = finding->time_known,
        .time_to_go_s = finding->time_s,
        .position_known = true,
        .position = finding->position,
        .value_known = true,
        .value = finding->clearance_m,
        .limit = judge->limit_m,
        .unit = "m",
    };
    if (source != NULL && source->data_time_utc_us != INT64_MIN) {
        advisory.data_time_known = true;
        advisory.data_time_utc_us = source->data_time_utc_us;
    }
    char when[FUSION_WHEN_SIZE + 1] = ", within reach";
    if (judge->view->path->as_written) { // it is not flown: there is no now
        when[0] = '\0';
    } else if (finding->time_known) {
        when[0] = ' ';
        fusion_when(finding->time_s, when + 1);
    }
    char clearance[FUSION_WHOLE_SIZE];
    (void)snprintf(advisory.text, sizeof advisory.text, "%sclearance over the surface %s m%s%s",
                   excused ? "take-off or landing: " : "",
                   fusion_whole(finding->clearance_m, clearance), when,
                   finding->nominal ? "" : ", by the accuracies");
    fusion_advisories_add(list, &advisory);
}

static void raise_coarse(const struct judge *judge, const struct fusion_source *source,
                         struct fusion_advisories *list)
{
    struct fusion_advisory advisory = {
        .kind = FUSION_ADVISORY_TERRAIN_TOO_COARSE,
        .severity = FUSION_SEVERITY_INFO,
        .advisory_id = fusion_advisory_id(FUSION_ADVISORY_TERRAIN_TOO_COARSE, "surface"),
        .valid_until_utc_us = judge->view->now_utc_us + FUSION_ADVISORY_VALID_US,
        .layer = FUSION_LAYER_SURFACE,
        .source = source->source,
        .value_known = true,
        .value = source->vertical_acc95_m,
        .limit = judge->limit_m,
        .unit = "m",
    };
    (void)snprintf(advisory.text, sizeof advisory.text,
                   "surface is accurate to %.0f m only: too coarse for a clearance of %.0f m",
                   source->vertical_acc95_m, judge->limit_m);
    fusion_advisories_add(list, &advisory);
}

// It does not say on_ground, but says that it moves neither across nor up or down, and by its
// heights it is at the ground or as far below it as they may be wrong. Hovering higher is no
// standing, and who sends no velocity may be flying.
static bool stands(const struct fusion_view *view)
{
    const struct fusion_height *height = &view->context->height;
    const struct fusion_fix *fix = &view->aircraft->fix;
    return fix->velocity_known && view->path->speed_mps < FUSION_COURSE_MIN_MPS
           && fix->velocity_up_known && fabs(fix->velocity_up_mps) < VERTICAL_MIN_MPS
           && height->agl_m.known && height->agl_m.value <= STANDING_MAX_M
           && fabs(height->agl_m.value) <= height->agl_acc95_m.value;
}

void fusion_reason_terrain(const struct fusion_view *view, struct fusion_advisories *list)
{
    struct judge judge = {.view = view, .limit_m = view->aircraft->limits.clearance_min_m};
    if (view->aircraft->fix.on_ground || judge.limit_m <= 0.0)
        return;
    const struct fusion_source *source = view->context->height.surface_source;
    judge.coarse =
        source != NULL && source->posting_m > 0.0 && source->vertical_acc95_m > judge.limit_m;
    if (judge.coarse)
        raise_coarse(&judge, source, list);
    judge.standing = stands(view);
    if (view->path->basis == FUSION_CORRIDOR_DISC) {
        if (judge.standing)
            return;
        look_around(&judge);
    } else {
        look_along(&judge);
    }
    if (judge.standing)
        judge.exempted.found = false;
    if (judge.finding.found || judge.exempted.found)
        raise(&judge, list);
}
