// schemas/mcap_write.h - MCAP writer: messages in chunks, attachments, index.
// SPDX-License-Identifier: Apache-2.0
//
// The MCAP format, version 0 (https://mcap.dev/spec). Messages gather in memory until their
// chunk ends; a chunk with its message indexes is one write, so that a crash loses at most the
// messages since the last end of a chunk. Who writes a recording ends a chunk each second.
// Buffers grow to the largest chunk and stay: in the steady state nothing is allocated. One
// thread. Instants are nanoseconds UTC. Text is UTF-8 and ends in a NUL.
//
// A write that fails (full disk) loses the chunk: its messages are counted as lost, the file is
// cut back to what was whole, and writing may go on.
#ifndef SCHEMAS_MCAP_WRITE_H
#define SCHEMAS_MCAP_WRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "geo/status.h"

enum {
    DRF_MCAP_CHUNK_BYTES = 1 << 20,     // a chunk ends by itself at this size
    DRF_MCAP_CHUNK_BYTES_MAX = 1 << 26, // and the reader refuses larger ones
    DRF_MCAP_ERROR_SIZE = 320,
};

struct drf_mcap_pair {
    const char *key, *value;
};

struct drf_mcap_piece {
    const void *bytes;
    size_t size;
};

struct drf_mcap_write_options {
    const char *profile, *library; // NULL: ""
    size_t chunk_bytes;            // 0: DRF_MCAP_CHUNK_BYTES
    int zstd_level;                // 1 to 19; 0: not compressed
    bool sync;                     // wait for the disk at each end of a chunk
    bool no_message_index;         // smaller; readers by topic then read every chunk
    bool replace;                  // an existing file is emptied; else it is refused
    // For a pipe: no chunks, no index. Records go out at drf_mcap_write_end_chunk(), and when
    // chunk_bytes are waiting; with `unbuffered` each one at once.
    bool stream, unbuffered;
};

struct drf_mcap_writer;

// Opens `path`, mode 0640, and writes the head. On failure `error` names the file and why.
// DRF_ERR_STORE: cannot be created or written. DRF_ERR_RANGE: an option. DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status drf_mcap_writer_open(
    const char *path, const struct drf_mcap_write_options *options,
    struct drf_mcap_writer **out, char error[static DRF_MCAP_ERROR_SIZE]);

// The same on a descriptor that the writer takes (also when this fails) and closes; `name`
// stands in errors. It must be blocking.
DRF_MUST_CHECK enum drf_status drf_mcap_writer_open_fd(
    int fd, const char *name, const struct drf_mcap_write_options *options,
    struct drf_mcap_writer **out, char error[static DRF_MCAP_ERROR_SIZE]);

// The number of the schema with this name and encoding; a new one is made when there is none.
// DRF_ERR_FULL: 65,535 are there. DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status drf_mcap_write_schema(struct drf_mcap_writer *writer,
                                                     const char *name, const char *encoding,
                                                     const void *data, size_t size,
                                                     uint16_t *id);

// A new channel, always; who writes many topics keeps their numbers (schemas/recording_write.h
// does). schema_id 0: none. Both are written before the first message that needs them.
// DRF_ERR_FULL: 65,535 are there. DRF_ERR_RANGE: no such schema. DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status drf_mcap_write_channel(struct drf_mcap_writer *writer,
                                                      const char *topic, const char *encoding,
                                                      uint16_t schema_id,
                                                      const struct drf_mcap_pair *metadata,
                                                      size_t count, uint16_t *id);

struct drf_mcap_write_message {
    uint16_t channel_id;
    uint32_t sequence;
    uint64_t log_time_ns, publish_time_ns;
    const struct drf_mcap_piece *pieces; // its data, one behind the other; copied
    size_t piece_count;
};

// DRF_ERR_RANGE: no such channel, or larger than a chunk may be. DRF_ERR_STORE: the chunk was
// full and could not be written (this message is in the next one). DRF_ERR_NOMEM: the message
// is lost, and counted.
DRF_MUST_CHECK enum drf_status drf_mcap_write_message(
    struct drf_mcap_writer *writer, const struct drf_mcap_write_message *message);

// Writes what waits; nothing when nothing does. DRF_ERR_STORE: it could not be, and is lost.
DRF_MUST_CHECK enum drf_status drf_mcap_write_end_chunk(struct drf_mcap_writer *writer);

struct drf_mcap_write_attachment {
    const char *name, *media_type;
    uint64_t log_time_ns, create_time_ns;
};

// Both end the chunk first. DRF_ERR_STORE: not written, or what waited is lost.
DRF_MUST_CHECK enum drf_status drf_mcap_write_attachment(
    struct drf_mcap_writer *writer, const struct drf_mcap_write_attachment *attachment,
    const void *data, size_t size);
DRF_MUST_CHECK enum drf_status drf_mcap_write_metadata(struct drf_mcap_writer *writer,
                                                       const char *name,
                                                       const struct drf_mcap_pair *pairs,
                                                       size_t count);

// An attachment of `size` bytes that come in pieces: begin, append until they are all there,
// end. Nothing else may be written between. An end too early or an append too many is
// DRF_ERR_RANGE; then, and on DRF_ERR_STORE, the attachment is cut off again.
DRF_MUST_CHECK enum drf_status drf_mcap_attachment_begin(
    struct drf_mcap_writer *writer, const struct drf_mcap_write_attachment *attachment,
    uint64_t size);
DRF_MUST_CHECK enum drf_status drf_mcap_attachment_append(struct drf_mcap_writer *writer,
                                                          const void *data, size_t size);
DRF_MUST_CHECK enum drf_status drf_mcap_attachment_end(struct drf_mcap_writer *writer);

// From now on waits for the disk at each end of a chunk, as the option `sync` does.
void drf_mcap_writer_sync(struct drf_mcap_writer *writer);

// The last chunk, the index and the end. Afterwards only counts, error and close may be called.
DRF_MUST_CHECK enum drf_status drf_mcap_writer_finish(struct drf_mcap_writer *writer);

// Without a finish before, the file is a truncated one, and what waits is lost. NULL is fine.
void drf_mcap_writer_close(struct drf_mcap_writer *writer);

struct drf_mcap_write_counts {
    uint64_t bytes;    // of the file so far
    uint64_t messages; // written, or waiting
    uint64_t waiting;  // bytes of the chunk that has not ended
    uint64_t chunks;
    uint64_t lost; // messages
};
struct drf_mcap_write_counts drf_mcap_writer_counts(const struct drf_mcap_writer *writer);

// What went wrong last: file, offset, why; "" for nothing. Lives as long as the writer.
const char *drf_mcap_writer_error(const struct drf_mcap_writer *writer);

#endif
