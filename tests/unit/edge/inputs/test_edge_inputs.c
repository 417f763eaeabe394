// SPDX-License-Identifier: Apache-2.0
// Blocks are made here by the description in edge/inputs/inputs.h, byte for byte.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <openssl/evp.h>
#include <string.h>

#include "edge/host/sha256.h"
#include "edge/inputs/inputs.h"

enum { BLOCKS_MAX = 8, BLOCK_SIZE = 4096 };

struct sink {
    size_t count, sizes[BLOCKS_MAX];
    uint8_t blocks[BLOCKS_MAX][BLOCK_SIZE];
    bool refuses;
    char why[200];
    size_t ended;
};

static bool put(void *self, const uint8_t *block, size_t size)
{
    struct sink *sink = self;
    if (sink->refuses)
        return false;
    assert_true(sink->count < BLOCKS_MAX && size <= BLOCK_SIZE);
    memcpy(sink->blocks[sink->count], block, size);
    sink->sizes[sink->count++] = size;
    return true;
}

static void ended(void *self, const char *why)
{
    struct sink *sink = self;
    (void)snprintf(sink->why, sizeof sink->why, "%s", why);
    sink->ended++;
}

static struct edge_inputs *recording(struct sink *sink, _Atomic uint64_t *ticket, bool whole)
{
    struct edge_inputs *inputs;
    *sink = (struct sink){0};
    const struct edge_inputs_sink to = {.self = sink, .put = put, .ended = ended};
    assert_int_equal(edge_inputs_record(to, ticket, whole, &inputs), DRF_OK);
    return inputs;
}

static struct edge_inputs *replaying(void)
{
    struct edge_inputs *inputs;
    assert_int_equal(edge_inputs_replay(EDGE_INPUTS_REPLAY, true, &inputs), DRF_OK);
    return inputs;
}

static void begin(struct edge_inputs *inputs, int64_t mono_us, int64_t utc_us)
{
    edge_inputs_begin(inputs, (struct edge_now){.mono_us = mono_us, .utc_us = utc_us});
    edge_inputs_ticket(inputs);
}

static void output(struct edge_inputs *inputs, const char *topic, const char *payload)
{
    edge_inputs_output(
        inputs, &(struct edge_output){.topic = topic,
                                      .payload = {.bytes = payload, .size = strlen(payload)},
                                      .flags = 5});
}

static void assert_block(const struct sink *sink, size_t number, const void *bytes, size_t size)
{
    assert_true(number < sink->count);
    assert_int_equal(sink->sizes[number], size);
    assert_memory_equal(sink->blocks[number], bytes, size);
}

// Gives a recorded block and begins its step.
static void give(struct edge_inputs *inputs, const struct sink *sink, size_t number)
{
    struct edge_now now;
    assert_int_equal(
        edge_inputs_give(inputs, sink->blocks[number], sink->sizes[number], NULL, &now),
        DRF_OK);
    edge_inputs_begin(inputs, now);
    edge_inputs_ticket(inputs);
}

static void without_inputs__a_value_is_the_live_one(void **state)
{
    (void)state;
    edge_inputs_begin(NULL, (struct edge_now){0});
    edge_inputs_ticket(NULL);
    assert_int_equal(edge_inputs_value(NULL, EDGE_INPUT_ACKNOWLEDGED, 7), 7);
    edge_inputs_output(NULL, NULL);
    edge_inputs_finish(NULL);
    edge_inputs_end(NULL);
    edge_inputs_close(NULL);
    assert_false(edge_inputs_replays(NULL));
    assert_false(edge_inputs_records(NULL));
    assert_false(edge_inputs_free(NULL));
}

static void record__of_numbers__writes_changes_with_the_call_they_came_at(void **state)
{
    (void)state;
    _Atomic uint64_t ticket = 300;
    struct sink sink;
    struct edge_inputs *inputs = recording(&sink, &ticket, false);
    begin(inputs, 1000, -1);
    assert_int_equal(edge_inputs_value(inputs, EDGE_INPUT_ACKNOWLEDGED, 0), 0); // as it was
    assert_int_equal(edge_inputs_value(inputs, EDGE_INPUT_ACKNOWLEDGED, -3), -3);
    assert_int_equal(edge_inputs_value(inputs, EDGE_INPUT_ACKNOWLEDGED, -3), -3);
    assert_int_equal(edge_inputs_value(inputs, EDGE_INPUT_PENDING, 64), 64);
    edge_inputs_end(inputs);
    begin(inputs, 1001, 5);
    assert_int_equal(edge_inputs_value(inputs, EDGE_INPUT_ACKNOWLEDGED, -3), -3);
    assert_int_equal(edge_inputs_value(inputs, EDGE_INPUT_ACKNOWLEDGED, 0), 0);
    edge_inputs_end(inputs);
    // Ticket 300, mono 1000, UTC -1; kind 0 at call 2: -3; kind 13 at call 1: 64.
    static const uint8_t first[] = {0xac, 0x02, 0xd0, 0x0f, 0x01, 0, 2, 0x05, 13, 1, 0x80, 1};
    static const uint8_t second[] = {0xad, 0x02, 0xd2, 0x0f, 0x0a, 0, 2, 0};
    assert_int_equal(sink.count, 2);
    assert_block(&sink, 0, first, sizeof first);
    assert_block(&sink, 1, second, sizeof second);
    edge_inputs_close(inputs);

    inputs = replaying();
    give(inputs, &sink, 0);
    assert_int_equal(edge_inputs_value(inputs, EDGE_INPUT_ACKNOWLEDGED, 99), 0);
    assert_int_equal(edge_inputs_value(inputs, EDGE_INPUT_ACKNOWLEDGED, 99), -3);
    assert_int_equal(edge_inputs_value(inputs, EDGE_INPUT_ACKNOWLEDGED, 99), -3);
    assert_int_equal(edge_inputs_value(inputs, EDGE_INPUT_PENDING, 99), 64);
    edge_inputs_end(inputs);
    give(inputs, &sink, 1);
    assert_int_equal(edge_inputs_value(inputs, EDGE_INPUT_ACKNOWLEDGED, 99), -3);
    assert_int_equal(edge_inputs_value(inputs, EDGE_INPUT_ACKNOWLEDGED, 99), 0);
    edge_inputs_end(inputs);
    assert_false(edge_inputs_difference(inputs)->found);
    edge_inputs_close(inputs);
}

static void record__of_bytes__is_a_queue_by_kind(void **state)
{
    (void)state;
    _Atomic uint64_t ticket = 0;
    struct sink sink;
    struct edge_inputs *inputs = recording(&sink, &ticket, false);
    begin(inputs, 0, 0);
    const struct edge_piece parts[] = {{"ab", 2}, {NULL, 0}, {"c", 1}};
    edge_inputs_add(inputs, EDGE_INPUT_MESSAGE, parts, 3);
    edge_inputs_add(inputs, EDGE_INPUT_DECODED, &(struct edge_piece){"x", 1}, 1);
    edge_inputs_add(inputs, EDGE_INPUT_MESSAGE, NULL, 0);
    edge_inputs_end(inputs);
    static const uint8_t block[] = {0, 0, 0, 64, 3, 'a', 'b', 'c', 67, 1, 'x', 64, 0};
    assert_block(&sink, 0, block, sizeof block);
    edge_inputs_close(inputs);

    const uint8_t *bytes;
    size_t size;
    inputs = replaying();
    give(inputs, &sink, 0);
    assert_true(edge_inputs_next(inputs, EDGE_INPUT_DECODED, &bytes, &size));
    assert_int_equal(size, 1);
    assert_true(edge_inputs_next(inputs, EDGE_INPUT_MESSAGE, &bytes, &size));
    assert_int_equal(size, 3);
    assert_memory_equal(bytes, "abc", 3);
    assert_true(edge_inputs_next(inputs, EDGE_INPUT_MESSAGE, &bytes, &size));
    assert_int_equal(size, 0);
    assert_false(edge_inputs_next(inputs, EDGE_INPUT_MESSAGE, &bytes, &size));
    edge_inputs_end(inputs);
    assert_false(edge_inputs_difference(inputs)->found);
    edge_inputs_close(inputs);
}

// Little end first, in the order of the fields.
static void add_word(EVP_MD_CTX *sum, uint64_t word)
{
    uint8_t bytes[8];
    for (size_t i = 0; i < 8; i++)
        bytes[i] = (uint8_t)(word >> (8 * i));
    assert_int_equal(EVP_DigestUpdate(sum, bytes, sizeof bytes), 1);
}

static void record__of_outputs__leaves_the_sha256_of_each_second(void **state)
{
    (void)state;
    _Atomic uint64_t ticket = 0;
    struct sink sink;
    struct edge_inputs *inputs = recording(&sink, &ticket, false);
    begin(inputs, 1999999, 77);
    output(inputs, "t", "payload");
    edge_inputs_end(inputs);
    begin(inputs, 2000000, 78); // another second
    edge_inputs_end(inputs);
    begin(inputs, 3000000, 79); // without outputs there is no digest
    edge_inputs_end(inputs);
    begin(inputs, 3000001, 80);
    output(inputs, "t", "");
    edge_inputs_finish(inputs); // the end of the loop ends the second
    edge_inputs_end(inputs);
    assert_int_equal(sink.count, 4);
    assert_int_equal(sink.sizes[0], 1 + 4 + 2);
    assert_int_equal(sink.sizes[1], 1 + 4 + 2 + 2 + 56);
    assert_int_equal(sink.sizes[2], 1 + 4 + 2);
    assert_int_equal(sink.sizes[3], 1 + 4 + 2 + 2 + 56 + 2);
    const uint8_t *digest = sink.blocks[1] + 1 + 4 + 2 + 2;
    static const uint8_t head[24] = {1, [8] = 77, [16] = 1}; // second, UTC, count
    assert_int_equal(sink.blocks[1][7], EDGE_OUTPUT_DIGEST);
    assert_memory_equal(digest, head, sizeof head);
    EVP_MD_CTX *sum = EVP_MD_CTX_new();
    uint8_t expected[EVP_MAX_MD_SIZE];
    assert_int_equal(EVP_DigestInit_ex(sum, EVP_sha256(), NULL), 1);
    add_word(sum, 1);
    add_word(sum, 7);
    add_word(sum, 0);
    add_word(sum, 5);
    assert_int_equal(EVP_DigestUpdate(sum, "tpayload", 8), 1);
    assert_int_equal(EVP_DigestFinal_ex(sum, expected, NULL), 1);
    EVP_MD_CTX_free(sum);
    assert_memory_equal(digest + 24, expected, 32);
    edge_inputs_close(inputs);
}

// One second with an output, then the end of the loop; then replayed with another output.
static const char *difference_of(bool whole, const char *topic, const char *payload,
                                 const char *correlation, size_t times)
{
    static char text[240];
    _Atomic uint64_t ticket = 0;
    struct sink sink;
    struct edge_inputs *inputs = recording(&sink, &ticket, whole);
    begin(inputs, 5000000, 1);
    output(inputs, "t/1", "payload");
    edge_inputs_end(inputs);
    begin(inputs, 5000001, 2);
    edge_inputs_finish(inputs);
    edge_inputs_end(inputs);
    edge_inputs_close(inputs);
    inputs = replaying();
    give(inputs, &sink, 0);
    for (size_t i = 0; i < times; i++)
        edge_inputs_output(
            inputs, &(struct edge_output){
                        .topic = topic,
                        .payload = {.bytes = payload, .size = strlen(payload)},
                        .correlation = {.bytes = correlation, .size = strlen(correlation)},
                        .flags = 5});
    edge_inputs_end(inputs);
    give(inputs, &sink, 1);
    edge_inputs_finish(inputs);
    edge_inputs_end(inputs);
    const struct edge_inputs_difference *difference = edge_inputs_difference(inputs);
    (void)snprintf(text, sizeof text, "%s", difference->found ? difference->text : "");
    struct edge_inputs_proof proof = edge_inputs_proof(inputs);
    assert_int_equal(proof.seconds, times > 0);
    assert_int_equal(proof.outputs, times);
    edge_inputs_close(inputs);
    return text;
}

static void replay__names_what_differs_in_the_outputs(void **state)
{
    (void)state;
    assert_string_equal(difference_of(true, "t/1", "payload", "", 1), "");
    assert_string_equal(difference_of(false, "t/1", "payload", "", 1), "");
    assert_string_equal(difference_of(true, "t/2", "payload", "", 1),
                        "an output to t/2, recorded was one to t/1");
    assert_string_equal(difference_of(true, "t/1", "pay1oad", "", 1),
                        "the output to t/1 differs at byte 3 (7 bytes, recorded 7)");
    assert_string_equal(difference_of(true, "t/1", "payloads", "", 1),
                        "the output to t/1 differs at byte 7 (8 bytes, recorded 7)");
    assert_string_equal(difference_of(true, "t/1", "payload", "c", 1),
                        "the output to t/1 has other properties");
    assert_string_equal(difference_of(true, "t/1", "payload", "", 0),
                        "an output is missing that the recorded step had");
    assert_string_equal(difference_of(false, "t/1", "payload", "c", 1),
                        "the outputs of the second before differ");
    assert_string_equal(difference_of(false, "t/1", "payload", "", 2),
                        "2 outputs in the second before, recorded were 1");
    assert_non_null(strstr(difference_of(false, "t/1", "payload", "", 0), "kind 96"));
}

// One output in each of two steps, at these times, then the end of the replay; `closes`: the
// loop ends in order.
static void sum_of(const char *payloads[static 2], const int64_t monos_us[static 2],
                   enum edge_inputs_mode mode, bool closes, uint8_t out[static 32])
{
    struct edge_inputs *inputs;
    struct edge_sha256_sum *sum;
    assert_int_equal(edge_sha256_open(&sum), DRF_OK);
    assert_int_equal(edge_inputs_replay(mode, false, &inputs), DRF_OK);
    edge_inputs_sum(inputs, sum);
    for (size_t i = 0; i < 2; i++) {
        begin(inputs, monos_us[i], 77);
        output(inputs, "t", payloads[i]);
        if (closes && i == 1)
            edge_inputs_finish(inputs);
        edge_inputs_end(inputs);
    }
    edge_inputs_sum_rest(inputs);
    edge_inputs_sum_rest(inputs); // there is no rest any more
    edge_sha256_take(sum, out);
    edge_sha256_close(sum);
    edge_inputs_close(inputs);
}

static void sum__of_seconds__is_that_of_the_digests_in_the_blocks(void **state)
{
    (void)state;
    _Atomic uint64_t ticket = 0;
    struct sink sink;
    struct edge_inputs *inputs = recording(&sink, &ticket, false);
    for (int64_t i = 1; i < 3; i++) {
        begin(inputs, i * 1000000, 77);
        output(inputs, "t", i == 1 ? "one" : "two");
        edge_inputs_end(inputs);
    }
    begin(inputs, 2000001, 77);
    edge_inputs_finish(inputs);
    edge_inputs_end(inputs);
    edge_inputs_close(inputs);
    uint8_t digests[2 * 56], expected[32], sum[32];
    // Of the second block behind its head, of the third before the mark of the end.
    memcpy(digests, sink.blocks[1] + sink.sizes[1] - 56, 56);
    memcpy(digests + 56, sink.blocks[2] + sink.sizes[2] - 2 - 56, 56);
    assert_int_equal(EVP_Digest(digests, sizeof digests, expected, NULL, EVP_sha256(), NULL),
                     1);
    const char *payloads[] = {"one", "two"};
    const int64_t monos_us[] = {1000000, 2000000};
    sum_of(payloads, monos_us, EDGE_INPUTS_REPLAY, true, sum);
    assert_memory_equal(sum, expected, 32);
    sum_of(payloads, monos_us, EDGE_INPUTS_REPLAY, false, sum); // the last second stays open
    assert_memory_equal(sum, expected, 32);
    sum_of(payloads, monos_us, EDGE_INPUTS_FREE, false, sum);
    assert_memory_equal(sum, expected, 32);
}

static void sum__of_other_outputs_or_in_another_second__is_another(void **state)
{
    (void)state;
    const struct {
        const char *payloads[2];
        int64_t monos_us[2];
    } all[] = {
        {{"one", "two"}, {1000000, 2000000}}, {{"one", "twO"}, {1000000, 2000000}},
        {{"onE", "two"}, {1000000, 2000000}}, {{"two", "one"}, {1000000, 2000000}},
        {{"one", "two"}, {1000000, 1000001}}, {{"one", "two"}, {2000000, 2000001}},
        {{"onet", "wo"}, {1000000, 1000001}},
    };
    enum { ALL = sizeof all / sizeof all[0] };
    uint8_t sums[ALL][32];
    for (size_t i = 0; i < ALL; i++) {
        const char *payloads[] = {all[i].payloads[0], all[i].payloads[1]};
        sum_of(payloads, all[i].monos_us, EDGE_INPUTS_REPLAY, i % 2 == 0, sums[i]);
        for (size_t k = 0; k < i; k++)
            assert_memory_not_equal(sums[i], sums[k], 32);
    }
}

static void replay__of_a_step_that_asks_for_less__differs(void **state)
{
    (void)state;
    static const uint8_t block[] = {9, 2, 4, 0, 2, 5};
    uint64_t ticket;
    struct edge_now now;
    struct edge_inputs *inputs = replaying();
    assert_int_equal(edge_inputs_give(inputs, block, sizeof block, &ticket, &now), DRF_OK);
    assert_int_equal(ticket, 9);
    assert_int_equal(now.mono_us, 1);
    assert_int_equal(now.utc_us, 2);
    edge_inputs_begin(inputs, now);
    assert_int_equal(edge_inputs_value(inputs, EDGE_INPUT_ACKNOWLEDGED, 0),
                     0); // the first call only
    edge_inputs_end(inputs);
    const struct edge_inputs_difference *difference = edge_inputs_difference(inputs);
    assert_true(difference->found);
    assert_int_equal(difference->ticket, 9);
    assert_int_equal(difference->now.utc_us, 2);
    edge_inputs_differ(inputs, "later"); // the first stays
    assert_null(strstr(edge_inputs_difference(inputs)->text, "later"));
    edge_inputs_close(inputs);
}

static void record__with_a_sink_that_refuses__ends_aloud_once(void **state)
{
    (void)state;
    _Atomic uint64_t ticket = 0;
    struct sink sink;
    struct edge_inputs *inputs = recording(&sink, &ticket, true);
    sink.refuses = true;
    assert_true(edge_inputs_records(inputs));
    assert_null(edge_inputs_spoilt(inputs));
    for (int i = 0; i < 3; i++) {
        begin(inputs, i, i);
        assert_int_equal(edge_inputs_value(inputs, EDGE_INPUT_ACKNOWLEDGED, i), i); // goes on
        output(inputs, "t", "p");
        edge_inputs_end(inputs);
        sink.refuses = false;
    }
    assert_int_equal(sink.count, 0);
    assert_int_equal(sink.ended, 1);
    assert_string_equal(sink.why, "more came than could be written: a gap");
    assert_string_equal(edge_inputs_spoilt(inputs), sink.why);
    assert_false(edge_inputs_records(inputs));
    edge_inputs_spoil(inputs, "again");
    assert_int_equal(sink.ended, 1);
    edge_inputs_close(inputs);
}

static void give__of_a_damaged_block__is_refused(void **state)
{
    (void)state;
    struct edge_inputs *inputs = replaying();
    static const uint8_t good[] = {1, 2, 4, 0, 2, 5, 64, 3, 'a', 'b', 'c'};
    for (size_t size = 0; size <= sizeof good; size++) {
        bool border = size == 3 || size == 6 || size == sizeof good;
        assert_int_equal(edge_inputs_give(inputs, good, size, NULL, NULL),
                         border ? DRF_OK : DRF_ERR_SYNTAX);
    }
    static const uint8_t kind_of_nothing[] = {1, 2, 4, EDGE_INPUT_NUMBERS, 1, 1};
    static const uint8_t after_bytes[] = {1, 2, 4, EDGE_INPUT_BYTES_END, 1, 1};
    static const uint8_t after_all[] = {1, 2, 4, EDGE_OUTPUT_END, 1, 1};
    static const uint8_t over_64_bits[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                           0xff, 0xff, 0xff, 2,    1,    1};
    static const uint8_t size_wraps[] = {1,    2,    4,    64,   0xff, 0xff, 0xff, 0xff,
                                         0xff, 0xff, 0xff, 0xff, 0xff, 1,    0};
#define REFUSED(block)                                                                         \
    assert_int_equal(edge_inputs_give(inputs, block, sizeof(block), NULL, NULL), DRF_ERR_SYNTAX)
    REFUSED(kind_of_nothing);
    REFUSED(after_bytes);
    REFUSED(after_all);
    REFUSED(over_64_bits);
    REFUSED(size_wraps);
    edge_inputs_close(inputs);
}

static void free__takes_what_came_from_outside_and_nothing_else(void **state)
{
    (void)state;
    struct edge_inputs *inputs;
    assert_int_equal(edge_inputs_replay(EDGE_INPUTS_FREE, false, &inputs), DRF_OK);
    // A commit failed at call 2; the pending work was 1 at call 1.
    static const uint8_t block[] = {1, 2, 4, EDGE_INPUT_LINK_SESSION, 2, 5, EDGE_INPUT_PENDING,
                                    1, 2};
    assert_int_equal(edge_inputs_give(inputs, block, sizeof block, NULL, NULL), DRF_OK);
    edge_inputs_begin(inputs, (struct edge_now){0});
    assert_int_equal(edge_inputs_value(inputs, EDGE_INPUT_LINK_SESSION, 0), -3);
    assert_int_equal(edge_inputs_value(inputs, EDGE_INPUT_PENDING, 7), 7);
    edge_inputs_differ(inputs, "a what-if differs by its nature");
    edge_inputs_end(inputs);
    assert_false(edge_inputs_difference(inputs)->found);
    edge_inputs_close(inputs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_inputs__a_value_is_the_live_one),
        cmocka_unit_test(record__of_numbers__writes_changes_with_the_call_they_came_at),
        cmocka_unit_test(record__of_bytes__is_a_queue_by_kind),
        cmocka_unit_test(record__of_outputs__leaves_the_sha256_of_each_second),
        cmocka_unit_test(replay__names_what_differs_in_the_outputs),
        cmocka_unit_test(sum__of_seconds__is_that_of_the_digests_in_the_blocks),
        cmocka_unit_test(sum__of_other_outputs_or_in_another_second__is_another),
        cmocka_unit_test(replay__of_a_step_that_asks_for_less__differs),
        cmocka_unit_test(record__with_a_sink_that_refuses__ends_aloud_once),
        cmocka_unit_test(give__of_a_damaged_block__is_refused),
        cmocka_unit_test(free__takes_what_came_from_outside_and_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
