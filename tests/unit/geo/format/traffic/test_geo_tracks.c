// SPDX-License-Identifier: Apache-2.0
// Traffic that nodes report.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/tracks.h"

static void tracks__a_nodes_report__gives_every_field(void **state)
{
    (void)state;
    struct decoded d = tracks(
        "{\"tracks\":[{\"traffic_id\":\"coffee-17\",\"lat_e7\":436500000,\"lon_e7\":-793800000,"
        "\"data_time_us\":\"1700000000123456\",\"alt_wgs84_m\":120.5,\"alt_amsl_m\":157,"
        "\"alt_pressure_m\":150,\"velocity_north_mps\":1,\"velocity_east_mps\":-2,"
        "\"velocity_up_mps\":0.5,\"horizontal_acc95_m\":3,\"altitude_acc95_m\":4,"
        "\"predicted\":true,\"name\":\"Coffee\"}]}");
    assert_int_equal(d.status, DRF_OK);
    assert_int_equal(d.count, 1);
    const struct geo_track *t = &d.tracks[0];
    assert_string_equal(t->id, "coffee-17");
    assert_near(t->position.lat_deg, 43.65, 1e-9);
    assert_true(t->time_utc_us == INT64_C(1700000000123456));
    assert_int_equal(t->flags, GEO_TRACK_WGS84 | GEO_TRACK_AMSL | GEO_TRACK_PRESSURE
                                   | GEO_TRACK_VELOCITY | GEO_TRACK_UP | GEO_TRACK_PREDICTED);
    assert_near(t->altitude_acc95_m, 4.0, 0.0);
    assert_int_equal(t->flags & ASSUMED, 0);
}

static void tracks__without_id_place_or_time__are_refused(void **state)
{
    (void)state;
    static const char *const broken[] = {
        "{\"traffic_id\":\"a\",\"lat_e7\":1,\"data_time_us\":1}",
        "{\"traffic_id\":\"a\",\"lat_e7\":1,\"lon_e7\":1}",
        "{\"traffic_id\":\"\",\"lat_e7\":1,\"lon_e7\":1,\"data_time_us\":1}",
        "{\"traffic_id\":\"a b\",\"lat_e7\":1,\"lon_e7\":1,\"data_time_us\":1}",
        "{\"traffic_id\":\"a\",\"lat_e7\":1.5,\"lon_e7\":1,\"data_time_us\":1}",
        "{\"traffic_id\":\"a\",\"lat_e7\":900000001,\"lon_e7\":1,\"data_time_us\":1}",
        "{\"traffic_id\":\"a\",\"lat_e7\":1,\"lon_e7\":1,\"data_time_us\":\"soon\"}",
        ("{\"traffic_id\":\"a\",\"lat_e7\":1,\"lon_e7\":1,\"data_time_us\":1,"
         "\"velocity_north_mps\":1}"),
        "{\"traffic_id\":\"a\",\"lat_e7\":1,\"lon_e7\":1,\"data_time_us\":1,\"on_ground\":1}",
    };
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
        struct decoded d = tracks(broken[i]);
        if (d.status == DRF_OK || d.count != 0)
            fail_msg("taken: %s", broken[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tracks__a_nodes_report__gives_every_field),
        cmocka_unit_test(tracks__without_id_place_or_time__are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
