// geo/format/zone/zone_reader.h - common parts of the decoders of zones; for them only.
// SPDX-License-Identifier: Apache-2.0
//
// A decoder walks a message and fills the reader's zone through the functions below; the
// reader checks, numbers, counts and adds it to the record. Where a source is ambiguous, the
// larger zone is taken and a flag is set.
#ifndef GEO_ZONE_READER_H
#define GEO_ZONE_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "geo/reader/decode_params.h"
#include "geo/reader/geojson_crs.h"
#include "geo/reader/json.h"
#include "geo/record/decode_counts.h"
#include "geo/record/record.h"
#include "geo/record/zone.h"

// Of one polygon with its closing vertex.
enum { GEO_ZONE_RING_ROOM = GEO_ZONE_VERTICES_MAX + 1 };

struct geo_zone_points {
    struct geo_point *items;
    size_t room;
};
// Room for so many, of which what is there is kept. False: no memory.
bool geo_zone_points_reserve(struct geo_zone_points *points, size_t count);

struct geo_zone_reader {
    const struct geo_decode_params *params;
    struct geo_record_builder *builder;
    struct geo_note *why;       // of the zone being read
    struct geo_geojson_crs crs; // of the document
    struct geo_decode_counts counts;
    uint64_t feature;     // its number in the message, from 1
    struct geo_zone zone; // the one being read
    struct geo_zone_volume *volumes;
    struct geo_zone_period *periods;
    // Grow with what a zone needs: most are circles, or have a few corners.
    struct geo_zone_points vertices;
    struct geo_zone_points ring, wide; // scratch
    char (*ids)[GEO_ZONE_ID_SIZE];
    size_t id_count, id_room;
    bool reach_begun, reach_known; // where the zone may be, whether it is then refused or not
    struct geo_bounds reach;
    bool times_read;   // its periods are complete
    bool issued_known; // the message says when it was issued
    int64_t issued_utc_us;
};

// One format of zones in JSON: where a document has its zones (a list, or a single zone; NULL:
// it has none, and is refused with `no_list`), where one may be (by geo_zone_reach_*()), and
// how it is read. A reader reads the identity first: a zone that is refused later is in the
// record as unreadable, with that identity and its place.
struct geo_zone_form {
    const struct geo_json *(*list)(const struct geo_json *document);
    const char *no_list;
    void (*place)(struct geo_zone_reader *reader, const struct geo_json *zone);
    enum drf_status (*read)(struct geo_zone_reader *reader, const struct geo_json *zone);
};

// Reads each zone of a document. One that cannot be read is refused alone. Statuses as
// geo_decode(). The document may say when it was issued (geo/reader/issued.h).
DRF_MUST_CHECK enum drf_status geo_zone_decode(const struct geo_decode_params *params,
                                               const uint8_t *bytes, size_t size,
                                               const struct geo_zone_form *form,
                                               struct geo_record_builder *builder,
                                               struct geo_note *why);

// Where GeoJSON has its zones: the features of a FeatureCollection, a bare array, `items` (the
// FAA's NOTAMs), or a Feature by itself.
const struct geo_json *geo_zone_features(const struct geo_json *document);
#define GEO_ZONE_NO_FEATURES "neither a FeatureCollection with features nor a Feature"

// Adds a part to where the zone may be. A part that is not readable makes all of it unknown.
void geo_zone_reach_unknown(struct geo_zone_reader *reader);
// The coordinates of a GeoJSON geometry, or those of each geometry of a collection.
void geo_zone_reach_geometry(struct geo_zone_reader *reader, const struct geo_json *geometry);
// A radius of 0 or less, or that is not a number: unknown.
void geo_zone_reach_disc(struct geo_zone_reader *reader, const struct geo_json *centre,
                         double radius_m);
void geo_zone_reach_circle(struct geo_zone_reader *reader, const struct geo_json *centre,
                           const struct geo_json *radius_m);

// Refuses the zone being read: fills *why and returns the status of the code.
DRF_MUST_CHECK enum drf_status geo_zone_bad(const struct geo_zone_reader *reader,
                                            enum geo_refusal_code code, const char *name,
                                            const char *what);

// Elements of an array; any other value counts as an array of one element.
size_t geo_zone_each(const struct geo_json *value);
const struct geo_json *geo_zone_nth(const struct geo_json *value, size_t index);

// Text as a string, or as a list of {text, lang} of which the English one is taken, else the
// first; or a list of strings, joined by ", ". Cut to fit.
void geo_zone_text(const struct geo_json *value, char *out, size_t room);
// The members name, reason and message as the zone's.
void geo_zone_read_texts(struct geo_zone_reader *reader, const struct geo_json *properties);

// The zone's id from the source's own, with the country before it where it is given. Never
// truncated: two ids could become equal.
DRF_MUST_CHECK enum drf_status geo_zone_read_id(struct geo_zone_reader *reader,
                                                const struct geo_json *country,
                                                const struct geo_json *identifier);
// An unknown or missing word is PROHIBITED, flagged.
void geo_zone_read_restriction(struct geo_zone_reader *reader, const struct geo_json *word);
// When the source last vouched for it, else when the message was issued; what is no time is not
// known.
void geo_zone_read_data_time(struct geo_zone_reader *reader, const struct geo_json *time);

// Whether a word is a known one, without case (ASCII).
bool geo_zone_same(const char *word, const char *known);

// A vertical limit: a number or a number as text, in "m", "ft" or "FL" (hundreds of feet in the
// standard atmosphere), over a reference. Absent, null, 99999 and more, "UNL": unlimited.
DRF_MUST_CHECK enum drf_status geo_zone_read_limit(
    const struct geo_zone_reader *reader, const char *name, const struct geo_json *value,
    const struct geo_json *unit, const struct geo_json *reference, struct geo_zone_limit *out);

// A number, or a number as text: digits with a sign and a fraction, in every locale.
bool geo_zone_number(const struct geo_json *value, double *out);
// A short text or a whole number as a word; "?" for anything else, empty if it is not there.
void geo_zone_word(const struct geo_json *value, char out[static GEO_ZONE_WORD_SIZE]);

// A limit from its parts; 99999 and more: unlimited. `reference` may be empty where the unit is
// FL.
DRF_MUST_CHECK enum drf_status geo_zone_make_limit(const struct geo_zone_reader *reader,
                                                   const char *name, double number,
                                                   const char *unit, const char *reference,
                                                   struct geo_zone_limit *out);

// Begins a volume with its limits, which must have air between them and above the ground, and
// counts it once its shape is accepted: for the functions below.
DRF_MUST_CHECK enum drf_status geo_zone_begin_volume(struct geo_zone_reader *reader,
                                                     struct geo_zone_limit lower,
                                                     struct geo_zone_limit upper);
struct geo_zone_volume *geo_zone_next_volume(struct geo_zone_reader *reader);

// Adds volumes: a circle; a GeoJSON Polygon, each part of a MultiPolygon, or those of each
// geometry of a collection. A polygon over the antimeridian is two volumes.
DRF_MUST_CHECK enum drf_status geo_zone_add_circle(struct geo_zone_reader *reader,
                                                   const struct geo_json *centre,
                                                   const struct geo_json *radius_m,
                                                   struct geo_zone_limit lower,
                                                   struct geo_zone_limit upper);
DRF_MUST_CHECK enum drf_status geo_zone_add_disc(struct geo_zone_reader *reader,
                                                 const struct geo_json *centre, double radius_m,
                                                 struct geo_zone_limit lower,
                                                 struct geo_zone_limit upper);
DRF_MUST_CHECK enum drf_status geo_zone_add_polygons(struct geo_zone_reader *reader,
                                                     const struct geo_json *geometry,
                                                     struct geo_zone_limit lower,
                                                     struct geo_zone_limit upper);

// A feature read by the feed's own mapping (params->zone_fields), and where it may be.
void geo_zone_place_mapped(struct geo_zone_reader *reader, const struct geo_json *feature);
DRF_MUST_CHECK enum drf_status geo_zone_read_mapped(struct geo_zone_reader *reader,
                                                    const struct geo_json *feature);

#endif
