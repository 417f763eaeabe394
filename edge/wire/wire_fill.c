// SPDX-License-Identifier: Apache-2.0
// From plain structs to the generated ones, field by field. Absent values stay absent: PUT and
// PUT_NUMBER set a field and its presence flag only where the value is known, and where it is
// not the reason is set instead. Texts and arrays are not copied but point into the sources of
// the context or into struct edge_wire_message, which must therefore not be moved before it is
// packed.
#include <string.h>

#include "drf/v1/enums.pb-c.h"
#include "edge/wire/wire_message.h"
#include "edge/wire/wire_parts.h"
#include "fusion/aircraft/surroundings.h"
#include "geo/earth.h"
#include "geo/length.h"

#define SET(message, field, to) ((message)->has_##field = 1, (message)->field = (to))
#define PUT(message, field, number)                                                            \
    edge_wire_put(&(message)->has_##field, &(message)->field, (number))
#define PUT_NUMBER(message, field, number)                                                     \
    edge_wire_put_number(&(message)->has_##field, &(message)->field, (number))

static char *source_text(const struct fusion_source *source)
{
    return source != NULL ? edge_wire_text(source->source) : NULL;
}

// 0 in a provenance means that it has none.
static void put_positive(protobuf_c_boolean *has, float *out, double value)
{
    if (value > 0.0)
        edge_wire_put(has, out, value);
}

// Under an obstacle the surface is its top: accuracy and time are the obstacle's.
static void fill_surface(Drf__V1__Height *out, const struct fusion_height *h)
{
    out->surface_source = source_text(h->surface_source);
    if (h->surface_obstacle != NULL) {
        const struct geo_obstacle *o = h->surface_obstacle->obstacle;
        PUT(out, surface_acc95_m, o->vertical_acc95_m);
        if ((o->flags & GEO_OBSTACLE_VERTICAL_ASSUMED) != 0)
            SET(out, surface_accuracy_assumed, 1);
        if ((o->flags & GEO_OBSTACLE_HAS_DATA_TIME) != 0)
            SET(out, surface_data_time_us, o->data_time_utc_us);
        out->surface_feature_id = edge_wire_text(o->id);
        return;
    }
    if (h->surface_source == NULL)
        return;
    put_positive(&out->has_surface_acc95_m, &out->surface_acc95_m,
                 h->surface_source->vertical_acc95_m);
    if (h->surface_source->data_time_utc_us != INT64_MIN)
        SET(out, surface_data_time_us, h->surface_source->data_time_utc_us);
}

void edge_wire_fill_height(Drf__V1__Height *out, const struct fusion_height *h)
{
    drf__v1__height__init(out);
    PUT_NUMBER(out, agl_m, h->agl_m);
    if (!h->agl_m.known)
        SET(out, agl_reason, h->agl_reason);
    PUT_NUMBER(out, agl_acc95_m, h->agl_acc95_m);
    if (h->agl_basis != FUSION_AGL_UNKNOWN)
        SET(out, agl_basis, h->agl_basis);
    PUT_NUMBER(out, aircraft_amsl_m, h->aircraft_amsl_m);
    PUT_NUMBER(out, aircraft_acc95_m, h->aircraft_acc95_m);
    PUT_NUMBER(out, ground_amsl_m, h->ground_amsl_m);
    if (!h->ground_amsl_m.known)
        SET(out, ground_reason, h->ground_reason);
    if (h->ground_source != NULL) {
        put_positive(&out->has_ground_acc95_m, &out->ground_acc95_m,
                     h->ground_source->vertical_acc95_m);
        put_positive(&out->has_ground_posting_m, &out->ground_posting_m,
                     h->ground_source->posting_m);
        if (h->ground_source->data_time_utc_us != INT64_MIN)
            SET(out, ground_data_time_us, h->ground_source->data_time_utc_us);
    }
    out->ground_source = source_text(h->ground_source);
    PUT_NUMBER(out, surface_amsl_m, h->surface_amsl_m);
    if (!h->surface_amsl_m.known || h->surface_reason != FUSION_REASON_NONE)
        SET(out, surface_reason, h->surface_reason);
    fill_surface(out, h);
    PUT_NUMBER(out, clearance_m, h->clearance_m);
    PUT_NUMBER(out, clearance_low_m, h->clearance_low_m);
    PUT_NUMBER(out, geoid_m, h->geoid_m);
    if (!h->geoid_m.known)
        SET(out, geoid_reason, FUSION_REASON_NO_DATA); // its grid is not installed
    PUT_NUMBER(out, altitude_residual_m, h->altitude_residual_m);
}

void edge_wire_fill_segment(Drf__V1__Segment *out, const struct fusion_segment *s)
{
    drf__v1__segment__init(out);
    PUT(out, from_m, s->from_m);
    PUT(out, to_m, s->to_m);
    PUT_NUMBER(out, ground_max_amsl_m, s->ground_max_amsl_m);
    PUT_NUMBER(out, ground_mean_amsl_m, s->ground_mean_amsl_m);
    PUT_NUMBER(out, surface_max_amsl_m, s->surface_max_amsl_m);
    PUT_NUMBER(out, clearance_min_m, s->clearance_min_m);
    PUT_NUMBER(out, clearance_low_m, s->clearance_low_m);
    PUT(out, unknown_ratio, s->unknown_ratio);
    if (s->unknown_ratio > 0.0)
        SET(out, unknown_reason, s->unknown_reason);
}

static void fill_look_ahead(struct edge_wire_message *m, const struct fusion_look_ahead *ahead)
{
    Drf__V1__LookAhead *out = &m->look_ahead;
    drf__v1__look_ahead__init(out);
    if (ahead->segment_count == 0)
        SET(out, reason, ahead->reason);
    SET(out, basis, ahead->basis);
    PUT(out, length_m, ahead->length_m);
    PUT(out, half_width_m, ahead->half_width_m);
    PUT(out, half_width_end_m, ahead->half_width_end_m);
    PUT_NUMBER(out, track_deg_true, ahead->track_deg_true);
    for (size_t i = 0; i < ahead->segment_count; i++) {
        edge_wire_fill_segment(&m->segments[i], &ahead->segments[i]);
        m->segment_list[i] = &m->segments[i];
    }
    out->n_segments = ahead->segment_count;
    out->segments = m->segment_list;
}

void edge_wire_fill_wind(Drf__V1__Wind *out, const struct fusion_quantity *wind)
{
    drf__v1__wind__init(out);
    if (wind->reason != FUSION_REASON_NONE) {
        SET(out, wind_reason, wind->reason);
        return;
    }
    double north_mps = wind->value, east_mps = wind->value_east;
    double speed_mps = geo_length(north_mps, east_mps);
    if (!wind->direction_unknown) {
        PUT(out, wind_to_north_mps, north_mps);
        PUT(out, wind_to_east_mps, east_mps);
    }
    PUT(out, wind_speed_mps, speed_mps);
    if (speed_mps >= 0.5 && wind->direction_unknown) {
        SET(out, wind_from_reason, FUSION_REASON_SOURCE_VOID);
    } else if (speed_mps >= 0.5) {
        double from_deg = atan2(-east_mps, -north_mps) * GEO_DEG_PER_RAD;
        from_deg = from_deg < 0.0 ? from_deg + 360.0 : from_deg;
        PUT(out, wind_from_deg_true, from_deg);
    } else {
        SET(out, wind_from_reason, FUSION_REASON_CALM);
    }
    PUT(out, lower_agl_m, wind->lower_agl_m);
    PUT(out, upper_agl_m, wind->upper_agl_m);
    SET(out, valid_from_us, wind->valid_from_utc_us);
    SET(out, valid_until_us, wind->valid_until_utc_us);
    SET(out, horizontal_basis, wind->horizontal);
    SET(out, vertical_basis, wind->vertical);
    SET(out, time_basis, wind->time);
    SET(out, data_time_us, wind->data_time_utc_us);
    SET(out, issue_time_us, wind->issue_utc_us);
    out->source = source_text(wind->source);
    out->station = edge_wire_text(wind->station);
    if (wind->at_least)
        SET(out, at_least, 1);
}

void edge_wire_fill_quantity(Drf__V1__Quantity *out, const struct fusion_quantity *q)
{
    drf__v1__quantity__init(out);
    if (q->reason != FUSION_REASON_NONE) {
        SET(out, reason, q->reason);
        return;
    }
    PUT(out, value, q->value);
    SET(out, statistic, q->statistic);
    SET(out, valid_from_us, q->valid_from_utc_us);
    SET(out, valid_until_us, q->valid_until_utc_us);
    SET(out, data_time_us, q->data_time_utc_us);
    SET(out, issue_time_us, q->issue_utc_us);
    PUT(out, lower_agl_m, q->lower_agl_m);
    PUT(out, upper_agl_m, q->upper_agl_m);
    SET(out, basis, q->horizontal);
    out->source = source_text(q->source);
    out->station = edge_wire_text(q->station);
    if (q->at_least)
        SET(out, at_least, 1);
}

bool edge_wire_fill_present(Drf__V1__PresentWeather *out, const struct fusion_present *present)
{
    drf__v1__present_weather__init(out);
    if (present->reason != FUSION_REASON_NONE)
        return false;
    out->codes = present->codes[0] != '\0' ? edge_wire_text(present->codes) : NULL;
    if (present->precipitation_known)
        SET(out, precipitation, present->precipitation);
    if (present->convection_known)
        SET(out, convection, present->convection);
    SET(out, data_time_us, present->data_time_utc_us);
    SET(out, issue_time_us, present->source->issue_utc_us);
    out->source = source_text(present->source);
    out->station = edge_wire_text(present->station);
    return true;
}

// In a context the issue time that is the wind's is said once: mostly all are of one run.
static protobuf_c_boolean other_issue(const struct edge_wire_message *m, protobuf_c_boolean has,
                                      int64_t issue_us)
{
    return has && !(m->wind.has_issue_time_us && m->wind.issue_time_us == issue_us);
}

static void fill_weather(struct edge_wire_message *m, const struct fusion_weather_at *at)
{
    drf__v1__weather__init(&m->weather);
    edge_wire_fill_wind(&m->wind, &at->items[FUSION_WIND]);
    m->weather.wind = &m->wind;
    for (int i = FUSION_WIND + 1; i < FUSION_WEATHER_ITEMS; i++) {
        Drf__V1__Quantity *out = &m->quantities[i];
        edge_wire_fill_quantity(out, &at->items[i]);
        out->has_issue_time_us = other_issue(m, out->has_issue_time_us, out->issue_time_us);
    }
    m->weather.gust_mps = &m->quantities[FUSION_GUST];
    m->weather.temperature_k = &m->quantities[FUSION_TEMPERATURE];
    m->weather.visibility_m = &m->quantities[FUSION_VISIBILITY];
    m->weather.precipitation_mps = &m->quantities[FUSION_PRECIPITATION];
    m->weather.ceiling_agl_m = &m->quantities[FUSION_CEILING];
    m->weather.dew_point_k = &m->quantities[FUSION_DEW_POINT];
    m->weather.qnh_pa = &m->quantities[FUSION_QNH];
    if (edge_wire_fill_present(&m->present, &at->present)) {
        m->present.has_issue_time_us =
            other_issue(m, m->present.has_issue_time_us, m->present.issue_time_us);
        m->weather.present = &m->present;
    }
}

void edge_wire_fill_obstacle(Drf__V1__Obstacle *out, const struct fusion_near *near)
{
    const struct fusion_obstacle *fused = near->obstacle;
    const struct geo_obstacle *o = fused->obstacle;
    drf__v1__obstacle__init(out);
    out->feature_id = edge_wire_text(o->id);
    out->source = source_text(fused->source);
    SET(out, lat_e7, edge_wire_e7(o->position.lat_deg));
    SET(out, lon_e7, edge_wire_e7(o->position.lon_deg));
    PUT(out, distance_m, near->distance_m);
    PUT(out, bearing_deg_true, near->bearing_deg_true);
    if (fused->top_known)
        PUT(out, top_amsl_m, fused->top_amsl_m);
    else
        SET(out, top_reason,
            fused->foot_loading ? FUSION_REASON_LOADING : FUSION_REASON_NO_DATA);
    if ((o->flags & GEO_OBSTACLE_HAS_AMSL) != 0)
        PUT(out, published_amsl_m, o->amsl_m);
    if ((o->flags & GEO_OBSTACLE_HAS_AGL) != 0)
        PUT(out, published_agl_m, o->agl_m);
    PUT(out, horizontal_acc95_m, o->horizontal_acc95_m);
    PUT(out, vertical_acc95_m, o->vertical_acc95_m);
    if ((o->flags & (GEO_OBSTACLE_HORIZONTAL_ASSUMED | GEO_OBSTACLE_VERTICAL_ASSUMED)) != 0)
        SET(out, accuracy_assumed, 1);
    out->kind = edge_wire_text(o->kind);
    if ((o->flags & GEO_OBSTACLE_VERIFIED) != 0)
        SET(out, verified, 1);
    else if ((o->flags & GEO_OBSTACLE_UNVERIFIED) != 0)
        SET(out, verified, 0);
    if (o->lighting != 0)
        SET(out, lighting, o->lighting);
    if ((o->flags & GEO_OBSTACLE_HAS_DATA_TIME) != 0)
        SET(out, data_time_us, o->data_time_utc_us);
}

void edge_wire_fill_advisory(Drf__V1__Advisory *out, const struct fusion_advisory *a,
                             bool cleared)
{
    drf__v1__advisory__init(out);
    SET(out, advisory_id, a->advisory_id);
    SET(out, revision, a->revision);
    SET(out, state,
        cleared ? DRF__V1__ADVISORY_STATE__ADVISORY_STATE_CLEARED
                : DRF__V1__ADVISORY_STATE__ADVISORY_STATE_RAISED);
    SET(out, severity, a->severity);
    SET(out, kind, a->kind);
    SET(out, valid_until_us, a->valid_until_utc_us);
    if (a->time_to_go_known)
        PUT(out, time_to_go_s, a->time_to_go_s);
    if (a->position_known) {
        SET(out, lat_e7, edge_wire_e7(a->position.lat_deg));
        SET(out, lon_e7, edge_wire_e7(a->position.lon_deg));
    }
    if (a->alt_known)
        PUT(out, alt_amsl_m, a->alt_amsl_m);
    if (a->layer != 0)
        SET(out, layer, a->layer);
    if (a->data_time_known)
        SET(out, data_time_us, a->data_time_utc_us);
    if (a->value_known) {
        PUT(out, value, a->value);
        PUT(out, limit, a->limit);
        out->value_unit = edge_wire_text(a->unit);
    }
    out->source = edge_wire_text(a->source);
    out->feature_id = edge_wire_text(a->feature_id);
    out->text = edge_wire_text(a->text);
}

// Those behind the first `full` are brief.
static void fill_advisories(struct edge_wire_message *m, const struct fusion_advisories *list,
                            size_t full)
{
    Drf__V1__Context *c = &m->context;
    for (size_t i = 0; i < list->count; i++) {
        if (i < full) {
            edge_wire_fill_advisory(&m->advisories[i], &list->items[i], false);
            m->advisory_list[c->n_advisories++] = &m->advisories[i];
            continue;
        }
        Drf__V1__AdvisoryBrief *brief = &m->briefs[i];
        drf__v1__advisory_brief__init(brief);
        SET(brief, advisory_id, list->items[i].advisory_id);
        SET(brief, severity, list->items[i].severity);
        SET(brief, kind, list->items[i].kind);
        m->brief_list[c->n_advisories_brief++] = brief;
    }
    c->advisories = m->advisory_list;
    c->advisories_brief = m->brief_list;
    if (list->left_out > 0) {
        SET(c, advisories_left_out, list->left_out);
        SET(c, advisories_left_out_severity, list->left_out_severity);
    }
}

static void fill_traffic(Drf__V1__Traffic *out, const struct fusion_near_traffic *near)
{
    const struct fusion_neighbour *other = near->other;
    drf__v1__traffic__init(out);
    out->traffic_id = edge_wire_text(other->traffic_id);
    SET(out, lat_e7, edge_wire_e7(other->position.lat_deg));
    SET(out, lon_e7, edge_wire_e7(other->position.lon_deg));
    if (near->amsl_known)
        PUT(out, alt_amsl_m, near->amsl_m);
    if (other->pressure_known)
        PUT(out, alt_pressure_m, other->pressure_m);
    if (other->velocity_known) {
        PUT(out, velocity_north_mps, other->velocity_north_mps);
        PUT(out, velocity_east_mps, other->velocity_east_mps);
    }
    if (other->velocity_up_known)
        PUT(out, velocity_up_mps, other->velocity_up_mps);
    put_positive(&out->has_velocity_acc95_mps, &out->velocity_acc95_mps, other->growth_mps);
    PUT(out, distance_m, near->distance_m);
    PUT(out, bearing_deg_true, near->bearing_deg_true);
    PUT(out, cpa_s, near->cpa_s);
    PUT(out, cpa_m, near->cpa_m);
    SET(out, data_time_us, other->time_utc_us);
    if (other->predicted)
        SET(out, predicted, 1);
    PUT(out, horizontal_acc95_m, other->horizontal_acc95_m);
    if (near->amsl_known || other->pressure_known)
        PUT(out, altitude_acc95_m, other->amsl_acc95_m);
    if (other->reach_mps > 0.0)
        PUT(out, speed_mps, other->reach_mps);
    if (other->unconfirmed)
        SET(out, unconfirmed, 1);
    if (other->horizontal_assumed || (out->has_altitude_acc95_m && other->altitude_assumed))
        SET(out, accuracy_assumed, 1);
    if (other->icao24 != NULL)
        out->icao24 = edge_wire_text(other->icao24);
    if (other->category != NULL)
        out->category = edge_wire_text(other->category);
    out->source = edge_wire_text(other->source);
    if (other->source == NULL)
        SET(out, reports_here, 1);
}

static void fill_alerts(struct edge_wire_message *m, const struct fusion_alerts *alerts,
                        enum fusion_reason reason)
{
    Drf__V1__Context *c = &m->context;
    for (size_t i = 0; i < alerts->count; i++) {
        const struct fusion_zone *zone = alerts->items[i].zone;
        Drf__V1__AlertBrief *out = &m->alerts[i];
        drf__v1__alert_brief__init(out);
        out->alert_id = edge_wire_text(zone->view.zone->id);
        SET(out, revision, fusion_alert_revision(zone));
        SET(out, severity, fusion_alert_severity(zone));
        m->alert_list[i] = out;
    }
    c->n_alerts = alerts->count;
    c->alerts = m->alert_list;
    if (alerts->left_out > 0)
        SET(c, alerts_left_out, alerts->left_out);
    if (reason != FUSION_REASON_NONE)
        SET(c, alerts_reason, reason);
}

static void fill_lists(struct edge_wire_message *m, const struct fusion_context *from)
{
    Drf__V1__Context *c = &m->context;
    for (size_t i = 0; i < from->obstacle_count; i++) {
        edge_wire_fill_obstacle(&m->obstacles[i], &from->obstacles[i]);
        m->obstacle_list[i] = &m->obstacles[i];
    }
    c->n_obstacles = from->obstacle_count;
    c->obstacles = m->obstacle_list;
    PUT(c, obstacle_radius_m, from->obstacle_radius_m);
    if (from->obstacles_reason != FUSION_REASON_NONE)
        SET(c, obstacles_reason, from->obstacles_reason);
    if (from->obstacles_left_out > 0)
        SET(c, obstacles_left_out, from->obstacles_left_out);
    for (size_t i = 0; i < from->traffic_count; i++) {
        fill_traffic(&m->traffic[i], &from->traffic[i]);
        m->traffic_list[i] = &m->traffic[i];
    }
    c->n_traffic = from->traffic_count;
    c->traffic = m->traffic_list;
    if (from->traffic_left_out > 0)
        SET(c, traffic_left_out, from->traffic_left_out);
    for (size_t i = 0; i < from->layer_state_count; i++) {
        drf__v1__layer_state__init(&m->layer_states[i]);
        SET(&m->layer_states[i], layer, from->layer_states[i].layer);
        SET(&m->layer_states[i], reason, from->layer_states[i].reason);
        m->layer_state_list[i] = &m->layer_states[i];
    }
    c->n_layer_states = from->layer_state_count;
    c->layer_states = m->layer_state_list;
}

void edge_wire_message_fill(struct edge_wire_message *m, const struct edge_wire_context *from)
{
    Drf__V1__Context *c = &m->context;
    drf__v1__context__init(c);
    SET(c, boot_id, from->stream.boot_id);
    SET(c, seq, from->stream.seq);
    SET(c, node_time_us, from->stream.node_time_utc_us);
    SET(c, mode, from->stream.mode);
    SET(c, stale_after_ms, from->stale_after_ms);
    SET(c, authority, from->authority);
    if (from->owner_epoch != 0)
        SET(c, owner_epoch, from->owner_epoch);
    if (from->telemetry_seq != 0)
        SET(c, telemetry_seq, from->telemetry_seq);
    if (from->telemetry_drone_boot_id != 0)
        SET(c, telemetry_drone_boot_id, from->telemetry_drone_boot_id);
    SET(c, plan_state, from->context->plan_state);
    SET(c, epoch, from->context->epoch);
    if (from->node_clock_error_ms != 0)
        SET(c, node_clock_error_ms, from->node_clock_error_ms);
    c->region_id = edge_wire_text(from->stream.region_id);
    c->node_id = edge_wire_text(from->stream.node_id);
    if (from->shed != 0)
        SET(c, shed, from->shed);
    if (from->pushed)
        SET(c, pushed, 1);
    if (from->time_from_arrival)
        SET(c, time_from_arrival, 1);
    SET(c, lat_e7, edge_wire_e7(from->context->position.lat_deg));
    SET(c, lon_e7, edge_wire_e7(from->context->position.lon_deg));

    edge_wire_fill_height(&m->height, &from->context->height);
    c->height = &m->height;
    fill_look_ahead(m, &from->context->look_ahead);
    c->look_ahead = &m->look_ahead;
    fill_weather(m, &from->context->weather);
    c->weather = &m->weather;
    fill_lists(m, from->context);
    fill_alerts(m, &from->context->alerts, from->context->alerts_reason);
    fill_advisories(m, &from->context->advisories,
                    from->untrimmed ? FUSION_ADVISORIES_MAX : EDGE_WIRE_ADVISORIES_FULL);
}
