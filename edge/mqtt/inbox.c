// SPDX-License-Identifier: Apache-2.0
#include "edge/mqtt/inbox.h"

#include <stdlib.h>
#include <string.h>

// Before each message: its sizes. Then topic, response topic, correlation data, payload.
struct entry {
    uint32_t size; // of the whole entry, 8-byte aligned; 0: go on at the start of the ring
    uint32_t payload_size;
    int64_t arrival_mono_us;
    uint32_t payload_left_out, correlation_left_out;
    uint16_t topic_size, response_size, correlation_size; // texts with their NUL
    uint8_t retained, json;
};

static size_t aligned(size_t size) { return (size + 7) & ~(size_t)7; }

enum drf_status edge_inbox_open(size_t size, struct edge_inbox *out)
{
    uint8_t *bytes = malloc(aligned(size));
    if (bytes == NULL)
        return DRF_ERR_NOMEM;
    *out = (struct edge_inbox){.bytes = bytes, .size = aligned(size)};
    return DRF_OK;
}

void edge_inbox_close(struct edge_inbox *inbox)
{
    free(inbox->bytes);
    *inbox = (struct edge_inbox){0};
}

// Room for `size` contiguous bytes at the tail, or NULL.
static uint8_t *reserve(struct edge_inbox *inbox, size_t size)
{
    size_t to_end = inbox->size - inbox->tail;
    size_t skip = to_end < size ? to_end : 0;
    if (inbox->used + skip + size > inbox->size)
        return NULL;
    if (skip > 0) { // sizes are multiples of 8, so the mark always fits
        memset(inbox->bytes + inbox->tail, 0, sizeof(uint32_t));
        inbox->used += skip;
        inbox->tail = 0;
    }
    uint8_t *place = inbox->bytes + inbox->tail;
    inbox->tail = (inbox->tail + size) % inbox->size;
    inbox->used += size;
    return place;
}

static uint8_t *append(uint8_t *place, const void *bytes, size_t size)
{
    if (size > 0)
        memcpy(place, bytes, size);
    return place + size;
}

// What is longer than its limit is left out and told: the sender is to be answered.
static struct edge_incoming within_limits(const struct edge_incoming *message)
{
    struct edge_incoming some = *message;
    if (message->size > EDGE_INBOX_PAYLOAD_MAX) {
        some.payload_left_out = message->size;
        some.size = 0;
        some.json = message->json || message->payload[0] == '{'; // the form of the answer
    }
    if (message->correlation_size > EDGE_INBOX_CORRELATION_MAX) {
        some.correlation_left_out = message->correlation_size;
        some.correlation_size = 0;
    }
    if (strlen(message->response_topic) >= EDGE_INBOX_TOPIC_MAX)
        some.response_topic = "+"; // no topic, as it was none of ours
    return some;
}

enum drf_status edge_inbox_push(struct edge_inbox *inbox, const struct edge_incoming *whole)
{
    const struct edge_incoming some = within_limits(whole), *message = &some;
    size_t topic_size = strlen(message->topic) + 1;
    size_t response_size = strlen(message->response_topic) + 1;
    if (topic_size > EDGE_INBOX_TOPIC_MAX)
        return DRF_ERR_RANGE;

    struct entry entry = {
        .payload_size = (uint32_t)message->size,
        .arrival_mono_us = message->arrival_mono_us,
        .payload_left_out = (uint32_t)message->payload_left_out,
        .correlation_left_out = (uint32_t)message->correlation_left_out,
        .topic_size = (uint16_t)topic_size,
        .response_size = (uint16_t)response_size,
        .correlation_size = (uint16_t)message->correlation_size,
        .retained = message->retained,
        .json = message->json,
    };
    size_t size = aligned(sizeof entry + topic_size + response_size + message->correlation_size
                          + message->size);
    uint8_t *place = reserve(inbox, size);
    if (place == NULL)
        return DRF_ERR_FULL;
    entry.size = (uint32_t)size;
    place = append(place, &entry, sizeof entry);
    place = append(place, message->topic, topic_size);
    place = append(place, message->response_topic, response_size);
    place = append(place, message->correlation, message->correlation_size);
    (void)append(place, message->payload, message->size);
    return DRF_OK;
}

static void drop_popped(struct edge_inbox *inbox)
{
    if (!inbox->popped)
        return;
    struct entry entry;
    memcpy(&entry, inbox->bytes + inbox->head, sizeof entry);
    inbox->head = (inbox->head + entry.size) % inbox->size;
    inbox->used -= entry.size;
    inbox->popped = false;
}

bool edge_inbox_pop(struct edge_inbox *inbox, struct edge_incoming *out)
{
    drop_popped(inbox);
    if (inbox->used == 0)
        return false;

    uint32_t first;
    memcpy(&first, inbox->bytes + inbox->head, sizeof first);
    if (first == 0) {
        inbox->used -= inbox->size - inbox->head;
        inbox->head = 0;
    }
    struct entry entry;
    memcpy(&entry, inbox->bytes + inbox->head, sizeof entry);
    const uint8_t *topic = inbox->bytes + inbox->head + sizeof entry;
    const uint8_t *response = topic + entry.topic_size;
    const uint8_t *correlation = response + entry.response_size;
    *out = (struct edge_incoming){
        .topic = (const char *)topic,
        .response_topic = (const char *)response,
        .correlation = correlation,
        .correlation_size = entry.correlation_size,
        .payload = correlation + entry.correlation_size,
        .size = entry.payload_size,
        .retained = entry.retained != 0,
        .json = entry.json != 0,
        .arrival_mono_us = entry.arrival_mono_us,
        .payload_left_out = entry.payload_left_out,
        .correlation_left_out = entry.correlation_left_out,
    };
    inbox->popped = true;
    return true;
}
