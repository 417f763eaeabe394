// edge/serve/fleet/kept.h - what the store keeps of a drone: whether it was asked for it.
// SPDX-License-Identifier: Apache-2.0
//
//   DUE      not asked since the drone is in the fleet
//   ASKED    the answer has not come
//   WAITING  the same, and its first report waits for the answer
//   DONE     answered
//
// What the drone has sent since it is back is newer than what is stored.
#ifndef EDGE_KEPT_H
#define EDGE_KEPT_H

#include <stdbool.h>
#include <stdint.h>

enum edge_kept_state { EDGE_KEPT_DUE, EDGE_KEPT_ASKED, EDGE_KEPT_WAITING, EDGE_KEPT_DONE };

struct edge_kept {
    enum edge_kept_state state;
    bool profile_received, plan_received; // it sent one, or deleted it
    bool restored;                        // of what was asked for something applies again
    uint32_t heard_hour; // in which the store was last updated; 0: none. Begins at another time
                         // for each drone
};

static inline bool edge_kept_asked(const struct edge_kept *kept)
{
    return kept->state == EDGE_KEPT_ASKED || kept->state == EDGE_KEPT_WAITING;
}

static inline void edge_kept_ask(struct edge_kept *kept) { kept->state = EDGE_KEPT_ASKED; }

// A report came while the store was asked: it waits for the answer (`waits`), or does not.
static inline void edge_kept_wait(struct edge_kept *kept, bool waits)
{
    if (edge_kept_asked(kept))
        kept->state = waits ? EDGE_KEPT_WAITING : EDGE_KEPT_ASKED;
}

static inline void edge_kept_restore(struct edge_kept *kept) { kept->restored = true; }

// The answer is complete. *restored: something applies again. True: a report waited for it.
static inline bool edge_kept_end(struct edge_kept *kept, bool *restored)
{
    bool waited = kept->state == EDGE_KEPT_WAITING;
    *restored = kept->restored;
    kept->restored = false;
    kept->state = EDGE_KEPT_DONE;
    return waited;
}

static inline void edge_kept_profile_came(struct edge_kept *kept)
{
    kept->profile_received = true;
}
static inline void edge_kept_plan_came(struct edge_kept *kept) { kept->plan_received = true; }
static inline void edge_kept_heard(struct edge_kept *kept, uint32_t hour)
{
    kept->heard_hour = hour;
}

#endif
