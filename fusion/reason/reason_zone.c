// SPDX-License-Identifier: Apache-2.0
// A zone ahead, or around the aircraft.
//
// One advisory for each zone, at its first place and time that count. Nominally in it, or soon
// to be: by the time to go, by schemas/client.md rule 7. Only within the accuracies - the
// corridor's width, the altitude's - a CAUTION at most. What the zone asks for bounds it: only
// a PROHIBITED one can be a WARNING; where authorisation, conditions or U-space services are
// asked for, which the node knows nothing of, a CAUTION; NO_RESTRICTION and INFORMATION are an
// INFO, and so is any zone while the aircraft is on the ground. A zone that will apply only
// later counts from then on, whether the aircraft moves or not.
//
// Most zones ahead are below or above all of the path, or of some of its segments. That is seen
// from the lowest and the highest the aircraft may be, over the highest ground of a segment,
// which the look-ahead has read: there the ground is not sampled, and a zone that is clear of
// all segments is not looked along.
#include <math.h>
#include <string.h>

#include "fusion/aircraft/path.h"
#include "fusion/aircraft/path_height.h"
#include "fusion/reason/reasoners.h"
#include "fusion/root/sample.h"
#include "fusion/root/zone.h"
#include "fusion/root/zone_walk.h"
#include "geo/bounds.h"
#include "geo/earth.h"
#include "geo/extreme.h"
#include "geo/record/refusal.h"

#define SECOND_US 1e6
#define STEP_MIN_M 2.0
#define STEP_INSIDE_M 10.0
#define STEP_UPRIGHT_M 5.0
#define CROSSING_M 0.1
enum { STEPS_MAX = 512 };

struct entry {                   // the first place and time
    bool found, degraded, waits; // waits: only the time is missing
    double time_s, distance_m;
    struct geo_point position;
};

// Of the path, the same for all zones: its begin, and what all its heights are between.
struct extremes {
    struct fusion_zone_axes begin;
    struct fusion_zone_height lowest[FUSION_SEGMENTS_MAX], highest; // lowest: in each segment
};

struct look {
    const struct fusion_view *view;
    const struct fusion_zone_axes *begin; // of the path
    const struct geo_zone_view *zone;
    const struct geo_zone_volume *volume;
    struct fusion_zone_axes centre; // of a circle
    uint32_t clear; // segments, a bit for each, where no height is within the limits
    struct entry nominal, low;
};

static struct fusion_zone_height height_of(const struct fusion_view *view,
                                           const struct fusion_path_node *node)
{
    const struct fusion_height *own = &view->context->height;
    const struct fusion_fix *fix = &view->aircraft->fix;
    struct fusion_zone_height height = {.amsl_m = node->amsl_m,
                                        .amsl_acc95_m = own->aircraft_acc95_m.value,
                                        .geoid_m = own->geoid_m};
    if (node->along_m > 0.0 || node->time_s > 0.0) {
        struct fusion_sample ground = fusion_sample_ground(view->root, node->point);
        height.agl_m.known = node->amsl_m.known && ground.known;
        height.agl_m.value = node->amsl_m.value - ground.amsl_m;
        double ground_acc95_m = ground.source != NULL ? ground.source->vertical_acc95_m : 0.0;
        height.agl_acc95_m = hypot(height.amsl_acc95_m, ground_acc95_m);
    } else {
        height.agl_m = own->agl_m;
        height.agl_acc95_m = own->agl_acc95_m.value;
    }
    if (fix->pressure.known) {
        // It rises and sinks with the path.
        bool moved = own->aircraft_amsl_m.known && node->amsl_m.known;
        height.pressure_m.known = true;
        height.pressure_m.value =
            fix->pressure.m + (moved ? node->amsl_m.value - own->aircraft_amsl_m.value : 0.0);
        height.pressure_acc95_m = fix->pressure.acc95_m > 0.0 ? fix->pressure.acc95_m
                                                              : FUSION_ALTITUDE_ACC95_DEFAULT_M;
    }
    return height;
}

static bool applies_at(const struct look *look, double time_s)
{
    int64_t utc_us = look->view->now_utc_us + (int64_t)(time_s * SECOND_US);
    return fusion_zone_applies(look->zone, utc_us);
}

// While the aircraft is at this place.
static bool applies_there(const struct look *look, const struct fusion_path_node *node)
{
    const struct fusion_view *view = look->view;
    double time_s = node->time_s + view->pass_s_per_m * node->along_m;
    if (applies_at(look, time_s))
        return true;
    if (node->along_m < view->path->length_m)
        return false;
    int64_t utc_us = view->now_utc_us + (int64_t)(time_s * SECOND_US);
    int64_t until_utc_us = utc_us + (int64_t)(view->stay_s * SECOND_US);
    for (int i = 0; i < STEPS_MAX; i++) {
        utc_us = fusion_zone_next_change(look->zone, utc_us);
        if (utc_us > until_utc_us)
            return false;
        if (fusion_zone_applies(look->zone, utc_us))
            return true;
    }
    return true; // it changes all the time
}

static void note(struct entry *entry, const struct entry *with)
{
    if (!entry->found || with->time_s < entry->time_s)
        *entry = *with;
}

// Whether that is known without looking. Where two segments meet either may hold a place.
static bool clear_at(const struct look *look, double along_m)
{
    const struct fusion_look_ahead *ahead = &look->view->context->look_ahead;
    bool clear = look->clear != 0;
    for (size_t k = 0; clear && k < ahead->segment_count; k++)
        clear = (look->clear >> k & 1) != 0 || along_m < ahead->segments[k].from_m - 1.0
                || along_m > ahead->segments[k].to_m + 1.0;
    return clear;
}

static enum fusion_zone_where where_at(const struct look *look,
                                       const struct fusion_path_node *node)
{
    if (clear_at(look, node->along_m))
        return FUSION_ZONE_OUTSIDE;
    struct fusion_zone_height height = height_of(look->view, node);
    bool degraded;
    return fusion_zone_vertical(look->volume, &height, &degraded);
}

// Judges one place of a path, and tells where its height is to the limits.
static enum fusion_zone_where judge(struct look *look, const struct fusion_path_node *node,
                                    double distance_m)
{
    if (clear_at(look, node->along_m))
        return FUSION_ZONE_OUTSIDE;
    struct fusion_zone_height height = height_of(look->view, node);
    struct entry here = {.found = true,
                         .time_s = node->time_s,
                         .distance_m = geo_greater(distance_m, 0.0),
                         .position = node->point};
    enum fusion_zone_where where = fusion_zone_vertical(look->volume, &height, &here.degraded);
    if (where == FUSION_ZONE_OUTSIDE || !applies_there(look, node))
        return where;
    here.waits = node->time_s > 0.0 && !applies_at(look, 0.0);
    note(where == FUSION_ZONE_INSIDE && distance_m <= 0.0 ? &look->nominal : &look->low, &here);
    return where;
}

// To the volume, as fusion_zone_distance_m() has it: its centre and the begin of the path are
// asked about again and again.
static double away_m(const struct look *look, struct geo_point point, bool at_begin)
{
    const struct geo_zone_volume *volume = look->volume;
    if (volume->shape != GEO_ZONE_CIRCLE)
        return fusion_zone_distance_m(volume, look->zone->vertices, point);
    const struct fusion_zone_axes at = at_begin ? *look->begin : fusion_zone_axes_of(point);
    return fusion_zone_apart_m(&at, &look->centre) - volume->radius_m;
}

// A place along the path that is looked at.
struct place {
    struct fusion_path_node node;
    double distance_m, gap_m; // to the volume from the middle and from the corridor's edge
    double inside_until_m;    // the middle is surely inside up to there, along the path
};

static struct place place_at(const struct look *look, double along_m)
{
    const struct fusion_path *path = look->view->path;
    struct place place = {.node = fusion_path_at(path, along_m)};
    place.distance_m = away_m(look, place.node.point, along_m <= 0.0);
    place.gap_m = place.distance_m - fusion_path_half_m(path, place.node.time_s);
    // A hundredth for what the metres of a plane differ from those of the globe.
    place.inside_until_m = along_m + (-place.distance_m - 1.0) / 1.01;
    return place;
}

// Likewise, farther along than `last`: deep inside the distance need not be known.
static struct place place_after(const struct look *look, const struct place *last,
                                double along_m)
{
    if (along_m >= last->inside_until_m)
        return place_at(look, along_m);
    struct place place = *last;
    place.node = fusion_path_at(look->view->path, along_m);
    return place;
}

static enum fusion_zone_where judge_place(struct look *look, const struct place *place)
{
    return place->gap_m <= 0.0 ? judge(look, &place->node, place->distance_m)
                               : where_at(look, &place->node);
}

// Between two places the path sinks or climbs into the limits of the volume, or out of them:
// judges the outermost place that is still within.
static void judge_crossing(struct look *look, double from_m, enum fusion_zone_where from,
                           double to_m, enum fusion_zone_where to)
{
    for (enum fusion_zone_where level = FUSION_ZONE_WITHIN_ACCURACY;
         level <= FUSION_ZONE_INSIDE; level++) {
        if ((from >= level) == (to >= level))
            continue;
        double within_m = from >= level ? from_m : to_m,
               without_m = from >= level ? to_m : from_m;
        while (fabs(within_m - without_m) > CROSSING_M) {
            double middle_m = 0.5 * (within_m + without_m);
            struct fusion_path_node node = fusion_path_at(look->view->path, middle_m);
            if (where_at(look, &node) >= level)
                within_m = middle_m;
            else
                without_m = middle_m;
        }
        struct place place = place_at(look, within_m);
        (void)judge_place(look, &place);
    }
}

// How far on from a place within the corridor: no farther than the next corner, and not so far
// that heights pass unseen.
static double step_inside_m(const struct fusion_path *path, const struct place *place)
{
    const struct fusion_path_node *node = &place->node;
    double step_m = place->distance_m > 0.0
                        ? geo_lesser(geo_greater(place->distance_m, STEP_MIN_M), STEP_INSIDE_M)
                        : STEP_INSIDE_M;
    for (uint32_t i = 1; i < path->count; i++) {
        const struct fusion_path_node *a = &path->nodes[i - 1], *b = &path->nodes[i];
        if (b->along_m <= node->along_m)
            continue;
        double rise_m = fabs(b->amsl_m.value - a->amsl_m.value),
               leg_m = b->along_m - a->along_m;
        bool known = a->amsl_m.known && b->amsl_m.known;
        if (known && rise_m * step_m > STEP_UPRIGHT_M * leg_m)
            step_m = STEP_UPRIGHT_M * leg_m / rise_m;
        return geo_lesser(step_m, b->along_m - node->along_m);
    }
    return step_m;
}

// Goes along the path in steps that cannot pass over the volume: as far as the corridor's edge
// is from it. The steps suffice for all of the path.
static void look_along(struct look *look)
{
    const struct fusion_path *path = look->view->path;
    double widening = path->speed_mps > 0.0 ? path->growth_mps / path->speed_mps : 0.0;
    struct place place = place_at(look, 0.0);
    enum fusion_zone_where where = FUSION_ZONE_OUTSIDE;
    if (place.gap_m <= 0.0)
        where = judge_place(look, &place);
    for (int left = STEPS_MAX;
         left > 0 && place.node.along_m < path->length_m && !look->nominal.found; left--) {
        double from_m = place.node.along_m, least_m = (path->length_m - from_m) / left;
        bool within = place.gap_m <= 0.0;
        double step_m = within ? step_inside_m(path, &place)
                               : geo_greater(place.gap_m / (1.0 + widening), STEP_MIN_M);
        place = place_after(look, &place,
                            geo_lesser(from_m + geo_greater(step_m, least_m), path->length_m));
        if (!within && place.gap_m > 0.0)
            continue;
        enum fusion_zone_where last = where;
        where = judge_place(look, &place);
        if (within)
            judge_crossing(look, from_m, last, place.node.along_m, where);
    }
}

// Where the path climbs or sinks on the spot, it passes every height between.
static void look_upright(struct look *look)
{
    const struct fusion_path *path = look->view->path;
    for (uint32_t i = 1; i < path->count; i++) {
        struct fusion_path_node node = path->nodes[i - 1];
        const struct fusion_path_node *end = &path->nodes[i];
        if (look->nominal.found && look->nominal.time_s <= node.time_s)
            return;
        if (end->along_m > node.along_m || !end->amsl_m.known || !node.amsl_m.known)
            continue;
        double distance_m = away_m(look, node.point, i == 1);
        if (distance_m > fusion_path_half_m(path, node.time_s))
            continue;
        double from_m = node.amsl_m.value, by_m = end->amsl_m.value - from_m;
        double from_s = node.time_s, by_s = end->time_s - from_s;
        int steps = (int)geo_lesser(ceil(fabs(by_m) / STEP_MIN_M), STEPS_MAX);
        for (int step = 1; step <= steps; step++) {
            node.amsl_m.value = from_m + by_m * step / steps;
            node.time_s = from_s + by_s * step / steps;
            (void)judge(look, &node, distance_m);
        }
    }
}

// Without a course: when it may be there at the earliest, and when the zone applies then.
static void look_around(struct look *look)
{
    const struct fusion_view *view = look->view;
    const struct fusion_path *path = view->path;
    struct fusion_path_node node = path->nodes[0];
    double distance_m = away_m(look, node.point, true);
    double reach_mps = path->growth_mps + path->speed_mps;
    double time_s = distance_m <= path->base_m ? 0.0
                    : reach_mps > 0.0          ? (distance_m - path->base_m) / reach_mps
                                               : HUGE_VAL;
    // At the begin, when the zone begins to apply, and as far as the aircraft climbs or sinks.
    for (int i = 0; i < STEPS_MAX && time_s <= path->time_max_s && !look->nominal.found
                    && !(look->low.found && distance_m > 0.0);
         i++) {
        int64_t utc_us = view->now_utc_us + (int64_t)(time_s * SECOND_US);
        node.time_s = time_s;
        if (node.amsl_m.known)
            node.amsl_m = fusion_path_disc_amsl(path, time_s);
        (void)judge(look, &node, distance_m);
        double next_s =
            path->time_max_s > time_s ? geo_lesser(time_s + 1.0, path->time_max_s) : HUGE_VAL;
        int64_t change_us = fusion_zone_next_change(look->zone, utc_us);
        if (change_us != INT64_MAX)
            next_s = geo_lesser(next_s, (double)(change_us - view->now_utc_us + 1) / SECOND_US);
        time_s = next_s;
    }
}

static enum fusion_severity most_severe(uint32_t restriction)
{
    switch (restriction) {
    case GEO_ZONE_REQ_AUTHORISATION:
    case GEO_ZONE_CONDITIONAL:
    case GEO_ZONE_USPACE:
        return FUSION_SEVERITY_CAUTION;
    case GEO_ZONE_NO_RESTRICTION:
    case GEO_ZONE_INFORMATION:
        return FUSION_SEVERITY_INFO;
    default:
        return FUSION_SEVERITY_WARNING;
    }
}

static enum fusion_severity milder(enum fusion_severity a, enum fusion_severity b)
{
    return a > b ? a : b;
}

// The entry that counts, with the severity that goes with it.
static const struct entry *weigh(const struct look *look, enum fusion_severity *severity)
{
    enum fusion_severity nominal =
        look->nominal.found ? fusion_severity_of(look->nominal.time_s) : FUSION_SEVERITY_INFO;
    enum fusion_severity low =
        look->low.found ? milder(fusion_severity_of(look->low.time_s), FUSION_SEVERITY_CAUTION)
                        : FUSION_SEVERITY_INFO;
    bool by_low = !look->nominal.found || (look->low.found && low < nominal);
    *severity = by_low ? low : nominal;
    return by_low ? &look->low : &look->nominal;
}

// There is room for it.
static char *put(char *to, const char *text)
{
    const size_t length = strlen(text);
    memcpy(to, text, length + 1);
    return to + length;
}

static void say(struct fusion_advisory *advisory, const struct look *look,
                const struct entry *entry, bool inside)
{
    const struct geo_zone *zone = look->zone->zone;
    char begin[64], rest[64], when[FUSION_WHEN_SIZE], *at = begin;
    *at = '\0';
    if (inside && !(entry->time_s > 0.0))
        at = put(at, look->view->path->as_written ? "through " : "in "); // it is not flown yet
    if ((zone->flags & GEO_ZONE_WEATHER) == 0) {
        at = put(at, geo_zone_restriction_name((enum geo_zone_restriction)zone->restriction));
        (void)put(at, " zone ");
    }
    at = put(rest, entry->waits ? " begins" : "");
    if (entry->time_s > 0.0) {
        fusion_when(entry->time_s, when);
        at = put(put(at, " "), when);
    } else if (!inside) {
        at = put(at, " by the accuracies");
    }
    (void)put(at, entry->degraded ? ", height uncertain" : "");
    fusion_say(advisory->text, begin, zone->name[0] != '\0' ? zone->name : zone->id, rest);
}

static void raise(const struct look *look, const struct fusion_zone *zone,
                  struct fusion_advisories *list)
{
    enum fusion_severity severity;
    const struct entry *entry = weigh(look, &severity);
    const struct geo_zone *words = zone->view.zone;
    severity = milder(severity, most_severe(words->restriction));
    if (look->view->aircraft->fix.on_ground)
        severity = FUSION_SEVERITY_INFO;
    char cause[sizeof zone->source->source + GEO_ZONE_ID_SIZE + 2];
    (void)put(put(put(cause, zone->source->source), "\n"), words->id);
    bool dated = (words->flags & GEO_ZONE_HAS_DATA_TIME) != 0;
    enum fusion_advisory_kind kind = (words->flags & GEO_ZONE_WEATHER) != 0
                                         ? FUSION_ADVISORY_HAZARDOUS_WEATHER
                                         : FUSION_ADVISORY_ZONE;
    struct fusion_advisory advisory = fusion_advisory_begin(look->view, kind, severity, cause);
    advisory.layer = FUSION_LAYER_ZONE;
    advisory.source = zone->source->source;
    advisory.feature_id = words->id;
    advisory.time_to_go_known = true;
    advisory.time_to_go_s = entry->time_s;
    advisory.position_known = true;
    advisory.position = entry->position;
    advisory.value_known = true;
    advisory.value = entry->distance_m;
    advisory.unit = "m";
    advisory.data_time_known = true;
    advisory.data_time_utc_us = dated ? words->data_time_utc_us : zone->source->issue_utc_us;
    if (advisory.position.lon_deg > 180.0)
        advisory.position.lon_deg -= 360.0;
    else if (advisory.position.lon_deg < -180.0)
        advisory.position.lon_deg += 360.0;
    say(&advisory, look, entry, entry == &look->nominal);
    fusion_advisories_add(list, &advisory);
}

// What interpolation may lose between two numbers.
#define ROUNDING_M 1e-6

// How low and how high the path is; not known where it is not known of a part.
static void altitudes(const struct fusion_view *view, struct fusion_number *lowest,
                      struct fusion_number *highest)
{
    const struct fusion_path *path = view->path;
    *lowest = *highest = path->nodes[0].amsl_m;
    for (uint32_t i = 0; i <= path->count; i++) {
        // a disc has one node, and what it climbs or sinks there
        const struct fusion_number amsl_m = i < path->count
                                                ? path->nodes[i].amsl_m
                                                : fusion_path_disc_amsl(path, path->time_max_s);
        if (i == path->count && path->basis != FUSION_CORRIDOR_DISC)
            break;
        lowest->known = lowest->known && amsl_m.known;
        lowest->value = geo_lesser(lowest->value, amsl_m.value);
        highest->value = geo_greater(highest->value, amsl_m.value);
    }
    lowest->value -= ROUNDING_M;
    highest->value += ROUNDING_M;
    highest->known = lowest->known;
}

// Pressure rises and sinks with the path (height_of).
static struct fusion_number pressure_of(const struct fusion_view *view,
                                        struct fusion_number amsl_m)
{
    const struct fusion_height *own = &view->context->height;
    const bool moves = own->aircraft_amsl_m.known;
    const double by_m = moves ? amsl_m.value - own->aircraft_amsl_m.value : 0.0;
    return (struct fusion_number){.known = view->aircraft->fix.pressure.known
                                           && (!moves || amsl_m.known),
                                  .value = view->aircraft->fix.pressure.m + by_m};
}

static struct extremes extremes_of(const struct fusion_view *view)
{
    const struct fusion_height *own = &view->context->height;
    const struct fusion_look_ahead *ahead = &view->context->look_ahead;
    struct extremes heights;
    heights.begin = fusion_zone_axes_of(view->path->nodes[0].point);
    struct fusion_zone_height low = height_of(view, &view->path->nodes[0]), high = low;
    altitudes(view, &low.amsl_m, &high.amsl_m);
    low.pressure_m = pressure_of(view, low.amsl_m);
    high.pressure_m = pressure_of(view, high.amsl_m);
    high.agl_m.known = false; // the lowest ground is not at hand
    heights.highest = high;
    low.agl_acc95_m =
        geo_greater(own->agl_acc95_m.value, hypot(low.amsl_acc95_m, ahead->ground_acc95_m))
        + ROUNDING_M;
    for (size_t k = 0; k < ahead->segment_count; k++) {
        const struct fusion_segment *segment = &ahead->segments[k];
        low.agl_m.known = low.amsl_m.known && segment->ground_whole;
        low.agl_m.value = low.amsl_m.value - segment->ground_max_amsl_m.value - ROUNDING_M;
        if (k == 0) { // where it is the height is not that of the path (height_of)
            low.agl_m.known = low.agl_m.known && own->agl_m.known;
            low.agl_m.value = geo_lesser(low.agl_m.value, own->agl_m.value);
        }
        heights.lowest[k] = low;
    }
    return heights;
}

// Of which segments a volume is clear, a bit for each.
static uint32_t clear_of(const struct fusion_view *view, const struct extremes *heights,
                         const struct geo_zone_volume *volume)
{
    uint32_t clear = 0;
    for (size_t k = 0; k < view->context->look_ahead.segment_count; k++)
        if (fusion_zone_clear(volume, &heights->lowest[k], &heights->highest))
            clear |= UINT32_C(1) << k;
    return clear;
}

static void consider(const struct fusion_view *view, const struct extremes *heights,
                     const struct fusion_zone *zone, struct fusion_advisories *list)
{
    const uint32_t all = (UINT32_C(1) << view->context->look_ahead.segment_count) - 1;
    struct look look = {.view = view, .begin = &heights->begin, .zone = &zone->view};
    for (uint32_t i = 0; i < zone->view.zone->volume_count; i++) {
        look.volume = &zone->view.volumes[i];
        look.clear = clear_of(view, heights, look.volume);
        if (all != 0 && look.clear == all)
            continue;
        if (look.volume->shape == GEO_ZONE_CIRCLE)
            look.centre = fusion_zone_axes_of(look.volume->centre);
        struct look one = look;
        one.nominal.found = one.low.found = false;
        if (view->path->basis == FUSION_CORRIDOR_DISC)
            look_around(&one);
        else {
            look_along(&one);
            look_upright(&one);
        }
        if (one.nominal.found)
            note(&look.nominal, &one.nominal);
        if (one.low.found)
            note(&look.low, &one.low);
    }
    if (look.nominal.found || look.low.found)
        raise(&look, zone, list);
}

// A box around all that the path may touch.
static struct geo_bounds box_of(const struct fusion_path *path)
{
    struct geo_bounds box = fusion_path_box(path);
    double wide_m = fusion_path_reach_m(path);
    // 110,000 m is less than any degree of latitude
    double north_deg = wide_m / GEO_EARTH_M_PER_DEG_LEAST;
    double highest_deg =
        geo_lesser(geo_greater(fabs(box.south_deg), fabs(box.north_deg)) + north_deg, 89.0);
    double east_deg = north_deg / cos(highest_deg * GEO_RAD_PER_DEG);
    box.west_deg -= east_deg;
    box.east_deg += east_deg;
    box.south_deg -= north_deg;
    box.north_deg += north_deg;
    if (box.west_deg < -180.0)
        box.west_deg += 360.0;
    if (box.east_deg > 180.0)
        box.east_deg -= 360.0;
    return box;
}

void fusion_reason_zone(const struct fusion_view *view, struct fusion_advisories *list)
{
    struct fusion_zone_walk walk = fusion_zone_walk_begin(view->root, box_of(view->path));
    const struct fusion_zone *zone = fusion_zone_walk_next(&walk);
    if (zone == NULL)
        return;
    const struct extremes heights = extremes_of(view);
    for (; zone != NULL; zone = fusion_zone_walk_next(&walk))
        consider(view, &heights, zone, list);
}
