// tests/support/heap.h - a heap that is counted, and fails where a test wants it to.
// SPDX-License-Identifier: Apache-2.0
//
// Included by one file of a program: its malloc, calloc, realloc and free stand before glibc's,
// for the libraries too. For one thread. Not under a sanitizer, which has these functions
// itself: HEAP_OURS is not defined then, and nothing is counted.
#ifndef TESTS_SUPPORT_HEAP_H
#define TESTS_SUPPORT_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

// Calls by the program's own code, and by its libraries.
struct heap_calls {
    uint64_t own, libraries;
};
static struct heap_calls heap_calls __attribute__((unused)); // nobody asks, under a sanitizer

#if defined(__GLIBC__) && !defined(DRF_SANITIZED)
#define HEAP_OURS

static long heap_until_failure = -1; // calls that succeed before one fails; negative: none does
static bool heap_failed;             // one did
static long heap_blocks;             // taken and not given back

// glibc's own names behind malloc and its kin, and the linker's for where the program lies.
extern void *__libc_malloc(size_t size);               // NOLINT(bugprone-reserved-identifier)
extern void *__libc_calloc(size_t count, size_t size); // NOLINT(bugprone-reserved-identifier)
extern void *__libc_realloc(void *old, size_t size);   // NOLINT(bugprone-reserved-identifier)
extern void __libc_free(void *block);                  // NOLINT(bugprone-reserved-identifier)
extern char __executable_start, etext;                 // NOLINT(bugprone-reserved-identifier)

static inline bool heap_gives(const void *caller)
{
    uintptr_t at = (uintptr_t)caller;
    if (at >= (uintptr_t)&__executable_start && at < (uintptr_t)&etext)
        heap_calls.own++;
    else
        heap_calls.libraries++;
    if (heap_until_failure < 0 || heap_until_failure-- > 0)
        return true;
    heap_failed = true;
    return false;
}

void *malloc(size_t size)
{
    void *block = heap_gives(__builtin_return_address(0)) ? __libc_malloc(size) : NULL;
    heap_blocks += block != NULL;
    return block;
}

void *calloc(size_t count, size_t size)
{
    void *block = heap_gives(__builtin_return_address(0)) ? __libc_calloc(count, size) : NULL;
    heap_blocks += block != NULL;
    return block;
}

void *realloc(void *old, size_t size)
{
    void *block = heap_gives(__builtin_return_address(0)) ? __libc_realloc(old, size) : NULL;
    heap_blocks += block != NULL && old == NULL;
    return block;
}

void free(void *block)
{
    heap_blocks -= block != NULL;
    __libc_free(block);
}
#endif

#endif
