// SPDX-License-Identifier: Apache-2.0
#include "geo/format/grib/grib_envelope.h"

#include <string.h>

enum { HEAD = 8, WORD = 4, EDITION_AT = 7 };

size_t geo_grib_envelope_next(const uint8_t *bytes, size_t size, size_t at)
{
    while (at < size && size - at >= HEAD) {
        const uint8_t *found = memchr(bytes + at, 'G', size - at);
        if (found == NULL)
            return size;
        at = (size_t)(found - bytes);
        if (size - at >= HEAD && memcmp(found, "GRIB", WORD) == 0 && found[EDITION_AT] < ' ')
            return at;
        at++;
    }
    return size;
}

static bool of_a_heading(uint8_t byte)
{
    return (byte >= ' ' && byte < 0x7f) || byte <= 3 || (byte >= '\t' && byte <= '\r');
}

bool geo_grib_envelope_remains(const uint8_t *bytes, size_t size)
{
    bool text = true, end = false;
    for (size_t i = 0; i < size && (text || !end); i++) {
        text = text && of_a_heading(bytes[i]);
        end = end || (size - i >= WORD && memcmp(bytes + i, "7777", WORD) == 0);
    }
    return !text && end;
}
