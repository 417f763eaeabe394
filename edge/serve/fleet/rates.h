// edge/serve/fleet/rates.h - how often a drone may send: reports, and all else.
// SPDX-License-Identifier: Apache-2.0
#ifndef EDGE_RATES_H
#define EDGE_RATES_H

#include <stdbool.h>
#include <stdint.h>

#include "edge/serve/fleet/pace.h"

struct edge_rates {
    struct edge_pace report_pace, request_pace;
    int64_t told_mono_us; // when RATE_LIMITED was told
    uint32_t untold;      // requests refused since
};

struct edge_rates edge_rates_fresh(void);
// Whether another report may come now, `interval_us` apart; a second's worth may come at once:
// links deliver in bursts.
bool edge_rates_report(struct edge_rates *rates, int64_t now_mono_us, int64_t interval_us);

// Whether it may send another profile, plan, request or query now: five a second, and 25 at
// once. REFUSED, replied at most once a second: *count were refused since the last reply.
enum edge_request_limit {
    EDGE_REQUEST_ALLOWED,
    EDGE_REQUEST_REFUSED,
    EDGE_REQUEST_REFUSED_SILENTLY
};
enum edge_request_limit edge_rates_request(struct edge_rates *rates, int64_t now_mono_us,
                                           uint32_t *count);
#define EDGE_REQUEST_RETRY_S 5.0

#endif
