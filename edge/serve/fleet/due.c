// SPDX-License-Identifier: Apache-2.0
#include "edge/serve/fleet/due.h"

// Up to eight looks at one drone in a row: what matters is seldom the first change.
enum { LOOK_SLACK_US = 7 * EDGE_DUE_LOOK_US };

#define NEVER_US (INT64_MIN / 4) // far enough in the past, and differences do not overflow

static int64_t later(int64_t a, int64_t b) { return a > b ? a : b; }
static int64_t sooner(int64_t a, int64_t b) { return a < b ? a : b; }

struct edge_due edge_due_nothing(bool listed)
{
    return (struct edge_due){
        .listed = listed, .sent_mono_us = NEVER_US, .look_mono_us = INT64_MAX};
}

bool edge_due_ready(const struct edge_due *due, int64_t now_mono_us, int64_t interval_us)
{
    return edge_pace_ready(&due->answer_pace, now_mono_us, interval_us / 2);
}

int64_t edge_due_next(const struct edge_due *due)
{
    return edge_due_any(due) ? sooner(due->due_mono_us, due->look_mono_us) : INT64_MAX;
}

void edge_due_answer(struct edge_due *due, int64_t now_mono_us, int64_t at_mono_us,
                     int64_t arrival_mono_us, bool ready)
{
    bool late = due->state == EDGE_DUE_ANSWER && due->due_mono_us < now_mono_us;
    if (!late) // what the node owes already it owes since then
        due->owed_mono_us = at_mono_us > now_mono_us ? at_mono_us : arrival_mono_us;
    if (due->state == EDGE_DUE_PUSHED && at_mono_us >= due->due_mono_us
        && !(ready && at_mono_us == due->due_mono_us))
        return;
    due->state = EDGE_DUE_ANSWER;
    due->due_mono_us = at_mono_us;
}

void edge_due_now(struct edge_due *due, int64_t now_mono_us)
{
    if (due->state == EDGE_DUE_NOTHING)
        due->state = EDGE_DUE_ANSWER;
    due->due_mono_us = now_mono_us;
    due->owed_mono_us = now_mono_us;
}

int64_t edge_due_push_at(const struct edge_due *due, int64_t now_mono_us)
{
    return later(now_mono_us, due->push_pace.next_mono_us);
}

void edge_due_push(struct edge_due *due, int64_t at_mono_us)
{
    due->due_mono_us = edge_due_any(due) ? sooner(due->due_mono_us, at_mono_us) : at_mono_us;
    due->state = EDGE_DUE_PUSHED;
}

void edge_due_want_look(struct edge_due *due, int64_t now_mono_us)
{
    due->look_mono_us = sooner(due->look_mono_us,
                               later(now_mono_us, due->look_pace.next_mono_us - LOOK_SLACK_US));
}

void edge_due_look(struct edge_due *due, int64_t now_mono_us, bool looked)
{
    due->look_mono_us = INT64_MAX;
    if (looked)
        edge_pace_take(&due->look_pace, now_mono_us, EDGE_DUE_LOOK_US, 0);
}

void edge_due_hold(struct edge_due *due) { due->held_by_link = true; }

void edge_due_sent(struct edge_due *due, int64_t now_mono_us, int64_t interval_us,
                   int64_t preferred_us)
{
    due->sent_mono_us = now_mono_us;
    if (due->state == EDGE_DUE_PUSHED)
        edge_pace_take(&due->push_pace, now_mono_us, preferred_us, 0);
    else
        edge_pace_take(&due->answer_pace, now_mono_us, interval_us, preferred_us / 2);
}

void edge_due_settle(struct edge_due *due)
{
    due->state = EDGE_DUE_NOTHING;
    due->held_by_link = false;
}

void edge_due_drop(struct edge_due *due) { due->state = EDGE_DUE_NOTHING; }

void edge_due_note_listed(struct edge_due *due, bool listed) { due->listed = listed; }
