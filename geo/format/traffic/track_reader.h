// geo/format/traffic/track_reader.h - common parts of the decoders of traffic.
// SPDX-License-Identifier: Apache-2.0
#ifndef GEO_TRACK_READER_H
#define GEO_TRACK_READER_H

#include "geo/reader/decode_params.h"
#include "geo/reader/json.h"
#include "geo/record/decode_counts.h"
#include "geo/record/record.h"

// Initialised to zero but for the first three.
struct geo_track_reader {
    const struct geo_decode_params *params;
    struct geo_record_builder *builder;
    uint64_t index;    // of the part that is read, from 1
    uint64_t unplaced; // parts without a position: ignored, not refused
    struct geo_decode_counts counts;
    struct geo_note note; // why the present part is refused
};

// Fills reader->note for the present part and returns false.
bool geo_track_bad(struct geo_track_reader *reader, enum geo_refusal_code code,
                   const char *member, const char *what);

// A number that may be absent: false only where it is present and not a number, or outside
// [low, high]. *there tells whether *out was written.
bool geo_track_number(struct geo_track_reader *reader, const struct geo_json *value,
                      const char *member, double low, double high, bool *there, double *out);

// A time of UNIX, in seconds or, from 1e11 on, in milliseconds: false where it is neither.
bool geo_track_time(struct geo_track_reader *reader, const struct geo_json *value,
                    const char *member, bool *there, int64_t *utc_us);

// An address of a transponder: six hexadecimal digits, after '~' where it is not one of ICAO's:
// the id, and the icao24 where it is.
bool geo_track_hex(struct geo_track_reader *reader, const struct geo_json *hex,
                   struct geo_track *out);
// An address of ICAO in capitals or small letters. What is none is not known: it decides
// nothing, and refuses no aircraft.
void geo_track_icao24(const struct geo_json *icao24, struct geo_track *out);
// The emitter category of ADS-B (DO-260B), a letter A to D and a digit 0 to 7; the same.
void geo_track_category(const struct geo_json *category, struct geo_track *out);
// A call sign, without the blanks at its end.
void geo_track_name(const struct geo_json *flight, struct geo_track *out);

// Course and speed over ground, each if it is known, to north and east. A speed without a
// course is kept as speed_mps.
void geo_track_motion(struct geo_track *track, bool has_speed, double speed_mps, bool has_track,
                      double track_deg_true);

// Adds a track if it lies in what is kept; one that is too fast for the ground, or climbs, is
// not on it. DRF_ERR_FULL, DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status geo_track_keep(struct geo_track_reader *reader,
                                              const struct geo_track *track);
// Counts the present part as refused, for reader->note.
DRF_MUST_CHECK enum drf_status geo_track_refuse(struct geo_track_reader *reader);

// Reads the root of a document, part by part. *why where it refuses the whole message.
typedef enum drf_status (*geo_track_root_fn)(struct geo_track_reader *reader,
                                             const struct geo_json *root, struct geo_note *why);

// Decodes a JSON message of tracks. Statuses as geo_decode(). The record ends as with
// geo_decode_counts_finish(), except that tracks outside the region, or without a position, are
// not errors of a message: IGNORED where there is nothing else in it.
DRF_MUST_CHECK enum drf_status geo_track_decode(const struct geo_decode_params *params,
                                                const uint8_t *bytes, size_t size,
                                                geo_track_root_fn read_root,
                                                struct geo_record_builder *builder,
                                                struct geo_note *why);

#endif
