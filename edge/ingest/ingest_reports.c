// SPDX-License-Identifier: Apache-2.0
#include "edge/ingest/ingest_reports.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "geo/mode.h"
#include "geo/utc.h"

#define LATE_US INT64_C(5000000)
#define SLACK_US INT64_C(60000000)

enum { HEADERS = 10, TEXT_SIZE = 160 };

enum drf_status ingest_reports_open(struct ingest_reports *reports,
                                    const struct drf_config *config, struct fusion_store *store,
                                    struct edge_delivery *delivery,
                                    struct edge_backqueue *answers,
                                    struct edge_metrics *metrics)
{
    reports->config = config;
    reports->store = store;
    reports->delivery = delivery;
    reports->answers = answers;
    reports->metrics = metrics;
    return answers && config->reports.topic[0] != '\0' ? edge_taken_open(store, &reports->taken)
                                                       : DRF_OK;
}

void ingest_reports_close(struct ingest_reports *reports)
{
    edge_taken_close(reports->taken);
    reports->taken = NULL;
}

// False: there is no room now. But for DURABLE, the drone asks again then.
static bool answer(struct ingest_reports *reports, const struct edge_report_answer *to,
                   enum edge_report_answer_code code)
{
    struct edge_report_answer own = *to;
    own.code = code;
    if (edge_report_answers_push(reports->answers, &own) != DRF_OK)
        return false;
    reports->answered = true;
    return true;
}

static struct ingest_report_pending *find_pending(struct ingest_reports *reports,
                                                  const struct edge_report_answer *of)
{
    for (size_t i = 0; i < reports->pending_count; i++) {
        const struct edge_report_answer *one = &reports->pending[i].answer;
        if (one->report_seq == of->report_seq && one->drone_boot_id == of->drone_boot_id
            && strcmp(one->drone, of->drone) == 0)
            return &reports->pending[i];
    }
    return NULL;
}

static void format_time(int64_t utc_us, char out[static TEXT_SIZE])
{
    struct geo_utc_fields at = geo_utc_to_fields(utc_us);
    (void)snprintf(out, TEXT_SIZE, "%04d-%02d-%02dT%02d:%02d:%02d.%06dZ", at.year, at.month,
                   at.day, at.hour, at.minute, at.second, (int)(utc_us % 1000000));
}

// CloudEvents, binary mode, as the node itself reads them (edge/kafka/envelope.h). Source and
// id together are the event's identity: they do not tell the node, so that a report that two
// nodes of a region took is one event.
static enum drf_status put_row(struct ingest_reports *reports,
                               const struct edge_handed_report *handed, const uint8_t *text,
                               size_t size, struct edge_now now)
{
    char id[TEXT_SIZE], time[TEXT_SIZE];
    (void)snprintf(id, sizeof id, "%s/%" PRIu64 "/%" PRIu32, handed->drone,
                   handed->drone_boot_id, handed->report_seq);
    format_time(handed->time_utc_us, time);
    const char *const pairs[HEADERS][2] = {
        {"ce_specversion", "1.0"},
        {"ce_id", id},
        {"ce_source", reports->config->region_id},
        {"ce_type", handed->type},
        {"ce_time", time},
        {"ce_subject", handed->drone},
        {"content-type", "application/json"},
        {"drf_mode", drf_mode_name(handed->mode)},
        {"drf_node", reports->config->node_id},
        {"ce_dataschema", handed->schema},
    };
    struct edge_header headers[HEADERS];
    size_t count = 0;
    for (; count < HEADERS && pairs[count][1][0] != '\0'; count++)
        headers[count] = (struct edge_header){
            .name = pairs[count][0], .value = pairs[count][1], .size = strlen(pairs[count][1])};
    const struct edge_kafka_record kafka_record = {
        .key = (const uint8_t *)handed->drone,
        .key_size = strlen(handed->drone),
        .value = text,
        .value_size = size,
        .headers = headers,
        .header_count = count,
        .timestamp_ms = now.utc_us / 1000,
    };
    return edge_delivery_put(reports->delivery, EDGE_DELIVERY_REPORT, &kafka_record, now);
}

static void take_report(struct ingest_reports *reports, const struct edge_handed_report *handed,
                        const uint8_t *text, size_t size, struct edge_now now)
{
    struct edge_report_answer to = {.drone_boot_id = handed->drone_boot_id,
                                    .report_seq = handed->report_seq};
    struct edge_taken_identity identity = {.drone_boot_id = handed->drone_boot_id,
                                           .report_seq = handed->report_seq};
    memcpy(to.drone, handed->drone, sizeof to.drone);
    memcpy(to.correlation, handed->correlation, sizeof to.correlation);
    (void)snprintf(identity.drone, sizeof identity.drone, "%s", handed->drone);

    struct ingest_report_pending *pending = find_pending(reports, &to);
    if (pending) { // it came again before its commit
        edge_metrics_add(reports->metrics, EDGE_METRIC_REPORTS_REPEATED, 0, 0, 1);
        pending->mono_us = now.mono_us;
        pending->told = false;
        return;
    }
    if (edge_taken_has(reports->taken, &identity)) {
        edge_metrics_add(reports->metrics, EDGE_METRIC_REPORTS_REPEATED, 0, 0, 1);
        (void)answer(reports, &to, EDGE_REPORT_ANSWER_DURABLE);
        return;
    }
    enum drf_status status = reports->pending_count < EDGE_REPORTS_PENDING_MAX
                                 ? edge_taken_put(reports->taken, &identity, now.utc_us)
                                 : DRF_ERR_FULL;
    if (status == DRF_OK) {
        status = put_row(reports, handed, text, size, now);
        if (status != DRF_OK)
            edge_taken_undo(reports->taken);
    }
    if (status != DRF_OK) {
        (void)answer(reports, &to, EDGE_REPORT_ANSWER_FULL);
        return;
    }
    fusion_store_flush_next(reports->store);
    reports->pending[reports->pending_count++] =
        (struct ingest_report_pending){.answer = to, .mono_us = now.mono_us};
}

static void take_capture(struct ingest_reports *reports, const struct edge_back_value *value,
                         struct edge_now now)
{
    char source[TEXT_SIZE], time[TEXT_SIZE];
    (void)snprintf(source, sizeof source, "%s/%s", reports->config->region_id,
                   reports->config->node_id);
    format_time(now.utc_us, time);
    const char *mode = drf_mode_name(reports->config->mode);
    const struct edge_header headers[] = {
        {.name = "ce_specversion", .value = "1.0", .size = 3},
        {.name = "ce_source", .value = source, .size = strlen(source)},
        {.name = "ce_type", .value = "drf.v1.TelemetryCapture", .size = 23},
        {.name = "ce_time", .value = time, .size = strlen(time)},
        {.name = "content-type", .value = "application/x-protobuf", .size = 22},
        {.name = "drf_mode", .value = mode, .size = strlen(mode)},
    };
    const struct edge_kafka_record kafka_record = {
        .key = (const uint8_t *)source,
        .key_size = strlen(source),
        .value = value->bytes,
        .value_size = value->size,
        .headers = headers,
        .header_count = sizeof headers / sizeof headers[0],
        .timestamp_ms = now.utc_us / 1000,
    };
    if (edge_delivery_put(reports->delivery, EDGE_DELIVERY_CAPTURE, &kafka_record, now)
        != DRF_OK)
        edge_metrics_add(reports->metrics, EDGE_METRIC_CAPTURES_LOST, 0, 0, 1);
}

bool ingest_reports_take(struct ingest_reports *reports, const struct edge_back_value *value,
                         bool failing, struct edge_now now)
{
    if (strcmp(value->name, EDGE_HANDED_CAPTURE) == 0) {
        if (failing)
            edge_metrics_add(reports->metrics, EDGE_METRIC_CAPTURES_LOST, 0, 0, 1);
        else
            take_capture(reports, value, now);
        return true;
    }
    if (strcmp(value->name, EDGE_HANDED_REPORT) != 0)
        return false;
    struct edge_handed_report handed;
    if (!reports->taken || value->size <= sizeof handed)
        return true;
    memcpy(&handed, value->bytes, sizeof handed);
    take_report(reports, &handed, value->bytes + sizeof handed, value->size - sizeof handed,
                now);
    return true;
}

bool ingest_reports_answer(struct ingest_reports *reports)
{
    size_t count = 0;
    while (count < reports->durable_count
           && answer(reports, &reports->pending[count].answer, EDGE_REPORT_ANSWER_DURABLE))
        count++;
    if (count > 0) {
        reports->durable_count -= count;
        reports->pending_count -= count;
        memmove(reports->pending, reports->pending + count,
                reports->pending_count * sizeof reports->pending[0]);
    }
    return reports->durable_count > 0;
}

void ingest_reports_committed(struct ingest_reports *reports, struct edge_now now)
{
    edge_metrics_add(reports->metrics, EDGE_METRIC_REPORTS_DURABLE, 0, 0,
                     reports->pending_count - reports->durable_count);
    reports->durable_count = reports->pending_count;
    edge_delivery_committed(reports->delivery, now);
}

bool ingest_reports_second(struct ingest_reports *reports, bool steady, struct edge_now now)
{
    for (size_t i = reports->durable_count; i < reports->pending_count; i++) {
        struct ingest_report_pending *pending = &reports->pending[i];
        if (pending->told || now.mono_us - pending->mono_us < LATE_US)
            continue;
        pending->told = true;
        (void)answer(reports, &pending->answer, EDGE_REPORT_ANSWER_LATE);
    }
    if (!steady)
        return false;
    edge_delivery_expire(reports->delivery, now);
    return reports->taken
           && edge_taken_expire(reports->taken,
                                now.utc_us - reports->config->reports.keep_us - SLACK_US);
}
