// schemas/mcap_read.h - MCAP reader: records in the order of the file, from a file or a pipe.
// SPDX-License-Identifier: Apache-2.0
//
// The MCAP format, version 0 (https://mcap.dev/spec). The order of the file is the order in
// which things happened; log_time orders nothing. Compression: zstd or none.
//   damaged:   a bit that flipped is refused with its offset: by the CRC of a chunk, an
//              attachment, the data section or the index, or by what the index says.
//   truncated: a file that lost its end gives all whole chunks, then the end says so.
//   refused:   other compressions, files without an index, chunks over 64 MiB.
// Bytes come from outside: every length is checked before it is used. One thread. Memory: the
// largest chunk, and at most 64 MiB of schemas and channels.
#ifndef SCHEMAS_MCAP_READ_H
#define SCHEMAS_MCAP_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "geo/status.h"
#include "schemas/mcap_write.h" // struct drf_mcap_pair, limits

struct drf_mcap_schema {
    uint16_t id;
    const char *name, *encoding; // never NULL
    const uint8_t *data;
    size_t size;
};

struct drf_mcap_channel {
    uint16_t id;
    const char *topic, *encoding;         // never NULL
    const struct drf_mcap_schema *schema; // NULL: none
    const struct drf_mcap_pair *metadata;
    size_t metadata_count;
};

// The value of a key, NULL if it is not there.
const char *drf_mcap_find(const struct drf_mcap_pair *pairs, size_t count, const char *key);

enum drf_mcap_record_kind {
    DRF_MCAP_MESSAGE,
    DRF_MCAP_ATTACHMENT,
    DRF_MCAP_METADATA,
};

// Channels, schemas and their texts live as long as the reader; everything else of a record
// until the next call.
struct drf_mcap_record {
    enum drf_mcap_record_kind kind;
    uint64_t offset; // in the file: of the record, or of the chunk that holds the message
    uint64_t log_time_ns;
    // DRF_MCAP_MESSAGE
    const struct drf_mcap_channel *channel;
    uint32_t sequence;
    uint64_t publish_time_ns;
    const uint8_t *data; // NULL when size is 0; for an attachment always: see below
    uint64_t size;       // of an attachment too
    // DRF_MCAP_ATTACHMENT, DRF_MCAP_METADATA
    const char *name;
    // DRF_MCAP_ATTACHMENT
    const char *media_type;
    uint64_t create_time_ns;
    // DRF_MCAP_METADATA
    const struct drf_mcap_pair *pairs;
    size_t pair_count;
};

struct drf_mcap_error {
    uint64_t offset;                // in the file
    char text[DRF_MCAP_ERROR_SIZE]; // names the file and the offset too
};

struct drf_mcap_read_options {
    bool stream; // a pipe, or anything read once from front to end: needs no index, no chunks
    bool verify; // not for a stream: read the whole file once before the first record, so that
                 // damage anywhere is refused before anything was used. Without it a metadata
                 // record, which has no CRC of its own, is given before the CRC of the data
};

struct drf_mcap_reader;

// DRF_ERR_ABSENT: no such file, or it may not be read. DRF_ERR_SYNTAX: not MCAP, or damaged.
// DRF_ERR_RANGE: refused. DRF_ERR_NOMEM. DRF_ERR_STORE: reading failed. Truncation is no
// failure here unless not even the head is there (DRF_ERR_SYNTAX).
DRF_MUST_CHECK enum drf_status drf_mcap_reader_open(const char *path,
                                                    const struct drf_mcap_read_options *options,
                                                    struct drf_mcap_reader **out,
                                                    struct drf_mcap_error *error);

// The same on a descriptor that the reader takes (also when this fails) and closes; `name`
// stands in errors. Without `stream` it must be a file. A stream is not read yet.
DRF_MUST_CHECK enum drf_status drf_mcap_reader_open_fd(
    int fd, const char *name, const struct drf_mcap_read_options *options,
    struct drf_mcap_reader **out, struct drf_mcap_error *error);
void drf_mcap_reader_close(struct drf_mcap_reader *reader); // NULL is fine

// The next record. DRF_ERR_ABSENT: there is none, see drf_mcap_reader_end(). DRF_ERR_AGAIN: a
// non-blocking stream has no whole one yet. DRF_ERR_SYNTAX: damaged. DRF_ERR_RANGE: refused.
// DRF_ERR_STORE, DRF_ERR_NOMEM. After any but OK and AGAIN every further call says the same.
DRF_MUST_CHECK enum drf_status drf_mcap_next(struct drf_mcap_reader *reader,
                                             struct drf_mcap_record *record);

// For who decodes the content of a record: it is damaged. Sets the error ("NAME: offset N:
// ..."), ends the reading, and returns DRF_ERR_SYNTAX.
enum drf_status drf_mcap_reject(struct drf_mcap_reader *reader,
                                const struct drf_mcap_record *record, const char *what);

// After DRF_MCAP_ATTACHMENT: its next bytes, up to `room`; *got 0 at its end, when the CRC was
// right. What is not read is passed over by drf_mcap_next(), and checked too.
DRF_MUST_CHECK enum drf_status drf_mcap_attachment_read(struct drf_mcap_reader *reader,
                                                        void *bytes, size_t room, size_t *got);

// The first attachment of that name, wherever the reader stands; not for a stream. *data is
// malloc'ed, the caller's to free, and ends in a NUL that *size does not count.
// DRF_ERR_ABSENT: there is none. DRF_ERR_FULL: larger than `most`. Others as above.
DRF_MUST_CHECK enum drf_status drf_mcap_attachment_find(struct drf_mcap_reader *reader,
                                                        const char *name, size_t most,
                                                        uint8_t **data, size_t *size);

enum drf_mcap_end {
    DRF_MCAP_END_AHEAD,     // not reached yet
    DRF_MCAP_END_COMPLETE,  // the file's own end
    DRF_MCAP_END_TRUNCATED, // all whole records came; error says "truncated at offset N"
};
enum drf_mcap_end drf_mcap_reader_end(const struct drf_mcap_reader *reader);

// Of the last failure or truncation; text "" for none. Lives as long as the reader.
const struct drf_mcap_error *drf_mcap_reader_error(const struct drf_mcap_reader *reader);

const char *drf_mcap_profile(const struct drf_mcap_reader *reader);
const char *drf_mcap_library(const struct drf_mcap_reader *reader);

// Only messages of channels for which `wanted` says true; chunks without any are not
// decompressed. Asked once for each channel when it is first met. NULL: all. Before the first
// drf_mcap_next().
void drf_mcap_select(struct drf_mcap_reader *reader,
                     bool (*wanted)(void *context, const struct drf_mcap_channel *channel),
                     void *context);

// From the index of a complete file. DRF_ERR_ABSENT: there is none (stream, truncated).
struct drf_mcap_summary {
    uint64_t messages, chunks, attachments, first_ns, last_ns; // log times
    size_t channels;                                           // for drf_mcap_channel_at()
};
DRF_MUST_CHECK enum drf_status drf_mcap_summarize(const struct drf_mcap_reader *reader,
                                                  struct drf_mcap_summary *out);
// The channels met so far (of a complete file: all), `index` below their number. NULL beyond.
const struct drf_mcap_channel *drf_mcap_channel_at(const struct drf_mcap_reader *reader,
                                                   size_t index);

#endif
