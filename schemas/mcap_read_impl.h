// schemas/mcap_read_impl.h - struct of the MCAP reader, for the files mcap_read*.c.
// SPDX-License-Identifier: Apache-2.0
#ifndef SCHEMAS_MCAP_READ_IMPL_H
#define SCHEMAS_MCAP_READ_IMPL_H

#include "schemas/mcap_read.h"
#include "schemas/mcap_record.h"
#include "schemas/mcap_registry.h"
#include "schemas/mcap_source.h"
#include "schemas/mcap_zstd.h"

enum {
    // A chunk that does not shrink is a little larger compressed.
    DRF_MCAP_CHUNK_RECORD_MAX =
        DRF_MCAP_CHUNK_BYTES_MAX + (DRF_MCAP_CHUNK_BYTES_MAX >> 7) + 4096,
    DRF_MCAP_SUMMARY_BYTES_MAX = 1 << 28,
};

enum drf_mcap_layout {
    DRF_MCAP_LAYOUT_STREAM,    // nothing is known of the end
    DRF_MCAP_LAYOUT_COMPLETE,  // footer and summary were read
    DRF_MCAP_LAYOUT_TRUNCATED, // a file without its end
};

struct drf_mcap_chunk_index {
    uint64_t start_ns, end_ns, offset, length, packed_size, size;
    struct drf_mcap_text compression; // in the summary
    struct drf_mcap_cursor channels;  // map from channel to offset, in the summary
};

struct drf_mcap_attachment_index {
    uint64_t offset, length;
    struct drf_mcap_text name;
};

struct drf_mcap_index {
    uint8_t *bytes; // the whole summary
    uint64_t summary_start;
    struct drf_mcap_chunk_index *chunks;
    size_t chunk_count, chunk_room;
    struct drf_mcap_attachment_index *attachments;
    size_t attachment_count, attachment_room;
    bool has_statistics;
    uint32_t channels; // of the statistics
    struct drf_mcap_summary summary;
};

enum drf_mcap_phase {
    DRF_MCAP_PHASE_HEAD,    // magic and header
    DRF_MCAP_PHASE_DATA,    // up to DataEnd
    DRF_MCAP_PHASE_SUMMARY, // of a stream
    DRF_MCAP_PHASE_MAGIC,   // of a stream, behind the footer
    DRF_MCAP_PHASE_OVER,
};

struct drf_mcap_reader {
    int fd;
    char *name;
    uint64_t file_size; // not of a stream
    enum drf_mcap_layout layout;
    enum drf_mcap_phase phase;
    enum drf_status over; // what next() says in the phase OVER
    enum drf_mcap_end end;
    struct drf_mcap_error error;
    struct drf_mcap_source source;
    struct drf_mcap_zstd *zstd;
    struct drf_mcap_registry registry;
    struct drf_mcap_index index;
    char *profile, *library;

    uint8_t *chunk; // uncompressed
    size_t chunk_room, chunk_size, chunk_at;
    uint64_t chunk_offset; // of its record in the file
    uint64_t chunks, messages;

    uint64_t data_offset;   // behind the header
    uint64_t record_offset; // of the record that is being read
    uint64_t skip_left;     // of a record that is passed over
    bool attached;          // the data of an attachment come next
    uint64_t attachment_left;
    uint32_t attachment_crc;
    struct drf_mcap_buffer texts; // of the last attachment
    struct drf_mcap_pair *pairs;  // of the last metadata record

    bool (*wanted)(void *context, const struct drf_mcap_channel *channel);
    void *wanted_context;
};

// Fills reader->error: "NAME: offset N: " and the text. Returns `status`.
__attribute__((format(printf, 4, 5))) enum drf_status drf_mcap_fail(
    struct drf_mcap_reader *reader, enum drf_status status, uint64_t offset, const char *format,
    ...);

// mcap_read_index.c: finds out how the file ends, and reads its summary.
DRF_MUST_CHECK enum drf_status drf_mcap_read_tail(struct drf_mcap_reader *reader);
// Exactly `size` bytes of the file. DRF_ERR_STORE, with an error.
DRF_MUST_CHECK enum drf_status drf_mcap_read_at(struct drf_mcap_reader *reader, void *bytes,
                                                size_t size, uint64_t offset);
void drf_mcap_index_close(struct drf_mcap_index *index);

// mcap_read_chunk.c: the chunk whose record content this is becomes the open one, or is passed
// over when no channel of it is wanted. The index of a complete file must agree.
DRF_MUST_CHECK enum drf_status drf_mcap_chunk_open(struct drf_mcap_reader *reader,
                                                   const uint8_t *content, size_t size);
// The next message of the open chunk; *given false: a record that gives nothing.
DRF_MUST_CHECK enum drf_status drf_mcap_chunk_next(struct drf_mcap_reader *reader,
                                                   struct drf_mcap_record *record, bool *given);
// A schema, channel or message. `where` is the offset for errors.
DRF_MUST_CHECK enum drf_status drf_mcap_plain_record(struct drf_mcap_reader *reader,
                                                     uint8_t opcode, const uint8_t *content,
                                                     size_t size, uint64_t where,
                                                     struct drf_mcap_record *record,
                                                     bool *given);

#endif
