// edge/serve/fleet/report.h - the last report of a drone, and whether another one follows it.
// SPDX-License-Identifier: Apache-2.0
#ifndef EDGE_REPORT_H
#define EDGE_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "fusion/aircraft/aircraft.h"

struct edge_report { // the last that was accepted
    bool there;      // one was, since the node started
    bool time_from_arrival;
    uint32_t seq;
    uint64_t drone_boot_id;
    int64_t arrival_mono_us;
    struct fusion_fix fix;
};

enum edge_order { EDGE_ORDER_NEXT, EDGE_ORDER_BACK };
// Whether a report follows the last one of the same boot of the drone: a greater number, where
// both have one, and no earlier time. *lost: reports missing in between.
enum edge_order edge_report_order(const struct edge_report *last, uint64_t drone_boot_id,
                                  uint32_t seq, int64_t time_utc_us, bool time_from_arrival,
                                  uint32_t *lost);
// `next` is the last one now.
void edge_report_take(struct edge_report *last, struct edge_report next);

#endif
