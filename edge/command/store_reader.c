// SPDX-License-Identifier: Apache-2.0
#include "edge/command/store_reader.h"

#include "fusion/store/store_info.h"

static enum drf_status complain(struct fusion_store *store, enum drf_status status, FILE *err)
{
    const char *text = fusion_store_error(store);
    (void)fprintf(err, "drf-edge: %s\n", text[0] != '\0' ? text : drf_status_name(status));
    return status;
}

enum drf_status edge_store_reader_open(const char *path, FILE *err,
                                       struct edge_store_reader *out)
{
    if (path == NULL) {
        (void)fprintf(err, "drf-edge: --store FILE is needed\n");
        return DRF_ERR_ABSENT;
    }
    struct edge_store_reader reader = {0};
    struct fusion_store_fault fault = {0};
    struct fusion_store_config config = {.path = path, .read_only = true, .fault = &fault};
    enum drf_status status = fusion_store_open(&config, &reader.store);
    if (status != DRF_OK) {
        (void)fprintf(err, "drf-edge: %s: %s\n", path,
                      fault.text[0] != '\0' ? fault.text : drf_status_name(status));
        return status;
    }
    status = fusion_store_hold(reader.store);
    if (status != DRF_OK) {
        (void)complain(reader.store, status, err);
        edge_store_reader_close(&reader);
        return status;
    }
    *out = reader;
    return DRF_OK;
}

static enum drf_status fold_all(struct edge_store_reader *reader, int64_t now_utc_us)
{
    enum drf_status status = fusion_store_keep(reader->store, &reader->keep);
    struct fusion_fabric_config config = {.keep = reader->keep,
                                          .level = fusion_store_level(reader->store),
                                          .raster_accuracy_max_m = 175.0};
    if (status == DRF_OK)
        status = fusion_fabric_open(&config, reader->store, &reader->fabric);
    if (status != DRF_OK)
        return status;
    if (now_utc_us == INT64_MIN)
        now_utc_us = fusion_store_as_of(reader->store);
    if (now_utc_us != INT64_MIN)
        fusion_fabric_expire(reader->fabric, now_utc_us, INT64_MIN);
    reader->at_utc_us = now_utc_us;
    do
        status = fusion_fabric_fold(reader->fabric);
    while (status == DRF_ERR_AGAIN);
    if (status != DRF_OK)
        return status;
    do
        status = fusion_fabric_publish(reader->fabric, &reader->root);
    while (status == DRF_ERR_AGAIN);
    return status;
}

enum drf_status edge_store_reader_fold(struct edge_store_reader *reader, int64_t now_utc_us,
                                       FILE *err)
{
    enum drf_status status = fold_all(reader, now_utc_us);
    return status == DRF_OK ? DRF_OK : complain(reader->store, status, err);
}

void edge_store_reader_close(struct edge_store_reader *reader)
{
    fusion_fabric_close(reader->fabric);
    fusion_store_close(reader->store);
    *reader = (struct edge_store_reader){0};
}
