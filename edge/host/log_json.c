// SPDX-License-Identifier: Apache-2.0
#include "edge/host/log_json.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "edge/host/utf8.h"

enum { NUMBER_MAX = 15 }; // digits that a double keeps

static bool one_of(const char *text, size_t size, const char *const *list)
{
    for (; *list != NULL; list++)
        if (strlen(*list) == size && memcmp(*list, text, size) == 0)
            return true;
    return false;
}

// RFC 8259 section 6, without exponents.
static bool is_number(const char *text, size_t size)
{
    size_t at = size > 0 && text[0] == '-' ? 1 : 0;
    size_t digits = strspn(text + at, "0123456789");
    if (digits == 0 || (digits > 1 && text[at] == '0') || size > NUMBER_MAX)
        return false;
    at += digits;
    if (at < size && text[at] == '.') {
        digits = strspn(text + at + 1, "0123456789");
        if (digits == 0)
            return false;
        at += 1 + digits;
    }
    return at == size;
}

struct out {
    char *text;
    size_t room, length;
    bool full;
};

static void put(struct out *out, const char *text, size_t size)
{
    if (out->full || size >= out->room - out->length) {
        out->full = true;
        return;
    }
    memcpy(out->text + out->length, text, size);
    out->length += size;
}

static void put_string(struct out *out, const uint8_t *bytes, size_t size)
{
    put(out, "\"", 1);
    for (size_t i = 0; i < size;) {
        size_t length = edge_utf8_length(bytes + i, size - i);
        char escape[8];
        if (length == 0) {
            put(out, "\\ufffd", 6);
            i++;
            continue;
        }
        if (bytes[i] == '"' || bytes[i] == '\\') {
            put(out, "\\", 1);
            put(out, (const char *)bytes + i, 1);
        } else if (bytes[i] < 0x20) {
            (void)snprintf(escape, sizeof escape, "\\u%04x", bytes[i]);
            put(out, escape, 6);
        } else {
            put(out, (const char *)bytes + i, length);
        }
        i += length;
    }
    put(out, "\"", 1);
}

// 16: it is none.
static unsigned hex(char digit)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = digit != '\0' ? strchr(digits, digit) : NULL;
    return at != NULL ? (unsigned)(at - digits) : 16;
}

// The value at *text, which is moved behind it; bytes as they were before they were quoted.
static size_t read_quoted(const char **text, uint8_t *bytes)
{
    const char *at = *text + 1;
    size_t size = 0;
    while (*at != '\0' && *at != '"') {
        if (*at != '\\' || at[1] == '\0') {
            bytes[size++] = (uint8_t)*at++;
        } else if (at[1] == 'x' && hex(at[2]) < 16 && hex(at[3]) < 16) {
            bytes[size++] = (uint8_t)(hex(at[2]) << 4 | hex(at[3]));
            at += 4;
        } else {
            bytes[size++] = (uint8_t)at[1];
            at += 2;
        }
    }
    *text = *at == '"' ? at + 1 : at;
    return size;
}

// NOLINTNEXTLINE(readability-non-const-parameter): written through `to`
size_t edge_log_json_pairs(char *out, size_t room, size_t length, const char *pairs)
{
    static const char *const names[] = {"feed", "topic",  "region",  "node",    "file",
                                        "key",  "source", "version", "boot_id", NULL};
    static const char *const own[] = {"time", "real_time", "level", "what", "repeated", NULL};
    struct out to = {.text = out, .room = room, .length = length};
    uint8_t bytes[1024];
    while (*(pairs += strspn(pairs, " ")) != '\0') {
        size_t whole = to.length;
        size_t key = strcspn(pairs, " =");
        if (key == 0 || pairs[key] != '=' || strlen(pairs) > sizeof bytes)
            break; // not a pair: our own mistake
        put(&to, ", \"", 3);
        if (one_of(pairs, key, own))
            put(&to, "_", 1);
        put(&to, pairs, key);
        put(&to, "\": ", 3);
        bool name = one_of(pairs, key, names);
        pairs += key + 1;
        if (*pairs == '"') {
            size_t size = read_quoted(&pairs, bytes);
            put_string(&to, bytes, size);
        } else {
            size_t size = strcspn(pairs, " ");
            if (!name && is_number(pairs, size))
                put(&to, pairs, size);
            else
                put_string(&to, (const uint8_t *)pairs, size);
            pairs += size;
        }
        if (to.full)
            return whole;
    }
    return to.length;
}
