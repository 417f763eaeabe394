// SPDX-License-Identifier: Apache-2.0
#include "edge/handoff/seqlock.h"

#include <string.h>

enum { TURN = 0, SIZE = 1, VALUE = EDGE_SEQLOCK_HEAD_WORDS, TRIES = 16 };

void edge_seqlock_write(_Atomic uint64_t *cell, const void *bytes, size_t size)
{
    uint64_t turn = atomic_load_explicit(&cell[TURN], memory_order_relaxed);
    atomic_store_explicit(&cell[TURN], turn + 1, memory_order_relaxed);
    atomic_store_explicit(&cell[SIZE], size, memory_order_release);
    const unsigned char *from = bytes;
    size_t whole = size / sizeof(uint64_t);
    for (size_t i = 0; i < whole; i++) {
        uint64_t word;
        memcpy(&word, from + i * sizeof word, sizeof word);
        atomic_store_explicit(&cell[VALUE + i], word, memory_order_release);
    }
    if (size % sizeof(uint64_t) != 0) {
        uint64_t word = 0;
        memcpy(&word, from + whole * sizeof word, size % sizeof word);
        atomic_store_explicit(&cell[VALUE + whole], word, memory_order_release);
    }
    atomic_store_explicit(&cell[TURN], turn + 2, memory_order_release);
}

static size_t copy(const _Atomic uint64_t *cell, unsigned char *out, size_t room)
{
    size_t size = (size_t)atomic_load_explicit(&cell[SIZE], memory_order_acquire);
    size_t filled = size < room ? size : room;
    for (size_t at = 0; at < filled; at += sizeof(uint64_t)) {
        uint64_t word =
            atomic_load_explicit(&cell[VALUE + at / sizeof word], memory_order_acquire);
        memcpy(out + at, &word, filled - at < sizeof word ? filled - at : sizeof word);
    }
    return size;
}

enum edge_seqlock_read edge_seqlock_read(const _Atomic uint64_t *cell, uint64_t *seen,
                                         void *out, size_t *size)
{
    for (int i = 0; i < TRIES; i++) {
        uint64_t turn = atomic_load_explicit(&cell[TURN], memory_order_acquire);
        if (turn == *seen)
            return EDGE_SEQLOCK_SAME;
        if ((turn & 1) != 0)
            continue;
        size_t found = copy(cell, out, *size);
        if (atomic_load_explicit(&cell[TURN], memory_order_relaxed) != turn)
            continue;
        *seen = turn;
        *size = found;
        return EDGE_SEQLOCK_NEW;
    }
    return EDGE_SEQLOCK_BUSY;
}
