// SPDX-License-Identifier: Apache-2.0
// Stations as a feature table of the GeoPackage, rendered from the truth: one row a station,
// with what it observed last; what it did not say is NULL.
#include <stdlib.h>

#include "fusion/store/store_geometry.h"
#include "fusion/store/store_impl.h"

// What a row says, in memory of its own: the root it was rendered from may go.
struct store_station_row {
    struct geo_station station;
    struct fusion_source source;
};

enum drf_status store_stations_open(struct fusion_store *store)
{
    static const struct store_table station = {
        .name = "station",
        .geometry = "POINT",
        .description = "Weather stations and what each observed last; SI units",
        .columns =
            "observed DATETIME, elevation_amsl_m DOUBLE, wind_from_deg_true DOUBLE,"
            " wind_speed_mps DOUBLE, gust_mps DOUBLE, temperature_k DOUBLE, dew_point_k DOUBLE,"
            " visibility_m DOUBLE, visibility_at_least BOOLEAN, ceiling_agl_m DOUBLE,"
            " ceiling_at_least BOOLEAN, qnh_pa DOUBLE, weather TEXT, precipitation BOOLEAN,"
            " convection BOOLEAN, automatic BOOLEAN, corrected BOOLEAN, licence TEXT,"
            " version TEXT",
    };
    return store_table_open(store, &station);
}

enum drf_status fusion_store_render_station(struct fusion_store *store, int64_t id,
                                            const struct fusion_station *station)
{
    enum drf_status status = store_writable(store);
    if (status != DRF_OK)
        return status;
    struct store_rendered made = {.layer = FUSION_LAYER_WEATHER, .id = id};
    if (station != NULL) {
        made.station = malloc(sizeof *made.station);
        if (made.station == NULL)
            return DRF_ERR_NOMEM;
        made.row_bytes = sizeof *made.station;
        *made.station = (struct store_station_row){.station = *station->station,
                                                   .source = *station->source};
        const struct geo_obstacle point = {.position = station->station->position,
                                           .geometry = GEO_GEOMETRY_POINT};
        status = store_geometry_encode(&point, NULL, &made.bytes, &made.size);
    }
    if (status == DRF_OK)
        status = store_rendered_queue(store, &made);
    if (status != DRF_OK) {
        free(made.station);
        free(made.bytes);
    }
    return status;
}

static struct store_arg convection_of(uint32_t flags)
{
    bool seen = (flags & GEO_STATION_CONVECTION) != 0;
    bool none =
        (flags & GEO_STATION_HAS_WEATHER) != 0 && (flags & GEO_STATION_CONVECTION_UNKNOWN) == 0;
    return seen || none ? store_int(seen) : store_null();
}

enum drf_status store_station_write(struct fusion_store *store,
                                    const struct store_rendered *rendered)
{
    const struct store_station_row *row = rendered->station;
    if (row == NULL)
        return STORE_PUT(store, STORE_SQL_DROP_STATION, "remove a station",
                         store_int(rendered->id));
    const struct geo_station *s = &row->station;
#define REAL(flag, value) ((s->flags & (flag)) != 0 ? store_real(value) : store_null())
#define FLAG(has, flag)                                                                        \
    ((s->flags & (has)) != 0 ? store_int((s->flags & (flag)) != 0) : store_null())
    return STORE_PUT(
        store, STORE_SQL_PUT_STATION, "write a station", store_int(rendered->id),
        store_blob(rendered->bytes, rendered->size), store_text(s->id),
        store_text(row->source.source), store_int(s->observed_utc_us),
        REAL(GEO_STATION_HAS_ELEVATION, s->elevation_amsl_m),
        REAL(GEO_STATION_HAS_WIND_FROM, s->wind_from_deg_true),
        REAL(GEO_STATION_HAS_WIND, s->wind_speed_mps), REAL(GEO_STATION_HAS_GUST, s->gust_mps),
        REAL(GEO_STATION_HAS_TEMPERATURE, s->temperature_k),
        REAL(GEO_STATION_HAS_DEW_POINT, s->dew_point_k),
        REAL(GEO_STATION_HAS_VISIBILITY, s->visibility_m),
        FLAG(GEO_STATION_HAS_VISIBILITY, GEO_STATION_VISIBILITY_AT_LEAST),
        REAL(GEO_STATION_HAS_CEILING, s->ceiling_agl_m),
        FLAG(GEO_STATION_HAS_CEILING, GEO_STATION_CEILING_AT_LEAST),
        REAL(GEO_STATION_HAS_QNH, s->qnh_pa),
        (s->flags & GEO_STATION_HAS_WEATHER) != 0 ? store_text(s->codes) : store_null(),
        FLAG(GEO_STATION_HAS_WEATHER, GEO_STATION_PRECIPITATION), convection_of(s->flags),
        store_int((s->flags & GEO_STATION_AUTO) != 0),
        store_int((s->flags & GEO_STATION_CORRECTED) != 0), store_text(row->source.licence),
        store_text(row->source.version));
#undef REAL
#undef FLAG
}
