// SPDX-License-Identifier: Apache-2.0
// The map in text: north up, things where they are, the region told from what is outside.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "edge/sample/text_map.h"

// At the equator, 64 columns and 2:1 characters: a degree is 8 columns and 4 rows.
static const struct geo_bounds map = {
    .west_deg = 0, .south_deg = -2, .east_deg = 8, .north_deg = 2};

static int open_region(void **state)
{
    static struct edge_region region;
    *state = &region;
    return edge_region_from_bounds((struct geo_bounds){0, -2, 4, 2}, &region) == DRF_OK ? 0
                                                                                        : -1;
}

static int close_region(void **state)
{
    edge_region_close(*state);
    return 0;
}

static void init__of_a_map__shows_the_region_in_its_place(void **state)
{
    struct edge_text_map text_map;
    edge_text_map_init(&text_map, map, *state);
    assert_in_range(text_map.rows, 15, 16); // 16, or cut by the last bit
    for (size_t row = 0; row < text_map.rows; row++) {
        assert_int_equal(strlen(text_map.cells[row]), EDGE_TEXT_MAP_COLUMNS);
        assert_int_equal(strspn(text_map.cells[row], "."), 32);
        assert_int_equal(strspn(text_map.cells[row] + 32, " "), 32);
    }
}

static void point__at_each_corner__falls_on_the_map_and_beyond_it_not(void **state)
{
    struct edge_text_map text_map;
    edge_text_map_init(&text_map, map, *state);
    assert_true(edge_text_map_point(&text_map, (struct geo_point){2, 0}, 'a'));
    assert_true(edge_text_map_point(&text_map, (struct geo_point){-2, 8}, 'b'));
    assert_true(edge_text_map_point(&text_map, (struct geo_point){0.01, 4.01}, 'c'));
    assert_int_equal(text_map.cells[0][0], 'a');
    assert_int_equal(text_map.cells[text_map.rows - 1][63], 'b');
    assert_int_equal(text_map.cells[text_map.rows / 2 - (text_map.rows % 2 == 0)][32], 'c');
    assert_false(edge_text_map_point(&text_map, (struct geo_point){2.01, 4}, 'd'));
    assert_false(edge_text_map_point(&text_map, (struct geo_point){0, -0.01}, 'd'));
}

static void line__across_the_map__has_no_gaps(void **state)
{
    struct edge_text_map text_map;
    edge_text_map_init(&text_map, map, *state);
    edge_text_map_line(&text_map, (struct geo_point){0.1, -50}, (struct geo_point){0.1, 50},
                       '-');
    size_t row = 0;
    while (row < text_map.rows && !strchr(text_map.cells[row], '-'))
        row++;
    assert_true(row < text_map.rows);
    edge_text_map_line(&text_map, (struct geo_point){-2, 0}, (struct geo_point){2, 8}, '/');
    for (row = 0; row < text_map.rows; row++)
        assert_non_null(strchr(text_map.cells[row], '/'));
}

static void area__over_things__hides_none_of_them(void **state)
{
    struct edge_text_map text_map;
    edge_text_map_init(&text_map, map, *state);
    (void)edge_text_map_point(&text_map, (struct geo_point){0.01, 4.01}, 'o');
    edge_text_map_area(&text_map, map, '=', '-');
    size_t kept = 0;
    for (size_t row = 0; row < text_map.rows; row++) {
        assert_int_equal(strspn(text_map.cells[row], "="), 32);
        kept += strchr(text_map.cells[row], 'o') != NULL;
    }
    assert_int_equal(kept, 1);
}

int main(void)
{
#define WITH_REGION(test) cmocka_unit_test_setup_teardown(test, open_region, close_region)
    const struct CMUnitTest tests[] = {
        WITH_REGION(init__of_a_map__shows_the_region_in_its_place),
        WITH_REGION(point__at_each_corner__falls_on_the_map_and_beyond_it_not),
        WITH_REGION(line__across_the_map__has_no_gaps),
        WITH_REGION(area__over_things__hides_none_of_them),
    };
    return cmocka_run_group_tests_name("edge/text_map", tests, NULL, NULL);
}
