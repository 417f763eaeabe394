// SPDX-License-Identifier: Apache-2.0
#include "edge/command/reading.h"

#include "fusion/store/store_info.h"

static enum drf_status complain(struct fusion_store *store, enum drf_status status, FILE *err)
{
    const char *text = fusion_store_error(store);
    (void)fprintf(err, "drf-edge: %s\n", text[0] != '\0' ? text : drf_status_name(status));
    return status;
}

enum drf_status edge_reading_open(const char *path, FILE *err, struct edge_reading *out)
{
    if (path == NULL) {
        (void)fprintf(err, "drf-edge: --store FILE is needed\n");
        return DRF_ERR_ABSENT;
    }
    struct edge_reading reading = {0};
    struct fusion_store_fault fault = {0};
    struct fusion_store_config config = {.path = path, .read_only = true, .fault = &fault};
    enum drf_status status = fusion_store_open(&config, &reading.store);
    if (status != DRF_OK) {
        (void)fprintf(err, "drf-edge: %s: %s\n", path,
                      fault.text[0] != '\0' ? fault.text : drf_status_name(status));
        return status;
    }
    status = fusion_store_hold(reading.store);
    if (status != DRF_OK) {
        (void)complain(reading.store, status, err);
        edge_reading_close(&reading);
        return status;
    }
    *out = reading;
    return DRF_OK;
}

static enum drf_status fold_all(struct edge_reading *reading, int64_t now_utc_us)
{
    enum drf_status status = fusion_store_keep(reading->store, &reading->keep);
    struct fusion_fabric_config config = {.keep = reading->keep,
                                          .level = fusion_store_level(reading->store),
                                          .raster_accuracy_max_m = 175.0};
    if (status == DRF_OK)
        status = fusion_fabric_open(&config, reading->store, &reading->fabric);
    if (status != DRF_OK)
        return status;
    if (now_utc_us == INT64_MIN)
        now_utc_us = fusion_store_as_of(reading->store);
    if (now_utc_us != INT64_MIN)
        fusion_fabric_expire(reading->fabric, now_utc_us, INT64_MIN);
    reading->at_utc_us = now_utc_us;
    do
        status = fusion_fabric_fold(reading->fabric);
    while (status == DRF_ERR_AGAIN);
    if (status != DRF_OK)
        return status;
    do
        status = fusion_fabric_publish(reading->fabric, &reading->root);
    while (status == DRF_ERR_AGAIN);
    return status;
}

enum drf_status edge_reading_fold(struct edge_reading *reading, int64_t now_utc_us, FILE *err)
{
    enum drf_status status = fold_all(reading, now_utc_us);
    return status == DRF_OK ? DRF_OK : complain(reading->store, status, err);
}

void edge_reading_close(struct edge_reading *reading)
{
    fusion_fabric_close(reading->fabric);
    fusion_store_close(reading->store);
    *reading = (struct edge_reading){0};
}
