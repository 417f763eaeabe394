// SPDX-License-Identifier: Apache-2.0
#include <inttypes.h>
#include <stdio.h>

#include "drf/v1/enums.pb-c.h"
#include "drf/v1/telemetry.pb-c.h"
#include "edge/wire/wire_parts.h"

#define ALTITUDE_LOW_M (-2000.0)
#define ALTITUDE_HIGH_M 100000.0
#define SPEED_HIGH_MPS 1000.0
#define ACCURACY_HIGH_M 100000.0
// GPS time runs 18 s ahead of UTC since 2017.
#define GPS_LOW_US INT64_C(17000000)
#define GPS_HIGH_US INT64_C(19000000)

// One that this node does not know counts as no clock.
static uint32_t time_source(const Drf__V1__Telemetry *m)
{
    return m->time_source <= DRF__V1__TIME_SOURCE__TIME_SOURCE_NTP
               ? m->time_source
               : DRF__V1__TIME_SOURCE__TIME_SOURCE_NONE;
}

static bool altitude(struct edge_wire_refusal *refusal, const char *name, const char *acc_name,
                     protobuf_c_boolean has, float value, protobuf_c_boolean has_acc, float acc,
                     struct fusion_altitude *out)
{
    out->known = has != 0;
    return edge_wire_real(refusal, name, has, value, ALTITUDE_LOW_M, ALTITUDE_HIGH_M, &out->m)
           && edge_wire_real(refusal, acc_name, has_acc, acc, 0.0, ACCURACY_HIGH_M,
                             &out->acc95_m);
}

static bool altitudes(struct edge_wire_refusal *refusal, const Drf__V1__Telemetry *m,
                      struct fusion_fix *fix)
{
    return altitude(refusal, "alt_wgs84_m", "alt_wgs84_acc95_m", m->has_alt_wgs84_m,
                    m->alt_wgs84_m, m->has_alt_wgs84_acc95_m, m->alt_wgs84_acc95_m, &fix->wgs84)
           && altitude(refusal, "alt_amsl_m", "alt_amsl_acc95_m", m->has_alt_amsl_m,
                       m->alt_amsl_m, m->has_alt_amsl_acc95_m, m->alt_amsl_acc95_m, &fix->amsl)
           && altitude(refusal, "alt_pressure_m", "alt_pressure_acc95_m", m->has_alt_pressure_m,
                       m->alt_pressure_m, m->has_alt_pressure_acc95_m, m->alt_pressure_acc95_m,
                       &fix->pressure)
           && altitude(refusal, "alt_above_takeoff_m", "alt_above_takeoff_acc95_m",
                       m->has_alt_above_takeoff_m, m->alt_above_takeoff_m,
                       m->has_alt_above_takeoff_acc95_m, m->alt_above_takeoff_acc95_m,
                       &fix->above_takeoff);
}

static bool motion(struct edge_wire_refusal *refusal, const Drf__V1__Telemetry *m,
                   struct fusion_fix *fix)
{
    double unused;
    if (m->has_velocity_north_mps != m->has_velocity_east_mps)
        return edge_wire_refuse(
            refusal, m->has_velocity_north_mps ? "velocity_east_mps" : "velocity_north_mps",
            "is missing beside the other");
    fix->velocity_known = m->has_velocity_north_mps != 0;
    fix->velocity_up_known = m->has_velocity_up_mps != 0;
    return edge_wire_real(refusal, "velocity_north_mps", m->has_velocity_north_mps,
                          m->velocity_north_mps, -SPEED_HIGH_MPS, SPEED_HIGH_MPS,
                          &fix->velocity_north_mps)
           && edge_wire_real(refusal, "velocity_east_mps", m->has_velocity_east_mps,
                             m->velocity_east_mps, -SPEED_HIGH_MPS, SPEED_HIGH_MPS,
                             &fix->velocity_east_mps)
           && edge_wire_real(refusal, "velocity_up_mps", m->has_velocity_up_mps,
                             m->velocity_up_mps, -SPEED_HIGH_MPS, SPEED_HIGH_MPS,
                             &fix->velocity_up_mps)
           && edge_wire_real(refusal, "velocity_acc95_mps", m->has_velocity_acc95_mps,
                             m->velocity_acc95_mps, 0.0, SPEED_HIGH_MPS,
                             &fix->velocity_acc95_mps)
           && edge_wire_real(refusal, "horizontal_acc95_m", m->has_horizontal_acc95_m,
                             m->horizontal_acc95_m, 0.0, ACCURACY_HIGH_M,
                             &fix->horizontal_acc95_m)
           && edge_wire_real(refusal, "track_deg_true", m->has_track_deg_true,
                             m->track_deg_true, 0.0, 360.0, &unused)
           && edge_wire_real(refusal, "heading_deg_true", m->has_heading_deg_true,
                             m->heading_deg_true, 0.0, 360.0, &unused)
           && edge_wire_real(refusal, "battery_ratio", m->has_battery_ratio, m->battery_ratio,
                             0.0, 1.0, &unused);
}

static bool takeoff(struct edge_wire_refusal *refusal, const Drf__V1__Telemetry *m,
                    struct fusion_fix *fix)
{
    if (!m->has_takeoff_lat_e7 && !m->has_takeoff_lon_e7)
        return true;
    fix->takeoff_known = true;
    return edge_wire_position(refusal, "takeoff_", m->has_takeoff_lat_e7, m->takeoff_lat_e7,
                              m->has_takeoff_lon_e7, m->takeoff_lon_e7, &fix->takeoff);
}

// The report's own time, or that of its arrival when the aircraft has no clock.
static enum drf_status judge_time(const Drf__V1__Telemetry *m,
                                  const struct edge_wire_telemetry_rules *rules,
                                  struct edge_wire_telemetry *out,
                                  struct edge_wire_refusal *refusal)
{
    bool clockless =
        m->has_time_source && time_source(m) == DRF__V1__TIME_SOURCE__TIME_SOURCE_NONE;
    out->time_from_arrival = !m->has_time_us || clockless;
    out->fix.time_utc_us = out->time_from_arrival ? rules->now_utc_us : m->time_us;
    if (out->time_from_arrival)
        return DRF_OK;
    if (m->time_us < 0) {
        (void)edge_wire_refuse(refusal, "time_us", "is before 1970");
        return DRF_ERR_RANGE;
    }

    int64_t ahead_us = m->time_us - rules->now_utc_us;
    if (ahead_us <= rules->ahead_us && ahead_us >= -rules->stale_us)
        return DRF_OK;
    char text[sizeof refusal->text];
    if (ahead_us >= GPS_LOW_US && ahead_us <= GPS_HIGH_US)
        (void)snprintf(text, sizeof text,
                       "is %.3f s ahead of UTC: this looks like GPS time, which is 18 s ahead",
                       (double)ahead_us / 1e6);
    else
        (void)snprintf(text, sizeof text, "is %.3f s %s UTC", fabs((double)ahead_us / 1e6),
                       ahead_us > 0 ? "ahead of" : "behind");
    (void)edge_wire_refuse(refusal, "time_us", text);
    refusal->code = ahead_us > 0 ? EDGE_REPLY_TIME_UNSYNCHRONISED : EDGE_REPLY_STALE;
    return DRF_ERR_STALE;
}

enum drf_status edge_wire_telemetry_decode(struct edge_wire *wire, enum edge_wire_form form,
                                           const uint8_t *bytes, size_t size,
                                           const struct edge_wire_telemetry_rules *rules,
                                           struct edge_wire_telemetry *out,
                                           struct edge_wire_refusal *refusal)
{
    const ProtobufCMessage *message =
        edge_wire_unpack(wire, form, &drf__v1__telemetry__descriptor, bytes, size, refusal);
    if (message == NULL)
        return DRF_ERR_SYNTAX;
    const Drf__V1__Telemetry *m = (const Drf__V1__Telemetry *)message;

    struct edge_wire_telemetry t = {
        .seq = m->has_seq ? m->seq : 0,
        .drone_boot_id = m->has_drone_boot_id ? m->drone_boot_id : 0,
        .time_source = m->has_time_source ? time_source(m) : 0,
        .mode = m->has_mode ? m->mode : rules->mode,
        .seen_known = m->seen != NULL && m->seen->has_boot_id,
        .fix.on_ground = m->has_on_ground && m->on_ground,
    };
    if (t.seen_known) {
        t.seen_boot_id = m->seen->boot_id;
        t.seen_context_seq = m->seen->has_context_seq ? m->seen->context_seq : 0;
        t.seen_patch_seq = m->seen->has_patch_seq ? m->seen->patch_seq : 0;
    }
    bool good =
        edge_wire_position(refusal, "", m->has_lat_e7, m->lat_e7, m->has_lon_e7, m->lon_e7,
                           &t.fix.position)
        && altitudes(refusal, m, &t.fix) && motion(refusal, m, &t.fix)
        && takeoff(refusal, m, &t.fix)
        && edge_wire_name(refusal, "flight_id", m->flight_id, t.flight_id)
        && edge_wire_name(refusal, "active_plan_id", m->active_plan_id, t.active_plan_id);
    if (good && !drf_mode_accepts(rules->mode, t.mode))
        good = edge_wire_refuse(refusal, "mode", "is not accepted by a node of this mode");
    if (!good)
        return DRF_ERR_RANGE;
    enum drf_status status = judge_time(m, rules, &t, refusal);
    if (status == DRF_OK)
        *out = t;
    return status;
}
