// SPDX-License-Identifier: Apache-2.0
// Any bytes: refused with a reason, or a record that validates, with a field in it, and the
// same record when decoded again.
#define _GNU_SOURCE // the place of a fault
#include <dlfcn.h>
#include <setjmp.h>
#include <signal.h>
#include <ucontext.h>

#include <eccodes.h>

#include "geo/format/grib/grib.h"
#include "tests/support/fuzz_decoder.h"

// ecCodes asserts, leaks, and reads or copies beyond its memory on some damaged messages. That
// ends the child and refuses the message (geo/format/decode.h); here it ends the run of one
// input, so that what is ours goes on being looked at. What is jumped out of cannot be freed.
// A write of its own before a block of its own shows as a mismatch when it frees that block.
const char *__asan_default_options(void);
const char *__asan_default_options(void) { return "detect_leaks=0:alloc_dealloc_mismatch=0"; }
const char *__asan_default_suppressions(void);
const char *__asan_default_suppressions(void) { return "interceptor_via_lib:libeccodes"; }
int LLVMFuzzerInitialize(int *argument_count, char ***arguments);

static sigjmp_buf way_out;
static void leave(const char *message)
{
    (void)message;
    siglongjmp(way_out, 1);
}

// Ours is what lies in the program itself.
static void on_fault(int number, siginfo_t *info, void *context)
{
    (void)info;
#if defined(__x86_64__)
    void *at = (void *)((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP];
#else
    void *at = (void *)((ucontext_t *)context)->uc_mcontext.pc;
#endif
    Dl_info where, own;
    if (dladdr(at, &where) != 0 && dladdr((void *)&way_out, &own) != 0
        && where.dli_fbase != own.dli_fbase)
        siglongjmp(way_out, 1);
    signal(number, SIG_DFL);
    raise(number);
}

int LLVMFuzzerInitialize(int *argument_count, char ***arguments)
{
    (void)argument_count;
    (void)arguments;
    static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE};
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++)
        if (sigaction(faults[i], &action, NULL) != 0)
            abort();
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct geo_decode_params params = {
        .keep = {-180, -90, 180, 90},
        .pixels_max = 10000,
    };
    static struct geo_record_builder
        builders[2]; // static: what longjmp() leaves is still known
    codes_set_codes_assertion_failed_proc(leave);
    if (sigsetjmp(way_out, 1) != 0) {
        geo_record_builder_close(&builders[0]);
        geo_record_builder_close(&builders[1]);
        return 0;
    }
    fuzz_decode_twice(geo_grib_decode, &params, GEO_ITEM_FIELD, data, size, builders);
    return 0;
}
