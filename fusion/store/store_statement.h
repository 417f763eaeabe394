// fusion/store/store_statement.h - errors, prepared statements and transactions of the store.
// SPDX-License-Identifier: Apache-2.0
//
// The lowest layer of the store: every other file runs its SQL through it, so that no result
// code of SQLite is lost. A failure fills the fault of the store. Included by store_impl.h
// only.
#ifndef FUSION_STORE_STATEMENT_H
#define FUSION_STORE_STATEMENT_H

#include "fusion/store/store.h"

struct sqlite3_stmt;

// Index into the table of statements in store_statement.c.
enum store_sql {
    STORE_SQL_VERSION, // readers have these
    STORE_SQL_IDENTITY,
    STORE_SQL_TILE,
    STORE_SQL_CELLS_OF,
    STORE_SQL_CELLS_BLOB,
    STORE_SQL_LIVE,
    STORE_SQL_LIVE_AFTER,
    STORE_SQL_LIVE_NEAR,
    STORE_SQL_TILES,
    STORE_SQL_IDS_AT,
    STORE_SQL_DIRTY,
    STORE_SQL_SOURCE,
    STORE_SQL_OFFSET,
    STORE_SQL_VALUE,
    STORE_SQL_VALUES,
    STORE_SQL_STALE,
    STORE_SQL_READERS, // the writer has these too
    STORE_SQL_PUT_SOURCE = STORE_SQL_READERS,
    STORE_SQL_PUT_IDENTITY,
    STORE_SQL_PUT_RECORD,
    STORE_SQL_DROP_RECORD,
    STORE_SQL_DROP_IDENTITY,
    STORE_SQL_IDS_OF_FEED,
    STORE_SQL_DROP_CELLS,
    STORE_SQL_PUT_CELLS,
    STORE_SQL_DROP_SOME_CELLS,
    STORE_SQL_PUT_OFFSET,
    STORE_SQL_PUT_VALUE,
    STORE_SQL_DROP_VALUE,
    STORE_SQL_PUT_DIRTY,
    STORE_SQL_DROP_DIRTY,
    STORE_SQL_PUT_STALE,
    STORE_SQL_DROP_STALE,
    STORE_SQL_PUT_STATE,
    STORE_SQL_PUT_GROUND,
    STORE_SQL_DROP_GROUND,
    STORE_SQL_PUT_SURFACE,
    STORE_SQL_DROP_SURFACE,
    STORE_SQL_PUT_ANCILLARY,
    STORE_SQL_DROP_ANCILLARY,
    STORE_SQL_PUT_OBSTACLE,
    STORE_SQL_DROP_OBSTACLE,
    STORE_SQL_PUT_ZONE,
    STORE_SQL_DROP_ZONE,
    STORE_SQL_PUT_STATION,
    STORE_SQL_DROP_STATION,
    STORE_SQL_TOUCH_CONTENTS,
    STORE_SQL_BEGIN,
    STORE_SQL_COMMIT,
    STORE_SQL_ROLLBACK,
    STORE_SQL_COUNT
};

// What failed, as the fault of the store and as a status. `doing` completes "cannot ...".
enum drf_status store_fail(struct fusion_store *store, int code, const char *doing);
enum drf_status store_refuse(struct fusion_store *store, enum fusion_store_trouble trouble,
                             enum drf_status status, const char *text);
enum drf_status store_damaged(struct fusion_store *store, const char *what);
DRF_MUST_CHECK enum drf_status store_exec(struct fusion_store *store, const char *sql);
DRF_MUST_CHECK enum drf_status store_writable(struct fusion_store *store);
// The one number that a query returns. `doing` is for the fault.
DRF_MUST_CHECK enum drf_status store_query_int(struct fusion_store *store, const char *sql,
                                               const char *doing, int64_t *out);

// Prepares all statements; a reader those before STORE_SQL_READERS.
DRF_MUST_CHECK enum drf_status store_prepare(struct fusion_store *store);
void store_finalize(struct fusion_store *store);

// One bound argument.
struct store_arg {
    enum store_arg_kind {
        STORE_ARG_NULL,
        STORE_ARG_INT,
        STORE_ARG_REAL,
        STORE_ARG_TEXT,
        STORE_ARG_BLOB,
    } kind;
    int64_t integer; // of a blob: its size
    double real;
    const void *bytes; // borrowed until the statement is done
};
struct store_arg store_null(void);
struct store_arg store_int(int64_t value);
struct store_arg store_real(double value);
struct store_arg store_text(const char *text);
struct store_arg store_blob(const void *bytes, size_t size);

// Steps a statement that gives no rows, and resets it and its bindings.
DRF_MUST_CHECK enum drf_status store_run(struct fusion_store *store, enum store_sql sql,
                                         const char *doing);
// Binds and runs a statement that gives no rows.
DRF_MUST_CHECK enum drf_status store_put(struct fusion_store *store, enum store_sql sql,
                                         const char *doing, const struct store_arg *args,
                                         int count);
DRF_MUST_CHECK enum drf_status store_bind(struct fusion_store *store, enum store_sql sql,
                                          const struct store_arg *args, int count);
#define STORE_PUT(store, sql, doing, ...)                                                      \
    store_put(store, sql, doing, (const struct store_arg[]){__VA_ARGS__},                      \
              (int)(sizeof(const struct store_arg[]){__VA_ARGS__} / sizeof(struct store_arg)))
#define STORE_BIND(store, sql, ...)                                                            \
    store_bind(                                                                                \
        store, sql, (const struct store_arg[]){__VA_ARGS__},                                   \
        (int)(sizeof(const struct store_arg[]){__VA_ARGS__} / sizeof(struct store_arg)))
// Steps: DRF_OK with a row, DRF_ERR_ABSENT at the end; the caller calls store_done.
DRF_MUST_CHECK enum drf_status store_step(struct fusion_store *store, enum store_sql sql,
                                          const char *doing);
struct sqlite3_stmt *store_use(struct fusion_store *store, enum store_sql sql);
void store_done(struct fusion_store *store, enum store_sql sql);
DRF_MUST_CHECK enum drf_status store_begin(struct fusion_store *store);
// Commits when `status` is DRF_OK, else rolls back and returns it.
DRF_MUST_CHECK enum drf_status store_end(struct fusion_store *store, enum drf_status status);
// A part of a transaction, or a transaction of its own where there is none. Not nested.
DRF_MUST_CHECK enum drf_status store_savepoint(struct fusion_store *store);
// Keeps the part when `status` is DRF_OK, else undoes it and returns `status`.
DRF_MUST_CHECK enum drf_status store_savepoint_end(struct fusion_store *store,
                                                   enum drf_status status);

#endif
