// SPDX-License-Identifier: Apache-2.0
#include "edge/ingest/found_record.h"

#include <string.h>

#include "edge/inputs/leb128.h"

enum { ANSWERED = 1, TOO_MANY = 2, REPLACED = 4 };

enum { BYTES_MAX = (6 + 3 * EDGE_KAFKA_PARTITIONS_MAX) * EDGE_LEB128_MAX + 64 };

void edge_found_record_put(struct edge_inputs *inputs, size_t feed,
                           const struct edge_kafka_found *found)
{
    uint8_t bytes[BYTES_MAX], *at = bytes;
    if (!edge_inputs_records(inputs))
        return;
    at = edge_leb128_put(at, feed);
    at = edge_leb128_put(at, found == NULL ? 0
                                           : ANSWERED | (found->too_many ? TOO_MANY : 0)
                                                 | (found->replaced ? REPLACED : 0));
    if (found != NULL) {
        size_t size = strlen(found->cluster_id);
        at = edge_leb128_put(at, edge_leb128_zigzag(found->asked_mono_us));
        at = edge_leb128_put(at, size);
        memcpy(at, found->cluster_id, size);
        at = edge_leb128_put(at + size, found->count);
        for (size_t i = 0; i < found->count; i++) {
            at = edge_leb128_put(at, edge_leb128_zigzag(found->partitions[i].partition));
            at = edge_leb128_put(at, edge_leb128_zigzag(found->partitions[i].low));
            at = edge_leb128_put(at, edge_leb128_zigzag(found->partitions[i].high));
        }
    }
    edge_inputs_add(inputs, EDGE_INPUT_FOUND,
                    &(struct edge_piece){.bytes = bytes, .size = (size_t)(at - bytes)}, 1);
}

static const uint8_t *get_signed(const uint8_t *at, const uint8_t *end, int64_t *out)
{
    uint64_t value = 0;
    at = at != NULL ? edge_leb128_get(at, end, &value) : NULL;
    *out = edge_leb128_unzigzag(value);
    return at;
}

static const uint8_t *read_partitions(const uint8_t *at, const uint8_t *end,
                                      struct edge_kafka_found *out)
{
    uint64_t count = 0;
    at = at != NULL ? edge_leb128_get(at, end, &count) : NULL;
    if (count > EDGE_KAFKA_PARTITIONS_MAX)
        return NULL;
    out->count = (size_t)count;
    for (size_t i = 0; i < out->count && at != NULL; i++) {
        int64_t partition;
        at = get_signed(at, end, &partition);
        at = get_signed(at, end, &out->partitions[i].low);
        at = get_signed(at, end, &out->partitions[i].high);
        if (partition < 0 || partition > INT32_MAX)
            return NULL;
        out->partitions[i].partition = (int32_t)partition;
    }
    return at;
}

enum drf_status edge_found_record_take(struct edge_inputs *inputs, struct edge_kafka_found *out,
                                       bool *answered)
{
    const uint8_t *at, *end;
    size_t size;
    if (!edge_inputs_next(inputs, EDGE_INPUT_FOUND, &at, &size))
        return DRF_ERR_ABSENT;
    end = at + size;
    uint64_t feed = 0, flags = 0, cluster_size = 0;
    *out = (struct edge_kafka_found){0};
    at = edge_leb128_get(at, end, &feed);
    at = at != NULL ? edge_leb128_get(at, end, &flags) : NULL;
    *answered = (flags & ANSWERED) != 0;
    if (*answered) {
        at = get_signed(at, end, &out->asked_mono_us);
        at = at != NULL ? edge_leb128_get(at, end, &cluster_size) : NULL;
        if (at == NULL || cluster_size >= sizeof out->cluster_id
            || cluster_size > (uint64_t)(end - at))
            return DRF_ERR_SYNTAX;
        memcpy(out->cluster_id, at, (size_t)cluster_size);
        at = read_partitions(at + cluster_size, end, out);
    }
    if (at != end)
        return DRF_ERR_SYNTAX;
    out->feed = (size_t)feed;
    out->too_many = (flags & TOO_MANY) != 0;
    out->replaced = (flags & REPLACED) != 0;
    return DRF_OK;
}
