// SPDX-License-Identifier: Apache-2.0
#include "edge/ingest/message_record.h"

#include <stdlib.h>
#include <string.h>

#include "edge/inputs/leb128.h"

enum { HAS_KEY = 1, HAS_VALUE = 2, LEFT_OUT = 4, HEAD_NUMBERS = 11 };

void edge_message_record_put(struct edge_inputs *inputs, size_t feed,
                             enum edge_kafka_event event, const struct edge_message *message)
{
    bool whole = event == EDGE_KAFKA_MESSAGE;
    size_t headers = whole ? message->header_count : 0;
    const char *topic = whole ? message->topic : "";
    struct edge_piece pieces[4 + 3 * EDGE_HEADERS_MAX];
    uint8_t head[HEAD_NUMBERS * EDGE_LEB128_MAX], sizes[EDGE_HEADERS_MAX][2 * EDGE_LEB128_MAX];
    uint8_t *at = head;
    at = edge_leb128_put(at, event);
    at = edge_leb128_put(at, feed);
    at = edge_leb128_put(at, (whole && message->key != NULL ? HAS_KEY : 0)
                                 | (whole && message->value != NULL ? HAS_VALUE : 0)
                                 | (whole && message->headers_left_out ? LEFT_OUT : 0));
    at = edge_leb128_put(at, whole ? message->timestamp : 0);
    at = edge_leb128_put(at, edge_leb128_zigzag(whole ? message->timestamp_ms : 0));
    at = edge_leb128_put(at, edge_leb128_zigzag(message->partition));
    at = edge_leb128_put(at, edge_leb128_zigzag(message->offset));
    at = edge_leb128_put(at, strlen(topic) + 1);
    at = edge_leb128_put(at, whole && message->key != NULL ? message->key_size : 0);
    at = edge_leb128_put(at, whole && message->value != NULL ? message->value_size : 0);
    at = edge_leb128_put(at, headers);
    size_t count = 0;
    pieces[count++] = (struct edge_piece){.bytes = head, .size = (size_t)(at - head)};
    pieces[count++] = (struct edge_piece){.bytes = topic, .size = strlen(topic) + 1};
    if (whole && message->key != NULL)
        pieces[count++] = (struct edge_piece){.bytes = message->key, .size = message->key_size};
    if (whole && message->value != NULL)
        pieces[count++] =
            (struct edge_piece){.bytes = message->value, .size = message->value_size};
    for (size_t i = 0; i < headers; i++) {
        const struct edge_header *header = &message->headers[i];
        at = edge_leb128_put(sizes[i], strlen(header->name) + 1);
        at = edge_leb128_put(at, header->value != NULL ? header->size + 1 : 0);
        pieces[count++] =
            (struct edge_piece){.bytes = sizes[i], .size = (size_t)(at - sizes[i])};
        pieces[count++] =
            (struct edge_piece){.bytes = header->name, .size = strlen(header->name) + 1};
        if (header->value != NULL)
            pieces[count++] = (struct edge_piece){.bytes = header->value, .size = header->size};
    }
    edge_inputs_add(inputs, EDGE_INPUT_FEED_MESSAGE, pieces, count);
}

// NULL when fewer than `size` are left, or the last is not the NUL that a text ends in.
static const uint8_t *skip(const uint8_t *at, const uint8_t *end, uint64_t size, bool text)
{
    if (at == NULL || size > (uint64_t)(end - at)
        || (text && (size == 0 || at[size - 1] != '\0')))
        return NULL;
    return at + size;
}

static const uint8_t *read_header(const uint8_t *at, const uint8_t *end,
                                  struct edge_header *out)
{
    uint64_t name_size, value_size = 0;
    at = edge_leb128_get(at, end, &name_size);
    at = at != NULL ? edge_leb128_get(at, end, &value_size) : NULL;
    const uint8_t *name = at;
    at = skip(at, end, name_size, true);
    const uint8_t *value = at;
    at = skip(at, end, value_size > 0 ? value_size - 1 : 0, false);
    *out = (struct edge_header){.name = (const char *)name,
                                .value = value_size > 0 ? (const char *)value : NULL,
                                .size = value_size > 0 ? (size_t)value_size - 1 : 0};
    return at;
}

static bool unpack(const uint8_t *at, const uint8_t *end, struct edge_recorded_message *out)
{
    uint64_t head[HEAD_NUMBERS];
    for (size_t i = 0; i < HEAD_NUMBERS && at != NULL; i++)
        at = edge_leb128_get(at, end, &head[i]);
    if (at == NULL || head[10] > EDGE_HEADERS_MAX || (head[8] > 0 && (head[2] & HAS_KEY) == 0)
        || (head[9] > 0 && (head[2] & HAS_VALUE) == 0))
        return false;
    out->event = (enum edge_kafka_event)head[0];
    out->feed = (size_t)head[1];
    struct edge_message *message = &out->message;
    *message = (struct edge_message){
        .feed = out->feed,
        .topic = (const char *)at,
        .timestamp = (enum edge_timestamp)head[3],
        .timestamp_ms = edge_leb128_unzigzag(head[4]),
        .partition = (int32_t)edge_leb128_unzigzag(head[5]),
        .offset = edge_leb128_unzigzag(head[6]),
        .key_size = (size_t)head[8],
        .value_size = (size_t)head[9],
        .header_count = (size_t)head[10],
        .headers_left_out = (head[2] & LEFT_OUT) != 0,
    };
    at = skip(at, end, head[7], true);
    message->key = (head[2] & HAS_KEY) != 0 ? at : NULL;
    at = skip(at, end, head[8], false);
    message->value = (head[2] & HAS_VALUE) != 0 ? at : NULL;
    at = skip(at, end, head[9], false);
    for (size_t i = 0; i < head[10] && at != NULL; i++)
        at = read_header(at, end, &message->headers[i]);
    return at == end;
}

enum drf_status edge_message_record_take(struct edge_inputs *inputs,
                                         struct edge_recorded_message *out)
{
    const uint8_t *bytes;
    size_t size;
    if (!edge_inputs_next(inputs, EDGE_INPUT_FEED_MESSAGE, &bytes, &size))
        return DRF_ERR_ABSENT;
    uint8_t *own = malloc(size > 0 ? size : 1);
    if (own == NULL)
        return DRF_ERR_NOMEM;
    memcpy(own, bytes, size);
    if (!unpack(own, own + size, out)) {
        free(own);
        return DRF_ERR_SYNTAX;
    }
    out->message.handle = own;
    return DRF_OK;
}
