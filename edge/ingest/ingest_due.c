// SPDX-License-Identifier: Apache-2.0
// When the next commit and the next root are due: a message makes both times earlier, how much
// depends on its lane. What an urgent message changed is committed within COMMIT_URGENT_US; of
// one that changed nothing only the offset is, which may wait as that of a bulk message.
#include "edge/ingest/ingest_lane.h"

#define COMMIT_URGENT_US INT64_C(10000)
#define PUBLISH_TRACKS_US INT64_C(20000)

// Uncommitted: what a checkpoint copies back in one step is what a commit wrote.
enum { COMMIT_BYTES = 3 << 20 };

unsigned ingest_pending(const struct edge_ingest *ingest)
{
    size_t bytes = fusion_store_pending_bytes(ingest->parts.store);
    unsigned pending =
        (bytes > 0 ? INGEST_PENDING_ANY : 0U)
        | (bytes >= COMMIT_BYTES ? INGEST_PENDING_COMMIT : 0U)
        | (bytes >= ingest->parts.config->limits.pending_max_bytes ? INGEST_PENDING_FULL : 0U);
    return (unsigned)edge_inputs_value(ingest->parts.inputs, EDGE_INPUT_PENDING, pending);
}

void ingest_changed(struct edge_ingest *ingest, enum edge_lane lane, bool truth,
                    struct edge_now now)
{
    bool urgent = lane == EDGE_LANE_URGENT;
    ingest_commit_by(ingest,
                     now.mono_us + (urgent && truth ? COMMIT_URGENT_US : INGEST_COMMIT_US));
    if (urgent)
        ingest_earlier(&ingest->commit_mono_us, now.mono_us + COMMIT_URGENT_US);
    if ((ingest_pending(ingest) & INGEST_PENDING_COMMIT) != 0
        && !edge_health_has(ingest->parts.health, EDGE_TROUBLE_STORE))
        ingest_commit_by(ingest, now.mono_us);
    ingest->urgent_commit = ingest->urgent_commit || urgent;
    ingest->states_wanted = true;
    if (!truth)
        return;
    if (urgent) {
        bool lone = now.mono_us - ingest->truth_mono_us >= COMMIT_URGENT_US;
        ingest->lone_commit = ingest->lone_commit || lone;
        ingest->truth_mono_us = now.mono_us;
    }
    ingest->fold_wanted = true;
    ingest_earlier(&ingest->publish_mono_us,
                   urgent ? now.mono_us : now.mono_us + INGEST_PUBLISH_US);
}

void ingest_moved(struct edge_ingest *ingest, bool shown, struct edge_now now)
{
    ingest->states_wanted = true;
    ingest_commit_by(ingest, now.mono_us + INGEST_COMMIT_US);
    if (shown)
        ingest_earlier(&ingest->publish_mono_us, now.mono_us + PUBLISH_TRACKS_US);
}
