// tests/support/sound_records.h - records that geo_record_validate accepts, for breaking.
// SPDX-License-Identifier: Apache-2.0
//
// Include after cmocka.
#ifndef TESTS_SUPPORT_SOUND_RECORDS_H
#define TESTS_SUPPORT_SOUND_RECORDS_H

#include "geo/record/record.h"
#include "geo/record/refusal.h"

static inline struct geo_raster sound_raster(void)
{
    return (struct geo_raster){
        .layer = GEO_RASTER_GROUND,
        .level = 12,
        .vertical_acc95_m = 10.0,
        .posting_m = 30.0,
        .bounds = {-80.0, 43.0, -79.0, 44.0},
        .min_amsl_m = 75.0,
        .max_amsl_m = 460.0,
        .known_cells = 2,
        .crs = "EPSG:4326",
        .vertical = "EGM2008 as EGM96",
    };
}

static inline struct geo_obstacle sound_obstacle(void)
{
    return (struct geo_obstacle){
        .id = "36-000123",
        .kind = "M\xc3\xa2t",
        .position = {43.5, -79.5},
        .agl_m = 30.0,
        .amsl_m = 130.0,
        .horizontal_acc95_m = 15.0,
        .vertical_acc95_m = 3.0,
        .flags = GEO_OBSTACLE_HAS_AGL | GEO_OBSTACLE_HAS_AMSL | GEO_OBSTACLE_VERIFIED,
        .geometry = GEO_GEOMETRY_POINT,
        .quantity = 1,
        .lighting = 'R',
    };
}

static inline struct geo_field sound_field(void)
{
    return (struct geo_field){
        .variable = GEO_TEMPERATURE,
        .statistic = GEO_STATISTIC_INSTANT,
        .lower_agl_m = 2.0,
        .upper_agl_m = 2.0,
        .valid_from_utc_us = 1102593600000000,
        .valid_until_utc_us = 1102593600000000,
        .grid = {.kind = GEO_GRID_LATLON,
                 .ni = 3,
                 .nj = 2,
                 .x0 = 0.0,
                 .y0 = 60.0,
                 .dx = 2.0,
                 .dy = -2.0,
                 .semi_major_m = 6371229.0,
                 .semi_minor_m = 6371229.0},
    };
}

static const struct geo_note sound_note = {
    .code = GEO_REFUSAL_RANGE, .count = 1, .position = 7, .text = "latitude 91"};

static const float warm[6] = {280, 281, 282, 283, 284, 285};

static inline void add(struct geo_record_builder *builder, enum geo_item_kind kind,
                       const void *head, size_t head_size, const void *tail, size_t tail_size)
{
    assert_int_equal(geo_record_add(builder, kind, head, head_size, tail, tail_size), DRF_OK);
}

static inline enum drf_status validate(struct geo_record_builder *builder)
{
    struct geo_record raw, checked = {NULL, 77};
    assert_int_equal(geo_record_finish(builder, &raw), DRF_OK);
    enum drf_status status = geo_record_validate(raw.bytes, raw.size, &checked);
    if (status == DRF_OK)
        assert_true(checked.bytes == raw.bytes && checked.size == raw.size);
    else
        assert_true(checked.bytes == NULL && checked.size == 77);
    return status;
}

// The verdict on a record of one item.
static inline enum drf_status verdict(enum geo_item_kind kind, const void *head,
                                      size_t head_size, const void *tail, size_t tail_size)
{
    struct geo_record_builder builder;
    geo_record_builder_init(&builder, 1 << 24);
    add(&builder, kind, head, head_size, tail, tail_size);
    enum drf_status status = validate(&builder);
    geo_record_builder_close(&builder);
    return status;
}

#endif
