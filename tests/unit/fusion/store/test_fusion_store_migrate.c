// SPDX-License-Identifier: Apache-2.0
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sqlite3.h>

#include "fusion/store/store_geometry.h"
#include "fusion/store/store_info.h"
#include "fusion/store/store_migrate.h"
#include "tests/support/fabric.h"

static uint32_t schema_now(struct spot *spot)
{
    struct fusion_migration done;
    struct fusion_store_fault fault = {0};
    if (fusion_store_migrate(spot->path, "/nowhere/at/all", &done, &fault) != DRF_OK)
        fail_msg("%s", fault.text);
    assert_int_equal(done.from, done.to);
    assert_int_equal(done.level, SPOT_LEVEL);
    return done.to;
}

static void migrate__of_this_version__does_nothing(void **state)
{
    (void)state;
    struct spot spot;
    spot_begin(&spot);
    spot_close(&spot);
    assert_true(schema_now(&spot) >= 1);
    spot_open(&spot);
    struct fusion_migration done;
    struct fusion_store_fault fault = {0};
    assert_int_equal(fusion_store_migrate(spot.path, "/nowhere/at/all", &done, &fault),
                     DRF_ERR_STORE);
    assert_int_equal(fault.trouble, FUSION_STORE_BUSY);
    spot_end(&spot);
}

static void migrate__of_an_older_version__keeps_a_copy_and_does_each_step(void **state)
{
    (void)state;
    struct spot spot;
    spot_begin(&spot);
    spot_close(&spot);
    const uint32_t now = schema_now(&spot);
    char copy[128];
    (void)snprintf(copy, sizeof copy, "%s.copy", spot.path);
    struct fusion_migration done;
    struct fusion_store_fault fault = {0};
    const struct fusion_migration_step broken[] = {
        {now, "CREATE TABLE drf_new (a INTEGER)", NULL},
        {now + 1, "INSERT INTO drf_no VALUES (1)", NULL}};
    assert_int_equal(
        fusion_store_migrate_with(spot.path, copy, broken, 2, now + 2, &done, &fault),
        DRF_ERR_STORE);
    assert_int_equal(schema_now(&spot), now);
    assert_int_equal(
        fusion_store_migrate_with(spot.path, copy, broken, 1, now + 1, &done, &fault),
        DRF_ERR_STORE); // a copy is never written over
    assert_non_null(strstr(fault.text, "exists already"));
    assert_int_equal(unlink(copy), 0);
    const struct fusion_migration_step good[] = {
        {now, "CREATE TABLE drf_new (a INTEGER)", NULL},
        {now + 1, "INSERT INTO drf_new VALUES (1)", NULL}};
    assert_int_equal(
        fusion_store_migrate_with(spot.path, copy, good, 2, now + 2, &done, &fault), DRF_OK);
    assert_int_equal(done.from, now);
    assert_int_equal(done.to, now + 2);

    // What is newer than this program is refused, by every way in.
    assert_int_equal(fusion_store_migrate(spot.path, copy, &done, &fault), DRF_ERR_RANGE);
    assert_int_equal(fault.trouble, FUSION_STORE_NEWER);
    struct fusion_store *store;
    struct fusion_store_config config = {.path = spot.path, .read_only = true, .fault = &fault};
    assert_int_equal(fusion_store_open(&config, &store), DRF_ERR_RANGE);
    assert_int_equal(fault.trouble, FUSION_STORE_NEWER);

    // The copy is what it was.
    assert_int_equal(unlink(spot.path), 0);
    assert_int_equal(rename(copy, spot.path), 0);
    spot_open(&spot);
    spot_end(&spot);
}

// Takes a file back to the first schema: before the columns that came later, or with one of
// them, as files were in between.
static void make_old(const struct spot *spot, bool imported_there)
{
    struct sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(spot->path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 1, NULL), SQLITE_OK);
    assert_int_equal(store_geometry_register(db), SQLITE_OK);
    static const char *const sql[] = {
        "DROP INDEX drf_identity_stage", "ALTER TABLE drf_identity DROP COLUMN stage",
        "UPDATE drf_store SET schema = 1", "ALTER TABLE drf_identity DROP COLUMN imported"};
    for (size_t i = 0; i < (imported_there ? 3 : 4); i++)
        if (sqlite3_exec(db, sql[i], NULL, NULL, NULL) != SQLITE_OK)
            fail_msg("%s: %s", sql[i], sqlite3_errmsg(db));
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void assert_old_refused(const struct spot *spot, bool read_only)
{
    struct fusion_store_fault fault = {0};
    struct fusion_store *store = NULL;
    const struct fusion_store_config config = {.path = spot->path,
                                               .keep = spot_keep(),
                                               .level = SPOT_LEVEL,
                                               .region_id = read_only ? NULL : "sim-spot",
                                               .mode = read_only ? 0 : 4,
                                               .read_only = read_only,
                                               .fault = &fault};
    assert_int_equal(fusion_store_open(&config, &store), DRF_ERR_RANGE);
    assert_int_equal(fault.trouble, FUSION_STORE_MISMATCH);
    assert_non_null(strstr(fault.text, "drf-edge migrate"));
}

static void check_first_schema(bool imported_there)
{
    struct spot spot;
    uint8_t before[32], after[32];
    char copy[128];
    spot_begin(&spot);
    struct fusion_message message = spot_message("obs", "obs", "k", 1, 7);
    int64_t id;
    assert_int_equal(fusion_store_put(spot.store, message.identity, message.version,
                                      (struct geo_record){0}, NULL, NULL, &id),
                     DRF_OK);
    assert_int_equal(fusion_store_commit(spot.store, 1), DRF_OK);
    assert_int_equal(fusion_store_digest(spot.store, FUSION_LAYER_COUNT, before), DRF_OK);
    spot_close(&spot);
    make_old(&spot, imported_there);
    assert_old_refused(&spot, true);
    assert_old_refused(&spot, false);

    (void)snprintf(copy, sizeof copy, "%s.copy", spot.path);
    struct fusion_migration done;
    struct fusion_store_fault fault = {0};
    if (fusion_store_migrate(spot.path, copy, &done, &fault) != DRF_OK)
        fail_msg("%s", fault.text);
    assert_int_equal(done.from, 1);
    assert_int_equal(done.to, 2);
    assert_int_equal(unlink(copy), 0);
    spot_open(&spot);
    assert_int_equal(fusion_store_digest(spot.store, FUSION_LAYER_COUNT, after), DRF_OK);
    assert_memory_equal(before, after, sizeof before);
    int64_t stage; // what needs the new column
    assert_int_equal(fusion_store_stage_open(spot.store, &stage), DRF_OK);
    spot_end(&spot);
}

static void migrate__of_the_first_schema__lifts_what_readers_refuse(void **state)
{
    (void)state;
    check_first_schema(false);
}

static void migrate__of_the_first_schema_with_a_later_column__lifts_it_too(void **state)
{
    (void)state;
    check_first_schema(true);
}

static void migrate__of_something_else__is_refused(void **state)
{
    (void)state;
    char path[] = "/tmp/drf-migrate-XXXXXX";
    const int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "no database, but some text that is longer", 41), 41);
    close(fd);
    struct fusion_migration done;
    struct fusion_store_fault fault = {0};
    assert_int_not_equal(fusion_store_migrate(path, "/nowhere", &done, &fault), DRF_OK);
    assert_true(fault.text[0] != '\0');
    assert_int_equal(unlink(path), 0);
    char lock[64];
    (void)snprintf(lock, sizeof lock, "%s-lock", path);
    (void)unlink(lock);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(migrate__of_this_version__does_nothing),
        cmocka_unit_test(migrate__of_an_older_version__keeps_a_copy_and_does_each_step),
        cmocka_unit_test(migrate__of_the_first_schema__lifts_what_readers_refuse),
        cmocka_unit_test(migrate__of_the_first_schema_with_a_later_column__lifts_it_too),
        cmocka_unit_test(migrate__of_something_else__is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
