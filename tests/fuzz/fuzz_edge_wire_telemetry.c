// SPDX-License-Identifier: Apache-2.0
// Any bytes in either form: refused with a reason, or accepted with every number usable.
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "edge/wire/wire.h"

static void check(bool good)
{
    if (!good)
        abort();
}

static void check_altitude(struct fusion_altitude altitude)
{
    check(!altitude.known || isfinite(altitude.m));
    check(isfinite(altitude.acc95_m) && altitude.acc95_m >= 0.0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct edge_wire *wire;
    if (wire == NULL && edge_wire_open(&wire) != DRF_OK)
        abort();
    const struct edge_wire_telemetry_rules rules = {.now_utc_us = INT64_C(1700000000000000),
                                                    .stale_us = 2000000,
                                                    .ahead_us = 500000,
                                                    .mode = DRF_MODE_LIVE};
    struct edge_wire_telemetry t;
    struct edge_wire_refusal refusal;
    enum edge_wire_form form = edge_wire_form_of(NULL, data, size);
    if (edge_wire_telemetry_decode(wire, form, data, size, &rules, &t, &refusal) != DRF_OK) {
        check(refusal.code != 0 && refusal.text[0] != '\0');
        check(memchr(refusal.field_path, 0, sizeof refusal.field_path) != NULL);
        return 0;
    }
    check(fabs(t.fix.position.lat_deg) <= 90.0 && fabs(t.fix.position.lon_deg) <= 180.0);
    check(llabs(t.fix.time_utc_us - rules.now_utc_us) <= rules.stale_us);
    check_altitude(t.fix.wgs84);
    check_altitude(t.fix.amsl);
    check_altitude(t.fix.pressure);
    check_altitude(t.fix.above_takeoff);
    check(isfinite(t.fix.velocity_north_mps) && isfinite(t.fix.velocity_east_mps)
          && isfinite(t.fix.velocity_up_mps));
    check(t.mode == DRF_MODE_LIVE);
    check(memchr(t.flight_id, 0, sizeof t.flight_id) != NULL);
    return 0;
}
