// SPDX-License-Identifier: Apache-2.0
// Not for the thread sanitizer: glibc resolves names on threads that it does not see start.
// edge/mqtt/transfer_mqtt.c against a broker that is the test itself, and looks at each byte.
// Waiting is on an event with a deadline.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "edge/mqtt/burst.h"
#include "edge/mqtt/mqtt.h"

enum { DEADLINE_US = 200000000 }; // of what takes milliseconds

static int64_t mono_us(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static struct edge_mqtt *client(uint16_t port)
{
    const struct edge_mqtt_config config = {
        .host = "localhost",
        .port = port,
        .client_id = "node",
        .keepalive_s = 10,
        .ring_bytes = 1 << 20,
        .queue_max_bytes = 1 << 16,
        .inflight_max = 1000,
    };
    struct edge_mqtt *mqtt = NULL;
    const char *why = NULL;
    assert_int_equal(edge_mqtt_open(&config, &mqtt, &why), DRF_OK);
    return mqtt;
}

static void step(struct edge_mqtt *mqtt)
{
    struct pollfd wait = {.fd = edge_mqtt_fd(mqtt), .events = POLLIN};
    if (edge_mqtt_wants_write(mqtt))
        wait.events |= POLLOUT;
    (void)poll(&wait, 1, 5);
    edge_mqtt_step(mqtt, mono_us());
}

static struct edge_incoming next(struct edge_mqtt *mqtt)
{
    struct edge_link link = edge_mqtt_link(mqtt);
    struct edge_incoming in = {0};
    for (int64_t until = mono_us() + DEADLINE_US; !link.receive(link.self, &in); step(mqtt))
        assert_true(mono_us() < until);
    return in;
}

// The node's side of a connection to a broker that is the test itself: `fd` is its socket, and
// a CONNACK was sent (MQTT v5, 3.2).
struct bare {
    struct edge_mqtt *mqtt;
    int listening, fd;
};

static struct bare open_bare(const void *connack, size_t size)
{
    const int room = 4096; // as little as there may be
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t address_size = sizeof address;
    struct bare bare = {
        .listening = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), .fd = -1};
    (void)setsockopt(bare.listening, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    assert_int_equal(bind(bare.listening, (struct sockaddr *)&address, address_size), 0);
    assert_int_equal(getsockname(bare.listening, (struct sockaddr *)&address, &address_size),
                     0);
    assert_int_equal(listen(bare.listening, 8), 0);
    bare.mqtt = client(ntohs(address.sin_port));
    for (int64_t until = mono_us() + DEADLINE_US; !edge_mqtt_hears(bare.mqtt);) {
        assert_true(mono_us() < until);
        step(bare.mqtt);
        if (bare.fd < 0
            && (bare.fd = accept4(bare.listening, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK))
                   >= 0)
            assert_int_equal(send(bare.fd, connack, size, MSG_NOSIGNAL), size);
    }
    return bare;
}

static struct bare open_plain_bare(void)
{
    static const uint8_t connack[] = {0x20, 3, 0, 0, 0};
    return open_bare(connack, sizeof connack);
}

static void close_bare(struct bare *bare)
{
    edge_mqtt_close(bare->mqtt);
    (void)close(bare->fd);
    (void)close(bare->listening);
}

enum { HEARD_MAX = 16 << 20 };

// What the broker has heard.
struct heard {
    uint8_t *bytes;
    size_t size, at;
};

static struct heard nothing_heard(void)
{
    struct heard heard = {.bytes = malloc(HEARD_MAX)};
    assert_non_null(heard.bytes);
    return heard;
}

// What is there now: true, if there was anything.
static bool hear(const struct bare *bare, struct heard *heard)
{
    ssize_t got = recv(bare->fd, heard->bytes + heard->size, HEARD_MAX - heard->size, 0);
    heard->size += got > 0 ? (size_t)got : 0;
    return got > 0;
}

// The next packet and its size without its head; NULL: it is not whole.
static const uint8_t *next_packet(struct heard *heard, uint8_t *head, size_t *size)
{
    size_t at = heard->at + 1, length = 0;
    for (unsigned shift = 0; at < heard->size; shift += 7) {
        uint8_t byte = heard->bytes[at++];
        length |= (size_t)(byte & 127) << shift;
        if (byte < 128 && at + length <= heard->size) {
            *head = heard->bytes[heard->at];
            *size = length;
            heard->at = at + length;
            return heard->bytes + at;
        }
        if (byte < 128)
            return NULL;
    }
    return NULL;
}

static void pass_connect(const struct bare *bare, struct heard *heard)
{
    uint8_t head = 0;
    size_t size;
    for (int64_t until = mono_us() + DEADLINE_US; next_packet(heard, &head, &size) == NULL;) {
        assert_true(mono_us() < until);
        (void)hear(bare, heard);
    }
    assert_int_equal(head, 0x10);
}

// What the socket collected goes before an advisory, and both at once.
static void send__an_advisory_behind_contexts__leaves_none_behind(void **state)
{
    (void)state;
    struct bare bare = open_plain_bare();
    struct heard heard = nothing_heard();
    pass_connect(&bare, &heard);
    struct edge_link link = edge_mqtt_link(bare.mqtt);
    struct edge_outgoing out = {.topic = "t", .payload = "c", .size = 1};
    for (int i = 0; i < EDGE_BURST_AT_ONCE + 3; i++)
        assert_int_equal(link.send(link.self, &out), DRF_OK);
    out.payload = "a";
    out.priority = EDGE_PRIORITY_ADVISORY;
    assert_int_equal(link.send(link.self, &out), DRF_OK);
    while (hear(&bare, &heard))
        continue;
    uint8_t head;
    size_t size;
    for (int i = 0; i < EDGE_BURST_AT_ONCE + 4; i++) {
        const uint8_t *packet = next_packet(&heard, &head, &size);
        assert_non_null(packet);
        assert_int_equal(packet[size - 1], i < EDGE_BURST_AT_ONCE + 3 ? 'c' : 'a');
    }
    assert_int_equal(heard.at, heard.size);
    free(heard.bytes);
    close_bare(&bare);
}

struct reader {
    const struct bare *bare;
    struct heard *heard;
    atomic_bool ends;
};

static void *read_on(void *argument)
{
    struct reader *reader = argument;
    struct pollfd wait = {.fd = reader->bare->fd, .events = POLLIN};
    while (poll(&wait, 1, 1) > 0 || !atomic_load(&reader->ends))
        (void)hear(reader->bare, reader->heard);
    return NULL;
}

// A broker that reads meanwhile, so that there is room again at any moment: nobody writes into
// a packet of another.
static void send__the_broker_reads_meanwhile__every_packet_is_whole(void **state)
{
    (void)state;
    struct bare bare = open_plain_bare();
    struct heard heard = nothing_heard();
    pass_connect(&bare, &heard);
    const int room = 1 << 16, little = 1 << 14;
    (void)setsockopt(bare.fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    (void)setsockopt(edge_mqtt_fd(bare.mqtt), SOL_SOCKET, SO_SNDBUF, &little, sizeof little);
    struct reader reader = {.bare = &bare, .heard = &heard};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, read_on, &reader), 0);
    struct edge_link link = edge_mqtt_link(bare.mqtt);
    static uint8_t payload[2001];
    uint32_t contexts = 0, others = 0;
    uint8_t *const last = payload + sizeof payload - sizeof contexts;
    for (uint32_t round = 0; contexts < 3000; round++) {
        assert_true(round < 100000000);
        struct edge_outgoing out = {.topic = "t", .payload = payload, .size = sizeof payload};
        memcpy(last, &contexts, sizeof contexts);
        contexts += link.send(link.self, &out) == DRF_OK;
        out.priority = EDGE_PRIORITY_ADVISORY;
        const uint32_t number = others | UINT32_C(1) << 31;
        memcpy(last, &number, sizeof number);
        out.payload = last;
        out.size = sizeof number;
        others += link.send(link.self, &out) == DRF_OK;
        if (round % 64 == 0)
            step(bare.mqtt);
    }
    edge_mqtt_flush(bare.mqtt);
    for (int64_t until = mono_us() + DEADLINE_US; edge_mqtt_wants_write(bare.mqtt);
         step(bare.mqtt))
        assert_true(mono_us() < until);
    atomic_store(&reader.ends, true);
    assert_int_equal(pthread_join(thread, NULL), 0);
    uint32_t next_context = 0, next_other = 0;
    uint8_t head;
    size_t size;
    const uint8_t *packet;
    while ((packet = next_packet(&heard, &head, &size)) != NULL) {
        uint32_t number;
        assert_true(size > sizeof number && head == 0x30);
        memcpy(&number, packet + size - sizeof number, sizeof number);
        assert_int_equal(number & INT32_MAX, number >> 31 == 0 ? next_context++ : next_other++);
    }
    assert_int_equal(heard.at, heard.size);
    assert_int_equal(next_context, contexts);
    assert_int_equal(next_other, others);
    free(heard.bytes);
    close_bare(&bare);
}

// MQTT v5, 3.2.2.3.6: a packet that the broker does not take is not sent, nor ends anything.
static void send__larger_than_the_broker_takes__is_refused(void **state)
{
    (void)state;
    static const uint8_t connack[] = {0x20, 8, 0, 0, 5, 0x27, 0, 0, 4, 0};
    static char payload[2048];
    struct bare bare = open_bare(connack, sizeof connack);
    struct edge_link link = edge_mqtt_link(bare.mqtt);
    struct edge_outgoing out = {.topic = "t", .payload = payload, .size = 900};
    assert_int_equal(link.send(link.self, &out), DRF_OK);
    out.size = sizeof payload;
    assert_int_equal(link.send(link.self, &out), DRF_ERR_RANGE);
    close_bare(&bare);
}

// Packets, cut at each place between two
// writes: all arrive, in their order. One has a packet for payload.
static void step__packets_cut_anywhere__arrive_whole(void **state)
{
    (void)state;
    static const struct {
        const char *packet;
        size_t size, payload; // the last bytes
    } sent[] = {
        {"\x30\x06\0\1t\0001\n", 8, 2},
        {"\x30\x06\0\1t\0002\n", 8, 2},
        {"\x32\x08\0\1t\0\7\0003\n", 10, 2}, // of QoS 1
        {"\x30\x06\0\1t\0004\n", 8, 2},
        {"\x30\x0c\0\1t\0\x30\x06\0\1t\0!\n", 14, 8},
        {"\x30\x07\0\2\xc3\xa9\0005\n", 9, 2}, // a topic beyond ASCII
        {"\xd0\0", 2, 0},                      // PINGRESP: an answer to no question
        {"\x31\x06\0\1t\0006\n", 8, 2},
    };
    enum { COUNT = sizeof sent / sizeof sent[0] };
    uint8_t stream[COUNT * 16];
    size_t size = 0;
    for (size_t i = 0; i < COUNT; size += sent[i++].size)
        memcpy(stream + size, sent[i].packet, sent[i].size);
    struct bare bare = open_plain_bare();
    const int on = 1;
    (void)setsockopt(bare.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    for (size_t cut = 0; cut <= size; cut++) {
        assert_int_equal(send(bare.fd, stream, cut, MSG_NOSIGNAL), cut);
        for (int i = 0; i < 2; i++)
            edge_mqtt_step(bare.mqtt, mono_us());
        assert_int_equal(send(bare.fd, stream + cut, size - cut, MSG_NOSIGNAL), size - cut);
        for (size_t i = 0; i < COUNT; i++) {
            if (sent[i].payload == 0)
                continue;
            struct edge_incoming in = next(bare.mqtt);
            assert_int_equal(in.size, sent[i].payload);
            assert_memory_equal(in.payload, sent[i].packet + sent[i].size - in.size, in.size);
            assert_string_equal(in.topic, sent[i].packet[3] == 2 ? "\xc3\xa9" : "t");
            assert_int_equal(in.retained, sent[i].packet[0] & 1);
        }
    }
    assert_int_equal(edge_mqtt_stats(bare.mqtt).received, (COUNT - 1) * (size + 1));
    assert_int_equal(edge_mqtt_stats(bare.mqtt).failures, 0);
    close_bare(&bare);
}

static void step__the_connection_is_reset__is_lost_and_says_why(void **state)
{
    (void)state;
    struct bare bare = open_plain_bare();
    const struct linger now = {.l_onoff = 1};
    (void)setsockopt(bare.fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    (void)close(bare.fd); // with an RST
    bare.fd = -1;
    for (int64_t until = mono_us() + DEADLINE_US; edge_mqtt_stats(bare.mqtt).failures == 0;
         step(bare.mqtt))
        assert_true(mono_us() < until);
    assert_non_null(strstr(edge_mqtt_waiting_for(bare.mqtt), "connection: "));
    assert_non_null(strstr(edge_mqtt_waiting_for(bare.mqtt), "lost"));
    close_bare(&bare);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(send__an_advisory_behind_contexts__leaves_none_behind),
        cmocka_unit_test(send__the_broker_reads_meanwhile__every_packet_is_whole),
        cmocka_unit_test(send__larger_than_the_broker_takes__is_refused),
        cmocka_unit_test(step__packets_cut_anywhere__arrive_whole),
        cmocka_unit_test(step__the_connection_is_reset__is_lost_and_says_why),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
