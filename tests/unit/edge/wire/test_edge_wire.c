// SPDX-License-Identifier: Apache-2.0
// What edge/wire/wire.h promises: refusals that name the field, contexts that always fit.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "drf/v1/context.pb-c.h"
#include "drf/v1/reply.pb-c.h"
#include "drf/v1/telemetry.pb-c.h"
#include "edge/wire/wire.h"

#define NOW_US INT64_C(1700000000000000)

static const struct edge_wire_telemetry_rules live = {
    .now_utc_us = NOW_US, .stale_us = 2000000, .ahead_us = 500000, .mode = DRF_MODE_LIVE};

static enum drf_status read_json(const char *text, struct edge_wire_telemetry *out,
                                 struct edge_wire_refusal *refusal)
{
    struct edge_wire *wire;
    assert_int_equal(edge_wire_open(&wire), DRF_OK);
    enum drf_status status = edge_wire_telemetry_decode(
        wire, EDGE_WIRE_JSON, (const uint8_t *)text, strlen(text), &live, out, refusal);
    edge_wire_close(wire);
    return status;
}

static enum drf_status read_message(const Drf__V1__Telemetry *message,
                                    struct edge_wire_telemetry *out,
                                    struct edge_wire_refusal *refusal)
{
    uint8_t bytes[512];
    struct edge_wire *wire;
    assert_int_equal(edge_wire_open(&wire), DRF_OK);
    size_t size = drf__v1__telemetry__pack(message, bytes);
    enum drf_status status =
        edge_wire_telemetry_decode(wire, EDGE_WIRE_PROTOBUF, bytes, size, &live, out, refusal);
    edge_wire_close(wire);
    return status;
}

static Drf__V1__Telemetry good_message(void)
{
    Drf__V1__Telemetry m = DRF__V1__TELEMETRY__INIT;
    m.has_seq = m.has_time_us = m.has_time_source = m.has_lat_e7 = m.has_lon_e7 = 1;
    m.seq = 7;
    m.time_us = NOW_US - 100000;
    m.time_source = 1;
    m.lat_e7 = 436500000;
    m.lon_e7 = -793800000;
    m.has_alt_amsl_m = m.has_velocity_north_mps = m.has_velocity_east_mps = 1;
    m.alt_amsl_m = 150.0F;
    m.velocity_east_mps = 10.0F;
    return m;
}

static void telemetry__a_good_one__is_read_in_either_form(void **state)
{
    (void)state;
    struct edge_wire_telemetry t;
    struct edge_wire_refusal refusal;
    Drf__V1__Telemetry m = good_message();
    assert_int_equal(read_message(&m, &t, &refusal), DRF_OK);
    assert_int_equal(t.seq, 7);
    assert_true(fabs(t.fix.position.lat_deg - 43.65) < 1e-9);
    assert_true(t.fix.amsl.known && t.fix.amsl.m == 150.0 && !t.fix.wgs84.known);
    assert_true(t.fix.velocity_known && !t.fix.velocity_up_known && !t.time_from_arrival);
    assert_int_equal(t.mode, DRF_MODE_LIVE);

    struct edge_wire_telemetry u;
    assert_int_equal(read_json("{\"seq\":7,\"time_us\":\"1699999999900000\",\"time_source\":1,"
                               "\"lat_e7\":436500000,\"lonE7\":-793800000,\"alt_amsl_m\":150,"
                               "\"velocity_north_mps\":0,\"velocity_east_mps\":\"10\","
                               "\"of_the_future\":{\"a\":[1]}}",
                               &u, &refusal),
                     DRF_OK);
    assert_int_equal(u.fix.time_utc_us, t.fix.time_utc_us);
    assert_true(u.fix.velocity_east_mps == t.fix.velocity_east_mps);
    assert_true(u.fix.position.lon_deg == t.fix.position.lon_deg);
}

static void telemetry__without_a_clock__takes_the_arrival_time(void **state)
{
    (void)state;
    struct edge_wire_telemetry t;
    struct edge_wire_refusal refusal;
    Drf__V1__Telemetry m = good_message();
    m.has_time_us = 0;
    assert_int_equal(read_message(&m, &t, &refusal), DRF_OK);
    assert_true(t.time_from_arrival && t.fix.time_utc_us == NOW_US);
    m = good_message();
    m.time_us = 5;
    m.time_source = 0;
    assert_int_equal(read_message(&m, &t, &refusal), DRF_OK);
    assert_true(t.time_from_arrival && t.fix.time_utc_us == NOW_US);
}

static void telemetry__stale_or_ahead__is_refused_at_the_limit(void **state)
{
    (void)state;
    static const struct {
        int64_t ahead_us;
        enum drf_status status;
        enum edge_reply_code code;
    } cases[] = {
        {-2000000, DRF_OK, 0},
        {-2000001, DRF_ERR_STALE, EDGE_REPLY_STALE},
        {500000, DRF_OK, 0},
        {500001, DRF_ERR_STALE, EDGE_REPLY_TIME_UNSYNCHRONISED},
        {18000000, DRF_ERR_STALE, EDGE_REPLY_TIME_UNSYNCHRONISED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct edge_wire_telemetry t;
        struct edge_wire_refusal refusal;
        Drf__V1__Telemetry m = good_message();
        m.time_us = NOW_US + cases[i].ahead_us;
        assert_int_equal(read_message(&m, &t, &refusal), cases[i].status);
        if (cases[i].status != DRF_OK) {
            assert_int_equal(refusal.code, cases[i].code);
            assert_string_equal(refusal.field_path, "time_us");
        }
        if (cases[i].ahead_us == 18000000)
            assert_non_null(strstr(refusal.text, "GPS time"));
    }
}

static void telemetry__bad_fields_in_json__are_named(void **state)
{
    (void)state;
    static const struct {
        const char *text, *field_path;
        enum drf_status status;
    } cases[] = {
        {"", "", DRF_ERR_SYNTAX},
        {"{", "", DRF_ERR_SYNTAX},
        {"[]", "", DRF_ERR_SYNTAX},
        {"{\"lat_e7\":NaN,\"lon_e7\":0}", "", DRF_ERR_SYNTAX},
        {"{\"lat_e7\":1,\"lat_e7\":1}", "", DRF_ERR_SYNTAX},
        {"{\"lat_e7\":1,\"latE7\":1,\"lon_e7\":1}", "lat_e7", DRF_ERR_SYNTAX},
        {"{\"lon_e7\":0}", "lat_e7", DRF_ERR_RANGE},
        {"{\"lat_e7\":910000000,\"lon_e7\":0}", "lat_e7", DRF_ERR_RANGE},
        {"{\"lat_e7\":0,\"lon_e7\":1800000001}", "lon_e7", DRF_ERR_RANGE},
        {"{\"lat_e7\":9100000000,\"lon_e7\":0}", "lat_e7", DRF_ERR_SYNTAX},
        {"{\"lat_e7\":1.5,\"lon_e7\":0}", "lat_e7", DRF_ERR_SYNTAX},
        {"{\"lat_e7\":0,\"lon_e7\":0,\"alt_amsl_m\":\"NaN\"}", "alt_amsl_m", DRF_ERR_SYNTAX},
        {"{\"lat_e7\":0,\"lon_e7\":0,\"alt_amsl_m\":1e39}", "alt_amsl_m", DRF_ERR_SYNTAX},
        {"{\"lat_e7\":0,\"lon_e7\":0,\"velocity_north_mps\":1}", "velocity_east_mps",
         DRF_ERR_RANGE},
        {"{\"lat_e7\":0,\"lon_e7\":0,\"seen\":{\"boot_id\":-1}}", "seen.boot_id",
         DRF_ERR_SYNTAX},
        {"{\"lat_e7\":0,\"lon_e7\":0,\"mode\":4}", "mode", DRF_ERR_RANGE},
        {"{\"lat_e7\":0,\"lon_e7\":0,\"battery_ratio\":1.1}", "battery_ratio", DRF_ERR_RANGE},
        {"{\"lat_e7\":0,\"lon_e7\":0,\"flight_id\":\"a\\nb\"}", "flight_id", DRF_ERR_RANGE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct edge_wire_telemetry t;
        struct edge_wire_refusal refusal;
        enum drf_status status = read_json(cases[i].text, &t, &refusal);
        if (status != cases[i].status || strcmp(refusal.field_path, cases[i].field_path) != 0)
            fail_msg("%s: %s, \"%s\" %s", cases[i].text, drf_status_name(status),
                     refusal.field_path, refusal.text);
        assert_int_equal(refusal.code, EDGE_REPLY_INVALID);
    }
}

static void telemetry__nan_and_infinity_in_protobuf__are_refused(void **state)
{
    (void)state;
    static const float bad[] = {NAN, INFINITY, -INFINITY};
    for (size_t i = 0; i < 3; i++) {
        struct edge_wire_telemetry t;
        struct edge_wire_refusal refusal;
        Drf__V1__Telemetry m = good_message();
        m.alt_amsl_m = bad[i];
        assert_int_equal(read_message(&m, &t, &refusal), DRF_ERR_RANGE);
        assert_string_equal(refusal.field_path, "alt_amsl_m");
        m = good_message();
        m.velocity_north_mps = bad[i];
        assert_int_equal(read_message(&m, &t, &refusal), DRF_ERR_RANGE);
        assert_string_equal(refusal.field_path, "velocity_north_mps");
    }
}

static void profile__empty__is_all_defaults_and_says_which(void **state)
{
    (void)state;
    struct edge_wire *wire;
    struct edge_wire_profile p;
    struct edge_wire_refusal refusal;
    assert_int_equal(edge_wire_open(&wire), DRF_OK);
    assert_int_equal(
        edge_wire_profile_decode(wire, EDGE_WIRE_JSON, (const uint8_t *)"{}", 2, &p, &refusal),
        DRF_OK);
    static const char *const defaults[] = {
        "rate_hz=5",           "look_ahead_s=45",        "stopping_distance_m=50",
        "aircraft_radius_m=1", "clearance_min_m=15",     "climb_max_mps=5",
        "descent_max_mps=5",   "obstacle_radius_m=2000", "obstacles_max=4"};
    assert_int_equal(p.default_count, sizeof defaults / sizeof defaults[0]);
    for (size_t i = 0; i < p.default_count; i++)
        assert_string_equal(p.defaults[i], defaults[i]);
    assert_true(p.limits.climb_max_mps == 5.0 && p.limits.descent_max_mps == 5.0);
    static const struct {
        const char *text, *field_path;
    } bad[] = {{"{\"rate_hz\":0.05}", "rate_hz"},
               {"{\"rate_hz\":21}", "rate_hz"},
               {"{\"look_ahead_s\":301}", "look_ahead_s"},
               {"{\"patch_cells\":100}", "patch_cells"},
               {"{\"obstacles_max\":17}", "obstacles_max"},
               {"{\"link_bytes_per_s\":0,\"correlation\":\"c1\"}", "link_bytes_per_s"},
               {"{\"climb_max_mps\":0}", "climb_max_mps"},
               {"{\"descent_max_mps\":0.09}", "descent_max_mps"},
               {"{\"descent_max_mps\":-3}", "descent_max_mps"},
               {"{\"climb_max_mps\":101}", "climb_max_mps"},
               {"{\"wind_max_mps\":-1}", "wind_max_mps"}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(edge_wire_profile_decode(wire, EDGE_WIRE_JSON,
                                                  (const uint8_t *)bad[i].text,
                                                  strlen(bad[i].text), &p, &refusal),
                         DRF_ERR_RANGE);
        assert_string_equal(refusal.field_path, bad[i].field_path);
    }
    const char *limits = "{\"rate_hz\":0.1,\"wind_max_mps\":12,\"correlation\":\"c2\","
                         "\"climb_max_mps\":0.1,\"descent_max_mps\":100}";
    assert_int_equal(edge_wire_profile_decode(wire, EDGE_WIRE_JSON, (const uint8_t *)limits,
                                              strlen(limits), &p, &refusal),
                     DRF_OK);
    assert_true(p.limits.wind_max_set && p.limits.wind_max_mps == 12.0);
    assert_false(p.limits.gust_max_set);
    assert_true(fabs(p.limits.climb_max_mps - 0.1) < 1e-6);
    assert_true(p.limits.descent_max_mps == 100.0);
    assert_string_equal(p.correlation, "c2");
    edge_wire_close(wire);
}

static enum drf_status read_plan(const char *text, struct fusion_plan *plan,
                                 struct edge_wire_refusal *refusal)
{
    struct edge_wire *wire;
    char correlation[EDGE_WIRE_NAME_SIZE];
    assert_int_equal(edge_wire_open(&wire), DRF_OK);
    enum drf_status status =
        edge_wire_plan_decode(wire, EDGE_WIRE_JSON, (const uint8_t *)text, strlen(text), NOW_US,
                              plan, correlation, refusal);
    edge_wire_close(wire);
    return status;
}

static void plan__bad_ones__are_refused_with_the_field(void **state)
{
    (void)state;
    static const struct {
        const char *text, *field_path;
        enum drf_status status;
    } cases[] = {
        {"{\"points\":[{},{}]}", "plan_id", DRF_ERR_RANGE},
        {"{\"plan_id\":\"p\",\"points\":[{}]}", "points", DRF_ERR_RANGE},
        {"{\"plan_id\":\"p\",\"points\":[{\"lat_e7\":1,\"lon_e7\":1,\"agl_m\":50},{\"lat_e7\":"
         "1}]}",
         "points[1].lon_e7", DRF_ERR_RANGE},
        {"{\"plan_id\":\"p\",\"points\":[{\"lat_e7\":1,\"lon_e7\":1,\"agl_m\":50,\"alt_amsl_"
         "m\":"
         "3},{}]}",
         "points[0]", DRF_ERR_RANGE},
        {"{\"plan_id\":\"p\",\"points\":[{\"lat_e7\":1,\"lon_e7\":\"x\"},{}]}",
         "points[0].lon_e7", DRF_ERR_SYNTAX},
        {"{\"plan_id\":\"p\",\"valid_from_us\":5,\"valid_until_us\":\"5\",\"points\":[{},{}]}",
         "valid_until_us", DRF_ERR_RANGE},
        {"{\"plan_id\":\"p\",\"valid_until_us\":\"5\",\"points\":[{\"lat_e7\":1,\"lon_e7\":1,"
         "\"agl_m\":50},{\"lat_e7\":2,\"lon_e7\":1,\"agl_m\":50}]}",
         "valid_until_us", DRF_ERR_STALE},
    };
    struct fusion_plan plan;
    struct edge_wire_refusal refusal;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        enum drf_status status = read_plan(cases[i].text, &plan, &refusal);
        if (status != cases[i].status || strcmp(refusal.field_path, cases[i].field_path) != 0)
            fail_msg("%s: %s, \"%s\" %s", cases[i].text, drf_status_name(status),
                     refusal.field_path, refusal.text);
    }
    assert_int_equal(read_plan("{\"plan_id\":\"p\",\"points\":[{\"lat_e7\":1,\"lon_e7\":1,"
                               "\"agl_m\":50},{\"lat_e7\":2,\"lon_e7\":1,\"alt_wgs84_m\":50,"
                               "\"speed_mps\":12}]}",
                               &plan, &refusal),
                     DRF_OK);
    assert_int_equal(plan.point_count, 2);
    assert_int_equal(plan.points[1].height, FUSION_PLAN_WGS84);
    assert_true(plan.conformance_m == FUSION_PLAN_CONFORMANCE_DEFAULT_M);
}

// A context in which everything is there and every text as long as it can be.
struct fullest {
    struct fusion_source source;
    struct geo_obstacle obstacle;
    struct fusion_obstacle fused;
    struct fusion_context context;
    struct edge_wire_context wire;
};

static void fill(char *text, size_t size)
{
    memset(text, 'x', size - 1);
    text[size - 1] = '\0';
}

static void fullest_make(struct fullest *f, size_t advisories)
{
    const struct fusion_number n = {.known = true, .value = -1234.56};
    memset(f, 0, sizeof *f);
    fill(f->source.source, sizeof f->source.source);
    fill(f->obstacle.id, sizeof f->obstacle.id);
    fill(f->obstacle.kind, sizeof f->obstacle.kind);
    f->obstacle.flags = GEO_OBSTACLE_HAS_AGL | GEO_OBSTACLE_HAS_AMSL
                        | GEO_OBSTACLE_HORIZONTAL_ASSUMED | GEO_OBSTACLE_VERIFIED
                        | GEO_OBSTACLE_HAS_DATA_TIME;
    f->obstacle.data_time_utc_us = NOW_US;
    f->fused = (struct fusion_obstacle){
        .obstacle = &f->obstacle, .source = &f->source, .top_known = true, .top_amsl_m = 300.0};
    struct fusion_context *c = &f->context;
    c->height = (struct fusion_height){.agl_m = n,
                                       .agl_acc95_m = n,
                                       .agl_basis = FUSION_AGL_WGS84,
                                       .aircraft_amsl_m = n,
                                       .aircraft_acc95_m = n,
                                       .ground_amsl_m = n,
                                       .ground_source = &f->source,
                                       .surface_amsl_m = n,
                                       .surface_reason = FUSION_REASON_BARE_EARTH,
                                       .surface_source = &f->source,
                                       .clearance_m = n,
                                       .clearance_low_m = n,
                                       .geoid_m = n,
                                       .altitude_residual_m = n};
    c->look_ahead.segment_count = FUSION_SEGMENTS_MAX;
    for (size_t i = 0; i < FUSION_SEGMENTS_MAX; i++)
        c->look_ahead.segments[i] = (struct fusion_segment){.from_m = 100.0 * (double)i,
                                                            .to_m = 100.0 * (double)(i + 1),
                                                            .ground_max_amsl_m = n,
                                                            .ground_mean_amsl_m = n,
                                                            .surface_max_amsl_m = n,
                                                            .clearance_min_m = n,
                                                            .clearance_low_m = n,
                                                            .unknown_ratio = 0.5,
                                                            .unknown_reason = 2};
    c->look_ahead.segments[5].surface_max_amsl_m.value = 999.0;
    c->look_ahead.segments[6].clearance_low_m.value = -5000.0;
    c->look_ahead.length_m = 800.0;
    for (int i = 0; i < FUSION_WEATHER_ITEMS; i++)
        c->weather.items[i] = (struct fusion_quantity){.reason = FUSION_REASON_NONE,
                                                       .value = 3.0,
                                                       .value_east = 4.0,
                                                       .statistic = 1,
                                                       .valid_from_utc_us = NOW_US,
                                                       .valid_until_utc_us = NOW_US,
                                                       .data_time_utc_us = NOW_US,
                                                       .issue_utc_us = NOW_US,
                                                       .source = &f->source};
    c->obstacle_count = FUSION_NEAREST_MAX;
    c->obstacles_reason = FUSION_REASON_NONE;
    for (size_t i = 0; i < FUSION_NEAREST_MAX; i++)
        c->obstacles[i] = (struct fusion_near){&f->fused, 10.0 * (double)i, 359.0};
    c->obstacles_left_out = 3;
    c->layer_state_count = 7;
    for (size_t i = 0; i < 7; i++)
        c->layer_states[i] = (struct fusion_layer_state){FUSION_LAYER_GROUND, 5};
    for (size_t i = 0; i < advisories; i++) {
        struct fusion_advisory a = {.advisory_id = (uint32_t)i + 1,
                                    .severity = i < 2 ? 1 : 3,
                                    .kind = FUSION_ADVISORY_TERRAIN,
                                    .value_known = true,
                                    .position_known = true,
                                    .unit = "m",
                                    .source = f->source.source,
                                    .feature_id = f->obstacle.id};
        fill(a.text, sizeof a.text);
        fusion_advisories_add(&c->advisories, &a);
    }
    f->wire = (struct edge_wire_context){
        .stream = {.region_id = "region-of-the-longest-name-there-is-0123456789",
                   .node_id = "node-of-the-longest-name-there-is-0123456789",
                   .boot_id = UINT64_MAX,
                   .seq = UINT32_MAX,
                   .node_time_utc_us = NOW_US,
                   .mode = DRF_MODE_SIM},
        .context = c,
        .stale_after_ms = 3000,
        .authority = 2,
        .telemetry_seq = UINT32_MAX,
        .telemetry_drone_boot_id = UINT64_MAX,
        .node_clock_error_ms = 100000,
    };
}

static Drf__V1__Context *encode(const struct fullest *f, uint8_t *bytes, size_t *size)
{
    *size = EDGE_WIRE_CONTEXT_MAX;
    assert_int_equal(edge_wire_context_encode(EDGE_WIRE_PROTOBUF, &f->wire, bytes, size),
                     DRF_OK);
    assert_true(*size <= EDGE_WIRE_CONTEXT_MAX);
    Drf__V1__Context *back = drf__v1__context__unpack(NULL, *size, bytes);
    assert_non_null(back);
    return back;
}

static void context__as_full_as_can_be__fits_and_says_what_was_shed(void **state)
{
    (void)state;
    static struct fullest f;
    uint8_t bytes[EDGE_WIRE_CONTEXT_MAX];
    size_t size;
    for (size_t advisories = 0; advisories <= FUSION_ADVISORIES_MAX + 8; advisories++) {
        fullest_make(&f, advisories);
        Drf__V1__Context *back = encode(&f, bytes, &size);
        assert_int_equal(back->n_obstacles + back->obstacles_left_out, 3 + FUSION_NEAREST_MAX);
        assert_true((back->shed & EDGE_WIRE_SHED_OBSTACLES) != 0);
        assert_int_equal(back->obstacles_reason, FUSION_REASON_SHED);
        assert_true((back->shed & EDGE_WIRE_SHED_SEGMENTS) != 0);
        const Drf__V1__LookAhead *ahead = back->look_ahead;
        assert_true(ahead->n_segments >= 1);
        assert_true(ahead->segments[0]->from_m == 0.0F);
        assert_true(ahead->segments[ahead->n_segments - 1]->to_m == 800.0F);
        float surface = -1e9F, low = 1e9F;
        for (size_t i = 0; i < ahead->n_segments; i++) {
            surface = fmaxf(surface, ahead->segments[i]->surface_max_amsl_m);
            low = fminf(low, ahead->segments[i]->clearance_low_m);
            if (i > 0)
                assert_true(ahead->segments[i]->from_m == ahead->segments[i - 1]->to_m);
        }
        assert_true(surface == 999.0F && low == -5000.0F);
        assert_int_equal(back->n_advisories + back->n_advisories_brief
                             + (back->has_advisories_left_out ? back->advisories_left_out : 0),
                         advisories);
        if (advisories > 0)
            assert_int_equal(back->advisories[0]->severity, FUSION_SEVERITY_WARNING);
        drf__v1__context__free_unpacked(back, NULL);
    }
}

static void context__a_small_link__sheds_but_keeps_advisories(void **state)
{
    (void)state;
    static struct fullest f;
    uint8_t bytes[EDGE_WIRE_CONTEXT_MAX];
    size_t size;
    fullest_make(&f, 2);
    memcpy(f.source.source, "eta", 4);
    memcpy(f.obstacle.id, "36-1", 5);
    f.wire.bytes_max = 300;
    Drf__V1__Context *back = encode(&f, bytes, &size);
    assert_int_equal(back->n_obstacles, 0);
    assert_int_equal(back->look_ahead->n_segments, 1);
    assert_int_equal(back->n_advisories, 2);
    drf__v1__context__free_unpacked(back, NULL);
}

static void context__what_is_not_known__does_not_travel(void **state)
{
    (void)state;
    static struct fullest f;
    uint8_t bytes[EDGE_WIRE_CONTEXT_MAX];
    size_t size;
    fullest_make(&f, 0);
    f.context.height = (struct fusion_height){.agl_reason = FUSION_REASON_NO_ALTITUDE,
                                              .ground_reason = FUSION_REASON_NO_DATA,
                                              .surface_reason = FUSION_REASON_NO_DATA};
    f.context.height.clearance_m = (struct fusion_number){true, (double)NAN};
    static const struct fusion_source crane = {.source = "dof/faa"}; // without an accuracy
    f.context.height.surface_amsl_m = (struct fusion_number){true, 120.0};
    f.context.height.surface_source = f.context.height.ground_source = &crane;
    f.wire.node_clock_error_ms = 0;
    f.context.weather.items[FUSION_WIND].value = 0.3;
    f.context.weather.items[FUSION_WIND].value_east = 0.3;
    f.context.weather.items[FUSION_GUST] =
        (struct fusion_quantity){.reason = FUSION_REASON_STALE};
    f.context.obstacle_count = 0;
    Drf__V1__Context *back = encode(&f, bytes, &size);
    assert_false(back->height->has_agl_m);
    assert_int_equal(back->height->agl_reason, FUSION_REASON_NO_ALTITUDE);
    assert_false(back->height->has_ground_amsl_m);
    assert_int_equal(back->height->ground_reason, FUSION_REASON_NO_DATA);
    assert_false(back->height->has_clearance_m);
    assert_true(back->height->has_surface_amsl_m);
    assert_string_equal(back->height->surface_source, "dof/faa");
    assert_false(back->height->has_surface_acc95_m);
    assert_false(back->height->has_ground_acc95_m);
    assert_false(back->height->has_ground_posting_m);
    assert_false(back->has_node_clock_error_ms);
    assert_false(back->weather->wind->has_wind_from_deg_true);
    assert_int_equal(back->weather->wind->wind_from_reason, FUSION_REASON_CALM);
    assert_false(back->weather->gust_mps->has_value);
    assert_int_equal(back->weather->gust_mps->reason, FUSION_REASON_STALE);
    drf__v1__context__free_unpacked(back, NULL);
}

static void context__wind_to_south_west__comes_from_north_east(void **state)
{
    (void)state;
    static struct fullest f;
    uint8_t bytes[EDGE_WIRE_CONTEXT_MAX];
    size_t size;
    fullest_make(&f, 0);
    f.context.weather.items[FUSION_WIND].value = -3.0;
    f.context.weather.items[FUSION_WIND].value_east = -3.0;
    Drf__V1__Context *back = encode(&f, bytes, &size);
    assert_true(fabsf(back->weather->wind->wind_from_deg_true - 45.0F) < 1e-4F);
    assert_true(fabsf(back->weather->wind->wind_speed_mps - 4.2426407F) < 1e-5F);
    drf__v1__context__free_unpacked(back, NULL);
}

static void context__as_json__holds_original_names(void **state)
{
    (void)state;
    static struct fullest f;
    static uint8_t text[EDGE_WIRE_JSON_MAX + 1];
    size_t size = EDGE_WIRE_JSON_MAX;
    fullest_make(&f, 1);
    assert_int_equal(edge_wire_context_encode(EDGE_WIRE_JSON, &f.wire, text, &size), DRF_OK);
    text[size] = '\0';
    assert_non_null(strstr((const char *)text, "\"boot_id\":\"18446744073709551615\""));
    assert_non_null(strstr((const char *)text, "\"agl_m\":-1234.56"));
    assert_int_equal(edge_wire_form_of(NULL, text, size), EDGE_WIRE_JSON);
}

static void heartbeat__at_its_longest__is_64_bytes_or_less(void **state)
{
    (void)state;
    const struct edge_wire_heartbeat h = {.boot_id = UINT64_MAX,
                                          .seq = UINT32_MAX,
                                          .node_time_utc_us = INT64_MAX,
                                          .condition = 4,
                                          .epoch = UINT64_MAX,
                                          .drones = UINT32_MAX,
                                          .mode = 4};
    uint8_t bytes[64];
    size_t size = sizeof bytes;
    assert_int_equal(edge_wire_heartbeat_encode(&h, bytes, &size), DRF_OK);
}

static void reply__with_defaults__lists_them(void **state)
{
    (void)state;
    struct edge_wire *wire;
    struct edge_wire_profile p;
    struct edge_wire_refusal refusal;
    assert_int_equal(edge_wire_open(&wire), DRF_OK);
    assert_int_equal(
        edge_wire_profile_decode(wire, EDGE_WIRE_JSON, (const uint8_t *)"{}", 2, &p, &refusal),
        DRF_OK);
    const struct edge_wire_reply reply = {
        .stream = {.region_id = "r", .node_id = "n", .mode = 1},
        .code = EDGE_REPLY_ACCEPTED_DEFAULTS,
        .answers = 2,
        .profile = &p};
    uint8_t bytes[1024];
    size_t size = sizeof bytes;
    assert_int_equal(edge_wire_reply_encode(EDGE_WIRE_PROTOBUF, &reply, bytes, &size), DRF_OK);
    Drf__V1__Reply *back = drf__v1__reply__unpack(NULL, size, bytes);
    assert_non_null(back);
    assert_int_equal(back->n_defaults, p.default_count);
    assert_int_equal(back->code, EDGE_REPLY_ACCEPTED_DEFAULTS);
    drf__v1__reply__free_unpacked(back, NULL);
    size = 4;
    assert_int_equal(edge_wire_reply_encode(EDGE_WIRE_PROTOBUF, &reply, bytes, &size),
                     DRF_ERR_FULL);
    edge_wire_close(wire);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(telemetry__a_good_one__is_read_in_either_form),
        cmocka_unit_test(telemetry__without_a_clock__takes_the_arrival_time),
        cmocka_unit_test(telemetry__stale_or_ahead__is_refused_at_the_limit),
        cmocka_unit_test(telemetry__bad_fields_in_json__are_named),
        cmocka_unit_test(telemetry__nan_and_infinity_in_protobuf__are_refused),
        cmocka_unit_test(profile__empty__is_all_defaults_and_says_which),
        cmocka_unit_test(plan__bad_ones__are_refused_with_the_field),
        cmocka_unit_test(context__as_full_as_can_be__fits_and_says_what_was_shed),
        cmocka_unit_test(context__a_small_link__sheds_but_keeps_advisories),
        cmocka_unit_test(context__what_is_not_known__does_not_travel),
        cmocka_unit_test(context__wind_to_south_west__comes_from_north_east),
        cmocka_unit_test(context__as_json__holds_original_names),
        cmocka_unit_test(heartbeat__at_its_longest__is_64_bytes_or_less),
        cmocka_unit_test(reply__with_defaults__lists_them),
    };
    return cmocka_run_group_tests_name("edge/wire", tests, NULL, NULL);
}
