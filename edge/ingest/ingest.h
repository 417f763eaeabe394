// edge/ingest/ingest.h - one step of the ingest loop: read, decode, fold, publish, commit.
// SPDX-License-Identifier: Apache-2.0
//
// Reads no clock, starts no thread; waits for the disk only. Each step does one slice of work
// of at most a tile's size, and urgent messages are taken before every slice, so a bulk message
// of any size delays an urgent one by one slice. An urgent change is published at once and
// committed within 10 ms, one that comes alone at once; a bulk change is published within 50 ms
// and committed within 250 ms; what is rendered from the truth follows within about a second,
// or every five while urgent messages come. When commits fail the node continues to serve and
// retries; above pending_max_mb of uncommitted work no message is read.
#ifndef EDGE_INGEST_H
#define EDGE_INGEST_H

#include <stdbool.h>
#include <stdint.h>

#include "edge/decoder/child.h"
#include "edge/handoff/backqueue.h"
#include "edge/handoff/mailbox.h"
#include "edge/handoff/restore_request.h"
#include "edge/handoff/source_stats.h"
#include "edge/host/health.h"
#include "edge/ingest/feed.h"
#include "edge/inputs/inputs.h"
#include "edge/kafka/deadletter.h"
#include "fusion/fabric/fabric.h"

// Decodes bytes to a record, in a child (edge/decoder/child.h) or at once (tests).
struct edge_decoder_port {
    void *self;
    // DRF_ERR_AGAIN: not now. `bytes` stay until the result is taken.
    enum drf_status (*start)(void *self, size_t lane, const struct geo_decode_params *params,
                             const uint8_t *bytes, size_t size, int64_t now_mono_us);
    bool (*take)(void *self, size_t lane, struct edge_decoded *out);
    bool (*ready)(void *self); // something can decode; NULL: always
};

// All borrowed until close.
struct edge_ingest_parts {
    const struct drf_config *config;
    struct fusion_store *store;
    struct fusion_fabric *fabric;
    struct edge_feeds *feeds;
    struct edge_decoder_port decoder;
    struct edge_delivery *delivery;
    struct edge_deadletters *deadletters;
    struct edge_mailbox *mailbox;
    struct edge_backqueue *backqueue;
    struct edge_metrics *metrics;
    struct edge_health *health;
    struct edge_source_stats *source_stats;       // may be NULL
    struct edge_restore_request *restore_request; // may be NULL
    struct edge_backqueue *report_answers;        // NULL: no reports are taken
    struct edge_inputs *inputs;                   // NULL: nothing is recorded or replayed
    const struct edge_log *log;
};

struct edge_ingest;

DRF_MUST_CHECK enum drf_status edge_ingest_open(const struct edge_ingest_parts *parts,
                                                struct edge_ingest **out);
// Commits nothing. NULL is fine. Close it before the feeds, the fabric and the store.
void edge_ingest_close(struct edge_ingest *ingest);

struct edge_ingest_done {
    bool busy;            // there is more to do at once
    bool published;       // a new root waits in the mailbox
    bool committed;       // this step was a commit
    bool restored;        // serve has answers to take (edge/handoff/restore_request.h,
                          // report_answers.h)
    int64_t wake_mono_us; // the next step at the latest, when nothing comes
};

// DRF_ERR_NOMEM: the node must stop (everything committed stays). DRF_ERR_STORE: it must stop
// because the store's file is damaged.
DRF_MUST_CHECK enum drf_status edge_ingest_step(struct edge_ingest *ingest, struct edge_now now,
                                                struct edge_ingest_done *out);

// Between steps: what topic discovery says of a feed (edge_feeds_found()).
void edge_ingest_found(struct edge_ingest *ingest, size_t feed,
                       const struct edge_kafka_found *found, struct edge_now now);

// A reload, in this order. Before a step: no more messages are taken up, or again. True: one is
// still under way. Then, between steps and with none under way: `config`, which follows the one
// before (edge/config/config_reload.h), is borrowed from now on; what was borrowed before is
// not looked at any more. `restarted`: the clients that read the feeds are new ones.
// DRF_ERR_NOMEM, DRF_ERR_STORE: the node must stop.
void edge_ingest_quiet(struct edge_ingest *ingest, bool quiet);
bool edge_ingest_busy(const struct edge_ingest *ingest);
DRF_MUST_CHECK enum drf_status edge_ingest_reload(struct edge_ingest *ingest,
                                                  const struct drf_config *config,
                                                  bool restarted, struct edge_now now);

// The last step: stores what serve pushed, and commits.
void edge_ingest_finish(struct edge_ingest *ingest, struct edge_now now);

#endif
