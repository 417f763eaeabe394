// SPDX-License-Identifier: Apache-2.0
// Telemetry of one mode at a node of another: the rule of geo/mode.h is the one that is asked.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "drf/v1/telemetry.pb-c.h"
#include "edge/wire/wire.h"

#define NOW_US INT64_C(1700000000000000)

static void telemetry__of_every_pair_of_modes__is_accepted_as_written(void **state)
{
    (void)state;
    enum { LIVE = 1, TEST, REPLAY, SIM, MODES };
    static const bool accepted[MODES][MODES] = {
        [LIVE] = {[LIVE] = true},
        [TEST] = {[LIVE] = true, [TEST] = true},
        [SIM] = {[SIM] = true},
        [REPLAY] = {[LIVE] = true, [TEST] = true, [REPLAY] = true, [SIM] = true},
    };
    struct edge_wire *wire;
    assert_int_equal(edge_wire_open(&wire), DRF_OK);
    for (uint32_t node = 0; node < MODES; node++)
        for (uint32_t mode = 0; mode < MODES; mode++) {
            const struct edge_wire_telemetry_rules rules = {
                .now_utc_us = NOW_US, .stale_us = 2000000, .ahead_us = 500000, .mode = node};
            Drf__V1__Telemetry m = DRF__V1__TELEMETRY__INIT;
            m.has_time_us = m.has_time_source = m.has_lat_e7 = m.has_lon_e7 = m.has_mode = 1;
            m.time_us = NOW_US;
            m.time_source = 1;
            m.mode = mode;
            uint8_t bytes[512];
            size_t size = drf__v1__telemetry__pack(&m, bytes);
            struct edge_wire_telemetry t;
            struct edge_wire_refusal refusal;
            bool good = edge_wire_telemetry_decode(wire, EDGE_WIRE_PROTOBUF, bytes, size,
                                                   &rules, &t, &refusal)
                        == DRF_OK;
            assert_int_equal(good, accepted[node][mode]);
            if (!good)
                assert_string_equal(refusal.field_path, "mode");
        }
    edge_wire_close(wire);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(telemetry__of_every_pair_of_modes__is_accepted_as_written),
    };
    return cmocka_run_group_tests_name("edge/wire_mode", tests, NULL, NULL);
}
