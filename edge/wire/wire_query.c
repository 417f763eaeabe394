// SPDX-License-Identifier: Apache-2.0
// The answer as drf.v1.QueryReply. It is packed whole: an answer has no limit of size as a
// context has. Parts that both carry are filled by wire_parts; what only an answer has room for
// (versions beside values, whole zones, the entries of all sources named) is filled here. The
// message points into arrays on the stack, which have room for as many as a point can have.
#include <stdio.h>
#include <string.h>

#include "drf/v1/query.pb-c.h"
#include "edge/wire/wire_alert.h"
#include "edge/wire/wire_message.h"
#include "edge/wire/wire_parts.h"
#include "edge/wire/wire_query.h"
#include "edge/wire/wire_source.h"
#include "geo/crs.h"

#define SET(message, field, to) ((message)->has_##field = 1, (message)->field = (to))

enum {
    SOURCES_MAX =
        4 + FUSION_WEATHER_ITEMS + FUSION_NEAREST_MAX + FUSION_ZONES_AT_MAX + FUSION_ALERTS_MAX
};

struct sources {
    size_t count;
    const struct fusion_source *known[SOURCES_MAX];
    Drf__V1__SourceEntry entries[SOURCES_MAX];
    Drf__V1__SourceEntry *list[SOURCES_MAX];
};

static void list_source(struct sources *sources, const struct edge_wire_source *source)
{
    Drf__V1__SourceEntry *entry = &sources->entries[sources->count];
    edge_wire_fill_source(entry, source);
    sources->list[sources->count++] = entry;
}

// The provenance of a value, once.
static void add_source(struct sources *sources, const struct fusion_source *source,
                       enum fusion_layer layer)
{
    if (source == NULL)
        return;
    for (size_t i = 0; i < sources->count; i++)
        if (sources->known[i] == source)
            return;
    sources->known[sources->count] = source;
    const struct edge_wire_source entry = edge_wire_source_of(source, layer);
    list_source(sources, &entry);
}

// A limit travels in the field that names what it is over; none at all: unlimited.
static void fill_limit(const struct geo_zone_limit *limit, protobuf_c_boolean *has[static 4],
                       float *out[static 4])
{
    if (limit->reference >= GEO_ZONE_AGL && limit->reference <= GEO_ZONE_PRESSURE) {
        size_t at = limit->reference - GEO_ZONE_AGL;
        edge_wire_put(has[at], out[at], limit->m);
    }
}

static void fill_zone(Drf__V1__Zone *out, const struct fusion_zone_at *at)
{
    const struct geo_zone *zone = at->zone->view.zone;
    drf__v1__zone__init(out);
    out->feature_id = edge_wire_text(zone->id);
    out->source = edge_wire_text(at->zone->source->source);
    out->version = edge_wire_text(at->zone->source->version);
    out->name = edge_wire_text(zone->name);
    out->message = edge_wire_text(zone->message);
    out->cause = edge_wire_text(zone->reason);
    SET(out, restriction, zone->restriction);
    fill_limit(&at->volume->lower,
               (protobuf_c_boolean *[]){&out->has_lower_agl_m, &out->has_lower_amsl_m,
                                        &out->has_lower_wgs84_m, &out->has_lower_pressure_m},
               (float *[]){&out->lower_agl_m, &out->lower_amsl_m, &out->lower_wgs84_m,
                           &out->lower_pressure_m});
    fill_limit(&at->volume->upper,
               (protobuf_c_boolean *[]){&out->has_upper_agl_m, &out->has_upper_amsl_m,
                                        &out->has_upper_wgs84_m, &out->has_upper_pressure_m},
               (float *[]){&out->upper_agl_m, &out->upper_amsl_m, &out->upper_wgs84_m,
                           &out->upper_pressure_m});
    edge_wire_put(&out->has_distance_m, &out->distance_m, at->distance_m);
    SET(out, in_height, at->where == FUSION_ZONE_INSIDE);
    SET(out, height_unsure, at->degraded);
    SET(out, active, at->active);
    if (at->next_change_utc_us != INT64_MAX)
        SET(out, next_change_us, at->next_change_utc_us);
    if ((zone->flags & GEO_ZONE_HAS_DATA_TIME) != 0)
        SET(out, data_time_us, zone->data_time_utc_us);
    SET(out, restriction_assumed, (zone->flags & GEO_ZONE_RESTRICTION_ASSUMED) != 0);
    SET(out, times_assumed,
        (zone->flags & (GEO_ZONE_TIMES_ASSUMED | GEO_ZONE_TIMES_WIDENED)) != 0);
    SET(out, holes_filled, (zone->flags & GEO_ZONE_HOLES_FILLED) != 0);
}

// Where an answer has room, a value says of which version of its source it is.
static char *version_text(const struct fusion_source *source)
{
    return source != NULL ? edge_wire_text(source->version) : NULL;
}

static void fill_height(Drf__V1__Height *out, const struct fusion_height *height)
{
    edge_wire_fill_height(out, height);
    out->has_aircraft_acc95_m = out->has_agl_acc95_m = 0; // nobody flies there
    out->ground_version = version_text(height->ground_source);
    out->surface_version = version_text(height->surface_source);
    if (height->geoid_m.known)
        out->geoid_source = edge_wire_text(geo_crs_geoid()->name);
}

static void fill_weather(Drf__V1__Weather *out, Drf__V1__Wind *wind,
                         Drf__V1__Quantity quantities[static FUSION_WEATHER_ITEMS],
                         Drf__V1__PresentWeather *present, const struct fusion_weather_at *at)
{
    drf__v1__weather__init(out);
    edge_wire_fill_wind(wind, &at->items[FUSION_WIND]);
    if (at->items[FUSION_WIND].reason == FUSION_REASON_NONE)
        wind->version = version_text(at->items[FUSION_WIND].source);
    for (int i = FUSION_WIND + 1; i < FUSION_WEATHER_ITEMS; i++) {
        edge_wire_fill_quantity(&quantities[i], &at->items[i]);
        if (at->items[i].reason == FUSION_REASON_NONE)
            quantities[i].version = version_text(at->items[i].source);
    }
    out->wind = wind;
    out->gust_mps = &quantities[FUSION_GUST];
    out->temperature_k = &quantities[FUSION_TEMPERATURE];
    out->visibility_m = &quantities[FUSION_VISIBILITY];
    out->precipitation_mps = &quantities[FUSION_PRECIPITATION];
    out->ceiling_agl_m = &quantities[FUSION_CEILING];
    out->dew_point_k = &quantities[FUSION_DEW_POINT];
    out->qnh_pa = &quantities[FUSION_QNH];
    if (edge_wire_fill_present(present, &at->present)) {
        present->version = version_text(at->present.source);
        out->present = present;
    }
}

static void fill_sources(struct sources *sources, const struct fusion_point *point)
{
    sources->count = 0;
    add_source(sources, point->height.ground_source, FUSION_LAYER_GROUND);
    add_source(sources, point->height.surface_source,
               point->height.surface_obstacle != NULL ? FUSION_LAYER_OBSTACLE
                                                      : FUSION_LAYER_SURFACE);
    for (int i = 0; i < FUSION_WEATHER_ITEMS; i++)
        if (point->weather.items[i].reason == FUSION_REASON_NONE)
            add_source(sources, point->weather.items[i].source, FUSION_LAYER_WEATHER);
    if (point->weather.present.reason == FUSION_REASON_NONE)
        add_source(sources, point->weather.present.source, FUSION_LAYER_WEATHER);
    for (size_t i = 0; i < point->obstacle_count; i++)
        add_source(sources, point->obstacles[i].obstacle->source, FUSION_LAYER_OBSTACLE);
    for (size_t i = 0; i < point->zone_count; i++)
        add_source(sources, point->zones[i].zone->source, FUSION_LAYER_ZONE);
    for (size_t i = 0; i < point->alerts.count; i++)
        add_source(sources, point->alerts.items[i].zone->source, FUSION_LAYER_ALERT);
    if (point->height.geoid_m.known) {
        const struct edge_wire_source geoid = edge_wire_geoid_source();
        list_source(sources, &geoid);
    }
}

struct alerts {
    struct edge_wire_alert items[FUSION_ALERTS_MAX];
    Drf__V1__Alert *list[FUSION_ALERTS_MAX];
};

static void fill_alerts(Drf__V1__QueryReply *m, struct alerts *alerts,
                        const struct fusion_point *point)
{
    for (; m->n_alerts < point->alerts.count; m->n_alerts++) {
        struct edge_wire_alert *one = &alerts->items[m->n_alerts];
        edge_wire_fill_alert(one, point->alerts.items[m->n_alerts].zone, true);
        alerts->list[m->n_alerts] = &one->alert;
    }
    m->alerts = alerts->list;
    SET(m, alerts_left_out, point->alerts.left_out);
    if (point->alerts_reason != FUSION_REASON_NONE)
        SET(m, alerts_reason, point->alerts_reason);
}

static void fill_states(Drf__V1__QueryReply *m, Drf__V1__LayerState *states,
                        Drf__V1__LayerState **list, const struct fusion_point *point)
{
    for (; m->n_layer_states < point->layer_state_count; m->n_layer_states++) {
        Drf__V1__LayerState *state = &states[m->n_layer_states];
        drf__v1__layer_state__init(state);
        SET(state, layer, point->layer_states[m->n_layer_states].layer);
        SET(state, reason, point->layer_states[m->n_layer_states].reason);
        list[m->n_layer_states] = state;
    }
    m->layer_states = list;
}

bool edge_wire_query_outside(const struct edge_wire_query_answer *answer,
                             char text[static EDGE_WIRE_QUERY_TEXT_SIZE])
{
    const struct fusion_point *point = &answer->point;
    text[0] = '\0';
    if (point->outside)
        (void)snprintf(text, EDGE_WIRE_QUERY_TEXT_SIZE,
                       "nothing is known here: data are kept of latitude %.4f to %.4f, "
                       "longitude %.4f to %.4f",
                       point->kept.south_deg, point->kept.north_deg, point->kept.west_deg,
                       point->kept.east_deg);
    else if (answer->outside_m > answer->margin_m)
        (void)snprintf(text, EDGE_WIRE_QUERY_TEXT_SIZE,
                       "%.0f m outside region %s: aircraft farther outside than %.0f m are not "
                       "served",
                       answer->outside_m, answer->region_id, answer->margin_m);
    return text[0] != '\0';
}

enum drf_status edge_wire_query_encode(enum edge_wire_form form,
                                       const struct edge_wire_query_answer *answer,
                                       uint8_t *bytes, size_t *size)
{
    const struct fusion_point *point = &answer->point;
    Drf__V1__QueryReply m;
    Drf__V1__Height height;
    Drf__V1__Weather weather;
    Drf__V1__Wind wind;
    Drf__V1__Quantity quantities[FUSION_WEATHER_ITEMS];
    Drf__V1__PresentWeather present;
    Drf__V1__Obstacle obstacles[FUSION_NEAREST_MAX], *obstacle_list[FUSION_NEAREST_MAX];
    Drf__V1__Zone zones[FUSION_ZONES_AT_MAX], *zone_list[FUSION_ZONES_AT_MAX];
    Drf__V1__LayerState states[FUSION_LAYER_COUNT], *state_list[FUSION_LAYER_COUNT];
    Drf__V1__Reply status;
    struct sources sources;
    struct alerts alerts;

    drf__v1__query_reply__init(&m);
    drf__v1__reply__init(&status);
    char outside[EDGE_WIRE_QUERY_TEXT_SIZE];
    SET(&status, code,
        edge_wire_query_outside(answer, outside) ? EDGE_REPLY_OUTSIDE_REGION : EDGE_REPLY_OK);
    status.text = edge_wire_text(outside);
    if (answer->boot_id != 0)
        SET(&status, boot_id, answer->boot_id);
    status.region_id = edge_wire_text(answer->region_id);
    status.node_id = edge_wire_text(answer->node_id);
    m.status = &status;
    fill_height(&height, &point->height);
    m.height = &height;
    if (point->height.ground_amsl_m.known)
        SET(&m, ground_level, point->height.ground_level);
    if (point->height.surface_amsl_m.known)
        SET(&m, surface_level, point->height.surface_level);
    fill_weather(&weather, &wind, quantities, &present, &point->weather);
    m.weather = &weather;
    for (; m.n_obstacles < point->obstacle_count; m.n_obstacles++) {
        edge_wire_fill_obstacle(&obstacles[m.n_obstacles], &point->obstacles[m.n_obstacles]);
        obstacles[m.n_obstacles].version =
            version_text(point->obstacles[m.n_obstacles].obstacle->source);
        obstacle_list[m.n_obstacles] = &obstacles[m.n_obstacles];
    }
    m.obstacles = obstacle_list;
    SET(&m, obstacles_left_out, point->obstacles_left_out);
    if (point->obstacles_reason != FUSION_REASON_NONE)
        SET(&m, obstacles_reason, point->obstacles_reason);
    edge_wire_put(&m.has_radius_m, &m.radius_m, answer->ask.radius_m);
    for (; m.n_zones < point->zone_count; m.n_zones++) {
        fill_zone(&zones[m.n_zones], &point->zones[m.n_zones]);
        zone_list[m.n_zones] = &zones[m.n_zones];
    }
    m.zones = zone_list;
    SET(&m, zones_left_out, point->zones_left_out);
    if (point->zones_reason != FUSION_REASON_NONE)
        SET(&m, zones_reason, point->zones_reason);
    fill_states(&m, states, state_list, point);
    fill_alerts(&m, &alerts, point);
    fill_sources(&sources, point);
    m.n_sources = sources.count;
    m.sources = sources.list;
    SET(&m, epoch, answer->epoch);
    SET(&m, node_time_us, answer->ask.now_utc_us);
    SET(&m, mode, answer->mode);
    return edge_wire_pack(form, &m.base, bytes, size);
}
