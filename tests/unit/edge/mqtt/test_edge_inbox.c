// SPDX-License-Identifier: Apache-2.0
// What edge/mqtt/inbox.h promises.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "edge/mqtt/inbox.h"

static struct edge_incoming incoming(const char *topic, const void *payload, size_t size)
{
    return (struct edge_incoming){
        .topic = topic, .response_topic = "", .payload = payload, .size = size};
}

static void push__more_than_fits__is_full_and_keeps_what_was_there(void **state)
{
    (void)state;
    struct edge_inbox inbox;
    assert_int_equal(edge_inbox_open(256, &inbox), DRF_OK);
    static const uint8_t payload[120] = {7};
    struct edge_incoming message = incoming("t", payload, sizeof payload);
    assert_int_equal(edge_inbox_push(&inbox, &message), DRF_OK);
    assert_int_equal(edge_inbox_push(&inbox, &message), DRF_ERR_FULL);
    struct edge_incoming out;
    assert_true(edge_inbox_pop(&inbox, &out));
    assert_string_equal(out.topic, "t");
    assert_int_equal(out.size, 120);
    assert_int_equal(out.payload[0], 7);
    assert_false(edge_inbox_pop(&inbox, &out));
    assert_int_equal(edge_inbox_push(&inbox, &message), DRF_OK);
    edge_inbox_close(&inbox);
}

static void push__a_topic_over_its_limit__is_a_range_error(void **state)
{
    (void)state;
    struct edge_inbox inbox;
    assert_int_equal(edge_inbox_open(1 << 20, &inbox), DRF_OK);
    static char topic[EDGE_INBOX_TOPIC_MAX + 1];
    memset(topic, 'a', EDGE_INBOX_TOPIC_MAX);
    struct edge_incoming message = incoming(topic, NULL, 0);
    assert_int_equal(edge_inbox_push(&inbox, &message), DRF_ERR_RANGE);
    edge_inbox_close(&inbox);
}

static void push__other_parts_over_their_limits__leaves_them_out_and_tells(void **state)
{
    (void)state;
    struct edge_inbox inbox;
    assert_int_equal(edge_inbox_open(1 << 18, &inbox), DRF_OK);
    static uint8_t big[EDGE_INBOX_PAYLOAD_MAX + 1] = {'{'};
    static char response[EDGE_INBOX_TOPIC_MAX + 1];
    memset(response, 'r', EDGE_INBOX_TOPIC_MAX);
    struct edge_incoming message = incoming("t", big, sizeof big), out;
    message.correlation = big;
    message.correlation_size = EDGE_INBOX_CORRELATION_MAX + 1;
    message.response_topic = response;
    assert_int_equal(edge_inbox_push(&inbox, &message), DRF_OK);
    message = incoming("u", big, EDGE_INBOX_PAYLOAD_MAX);
    message.correlation = big;
    message.correlation_size = EDGE_INBOX_CORRELATION_MAX;
    assert_int_equal(edge_inbox_push(&inbox, &message), DRF_OK);
    assert_true(edge_inbox_pop(&inbox, &out));
    assert_int_equal(out.size, 0);
    assert_int_equal(out.payload_left_out, 65537);
    assert_int_equal(out.correlation_size, 0);
    assert_int_equal(out.correlation_left_out, 65);
    assert_string_equal(out.response_topic, "+");
    assert_true(out.json);
    assert_true(edge_inbox_pop(&inbox, &out));
    assert_int_equal(out.size, 65536);
    assert_int_equal(out.payload_left_out, 0);
    assert_int_equal(out.correlation_size, 64);
    assert_int_equal(out.correlation_left_out, 0);
    edge_inbox_close(&inbox);
}

static void pop__after_many_sizes_around_the_ring__gives_the_same_in_order(void **state)
{
    (void)state;
    struct edge_inbox inbox;
    assert_int_equal(edge_inbox_open(2048, &inbox), DRF_OK);
    uint32_t next_in = 0, next_out = 0, random = 12345;
    while (next_out < 20000) {
        random = random * 1664525 + 1013904223;
        uint8_t payload[400];
        size_t size = random >> 8 & 255;
        memset(payload, (int)(next_in & 255), sizeof payload);
        char topic[16];
        (void)snprintf(topic, sizeof topic, "t%u", (unsigned)next_in);
        struct edge_incoming message = incoming(topic, size > 0 ? payload : NULL, size);
        message.correlation = payload;
        message.correlation_size = size & 7;
        if ((random >> 20 & 3) != 0 && edge_inbox_push(&inbox, &message) == DRF_OK)
            next_in++;
        struct edge_incoming out;
        if ((random >> 24 & 1) != 0 && edge_inbox_pop(&inbox, &out)) {
            (void)snprintf(topic, sizeof topic, "t%u", (unsigned)next_out);
            assert_string_equal(out.topic, topic);
            assert_string_equal(out.response_topic, "");
            for (size_t i = 0; i < out.size; i++)
                assert_int_equal(out.payload[i], next_out & 255);
            next_out++;
        }
    }
    edge_inbox_close(&inbox);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(push__more_than_fits__is_full_and_keeps_what_was_there),
        cmocka_unit_test(push__a_topic_over_its_limit__is_a_range_error),
        cmocka_unit_test(push__other_parts_over_their_limits__leaves_them_out_and_tells),
        cmocka_unit_test(pop__after_many_sizes_around_the_ring__gives_the_same_in_order),
    };
    return cmocka_run_group_tests_name("edge/inbox", tests, NULL, NULL);
}
