// edge/ingest/ingest_lane.h - state of the ingest step and its lanes; private.
// SPDX-License-Identifier: Apache-2.0
//
// A lane (urgent, bulk) takes one message at a time through envelope, decoder and fold.
#ifndef EDGE_INGEST_LANE_H
#define EDGE_INGEST_LANE_H

#include <string.h>

#include "edge/ingest/feed_clock.h"
#include "edge/ingest/feed_removed.h"
#include "edge/ingest/ingest.h"
#include "edge/ingest/ingest_late.h"
#include "edge/ingest/ingest_reports.h"
#include "edge/ingest/maintenance.h"
#include "edge/kafka/envelope.h"

enum ingest_stage { INGEST_EMPTY, INGEST_READ, INGEST_DECODING, INGEST_APPLYING };

enum { INGEST_AHEAD_MAX = EDGE_CHILD_AHEAD_MAX - 1 };

// A message that was read before its turn. Its bytes are with the decoder if `started`.
struct ingest_ahead {
    bool started, refused;
    bool own; // refused without a word: this node told it to others itself
    struct edge_message message;
    struct edge_envelope envelope;
    struct geo_decode_params params;
    struct geo_note why; // of a refused envelope
    int64_t decode_mono_us;
};

struct ingest_lane {
    enum ingest_stage stage;
    struct edge_message message;
    struct edge_envelope envelope;
    struct geo_decode_params params;
    struct geo_record record;
    struct geo_record_builder placed; // holds it, if the node had to add to it
    struct fusion_job *job;
    int64_t decode_mono_us; // when it began
    int64_t retry_mono_us;  // not before; INT64_MAX: no retry is due
    // What is read ahead, oldest first, a ring; all but the last are started or need no
    // decoder.
    struct ingest_ahead ahead[INGEST_AHEAD_MAX];
    size_t ahead_first, ahead_count;
    int64_t single_mono_us; // until then one message at a time: a decoder died
    bool again;             // its message took a decoder too long once
};

struct edge_ingest {
    struct edge_ingest_parts parts;
    struct ingest_lane lanes[EDGE_LANES];
    struct ingest_late late;
    struct edge_maintenance maintenance;
    struct edge_feed_clock clock;
    struct edge_feeds_removed removed;
    struct ingest_reports reports;
    bool quiet_wanted, quiet; // no message is taken up: a reload waits
    unsigned turn;
    bool fold_wanted, states_wanted, states_kept, urgent_commit;
    bool lone_commit;   // an urgent message waits for its commit that came soon after no other
    bool render_failed; // since the last commit: no drone is told anything by what is rendered
    enum fusion_reason states[FUSION_LAYER_COUNT];
    uint64_t acknowledged;
    struct ingest_decoder_replay *decoder_replay; // NULL in service
    size_t missing[DRF_FEEDS_MAX];                // as told last: fusion_fabric_missing()
    int64_t source_stats_mono_us;                 // when the source statistics are stored again
    int64_t commit_mono_us, publish_mono_us, render_mono_us, fold_mono_us, second_mono_us;
    int64_t commit_by_mono_us;            // a commit that is due may wait until then: held()
    int64_t truth_mono_us;                // when an urgent message changed the truth last
    int64_t again_mono_us;                // amid urgent messages nothing is rendered until then
    int64_t grace_mono_us, slice_mono_us; // see work() in edge/ingest/ingest.c
    int64_t urgent_mono_us;               // when an urgent message was worked on last
    int64_t
        waits_mono_us; // since when what is to be rendered waits for urgent messages; or NEVER
};

// One slice of a lane's work. *worked: something was done.
DRF_MUST_CHECK enum drf_status ingest_lane_step(struct edge_ingest *ingest,
                                                enum edge_lane index, struct edge_now now,
                                                bool *worked);
// edge/ingest/decoder_port.c: struct edge_decoder_port, recorded or from a recording.
DRF_MUST_CHECK enum drf_status ingest_decoder_start(struct edge_ingest *ingest,
                                                    enum edge_lane lane,
                                                    const struct geo_decode_params *params,
                                                    const uint8_t *bytes, size_t size,
                                                    int64_t now_mono_us);
bool ingest_decoder_take(struct edge_ingest *ingest, enum edge_lane lane,
                         struct edge_decoded *out);
void ingest_decoder_close(struct edge_ingest *ingest);
bool ingest_decoder_ready(const struct edge_ingest *ingest);

// What waits for a commit, as a step sees it (a replay renders nothing).
enum ingest_pending {
    INGEST_PENDING_ANY = 1,
    INGEST_PENDING_COMMIT = 2,
    INGEST_PENDING_FULL = 4
};
unsigned ingest_pending(const struct edge_ingest *ingest);

// edge/ingest/ingest_reload.c: whether a reload keeps this lane from taking up messages.
void ingest_look_quiet(struct edge_ingest *ingest);
bool ingest_quiet(const struct edge_ingest *ingest, enum edge_lane index);
// edge/ingest/ingest_layers.c: what each layer may say, and what is missing.
void ingest_report_layers(struct edge_ingest *ingest, struct edge_now now);
// edge/ingest/ingest.c
void ingest_end_inputs(struct edge_ingest *ingest);

// Pending work is bounded: while the disk refuses, nothing more is taken than fits.
bool ingest_may_read(const struct edge_ingest *ingest);
bool ingest_lane_busy(const struct edge_ingest *ingest); // any lane holds a message
void ingest_lane_drop(struct edge_ingest *ingest, enum edge_lane index);

// edge/ingest/ingest_due.c: when commit, publish and the rest are due.
#define INGEST_REPORT_US INT64_C(50000)  // a report, whose drone waits for the answer
#define INGEST_COMMIT_US INT64_C(250000) // a bulk message waits at most so long for its commit
#define INGEST_PUBLISH_US INT64_C(50000) // and for a root that shows it
static inline void ingest_earlier(int64_t *due_mono_us, int64_t than_mono_us)
{
    if (than_mono_us < *due_mono_us)
        *due_mono_us = than_mono_us;
}

// A commit is due then, and waits no longer.
static inline void ingest_commit_by(struct edge_ingest *ingest, int64_t mono_us)
{
    ingest_earlier(&ingest->commit_mono_us, mono_us);
    ingest_earlier(&ingest->commit_by_mono_us, mono_us);
}

// Tracks moved, and the offsets: a root is due soon, nothing is to be folded.
void ingest_moved(struct edge_ingest *ingest, bool shown, struct edge_now now);

// The offsets moved, and the truth with them when `truth`.
void ingest_changed(struct edge_ingest *ingest, enum edge_lane lane, bool truth,
                    struct edge_now now);

#endif
