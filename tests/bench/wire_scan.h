// tests/bench/wire_scan.h - what a load reads of a message without decoding it.
// SPDX-License-Identifier: Apache-2.0
//
// The varints of the outermost message; of a patch its window, and which windows several drones
// had.
#ifndef TESTS_BENCH_WIRE_SCAN_H
#define TESTS_BENCH_WIRE_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

// Fields of the outermost message that are varints.
static inline void wire_scan(const uint8_t *bytes, size_t size,
                             void (*take)(void *, uint32_t, uint64_t), void *context)
{
    size_t at = 0;
    while (at < size) {
        uint64_t words[2] = {0};
        for (int i = 0; i < 2; i++) {
            unsigned shift = 0;
            do
                words[i] |= (uint64_t)(bytes[at] & 127) << shift;
            while (shift += 7, bytes[at++] & 128 && at < size);
            if ((words[0] & 7) == 1 || (words[0] & 7) == 5)
                break;
        }
        uint32_t wire = words[0] & 7;
        if (wire == 0)
            take(context, (uint32_t)(words[0] >> 3), words[1]);
        at += wire == 1 ? 8 : wire == 5 ? 4 : wire == 2 ? words[1] : 0;
    }
}

struct context_view {
    uint64_t boot_id;
    uint32_t seq, telemetry_seq, pushed;
};

static inline void take_context_field(void *context, uint32_t field, uint64_t value)
{
    struct context_view *view = context;
    if (field == 1)
        view->boot_id = value;
    else if (field == 2)
        view->seq = (uint32_t)value;
    else if (field == 7)
        view->telemetry_seq = (uint32_t)value;
    else if (field == 30)
        view->pushed = (uint32_t)value;
}

struct patch_view {
    uint64_t west, south, points;
};

static inline void take_patch_field(void *context, uint32_t field, uint64_t value)
{
    struct patch_view *view = context;
    if (field == 7)
        view->west = value;
    else if (field == 8)
        view->south = value;
    else if (field == 19)
        view->points = value;
}

enum { PATCH_WINDOWS_BITS = 18, PATCH_WINDOWS_MAX = 1 << PATCH_WINDOWS_BITS };

struct patch_windows {
    uint64_t *keys;  // by hash; 0: free
    uint32_t *drone; // that had it first; UINT32_MAX: another has had it too
    uint64_t count, shared;
};

static inline bool patch_windows_open(struct patch_windows *windows)
{
    windows->keys = calloc(PATCH_WINDOWS_MAX, sizeof *windows->keys);
    windows->drone = calloc(PATCH_WINDOWS_MAX, sizeof *windows->drone);
    return windows->keys != NULL && windows->drone != NULL;
}

static inline void patch_windows_note(struct patch_windows *windows, uint64_t west,
                                      uint64_t south, uint32_t drone)
{
    const uint64_t key = (west << 32 | south) + 1;
    size_t at = (size_t)(key * UINT64_C(0x9E3779B97F4A7C15) >> (64 - PATCH_WINDOWS_BITS));
    while (windows->keys[at] != 0 && windows->keys[at] != key)
        at = (at + 1) % PATCH_WINDOWS_MAX;
    if (windows->keys[at] == 0 && windows->count < PATCH_WINDOWS_MAX / 2) {
        windows->keys[at] = key;
        windows->drone[at] = drone;
        windows->count++;
    } else if (windows->keys[at] == key && windows->drone[at] != drone
               && windows->drone[at] != UINT32_MAX) {
        windows->drone[at] = UINT32_MAX;
        windows->shared++;
    }
}

#endif
