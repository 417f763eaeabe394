// SPDX-License-Identifier: Apache-2.0
// What the store keeps when it is killed, when its disk fails or is full, when its file is
// damaged. The measure is always the digest of an undisturbed run.
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
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include <sqlite3.h>

#include "fusion/store.h"
#include "fusion/store_info.h"
#include "fusion/store_upkeep.h"

enum { LEVEL = 12, STEPS = 24, TILES = 3 };

static char folder[64], path[96];
static uint8_t expected[STEPS + 1][32]; // the digest after each step, undisturbed

static bool full_run(void)
{
    return getenv("DRF_FULL") != NULL; // NOLINT(concurrency-mt-unsafe)
}

static void drop_store(const char *of)
{
    static const char *const ends[] = {"", "-wal", "-shm", "-lock", "-journal"};
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        char name[160];
        (void)snprintf(name, sizeof name, "%s%s", of, ends[i]);
        (void)unlink(name);
    }
}

static enum drf_status try_open(const char *of, struct fusion_store **out,
                                struct fusion_store_fault *fault)
{
    return fusion_store_open(
        &(struct fusion_store_config){
            .path = of,
            .keep = {.west_deg = -80, .south_deg = 43, .east_deg = -79, .north_deg = 44},
            .level = LEVEL,
            .region_id = "sim-fault",
            .mode = 4,
            .fault = fault,
        },
        out);
}

static struct fusion_store *open_store(void)
{
    struct fusion_store_fault fault = {0};
    struct fusion_store *store = NULL;
    if (try_open(path, &store, &fault) != DRF_OK)
        fail_msg("%s", fault.text);
    return store;
}

static struct geo_tile tile_of(int i)
{
    return (struct geo_tile){.level = LEVEL, .row = 1055, .col = 2290 + (uint32_t)i};
}

static enum drf_status put_raster(struct fusion_store *store, int step)
{
    static uint16_t cells[GEO_CELLS_COUNT];
    static uint8_t blob[GEO_CELLS_BLOB_MAX];
    char key[16];
    (void)snprintf(key, sizeof key, "r-%d", step % 3);
    const struct geo_raster raster = {.layer = GEO_RASTER_GROUND,
                                      .level = LEVEL,
                                      .vertical_acc95_m = 2,
                                      .posting_m = 30,
                                      .bounds = {-80, 43, -79, 44},
                                      .min_amsl_m = 0,
                                      .max_amsl_m = 100,
                                      .known_cells = 1,
                                      .crs = "EPSG:4326",
                                      .vertical = "EGM96"};
    const struct fusion_source source = {.feed = "dtm",
                                         .source = "dtm/x",
                                         .licence = "CC0",
                                         .version = "v",
                                         .priority = step % 3,
                                         .vertical_acc95_m = 2,
                                         .posting_m = 30,
                                         .issue_utc_us = step};
    struct geo_record_builder builder;
    struct geo_record record = {0};
    geo_record_builder_init(&builder, 1 << 12);
    int64_t id = 0;
    enum drf_status status =
        geo_record_add(&builder, GEO_ITEM_RASTER, &raster, sizeof raster, NULL, 0);
    if (status == DRF_OK)
        status = geo_record_finish(&builder, &record);
    if (status == DRF_OK)
        status = fusion_store_put(store, (struct fusion_identity){"dtm", "dtm/x", key},
                                  (struct fusion_version){.time_utc_us = step}, record, &source,
                                  NULL, &id);
    geo_record_builder_close(&builder);
    for (int i = 0; i < TILES && status == DRF_OK; i++) {
        for (int c = 0; c < GEO_CELLS_COUNT; c++)
            cells[c] = (uint16_t)(4000 + ((c * 7 + step * 31 + i) & 0x3ff));
        size_t size = sizeof blob;
        status = geo_cells_encode(cells, blob, &size);
        if (status == DRF_OK)
            status =
                fusion_store_put_cells(store, id, FUSION_LAYER_GROUND, tile_of(i), blob, size);
        if (status == DRF_OK)
            status = fusion_store_mark_dirty(store, FUSION_LAYER_GROUND, tile_of(i));
    }
    return status;
}

static enum drf_status put_obstacle(struct fusion_store *store, int step)
{
    struct geo_obstacle obstacle = {.kind = "TOWER",
                                    .position = {43.25, -79.5 + step * 0.001},
                                    .amsl_m = 250 + step,
                                    .horizontal_acc95_m = 15,
                                    .flags = GEO_OBSTACLE_HAS_AMSL,
                                    .geometry = GEO_GEOMETRY_POINT,
                                    .quantity = 1};
    (void)snprintf(obstacle.id, sizeof obstacle.id, "o-%d", step % 7);
    const struct fusion_identity name = {"dof", "dof/faa", obstacle.id};
    const struct fusion_source source = {.feed = "dof", .source = "dof/faa", .version = "56"};
    const struct fusion_version version = {.time_utc_us = step};
    struct geo_record_builder builder;
    struct geo_record record = {0};
    geo_record_builder_init(&builder, 1 << 12);
    enum drf_status status = DRF_OK;
    if (step % 5 != 0)
        status =
            geo_record_add(&builder, GEO_ITEM_OBSTACLE, &obstacle, sizeof obstacle, NULL, 0);
    if (status == DRF_OK && step % 5 != 0)
        status = geo_record_finish(&builder, &record);
    int64_t id = 0;
    if (status == DRF_OK)
        status = fusion_store_put(store, name, version, record, &source, NULL, &id);
    const struct fusion_obstacle fused = {
        .obstacle = &obstacle, .source = &source, .top_known = true, .top_amsl_m = 250 + step};
    if (status == DRF_OK)
        status = fusion_store_render_obstacle(store, id, step % 5 != 0 ? &fused : NULL);
    geo_record_builder_close(&builder);
    return status;
}

static enum drf_status render_one(struct fusion_store *store, int step)
{
    static uint16_t cells[GEO_CELLS_COUNT];
    for (int c = 0; c < GEO_CELLS_COUNT; c++)
        cells[c] = (uint16_t)(4000 + ((c * 7 + step) & 0x3ff));
    static const struct fusion_source source = {.feed = "dtm"};
    const struct fusion_source *const sources[] = {&source};
    struct fusion_tile *fused = NULL;
    enum drf_status status =
        fusion_tile_make(tile_of(step % TILES), cells, sources, 1, NULL, NULL, &fused);
    if (status == DRF_OK)
        status = fusion_store_render(store, FUSION_LAYER_GROUND, tile_of(step % TILES), fused);
    fusion_tile_free(fused);
    return status;
}

// All that step n puts, all of it or (to be repeated) a part of it; not committed.
static enum drf_status put_step(struct fusion_store *store, int step)
{
    enum drf_status status = put_raster(store, step);
    if (status == DRF_OK)
        status = put_obstacle(store, step);
    if (status == DRF_OK)
        status = render_one(store, step);
    if (status == DRF_OK)
        status = fusion_store_put_offset(store, "cluster", "terrain", 0, step);
    if (status == DRF_OK)
        status = fusion_store_put_value(store, "step", &step, sizeof step);
    return status;
}

static enum drf_status run_step(struct fusion_store *store, int step)
{
    enum drf_status status = put_step(store, step);
    if (status == DRF_OK)
        status = fusion_store_commit(store, step);
    if (status == DRF_OK)
        status = fusion_store_render_commit(store);
    return status;
}

static void digest_of(struct fusion_store *store, uint8_t out[static 32])
{
    if (fusion_store_digest(store, FUSION_LAYER_COUNT, out) != DRF_OK)
        fail_msg("%s", fusion_store_error(store));
}

static int step_of(struct fusion_store *store)
{
    char cluster[64];
    int64_t next = 0;
    enum drf_status status = fusion_store_offset(store, "terrain", 0, cluster, &next);
    assert_true(status == DRF_OK || status == DRF_ERR_ABSENT);
    return status == DRF_OK ? (int)next : 0;
}

static void assert_digest(struct fusion_store *store, int step)
{
    uint8_t digest[32];
    digest_of(store, digest);
    assert_true(step >= 0 && step <= STEPS);
    assert_memory_equal(digest, expected[step], sizeof digest);
}

static int make_folder(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof folder, "/tmp/drf-fault-XXXXXX");
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/region.gpkg", folder);
    struct fusion_store *store = open_store();
    digest_of(store, expected[0]);
    for (int step = 1; step <= STEPS; step++) {
        assert_int_equal(run_step(store, step), DRF_OK);
        digest_of(store, expected[step]);
    }
    fusion_store_close(store);
    return 0;
}

static int drop_folder(void **state)
{
    (void)state;
    drop_store(path);
    assert_int_equal(rmdir(folder), 0);
    return 0;
}

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

static uint8_t *slurp(const char *name, size_t *size)
{
    FILE *file = fopen(name, "rb");
    assert_non_null(file);
    struct stat stat;
    assert_int_equal(fstat(fileno(file), &stat), 0);
    *size = (size_t)stat.st_size;
    uint8_t *bytes = malloc(*size + 1);
    assert_non_null(bytes);
    assert_int_equal(fread(bytes, 1, *size, file), *size);
    (void)fclose(file);
    return bytes;
}

static void spill(const char *name, const uint8_t *bytes, size_t size)
{
    FILE *file = fopen(name, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

// Opens what may be damaged: either a status says so somewhere, or the content is right.
static bool found_damaged(void)
{
    struct fusion_store *store = NULL;
    struct fusion_store_fault fault = {0};
    enum drf_status status = try_open(path, &store, &fault);
    if (status != DRF_OK) {
        assert_true(status == DRF_ERR_STORE || status == DRF_ERR_RANGE);
        assert_true(fault.trouble != FUSION_STORE_SOUND && fault.text[0] != '\0');
        return true;
    }
    uint8_t digest[32] = {0};
    status = fusion_store_digest(store, FUSION_LAYER_COUNT, digest);
    assert_true(status == DRF_OK || status == DRF_ERR_STORE);
    bool damaged = status != DRF_OK;
    if (fusion_store_check(store) != DRF_OK) {
        assert_int_equal(fusion_store_fault(store).trouble, FUSION_STORE_DAMAGED);
        damaged = true;
    }
    if (!damaged)
        assert_memory_equal(digest, expected[STEPS], sizeof digest);
    fusion_store_close(store);
    return damaged;
}

static void make_whole(void)
{
    drop_store(path);
    struct fusion_store *store = open_store();
    for (int step = 1; step <= STEPS; step++)
        assert_int_equal(run_step(store, step), DRF_OK);
    fusion_store_close(store);
}

static void file__truncated__is_found_damaged_and_never_crashes(void **state)
{
    (void)state;
    make_whole();
    size_t size = 0;
    uint8_t *bytes = slurp(path, &size);
    // SQLite takes one byte for none at all, and none is a new file.
    for (size_t keep = 2; keep < size; keep += keep < 200 ? 7 : size / 23 + 5) {
        drop_store(path);
        spill(path, bytes, keep);
        if (!found_damaged())
            fail_msg("%zu of %zu bytes were taken for the whole", keep, size);
    }
    free(bytes);
}

static void file__bits_flipped__is_found_damaged_or_gives_the_right_content(void **state)
{
    (void)state;
    make_whole();
    size_t size = 0;
    uint8_t *bytes = slurp(path, &size);
    unsigned seed = 7;
    const int flips = full_run() ? 4000 : 150;
    int damaged = 0;
    for (int i = 0; i < flips; i++) {
        seed = seed * 1103515245U + 12345U;
        const size_t at = (((size_t)seed << 7) ^ (seed >> 9)) % size;
        const uint8_t bit = (uint8_t)(1U << (seed >> 28 & 7));
        bytes[at] ^= bit;
        drop_store(path);
        spill(path, bytes, size);
        damaged += found_damaged();
        bytes[at] ^= bit;
    }
    print_message("  %d of %d flips were found; the others changed no content\n", damaged,
                  flips);
    assert_true(damaged > 0);
    free(bytes);
}

static void flip_in(const char *table, const char *column, int64_t nth, unsigned at)
{
    sqlite3 *other = NULL;
    sqlite3_stmt *statement = NULL;
    sqlite3_blob *blob = NULL;
    char sql[96];
    assert_int_equal(sqlite3_open(path, &other), SQLITE_OK);
    (void)snprintf(sql, sizeof sql, "SELECT rowid FROM %s LIMIT 1 OFFSET %d", table, (int)nth);
    assert_int_equal(sqlite3_prepare_v2(other, sql, -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    const int64_t row = sqlite3_column_int64(statement, 0);
    assert_int_equal(sqlite3_finalize(statement), SQLITE_OK);
    assert_int_equal(sqlite3_blob_open(other, "main", table, column, row, 1, &blob), SQLITE_OK);
    const int offset = (int)(at % (unsigned)sqlite3_blob_bytes(blob));
    unsigned char byte = 0;
    assert_int_equal(sqlite3_blob_read(blob, &byte, 1, offset), SQLITE_OK);
    byte ^= (unsigned char)(1U << (at % 8));
    assert_int_equal(sqlite3_blob_write(blob, &byte, 1, offset), SQLITE_OK);
    assert_int_equal(sqlite3_blob_close(blob), SQLITE_OK);
    assert_int_equal(sqlite3_close(other), SQLITE_OK);
}

// A page of SQLite has no checksum, and many a flipped height would decode: ours finds it.
static void truth__one_bit_flipped__is_always_found(void **state)
{
    (void)state;
    make_whole();
    size_t size = 0;
    uint8_t *bytes = slurp(path, &size);
    unsigned seed = 11;
    for (int i = 0; i < (full_run() ? 500 : 40); i++) {
        seed = seed * 1103515245U + 12345U;
        drop_store(path);
        spill(path, bytes, size);
        if (i % 2 == 0)
            flip_in("drf_contribution", "cells", i % 9, seed >> 5);
        else
            flip_in("drf_record", "items", i % 7, seed >> 5);
        if (!found_damaged())
            fail_msg("flip %d was not found", i);
    }
    free(bytes);
}

static void file__garbage_or_foreign__is_refused_and_left_alone(void **state)
{
    (void)state;
    static const char text[] = "this is not a database, it only has the name of one ........."
                               "......................................................";
    struct fusion_store *store = NULL;
    struct fusion_store_fault fault = {0};
    drop_store(path);
    spill(path, (const uint8_t *)text, sizeof text);
    assert_int_equal(try_open(path, &store, &fault), DRF_ERR_STORE);
    assert_int_equal(fault.trouble, FUSION_STORE_DAMAGED);

    drop_store(path);
    sqlite3 *other = NULL;
    assert_int_equal(sqlite3_open(path, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "CREATE TABLE mine (x)", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(other), SQLITE_OK);
    assert_int_equal(try_open(path, &store, &fault), DRF_ERR_RANGE);
    assert_int_equal(fault.trouble, FUSION_STORE_FOREIGN);
    drop_store(path);
    assert_int_equal(try_open("/nonexistent/region.gpkg", &store, &fault), DRF_ERR_STORE);
    assert_int_equal(fault.trouble, FUSION_STORE_UNUSABLE);
}

static void file__of_a_newer_program__is_refused_with_a_clear_word(void **state)
{
    (void)state;
    make_whole();
    sqlite3 *other = NULL;
    assert_int_equal(sqlite3_open(path, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "UPDATE drf_store SET schema = 99", NULL, NULL, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_close(other), SQLITE_OK);
    struct fusion_store *store = NULL;
    struct fusion_store_fault fault = {0};
    assert_int_equal(try_open(path, &store, &fault), DRF_ERR_RANGE);
    assert_int_equal(fault.trouble, FUSION_STORE_NEWER);
    assert_non_null(strstr(fault.text, "newer version"));
}

static void set_aside__a_damaged_file__makes_place_for_a_new_one(void **state)
{
    (void)state;
    make_whole();
    struct fusion_store *store = open_store();
    struct fusion_store_fault fault = {0};
    assert_int_equal(fusion_store_set_aside(path, ".damaged-1", &fault), DRF_ERR_STORE);
    assert_int_equal(fault.trouble, FUSION_STORE_BUSY);
    fusion_store_close(store);
    assert_int_equal(fusion_store_set_aside(path, ".damaged-1", &fault), DRF_OK);
    char aside[128];
    (void)snprintf(aside, sizeof aside, "%s.damaged-1", path);
    assert_int_equal(access(aside, R_OK), 0);
    store = open_store();
    assert_digest(store, 0);
    fusion_store_close(store);
    assert_int_equal(fusion_store_set_aside(path, ".damaged-1", &fault), DRF_ERR_STORE);
    assert_non_null(strstr(fault.text, "already"));
    drop_store(aside);
}

static void snapshot__of_a_living_store__is_whole_and_has_the_same_content(void **state)
{
    (void)state;
    make_whole();
    struct fusion_store *store = open_store();
    assert_int_equal(put_step(store, STEPS + 1), DRF_OK); // pending: not in the snapshot
    char out[128];
    (void)snprintf(out, sizeof out, "%s/snapshot.gpkg", folder);
    struct fusion_store_fault fault = {0};
    if (fusion_store_snapshot(path, out, &fault) != DRF_OK)
        fail_msg("%s", fault.text);
    assert_int_equal(fusion_store_snapshot(path, out, &fault), DRF_ERR_STORE);
    struct fusion_store *copy = NULL;
    assert_int_equal(try_open(out, &copy, &fault), DRF_OK);
    assert_digest(copy, STEPS);
    assert_int_equal(fusion_store_check(copy), DRF_OK);
    fusion_store_close(copy);
    fusion_store_close(store);
    drop_store(out);
}

static void wal__held_by_a_reader_that_does_not_end__is_told_and_then_shrinks(void **state)
{
    (void)state;
    make_whole();
    struct fusion_store *store = open_store();
    sqlite3 *reader = NULL;
    assert_int_equal(sqlite3_open_v2(path, &reader, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    assert_int_equal(
        sqlite3_exec(reader, "BEGIN; SELECT count(*) FROM ground", NULL, NULL, NULL),
        SQLITE_OK);
    struct fusion_store_sizes sizes = {0};
    for (int round = 0; round < 80; round++) {
        assert_int_equal(put_raster(store, 1000 + round), DRF_OK);
        assert_int_equal(fusion_store_commit(store, round), DRF_OK);
    }
    assert_int_equal(fusion_store_sizes(store, &sizes), DRF_OK);
    assert_true(sizes.wal_bytes > 4 << 20);
    assert_true(sizes.wal_pinned_bytes > 1 << 20);
    assert_int_equal(sqlite3_exec(reader, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
    for (int round = 80; round < 160; round++) {
        assert_int_equal(put_raster(store, 1000 + round), DRF_OK);
        assert_int_equal(fusion_store_commit(store, round), DRF_OK);
    }
    assert_int_equal(fusion_store_sizes(store, &sizes), DRF_OK);
    assert_int_equal(sizes.wal_pinned_bytes, 0);
    assert_true(sizes.wal_bytes < 8 << 20);
    assert_int_equal(sqlite3_close(reader), SQLITE_OK);
    fusion_store_close(store);
}

static void forget__old_tombstones_and_unused_certificates__leaves_the_live_ones(void **state)
{
    (void)state;
    make_whole();
    struct fusion_store *store = open_store();
    struct fusion_store_info before = {0}, after = {0};
    assert_int_equal(fusion_store_info(store, &before), DRF_OK);
    assert_true(before.tombstones > 0 && before.certificates > 4);
    int64_t forgotten = 0;
    assert_int_equal(fusion_store_forget(store, 21, 100, &forgotten), DRF_OK);
    assert_true(forgotten > 0);
    assert_int_equal(fusion_store_info(store, &after), DRF_OK);
    assert_int_equal(after.live, before.live);
    assert_true(after.tombstones < before.tombstones);
    assert_int_equal(after.certificates, 4); // three rasters', one of the obstacles
    assert_digest(store, STEPS);
    assert_int_equal(fusion_store_shrink(store, 1000), DRF_OK);
    assert_int_equal(run_step(store, STEPS + 1), DRF_OK); // its certificate may be gone
    assert_int_equal(fusion_store_check(store), DRF_OK);
    fusion_store_close(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(killed__at_any_instant__loses_no_commit_and_ends_as_if_never_killed),
        cmocka_unit_test(write__any_fails_once__is_a_status_and_loses_nothing),
        cmocka_unit_test(disk__full_for_a_while__is_served_from_memory_and_goes_on_by_itself),
        cmocka_unit_test(file__truncated__is_found_damaged_and_never_crashes),
        cmocka_unit_test(file__bits_flipped__is_found_damaged_or_gives_the_right_content),
        cmocka_unit_test(truth__one_bit_flipped__is_always_found),
        cmocka_unit_test(file__garbage_or_foreign__is_refused_and_left_alone),
        cmocka_unit_test(file__of_a_newer_program__is_refused_with_a_clear_word),
        cmocka_unit_test(set_aside__a_damaged_file__makes_place_for_a_new_one),
        cmocka_unit_test(snapshot__of_a_living_store__is_whole_and_has_the_same_content),
        cmocka_unit_test(wal__held_by_a_reader_that_does_not_end__is_told_and_then_shrinks),
        cmocka_unit_test(forget__old_tombstones_and_unused_certificates__leaves_the_live_ones),
    };
    return cmocka_run_group_tests_name("fusion/store_fault", tests, make_folder, drop_folder);
}
