// SPDX-License-Identifier: Apache-2.0
// What the store does when an allocation fails, ours or one of a library's: a status, never a
// crash, nothing lost that was reported done, nothing half done.
//
// DRF_FULL=1: every allocation instead of every 37th.
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fusion/store_info.h"
#include "tests/support/store_scene.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#endif

#if defined(__GLIBC__) && !defined(SANITIZED)

// The program's own malloc comes before libc's, for the libraries too.
extern void *__libc_malloc(size_t size);               // NOLINT(bugprone-reserved-identifier)
extern void *__libc_calloc(size_t count, size_t size); // NOLINT(bugprone-reserved-identifier)
extern void *__libc_realloc(void *old, size_t size);   // NOLINT(bugprone-reserved-identifier)

static long until_failure = -1; // < 0: never
static bool failed;

static bool fails(void)
{
    if (until_failure < 0 || until_failure-- > 0)
        return false;
    failed = true;
    return true;
}

void *malloc(size_t size) { return fails() ? NULL : __libc_malloc(size); }
void *calloc(size_t count, size_t size) { return fails() ? NULL : __libc_calloc(count, size); }
void *realloc(void *old, size_t size) { return fails() ? NULL : __libc_realloc(old, size); }

enum { SHORT = 2 };

static void assert_told(enum drf_status status)
{
    if (status != DRF_OK && status != DRF_ERR_NOMEM && status != DRF_ERR_STORE)
        fail_msg("status %s", drf_status_name(status));
}

// One life with the n-th allocation failing; then the node tries again, as it would.
static void live_with_failure(long n)
{
    struct fusion_store *store = NULL;
    drop_store(path);
    failed = false;
    until_failure = n;
    enum drf_status status = try_open(path, &store, NULL);
    for (int step = 1; step <= SHORT && status == DRF_OK; step++)
        status = run_step(store, step);
    uint8_t digest[32];
    struct fusion_store_info info;
    if (status == DRF_OK)
        status = fusion_store_digest(store, FUSION_LAYER_COUNT, digest);
    if (status == DRF_OK)
        status = fusion_store_info(store, &info);
    until_failure = -1;
    assert_told(status);
    if (store == NULL)
        store = open_store();
    for (int step = 1; step <= SHORT; step++)
        assert_int_equal(run_step(store, step), DRF_OK);
    assert_digest(store, SHORT);
    assert_int_equal(fusion_store_pending_bytes(store), 0);
    fusion_store_close(store);
    store = open_store();
    assert_digest(store, SHORT);
    fusion_store_close(store);
}

static void allocation__any_fails__is_a_status_and_a_retry_ends_the_same(void **state)
{
    (void)state;
    long n = 0;
    do {
        live_with_failure(n);
        n += full_run() ? 1 : 37;
    } while (failed);
    print_message("  %ld allocations\n", n);
    assert_true(n > 200);
}

#else

static void allocation__any_fails__is_a_status_and_a_retry_ends_the_same(void **state)
{
    (void)state;
    print_message("skipped: the sanitizer has the allocator\n");
    skip();
}

#endif

int main(void)
{
    scene_insets = 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(allocation__any_fails__is_a_status_and_a_retry_ends_the_same),
    };
    return cmocka_run_group_tests_name("fusion/store_memory", tests, make_folder, drop_folder);
}
