// SPDX-License-Identifier: Apache-2.0
#include "edge/view/json_text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "edge/host/utf8.h"

enum { ROOM_FIRST = 4096 };

void edge_json_text_close(struct edge_json_text *json)
{
    free(json->bytes);
    *json = (struct edge_json_text){.bytes = NULL};
}

void edge_json_text_clear(struct edge_json_text *json)
{
    json->length = 0;
    json->failed = false;
}

static bool make_room(struct edge_json_text *json, size_t size)
{
    if (json->failed || size <= json->room - json->length)
        return !json->failed;
    size_t room = json->room > 0 ? json->room : ROOM_FIRST;
    while (room - json->length < size)
        room *= 2;
    char *bytes = realloc(json->bytes, room);
    if (bytes == NULL) {
        json->failed = true;
        return false;
    }
    json->bytes = bytes;
    json->room = room;
    return true;
}

void edge_json_text_raw(struct edge_json_text *json, const char *bytes, size_t size)
{
    if (!make_room(json, size))
        return;
    memcpy(json->bytes + json->length, bytes, size);
    json->length += size;
}

// A value follows: after another one a comma stands between.
static void separate(struct edge_json_text *json)
{
    if (json->length > 0 && strchr("{[:,\n ", json->bytes[json->length - 1]) == NULL)
        edge_json_text_raw(json, ",", 1);
}

void edge_json_text_begin(struct edge_json_text *json, char bracket)
{
    separate(json);
    edge_json_text_raw(json, &bracket, 1);
}

void edge_json_text_end(struct edge_json_text *json, char bracket)
{
    edge_json_text_raw(json, &bracket, 1);
}

static void put_string(struct edge_json_text *json, const uint8_t *bytes, size_t size)
{
    static const char digits[] = "0123456789abcdef";
    edge_json_text_raw(json, "\"", 1);
    for (size_t at = 0; at < size;) {
        size_t plain = 0;
        while (at + plain < size && bytes[at + plain] >= 0x20 && bytes[at + plain] < 0x7f
               && bytes[at + plain] != '"' && bytes[at + plain] != '\\')
            plain++;
        edge_json_text_raw(json, (const char *)bytes + at, plain);
        at += plain;
        if (at == size)
            break;
        const size_t length = edge_utf8_length(bytes + at, size - at);
        if (length > 1) {
            edge_json_text_raw(json, (const char *)bytes + at, length);
        } else if (length == 0) {
            edge_json_text_raw(json, "\xef\xbf\xbd", 3);
        } else if (bytes[at] == '"' || bytes[at] == '\\') {
            const char escape[2] = {'\\', (char)bytes[at]};
            edge_json_text_raw(json, escape, sizeof escape);
        } else {
            const char escape[6] = {
                '\\', 'u', '0', '0', digits[bytes[at] >> 4], digits[bytes[at] & 15]};
            edge_json_text_raw(json, escape, sizeof escape);
        }
        at += length > 0 ? length : 1;
    }
    edge_json_text_raw(json, "\"", 1);
}

void edge_json_text_string(struct edge_json_text *json, const char *bytes, size_t size)
{
    separate(json);
    put_string(json, (const uint8_t *)bytes, size);
}

void edge_json_text_word(struct edge_json_text *json, const char *text)
{
    edge_json_text_string(json, text, strlen(text));
}

void edge_json_text_key(struct edge_json_text *json, const char *name)
{
    edge_json_text_word(json, name);
    edge_json_text_raw(json, ":", 1);
}

void edge_json_text_int(struct edge_json_text *json, int64_t value)
{
    char digits[24], *at = digits + sizeof digits;
    uint64_t left = value < 0 ? -(uint64_t)value : (uint64_t)value;
    do
        *--at = (char)('0' + left % 10);
    while ((left /= 10) > 0);
    if (value < 0)
        *--at = '-';
    separate(json);
    edge_json_text_raw(json, at, (size_t)(digits + sizeof digits - at));
}

void edge_json_text_real(struct edge_json_text *json, double value, int decimals)
{
    char text[64];
    if (!isfinite(value) || fabs(value) >= 1e18) {
        edge_json_text_null(json);
        return;
    }
    int length = snprintf(text, sizeof text, "%.*f", decimals, value);
    while (decimals > 0 && length > 1 && text[length - 1] == '0')
        length--;
    if (decimals > 0 && text[length - 1] == '.')
        length--;
    if (length == 2 && memcmp(text, "-0", 2) == 0) {
        edge_json_text_int(json, 0);
        return;
    }
    separate(json);
    edge_json_text_raw(json, text, (size_t)length);
}

void edge_json_text_bool(struct edge_json_text *json, bool value)
{
    edge_json_text_value(json, value ? "true" : "false", value ? 4 : 5);
}

void edge_json_text_null(struct edge_json_text *json) { edge_json_text_value(json, "null", 4); }

void edge_json_text_value(struct edge_json_text *json, const char *bytes, size_t size)
{
    separate(json);
    edge_json_text_raw(json, bytes, size);
}
