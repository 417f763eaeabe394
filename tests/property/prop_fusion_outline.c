// SPDX-License-Identifier: Apache-2.0
// Spans of rows and runs of cells, two and eight at a time, against one at a time.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>

#include "fusion/root/cell_run.h"
#include "fusion/root/outline.h"

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static double uniform(uint64_t *state, double low, double high)
{
    return low + (high - low) * (double)(next_random(state) >> 11) / 9007199254740992.0;
}

// The range of x that an outline has between two heights, side by side; false: none.
static bool span_between(const struct fusion_outline *o, double top, double bottom,
                         double *west, double *east)
{
    *west = HUGE_VAL;
    *east = -HUGE_VAL;
    for (uint32_t i = 0; i < o->corner_count; i++) {
        uint32_t j = (i + 1) % o->corner_count;
        bool down = o->y[i] <= o->y[j];
        double top_x = o->x[down ? i : j], top_y = o->y[down ? i : j];
        double bottom_x = o->x[down ? j : i], bottom_y = o->y[down ? j : i];
        if (bottom_y < top || top_y > bottom)
            continue;
        double slope = bottom_y > top_y ? (bottom_x - top_x) / (bottom_y - top_y) : 0.0;
        double upper = top_y < top ? top_x + slope * (top - top_y) : top_x;
        double lower = bottom_y > bottom ? top_x + slope * (bottom - top_y) : bottom_x;
        *west = fmin(*west, fmin(upper, lower));
        *east = fmax(*east, fmax(upper, lower));
    }
    return *west <= *east;
}

static void assert_spans(const struct fusion_outline *outline)
{
    const struct fusion_outline_box box = fusion_outline_box(outline);
    struct fusion_outline_corners corners;
    struct fusion_outline_span spans[FUSION_OUTLINE_ROWS_AT_ONCE];
    fusion_outline_corners(outline, &corners);
    assert_memory_equal(&corners.box, &box, sizeof box);
    for (int64_t row = box.top - 5; row <= box.bottom + 5; row += FUSION_OUTLINE_ROWS_AT_ONCE) {
        const uint32_t count = 1 + (uint32_t)(row & 15);
        int64_t cells = 0;
        const uint64_t touched = fusion_outline_spans(&corners, row, count, spans);
        for (uint32_t i = 0; i < count; i++) {
            cells += spans[i].last - spans[i].first + 1;
            const double at = (double)(row + i);
            double west, east;
            if (!span_between(outline, at - 0.5, at + 1.5, &west, &east)) {
                assert_true(spans[i].last < spans[i].first);
                continue;
            }
            assert_true(spans[i].first == (int64_t)floor(west - 0.5));
            assert_true(spans[i].last == (int64_t)floor(east + 0.5));
            assert_true(spans[i].first >= box.west && spans[i].last <= box.east);
        }
        assert_int_equal(touched, cells);
    }
}

static void spans__random_pieces_and_discs__are_those_found_side_by_side(void **state)
{
    (void)state;
    uint64_t seed = UINT64_C(88172645463325252);
    for (int i = 0; i < 4000; i++) {
        const uint8_t level = (uint8_t)(8 + i % 9);
        struct geo_point a = {uniform(&seed, -80.0, 80.0), uniform(&seed, -180.1, 180.1)};
        const double reach_deg = uniform(&seed, 0.0, 0.02);
        struct geo_point b = {a.lat_deg + uniform(&seed, -1.0, 1.0) * reach_deg,
                              a.lon_deg + uniform(&seed, -1.0, 1.0) * reach_deg};
        if (i % 7 == 0)
            b.lat_deg = a.lat_deg; // sides that are level or nearly so
        if (i % 11 == 0)
            b.lon_deg = a.lon_deg;
        const double half_m = uniform(&seed, 0.1, 200.0);
        struct fusion_outline outline =
            i % 5 == 0 ? fusion_outline_disc(level, a, 3 * half_m)
                       : fusion_outline_piece(level, a, b, half_m, 1.5 * half_m, 0.0, half_m);
        assert_spans(&outline);
    }
}

// Corners on the very lines between rows and columns, where equal counts as touched.
static void spans__corners_on_the_lines__are_those_found_side_by_side(void **state)
{
    (void)state;
    uint64_t seed = UINT64_C(4101842887655102017);
    for (int i = 0; i < 4000; i++) {
        const double x = (double)(next_random(&seed) % 4000) * 0.5 - 500.0;
        const double y = (double)(next_random(&seed) % 4000) * 0.5;
        const double wide = (double)(next_random(&seed) % 9) * 0.5;
        const double high = (double)(next_random(&seed) % 9) * 0.5;
        struct fusion_outline outline = {.corner_count = 4,
                                         .x = {x, x + wide, x + wide, x},
                                         .y = {y, y, y + high, y + high}};
        if (i % 2 == 0) // on its tip
            outline = (struct fusion_outline){.corner_count = 4,
                                              .x = {x, x + wide, x, x - wide},
                                              .y = {y - high, y, y + high, y}};
        assert_spans(&outline);
    }
}

// The same where only the highest is asked for, of up to eight cells.
static void assert_highest(const uint16_t *cells, size_t offset, size_t count,
                           const struct fusion_cell_run *expected)
{
    if (count > FUSION_CELL_RUN_GROUP || offset + FUSION_CELL_RUN_GROUP > GEO_CELLS_COUNT)
        return;
    struct fusion_cell_run_highest accumulator = fusion_cell_run_highest_open();
    fusion_cell_run_highest_add(&accumulator, cells + offset,
                                fusion_cell_run_but(0, count - 1));
    struct fusion_cell_run got = {.known = 0};
    fusion_cell_run_highest_close(&got, &accumulator);
    assert_int_equal(got.known, expected->known);
    assert_int_equal(got.highest, expected->highest);
}

static void run__random_cells_some_unknown__is_that_found_one_by_one(void **state)
{
    (void)state;
    uint16_t *cells = malloc(GEO_CELLS_COUNT * sizeof *cells);
    assert_non_null(cells);
    uint64_t seed = UINT64_C(2685821657736338717);
    for (int i = 0; i < 20000; i++) {
        // a tenth, half, none, or all unknown, in 400 cells somewhere, also at the very ends
        const size_t begin = i % 3 == 0 ? 0 : i % 3 == 1 ? GEO_CELLS_COUNT - 400 : 7000;
        const uint64_t share = (uint64_t[]){1, 5, 0, 10}[i % 4];
        for (size_t k = begin; k < begin + 400; k++) {
            cells[k] = (uint16_t)next_random(&seed);
            if (next_random(&seed) % 10 < share)
                cells[k] = GEO_CELL_UNKNOWN;
            else if (cells[k] == GEO_CELL_UNKNOWN)
                cells[k] = GEO_CELL_MAX;
        }
        const size_t offset = begin + next_random(&seed) % 400;
        const size_t count = 1 + next_random(&seed) % (begin + 400 - offset);
        struct fusion_cell_run expected = {.known = 0};
        for (size_t k = offset; k < offset + count; k++)
            if (cells[k] != GEO_CELL_UNKNOWN) {
                expected.known++;
                expected.sum += cells[k];
                expected.highest = cells[k] > expected.highest ? cells[k] : expected.highest;
                const uint16_t depth = (uint16_t)(UINT16_MAX - cells[k]);
                expected.depth = depth > expected.depth ? depth : expected.depth;
            }
        struct fusion_cell_run got = {.known = 0};
        fusion_cell_run_read(cells, offset, count, &got);
        assert_int_equal(got.known, expected.known);
        assert_int_equal(got.sum, expected.sum);
        assert_int_equal(got.highest, expected.highest);
        assert_int_equal(got.depth, expected.depth);
        assert_highest(cells, offset, count, &expected);
    }
    free(cells);
}

// As much as may be gathered before it is closed: no lane overflows.
static void run__all_groups_that_fit__hold_their_count_and_sum(void **state)
{
    (void)state;
    uint16_t group[FUSION_CELL_RUN_GROUP];
    for (int i = 0; i < FUSION_CELL_RUN_GROUP; i++)
        group[i] = GEO_CELL_MAX;
    struct fusion_cell_run_accumulator accumulator = fusion_cell_run_open();
    for (int i = 0; i < FUSION_CELL_RUN_GROUPS_MAX; i++)
        fusion_cell_run_add(&accumulator, group, (fusion_simd_eight){0});
    struct fusion_cell_run run = {.known = 0};
    fusion_cell_run_close(&run, &accumulator);
    const uint64_t cells = (uint64_t)FUSION_CELL_RUN_GROUPS_MAX * FUSION_CELL_RUN_GROUP;
    assert_int_equal(run.depth, UINT16_MAX - GEO_CELL_MAX);
    assert_int_equal(run.known, cells);
    assert_int_equal(run.sum, cells * GEO_CELL_MAX);
    assert_int_equal(run.highest, GEO_CELL_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spans__random_pieces_and_discs__are_those_found_side_by_side),
        cmocka_unit_test(spans__corners_on_the_lines__are_those_found_side_by_side),
        cmocka_unit_test(run__random_cells_some_unknown__is_that_found_one_by_one),
        cmocka_unit_test(run__all_groups_that_fit__hold_their_count_and_sum),
    };
    return cmocka_run_group_tests_name("fusion/outline", tests, NULL, NULL);
}
