// SPDX-License-Identifier: Apache-2.0
#include "edge/kafka/message.h"

#include <string.h>

#include "geo/hash.h"

enum { MARK_BYTES = 1024 };

const struct edge_header *edge_message_header(const struct edge_message *message,
                                              const char *name)
{
    for (size_t i = message->header_count; i-- > 0;)
        if (strcmp(message->headers[i].name, name) == 0)
            return &message->headers[i];
    return NULL;
}

uint64_t edge_message_mark(const struct edge_message *message)
{
    uint64_t hash = GEO_HASH_START;
    const int64_t numbers[] = {message->timestamp_ms, (int64_t)message->key_size,
                               message->value ? (int64_t)message->value_size : -1};
    const struct {
        const void *bytes;
        size_t size;
    } parts[] = {
        {numbers, sizeof numbers},
        {message->key, message->key ? message->key_size : 0},
        {message->value, !message->value                    ? 0
                         : message->value_size < MARK_BYTES ? message->value_size
                                                            : MARK_BYTES},
    };
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        hash = geo_hash_bytes(hash, parts[i].bytes, parts[i].size);
    return hash;
}
