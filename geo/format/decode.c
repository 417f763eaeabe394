// SPDX-License-Identifier: Apache-2.0
#include "geo/format/decode.h"

#include "geo/format/alert/cap.h"
#include "geo/format/alert/gcn.h"
#include "geo/format/grib/grib.h"
#include "geo/format/obstacle/dof.h"
#include "geo/format/obstacle/geojson.h"
#include "geo/format/report/metar.h"
#include "geo/format/report/sigmet.h"
#include "geo/format/report/urep.h"
#include "geo/format/terrain/raster.h"
#include "geo/format/traffic/readsb.h"
#include "geo/format/traffic/tracks.h"
#include "geo/format/zone/ed269.h"
#include "geo/format/zone/ed318.h"
#include "geo/format/zone/zone_geojson.h"
#include "geo/reader/archive.h"
#include "geo/record/refusal.h"

typedef enum drf_status (*decoder)(const struct geo_decode_params *params, const uint8_t *bytes,
                                   size_t size, struct geo_record_builder *builder,
                                   struct geo_note *why);

static const decoder decoders[GEO_FORMAT_COUNT] = {
    [GEO_FORMAT_GEOTIFF] = geo_raster_decode,
    [GEO_FORMAT_DTED] = geo_raster_decode,
    [GEO_FORMAT_HGT] = geo_raster_decode,
    [GEO_FORMAT_TERRAIN] = geo_raster_decode,
    [GEO_FORMAT_DOF] = geo_dof_decode,
    [GEO_FORMAT_GEOJSON_OBSTACLES] = geo_geojson_decode,
    [GEO_FORMAT_GRIB] = geo_grib_decode,
    [GEO_FORMAT_GEOJSON_ZONES] = geo_zone_geojson_decode,
    [GEO_FORMAT_ED269] = geo_ed269_decode,
    [GEO_FORMAT_ED318] = geo_ed318_decode,
    [GEO_FORMAT_GCN] = geo_gcn_decode,
    [GEO_FORMAT_CAP] = geo_cap_decode,
    [GEO_FORMAT_READSB] = geo_readsb_decode,
    [GEO_FORMAT_TRACKS] = geo_tracks_decode,
    [GEO_FORMAT_METAR] = geo_metar_decode,
    [GEO_FORMAT_SIGMET] = geo_sigmet_decode,
    [GEO_FORMAT_UREP] = geo_urep_decode,
};

static bool has_data(struct geo_record record)
{
    size_t cursor = 0;
    struct geo_item item;
    while (geo_record_next(record, &cursor, &item))
        if (item.kind != GEO_ITEM_NOTE)
            return true;
    return false;
}

enum drf_status geo_decode(const struct geo_decode_params *params, const uint8_t *bytes,
                           size_t size, struct geo_record_builder *builder,
                           struct geo_note *why)
{
    if (size == 0)
        return geo_refuse(why, GEO_REFUSAL_EMPTY, 0, "the message is empty");
    if (size > params->size_max_bytes)
        return geo_refuse(why, GEO_REFUSAL_TOO_LARGE, 0, "%zu bytes, at most %llu are read",
                          size, (unsigned long long)params->size_max_bytes);
    decoder decode = params->format < GEO_FORMAT_COUNT ? decoders[params->format] : NULL;
    if (decode == NULL)
        return geo_refuse(why, GEO_REFUSAL_UNSUPPORTED, 0, "no decoder for format %u",
                          (unsigned)params->format);

    const char *archive = geo_archive_suffix(bytes, size);
    if (archive != NULL)
        return geo_refuse(why, GEO_REFUSAL_FORMAT, 0,
                          "a %s file: unpack it and publish what is inside", archive);

    *why = (struct geo_note){.count = 1};
    enum drf_status status = decode(params, bytes, size, builder, why);
    struct geo_record record;
    if (status == DRF_OK)
        status = geo_record_finish(builder, &record);
    if (status == DRF_OK && !has_data(record))
        return geo_refuse(why, GEO_REFUSAL_NO_VALUES, 0, "nothing in it is of use here");
    if (status == DRF_OK || why->code != GEO_REFUSAL_NONE)
        return status;
    // A decoder met a limit and had no better words for it.
    bool full = status == DRF_ERR_FULL || status == DRF_ERR_NOMEM;
    return geo_refuse(why, full ? GEO_REFUSAL_MEMORY : GEO_REFUSAL_FORMAT, 0,
                      full ? "decoded, it is larger than the node's limits" : "cannot be read");
}
