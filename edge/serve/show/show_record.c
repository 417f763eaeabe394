// SPDX-License-Identifier: Apache-2.0
// The record of one drone for those who look, from its context or from what is held of it.
#include <string.h>

#include "edge/serve/serve_parts.h"
#include "fusion/aircraft/path.h"
#include "fusion/context/context_build.h"

static uint16_t flags_of(const struct edge_drone *drone)
{
    return (uint16_t)((edge_place_inside(&drone->place) ? 0U : EDGE_VIEW_OUTSIDE)
                      | (drone->profile.held ? EDGE_VIEW_HAS_PROFILE : 0U)
                      | (drone->report.fix.on_ground ? EDGE_VIEW_ON_GROUND : 0U)
                      | (drone->sight.lost ? EDGE_VIEW_LOST : 0U)
                      | (drone->slot.reporting ? EDGE_VIEW_REPORTING : 0U)
                      | (drone->sight.unconfirmed ? EDGE_VIEW_UNCONFIRMED : 0U));
}

// What its last report says.
void edge_show_report(const struct edge_drone *drone, struct edge_view_drone *out)
{
    const struct fusion_fix *fix = &drone->report.fix;
    const double north = fix->velocity_north_mps, east = fix->velocity_east_mps;
    out->report_utc_us = fix->time_utc_us;
    out->drone_boot_id = drone->report.drone_boot_id;
    out->telemetry_seq = drone->report.seq;
    out->context_seq = drone->stream.sent_seq;
    out->lat_e7 = edge_view_scaled(fix->position.lat_deg, 1e7);
    out->lon_e7 = edge_view_scaled(fix->position.lon_deg, 1e7);
    out->track_cdeg_true =
        fix->velocity_known ? edge_view_track(north, east) : EDGE_VIEW_UNKNOWN;
    out->speed_cmps = fix->velocity_known
                          ? edge_view_scaled(sqrt(north * north + east * east), 100.0)
                          : EDGE_VIEW_UNKNOWN;
    out->climb_cmps = fix->velocity_up_known ? edge_view_scaled(fix->velocity_up_mps, 100.0)
                                             : EDGE_VIEW_UNKNOWN;
    out->flags = (uint16_t)((out->flags & (unsigned)EDGE_VIEW_FOLLOWS_PLAN) | flags_of(drone));
}

static int32_t centimetres(struct fusion_number number)
{
    return number.known ? edge_view_scaled(number.value, 100.0) : EDGE_VIEW_UNKNOWN;
}

static void put_ahead(const struct fusion_look_ahead *ahead, struct edge_view_drone *out)
{
    const struct fusion_segment *least = NULL;
    double length_m = 0.0, unknown_m = 0.0;
    for (size_t i = 0; i < ahead->segment_count; i++) {
        const struct fusion_segment *segment = &ahead->segments[i];
        length_m += segment->to_m - segment->from_m;
        unknown_m += (segment->to_m - segment->from_m) * segment->unknown_ratio;
        if (segment->clearance_low_m.known
            && (least == NULL || segment->clearance_low_m.value < least->clearance_low_m.value))
            least = segment;
    }
    if (length_m > 0.0)
        out->ahead_unknown_permille = edge_view_scaled(unknown_m / length_m, 1000.0);
    if (least == NULL)
        return;
    out->ahead_low_cm = centimetres(least->clearance_low_m);
    out->ahead_from_m = edge_view_scaled(least->from_m, 1.0);
    out->ahead_to_m = edge_view_scaled(least->to_m, 1.0);
}

static void count(uint32_t severity, uint32_t more, struct edge_view_drone *out)
{
    if (severity == FUSION_SEVERITY_WARNING)
        out->warnings += more;
    else if (severity == FUSION_SEVERITY_CAUTION)
        out->cautions += more;
    else if (severity == FUSION_SEVERITY_INFO)
        out->infos += more;
}

static bool sooner(const struct fusion_advisory *a, const struct fusion_advisory *b)
{
    return a->time_to_go_known && (!b->time_to_go_known || a->time_to_go_s < b->time_to_go_s);
}

// The most severe come first; of them the one that is due soonest counts.
static void put_advisories(const struct fusion_advisories *list, struct edge_view_drone *out)
{
    const struct fusion_advisory *worst = NULL;
    for (size_t i = 0; i < list->count; i++) {
        const struct fusion_advisory *item = &list->items[i];
        count(item->severity, 1, out);
        if (worst == NULL || (item->severity == worst->severity && sooner(item, worst)))
            worst = item;
    }
    if (list->left_out > 0)
        count(list->left_out_severity, list->left_out, out);
    if (worst == NULL)
        return;
    out->severity = (uint8_t)worst->severity;
    out->kind = (uint8_t)worst->kind;
    if (worst->time_to_go_known)
        out->time_to_go_ms = edge_view_scaled(worst->time_to_go_s, 1000.0);
    _Static_assert(sizeof out->text == sizeof worst->text, "one is copied to the other");
    memcpy(out->text, worst->text, sizeof out->text);
}

// What it was told last.
static void put_held(const struct edge_advisories *advisories, struct edge_view_drone *out)
{
    const struct edge_advisory *worst = NULL;
    for (size_t i = 0; i < edge_advisories_room(advisories); i++) {
        const struct edge_advisory *held = edge_advisories_at(advisories, i);
        if (held->advisory_id == 0 || held->severity == 0)
            continue;
        count(held->severity, 1, out);
        if (worst == NULL || held->severity < worst->severity)
            worst = held;
    }
    if (worst == NULL)
        return;
    out->severity = worst->severity;
    out->kind = worst->kind;
    _Static_assert(sizeof out->text == sizeof worst->text, "one is copied to the other");
    memcpy(out->text, worst->text, sizeof out->text);
}

static struct edge_view_drone blank(const struct edge_drone *drone)
{
    struct edge_view_drone out = {
        .evaluated_utc_us = EDGE_VIEW_UNKNOWN_UTC,
        .amsl_cm = EDGE_VIEW_UNKNOWN,
        .agl_cm = EDGE_VIEW_UNKNOWN,
        .free_cm = EDGE_VIEW_UNKNOWN,
        .free_low_cm = EDGE_VIEW_UNKNOWN,
        .ahead_low_cm = EDGE_VIEW_UNKNOWN,
        .ahead_from_m = EDGE_VIEW_UNKNOWN,
        .ahead_to_m = EDGE_VIEW_UNKNOWN,
        .ahead_unknown_permille = EDGE_VIEW_UNKNOWN,
        .time_to_go_ms = EDGE_VIEW_UNKNOWN,
    };
    _Static_assert(sizeof drone->id <= sizeof out.id, "an id fits");
    memcpy(out.id, drone->id, sizeof drone->id);
    edge_show_report(drone, &out);
    return out;
}

void edge_show_record(const struct edge_drone *drone, const struct fusion_context *context,
                      int64_t now_utc_us, struct edge_view_drone *out)
{
    const struct fusion_height *height = &context->height;
    *out = blank(drone);
    out->evaluated_utc_us = now_utc_us;
    out->amsl_cm = centimetres(height->aircraft_amsl_m);
    out->agl_cm = centimetres(height->agl_m);
    out->free_cm = centimetres(height->clearance_m);
    out->free_low_cm = centimetres(height->clearance_low_m);
    put_ahead(&context->look_ahead, out);
    put_advisories(&context->advisories, out);
    out->plan_state = (uint8_t)context->plan_state;
    if (context->plan_state == FUSION_PLAN_FOLLOWED)
        out->flags |= EDGE_VIEW_FOLLOWS_PLAN;
    out->ground_reason = (uint8_t)height->ground_reason;
    out->surface_reason = (uint8_t)height->surface_reason;
}

void edge_show_record_held(const struct edge_drone *drone, struct edge_view_drone *out)
{
    *out = blank(drone);
    if (drone->report.fix.amsl.known)
        out->amsl_cm = edge_view_scaled(drone->report.fix.amsl.m, 100.0);
    put_held(&drone->advisories, out);
}

void edge_show_way(const struct edge_serve *serve, const struct edge_drone *drone,
                   struct fusion_builder *builder, struct edge_view_detail *out)
{
    const struct fusion_aircraft aircraft = edge_aircraft_of(drone);
    struct fusion_path path;
    fusion_context_way(builder, serve->root, &aircraft, serve->now.utc_us, &path);
    out->clearance_min_cm = edge_view_scaled(drone->profile.limits.clearance_min_m, 100.0);
    out->corner_count = 0;
    for (uint32_t i = 0; i < path.count && path.basis != FUSION_CORRIDOR_DISC
                         && out->corner_count < EDGE_VIEW_WAY_MAX;
         i++) {
        const struct fusion_path_node *node = &path.nodes[i];
        const struct geo_point place = fusion_path_place(node);
        out->corners[out->corner_count++] =
            (struct edge_view_corner){.lat_e7 = edge_view_scaled(place.lat_deg, 1e7),
                                      .lon_e7 = edge_view_scaled(place.lon_deg, 1e7),
                                      .along_cm = edge_view_scaled(node->along_m, 100.0),
                                      .amsl_cm = centimetres(node->amsl_m)};
    }
}
