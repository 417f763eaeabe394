// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>
#include <string.h>

#include "schemas/mcap_read_impl.h"

struct chunk_head {
    uint64_t start_ns, end_ns, size, packed_size;
    uint32_t crc;
    struct drf_mcap_text compression;
    const uint8_t *packed;
};

static enum drf_status damaged(struct drf_mcap_reader *reader, const char *what)
{
    return drf_mcap_fail(reader, DRF_ERR_SYNTAX, reader->chunk_offset,
                         "the chunk is damaged: %s", what);
}

static bool same_text(struct drf_mcap_text a, struct drf_mcap_text b)
{
    return a.size == b.size && memcmp(a.text, b.text, a.size) == 0;
}

// The chunk as the index of a complete file has it, NULL otherwise.
static const struct drf_mcap_chunk_index *indexed(const struct drf_mcap_reader *reader)
{
    return reader->layout == DRF_MCAP_LAYOUT_COMPLETE
                   && reader->chunks < reader->index.chunk_count
               ? &reader->index.chunks[reader->chunks]
               : NULL;
}

static bool channel_wanted(struct drf_mcap_reader *reader,
                           struct drf_mcap_known_channel *channel)
{
    if (reader->wanted == NULL)
        return true;
    if (channel->wanted == DRF_MCAP_NOT_ASKED)
        channel->wanted = reader->wanted(reader->wanted_context, &channel->channel)
                              ? DRF_MCAP_WANTED
                              : DRF_MCAP_UNWANTED;
    return channel->wanted == DRF_MCAP_WANTED;
}

// The index names the channels of a chunk only if it was written so, and a chunk may be passed
// over only if the summary has every channel and schema that stands in it.
static bool worth_reading(struct drf_mcap_reader *reader,
                          const struct drf_mcap_chunk_index *index)
{
    if (reader->wanted == NULL || index == NULL || index->channels.size == 0
        || !reader->index.has_statistics || reader->registry.count != reader->index.channels)
        return true;
    struct drf_mcap_cursor map = index->channels;
    while (!map.bad && map.at < map.size) {
        struct drf_mcap_known_channel *channel =
            drf_mcap_registry_find(&reader->registry, drf_mcap_take_u16(&map));
        (void)drf_mcap_take_u64(&map);
        if (channel == NULL || channel_wanted(reader, channel))
            return true;
    }
    return map.bad;
}

static enum drf_status unpack(struct drf_mcap_reader *reader, const struct chunk_head *head)
{
    if (head->size > reader->chunk_room) {
        free(reader->chunk);
        reader->chunk_room = 0;
        reader->chunk = malloc((size_t)head->size);
        if (reader->chunk == NULL)
            return drf_mcap_fail(reader, DRF_ERR_NOMEM, reader->chunk_offset, "no memory");
        reader->chunk_room = (size_t)head->size;
    }
    if (drf_mcap_text_is(head->compression, "")) {
        if (head->packed_size != head->size)
            return damaged(reader, "its two sizes differ");
        if (head->size > 0)
            memcpy(reader->chunk, head->packed, (size_t)head->size);
    } else {
        if (reader->zstd == NULL && drf_mcap_zstd_open(0, &reader->zstd) != DRF_OK)
            return drf_mcap_fail(reader, DRF_ERR_NOMEM, reader->chunk_offset, "no memory");
        if (head->size == 0
            || drf_mcap_zstd_unpack(reader->zstd, head->packed, (size_t)head->packed_size,
                                    reader->chunk, (size_t)head->size)
                   != DRF_OK)
            return damaged(reader, "it cannot be decompressed");
    }
    if (head->crc != 0 && drf_mcap_crc(0, reader->chunk, (size_t)head->size) != head->crc)
        return damaged(reader, "its CRC is wrong");
    return DRF_OK;
}

static enum drf_status check_head(struct drf_mcap_reader *reader, const struct chunk_head *head,
                                  uint64_t length)
{
    const struct drf_mcap_chunk_index *index = indexed(reader);
    if (reader->layout == DRF_MCAP_LAYOUT_COMPLETE) {
        if (reader->index.chunk_count == 0)
            return drf_mcap_fail(reader, DRF_ERR_RANGE, reader->chunk_offset,
                                 "the chunks have no index: unindexed files are not read");
        if (index == NULL)
            return damaged(reader, "the index does not have it");
        if (index->offset != reader->chunk_offset || index->length != length
            || index->start_ns != head->start_ns || index->end_ns != head->end_ns
            || index->packed_size != head->packed_size || index->size != head->size
            || !same_text(index->compression, head->compression))
            return damaged(reader, "it is not as the index says");
    }
    if (!drf_mcap_text_is(head->compression, "zstd")
        && !drf_mcap_text_is(head->compression, "")) {
        char word[17];
        size_t size = head->compression.size < 16 ? head->compression.size : 16;
        for (size_t i = 0; i < size; i++) {
            char c = head->compression.text[i];
            word[i] = '?';
            if (c > 32 && c < 127)
                word[i] = c;
        }
        word[size] = '\0';
        return drf_mcap_fail(reader, DRF_ERR_RANGE, reader->chunk_offset,
                             "compression \"%s\" is not read, only zstd and none", word);
    }
    if (head->size > DRF_MCAP_CHUNK_BYTES_MAX)
        return drf_mcap_fail(reader, DRF_ERR_RANGE, reader->chunk_offset,
                             "a chunk of %llu bytes, %u are the most that is read",
                             (unsigned long long)head->size, DRF_MCAP_CHUNK_BYTES_MAX);
    return DRF_OK;
}

enum drf_status drf_mcap_chunk_open(struct drf_mcap_reader *reader, const uint8_t *content,
                                    size_t size)
{
    struct drf_mcap_cursor cursor = {.bytes = content, .size = size};
    struct chunk_head head;
    head.start_ns = drf_mcap_take_u64(&cursor);
    head.end_ns = drf_mcap_take_u64(&cursor);
    head.size = drf_mcap_take_u64(&cursor);
    head.crc = drf_mcap_take_u32(&cursor);
    head.compression = drf_mcap_take_text(&cursor);
    head.packed_size = drf_mcap_take_u64(&cursor);
    head.packed = drf_mcap_take(&cursor, head.packed_size);
    if (cursor.bad || cursor.at != size)
        return damaged(reader, "its head is not one");
    enum drf_status status = check_head(reader, &head, size + DRF_MCAP_HEAD_SIZE);
    if (status != DRF_OK)
        return status;
    reader->chunk_at = reader->chunk_size = 0;
    if (worth_reading(reader, indexed(reader))) {
        status = unpack(reader, &head);
        if (status != DRF_OK)
            return status;
        reader->chunk_size = (size_t)head.size;
    }
    reader->chunks++;
    return DRF_OK;
}

static enum drf_status give_message(struct drf_mcap_reader *reader, const uint8_t *content,
                                    size_t size, uint64_t where, struct drf_mcap_record *record,
                                    bool *given)
{
    struct drf_mcap_cursor cursor = {.bytes = content, .size = size};
    uint16_t id = drf_mcap_take_u16(&cursor);
    uint32_t sequence = drf_mcap_take_u32(&cursor);
    uint64_t log_time_ns = drf_mcap_take_u64(&cursor);
    uint64_t publish_time_ns = drf_mcap_take_u64(&cursor);
    if (cursor.bad)
        return drf_mcap_fail(reader, DRF_ERR_SYNTAX, where, "a message is cut short");
    struct drf_mcap_known_channel *channel = drf_mcap_registry_find(&reader->registry, id);
    if (channel == NULL)
        return drf_mcap_fail(reader, DRF_ERR_SYNTAX, where,
                             "a message of channel %u, which was not declared", id);
    reader->messages++;
    if (!channel_wanted(reader, channel))
        return DRF_OK;
    *record = (struct drf_mcap_record){
        .kind = DRF_MCAP_MESSAGE,
        .offset = where,
        .log_time_ns = log_time_ns,
        .channel = &channel->channel,
        .sequence = sequence,
        .publish_time_ns = publish_time_ns,
        .data = cursor.at < size ? content + cursor.at : NULL,
        .size = size - cursor.at,
    };
    *given = true;
    return DRF_OK;
}

enum drf_status drf_mcap_plain_record(struct drf_mcap_reader *reader, uint8_t opcode,
                                      const uint8_t *content, size_t size, uint64_t where,
                                      struct drf_mcap_record *record, bool *given)
{
    if (opcode == DRF_MCAP_OP_MESSAGE)
        return give_message(reader, content, size, where, record, given);
    bool schema = opcode == DRF_MCAP_OP_SCHEMA;
    enum drf_status status = schema
                                 ? drf_mcap_registry_schema(&reader->registry, content, size)
                                 : drf_mcap_registry_channel(&reader->registry, content, size);
    const char *what = schema ? "schema" : "channel";
    switch (status) {
    case DRF_OK:
        return DRF_OK;
    case DRF_ERR_ABSENT:
        return drf_mcap_fail(reader, DRF_ERR_SYNTAX, where,
                             "a channel of a schema that was not declared");
    case DRF_ERR_FULL:
        return drf_mcap_fail(reader, DRF_ERR_RANGE, where,
                             "schemas and channels of more than %u bytes",
                             DRF_MCAP_REGISTRY_BYTES_MAX);
    case DRF_ERR_NOMEM:
        return drf_mcap_fail(reader, DRF_ERR_NOMEM, where, "no memory");
    default:
        return drf_mcap_fail(reader, DRF_ERR_SYNTAX, where,
                             "a %s record is damaged, or another has its number", what);
    }
}

enum drf_status drf_mcap_chunk_next(struct drf_mcap_reader *reader,
                                    struct drf_mcap_record *record, bool *given)
{
    size_t left = reader->chunk_size - reader->chunk_at;
    const uint8_t *head = reader->chunk + reader->chunk_at;
    uint64_t size = left >= DRF_MCAP_HEAD_SIZE ? drf_mcap_load_u64(head + 1) : 0;
    if (left < DRF_MCAP_HEAD_SIZE || size > left - DRF_MCAP_HEAD_SIZE)
        return damaged(reader, "a record in it is cut short");
    reader->chunk_at += DRF_MCAP_HEAD_SIZE + (size_t)size;
    if (head[0] >= 0x80) // private records may stand anywhere
        return DRF_OK;
    if (head[0] < DRF_MCAP_OP_SCHEMA || head[0] > DRF_MCAP_OP_MESSAGE)
        return damaged(reader, "a record in it may not stand there");
    return drf_mcap_plain_record(reader, head[0], head + DRF_MCAP_HEAD_SIZE, (size_t)size,
                                 reader->chunk_offset, record, given);
}
