// SPDX-License-Identifier: Apache-2.0
// What geo/record/record.h promises. The validator is a security boundary: every rule is broken
// once, in a record that is sound otherwise.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <math.h>

#include "geo/record/record.h"
#include "geo/record/refusal.h"

static struct geo_raster sound_raster(void)
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

static struct geo_obstacle sound_obstacle(void)
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

static struct geo_field sound_field(void)
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

static void add(struct geo_record_builder *builder, enum geo_item_kind kind, const void *head,
                size_t head_size, const void *tail, size_t tail_size)
{
    assert_int_equal(geo_record_add(builder, kind, head, head_size, tail, tail_size), DRF_OK);
}

static enum drf_status validate(struct geo_record_builder *builder)
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
static enum drf_status verdict(enum geo_item_kind kind, const void *head, size_t head_size,
                               const void *tail, size_t tail_size)
{
    struct geo_record_builder builder;
    geo_record_builder_init(&builder, 1 << 24);
    add(&builder, kind, head, head_size, tail, tail_size);
    enum drf_status status = validate(&builder);
    geo_record_builder_close(&builder);
    return status;
}

static void add_cells(struct geo_record_builder *builder, uint32_t col, uint32_t row)
{
    const struct geo_cells_item item = {.tile = {.col = col, .row = row, .level = 12},
                                        .blob_size = 5};
    add(builder, GEO_ITEM_CELLS, &item, sizeof item, "\2blob", 5);
}

static void validate__sound_records__are_accepted_and_read_back(void **state)
{
    (void)state;
    struct geo_record_builder builder;
    geo_record_builder_init(&builder, 1 << 20);
    assert_int_equal(validate(&builder), DRF_OK); // without items
    const struct geo_raster raster = sound_raster();
    add(&builder, GEO_ITEM_RASTER, &raster, sizeof raster, NULL, 0);
    add_cells(&builder, 9, 4);
    add(&builder, GEO_ITEM_NOTE, &sound_note, sizeof sound_note, NULL, 0);
    add_cells(&builder, 3, 5);
    assert_int_equal(validate(&builder), DRF_OK);

    struct geo_record record;
    struct geo_item item;
    size_t cursor = 0;
    assert_int_equal(geo_record_finish(&builder, &record), DRF_OK);
    assert_int_equal((uintptr_t)record.bytes % 8, 0);
    assert_true(geo_record_next(record, &cursor, &item));
    assert_int_equal(item.kind, GEO_ITEM_RASTER);
    assert_memory_equal(item.payload, &raster, sizeof raster);
    assert_true(geo_record_next(record, &cursor, &item));
    assert_int_equal(item.kind, GEO_ITEM_CELLS);
    assert_memory_equal(geo_item_blob(&item), "\2blob", 5);
    assert_true(geo_record_next(record, &cursor, &item));
    assert_int_equal(item.kind, GEO_ITEM_NOTE);
    assert_true(geo_record_next(record, &cursor, &item));
    assert_int_equal(item.size, sizeof(struct geo_cells_item) + 5);
    assert_false(geo_record_next(record, &cursor, &item));
    geo_record_builder_close(&builder);
}

static void validate__obstacles_and_fields__are_accepted_and_read_back(void **state)
{
    (void)state;
    struct geo_obstacle obstacle = sound_obstacle();
    assert_int_equal(verdict(GEO_ITEM_OBSTACLE, &obstacle, sizeof obstacle, NULL, 0), DRF_OK);
    const struct geo_point line[3] = {{43.5, -79.5}, {43.6, -79.4}, {43.7, -79.3}};
    obstacle.geometry = GEO_GEOMETRY_LINE;
    obstacle.vertex_count = 3;
    struct geo_record_builder builder;
    geo_record_builder_init(&builder, 1 << 20);
    add(&builder, GEO_ITEM_OBSTACLE, &obstacle, sizeof obstacle, line, sizeof line);
    assert_int_equal(validate(&builder), DRF_OK);
    struct geo_record record;
    struct geo_item item;
    size_t cursor = 0;
    assert_int_equal(geo_record_finish(&builder, &record), DRF_OK);
    assert_true(geo_record_next(record, &cursor, &item));
    assert_memory_equal(geo_item_vertices(&item), line, sizeof line);
    geo_record_builder_close(&builder);

    struct geo_field field = sound_field();
    float values[6];
    memcpy(values, warm, sizeof values);
    values[2] = NAN;
    geo_record_builder_init(&builder, 1 << 20);
    add(&builder, GEO_ITEM_FIELD, &field, sizeof field, values, sizeof values);
    assert_int_equal(validate(&builder), DRF_OK);
    cursor = 0;
    assert_int_equal(geo_record_finish(&builder, &record), DRF_OK);
    assert_true(geo_record_next(record, &cursor, &item));
    assert_memory_equal(geo_item_values(&item), values, sizeof values);
    geo_record_builder_close(&builder);
}

// Copies a sound record to aligned memory, for breaking.
static uint8_t *sound_bytes(size_t *size)
{
    struct geo_record_builder builder;
    geo_record_builder_init(&builder, 1 << 20);
    const struct geo_raster raster = sound_raster();
    add(&builder, GEO_ITEM_RASTER, &raster, sizeof raster, NULL, 0);
    add_cells(&builder, 9, 4);
    add_cells(&builder, 10, 4);
    struct geo_record record;
    assert_int_equal(geo_record_finish(&builder, &record), DRF_OK);
    uint8_t *bytes = aligned_alloc(8, record.size + 64);
    assert_non_null(bytes);
    memset(bytes, 0, record.size + 64);
    memcpy(bytes, record.bytes, record.size);
    *size = record.size;
    geo_record_builder_close(&builder);
    return bytes;
}

static void validate__every_truncation_and_extension__is_a_syntax_error(void **state)
{
    (void)state;
    size_t size;
    uint8_t *bytes = sound_bytes(&size);
    struct geo_record out;
    assert_int_equal(geo_record_validate(bytes, size, &out), DRF_OK);
    for (size_t cut = 0; cut < size; cut++)
        assert_int_equal(geo_record_validate(bytes, cut, &out), DRF_ERR_SYNTAX);
    for (size_t more = 1; more <= 64; more++)
        assert_int_equal(geo_record_validate(bytes, size + more, &out), DRF_ERR_SYNTAX);
    assert_int_equal(geo_record_validate(NULL, 0, &out), DRF_ERR_SYNTAX);
    memmove(bytes + 4, bytes, size);
    assert_int_equal(geo_record_validate(bytes + 4, size, &out), DRF_ERR_SYNTAX); // alignment
    free(bytes);
}

static void validate__any_one_byte_changed__never_reads_beyond_the_record(void **state)
{
    (void)state;
    size_t size;
    uint8_t *bytes = sound_bytes(&size);
    uint8_t *exact = aligned_alloc(8, size); // the sanitizer sees a byte too far
    assert_non_null(exact);
    for (size_t at = 0; at < size; at++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            memcpy(exact, bytes, size);
            exact[at] ^= (uint8_t)(1U << bit);
            struct geo_record out;
            struct geo_item item;
            size_t cursor = 0, payload = 0;
            if (geo_record_validate(exact, size, &out) == DRF_OK)
                while (geo_record_next(out, &cursor, &item))
                    payload += item.size;
            assert_true(payload < size);
        }
    }
    free(exact);
    free(bytes);
}

static void validate__structure_broken__is_a_syntax_error(void **state)
{
    (void)state;
    static const struct {
        size_t at;
        uint32_t value;
    } broken[] = {
        {0, 0},          // magic
        {4, 2},          // version
        {8, 2},          // fewer items than there are
        {8, 4},          // more
        {12, 1},         // reserved
        {20, 0xffffffff} // the first item's size
    };
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
        size_t size;
        uint8_t *bytes = sound_bytes(&size);
        memcpy(bytes + broken[i].at, &broken[i].value, 4);
        struct geo_record out;
        assert_int_equal(geo_record_validate(bytes, size, &out), DRF_ERR_SYNTAX);
        free(bytes);
    }
    size_t size;
    uint8_t *bytes = sound_bytes(&size);
    bytes[size - 1] = 1; // padding
    struct geo_record out;
    assert_int_equal(geo_record_validate(bytes, size, &out), DRF_ERR_SYNTAX);
    free(bytes);
    assert_int_equal(verdict((enum geo_item_kind)99, "12345678", 8, NULL, 0), DRF_ERR_RANGE);
}

static void validate__order_of_items__is_checked(void **state)
{
    (void)state;
    const struct geo_raster raster = sound_raster();
    const struct geo_obstacle obstacle = sound_obstacle();
    const struct geo_field field = sound_field();
    struct geo_record_builder b;

    geo_record_builder_init(&b, 1 << 20); // cells without a raster
    add_cells(&b, 1, 1);
    assert_int_equal(validate(&b), DRF_ERR_SYNTAX);
    geo_record_builder_close(&b);

    geo_record_builder_init(&b, 1 << 20); // a raster that is not first
    add(&b, GEO_ITEM_NOTE, &sound_note, sizeof sound_note, NULL, 0);
    add(&b, GEO_ITEM_RASTER, &raster, sizeof raster, NULL, 0);
    assert_int_equal(validate(&b), DRF_ERR_SYNTAX);
    geo_record_builder_close(&b);

    static const uint32_t orders[][4] = {{9, 4, 9, 4}, {9, 4, 8, 4}, {9, 4, 10, 3}};
    for (size_t i = 0; i < 3; i++) { // a tile twice, and tiles that fall
        geo_record_builder_init(&b, 1 << 20);
        add(&b, GEO_ITEM_RASTER, &raster, sizeof raster, NULL, 0);
        add_cells(&b, orders[i][0], orders[i][1]);
        add_cells(&b, orders[i][2], orders[i][3]);
        assert_int_equal(validate(&b), DRF_ERR_RANGE);
        geo_record_builder_close(&b);
    }

    geo_record_builder_init(&b, 1 << 20); // two kinds of data
    add(&b, GEO_ITEM_OBSTACLE, &obstacle, sizeof obstacle, NULL, 0);
    add(&b, GEO_ITEM_FIELD, &field, sizeof field, warm, sizeof warm);
    assert_int_equal(validate(&b), DRF_ERR_SYNTAX);
    geo_record_builder_close(&b);
    geo_record_builder_init(&b, 1 << 20);
    add(&b, GEO_ITEM_RASTER, &raster, sizeof raster, NULL, 0);
    add(&b, GEO_ITEM_OBSTACLE, &obstacle, sizeof obstacle, NULL, 0);
    assert_int_equal(validate(&b), DRF_ERR_SYNTAX);
    geo_record_builder_close(&b);
}

static void validate__cells__must_be_tiles_of_the_raster(void **state)
{
    (void)state;
    static const struct {
        struct geo_tile tile;
        uint32_t blob_size;
        enum drf_status want;
    } cases[] = {
        {{.col = 0, .row = 0, .level = 11}, 8, DRF_ERR_RANGE},
        {{.col = 8192, .row = 0, .level = 12}, 8, DRF_ERR_RANGE},
        {{.col = 0, .row = 4096, .level = 12}, 8, DRF_ERR_RANGE},
        {{.col = 0, .row = 0, .level = 12}, 0, DRF_ERR_SYNTAX},
        {{.col = 0, .row = 0, .level = 12}, 7, DRF_ERR_SYNTAX},
        {{.col = 0, .row = 0, .level = 12}, UINT32_MAX, DRF_ERR_SYNTAX},
        {{.col = 0, .row = 0, .level = 12}, 8, DRF_OK},
    };
    struct geo_raster raster = sound_raster();
    raster.known_cells = 1;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct geo_record_builder b;
        geo_record_builder_init(&b, 1 << 20);
        add(&b, GEO_ITEM_RASTER, &raster, sizeof raster, NULL, 0);
        const struct geo_cells_item item = {.tile = cases[i].tile,
                                            .blob_size = cases[i].blob_size};
        add(&b, GEO_ITEM_CELLS, &item, sizeof item, "12345678", 8);
        assert_int_equal(validate(&b), cases[i].want);
        geo_record_builder_close(&b);
    }
    static const uint64_t counts[] = {0, 1, 65536, 65537};
    for (size_t i = 0; i < 4; i++) { // of one tile
        struct geo_record_builder b;
        geo_record_builder_init(&b, 1 << 20);
        raster.known_cells = counts[i];
        raster.min_amsl_m = counts[i] == 0 ? 461.0 : 75.0;
        add(&b, GEO_ITEM_RASTER, &raster, sizeof raster, NULL, 0);
        add_cells(&b, 9, 4);
        assert_int_equal(validate(&b), i == 0 || i == 3 ? DRF_ERR_RANGE : DRF_OK);
        geo_record_builder_close(&b);
    }
    struct geo_record_builder b; // a blob larger than any
    geo_record_builder_init(&b, 1 << 20);
    static const uint8_t large[GEO_CELLS_BLOB_MAX + 1];
    const struct geo_cells_item item = {.tile = {.level = 12}, .blob_size = sizeof large};
    add(&b, GEO_ITEM_RASTER, &raster, sizeof raster, NULL, 0);
    add(&b, GEO_ITEM_CELLS, &item, sizeof item, large, sizeof large);
    assert_int_equal(validate(&b), DRF_ERR_RANGE);
    geo_record_builder_close(&b);
}

// Breaks one member of a sound value, and expects a verdict.
#define BREAK(kind, type, sound, tail, tail_size, change, want)                                \
    do {                                                                                       \
        type it = sound();                                                                     \
        change;                                                                                \
        print_message("  %s\n", #change);                                                      \
        assert_int_equal(verdict(kind, &it, sizeof it, tail, tail_size), want);                \
    } while (0)
#define RASTER(change, want)                                                                   \
    BREAK(GEO_ITEM_RASTER, struct geo_raster, sound_raster, NULL, 0, change, want)
#define OBSTACLE(change, want)                                                                 \
    BREAK(GEO_ITEM_OBSTACLE, struct geo_obstacle, sound_obstacle, NULL, 0, change, want)
#define FIELD(change, want)                                                                    \
    BREAK(GEO_ITEM_FIELD, struct geo_field, sound_field, warm, sizeof warm, change, want)

static void none(struct geo_raster *raster)
{
    raster->known_cells = 0;
    raster->min_amsl_m = 1.0;
    raster->max_amsl_m = 0.0;
}

static void validate__impossible_raster__is_refused(void **state)
{
    (void)state;
    const double nan = (double)NAN, inf = HUGE_VAL;
    RASTER(none(&it), DRF_OK);
    RASTER((void)it, DRF_OK); // without its tiles, as the store keeps it
    RASTER((none(&it), it.layer = 0), DRF_ERR_RANGE);
    RASTER((none(&it), it.layer = 3), DRF_ERR_RANGE);
    RASTER((none(&it), it.level = 23), DRF_ERR_RANGE);
    RASTER((none(&it), it.vertical_acc95_m = -1), DRF_ERR_RANGE);
    RASTER((none(&it), it.vertical_acc95_m = nan), DRF_ERR_RANGE);
    RASTER((none(&it), it.posting_m = 0), DRF_ERR_RANGE);
    RASTER((none(&it), it.posting_m = inf), DRF_ERR_RANGE);
    RASTER((none(&it), it.bounds.west_deg = nan), DRF_ERR_RANGE);
    RASTER((none(&it), it.bounds.east_deg = 181), DRF_ERR_RANGE);
    RASTER((none(&it), it.bounds.north_deg = 42), DRF_ERR_RANGE);
    RASTER((none(&it), it.bounds.east_deg = -81), DRF_OK); // over the antimeridian
    RASTER((none(&it), it.max_amsl_m = 2), DRF_ERR_RANGE);
    RASTER((none(&it), it.min_amsl_m = inf), DRF_ERR_RANGE);
    RASTER(it.min_amsl_m = nan, DRF_ERR_RANGE);
    RASTER(it.max_amsl_m = 15383.6, DRF_ERR_RANGE);
    RASTER((none(&it), memset(it.crs, 'x', sizeof it.crs)), DRF_ERR_SYNTAX);
    RASTER((none(&it), it.vertical[0] = '\n'), DRF_ERR_SYNTAX);
    struct geo_raster raster = sound_raster();
    assert_int_equal(verdict(GEO_ITEM_RASTER, &raster, sizeof raster - 8, NULL, 0),
                     DRF_ERR_SYNTAX);
    assert_int_equal(verdict(GEO_ITEM_RASTER, &raster, sizeof raster, "12345678", 8),
                     DRF_ERR_SYNTAX);
}

static void validate__impossible_obstacle__is_refused(void **state)
{
    (void)state;
    const double nan = (double)NAN, inf = HUGE_VAL;
    OBSTACLE((void)it, DRF_OK);
    OBSTACLE(it.id[0] = '\0', DRF_ERR_SYNTAX);
    OBSTACLE(memset(it.id, 'x', sizeof it.id), DRF_ERR_SYNTAX);
    OBSTACLE(it.id[1] = '\x1b', DRF_ERR_SYNTAX); // a terminal's escape
    OBSTACLE(it.kind[1] = '\x7f', DRF_ERR_SYNTAX);
    OBSTACLE(it.kind[1] = '\xff', DRF_ERR_SYNTAX);
    OBSTACLE(it.position.lat_deg = 91, DRF_ERR_RANGE);
    OBSTACLE(it.position.lon_deg = nan, DRF_ERR_RANGE);
    OBSTACLE(it.data_time_utc_us = INT64_MAX, DRF_ERR_RANGE);
    OBSTACLE(it.data_time_utc_us = INT64_MIN, DRF_ERR_RANGE);
    OBSTACLE(it.agl_m = nan, DRF_ERR_RANGE);
    OBSTACLE(it.agl_m = 20000, DRF_ERR_RANGE);
    OBSTACLE(it.amsl_m = -1001, DRF_ERR_RANGE);
    OBSTACLE(it.amsl_m = inf, DRF_ERR_RANGE);
    OBSTACLE(it.horizontal_acc95_m = 0, DRF_ERR_RANGE);
    OBSTACLE(it.horizontal_acc95_m = nan, DRF_ERR_RANGE);
    OBSTACLE(it.horizontal_acc95_m = inf, DRF_ERR_RANGE);
    OBSTACLE(it.horizontal_acc95_m = 5000, DRF_OK);
    OBSTACLE(it.horizontal_acc95_m = 5000.1, DRF_ERR_RANGE);
    OBSTACLE(it.vertical_acc95_m = -0.1, DRF_ERR_RANGE);
    OBSTACLE(it.vertical_acc95_m = 0, DRF_OK);
    OBSTACLE(it.flags |= GEO_OBSTACLE_OUTSIDE, DRF_OK);
    OBSTACLE(it.flags |= 1U << 10, DRF_ERR_RANGE);
    OBSTACLE(it.flags |= 1U << 31, DRF_ERR_RANGE);
    OBSTACLE(it.flags |= GEO_OBSTACLE_UNVERIFIED, DRF_ERR_RANGE); // and verified
    OBSTACLE(it.geometry = 0, DRF_ERR_RANGE);
    OBSTACLE(it.geometry = 4, DRF_ERR_RANGE);
    OBSTACLE(it.geometry = GEO_GEOMETRY_LINE, DRF_ERR_RANGE); // without vertices
    OBSTACLE(it.vertex_count = 1, DRF_ERR_SYNTAX);
    OBSTACLE(it.vertex_count = 0x10000000, DRF_ERR_SYNTAX); // times 16 is 0 in 32 bits
    OBSTACLE(it.quantity = 0, DRF_ERR_RANGE);
    OBSTACLE(it.lighting = '\n', DRF_ERR_RANGE);
    OBSTACLE(it.marking = 0x80, DRF_ERR_RANGE);
    OBSTACLE(it.reserved[5] = 1, DRF_ERR_RANGE);
}

static void validate__impossible_vertices__are_refused(void **state)
{
    (void)state;
    struct geo_obstacle o = sound_obstacle();
    struct geo_point v[3] = {{43.5, -79.5}, {43.6, -79.4}, {43.7, -79.3}};
    o.geometry = GEO_GEOMETRY_POLYGON;
    o.vertex_count = 3;
    assert_int_equal(verdict(GEO_ITEM_OBSTACLE, &o, sizeof o, v, sizeof v), DRF_OK);
    v[0].lat_deg = 43.4; // not the position
    assert_int_equal(verdict(GEO_ITEM_OBSTACLE, &o, sizeof o, v, sizeof v), DRF_ERR_RANGE);
    v[0].lat_deg = 43.5;
    v[2].lon_deg = (double)NAN;
    assert_int_equal(verdict(GEO_ITEM_OBSTACLE, &o, sizeof o, v, sizeof v), DRF_ERR_RANGE);
    v[2].lon_deg = 1;
    o.vertex_count = 2;
    assert_int_equal(verdict(GEO_ITEM_OBSTACLE, &o, sizeof o, v, sizeof v), DRF_ERR_SYNTAX);
    assert_int_equal(verdict(GEO_ITEM_OBSTACLE, &o, sizeof o, v, 32), DRF_ERR_RANGE);
    o.geometry = GEO_GEOMETRY_POINT; // a point has none
    assert_int_equal(verdict(GEO_ITEM_OBSTACLE, &o, sizeof o, v, 32), DRF_ERR_RANGE);
    static struct geo_point many[GEO_OBSTACLE_VERTICES_MAX + 1];
    many[0] = o.position;
    o.geometry = GEO_GEOMETRY_LINE;
    o.vertex_count = GEO_OBSTACLE_VERTICES_MAX + 1;
    assert_int_equal(verdict(GEO_ITEM_OBSTACLE, &o, sizeof o, many, sizeof many),
                     DRF_ERR_SYNTAX);
}

static void validate__impossible_field__is_refused(void **state)
{
    (void)state;
    const double nan = (double)NAN, inf = HUGE_VAL;
    FIELD((void)it, DRF_OK);
    FIELD(it.variable = 0, DRF_ERR_RANGE);
    FIELD(it.variable = GEO_VARIABLE_COUNT, DRF_ERR_RANGE);
    FIELD(it.statistic = 0, DRF_ERR_RANGE);
    FIELD(it.statistic = 6, DRF_ERR_RANGE);
    FIELD(it.wind_grid_relative = 2, DRF_ERR_RANGE);
    FIELD(it.height_from_pressure = 2, DRF_ERR_RANGE);
    FIELD(it.upper_agl_m = 1, DRF_ERR_RANGE);
    FIELD(it.lower_agl_m = nan, DRF_ERR_RANGE);
    FIELD(it.upper_agl_m = inf, DRF_ERR_RANGE);
    FIELD(it.reference_utc_us = INT64_MIN, DRF_ERR_RANGE);
    FIELD(it.valid_until_utc_us -= 1, DRF_ERR_RANGE);
    FIELD(it.valid_until_utc_us += 1, DRF_ERR_RANGE);                // an instant that lasts
    FIELD(it.statistic = GEO_STATISTIC_ACCUMULATION, DRF_ERR_RANGE); // over no time
    FIELD((it.statistic = GEO_STATISTIC_ACCUMULATION, it.valid_until_utc_us += 1), DRF_OK);
    FIELD(it.grid.kind = 0, DRF_ERR_RANGE);
    FIELD(it.grid.kind = 6, DRF_ERR_RANGE);
    FIELD(it.grid.kind = GEO_GRID_POLAR, DRF_ERR_RANGE); // no pole named
    FIELD(it.grid.ni = 4, DRF_ERR_SYNTAX);
    FIELD((it.grid.ni = 1, it.grid.nj = 6), DRF_ERR_RANGE);
    FIELD((it.grid.ni = 0, it.grid.nj = 0), DRF_ERR_SYNTAX);
    FIELD((it.grid.ni = 0x80000003, it.grid.nj = 2), DRF_ERR_SYNTAX); // wraps to 6
    FIELD((it.grid.ni = UINT32_MAX, it.grid.nj = UINT32_MAX), DRF_ERR_SYNTAX);
    FIELD(it.grid.whole_circle = 1, DRF_ERR_RANGE); // three columns of two degrees
    FIELD((it.grid.whole_circle = 1, it.grid.dx = 120), DRF_OK);
    FIELD(it.grid.whole_circle = 2, DRF_ERR_RANGE);
    FIELD(it.grid.dx = 0, DRF_ERR_RANGE);
    FIELD(it.grid.dx = -1, DRF_ERR_RANGE);
    FIELD(it.grid.dx = 200, DRF_ERR_RANGE); // more than a circle
    FIELD(it.grid.dy = 0, DRF_ERR_RANGE);
    FIELD(it.grid.dy = nan, DRF_ERR_RANGE);
    FIELD(it.grid.dy = 40, DRF_ERR_RANGE); // beyond the pole
    FIELD(it.grid.x0 = inf, DRF_ERR_RANGE);
    FIELD(it.grid.p[3] = nan, DRF_ERR_RANGE);
    FIELD(it.grid.semi_major_m = 1.0, DRF_ERR_RANGE);
    FIELD(it.grid.semi_minor_m = 6371230.0, DRF_ERR_RANGE); // longer than the major
}

static void validate__impossible_value__is_refused(void **state)
{
    (void)state;
    const struct geo_field field = sound_field();
    static const float refused[] = {0.0F, 49.0F, 1e30F, -1.0F};
    float values[6];
    memcpy(values, warm, sizeof values);
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        values[5] = refused[i]; // a temperature in kelvin
        assert_int_equal(verdict(GEO_ITEM_FIELD, &field, sizeof field, values, sizeof values),
                         DRF_ERR_RANGE);
    }
    values[5] = INFINITY;
    assert_int_equal(verdict(GEO_ITEM_FIELD, &field, sizeof field, values, sizeof values),
                     DRF_ERR_RANGE);
}

static void validate__impossible_note__is_refused(void **state)
{
    (void)state;
    struct geo_note note = sound_note;
    assert_int_equal(verdict(GEO_ITEM_NOTE, &note, sizeof note, NULL, 0), DRF_OK);
    note.code = GEO_REFUSAL_NONE;
    assert_int_equal(verdict(GEO_ITEM_NOTE, &note, sizeof note, NULL, 0), DRF_ERR_RANGE);
    note.code = GEO_REFUSAL_COUNT;
    assert_int_equal(verdict(GEO_ITEM_NOTE, &note, sizeof note, NULL, 0), DRF_ERR_RANGE);
    note = sound_note;
    note.count = 0;
    assert_int_equal(verdict(GEO_ITEM_NOTE, &note, sizeof note, NULL, 0), DRF_ERR_RANGE);
    note = sound_note;
    memset(note.text, 'x', sizeof note.text);
    assert_int_equal(verdict(GEO_ITEM_NOTE, &note, sizeof note, NULL, 0), DRF_ERR_SYNTAX);
    assert_int_equal(verdict(GEO_ITEM_NOTE, &sound_note, sizeof note - 8, NULL, 0),
                     DRF_ERR_SYNTAX);
}

static void add__over_the_limit__is_full_and_keeps_what_was_there(void **state)
{
    (void)state;
    struct geo_record_builder builder;
    geo_record_builder_init(&builder, 500);
    size_t added = 0;
    while (geo_record_add(&builder, GEO_ITEM_NOTE, &sound_note, sizeof sound_note, NULL, 0)
           == DRF_OK)
        added++;
    assert_int_equal(added, 2); // 16 + 2 x 200
    assert_int_equal(
        geo_record_add(&builder, GEO_ITEM_NOTE, &sound_note, sizeof sound_note, NULL, SIZE_MAX),
        DRF_ERR_FULL);
    assert_int_equal(validate(&builder), DRF_OK);
    geo_record_builder_close(&builder);
    geo_record_builder_close(&builder); // and again, harmless
    struct geo_record record;
    geo_record_builder_init(&builder, 8);
    assert_int_equal(geo_record_finish(&builder, &record), DRF_ERR_FULL);
    geo_record_builder_close(&builder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(validate__sound_records__are_accepted_and_read_back),
        cmocka_unit_test(validate__obstacles_and_fields__are_accepted_and_read_back),
        cmocka_unit_test(validate__every_truncation_and_extension__is_a_syntax_error),
        cmocka_unit_test(validate__any_one_byte_changed__never_reads_beyond_the_record),
        cmocka_unit_test(validate__structure_broken__is_a_syntax_error),
        cmocka_unit_test(validate__order_of_items__is_checked),
        cmocka_unit_test(validate__cells__must_be_tiles_of_the_raster),
        cmocka_unit_test(validate__impossible_raster__is_refused),
        cmocka_unit_test(validate__impossible_obstacle__is_refused),
        cmocka_unit_test(validate__impossible_vertices__are_refused),
        cmocka_unit_test(validate__impossible_field__is_refused),
        cmocka_unit_test(validate__impossible_value__is_refused),
        cmocka_unit_test(validate__impossible_note__is_refused),
        cmocka_unit_test(add__over_the_limit__is_full_and_keeps_what_was_there),
    };
    return cmocka_run_group_tests_name("geo/record", tests, NULL, NULL);
}
