// SPDX-License-Identifier: Apache-2.0
#include "geo/format/traffic/track_reader.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "geo/bounds.h"
#include "geo/earth.h"
#include "geo/record/refusal.h"

#define TIME_HIGH_S 7.0e9          // the year 2191
#define GROUND_SPEED_MAX_MPS 110.0 // tyres bear 225 mph, 101 m/s
#define GROUND_CLIMB_MAX_MPS 5.0
#define MILLISECONDS_FROM 1.0e11 // as milliseconds 1973, as seconds the year 5138

bool geo_track_bad(struct geo_track_reader *reader, enum geo_refusal_code code,
                   const char *member, const char *what)
{
    enum drf_status status =
        geo_refuse(&reader->note, code, reader->index, "%s %s", member, what);
    (void)status; // reported by the note
    return false;
}

bool geo_track_number(struct geo_track_reader *reader, const struct geo_json *value,
                      const char *member, double low, double high, bool *there, double *out)
{
    double number;
    *there = false;
    if (!geo_json_present(value))
        return true;
    if (!geo_json_number(value, &number))
        return geo_track_bad(reader, GEO_REFUSAL_FORMAT, member, "is not a number");
    if (!(number >= low && number <= high))
        return geo_track_bad(reader, GEO_REFUSAL_RANGE, member, "is not possible");
    *there = true;
    *out = number;
    return true;
}

bool geo_track_time(struct geo_track_reader *reader, const struct geo_json *value,
                    const char *member, bool *there, int64_t *utc_us)
{
    double number = 0.0;
    if (!geo_track_number(reader, value, member, 0.0, TIME_HIGH_S * 1e3, there, &number))
        return false;
    if (!*there)
        return true;
    if (number > TIME_HIGH_S && number < MILLISECONDS_FROM)
        return geo_track_bad(reader, GEO_REFUSAL_RANGE, member,
                             "is a time neither in seconds nor in milliseconds");
    *utc_us = (int64_t)(number * (number < MILLISECONDS_FROM ? 1e6 : 1e3));
    return true;
}

bool geo_track_hex(struct geo_track_reader *reader, const struct geo_json *hex,
                   struct geo_track *out)
{
    static const char capitals[] = "ABCDEF";
    size_t size = 0;
    const char *text = geo_json_text(hex, &size);
    size_t other = text != NULL && size > 0 && text[0] == '~' ? 1 : 0;
    if (text == NULL || size != other + 6)
        return geo_track_bad(reader, GEO_REFUSAL_FORMAT, "hex", "is not six digits");
    for (size_t i = 0; i < size; i++) {
        char c = text[i];
        bool letter = (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
        if (i >= other && !letter && !(c >= '0' && c <= '9'))
            return geo_track_bad(reader, GEO_REFUSAL_FORMAT, "hex", "is not hexadecimal");
        const char *capital = strchr(capitals, c);
        out->id[i] = c;
        if (capital != NULL)
            out->id[i] = "abcdef"[capital - capitals];
    }
    if (other == 0)
        memcpy(out->icao24, out->id, size);
    return true;
}

void geo_track_icao24(const struct geo_json *icao24, struct geo_track *out)
{
    static const char digits[] = "0123456789abcdefABCDEF", small[] = "0123456789abcdefabcdef";
    size_t size = 0;
    const char *text = geo_json_text(icao24, &size);
    if (text == NULL || size != 6 || strspn(text, digits) < size)
        return;
    for (size_t i = 0; i < size; i++)
        out->icao24[i] = small[strchr(digits, text[i]) - digits];
}

void geo_track_category(const struct geo_json *category, struct geo_track *out)
{
    size_t size = 0;
    const char *text = geo_json_text(category, &size);
    if (text != NULL && size == 2 && text[0] >= 'A' && text[0] <= 'D' && text[1] >= '0'
        && text[1] <= '7')
        memcpy(out->category, text, size);
}

void geo_track_name(const struct geo_json *flight, struct geo_track *out)
{
    size_t size = 0;
    const char *text = geo_json_text(flight, &size);
    while (size > 0 && text[size - 1] == ' ')
        size--;
    geo_text_copy(out->name, sizeof out->name, text, size);
}

void geo_track_motion(struct geo_track *track, bool has_speed, double speed_mps, bool has_track,
                      double track_deg_true)
{
    if (!has_speed)
        return;
    if (!has_track) {
        track->flags |= GEO_TRACK_SPEED;
        track->speed_mps = speed_mps;
        return;
    }
    track->flags |= GEO_TRACK_VELOCITY;
    track->velocity_north_mps = speed_mps * cos(track_deg_true * GEO_RAD_PER_DEG);
    track->velocity_east_mps = speed_mps * sin(track_deg_true * GEO_RAD_PER_DEG);
}

// Faster than tyres may roll, or climbing: it flies, whatever its flag says. On the ground it
// would not be listed.
static bool flies(const struct geo_track *track)
{
    double speed_mps = (track->flags & GEO_TRACK_VELOCITY) != 0
                           ? hypot(track->velocity_north_mps, track->velocity_east_mps)
                           : track->speed_mps;
    return speed_mps > GROUND_SPEED_MAX_MPS
           || ((track->flags & GEO_TRACK_UP) != 0
               && fabs(track->velocity_up_mps) > GROUND_CLIMB_MAX_MPS);
}

enum drf_status geo_track_keep(struct geo_track_reader *reader, const struct geo_track *track)
{
    if (!geo_bounds_hold(reader->params->keep, track->position)) {
        reader->counts.out_of_region++;
        return DRF_OK;
    }
    reader->counts.kept++;
    struct geo_track kept = *track;
    if (flies(&kept))
        kept.flags &= ~(uint32_t)GEO_TRACK_ON_GROUND;
    return geo_record_add(reader->builder, GEO_ITEM_TRACK, &kept, sizeof kept, NULL, 0);
}

enum drf_status geo_track_refuse(struct geo_track_reader *reader)
{
    return geo_decode_counts_refuse(&reader->counts, reader->builder, &reader->note);
}

static enum drf_status finish(struct geo_track_reader *reader, struct geo_note *why)
{
    const struct geo_decode_counts *counts = &reader->counts;
    if (counts->kept == 0 && counts->refused == 0)
        return geo_refuse(why, GEO_REFUSAL_IGNORED, 0,
                          "no track inside the region: %" PRIu64 " outside, %" PRIu64
                          " without a position, or with none but an old one",
                          counts->out_of_region, reader->unplaced);
    if (counts->kept > 0 && reader->unplaced > 0) {
        struct geo_note note;
        (void)!geo_refuse(&note, GEO_REFUSAL_IGNORED, 0,
                          "tracks without a position passed over");
        note.count = reader->unplaced < UINT32_MAX ? (uint32_t)reader->unplaced : UINT32_MAX;
        enum drf_status status =
            geo_record_add(reader->builder, GEO_ITEM_NOTE, &note, sizeof note, NULL, 0);
        if (status != DRF_OK)
            return status;
    }
    return geo_decode_counts_finish(counts, "tracks", reader->builder, why);
}

enum drf_status geo_track_decode(const struct geo_decode_params *params, const uint8_t *bytes,
                                 size_t size, geo_track_root_fn read_root,
                                 struct geo_record_builder *builder, struct geo_note *why)
{
    struct geo_json *document = NULL;
    enum drf_status status = geo_json_open(bytes, size, &document, why);
    if (status != DRF_OK)
        return status;
    struct geo_track_reader reader = {.params = params, .builder = builder};
    status = read_root(&reader, document, why);
    if (status == DRF_OK)
        status = finish(&reader, why);
    geo_json_close(document);
    return status;
}
