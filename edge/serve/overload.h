// edge/serve/overload.h - overload control: measures load, and sets what is left out.
// SPDX-License-Identifier: Apache-2.0
//
// A step is busy when it leaves work behind: more messages wait to be read, or the link takes
// no more. Being busy alone does no harm; reports that are lost or never answered meanwhile are
// harm, and so is a lag. Half a second of windows that are busy and harmed raises the level by
// one; a period of windows that are not lowers it by one. The period is two seconds, twice as
// long each time the level rises again soon after, a minute at most: a load that is always too
// much is not tried again and again. A value; no clock, no allocation.
#ifndef EDGE_OVERLOAD_H
#define EDGE_OVERLOAD_H

#include <stdbool.h>
#include <stdint.h>

enum edge_overload_level { // each leaves out what those before it do, too
    EDGE_OVERLOAD_NONE,
    EDGE_OVERLOAD_PATCH,    // no patches; preloads wait
    EDGE_OVERLOAD_SEGMENTS, // contexts of EDGE_OVERLOAD_CONTEXT_BYTES: fewer, longer segments
    EDGE_OVERLOAD_RATE,     // contexts at half the rate asked for, 1 Hz at least
    EDGE_OVERLOAD_RATE_LOW, // at a quarter
};

enum {
    EDGE_OVERLOAD_CONTEXT_BYTES = 450,
    EDGE_OVERLOAD_WINDOW_US = 250000,
    EDGE_OVERLOAD_HOLD_US = 2000000,
    EDGE_OVERLOAD_HOLD_MAX_US = 60000000,
};

struct edge_overload_signs { // of one step
    bool busy;
    uint32_t taken; // messages that came in
    uint32_t lost;  // reports that never came, or that were not answered when they should
    int64_t lag_us; // the longest that something waits
    // Of reports with a time: how old the youngest was; INT64_MAX: none.
    int64_t age_min_us;
};

struct edge_overload {
    enum edge_overload_level level;
    int64_t window_mono_us, step_mono_us; // begin of the window; the step before
    bool was_busy;
    int64_t busy_us, lag_us, age_min_us; // of this window
    uint32_t taken, lost;
    int64_t age_usual_us; // of reports in windows that were not busy; INT64_MAX: never seen
    uint32_t bad_windows;
    int64_t good_mono_us; // since when no window was bad
    int64_t hold_us, lowered_mono_us;
};

// What the node judges its load by: the level, and the signs of this step so far.
struct edge_load {
    struct edge_overload overload;
    struct edge_overload_signs signs;
};

void edge_load_init(struct edge_load *load);
static inline enum edge_overload_level edge_load_level(const struct edge_load *load)
{
    return load->overload.level;
}
// In this step: reports were lost, or not answered when they should; something waited for so
// long; a report with a time was so old.
void edge_load_lost(struct edge_load *load, uint32_t reports);
void edge_load_lagged(struct edge_load *load, int64_t lag_us);
void edge_load_aged(struct edge_load *load, int64_t age_us);
// The step is over; it took so many messages, and is busy if it left work behind. True if the
// level is another one now. The next step has no signs yet.
bool edge_load_judge(struct edge_load *load, uint32_t taken, bool busy, int64_t now_mono_us);

void edge_overload_init(struct edge_overload *overload, int64_t now_mono_us);
// Takes a step into account. True if the level is another one now.
bool edge_overload_note(struct edge_overload *overload, const struct edge_overload_signs *signs,
                        int64_t now_mono_us);
// Between contexts that a drone wants every `interval_us`.
int64_t edge_overload_interval_us(const struct edge_overload *overload, int64_t interval_us);

#endif
