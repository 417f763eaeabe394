// SPDX-License-Identifier: Apache-2.0
#include "edge/ingest/decoding.h"

#include <stdio.h>
#include <string.h>

#include "fusion/root/root.h"
#include "geo/record/refusal.h"

void edge_decoding_params(const struct drf_config *config, size_t feed,
                          const struct edge_envelope *envelope, struct geo_decode_params *out)
{
    const struct drf_feed_config *from = &config->feeds[feed];
    *out = (struct geo_decode_params){
        .format = from->format,
        .layer = from->layer == FUSION_LAYER_SURFACE ? GEO_RASTER_SURFACE : GEO_RASTER_GROUND,
        .level = config->level,
        .inset_count = (uint32_t)config->inset_count,
        .keep = drf_config_keep(config),
        .has_core = envelope->has_core,
        .core = envelope->core,
        .vertical_acc95_m = from->vertical_acc95_m,
        .datum_acc95_m = from->datum_acc95_m,
        .default_horizontal_acc95_m = from->default_horizontal_acc95_m,
        .default_vertical_acc95_m = from->default_vertical_acc95_m,
        .valid_for_us = from->valid_for_us,
        .refuse_test = !drf_mode_accepts(config->mode, DRF_MODE_TEST),
        .message_utc_us = envelope->version.time_utc_us,
        .size_max_bytes = from->message_max_bytes,
        .record_max_bytes = config->limits.record_max_bytes,
        .pixels_max = config->limits.decode_pixels_max,
        .has_nodata = from->has_nodata,
        .nodata = from->nodata,
        .zone_fields = from->zone_fields,
        .obstacle_fields = from->obstacle_fields,
    };
    memcpy(out->production_statuses, from->production_statuses,
           sizeof out->production_statuses);
    memcpy(out->insets, config->insets, sizeof out->insets);
    snprintf(out->name, sizeof out->name, "%.79s", envelope->key);
    snprintf(out->crs, sizeof out->crs, "%s", from->crs);
    if (from->areas != NULL) {
        snprintf(out->geocode_name, sizeof out->geocode_name, "%s", from->geocodes.name);
        snprintf(out->geocode_others, sizeof out->geocode_others, "%s", from->geocodes.others);
    }
    snprintf(out->vertical, sizeof out->vertical, "%s", from->vertical_datum);
}

void edge_decoding_complete(const struct drf_config *config, size_t feed,
                            struct geo_record_builder *room, struct edge_decoded *decoded)
{
    const struct drf_feed_config *from = &config->feeds[feed];
    const struct geo_bounds keep = drf_config_keep(config);
    if ((from->stations == NULL && from->areas == NULL) || decoded->status != DRF_OK)
        return;
    geo_record_builder_close(room);
    geo_record_builder_init(room, config->limits.record_max_bytes);
    struct geo_record placed;
    decoded->status =
        from->stations != NULL
            ? geo_station_table_place(from->stations, keep, decoded->record, room,
                                      &decoded->why)
            : geo_area_table_place(from->areas, keep, decoded->record, room, &decoded->why);
    if (decoded->status == DRF_OK)
        decoded->status = geo_record_finish(room, &placed);
    if (decoded->status == DRF_OK)
        decoded->record = placed;
    else if (decoded->why.code == GEO_REFUSAL_NONE)
        decoded->status =
            geo_refuse(&decoded->why, GEO_REFUSAL_MEMORY, 0,
                       "with its stations or areas placed, it is larger than the limits");
}
