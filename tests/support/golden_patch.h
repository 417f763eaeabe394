// tests/support/golden_patch.h - the cells behind tests/data/golden_patch/, by a formula that
// the tests in C and in Python share in words only. SPDX-License-Identifier: Apache-2.0
//
// Three patches of 64 cells: 1 a key frame, 2 what is new a block farther east and two farther
// north, with a tower, 3 a key frame of noise.
#ifndef TESTS_SUPPORT_GOLDEN_PATCH_H
#define TESTS_SUPPORT_GOLDEN_PATCH_H

#include <stdint.h>
#include <stdio.h>

enum { GOLDEN_SIDE = 64, GOLDEN_CELLS = 4096, GOLDEN_PATCHES = 3 };

static const uint32_t golden_west[GOLDEN_PATCHES] = {800, 808, 808};
static const uint32_t golden_south[GOLDEN_PATCHES] = {400, 416, 416};

static inline uint16_t golden_ground(int patch, uint32_t x, uint32_t y)
{
    if (patch == 2)
        return (uint16_t)(x * UINT32_C(2654435761) ^ y * UINT32_C(2246822519));
    if ((x / 10 + y / 12) % 9 == 0)
        return UINT16_MAX;
    return (uint16_t)(4000 + (x * x / 7 + y * 3 + x * y / 11) % 500);
}

static inline uint16_t golden_surface(int patch, uint32_t x, uint32_t y)
{
    uint16_t ground = golden_ground(patch, x, y);
    if (patch == 2)
        return ground;
    if (ground == UINT16_MAX)
        return (uint16_t)(x % 5 == 0 ? 5000 : UINT16_MAX);
    uint32_t canopy = (x * 7 + y * 13) % 29 < 3 ? 40 + x % 9 : 0;
    return (uint16_t)(ground + canopy + (patch == 1 && x == 831 && y == 430 ? 200 : 0));
}

static inline size_t golden_read(int patch, const char *layer, uint8_t *bytes, size_t room)
{
    char path[80];
    (void)snprintf(path, sizeof path, "tests/data/golden_patch/%d.%s", patch + 1, layer);
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return 0;
    size_t size = fread(bytes, 1, room, file);
    (void)fclose(file);
    return size;
}

#endif
