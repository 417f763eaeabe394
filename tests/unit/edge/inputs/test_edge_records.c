// SPDX-License-Identifier: Apache-2.0
// Messages and findings as bytes of a recording: what goes in comes out, whatever it holds, and
// every cut of it is refused.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "edge/handoff/link_record.h"
#include "edge/ingest/found_record.h"
#include "edge/ingest/message_record.h"

enum { ROUNDS = 400, TEXT_SIZE = 40, BLOCK_SIZE = 1 << 16 };

static uint64_t seed = UINT64_C(88172645463325252);

static uint64_t next_random(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

static size_t below(size_t limit) { return (size_t)(next_random() >> 33) % limit; }

// Of every magnitude.
static int64_t any_number(void)
{
    uint64_t bits = next_random() >> below(64);
    return below(2) == 0 ? (int64_t)bits : -(int64_t)(bits >> 1);
}

static size_t any_bytes(uint8_t *bytes, size_t room)
{
    size_t size = below(room);
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)next_random();
    return size;
}

static const char *any_text(char *text, size_t room)
{
    size_t size = below(room);
    for (size_t i = 0; i < size; i++)
        text[i] = (char)(1 + below(255));
    text[size] = '\0';
    return text;
}

static uint8_t block[BLOCK_SIZE];
static size_t block_size;

static bool put(void *self, const uint8_t *bytes, size_t size)
{
    (void)self;
    assert_true(size <= sizeof block);
    memcpy(block, bytes, size);
    block_size = size;
    return true;
}

static void ended(void *self, const char *why)
{
    (void)self;
    fail_msg("%s", why);
}

static struct edge_inputs *record(void)
{
    static _Atomic uint64_t ticket;
    struct edge_inputs *inputs;
    atomic_store(&ticket, 0);
    assert_int_equal(edge_inputs_record((struct edge_inputs_sink){.put = put, .ended = ended},
                                        &ticket, false, &inputs),
                     DRF_OK);
    edge_inputs_begin(inputs, (struct edge_now){0});
    edge_inputs_ticket(inputs);
    return inputs;
}

static struct edge_inputs *replay(const uint8_t *bytes, size_t size)
{
    struct edge_inputs *inputs;
    assert_int_equal(edge_inputs_replay(EDGE_INPUTS_REPLAY, false, &inputs), DRF_OK);
    assert_int_equal(edge_inputs_give(inputs, bytes, size, NULL, NULL), DRF_OK);
    return inputs;
}

// Ends the step, and gives what it put to another.
static struct edge_inputs *turn(struct edge_inputs *inputs)
{
    edge_inputs_end(inputs);
    edge_inputs_close(inputs);
    return replay(block, block_size);
}

// The entry of the block cut at each place, as a block of its own: ticket, times, kind, size.
static struct edge_inputs *cut(size_t size, size_t *whole)
{
    static uint8_t bytes[BLOCK_SIZE + 16];
    size_t head = 4, length = 0;
    for (unsigned shift = 0;; shift += 7) { // the size that is recorded
        length |= (size_t)(block[head] & 0x7f) << shift;
        if ((block[head++] & 0x80) == 0)
            break;
    }
    *whole = length;
    if (size >= length)
        return NULL;
    memcpy(bytes, block, 4);
    size_t at = 4, left = size;
    for (; left >= 0x80; left >>= 7)
        bytes[at++] = (uint8_t)(left | 0x80);
    bytes[at++] = (uint8_t)left;
    memcpy(bytes + at, block + head, size);
    return replay(bytes, at + size);
}

static void same(const void *a, size_t a_size, const void *b, size_t b_size)
{
    assert_int_equal(a_size, b_size);
    if (a_size > 0)
        assert_memory_equal(a, b, a_size);
}

static void link_record__of_any_message__comes_back(void **state)
{
    (void)state;
    for (int i = 0; i < ROUNDS; i++) {
        char topic[TEXT_SIZE], response[TEXT_SIZE];
        uint8_t payload[300], correlation[TEXT_SIZE];
        struct edge_incoming in = {.topic = any_text(topic, sizeof topic),
                                   .payload = payload,
                                   .size = any_bytes(payload, sizeof payload),
                                   .retained = below(2) == 0,
                                   .json = below(2) == 0,
                                   .arrival_mono_us = any_number(),
                                   .response_topic = any_text(response, sizeof response),
                                   .correlation_size =
                                       any_bytes(correlation, sizeof correlation)};
        in.correlation = in.correlation_size > 0 ? correlation : NULL;
        in.payload_left_out = below(4) == 0 ? below(1 << 28) : 0;
        in.correlation_left_out = below(4) == 0 ? below(1 << 16) : 0;
        struct edge_inputs *inputs = record();
        edge_link_record_put(inputs, &in);
        inputs = turn(inputs);
        struct edge_incoming out;
        assert_true(edge_link_record_take(inputs, &out));
        assert_string_equal(out.topic, topic);
        assert_string_equal(out.response_topic, response);
        same(out.payload, out.size, payload, in.size);
        same(out.correlation, out.correlation_size, in.correlation, in.correlation_size);
        assert_int_equal(out.correlation == NULL, in.correlation == NULL);
        assert_int_equal(out.retained, in.retained);
        assert_int_equal(out.json, in.json);
        assert_int_equal(out.payload_left_out, in.payload_left_out);
        assert_int_equal(out.correlation_left_out, in.correlation_left_out);
        assert_true(out.arrival_mono_us == in.arrival_mono_us);
        assert_false(edge_link_record_take(inputs, &out));
        edge_inputs_close(inputs);
        size_t whole = 1;
        for (size_t size = 0; i < 20 && size < whole; size++)
            if ((inputs = cut(size, &whole)) != NULL) {
                assert_false(edge_link_record_take(inputs, &out));
                edge_inputs_close(inputs);
            }
    }
}

struct any_message {
    struct edge_message message;
    char topic[TEXT_SIZE], names[EDGE_HEADERS_MAX][TEXT_SIZE];
    uint8_t key[TEXT_SIZE], value[300], values[EDGE_HEADERS_MAX][TEXT_SIZE];
};

static void make_message(struct any_message *any)
{
    struct edge_message *message = &any->message;
    *message =
        (struct edge_message){.topic = any_text(any->topic, sizeof any->topic),
                              .partition = (int32_t)any_number(),
                              .offset = any_number(),
                              .timestamp = (enum edge_timestamp)below(3),
                              .timestamp_ms = any_number(),
                              .header_count = below(4) == 0 ? EDGE_HEADERS_MAX : below(4),
                              .headers_left_out = below(2) == 0};
    if (below(4) > 0) {
        message->key = any->key;
        message->key_size = any_bytes(any->key, sizeof any->key);
    }
    if (below(4) > 0) {
        message->value = any->value;
        message->value_size = any_bytes(any->value, sizeof any->value);
    }
    for (size_t i = 0; i < message->header_count; i++) {
        message->headers[i].name = any_text(any->names[i], TEXT_SIZE);
        if (below(4) == 0)
            continue;
        message->headers[i].size = any_bytes(any->values[i], TEXT_SIZE);
        message->headers[i].value = (const char *)any->values[i];
    }
}

static void assert_same_message(const struct edge_message *out, const struct edge_message *in)
{
    assert_string_equal(out->topic, in->topic);
    assert_int_equal(out->partition, in->partition);
    assert_true(out->offset == in->offset);
    assert_int_equal(out->timestamp, in->timestamp);
    assert_true(out->timestamp_ms == in->timestamp_ms);
    assert_int_equal(out->headers_left_out, in->headers_left_out);
    assert_int_equal(out->key == NULL, in->key == NULL);
    assert_int_equal(out->value == NULL, in->value == NULL);
    same(out->key, out->key_size, in->key, in->key_size);
    same(out->value, out->value_size, in->value, in->value_size);
    assert_int_equal(out->header_count, in->header_count);
    for (size_t i = 0; i < in->header_count; i++) {
        assert_string_equal(out->headers[i].name, in->headers[i].name);
        assert_int_equal(out->headers[i].value == NULL, in->headers[i].value == NULL);
        same(out->headers[i].value, out->headers[i].size, in->headers[i].value,
             in->headers[i].size);
    }
}

static void message_record__of_any_message__comes_back(void **state)
{
    (void)state;
    static struct any_message any;
    for (int i = 0; i < ROUNDS; i++) {
        struct edge_recorded_message out;
        make_message(&any);
        size_t feed = below(1000);
        struct edge_inputs *inputs = record();
        edge_message_record_put(inputs, feed, EDGE_KAFKA_MESSAGE, &any.message);
        inputs = turn(inputs);
        assert_int_equal(edge_message_record_take(inputs, &out), DRF_OK);
        assert_int_equal(out.event, EDGE_KAFKA_MESSAGE);
        assert_int_equal(out.feed, feed);
        assert_int_equal(out.message.feed, feed);
        assert_same_message(&out.message, &any.message);
        free(out.message.handle);
        assert_int_equal(edge_message_record_take(inputs, &out), DRF_ERR_ABSENT);
        edge_inputs_close(inputs);
        size_t whole = 1;
        for (size_t size = 0; i < 20 && size < whole; size++)
            if ((inputs = cut(size, &whole)) != NULL) {
                assert_int_equal(edge_message_record_take(inputs, &out), DRF_ERR_SYNTAX);
                edge_inputs_close(inputs);
            }
    }
}

static void message_record__of_an_event__keeps_where_it_was(void **state)
{
    (void)state;
    for (int event = EDGE_KAFKA_END; event <= EDGE_KAFKA_UNREADABLE; event++) {
        const struct edge_message in = {.partition = 7, .offset = INT64_MAX};
        struct edge_recorded_message out;
        struct edge_inputs *inputs = record();
        edge_message_record_put(inputs, 3, (enum edge_kafka_event)event, &in);
        inputs = turn(inputs);
        assert_int_equal(edge_message_record_take(inputs, &out), DRF_OK);
        assert_int_equal(out.event, event);
        assert_int_equal(out.feed, 3);
        assert_int_equal(out.message.partition, 7);
        assert_true(out.message.offset == INT64_MAX);
        free(out.message.handle);
        edge_inputs_close(inputs);
    }
}

static void message_record__with_a_size_without_its_bytes__is_refused(void **state)
{
    (void)state;
    // Event, feed, flags 0; no key, and yet a byte of it.
    static const uint8_t bytes[] = {
        0, 0, 0, EDGE_INPUT_FEED_MESSAGE, 13, 1, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 'k'};
    struct edge_recorded_message out;
    struct edge_inputs *inputs = replay(bytes, sizeof bytes);
    assert_int_equal(edge_message_record_take(inputs, &out), DRF_ERR_SYNTAX);
    edge_inputs_close(inputs);
}

static void found_record__of_any_finding__comes_back(void **state)
{
    (void)state;
    static struct edge_kafka_found in, out;
    for (int i = 0; i < ROUNDS; i++) {
        in = (struct edge_kafka_found){.feed = below(1000),
                                       .count =
                                           below(4) == 0 ? EDGE_KAFKA_PARTITIONS_MAX : below(4),
                                       .too_many = below(2) == 0,
                                       .replaced = below(2) == 0,
                                       .asked_mono_us = any_number()};
        (void)any_text(in.cluster_id, sizeof in.cluster_id);
        for (size_t k = 0; k < in.count; k++) {
            in.partitions[k].partition = (int32_t)below(INT32_MAX);
            in.partitions[k].low = any_number();
            in.partitions[k].high = any_number();
        }
        bool answers = below(8) > 0, answered;
        struct edge_inputs *inputs = record();
        edge_found_record_put(inputs, in.feed, answers ? &in : NULL);
        inputs = turn(inputs);
        assert_int_equal(edge_found_record_take(inputs, &out, &answered), DRF_OK);
        assert_int_equal(out.feed, in.feed);
        assert_int_equal(answered, answers);
        assert_int_equal(out.count, answers ? in.count : 0);
        assert_int_equal(out.too_many, answers && in.too_many);
        assert_int_equal(out.replaced, answers && in.replaced);
        assert_string_equal(out.cluster_id, answers ? in.cluster_id : "");
        assert_true(out.asked_mono_us == (answers ? in.asked_mono_us : 0));
        for (size_t k = 0; k < out.count; k++) {
            assert_int_equal(out.partitions[k].partition, in.partitions[k].partition);
            assert_true(out.partitions[k].low == in.partitions[k].low);
            assert_true(out.partitions[k].high == in.partitions[k].high);
        }
        edge_inputs_close(inputs);
        size_t whole = 1;
        for (size_t size = 0; i < 20 && size < whole; size++)
            if ((inputs = cut(size, &whole)) != NULL) {
                assert_int_equal(edge_found_record_take(inputs, &out, &answered),
                                 DRF_ERR_SYNTAX);
                edge_inputs_close(inputs);
            }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(link_record__of_any_message__comes_back),
        cmocka_unit_test(message_record__of_any_message__comes_back),
        cmocka_unit_test(message_record__of_an_event__keeps_where_it_was),
        cmocka_unit_test(message_record__with_a_size_without_its_bytes__is_refused),
        cmocka_unit_test(found_record__of_any_finding__comes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
