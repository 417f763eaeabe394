// edge/serve/fleet/due.h - when a drone is due for its next context, and why: the states.
// SPDX-License-Identifier: Apache-2.0
//
//   NOTHING   nothing is due
//   ANSWER    a context is due that answers a report (or a request for a snapshot)
//   PUSHED    a context is due because something that concerns the drone changed; it answers
//             what reports come meanwhile
//
// A change is also looked at by itself (`look_mono_us`): a context may have to wait for its
// turn or for the link, an advisory does not. Contexts that answer and those that are pushed
// have each a pace of their own. Only due.c writes it; a value, no allocation.
#ifndef EDGE_DUE_H
#define EDGE_DUE_H

#include <stdbool.h>
#include <stdint.h>

#include "edge/serve/fleet/pace.h"

enum edge_due_state { EDGE_DUE_NOTHING, EDGE_DUE_ANSWER, EDGE_DUE_PUSHED };

struct edge_due {
    enum edge_due_state state;
    bool listed;          // its drone stands in the list of who something is due to
    bool held_by_link;    // the budget of its link held this context back
    int64_t due_mono_us;  // of the context, while one is due
    int64_t owed_mono_us; // since when it answers a report late: for a metric alone
    int64_t sent_mono_us; // of the last context; long ago: none
    int64_t look_mono_us; // when to look at a change; INT64_MAX: no need
    struct edge_pace answer_pace, push_pace, look_pace;
};

// Nothing is due. `listed` outlives the drone: it belongs to its place in the fleet.
struct edge_due edge_due_nothing(bool listed);

static inline bool edge_due_any(const struct edge_due *due)
{
    return due->state != EDGE_DUE_NOTHING;
}
// Whether a report now is on time, give or take half an interval.
bool edge_due_ready(const struct edge_due *due, int64_t now_mono_us, int64_t interval_us);
// The earliest time of what is due; INT64_MAX: nothing.
int64_t edge_due_next(const struct edge_due *due);

// A report that arrived at `arrival_mono_us` is to be answered at `at_mono_us`; `ready`: it was
// on time. What is pushed sooner anyway answers it too.
void edge_due_answer(struct edge_due *due, int64_t now_mono_us, int64_t at_mono_us,
                     int64_t arrival_mono_us, bool ready);
// A context at once, whatever the rate.
void edge_due_now(struct edge_due *due, int64_t now_mono_us);
// Something changed: a context at `at_mono_us`, or sooner if one is due sooner.
void edge_due_push(struct edge_due *due, int64_t at_mono_us);
// When a pushed context may go.
int64_t edge_due_push_at(const struct edge_due *due, int64_t now_mono_us);
// The change is looked at as soon as looks allow: EDGE_DUE_LOOK_US apart, eight in a row.
void edge_due_want_look(struct edge_due *due, int64_t now_mono_us);
enum { EDGE_DUE_LOOK_US = 50000 };
// The time to look has come: there is no need any more, or (looked) it is done now.
void edge_due_look(struct edge_due *due, int64_t now_mono_us, bool looked);

// The budget of the link held the context back.
void edge_due_hold(struct edge_due *due);
// The context was sent: the next one that answers is due an `interval_us` later, the next one
// that is pushed a `preferred_us`.
void edge_due_sent(struct edge_due *due, int64_t now_mono_us, int64_t interval_us,
                   int64_t preferred_us);
// What was due was sent, or given up.
void edge_due_settle(struct edge_due *due);
// It reports no more, or from outside: nothing is due to it.
void edge_due_drop(struct edge_due *due);
void edge_due_note_listed(struct edge_due *due, bool listed);

#endif
