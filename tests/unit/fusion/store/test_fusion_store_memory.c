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

#include "fusion/store/store_info.h"
#include "tests/support/heap.h"
#include "tests/support/store_scene.h"

#ifdef HEAP_OURS

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
    heap_failed = false;
    heap_until_failure = n;
    enum drf_status status = try_open(path, &store, NULL);
    for (int step = 1; step <= SHORT && status == DRF_OK; step++)
        status = run_step(store, step);
    uint8_t digest[32];
    struct fusion_store_info info;
    if (status == DRF_OK)
        status = fusion_store_digest(store, FUSION_LAYER_COUNT, digest);
    if (status == DRF_OK)
        status = fusion_store_info(store, &info);
    heap_until_failure = -1;
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
    } while (heap_failed);
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
