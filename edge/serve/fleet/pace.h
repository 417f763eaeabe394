// edge/serve/fleet/pace.h - lets something through at a rate, along a schedule (GCRA).
// SPDX-License-Identifier: Apache-2.0
//
// One is let through when the schedule is at most `slack_us` ahead of now, and one that comes
// late leaves the schedule at most `slack_us` behind, so that what comes at the very rate, give
// or take the slack, is let through. A value.
#ifndef EDGE_PACE_H
#define EDGE_PACE_H

#include <stdbool.h>
#include <stdint.h>

struct edge_pace {
    int64_t next_mono_us; // when one on schedule would be due
};

static inline bool edge_pace_ready(const struct edge_pace *pace, int64_t now_mono_us,
                                   int64_t slack_us)
{
    return now_mono_us >= pace->next_mono_us - slack_us;
}

static inline void edge_pace_take(struct edge_pace *pace, int64_t now_mono_us,
                                  int64_t interval_us, int64_t slack_us)
{
    if (pace->next_mono_us < now_mono_us - slack_us)
        pace->next_mono_us = now_mono_us - slack_us;
    pace->next_mono_us += interval_us;
}

#endif
