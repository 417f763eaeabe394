// SPDX-License-Identifier: Apache-2.0
// What a reader says of its file beside the records: profile, summary, channels, errors, and an
// attachment by its name.
#include <stdlib.h>
#include <string.h>

#include "schemas/mcap_read_impl.h"

enum drf_mcap_end drf_mcap_reader_end(const struct drf_mcap_reader *reader)
{
    return reader->end;
}

const struct drf_mcap_error *drf_mcap_reader_error(const struct drf_mcap_reader *reader)
{
    return &reader->error;
}

const char *drf_mcap_profile(const struct drf_mcap_reader *reader)
{
    return reader->profile != NULL ? reader->profile : "";
}

const char *drf_mcap_library(const struct drf_mcap_reader *reader)
{
    return reader->library != NULL ? reader->library : "";
}

void drf_mcap_select(struct drf_mcap_reader *reader,
                     bool (*wanted)(void *context, const struct drf_mcap_channel *channel),
                     void *context)
{
    reader->wanted = wanted;
    reader->wanted_context = context;
}

enum drf_status drf_mcap_summarize(const struct drf_mcap_reader *reader,
                                   struct drf_mcap_summary *out)
{
    if (reader->layout != DRF_MCAP_LAYOUT_COMPLETE || !reader->index.has_statistics)
        return DRF_ERR_ABSENT;
    *out = reader->index.summary;
    out->channels = reader->registry.count;
    return DRF_OK;
}

const struct drf_mcap_channel *drf_mcap_channel_at(const struct drf_mcap_reader *reader,
                                                   size_t index)
{
    return index < reader->registry.count ? &reader->registry.order[index]->channel : NULL;
}

enum drf_status drf_mcap_reject(struct drf_mcap_reader *reader,
                                const struct drf_mcap_record *record, const char *what)
{
    reader->phase = DRF_MCAP_PHASE_OVER;
    reader->over = DRF_ERR_SYNTAX;
    return drf_mcap_fail(reader, DRF_ERR_SYNTAX, record->offset, "channel \"%.80s\": %.80s",
                         record->kind == DRF_MCAP_MESSAGE ? record->channel->topic : "", what);
}

// The attachment whose record begins at `offset` and has `size` bytes of content.
static enum drf_status read_attachment(struct drf_mcap_reader *reader, uint64_t offset,
                                       uint64_t size, size_t most, uint8_t **data,
                                       size_t *data_size)
{
    enum { BESIDE = 1 << 18 }; // its other fields are shorter
    if (size > (uint64_t)most + BESIDE)
        return drf_mcap_fail(reader, DRF_ERR_FULL, offset,
                             "an attachment of %llu bytes, %zu are the most that is read",
                             (unsigned long long)size, most);
    uint8_t *bytes = malloc((size_t)size + 1);
    if (bytes == NULL)
        return drf_mcap_fail(reader, DRF_ERR_NOMEM, offset, "no memory");
    enum drf_status status =
        drf_mcap_read_at(reader, bytes, (size_t)size, offset + DRF_MCAP_HEAD_SIZE);
    struct drf_mcap_cursor cursor = {.bytes = bytes, .size = (size_t)size};
    (void)drf_mcap_take_u64(&cursor); // log time
    (void)drf_mcap_take_u64(&cursor); // create time
    (void)drf_mcap_take_text(&cursor);
    (void)drf_mcap_take_text(&cursor);
    uint64_t length = drf_mcap_take_u64(&cursor);
    const uint8_t *found = drf_mcap_take(&cursor, length);
    size_t checked = cursor.at;
    uint32_t crc = drf_mcap_take_u32(&cursor);
    if (status == DRF_OK
        && (cursor.bad || cursor.at != cursor.size
            || (crc != 0 && crc != drf_mcap_crc(0, bytes, checked))))
        status = drf_mcap_fail(reader, DRF_ERR_SYNTAX, offset,
                               "damaged: the CRC of an attachment is wrong");
    if (status == DRF_OK && length > most)
        status = drf_mcap_fail(reader, DRF_ERR_FULL, offset,
                               "an attachment of %llu bytes, %zu are the most that is read",
                               (unsigned long long)length, most);
    if (status != DRF_OK) {
        free(bytes);
        return status;
    }
    memmove(bytes, found, (size_t)length);
    bytes[length] = '\0';
    *data = bytes;
    *data_size = (size_t)length;
    return DRF_OK;
}

// Whether the attachment at `offset` has that name.
static enum drf_status has_name(struct drf_mcap_reader *reader, uint64_t offset, uint64_t size,
                                const char *name, bool *same)
{
    enum { BEFORE = 8 + 8 + 4 };
    size_t length = strlen(name);
    *same = false;
    if (size < BEFORE + length)
        return DRF_OK;
    uint8_t *bytes = malloc(BEFORE + length);
    if (bytes == NULL)
        return drf_mcap_fail(reader, DRF_ERR_NOMEM, offset, "no memory");
    enum drf_status status =
        drf_mcap_read_at(reader, bytes, BEFORE + length, offset + DRF_MCAP_HEAD_SIZE);
    struct drf_mcap_cursor cursor = {.bytes = bytes, .size = BEFORE + length, .at = 16};
    if (status == DRF_OK)
        *same = drf_mcap_text_is(drf_mcap_take_text(&cursor), name);
    free(bytes);
    return status;
}

// Without an index: from record to record.
static enum drf_status scan(struct drf_mcap_reader *reader, const char *name, size_t most,
                            uint8_t **data, size_t *size)
{
    uint64_t limit = reader->layout == DRF_MCAP_LAYOUT_COMPLETE ? reader->index.summary_start
                                                                : reader->file_size;
    uint64_t offset = reader->data_offset;
    uint8_t head[DRF_MCAP_HEAD_SIZE];
    while (offset <= limit && limit - offset >= sizeof head) {
        enum drf_status status = drf_mcap_read_at(reader, head, sizeof head, offset);
        if (status != DRF_OK)
            return status;
        uint64_t length = drf_mcap_load_u64(head + 1);
        if (head[0] == 0 || head[0] == DRF_MCAP_OP_DATA_END
            || length > limit - offset - sizeof head)
            break;
        bool same = false;
        if (head[0] == DRF_MCAP_OP_ATTACHMENT)
            status = has_name(reader, offset, length, name, &same);
        if (status != DRF_OK)
            return status;
        if (same)
            return read_attachment(reader, offset, length, most, data, size);
        offset += sizeof head + length;
    }
    return DRF_ERR_ABSENT;
}

enum drf_status drf_mcap_attachment_find(struct drf_mcap_reader *reader, const char *name,
                                         size_t most, uint8_t **data, size_t *size)
{
    const struct drf_mcap_index *index = &reader->index;
    if (reader->layout == DRF_MCAP_LAYOUT_STREAM)
        return DRF_ERR_ABSENT;
    for (size_t i = 0; i < index->attachment_count; i++) {
        const struct drf_mcap_attachment_index *found = &index->attachments[i];
        if (!drf_mcap_text_is(found->name, name))
            continue;
        uint8_t head[DRF_MCAP_HEAD_SIZE] = {0};
        bool inside = found->offset < index->summary_start && found->length >= sizeof head
                      && found->length <= index->summary_start - found->offset;
        enum drf_status status =
            inside ? drf_mcap_read_at(reader, head, sizeof head, found->offset) : DRF_OK;
        if (status != DRF_OK)
            return status;
        if (head[0] != DRF_MCAP_OP_ATTACHMENT
            || drf_mcap_load_u64(head + 1) != found->length - sizeof head)
            return drf_mcap_fail(reader, DRF_ERR_SYNTAX, found->offset,
                                 "damaged: no attachment stands where the index says");
        return read_attachment(reader, found->offset, found->length - sizeof head, most, data,
                               size);
    }
    if (reader->layout == DRF_MCAP_LAYOUT_COMPLETE && index->has_statistics
        && index->summary.attachments == index->attachment_count)
        return DRF_ERR_ABSENT;
    return scan(reader, name, most, data, size);
}
