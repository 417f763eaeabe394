// SPDX-License-Identifier: Apache-2.0
#include "geo/record/refusal.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static const char *const names[GEO_REFUSAL_COUNT] = {
    [GEO_REFUSAL_NONE] = "NONE",
    [GEO_REFUSAL_EMPTY] = "EMPTY",
    [GEO_REFUSAL_TOO_LARGE] = "TOO_LARGE",
    [GEO_REFUSAL_FORMAT] = "FORMAT",
    [GEO_REFUSAL_GEOREFERENCE] = "GEOREFERENCE",
    [GEO_REFUSAL_CRS] = "CRS",
    [GEO_REFUSAL_VERTICAL] = "VERTICAL",
    [GEO_REFUSAL_NO_VALUES] = "NO_VALUES",
    [GEO_REFUSAL_OUT_OF_REGION] = "OUT_OF_REGION",
    [GEO_REFUSAL_RANGE] = "RANGE",
    [GEO_REFUSAL_UNSUPPORTED] = "UNSUPPORTED",
    [GEO_REFUSAL_MEMORY] = "MEMORY",
    [GEO_REFUSAL_DIED] = "DIED",
    [GEO_REFUSAL_MODE] = "MODE",
    [GEO_REFUSAL_ENVELOPE] = "ENVELOPE",
    [GEO_REFUSAL_IGNORED] = "IGNORED",
};

const char *geo_refusal_name(enum geo_refusal_code code)
{
    unsigned index = (unsigned)code;
    return index < GEO_REFUSAL_COUNT ? names[index] : "UNKNOWN";
}

// The length of the clean UTF-8 character at text[0 .. size), 0 if there is none (RFC 3629:
// no overlong forms, no surrogates, nothing above U+10FFFF; and no C0 or C1 control).
static size_t character(const unsigned char *text, size_t size)
{
    unsigned first = text[0];
    if (first < 0x80)
        return first >= 0x20 && first != 0x7f ? 1 : 0;
    size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || size < length)
        return 0;
    for (size_t i = 1; i < length; i++)
        if ((text[i] & 0xc0) != 0x80)
            return 0;
    unsigned second = text[1];
    bool forbidden = (first == 0xc2 && second < 0xa0) || (first == 0xe0 && second < 0xa0)
                     || (first == 0xed && second > 0x9f) || (first == 0xf0 && second < 0x90)
                     || (first == 0xf4 && second > 0x8f);
    return forbidden ? 0 : length;
}

void geo_text_copy(char *out, size_t room, const char *text, size_t size)
{
    size_t used = 0, at = 0;
    while (at < size && text[at] != '\0') {
        size_t length = character((const unsigned char *)text + at, size - at);
        size_t take = length == 0 ? 1 : length;
        if (used + take >= room)
            break;
        for (size_t i = 0; i < take; i++)
            out[used + i] = (char)(length == 0 ? '?' : text[at + i]);
        used += take;
        at += take;
    }
    for (; used < room; used++)
        out[used] = '\0';
}

bool geo_text_clean(const char *text, size_t room)
{
    const char *end = memchr(text, '\0', room);
    if (end == NULL)
        return false;
    size_t size = (size_t)(end - text);
    for (size_t at = 0; at < size;) {
        size_t length = character((const unsigned char *)text + at, size - at);
        if (length == 0)
            return false;
        at += length;
    }
    return true;
}

enum drf_status geo_refusal_status(enum geo_refusal_code code)
{
    switch (code) {
    case GEO_REFUSAL_MEMORY:
        return DRF_ERR_NOMEM;
    case GEO_REFUSAL_RANGE:
    case GEO_REFUSAL_OUT_OF_REGION:
        return DRF_ERR_RANGE;
    default:
        return DRF_ERR_SYNTAX;
    }
}

enum drf_status geo_refuse(struct geo_note *why, enum geo_refusal_code code, uint64_t position,
                           const char *format, ...)
{
    char text[4 * sizeof why->text];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    *why = (struct geo_note){.code = code, .count = 1, .position = position};
    geo_text_copy(why->text, sizeof why->text, text, length > 0 ? sizeof text : 0);
    return geo_refusal_status(code);
}
