// tests/bench/wire_client.h - as much of MQTT v5 as a load generator needs, over its own
// sockets. SPDX-License-Identifier: Apache-2.0
//
// One read takes in whatever is there, up to many packets: what the load costs is not what is
// to be measured. Clean start, session expiry 0, QoS 0 both ways.
#ifndef TESTS_BENCH_WIRE_CLIENT_H
#define TESTS_BENCH_WIRE_CLIENT_H

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { WIRE_IN_BYTES = 1 << 18, WIRE_OUT_BYTES = 2048 };

struct wire_client {
    int fd;
    bool subscribed;
    size_t in_size, in_room;
    uint8_t *in; // what is left of a packet that is not whole yet
};

struct wire_message {
    const char *topic;
    size_t topic_size;
    const uint8_t *payload;
    size_t size;
};

typedef void (*wire_message_fn)(void *context, size_t index, struct wire_message message);

static inline size_t wire_put_text(uint8_t *to, const char *text)
{
    size_t size = strlen(text);
    to[0] = (uint8_t)(size >> 8);
    to[1] = (uint8_t)size;
    memcpy(to + 2, text, size);
    return size + 2;
}

static inline size_t wire_put_size(uint8_t *to, size_t size)
{
    size_t at = 0;
    do {
        to[at] = (uint8_t)(size & 127);
        size >>= 7;
        to[at] = (uint8_t)(to[at] | (size > 0 ? 128 : 0));
    } while (to[at++] & 128);
    return at;
}

static inline bool wire_send(struct wire_client *client, uint8_t type, const uint8_t *body,
                             size_t size)
{
    uint8_t packet[WIRE_OUT_BYTES];
    if (size + 5 > sizeof packet)
        return false;
    packet[0] = type;
    size_t at = 1 + wire_put_size(packet + 1, size);
    memcpy(packet + at, body, size);
    return send(client->fd, packet, at + size, MSG_NOSIGNAL) == (ssize_t)(at + size);
}

static inline bool wire_connect(struct wire_client *client, uint16_t port, const char *name,
                                const char *password)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int on = 1;
    client->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (client->fd < 0 || connect(client->fd, (struct sockaddr *)&to, sizeof to) != 0)
        return false;
    (void)setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    uint8_t body[512];
    size_t at = wire_put_text(body, "MQTT");
    body[at++] = 5;
    body[at++] = 0xC2; // user name, password, clean start
    body[at++] = 0;
    body[at++] = 60;
    body[at++] = 0; // no properties: session expiry 0
    at += wire_put_text(body + at, name);
    at += wire_put_text(body + at, name);
    at += wire_put_text(body + at, password);
    return wire_send(client, 0x10, body, at);
}

static inline bool wire_subscribe(struct wire_client *client, const char *prefix)
{
    static const char *const leaves[] = {"context/+", "advisory/+", "patch/+", "reply/+"};
    uint8_t body[1024] = {0, 1, 0};
    size_t at = 3;
    for (size_t i = 0; i < 4; i++) {
        char filter[160];
        (void)snprintf(filter, sizeof filter, "%s%s", prefix, leaves[i]);
        at += wire_put_text(body + at, filter);
        body[at++] = 0;
    }
    return wire_send(client, 0x82, body, at);
}

static inline bool wire_publish(struct wire_client *client, const char *topic,
                                const uint8_t *payload, size_t size)
{
    uint8_t body[WIRE_OUT_BYTES];
    size_t at = wire_put_text(body, topic);
    body[at++] = 0;
    if (at + size > sizeof body)
        return false;
    memcpy(body + at, payload, size);
    return wire_send(client, 0x30, body, at + size);
}

// The size of the packet that begins there, 0: not whole. *body: where what follows begins.
static inline size_t wire_packet(const uint8_t *bytes, size_t size, size_t *body)
{
    size_t length = 0;
    for (size_t i = 1; i < 5 && i < size; i++) {
        length |= (size_t)(bytes[i] & 127) << (7 * (i - 1));
        if ((bytes[i] & 128) == 0) {
            *body = i + 1;
            return size >= *body + length ? *body + length : 0;
        }
    }
    return 0;
}

static inline bool wire_keep(struct wire_client *client, const uint8_t *bytes, size_t size)
{
    if (size > client->in_room) {
        uint8_t *grown = realloc(client->in, size + 4096);
        if (grown == NULL)
            return false;
        client->in = grown;
        client->in_room = size + 4096;
    }
    memmove(client->in, bytes, size);
    client->in_size = size;
    return true;
}

// Takes in what is there. False: the connection ended, or the broker refused something.
static inline bool wire_read(struct wire_client *client, size_t index, wire_message_fn take,
                             void *context)
{
    static uint8_t buffer[2 * WIRE_IN_BYTES + 4096];
    if (client->in_size > WIRE_IN_BYTES)
        return false;
    if (client->in_size > 0)
        memcpy(buffer, client->in, client->in_size);
    ssize_t got = recv(client->fd, buffer + client->in_size, WIRE_IN_BYTES, MSG_DONTWAIT);
    if (got < 0)
        return errno == EAGAIN || errno == EINTR;
    if (got == 0)
        return false;
    size_t size = client->in_size + (size_t)got, at = 0, body, whole;
    while (size - at > 1 && (whole = wire_packet(buffer + at, size - at, &body)) > 0) {
        const uint8_t *packet = buffer + at;
        uint8_t type = packet[0] >> 4;
        if (type == 2 && packet[body + 1] != 0)
            return false;
        client->subscribed = client->subscribed || type == 9;
        if (type == 3) {
            size_t topic = (size_t)packet[body] << 8 | packet[body + 1],
                   from = body + 2 + topic;
            size_t properties = 0, shift = 0;
            do
                properties |= (size_t)(packet[from] & 127) << (7 * shift++);
            while (packet[from++] & 128);
            from += properties;
            take(context, index,
                 (struct wire_message){(const char *)packet + body + 2, topic, packet + from,
                                       whole - from});
        }
        at += whole;
    }
    return wire_keep(client, buffer + at, size - at);
}

#endif
