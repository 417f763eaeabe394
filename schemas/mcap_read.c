// SPDX-License-Identifier: Apache-2.0
// One pass from front to end through a buffered source that keeps the CRC of what it gave. A
// step takes one record: of the open chunk if there is one, else of the file. Steps that wait
// for more bytes leave everything as it was, so that a non-blocking pipe can go on later.
//
// Of a file the tail is read first (mcap_read_index.c): it says where the data end, what each
// chunk must look like, and whether the end is missing.
#include "schemas/mcap_read.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "schemas/mcap_read_impl.h"

enum {
    NAME_MAX_SIZE = 65536, // of an attachment, and of its media type
    HEADER_MAX_SIZE = 1 << 20,
};

enum drf_status drf_mcap_fail(struct drf_mcap_reader *reader, enum drf_status status,
                              uint64_t offset, const char *format, ...)
{
    char text[200];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    reader->error.offset = offset;
    snprintf(reader->error.text, sizeof reader->error.text, "%.90s: offset %llu: %s",
             reader->name, (unsigned long long)offset, text);
    return status;
}

static enum drf_status truncated(struct drf_mcap_reader *reader, uint64_t offset)
{
    if (reader->layout == DRF_MCAP_LAYOUT_COMPLETE)
        return drf_mcap_fail(reader, DRF_ERR_STORE, offset, "the file became shorter");
    reader->end = DRF_MCAP_END_TRUNCATED;
    reader->error.offset = offset;
    snprintf(reader->error.text, sizeof reader->error.text, "%.200s: truncated at offset %llu",
             reader->name, (unsigned long long)offset);
    return DRF_ERR_ABSENT;
}

// As drf_mcap_source_need(), with an error; the record began at `offset`.
static enum drf_status need(struct drf_mcap_reader *reader, size_t size, uint64_t offset)
{
    enum drf_status status = drf_mcap_source_need(&reader->source, size);
    switch (status) {
    case DRF_ERR_ABSENT:
        return truncated(reader, offset);
    case DRF_ERR_STORE:
        return drf_mcap_fail(reader, status, offset, "cannot be read: %s", drf_mcap_why().text);
    case DRF_ERR_NOMEM:
        return drf_mcap_fail(reader, status, offset, "no memory");
    default:
        return status;
    }
}

static const uint8_t *ready_bytes(const struct drf_mcap_reader *reader)
{
    return reader->source.bytes + reader->source.start;
}

static enum drf_status damaged(struct drf_mcap_reader *reader, uint64_t offset,
                               const char *what)
{
    return drf_mcap_fail(reader, DRF_ERR_SYNTAX, offset, "damaged: %s", what);
}

static char *keep_text(struct drf_mcap_text text)
{
    char *kept = malloc(text.size + 1);
    if (kept == NULL)
        return NULL;
    memcpy(kept, text.text, text.size);
    kept[text.size] = '\0';
    return kept;
}

static enum drf_status read_header(struct drf_mcap_reader *reader, uint64_t offset)
{
    enum drf_status status = need(reader, DRF_MCAP_HEAD_SIZE, offset);
    if (status != DRF_OK)
        return status;
    uint64_t size = drf_mcap_load_u64(ready_bytes(reader) + 1);
    if (ready_bytes(reader)[0] != DRF_MCAP_OP_HEADER || size > HEADER_MAX_SIZE)
        return damaged(reader, offset, "the first record is not a header");
    status = need(reader, DRF_MCAP_HEAD_SIZE + (size_t)size, offset);
    if (status != DRF_OK)
        return status;
    struct drf_mcap_cursor cursor = {.bytes = ready_bytes(reader) + DRF_MCAP_HEAD_SIZE,
                                     .size = (size_t)size};
    struct drf_mcap_text profile = drf_mcap_take_text(&cursor);
    struct drf_mcap_text library = drf_mcap_take_text(&cursor);
    if (cursor.bad)
        return damaged(reader, offset, "the header is cut short");
    free(reader->profile);
    free(reader->library);
    reader->profile = keep_text(profile);
    reader->library = keep_text(library);
    if (reader->profile == NULL || reader->library == NULL)
        return drf_mcap_fail(reader, DRF_ERR_NOMEM, offset, "no memory");
    drf_mcap_source_consume(&reader->source, DRF_MCAP_HEAD_SIZE + (size_t)size);
    reader->phase = DRF_MCAP_PHASE_DATA;
    return DRF_OK;
}

// The magic and the header, both or none.
static enum drf_status read_head(struct drf_mcap_reader *reader)
{
    if (reader->source.offset == 0) {
        enum drf_status status = need(reader, DRF_MCAP_MAGIC_SIZE, 0);
        if (status != DRF_OK)
            return status;
        if (memcmp(ready_bytes(reader), drf_mcap_magic, DRF_MCAP_MAGIC_SIZE) != 0)
            return drf_mcap_fail(reader, DRF_ERR_SYNTAX, 0, "this is not an MCAP file");
        drf_mcap_source_consume(&reader->source, DRF_MCAP_MAGIC_SIZE);
    }
    return read_header(reader, DRF_MCAP_MAGIC_SIZE);
}

static enum drf_status skip_some(struct drf_mcap_reader *reader)
{
    enum drf_status status = need(reader, 1, reader->record_offset);
    if (status != DRF_OK)
        return status;
    size_t size = drf_mcap_source_ready(&reader->source);
    if (size > reader->skip_left)
        size = (size_t)reader->skip_left;
    drf_mcap_source_consume(&reader->source, size);
    reader->skip_left -= size;
    return DRF_OK;
}

enum drf_status drf_mcap_attachment_read(struct drf_mcap_reader *reader, void *bytes,
                                         size_t room, size_t *got)
{
    if (reader->phase == DRF_MCAP_PHASE_OVER)
        return reader->over;
    if (!reader->attached) {
        *got = 0;
        return DRF_OK;
    }
    const uint64_t offset = reader->record_offset;
    enum drf_status status = need(reader, reader->attachment_left > 0 ? 1 : 4, offset);
    if (status == DRF_OK && reader->attachment_left > 0) {
        size_t size = drf_mcap_source_ready(&reader->source);
        size = size > room ? room : size;
        size = size > reader->attachment_left ? (size_t)reader->attachment_left : size;
        reader->attachment_crc =
            drf_mcap_crc(reader->attachment_crc, ready_bytes(reader), size);
        if (bytes != NULL && size > 0)
            memcpy(bytes, ready_bytes(reader), size);
        drf_mcap_source_consume(&reader->source, size);
        reader->attachment_left -= size;
        *got = size;
        return DRF_OK;
    }
    if (status == DRF_OK) {
        struct drf_mcap_cursor cursor = {.bytes = ready_bytes(reader), .size = 4};
        uint32_t crc = drf_mcap_take_u32(&cursor);
        if (crc != 0 && crc != reader->attachment_crc)
            status = damaged(reader, offset, "the CRC of an attachment is wrong");
    }
    if (status == DRF_OK) {
        drf_mcap_source_consume(&reader->source, 4);
        reader->attached = false;
        *got = 0;
    } else if (status != DRF_ERR_AGAIN) {
        reader->over = status;
        reader->phase = DRF_MCAP_PHASE_OVER;
    }
    return status;
}

// Its fields before the data; the record's head is there.
static enum drf_status open_attachment(struct drf_mcap_reader *reader, uint64_t size,
                                       struct drf_mcap_record *record, bool *given)
{
    enum { FIXED = 16 + 4 + 4 + 8 };
    const uint64_t offset = reader->record_offset;
    struct drf_mcap_cursor cursor = {.size = 0};
    struct drf_mcap_text name = {.size = 0}, media_type = {.size = 0};
    size_t known = DRF_MCAP_HEAD_SIZE + FIXED;
    // Each round learns the size of one more text, until all fields are there.
    for (int texts = 0; texts <= 2; texts++) {
        if (known - DRF_MCAP_HEAD_SIZE > size)
            return damaged(reader, offset, "the sizes of an attachment do not fit");
        enum drf_status status = need(reader, known, offset);
        if (status != DRF_OK)
            return status;
        cursor = (struct drf_mcap_cursor){.bytes = ready_bytes(reader) + DRF_MCAP_HEAD_SIZE,
                                          .size = known - DRF_MCAP_HEAD_SIZE,
                                          .at = 16};
        uint32_t sizes[2] = {0, 0};
        for (int i = 0; i < texts || (i == texts && texts < 2); i++) {
            sizes[i] = drf_mcap_take_u32(&cursor);
            if (sizes[i] > NAME_MAX_SIZE)
                return damaged(reader, offset, "the name of an attachment is too long");
            if (i < texts)
                (void)drf_mcap_take(&cursor, sizes[i]);
        }
        known = DRF_MCAP_HEAD_SIZE + FIXED + sizes[0] + sizes[1];
    }
    cursor.at = 0;
    uint64_t log_time_ns = drf_mcap_take_u64(&cursor);
    uint64_t create_time_ns = drf_mcap_take_u64(&cursor);
    name = drf_mcap_take_text(&cursor);
    media_type = drf_mcap_take_text(&cursor);
    uint64_t data_size = drf_mcap_take_u64(&cursor);
    if (cursor.bad || size < cursor.at + 4 || data_size != size - cursor.at - 4)
        return damaged(reader, offset, "the sizes of an attachment do not fit");
    reader->texts.size = 0;
    drf_mcap_put(&reader->texts, name.text, name.size);
    drf_mcap_put_u8(&reader->texts, 0);
    drf_mcap_put(&reader->texts, media_type.text, media_type.size);
    drf_mcap_put_u8(&reader->texts, 0);
    if (reader->texts.failed)
        return drf_mcap_fail(reader, DRF_ERR_NOMEM, offset, "no memory");
    reader->attachment_crc = drf_mcap_crc(0, cursor.bytes, cursor.at);
    reader->attachment_left = data_size;
    reader->attached = true;
    const char *texts = (const char *)reader->texts.bytes;
    *record = (struct drf_mcap_record){
        .kind = DRF_MCAP_ATTACHMENT,
        .offset = offset,
        .log_time_ns = log_time_ns,
        .create_time_ns = create_time_ns,
        .size = data_size,
        .name = texts,
        .media_type = texts + name.size + 1,
    };
    drf_mcap_source_consume(&reader->source, DRF_MCAP_HEAD_SIZE + cursor.at);
    *given = true;
    return DRF_OK;
}

static enum drf_status give_metadata(struct drf_mcap_reader *reader, const uint8_t *content,
                                     size_t size, struct drf_mcap_record *record, bool *given)
{
    const uint64_t offset = reader->record_offset;
    struct drf_mcap_cursor cursor = {.bytes = content, .size = size};
    struct drf_mcap_text name = drf_mcap_take_text(&cursor);
    struct drf_mcap_cursor map = drf_mcap_take_map(&cursor);
    if (cursor.bad || cursor.at != size)
        return damaged(reader, offset, "a metadata record is cut short");
    free(reader->pairs);
    reader->pairs = NULL;
    size_t count = 0;
    enum drf_status status = drf_mcap_pairs_read(map, &reader->pairs, &count);
    reader->texts.size = 0;
    drf_mcap_put(&reader->texts, name.text, name.size);
    drf_mcap_put_u8(&reader->texts, 0);
    if (status == DRF_ERR_SYNTAX)
        return damaged(reader, offset, "a metadata record is cut short");
    if (status != DRF_OK || reader->texts.failed)
        return drf_mcap_fail(reader, DRF_ERR_NOMEM, offset, "no memory");
    *record = (struct drf_mcap_record){
        .kind = DRF_MCAP_METADATA,
        .offset = offset,
        .name = (const char *)reader->texts.bytes,
        .pairs = reader->pairs,
        .pair_count = count,
    };
    *given = true;
    return DRF_OK;
}

static enum drf_status complete(struct drf_mcap_reader *reader)
{
    reader->end = DRF_MCAP_END_COMPLETE;
    return DRF_ERR_ABSENT;
}

// `crc` is that of everything before the record.
static enum drf_status end_data(struct drf_mcap_reader *reader, uint32_t wanted, uint32_t crc,
                                size_t record_size)
{
    const uint64_t offset = reader->record_offset;
    const struct drf_mcap_index *index = &reader->index;
    if (wanted != 0 && wanted != crc)
        return drf_mcap_fail(reader, DRF_ERR_SYNTAX, offset,
                             "damaged: the CRC of the data before it is wrong");
    drf_mcap_source_consume(&reader->source, record_size);
    reader->source.crc = 0;
    switch (reader->layout) {
    case DRF_MCAP_LAYOUT_STREAM:
        reader->phase = DRF_MCAP_PHASE_SUMMARY;
        return DRF_OK;
    case DRF_MCAP_LAYOUT_TRUNCATED:
        return truncated(reader, reader->source.offset);
    default:
        break;
    }
    if (reader->source.offset != index->summary_start)
        return damaged(reader, offset, "the data do not end where the index begins");
    if (reader->chunks != index->chunk_count)
        return damaged(reader, offset, "there are fewer chunks than the index says");
    if (index->has_statistics && reader->wanted == NULL
        && reader->messages != index->summary.messages)
        return damaged(reader, offset, "there are not as many messages as the index says");
    return complete(reader);
}

// A record that is wholly in the buffer.
static enum drf_status whole_record(struct drf_mcap_reader *reader, uint8_t opcode,
                                    const uint8_t *content, size_t size,
                                    struct drf_mcap_record *record, bool *given)
{
    const uint64_t offset = reader->record_offset;
    switch (opcode) {
    case DRF_MCAP_OP_CHUNK:
        reader->chunk_offset = offset;
        return drf_mcap_chunk_open(reader, content, size);
    case DRF_MCAP_OP_METADATA:
        return give_metadata(reader, content, size, record, given);
    case DRF_MCAP_OP_MESSAGE:
        if (reader->layout != DRF_MCAP_LAYOUT_STREAM)
            return drf_mcap_fail(reader, DRF_ERR_RANGE, offset,
                                 "a message outside a chunk: unindexed files are not read");
        break;
    default:
        break;
    }
    return drf_mcap_plain_record(reader, opcode, content, size, offset, record, given);
}

static enum drf_status check_bounds(struct drf_mcap_reader *reader, uint8_t opcode,
                                    uint64_t size)
{
    const uint64_t offset = reader->record_offset;
    bool file = reader->layout != DRF_MCAP_LAYOUT_STREAM;
    uint64_t limit = reader->layout == DRF_MCAP_LAYOUT_COMPLETE ? reader->index.summary_start
                                                                : reader->file_size;
    bool beyond =
        file
        && (offset + DRF_MCAP_HEAD_SIZE > limit || size > limit - offset - DRF_MCAP_HEAD_SIZE);
    if (beyond && reader->layout == DRF_MCAP_LAYOUT_COMPLETE)
        return damaged(reader, offset, "a record reaches beyond the end of the data");
    bool known = opcode >= DRF_MCAP_OP_SCHEMA && opcode <= DRF_MCAP_OP_DATA_END;
    if (opcode == 0 && reader->layout == DRF_MCAP_LAYOUT_TRUNCATED)
        return truncated(reader, offset); // room that was never written
    if (opcode < DRF_MCAP_OP_SCHEMA
        || (known && opcode > DRF_MCAP_OP_MESSAGE_INDEX && opcode != DRF_MCAP_OP_ATTACHMENT
            && opcode != DRF_MCAP_OP_METADATA && opcode != DRF_MCAP_OP_DATA_END))
        return damaged(reader, offset, "a record that may not stand there");
    if (opcode == DRF_MCAP_OP_CHUNK && size > DRF_MCAP_CHUNK_RECORD_MAX)
        return drf_mcap_fail(reader, DRF_ERR_RANGE, offset,
                             "a chunk of %llu bytes, %u are the most that is read",
                             (unsigned long long)size, DRF_MCAP_CHUNK_BYTES_MAX);
    bool buffered = opcode <= DRF_MCAP_OP_MESSAGE || opcode == DRF_MCAP_OP_METADATA;
    if (buffered && size > DRF_MCAP_CHUNK_BYTES_MAX)
        return damaged(reader, offset, "a record is too large");
    return beyond ? truncated(reader, offset) : DRF_OK;
}

static enum drf_status data_record(struct drf_mcap_reader *reader,
                                   struct drf_mcap_record *record, bool *given)
{
    const uint64_t offset = reader->record_offset = reader->source.offset;
    enum drf_status status = need(reader, DRF_MCAP_HEAD_SIZE, offset);
    if (status != DRF_OK)
        return status;
    const uint8_t opcode = ready_bytes(reader)[0];
    const uint64_t size = drf_mcap_load_u64(ready_bytes(reader) + 1);
    status = check_bounds(reader, opcode, size);
    if (status != DRF_OK)
        return status;
    if (opcode == DRF_MCAP_OP_ATTACHMENT)
        return open_attachment(reader, size, record, given);
    if (opcode == DRF_MCAP_OP_MESSAGE_INDEX || opcode > DRF_MCAP_OP_DATA_END) {
        reader->skip_left = size;
        drf_mcap_source_consume(&reader->source, DRF_MCAP_HEAD_SIZE);
        return DRF_OK;
    }
    const size_t whole = DRF_MCAP_HEAD_SIZE + (size_t)size;
    if (opcode == DRF_MCAP_OP_DATA_END && size != 4)
        return damaged(reader, offset, "the record that ends the data has a wrong size");
    status = need(reader, whole, offset);
    if (status != DRF_OK)
        return status;
    const uint8_t *content = ready_bytes(reader) + DRF_MCAP_HEAD_SIZE;
    if (opcode == DRF_MCAP_OP_DATA_END) {
        struct drf_mcap_cursor cursor = {.bytes = content, .size = 4};
        return end_data(reader, drf_mcap_take_u32(&cursor), reader->source.crc, whole);
    }
    status = whole_record(reader, opcode, content, (size_t)size, record, given);
    // The bytes stay where they are until the next need(): a record may point at them.
    if (status == DRF_OK)
        drf_mcap_source_consume(&reader->source, whole);
    return status;
}

static enum drf_status summary_record(struct drf_mcap_reader *reader)
{
    const uint64_t offset = reader->record_offset = reader->source.offset;
    enum drf_status status = need(reader, DRF_MCAP_HEAD_SIZE, offset);
    if (status != DRF_OK)
        return status;
    const uint8_t opcode = ready_bytes(reader)[0];
    const uint64_t size = drf_mcap_load_u64(ready_bytes(reader) + 1);
    if (opcode != DRF_MCAP_OP_FOOTER) {
        if (opcode == 0 || opcode > DRF_MCAP_OP_SUMMARY_OFFSET
            || size > DRF_MCAP_SUMMARY_BYTES_MAX)
            return damaged(reader, offset, "a record of the index");
        reader->skip_left = size;
        drf_mcap_source_consume(&reader->source, DRF_MCAP_HEAD_SIZE);
        return DRF_OK;
    }
    const size_t whole = DRF_MCAP_HEAD_SIZE + DRF_MCAP_FOOTER_CONTENT;
    if (size != DRF_MCAP_FOOTER_CONTENT)
        return damaged(reader, offset, "the footer has a wrong size");
    status = need(reader, whole, offset);
    if (status != DRF_OK)
        return status;
    drf_mcap_source_consume(&reader->source, whole - 4);
    struct drf_mcap_cursor cursor = {.bytes = ready_bytes(reader), .size = 4};
    uint32_t crc = drf_mcap_take_u32(&cursor);
    if (crc != 0 && crc != reader->source.crc)
        return damaged(reader, offset, "the CRC of the index is wrong");
    drf_mcap_source_consume(&reader->source, 4);
    reader->phase = DRF_MCAP_PHASE_MAGIC;
    return DRF_OK;
}

static enum drf_status last_magic(struct drf_mcap_reader *reader)
{
    const uint64_t offset = reader->source.offset;
    enum drf_status status = need(reader, DRF_MCAP_MAGIC_SIZE, offset);
    if (status != DRF_OK)
        return status;
    if (memcmp(ready_bytes(reader), drf_mcap_magic, DRF_MCAP_MAGIC_SIZE) != 0)
        return damaged(reader, offset, "the magic at the end is wrong");
    return complete(reader);
}

static enum drf_status step(struct drf_mcap_reader *reader, struct drf_mcap_record *record,
                            bool *given)
{
    size_t got;
    if (reader->attached)
        return drf_mcap_attachment_read(reader, NULL, SIZE_MAX, &got);
    if (reader->skip_left > 0)
        return skip_some(reader);
    if (reader->chunk_at < reader->chunk_size)
        return drf_mcap_chunk_next(reader, record, given);
    switch (reader->phase) {
    case DRF_MCAP_PHASE_HEAD:
        return read_head(reader);
    case DRF_MCAP_PHASE_DATA:
        return data_record(reader, record, given);
    case DRF_MCAP_PHASE_SUMMARY:
        return summary_record(reader);
    default:
        return last_magic(reader);
    }
}

enum drf_status drf_mcap_next(struct drf_mcap_reader *reader, struct drf_mcap_record *record)
{
    bool given = false;
    while (!given) {
        if (reader->phase == DRF_MCAP_PHASE_OVER)
            return reader->over;
        enum drf_status status = step(reader, record, &given);
        if (status == DRF_ERR_AGAIN)
            return status;
        if (status != DRF_OK) {
            reader->over = status;
            reader->phase = DRF_MCAP_PHASE_OVER;
        }
    }
    return DRF_OK;
}

static enum drf_status rewind_file(struct drf_mcap_reader *reader)
{
    if (lseek(reader->fd, 0, SEEK_SET) != 0)
        return drf_mcap_fail(reader, DRF_ERR_STORE, 0, "cannot be read: %s",
                             drf_mcap_why().text);
    struct drf_mcap_source *source = &reader->source;
    source->start = source->end = 0;
    source->offset = source->crc = 0;
    reader->phase = DRF_MCAP_PHASE_HEAD;
    reader->end = DRF_MCAP_END_AHEAD;
    reader->error = (struct drf_mcap_error){.offset = 0};
    reader->chunk_at = reader->chunk_size = 0;
    reader->chunks = reader->messages = 0;
    enum drf_status status = read_head(reader);
    reader->data_offset = source->offset;
    // Without a head there is nothing to read: that is more than truncation.
    return status == DRF_ERR_ABSENT
               ? drf_mcap_fail(reader, DRF_ERR_SYNTAX, 0, "this is not an MCAP file")
               : status;
}

static enum drf_status begin_file(struct drf_mcap_reader *reader, bool verify)
{
    struct stat about;
    if (fstat(reader->fd, &about) != 0 || !S_ISREG(about.st_mode))
        return drf_mcap_fail(reader, DRF_ERR_ABSENT, 0, "this is not a file");
    reader->file_size = (uint64_t)about.st_size;
    reader->layout = DRF_MCAP_LAYOUT_TRUNCATED;
    enum drf_status status = rewind_file(reader);
    if (status == DRF_OK)
        status = drf_mcap_read_tail(reader);
    if (status != DRF_OK || !verify)
        return status;
    struct drf_mcap_record record;
    while (status == DRF_OK)
        status = drf_mcap_next(reader, &record);
    return status == DRF_ERR_ABSENT ? rewind_file(reader) : status;
}

enum drf_status drf_mcap_reader_open_fd(int fd, const char *name,
                                        const struct drf_mcap_read_options *options,
                                        struct drf_mcap_reader **out,
                                        struct drf_mcap_error *error)
{
    struct drf_mcap_reader *reader = calloc(1, sizeof *reader);
    char *copy = malloc(strlen(name) + 1);
    if (reader == NULL || copy == NULL) {
        free(reader);
        free(copy);
        (void)close(fd);
        *error = (struct drf_mcap_error){.text = "no memory"};
        return DRF_ERR_NOMEM;
    }
    memcpy(copy, name, strlen(name) + 1);
    reader->fd = reader->source.fd = fd;
    reader->name = copy;
    enum drf_status status = options->stream ? DRF_OK : begin_file(reader, options->verify);
    if (status != DRF_OK) {
        *error = reader->error;
        drf_mcap_reader_close(reader);
        return status;
    }
    *out = reader;
    return DRF_OK;
}

enum drf_status drf_mcap_reader_open(const char *path,
                                     const struct drf_mcap_read_options *options,
                                     struct drf_mcap_reader **out, struct drf_mcap_error *error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        error->offset = 0;
        snprintf(error->text, sizeof error->text, "%.200s: cannot be opened: %s", path,
                 drf_mcap_why().text);
        return DRF_ERR_ABSENT;
    }
    return drf_mcap_reader_open_fd(fd, path, options, out, error);
}

void drf_mcap_reader_close(struct drf_mcap_reader *reader)
{
    if (reader == NULL)
        return;
    drf_mcap_source_close(&reader->source);
    drf_mcap_registry_close(&reader->registry);
    drf_mcap_index_close(&reader->index);
    drf_mcap_zstd_close(reader->zstd);
    drf_mcap_buffer_free(&reader->texts);
    free(reader->chunk);
    free(reader->pairs);
    free(reader->profile);
    free(reader->library);
    free(reader->name);
    (void)close(reader->fd);
    free(reader);
}
