// edge/handoff/seqlock.h - a value that one thread writes and others read whole, never waiting.
// SPDX-License-Identifier: Apache-2.0
//
// A sequence lock. A cell is an array of atomic words: the turn (odd while the value is
// written; it grows by two with each value), the size of the value in bytes, and the value. The
// writer never waits; who reads while it writes tries again, and gives up after a few times.
// All words 0: nothing was written yet.
//
// Orders without fences, which the thread sanitizer of gcc does not know: each word is stored
// with release, so who sees one sees the odd turn before it; each is loaded with acquire, so
// the turn is looked at again after all of them.
#ifndef EDGE_SEQLOCK_H
#define EDGE_SEQLOCK_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

enum { EDGE_SEQLOCK_HEAD_WORDS = 2 };
// Words of a cell with room for so many bytes.
#define EDGE_SEQLOCK_WORDS(bytes) (EDGE_SEQLOCK_HEAD_WORDS + ((bytes) + 7U) / 8U)

enum edge_seqlock_read {
    EDGE_SEQLOCK_SAME, // nothing new since *seen; nothing was copied
    EDGE_SEQLOCK_NEW,  // copied; *seen is its turn
    EDGE_SEQLOCK_BUSY, // written again and again while it was read: try later
};

// One thread only. `size` is at most the room that the cell was made for.
void edge_seqlock_write(_Atomic uint64_t *cell, const void *bytes, size_t size);

// Any thread. *seen is the turn of the value that the caller has, 0 at first. *size is the room
// in `out`, and becomes what the value has: where that is more, only the room is filled.
enum edge_seqlock_read edge_seqlock_read(const _Atomic uint64_t *cell, uint64_t *seen,
                                         void *out, size_t *size);

#endif
