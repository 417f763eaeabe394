// SPDX-License-Identifier: Apache-2.0
// A store whose file is torn, flipped, foreign or newer: said so, never a crash, and never
// another content than the one that was written.
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sys/stat.h>

#include <cmocka.h>

#include <sqlite3.h>

#include "fusion/store/store_maintenance.h"
#include "tests/support/store_scene.h"

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

static enum drf_status take_cells(void *context, const struct fusion_contribution *one)
{
    (void)one;
    ++*(size_t *)context;
    return DRF_OK;
}

static bool fold_would_find(void)
{
    struct fusion_store *store = open_store();
    bool found = false;
    size_t count = 0;
    for (int i = 0; i < TILES; i++)
        found = fusion_store_contributions(store, FUSION_LAYER_GROUND, tile_of(i), take_cells,
                                           &count)
                    == DRF_ERR_STORE
                || found;
    fusion_store_close(store);
    return found;
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
        if (i % 2 == 0 && !fold_would_find())
            fail_msg("a fold would have taken flip %d for a height", i);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(file__truncated__is_found_damaged_and_never_crashes),
        cmocka_unit_test(file__bits_flipped__is_found_damaged_or_gives_the_right_content),
        cmocka_unit_test(truth__one_bit_flipped__is_always_found),
        cmocka_unit_test(file__garbage_or_foreign__is_refused_and_left_alone),
        cmocka_unit_test(file__of_a_newer_program__is_refused_with_a_clear_word),
    };
    return cmocka_run_group_tests_name("fusion/store_damage", tests, make_folder, drop_folder);
}
