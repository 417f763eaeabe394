// SPDX-License-Identifier: Apache-2.0
// What geo/record/record.h promises of a record's structure. The validator is a security
// boundary: every rule is broken once, in a record that is sound otherwise.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <math.h>

#include "tests/support/sound_records.h"

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
        cmocka_unit_test(add__over_the_limit__is_full_and_keeps_what_was_there),
    };
    return cmocka_run_group_tests_name("geo/record", tests, NULL, NULL);
}
