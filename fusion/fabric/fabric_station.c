// SPDX-License-Identifier: Apache-2.0
// Stations in the fabric's memory: the latest observation of each.
#include "fusion/fabric/fabric_impl.h"
#include "fusion/root/station.h"

// A QNH holds over a large area: all drones of the region are informed.
static void invalidate(struct fusion_fabric *fabric)
{
    fabric_changed(fabric, fabric->keep, FUSION_LAYER_WEATHER);
    fabric->changed = true;
    fabric->rows_stale = true;
}

struct fusion_version fabric_station_version(const struct geo_station *station,
                                             struct fusion_version message)
{
    // A second of lateness is a microsecond of the version: a later observation always wins.
    // One may be sent ten minutes before its time (geo/format/report/metar_report.c), and then
    // corrected.
    const int64_t second_us = 1000000, minute_us = 60 * second_us, ahead_s = 600;
    int64_t late_s = (message.time_utc_us - station->observed_utc_us) / second_us + ahead_s;
    late_s = late_s < 0 ? 0 : late_s >= minute_us ? minute_us - 1 : late_s;
    struct fusion_version version = message;
    version.time_utc_us = station->observed_utc_us + late_s;
    return version;
}

enum drf_status fabric_enter_station(struct fusion_fabric *fabric, int64_t id,
                                     int64_t version_utc_us, const struct geo_station *station,
                                     const struct fusion_source *content)
{
    const struct fusion_source *source;
    struct fusion_weather_terms terms = fabric_terms(fabric, content->feed, content);
    enum drf_status status = fusion_provenance_acquire(fabric->provenances, content, &source);
    if (status != DRF_OK)
        return status;
    status = fusion_station_set_add(fabric->stations, id, version_utc_us, station, source,
                                    terms.valid_for_us);
    fusion_provenance_release(fabric->provenances, source);
    if (status == DRF_OK)
        invalidate(fabric);
    return status;
}

enum drf_status fabric_leave_station(struct fusion_fabric *fabric, int64_t id)
{
    struct fusion_station_entry *former = fusion_station_set_find(fabric->stations, id);
    if (former == NULL)
        return DRF_OK;
    enum drf_status status = fabric_note_gone(fabric, id);
    if (status != DRF_OK)
        return status;
    invalidate(fabric);
    return fusion_station_set_remove(fabric->stations, former);
}
