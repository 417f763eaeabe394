// SPDX-License-Identifier: Apache-2.0
#include "edge/host/fma.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// glibc's manual, "Hardware Capability Tunables": a minus takes a feature away.
#define TUNABLE "glibc.cpu.hwcaps=-FMA,-FMA4,-AVX2,-AVX2_Usable,-FMA_Usable"

bool edge_fma_there(void)
{
#if defined(__x86_64__)
    return __builtin_cpu_supports("fma") && __builtin_cpu_supports("avx2");
#else
    return true; // aarch64 has it always
#endif
}

static bool switched_off(void)
{
    // NOLINTNEXTLINE(concurrency-mt-unsafe): nobody changes the environment
    const char *tunables = getenv("GLIBC_TUNABLES");
    return tunables != NULL && strstr(tunables, "-FMA") != NULL;
}

bool edge_fma_used(void) { return edge_fma_there() && !switched_off(); }

void edge_fma_start_without(char **argv)
{
    // NOLINTNEXTLINE(concurrency-mt-unsafe): one thread, which becomes another program
    if (switched_off() || setenv("GLIBC_TUNABLES", TUNABLE, 1) != 0)
        return;
    (void)execv("/proc/self/exe", argv);
}
