// SPDX-License-Identifier: Apache-2.0
#include "schemas/mcap_record.h"

#include <errno.h>
#include <libdeflate.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const uint8_t drf_mcap_magic[DRF_MCAP_MAGIC_SIZE] = {0x89, 'M', 'C', 'A', 'P', '0', '\r', '\n'};

struct drf_mcap_why drf_mcap_why(void)
{
    struct drf_mcap_why why;
    int code = errno;
    if (strerror_r(code, why.text, sizeof why.text) != 0)
        snprintf(why.text, sizeof why.text, "error %d", code);
    return why;
}

uint32_t drf_mcap_crc(uint32_t crc, const void *bytes, size_t size)
{
    return size > 0 ? libdeflate_crc32(crc, bytes, size) : crc;
}

bool drf_mcap_reserve(struct drf_mcap_buffer *buffer, size_t more)
{
    if (buffer->failed || more > SIZE_MAX / 4 - buffer->size)
        buffer->failed = true;
    else if (buffer->size + more > buffer->room) {
        size_t room = buffer->room < 256 ? 256 : buffer->room;
        while (room < buffer->size + more)
            room *= 2;
        uint8_t *bytes = realloc(buffer->bytes, room);
        if (bytes == NULL) {
            buffer->failed = true;
        } else {
            buffer->bytes = bytes;
            buffer->room = room;
        }
    }
    return !buffer->failed;
}

void drf_mcap_put(struct drf_mcap_buffer *buffer, const void *bytes, size_t size)
{
    if (size == 0 || !drf_mcap_reserve(buffer, size))
        return;
    memcpy(buffer->bytes + buffer->size, bytes, size);
    buffer->size += size;
}

void drf_mcap_buffer_free(struct drf_mcap_buffer *buffer)
{
    free(buffer->bytes);
    *buffer = (struct drf_mcap_buffer){.bytes = NULL};
}

static void store(uint8_t *bytes, uint64_t value, size_t size)
{
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)(value >> (8 * i));
}

static uint64_t load(const uint8_t *bytes, size_t size)
{
    uint64_t value = 0;
    for (size_t i = 0; i < size; i++)
        value |= (uint64_t)bytes[i] << (8 * i);
    return value;
}

void drf_mcap_store_u16(uint8_t *bytes, uint16_t value) { store(bytes, value, 2); }
void drf_mcap_store_u32(uint8_t *bytes, uint32_t value) { store(bytes, value, 4); }
void drf_mcap_store_u64(uint8_t *bytes, uint64_t value) { store(bytes, value, 8); }
uint64_t drf_mcap_load_u64(const uint8_t *bytes) { return load(bytes, 8); }

static void put_number(struct drf_mcap_buffer *buffer, uint64_t value, size_t size)
{
    uint8_t bytes[8];
    store(bytes, value, size);
    drf_mcap_put(buffer, bytes, size);
}

void drf_mcap_put_u8(struct drf_mcap_buffer *buffer, uint8_t value)
{
    put_number(buffer, value, 1);
}

void drf_mcap_put_u16(struct drf_mcap_buffer *buffer, uint16_t value)
{
    put_number(buffer, value, 2);
}

void drf_mcap_put_u32(struct drf_mcap_buffer *buffer, uint32_t value)
{
    put_number(buffer, value, 4);
}

void drf_mcap_put_u64(struct drf_mcap_buffer *buffer, uint64_t value)
{
    put_number(buffer, value, 8);
}

void drf_mcap_put_text(struct drf_mcap_buffer *buffer, const char *text)
{
    size_t size = text != NULL ? strlen(text) : 0;
    put_number(buffer, size, 4);
    drf_mcap_put(buffer, text, size);
}

void drf_mcap_put_pairs(struct drf_mcap_buffer *buffer, const struct drf_mcap_pair *pairs,
                        size_t count)
{
    size_t begun = buffer->size;
    put_number(buffer, 0, 4);
    for (size_t i = 0; i < count; i++) {
        drf_mcap_put_text(buffer, pairs[i].key);
        drf_mcap_put_text(buffer, pairs[i].value);
    }
    if (!buffer->failed)
        store(buffer->bytes + begun, buffer->size - begun - 4, 4);
}

size_t drf_mcap_record_begin(struct drf_mcap_buffer *buffer, enum drf_mcap_opcode opcode)
{
    size_t begun = buffer->size;
    put_number(buffer, opcode, 1);
    put_number(buffer, 0, 8);
    return begun;
}

void drf_mcap_record_end(struct drf_mcap_buffer *buffer, size_t begun)
{
    if (!buffer->failed)
        store(buffer->bytes + begun + 1, buffer->size - begun - DRF_MCAP_HEAD_SIZE, 8);
}

const uint8_t *drf_mcap_take(struct drf_mcap_cursor *cursor, uint64_t size)
{
    if (cursor->bad || size > cursor->size - cursor->at) {
        cursor->bad = true;
        return NULL;
    }
    const uint8_t *bytes = cursor->bytes + cursor->at;
    cursor->at += (size_t)size;
    return bytes;
}

static uint64_t take_number(struct drf_mcap_cursor *cursor, size_t size)
{
    const uint8_t *bytes = drf_mcap_take(cursor, size);
    return bytes != NULL ? load(bytes, size) : 0;
}

uint8_t drf_mcap_take_u8(struct drf_mcap_cursor *cursor)
{
    return (uint8_t)take_number(cursor, 1);
}

uint16_t drf_mcap_take_u16(struct drf_mcap_cursor *cursor)
{
    return (uint16_t)take_number(cursor, 2);
}

uint32_t drf_mcap_take_u32(struct drf_mcap_cursor *cursor)
{
    return (uint32_t)take_number(cursor, 4);
}

uint64_t drf_mcap_take_u64(struct drf_mcap_cursor *cursor) { return take_number(cursor, 8); }

struct drf_mcap_text drf_mcap_take_text(struct drf_mcap_cursor *cursor)
{
    size_t size = drf_mcap_take_u32(cursor);
    const char *text = (const char *)drf_mcap_take(cursor, size);
    if (text == NULL)
        return (struct drf_mcap_text){.text = "", .size = 0};
    if (size > 0 && memchr(text, '\0', size) != NULL)
        cursor->bad = true;
    return (struct drf_mcap_text){.text = text, .size = size};
}

bool drf_mcap_text_is(struct drf_mcap_text text, const char *word)
{
    return text.size == strlen(word) && memcmp(text.text, word, text.size) == 0;
}

struct drf_mcap_cursor drf_mcap_take_map(struct drf_mcap_cursor *cursor)
{
    size_t size = drf_mcap_take_u32(cursor);
    const uint8_t *bytes = drf_mcap_take(cursor, size);
    return (struct drf_mcap_cursor){
        .bytes = bytes, .size = bytes != NULL ? size : 0, .bad = bytes == NULL};
}
