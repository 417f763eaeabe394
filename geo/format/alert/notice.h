// geo/format/alert/notice.h - builder for one alert, used by the decoders of alerts.
// SPDX-License-Identifier: Apache-2.0
//
// An alert is a zone (geo/record/zone.h) with a severity: its volumes are where it applies.
// Texts are cut to the size of their fields. No area is ever smaller than its source meant: one
// that cannot be used is taken as the box around it or as everywhere, flagged AREA_ASSUMED;
// areas that find no room are in a box around them; those outside of what is kept are left out.
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
    bool everywhere;            // it concerns everybody
    bool keep_areas;            // also then its areas are written, before REGION
    bool boxed;                 // `box` is around all its areas so far
    bool unplaced;              // no box can be: an area could not be read
    bool has_rest;              // `rest` is around the areas that found no room
    bool has_elsewhere;         // `elsewhere` is a place outside of what is kept
    struct geo_bounds box, rest;
    struct geo_point elsewhere;
    struct geo_note odd; // the first part that was not read as it should be, and how many
};

// DRF_ERR_NOMEM, *why says so. Must be closed, also after an error.
DRF_MUST_CHECK enum drf_status geo_notice_open(const struct geo_decode_params *params,
                                               struct geo_record_builder *builder,
                                               struct geo_note *why, struct geo_notice *out);
void geo_notice_close(struct geo_notice *notice);

// Notes a part that could not be read; geo_notice_add() puts it into the record, or this does.
void geo_notice_odd(struct geo_notice *notice, const char *words);
DRF_MUST_CHECK enum drf_status geo_notice_put_odd(struct geo_notice *notice);

// A centre that is no place, or a radius that is not 0 to 2,000 km: everywhere. A radius of 0
// is a position.
void geo_notice_circle(struct geo_notice *notice, struct geo_point centre, double radius_m);
// The ring as it is written, its last corner repeating the first; it is given back without
// doubled vertices. Not closed, crossing itself or the antimeridian, with too many corners: the
// box around its corners. A corner that is no place, less than three, no inside: everywhere.
// DRF_ERR_NOMEM, *why says so.
DRF_MUST_CHECK enum drf_status geo_notice_polygon(struct geo_notice *notice,
                                                  struct geo_point *ring, size_t count);
// Part of the sky. Numbers that cannot be: everywhere.
void geo_notice_sky(struct geo_notice *notice, double right_ascension_deg,
                    double declination_deg, double error_deg);
// Its area is not known: it concerns everybody, flagged AREA_ASSUMED.
void geo_notice_everywhere(struct geo_notice *notice);

// From the times that it states; without an end it ends the feed's valid_for after
// `said_utc_us`.
void geo_notice_times(struct geo_notice *notice, const int64_t *from_utc_us,
                      const int64_t *until_utc_us, int64_t said_utc_us);

// Adds the alert to the record, flagged OUTSIDE where it does not touch what is kept; without
// any area it concerns everybody. DRF_ERR_FULL, DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status geo_notice_add(struct geo_notice *notice);
// Adds that the alert of this id is over.
DRF_MUST_CHECK enum drf_status geo_notice_withdraw(struct geo_notice *notice, const char *id);
// Refuses the alert for *reason: as unreadable in the box around its areas, if that is known,
// until then. DRF_OK: the record holds it. Else *why is the reason.
DRF_MUST_CHECK enum drf_status geo_notice_unreadable(struct geo_notice *notice,
                                                     const struct geo_note *reason,
                                                     int64_t valid_until_utc_us);

// An instant as these formats write it; without an offset it is read as UTC, and *zoned (may be
// NULL) is false. False: it is none.
bool geo_notice_time(const char *text, size_t size, int64_t *out_utc_us, bool *zoned);

#endif
