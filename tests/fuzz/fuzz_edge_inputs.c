// SPDX-License-Identifier: Apache-2.0
// Any bytes as a block of a recording: refused, or every entry lies inside it; and what the
// readers of its messages accept is the same again when it is recorded and read once more.
#include <stdlib.h>
#include <string.h>

#include "edge/handoff/link_record.h"
#include "edge/ingest/found_record.h"
#include "edge/ingest/message_record.h"

struct recorded {
    uint8_t *bytes;
    size_t size;
};

static bool put(void *self, const uint8_t *block, size_t size)
{
    struct recorded *recorded = self;
    recorded->bytes = malloc(size);
    if (recorded->bytes == NULL)
        abort();
    memcpy(recorded->bytes, block, size);
    recorded->size = size;
    return true;
}

static void ended(void *self, const char *why) { (void)self, (void)why; }

// Reads the messages of a block, and records them again where `again` is not NULL.
static void read_all(struct edge_inputs *inputs, struct edge_inputs *again)
{
    static struct edge_kafka_found found;
    struct edge_incoming in;
    struct edge_recorded_message one;
    bool answered;
    enum drf_status status;
    while (edge_link_record_take(inputs, &in))
        if (again != NULL)
            edge_link_record_put(again, &in);
    while ((status = edge_message_record_take(inputs, &one)) == DRF_OK) {
        if (one.message.key_size > 0 && one.message.key == NULL)
            abort();
        (void)edge_message_mark(&one.message);
        if (again != NULL)
            edge_message_record_put(again, one.feed, one.event, &one.message);
        free(one.message.handle);
    }
    while ((status = edge_found_record_take(inputs, &found, &answered)) == DRF_OK)
        if (again != NULL)
            edge_found_record_put(again, found.feed, answered ? &found : NULL);
}

static struct recorded record_again(const uint8_t *data, size_t size)
{
    _Atomic uint64_t ticket = 0;
    struct recorded recorded = {0};
    struct edge_inputs *inputs, *again;
    const struct edge_inputs_sink sink = {.self = &recorded, .put = put, .ended = ended};
    if (edge_inputs_replay(EDGE_INPUTS_REPLAY, true, &inputs) != DRF_OK
        || edge_inputs_record(sink, &ticket, false, &again) != DRF_OK)
        abort();
    if (edge_inputs_give(inputs, data, size, NULL, NULL) == DRF_OK) {
        edge_inputs_begin(again, (struct edge_now){0});
        edge_inputs_ticket(again);
        read_all(inputs, again);
        edge_inputs_end(again);
    }
    edge_inputs_close(inputs);
    edge_inputs_close(again);
    return recorded;
}

// As a step does it: its calls, its output, its end.
static void step(const uint8_t *data, size_t size)
{
    struct edge_inputs *inputs;
    struct edge_now now;
    const uint8_t *bytes;
    size_t length;
    if (edge_inputs_replay(EDGE_INPUTS_REPLAY, true, &inputs) != DRF_OK)
        abort();
    if (edge_inputs_give(inputs, data, size, NULL, &now) == DRF_OK) {
        edge_inputs_begin(inputs, now);
        for (int kind = 0; kind < EDGE_INPUT_NUMBERS; kind++)
            (void)edge_inputs_number(inputs, (enum edge_input)kind, 0);
        while (edge_inputs_next(inputs, EDGE_INPUT_DECODED, &bytes, &length))
            if (length > size)
                abort();
        edge_inputs_output(inputs, &(struct edge_output){.topic = "t", .payload = {"p", 1}});
        edge_inputs_finish(inputs);
        edge_inputs_end(inputs);
    }
    edge_inputs_close(inputs);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    step(data, size);
    struct recorded once = record_again(data, size);
    if (once.bytes != NULL) {
        struct recorded twice = record_again(once.bytes, once.size);
        if (twice.size != once.size || memcmp(twice.bytes, once.bytes, once.size) != 0)
            abort();
        free(twice.bytes);
    }
    free(once.bytes);
    return 0;
}
