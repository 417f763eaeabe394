// SPDX-License-Identifier: Apache-2.0
#include "edge/wire/wire_terrain.h"

#include "drf/v1/terrain.pb-c.h"
#include "edge/wire/wire_parts.h"

#include <string.h>

#define SET(message, field, to) ((message)->has_##field = 1, (message)->field = (to))

struct parts {
    Drf__V1__TerrainData data[FUSION_TERRAIN_TILES];
    Drf__V1__TerrainData *data_list[FUSION_TERRAIN_TILES];
    int32_t heights[FUSION_TERRAIN_TILES][FUSION_TERRAIN_POSTS];
    Drf__V1__TerrainUnavailable unavailable[FUSION_TERRAIN_TILES];
    Drf__V1__TerrainUnavailable *unavailable_list[FUSION_TERRAIN_TILES];
};

// The same source, issue and data time, as far as the message states them.
static bool same_origin(const struct fusion_source *a, const struct fusion_source *b)
{
    return a == b
           || (a != NULL && b != NULL && a->data_time_utc_us == b->data_time_utc_us
               && strcmp(a->source, b->source) == 0);
}

// What all tiles have in common is sent once, in the message; NULL: they differ, or one lacks
// it.
static const struct fusion_source *source_of_all(const struct edge_wire_terrain *from)
{
    const struct fusion_source *first = NULL;
    for (unsigned bit = 0; bit < FUSION_TERRAIN_TILES; bit++) {
        if ((from->mask >> bit & 1) == 0 || !from->tiles[bit].known)
            continue;
        if (from->tiles[bit].source == NULL)
            return NULL;
        first = first != NULL ? first : from->tiles[bit].source;
    }
    return first;
}

static void add_data(const struct edge_wire_terrain *from, unsigned bit,
                     const struct fusion_source *all, struct parts *parts, Drf__V1__Terrain *m)
{
    size_t k = m->n_data++;
    Drf__V1__TerrainData *data = parts->data_list[k] = &parts->data[k];
    drf__v1__terrain_data__init(data);
    SET(data, lat_e7, from->block.corner.lat);
    SET(data, lon_e7, from->block.corner.lon);
    SET(data, grid_spacing_m, from->block.spacing_m);
    SET(data, grid_bit, bit);
    for (int i = 0; i < FUSION_TERRAIN_POSTS; i++)
        parts->heights[k][i] = from->tiles[bit].heights_amsl_m[i];
    data->height_amsl_m = parts->heights[k];
    data->n_height_amsl_m = FUSION_TERRAIN_POSTS;
    const struct fusion_source *own = from->tiles[bit].source;
    if (from->tiles[bit].mixed)
        SET(data, mixed, 1);
    if (same_origin(own, all))
        return;
    data->source = edge_wire_text(own != NULL ? own->source : "");
    if (own != NULL && own->data_time_utc_us != INT64_MIN)
        SET(data, data_time_us, own->data_time_utc_us);
}

static void add_unavailable(const struct edge_wire_terrain *from, unsigned bit,
                            struct parts *parts, Drf__V1__Terrain *m)
{
    size_t k = m->n_unavailable++;
    Drf__V1__TerrainUnavailable *gone = parts->unavailable_list[k] = &parts->unavailable[k];
    drf__v1__terrain_unavailable__init(gone);
    SET(gone, grid_bit, bit);
    SET(gone, reason, from->tiles[bit].reason);
}

enum drf_status edge_wire_terrain_encode(enum edge_wire_form form,
                                         const struct edge_wire_terrain *terrain,
                                         uint8_t *bytes, size_t *size)
{
    struct parts parts;
    Drf__V1__Terrain m;
    drf__v1__terrain__init(&m);
    SET(&m, boot_id, terrain->stream.boot_id);
    SET(&m, seq, terrain->stream.seq);
    SET(&m, node_time_us, terrain->stream.node_time_utc_us);
    SET(&m, mode, terrain->stream.mode);
    m.correlation = edge_wire_text(terrain->correlation);
    const struct fusion_source *all = source_of_all(terrain);
    m.source = edge_wire_text(all != NULL ? all->source : "");
    if (all != NULL && all->data_time_utc_us != INT64_MIN)
        SET(&m, data_time_us, all->data_time_utc_us);
    m.data = parts.data_list;
    m.unavailable = parts.unavailable_list;
    for (unsigned bit = 0; bit < FUSION_TERRAIN_TILES; bit++) {
        if ((terrain->mask >> bit & 1) == 0)
            continue;
        if (terrain->tiles[bit].known)
            add_data(terrain, bit, all, &parts, &m);
        else
            add_unavailable(terrain, bit, &parts, &m);
    }
    if (terrain->preload) {
        SET(&m, pending, terrain->pending);
        SET(&m, loaded, terrain->loaded);
        SET(&m, unavailable_count, terrain->unavailable);
    }
    return edge_wire_pack(form, &m.base, bytes, size);
}
