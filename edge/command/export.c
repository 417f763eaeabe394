// SPDX-License-Identifier: Apache-2.0
#include "edge/command/export.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "edge/command/store_reader.h"
#include "fusion/store/export.h"
#include "fusion/store/store_info.h"
#include "fusion/store/store_maintenance.h"
#include "geo/format/terrain/raster_write.h"

static bool complain(FILE *err, const char *path, const char *why)
{
    (void)fprintf(err, "drf-edge: %s: %s\n", path, why);
    return false;
}

static bool is_free(const char *out, FILE *err)
{
    return access(out, F_OK) != 0 || complain(err, out, "is there already");
}

// What is being written, and what SQLite may leave beside it.
static void remove_part(const char *part)
{
    static const char *const ends[] = {"", "-wal", "-shm", "-journal", "-lock"};
    char path[4096];
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
        if (snprintf(path, sizeof path, "%s%s", part, ends[i]) < (int)sizeof path)
            (void)unlink(path);
}

// Gives the finished part its name, or takes it away.
static bool settle(const char *part, const char *out, bool good, FILE *err)
{
    if (good && rename(part, out) != 0)
        good = complain(err, out, "cannot be given its name");
    remove_part(part);
    return good;
}

bool edge_export_backup(const char *store, const char *out, FILE *err)
{
    struct fusion_store_fault fault = {0};
    const enum drf_status status = fusion_store_snapshot(store, out, &fault);
    if (status != DRF_OK)
        (void)fprintf(err, "drf-edge: %s\n",
                      fault.text[0] != '\0' ? fault.text : drf_status_name(status));
    return status == DRF_OK;
}

struct snapshot {
    struct geo_inset insets[GEO_INSETS_MAX];
    struct fusion_store *store;
    struct fusion_fabric *fabric;
};

static void close_snapshot(struct snapshot *snapshot)
{
    fusion_fabric_close(snapshot->fabric);
    fusion_store_close(snapshot->store);
}

// Opens the snapshot for writing as the node that wrote it would.
static enum drf_status open_snapshot(const char *part, struct snapshot *out,
                                     struct fusion_store_fault *fault)
{
    struct fusion_store_info info;
    struct geo_bounds keep;
    struct fusion_store *reader = NULL;
    enum drf_status status = fusion_store_open(
        &(struct fusion_store_config){.path = part, .read_only = true, .fault = fault},
        &reader);
    if (status != DRF_OK)
        return status;
    status = fusion_store_info(reader, &info);
    if (status == DRF_OK)
        status = fusion_store_keep(reader, &keep);
    size_t inset_count;
    const struct geo_inset *insets = fusion_store_insets(reader, &inset_count);
    memcpy(out->insets, insets, inset_count * sizeof *insets);
    fusion_store_close(reader);
    if (status != DRF_OK)
        return status;
    struct fusion_store_config config = {.path = part,
                                         .keep = keep,
                                         .level = info.level,
                                         .insets = out->insets,
                                         .inset_count = inset_count,
                                         .region_id = info.region_id,
                                         .mode = info.mode,
                                         .pending_max_bytes = SIZE_MAX,
                                         .fault = fault};
    status = fusion_store_open(&config, &out->store);
    struct fusion_fabric_config fabric = {
        .keep = keep, .level = info.level, .raster_accuracy_max_m = 175.0};
    return status == DRF_OK ? fusion_fabric_open(&fabric, out->store, &out->fabric) : status;
}

// Folds and renders what the node had not yet, and adds what only an export has.
static enum drf_status complete(struct snapshot *snapshot)
{
    const int64_t as_of_utc_us = fusion_store_as_of(snapshot->store);
    if (as_of_utc_us != INT64_MIN)
        fusion_fabric_expire(snapshot->fabric, as_of_utc_us, INT64_MIN);
    enum drf_status status;
    do
        status = fusion_fabric_fold(snapshot->fabric);
    while (status == DRF_ERR_AGAIN);
    if (status == DRF_OK)
        do
            status = fusion_fabric_render(snapshot->fabric);
        while (status == DRF_ERR_AGAIN);
    if (status == DRF_OK && as_of_utc_us != INT64_MIN)
        status = fusion_fabric_commit(snapshot->fabric, as_of_utc_us);
    const struct fusion_root *root = NULL;
    if (status == DRF_OK)
        do
            status = fusion_fabric_publish(snapshot->fabric, &root);
        while (status == DRF_ERR_AGAIN);
    size_t grids = 0;
    if (status == DRF_OK)
        status = fusion_export_weather(root, snapshot->store, &grids);
    return status == DRF_OK ? fusion_store_export_finish(snapshot->store) : status;
}

bool edge_export_gpkg(const char *store, const char *out, FILE *err)
{
    char part[4096];
    if (!is_free(out, err))
        return false;
    if (snprintf(part, sizeof part, "%s-part", out) >= (int)sizeof part)
        return complain(err, out, "a name too long");
    remove_part(part);
    if (!edge_export_backup(store, part, err))
        return false;
    struct snapshot snapshot = {0};
    struct fusion_store_fault fault = {0};
    enum drf_status status = open_snapshot(part, &snapshot, &fault);
    if (status == DRF_OK) {
        status = complete(&snapshot);
        fault = fusion_store_fault(snapshot.store);
    }
    if (status != DRF_OK)
        (void)complain(err, out, fault.text[0] != '\0' ? fault.text : drf_status_name(status));
    close_snapshot(&snapshot);
    return settle(part, out, status == DRF_OK, err);
}

static enum drf_status write_bands(const struct fusion_root *root, int layer,
                                   const struct fusion_inset *inset, const char *part)
{
    enum { BAND = 256 };
    const struct fusion_export_extent extent =
        inset != NULL ? fusion_export_inset(inset) : fusion_export_extent(root);
    struct geo_raster_writer_config config = {
        .path = part,
        .columns = extent.columns,
        .rows = extent.rows,
        .west_deg = extent.west_deg,
        .north_deg = extent.north_deg,
        .cell_deg = extent.cell_deg,
        .description = layer == FUSION_LAYER_GROUND
                           ? "Ground, metres above EGM96. Advisory, not certified."
                           : "Surface, metres above EGM96. Advisory, not certified.",
    };
    struct geo_raster_writer *writer = NULL;
    float *values = malloc((size_t)BAND * extent.columns * sizeof *values);
    enum drf_status status =
        values != NULL ? geo_raster_writer_open(&config, &writer) : DRF_ERR_NOMEM;
    for (uint32_t row = 0; row < extent.rows && status == DRF_OK; row += BAND) {
        const uint32_t count = extent.rows - row < BAND ? extent.rows - row : BAND;
        fusion_export_rows(root, inset, (enum fusion_layer)layer, row, count, GEO_RASTER_NODATA,
                           values);
        status = geo_raster_writer_put(writer, values, count);
    }
    const enum drf_status closed = geo_raster_writer_close(writer);
    free(values);
    return status == DRF_OK ? closed : status;
}

static const struct fusion_inset *inset_named(const struct fusion_root *root, const char *name)
{
    for (size_t i = 0; i < root->inset_count; i++)
        if (strcmp(root->insets[i].name, name) == 0)
            return &root->insets[i];
    return NULL;
}

bool edge_export_tiff(const char *store, int layer, const char *inset, const char *out,
                      FILE *err)
{
    char part[4096];
    if (!is_free(out, err))
        return false;
    if (snprintf(part, sizeof part, "%s-part", out) >= (int)sizeof part)
        return complain(err, out, "a name too long");
    struct edge_store_reader reader = {0};
    enum drf_status status = edge_store_reader_open(store, err, &reader);
    if (status == DRF_OK)
        status = edge_store_reader_fold(&reader, INT64_MIN, err);
    bool good = status == DRF_OK;
    const struct fusion_inset *there =
        good && inset != NULL ? inset_named(reader.root, inset) : NULL;
    if (good && inset != NULL && there == NULL)
        good = complain(err, store, "has no inset of that name: drf-edge info lists them");
    if (good && write_bands(reader.root, layer, there, part) != DRF_OK)
        good = complain(err, out, "cannot be written");
    edge_store_reader_close(&reader);
    return settle(part, out, good, err);
}
