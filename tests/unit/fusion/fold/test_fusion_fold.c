// SPDX-License-Identifier: Apache-2.0
// What fusion/fold/fold.h, footprint.h and provenance.h promise beyond what the fabric's tests
// show.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <math.h>

#include "fusion/fold/fold.h"
#include "fusion/fold/provenance.h"
#include "geo/record/refusal.h"

static const struct geo_tile here = {.level = 12, .row = 1055, .col = 2290};

static void cell_above__between_two_quanta__is_the_upper(void **state)
{
    (void)state;
    assert_int_equal(fusion_fold_cell_above(-1000.0), 0);
    assert_int_equal(fusion_fold_cell_above(100.0), 4400);
    assert_int_equal(fusion_fold_cell_above(100.001), 4401);
    assert_int_equal(fusion_fold_cell_above(-2000.0), 0);
    assert_int_equal(fusion_fold_cell_above(99999.0), GEO_CELL_MAX);
}

static void add__of_more_sources_than_a_tile_can_name__says_several_for_the_rest(void **state)
{
    (void)state;
    enum { SOURCES = 300 };
    struct fusion_source *sources = calloc(SOURCES, sizeof *sources);
    uint16_t *cells = malloc(GEO_CELLS_COUNT * sizeof *cells);
    uint8_t *blob = malloc(GEO_CELLS_BLOB_MAX);
    struct fusion_fold *fold;
    assert_true(sources != NULL && cells != NULL && blob != NULL);
    assert_int_equal(fusion_fold_open(NULL, &fold), DRF_OK);
    fusion_fold_start(fold);
    for (size_t n = 0; n < SOURCES; n++) { // each knows one cell; the first is the best
        size_t i = (n * 7) % SOURCES, size = GEO_CELLS_BLOB_MAX;
        sources[i].priority = (int32_t)(SOURCES - i);
        sources[i].vertical_acc95_m = (double)i;
        (void)snprintf(sources[i].source, sizeof sources[i].source, "s%zu", i);
        memset(cells, 0xff, GEO_CELLS_COUNT * sizeof *cells);
        cells[i] = (uint16_t)(1000 + i);
        assert_int_equal(geo_cells_encode(cells, blob, &size), DRF_OK);
        assert_int_equal(fusion_fold_add(fold, &sources[i], blob, size), DRF_OK);
    }
    struct fusion_palette palette;
    assert_int_equal(fusion_fold_palette(fold, &palette), DRF_OK);
    assert_true(palette.overflows);
    assert_int_equal(palette.count, 254);
    assert_int_equal(palette.several.priority, 1); // the worst of what it stands for
    assert_true(palette.several.vertical_acc95_m > 298.5);
    palette.sources[palette.count] = &palette.several;
    struct fusion_tile *tile;
    assert_int_equal(fusion_fold_make(fold, here, &palette, &tile), DRF_OK);
    assert_int_equal(tile->source_count, 255);
    assert_ptr_equal(fusion_tile_source(tile, 0), &sources[0]);
    assert_ptr_equal(fusion_tile_source(tile, 253), &sources[253]);
    assert_ptr_equal(fusion_tile_source(tile, 299), &palette.several);
    assert_int_equal(tile->cells[299], 1299);
    fusion_tile_free(tile);
    fusion_fold_close(fold);
    free(blob);
    free(cells);
    free(sources);
}

static void count_span(void *context, uint32_t row, uint32_t first, uint32_t last)
{
    (void)row;
    *(size_t *)context += last - first + 1;
}

static size_t count_touched(struct geo_point at, double radius_m, struct fusion_lattice lattice)
{
    struct geo_obstacle o = {
        .position = at, .horizontal_acc95_m = radius_m, .geometry = GEO_GEOMETRY_POINT};
    struct fusion_footprint footprint = fusion_footprint_of(&o, NULL);
    size_t count = 0;
    fusion_footprint_spans(&footprint, lattice, count_span, &count);
    return count;
}

static void spans__of_a_circle__are_metres_on_the_ground(void **state)
{
    (void)state;
    // A degree at 60 N is 111,412 m north-south and 55,800 m east-west (NIMA's table of lengths
    // of a degree, WGS 84): cells of 1114 by 558 m. The point stands in the middle of its cell.
    struct fusion_lattice l = {
        .north_deg = 60.505, .west_deg = 9.495, .side_deg = 0.01, .rows = 101, .columns = 101};
    struct geo_point middle = {60.0, 10.0};
    assert_int_equal(count_touched(middle, 278.0, l), 1);
    assert_int_equal(count_touched(middle, 280.0, l), 3); // east and west neighbours
    assert_int_equal(count_touched(middle, 556.0, l), 3);
    assert_int_equal(count_touched(middle, 558.0, l), 5); // north and south ones
}

static void spans__across_the_antimeridian__reach_both_sides(void **state)
{
    (void)state;
    struct fusion_lattice l = {
        .north_deg = 0.5, .west_deg = 179.5, .side_deg = 0.25, .rows = 4, .columns = 4};
    assert_int_equal(count_touched((struct geo_point){0.1, 179.999}, 500, l), 2);
    assert_int_equal(count_touched((struct geo_point){0.1, -179.999}, 500, l), 2);
    assert_int_equal(count_touched((struct geo_point){0.1, -179.9}, 500, l), 1);
    assert_int_equal(count_touched((struct geo_point){0.1, 0.0}, 500, l), 0);
}

static void spans__at_the_pole__touch_the_whole_last_row(void **state)
{
    (void)state;
    struct fusion_lattice l = {
        .north_deg = 90, .west_deg = -180, .side_deg = 1, .rows = 10, .columns = 360};
    assert_int_equal(count_touched((struct geo_point){90, 0}, 100, l), 360);
}

static void bounds__and_reach__hold_the_shape_and_its_accuracy(void **state)
{
    (void)state;
    // One minute of latitude at 43.65 N is 1851.8 m: between the 1850.6 m at 40 N and 1852.2 m
    // at 45 N of the same tables.
    const struct geo_point line[2] = {{43.65, -79.38}, {43.65 + 1.0 / 60, -79.38}};
    struct geo_obstacle o = {.position = line[0],
                             .horizontal_acc95_m = 100,
                             .geometry = GEO_GEOMETRY_LINE,
                             .vertex_count = 2};
    struct fusion_footprint footprint = fusion_footprint_of(&o, line);
    assert_true(fabs(fusion_footprint_reach_m(&footprint) - 1951.8) < 0.5);
    struct geo_bounds b = fusion_footprint_bounds(&footprint);
    assert_true(fabs((b.north_deg - line[1].lat_deg) * 60 * 1851.8 - 100) < 0.1);
    assert_true(b.west_deg < -79.3812 && b.west_deg > -79.3813); // 100 m are 0.00124 degrees
}

static void provenance__taken_twice__is_one_object_until_both_are_dropped(void **state)
{
    (void)state;
    struct fusion_provenance *set;
    assert_int_equal(fusion_provenance_open(&set), DRF_OK);
    struct fusion_source content = {.source = "dtm", .version = "k"};
    const struct fusion_source *a, *b, *c;
    assert_int_equal(fusion_provenance_acquire(set, &content, &a), DRF_OK);
    assert_int_equal(fusion_provenance_acquire(set, &content, &b), DRF_OK);
    assert_ptr_equal(a, b);
    content.posting_m = 30;
    assert_int_equal(fusion_provenance_acquire(set, &content, &c), DRF_OK);
    assert_ptr_not_equal(a, c);
    fusion_provenance_release(set, a);
    fusion_provenance_release(set, c);
    assert_string_equal(b->source, "dtm");
    fusion_provenance_release(set, b);
    const struct fusion_source *first[1000];
    for (int i = 0; i < 2000; i++) { // over several growths of its table, each twice
        (void)snprintf(content.version, sizeof content.version, "k%d", i % 1000);
        assert_int_equal(fusion_provenance_acquire(set, &content, &a), DRF_OK);
        if (i < 1000)
            first[i] = a;
        assert_ptr_equal(a, first[i % 1000]);
    }
    fusion_provenance_close(set);
}

static void version__names_key_and_time__and_never_two_keys_alike(void **state)
{
    (void)state;
    char text[80], other[80];
    // date -u -d @1708214400; date -u -d @-1
    fusion_provenance_version("n43w080", INT64_C(1708214400000000), text);
    assert_string_equal(text, "n43w080 @ 2024-02-18T00:00:00Z");
    fusion_provenance_version("", INT64_C(-1000000), text);
    assert_string_equal(text, "1969-12-31T23:59:59Z");
    fusion_provenance_version("k", INT64_C(951782400250000), text); // a leap day
    assert_string_equal(text, "k @ 2000-02-29T00:00:00.250000Z");
    char a[200], b[200];
    memset(a, 'x', sizeof a);
    a[199] = '\0';
    memcpy(b, a, sizeof b);
    b[198] = 'y';
    fusion_provenance_version(a, 0, text);
    fusion_provenance_version(b, 0, other);
    assert_string_not_equal(text, other);
    assert_non_null(strstr(text, " @ 1970-01-01T00:00:00Z"));
    // It is told to drones as text of UTF-8, whatever a provider's key is and where it is cut.
    static const char *const characters[] = {"\u00fc", "\u20ac", "\U0001f681", "\xff"};
    for (unsigned row = 0; row < 4 * 4; row++) {
        const char *character = characters[row % 4];
        char key[200] = "aaa";
        for (size_t used = row / 4; used + strlen(character) < 60; used += strlen(character))
            memcpy(key + used, character, strlen(character) + 1);
        fusion_provenance_version(key, 0, text);
        assert_true(geo_text_clean(text, sizeof text));
        assert_non_null(strstr(text, " @ 1970-01-01T00:00:00Z"));
    }
    fusion_provenance_version("k\xfe", 0, text);
    fusion_provenance_version("k\xff", 0, other);
    assert_true(geo_text_clean(text, sizeof text) && geo_text_clean(other, sizeof other));
    assert_string_not_equal(text, other);
    fusion_provenance_version("Gr\u00fcn", 0, text);
    assert_string_equal(text, "Gr\u00fcn @ 1970-01-01T00:00:00Z");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cell_above__between_two_quanta__is_the_upper),
        cmocka_unit_test(add__of_more_sources_than_a_tile_can_name__says_several_for_the_rest),
        cmocka_unit_test(spans__of_a_circle__are_metres_on_the_ground),
        cmocka_unit_test(spans__across_the_antimeridian__reach_both_sides),
        cmocka_unit_test(spans__at_the_pole__touch_the_whole_last_row),
        cmocka_unit_test(bounds__and_reach__hold_the_shape_and_its_accuracy),
        cmocka_unit_test(provenance__taken_twice__is_one_object_until_both_are_dropped),
        cmocka_unit_test(version__names_key_and_time__and_never_two_keys_alike),
    };
    return cmocka_run_group_tests_name("fusion/fold", tests, NULL, NULL);
}
