// SPDX-License-Identifier: Apache-2.0
// What edge/mqtt/packet.h promises. Bytes as MQTT v5 has them: 2.2.2.2, 3.3.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "edge/mqtt/packet.h"

enum { ROOM = 512 };

struct packet {
    uint8_t bytes[ROOM];
    size_t size;
};

static void add(struct packet *packet, const void *bytes, size_t size)
{
    assert_true(packet->size + size <= ROOM);
    memcpy(packet->bytes + packet->size, bytes, size);
    packet->size += size;
}

// A PUBLISH to "t/1" of "x\0y", with these properties; all of it is below 128 bytes.
static struct packet published(uint8_t head, const void *properties, size_t size)
{
    struct packet packet = {.size = 0};
    const uint8_t begin[] = {head,         (uint8_t)(5 + 1 + size + 3), 0, 3, 't', '/', '1',
                             (uint8_t)size};
    add(&packet, begin, sizeof begin);
    add(&packet, properties, size);
    add(&packet, "x\0y", 3);
    return packet;
}

static enum edge_packet read_of(const struct packet *packet)
{
    struct edge_packet_texts texts;
    struct edge_incoming in;
    size_t used;
    return edge_packet_read(packet->bytes, packet->size, &texts, &in, &used);
}

// Payload format, expiry, content type, response topic, correlation data, subscription 200, two
// user properties.
static const uint8_t every_property[] = {
    0x01, 1,   0x02, 0,    0,   0,    3,   0x03, 0,   16,   'a', 'p', 'p',  'l',
    'i',  'c', 'a',  't',  'i', 'o',  'n', '/',  'j', 's',  'o', 'n', 0x08, 0,
    2,    'r', 's',  0x09, 0,   3,    'c', 0,    'd', 0x0b, 200, 1,   0x26, 0,
    1,    'k', 0,    1,    'v', 0x26, 0,   1,    'k', 0,    0};

static void read__every_property__is_taken_or_passed_over(void **state)
{
    (void)state;
    struct packet packet = published(0x31, every_property, sizeof every_property);
    const size_t size = packet.size;
    add(&packet, "\x30", 1); // the next begins
    struct edge_packet_texts texts;
    struct edge_incoming in;
    size_t used = 0;
    assert_int_equal(edge_packet_read(packet.bytes, packet.size, &texts, &in, &used),
                     EDGE_PACKET_PLAIN);
    assert_int_equal(used, size);
    assert_string_equal(in.topic, "t/1");
    assert_string_equal(in.response_topic, "rs");
    assert_int_equal(in.size, 3);
    assert_memory_equal(in.payload, "x\0y", 3);
    assert_int_equal(in.correlation_size, 3);
    assert_memory_equal(in.correlation, "c\0d", 3);
    assert_true(in.json);
    assert_true(in.retained);
}

static void read__no_property_and_no_payload__is_plain(void **state)
{
    (void)state;
    static const uint8_t bytes[] = {0x30, 4, 0, 1, 't', 0};
    struct edge_packet_texts texts;
    struct edge_incoming in;
    size_t used = 0;
    assert_int_equal(edge_packet_read(bytes, sizeof bytes, &texts, &in, &used),
                     EDGE_PACKET_PLAIN);
    assert_int_equal(used, sizeof bytes);
    assert_string_equal(in.topic, "t");
    assert_string_equal(in.response_topic, "");
    assert_int_equal(in.size, 0);
    assert_int_equal(in.correlation_size, 0);
    assert_false(in.json);
    assert_false(in.retained);
}

static void read__cut_anywhere__is_partial(void **state)
{
    (void)state;
    struct packet packet = published(0x30, every_property, sizeof every_property);
    for (; packet.size > 0; packet.size--) {
        struct packet shorter = packet;
        shorter.size--;
        assert_int_equal(read_of(&shorter), EDGE_PACKET_PARTIAL);
    }
    const uint8_t long_length[] = {0x30, 0xff, 0xff, 0xff, 0x7f};
    for (packet.size = 0; packet.size < sizeof long_length;) {
        add(&packet, &long_length[packet.size], 1);
        assert_int_equal(read_of(&packet), EDGE_PACKET_PARTIAL);
    }
}

static void read__not_plain__is_left_to_the_library(void **state)
{
    (void)state;
    for (unsigned head = 0; head < 256; head++) {
        struct packet packet = published((uint8_t)head, "", 0);
        bool plain = head == 0x30 || head == 0x31; // else another type, QoS, or sent again
        assert_int_equal(read_of(&packet), plain ? EDGE_PACKET_PLAIN : EDGE_PACKET_OTHER);
    }
    static const struct {
        const char *bytes;
        size_t size;
    } properties[] = {
        {"\x23\0\1", 3},                  // a topic alias
        {"\x11\0\0\0\1", 5},              // of another packet
        {"\x01\2", 2},                    // a payload format that there is not
        {"\x01\0\x01\0", 4},              // twice
        {"\x02\0\0\0\1\x02\0\0\0\1", 10}, // likewise
        {"\x03\0\1a\x03\0\1a", 8},
        {"\x08\0\1a\x08\0\1a", 8},
        {"\x09\0\1a\x09\0\1a", 8},
        {"\x08\0\0", 3},                 // a topic that is empty
        {"\x0b\0", 2},                   // a subscription that there is not
        {"\x0b\x80\x80\x80\x80\x01", 6}, // longer than a number is
        {"\x03\0\2\xc3\xa9", 5},         // not ASCII
        {"\x26\0\1\n\0\0", 6},
        {"\x26\0\1k", 4}, // cut off
        {"\x02\0\0\0", 4},
        {"\x03\0\5abc", 6},
        {"\x09\0", 2},
        {"\x7f", 1},
    };
    for (size_t i = 0; i < sizeof properties / sizeof properties[0]; i++) {
        struct packet packet = published(0x30, properties[i].bytes, properties[i].size);
        assert_int_equal(read_of(&packet), EDGE_PACKET_OTHER);
    }
    static const struct {
        const char *bytes;
        size_t size;
    } packets[] = {
        {"\x30\x80\x80\x80\x80\x01", 6}, // a length of five bytes
        {"\x30\3\0\0\0", 5},             // no topic
        {"\x30\5\0\2t\n\0", 7},          // a topic that is not printable
        {"\x30\4\0\3t\0", 6},            // longer than the packet
        {"\x30\4\0\1t\1", 6},            // properties likewise
        {"\x30\3\0\1t", 5},              // none
        {"\x30\1\0", 3},
        {"\x30\0", 2},
    };
    for (size_t i = 0; i < sizeof packets / sizeof packets[0]; i++) {
        struct packet packet = {.size = 0};
        add(&packet, packets[i].bytes, packets[i].size);
        assert_int_equal(read_of(&packet), EDGE_PACKET_OTHER);
    }
}

static void read__the_longest_topic__is_plain_and_a_longer_one_is_not(void **state)
{
    (void)state;
    for (size_t length = EDGE_INBOX_TOPIC_MAX - 1; length <= EDGE_INBOX_TOPIC_MAX; length++) {
        struct packet packet = {.size = 0};
        const size_t body = 2 + length + 1;
        const uint8_t head[] = {0x30, (uint8_t)(body | 128), (uint8_t)(body >> 7),
                                (uint8_t)(length >> 8), (uint8_t)length};
        add(&packet, head, sizeof head);
        memset(packet.bytes + packet.size, 't', length);
        packet.size += length;
        add(&packet, "", 1);
        assert_int_equal(read_of(&packet),
                         length < EDGE_INBOX_TOPIC_MAX ? EDGE_PACKET_PLAIN : EDGE_PACKET_OTHER);
    }
}

static void write__a_message__is_the_packet_of_the_standard(void **state)
{
    (void)state;
    static const char expected[] = "\x31\x1f\0\1t\x18\x03\0\x10" // 3 + 1 + 19 + 5 + 3 bytes
                                   "application/json\x02\1\2\3\4pay";
    const struct edge_outgoing message = {.topic = "t",
                                          .payload = "pay",
                                          .size = 3,
                                          .retain = true,
                                          .json = true,
                                          .expiry_s = 0x01020304};
    uint8_t bytes[ROOM];
    size_t size = edge_packet_write(&message, bytes, sizeof bytes);
    assert_int_equal(size, sizeof expected - 1);
    assert_memory_equal(bytes, expected, size);
}

static void write__and_read_again__is_the_same_message(void **state)
{
    (void)state;
    static uint8_t payload[70000], bytes[80000];
    for (size_t i = 0; i < sizeof payload; i++)
        payload[i] = (uint8_t)(i * 7);
    static const size_t sizes[] = {0, 1, 90, 91, 92, 16000, 16350, 16351, 16352, 16353, 70000};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        const struct edge_outgoing message = {
            .topic = "t", .payload = payload, .size = sizes[i], .expiry_s = i % 2 ? 3 : 0};
        size_t size = edge_packet_write(&message, bytes, sizeof bytes), used = 0;
        struct edge_packet_texts texts;
        struct edge_incoming in;
        assert_int_equal(edge_packet_read(bytes, size, &texts, &in, &used), EDGE_PACKET_PLAIN);
        assert_int_equal(used, size);
        assert_int_equal(in.size, sizes[i]);
        assert_memory_equal(in.payload, payload, sizes[i]);
        assert_false(in.json);
        assert_int_equal(edge_packet_write(&message, bytes, size), size);
        assert_int_equal(edge_packet_write(&message, bytes, size - 1), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(read__every_property__is_taken_or_passed_over),
        cmocka_unit_test(read__no_property_and_no_payload__is_plain),
        cmocka_unit_test(read__cut_anywhere__is_partial),
        cmocka_unit_test(read__not_plain__is_left_to_the_library),
        cmocka_unit_test(read__the_longest_topic__is_plain_and_a_longer_one_is_not),
        cmocka_unit_test(write__a_message__is_the_packet_of_the_standard),
        cmocka_unit_test(write__and_read_again__is_the_same_message),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
