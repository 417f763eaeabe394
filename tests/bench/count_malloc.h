// tests/bench/count_malloc.h - counts what is taken from the heap, and who took it.
// SPDX-License-Identifier: Apache-2.0
//
// Included by one file of a program: its malloc, calloc and realloc stand before glibc's. A
// call from the program's own code is ours, any other a library's. Not under a sanitizer, which
// has these functions itself: nothing is counted then.
#ifndef TESTS_BENCH_COUNT_MALLOC_H
#define TESTS_BENCH_COUNT_MALLOC_H

#include <stdint.h>
#include <stdlib.h>

struct heap_calls {
    uint64_t own, libraries;
};
static struct heap_calls heap_calls; // of the one thread of a benchmark

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define HEAP_NOT_COUNTED
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define HEAP_NOT_COUNTED
#endif

#ifndef HEAP_NOT_COUNTED
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);
extern char __executable_start, etext;

static inline void heap_note(const void *caller)
{
    uintptr_t at = (uintptr_t)caller;
    if (at >= (uintptr_t)&__executable_start && at < (uintptr_t)&etext)
        heap_calls.own++;
    else
        heap_calls.libraries++;
}

void *malloc(size_t size)
{
    heap_note(__builtin_return_address(0));
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    heap_note(__builtin_return_address(0));
    return __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
    heap_note(__builtin_return_address(0));
    return __libc_realloc(old, size);
}
#endif

#endif
