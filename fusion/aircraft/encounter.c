// SPDX-License-Identifier: Apache-2.0
// The time ahead is cut into legs within which both aircraft fly straight (the path has few
// pieces, the other aircraft one), so that the relative motion on a leg is linear and
// everything has a closed form: the closest point is the minimum of a quadratic, and the first
// time within a margin is a root of another one, whose margin may grow linearly with time. The
// vertical condition bounds the times on a leg before the quadratic is solved. Stepping
// through time instead would miss short encounters between steps. Each leg is solved for the
// nominal margin and for the margins widened by the accuracies; the earliest hit of each is
// kept. Another aircraft without a known course stands in these equations, in a circle that
// grows as fast as it may fly: the aircraft meets that circle when it meets the other one
// coming straight at it. A descent is cut into pieces that follow the known ground where it
// would lead below it; each piece of the one aircraft is met with each of the other.
#include "fusion/aircraft/encounter.h"

#include <math.h>
#include <string.h>

#include "fusion/aircraft/altimeter.h"
#include "fusion/aircraft/context.h"
#include "fusion/aircraft/path.h"
#include "fusion/root/sample.h"
#include "geo/extreme.h"
#include "geo/frame.h"
#include "geo/length.h"

// A stretch of time in which both fly straight: where the other is from here, and how that
// changes.
struct leg {
    double begin_s, length_s;
    double east_m, north_m, up_m, east_mps, north_mps, up_mps;
    bool up_known;
};

struct margin {
    double across_m, across_mps, up_m;
};

// The first t in [0, length] with |up| within the margin and the distance across too; negative:
// never. Across: (v2 - g2) t2 + 2 (p v - s g) t + p2 - s2 <= 0.
static double first_near(const struct leg *leg, const struct margin *margin)
{
    double from = 0.0, to = leg->length_s;
    if (leg->up_known && fabs(leg->up_mps) > 1e-9) {
        double low = (-margin->up_m - leg->up_m) / leg->up_mps;
        double high = (margin->up_m - leg->up_m) / leg->up_mps;
        from = geo_greater(from, geo_lesser(low, high));
        to = geo_lesser(to, geo_greater(low, high));
    } else if (leg->up_known && fabs(leg->up_m) > margin->up_m) {
        return -1.0;
    }
    if (from > to)
        return -1.0;
    double s = margin->across_m + margin->across_mps * leg->begin_s, g = margin->across_mps;
    double a = leg->east_mps * leg->east_mps + leg->north_mps * leg->north_mps - g * g;
    double b = leg->east_m * leg->east_mps + leg->north_m * leg->north_mps - s * g;
    double c = leg->east_m * leg->east_m + leg->north_m * leg->north_m - s * s;
    if ((a * from + 2.0 * b) * from + c <= 0.0)
        return from;
    double t = -1.0;
    if (fabs(a) < 1e-12) {
        t = b < 0.0 ? -c / (2.0 * b) : -1.0;
    } else {
        double square = b * b - a * c;
        if (square < 0.0)
            return -1.0;
        // going in: the smaller root of a valley, the greater one of a hill
        t = (-b - sqrt(square)) / a;
    }
    return t >= from && t <= to ? t : -1.0;
}

struct nearest {
    double time_s, distance_m, up_m;
    bool known, up_known;
};

// When the distance on a leg, less a circle that grows by reach_mps, is least.
static double nearest_s(const struct leg *leg, double reach_mps)
{
    double square = leg->east_mps * leg->east_mps + leg->north_mps * leg->north_mps;
    if (square <= reach_mps * reach_mps)
        return reach_mps > 0.0 ? leg->length_s : 0.0;
    double closest_s = -(leg->east_m * leg->east_mps + leg->north_m * leg->north_mps) / square;
    if (reach_mps == 0.0)
        return geo_lesser(geo_greater(closest_s, 0.0), leg->length_s);
    double miss_m = geo_length(leg->east_m + leg->east_mps * closest_s,
                               leg->north_m + leg->north_mps * closest_s);
    double after_s = miss_m * reach_mps / sqrt(square * (square - reach_mps * reach_mps));
    return geo_lesser(geo_greater(closest_s + after_s, 0.0), leg->length_s);
}

// Returns what they are apart at least on the leg; 0 where that was not worked out.
static double approach(const struct leg *leg, const struct margin *reach,
                       struct nearest *nearest)
{
    double t = nearest_s(leg, reach->across_mps), contact_s = -1.0;
    if (reach->across_m > 0.0 || reach->across_mps > 0.0)
        contact_s = first_near(leg, reach);
    if (contact_s >= 0.0)
        t = contact_s;
    double reach_m = reach->across_m + reach->across_mps * (leg->begin_s + t);
    double apart_m =
        geo_length(leg->east_m + leg->east_mps * t, leg->north_m + leg->north_mps * t);
    double distance_m = contact_s >= 0.0 ? 0.0 : geo_greater(apart_m - reach_m, 0.0);
    if (contact_s >= 0.0 || reach->across_mps > 0.0)
        apart_m = 0.0;
    if (nearest->known && distance_m >= nearest->distance_m)
        return apart_m;
    *nearest = (struct nearest){.time_s = leg->begin_s + t,
                                .distance_m = distance_m,
                                .up_m = leg->up_known ? leg->up_m + leg->up_mps * t : 0.0,
                                .known = true,
                                .up_known = leg->up_known};
    return apart_m;
}

enum { NOMINAL, LOW, WIDE, MARGINS };
#define ROUNDING_M 1e-3 // more than a distance is off by

// From then on: how high over a level, and how that changes until the next knot.
struct knot {
    double time_s, up_m, up_mps;
};

#define PIECE_M 50.0
enum { PIECES_MAX = 8, KNOTS_MAX = 2 * PIECES_MAX + 1 };

struct heights {
    uint32_t count;
    struct knot knots[KNOTS_MAX];
};

// One that flies straight on: where it is at time 0, how high, since when it climbs or sinks.
struct flight {
    struct geo_offset at;
    double east_mps, north_mps, up_mps;
    double since_s;
    struct fusion_number amsl_m; // then
};

struct encounter {
    const struct fusion_view *view;
    const struct fusion_neighbour *other;
    const struct geo_frame *frame; // at the aircraft
    struct geo_offset at;          // the other at the time of the aircraft's own report
    bool up_known;
    const struct heights *heights; // of the other over the aircraft then
    struct margin reach;           // where it may have flown, its course not being known
    struct margin margins[MARGINS];
    double first_s[MARGINS]; // negative: never
    struct nearest nearest;
};

// Own place and how far up since the report.
struct place {
    struct geo_offset at;
    struct fusion_number up;
};

// Own place to another within `length_s`; the other's vertical speed does not change on it.
static void add_leg(struct encounter *encounter, double begin_s, double length_s,
                    const struct place *a, const struct place *b, const struct knot *knot)
{
    const struct fusion_neighbour *other = encounter->other;
    const struct geo_offset from = a->at, to = b->at;
    double per_s = length_s > 0.0 ? 1.0 / length_s : 0.0;
    struct leg leg = {
        .begin_s = begin_s,
        .length_s = length_s,
        .east_m = encounter->at.east_m + other->velocity_east_mps * begin_s - from.east_m,
        .north_m = encounter->at.north_m + other->velocity_north_mps * begin_s - from.north_m,
        .east_mps = other->velocity_east_mps - (to.east_m - from.east_m) * per_s,
        .north_mps = other->velocity_north_mps - (to.north_m - from.north_m) * per_s,
        .up_known = encounter->up_known && a->up.known && b->up.known,
        .up_m = knot->up_m + knot->up_mps * (begin_s - knot->time_s) - a->up.value,
        .up_mps = knot->up_mps - (b->up.value - a->up.value) * per_s,
    };
    const double apart_m = approach(&leg, &encounter->reach, &encounter->nearest) - ROUNDING_M;
    // None of the others is wider.
    const struct margin *wide = &encounter->margins[WIDE];
    if (apart_m > wide->across_m + wide->across_mps * (begin_s + length_s))
        return;
    for (size_t i = 0; i < MARGINS; i++) {
        const struct margin *margin = &encounter->margins[i];
        if (encounter->first_s[i] >= 0.0
            || apart_m > margin->across_m + margin->across_mps * (begin_s + length_s))
            continue;
        double near_s = first_near(&leg, margin);
        if (near_s >= 0.0)
            encounter->first_s[i] = begin_s + near_s;
    }
}

static struct place between(const struct place *a, const struct place *b, double share)
{
    return (struct place){
        .at = {.east_m = a->at.east_m + (b->at.east_m - a->at.east_m) * share,
               .north_m = a->at.north_m + (b->at.north_m - a->at.north_m) * share},
        .up = {.known = a->up.known && b->up.known,
               .value = a->up.value + (b->up.value - a->up.value) * share}};
}

// A leg, in as many as the other's heights have pieces on it.
static void add_legs_of(struct encounter *encounter, double begin_s, double end_s,
                        const struct place *a, const struct place *b)
{
    const struct heights *heights = encounter->heights;
    struct place from = *a;
    for (uint32_t i = 0; i < heights->count; i++) {
        bool last = i + 1 == heights->count;
        double until_s = last ? end_s : geo_lesser(heights->knots[i + 1].time_s, end_s);
        if (until_s <= begin_s)
            continue;
        struct place to =
            until_s >= end_s ? *b : between(&from, b, (until_s - begin_s) / (end_s - begin_s));
        add_leg(encounter, begin_s, until_s - begin_s, &from, &to, &heights->knots[i]);
        from = to;
        begin_s = until_s;
    }
}

static void add_knot(struct heights *heights, double time_s, double up_m)
{
    if (heights->count > 0) {
        struct knot *last = &heights->knots[heights->count - 1];
        last->up_mps = (up_m - last->up_m) / (time_s - last->time_s);
    }
    heights->knots[heights->count++] = (struct knot){time_s, up_m, 0.0};
}

// As low as it may be after a time, from its height: the known ground under its way, or where
// it is if that ground is higher.
static double floor_m(const struct encounter *encounter, const struct flight *flight,
                      double time_s)
{
    if (!flight->amsl_m.known)
        return -HUGE_VAL;
    const struct geo_offset at = {.east_m = flight->at.east_m + flight->east_mps * time_s,
                                  .north_m = flight->at.north_m + flight->north_mps * time_s};
    const struct fusion_path_node node = {.point = geo_frame_point(encounter->frame, at)};
    double ground_m;
    bool known =
        fusion_sample_ground_height(encounter->view->root, fusion_path_place(&node), &ground_m);
    return known ? geo_lesser(ground_m - flight->amsl_m.value, 0.0) : -HUGE_VAL;
}

// Its heights until then, over `level_m` at its amsl_m. A descent follows the ground where its
// straight line would lead below it.
static void heights_of(const struct encounter *encounter, const struct flight *flight,
                       double level_m, double until_s, struct heights *out)
{
    double line_m = flight->up_mps * flight->since_s;
    out->count = 1;
    out->knots[0] = (struct knot){.up_m = level_m + line_m, .up_mps = flight->up_mps};
    if (!(flight->up_mps < 0.0) || !flight->amsl_m.known || !(until_s > 0.0))
        return;
    double way_m = geo_length(flight->east_mps, flight->north_mps) * until_s;
    double pieces = geo_lesser(geo_greater(ceil(way_m / PIECE_M), 1.0), PIECES_MAX);
    double low_m = floor_m(encounter, flight, 0.0), over_m = line_m - low_m, last_s = 0.0;
    out->count = 0;
    add_knot(out, 0.0, level_m + geo_greater(line_m, low_m));
    for (int i = 1; i <= (int)pieces; i++) {
        double time_s = until_s * i / pieces, last_over_m = over_m;
        line_m = flight->up_mps * (flight->since_s + time_s);
        low_m = floor_m(encounter, flight, time_s);
        over_m = line_m - low_m;
        if (last_over_m * over_m < 0.0 && isfinite(last_over_m) && isfinite(over_m)) {
            // where it meets the ground, or leaves it
            double share = last_over_m / (last_over_m - over_m);
            double meets_s = last_s + (time_s - last_s) * share;
            if (meets_s > last_s && meets_s < time_s)
                add_knot(out, meets_s, level_m + flight->up_mps * (flight->since_s + meets_s));
        }
        add_knot(out, time_s, level_m + geo_greater(line_m, low_m));
        last_s = time_s;
    }
}

// How much higher than now the plan wants it there.
static struct fusion_number climbed(const struct encounter *encounter,
                                    const struct fusion_path_node *node)
{
    struct fusion_number own = encounter->view->context->height.aircraft_amsl_m;
    return (struct fusion_number){.known = own.known && node->amsl_m.known,
                                  .value = node->amsl_m.value - own.value};
}

// Straight on by its velocity.
static void add_legs_straight(struct encounter *encounter)
{
    const struct fusion_path *path = encounter->view->path;
    const struct fusion_fix *fix = &encounter->view->aircraft->fix;
    struct flight own = {.up_mps = path->climb_mps,
                         .amsl_m = encounter->view->context->height.aircraft_amsl_m};
    if (fix->velocity_known) {
        own.east_mps = fix->velocity_east_mps;
        own.north_mps = fix->velocity_north_mps;
    }
    struct heights heights;
    heights_of(encounter, &own, 0.0, path->time_max_s, &heights);
    struct place from = {.up = {true, heights.knots[0].up_m}};
    for (uint32_t i = 0; i < heights.count; i++) {
        const struct knot *knot = &heights.knots[i];
        double until_s = i + 1 < heights.count ? knot[1].time_s : path->time_max_s;
        if (until_s <= knot->time_s)
            continue;
        const struct place to = {
            .at = {.east_m = own.east_mps * until_s, .north_m = own.north_mps * until_s},
            .up = {true, knot->up_m + knot->up_mps * (until_s - knot->time_s)}};
        add_legs_of(encounter, knot->time_s, until_s, &from, &to);
        from = to;
    }
}

static void add_legs_planned(struct encounter *encounter)
{
    const struct fusion_path *path = encounter->view->path;
    const struct fusion_path_node *a = &path->nodes[0];
    struct place from = {geo_frame_offset(encounter->frame, a->point), climbed(encounter, a)};
    for (uint32_t i = 0; i < path->count; i++) {
        // the last of all: it stays where the plan ends
        bool last = i + 1 == path->count;
        const struct fusion_path_node *b = last ? a : a + 1;
        double until_s = last ? path->time_max_s : b->time_s;
        const struct place to = {geo_frame_offset(encounter->frame, b->point),
                                 climbed(encounter, b)};
        if (until_s > a->time_s)
            add_legs_of(encounter, a->time_s, until_s, &from, &to);
        from = to;
        a = b;
    }
}

// What the other's heights are, its ellipsoid height brought over the geoid there; of one that
// is predicted the descent ends at the ground.
static void other_amsl(const struct fusion_view *view, const struct geo_crs *crs,
                       struct fusion_encounter *out)
{
    const struct fusion_neighbour *other = out->other;
    double undulation_m;
    out->amsl_known = other->amsl_known;
    out->amsl_m = other->amsl_known ? other->amsl_m : 0.0;
    if (!out->amsl_known && other->wgs84_known
        && geo_crs_geoid_m(crs, other->position, &undulation_m) == DRF_OK) {
        out->amsl_known = true;
        out->amsl_m = other->wgs84_m - undulation_m;
    }
    if (!out->amsl_known || !other->predicted || !(other->velocity_up_mps < 0.0))
        return;
    double ground_m;
    if (fusion_sample_ground_height(view->root, other->position, &ground_m))
        out->amsl_m = geo_greater(out->amsl_m, ground_m);
}

static void set_vertical(struct fusion_encounter *out, enum fusion_apart apart, double up_m,
                         double acc95_m)
{
    out->apart = apart;
    out->up_m = up_m;
    out->up_acc95_m = acc95_m;
}

// One height AMSL, one of pressure: `pressure` is brought to the other frame, or roughly left.
static void compare_mixed(const struct fusion_view *view, double pressure_m, double acc95_m,
                          double amsl_m, bool other_has_pressure, struct fusion_encounter *out)
{
    const struct fusion_fix *fix = &view->aircraft->fix;
    struct fusion_altimeter altimeter =
        fusion_altimeter_at(view->root, fix->position, view->now_utc_us);
    enum fusion_apart apart = FUSION_APART_ROUGH;
    double as_amsl_m = pressure_m, as_acc95_m = acc95_m + FUSION_APART_ROUGH_M;
    if (altimeter.known) {
        struct fusion_altitude set = fusion_altimeter_amsl(&altimeter, pressure_m, acc95_m);
        apart = FUSION_APART_QNH;
        as_amsl_m = set.m;
        as_acc95_m = set.acc95_m;
    }
    double up_m = other_has_pressure ? as_amsl_m - amsl_m : amsl_m - as_amsl_m;
    set_vertical(out, apart, up_m, as_acc95_m);
}

// How much the other is above the aircraft, each at the time of its own report.
static void compare_heights(const struct fusion_view *view, struct fusion_encounter *out)
{
    const struct fusion_neighbour *other = out->other;
    const struct fusion_height *own = &view->context->height;
    const struct fusion_altitude *pressure = &view->aircraft->fix.pressure;
    double own_acc95_m =
        pressure->acc95_m > 0.0 ? pressure->acc95_m : FUSION_ALTITUDE_ACC95_DEFAULT_M;
    if (own->aircraft_amsl_m.known && out->amsl_known) {
        set_vertical(out, FUSION_APART_AMSL, out->amsl_m - own->aircraft_amsl_m.value,
                     own->aircraft_acc95_m.value + other->amsl_acc95_m);
    } else if (pressure->known && other->pressure_known) {
        set_vertical(out, FUSION_APART_PRESSURE, other->pressure_m - pressure->m,
                     own_acc95_m + other->amsl_acc95_m);
    } else if (own->aircraft_amsl_m.known && other->pressure_known) {
        compare_mixed(view, other->pressure_m, other->amsl_acc95_m, own->aircraft_amsl_m.value,
                      true, out);
        out->up_acc95_m += own->aircraft_acc95_m.value;
    } else if (pressure->known && out->amsl_known) {
        compare_mixed(view, pressure->m, own_acc95_m, out->amsl_m, false, out);
        out->up_acc95_m += other->amsl_acc95_m;
    }
}

static void set_margins(const struct fusion_view *view, const struct fusion_encounter *out,
                        double lag_s, struct encounter *encounter)
{
    const struct fusion_neighbour *other = out->other;
    const struct fusion_limits *limits = &view->aircraft->limits;
    double own_acc_m = fusion_fix_acc95_m(&view->aircraft->fix);
    double growth_mps = view->path->growth_mps + other->growth_mps + other->reach_mps;
    double reach_m = other->reach_m + other->reach_mps * fabs(lag_s);
    bool said = !other->reach_assumed;
    struct margin low = {
        .across_m = out->limit_m + reach_m + own_acc_m + other->horizontal_counted_m,
        .across_mps = growth_mps,
        .up_m = limits->clearance_min_m + out->up_acc95_m
                - geo_greater(other->amsl_acc95_m - other->amsl_counted_m, 0.0),
    };
    encounter->reach = (struct margin){reach_m, other->reach_mps, HUGE_VAL};
    encounter->margins[NOMINAL] =
        (struct margin){out->limit_m + (said ? reach_m : 0.0), said ? other->reach_mps : 0.0,
                        limits->clearance_min_m};
    encounter->margins[LOW] = low;
    encounter->margins[WIDE] = (struct margin){
        low.across_m
            + geo_greater(other->horizontal_acc95_m - other->horizontal_counted_m, 0.0),
        growth_mps, limits->clearance_min_m + out->up_acc95_m};
    for (size_t i = 0; i < MARGINS; i++)
        encounter->first_s[i] = -1.0;
}

void fusion_encounter_compute(const struct fusion_view *view, const struct geo_crs *crs,
                              const struct fusion_neighbour *other,
                              struct fusion_encounter *out)
{
    const struct fusion_fix *fix = &view->aircraft->fix;
    const struct fusion_limits *limits = &view->aircraft->limits;
    double lag_s = (double)(fix->time_utc_us - other->time_utc_us) * 1e-6;
    *out = (struct fusion_encounter){.other = other};
    other_amsl(view, crs, out);
    compare_heights(view, out);
    out->limit_m = limits->clearance_min_m + limits->aircraft_radius_m + other->radius_m;
    const struct geo_frame *frame = &view->path->here;
    struct encounter encounter = {
        .view = view,
        .other = other,
        .frame = frame,
        .at = geo_frame_offset(frame, other->position),
        .up_known = out->apart != FUSION_APART_UNKNOWN,
    };
    set_margins(view, out, lag_s, &encounter);
    encounter.at.east_m += other->velocity_east_mps * lag_s;
    encounter.at.north_m += other->velocity_north_mps * lag_s;
    const struct flight flight = {
        .at = encounter.at,
        .east_mps = other->velocity_east_mps,
        .north_mps = other->velocity_north_mps,
        .up_mps = other->velocity_up_mps,
        .since_s = lag_s,
        .amsl_m = {.known = out->amsl_known, .value = out->amsl_m},
    };
    const struct fusion_path *path = view->path;
    double until_s = geo_greater(path->time_max_s, path->nodes[path->count - 1].time_s);
    struct heights heights;
    heights_of(&encounter, &flight, out->up_m, until_s, &heights);
    encounter.heights = &heights;
    if (path->basis == FUSION_CORRIDOR_PLAN)
        add_legs_planned(&encounter);
    else
        add_legs_straight(&encounter);
    out->up_m = heights.knots[0].up_m;
    out->distance_m = geo_length(encounter.at.east_m, encounter.at.north_m);
    out->at = encounter.at;
    // what is only roughly known is no nominal conflict
    out->nominal_s = out->apart == FUSION_APART_ROUGH ? -1.0 : encounter.first_s[NOMINAL];
    out->low_s = encounter.first_s[LOW];
    out->wide_s = encounter.first_s[WIDE];
    out->cpa_s = encounter.nearest.time_s;
    out->cpa_m = encounter.nearest.known ? encounter.nearest.distance_m : out->distance_m;
    out->cpa_up_m = encounter.nearest.up_m;
    out->cpa_up_known = encounter.nearest.up_known;
}

static int sooner(double a_s, double b_s)
{
    if (a_s >= 0.0 && b_s >= 0.0)
        return (a_s > b_s) - (a_s < b_s);
    return (b_s >= 0.0) - (a_s >= 0.0);
}

int fusion_encounter_compare(const struct fusion_encounter *a, const struct fusion_encounter *b)
{
    int order = sooner(a->nominal_s, b->nominal_s);
    if (order == 0)
        order = sooner(a->low_s, b->low_s);
    if (order == 0)
        order = sooner(a->wide_s, b->wide_s);
    if (order == 0)
        order = (a->cpa_m > b->cpa_m) - (a->cpa_m < b->cpa_m);
    return order != 0 ? order : strcmp(a->other->traffic_id, b->other->traffic_id);
}
