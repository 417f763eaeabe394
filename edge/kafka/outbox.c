// SPDX-License-Identifier: Apache-2.0
// Records have numbers that only grow; their names in the store end in the number. Those before
// `resend` were handed to Kafka, those from there on wait; a report that one was not delivered
// moves `resend` back to it. So numbers behind `resend` may be delivered (then their row is
// gone) or still under way (then they are in `flying`): both are passed over.
#include "edge/kafka/outbox.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SILENT_US INT64_C(2000000)
#define ANSWERS_US INT64_C(10000000) // a busy broker may take longer than SILENT_US
enum {
    NAME_SIZE = 32,
    PROBE = 1,
    BATCH = 256,
    KEPT_SIZE_MAX = 1 << 18, // values are at most 64 KB, or cut, and headers are few
};

static void format_name(const struct edge_outbox *box, uint64_t number,
                        char out[static NAME_SIZE])
{
    snprintf(out, NAME_SIZE, "%s%016" PRIx64, box->rules.prefix, number);
}

static enum drf_status find(void *context, const char *name, const void *bytes, size_t size)
{
    struct edge_outbox *box = context;
    (void)bytes;
    uint64_t number = strtoull(name + strlen(box->rules.prefix), NULL, 16);
    if (box->kept++ == 0)
        box->first = number;
    box->kept_bytes += size;
    if (number >= box->next)
        box->next = number + 1;
    return DRF_OK;
}

enum drf_status edge_outbox_init(struct edge_outbox *box, struct edge_outbox_rules rules,
                                 struct fusion_store *store, struct edge_outbox_sender post)
{
    *box = (struct edge_outbox){.rules = rules,
                                .store = store,
                                .post = post,
                                .first = 1,
                                .next = 1,
                                .asked_mono_us = INT64_MAX};
    enum drf_status status =
        store ? fusion_store_each_value(store, rules.prefix, find, box) : DRF_OK;
    box->resend = box->first;
    box->committed = box->next;
    return status;
}

// Those that Kafka was not handed yet, or did not take.
static uint64_t unsent(const struct edge_outbox *box) { return box->next - box->resend; }

bool edge_outbox_answers(const struct edge_outbox *box, int64_t now_mono_us)
{
    return box->asked_mono_us == INT64_MAX || now_mono_us - box->asked_mono_us <= ANSWERS_US;
}

bool edge_outbox_near_full(const struct edge_outbox *box, int64_t now_mono_us)
{
    return unsent(box) >= box->rules.count_max * 3 / 4 && edge_outbox_answers(box, now_mono_us);
}

static enum drf_status keep(struct edge_outbox *box,
                            const struct edge_kafka_record *kafka_record)
{
    enum drf_status status = DRF_ERR_FULL;
    uint8_t *bytes = NULL;
    size_t size = edge_kafka_record_size(kafka_record);
    bool room = unsent(box) < box->rules.count_max && size <= KEPT_SIZE_MAX
                && box->kept_bytes + size <= box->rules.bytes_max;
    if (box->store && room)
        bytes = malloc(size);
    if (bytes) {
        char name[NAME_SIZE];
        format_name(box, box->next, name);
        edge_kafka_record_pack(kafka_record, bytes);
        status = fusion_store_put_value(box->store, name, bytes, size);
    }
    free(bytes);
    if (status != DRF_OK)
        return DRF_ERR_FULL;
    box->next++;
    box->kept++;
    box->kept_bytes += size;
    box->changed = true;
    return DRF_OK;
}

static enum drf_status send(struct edge_outbox *box,
                            const struct edge_kafka_record *kafka_record, int64_t now_mono_us)
{
    if (box->under_way >= EDGE_OUTBOX_UNDER_WAY_MAX)
        return DRF_ERR_FULL;
    enum drf_status status = box->post.send(box->post.self, kafka_record);
    if (status == DRF_OK && box->under_way++ == 0)
        box->confirmed_mono_us = now_mono_us;
    if (status == DRF_OK && box->asked_mono_us == INT64_MAX)
        box->asked_mono_us = now_mono_us;
    if (status == DRF_OK && kafka_record->tag > 0)
        box->flying[box->flying_count++] = kafka_record->tag;
    return status;
}

static bool flies(const struct edge_outbox *box, uint64_t number)
{
    for (uint32_t i = 0; i < box->flying_count; i++)
        if (box->flying[i] == number)
            return true;
    return false;
}

static void land(struct edge_outbox *box, uint64_t number)
{
    for (uint32_t i = 0; i < box->flying_count; i++)
        if (box->flying[i] == number) {
            box->flying[i] = box->flying[--box->flying_count];
            return;
        }
}

enum drf_status edge_outbox_put(struct edge_outbox *box,
                                const struct edge_kafka_record *kafka_record,
                                int64_t now_mono_us)
{
    struct edge_kafka_record own = *kafka_record;
    own.tag = 0;
    if (box->rules.after_commit)
        return keep(box, &own);
    bool first = unsent(box) == 0; // else Kafka is away, or those before it go first
    bool kept = keep(box, &own) == DRF_OK;
    if (kept)
        own.tag = box->next - 1;
    bool sent = first && send(box, &own, now_mono_us) == DRF_OK;
    if (kept && sent)
        box->resend = box->next;
    if (!kept && !sent)
        box->lost++;
    return kept || sent ? DRF_OK : DRF_ERR_FULL;
}

void edge_outbox_committed(struct edge_outbox *box) { box->committed = box->next; }

static void forget(struct edge_outbox *box, uint64_t number)
{
    char name[NAME_SIZE];
    uint8_t none;
    size_t size = 0; // nothing fits: it becomes the size of what is there
    format_name(box, number, name);
    if (fusion_store_value(box->store, name, &none, &size) == DRF_ERR_ABSENT
        || fusion_store_put_value(box->store, name, NULL, 0) != DRF_OK)
        return; // it goes out twice, after a restart
    box->kept--;
    box->kept_bytes -= size;
    box->changed = true;
    if (box->kept == 0)
        box->first = box->resend = box->next;
}

void edge_outbox_report(struct edge_outbox *box, const struct edge_kafka_record *kafka_record,
                        bool delivered, int64_t now_mono_us)
{
    if (box->under_way > 0)
        box->under_way--;
    land(box, kafka_record->tag);
    if (delivered) {
        box->delivered++;
        box->confirmed_mono_us = now_mono_us;
        box->asked_mono_us = box->under_way > 0 ? now_mono_us : INT64_MAX;
        if (kafka_record->tag > 0)
            forget(box, kafka_record->tag);
    } else if (kafka_record->tag == 0) {
        box->lost += keep(box, kafka_record) != DRF_OK;
    } else if (kafka_record->tag < box->resend) {
        box->resend = kafka_record->tag; // it still waits
    }
}

// DRF_ERR_ABSENT: no such record (any more).
static enum drf_status resend(struct edge_outbox *box, uint64_t number, int64_t now_mono_us)
{
    char name[NAME_SIZE];
    struct edge_header headers[EDGE_KAFKA_RECORD_HEADERS_MAX];
    struct edge_kafka_record kafka_record;
    if (flies(box, number))
        return DRF_ERR_ABSENT;
    uint8_t *bytes = malloc(KEPT_SIZE_MAX);
    size_t size = KEPT_SIZE_MAX;
    if (!bytes)
        return DRF_ERR_NOMEM;
    format_name(box, number, name);
    enum drf_status status = fusion_store_value(box->store, name, bytes, &size);
    if (status == DRF_OK || status == DRF_ERR_FULL) {
        bool readable =
            status == DRF_OK
            && edge_kafka_record_unpack(bytes, size, headers, &kafka_record) == DRF_OK;
        kafka_record.tag = number;
        status = readable ? send(box, &kafka_record, now_mono_us) : DRF_ERR_RANGE;
    }
    free(bytes);
    if (status == DRF_ERR_RANGE) { // damaged, or too much for Kafka
        forget(box, number);
        box->lost++;
        status = DRF_ERR_ABSENT;
    }
    return status;
}

void edge_outbox_step(struct edge_outbox *box, int64_t now_mono_us)
{
    bool silent = box->under_way > 0 && now_mono_us - box->confirmed_mono_us > SILENT_US;
    if (silent)
        box->post.purge(box->post.self);
    // One to try whether Kafka is there; many once it has answered.
    bool answered = box->delivered > 0;
    uint32_t want = silent ? 0 : answered ? BATCH : box->under_way == 0 ? PROBE : 0;
    uint64_t end = box->rules.after_commit ? box->committed : box->next;
    for (uint32_t i = 0; i < want && box->kept > 0 && box->resend < end; i++) {
        enum drf_status status = resend(box, box->resend, now_mono_us);
        if (status != DRF_OK && status != DRF_ERR_ABSENT)
            break;
        if (box->resend < box->next)
            box->resend++;
    }
}

// DRF_ERR_AGAIN: it is not that old.
static enum drf_status expire(struct edge_outbox *box, uint64_t number, int64_t now_utc_us)
{
    char name[NAME_SIZE];
    struct edge_header headers[EDGE_KAFKA_RECORD_HEADERS_MAX];
    struct edge_kafka_record kafka_record;
    uint8_t *bytes = malloc(KEPT_SIZE_MAX);
    size_t size = KEPT_SIZE_MAX;
    if (!bytes)
        return DRF_ERR_NOMEM;
    format_name(box, number, name);
    enum drf_status status = fusion_store_value(box->store, name, bytes, &size);
    bool readable = status == DRF_OK
                    && edge_kafka_record_unpack(bytes, size, headers, &kafka_record) == DRF_OK;
    if (readable)
        status = now_utc_us / 1000 - kafka_record.timestamp_ms > box->rules.keep_us / 1000
                     ? DRF_OK
                     : DRF_ERR_AGAIN;
    free(bytes);
    if (status != DRF_OK || !readable)
        return status;
    forget(box, number);
    box->lost++;
    box->expired++;
    return DRF_OK;
}

void edge_outbox_expire(struct edge_outbox *box, int64_t now_utc_us)
{
    for (uint32_t i = 0;
         i < BATCH && box->rules.keep_us > 0 && box->kept > 0 && box->resend < box->committed;
         i++) {
        enum drf_status status =
            flies(box, box->resend) ? DRF_ERR_AGAIN : expire(box, box->resend, now_utc_us);
        if (status != DRF_OK && status != DRF_ERR_ABSENT)
            return;
        if (box->resend < box->next)
            box->resend++;
    }
}
