// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>
#include <string.h>

#include "drf/v1/plan.pb-c.h"
#include "drf/v1/profile.pb-c.h"
#include "edge/wire/wire_parts.h"

static struct edge_wire_profile defaults(const struct edge_wire *wire)
{
    return (struct edge_wire_profile){
        .limits = wire->limits,
        .rate_hz = 5.0,
        .patch_cells = 64,
        .patch_rate_hz = 1.0,
    };
}

static void note_default(struct edge_wire_profile *profile, const char *name, double value)
{
    size_t room = sizeof profile->defaults / sizeof profile->defaults[0];
    if (profile->default_count < room)
        (void)snprintf(profile->defaults[profile->default_count++], sizeof profile->defaults[0],
                       "%s=%g", name, value);
}

// A field that has a default.
static bool with_default(struct edge_wire_profile *profile, struct edge_wire_refusal *refusal,
                         const char *name, protobuf_c_boolean has, float value, double low,
                         double high, double *out)
{
    if (!has)
        note_default(profile, name, *out);
    return edge_wire_real(refusal, name, has, value, low, high, out);
}

// A limit that does not limit when absent.
static bool limit(struct edge_wire_refusal *refusal, const char *name, protobuf_c_boolean has,
                  float value, double high, bool *set, double *out)
{
    *set = has != 0;
    return edge_wire_real(refusal, name, has, value, 0.0, high, out);
}

static bool limits(struct edge_wire_profile *p, struct edge_wire_refusal *refusal,
                   const Drf__V1__Profile *m)
{
    struct fusion_limits *l = &p->limits;
    return with_default(p, refusal, "look_ahead_s", m->has_look_ahead_s, m->look_ahead_s, 5.0,
                        300.0, &l->look_ahead_s)
           && with_default(p, refusal, "stopping_distance_m", m->has_stopping_distance_m,
                           m->stopping_distance_m, 0.0, 5000.0, &l->stopping_distance_m)
           && with_default(p, refusal, "aircraft_radius_m", m->has_aircraft_radius_m,
                           m->aircraft_radius_m, 0.0, 50.0, &l->aircraft_radius_m)
           && with_default(p, refusal, "clearance_min_m", m->has_clearance_min_m,
                           m->clearance_min_m, 0.0, 1000.0, &l->clearance_min_m)
           && with_default(p, refusal, "climb_max_mps", m->has_climb_max_mps, m->climb_max_mps,
                           0.1, 100.0, &l->climb_max_mps)
           && with_default(p, refusal, "descent_max_mps", m->has_descent_max_mps,
                           m->descent_max_mps, 0.1, 100.0, &l->descent_max_mps)
           && with_default(p, refusal, "obstacle_radius_m", m->has_obstacle_radius_m,
                           m->obstacle_radius_m, 50.0, 20000.0, &l->obstacle_radius_m)
           && limit(refusal, "agl_max_m", m->has_agl_max_m, m->agl_max_m, 20000.0,
                    &l->agl_max_set, &l->agl_max_m)
           && limit(refusal, "wind_max_mps", m->has_wind_max_mps, m->wind_max_mps, 100.0,
                    &l->wind_max_set, &l->wind_max_mps)
           && limit(refusal, "gust_max_mps", m->has_gust_max_mps, m->gust_max_mps, 100.0,
                    &l->gust_max_set, &l->gust_max_mps)
           && limit(refusal, "visibility_min_m", m->has_visibility_min_m, m->visibility_min_m,
                    100000.0, &l->visibility_min_set, &l->visibility_min_m);
}

static bool obstacles_max(struct edge_wire_profile *p, struct edge_wire_refusal *refusal,
                          const Drf__V1__Profile *m)
{
    if (!m->has_obstacles_max) {
        note_default(p, "obstacles_max", p->limits.obstacles_max);
        return true;
    }
    if (m->obstacles_max > FUSION_NEAREST_MAX)
        return edge_wire_refuse(refusal, "obstacles_max", "is not within 0 .. 16");
    p->limits.obstacles_max = m->obstacles_max;
    return true;
}

static bool patches(struct edge_wire_profile *p, struct edge_wire_refusal *refusal,
                    const Drf__V1__Profile *m)
{
    p->patch = m->has_patch && m->patch;
    if (m->has_patch_cells) {
        if (m->patch_cells != 64 && m->patch_cells != 128 && m->patch_cells != 256)
            return edge_wire_refuse(refusal, "patch_cells", "is not 64, 128 or 256");
        p->patch_cells = m->patch_cells;
    } else if (p->patch) {
        note_default(p, "patch_cells", p->patch_cells);
    }
    if (p->patch)
        return with_default(p, refusal, "patch_rate_hz", m->has_patch_rate_hz, m->patch_rate_hz,
                            0.01, 10.0, &p->patch_rate_hz);
    return edge_wire_real(refusal, "patch_rate_hz", m->has_patch_rate_hz, m->patch_rate_hz,
                          0.01, 10.0, &p->patch_rate_hz);
}

static bool link_budget(struct edge_wire_profile *p, struct edge_wire_refusal *refusal,
                        const Drf__V1__Profile *m)
{
    if (!m->has_link_bytes_per_s)
        return true;
    if (m->link_bytes_per_s == 0)
        return edge_wire_refuse(refusal, "link_bytes_per_s",
                                "is 0; leave it out for an unlimited link");
    p->link_bytes_per_s = m->link_bytes_per_s;
    return true;
}

enum drf_status edge_wire_profile_decode(struct edge_wire *wire, enum edge_wire_form form,
                                         const uint8_t *bytes, size_t size,
                                         struct edge_wire_profile *out,
                                         struct edge_wire_refusal *refusal)
{
    const ProtobufCMessage *message =
        edge_wire_unpack(wire, form, &drf__v1__profile__descriptor, bytes, size, refusal);
    if (message == NULL)
        return DRF_ERR_SYNTAX;
    const Drf__V1__Profile *m = (const Drf__V1__Profile *)message;

    struct edge_wire_profile p = defaults(wire);
    char type[EDGE_WIRE_NAME_SIZE];
    p.revision = m->has_revision ? m->revision : 0;
    p.json = m->has_json && m->json;
    p.ignore_seen = m->has_ignore_seen && m->ignore_seen;
    p.streams = m->has_streams && m->streams;
    p.terrain = m->has_terrain && m->terrain;
    bool good = edge_wire_name(refusal, "correlation", m->correlation, p.correlation)
                && with_default(&p, refusal, "rate_hz", m->has_rate_hz, m->rate_hz, 0.1, 20.0,
                                &p.rate_hz)
                && limits(&p, refusal, m) && obstacles_max(&p, refusal, m)
                && patches(&p, refusal, m) && link_budget(&p, refusal, m)
                && edge_wire_name(refusal, "aircraft_type", m->aircraft_type, type);
    memcpy(refusal->correlation, p.correlation, sizeof p.correlation);
    if (!good)
        return DRF_ERR_RANGE;
    *out = p;
    return DRF_OK;
}

static bool plan_height(struct edge_wire_refusal *refusal, const char *path,
                        const Drf__V1__PlanPoint *m, struct fusion_plan_point *out)
{
    int given = (m->has_alt_amsl_m != 0) + (m->has_alt_wgs84_m != 0) + (m->has_agl_m != 0);
    if (given != 1)
        return edge_wire_refuse(refusal, path,
                                "has not exactly one of alt_amsl_m, alt_wgs84_m, agl_m");
    double height_m = 0.0;
    if (!edge_wire_real(refusal, path, m->has_alt_amsl_m, m->alt_amsl_m, -2000.0, 20000.0,
                        &height_m)
        || !edge_wire_real(refusal, path, m->has_alt_wgs84_m, m->alt_wgs84_m, -2000.0, 20000.0,
                           &height_m)
        || !edge_wire_real(refusal, path, m->has_agl_m, m->agl_m, 0.0, 20000.0, &height_m))
        return false;
    out->height_m = (float)height_m;
    out->height = m->has_alt_amsl_m    ? FUSION_PLAN_AMSL
                  : m->has_alt_wgs84_m ? FUSION_PLAN_WGS84
                                       : FUSION_PLAN_AGL;
    return true;
}

static bool plan_point(struct edge_wire_refusal *refusal, size_t index,
                       const Drf__V1__PlanPoint *m, struct fusion_plan_point *out)
{
    char point[32], field[48];
    double speed_mps = 0.0, hold_s = 0.0;
    struct geo_point position;
    (void)snprintf(point, sizeof point, "points[%zu]", index);
    (void)snprintf(field, sizeof field, "%s.", point);
    if (!edge_wire_position(refusal, field, m->has_lat_e7, m->lat_e7, m->has_lon_e7, m->lon_e7,
                            &position)
        || !plan_height(refusal, point, m, out))
        return false;
    out->lat_e7 = m->lat_e7;
    out->lon_e7 = m->lon_e7;
    (void)snprintf(field, sizeof field, "%s.speed_mps", point);
    if (!edge_wire_real(refusal, field, m->has_speed_mps, m->speed_mps, 0.1, 200.0, &speed_mps))
        return false;
    (void)snprintf(field, sizeof field, "%s.hold_s", point);
    if (!edge_wire_real(refusal, field, m->has_hold_s, m->hold_s, 0.0, 86400.0, &hold_s))
        return false;
    out->speed_mps = (float)speed_mps;
    out->hold_s = (float)hold_s;
    return true;
}

static bool plan_read(struct edge_wire_refusal *refusal, const Drf__V1__Plan *m,
                      struct fusion_plan *plan)
{
    char flight[EDGE_WIRE_NAME_SIZE];
    _Static_assert(sizeof plan->plan_id == EDGE_WIRE_NAME_SIZE, "one size of names");
    if (m->plan_id == NULL || m->plan_id[0] == '\0')
        return edge_wire_refuse(refusal, "plan_id", "is missing");
    if (m->n_points < 2 || m->n_points > FUSION_PLAN_POINTS_MAX)
        return edge_wire_refuse(refusal, "points", "are not 2 .. 100");
    if (!edge_wire_name(refusal, "plan_id", m->plan_id, plan->plan_id)
        || !edge_wire_name(refusal, "flight_id", m->flight_id, flight)
        || !edge_wire_real(refusal, "conformance_m", m->has_conformance_m, m->conformance_m,
                           1.0, 5000.0, &plan->conformance_m))
        return false;
    if (plan->valid_until_utc_us <= plan->valid_from_utc_us)
        return edge_wire_refuse(refusal, "valid_until_us", "is not after valid_from_us");
    for (size_t i = 0; i < m->n_points; i++)
        if (!plan_point(refusal, i, m->points[i], &plan->points[i]))
            return false;
    plan->point_count = (uint32_t)m->n_points;
    return true;
}

enum drf_status edge_wire_plan_decode(struct edge_wire *wire, enum edge_wire_form form,
                                      const uint8_t *bytes, size_t size, int64_t now_utc_us,
                                      struct fusion_plan *out,
                                      char correlation[static EDGE_WIRE_NAME_SIZE],
                                      struct edge_wire_refusal *refusal)
{
    const ProtobufCMessage *message =
        edge_wire_unpack(wire, form, &drf__v1__plan__descriptor, bytes, size, refusal);
    if (message == NULL)
        return DRF_ERR_SYNTAX;
    const Drf__V1__Plan *m = (const Drf__V1__Plan *)message;

    struct fusion_plan plan = {
        .revision = m->has_revision ? m->revision : 0,
        .valid_from_utc_us = m->has_valid_from_us ? m->valid_from_us : INT64_MIN,
        .valid_until_utc_us = m->has_valid_until_us ? m->valid_until_us : INT64_MAX,
        .conformance_m = FUSION_PLAN_CONFORMANCE_DEFAULT_M,
    };
    char name[EDGE_WIRE_NAME_SIZE] = "";
    bool good = edge_wire_name(refusal, "correlation", m->correlation, name);
    memcpy(refusal->correlation, name, sizeof name);
    if (!good || !plan_read(refusal, m, &plan))
        return DRF_ERR_RANGE;
    if (plan.valid_until_utc_us < now_utc_us) {
        (void)edge_wire_refuse(refusal, "valid_until_us", "is over");
        refusal->code = EDGE_REPLY_STALE;
        return DRF_ERR_STALE;
    }
    *out = plan;
    memcpy(correlation, name, sizeof name);
    return DRF_OK;
}
