// edge/handoff/report_answers.h - a drone's report to the store, and the answer to it.
// SPDX-License-Identifier: Apache-2.0
//
// Serve puts a report into the backward queue (edge/handoff/backqueue.h) under the name
// EDGE_HANDED_REPORT; ingest stores it, and answers by this ring after the commit. Telemetry to
// be captured goes the same way, unanswered. A bounded ring, lock-free, neither side waits.
#ifndef EDGE_REPORT_ANSWERS_H
#define EDGE_REPORT_ANSWERS_H

#include "edge/handoff/backqueue.h"

#define EDGE_HANDED_REPORT "report"   // struct edge_handed_report and its ProtoJSON
#define EDGE_HANDED_CAPTURE "capture" // a record's value, whole

enum { EDGE_HANDED_ID_SIZE = 40, EDGE_HANDED_TEXT_SIZE = 68, EDGE_HANDED_TYPE_SIZE = 32 };

// Bytes of a hand-off: no pointers, no padding that is not zero.
struct edge_handed_report {
    uint64_t drone_boot_id;
    int64_t time_utc_us;
    uint32_t report_seq, mode; // enum drf_mode
    char drone[EDGE_HANDED_ID_SIZE];
    char correlation[EDGE_HANDED_TEXT_SIZE];
    char schema[EDGE_HANDED_TEXT_SIZE]; // "": none
    char type[EDGE_HANDED_TYPE_SIZE];   // of the CloudEvent
};

enum edge_report_answer_code {
    EDGE_REPORT_ANSWER_DURABLE = 1, // it is committed
    EDGE_REPORT_ANSWER_FULL,        // what waits for Kafka has no room for it
    EDGE_REPORT_ANSWER_LATE,        // the store has not committed it, and may yet
};

struct edge_report_answer {
    uint64_t drone_boot_id;
    uint32_t report_seq, code;
    char drone[EDGE_HANDED_ID_SIZE];
    char correlation[EDGE_HANDED_TEXT_SIZE];
    uint32_t left; // 0
};

DRF_MUST_CHECK enum drf_status edge_report_answers_open(struct edge_backqueue **out);
void edge_report_answers_use_inputs(struct edge_backqueue *answers, struct edge_inputs *ingest,
                                    struct edge_inputs *serve);
// Ingest. DRF_ERR_FULL: no room now.
DRF_MUST_CHECK enum drf_status edge_report_answers_push(
    struct edge_backqueue *answers, const struct edge_report_answer *answer);
// Serve: takes the oldest; false: none.
bool edge_report_answers_take(struct edge_backqueue *answers, struct edge_report_answer *out);

#endif
