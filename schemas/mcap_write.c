// SPDX-License-Identifier: Apache-2.0
// Messages are appended to the buffer of the open chunk, as the records that will stand in the
// file; a schema or channel goes in just before its first message. At the end of the chunk the
// buffer is compressed into `packed` behind the chunk's head, the message indexes are built in
// `scratch`, and both go out in one writev. Each channel knows how many messages it has in the
// open chunk, so the indexes are laid out first and then filled in one pass over the messages.
//
// A write that fails is cut off again: `offset` and `crc` are those of the whole records. A
// schema or channel that stood in a lost chunk is written again with its next message.
#include "schemas/mcap_write.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "schemas/mcap_write_impl.h"

enum { PIECES_MAX = 4 };

static enum drf_status write_failed(struct drf_mcap_writer *writer, const char *why)
{
    snprintf(writer->error, sizeof writer->error, "%.200s: offset %llu: cannot be written: %s",
             writer->name, (unsigned long long)writer->offset, why);
    return DRF_ERR_STORE;
}

void drf_mcap_cut_back(struct drf_mcap_writer *writer, uint64_t offset, uint32_t crc)
{
    if (writer->regular && ftruncate(writer->fd, (off_t)offset) == 0
        && lseek(writer->fd, (off_t)offset, SEEK_SET) == (off_t)offset) {
        writer->offset = offset;
        writer->crc = crc;
    } else {
        writer->broken = true;
    }
}

enum drf_status drf_mcap_emit(struct drf_mcap_writer *writer,
                              const struct drf_mcap_piece *pieces, size_t count)
{
    struct iovec parts[PIECES_MAX];
    size_t left = 0, first = 0;
    for (size_t i = 0; i < count; i++) {
        // writev takes what it only reads as void *
        memcpy(&parts[i].iov_base, &pieces[i].bytes, sizeof parts[i].iov_base);
        parts[i].iov_len = pieces[i].size;
        left += pieces[i].size;
    }
    const size_t size = left;
    while (left > 0) {
        ssize_t written = writev(writer->fd, parts + first, (int)(count - first));
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0) {
            enum drf_status status =
                write_failed(writer, written < 0 ? drf_mcap_why().text : "nothing was taken");
            drf_mcap_cut_back(writer, writer->offset, writer->crc);
            return status;
        }
        left -= (size_t)written;
        for (size_t taken = (size_t)written; taken > 0;) {
            size_t part = parts[first].iov_len < taken ? parts[first].iov_len : taken;
            parts[first].iov_base = (uint8_t *)parts[first].iov_base + part;
            parts[first].iov_len -= part;
            taken -= part;
            if (parts[first].iov_len == 0 && first + 1 < count)
                first++;
        }
    }
    for (size_t i = 0; i < count; i++)
        writer->crc = drf_mcap_crc(writer->crc, pieces[i].bytes, pieces[i].size);
    writer->offset += size;
    return DRF_OK;
}

enum drf_status drf_mcap_ready(const struct drf_mcap_writer *writer)
{
    if (writer->broken)
        return DRF_ERR_STORE;
    return writer->finished || writer->attaching ? DRF_ERR_RANGE : DRF_OK;
}

// A file that is to be synced says when the disk refuses; what was written stays counted.
static enum drf_status settle(struct drf_mcap_writer *writer)
{
    if (!writer->sync || !writer->regular || fdatasync(writer->fd) == 0)
        return DRF_OK;
    return write_failed(writer, drf_mcap_why().text);
}

static struct drf_mcap_declared *channel_of(struct drf_mcap_writer *writer, uint16_t id)
{
    return &writer->channels.list[id - 1U];
}

static void forget_chunk(struct drf_mcap_writer *writer)
{
    for (size_t i = 0; i < writer->touched_count; i++)
        channel_of(writer, writer->touched[i])->in_chunk = 0;
    writer->chunk.size = writer->packed.size = writer->scratch.size = 0;
    writer->chunk.failed = writer->packed.failed = writer->scratch.failed = false;
    writer->entry_count = writer->touched_count = 0;
}

static void lose_chunk(struct drf_mcap_writer *writer)
{
    struct drf_mcap_declarations *both[] = {&writer->schemas, &writer->channels};
    for (size_t k = 0; k < 2; k++)
        for (size_t i = 0; i < both[k]->count; i++)
            if (both[k]->list[i].chunk == writer->chunks + 1)
                both[k]->list[i].chunk = 0;
    writer->messages -= writer->entry_count;
    writer->lost += writer->entry_count;
    forget_chunk(writer);
}

static enum drf_status put_chunk(struct drf_mcap_writer *writer)
{
    struct drf_mcap_buffer *out = &writer->packed;
    size_t begun = drf_mcap_record_begin(out, DRF_MCAP_OP_CHUNK);
    drf_mcap_put_u64(out, writer->first_ns);
    drf_mcap_put_u64(out, writer->last_ns);
    drf_mcap_put_u64(out, writer->chunk.size);
    drf_mcap_put_u32(out, drf_mcap_crc(0, writer->chunk.bytes, writer->chunk.size));
    drf_mcap_put_text(out, writer->zstd != NULL ? "zstd" : "");
    size_t size_at = out->size;
    drf_mcap_put_u64(out, 0);
    if (writer->zstd == NULL) {
        drf_mcap_put(out, writer->chunk.bytes, writer->chunk.size);
    } else {
        enum drf_status status =
            drf_mcap_zstd_pack(writer->zstd, writer->chunk.bytes, writer->chunk.size, out);
        if (status != DRF_OK)
            return status;
    }
    if (out->failed)
        return DRF_ERR_NOMEM;
    drf_mcap_store_u64(out->bytes + size_at, out->size - size_at - 8);
    drf_mcap_record_end(out, begun);
    return DRF_OK;
}

// Into `scratch`: for each channel of the chunk the times and places of its messages.
static enum drf_status put_message_indexes(struct drf_mcap_writer *writer)
{
    struct drf_mcap_buffer *out = &writer->scratch;
    if (!writer->message_index)
        return DRF_OK;
    for (size_t i = 0; i < writer->touched_count; i++) {
        struct drf_mcap_declared *channel = channel_of(writer, writer->touched[i]);
        size_t begun = drf_mcap_record_begin(out, DRF_MCAP_OP_MESSAGE_INDEX);
        drf_mcap_put_u16(out, writer->touched[i]);
        drf_mcap_put_u32(out, 16 * channel->in_chunk);
        channel->index_at = (uint32_t)out->size;
        if (!drf_mcap_reserve(out, (size_t)16 * channel->in_chunk))
            return DRF_ERR_NOMEM;
        out->size += (size_t)16 * channel->in_chunk;
        drf_mcap_record_end(out, begun);
    }
    for (size_t i = 0; i < writer->entry_count; i++) {
        const struct drf_mcap_entry *entry = &writer->entries[i];
        struct drf_mcap_declared *channel = channel_of(writer, entry->channel_id);
        drf_mcap_store_u64(out->bytes + channel->index_at, entry->log_time_ns);
        drf_mcap_store_u64(out->bytes + channel->index_at + 8, entry->offset);
        channel->index_at += 16;
    }
    return DRF_OK;
}

static void put_chunk_index(struct drf_mcap_writer *writer)
{
    struct drf_mcap_buffer *out = &writer->chunk_index;
    size_t start = out->size, begun = drf_mcap_record_begin(out, DRF_MCAP_OP_CHUNK_INDEX);
    drf_mcap_put_u64(out, writer->first_ns);
    drf_mcap_put_u64(out, writer->last_ns);
    drf_mcap_put_u64(out, writer->offset);
    drf_mcap_put_u64(out, writer->packed.size);
    size_t channels = writer->message_index ? writer->touched_count : 0;
    drf_mcap_put_u32(out, (uint32_t)(10 * channels));
    uint64_t at = writer->offset + writer->packed.size;
    for (size_t i = 0; i < channels; i++) {
        drf_mcap_put_u16(out, writer->touched[i]);
        drf_mcap_put_u64(out, at);
        at += DRF_MCAP_HEAD_SIZE + 6
              + (uint64_t)16 * channel_of(writer, writer->touched[i])->in_chunk;
    }
    drf_mcap_put_u64(out, writer->scratch.size);
    drf_mcap_put_text(out, writer->zstd != NULL ? "zstd" : "");
    drf_mcap_put_u64(out, writer->packed.size - DRF_MCAP_HEAD_SIZE - 40
                              - (writer->zstd != NULL ? 4 : 0));
    drf_mcap_put_u64(out, writer->chunk.size);
    drf_mcap_record_end(out, begun);
    if (out->failed)
        out->size = start;
}

static enum drf_status emit_chunk(struct drf_mcap_writer *writer)
{
    enum drf_status status = put_chunk(writer);
    if (status == DRF_OK)
        status = put_message_indexes(writer);
    size_t index_before = writer->chunk_index.size;
    if (status == DRF_OK) {
        put_chunk_index(writer);
        status = writer->chunk_index.failed ? DRF_ERR_NOMEM : DRF_OK;
    }
    if (status == DRF_ERR_NOMEM)
        (void)write_failed(writer, "no memory");
    const struct drf_mcap_piece pieces[] = {{writer->packed.bytes, writer->packed.size},
                                            {writer->scratch.bytes, writer->scratch.size}};
    if (status == DRF_OK)
        status = drf_mcap_emit(writer, pieces, writer->scratch.size > 0 ? 2 : 1);
    if (status != DRF_OK) {
        writer->chunk_index.size = index_before;
        writer->chunk_index.failed = false;
    }
    return status;
}

static void count_chunk(struct drf_mcap_writer *writer)
{
    bool first = writer->messages == writer->entry_count;
    if (first || writer->first_ns < writer->start_ns)
        writer->start_ns = writer->first_ns;
    if (first || writer->last_ns > writer->end_ns)
        writer->end_ns = writer->last_ns;
    for (size_t i = 0; i < writer->touched_count; i++) {
        struct drf_mcap_declared *channel = channel_of(writer, writer->touched[i]);
        channel->messages += channel->in_chunk;
    }
    writer->chunks++;
}

void drf_mcap_writer_sync(struct drf_mcap_writer *writer) { writer->sync = true; }

enum drf_status drf_mcap_write_end_chunk(struct drf_mcap_writer *writer)
{
    enum drf_status status = drf_mcap_ready(writer);
    if (writer->chunk.size == 0)
        return status;
    if (status == DRF_OK && writer->stream)
        status = drf_mcap_emit(
            writer, &(struct drf_mcap_piece){writer->chunk.bytes, writer->chunk.size}, 1);
    else if (status == DRF_OK)
        status = emit_chunk(writer);
    if (status != DRF_OK) {
        lose_chunk(writer);
        return DRF_ERR_STORE;
    }
    count_chunk(writer);
    forget_chunk(writer);
    return settle(writer);
}

// Room for one more message: a place in the list, and `size` bytes.
static bool make_room(struct drf_mcap_writer *writer, size_t size)
{
    if (writer->entry_count == writer->entry_room) {
        size_t room = writer->entry_room == 0 ? 1024 : 2 * writer->entry_room;
        struct drf_mcap_entry *entries =
            realloc(writer->entries, room * sizeof *writer->entries);
        if (entries == NULL)
            return false;
        writer->entries = entries;
        writer->entry_room = room;
    }
    bool good = drf_mcap_reserve(&writer->chunk, size);
    writer->chunk.failed = false;
    return good;
}

static void declare(struct drf_mcap_writer *writer, struct drf_mcap_declared *declared)
{
    if (declared->chunk != 0)
        return;
    drf_mcap_put(&writer->chunk, declared->record, declared->size);
    declared->chunk = writer->chunks + 1;
}

static void append(struct drf_mcap_writer *writer, const struct drf_mcap_write_message *message,
                   size_t data_size)
{
    struct drf_mcap_buffer *out = &writer->chunk;
    struct drf_mcap_declared *channel = channel_of(writer, message->channel_id);
    if (channel->schema_id != 0)
        declare(writer, &writer->schemas.list[channel->schema_id - 1U]);
    declare(writer, channel);
    if (channel->in_chunk++ == 0)
        writer->touched[writer->touched_count++] = message->channel_id;
    bool first = writer->entry_count == 0;
    if (first || message->log_time_ns < writer->first_ns)
        writer->first_ns = message->log_time_ns;
    if (first || message->log_time_ns > writer->last_ns)
        writer->last_ns = message->log_time_ns;
    writer->entries[writer->entry_count++] = (struct drf_mcap_entry){
        .log_time_ns = message->log_time_ns,
        .offset = out->size,
        .channel_id = message->channel_id,
    };
    uint8_t head[DRF_MCAP_HEAD_SIZE + DRF_MCAP_MESSAGE_HEAD];
    head[0] = DRF_MCAP_OP_MESSAGE;
    drf_mcap_store_u64(head + 1, DRF_MCAP_MESSAGE_HEAD + data_size);
    drf_mcap_store_u16(head + 9, message->channel_id);
    drf_mcap_store_u32(head + 11, message->sequence);
    drf_mcap_store_u64(head + 15, message->log_time_ns);
    drf_mcap_store_u64(head + 23, message->publish_time_ns);
    drf_mcap_put(out, head, sizeof head);
    for (size_t i = 0; i < message->piece_count; i++)
        drf_mcap_put(out, message->pieces[i].bytes, message->pieces[i].size);
    writer->messages++;
}

enum drf_status drf_mcap_write_message(struct drf_mcap_writer *writer,
                                       const struct drf_mcap_write_message *message)
{
    enum drf_status status = drf_mcap_ready(writer);
    if (status == DRF_OK
        && (message->channel_id == 0 || message->channel_id > writer->channels.count))
        status = DRF_ERR_RANGE;
    if (status != DRF_OK) {
        writer->lost++;
        return status;
    }
    const struct drf_mcap_declared *channel = channel_of(writer, message->channel_id);
    size_t data_size = 0;
    for (size_t i = 0; i < message->piece_count && data_size < DRF_MCAP_CHUNK_BYTES_MAX; i++)
        data_size += message->pieces[i].size;
    // Counted as if nothing were declared: so they fit even when this begins a new chunk.
    size_t alone = DRF_MCAP_HEAD_SIZE + DRF_MCAP_MESSAGE_HEAD + data_size + channel->size;
    if (channel->schema_id != 0)
        alone += writer->schemas.list[channel->schema_id - 1U].size;
    if (data_size >= DRF_MCAP_CHUNK_BYTES_MAX || alone > DRF_MCAP_CHUNK_BYTES_MAX) {
        snprintf(writer->error, sizeof writer->error,
                 "%.200s: a message of %zu bytes is larger than a chunk may be", writer->name,
                 data_size);
        writer->lost++;
        return DRF_ERR_RANGE;
    }
    if (writer->chunk.size + alone > DRF_MCAP_CHUNK_BYTES_MAX)
        status = drf_mcap_write_end_chunk(writer);
    if (!make_room(writer, alone)) {
        writer->lost++;
        return DRF_ERR_NOMEM;
    }
    append(writer, message, data_size);
    if (writer->unbuffered || writer->chunk.size >= writer->chunk_bytes) {
        enum drf_status ended = drf_mcap_write_end_chunk(writer);
        status = status == DRF_OK ? ended : status;
    }
    return status;
}

static enum drf_status write_head(struct drf_mcap_writer *writer,
                                  const struct drf_mcap_write_options *options)
{
    struct drf_mcap_buffer *out = &writer->scratch;
    drf_mcap_put(out, drf_mcap_magic, DRF_MCAP_MAGIC_SIZE);
    size_t begun = drf_mcap_record_begin(out, DRF_MCAP_OP_HEADER);
    drf_mcap_put_text(out, options->profile);
    drf_mcap_put_text(out, options->library);
    drf_mcap_record_end(out, begun);
    if (out->failed)
        return DRF_ERR_NOMEM;
    enum drf_status status =
        drf_mcap_emit(writer, &(struct drf_mcap_piece){out->bytes, out->size}, 1);
    out->size = 0;
    return status;
}

static bool options_good(const struct drf_mcap_write_options *options)
{
    return options->zstd_level >= 0 && options->zstd_level <= 19
           && options->chunk_bytes <= DRF_MCAP_CHUNK_BYTES_MAX
           && (!options->unbuffered || options->stream);
}

enum drf_status drf_mcap_writer_open_fd(int fd, const char *name,
                                        const struct drf_mcap_write_options *options,
                                        struct drf_mcap_writer **out,
                                        char error[static DRF_MCAP_ERROR_SIZE])
{
    struct stat about;
    struct drf_mcap_writer *writer = calloc(1, sizeof *writer);
    char *copy = malloc(strlen(name) + 1);
    enum drf_status status = writer != NULL && copy != NULL ? DRF_OK : DRF_ERR_NOMEM;
    snprintf(error, DRF_MCAP_ERROR_SIZE, "%.200s: no memory", name);
    if (status == DRF_OK && !options_good(options)) {
        snprintf(error, DRF_MCAP_ERROR_SIZE, "%.200s: options of the writer are out of range",
                 name);
        status = DRF_ERR_RANGE;
    }
    if (status != DRF_OK) {
        free(writer);
        free(copy);
        (void)close(fd);
        return status;
    }
    memcpy(copy, name, strlen(name) + 1);
    *writer = (struct drf_mcap_writer){
        .fd = fd,
        .name = copy,
        .regular = fstat(fd, &about) == 0 && S_ISREG(about.st_mode),
        .stream = options->stream,
        .unbuffered = options->unbuffered,
        .sync = options->sync,
        .message_index = !options->stream && !options->no_message_index,
        .chunk_bytes = options->chunk_bytes > 0 ? options->chunk_bytes : DRF_MCAP_CHUNK_BYTES,
    };
    writer->touched = malloc(DRF_MCAP_ID_MAX * sizeof *writer->touched);
    if (writer->touched == NULL)
        status = DRF_ERR_NOMEM;
    if (status == DRF_OK && options->zstd_level > 0 && !options->stream)
        status = drf_mcap_zstd_open(options->zstd_level, &writer->zstd);
    if (status == DRF_OK)
        status = write_head(writer, options);
    if (status != DRF_OK) {
        if (status == DRF_ERR_STORE)
            snprintf(error, DRF_MCAP_ERROR_SIZE, "%s", writer->error);
        drf_mcap_writer_close(writer);
        return status;
    }
    *out = writer;
    return DRF_OK;
}

enum drf_status drf_mcap_writer_open(const char *path,
                                     const struct drf_mcap_write_options *options,
                                     struct drf_mcap_writer **out,
                                     char error[static DRF_MCAP_ERROR_SIZE])
{
    int flags = O_WRONLY | O_CREAT | O_CLOEXEC | (options->replace ? O_TRUNC : O_EXCL);
    int fd = open(path, flags, 0640);
    if (fd < 0) {
        snprintf(error, DRF_MCAP_ERROR_SIZE, "%.200s: cannot be created: %s", path,
                 drf_mcap_why().text);
        return DRF_ERR_STORE;
    }
    return drf_mcap_writer_open_fd(fd, path, options, out, error);
}

struct drf_mcap_write_counts drf_mcap_writer_counts(const struct drf_mcap_writer *writer)
{
    return (struct drf_mcap_write_counts){
        .bytes = writer->offset,
        .messages = writer->messages,
        .waiting = writer->chunk.size,
        .chunks = writer->chunks,
        .lost = writer->lost,
    };
}

const char *drf_mcap_writer_error(const struct drf_mcap_writer *writer)
{
    return writer->error;
}
