// SPDX-License-Identifier: Apache-2.0
// The store is a file with the two kinds of tables that are read. Rows are changed behind the
// back of gpkg_contents: who still answers as before has not read them.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <sqlite3.h>

#include "edge/view/heights.h"
#include "fusion/store/store_png.h"
#include "geo/cells.h"

enum { LEVEL = 10, ROW = 512, COL = 1024 }; // the tile of LEVEL at the corner of all above
#define SECOND_US INT64_C(1000000)

struct bench {
    char path[64];
    struct sqlite3 *db;
    struct edge_shared_store store;
    struct edge_heights *heights;
};

static void run(struct bench *bench, const char *sql)
{
    assert_int_equal(sqlite3_exec(bench->db, sql, NULL, NULL, NULL), SQLITE_OK);
}

static void write_tile(struct bench *bench, uint32_t row, uint32_t col, uint16_t value)
{
    uint16_t *cells = malloc(GEO_CELLS_COUNT * sizeof *cells);
    uint8_t *bytes;
    size_t size;
    struct sqlite3_stmt *statement;
    assert_non_null(cells);
    for (size_t i = 0; i < GEO_CELLS_COUNT; i++)
        cells[i] = value;
    assert_int_equal(store_png_encode(cells, &bytes, &size), DRF_OK);
    assert_int_equal(sqlite3_prepare_v2(bench->db,
                                        "INSERT OR REPLACE INTO ground (zoom_level,"
                                        " tile_column, tile_row, tile_data)"
                                        " VALUES (?1, ?2, ?3, ?4)",
                                        -1, &statement, NULL),
                     SQLITE_OK);
    sqlite3_bind_int(statement, 1, LEVEL);
    sqlite3_bind_int(statement, 2, (int)col);
    sqlite3_bind_int(statement, 3, (int)row);
    sqlite3_bind_blob(statement, 4, bytes, (int)size, SQLITE_STATIC);
    assert_int_equal(sqlite3_step(statement), SQLITE_DONE);
    sqlite3_finalize(statement);
    free(bytes);
    free(cells);
}

static int set_up(void **state)
{
    struct bench *bench = calloc(1, sizeof *bench);
    assert_non_null(bench);
    (void)snprintf(bench->path, sizeof bench->path, "/tmp/test_edge_heights_%ld.gpkg",
                   (long)getpid());
    (void)unlink(bench->path);
    assert_int_equal(sqlite3_open(bench->path, &bench->db), SQLITE_OK);
    run(bench, "CREATE TABLE gpkg_contents (table_name TEXT, last_change TEXT);"
               "INSERT INTO gpkg_contents VALUES ('ground', 'first');"
               "CREATE TABLE ground (id INTEGER PRIMARY KEY, zoom_level INTEGER,"
               " tile_column INTEGER, tile_row INTEGER, tile_data BLOB,"
               " UNIQUE (zoom_level, tile_column, tile_row))");
    write_tile(bench, ROW, COL, 100);
    write_tile(bench, ROW + 15, COL + 15, 200);
    assert_int_equal(edge_shared_store_open(&bench->store, bench->path), DRF_OK);
    assert_int_equal(edge_heights_open(&bench->store, LEVEL, NULL, 0, &bench->heights), DRF_OK);
    *state = bench;
    return 0;
}

static int tear_down(void **state)
{
    struct bench *bench = *state;
    edge_heights_close(bench->heights);
    edge_shared_store_close(&bench->store);
    sqlite3_close(bench->db);
    (void)unlink(bench->path);
    free(bench);
    return 0;
}

static enum drf_status tile_of(struct bench *bench, uint8_t level, const char *tags,
                               int64_t second, struct edge_heights_tile *out)
{
    const unsigned by = LEVEL - level;
    const struct geo_tile tile = {.level = level, .row = ROW >> by, .col = COL >> by};
    bool reading;
    return edge_heights_tile(bench->heights, FUSION_LAYER_GROUND, tile, tags,
                             second * SECOND_US, &reading, out);
}

// The first cell of the overview at that second; 0: it is as the caller has it. *tag is the one
// had, and then the one got.
static unsigned first_cell(struct bench *bench, uint8_t level, int64_t second, char *tag)
{
    struct edge_heights_tile tile;
    assert_int_equal(tile_of(bench, level, tag, second, &tile), DRF_OK);
    memcpy(tag, tile.tag, sizeof tile.tag);
    if (tile.bytes == NULL)
        return 0;
    uint16_t *cells = malloc(GEO_CELLS_COUNT * sizeof *cells);
    assert_non_null(cells);
    assert_int_equal(store_png_decode(tile.bytes, tile.size, cells), DRF_OK);
    const unsigned cell = cells[0];
    free(cells);
    free(tile.bytes);
    return cell;
}

static void four_levels_are_made_and_no_coarser(void **state)
{
    struct bench *bench = *state;
    struct edge_heights_tile tile;
    for (uint8_t level = LEVEL - 1; level >= LEVEL - 4; level--) {
        char tag[EDGE_HEIGHTS_TAG_SIZE] = "";
        assert_int_equal(first_cell(bench, level, 1, tag), 100);
    }
    for (unsigned level = 0; level < LEVEL - 4; level++)
        assert_int_equal(tile_of(bench, (uint8_t)level, NULL, 1, &tile), DRF_ERR_RANGE);
    assert_int_equal(edge_heights_coarsest(LEVEL), LEVEL - 4);
    assert_int_equal(edge_heights_coarsest(3), 0);
}

static void rows_are_not_read_again_while_the_contents_are_those_of_then(void **state)
{
    struct bench *bench = *state;
    char tag[EDGE_HEIGHTS_TAG_SIZE] = "", none[EDGE_HEIGHTS_TAG_SIZE] = "";
    assert_int_equal(first_cell(bench, LEVEL - 4, 1, tag), 100);
    run(bench, "UPDATE ground SET tile_data = x'00'");
    for (int64_t second = 2; second < 100000; second += 1000) {
        assert_int_equal(first_cell(bench, LEVEL - 4, second, tag), 0);
        none[0] = '\0';
        assert_int_equal(first_cell(bench, LEVEL - 4, second, none), 100);
    }
}

static void they_are_looked_at_again_once_30_s_after_the_last_look(void **state)
{
    struct bench *bench = *state;
    char tag[EDGE_HEIGHTS_TAG_SIZE] = "";
    assert_int_equal(first_cell(bench, LEVEL - 4, 1, tag), 100);
    write_tile(bench, ROW, COL, 300);
    run(bench, "UPDATE gpkg_contents SET last_change = 'second'");
    assert_int_equal(first_cell(bench, LEVEL - 4, 30, tag), 0); // 29 s old
    assert_int_equal(first_cell(bench, LEVEL - 4, 31, tag), 300);
    assert_int_equal(first_cell(bench, LEVEL - 4, 31, tag), 0);
    // Others elsewhere: looked at, and it is the same.
    run(bench, "UPDATE gpkg_contents SET last_change = 'third'");
    assert_int_equal(first_cell(bench, LEVEL - 4, 61, tag), 0);
    // As stored at its own level, at once.
    write_tile(bench, ROW, COL, 400);
    assert_int_equal(first_cell(bench, LEVEL, 61, tag), 400);
    assert_int_equal(first_cell(bench, LEVEL - 4, 62, tag), 300); // of before
    run(bench, "UPDATE gpkg_contents SET last_change = 'fourth'");
    assert_int_equal(first_cell(bench, LEVEL - 4, 90, tag), 0);
    assert_int_equal(first_cell(bench, LEVEL - 4, 91, tag), 400);
    // The ones between were made with it and are as old.
    assert_int_equal(first_cell(bench, LEVEL - 2, 91, tag), 400);
    // Nothing is left of it.
    run(bench, "DELETE FROM ground; UPDATE gpkg_contents SET last_change = 'fifth'");
    struct edge_heights_tile tile;
    assert_int_equal(first_cell(bench, LEVEL - 2, 92, tag), 0);
    assert_int_equal(tile_of(bench, LEVEL - 4, NULL, 200, &tile), DRF_ERR_ABSENT);
}

static void what_was_stopped_makes_nothing_more(void **state)
{
    struct bench *bench = *state;
    struct edge_heights_tile tile;
    char tag[EDGE_HEIGHTS_TAG_SIZE] = "";
    assert_int_equal(first_cell(bench, LEVEL - 4, 1, tag), 100);
    edge_heights_stop(bench->heights);
    assert_int_equal(first_cell(bench, LEVEL - 4, 2, tag), 0); // it is there
    assert_int_equal(tile_of(bench, LEVEL - 1, NULL, 2, &tile), DRF_ERR_AGAIN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(four_levels_are_made_and_no_coarser, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            rows_are_not_read_again_while_the_contents_are_those_of_then, set_up, tear_down),
        cmocka_unit_test_setup_teardown(they_are_looked_at_again_once_30_s_after_the_last_look,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_was_stopped_makes_nothing_more, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
