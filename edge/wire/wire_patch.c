// SPDX-License-Identifier: Apache-2.0
#include "edge/wire/wire_patch.h"

#include <math.h>

#include "drf/v1/patch.pb-c.h"
#include "edge/wire/wire_parts.h"
#include "fusion/context/patch.h"
#include "geo/cells.h"

#define SET(message, field, to) ((message)->has_##field = 1, (message)->field = (to))

// Presence by reason. Returns how many values.
static uint32_t put(protobuf_c_boolean *has, float *out, const struct fusion_quantity *from)
{
    if (from->reason != FUSION_REASON_NONE)
        return 0;
    edge_wire_put(has, out, from->value);
    return 1;
}

static uint32_t fill_weather(Drf__V1__WeatherCell *cell,
                             const struct fusion_weather_point *from)
{
    const struct fusion_quantity *items = from->at.items;
    drf__v1__weather_cell__init(cell);
    SET(cell, column, from->column);
    SET(cell, row, from->row);
    SET(cell, lat_e7, (int32_t)lround(from->position.lat_deg * 1e7));
    SET(cell, lon_e7, (int32_t)lround(from->position.lon_deg * 1e7));
    uint32_t count = 0;
    if (items[FUSION_WIND].reason == FUSION_REASON_NONE) {
        edge_wire_put(&cell->has_wind_to_north_mps, &cell->wind_to_north_mps,
                      items[FUSION_WIND].value);
        edge_wire_put(&cell->has_wind_to_east_mps, &cell->wind_to_east_mps,
                      items[FUSION_WIND].value_east);
        count += 2;
    }
    count += put(&cell->has_gust_mps, &cell->gust_mps, &items[FUSION_GUST]);
    count += put(&cell->has_temperature_k, &cell->temperature_k, &items[FUSION_TEMPERATURE]);
    count += put(&cell->has_visibility_m, &cell->visibility_m, &items[FUSION_VISIBILITY]);
    return count;
}

static void fill_window(Drf__V1__Patch *m, const struct edge_wire_patch *from)
{
    SET(m, level, from->patch_window.level);
    SET(m, west_cell, from->patch_window.west);
    SET(m, south_cell, from->patch_window.south);
    SET(m, columns, from->patch_window.side);
    SET(m, rows, from->patch_window.side);
    SET(m, quantum_m, (float)GEO_CELL_QUANTUM_M);
    SET(m, offset_amsl_m, (float)GEO_CELL_OFFSET_M);
    SET(m, coding, FUSION_PATCH_CODING);
    SET(m, epoch, from->epoch);
    m->has_ground = from->ground.size > 0;
    m->ground = (ProtobufCBinaryData){from->ground.size, (uint8_t *)from->ground.bytes};
    m->has_surface = from->surface.size > 0;
    m->surface = (ProtobufCBinaryData){from->surface.size, (uint8_t *)from->surface.bytes};
}

enum drf_status edge_wire_patch_encode(enum edge_wire_form form,
                                       const struct edge_wire_patch *patch, uint8_t *bytes,
                                       size_t *size, uint32_t *data_points)
{
    Drf__V1__WeatherCell cells[FUSION_WEATHER_POINTS_MAX], *list[FUSION_WEATHER_POINTS_MAX];
    Drf__V1__Patch m;
    drf__v1__patch__init(&m);
    SET(&m, boot_id, patch->stream.boot_id);
    SET(&m, seq, patch->stream.seq);
    SET(&m, node_time_us, patch->stream.node_time_utc_us);
    SET(&m, mode, patch->stream.mode);
    m.region_id = edge_wire_text(patch->stream.region_id);
    m.node_id = edge_wire_text(patch->stream.node_id);
    if (patch->base_seq > 0)
        SET(&m, base_seq, patch->base_seq);
    fill_window(&m, patch);
    uint32_t count = patch->cells_known;
    for (size_t i = 0; i < patch->weather_count; i++) {
        list[i] = &cells[i];
        count += fill_weather(&cells[i], &patch->weather[i]);
    }
    m.weather = list;
    m.n_weather = patch->weather_count;
    if (patch->weather_count > 0)
        SET(&m, weather_data_time_us, patch->weather_data_time_utc_us);
    SET(&m, data_points, count);
    enum drf_status status = edge_wire_pack(form, &m.base, bytes, size);
    if (status == DRF_OK)
        *data_points = count;
    return status;
}
