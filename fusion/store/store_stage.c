// SPDX-License-Identifier: Apache-2.0
// Contributions written before their identity, and those that no identity has any more. Written
// and removed in small transactions of their own, so that nothing waits for a whole raster.
#include <sqlite3.h>

#include <assert.h>
#include <stdlib.h>

#include "fusion/store/store_impl.h"

enum { DELETED_PER_CALL = 16 };

static struct store_stage *stage_of(const struct fusion_store *store, int64_t stage)
{
    struct store_stage *at = store->stages;
    while (at != NULL && at->stage != stage)
        at = at->next;
    return at;
}

static enum drf_status note(struct fusion_store *store, int64_t stage,
                            enum store_stage_state state)
{
    struct store_stage *made = malloc(sizeof *made);
    if (made == NULL)
        return DRF_ERR_NOMEM;
    *made = (struct store_stage){.next = store->stages, .stage = stage, .state = state};
    store->stages = made;
    return DRF_OK;
}

static enum drf_status query(struct fusion_store *store, const char *sql,
                             struct sqlite3_stmt **statement, int *code)
{
    *code = sqlite3_prepare_v2(store->db, sql, -1, statement, NULL);
    if (*code == SQLITE_OK)
        *code = sqlite3_step(*statement);
    return *code == SQLITE_ROW || *code == SQLITE_DONE
               ? DRF_OK
               : store_fail(store, *code, "look for stages");
}

// Left behind by a process that ended.
static enum drf_status find_left(struct fusion_store *store)
{
    static const char sql[] = "SELECT DISTINCT id FROM drf_contribution WHERE id < 0 AND id"
                              " NOT IN (SELECT stage FROM drf_identity WHERE stage < 0)";
    struct sqlite3_stmt *statement = NULL;
    int code;
    enum drf_status status = query(store, sql, &statement, &code);
    while (status == DRF_OK && code == SQLITE_ROW) {
        status = note(store, sqlite3_column_int64(statement, 0), STORE_STAGE_ORPHANED);
        code = sqlite3_step(statement);
        if (status == DRF_OK && code != SQLITE_ROW && code != SQLITE_DONE)
            status = store_fail(store, code, "look for stages");
    }
    sqlite3_finalize(statement);
    return status;
}

enum drf_status store_stages_open(struct fusion_store *store)
{
    static const char sql[] =
        "SELECT min(0, coalesce((SELECT min(id) FROM drf_contribution), 0),"
        " coalesce((SELECT min(stage) FROM drf_identity WHERE stage IS NOT NULL), 0))";
    struct sqlite3_stmt *statement = NULL;
    int code;
    enum drf_status status = query(store, sql, &statement, &code);
    if (status == DRF_OK && code == SQLITE_ROW)
        store->next_stage = sqlite3_column_int64(statement, 0) - 1;
    sqlite3_finalize(statement);
    return status == DRF_OK ? find_left(store) : status;
}

void store_stages_close(struct fusion_store *store)
{
    while (store->stages != NULL) {
        struct store_stage *stage = store->stages;
        store->stages = stage->next;
        free(stage);
    }
}

int64_t store_row_owner(const struct fusion_store *store, int64_t row_id, int64_t staged_id,
                        enum fusion_layer layer, struct geo_tile tile)
{
    const struct store_stage *stage = row_id < 0 ? stage_of(store, row_id) : NULL;
    const int64_t taker = stage != NULL ? stage->owner : 0;
    const int64_t id = row_id > 0 ? row_id : taker != 0 ? taker : staged_id;
    const struct store_identity *held = id == 0 ? NULL : store_pending_id(&store->pending, id);
    if (held == NULL)
        return id;
    return (held->replaces && taker == 0) || store_pending_has(held, layer, tile) ? 0 : id;
}

enum drf_status store_stage_leave(struct fusion_store *store, const struct store_identity *held)
{
    if (held->stored_stage == 0 || stage_of(store, held->stored_stage) != NULL)
        return DRF_OK;
    return note(store, held->stored_stage, STORE_STAGE_LEFT);
}

void store_stage_untake(struct fusion_store *store, struct store_identity *held)
{
    struct store_stage *stage = held->stage != 0 ? stage_of(store, held->stage) : NULL;
    if (stage != NULL) {
        stage->owner = 0;
        stage->state = STORE_STAGE_ORPHANED;
    }
    held->stage = 0;
}

void store_stages_committed(struct fusion_store *store)
{
    struct store_stage **link = &store->stages;
    while (*link != NULL) {
        struct store_stage *stage = *link;
        if (stage->state == STORE_STAGE_LEFT)
            stage->state = STORE_STAGE_ORPHANED;
        if (stage->owner == 0) {
            link = &stage->next;
            continue;
        }
        *link = stage->next; // the file's identity has it now
        free(stage);
    }
}

enum drf_status store_cells_write(struct fusion_store *store, int64_t row_id,
                                  const struct fusion_cells *cells)
{
    return STORE_PUT(store, STORE_SQL_PUT_CELLS, "write a contribution", store_int(row_id),
                     store_int(cells->layer), store_int(cells->tile.level),
                     store_int(cells->tile.row), store_int(cells->tile.col),
                     store_int(store_cells_checksum(row_id, cells->layer, cells->tile,
                                                    cells->blob, cells->size)),
                     store_blob(cells->blob, cells->size));
}

enum drf_status fusion_store_stage_open(struct fusion_store *store, int64_t *stage)
{
    enum drf_status status = store_writable(store);
    if (status == DRF_OK)
        status = note(store, store->next_stage, STORE_STAGE_OPEN);
    if (status == DRF_OK)
        *stage = store->next_stage--;
    return status;
}

enum drf_status fusion_store_stage_cells(struct fusion_store *store, int64_t stage,
                                         const struct fusion_cells *cells, size_t count)
{
    assert(store->walking == 0);
    for (size_t i = 0; i < count; i++)
        if (!store_cells_valid(store, &cells[i]))
            return store_refuse(store, FUSION_STORE_MISMATCH, DRF_ERR_RANGE,
                                "cells of another layer, level or size than the store keeps");
    const struct store_stage *at = stage_of(store, stage);
    if (at == NULL || at->state != STORE_STAGE_OPEN || at->owner != 0)
        return DRF_ERR_ABSENT;
    enum drf_status status = store_begin(store);
    if (status != DRF_OK)
        return status;
    for (size_t i = 0; i < count && status == DRF_OK; i++)
        status = store_cells_write(store, stage, &cells[i]);
    status = store_end(store, status);
    if (status == DRF_OK)
        store_checkpoint_late(store);
    return status;
}

enum drf_status fusion_store_take_stage(struct fusion_store *store, int64_t id, int64_t stage)
{
    struct store_stage *at = stage_of(store, stage);
    struct store_identity *held = store_pending_id(&store->pending, id);
    if (at == NULL || at->state != STORE_STAGE_OPEN || at->owner != 0 || held == NULL
        || !held->replaces || held->provenance == NULL)
        return DRF_ERR_ABSENT;
    store_stage_untake(store, held);
    at->owner = id;
    held->stage = stage;
    return DRF_OK;
}

void fusion_store_stage_drop(struct fusion_store *store, int64_t stage)
{
    struct store_stage *at = stage_of(store, stage);
    if (at != NULL && at->owner == 0 && at->state == STORE_STAGE_OPEN)
        at->state = STORE_STAGE_ORPHANED;
}

static enum drf_status delete_orphaned(struct fusion_store *store)
{
    struct store_stage **link = &store->stages;
    while (*link != NULL && (*link)->state != STORE_STAGE_ORPHANED)
        link = &(*link)->next;
    if (*link == NULL)
        return DRF_OK;
    struct store_stage *gone = *link;
    enum drf_status status = store_writable(store);
    if (status == DRF_OK)
        status = store_begin(store);
    if (status != DRF_OK)
        return status;
    status = STORE_PUT(store, STORE_SQL_DROP_SOME_CELLS, "remove contributions",
                       store_int(gone->stage), store_int(DELETED_PER_CALL));
    const int64_t rows = sqlite3_changes64(store->db);
    status = store_end(store, status);
    if (status != DRF_OK)
        return status;
    if (rows < DELETED_PER_CALL) {
        *link = gone->next;
        free(gone);
    }
    store_checkpoint_late(store);
    return DRF_ERR_AGAIN;
}

enum drf_status fusion_store_tidy(struct fusion_store *store)
{
    assert(store->walking == 0);
    if (!store_checkpoint_due(store, STORE_CHECKPOINT_BYTES))
        return delete_orphaned(store);
    store_checkpoint(store);
    return DRF_ERR_AGAIN;
}

void fusion_store_copy_back(struct fusion_store *store)
{
    assert(store->walking == 0);
    if (store_checkpoint_due(store, STORE_CHECKPOINT_BYTES))
        store_checkpoint(store);
}
