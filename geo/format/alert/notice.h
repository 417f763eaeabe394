// geo/format/alert/notice.h - builder for one alert, used by the decoders of alerts.
// SPDX-License-Identifier: Apache-2.0
//
// An alert is a zone (geo/record/zone.h) with a severity: its volumes are where it applies.
// Texts are cut to the size of their fields.
#ifndef GEO_NOTICE_H
#define GEO_NOTICE_H

#include "geo/reader/decode_params.h"
#include "geo/record/record.h"

struct geo_notice {
    const struct geo_decode_params *params; // borrowed
    struct geo_record_builder *builder;     // borrowed
    struct geo_note *why;                   // borrowed; filled where a function refuses
    struct geo_zone zone;
    struct geo_zone_period period; // the one it has
    struct geo_zone_volume volumes[GEO_ZONE_VOLUMES_MAX];
    struct geo_point *vertices; // GEO_ZONE_VERTICES_MAX of them
};

// DRF_ERR_NOMEM, *why says so. Must be closed, also after an error.
DRF_MUST_CHECK enum drf_status geo_notice_open(const struct geo_decode_params *params,
                                               struct geo_record_builder *builder,
                                               struct geo_note *why, struct geo_notice *out);
void geo_notice_close(struct geo_notice *notice);

// Refused with *why: RANGE, FORMAT, or UNSUPPORTED where there are too many of them.
DRF_MUST_CHECK enum drf_status geo_notice_circle(struct geo_notice *notice,
                                                 struct geo_point centre, double radius_m);
// The ring may be closed; it is given back without doubled vertices.
DRF_MUST_CHECK enum drf_status geo_notice_polygon(struct geo_notice *notice,
                                                  struct geo_point *ring, size_t count);
DRF_MUST_CHECK enum drf_status geo_notice_sky(struct geo_notice *notice,
                                              double right_ascension_deg,
                                              double declination_deg, double error_deg);
DRF_MUST_CHECK enum drf_status geo_notice_region(struct geo_notice *notice);

// From the times that it states; without an end it ends the feed's valid_for after
// `said_utc_us`.
void geo_notice_times(struct geo_notice *notice, const int64_t *from_utc_us,
                      const int64_t *until_utc_us, int64_t said_utc_us);

// Adds the alert to the record, flagged OUTSIDE where it does not touch what is kept.
// DRF_ERR_FULL, DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status geo_notice_add(struct geo_notice *notice);
// Adds that the alert of this id is over.
DRF_MUST_CHECK enum drf_status geo_notice_withdraw(struct geo_notice *notice, const char *id);

// An instant as these formats write it; without an offset it is UTC. False: it is none.
bool geo_notice_time(const char *text, size_t size, int64_t *out_utc_us);

#endif
