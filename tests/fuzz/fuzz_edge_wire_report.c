// SPDX-License-Identifier: Apache-2.0
// Any bytes in either form: refused with a reason, or accepted, and then what is sent on is a
// report that is read as the same.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "edge/wire/wire.h"

static void check(bool good)
{
    if (!good)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct edge_wire *wire;
    static char bytes[2][65536];
    if (wire == NULL && edge_wire_open(&wire) != DRF_OK)
        abort();
    const struct edge_wire_telemetry_rules rules = {.now_utc_us = INT64_C(1700000000000000),
                                                    .stale_us = INT64_C(86400000000),
                                                    .ahead_us = 500000,
                                                    .mode = DRF_MODE_LIVE};
    struct edge_wire_report_text text = {"d1", bytes[0], sizeof bytes[0]};
    struct edge_wire_report report;
    struct edge_wire_refusal refusal;
    enum edge_wire_form form = edge_wire_form_of(NULL, data, size);
    if (edge_wire_report_decode(wire, form, data, size, &rules, &text, &report, &refusal)
        != DRF_OK) {
        check(refusal.code != 0 && refusal.text[0] != '\0');
        check(memchr(refusal.field_path, 0, sizeof refusal.field_path) != NULL);
        return 0;
    }
    check(report.report_seq > 0 && report.mode == DRF_MODE_LIVE && report.kind != 0);
    check(llabs(report.time_utc_us - rules.now_utc_us) <= rules.stale_us);
    struct edge_wire_report_text again = {"d1", bytes[1], sizeof bytes[1]};
    struct edge_wire_report other;
    check(edge_wire_report_decode(wire, EDGE_WIRE_JSON, (const uint8_t *)bytes[0], text.size,
                                  &rules, &again, &other, &refusal)
          == DRF_OK);
    check(again.size == text.size && memcmp(bytes[0], bytes[1], text.size) == 0);
    check(other.kind == report.kind && other.report_seq == report.report_seq
          && other.drone_boot_id == report.drone_boot_id);
    return 0;
}
