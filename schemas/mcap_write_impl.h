// schemas/mcap_write_impl.h - struct of the MCAP writer, for the files mcap_write*.c.
// SPDX-License-Identifier: Apache-2.0
#ifndef SCHEMAS_MCAP_WRITE_IMPL_H
#define SCHEMAS_MCAP_WRITE_IMPL_H

#include "schemas/mcap_record.h"
#include "schemas/mcap_zstd.h"

// A schema or a channel: its whole record, and whether the file has it.
struct drf_mcap_declared {
    uint8_t *record;
    size_t size;
    uint64_t chunk;     // 1 + the chunk that has it; 0: none yet
    uint16_t schema_id; // of a channel
    uint32_t in_chunk;  // messages of a channel in the open chunk
    uint32_t index_at;  // where its next message index goes, while a chunk ends
    uint64_t messages;  // of a channel, in the file
};

struct drf_mcap_declarations {
    struct drf_mcap_declared *list; // number i has id i + 1
    size_t count, room;
};

struct drf_mcap_entry {
    uint64_t log_time_ns, offset; // in the chunk
    uint16_t channel_id;
};

struct drf_mcap_writer {
    int fd;
    char *name; // of the file, for errors
    bool regular, stream, unbuffered, sync, message_index;
    bool broken, finished;
    size_t chunk_bytes;
    struct drf_mcap_zstd *zstd; // NULL: not compressed
    uint64_t offset;            // bytes that are in the file
    uint32_t crc;               // of all of them, up to the end of the data
    struct drf_mcap_declarations schemas, channels;

    struct drf_mcap_buffer chunk; // records of the open chunk
    struct drf_mcap_entry *entries;
    size_t entry_count, entry_room;
    uint16_t *touched; // channels with messages in the open chunk
    size_t touched_count;
    uint64_t first_ns, last_ns; // log times of the open chunk
    struct drf_mcap_buffer packed, scratch;

    struct drf_mcap_buffer chunk_index, attachment_index, metadata_index; // whole records
    uint64_t chunks, attachments, metadata_records;
    uint64_t start_ns, end_ns, messages, lost;

    bool attaching;
    uint64_t attachment_offset, attachment_left;
    size_t attachment_index_before;
    uint32_t attachment_start_crc, attachment_crc;
    char error[DRF_MCAP_ERROR_SIZE];
};

// Writes bytes, all or none: after a failure a file is cut back to what it was.
DRF_MUST_CHECK enum drf_status drf_mcap_emit(struct drf_mcap_writer *writer,
                                             const struct drf_mcap_piece *pieces, size_t count);
// Cuts a file back to `offset`, where the CRC was `crc`; a pipe is broken from here on.
void drf_mcap_cut_back(struct drf_mcap_writer *writer, uint64_t offset, uint32_t crc);
// DRF_OK when something may be written now.
DRF_MUST_CHECK enum drf_status drf_mcap_ready(const struct drf_mcap_writer *writer);

#endif
