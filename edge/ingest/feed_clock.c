// SPDX-License-Identifier: Apache-2.0
#include "edge/ingest/feed_clock.h"

#include <inttypes.h>

#define EVERY_US INT64_C(60000000)

void edge_feed_clock_note(struct edge_feed_clock *clock, const struct drf_config *config,
                          size_t feed, bool current, uint64_t reports, int64_t off_us,
                          const struct edge_log *log, struct edge_now now)
{
    const uint64_t more = reports - clock->told;
    clock->told = reports;
    if (more == 0 || !current)
        return;
    clock->feeds[feed].held += more;
    if (now.mono_us < clock->feeds[feed].next_mono_us)
        return;
    const bool behind = off_us > 0;
    edge_log_write(
        log, now.utc_us, EDGE_LOG_WARN, "traffic.clock",
        "feed=%s reports=%" PRIu64 " %s_s=%.1f text=\"positions of longer ago than "
        "limits.track_keep_s, or a clock that is wrong: these aircraft are not shown\"",
        config->feeds[feed].name, clock->feeds[feed].held, behind ? "behind" : "ahead",
        (double)(behind ? off_us : -off_us) / 1e6);
    clock->feeds[feed].held = 0;
    clock->feeds[feed].next_mono_us = now.mono_us + EVERY_US;
}
