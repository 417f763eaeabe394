// SPDX-License-Identifier: Apache-2.0
#include "schemas/mcap_registry.h"

#include <stdlib.h>
#include <string.h>

const char *drf_mcap_find(const struct drf_mcap_pair *pairs, size_t count, const char *key)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(pairs[i].key, key) == 0)
            return pairs[i].value;
    return NULL;
}

// Copies a text and a NUL to *at, and moves on. There is room: on the wire a text has four
// bytes of size.
static const char *keep_text(char **at, struct drf_mcap_text text)
{
    char *kept = *at;
    memcpy(kept, text.text, text.size);
    kept[text.size] = '\0';
    *at += text.size + 1;
    return kept;
}

// The number of pairs; the cursor is a copy. *bad when it does not end at an end of a pair.
static size_t count_pairs(struct drf_mcap_cursor map, bool *bad)
{
    size_t count = 0;
    while (!map.bad && map.at < map.size) {
        (void)drf_mcap_take_text(&map);
        (void)drf_mcap_take_text(&map);
        count++;
    }
    *bad = map.bad;
    return count;
}

static void keep_pairs(struct drf_mcap_cursor map, struct drf_mcap_pair *pairs, size_t count,
                       char **texts)
{
    for (size_t i = 0; i < count; i++) {
        pairs[i].key = keep_text(texts, drf_mcap_take_text(&map));
        pairs[i].value = keep_text(texts, drf_mcap_take_text(&map));
    }
}

enum drf_status drf_mcap_pairs_read(struct drf_mcap_cursor map, struct drf_mcap_pair **block,
                                    size_t *count)
{
    bool bad;
    size_t pairs = count_pairs(map, &bad);
    if (bad)
        return DRF_ERR_SYNTAX;
    struct drf_mcap_pair *made = malloc(pairs * sizeof *made + map.size + 1);
    if (made == NULL)
        return DRF_ERR_NOMEM;
    char *texts = (char *)(made + pairs);
    keep_pairs(map, made, pairs, &texts);
    *block = made;
    *count = pairs;
    return DRF_OK;
}

// `list` becomes long enough for `index`; new places are NULL.
static bool make_place(void *list, size_t *room, size_t index)
{
    void **old;
    memcpy(&old, list, sizeof old);
    if (index < *room)
        return true;
    size_t more = *room == 0 ? 64 : 2 * *room;
    while (more <= index)
        more *= 2;
    void **made = realloc(old, more * sizeof *made);
    if (made == NULL)
        return false;
    memset(made + *room, 0, (more - *room) * sizeof *made);
    memcpy(list, &made, sizeof made);
    *room = more;
    return true;
}

static bool same(const uint8_t *raw, size_t raw_size, const uint8_t *content, size_t size)
{
    return raw_size == size && memcmp(raw, content, size) == 0;
}

enum drf_status drf_mcap_registry_schema(struct drf_mcap_registry *registry,
                                         const uint8_t *content, size_t size)
{
    struct drf_mcap_cursor cursor = {.bytes = content, .size = size};
    uint16_t id = drf_mcap_take_u16(&cursor);
    struct drf_mcap_text name = drf_mcap_take_text(&cursor);
    struct drf_mcap_text encoding = drf_mcap_take_text(&cursor);
    uint32_t data_size = drf_mcap_take_u32(&cursor);
    const uint8_t *data = drf_mcap_take(&cursor, data_size);
    if (cursor.bad || id == 0 || cursor.at != size)
        return DRF_ERR_SYNTAX;
    if (id < registry->schema_room && registry->schemas[id] != NULL)
        return same(registry->schemas[id]->raw, registry->schemas[id]->raw_size, content, size)
                   ? DRF_OK
                   : DRF_ERR_SYNTAX;
    struct drf_mcap_known_schema *schema;
    size_t need = sizeof *schema + 2 * size;
    if (need > DRF_MCAP_REGISTRY_BYTES_MAX - registry->bytes)
        return DRF_ERR_FULL;
    if (!make_place(&registry->schemas, &registry->schema_room, id))
        return DRF_ERR_NOMEM;
    schema = malloc(need);
    if (schema == NULL)
        return DRF_ERR_NOMEM;
    uint8_t *raw = (uint8_t *)(schema + 1);
    char *texts = (char *)raw + size;
    memcpy(raw, content, size);
    *schema = (struct drf_mcap_known_schema){
        .schema = {.id = id, .data = raw + (data - content), .size = data_size},
        .raw = raw,
        .raw_size = size,
    };
    schema->schema.name = keep_text(&texts, name);
    schema->schema.encoding = keep_text(&texts, encoding);
    registry->schemas[id] = schema;
    registry->bytes += need;
    return DRF_OK;
}

enum drf_status drf_mcap_registry_channel(struct drf_mcap_registry *registry,
                                          const uint8_t *content, size_t size)
{
    struct drf_mcap_cursor cursor = {.bytes = content, .size = size};
    uint16_t id = drf_mcap_take_u16(&cursor);
    uint16_t schema_id = drf_mcap_take_u16(&cursor);
    struct drf_mcap_text topic = drf_mcap_take_text(&cursor);
    struct drf_mcap_text encoding = drf_mcap_take_text(&cursor);
    struct drf_mcap_cursor map = drf_mcap_take_map(&cursor);
    bool bad;
    size_t count = count_pairs(map, &bad);
    if (cursor.bad || bad || cursor.at != size)
        return DRF_ERR_SYNTAX;
    const struct drf_mcap_known_channel *old = drf_mcap_registry_find(registry, id);
    if (old != NULL)
        return same(old->raw, old->raw_size, content, size) ? DRF_OK : DRF_ERR_SYNTAX;
    const struct drf_mcap_known_schema *schema =
        schema_id < registry->schema_room ? registry->schemas[schema_id] : NULL;
    if (schema_id != 0 && schema == NULL)
        return DRF_ERR_ABSENT;
    struct drf_mcap_known_channel *channel;
    size_t need = sizeof *channel + count * sizeof(struct drf_mcap_pair) + 2 * size;
    if (need > DRF_MCAP_REGISTRY_BYTES_MAX - registry->bytes)
        return DRF_ERR_FULL;
    if (!make_place(&registry->channels, &registry->channel_room, id)
        || !make_place(&registry->order, &registry->order_room, registry->count))
        return DRF_ERR_NOMEM;
    channel = malloc(need);
    if (channel == NULL)
        return DRF_ERR_NOMEM;
    struct drf_mcap_pair *pairs = (struct drf_mcap_pair *)(channel + 1);
    uint8_t *raw = (uint8_t *)(pairs + count);
    char *texts = (char *)raw + size;
    memcpy(raw, content, size);
    *channel = (struct drf_mcap_known_channel){
        .channel = {.id = id,
                    .schema = schema != NULL ? &schema->schema : NULL,
                    .metadata = pairs,
                    .metadata_count = count},
        .wanted = DRF_MCAP_NOT_ASKED,
        .raw = raw,
        .raw_size = size,
    };
    channel->channel.topic = keep_text(&texts, topic);
    channel->channel.encoding = keep_text(&texts, encoding);
    keep_pairs(map, pairs, count, &texts);
    registry->channels[id] = registry->order[registry->count++] = channel;
    registry->bytes += need;
    return DRF_OK;
}

struct drf_mcap_known_channel *drf_mcap_registry_find(const struct drf_mcap_registry *registry,
                                                      uint16_t id)
{
    return id < registry->channel_room ? registry->channels[id] : NULL;
}

void drf_mcap_registry_close(struct drf_mcap_registry *registry)
{
    for (size_t i = 0; i < registry->schema_room; i++)
        free(registry->schemas[i]);
    for (size_t i = 0; i < registry->count; i++)
        free(registry->order[i]);
    free(registry->schemas);
    free(registry->channels);
    free(registry->order);
    *registry = (struct drf_mcap_registry){.schemas = NULL};
}
