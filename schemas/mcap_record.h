// schemas/mcap_record.h - bytes of MCAP records: opcodes, fields written and read.
// SPDX-License-Identifier: Apache-2.0
//
// https://mcap.dev/spec, version 0: a record is its opcode, the size of its content (uint64)
// and the content; numbers are little-endian, a text is its size (uint32) and its bytes, a map
// is its size in bytes (uint32) and its pairs.
#ifndef SCHEMAS_MCAP_RECORD_H
#define SCHEMAS_MCAP_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "geo/status.h"
#include "schemas/mcap_write.h"

enum drf_mcap_opcode {
    DRF_MCAP_OP_HEADER = 0x01,
    DRF_MCAP_OP_FOOTER = 0x02,
    DRF_MCAP_OP_SCHEMA = 0x03,
    DRF_MCAP_OP_CHANNEL = 0x04,
    DRF_MCAP_OP_MESSAGE = 0x05,
    DRF_MCAP_OP_CHUNK = 0x06,
    DRF_MCAP_OP_MESSAGE_INDEX = 0x07,
    DRF_MCAP_OP_CHUNK_INDEX = 0x08,
    DRF_MCAP_OP_ATTACHMENT = 0x09,
    DRF_MCAP_OP_ATTACHMENT_INDEX = 0x0a,
    DRF_MCAP_OP_STATISTICS = 0x0b,
    DRF_MCAP_OP_METADATA = 0x0c,
    DRF_MCAP_OP_METADATA_INDEX = 0x0d,
    DRF_MCAP_OP_SUMMARY_OFFSET = 0x0e,
    DRF_MCAP_OP_DATA_END = 0x0f,
};

enum {
    DRF_MCAP_MAGIC_SIZE = 8,
    DRF_MCAP_HEAD_SIZE = 9,     // opcode and size of every record
    DRF_MCAP_MESSAGE_HEAD = 22, // of its content, before the data
    DRF_MCAP_FOOTER_CONTENT = 20,
    DRF_MCAP_ID_MAX = 65535,
};

extern const uint8_t drf_mcap_magic[DRF_MCAP_MAGIC_SIZE];

// What errno says, in words.
enum { DRF_MCAP_WHY_SIZE = 64 };
struct drf_mcap_why {
    char text[DRF_MCAP_WHY_SIZE];
};
struct drf_mcap_why drf_mcap_why(void);

// CRC-32 as zlib has it. `crc` of what came before, 0 at the start.
uint32_t drf_mcap_crc(uint32_t crc, const void *bytes, size_t size);

// A buffer that grows and stays. A failed allocation makes it `failed`, and what is put then is
// dropped: who writes a record asks once, at its end.
struct drf_mcap_buffer {
    uint8_t *bytes;
    size_t size, room;
    bool failed;
};
bool drf_mcap_reserve(struct drf_mcap_buffer *buffer, size_t more);
void drf_mcap_put(struct drf_mcap_buffer *buffer, const void *bytes, size_t size);
void drf_mcap_put_u8(struct drf_mcap_buffer *buffer, uint8_t value);
void drf_mcap_put_u16(struct drf_mcap_buffer *buffer, uint16_t value);
void drf_mcap_put_u32(struct drf_mcap_buffer *buffer, uint32_t value);
void drf_mcap_put_u64(struct drf_mcap_buffer *buffer, uint64_t value);
void drf_mcap_put_text(struct drf_mcap_buffer *buffer, const char *text);
void drf_mcap_put_pairs(struct drf_mcap_buffer *buffer, const struct drf_mcap_pair *pairs,
                        size_t count);
void drf_mcap_buffer_free(struct drf_mcap_buffer *buffer);

// Begins a record and returns where; ends it by filling in its size.
size_t drf_mcap_record_begin(struct drf_mcap_buffer *buffer, enum drf_mcap_opcode opcode);
void drf_mcap_record_end(struct drf_mcap_buffer *buffer, size_t begun);

void drf_mcap_store_u16(uint8_t *bytes, uint16_t value);
void drf_mcap_store_u32(uint8_t *bytes, uint32_t value);
void drf_mcap_store_u64(uint8_t *bytes, uint64_t value);
uint64_t drf_mcap_load_u64(const uint8_t *bytes);

// Reads fields one behind the other. What lies beyond the end is 0 and makes it `bad`.
struct drf_mcap_cursor {
    const uint8_t *bytes;
    size_t size, at;
    bool bad;
};
uint8_t drf_mcap_take_u8(struct drf_mcap_cursor *cursor);
uint16_t drf_mcap_take_u16(struct drf_mcap_cursor *cursor);
uint32_t drf_mcap_take_u32(struct drf_mcap_cursor *cursor);
uint64_t drf_mcap_take_u64(struct drf_mcap_cursor *cursor);
// `size` bytes, borrowed; NULL and bad when they are not there.
const uint8_t *drf_mcap_take(struct drf_mcap_cursor *cursor, uint64_t size);
// A text that is not terminated; bad when a NUL is in it.
struct drf_mcap_text {
    const char *text;
    size_t size;
};
struct drf_mcap_text drf_mcap_take_text(struct drf_mcap_cursor *cursor);
bool drf_mcap_text_is(struct drf_mcap_text text, const char *word);
// A map: its bytes as a cursor of their own.
struct drf_mcap_cursor drf_mcap_take_map(struct drf_mcap_cursor *cursor);

#endif
