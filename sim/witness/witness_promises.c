// SPDX-License-Identifier: Apache-2.0
// Of each drone the first and the last time of the last eight epochs are kept, older ones as
// one: a new context is compared with all of them, so that the order of arrival does not
// matter. Gaps are measured from one context that was taken to the next; the times in which the
// fleet stood still are kept in a ring, and what of them lies within a gap is taken off. Of the
// last sixteen profiles and plans of a drone the replies are counted; one that makes room for
// another is judged then, the others at the end.
#include "sim/witness/witness_promises.h"

#include <inttypes.h>
#include <stdlib.h>

enum { EPOCHS = 8, ASKS = 16, STALLS = 256 };

// A reply may take so long after the last that was sent: a new owner is there by then.
static const int64_t patience_us = 10000000;

struct epoch {
    uint64_t epoch; // 0: free
    int64_t first_utc_us, last_utc_us;
};

struct ask {
    uint32_t answers, number, replies; // answers 0: free
    int64_t mono_us;
};

struct drone {
    struct epoch epochs[EPOCHS];
    struct epoch before; // those that had no room any more, as one
    uint64_t newest;
    bool heard;
    int64_t taken_mono_us, stale_after_us; // of the last context that was taken
    int64_t owner_mono_us;                 // of the last one with an epoch; 0: none
    int64_t excused_mono_us;
    struct ask asks[ASKS];
    size_t asked;
};

struct stall {
    int64_t from_mono_us, to_mono_us;
};

struct sim_promises {
    struct drone *drones;
    size_t count;
    bool streams;
    int64_t report_us, begin_mono_us, end_mono_us; // end 0: it goes on
    struct stall stalls[STALLS];
    size_t stalled;
    struct sim_promise_counts counted;
};

enum drf_status sim_promises_open(size_t drones, bool streams, int64_t report_us,
                                  struct sim_promises **out)
{
    struct sim_promises *promises = calloc(1, sizeof *promises);
    if (promises == NULL)
        return DRF_ERR_NOMEM;
    promises->drones = calloc(drones + 1, sizeof *promises->drones);
    if (promises->drones == NULL) {
        free(promises);
        return DRF_ERR_NOMEM;
    }
    promises->count = drones;
    promises->streams = streams;
    promises->report_us = report_us;
    *out = promises;
    return DRF_OK;
}

void sim_promises_close(struct sim_promises *promises)
{
    if (promises == NULL)
        return;
    free(promises->drones);
    free(promises);
}

void sim_promises_begin(struct sim_promises *promises, int64_t mono_us)
{
    promises->begin_mono_us = mono_us;
}

const struct sim_promise_counts *sim_promises_count(const struct sim_promises *promises)
{
    return &promises->counted;
}

void sim_promises_stalled(struct sim_promises *promises, int64_t from_mono_us,
                          int64_t to_mono_us)
{
    int64_t span_us = to_mono_us - from_mono_us;
    promises->stalls[promises->stalled++ % STALLS] = (struct stall){from_mono_us, to_mono_us};
    promises->counted.stalls++;
    if (span_us > promises->counted.longest_stall_us)
        promises->counted.longest_stall_us = span_us;
}

// From one time to the other, without what the fleet itself stood still.
static int64_t span_us(const struct sim_promises *promises, int64_t from_mono_us,
                       int64_t to_mono_us)
{
    int64_t span = to_mono_us - from_mono_us;
    for (size_t i = 0; i < STALLS && i < promises->stalled; i++) {
        const struct stall *stall = &promises->stalls[i];
        int64_t from = stall->from_mono_us > from_mono_us ? stall->from_mono_us : from_mono_us;
        int64_t to = stall->to_mono_us < to_mono_us ? stall->to_mono_us : to_mono_us;
        span -= to > from ? to - from : 0;
    }
    return span;
}

static void note_epochs(const struct epoch *older, const struct epoch *newer, size_t index,
                        struct sim_witness_counts *counts)
{
    sim_witness_counts_note(
        counts, SIM_CHECK_OWNER, newer->first_utc_us > older->last_utc_us,
        "drone %zu: epoch %" PRIu64 " is of %.3f s before the last of epoch %" PRIu64, index,
        newer->epoch, (double)(older->last_utc_us - newer->first_utc_us) * 1e-6, older->epoch);
}

// The one that is oldest goes to those before.
static struct epoch *room_for(struct drone *drone)
{
    struct epoch *oldest = &drone->epochs[0];
    for (size_t i = 0; i < EPOCHS; i++) {
        struct epoch *one = &drone->epochs[i];
        if (one->epoch == 0)
            return one;
        if (one->epoch < oldest->epoch)
            oldest = one;
    }
    if (oldest->epoch > drone->before.epoch)
        drone->before.epoch = oldest->epoch;
    if (oldest->last_utc_us > drone->before.last_utc_us)
        drone->before.last_utc_us = oldest->last_utc_us;
    *oldest = (struct epoch){.epoch = 0};
    return oldest;
}

// All contexts of an epoch count, those that the drone did not take, too.
static void judge_owner(struct sim_promises *promises, size_t index,
                        const struct sim_promise_context *context,
                        struct sim_witness_counts *counts)
{
    struct drone *drone = &promises->drones[index];
    const struct epoch now = {context->epoch, context->node_utc_us, context->node_utc_us};
    struct epoch *held = NULL;
    if (drone->before.epoch != 0 && now.epoch > drone->before.epoch)
        note_epochs(&drone->before, &now, index, counts);
    for (size_t i = 0; i < EPOCHS; i++) {
        struct epoch *one = &drone->epochs[i];
        if (one->epoch == now.epoch)
            held = one;
        else if (one->epoch != 0 && one->epoch < now.epoch)
            note_epochs(one, &now, index, counts);
        else if (one->epoch != 0)
            note_epochs(&now, one, index, counts);
    }
    if (held == NULL) {
        held = room_for(drone);
        *held = now;
    }
    if (now.first_utc_us < held->first_utc_us)
        held->first_utc_us = now.first_utc_us;
    if (now.last_utc_us > held->last_utc_us)
        held->last_utc_us = now.last_utc_us;
}

static void end_without_owner(struct sim_promises *promises, const struct drone *drone,
                              int64_t mono_us)
{
    if (drone->owner_mono_us == 0)
        return;
    int64_t without_us = span_us(promises, drone->owner_mono_us, mono_us);
    if (without_us > promises->counted.longest_without_owner_us)
        promises->counted.longest_without_owner_us = without_us;
}

static void end_gap(struct sim_promises *promises, size_t index, int64_t mono_us,
                    struct sim_witness_counts *counts)
{
    struct drone *drone = &promises->drones[index];
    int64_t from_mono_us = drone->heard ? drone->taken_mono_us : promises->begin_mono_us;
    int64_t gap_us = span_us(promises, from_mono_us, mono_us);
    // the last report may have been answered by nobody, and the next is not due yet
    bool rare = 2 * promises->report_us > drone->stale_after_us;
    if ((drone->excused_mono_us >= from_mono_us || rare) && drone->heard) {
        promises->counted.gaps_unjudged += gap_us > drone->stale_after_us ? 1 : 0;
        return;
    }
    if (drone->excused_mono_us >= from_mono_us)
        return; // and it never heard anything
    if (gap_us > promises->counted.longest_gap_us)
        promises->counted.longest_gap_us = gap_us;
    bool over = gap_us > drone->stale_after_us;
    promises->counted.gaps_over += over ? 1 : 0;
    if (promises->streams)
        sim_witness_counts_note(counts, SIM_CHECK_GAP, !over,
                                "drone %zu: %.3f s without a context, the last held for %.3f s",
                                index, (double)gap_us * 1e-6,
                                (double)drone->stale_after_us * 1e-6);
}

void sim_promises_context(struct sim_promises *promises, size_t drone_index,
                          const struct sim_promise_context *context, int64_t mono_us,
                          struct sim_witness_counts *counts)
{
    struct drone *drone = &promises->drones[drone_index];
    promises->counted.older += context->older ? 1 : 0;
    if (context->epoch != 0) {
        promises->counted.owner_contexts++;
        judge_owner(promises, drone_index, context, counts);
    }
    if (!context->taken || promises->end_mono_us != 0)
        return;
    if (drone->heard)
        end_gap(promises, drone_index, mono_us, counts);
    drone->heard = true;
    drone->taken_mono_us = mono_us;
    drone->stale_after_us = context->stale_after_us;
    if (context->epoch == 0)
        return;
    promises->counted.owners += drone->newest != 0 && context->epoch != drone->newest ? 1 : 0;
    drone->newest = context->epoch;
    end_without_owner(promises, drone, mono_us);
    drone->owner_mono_us = mono_us;
}

void sim_promises_older(struct sim_promises *promises) { promises->counted.older++; }

void sim_promises_excuse(struct sim_promises *promises, size_t drone, int64_t mono_us)
{
    promises->drones[drone].excused_mono_us = mono_us;
}

// Whether a later one of its kind has its reply.
static bool replaced(const struct drone *drone, const struct ask *ask)
{
    for (size_t i = 0; i < ASKS; i++)
        if (drone->asks[i].answers == ask->answers && drone->asks[i].number > ask->number
            && drone->asks[i].replies > 0)
            return true;
    return false;
}

// One of which no reply comes any more; of two replies was told when the second came.
static void judge_ask(struct sim_promises *promises, size_t index, const struct ask *ask,
                      struct sim_witness_counts *counts)
{
    const struct drone *drone = &promises->drones[index];
    if (ask->answers == 0)
        return;
    if (ask->replies == 0 && replaced(drone, ask)) {
        promises->counted.replaced++;
        return;
    }
    bool late =
        promises->end_mono_us != 0 && promises->end_mono_us - ask->mono_us < patience_us;
    if (ask->replies == 0 && (late || drone->excused_mono_us >= ask->mono_us)) {
        promises->counted.unanswered_late++;
        return;
    }
    promises->counted.missing += ask->replies == 0 ? 1 : 0;
    if (ask->replies < 2)
        sim_witness_counts_note(counts, SIM_CHECK_REPLY, ask->replies == 1,
                                "drone %zu: no reply to its %s %u", index,
                                ask->answers == 2 ? "profile" : "plan", ask->number);
}

void sim_promises_asked(struct sim_promises *promises, size_t drone_index, uint32_t answers,
                        uint32_t number, int64_t mono_us, struct sim_witness_counts *counts)
{
    struct drone *drone = &promises->drones[drone_index];
    struct ask *ask = &drone->asks[drone->asked++ % ASKS];
    judge_ask(promises, drone_index, ask, counts);
    *ask = (struct ask){.answers = answers, .number = number, .mono_us = mono_us};
    promises->counted.asked++;
}

void sim_promises_replied(struct sim_promises *promises, size_t drone_index, uint32_t answers,
                          uint32_t number, struct sim_witness_counts *counts)
{
    struct drone *drone = &promises->drones[drone_index];
    for (size_t i = 0; i < ASKS; i++) {
        struct ask *ask = &drone->asks[i];
        if (ask->answers != answers || ask->number != number || answers == 0)
            continue;
        promises->counted.replied++;
        if (++ask->replies < 2)
            continue;
        promises->counted.twice++;
        sim_witness_counts_note(counts, SIM_CHECK_REPLY, false,
                                "drone %zu: %u replies to its %s %u", drone_index, ask->replies,
                                answers == 2 ? "profile" : "plan", number);
    }
}

void sim_promises_end(struct sim_promises *promises, int64_t mono_us,
                      struct sim_witness_counts *counts)
{
    for (size_t i = 0; i < promises->count; i++) {
        counts->drone = i;
        counts->mono_us = mono_us;
        if (promises->drones[i].heard || promises->streams)
            end_gap(promises, i, mono_us, counts);
        end_without_owner(promises, &promises->drones[i], mono_us);
    }
    promises->end_mono_us = mono_us;
}

void sim_promises_settle(struct sim_promises *promises, struct sim_witness_counts *counts)
{
    for (size_t i = 0; i < promises->count; i++) {
        counts->drone = i;
        for (size_t k = 0; k < ASKS; k++)
            judge_ask(promises, i, &promises->drones[i].asks[k], counts);
    }
}
