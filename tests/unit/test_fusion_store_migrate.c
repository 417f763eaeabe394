// SPDX-License-Identifier: Apache-2.0
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fusion/store_info.h"
#include "fusion/store_migrate.h"
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
    const struct fusion_migration_step broken[] = {{now, "CREATE TABLE drf_new (a INTEGER)"},
                                                   {now + 1, "INSERT INTO drf_no VALUES (1)"}};
    assert_int_equal(
        fusion_store_migrate_with(spot.path, copy, broken, 2, now + 2, &done, &fault),
        DRF_ERR_STORE);
    assert_int_equal(schema_now(&spot), now);
    assert_int_equal(
        fusion_store_migrate_with(spot.path, copy, broken, 1, now + 1, &done, &fault),
        DRF_ERR_STORE); // a copy is never written over
    assert_non_null(strstr(fault.text, "in the way"));
    assert_int_equal(unlink(copy), 0);
    const struct fusion_migration_step good[] = {{now, "CREATE TABLE drf_new (a INTEGER)"},
                                                 {now + 1, "INSERT INTO drf_new VALUES (1)"}};
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
        cmocka_unit_test(migrate__of_something_else__is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
