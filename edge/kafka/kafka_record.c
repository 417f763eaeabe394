// SPDX-License-Identifier: Apache-2.0
// Little-endian u32 lengths, each before its bytes: key, value, then the number of headers,
// each a name with its NUL and a value. ABSENT is the length of what is not there. At the head
// a version and the timestamp.
#include "edge/kafka/kafka_record.h"

#include <stdbool.h>
#include <string.h>

#define ABSENT UINT32_MAX
enum { KAFKA_RECORD_VERSION = 1, HEAD = 4 + 8 };

size_t edge_kafka_record_size(const struct edge_kafka_record *kafka_record)
{
    size_t size = HEAD + 4 + kafka_record->key_size + 4 + kafka_record->value_size + 4;
    for (size_t i = 0; i < kafka_record->header_count; i++)
        size += 8 + strlen(kafka_record->headers[i].name) + 1 + kafka_record->headers[i].size;
    return size;
}

static uint8_t *put_u32(uint8_t *at, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> 8 * i);
    return at + 4;
}

static uint8_t *put_bytes(uint8_t *at, const void *bytes, size_t size)
{
    at = put_u32(at, bytes ? (uint32_t)size : ABSENT);
    if (bytes && size > 0)
        memcpy(at, bytes, size);
    return at + (bytes ? size : 0);
}

void edge_kafka_record_pack(const struct edge_kafka_record *kafka_record, uint8_t *bytes)
{
    uint64_t timestamp = (uint64_t)kafka_record->timestamp_ms;
    uint8_t *at = put_u32(bytes, KAFKA_RECORD_VERSION);
    at = put_u32(at, (uint32_t)timestamp);
    at = put_u32(at, (uint32_t)(timestamp >> 32));
    at = put_bytes(at, kafka_record->key, kafka_record->key_size);
    at = put_bytes(at, kafka_record->value, kafka_record->value_size);
    at = put_u32(at, (uint32_t)kafka_record->header_count);
    for (size_t i = 0; i < kafka_record->header_count; i++) {
        const struct edge_header *header = &kafka_record->headers[i];
        at = put_bytes(at, header->name, strlen(header->name) + 1);
        at = put_bytes(at, header->value, header->size);
    }
}

struct reader {
    const uint8_t *at;
    size_t left;
};

static bool get_u32(struct reader *reader, uint32_t *out)
{
    if (reader->left < 4)
        return false;
    *out = 0;
    for (unsigned i = 0; i < 4; i++)
        *out |= (uint32_t)reader->at[i] << 8 * i;
    reader->at += 4;
    reader->left -= 4;
    return true;
}

static bool get_bytes(struct reader *reader, const uint8_t **bytes, size_t *size)
{
    uint32_t length;
    if (!get_u32(reader, &length))
        return false;
    *bytes = length == ABSENT ? NULL : reader->at;
    *size = length == ABSENT ? 0 : length;
    if (*size > reader->left)
        return false;
    reader->at += *size;
    reader->left -= *size;
    return true;
}

static bool get_header(struct reader *reader, struct edge_header *out)
{
    const uint8_t *name, *value;
    size_t name_size, value_size;
    if (!get_bytes(reader, &name, &name_size) || !get_bytes(reader, &value, &value_size)
        || !name || name_size < 2 || memchr(name, '\0', name_size) != name + name_size - 1)
        return false;
    *out = (struct edge_header){
        .name = (const char *)name, .value = (const char *)value, .size = value_size};
    return true;
}

enum drf_status edge_kafka_record_unpack(
    const uint8_t *bytes, size_t size,
    struct edge_header headers[static EDGE_KAFKA_RECORD_HEADERS_MAX],
    struct edge_kafka_record *out)
{
    struct reader reader = {bytes, size};
    struct edge_kafka_record kafka_record = {.headers = headers};
    uint32_t version, low, high, count;
    if (!get_u32(&reader, &version) || version != KAFKA_RECORD_VERSION
        || !get_u32(&reader, &low) || !get_u32(&reader, &high)
        || !get_bytes(&reader, &kafka_record.key, &kafka_record.key_size)
        || !get_bytes(&reader, &kafka_record.value, &kafka_record.value_size)
        || !get_u32(&reader, &count) || count > EDGE_KAFKA_RECORD_HEADERS_MAX)
        return DRF_ERR_SYNTAX;
    for (; kafka_record.header_count < count; kafka_record.header_count++)
        if (!get_header(&reader, &headers[kafka_record.header_count]))
            return DRF_ERR_SYNTAX;
    if (reader.left > 0)
        return DRF_ERR_SYNTAX;
    kafka_record.timestamp_ms = (int64_t)((uint64_t)high << 32 | low);
    *out = kafka_record;
    return DRF_OK;
}
