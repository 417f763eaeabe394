// SPDX-License-Identifier: Apache-2.0
#include "edge/serve/fleet/rates.h"

enum {
    REPORT_SLACK_US = 1000000,
    REQUEST_INTERVAL_US = 200000,
    REQUEST_SLACK_US = 5000000,
    REQUEST_TOLD_US = 1000000,
};

#define NEVER_US (INT64_MIN / 4) // far enough in the past, and differences do not overflow

struct edge_rates edge_rates_fresh(void)
{
    return (struct edge_rates){.told_mono_us = NEVER_US};
}

bool edge_rates_report(struct edge_rates *rates, int64_t now_mono_us, int64_t interval_us)
{
    if (!edge_pace_ready(&rates->report_pace, now_mono_us, REPORT_SLACK_US))
        return false;
    edge_pace_take(&rates->report_pace, now_mono_us, interval_us, 0);
    return true;
}

enum edge_request_limit edge_rates_request(struct edge_rates *rates, int64_t now_mono_us,
                                           uint32_t *count)
{
    *count = 0;
    if (edge_pace_ready(&rates->request_pace, now_mono_us, REQUEST_SLACK_US)) {
        edge_pace_take(&rates->request_pace, now_mono_us, REQUEST_INTERVAL_US, 0);
        return EDGE_REQUEST_ALLOWED;
    }
    rates->untold++;
    if (now_mono_us - rates->told_mono_us < REQUEST_TOLD_US)
        return EDGE_REQUEST_REFUSED_SILENTLY;
    *count = rates->untold;
    rates->untold = 0;
    rates->told_mono_us = now_mono_us;
    return EDGE_REQUEST_REFUSED;
}
