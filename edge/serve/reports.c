// SPDX-License-Identifier: Apache-2.0
// A report is checked here, handed to ingest, and answered DURABLE when ingest says that it is
// committed: nothing is acknowledged before. What finds no room on the way is answered
// OVERLOADED, and the drone sends it again. Captured telemetry goes the same way, unanswered.
#include "edge/handoff/report_answers.h"
#include "edge/serve/serve_parts.h"

#include <stdio.h>
#include <string.h>

enum { ANSWERS = 5, ANSWERS_PER_STEP = 256 };
#define RETRY_S 5.0

_Static_assert((int)EDGE_WIRE_ID_SIZE <= (int)EDGE_HANDED_ID_SIZE, "an id fits");
_Static_assert((int)EDGE_WIRE_NAME_SIZE <= (int)EDGE_HANDED_TEXT_SIZE, "a correlation fits");

static const char *type_of(enum edge_report_kind kind)
{
    switch (kind) {
    case EDGE_REPORT_WEATHER:
        return "drf.v1.report.weather";
    case EDGE_REPORT_OBSTACLE:
        return "drf.v1.report.obstacle";
    case EDGE_REPORT_LANDING:
        return "drf.v1.report.landing";
    default:
        return "drf.v1.report.json";
    }
}

static void refuse(struct edge_serve *serve, struct edge_drone *drone,
                   const struct edge_wire_report *report,
                   const struct edge_wire_refusal *refusal)
{
    const struct edge_wire_reply reply = {
        .code = refusal->code,
        .field_path = refusal->field_path,
        .text = refusal->text,
        .correlation = report->correlation,
        .retry_after_s = refusal->code == EDGE_REPLY_OVERLOADED ? RETRY_S : 0.0,
        .answers = ANSWERS,
        .drone_boot_id = report->drone_boot_id,
        .report_seq = report->report_seq,
    };
    edge_metrics_add(serve->metrics, EDGE_METRIC_REPORTS_REFUSED, refusal->code, 0, 1);
    edge_reply_send(serve, drone->id, drone, &reply);
}

static void refuse_text(struct edge_serve *serve, struct edge_drone *drone,
                        const struct edge_wire_report *report, enum edge_reply_code code,
                        const char *text)
{
    struct edge_wire_refusal refusal = {.code = code};
    (void)snprintf(refusal.text, sizeof refusal.text, "%s", text);
    refuse(serve, drone, report, &refusal);
}

static enum drf_status hand_over(struct edge_serve *serve, const struct edge_drone *drone,
                                 const struct edge_wire_report *report, size_t text_size)
{
    struct edge_handed_report handed = {
        .drone_boot_id = report->drone_boot_id,
        .time_utc_us = report->time_utc_us,
        .report_seq = report->report_seq,
        .mode = report->mode,
    };
    (void)snprintf(handed.drone, sizeof handed.drone, "%s", drone->id);
    (void)snprintf(handed.correlation, sizeof handed.correlation, "%s", report->correlation);
    (void)snprintf(handed.schema, sizeof handed.schema, "%s", report->schema);
    (void)snprintf(handed.type, sizeof handed.type, "%s", type_of(report->kind));
    memcpy(serve->buffer, &handed, sizeof handed);
    return edge_backqueue_push(serve->backqueue, EDGE_HANDED_REPORT, serve->buffer,
                               sizeof handed + text_size);
}

// The only node of its region that does, or one that stands in while Kafka is away: two that
// take a report give it the same ce_id.
static bool answers_for(const struct edge_serve *serve, const char *id)
{
    return edge_owners_answers(serve, id) != EDGE_ANSWERS_NO;
}

void edge_reports_take(struct edge_serve *serve, const char *id, const struct edge_incoming *in)
{
    if (!answers_for(serve, id) || (in->size == 0 && in->payload_left_out == 0))
        return; // empty: somebody clears what was retained by mistake
    struct edge_drone *drone = edge_request_budget_admit(serve, id, ANSWERS);
    if (drone == NULL)
        return;
    edge_metrics_add(serve->metrics, EDGE_METRIC_REPORTS, 0, 0, 1);
    const struct edge_wire_telemetry_rules rules = {
        .now_utc_us = serve->now.utc_us - (serve->now.mono_us - in->arrival_mono_us),
        .stale_us = serve->config->reports.keep_us,
        .ahead_us = serve->config->limits.telemetry_ahead_max_us,
        .mode = serve->config->mode,
    };
    struct edge_wire_report report = {0};
    struct edge_wire_refusal refusal = {.code = EDGE_REPLY_INVALID};
    const size_t head = sizeof(struct edge_handed_report);
    struct edge_wire_report_text text = {.drone_id = id,
                                         .text = (char *)serve->buffer + head,
                                         .size = sizeof serve->buffer - head};
    if (!edge_incoming_whole(in, &refusal)
        || edge_wire_report_decode(serve->wire, edge_incoming_form(in), in->payload, in->size,
                                   &rules, &text, &report, &refusal)
               != DRF_OK) {
        refuse(serve, drone, &report, &refusal);
        return;
    }
    if (serve->config->reports.topic[0] == '\0' || serve->report_answers == NULL) {
        refuse_text(serve, drone, &report, EDGE_REPLY_NOT_AVAILABLE,
                    "this node takes no reports");
        return;
    }
    enum drf_status status = hand_over(serve, drone, &report, text.size);
    if (status == DRF_ERR_RANGE)
        refuse_text(serve, drone, &report, EDGE_REPLY_INVALID,
                    "is larger than this node can store");
    else if (status != DRF_OK)
        refuse_text(serve, drone, &report, EDGE_REPLY_OVERLOADED,
                    "the store cannot keep up: send it again");
}

static void tell(struct edge_serve *serve, const struct edge_report_answer *answer)
{
    static const char full[] = "as many reports as fit wait for Kafka: send it again",
                      late[] = "the store has not committed it yet: send it again";
    const bool durable = answer->code == EDGE_REPORT_ANSWER_DURABLE;
    const struct edge_wire_reply reply = {
        .code = durable ? EDGE_REPLY_DURABLE : EDGE_REPLY_OVERLOADED,
        .text = durable                                   ? ""
                : answer->code == EDGE_REPORT_ANSWER_FULL ? full
                                                          : late,
        .correlation = answer->correlation,
        .retry_after_s = durable ? 0.0 : RETRY_S,
        .answers = ANSWERS,
        .drone_boot_id = answer->drone_boot_id,
        .report_seq = answer->report_seq,
    };
    if (!durable)
        edge_metrics_add(serve->metrics, EDGE_METRIC_REPORTS_REFUSED, EDGE_REPLY_OVERLOADED, 0,
                         1);
    edge_reply_send(serve, answer->drone, edge_fleet_find(serve->fleet, answer->drone), &reply);
}

bool edge_reports_run(struct edge_serve *serve)
{
    struct edge_report_answer answer;
    if (serve->report_answers == NULL)
        return false;
    for (int i = 0; i < ANSWERS_PER_STEP; i++) {
        if (!edge_report_answers_take(serve->report_answers, &answer))
            return false;
        tell(serve, &answer);
    }
    return true;
}

static void capture_flush(struct edge_serve *serve)
{
    struct edge_capture *capture = serve->capture;
    if (edge_backqueue_push(serve->backqueue, EDGE_HANDED_CAPTURE, capture->bytes,
                            capture->size)
        != DRF_OK)
        edge_metrics_add(serve->metrics, EDGE_METRIC_CAPTURES_LOST, 0, 0, 1);
    edge_capture_clear(capture);
}

void edge_reports_capture(struct edge_serve *serve, const char *id,
                          const struct edge_incoming *in)
{
    if (serve->capture == NULL || !answers_for(serve, id))
        return;
    const struct edge_captured captured = {
        .drone = id,
        .received_utc_us = serve->now.utc_us - (serve->now.mono_us - in->arrival_mono_us),
        .payload = in->payload,
        .size = in->size,
        .json = edge_incoming_form(in) == EDGE_WIRE_JSON,
    };
    const int64_t due_mono_us = serve->now.mono_us + serve->config->reports.capture_us;
    enum drf_status status = edge_capture_add(serve->capture, &captured, due_mono_us);
    if (status == DRF_ERR_FULL) {
        capture_flush(serve);
        status = edge_capture_add(serve->capture, &captured, due_mono_us);
    }
    if (status != DRF_OK)
        edge_metrics_add(serve->metrics, EDGE_METRIC_CAPTURES_LOST, 0, 0, 1);
}

void edge_reports_capture_end(struct edge_serve *serve)
{
    if (serve->capture != NULL && serve->capture->size > 0)
        capture_flush(serve);
}

int64_t edge_reports_capture_run(struct edge_serve *serve)
{
    if (serve->capture == NULL)
        return INT64_MAX;
    if (serve->now.mono_us >= serve->capture->due_mono_us)
        capture_flush(serve);
    return serve->capture->due_mono_us;
}
