// SPDX-License-Identifier: Apache-2.0
// How a file ends decides what it is. With the magic and a footer in its place it is complete:
// its summary must be there, with a right CRC, and have the index of its chunks. With only one
// of the two it is damaged. With neither it lost its end.
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "schemas/mcap_read_impl.h"

enum {
    FOOTER_SIZE = DRF_MCAP_HEAD_SIZE + DRF_MCAP_FOOTER_CONTENT,
    TAIL_SIZE = FOOTER_SIZE + DRF_MCAP_MAGIC_SIZE,
    DATA_END_SIZE = DRF_MCAP_HEAD_SIZE + 4,
};

enum drf_status drf_mcap_read_at(struct drf_mcap_reader *reader, void *bytes, size_t size,
                                 uint64_t offset)
{
    size_t have = 0;
    while (have < size) {
        ssize_t got =
            pread(reader->fd, (uint8_t *)bytes + have, size - have, (off_t)(offset + have));
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return drf_mcap_fail(reader, DRF_ERR_STORE, offset + have, "cannot be read: %s",
                                 got < 0 ? drf_mcap_why().text : "the file became shorter");
        have += (size_t)got;
    }
    return DRF_OK;
}

// One more place at the end of a list; NULL without memory.
static void *grow(void **list, size_t *room, size_t count, size_t size)
{
    if (count == *room) {
        size_t more = *room == 0 ? 256 : 2 * *room;
        void *made = realloc(*list, more * size);
        if (made == NULL)
            return NULL;
        *list = made;
        *room = more;
    }
    return (uint8_t *)*list + count * size;
}

static enum drf_status add_chunk(struct drf_mcap_index *index, struct drf_mcap_cursor cursor)
{
    struct drf_mcap_chunk_index made;
    made.start_ns = drf_mcap_take_u64(&cursor);
    made.end_ns = drf_mcap_take_u64(&cursor);
    made.offset = drf_mcap_take_u64(&cursor);
    made.length = drf_mcap_take_u64(&cursor);
    made.channels = drf_mcap_take_map(&cursor);
    (void)drf_mcap_take_u64(&cursor); // length of the message indexes
    made.compression = drf_mcap_take_text(&cursor);
    made.packed_size = drf_mcap_take_u64(&cursor);
    made.size = drf_mcap_take_u64(&cursor);
    if (cursor.bad || cursor.at != cursor.size)
        return DRF_ERR_SYNTAX;
    void *list = index->chunks;
    struct drf_mcap_chunk_index *place =
        grow(&list, &index->chunk_room, index->chunk_count, sizeof *place);
    if (place == NULL)
        return DRF_ERR_NOMEM;
    index->chunks = list;
    *place = made;
    index->chunk_count++;
    return DRF_OK;
}

static enum drf_status add_attachment(struct drf_mcap_index *index,
                                      struct drf_mcap_cursor cursor)
{
    struct drf_mcap_attachment_index made;
    made.offset = drf_mcap_take_u64(&cursor);
    made.length = drf_mcap_take_u64(&cursor);
    (void)drf_mcap_take_u64(&cursor); // log time
    (void)drf_mcap_take_u64(&cursor); // create time
    (void)drf_mcap_take_u64(&cursor); // size of the data
    made.name = drf_mcap_take_text(&cursor);
    (void)drf_mcap_take_text(&cursor); // media type
    if (cursor.bad || cursor.at != cursor.size)
        return DRF_ERR_SYNTAX;
    void *list = index->attachments;
    struct drf_mcap_attachment_index *place =
        grow(&list, &index->attachment_room, index->attachment_count, sizeof *place);
    if (place == NULL)
        return DRF_ERR_NOMEM;
    index->attachments = list;
    *place = made;
    index->attachment_count++;
    return DRF_OK;
}

static enum drf_status add_statistics(struct drf_mcap_index *index,
                                      struct drf_mcap_cursor cursor)
{
    index->summary.messages = drf_mcap_take_u64(&cursor);
    (void)drf_mcap_take_u16(&cursor); // schemas
    index->channels = drf_mcap_take_u32(&cursor);
    index->summary.attachments = drf_mcap_take_u32(&cursor);
    (void)drf_mcap_take_u32(&cursor); // metadata records
    index->summary.chunks = drf_mcap_take_u32(&cursor);
    index->summary.first_ns = drf_mcap_take_u64(&cursor);
    index->summary.last_ns = drf_mcap_take_u64(&cursor);
    (void)drf_mcap_take_map(&cursor); // messages of each channel
    if (cursor.bad || cursor.at != cursor.size || index->has_statistics)
        return DRF_ERR_SYNTAX;
    index->has_statistics = true;
    return DRF_OK;
}

static enum drf_status summary_record(struct drf_mcap_reader *reader, uint8_t opcode,
                                      struct drf_mcap_cursor content)
{
    enum drf_status status = DRF_OK;
    switch (opcode) {
    case DRF_MCAP_OP_SCHEMA:
        return drf_mcap_registry_schema(&reader->registry, content.bytes, content.size);
    case DRF_MCAP_OP_CHANNEL:
        status = drf_mcap_registry_channel(&reader->registry, content.bytes, content.size);
        return status == DRF_ERR_ABSENT ? DRF_OK : status; // it comes again before its messages
    case DRF_MCAP_OP_CHUNK_INDEX:
        return add_chunk(&reader->index, content);
    case DRF_MCAP_OP_ATTACHMENT_INDEX:
        return add_attachment(&reader->index, content);
    case DRF_MCAP_OP_STATISTICS:
        return add_statistics(&reader->index, content);
    case DRF_MCAP_OP_METADATA_INDEX:
    case DRF_MCAP_OP_SUMMARY_OFFSET:
        return DRF_OK;
    default:
        return opcode >= 0x10 ? DRF_OK : DRF_ERR_SYNTAX;
    }
}

static enum drf_status parse_summary(struct drf_mcap_reader *reader, size_t size)
{
    const uint64_t start = reader->index.summary_start;
    struct drf_mcap_cursor cursor = {.bytes = reader->index.bytes, .size = size};
    while (cursor.at < size) {
        uint64_t where = start + cursor.at;
        uint8_t opcode = drf_mcap_take_u8(&cursor);
        uint64_t length = drf_mcap_take_u64(&cursor);
        const uint8_t *content = drf_mcap_take(&cursor, length);
        enum drf_status status =
            content == NULL ? DRF_ERR_SYNTAX
                            : summary_record(reader, opcode,
                                             (struct drf_mcap_cursor){.bytes = content,
                                                                      .size = (size_t)length});
        if (status == DRF_ERR_NOMEM)
            return drf_mcap_fail(reader, status, where, "no memory");
        if (status == DRF_ERR_FULL)
            return drf_mcap_fail(reader, DRF_ERR_RANGE, where,
                                 "schemas and channels of more than %u bytes",
                                 DRF_MCAP_REGISTRY_BYTES_MAX);
        if (status != DRF_OK)
            return drf_mcap_fail(reader, DRF_ERR_SYNTAX, where,
                                 "a record of the index is damaged");
    }
    return DRF_OK;
}

static enum drf_status read_summary(struct drf_mcap_reader *reader, const uint8_t *footer)
{
    const uint64_t footer_at = reader->file_size - TAIL_SIZE;
    const uint64_t start = drf_mcap_load_u64(footer + DRF_MCAP_HEAD_SIZE);
    struct drf_mcap_cursor crc_field = {.bytes = footer + FOOTER_SIZE - 4, .size = 4};
    const uint32_t crc = drf_mcap_take_u32(&crc_field);
    if (start == 0)
        return drf_mcap_fail(reader, DRF_ERR_RANGE, footer_at,
                             "the file has no summary: unindexed files are not read");
    if (start > footer_at || start < DRF_MCAP_MAGIC_SIZE + DATA_END_SIZE)
        return drf_mcap_fail(reader, DRF_ERR_SYNTAX, footer_at,
                             "the footer is damaged: no summary can begin at %llu",
                             (unsigned long long)start);
    if (footer_at - start > DRF_MCAP_SUMMARY_BYTES_MAX)
        return drf_mcap_fail(reader, DRF_ERR_RANGE, start,
                             "an index of %llu bytes, %u are the most that is read",
                             (unsigned long long)(footer_at - start),
                             DRF_MCAP_SUMMARY_BYTES_MAX);
    size_t size = (size_t)(footer_at - start);
    reader->index.bytes = malloc(size + 1);
    if (reader->index.bytes == NULL)
        return drf_mcap_fail(reader, DRF_ERR_NOMEM, start, "no memory");
    enum drf_status status = drf_mcap_read_at(reader, reader->index.bytes, size, start);
    if (status != DRF_OK)
        return status;
    uint32_t found =
        drf_mcap_crc(drf_mcap_crc(0, reader->index.bytes, size), footer, FOOTER_SIZE - 4);
    if (crc != 0 && crc != found)
        return drf_mcap_fail(reader, DRF_ERR_SYNTAX, start,
                             "the index is damaged: its CRC is wrong");
    reader->index.summary_start = start;
    return parse_summary(reader, size);
}

enum drf_status drf_mcap_read_tail(struct drf_mcap_reader *reader)
{
    uint8_t tail[TAIL_SIZE];
    reader->layout = DRF_MCAP_LAYOUT_TRUNCATED;
    if (reader->file_size < TAIL_SIZE + DRF_MCAP_MAGIC_SIZE)
        return DRF_OK;
    const uint64_t at = reader->file_size - TAIL_SIZE;
    enum drf_status status = drf_mcap_read_at(reader, tail, TAIL_SIZE, at);
    if (status != DRF_OK)
        return status;
    bool magic = memcmp(tail + FOOTER_SIZE, drf_mcap_magic, DRF_MCAP_MAGIC_SIZE) == 0;
    bool footer =
        tail[0] == DRF_MCAP_OP_FOOTER && drf_mcap_load_u64(tail + 1) == DRF_MCAP_FOOTER_CONTENT;
    if (!magic && !footer)
        return DRF_OK;
    if (!magic || !footer)
        return drf_mcap_fail(reader, DRF_ERR_SYNTAX, footer ? at + FOOTER_SIZE : at,
                             "the end is damaged: %s is wrong",
                             footer ? "the magic" : "the footer");
    reader->layout = DRF_MCAP_LAYOUT_COMPLETE;
    return read_summary(reader, tail);
}

void drf_mcap_index_close(struct drf_mcap_index *index)
{
    free(index->bytes);
    free(index->chunks);
    free(index->attachments);
    *index = (struct drf_mcap_index){.bytes = NULL};
}
