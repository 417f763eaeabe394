// SPDX-License-Identifier: Apache-2.0
// Alerts as GCN and CAP publish them, and the sky. Expected altitudes: astropy 7.1 (erfa), ICRS
// to AltAz without refraction.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "geo/celestial.h"
#include "geo/format/alert/cap.h"
#include "geo/format/alert/gcn.h"
#include "tests/support/real_data.h"

#define assert_near(value, expected, within) assert_true(fabs((value) - (expected)) <= (within))
#define SECOND_US INT64_C(1000000)

typedef enum drf_status (*decoder)(const struct geo_decode_params *params, const uint8_t *bytes,
                                   size_t size, struct geo_record_builder *builder,
                                   struct geo_note *why);

struct decoded {
    enum drf_status status;
    struct geo_note why;
    struct geo_zone zones[4];
    struct geo_zone_volume volumes[4]; // the first of each
    struct geo_zone_period periods[4];
    unsigned count;
};

static struct decoded decode(decoder with, bool live, const void *bytes, size_t size)
{
    const struct geo_decode_params params = {
        .keep = {-80, 43, -79, 44},
        .refuse_test = live,
        .valid_for_us = 5400 * SECOND_US,
        .message_utc_us = INT64_C(1700000000) * SECOND_US,
    };
    struct decoded d = {.status = DRF_OK};
    struct geo_record_builder builder;
    struct geo_record built, record;
    geo_record_builder_init(&builder, 1 << 24);
    d.status = with(&params, bytes, size, &builder, &d.why);
    assert_int_equal(geo_record_finish(&builder, &built), DRF_OK);
    assert_int_equal(geo_record_validate(built.bytes, built.size, &record), DRF_OK);
    size_t cursor = 0;
    struct geo_item item;
    while (geo_record_next(record, &cursor, &item)) {
        assert_int_equal(item.kind, GEO_ITEM_ZONE);
        if (d.count++ >= 4)
            continue;
        struct geo_zone_view view = geo_item_zone(&item);
        d.zones[d.count - 1] = *view.zone;
        d.volumes[d.count - 1] = view.volumes[0];
        if (view.zone->period_count > 0)
            d.periods[d.count - 1] = view.periods[0];
    }
    geo_record_builder_close(&builder);
    return d;
}

static bool gcn_file(const char *name, bool live, struct decoded *out)
{
    size_t size;
    uint8_t *bytes = real_data(name, &size);
    if (bytes == NULL)
        return false;
    *out = decode(geo_gcn_decode, live, bytes, size);
    free(bytes);
    return true;
}

static void sky__altitudes__are_those_of_another_program(void **state)
{
    (void)state;
    const struct {
        double lat_deg, lon_deg;
        int64_t utc_s;
        double ra_deg, dec_deg, altitude_deg;
    } cases[] = {
        {43.65, -79.38, 1676886819, 346.56, 18.61, -11.3985},
        {43.65, -79.38, 1690848021, 270.82, 31.46, 55.7036},
        {-33.87, 151.21, 1795348800, 83.822, -5.391, 34.5583},
        {78.2, 15.6, 1782000000, 37.95, 89.264, 77.8612},
        {0.0, 0.0, 946728000, 0.0, 0.0, 10.463},
        {51.4779, 0.0, 1724465694, 101.287, -16.716, -16.0837},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        double altitude_deg = geo_celestial_altitude_deg(
            (struct geo_point){cases[i].lat_deg, cases[i].lon_deg}, cases[i].utc_s * SECOND_US,
            cases[i].ra_deg, cases[i].dec_deg);
        if (fabs(altitude_deg - cases[i].altitude_deg) > 0.02)
            fail_msg("case %zu: %.4f", i, altitude_deg);
    }
}

static void gcn__a_real_update_with_an_ellipse__is_a_circle_in_the_sky(void **state)
{
    (void)state;
    struct decoded d;
    if (!gcn_file("alerts/gcn_maxi_gsc.unknown.ellipse.json", true, &d))
        skip();
    assert_int_equal(d.status, DRF_OK);
    assert_int_equal(d.count, 1);
    assert_string_equal(d.zones[0].id, "MAXI/9995289617");
    assert_string_equal(d.zones[0].name, "MAXI GSC GRB 230220A");
    assert_int_equal(d.zones[0].alert & GEO_ALERT_SEVERITY, GEO_ALERT_INFO);
    assert_int_equal(d.volumes[0].shape, GEO_ZONE_SKY);
    assert_near(d.volumes[0].centre.lat_deg, 18.61, 1e-9);
    assert_near(d.volumes[0].centre.lon_deg, 346.56 - 360.0, 1e-9);
    assert_near(d.volumes[0].radius_m, 0.22 * GEO_ZONE_SKY_M_PER_DEG, 1e-6);
    // 2023-02-20T09:53:39Z, and the feed's 5,400 s after
    assert_true(d.zones[0].data_time_utc_us == 1676886819 * SECOND_US);
    assert_true(d.periods[0].until_utc_us == (1676886819 + 5400) * SECOND_US);
}

static void gcn__a_real_trigger_without_a_place__concerns_everybody(void **state)
{
    (void)state;
    struct decoded d;
    if (!gcn_file("alerts/gcn_fermi_gbm_trigger.alert.json", true, &d))
        skip();
    assert_int_equal(d.status, DRF_OK);
    assert_string_equal(d.zones[0].id, "Fermi/745121685");
    assert_int_equal(d.volumes[0].shape, GEO_ZONE_REGION);
}

static void gcn__a_real_test__never_reaches_a_live_node(void **state)
{
    (void)state;
    struct decoded d;
    if (!gcn_file("alerts/gcn_superk_sn_alert.test.json", true, &d))
        skip();
    assert_int_not_equal(d.status, DRF_OK);
    assert_int_equal(d.why.code, GEO_REFUSAL_MODE);
    assert_int_equal(d.count, 0);
    assert_true(gcn_file("alerts/gcn_superk_sn_alert.test.json", false, &d));
    assert_int_equal(d.status, DRF_OK);
    assert_true((d.zones[0].alert & GEO_ALERT_TEST) != 0);
    assert_near(d.volumes[0].radius_m, 0.91 * GEO_ZONE_SKY_M_PER_DEG, 1e-6);
}

static void gcn__a_real_retraction__withdraws_its_id(void **state)
{
    (void)state;
    struct decoded d;
    if (!gcn_file("alerts/gcn_swift_bat_Guano.Retraction.json", true, &d))
        skip();
    assert_int_equal(d.status, DRF_OK);
    assert_int_equal(d.count, 1);
    assert_string_equal(d.zones[0].id, "Swift/694215995");
    assert_true((d.zones[0].flags & GEO_ZONE_WITHDRAWN) != 0);
}

// Expected: from the position to the four corners it is 1.2281, 1.2397, 1.2080 and 1.1969
// degrees, by the arc tangent formula in Python (the decoder's is another).
static void gcn__cases__are_read_or_refused_with_a_reason_that_fits(void **state)
{
    (void)state;
    struct decoded d;
    if (!gcn_file("cases/gcn/notices_maxi_gsc.unknown.noerror.example.json", true, &d))
        skip();
    assert_int_equal(d.status, DRF_OK);
    assert_int_equal(d.volumes[0].shape, GEO_ZONE_SKY); // where it is said, and all around
    assert_near(d.volumes[0].centre.lat_deg, 18.61, 1e-9);
    assert_near(d.volumes[0].radius_m / GEO_ZONE_SKY_M_PER_DEG, 180.0, 0.0);
    assert_true((d.zones[0].alert & GEO_ALERT_AREA_ASSUMED) != 0);
    assert_true(
        gcn_file("cases/gcn/notices_maxi_gsc.unknown.rectangle.example.json", true, &d));
    assert_int_equal(d.status, DRF_OK);
    assert_int_equal(d.volumes[0].shape, GEO_ZONE_SKY);
    assert_near(d.volumes[0].centre.lat_deg, 18.61, 1e-9);
    assert_near(d.volumes[0].radius_m / GEO_ZONE_SKY_M_PER_DEG, 1.2397, 0.0001);
    static const struct {
        const char *name, *word;
    } others[] = {
        {"cases/gcn/notices_boom_alert.example.json", "boom"},
        {"cases/gcn/notices_icecube_lvk_nu_track_search.example.json", "icecube"},
        {"cases/gcn/g_igwn_initial.json", "superevent_id"},
    };
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        assert_true(gcn_file(others[i].name, true, &d));
        assert_int_not_equal(d.status, DRF_OK);
        assert_int_equal(d.why.code, GEO_REFUSAL_UNSUPPORTED);
        assert_non_null(strstr(d.why.text, others[i].word));
    }
}

static struct decoded gcn(const char *text)
{
    return decode(geo_gcn_decode, true, text, strlen(text));
}

// What a notice does not say leaves no blank: "MAXI " was told to drones.
static void gcn__a_name_of_fewer_parts__has_no_blank_in_their_stead(void **state)
{
    (void)state;
    static const struct {
        const char *members, *name;
    } cases[] = {
        {"\"mission\":\"MAXI\"", "MAXI"},
        {"\"mission\":\"MAXI\",\"instrument\":\"GSC\"", "MAXI GSC"},
        {"\"mission\":\"MAXI\",\"event_name\":\"GRB 230220A\"", "MAXI GRB 230220A"},
        {"\"instrument\":\"GSC\"", "GSC"},
        {"\"alert_type\":\"initial\"", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[200];
        (void)snprintf(text, sizeof text, "{\"id\":\"a\",%s}", cases[i].members);
        struct decoded d = gcn(text);
        assert_int_equal(d.status, DRF_OK);
        assert_string_equal(d.zones[0].name, cases[i].name);
    }
}

// An error that is not given, or cannot be, is not 0 degrees: it may be anywhere in the sky.
static void gcn__a_place_that_is_not_understood__concerns_everybody(void **state)
{
    (void)state;
    static const char *const places[] = {
        "",
        "\"ra\":1",
        "\"ra\":1,\"dec\":1",
        "\"ra\":1,\"dec\":1,\"ra_dec_error\":null",
        "\"ra\":1,\"dec\":1,\"ra_dec_error\":0",
        "\"ra\":1,\"dec\":1,\"ra_dec_error\":-1",
        "\"ra\":1,\"dec\":1,\"ra_dec_error\":\"1\"",
        "\"ra\":1,\"dec\":1,\"ra_dec_error\":181",
        "\"ra\":1,\"dec\":1,\"ra_dec_error\":[1]",
        "\"ra\":1,\"dec\":1,\"ra_dec_error\":[1,\"x\",0]",
        "\"ra\":361,\"dec\":0,\"ra_dec_error\":1",
        "\"ra\":1,\"dec\":-91,\"ra_dec_error\":1",
        "\"ra\":\"1\",\"dec\":1,\"ra_dec_error\":1",
        "\"ra\":1,\"dec\":1,\"rectangular_error_corners\":[[0,0],[2,0]]",
        "\"ra\":1,\"dec\":1,\"rectangular_error_corners\":[[0,0],[2,0],[2,2],[0,\"2\"]]",
        ("\"ra\":1,\"dec\":1,\"ra_dec_error\":\"?\","
         "\"rectangular_error_corners\":[[0,0],[2,0],[2,2],[0,2]]"),
    };
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        char text[300];
        (void)snprintf(text, sizeof text, "{\"id\":\"a\"%s%s}", places[i][0] ? "," : "",
                       places[i]);
        struct decoded d = gcn(text);
        const bool everywhere =
            d.volumes[0].shape == GEO_ZONE_REGION
            || (d.volumes[0].shape == GEO_ZONE_SKY
                && fabs(d.volumes[0].radius_m - 180.0 * GEO_ZONE_SKY_M_PER_DEG) < 1e-6);
        if (d.status != DRF_OK || !everywhere
            || (d.zones[0].alert & GEO_ALERT_AREA_ASSUMED) == 0)
            fail_msg("%s", text);
    }
}

static void gcn__what_cannot_be__is_refused(void **state)
{
    (void)state;
    assert_int_equal(gcn("[]").why.code, GEO_REFUSAL_FORMAT);
    assert_int_equal(gcn("{\"mission\":\"a\"}").why.code, GEO_REFUSAL_FORMAT);
    assert_int_equal(gcn("{\"id\":\"a\",\"alert_tense\":\"injection\"}").why.code,
                     GEO_REFUSAL_MODE);
    assert_int_equal(gcn("{\"id\":\"a\",\"alert_tense\":\"archival\"}").why.code,
                     GEO_REFUSAL_IGNORED);
    assert_int_equal(gcn("{\"id\":\"a\",\"alert_type\":\"new\"}").why.code,
                     GEO_REFUSAL_UNSUPPORTED);
    assert_int_equal(gcn("{\"id\":\"a\",\"alert_type\":7}").why.code, GEO_REFUSAL_UNSUPPORTED);
    assert_int_equal(gcn("{\"id\":\"a\",\"alert_tense\":7}").why.code, GEO_REFUSAL_UNSUPPORTED);
    // of two whose first 47 letters are alike one would take the other's place
    assert_int_equal(
        gcn("{\"id\":\"0123456789012345678901234567890123456789012345678\"}").why.code,
        GEO_REFUSAL_RANGE);
    assert_int_equal(gcn("{\"id\":\"a\",\"alert_datetime\":\"soon\"}").why.code,
                     GEO_REFUSAL_FORMAT);
}

#define CAP_HEAD(status, type)                                                                 \
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"                                             \
    "<alert xmlns=\"urn:oasis:names:tc:emergency:cap:1.2\"><identifier>A-2</identifier>"       \
    "<sender>w@x</sender><sent>2023-11-14T22:13:20-00:00</sent><status>" status "</status>"    \
    "<msgType>" type "</msgType><scope>Public</scope>"
#define CAP_INFO(words, area)                                                                  \
    "<info><language>en</language><category>Met</category><event>Hail &amp; "                  \
    "wind</event>" words "<effective>2023-11-14T22:13:20+00:00</effective>"                    \
    "<expires>2023-11-14T23:13:20+00:00</expires><headline>Hail</headline><area>"              \
    "<areaDesc>here</areaDesc>" area "</area></info>"
#define GRAVE                                                                                  \
    "<urgency>Immediate</urgency><severity>Severe</severity><certainty>Likely</certainty>"
#define RING "<polygon>43.2,-79.8 43.2,-79.2 43.8,-79.2 43.8,-79.8 43.2,-79.8</polygon>"

static struct decoded cap(const char *text)
{
    return decode(geo_cap_decode, true, text, strlen(text));
}

static void cap__an_alert__gives_its_area_times_and_severity(void **state)
{
    (void)state;
    struct decoded d = cap(CAP_HEAD("Actual", "Alert") CAP_INFO(GRAVE, RING) "</alert>");
    assert_int_equal(d.status, DRF_OK);
    assert_int_equal(d.count, 1);
    const struct geo_zone *zone = &d.zones[0];
    assert_string_equal(zone->id, "w@x,A-2");
    assert_string_equal(zone->name, "Hail");
    assert_string_equal(zone->reason, "Hail & wind");
    assert_int_equal(zone->alert, GEO_ALERT_WARNING);
    assert_int_equal(zone->vertex_count, 4);
    assert_true(d.periods[0].from_utc_us == INT64_C(1700000000) * SECOND_US);
    assert_true(d.periods[0].until_utc_us == INT64_C(1700003600) * SECOND_US);
    d = cap(CAP_HEAD("Actual", "Alert") CAP_INFO(
        "<urgency>Future</urgency><severity>Severe</severity><certainty>Likely</certainty>",
        "<circle>43.5,-79.5 12.5</circle>") "</alert>");
    assert_int_equal(d.zones[0].alert, GEO_ALERT_CAUTION);
    assert_int_equal(d.volumes[0].shape, GEO_ZONE_CIRCLE);
    assert_near(d.volumes[0].radius_m, 12500.0, 1e-6);
    d = cap(CAP_HEAD("Actual", "Alert") CAP_INFO(
        "<urgency>Immediate</urgency><severity>Minor</severity><certainty>Likely</certainty>",
        "<geocode><valueName>x</valueName><value>y</value></geocode>") "</alert>");
    assert_int_equal(d.zones[0].alert, GEO_ALERT_INFO | GEO_ALERT_AREA_ASSUMED);
    assert_int_equal(d.volumes[0].shape, GEO_ZONE_REGION);
    d = cap(CAP_HEAD("Actual", "Alert") CAP_INFO("", RING) "</alert>");
    assert_int_equal(d.zones[0].alert, GEO_ALERT_WARNING); // nobody said how severe
}

static void cap__update_and_cancel__withdraw_what_they_refer_to(void **state)
{
    (void)state;
    struct decoded d = cap(
        CAP_HEAD("Actual", "Update") "<references>w@x,A-1,2023-11-14T22:00:00"
                                     "-00:00</references>" CAP_INFO(GRAVE, RING) "</alert>");
    assert_int_equal(d.status, DRF_OK);
    assert_int_equal(d.count, 2);
    assert_string_equal(d.zones[0].id, "w@x,A-1");
    assert_true((d.zones[0].flags & GEO_ZONE_WITHDRAWN) != 0);
    assert_string_equal(d.zones[1].id, "w@x,A-2");
    d = cap(
        CAP_HEAD("Actual", "Cancel") "<references>w@x,A-0,t w@x,A-1,t</references></alert>");
    assert_int_equal(d.count, 2);
    assert_true((d.zones[0].flags & d.zones[1].flags & GEO_ZONE_WITHDRAWN) != 0);
    assert_int_equal(cap(CAP_HEAD("Actual", "Cancel") "</alert>").why.code, GEO_REFUSAL_FORMAT);
}

static void cap__tests_doctypes_and_broken_ones__are_refused(void **state)
{
    (void)state;
    assert_int_equal(
        cap(CAP_HEAD("Exercise", "Alert") CAP_INFO(GRAVE, RING) "</alert>").why.code,
        GEO_REFUSAL_MODE);
    assert_int_equal(cap(CAP_HEAD("Test", "Alert") CAP_INFO(GRAVE, RING) "</alert>").why.code,
                     GEO_REFUSAL_MODE);
    assert_int_equal(cap(CAP_HEAD("Draft", "Alert") CAP_INFO(GRAVE, RING) "</alert>").why.code,
                     GEO_REFUSAL_IGNORED);
    assert_int_equal(cap(CAP_HEAD("Actual", "Ack") "</alert>").why.code, GEO_REFUSAL_IGNORED);
    assert_int_equal(cap("<!DOCTYPE alert [<!ENTITY a SYSTEM \"file:///etc/passwd\">]><alert "
                         "xmlns=\"urn:oasis:"
                         "names:tc:emergency:cap:1.2\"><identifier>&a;</identifier></alert>")
                         .why.code,
                     GEO_REFUSAL_UNSUPPORTED);
    assert_int_equal(cap("<alert/>").why.code, GEO_REFUSAL_FORMAT);
    assert_int_equal(cap("<alert xmlns=\"urn:oasis:names:tc:emergency:cap:1.2\">").why.code,
                     GEO_REFUSAL_FORMAT);
}

static void cap__an_area_elsewhere__is_told_as_outside(void **state)
{
    (void)state;
    struct decoded d =
        cap(CAP_HEAD("Actual", "Alert") CAP_INFO(GRAVE, "<circle>10,10 5</circle>") "</alert>");
    assert_int_equal(d.status, DRF_OK);
    assert_true((d.zones[0].flags & GEO_ZONE_OUTSIDE) != 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sky__altitudes__are_those_of_another_program),
        cmocka_unit_test(gcn__a_real_update_with_an_ellipse__is_a_circle_in_the_sky),
        cmocka_unit_test(gcn__a_real_trigger_without_a_place__concerns_everybody),
        cmocka_unit_test(gcn__a_name_of_fewer_parts__has_no_blank_in_their_stead),
        cmocka_unit_test(gcn__a_real_test__never_reaches_a_live_node),
        cmocka_unit_test(gcn__a_real_retraction__withdraws_its_id),
        cmocka_unit_test(gcn__cases__are_read_or_refused_with_a_reason_that_fits),
        cmocka_unit_test(gcn__a_place_that_is_not_understood__concerns_everybody),
        cmocka_unit_test(gcn__what_cannot_be__is_refused),
        cmocka_unit_test(cap__an_alert__gives_its_area_times_and_severity),
        cmocka_unit_test(cap__update_and_cancel__withdraw_what_they_refer_to),
        cmocka_unit_test(cap__tests_doctypes_and_broken_ones__are_refused),
        cmocka_unit_test(cap__an_area_elsewhere__is_told_as_outside),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
