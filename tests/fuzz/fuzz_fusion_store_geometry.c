// SPDX-License-Identifier: Apache-2.0
// Any bytes as a geometry of a GeoPackage's feature table: what the functions of its R-tree say
// of it is the same when asked again.
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include <sqlite3.h>

#include "fusion/store/store_geometry.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static sqlite3_stmt *question(void)
{
    static sqlite3_stmt *statement; // once for all inputs
    sqlite3 *db;
    if (statement == NULL
        && (sqlite3_open(":memory:", &db) != SQLITE_OK
            || store_geometry_register(db) != SQLITE_OK
            || sqlite3_prepare_v2(db,
                                  "SELECT ST_MinX(?1), ST_MaxX(?1), ST_MinY(?1), ST_MaxY(?1), "
                                  "ST_IsEmpty(?1)",
                                  -1, &statement, NULL)
                   != SQLITE_OK))
        abort();
    return statement;
}

struct said {
    int known[5];
    double value[5];
};

static int ask(const uint8_t *data, size_t size, struct said *out)
{
    sqlite3_stmt *statement = question();
    sqlite3_reset(statement);
    if (sqlite3_bind_blob(statement, 1, size > 0 ? (const void *)data : "", (int)size,
                          SQLITE_STATIC)
            != SQLITE_OK
        || sqlite3_step(statement) != SQLITE_ROW)
        return 0; // the function refused it
    for (int i = 0; i < 5; i++) {
        out->known[i] = sqlite3_column_type(statement, i) != SQLITE_NULL;
        out->value[i] = sqlite3_column_double(statement, i);
    }
    return 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct said first = {0}, second = {0};
    int answered = ask(data, size, &first);
    if (ask(data, size, &second) != answered)
        abort();
    for (int i = 0; answered && i < 5; i++)
        if (first.known[i] != second.known[i]
            || (first.known[i] && !(first.value[i] == second.value[i])
                && !(isnan(first.value[i]) && isnan(second.value[i]))))
            abort();
    return 0;
}
