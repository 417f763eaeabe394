// SPDX-License-Identifier: Apache-2.0
#include "edge/serve/overload.h"

enum {
    BAD_WINDOWS = 2,      // in a row, before more is left out
    BUSY_PERCENT = 80,    // of a window that may be bad
    LOST_PER = 50,        // one lost report in so many taken is harm
    LAG_US = 250000,      // harm, too
    SLOWEST_US = 1000000, // contexts are never left out for longer
};

void edge_overload_init(struct edge_overload *overload, int64_t now_mono_us)
{
    *overload = (struct edge_overload){
        .window_mono_us = now_mono_us,
        .step_mono_us = now_mono_us,
        .age_min_us = INT64_MAX,
        .age_usual_us = INT64_MAX,
        .good_mono_us = now_mono_us,
        .hold_us = EDGE_OVERLOAD_HOLD_US,
        .lowered_mono_us = now_mono_us - EDGE_OVERLOAD_HOLD_MAX_US,
    };
}

static int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }

// Reports that are all older than they are when there is time for them have waited in the
// broker or in the socket. Clocks may differ: only the difference counts.
static int64_t lag_of(const struct edge_overload *overload)
{
    if (overload->age_min_us == INT64_MAX || overload->age_usual_us == INT64_MAX)
        return overload->lag_us;
    int64_t waited_us = overload->age_min_us - overload->age_usual_us;
    return waited_us > overload->lag_us ? waited_us : overload->lag_us;
}

static bool raise(struct edge_overload *overload, int64_t now_mono_us)
{
    overload->bad_windows = 0;
    if (overload->level == EDGE_OVERLOAD_RATE_LOW)
        return false;
    if (now_mono_us - overload->lowered_mono_us < 5 * overload->hold_us)
        overload->hold_us = smaller(2 * overload->hold_us, EDGE_OVERLOAD_HOLD_MAX_US);
    // Only the first rise after a fall says that it came too early.
    overload->lowered_mono_us = now_mono_us - 5 * (int64_t)EDGE_OVERLOAD_HOLD_MAX_US;
    overload->level++;
    return true;
}

static bool lower(struct edge_overload *overload, int64_t now_mono_us)
{
    if (overload->level == EDGE_OVERLOAD_NONE) {
        if (now_mono_us - overload->good_mono_us > EDGE_OVERLOAD_HOLD_MAX_US)
            overload->hold_us = EDGE_OVERLOAD_HOLD_US;
        return false;
    }
    if (now_mono_us - overload->good_mono_us < overload->hold_us)
        return false;
    overload->good_mono_us = now_mono_us;
    overload->lowered_mono_us = now_mono_us;
    overload->level--;
    return true;
}

static bool end_window(struct edge_overload *overload, int64_t now_mono_us)
{
    int64_t length_us = now_mono_us - overload->window_mono_us; // the first is very long
    bool busy = overload->busy_us >= length_us / 100 * BUSY_PERCENT;
    bool harmed =
        (overload->lost > 0 && (uint64_t)overload->lost * LOST_PER >= (uint64_t)overload->taken)
        || lag_of(overload) > LAG_US;
    if (!busy && overload->age_min_us != INT64_MAX)
        overload->age_usual_us = overload->age_min_us;
    overload->window_mono_us = now_mono_us;
    overload->busy_us = overload->lag_us = 0;
    overload->age_min_us = INT64_MAX;
    overload->taken = overload->lost = 0;
    if (busy && harmed) {
        overload->good_mono_us = now_mono_us;
        return ++overload->bad_windows >= BAD_WINDOWS && raise(overload, now_mono_us);
    }
    overload->bad_windows = 0;
    return lower(overload, now_mono_us);
}

bool edge_overload_note(struct edge_overload *overload, const struct edge_overload_signs *signs,
                        int64_t now_mono_us)
{
    if (overload->was_busy)
        overload->busy_us += now_mono_us - overload->step_mono_us;
    overload->step_mono_us = now_mono_us;
    overload->was_busy = signs->busy;
    overload->taken += signs->taken;
    overload->lost += signs->lost;
    if (signs->lag_us > overload->lag_us)
        overload->lag_us = signs->lag_us;
    overload->age_min_us = smaller(overload->age_min_us, signs->age_min_us);
    return now_mono_us - overload->window_mono_us >= EDGE_OVERLOAD_WINDOW_US
           && end_window(overload, now_mono_us);
}

int64_t edge_overload_interval_us(const struct edge_overload *overload, int64_t interval_us)
{
    if (overload->level < EDGE_OVERLOAD_RATE || interval_us >= SLOWEST_US)
        return interval_us;
    int64_t times = overload->level == EDGE_OVERLOAD_RATE ? 2 : 4;
    return smaller(interval_us * times, SLOWEST_US);
}

void edge_load_init(struct edge_load *load)
{
    edge_overload_init(&load->overload, INT64_MIN / 2);
    load->signs = (struct edge_overload_signs){.age_min_us = INT64_MAX};
}

void edge_load_lost(struct edge_load *load, uint32_t reports) { load->signs.lost += reports; }

void edge_load_lagged(struct edge_load *load, int64_t lag_us)
{
    if (lag_us > load->signs.lag_us)
        load->signs.lag_us = lag_us;
}

void edge_load_aged(struct edge_load *load, int64_t age_us)
{
    if (age_us < load->signs.age_min_us)
        load->signs.age_min_us = age_us;
}

bool edge_load_judge(struct edge_load *load, uint32_t taken, bool busy, int64_t now_mono_us)
{
    load->signs.taken = taken;
    load->signs.busy = busy;
    bool changed = edge_overload_note(&load->overload, &load->signs, now_mono_us);
    load->signs = (struct edge_overload_signs){.age_min_us = INT64_MAX};
    return changed;
}
