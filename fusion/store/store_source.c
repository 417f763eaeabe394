// SPDX-License-Identifier: Apache-2.0
#include <sqlite3.h>

#include <stdlib.h>
#include <string.h>

#include "fusion/store/store_impl.h"

enum drf_status store_sources_open(struct fusion_store *store)
{
    enum drf_status status = store_index_open(&store->source_by_content);
    if (status == DRF_OK)
        status = store_index_open(&store->source_by_row);
    return status;
}

void store_sources_close(struct fusion_store *store)
{
    while (store->sources != NULL) {
        struct store_source *source = store->sources;
        store->sources = source->next;
        free(source);
    }
    while (store->source_rows != NULL) {
        struct store_row *row = store->source_rows;
        store->source_rows = row->next;
        free(row);
    }
    store_index_close(&store->source_by_content);
    store_index_close(&store->source_by_row);
}

void store_sources_unstore(struct fusion_store *store)
{
    for (struct store_source *source = store->sources; source != NULL; source = source->next)
        source->stored = false;
}

static uint64_t content_hash(const struct fusion_source *source)
{
    uint64_t hash = store_hash(GEO_HASH_START, source->source, strlen(source->source) + 1);
    hash = store_hash(hash, source->version, strlen(source->version));
    return store_hash(hash, &source->issue_utc_us, sizeof source->issue_utc_us);
}

static enum drf_status intern(struct fusion_store *store, const struct fusion_source *source,
                              int64_t row, struct store_source **out)
{
    const uint64_t hash = content_hash(source);
    struct store_link *link = store_index_first(&store->source_by_content, hash);
    for (; link != NULL; link = store_index_next(link)) {
        struct store_source *held = (struct store_source *)link;
        if (fusion_source_compare(&held->source, source) == 0) {
            *out = held;
            return DRF_OK;
        }
    }
    struct store_source *made = malloc(sizeof *made);
    if (made == NULL)
        return DRF_ERR_NOMEM;
    *made = (struct store_source){.source = *source,
                                  .row = row != 0 ? row : store->next_source++,
                                  .stored = row != 0,
                                  .next = store->sources};
    store->sources = made;
    store_index_add(&store->source_by_content, &made->by_content, hash);
    *out = made;
    return DRF_OK;
}

enum drf_status store_intern(struct fusion_store *store, const struct fusion_source *source,
                             struct store_source **out)
{
    return intern(store, source, 0, out);
}

static bool copy_text(struct sqlite3_stmt *statement, int column, char *text, size_t room)
{
    const unsigned char *from = sqlite3_column_text(statement, column);
    const size_t size = (size_t)sqlite3_column_bytes(statement, column);
    if (from == NULL || size >= room || memchr(from, 0, size) != NULL)
        return false;
    memcpy(text, from, size + 1);
    return true;
}

static enum drf_status read_source(struct fusion_store *store, int64_t row,
                                   struct fusion_source *out)
{
    enum drf_status status = STORE_BIND(store, STORE_SQL_SOURCE, store_int(row));
    if (status != DRF_OK)
        return status;
    struct sqlite3_stmt *statement = store->statements[STORE_SQL_SOURCE];
    status = store_step(store, STORE_SQL_SOURCE, "read a provenance");
    if (status == DRF_OK) {
        *out = (struct fusion_source){
            .priority = sqlite3_column_int(statement, 4),
            .vertical_acc95_m = sqlite3_column_double(statement, 5),
            .posting_m = sqlite3_column_double(statement, 6),
            .issue_utc_us = sqlite3_column_int64(statement, 7),
            .data_time_utc_us = sqlite3_column_int64(statement, 8),
        };
        if (!copy_text(statement, 0, out->feed, sizeof out->feed)
            || !copy_text(statement, 1, out->source, sizeof out->source)
            || !copy_text(statement, 2, out->licence, sizeof out->licence)
            || !copy_text(statement, 3, out->version, sizeof out->version))
            status = store_refuse(store, FUSION_STORE_DAMAGED, DRF_ERR_STORE,
                                  "a provenance in drf_source is damaged");
    } else if (status == DRF_ERR_ABSENT) {
        status = store_refuse(store, FUSION_STORE_DAMAGED, DRF_ERR_STORE,
                              "an identity names a provenance that drf_source lacks");
    }
    store_done(store, STORE_SQL_SOURCE);
    return status;
}

enum drf_status store_source_of(struct fusion_store *store, int64_t row,
                                struct store_source **out)
{
    const uint64_t hash = store_hash(GEO_HASH_START, &row, sizeof row);
    struct store_link *link = store_index_first(&store->source_by_row, hash);
    for (; link != NULL; link = store_index_next(link)) {
        struct store_row *held = (struct store_row *)link;
        if (held->row == row) {
            *out = held->source;
            return DRF_OK;
        }
    }
    struct fusion_source source;
    struct store_source *interned = NULL;
    enum drf_status status = read_source(store, row, &source);
    if (status == DRF_OK)
        status = intern(store, &source, row, &interned);
    if (status != DRF_OK)
        return status;
    struct store_row *made = malloc(sizeof *made);
    if (made == NULL)
        return DRF_ERR_NOMEM;
    *made = (struct store_row){.row = row, .source = interned, .next = store->source_rows};
    store->source_rows = made;
    store_index_add(&store->source_by_row, &made->by_row, hash);
    *out = interned;
    return DRF_OK;
}

enum drf_status store_source_write(struct fusion_store *store, struct store_source *source)
{
    const struct fusion_source *from = &source->source;
    return STORE_PUT(store, STORE_SQL_PUT_SOURCE, "write a provenance", store_text(from->feed),
                     store_text(from->source), store_text(from->licence),
                     store_text(from->version), store_int(from->priority),
                     store_real(from->vertical_acc95_m), store_real(from->posting_m),
                     store_int(from->issue_utc_us), store_int(from->data_time_utc_us),
                     store_int(source->row));
}
