// SPDX-License-Identifier: Apache-2.0
// Any bytes: either refused, or a record in which every item, tail and text can be read to its
// end, every number is finite where it must be, and building it again gives the same bytes.
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "geo/record/record.h"

static void require(int truth)
{
    if (!truth)
        abort();
}

static void read_item(const struct geo_item *item)
{
    if (item->kind == GEO_ITEM_RASTER) {
        const struct geo_raster *raster = item->payload;
        require(strlen(raster->crs) < sizeof raster->crs && isfinite(raster->posting_m));
    } else if (item->kind == GEO_ITEM_CELLS) {
        const struct geo_cells_item *cells = item->payload;
        static uint16_t heights[GEO_CELLS_COUNT];
        (void)!geo_cells_decode(geo_item_blob(item), cells->blob_size, heights);
        require(geo_tile_valid(cells->tile));
    } else if (item->kind == GEO_ITEM_OBSTACLE) {
        const struct geo_obstacle *obstacle = item->payload;
        const struct geo_point *vertices = geo_item_vertices(item);
        require(strlen(obstacle->id) < sizeof obstacle->id && obstacle->id[0] != '\0');
        for (uint32_t i = 0; i < obstacle->vertex_count; i++)
            require(fabs(vertices[i].lat_deg) <= 90.0 && fabs(vertices[i].lon_deg) <= 180.0);
    } else if (item->kind == GEO_ITEM_FIELD) {
        const struct geo_field *field = item->payload;
        const float *values = geo_item_values(item);
        for (uint32_t i = 0; i < field->grid.ni * field->grid.nj; i++)
            require(!isinf(values[i]));
    } else {
        require(strlen(((const struct geo_note *)item->payload)->text) < 176);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *bytes = aligned_alloc(8, (size + 8) / 8 * 8);
    struct geo_record record, again;
    if (bytes == NULL)
        return 0;
    if (size > 0)
        memcpy(bytes, data, size);
    if (geo_record_validate(bytes, size, &record) == DRF_OK) {
        struct geo_record_builder builder;
        struct geo_item item;
        size_t cursor = 0;
        geo_record_builder_init(&builder, size);
        while (geo_record_next(record, &cursor, &item)) {
            read_item(&item);
            require(geo_record_add(&builder, item.kind, item.payload, item.size, NULL, 0)
                    == DRF_OK);
        }
        require(geo_record_finish(&builder, &again) == DRF_OK && again.size == size
                && memcmp(again.bytes, data, size) == 0);
        geo_record_builder_close(&builder);
    }
    free(bytes);
    return 0;
}
