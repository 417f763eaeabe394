// SPDX-License-Identifier: Apache-2.0
// What the store keeps when it is killed, and when its disk fails or is full. The measure is
// always the digest of an undisturbed run.
//
// DRF_FULL=1: 200 kills instead of 20, every failing write instead of every 37th.
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#include <cmocka.h>

#include <sqlite3.h>

#include "fusion/store/store_maintenance.h"
#include "tests/support/store_scene.h"

// A child that works until it is killed.
static void work_until_killed(void)
{
    struct fusion_store *store = NULL;
    if (try_open(path, &store, NULL) != DRF_OK)
        _exit(3);
    for (int step = step_of(store) + 1; step <= STEPS; step++)
        if (run_step(store, step) != DRF_OK)
            _exit(4);
    _exit(0); // without closing: as dead as if killed
}

static void killed__at_any_instant__loses_no_commit_and_ends_as_if_never_killed(void **state)
{
    (void)state;
    const int kills = full_run() ? 200 : 20;
    unsigned seed = 20261122;
    drop_store(path);
    int partial = 0;
    for (int i = 0; i < kills; i++) {
        const pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0)
            work_until_killed();
        seed = seed * 1103515245U + 12345U;
        const struct timespec pause = {.tv_nsec = (long)((seed >> 8) % 60000) * 1000};
        (void)nanosleep(&pause, NULL);
        (void)kill(child, SIGKILL);
        int how = 0;
        assert_int_equal(waitpid(child, &how, 0), child);
        assert_true(WIFSIGNALED(how) || WEXITSTATUS(how) == 0);
        struct fusion_store *store = open_store();
        const int step = step_of(store);
        partial += step > 0 && step < STEPS;
        assert_digest(store, step);
        if (fusion_store_check(store) != DRF_OK)
            fail_msg("%s", fusion_store_error(store));
        fusion_store_close(store);
        if (step == STEPS || i % 5 == 4)
            drop_store(path);
    }
    print_message("  %d of %d kills found a store in the middle\n", partial, kills);
    struct fusion_store *store = open_store();
    for (int step = step_of(store) + 1; step <= STEPS; step++)
        assert_int_equal(run_step(store, step), DRF_OK);
    assert_digest(store, STEPS);
    fusion_store_close(store);
}

static void second_node__in_a_process_of_its_own__is_refused_until_the_first_is_dead(
    void **state)
{
    (void)state;
    drop_store(path);
    int ready[2];
    assert_int_equal(pipe(ready), 0);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct fusion_store *store = NULL;
        if (try_open(path, &store, NULL) != DRF_OK || run_step(store, 1) != DRF_OK
            || write(ready[1], "r", 1) != 1)
            _exit(3);
        (void)pause();
        _exit(4);
    }
    char byte = 0;
    assert_int_equal(read(ready[0], &byte, 1), 1);
    struct fusion_store_fault fault = {0};
    struct fusion_store *store = NULL;
    assert_int_equal(try_open(path, &store, &fault), DRF_ERR_STORE);
    assert_int_equal(fault.trouble, FUSION_STORE_BUSY);
    (void)kill(child, SIGKILL);
    assert_int_equal(waitpid(child, NULL, 0), child);
    store = open_store();
    assert_digest(store, 1);
    fusion_store_close(store);
    (void)close(ready[0]);
    (void)close(ready[1]);
}

// A VFS between SQLite and the disk: the n-th write, sync or truncation fails, and so do all
// after it while it lasts.
static struct {
    sqlite3_vfs vfs;
    sqlite3_vfs *below;
    long until_failure; // < 0: never
    int code;
    bool lasting;
    long failed;
} disk;

struct shim_file {
    sqlite3_file head;
    sqlite3_file *below;
};

static sqlite3_file *below(sqlite3_file *file) { return ((struct shim_file *)file)->below; }

static bool fails(void)
{
    if (disk.until_failure < 0)
        return false;
    if (disk.until_failure > 0) {
        disk.until_failure--;
        return false;
    }
    disk.failed++;
    if (!disk.lasting)
        disk.until_failure = -1;
    return true;
}

static int shim_close(sqlite3_file *f) { return below(f)->pMethods->xClose(below(f)); }
static int shim_read(sqlite3_file *f, void *to, int size, sqlite3_int64 at)
{
    return below(f)->pMethods->xRead(below(f), to, size, at);
}
static int shim_write(sqlite3_file *f, const void *from, int size, sqlite3_int64 at)
{
    if (!fails())
        return below(f)->pMethods->xWrite(below(f), from, size, at);
    // A disk fills in the middle of a page.
    (void)below(f)->pMethods->xWrite(below(f), from, size / 2, at);
    return disk.code;
}
static int shim_truncate(sqlite3_file *f, sqlite3_int64 size)
{
    return fails() ? SQLITE_IOERR_TRUNCATE : below(f)->pMethods->xTruncate(below(f), size);
}
static int shim_sync(sqlite3_file *f, int flags)
{
    return fails() ? SQLITE_IOERR_FSYNC : below(f)->pMethods->xSync(below(f), flags);
}
static int shim_size(sqlite3_file *f, sqlite3_int64 *out)
{
    return below(f)->pMethods->xFileSize(below(f), out);
}
static int shim_lock(sqlite3_file *f, int how)
{
    return below(f)->pMethods->xLock(below(f), how);
}
static int shim_unlock(sqlite3_file *f, int how)
{
    return below(f)->pMethods->xUnlock(below(f), how);
}
static int shim_reserved(sqlite3_file *f, int *out)
{
    return below(f)->pMethods->xCheckReservedLock(below(f), out);
}
static int shim_control(sqlite3_file *f, int op, void *arg)
{
    return below(f)->pMethods->xFileControl(below(f), op, arg);
}
static int shim_sector(sqlite3_file *f) { return below(f)->pMethods->xSectorSize(below(f)); }
static int shim_traits(sqlite3_file *f)
{
    return below(f)->pMethods->xDeviceCharacteristics(below(f));
}
static int shim_map(sqlite3_file *f, int page, int size, int extend, void volatile **out)
{
    return below(f)->pMethods->xShmMap(below(f), page, size, extend, out);
}
static int shim_shm_lock(sqlite3_file *f, int offset, int n, int flags)
{
    return below(f)->pMethods->xShmLock(below(f), offset, n, flags);
}
static void shim_barrier(sqlite3_file *f) { below(f)->pMethods->xShmBarrier(below(f)); }
static int shim_unmap(sqlite3_file *f, int drop)
{
    return below(f)->pMethods->xShmUnmap(below(f), drop);
}

static const sqlite3_io_methods shim_methods = {
    .iVersion = 2,
    .xClose = shim_close,
    .xRead = shim_read,
    .xWrite = shim_write,
    .xTruncate = shim_truncate,
    .xSync = shim_sync,
    .xFileSize = shim_size,
    .xLock = shim_lock,
    .xUnlock = shim_unlock,
    .xCheckReservedLock = shim_reserved,
    .xFileControl = shim_control,
    .xSectorSize = shim_sector,
    .xDeviceCharacteristics = shim_traits,
    .xShmMap = shim_map,
    .xShmLock = shim_shm_lock,
    .xShmBarrier = shim_barrier,
    .xShmUnmap = shim_unmap,
};

static int shim_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags,
                     int *out)
{
    (void)vfs;
    struct shim_file *shim = (struct shim_file *)file;
    shim->below = (sqlite3_file *)(shim + 1);
    int code = disk.below->xOpen(disk.below, name, shim->below, flags, out);
    shim->head.pMethods = shim->below->pMethods != NULL ? &shim_methods : NULL;
    return code;
}

static void disk_put_between(void)
{
    disk.below = sqlite3_vfs_find(NULL);
    disk.vfs = *disk.below;
    disk.vfs.zName = "shim";
    disk.vfs.szOsFile = disk.below->szOsFile + (int)sizeof(struct shim_file);
    disk.vfs.xOpen = shim_open;
    disk.until_failure = -1;
    assert_int_equal(sqlite3_vfs_register(&disk.vfs, 1), SQLITE_OK);
}

static void disk_take_away(void)
{
    assert_int_equal(sqlite3_vfs_unregister(&disk.vfs), SQLITE_OK);
    assert_int_equal(sqlite3_vfs_register(disk.below, 1), SQLITE_OK);
}

// Steps 1 .. STEPS with one failure; the caller's loop is the node's: what could not be
// committed stays pending, and the next commit carries it.
static void steps_with_failure(long n, int code, bool lasting)
{
    struct fusion_store *store = NULL;
    disk.until_failure = n;
    disk.code = code;
    disk.lasting = lasting;
    disk.failed = 0;
    enum drf_status status = try_open(path, &store, NULL);
    if (status != DRF_OK) {
        assert_int_equal(status, DRF_ERR_STORE);
        disk.until_failure = -1;
        store = open_store();
    }
    for (int step = 1; step <= STEPS; step++) {
        assert_int_equal(put_step(store, step), DRF_OK);
        status = fusion_store_commit(store, step);
        if (status != DRF_OK) {
            assert_int_equal(status, DRF_ERR_STORE);
            assert_true(fusion_store_pending_bytes(store) > 0);
            assert_true(fusion_store_error(store)[0] != '\0');
        }
        assert_digest(store, step); // served from memory, whatever the disk does
        status = fusion_store_render_commit(store);
        assert_true(status == DRF_OK || status == DRF_ERR_STORE);
        if (step == STEPS / 2)
            disk.until_failure = -1; // there is room again
    }
    assert_int_equal(fusion_store_commit(store, STEPS), DRF_OK);
    assert_int_equal(fusion_store_render_commit(store), DRF_OK);
    assert_int_equal(fusion_store_pending_bytes(store), 0);
    assert_digest(store, STEPS);
    fusion_store_close(store);

    store = open_store();
    assert_int_equal(step_of(store), STEPS);
    assert_digest(store, STEPS);
    if (fusion_store_check(store) != DRF_OK)
        fail_msg("write %ld: %s", n, fusion_store_error(store));
    fusion_store_close(store);
}

static void every_write(int code, bool lasting)
{
    const long stride = full_run() ? 1 : 37;
    long n = 0, failed = 0;
    disk_put_between();
    do {
        drop_store(path);
        steps_with_failure(n, code, lasting);
        failed = disk.failed;
        n += stride;
    } while (failed > 0);
    disk_take_away();
    print_message("  %ld writes and syncs, every %ld\n", n, stride);
    assert_true(n > 100);
}

static void write__any_fails_once__is_a_status_and_loses_nothing(void **state)
{
    (void)state;
    every_write(SQLITE_IOERR_WRITE, false);
}

static void disk__full_for_a_while__is_served_from_memory_and_goes_on_by_itself(void **state)
{
    (void)state;
    every_write(SQLITE_FULL, true);
}

int main(void)
{
    scene_insets = 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(killed__at_any_instant__loses_no_commit_and_ends_as_if_never_killed),
        cmocka_unit_test(
            second_node__in_a_process_of_its_own__is_refused_until_the_first_is_dead),
        cmocka_unit_test(write__any_fails_once__is_a_status_and_loses_nothing),
        cmocka_unit_test(disk__full_for_a_while__is_served_from_memory_and_goes_on_by_itself),
    };
    return cmocka_run_group_tests_name("fusion/store_fault", tests, make_folder, drop_folder);
}
