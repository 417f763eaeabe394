// SPDX-License-Identifier: Apache-2.0
// A walk over sections by their length octets; nothing is unpacked. For edition 2 the last
// section of each number is remembered, and each section 7 completes a field: sections 1 to
// 7 are copied behind a new section 0 as a message of one field. A section that is repeated
// clears those of higher numbers, as FM 92 requires. An error inside a message skips the
// rest of that message; behind an error in its length the next one is searched for. Sizes are
// compared with numbers of points here, and the size stated inside a packed image with the
// number of values, because the library that unpacks trusts them.
#include "geo/format/grib/grib_frame.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "geo/format/grib/grib_envelope.h"
#include "geo/reader/decode_params.h"
#include "geo/record/record.h"
#include "geo/record/refusal.h"

enum {
    HEAD_1 = 8,
    HEAD_2 = 16,
    END_SIZE = 4,               // "7777"
    LENGTH_1_SCALED = 0x800000, // edition 1: a length in units of 120 octets, not standard
    GDS_PRESENT = 0x80,         // edition 1, section 1, octet 8
    BMS_PRESENT = 0x40,
    BITMAP_HERE = 0,
    BITMAP_AS_BEFORE = 254,
    BITMAP_NONE = 255,
    PACKED_JPEG_2000 = 40, // data representation templates, and two before they were standard
    PACKED_PNG = 41,
    PACKED_JPEG_2000_OLD = 40000,
    PACKED_PNG_OLD = 40010,
    TEMPLATE_ROTATED_B = 32769, // NCEP's rotated grid: values without usable coordinates
};

static uint64_t number(const uint8_t *bytes, int octets)
{
    uint64_t value = 0;
    for (int i = 0; i < octets; i++)
        value = value << 8 | bytes[i];
    return value;
}

void geo_grib_frame_open(struct geo_grib_frame *frame, const uint8_t *bytes, size_t size,
                         uint64_t points_max)
{
    *frame = (struct geo_grib_frame){.bytes = bytes, .size = size, .points_max = points_max};
}

void geo_grib_frame_close(struct geo_grib_frame *frame)
{
    free(frame->field);
    *frame = (struct geo_grib_frame){.bytes = NULL};
}

static bool reserve(struct geo_grib_frame *frame, size_t size)
{
    if (size <= frame->field_room)
        return true;
    uint8_t *field = realloc(frame->field, size);
    if (field == NULL)
        return false;
    frame->field = field;
    frame->field_room = size;
    return true;
}

static enum drf_status damaged(const struct geo_grib_frame *frame, struct geo_note *why,
                               const char *what)
{
    return geo_refuse(why, GEO_REFUSAL_FORMAT, frame->message, "message %" PRIu64 ": %s",
                      frame->message, what);
}

static enum drf_status check_points(const struct geo_grib_frame *frame, uint64_t points,
                                    struct geo_note *why)
{
    if (points > frame->points_max)
        return geo_refuse(why, GEO_REFUSAL_TOO_LARGE, frame->message,
                          "message %" PRIu64 ": %" PRIu64 " points, at most %" PRIu64
                          " are read",
                          frame->message, points, frame->points_max);
    if (points < 4)
        return geo_refuse(why, GEO_REFUSAL_GEOREFERENCE, frame->message,
                          "message %" PRIu64 ": a grid of %" PRIu64 " points", frame->message,
                          points);
    return DRF_OK;
}

static enum drf_status check_expansion(const struct geo_grib_frame *frame, uint64_t points,
                                       size_t size, struct geo_note *why)
{
    if (geo_unpack_excessive(points, size))
        return geo_refuse(why, GEO_REFUSAL_TOO_LARGE, frame->message,
                          "message %" PRIu64 ": %" PRIu64 " points out of %zu bytes",
                          frame->message, points, size);
    return DRF_OK;
}

static uint64_t bits_set(const uint8_t *bits, uint64_t count)
{
    uint64_t set = 0;
    for (uint64_t i = 0; i < count / 8; i++)
        for (unsigned byte = bits[i]; byte != 0; byte &= byte - 1)
            set++;
    for (uint64_t i = count / 8 * 8; i < count; i++)
        set += bits[i / 8] >> (7 - i % 8) & 1;
    return set;
}

// Edition 1 states no number of values: simple packing fills section 4 with them, up to 15
// bits.
static enum drf_status check_values_1(const struct geo_grib_frame *frame,
                                      const uint8_t *section, uint64_t placed,
                                      struct geo_note *why)
{
    enum { NOT_SIMPLE = 0xd0, HEAD = 11 };
    uint64_t bits = section[10];
    if ((section[3] & NOT_SIMPLE) != 0 || bits == 0)
        return DRF_OK;
    uint64_t held = (number(section, 3) - HEAD) * 8, wanted = placed * bits;
    if (held < wanted || held - wanted > 15 + (uint64_t)8)
        return geo_refuse(why, GEO_REFUSAL_FORMAT, frame->message,
                          "message %" PRIu64 ": %" PRIu64 " values for %" PRIu64 " places",
                          frame->message, held / bits, placed);
    return DRF_OK;
}

// Edition 1: the sections are in a fixed order; flags say which are present.
static enum drf_status check_edition_1(const struct geo_grib_frame *frame,
                                       const uint8_t *message, size_t size,
                                       struct geo_note *why)
{
    size_t at = HEAD_1, end = size - END_SIZE;
    if (end < at + 28 || number(message + at, 3) < 28 || number(message + at, 3) > end - at)
        return damaged(frame, why, "section 1 is cut");
    uint8_t flags = message[at + 7];
    at += number(message + at, 3);
    if ((flags & GDS_PRESENT) == 0)
        return geo_refuse(why, GEO_REFUSAL_GEOREFERENCE, frame->message,
                          "message %" PRIu64 ": no grid description", frame->message);
    if (end - at < 32 || number(message + at, 3) < 32 || number(message + at, 3) > end - at)
        return damaged(frame, why, "section 2 is cut");
    uint64_t points = number(message + at + 6, 2) * number(message + at + 8, 2);
    enum drf_status status = check_points(frame, points, why);
    if (status == DRF_OK)
        status = check_expansion(frame, points, size, why);
    if (status != DRF_OK)
        return status;
    at += number(message + at, 3);
    uint64_t placed = points;
    if ((flags & BMS_PRESENT) != 0) {
        if (end - at >= 6 && number(message + at + 4, 2) != 0)
            return geo_refuse(why, GEO_REFUSAL_UNSUPPORTED, frame->message,
                              "message %" PRIu64 ": a predefined bitmap", frame->message);
        if (end - at < 6 || number(message + at, 3) < 6 || number(message + at, 3) > end - at
            || number(message + at, 3) < 6 + (points + 7) / 8)
            return damaged(frame, why, "section 3 is cut");
        placed = bits_set(message + at + 6, points);
        at += number(message + at, 3);
    }
    if (end - at < 11 || number(message + at, 3) < 11 || number(message + at, 3) > end - at)
        return damaged(frame, why, "section 4 is cut");
    return check_values_1(frame, message + at, placed, why);
}

// The least a section of edition 2 may hold for the templates that are read.
static size_t section_least(int kind)
{
    static const size_t least[8] = {0, 21, 5, 14, 9, 11, 6, 5};
    return least[kind];
}

static size_t grid_least(uint64_t template)
{
    switch (template) {
    case 0:
    case 10:
        return 72;
    case 1:
        return 84;
    case 20:
        return 65;
    case 30:
        return 81;
    default:
        return 14;
    }
}

static enum drf_status check_grid(const struct geo_grib_frame *frame, const uint8_t *section,
                                  size_t size, struct geo_note *why)
{
    uint64_t template = number(section + 12, 2);
    if (template == TEMPLATE_ROTATED_B)
        return geo_refuse(why, GEO_REFUSAL_UNSUPPORTED, frame->message,
                          "message %" PRIu64 ": grid template 3.%d has no usable coordinates",
                          frame->message, TEMPLATE_ROTATED_B);
    if (section[5] != 0 || section[10] != 0)
        return geo_refuse(why, GEO_REFUSAL_UNSUPPORTED, frame->message,
                          "message %" PRIu64 ": predefined or reduced grid", frame->message);
    if (size < grid_least(template))
        return damaged(frame, why, "section 3 is cut");
    return check_points(frame, number(section + 6, 4), why);
}

static enum drf_status check_bitmap(struct geo_grib_frame *frame, struct geo_note *why)
{
    struct geo_grib_section section = frame->section[6];
    uint64_t points = number(frame->section[3].bytes + 6, 4);
    uint8_t indicator = section.bytes[5];
    if (indicator == BITMAP_AS_BEFORE) {
        if (frame->bitmap.bytes == NULL)
            return damaged(frame, why, "refers to a bitmap that it does not have");
        frame->section[6] = frame->bitmap;
        section = frame->bitmap;
        indicator = BITMAP_HERE;
    }
    if (indicator != BITMAP_HERE && indicator != BITMAP_NONE)
        return geo_refuse(why, GEO_REFUSAL_UNSUPPORTED, frame->message,
                          "message %" PRIu64 ": a predefined bitmap", frame->message);
    if (indicator == BITMAP_HERE) {
        if (section.size < 6 + (points + 7) / 8)
            return damaged(frame, why, "section 6 is cut");
        frame->bitmap = section;
    }
    return DRF_OK;
}

// An image packed into a field states its own size, and the library that unpacks it uses that:
// it must equal the field's. 0: not the header of an image.
static uint64_t image_points(uint64_t packing, const uint8_t *data, size_t size)
{
    static const uint8_t png[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n',
                                  0,    0,   0,   13,  'I',  'H',  'D',  'R'};
    static const uint8_t codestream[] = {0xff, 0x4f, 0xff, 0x51}; // SOC, SIZ: ISO 15444-1 A.5.1
    if (packing == PACKED_PNG || packing == PACKED_PNG_OLD)
        return size >= sizeof png + 8 && memcmp(data, png, sizeof png) == 0
                   ? number(data + 16, 4) * number(data + 20, 4)
                   : 0;
    if (size < 24 || memcmp(data, codestream, sizeof codestream) != 0)
        return 0;
    uint64_t right = number(data + 8, 4), below = number(data + 12, 4);
    uint64_t left = number(data + 16, 4), above = number(data + 20, 4);
    return right > left && below > above ? (right - left) * (below - above) : 0;
}

// One value too few in a bitmap moves all that follow to another place. A field of one value
// everywhere has none to move.
static enum drf_status check_values(const struct geo_grib_frame *frame, uint64_t packing,
                                    struct geo_note *why)
{
    struct geo_grib_section about = frame->section[5], bitmap = frame->section[6];
    bool constant = (packing == 0 || packing >= PACKED_JPEG_2000) && about.size > 19
                    && about.bytes[19] == 0;
    if (constant || bitmap.bytes == NULL)
        return DRF_OK;
    uint64_t points = number(frame->section[3].bytes + 6, 4);
    uint64_t placed =
        bitmap.bytes[5] == BITMAP_HERE ? bits_set(bitmap.bytes + 6, points) : points;
    if (placed != number(about.bytes + 5, 4))
        return geo_refuse(why, GEO_REFUSAL_FORMAT, frame->message,
                          "message %" PRIu64 ": %" PRIu64 " values for %" PRIu64 " places",
                          frame->message, number(about.bytes + 5, 4), placed);
    return DRF_OK;
}

// Checks that sections 3 and 5 to 7 agree on the number of values.
static enum drf_status check_data(const struct geo_grib_frame *frame, struct geo_note *why)
{
    struct geo_grib_section about = frame->section[5], data = frame->section[7];
    if (about.bytes == NULL)
        return damaged(frame, why, "a section is missing");
    uint64_t values = number(about.bytes + 5, 4), packing = number(about.bytes + 9, 2);
    enum drf_status status = check_values(frame, packing, why);
    if (status != DRF_OK)
        return status;
    bool image = packing == PACKED_JPEG_2000 || packing == PACKED_JPEG_2000_OLD
                 || packing == PACKED_PNG || packing == PACKED_PNG_OLD;
    if (!image || data.size <= 5) // 5: all values are one, there is no image
        return DRF_OK;
    uint64_t points = image_points(packing, data.bytes + 5, data.size - 5);
    if (points != values)
        return geo_refuse(why, GEO_REFUSAL_FORMAT, frame->message,
                          "message %" PRIu64 ": an image of %" PRIu64 " points for %" PRIu64
                          " values",
                          frame->message, points, values);
    return DRF_OK;
}

static enum drf_status check_section(struct geo_grib_frame *frame, int kind,
                                     struct geo_note *why)
{
    struct geo_grib_section section = frame->section[kind];
    if (section.size < section_least(kind))
        return damaged(frame, why, "a section is cut");
    if (kind == 3)
        return check_grid(frame, section.bytes, section.size, why);
    if (kind >= 4 && frame->section[3].bytes == NULL)
        return damaged(frame, why, "a field without a grid");
    if (kind == 5 && number(section.bytes + 5, 4) > number(frame->section[3].bytes + 6, 4))
        return damaged(frame, why, "more values than points");
    if (kind == 7)
        return check_data(frame, why);
    return kind == 6 ? check_bitmap(frame, why) : DRF_OK;
}

// Writes the sections of the present field as a message of their own.
static enum drf_status assemble(struct geo_grib_frame *frame, struct geo_grib_bytes *out,
                                struct geo_note *why)
{
    size_t size = HEAD_2 + END_SIZE;
    for (int kind = 1; kind <= 7; kind++) {
        if (kind != 2 && frame->section[kind].bytes == NULL)
            return damaged(frame, why, "a section is missing");
        size += frame->section[kind].size;
    }
    enum drf_status status =
        check_expansion(frame, number(frame->section[3].bytes + 6, 4), size, why);
    if (status != DRF_OK)
        return status;
    if (!reserve(frame, size))
        return geo_refuse(why, GEO_REFUSAL_MEMORY, frame->message, "no memory for a field");
    uint8_t *to = frame->field;
    memcpy(to, frame->section[0].bytes, HEAD_2);
    for (int i = 0; i < 8; i++)
        to[8 + i] = (uint8_t)((uint64_t)size >> (56 - 8 * i));
    to += HEAD_2;
    for (int kind = 1; kind <= 7; kind++) {
        if (frame->section[kind].size > 0)
            memcpy(to, frame->section[kind].bytes, frame->section[kind].size);
        to += frame->section[kind].size;
    }
    memcpy(to, "7777", END_SIZE);
    *out = (struct geo_grib_bytes){frame->field, size};
    return DRF_OK;
}

// Reads sections up to the data of the next field. DRF_ERR_ABSENT: the message has no more.
static enum drf_status next_field(struct geo_grib_frame *frame, struct geo_grib_bytes *out,
                                  struct geo_note *why)
{
    while (frame->section_at < frame->section_end) {
        size_t room = frame->section_end - frame->section_at;
        const uint8_t *bytes = frame->bytes + frame->section_at;
        uint64_t size = room >= 5 ? number(bytes, 4) : 0;
        int kind = size >= 5 ? bytes[4] : 0;
        if (size < 5 || size > room || kind < 1 || kind > 7) {
            frame->section_at = frame->section_end;
            return damaged(frame, why, "a section has no possible length");
        }
        frame->section_at += size;
        // After a repeated section those of higher numbers must be repeated too.
        for (int later = kind + 1; later < 8 && kind >= 3; later++)
            frame->section[later] = (struct geo_grib_section){NULL, 0};
        frame->section[kind] = (struct geo_grib_section){bytes, size};
        if (kind == 3)
            frame->bitmap = (struct geo_grib_section){NULL, 0};
        enum drf_status status = check_section(frame, kind, why);
        if (status == DRF_OK && kind == 7)
            return assemble(frame, out, why);
        if (status != DRF_OK) {
            frame->section_at = frame->section_end;
            return status;
        }
    }
    return DRF_ERR_ABSENT;
}

// Checks a message where one begins, and steps over it. Behind a damaged one the search goes
// on: its length says nothing.
static enum drf_status check_message(struct geo_grib_frame *frame, size_t *size,
                                     struct geo_note *why)
{
    const size_t room = frame->size - frame->at;
    const uint8_t *start = frame->bytes + frame->at;
    frame->at += END_SIZE;
    frame->damaged = true;
    if (room < HEAD_2)
        return damaged(frame, why, "truncated");
    int edition = start[7];
    if (edition != 1 && edition != 2)
        return geo_refuse(why, GEO_REFUSAL_UNSUPPORTED, frame->message,
                          "message %" PRIu64 ": GRIB edition %d", frame->message, edition);
    uint64_t length = edition == 1 ? number(start + 4, 3) : number(start + 8, 8);
    if (edition == 1 && length >= LENGTH_1_SCALED)
        return geo_refuse(why, GEO_REFUSAL_UNSUPPORTED, frame->message,
                          "message %" PRIu64 ": GRIB edition 1 of more than 8 MB",
                          frame->message);
    if (length > room)
        return geo_refuse(why, GEO_REFUSAL_FORMAT, frame->message,
                          "message %" PRIu64 ": truncated, %zu bytes of %" PRIu64,
                          frame->message, room, length);
    if (length < HEAD_2 + END_SIZE || memcmp(start + length - END_SIZE, "7777", END_SIZE) != 0)
        return damaged(frame, why, "does not end with 7777");
    frame->damaged = false;
    frame->at += length - END_SIZE;
    *size = length;
    return DRF_OK;
}

// Finds the next message behind headings, blanks and padding.
static enum drf_status next_message(struct geo_grib_frame *frame, size_t *message_at,
                                    size_t *size, struct geo_note *why)
{
    while (frame->at < frame->size && frame->bytes[frame->at] <= ' ')
        frame->at++;
    const size_t from = frame->at;
    if (from == frame->size)
        return DRF_ERR_ABSENT;
    frame->at = geo_grib_envelope_next(frame->bytes, frame->size, from);
    bool remains =
        !frame->damaged && geo_grib_envelope_remains(frame->bytes + from, frame->at - from);
    bool nothing = frame->at == frame->size && frame->message == 0;
    if (nothing || remains) {
        frame->message++;
        frame->damaged = true; // the same bytes are not complained of twice
        return damaged(frame, why, nothing ? "not GRIB" : "its beginning is damaged");
    }
    if (frame->at == frame->size)
        return DRF_ERR_ABSENT;
    frame->message++;
    *message_at = frame->at;
    return check_message(frame, size, why);
}

enum drf_status geo_grib_frame_next(struct geo_grib_frame *frame, struct geo_grib_bytes *out,
                                    struct geo_note *why)
{
    for (;;) {
        enum drf_status status = next_field(frame, out, why);
        if (status != DRF_ERR_ABSENT)
            return status;
        size_t message_at = 0, size = 0;
        status = next_message(frame, &message_at, &size, why);
        if (status != DRF_OK)
            return status;
        const uint8_t *message = frame->bytes + message_at;
        if (message[7] == 1) {
            status = check_edition_1(frame, message, size, why);
            if (status == DRF_OK)
                *out = (struct geo_grib_bytes){message, size};
            return status;
        }
        memset(frame->section, 0, sizeof frame->section);
        frame->bitmap = (struct geo_grib_section){NULL, 0};
        frame->section[0] = (struct geo_grib_section){message, HEAD_2};
        frame->section_at = message_at + HEAD_2;
        frame->section_end = message_at + size - END_SIZE;
    }
}
