// SPDX-License-Identifier: Apache-2.0
// Another aircraft comes too near, by the closest point of approach in time and distance.
//
// Its own way is taken as the path (plan or velocity), the other's as straight on from its
// last report. Too near is within clearance_min_m and both radii across, and within
// clearance_min_m up and down; nominally, that is a WARNING or a CAUTION by its time. With
// both accuracies added, across growing with time, it is a CAUTION at most. Where a height is
// not known, across alone decides. An aircraft on the ground is not judged.
#include <math.h>
#include <stdio.h>

#include "fusion/around.h"
#include "fusion/context.h"
#include "fusion/frame.h"
#include "fusion/path.h"
#include "fusion/reasoners.h"

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
        from = fmax(from, fmin(low, high));
        to = fmin(to, fmax(low, high));
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
    bool known;
};

static void approach(const struct leg *leg, struct nearest *nearest)
{
    double square = leg->east_mps * leg->east_mps + leg->north_mps * leg->north_mps;
    double t = square > 0.0
                   ? -(leg->east_m * leg->east_mps + leg->north_m * leg->north_mps) / square
                   : 0.0;
    t = fmin(fmax(t, 0.0), leg->length_s);
    double distance_m =
        hypot(leg->east_m + leg->east_mps * t, leg->north_m + leg->north_mps * t);
    if (nearest->known && distance_m >= nearest->distance_m)
        return;
    *nearest =
        (struct nearest){leg->begin_s + t, distance_m, leg->up_m + leg->up_mps * t, true};
}

struct meeting {
    const struct fusion_view *view;
    const struct fusion_neighbour *other;
    struct fusion_frame frame;
    struct fusion_offset at; // the other at the time of the aircraft's own report
    struct margin nominal, low;
    double nominal_s, low_s; // negative: never
    struct nearest nearest;
};

// Own place from (east, north, up) to another within `length_s`.
static void fly(struct meeting *meeting, double begin_s, double length_s,
                struct fusion_offset from, struct fusion_offset to,
                struct fusion_number up_from, struct fusion_number up_to)
{
    const struct fusion_neighbour *other = meeting->other;
    double per_s = length_s > 0.0 ? 1.0 / length_s : 0.0;
    double lag_s =
        (double)(meeting->view->aircraft->fix.time_utc_us - other->time_utc_us) * 1e-6;
    struct leg leg = {
        .begin_s = begin_s,
        .length_s = length_s,
        .east_m = meeting->at.east_m + other->velocity_east_mps * begin_s - from.east_m,
        .north_m = meeting->at.north_m + other->velocity_north_mps * begin_s - from.north_m,
        .east_mps = other->velocity_east_mps - (to.east_m - from.east_m) * per_s,
        .north_mps = other->velocity_north_mps - (to.north_m - from.north_m) * per_s,
        .up_known = other->amsl_known && up_from.known && up_to.known,
    };
    if (leg.up_known) {
        leg.up_m = other->amsl_m + other->velocity_up_mps * (lag_s + begin_s) - up_from.value;
        leg.up_mps = other->velocity_up_mps - (up_to.value - up_from.value) * per_s;
    }
    approach(&leg, &meeting->nearest);
    double nominal = meeting->nominal_s < 0.0 ? first_near(&leg, &meeting->nominal) : -1.0;
    double low = meeting->low_s < 0.0 ? first_near(&leg, &meeting->low) : -1.0;
    if (nominal >= 0.0)
        meeting->nominal_s = begin_s + nominal;
    if (low >= 0.0)
        meeting->low_s = begin_s + low;
}

static void fly_all(struct meeting *meeting)
{
    const struct fusion_path *path = meeting->view->path;
    const struct fusion_fix *fix = &meeting->view->aircraft->fix;
    struct fusion_offset here = {0.0, 0.0};
    struct fusion_number up = meeting->view->context->height.aircraft_amsl_m;
    if (path->basis != FUSION_CORRIDOR_PLAN) {
        struct fusion_offset to = {
            fix->velocity_known ? fix->velocity_east_mps * path->time_max_s : 0.0,
            fix->velocity_known ? fix->velocity_north_mps * path->time_max_s : 0.0};
        struct fusion_number up_to = {up.known, up.value + path->climb_mps * path->time_max_s};
        fly(meeting, 0.0, path->time_max_s, here, to, up, up_to);
        return;
    }
    for (uint32_t i = 0; i < path->count; i++) {
        // the last of all: it stays where the plan ends
        bool last = i + 1 == path->count;
        const struct fusion_path_node *a = &path->nodes[i], *b = &path->nodes[last ? i : i + 1];
        double until_s = last ? path->time_max_s : b->time_s;
        if (until_s > a->time_s)
            fly(meeting, a->time_s, until_s - a->time_s,
                fusion_frame_offset(&meeting->frame, a->point),
                fusion_frame_offset(&meeting->frame, b->point), a->amsl_m, b->amsl_m);
    }
}

static void raise(const struct meeting *meeting, struct fusion_advisories *list)
{
    const struct fusion_view *view = meeting->view;
    const struct fusion_neighbour *other = meeting->other;
    bool nominal = meeting->nominal_s >= 0.0;
    double time_s = nominal ? meeting->nominal_s : meeting->low_s;
    enum fusion_severity severity = fusion_severity_of(time_s);
    if (!nominal && severity == FUSION_SEVERITY_WARNING)
        severity = FUSION_SEVERITY_CAUTION;
    // nominally later, by the accuracies sooner: the more pressing holds
    if (nominal && severity == FUSION_SEVERITY_INFO && meeting->low_s >= 0.0
        && meeting->low_s <= FUSION_CAUTION_S)
        severity = FUSION_SEVERITY_CAUTION;
    struct fusion_advisory advisory =
        fusion_advisory_begin(view, FUSION_ADVISORY_TRAFFIC, severity, other->traffic_id);
    advisory.layer = FUSION_LAYER_TRAFFIC;
    advisory.source = other->source;
    advisory.feature_id = other->traffic_id;
    advisory.data_time_known = true;
    advisory.data_time_utc_us = other->time_utc_us;
    advisory.time_to_go_known = true;
    advisory.time_to_go_s = time_s;
    advisory.position_known = true;
    advisory.position = other->position;
    advisory.alt_known = other->amsl_known;
    advisory.alt_amsl_m = other->amsl_m;
    advisory.value_known = true;
    advisory.value = meeting->nearest.distance_m;
    advisory.limit = meeting->nominal.across_m;
    advisory.unit = "m";
    char up[24] = "height unknown";
    if (other->amsl_known && view->context->height.aircraft_amsl_m.known)
        (void)snprintf(up, sizeof up, "%+.0f m up", meeting->nearest.up_m);
    (void)snprintf(advisory.text, sizeof advisory.text,
                   "%.36s%s: %.0f m across, %s, closest in %.0f s", other->traffic_id,
                   other->predicted ? " (predicted)" : "", meeting->nearest.distance_m, up,
                   meeting->nearest.time_s);
    fusion_advisories_add(list, &advisory);
}

void fusion_reason_traffic(const struct fusion_view *view, struct fusion_advisories *list)
{
    const struct fusion_around *around = view->aircraft->around;
    const struct fusion_fix *fix = &view->aircraft->fix;
    double limit_m = view->aircraft->limits.clearance_min_m;
    if (around == NULL || fix->on_ground || limit_m <= 0.0)
        return;
    struct fusion_frame frame = fusion_frame_at(fix->position);
    for (size_t i = 0; i < around->neighbour_count; i++) {
        const struct fusion_neighbour *other = &around->neighbours[i];
        double lag_s = (double)(fix->time_utc_us - other->time_utc_us) * 1e-6;
        double across_m = limit_m + view->aircraft->limits.aircraft_radius_m + other->radius_m;
        struct meeting meeting = {
            .view = view,
            .other = other,
            .frame = frame,
            .at = fusion_frame_offset(&frame, other->position),
            .nominal = {across_m, 0.0, limit_m},
            .low = {across_m + fusion_fix_acc95_m(fix) + other->horizontal_acc95_m,
                    view->path->growth_mps + other->growth_mps,
                    limit_m + view->context->height.aircraft_acc95_m.value
                        + other->amsl_acc95_m},
            .nominal_s = -1.0,
            .low_s = -1.0,
        };
        meeting.at.east_m += other->velocity_east_mps * lag_s;
        meeting.at.north_m += other->velocity_north_mps * lag_s;
        fly_all(&meeting);
        if (meeting.nominal_s >= 0.0 || meeting.low_s >= 0.0)
            raise(&meeting, list);
    }
}
