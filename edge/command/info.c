// SPDX-License-Identifier: Apache-2.0
// `drf-edge info` as a table or as JSON. Both print the same struct told, which is gathered
// first: what the store says of itself, its sizes, and the provenance of all live records
// merged into one row for each source. The store's own walks (layers, offsets, imports) are
// printed as they are visited, by one callback for each form. JSON is written by hand: it is
// flat, and texts are quoted in one function.
#include "edge/command/info.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "edge/ingest/import_log.h"
#include "fusion/fold/provenance.h"
#include "fusion/store/store_info.h"
#include "geo/mode.h"

// One source: what all its live records have in common, and the newest of them.
struct source {
    struct fusion_source newest;
    int64_t records, contributions, oldest_data_utc_us, newest_data_utc_us;
};

struct sources {
    struct source *rows;
    size_t count, room;
};

struct store_summary { // all that is printed, either way
    struct fusion_store_info info;
    struct fusion_store_sizes sizes;
    struct sources sources;
};

static void note_time(struct source *row, int64_t data_utc_us)
{
    if (data_utc_us == INT64_MIN)
        return;
    if (row->oldest_data_utc_us == INT64_MIN || data_utc_us < row->oldest_data_utc_us)
        row->oldest_data_utc_us = data_utc_us;
    if (data_utc_us > row->newest_data_utc_us)
        row->newest_data_utc_us = data_utc_us;
}

static enum drf_status add_use(void *context, const struct fusion_store_use *use)
{
    struct sources *sources = context;
    const struct fusion_source *one = use->provenance;
    size_t at = 0;
    while (at < sources->count && strcmp(sources->rows[at].newest.source, one->source) != 0)
        at++;
    if (at == sources->room) {
        const size_t room = sources->room * 2 + 16;
        struct source *rows = realloc(sources->rows, room * sizeof *rows);
        if (rows == NULL)
            return DRF_ERR_NOMEM;
        sources->rows = rows;
        sources->room = room;
    }
    struct source *row = &sources->rows[at];
    if (at == sources->count) { // the newest issue comes first
        *row = (struct source){
            .newest = *one, .oldest_data_utc_us = INT64_MIN, .newest_data_utc_us = INT64_MIN};
        sources->count++;
    }
    row->records += use->identities;
    row->contributions += use->contributions;
    note_time(row, one->data_time_utc_us);
    return DRF_OK;
}

static enum drf_status gather(struct fusion_store *store, struct store_summary *store_summary)
{
    enum drf_status status = fusion_store_info(store, &store_summary->info);
    if (status == DRF_OK)
        status = fusion_store_sizes(store, &store_summary->sizes);
    if (status == DRF_OK)
        status = fusion_store_each_source(store, add_use, &store_summary->sources);
    return status;
}

static const char *time_text(int64_t utc_us, const char *unknown, char out[static 80])
{
    if (utc_us == INT64_MIN)
        return unknown;
    fusion_provenance_version("", utc_us / 1000000 * 1000000, out);
    return out;
}

static void table_layer(void *context, const struct fusion_store_layer *layer)
{
    FILE *out = context;
    char level[24] = "-";
    if (layer->level >= 0)
        (void)snprintf(level, sizeof level, "%" PRId64, layer->level);
    (void)fprintf(out, "  %-24s %-20s %5s %9" PRId64 "  %s\n", layer->name, layer->data_type,
                  level, layer->rows, layer->last_change != NULL ? layer->last_change : "-");
}

static enum drf_status table_offset(void *context, const char *cluster, const char *topic,
                                    int32_t partition, int64_t next)
{
    (void)fprintf(context, "  %-32s %3" PRId32 " %12" PRId64 "  cluster %s\n", topic, partition,
                  next, cluster);
    return DRF_OK;
}

static void table_import(void *context, const struct edge_import_entry *one, bool missing)
{
    char when[80];
    (void)fprintf(context, "  %-16s %-40s %s  %s\n", one->feed, one->file,
                  time_text(one->imported_utc_us, "-", when),
                  missing ? "NOT IN THIS STORE: import it again" : "here");
}

static void table_insets(const struct fusion_store *store, FILE *out)
{
    size_t count;
    const struct geo_inset *insets = fusion_store_insets(store, &count);
    if (count > 0)
        (void)fprintf(out, "insets\n  %-24s %5s  %s\n", "name", "level",
                      "west, south, east, north");
    for (size_t i = 0; i < count; i++)
        (void)fprintf(out, "  %-24s %5" PRIu32 "  %.9g, %.9g, %.9g, %.9g\n", insets[i].name,
                      insets[i].level, insets[i].bounds.west_deg, insets[i].bounds.south_deg,
                      insets[i].bounds.east_deg, insets[i].bounds.north_deg);
}

static void table_sources(const struct sources *sources, FILE *out)
{
    (void)fprintf(out, "sources\n  %-28s %8s %8s %8s %8s  %-20s %-20s %-20s %s\n", "name",
                  "records", "tiles", "priority", "acc95_m", "issued", "data from",
                  "data until", "licence");
    for (size_t i = 0; i < sources->count; i++) {
        const struct source *row = &sources->rows[i];
        char issued[80], from[80], until[80], accuracy[24] = "unknown";
        if (row->newest.vertical_acc95_m > 0.0) // 0: its heights have none, or it has none
            (void)snprintf(accuracy, sizeof accuracy, "%.2f", row->newest.vertical_acc95_m);
        const char *issue = time_text(row->newest.issue_utc_us, "unknown", issued);
        if (issue == issued && fusion_provenance_of_file(row->newest.version))
            fusion_provenance_mark_file(issued);
        (void)fprintf(
            out, "  %-28s %8" PRId64 " %8" PRId64 " %8" PRId32 " %8s  %-20s %-20s %-20s %s\n",
            row->newest.source, row->records, row->contributions, row->newest.priority,
            accuracy, issue, time_text(row->oldest_data_utc_us, "unknown", from),
            time_text(row->newest_data_utc_us, "unknown", until),
            row->newest.licence[0] != '\0' ? row->newest.licence : "not stated");
    }
}

enum drf_status edge_info_table(struct fusion_store *store, const char *path, FILE *out)
{
    struct store_summary store_summary = {0};
    enum drf_status status = gather(store, &store_summary);
    char when[80];
    const struct fusion_store_info *info = &store_summary.info;
    const struct fusion_store_sizes *sizes = &store_summary.sizes;
    if (status == DRF_OK) {
        (void)fprintf(
            out,
            "store    %s\nregion   %s, mode %s, level %" PRIu32 ", schema %" PRIu32
            "\nwritten  %s\nsize     %.1f MB, %.1f MB of it unused, log %.1f MB, of that"
            " %.1f MB not copied back\nrecords  %" PRId64 " live, %" PRId64
            " withdrawn and remembered\nwaiting  %" PRId64 " tiles and %" PRId64
            " rows to be rendered\n",
            path, info->region_id, drf_mode_name(info->mode), info->level, info->schema,
            time_text(info->as_of_utc_us, "unknown: no node committed to it yet", when),
            (double)sizes->file_bytes / 1e6, (double)sizes->free_bytes / 1e6,
            (double)sizes->wal_bytes / 1e6, (double)sizes->wal_pinned_bytes / 1e6, info->live,
            info->tombstones, info->dirty, info->stale);
        (void)fprintf(out, "layers\n  %-24s %-20s %5s %9s  %s\n", "name", "kind", "level",
                      "rows", "last change");
        status = fusion_store_each_layer(store, table_layer, out);
    }
    if (status == DRF_OK) {
        table_insets(store, out);
        table_sources(&store_summary.sources, out);
        (void)fprintf(out, "read from Kafka up to\n");
        status = fusion_store_each_offset(store, table_offset, out);
    }
    if (status == DRF_OK) {
        (void)fprintf(out, "imported, not in Kafka\n");
        status = edge_import_log_each(store, path, table_import, out);
    }
    if (status == DRF_OK)
        (void)fprintf(out, "lost with their topic\n");
    if (status == DRF_OK)
        status = edge_info_missing(store, false, out);
    free(store_summary.sources.rows);
    return status;
}

static void text(FILE *out, const char *name, const char *value)
{
    (void)fprintf(out, "\"%s\":\"", name);
    for (const unsigned char *at = (const unsigned char *)value; *at != '\0'; at++) {
        if (*at == '"' || *at == '\\')
            (void)fprintf(out, "\\%c", *at);
        else if (*at < 0x20)
            (void)fprintf(out, "\\u%04x", *at);
        else
            (void)fputc(*at, out);
    }
    (void)fputc('"', out);
}

static void number(FILE *out, const char *name, int64_t value)
{
    (void)fprintf(out, ",\"%s\":%" PRId64, name, value);
}

static void instant(FILE *out, const char *name, int64_t utc_us)
{
    if (utc_us != INT64_MIN) // absent: unknown
        number(out, name, utc_us);
}

struct list {
    FILE *out;
    bool begun;
};

static FILE *next(struct list *list)
{
    (void)fputs(list->begun ? ",{" : "{", list->out);
    list->begun = true;
    return list->out;
}

static void json_layer(void *context, const struct fusion_store_layer *layer)
{
    FILE *out = next(context);
    text(out, "name", layer->name);
    (void)fputc(',', out);
    text(out, "kind", layer->data_type);
    if (layer->last_change != NULL) {
        (void)fputc(',', out);
        text(out, "last_change", layer->last_change);
    }
    if (layer->level >= 0)
        number(out, "level", layer->level);
    number(out, "rows", layer->rows);
    (void)fputc('}', out);
}

static void json_insets(const struct fusion_store *store, FILE *out)
{
    size_t count;
    const struct geo_inset *insets = fusion_store_insets(store, &count);
    struct list list = {.out = out};
    for (size_t i = 0; i < count; i++) {
        (void)next(&list);
        text(out, "name", insets[i].name);
        number(out, "level", insets[i].level);
        (void)fprintf(out, ",\"bounds_deg\":[%.17g,%.17g,%.17g,%.17g]}",
                      insets[i].bounds.west_deg, insets[i].bounds.south_deg,
                      insets[i].bounds.east_deg, insets[i].bounds.north_deg);
    }
}

static enum drf_status json_offset(void *context, const char *cluster, const char *topic,
                                   int32_t partition, int64_t offset)
{
    FILE *out = next(context);
    text(out, "topic", topic);
    (void)fputc(',', out);
    text(out, "cluster", cluster);
    number(out, "partition", partition);
    number(out, "next_offset", offset);
    (void)fputc('}', out);
    return DRF_OK;
}

static void json_import(void *context, const struct edge_import_entry *one, bool missing)
{
    FILE *out = next(context);
    text(out, "feed", one->feed);
    (void)fputc(',', out);
    text(out, "file", one->file);
    (void)fputc(',', out);
    text(out, "sha256", one->sha256);
    number(out, "bytes", (int64_t)one->bytes);
    number(out, "version_us", one->version_utc_us);
    number(out, "imported_us", one->imported_utc_us);
    (void)fprintf(out, ",\"to_be_repeated\":%s}", missing ? "true" : "false");
}

static void json_sources(const struct sources *sources, FILE *out)
{
    struct list list = {.out = out};
    for (size_t i = 0; i < sources->count; i++) {
        const struct source *row = &sources->rows[i];
        (void)next(&list);
        text(out, "name", row->newest.source);
        (void)fputc(',', out);
        text(out, "licence", row->newest.licence);
        (void)fputc(',', out);
        text(out, "version", row->newest.version);
        number(out, "records", row->records);
        number(out, "contributions", row->contributions);
        number(out, "priority", row->newest.priority);
        if (row->newest.vertical_acc95_m > 0.0) // absent: unknown
            (void)fprintf(out, ",\"vertical_acc95_m\":%.9g", row->newest.vertical_acc95_m);
        instant(out, "issue_time_us", row->newest.issue_utc_us);
        instant(out, "data_from_us", row->oldest_data_utc_us);
        instant(out, "data_until_us", row->newest_data_utc_us);
        (void)fputc('}', out);
    }
}

enum drf_status edge_info_json(struct edge_store_reader *reader, const char *path, FILE *out)
{
    struct fusion_store *store = reader->store;
    struct store_summary store_summary = {0};
    enum drf_status status = gather(store, &store_summary);
    struct list list = {.out = out};
    if (status == DRF_OK) {
        (void)fputc('{', out);
        text(out, "region_id", store_summary.info.region_id);
        (void)fputc(',', out);
        text(out, "mode", drf_mode_name(store_summary.info.mode));
        number(out, "schema", store_summary.info.schema);
        number(out, "level", store_summary.info.level);
        instant(out, "as_of_us", store_summary.info.as_of_utc_us);
        number(out, "file_bytes", store_summary.sizes.file_bytes);
        number(out, "free_bytes", store_summary.sizes.free_bytes);
        number(out, "wal_bytes", store_summary.sizes.wal_bytes);
        number(out, "wal_pinned_bytes", store_summary.sizes.wal_pinned_bytes);
        number(out, "live", store_summary.info.live);
        number(out, "tombstones", store_summary.info.tombstones);
        number(out, "dirty", store_summary.info.dirty);
        number(out, "stale", store_summary.info.stale);
        (void)fputs(",\"layers\":[", out);
        status = fusion_store_each_layer(store, json_layer, &list);
    }
    if (status == DRF_OK) {
        (void)fputs("],\"insets\":[", out);
        json_insets(store, out);
        (void)fputs("],\"sources\":[", out);
        json_sources(&store_summary.sources, out);
        (void)fputs("],\"offsets\":[", out);
        list.begun = false;
        status = fusion_store_each_offset(store, json_offset, &list);
    }
    if (status == DRF_OK) {
        (void)fputs("],\"imports\":[", out);
        list.begun = false;
        status = edge_import_log_each(store, path, json_import, &list);
    }
    if (status == DRF_OK)
        (void)fputs("],\"missing\":{", out);
    if (status == DRF_OK)
        status = edge_info_missing(store, true, out);
    if (status == DRF_OK)
        (void)fputs("}", out);
    if (status == DRF_OK && reader->root != NULL) {
        (void)fputs(",\"catalogue\":", out);
        status = edge_info_catalog_json(reader, out);
    }
    if (status == DRF_OK)
        (void)fputs("}\n", out);
    free(store_summary.sources.rows);
    return status;
}
