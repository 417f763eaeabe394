// tests/support/decoded.h - what a decoder made of a message: its zones, its obstacles, its
// notes. SPDX-License-Identifier: Apache-2.0
//
// Each record is finished and validated first, as the node does with one from the child.
#ifndef TESTS_SUPPORT_DECODED_H
#define TESTS_SUPPORT_DECODED_H

#include <string.h>

#include "geo/format/decode.h"
#include "geo/record/obstacle.h"
#include "geo/record/record.h"
#include "geo/record/unreadable.h"
#include "geo/record/zone.h"
#include "geo/utc.h"

#define SQUARE                                                                                 \
    "{\"type\":\"Polygon\",\"coordinates\":[[[8,47],[8.1,47],[8.1,47.1],[8,47.1],[8,47]]]}"
#define FEATURE(id, properties, geometry)                                                      \
    "{\"type\":\"Feature\",\"id\":\"" id "\",\"properties\":{" properties                      \
    "},\"geometry\":" geometry "}"
#define COLLECTION(features) "{\"type\":\"FeatureCollection\",\"features\":[" features "]}"

enum { DECODED_MAX = 24 };

typedef enum drf_status (*decoder)(const struct geo_decode_params *params, const uint8_t *bytes,
                                   size_t size, struct geo_record_builder *builder,
                                   struct geo_note *why);

static const struct geo_decode_params everywhere = {.keep = {-180, -90, 180, 90},
                                                    .default_horizontal_acc95_m = 75,
                                                    .default_vertical_acc95_m = 15,
                                                    .size_max_bytes = 1 << 26,
                                                    .record_max_bytes = 1 << 26,
                                                    .pixels_max = 1 << 26};

struct decoded {
    enum drf_status status;
    struct geo_note why, last_note;
    struct geo_record_builder builder;
    struct geo_record record;
    struct geo_zone_view zones[DECODED_MAX];
    struct geo_obstacle first;                      // of the obstacles inside
    struct geo_obstacle obstacles[DECODED_MAX];     // the first of them
    struct geo_unreadable unreadables[DECODED_MAX]; // the first of them
    struct geo_point vertices[DECODED_MAX];
    unsigned count;   // of zones, or of obstacles inside
    unsigned outside; // obstacles
    unsigned notes;
    unsigned unreadable_count;
};

static inline void decoded_take(struct decoded *d, const struct geo_item *item)
{
    if (item->kind == GEO_ITEM_NOTE) {
        d->last_note = *(const struct geo_note *)item->payload;
        d->notes++;
    } else if (item->kind == GEO_ITEM_ZONE) {
        assert_true(d->count < DECODED_MAX);
        d->zones[d->count++] = geo_item_zone(item);
    } else if (item->kind == GEO_ITEM_UNREADABLE) {
        if (d->unreadable_count < DECODED_MAX)
            d->unreadables[d->unreadable_count] = *(const struct geo_unreadable *)item->payload;
        d->unreadable_count++;
    } else {
        const struct geo_obstacle *obstacle = item->payload;
        assert_int_equal(item->kind, GEO_ITEM_OBSTACLE);
        if ((obstacle->flags & GEO_OBSTACLE_OUTSIDE) != 0) {
            d->outside++;
            return;
        }
        if (d->count < DECODED_MAX)
            d->obstacles[d->count] = *obstacle;
        if (d->count++ == 0) {
            d->first = *obstacle;
            for (uint32_t i = 0; i < d->first.vertex_count && i < DECODED_MAX; i++)
                d->vertices[i] = geo_item_vertices(item)[i];
        }
    }
}

static inline void decoded_open(struct decoded *d, decoder with,
                                const struct geo_decode_params *params, const void *bytes,
                                size_t size)
{
    memset(d, 0, sizeof *d);
    geo_record_builder_init(&d->builder, 1 << 26);
    d->status = with(params, bytes, size, &d->builder, &d->why);
    struct geo_record built;
    assert_int_equal(geo_record_finish(&d->builder, &built), DRF_OK);
    assert_int_equal(geo_record_validate(built.bytes, built.size, &d->record), DRF_OK);
    size_t cursor = 0;
    struct geo_item item;
    while (geo_record_next(d->record, &cursor, &item))
        decoded_take(d, &item);
}

static inline void decoded_close(struct decoded *d) { geo_record_builder_close(&d->builder); }

static inline int64_t utc(const char *text)
{
    int64_t us;
    assert_int_equal(geo_utc_parse(text, strlen(text), &us), DRF_OK);
    return us;
}

#endif
