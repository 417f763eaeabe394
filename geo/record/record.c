// SPDX-License-Identifier: Apache-2.0
#include "geo/record/record.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "geo/record/record_layout.h"

bool geo_record_next(struct geo_record record, size_t *cursor, struct geo_item *out)
{
    size_t at = *cursor == 0 ? sizeof(struct record_head) : *cursor;
    if (at >= record.size)
        return false;
    const struct record_item *item = (const void *)(record.bytes + at);
    *out = (struct geo_item){
        .kind = (enum geo_item_kind)item->kind,
        .size = item->size,
        .payload = record.bytes + at + sizeof *item,
    };
    *cursor = at + sizeof *item + record_padded(item->size);
    return true;
}

static const void *tail(const struct geo_item *item, enum geo_item_kind kind, size_t head_size)
{
    assert(item->kind == kind);
    return (const uint8_t *)item->payload + head_size;
}

const uint8_t *geo_item_blob(const struct geo_item *item)
{
    return tail(item, GEO_ITEM_CELLS, sizeof(struct geo_cells_item));
}

const struct geo_point *geo_item_vertices(const struct geo_item *item)
{
    return tail(item, GEO_ITEM_OBSTACLE, sizeof(struct geo_obstacle));
}

const float *geo_item_values(const struct geo_item *item)
{
    return tail(item, GEO_ITEM_FIELD, sizeof(struct geo_field));
}

struct geo_zone_view geo_item_zone(const struct geo_item *item)
{
    return geo_zone_view(tail(item, GEO_ITEM_ZONE, 0));
}

const char *geo_item_code(const struct geo_item *item, uint32_t index)
{
    const char *codes = tail(item, GEO_ITEM_AREA_CODES, sizeof(struct geo_area_codes));
    return codes + (size_t)index * GEO_AREA_CODE_SIZE;
}

void geo_record_builder_init(struct geo_record_builder *builder, size_t limit_bytes)
{
    *builder = (struct geo_record_builder){.limit_bytes = limit_bytes};
}

// Makes room for `more` bytes, doubling up to the limit.
static enum drf_status grow(struct geo_record_builder *builder, size_t more)
{
    if (more > builder->limit_bytes || builder->size > builder->limit_bytes - more)
        return DRF_ERR_FULL;
    size_t need = builder->size + more;
    if (need <= builder->room)
        return DRF_OK;
    size_t room = builder->room < 2048 ? 4096 : builder->room * 2;
    room = room < need ? need : room;
    room = room > builder->limit_bytes ? builder->limit_bytes : room;
    uint8_t *bytes = realloc(builder->bytes, room);
    if (bytes == NULL)
        return DRF_ERR_NOMEM;
    builder->bytes = bytes;
    builder->room = room;
    return DRF_OK;
}

static void append(struct geo_record_builder *builder, const void *bytes, size_t size)
{
    if (size > 0)
        memcpy(builder->bytes + builder->size, bytes, size);
    builder->size += size;
}

// The head is written with the first item, so that an empty builder holds no memory.
static enum drf_status begin(struct geo_record_builder *builder)
{
    if (builder->size > 0)
        return DRF_OK;
    enum drf_status status = grow(builder, sizeof(struct record_head));
    if (status != DRF_OK)
        return status;
    const struct record_head head = {.magic = RECORD_MAGIC, .version = RECORD_VERSION};
    append(builder, &head, sizeof head);
    return DRF_OK;
}

enum drf_status geo_record_add(struct geo_record_builder *builder, enum geo_item_kind kind,
                               const void *head, size_t head_size, const void *tail_bytes,
                               size_t tail_size)
{
    static const uint8_t zeros[RECORD_ALIGN];
    if (tail_size > UINT32_MAX - RECORD_ALIGN - head_size)
        return DRF_ERR_FULL;
    enum drf_status status = begin(builder);
    if (status != DRF_OK)
        return status;

    size_t size = head_size + tail_size;
    status = grow(builder, sizeof(struct record_item) + record_padded(size));
    if (status != DRF_OK)
        return status;
    const struct record_item item = {.kind = kind, .size = (uint32_t)size};
    append(builder, &item, sizeof item);
    append(builder, head, head_size);
    append(builder, tail_bytes, tail_size);
    append(builder, zeros, record_padded(size) - size);
    ((struct record_head *)(void *)builder->bytes)->item_count++;
    return DRF_OK;
}

enum drf_status geo_record_finish(struct geo_record_builder *builder, struct geo_record *out)
{
    enum drf_status status = begin(builder);
    if (status != DRF_OK)
        return status;
    *out = (struct geo_record){.bytes = builder->bytes, .size = builder->size};
    return DRF_OK;
}

void geo_record_builder_close(struct geo_record_builder *builder)
{
    free(builder->bytes);
    *builder = (struct geo_record_builder){.limit_bytes = builder->limit_bytes};
}
