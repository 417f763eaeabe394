// SPDX-License-Identifier: Apache-2.0
// A report of a drone: checked, and written again as ProtoJSON, with what the node knows of it.
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "drf/v1/report.pb-c.h"
#include "edge/wire/wire_parts.h"
#include "schemas/protojson.h"

// NOLINTBEGIN(bugprone-macro-parentheses): texts that are joined
#define REAL(m, prefix, field, low, high)                                                      \
    edge_wire_real(refusal, prefix #field, (m)->has_##field, (m)->field, (low), (high), &unused)
// NOLINTEND(bugprone-macro-parentheses)

static bool weather(struct edge_wire_refusal *refusal, const Drf__V1__WeatherReport *m)
{
    struct geo_point at;
    double unused;
    if (!edge_wire_position(refusal, "weather.", m->has_lat_e7, m->lat_e7, m->has_lon_e7,
                            m->lon_e7, &at)
        || !REAL(m, "weather.", alt_amsl_m, -2000.0, 100000.0)
        || !REAL(m, "weather.", agl_m, 0.0, 20000.0)
        || !REAL(m, "weather.", wind_mps, 0.0, 150.0)
        || !REAL(m, "weather.", wind_from_deg_true, 0.0, 360.0)
        || !REAL(m, "weather.", gust_mps, 0.0, 150.0)
        || !REAL(m, "weather.", temperature_k, 173.0, 343.0)
        || !REAL(m, "weather.", dew_point_k, 173.0, 343.0)
        || !REAL(m, "weather.", visibility_m, 0.0, 100000.0)
        || !REAL(m, "weather.", pressure_pa, 10000.0, 120000.0)
        || !REAL(m, "weather.", turbulence_mps, 0.0, 50.0))
        return false;
    if (!m->has_alt_amsl_m && !m->has_agl_m)
        return edge_wire_refuse(refusal, "weather.alt_amsl_m", "is missing, and agl_m too");
    if (!m->has_wind_mps && !m->has_gust_mps && !m->has_temperature_k && !m->has_dew_point_k
        && !m->has_visibility_m && !m->has_pressure_pa && !m->has_icing
        && !m->has_turbulence_mps)
        return edge_wire_refuse(refusal, "weather", "tells nothing that was measured");
    if (m->has_wind_from_deg_true && !m->has_wind_mps)
        return edge_wire_refuse(refusal, "weather.wind_mps", "is missing beside its direction");
    return true;
}

static bool obstacle(struct edge_wire_refusal *refusal, const Drf__V1__ObstacleSighting *m)
{
    struct geo_point at;
    double unused;
    char kind[EDGE_WIRE_NAME_SIZE];
    return edge_wire_position(refusal, "obstacle.", m->has_lat_e7, m->lat_e7, m->has_lon_e7,
                              m->lon_e7, &at)
           && REAL(m, "obstacle.", horizontal_acc95_m, 0.0, 5000.0)
           && REAL(m, "obstacle.", top_alt_amsl_m, -2000.0, 100000.0)
           && REAL(m, "obstacle.", height_agl_m, 0.0, 2000.0)
           && REAL(m, "obstacle.", vertical_acc95_m, 0.0, 5000.0)
           && edge_wire_name(refusal, "obstacle.kind", m->kind, kind);
}

static bool landing(struct edge_wire_refusal *refusal, const Drf__V1__LandingOutcome *m)
{
    struct geo_point at;
    double unused;
    char text[EDGE_WIRE_NAME_SIZE];
    if (!edge_wire_position(refusal, "landing.", m->has_lat_e7, m->lat_e7, m->has_lon_e7,
                            m->lon_e7, &at)
        || !REAL(m, "landing.", slope_deg, 0.0, 90.0)
        || !edge_wire_name(refusal, "landing.plan_id", m->plan_id, text)
        || !edge_wire_name(refusal, "landing.text", m->text, text))
        return false;
    return m->has_result || edge_wire_refuse(refusal, "landing.result", "is missing");
}

static bool document(struct edge_wire_refusal *refusal, const Drf__V1__Report *m,
                     struct edge_wire_report *out)
{
    json_error_t why;
    if (m->schema == NULL || m->schema[0] == '\0')
        return edge_wire_refuse(refusal, "schema", "is missing beside json");
    if (!edge_wire_name(refusal, "schema", m->schema, out->schema))
        return false;
    size_t size = strlen(m->json);
    if (size > EDGE_WIRE_REPORT_JSON_MAX)
        return edge_wire_refuse(refusal, "json", "is longer than 8192 bytes");
    json_t *root = json_loadb(m->json, size, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &why);
    if (root == NULL) {
        char text[sizeof refusal->text];
        (void)snprintf(text, sizeof text, "is not JSON: line %d, column %d", why.line,
                       why.column);
        return edge_wire_refuse(refusal, "json", text);
    }
    json_decref(root);
    return true;
}

static bool content(struct edge_wire_refusal *refusal, const Drf__V1__Report *m,
                    struct edge_wire_report *out)
{
    if ((m->weather != NULL) + (m->obstacle != NULL) + (m->landing != NULL) + (m->json != NULL)
        != 1)
        return edge_wire_refuse(refusal, "",
                                "has none or several of weather, obstacle, landing, json");
    out->kind = m->weather != NULL    ? EDGE_REPORT_WEATHER
                : m->obstacle != NULL ? EDGE_REPORT_OBSTACLE
                : m->landing != NULL  ? EDGE_REPORT_LANDING
                                      : EDGE_REPORT_JSON;
    switch (out->kind) {
    case EDGE_REPORT_WEATHER:
        return weather(refusal, m->weather);
    case EDGE_REPORT_OBSTACLE:
        return obstacle(refusal, m->obstacle);
    case EDGE_REPORT_LANDING:
        return landing(refusal, m->landing);
    default:
        return document(refusal, m, out);
    }
}

static bool identity(struct edge_wire_refusal *refusal, const Drf__V1__Report *m,
                     struct edge_wire_report *out)
{
    bool named = edge_wire_name(refusal, "correlation", m->correlation, out->correlation);
    out->drone_boot_id = m->has_drone_boot_id ? m->drone_boot_id : 0;
    out->report_seq = m->has_report_seq ? m->report_seq : 0;
    if (!named)
        return false;
    if (out->report_seq == 0)
        return edge_wire_refuse(refusal, "report_seq", "is missing: it counts from 1");
    if (!m->has_drone_boot_id)
        return edge_wire_refuse(refusal, "drone_boot_id", "is missing");
    return true;
}

// A report may wait long at the drone for its link; so long as it is remembered here, a second
// copy of it is known for one.
static enum drf_status judge_time(const Drf__V1__Report *m,
                                  const struct edge_wire_telemetry_rules *rules,
                                  struct edge_wire_report *out,
                                  struct edge_wire_refusal *refusal)
{
    char text[sizeof refusal->text];
    out->time_utc_us = m->has_time_us ? m->time_us : rules->now_utc_us;
    if (out->time_utc_us < 0) {
        (void)edge_wire_refuse(refusal, "time_us", "is before 1970");
        return DRF_ERR_RANGE;
    }
    int64_t ahead_us = out->time_utc_us - rules->now_utc_us;
    if (ahead_us <= rules->ahead_us && ahead_us >= -rules->stale_us)
        return DRF_OK;
    (void)snprintf(text, sizeof text, "is %.3f s %s UTC", fabs((double)ahead_us / 1e6),
                   ahead_us > 0 ? "ahead of" : "behind");
    (void)edge_wire_refuse(refusal, "time_us", text);
    refusal->code = ahead_us > 0 ? EDGE_REPLY_TIME_UNSYNCHRONISED : EDGE_REPLY_STALE;
    return DRF_ERR_STALE;
}

static enum drf_status decode(const Drf__V1__Report *m,
                              const struct edge_wire_telemetry_rules *rules,
                              struct edge_wire_report *out, struct edge_wire_refusal *refusal)
{
    char flight[EDGE_WIRE_NAME_SIZE];
    out->mode = m->has_mode ? m->mode : rules->mode;
    if (!identity(refusal, m, out)
        || !edge_wire_name(refusal, "flight_id", m->flight_id, flight)
        || !content(refusal, m, out))
        return DRF_ERR_RANGE;
    if (!drf_mode_accepts(rules->mode, out->mode)) {
        (void)edge_wire_refuse(refusal, "mode", "is not accepted by a node of this mode");
        return DRF_ERR_RANGE;
    }
    return judge_time(m, rules, out, refusal);
}

enum drf_status edge_wire_report_decode(struct edge_wire *wire, enum edge_wire_form form,
                                        const uint8_t *bytes, size_t size,
                                        const struct edge_wire_telemetry_rules *rules,
                                        struct edge_wire_report_text *text,
                                        struct edge_wire_report *out,
                                        struct edge_wire_refusal *refusal)
{
    *out = (struct edge_wire_report){0};
    const ProtobufCMessage *message =
        edge_wire_unpack(wire, form, &drf__v1__report__descriptor, bytes, size, refusal);
    if (message == NULL)
        return DRF_ERR_SYNTAX;
    Drf__V1__Report m = *(const Drf__V1__Report *)message;
    enum drf_status status = decode(&m, rules, out, refusal);
    memcpy(refusal->correlation, out->correlation, sizeof out->correlation);
    if (status != DRF_OK)
        return status;

    m.has_time_us = m.has_mode = m.has_received_us = 1;
    m.time_us = out->time_utc_us;
    m.mode = out->mode;
    m.received_us = rules->now_utc_us;
    m.drone_id = edge_wire_text(text->drone_id);
    m.correlation = NULL; // between the drone and this node
    if (m.json == NULL)
        m.schema = NULL;
    status = schemas_protojson_encode(&m.base, text->text, &text->size);
    if (status != DRF_OK)
        (void)edge_wire_refuse(refusal, "", "is too large as ProtoJSON");
    return status == DRF_OK ? DRF_OK : DRF_ERR_FULL;
}
