// SPDX-License-Identifier: Apache-2.0
#include "edge/handoff/link_record.h"

#include <string.h>

#include "edge/inputs/leb128.h"

enum { RETAINED = 1, JSON = 2, LEFT_OUT = 4, HEAD_MAX = 8 * EDGE_LEB128_MAX };

void edge_link_record_put(struct edge_inputs *inputs, const struct edge_incoming *message)
{
    const size_t topic_size = strlen(message->topic) + 1,
                 response_size = strlen(message->response_topic) + 1;
    uint8_t head[HEAD_MAX], *at = head;
    at = edge_leb128_put(at, topic_size);
    at = edge_leb128_put(at, message->size);
    at = edge_leb128_put(at, response_size);
    at = edge_leb128_put(at, message->correlation_size);
    bool left_out = message->payload_left_out > 0 || message->correlation_left_out > 0;
    at = edge_leb128_put(at, (message->retained ? RETAINED : 0) | (message->json ? JSON : 0)
                                 | (left_out ? LEFT_OUT : 0));
    at = edge_leb128_put(at, edge_leb128_zigzag(message->arrival_mono_us));
    if (left_out) {
        at = edge_leb128_put(at, message->payload_left_out);
        at = edge_leb128_put(at, message->correlation_left_out);
    }
    const struct edge_piece pieces[] = {
        {.bytes = head, .size = (size_t)(at - head)},
        {.bytes = message->topic, .size = topic_size},
        {.bytes = message->payload, .size = message->size},
        {.bytes = message->response_topic, .size = response_size},
        {.bytes = message->correlation, .size = message->correlation_size},
    };
    edge_inputs_add(inputs, EDGE_INPUT_MESSAGE, pieces, sizeof pieces / sizeof pieces[0]);
}

bool edge_link_record_take(struct edge_inputs *inputs, struct edge_incoming *out)
{
    const uint8_t *at, *end;
    size_t size;
    if (!edge_inputs_next(inputs, EDGE_INPUT_MESSAGE, &at, &size))
        return false;
    end = at + size;
    uint64_t head[8] = {0};
    for (size_t i = 0; i < ((head[4] & LEFT_OUT) != 0 ? 8 : 6) && at != NULL; i++)
        at = edge_leb128_get(at, end, &head[i]);
    if (at == NULL)
        return false;
    uint64_t left = (uint64_t)(end - at);
    for (size_t i = 0; i < 4; i++) {
        if (head[i] > left)
            return false;
        left -= head[i];
    }
    const uint8_t *response = at + head[0] + head[1];
    if (left != 0 || head[0] == 0 || at[head[0] - 1] != '\0' || head[2] == 0
        || response[head[2] - 1] != '\0')
        return false;
    *out = (struct edge_incoming){
        .topic = (const char *)at,
        .payload = at + head[0],
        .size = (size_t)head[1],
        .retained = (head[4] & RETAINED) != 0,
        .json = (head[4] & JSON) != 0,
        .arrival_mono_us = edge_leb128_unzigzag(head[5]),
        .response_topic = (const char *)response,
        .correlation = head[3] > 0 ? response + head[2] : NULL,
        .correlation_size = (size_t)head[3],
        .payload_left_out = (size_t)head[6],
        .correlation_left_out = (size_t)head[7],
    };
    return true;
}
