// SPDX-License-Identifier: Apache-2.0
#include "edge/serve/fleet/report.h"

enum edge_order edge_report_order(const struct edge_report *last, uint64_t drone_boot_id,
                                  uint32_t seq, int64_t time_utc_us, bool time_from_arrival,
                                  uint32_t *lost)
{
    *lost = 0;
    if (!last->there || drone_boot_id != last->drone_boot_id)
        return EDGE_ORDER_NEXT;

    bool timed = !time_from_arrival && !last->time_from_arrival;
    int64_t later_us = timed ? time_utc_us - last->fix.time_utc_us : 0;
    if (seq != 0 && last->seq != 0) {
        if (seq <= last->seq || later_us < 0)
            return EDGE_ORDER_BACK;
        *lost = seq - last->seq - 1;
        return EDGE_ORDER_NEXT;
    }
    return timed && later_us <= 0 ? EDGE_ORDER_BACK : EDGE_ORDER_NEXT;
}

void edge_report_take(struct edge_report *last, struct edge_report next)
{
    *last = next;
    last->there = true;
}
