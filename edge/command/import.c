// SPDX-License-Identifier: Apache-2.0
#include "edge/command/import.h"

#include <stdio.h>
#include <string.h>

#include "edge/host/clock.h"
#include "edge/host/sha256.h"
#include "edge/ingest/import_log.h"
#include "edge/sample/dry_run.h"
#include "edge/service/node.h"

// A whole cell of a good elevation model; what a decoder makes of it is bounded as ever.
#define FILE_MAX_BYTES (UINT64_C(2) << 30)

static int64_t utc_us(void) { return edge_clock_now((struct edge_clock){0}).utc_us; }

enum drf_status edge_import_open(const struct drf_config *config, size_t feed,
                                 struct fusion_store_fault *fault, struct edge_import *out)
{
    struct edge_import import = {.config = *config, .feed = feed};
    enum drf_status status = edge_node_store(config, fault, &import.store);
    if (status == DRF_OK)
        status = edge_node_fabric(config, import.store, &import.fabric);
    if (status != DRF_OK && import.store != NULL && fault != NULL)
        *fault = fusion_store_fault(import.store);
    if (status != DRF_OK) {
        edge_import_close(&import);
        return status;
    }
    *out = import;
    return DRF_OK;
}

void edge_import_close(struct edge_import *import)
{
    fusion_fabric_close(import->fabric);
    fusion_store_close(import->store);
    import->fabric = NULL;
    import->store = NULL;
}

static struct edge_message message_of(const struct edge_import *import,
                                      const struct edge_import_file *file)
{
    struct edge_message message = {
        .feed = import->feed,
        .topic = import->config.feeds[import->feed].topic,
        .key = (const uint8_t *)file->name,
        .key_size = strlen(file->name),
        .value = file->bytes,
        .value_size = file->size,
        .timestamp = EDGE_TIMESTAMP_CREATE,
        .timestamp_ms = file->version_utc_us / 1000,
    };
    message.headers[message.header_count++] =
        (struct edge_header){"ce_source", EDGE_IMPORT_SOURCE, strlen(EDGE_IMPORT_SOURCE)};
    if (file->file_time)
        message.headers[message.header_count++] =
            (struct edge_header){"drf_time_basis", "file", strlen("file")};
    return message;
}

static void count_items(struct geo_record record, struct edge_import_result *result)
{
    struct geo_item item;
    for (size_t cursor = 0; geo_record_next(record, &cursor, &item);) {
        result->tiles += item.kind == GEO_ITEM_CELLS;
        result->notes += item.kind == GEO_ITEM_NOTE;
        result->fields += item.kind == GEO_ITEM_FIELD;
        result->features += item.kind == GEO_ITEM_OBSTACLE || item.kind == GEO_ITEM_ZONE
                            || item.kind == GEO_ITEM_STATION;
    }
}

static enum drf_status apply(struct edge_import *import, const struct edge_import_file *file,
                             const struct edge_dry_run *dry_run, enum fusion_outcome *outcome)
{
    const struct edge_envelope *envelope = &dry_run->envelope;
    char edition[48] = "";
    if (file->edition)
        (void)snprintf(edition, sizeof edition, "import-%lld",
                       (long long)envelope->version.time_utc_us);
    struct fusion_message message = {
        .identity = {.feed = import->config.feeds[import->feed].name,
                     .source = envelope->source,
                     .key = envelope->key},
        .version = envelope->version,
        .file_time = envelope->file_time,
        .edition = edition[0] != '\0' ? edition : NULL,
        .edition_part = file->edition ? 1 : 0,
        .edition_parts = file->edition ? 1 : 0,
        .topic = NULL, // not from Kafka
    };
    struct fusion_job *job = NULL;
    enum drf_status status =
        fusion_job_open(import->fabric, &message, dry_run->decoded.record, &job);
    if (status == DRF_OK)
        do
            status = fusion_job_step(job, outcome);
        while (status == DRF_ERR_AGAIN);
    fusion_job_close(job);
    return status;
}

static enum drf_status keep(struct edge_import *import, const struct edge_import_file *file,
                            const struct edge_envelope *envelope)
{
    struct edge_import_entry note = {.bytes = file->size,
                                     .version_utc_us = envelope->version.time_utc_us,
                                     .imported_utc_us = utc_us()};
    (void)snprintf(note.feed, sizeof note.feed, "%s", import->config.feeds[import->feed].name);
    (void)snprintf(note.file, sizeof note.file, "%s", file->name);
    edge_sha256_hex(envelope->version.sha256, note.sha256);
    enum drf_status status = edge_import_log_note(import->store, &note);
    if (status == DRF_OK)
        status = fusion_fabric_commit(import->fabric, utc_us());
    // The store knows it; if the line in the file fails, the next import writes it.
    if (status == DRF_OK)
        status = edge_import_log_append(import->config.store_path, &note);
    return status;
}

enum drf_status edge_import_file(struct edge_import *import,
                                 const struct edge_import_file *file,
                                 struct edge_import_result *out)
{
    struct edge_import_result result = {.outcome = FUSION_REFUSED};
    struct edge_message message = message_of(import, file);
    struct edge_dry_run dry_run;
    import->config.feeds[import->feed].message_max_bytes = FILE_MAX_BYTES;
    enum drf_status status = edge_dry_run_read(&import->config, &message, &dry_run);
    if (status != DRF_OK)
        return status;
    result.why = dry_run.why;
    if (dry_run.status == DRF_OK) {
        count_items(dry_run.decoded.record, &result);
        status = apply(import, file, &dry_run, &result.outcome);
        if (status == DRF_OK && result.outcome == FUSION_REFUSED) {
            result.why = (struct geo_note){.code = GEO_REFUSAL_FORMAT, .count = 1};
            (void)snprintf(result.why.text, sizeof result.why.text,
                           "what it holds does not belong to the layer of this feed");
        }
        if (status == DRF_OK
            && (result.outcome == FUSION_APPLIED || result.outcome == FUSION_DUPLICATE))
            status = keep(import, file, &dry_run.envelope);
    }
    edge_dry_run_close(&dry_run);
    if (status == DRF_OK)
        *out = result;
    return status;
}

enum drf_status edge_import_finish(struct edge_import *import)
{
    enum drf_status status;
    do
        status = fusion_fabric_fold(import->fabric);
    while (status == DRF_ERR_AGAIN);
    if (status == DRF_OK)
        do
            status = fusion_fabric_render(import->fabric);
        while (status == DRF_ERR_AGAIN);
    return status == DRF_OK ? fusion_fabric_commit(import->fabric, utc_us()) : status;
}
