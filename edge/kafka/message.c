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
    const int64_t numbers[] = {message->timestamp_ms, (int64_t)message->key_size,
                               message->value ? (int64_t)message->value_size : -1};
    size_t key_size = message->key ? message->key_size : 0;
    size_t value_size = !message->value                    ? 0
                        : message->value_size < MARK_BYTES ? message->value_size
                                                           : MARK_BYTES;
    uint64_t hash = geo_hash_bytes(GEO_HASH_START, numbers, sizeof numbers);
    hash = geo_hash_bytes(hash, message->key, key_size);
    return geo_hash_bytes(hash, message->value, value_size);
}
