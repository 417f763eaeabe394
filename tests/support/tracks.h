// tests/support/tracks.h - a message of traffic, decoded into its first tracks.
// SPDX-License-Identifier: Apache-2.0
//
// Include after cmocka.
#ifndef TESTS_SUPPORT_TRACKS_H
#define TESTS_SUPPORT_TRACKS_H

#include <math.h>
#include <string.h>

#include "geo/format/traffic/readsb.h"
#include "geo/format/traffic/tracks.h"

#define assert_near(value, expected, within) assert_true(fabs((value) - (expected)) <= (within))

static const struct geo_decode_params everywhere = {
    .keep = {-180, -90, 180, 90},
    .default_horizontal_acc95_m = 75,
    .default_vertical_acc95_m = 15,
    .message_utc_us = INT64_C(1700000000000000),
};

typedef enum drf_status (*decoder)(const struct geo_decode_params *params, const uint8_t *bytes,
                                   size_t size, struct geo_record_builder *builder,
                                   struct geo_note *why);

// No accuracy is said: those of the feed and of transponders are taken.
enum { ASSUMED = GEO_TRACK_HORIZONTAL_ASSUMED | GEO_TRACK_ALTITUDE_ASSUMED };

struct decoded {
    enum drf_status status;
    struct geo_note why, last_note;
    struct geo_track tracks[8]; // the first of them
    unsigned count, notes;
};

static inline struct decoded decode(decoder with, const struct geo_decode_params *params,
                                    const void *bytes, size_t size)
{
    struct decoded d = {.status = DRF_OK};
    struct geo_record_builder builder;
    struct geo_record built, record;
    geo_record_builder_init(&builder, 1 << 24);
    d.status = with(params, bytes, size, &builder, &d.why);
    assert_int_equal(geo_record_finish(&builder, &built), DRF_OK);
    assert_int_equal(geo_record_validate(built.bytes, built.size, &record), DRF_OK);
    size_t cursor = 0;
    struct geo_item item;
    while (geo_record_next(record, &cursor, &item)) {
        if (item.kind == GEO_ITEM_NOTE) {
            d.last_note = *(const struct geo_note *)item.payload;
            d.notes++;
        } else if (d.count++ < 8) {
            d.tracks[d.count - 1] = *(const struct geo_track *)item.payload;
        }
    }
    geo_record_builder_close(&builder);
    return d;
}

static inline struct decoded tracks(const char *text)
{
    return decode(geo_tracks_decode, &everywhere, text, strlen(text));
}

#endif
