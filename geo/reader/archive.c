// SPDX-License-Identifier: Apache-2.0
#include "geo/reader/archive.h"

#include <string.h>

const char *geo_archive_suffix(const uint8_t *bytes, size_t size)
{
    static const struct {
        const char *suffix;
        size_t size;
        uint8_t first[8];
    } kinds[] = {
        {".zip", 4, {'P', 'K', 3, 4}},
        {".zip", 4, {'P', 'K', 5, 6}}, // an empty one
        {".gz", 3, {0x1f, 0x8b, 8}},
        {".bz2", 4, {'B', 'Z', 'h', '9'}},
        {".xz", 6, {0xfd, '7', 'z', 'X', 'Z', 0}},
        {".zst", 4, {0x28, 0xb5, 0x2f, 0xfd}},
        {".7z", 6, {'7', 'z', 0xbc, 0xaf, 0x27, 0x1c}},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (size >= kinds[i].size && memcmp(bytes, kinds[i].first, kinds[i].size) == 0)
            return kinds[i].suffix;
    return NULL;
}
