// edge/ingest/ingest_reports.h - reports of drones: stored once, answered after the commit.
// SPDX-License-Identifier: Apache-2.0
//
// What serve handed over (edge/handoff/report_answers.h) becomes a row in the outbox of reports
// and a row of its identity (edge/ingest/taken.h), both in the next commit, which is on the
// disk when it returns, and is answered DURABLE after it. A report that was taken before is
// answered DURABLE and makes no row. One that the outbox or the store has no room for is
// answered FULL and makes none. While the store cannot commit nothing is answered, and after
// five seconds LATE. Captured telemetry becomes a row in its own outbox, or is dropped and
// counted, as it is while the store cannot commit. Belongs to the ingest loop; non-blocking.
#ifndef EDGE_INGEST_REPORTS_H
#define EDGE_INGEST_REPORTS_H

#include <stdbool.h>

#include "edge/handoff/report_answers.h"
#include "edge/host/metrics.h"
#include "edge/host/now.h"
#include "edge/ingest/taken.h"
#include "edge/kafka/delivery.h"

enum { EDGE_REPORTS_PENDING_MAX = 1024 };

struct ingest_report_pending {
    struct edge_report_answer answer;
    int64_t mono_us; // when it was taken, or was asked for again
    bool told;       // that it is late
};

struct ingest_reports {
    const struct drf_config *config; // borrowed, as all pointers here
    struct fusion_store *store;
    struct edge_delivery *delivery;
    struct edge_backqueue *answers; // NULL: none are taken
    struct edge_metrics *metrics;
    struct edge_taken *taken; // own; NULL: no topic for reports
    bool answered;            // serve has answers to take, since this was last taken
    size_t pending_count;     // put, and not answered yet
    size_t durable_count;     // the first of them: committed
    struct ingest_report_pending pending[EDGE_REPORTS_PENDING_MAX];
};

// DRF_ERR_NOMEM, DRF_ERR_STORE.
DRF_MUST_CHECK enum drf_status ingest_reports_open(struct ingest_reports *reports,
                                                   const struct drf_config *config,
                                                   struct fusion_store *store,
                                                   struct edge_delivery *delivery,
                                                   struct edge_backqueue *answers,
                                                   struct edge_metrics *metrics);
void ingest_reports_close(struct ingest_reports *reports);

// Whether this value of the backward queue is for this file; then it was taken. `failing`: the
// store does not commit.
bool ingest_reports_take(struct ingest_reports *reports, const struct edge_back_value *value,
                         bool failing, struct edge_now now);
// All that was taken is committed.
void ingest_reports_committed(struct ingest_reports *reports, struct edge_now now);
// Answers what is committed, as far as serve takes it. True: there is more.
bool ingest_reports_answer(struct ingest_reports *reports);
// Once a second. `steady`: the clock can be trusted (edge/ingest/maintenance.h). True: there is
// something to commit.
bool ingest_reports_second(struct ingest_reports *reports, bool steady, struct edge_now now);

#endif
