// SPDX-License-Identifier: Apache-2.0
#include "sim/experiment/areas.h"

#include <math.h>
#include <stdio.h>

#include "sim/host/options.h"

enum { CIRCLE = 16 };

static const double pi = 3.14159265358979323846;
static const int64_t lasts_us = INT64_C(3600000000);

// The words of CAP 1.2 and what schemas/alerts.md makes of them.
static const struct {
    uint32_t severity;
    const char *severity_word, *urgency, *certainty;
} grades[] = {{1, "Severe", "Immediate", "Observed"},
              {2, "Moderate", "Immediate", "Likely"},
              {3, "Minor", "Expected", "Possible"}};
enum { GRADES = sizeof grades / sizeof grades[0] };

static struct sim_plane draw_place(const struct sim_world *world, uint64_t *state)
{
    double half_m = world->plan.size_km * 500.0;
    struct sim_plane at;
    at.east_m = sim_random_between(state, -0.5, 0.5) * half_m;
    at.north_m = sim_random_between(state, -0.5, 0.5) * half_m;
    return at;
}

static void draw_zone(struct sim_world *world, uint64_t *state)
{
    struct sim_plane center = draw_place(world, state);
    double radius_m = sim_random_between(state, 0.05, 0.1) * world->plan.size_km * 500.0;
    double ground_m = sim_world_ground_amsl_m(world, sim_world_point(world, center));
    struct sim_zone *zone = &world->zones[world->zone_count++];
    *zone = (struct sim_zone){
        .count = CIRCLE, .upper_amsl_m = floor(ground_m + 90.0), .presence = SIM_STANDS};
    snprintf(zone->id, sizeof zone->id, "zone-%zu", world->zone_count);
    for (int i = 0; i < CIRCLE; i++) {
        double turn = 2.0 * pi * i / CIRCLE; // counter-clockwise
        zone->vertices[i] =
            sim_world_point(world, (struct sim_plane){center.east_m + radius_m * cos(turn),
                                                      center.north_m + radius_m * sin(turn)});
    }
}

static void draw_alert(struct sim_world *world, uint64_t *state)
{
    struct sim_alert *alert = &world->alerts[world->alert_count];
    *alert = (struct sim_alert){
        .center = sim_world_point(world, draw_place(world, state)),
        .radius_m = floor(sim_random_between(state, 0.1, 0.25) * world->plan.size_km * 500.0),
        .severity = grades[world->alert_count % GRADES].severity,
        .presence = SIM_STANDS};
    // as published, with seven digits
    alert->center.lat_deg = round(alert->center.lat_deg * 1e7) * 1e-7;
    alert->center.lon_deg = round(alert->center.lon_deg * 1e7) * 1e-7;
    world->alert_count++;
    snprintf(alert->id, sizeof alert->id, "drf-sim,alert-%zu", world->alert_count);
}

void sim_areas_draw(struct sim_world *world, size_t zones, size_t alerts)
{
    uint64_t state = world->plan.seed ^ UINT64_C(0xA24BAED4963EE407);
    while (world->zone_count < zones && world->zone_count < SIM_ZONES_MAX)
        draw_zone(world, &state);
    while (world->alert_count < alerts && world->alert_count < SIM_ALERTS_MAX)
        draw_alert(world, &state);
}

static enum drf_status send(const struct sim_feed_port *port, const char *type,
                            const char *content, const char *key, const char *text, int size,
                            int64_t now_utc_us)
{
    char id[128], time[SIM_TIME_TEXT_SIZE];
    if (size < 0 || size >= SIM_AREA_TEXT_SIZE)
        return DRF_ERR_RANGE;
    sim_time_format(now_utc_us, time);
    snprintf(id, sizeof id, "%s@%s", key, time);
    const struct sim_header headers[] = {
        {"ce_specversion", "1.0"}, {"ce_type", type},
        {"ce_source", "drf-sim"},  {"ce_id", id},
        {"ce_time", time},         {"content-type", content},
        {"drf_mode", "SIM"},       {"drf_delivery", "features"},
    };
    return port->send(port->context, key, text, (size_t)size, headers,
                      sizeof headers / sizeof headers[0]);
}

enum drf_status sim_areas_publish_zones(const struct sim_world *world, int64_t now_utc_us,
                                        const struct sim_feed_port *port)
{
    enum drf_status status = DRF_OK;
    for (size_t i = 0; i < world->zone_count && status == DRF_OK; i++) {
        const struct sim_zone *zone = &world->zones[i];
        char text[SIM_AREA_TEXT_SIZE], ring[SIM_ZONE_VERTICES_MAX * 32] = "";
        size_t at = 0;
        for (size_t k = 0; k <= zone->count; k++)
            at += (size_t)snprintf(ring + at, sizeof ring - at, "%s[%.9f,%.9f]",
                                   k > 0 ? "," : "", zone->vertices[k % zone->count].lon_deg,
                                   zone->vertices[k % zone->count].lat_deg);
        int size = snprintf(text, sizeof text,
                            "{\"type\":\"Feature\",\"id\":\"%s\",\"properties\":{\"name\":"
                            "\"%s\",\"restriction\":\"PROHIBITED\",\"lower_agl_m\":0,"
                            "\"upper_amsl_m\":%.1f,\"drf_mode\":\"SIM\"},\"geometry\":{"
                            "\"type\":\"Polygon\",\"coordinates\":[[%s]]}}",
                            zone->id, zone->id, zone->upper_amsl_m, ring);
        status =
            send(port, "drf.zone", "application/geo+json", zone->id, text, size, now_utc_us);
    }
    return status;
}

enum drf_status sim_areas_publish_alerts(const struct sim_world *world, int64_t now_utc_us,
                                         const struct sim_feed_port *port)
{
    enum drf_status status = DRF_OK;
    char from[SIM_TIME_TEXT_SIZE], until[SIM_TIME_TEXT_SIZE];
    sim_time_format(now_utc_us, from);
    sim_time_format(now_utc_us + lasts_us, until);
    for (size_t i = 0; i < world->alert_count && status == DRF_OK; i++) {
        const struct sim_alert *alert = &world->alerts[i];
        char text[SIM_AREA_TEXT_SIZE];
        size_t grade = 0;
        while (grade + 1 < GRADES && grades[grade].severity != alert->severity)
            grade++;
        // CAP has times without fractions and with an offset in figures
        int size = snprintf(
            text, sizeof text,
            "<?xml version=\"1.0\"?><alert xmlns=\"urn:oasis:names:tc:emergency:cap:1.2\">"
            "<identifier>alert-%zu</identifier><sender>drf-sim</sender>"
            "<sent>%.19s-00:00</sent><status>Actual</status><msgType>Alert</msgType>"
            "<scope>Public</scope><info><category>Safety</category><event>alert %zu</event>"
            "<urgency>%s</urgency><severity>%s</severity><certainty>%s</certainty>"
            "<effective>%.19s-00:00</effective><expires>%.19s-00:00</expires>"
            "<area><areaDesc>%zu</areaDesc><circle>%.7f,%.7f %.3f</circle></area></info>"
            "</alert>",
            i + 1, from, i + 1, grades[grade].urgency, grades[grade].severity_word,
            grades[grade].certainty, from, until, i + 1, alert->center.lat_deg,
            alert->center.lon_deg, alert->radius_m * 1e-3);
        status =
            send(port, "drf.alert", "application/cap+xml", alert->id, text, size, now_utc_us);
    }
    return status;
}
