// SPDX-License-Identifier: Apache-2.0
#include "sim/fleet/context_scan.h"

#include "geo/hash.h"

// Numbers of context.proto.
enum {
    BOOT_ID = 1,
    SEQ = 2,
    NODE_TIME_US = 3,
    STALE_AFTER_MS = 4,
    TELEMETRY_SEQ = 7,
    HEIGHT = 8,
    LOOK_AHEAD = 9,
    WEATHER = 10,
    OBSTACLES = 11,
    NODE_ID = 28,
    SHED = 29,
    PUSHED = 30,
    OWNER_EPOCH = 36,
    LOOK_AHEAD_SEGMENTS = 6,
    WEATHER_WIND = 1,
    WEATHER_LAST = 9,
};

struct bytes {
    const uint8_t *at, *end;
};

struct field {
    uint64_t number, value; // value: of a varint
    struct bytes inside;    // of a length-delimited field
};

static bool read_varint(struct bytes *from, uint64_t *out)
{
    uint64_t value = 0;
    for (unsigned shift = 0; from->at < from->end && shift < 64; shift += 7) {
        uint8_t byte = *from->at++;
        value |= (uint64_t)(byte & 0x7FU) << shift;
        if (byte < 0x80U) {
            *out = value;
            return true;
        }
    }
    return false;
}

static bool read_field(struct bytes *from, struct field *out)
{
    uint64_t tag, size = 0;
    if (!read_varint(from, &tag))
        return false;
    *out = (struct field){.number = tag >> 3};
    switch (tag & 7U) {
    case 0:
        return read_varint(from, &out->value);
    case 1:
        size = 8;
        break;
    case 2:
        if (!read_varint(from, &size))
            return false;
        break;
    case 5:
        size = 4;
        break;
    default:
        return false;
    }
    if (size > (uint64_t)(from->end - from->at))
        return false;
    out->inside = (struct bytes){from->at, from->at + size};
    from->at += size;
    return true;
}

// How many of the fields of a message are in a set of numbers below 64.
static unsigned count_fields(struct bytes message, uint64_t set)
{
    unsigned count = 0;
    struct field field;
    while (message.at < message.end && read_field(&message, &field))
        count += field.number < 64 && ((set >> field.number) & 1) != 0 ? 1 : 0;
    return count;
}

static unsigned count_ahead(struct bytes ahead)
{
    unsigned count = 0;
    struct field field;
    while (ahead.at < ahead.end && read_field(&ahead, &field))
        if (field.number == LOOK_AHEAD_SEGMENTS) // ground maximum and mean, surface maximum
            count += count_fields(field.inside, UINT64_C(1) << 3 | 1 << 4 | 1 << 5);
    return count;
}

static unsigned count_weather(struct bytes weather)
{
    unsigned count = 0;
    struct field field;
    while (weather.at < weather.end && read_field(&weather, &field))
        if (field.number >= WEATHER_WIND && field.number <= WEATHER_LAST) // a wind has two
            count += count_fields(field.inside, UINT64_C(1) << 1)
                     << (field.number == WEATHER_WIND);
    return count;
}

bool sim_context_scan(const uint8_t *bytes, size_t size, struct sim_context_head *out)
{
    struct bytes message = {bytes, bytes + size};
    struct sim_context_head head = {0};
    struct field field;
    while (message.at < message.end) {
        if (!read_field(&message, &field))
            return false;
        switch (field.number) {
        case BOOT_ID:
            head.boot_id = field.value;
            break;
        case SEQ:
            head.seq = (uint32_t)field.value;
            break;
        case NODE_TIME_US: // zigzag
            head.node_time_us = (int64_t)(field.value >> 1) ^ -(int64_t)(field.value & 1U);
            break;
        case STALE_AFTER_MS:
            head.stale_after_ms = (uint32_t)field.value;
            break;
        case TELEMETRY_SEQ:
            head.telemetry_seq = (uint32_t)field.value;
            break;
        case NODE_ID:
            head.node = geo_hash_bytes(GEO_HASH_START, field.inside.at,
                                       (size_t)(field.inside.end - field.inside.at))
                        | 2U; // neither 0 nor the one of no name
            break;
        case OWNER_EPOCH:
            head.owner_epoch = field.value;
            break;
        case SHED:
            head.shed = (uint32_t)field.value;
            break;
        case PUSHED:
            head.pushed = field.value != 0;
            break;
        case HEIGHT: // ground and surface
            head.data_points +=
                count_fields(field.inside, UINT64_C(1) << 7 | UINT64_C(1) << 12);
            break;
        case LOOK_AHEAD:
            head.data_points += count_ahead(field.inside);
            break;
        case WEATHER:
            head.data_points += count_weather(field.inside);
            break;
        case OBSTACLES: // top, published heights
            head.data_points += count_fields(field.inside, UINT64_C(1) << 7 | 1 << 9 | 1 << 10);
            break;
        default:
            break;
        }
    }
    *out = head;
    return size > 0;
}
