// SPDX-License-Identifier: Apache-2.0
// Each kind of record has an outbox of its own, so that a topic that is missing, or a flood of
// one kind, takes no room from the others; they share the producer. Its reports name a record
// by its tag: the kind in the upper byte, below it the number in the outbox (0: of a dead
// letter that the store did not take).
#include "edge/kafka/delivery.h"

#include <stdio.h>
#include <stdlib.h>

enum { FINISH_MS = 1000, FINISH_STEP_MS = 50, KIND_SHIFT = 56 };
#define NUMBER_MASK ((UINT64_C(1) << KIND_SHIFT) - 1)
#define SERVE_US INT64_C(20000)
#define IDLE_US INT64_C(500000)

static const char *topic_of(const struct drf_config *config, enum edge_delivery_kind kind)
{
    switch (kind) {
    case EDGE_DELIVERY_LETTER:
        return config->dead_letter_topic;
    case EDGE_DELIVERY_REPORT:
        return config->reports.topic;
    default:
        return config->reports.capture_topic;
    }
}

static struct edge_outbox_rules rules_of(const struct drf_config *config,
                                         enum edge_delivery_kind kind)
{
    if (kind == EDGE_DELIVERY_LETTER)
        return (struct edge_outbox_rules){.prefix = EDGE_DELIVERY_LETTERS,
                                          .count_max = EDGE_OUTBOX_MAX,
                                          .bytes_max = UINT64_MAX};
    return (struct edge_outbox_rules){
        .prefix = kind == EDGE_DELIVERY_REPORT ? "report/" : "capture/",
        .count_max = UINT64_MAX,
        .bytes_max = kind == EDGE_DELIVERY_REPORT ? config->reports.max_bytes
                                                  : config->reports.capture_max_bytes,
        .keep_us = config->reports.keep_us,
        .after_commit = true,
    };
}

// What goes to Kafka is an output as what goes to a drone is.
static void note_output(const struct edge_delivery *delivery,
                        const struct edge_kafka_record *kafka_record)
{
    if (delivery->inputs == NULL)
        return;
    size_t size = edge_kafka_record_size(kafka_record);
    uint8_t *bytes = malloc(size);
    if (bytes == NULL) {
        edge_inputs_spoil(delivery->inputs, "out of memory");
        return;
    }
    edge_kafka_record_pack(kafka_record, bytes);
    char topic[DRF_TEXT_SIZE + 8];
    (void)snprintf(topic, sizeof topic, "kafka/%s", kafka_record->topic);
    edge_inputs_output(
        delivery->inputs,
        &(struct edge_output){.topic = topic, .payload = {.bytes = bytes, .size = size}});
    free(bytes);
}

static enum drf_status post_send(void *self, const struct edge_kafka_record *kafka_record)
{
    const struct edge_delivery_lane *lane = self;
    const struct edge_delivery *delivery = lane->delivery;
    struct edge_kafka_record own = *kafka_record;
    enum drf_status status = DRF_OK;
    own.topic = topic_of(delivery->config, lane->kind);
    own.tag |= (uint64_t)lane->kind << KIND_SHIFT;
    if (delivery->port.send)
        status = delivery->port.send(delivery->port.self, &own);
    status = (enum drf_status)edge_inputs_value(delivery->inputs, EDGE_INPUT_PRODUCE, status);
    if (status == DRF_OK)
        note_output(delivery, &own);
    return status;
}

static void post_purge(void *self)
{
    const struct edge_delivery *delivery = ((const struct edge_delivery_lane *)self)->delivery;
    if (delivery->port.send)
        delivery->port.purge(delivery->port.self, false);
}

static enum drf_status kafka_send(void *self, const struct edge_kafka_record *kafka_record)
{
    return edge_producer_send(self, kafka_record->topic, kafka_record);
}

static void kafka_purge(void *self, bool all) { edge_producer_purge(self, all); }

static size_t kafka_waiting(void *self) { return edge_producer_waiting(self); }

static void kafka_serve(void *self, int timeout_ms, edge_producer_report_fn report,
                        void *context)
{
    edge_producer_serve(self, timeout_ms, report, context);
}

static const char *any_topic(const struct drf_config *config)
{
    for (int kind = 0; kind < EDGE_DELIVERY_KINDS; kind++)
        if (topic_of(config, (enum edge_delivery_kind)kind)[0] != '\0')
            return topic_of(config, (enum edge_delivery_kind)kind);
    return NULL;
}

enum drf_status edge_delivery_producer(const struct drf_config *config,
                                       char error[static EDGE_KAFKA_ERROR_SIZE],
                                       struct edge_producer **out)
{
    return edge_producer_open(config, any_topic(config),
                              (EDGE_DELIVERY_KINDS + 1) * EDGE_OUTBOX_UNDER_WAY_MAX, 65536,
                              error, out);
}

enum drf_status edge_delivery_open(const struct drf_config *config, struct fusion_store *store,
                                   struct edge_metrics *metrics, struct edge_inputs *inputs,
                                   char error[static EDGE_KAFKA_ERROR_SIZE],
                                   struct edge_delivery *out)
{
    struct edge_producer *producer = NULL;
    struct edge_delivery_port port = {.send = kafka_send,
                                      .purge = kafka_purge,
                                      .waiting = kafka_waiting,
                                      .serve = kafka_serve};
    enum drf_status status = DRF_OK;
    *out = (struct edge_delivery){0};
    if (any_topic(config) != NULL)
        status = edge_delivery_producer(config, error, &producer);
    port.self = producer;
    if (status == DRF_OK)
        status = edge_delivery_use(config, store, metrics, port, inputs, out);
    out->producer = producer;
    return status;
}

enum drf_status edge_delivery_use(const struct drf_config *config, struct fusion_store *store,
                                  struct edge_metrics *metrics, struct edge_delivery_port port,
                                  struct edge_inputs *inputs, struct edge_delivery *out)
{
    *out = (struct edge_delivery){
        .config = config, .metrics = metrics, .inputs = inputs, .serve_mono_us = INT64_MAX};
    if (any_topic(config) == NULL)
        return DRF_OK;
    out->port = port;
    // A what-if keeps what is to be kept, and sends nothing.
    out->sends = !edge_inputs_free(inputs);
    out->serve_mono_us = out->sends ? 0 : INT64_MAX;
    enum drf_status status = DRF_OK;
    for (int i = 0; i < EDGE_DELIVERY_KINDS && status == DRF_OK; i++) {
        struct edge_delivery_lane *lane = &out->lanes[i];
        lane->delivery = out;
        lane->kind = (enum edge_delivery_kind)i;
        lane->there = topic_of(config, lane->kind)[0] != '\0'
                      && (out->sends || lane->kind != EDGE_DELIVERY_LETTER);
        const struct edge_outbox_sender post = {
            .self = lane, .send = post_send, .purge = post_purge};
        if (lane->there)
            status = edge_outbox_init(&lane->box, rules_of(config, lane->kind), store, post);
    }
    return status;
}

void edge_delivery_close(struct edge_delivery *delivery)
{
    edge_producer_close(delivery->producer);
    delivery->producer = NULL;
    delivery->port = (struct edge_delivery_port){0};
}

static void serve_soon(struct edge_delivery *delivery, int64_t mono_us)
{
    if (delivery->sends && delivery->serve_mono_us > mono_us)
        delivery->serve_mono_us = mono_us;
}

enum drf_status edge_delivery_put(struct edge_delivery *delivery, enum edge_delivery_kind kind,
                                  const struct edge_kafka_record *kafka_record,
                                  struct edge_now now)
{
    struct edge_delivery_lane *lane = &delivery->lanes[kind];
    if (!lane->there)
        return DRF_ERR_ABSENT;
    if (!lane->box.rules.after_commit)
        serve_soon(delivery, now.mono_us + SERVE_US);
    return edge_outbox_put(&lane->box, kafka_record, now.mono_us);
}

void edge_delivery_committed(struct edge_delivery *delivery, struct edge_now now)
{
    for (int i = 0; i < EDGE_DELIVERY_KINDS; i++) {
        struct edge_outbox *box = &delivery->lanes[i].box;
        if (!delivery->lanes[i].there || box->committed == box->next)
            continue;
        edge_outbox_committed(box);
        if (box->rules.after_commit && edge_outbox_answers(box, now.mono_us))
            serve_soon(delivery, now.mono_us);
    }
}

void edge_delivery_expire(struct edge_delivery *delivery, struct edge_now now)
{
    for (int i = 0; i < EDGE_DELIVERY_KINDS; i++)
        if (delivery->lanes[i].there)
            edge_outbox_expire(&delivery->lanes[i].box, now.utc_us);
}

struct report {
    struct edge_delivery *delivery;
    int64_t now_mono_us;
    bool last; // the node ends: no step comes after this
};

// EDGE_INPUT_REPORT: delivered (a byte), tag (eight, little end first), and the packed record
// where it is kept only now.
enum { REPORT_HEAD = 9 };

static void record_report(struct edge_inputs *inputs,
                          const struct edge_kafka_record *kafka_record, bool delivered)
{
    uint8_t head[REPORT_HEAD] = {delivered ? 1 : 0};
    for (size_t i = 0; i < 8; i++)
        head[1 + i] = (uint8_t)(kafka_record->tag >> (8 * i));
    bool whole = !delivered && kafka_record->tag == 0;
    size_t size = whole ? edge_kafka_record_size(kafka_record) : 0;
    uint8_t *bytes = size > 0 ? malloc(size) : NULL;
    if (bytes)
        edge_kafka_record_pack(kafka_record, bytes);
    else if (size > 0)
        edge_inputs_spoil(inputs, "out of memory");
    const struct edge_piece pieces[] = {{.bytes = head, .size = sizeof head},
                                        {.bytes = bytes, .size = bytes ? size : 0}};
    edge_inputs_add(inputs, EDGE_INPUT_REPORT, pieces, 2);
    free(bytes);
}

static void on_report(void *context, const struct edge_kafka_record *kafka_record,
                      bool delivered)
{
    const struct report *report = context;
    struct edge_delivery *delivery = report->delivery;
    if (!report->last && edge_inputs_records(delivery->inputs))
        record_report(delivery->inputs, kafka_record, delivered);
    struct edge_kafka_record own = *kafka_record;
    uint64_t kind = own.tag >> KIND_SHIFT;
    own.tag &= NUMBER_MASK;
    if (kind < EDGE_DELIVERY_KINDS && delivery->lanes[kind].there)
        edge_outbox_report(&delivery->lanes[kind].box, &own, delivered, report->now_mono_us);
}

static void replay_reports(struct report *report)
{
    const uint8_t *bytes;
    size_t size;
    struct edge_header headers[EDGE_KAFKA_RECORD_HEADERS_MAX];
    while (edge_inputs_next(report->delivery->inputs, EDGE_INPUT_REPORT, &bytes, &size)) {
        struct edge_kafka_record kafka_record = {0};
        if (size < REPORT_HEAD
            || (size > REPORT_HEAD
                && edge_kafka_record_unpack(bytes + REPORT_HEAD, size - REPORT_HEAD, headers,
                                            &kafka_record)
                       != DRF_OK)) {
            edge_inputs_differ(report->delivery->inputs, "a damaged report");
            return;
        }
        kafka_record.tag = 0;
        for (size_t i = 0; i < 8; i++)
            kafka_record.tag |= (uint64_t)bytes[1 + i] << (8 * i);
        on_report(report, &kafka_record, bytes[0] != 0);
    }
}

struct counted {
    enum edge_metric delivered, lost, kept;
};
static const struct counted counted[EDGE_DELIVERY_KINDS] = {
    {EDGE_METRIC_DEAD_LETTERS, EDGE_METRIC_DEAD_LETTERS_LOST, EDGE_METRIC_DEAD_LETTERS_KEPT},
    {EDGE_METRIC_REPORTS_SENT, EDGE_METRIC_REPORTS_LOST, EDGE_METRIC_REPORTS_WAITING},
    {EDGE_METRIC_CAPTURES_SENT, EDGE_METRIC_CAPTURES_LOST, EDGE_METRIC_CAPTURES_WAITING},
};

static void count(struct edge_delivery *delivery)
{
    for (int i = 0; i < EDGE_DELIVERY_KINDS; i++) {
        struct edge_outbox *box = &delivery->lanes[i].box;
        if (!delivery->lanes[i].there)
            continue;
        edge_metrics_add(delivery->metrics, counted[i].delivered, 0, 0, box->delivered);
        edge_metrics_add(delivery->metrics, counted[i].lost, 0, 0, box->lost);
        edge_metrics_set(delivery->metrics, counted[i].kept, 0,
                         (int64_t)(i == EDGE_DELIVERY_LETTER ? box->kept : box->kept_bytes));
        box->delivered = box->lost = box->expired = 0;
    }
}

bool edge_delivery_serve(struct edge_delivery *delivery, struct edge_now now)
{
    if (!delivery->sends || now.mono_us < delivery->serve_mono_us)
        return false;
    struct report report = {.delivery = delivery, .now_mono_us = now.mono_us};
    if (delivery->port.send)
        delivery->port.serve(delivery->port.self, 0, on_report, &report);
    else
        replay_reports(&report);
    bool soon = false, changed = false;
    for (int i = 0; i < EDGE_DELIVERY_KINDS; i++) {
        struct edge_outbox *box = &delivery->lanes[i].box;
        if (!delivery->lanes[i].there)
            continue;
        edge_outbox_step(box, now.mono_us);
        soon = soon || (box->under_way > 0 && edge_outbox_answers(box, now.mono_us));
        changed = changed || box->changed;
        box->changed = false;
    }
    count(delivery);
    delivery->serve_mono_us = now.mono_us + (soon ? SERVE_US : IDLE_US);
    return changed;
}

void edge_delivery_follow(struct edge_delivery *delivery, const struct drf_config *config,
                          bool restarted, struct edge_now now)
{
    const struct edge_delivery_port *port = &delivery->port;
    struct report report = {.delivery = delivery, .now_mono_us = now.mono_us};
    delivery->config = config;
    if (!delivery->sends || !restarted)
        return;
    if (!port->send) {
        replay_reports(&report);
        return;
    }
    port->purge(port->self, true);
    port->serve(port->self, FINISH_STEP_MS, on_report, &report);
}

struct edge_producer *edge_delivery_swap(struct edge_delivery *delivery,
                                         struct edge_producer *producer)
{
    struct edge_producer *former = delivery->producer;
    delivery->producer = delivery->port.self = producer;
    return former;
}

void edge_delivery_finish(struct edge_delivery *delivery, struct edge_now now)
{
    const struct edge_delivery_port *port = &delivery->port;
    if (!port->send || !delivery->sends)
        return;
    struct report report = {.delivery = delivery, .now_mono_us = now.mono_us, .last = true};
    for (int waited_ms = 0; waited_ms < FINISH_MS && port->waiting(port->self) > 0;
         waited_ms += FINISH_STEP_MS)
        port->serve(port->self, FINISH_STEP_MS, on_report, &report);
    port->purge(port->self, true);
    port->serve(port->self, FINISH_STEP_MS, on_report, &report);
    count(delivery);
}
