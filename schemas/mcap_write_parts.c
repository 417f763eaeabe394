// SPDX-License-Identifier: Apache-2.0
// What stands beside the chunks: declarations of schemas and channels, attachments, metadata,
// and the summary at the end.
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "schemas/mcap_write.h"
#include "schemas/mcap_write_impl.h"

// Keeps the record in `scratch` as a new declaration.
static enum drf_status keep(struct drf_mcap_writer *writer,
                            struct drf_mcap_declarations *declarations, uint16_t schema_id,
                            uint16_t *id)
{
    struct drf_mcap_buffer *made = &writer->scratch;
    uint8_t *record = made->failed ? NULL : malloc(made->size);
    if (record != NULL && declarations->count == declarations->room) {
        size_t room = declarations->room == 0 ? 64 : 2 * declarations->room;
        struct drf_mcap_declared *list =
            realloc(declarations->list, room * sizeof *declarations->list);
        if (list == NULL) {
            free(record);
            record = NULL;
        } else {
            declarations->list = list;
            declarations->room = room;
        }
    }
    if (record != NULL) {
        memcpy(record, made->bytes, made->size);
        declarations->list[declarations->count] = (struct drf_mcap_declared){
            .record = record, .size = made->size, .schema_id = schema_id};
        *id = (uint16_t)++declarations->count;
    }
    made->size = 0;
    made->failed = false;
    return record != NULL ? DRF_OK : DRF_ERR_NOMEM;
}

static bool schema_is(const struct drf_mcap_declared *schema, const char *name,
                      const char *encoding)
{
    struct drf_mcap_cursor cursor = {.bytes = schema->record + DRF_MCAP_HEAD_SIZE + 2,
                                     .size = schema->size - DRF_MCAP_HEAD_SIZE - 2};
    struct drf_mcap_text its_name = drf_mcap_take_text(&cursor);
    return drf_mcap_text_is(its_name, name)
           && drf_mcap_text_is(drf_mcap_take_text(&cursor), encoding);
}

enum drf_status drf_mcap_write_schema(struct drf_mcap_writer *writer, const char *name,
                                      const char *encoding, const void *data, size_t size,
                                      uint16_t *id)
{
    for (size_t i = 0; i < writer->schemas.count; i++)
        if (schema_is(&writer->schemas.list[i], name, encoding)) {
            *id = (uint16_t)(i + 1);
            return DRF_OK;
        }
    if (writer->schemas.count == DRF_MCAP_ID_MAX || size > DRF_MCAP_CHUNK_BYTES_MAX / 4)
        return DRF_ERR_FULL;
    struct drf_mcap_buffer *out = &writer->scratch;
    size_t begun = drf_mcap_record_begin(out, DRF_MCAP_OP_SCHEMA);
    drf_mcap_put_u16(out, (uint16_t)(writer->schemas.count + 1));
    drf_mcap_put_text(out, name);
    drf_mcap_put_text(out, encoding);
    drf_mcap_put_u32(out, (uint32_t)size);
    drf_mcap_put(out, data, size);
    drf_mcap_record_end(out, begun);
    return keep(writer, &writer->schemas, 0, id);
}

enum drf_status drf_mcap_write_channel(struct drf_mcap_writer *writer, const char *topic,
                                       const char *encoding, uint16_t schema_id,
                                       const struct drf_mcap_pair *metadata, size_t count,
                                       uint16_t *id)
{
    if (writer->channels.count == DRF_MCAP_ID_MAX)
        return DRF_ERR_FULL;
    if (schema_id > writer->schemas.count)
        return DRF_ERR_RANGE;
    struct drf_mcap_buffer *out = &writer->scratch;
    size_t begun = drf_mcap_record_begin(out, DRF_MCAP_OP_CHANNEL);
    drf_mcap_put_u16(out, (uint16_t)(writer->channels.count + 1));
    drf_mcap_put_u16(out, schema_id);
    drf_mcap_put_text(out, topic);
    drf_mcap_put_text(out, encoding);
    drf_mcap_put_pairs(out, metadata, count);
    drf_mcap_record_end(out, begun);
    return keep(writer, &writer->channels, schema_id, id);
}

static enum drf_status emit_scratch(struct drf_mcap_writer *writer)
{
    struct drf_mcap_buffer *made = &writer->scratch;
    enum drf_status status = made->failed ? DRF_ERR_NOMEM : DRF_OK;
    if (status == DRF_OK)
        status = drf_mcap_emit(writer, &(struct drf_mcap_piece){made->bytes, made->size}, 1);
    made->size = 0;
    made->failed = false;
    return status;
}

enum drf_status drf_mcap_write_metadata(struct drf_mcap_writer *writer, const char *name,
                                        const struct drf_mcap_pair *pairs, size_t count)
{
    enum drf_status ended = drf_mcap_write_end_chunk(writer);
    enum drf_status status = drf_mcap_ready(writer);
    if (status != DRF_OK)
        return status;
    struct drf_mcap_buffer *out = &writer->scratch, *index = &writer->metadata_index;
    size_t begun = drf_mcap_record_begin(out, DRF_MCAP_OP_METADATA);
    drf_mcap_put_text(out, name);
    drf_mcap_put_pairs(out, pairs, count);
    drf_mcap_record_end(out, begun);
    size_t index_begun = drf_mcap_record_begin(index, DRF_MCAP_OP_METADATA_INDEX);
    drf_mcap_put_u64(index, writer->offset);
    drf_mcap_put_u64(index, out->size);
    drf_mcap_put_text(index, name);
    drf_mcap_record_end(index, index_begun);
    status = index->failed ? DRF_ERR_NOMEM : emit_scratch(writer);
    if (status != DRF_OK) {
        out->size = 0;
        index->size = index_begun;
        index->failed = false;
        return status;
    }
    writer->metadata_records++;
    return ended;
}

static void put_attachment_index(struct drf_mcap_writer *writer,
                                 const struct drf_mcap_write_attachment *attachment,
                                 uint64_t length, uint64_t size)
{
    struct drf_mcap_buffer *index = &writer->attachment_index;
    size_t begun = drf_mcap_record_begin(index, DRF_MCAP_OP_ATTACHMENT_INDEX);
    drf_mcap_put_u64(index, writer->offset);
    drf_mcap_put_u64(index, length);
    drf_mcap_put_u64(index, attachment->log_time_ns);
    drf_mcap_put_u64(index, attachment->create_time_ns);
    drf_mcap_put_u64(index, size);
    drf_mcap_put_text(index, attachment->name);
    drf_mcap_put_text(index, attachment->media_type);
    drf_mcap_record_end(index, begun);
}

// The attachment that is under way is cut off again, with its index.
static void abandon(struct drf_mcap_writer *writer, size_t index_size)
{
    writer->attaching = false;
    writer->attachment_index.size = index_size;
    writer->attachment_index.failed = false;
}

enum drf_status drf_mcap_attachment_begin(struct drf_mcap_writer *writer,
                                          const struct drf_mcap_write_attachment *attachment,
                                          uint64_t size)
{
    enum drf_status ended = drf_mcap_write_end_chunk(writer);
    enum drf_status status = drf_mcap_ready(writer);
    if (status != DRF_OK)
        return status;
    struct drf_mcap_buffer *out = &writer->scratch;
    size_t begun = drf_mcap_record_begin(out, DRF_MCAP_OP_ATTACHMENT);
    drf_mcap_put_u64(out, attachment->log_time_ns);
    drf_mcap_put_u64(out, attachment->create_time_ns);
    drf_mcap_put_text(out, attachment->name);
    drf_mcap_put_text(out, attachment->media_type);
    drf_mcap_put_u64(out, size);
    uint64_t length = out->size + size + 4;
    size_t index_before = writer->attachment_index.size;
    put_attachment_index(writer, attachment, length, size);
    uint64_t offset = writer->offset;
    uint32_t crc = writer->crc;
    if (!out->failed && !writer->attachment_index.failed) {
        drf_mcap_store_u64(out->bytes + begun + 1, length - DRF_MCAP_HEAD_SIZE);
        writer->attachment_crc =
            drf_mcap_crc(0, out->bytes + DRF_MCAP_HEAD_SIZE, out->size - DRF_MCAP_HEAD_SIZE);
        status = emit_scratch(writer);
    } else {
        out->size = 0;
        out->failed = false;
        status = DRF_ERR_NOMEM;
    }
    if (status != DRF_OK) {
        abandon(writer, index_before);
        return status;
    }
    writer->attaching = true;
    writer->attachment_offset = offset;
    writer->attachment_start_crc = crc;
    writer->attachment_left = size;
    writer->attachment_index_before = index_before;
    return ended;
}

static enum drf_status cut_off(struct drf_mcap_writer *writer, enum drf_status status)
{
    drf_mcap_cut_back(writer, writer->attachment_offset, writer->attachment_start_crc);
    abandon(writer, writer->attachment_index_before);
    return status;
}

enum drf_status drf_mcap_attachment_append(struct drf_mcap_writer *writer, const void *data,
                                           size_t size)
{
    if (!writer->attaching)
        return writer->broken ? DRF_ERR_STORE : DRF_ERR_RANGE;
    if (size > writer->attachment_left)
        return cut_off(writer, DRF_ERR_RANGE);
    if (size == 0)
        return DRF_OK;
    enum drf_status status = drf_mcap_emit(writer, &(struct drf_mcap_piece){data, size}, 1);
    if (status != DRF_OK)
        return cut_off(writer, status);
    writer->attachment_left -= size;
    writer->attachment_crc = drf_mcap_crc(writer->attachment_crc, data, size);
    return DRF_OK;
}

enum drf_status drf_mcap_attachment_end(struct drf_mcap_writer *writer)
{
    if (!writer->attaching)
        return writer->broken ? DRF_ERR_STORE : DRF_ERR_RANGE;
    if (writer->attachment_left > 0)
        return cut_off(writer, DRF_ERR_RANGE);
    uint8_t crc[4];
    drf_mcap_store_u32(crc, writer->attachment_crc);
    enum drf_status status =
        drf_mcap_emit(writer, &(struct drf_mcap_piece){crc, sizeof crc}, 1);
    if (status != DRF_OK)
        return cut_off(writer, status);
    writer->attaching = false;
    writer->attachments++;
    return DRF_OK;
}

enum drf_status drf_mcap_write_attachment(struct drf_mcap_writer *writer,
                                          const struct drf_mcap_write_attachment *attachment,
                                          const void *data, size_t size)
{
    // A chunk that was lost just before does not keep the attachment away.
    enum drf_status ended = drf_mcap_write_end_chunk(writer);
    enum drf_status status = drf_mcap_attachment_begin(writer, attachment, size);
    if (status == DRF_OK)
        status = drf_mcap_attachment_append(writer, data, size);
    if (status == DRF_OK)
        status = drf_mcap_attachment_end(writer);
    return status == DRF_OK ? ended : status;
}

// The groups of the summary, each a run of records of one kind, and where they begin.
struct group {
    uint8_t opcode;
    uint64_t start, length;
};

static void put_declared(struct drf_mcap_buffer *out, const struct drf_mcap_declarations *all)
{
    for (size_t i = 0; i < all->count; i++)
        if (all->list[i].chunk != 0)
            drf_mcap_put(out, all->list[i].record, all->list[i].size);
}

static uint32_t declared_count(const struct drf_mcap_declarations *all)
{
    uint32_t count = 0;
    for (size_t i = 0; i < all->count; i++)
        count += all->list[i].chunk != 0;
    return count;
}

static void put_statistics(const struct drf_mcap_writer *writer, struct drf_mcap_buffer *out)
{
    const struct drf_mcap_declarations *channels = &writer->channels;
    size_t begun = drf_mcap_record_begin(out, DRF_MCAP_OP_STATISTICS);
    drf_mcap_put_u64(out, writer->messages);
    drf_mcap_put_u16(out, (uint16_t)declared_count(&writer->schemas));
    drf_mcap_put_u32(out, declared_count(channels));
    drf_mcap_put_u32(out, (uint32_t)writer->attachments);
    drf_mcap_put_u32(out, (uint32_t)writer->metadata_records);
    drf_mcap_put_u32(out, (uint32_t)writer->chunks);
    drf_mcap_put_u64(out, writer->start_ns);
    drf_mcap_put_u64(out, writer->end_ns);
    drf_mcap_put_u32(out, 10 * declared_count(channels));
    for (size_t i = 0; i < channels->count; i++)
        if (channels->list[i].chunk != 0) {
            drf_mcap_put_u16(out, (uint16_t)(i + 1));
            drf_mcap_put_u64(out, channels->list[i].messages);
        }
    drf_mcap_record_end(out, begun);
}

static void put_summary(const struct drf_mcap_writer *writer, struct drf_mcap_buffer *out)
{
    static const uint8_t opcodes[] = {DRF_MCAP_OP_SCHEMA,           DRF_MCAP_OP_CHANNEL,
                                      DRF_MCAP_OP_STATISTICS,       DRF_MCAP_OP_CHUNK_INDEX,
                                      DRF_MCAP_OP_ATTACHMENT_INDEX, DRF_MCAP_OP_METADATA_INDEX};
    enum { GROUPS = sizeof opcodes };
    struct group groups[GROUPS];
    for (size_t i = 0; i < GROUPS; i++) {
        size_t start = out->size;
        switch (opcodes[i]) {
        case DRF_MCAP_OP_SCHEMA:
            put_declared(out, &writer->schemas);
            break;
        case DRF_MCAP_OP_CHANNEL:
            put_declared(out, &writer->channels);
            break;
        case DRF_MCAP_OP_STATISTICS:
            put_statistics(writer, out);
            break;
        case DRF_MCAP_OP_CHUNK_INDEX:
            drf_mcap_put(out, writer->chunk_index.bytes, writer->chunk_index.size);
            break;
        case DRF_MCAP_OP_ATTACHMENT_INDEX:
            drf_mcap_put(out, writer->attachment_index.bytes, writer->attachment_index.size);
            break;
        default:
            drf_mcap_put(out, writer->metadata_index.bytes, writer->metadata_index.size);
            break;
        }
        groups[i] = (struct group){
            .opcode = opcodes[i], .start = writer->offset + start, .length = out->size - start};
    }
    uint64_t offsets_start = writer->offset + out->size;
    for (size_t i = 0; i < GROUPS; i++) {
        if (groups[i].length == 0)
            continue;
        size_t begun = drf_mcap_record_begin(out, DRF_MCAP_OP_SUMMARY_OFFSET);
        drf_mcap_put_u8(out, groups[i].opcode);
        drf_mcap_put_u64(out, groups[i].start);
        drf_mcap_put_u64(out, groups[i].length);
        drf_mcap_record_end(out, begun);
    }
    size_t begun = drf_mcap_record_begin(out, DRF_MCAP_OP_FOOTER);
    drf_mcap_put_u64(out, writer->offset);
    drf_mcap_put_u64(out, offsets_start);
    if (!out->failed) {
        // The CRC covers the record's own size too.
        drf_mcap_store_u64(out->bytes + begun + 1, DRF_MCAP_FOOTER_CONTENT);
        drf_mcap_put_u32(out, drf_mcap_crc(0, out->bytes, out->size));
    }
    drf_mcap_put(out, drf_mcap_magic, DRF_MCAP_MAGIC_SIZE);
}

// A stream has no summary.
static void put_bare_footer(struct drf_mcap_buffer *out)
{
    static const uint8_t nothing[DRF_MCAP_FOOTER_CONTENT] = {0};
    size_t begun = drf_mcap_record_begin(out, DRF_MCAP_OP_FOOTER);
    drf_mcap_put(out, nothing, sizeof nothing);
    drf_mcap_record_end(out, begun);
    drf_mcap_put(out, drf_mcap_magic, DRF_MCAP_MAGIC_SIZE);
}

enum drf_status drf_mcap_writer_finish(struct drf_mcap_writer *writer)
{
    enum drf_status ended = drf_mcap_write_end_chunk(writer);
    enum drf_status status = drf_mcap_ready(writer);
    struct drf_mcap_buffer *out = &writer->scratch;
    if (status != DRF_OK)
        return status;
    size_t begun = drf_mcap_record_begin(out, DRF_MCAP_OP_DATA_END);
    drf_mcap_put_u32(out, writer->crc);
    drf_mcap_record_end(out, begun);
    status = emit_scratch(writer);
    if (status == DRF_OK) {
        if (writer->stream)
            put_bare_footer(out);
        else
            put_summary(writer, out);
        status = emit_scratch(writer);
    }
    if (status == DRF_OK && writer->sync && writer->regular && fsync(writer->fd) != 0)
        status = DRF_ERR_STORE;
    writer->finished = true;
    return status == DRF_OK ? ended : status;
}

static void free_declarations(struct drf_mcap_declarations *declarations)
{
    for (size_t i = 0; i < declarations->count; i++)
        free(declarations->list[i].record);
    free(declarations->list);
}

void drf_mcap_writer_close(struct drf_mcap_writer *writer)
{
    if (writer == NULL)
        return;
    free_declarations(&writer->schemas);
    free_declarations(&writer->channels);
    struct drf_mcap_buffer *buffers[] = {
        &writer->chunk,       &writer->packed,           &writer->scratch,
        &writer->chunk_index, &writer->attachment_index, &writer->metadata_index};
    for (size_t i = 0; i < sizeof buffers / sizeof buffers[0]; i++)
        drf_mcap_buffer_free(buffers[i]);
    drf_mcap_zstd_close(writer->zstd);
    free(writer->entries);
    free(writer->touched);
    free(writer->name);
    (void)close(writer->fd);
    free(writer);
}
