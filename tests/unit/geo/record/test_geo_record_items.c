// SPDX-License-Identifier: Apache-2.0
// What geo/record/record.h promises of what the items of a record say: every rule is broken
// once, in an item that is sound otherwise.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <math.h>

#include "geo/record/decode_counts.h"
#include "tests/support/sound_records.h"

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
    OBSTACLE(it.flags |= GEO_OBSTACLE_NUMBERED, DRF_OK);
    OBSTACLE(it.flags |= GEO_OBSTACLE_NO_PLACE, DRF_OK);
    OBSTACLE(it.flags |= 1U << 12, DRF_ERR_RANGE);
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

// A part that was refused, at Niagara.
static struct geo_unreadable sound_unreadable(void)
{
    return (struct geo_unreadable){
        .id = "CAN-7",
        .box = {.west_deg = -79.2, .south_deg = 43.0, .east_deg = -79.0, .north_deg = 43.1},
        .valid_until_utc_us = GEO_UNREADABLE_NO_END_US,
        .code = GEO_REFUSAL_RANGE};
}

#define UNREADABLE(change, want)                                                               \
    BREAK(GEO_ITEM_UNREADABLE, struct geo_unreadable, sound_unreadable, NULL, 0, change, want)

static void validate__impossible_unreadable__is_refused(void **state)
{
    (void)state;
    const double nan = (double)NAN;
    UNREADABLE((void)it, DRF_OK);
    UNREADABLE(it.id[0] = '\0', DRF_OK); // the message's own identity
    UNREADABLE(it.box.east_deg = -179, DRF_OK);
    UNREADABLE(it.valid_until_utc_us = 0, DRF_OK);
    UNREADABLE(it.id[1] = '\x1b', DRF_ERR_SYNTAX);
    UNREADABLE(memset(it.id, 'x', sizeof it.id), DRF_ERR_SYNTAX);
    UNREADABLE(it.flags = 2, DRF_ERR_SYNTAX);
    UNREADABLE(it.noted_utc_us = INT64_MAX, DRF_ERR_RANGE);
    UNREADABLE(it.box.south_deg = 44, DRF_ERR_RANGE);
    UNREADABLE(it.box.west_deg = nan, DRF_ERR_RANGE);
    UNREADABLE(it.box.north_deg = 91, DRF_ERR_RANGE);
    UNREADABLE(it.code = GEO_REFUSAL_NONE, DRF_ERR_RANGE);
    UNREADABLE(it.code = GEO_REFUSAL_COUNT, DRF_ERR_RANGE);
    UNREADABLE(it.valid_until_utc_us = INT64_MIN, DRF_ERR_RANGE);
}

static struct geo_area_codes sound_codes(void)
{
    return (struct geo_area_codes){.id = "w,A", .count = 2};
}

static void validate__impossible_codes__are_refused(void **state)
{
    (void)state;
    char tail[2 * GEO_AREA_CODE_SIZE] = "048453";
    memcpy(tail + GEO_AREA_CODE_SIZE, "TXC453", 7);
#define CODES(change, want)                                                                    \
    BREAK(GEO_ITEM_AREA_CODES, struct geo_area_codes, sound_codes, tail, sizeof tail, change,  \
          want)
    CODES((void)it, DRF_OK);
    CODES(it.alert = GEO_ALERT_AREA_ASSUMED, DRF_OK);
    CODES(it.alert = GEO_ALERT_TEST, DRF_ERR_RANGE);
    CODES(it.count = 0, DRF_ERR_SYNTAX);
    CODES(it.count = 1, DRF_ERR_SYNTAX);
    CODES(it.count = UINT32_MAX, DRF_ERR_SYNTAX);
    CODES(memset(it.id, 'x', sizeof it.id), DRF_ERR_SYNTAX);
    tail[GEO_AREA_CODE_SIZE] = '\0';
    CODES((void)it, DRF_ERR_SYNTAX);
    memset(tail, 'x', sizeof tail);
    CODES((void)it, DRF_ERR_SYNTAX);
}

static void counts_unreadable__box_inside_and_outside__only_the_former_is_in_the_record(
    void **state)
{
    (void)state;
    const struct geo_bounds keep = {
        .west_deg = -80, .south_deg = 43, .east_deg = -79, .north_deg = 44};
    const struct geo_bounds in = sound_unreadable().box;
    const struct geo_bounds out = {
        .west_deg = 10, .south_deg = 43, .east_deg = 11, .north_deg = 44};
    const struct geo_note note = {.code = GEO_REFUSAL_RANGE, .count = 1, .text = "odd"};
    struct geo_decode_counts counts = {.kept = 0};
    struct geo_note why = {.count = 1};
    struct geo_record_builder builder;
    struct geo_record record;
    struct geo_item item;
    size_t cursor = 0, unreadable = 0, notes = 0;
    geo_record_builder_init(&builder, 1 << 20);
    assert_int_equal(geo_decode_counts_unreadable(&counts, &builder, &note, keep, "far", &out,
                                                  GEO_UNREADABLE_NO_END_US),
                     DRF_OK);
    assert_int_equal(geo_decode_counts_unreadable(&counts, &builder, &note, keep, NULL, &in,
                                                  GEO_UNREADABLE_NO_END_US),
                     DRF_OK);
    assert_int_equal(
        geo_decode_counts_unreadable(&counts, &builder, &note, keep, "nowhere", NULL, 5),
        DRF_OK);
    assert_int_equal(counts.told, 0);
    assert_int_equal(geo_decode_counts_finish(&counts, "zones", &builder, &why), DRF_ERR_RANGE);
    assert_int_equal(
        geo_decode_counts_unreadable(&counts, &builder, &note, keep, "near", &in, 5), DRF_OK);
    assert_int_equal(counts.told, 1);
    assert_int_equal(counts.refused, 3); // the one elsewhere is a count
    assert_int_equal(counts.out_of_region, 1);
    assert_int_equal(geo_decode_counts_finish(&counts, "zones", &builder, &why), DRF_OK);
    assert_int_equal(geo_record_finish(&builder, &record), DRF_OK);
    assert_int_equal(geo_record_validate(record.bytes, record.size, &record), DRF_OK);
    while (geo_record_next(record, &cursor, &item)) {
        notes += item.kind == GEO_ITEM_NOTE;
        if (item.kind != GEO_ITEM_UNREADABLE)
            continue;
        const struct geo_unreadable *one = item.payload;
        assert_string_equal(one->id, "near");
        assert_int_equal(one->valid_until_utc_us, 5);
        unreadable++;
    }
    assert_int_equal(unreadable, 1);
    assert_int_equal(notes, 4); // one of them on what lies elsewhere
    geo_record_builder_close(&builder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(validate__impossible_raster__is_refused),
        cmocka_unit_test(validate__impossible_obstacle__is_refused),
        cmocka_unit_test(validate__impossible_unreadable__is_refused),
        cmocka_unit_test(validate__impossible_codes__are_refused),
        cmocka_unit_test(
            counts_unreadable__box_inside_and_outside__only_the_former_is_in_the_record),
        cmocka_unit_test(validate__impossible_vertices__are_refused),
        cmocka_unit_test(validate__impossible_field__is_refused),
        cmocka_unit_test(validate__impossible_value__is_refused),
        cmocka_unit_test(validate__impossible_note__is_refused),
    };
    return cmocka_run_group_tests_name("geo/record_items", tests, NULL, NULL);
}
