// tests/support/count_heap.c - counts a program's calls to the heap from outside: for
// LD_PRELOAD. SPDX-License-Identifier: Apache-2.0
//
// COUNT_HEAP names a file; the process makes FILE.PID and keeps its counters there, to be read
// while it runs: for each thread its id, the calls of the program's own text, and those of its
// libraries (malloc, calloc, realloc, aligned allocations; free is not counted). Numbers of 64
// bits; a line of zeros ends them.
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { THREADS_MAX = 128 };

struct calls {
    _Atomic uint64_t thread, own, libraries;
};

extern void *__libc_malloc(size_t size);               // NOLINT(bugprone-reserved-identifier)
extern void *__libc_calloc(size_t count, size_t size); // NOLINT(bugprone-reserved-identifier)
extern void *__libc_realloc(void *old, size_t size);   // NOLINT(bugprone-reserved-identifier)
extern void *__libc_memalign(size_t to, size_t size);  // NOLINT(bugprone-reserved-identifier)

static struct calls *table;
static _Atomic size_t taken;
static uintptr_t text_from, text_to; // of the program itself
static __thread struct calls *mine __attribute__((tls_model("initial-exec")));

static int note_text(struct dl_phdr_info *info, size_t size, void *context)
{
    (void)size;
    (void)context;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];
        if (part->p_type == PT_LOAD && (part->p_flags & PF_X) != 0) {
            text_from = (uintptr_t)(info->dlpi_addr + part->p_vaddr);
            text_to = text_from + part->p_memsz;
        }
    }
    return 1; // the program is the first
}

__attribute__((constructor)) static void begin(void)
{
    char path[4096];
    const char *name = getenv("COUNT_HEAP");
    if (name == NULL)
        return;
    (void)snprintf(path, sizeof path, "%s.%ld", name, (long)getpid());
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    const size_t size = THREADS_MAX * sizeof(struct calls);
    if (file >= 0 && ftruncate(file, (off_t)size) == 0) {
        void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
        (void)dl_iterate_phdr(note_text, NULL);
        table = at != MAP_FAILED ? at : NULL;
    }
    if (file >= 0)
        (void)close(file);
}

static void count(const void *caller)
{
    if (table == NULL)
        return;
    if (mine == NULL) {
        size_t at = taken++;
        mine = &table[at < THREADS_MAX ? at : THREADS_MAX - 1];
        mine->thread = (uint64_t)syscall(SYS_gettid);
    }
    uintptr_t at = (uintptr_t)caller;
    if (at >= text_from && at < text_to)
        mine->own++;
    else
        mine->libraries++;
}

void *malloc(size_t size)
{
    count(__builtin_return_address(0));
    return __libc_malloc(size);
}

void *calloc(size_t number, size_t size)
{
    count(__builtin_return_address(0));
    return __libc_calloc(number, size);
}

void *realloc(void *old, size_t size)
{
    count(__builtin_return_address(0));
    return __libc_realloc(old, size);
}

void *aligned_alloc(size_t to, size_t size)
{
    count(__builtin_return_address(0));
    return __libc_memalign(to, size);
}

int posix_memalign(void **out, size_t to, size_t size)
{
    count(__builtin_return_address(0));
    void *block = __libc_memalign(to, size);
    if (block == NULL)
        return ENOMEM;
    *out = block;
    return 0;
}
