// SPDX-License-Identifier: Apache-2.0
// Any bytes as terrain: either refused with a reason, or a record that its own validator
// accepts, whose blobs decode and whose heights lie where its raster item says.
#include <stdint.h>
#include <stdlib.h>

#include "geo/format/decode.h"

static void check_cells(const struct geo_raster *raster, const struct geo_item *item)
{
    static uint16_t cells[GEO_CELLS_COUNT];
    const struct geo_cells_item *head = item->payload;
    if (geo_cells_decode(geo_item_blob(item), head->blob_size, cells) != DRF_OK)
        abort();
    for (size_t i = 0; i < GEO_CELLS_COUNT; i++)
        if (cells[i] != GEO_CELL_UNKNOWN
            && (geo_cell_m(cells[i]) < raster->min_amsl_m
                || geo_cell_m(cells[i]) > raster->max_amsl_m))
            abort();
}

static void check_record(struct geo_record_builder *builder)
{
    struct geo_record record;
    struct geo_item item;
    size_t cursor = 0;
    const struct geo_raster *raster = NULL;
    if (geo_record_finish(builder, &record) != DRF_OK
        || geo_record_validate(record.bytes, record.size, &record) != DRF_OK)
        abort();
    while (geo_record_next(record, &cursor, &item)) {
        if (item.kind == GEO_ITEM_RASTER)
            raster = item.payload;
        if (item.kind == GEO_ITEM_CELLS)
            check_cells(raster, &item);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct geo_decode_params params = {
        .format = GEO_FORMAT_TERRAIN,
        .layer = size % 2 == 0 ? GEO_RASTER_GROUND : GEO_RASTER_SURFACE,
        .level = 8, // large tiles: few of them
        .keep = {-85.0, 40.0, -75.0, 48.0},
        .name = "N43W080.hgt",
        .vertical = "EGM96",
        .datum_acc95_m = 2.0,
        .size_max_bytes = 1 << 20,
        .record_max_bytes = 16 << 20,
        .pixels_max = 1 << 20,
    };
    struct geo_record_builder builder;
    struct geo_note why;
    geo_record_builder_init(&builder, params.record_max_bytes);
    if (geo_decode(&params, data, size, &builder, &why) == DRF_OK)
        check_record(&builder);
    else if (why.code == GEO_REFUSAL_NONE || why.code >= GEO_REFUSAL_COUNT)
        abort();
    geo_record_builder_close(&builder);
    return 0;
}
