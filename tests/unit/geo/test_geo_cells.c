// SPDX-License-Identifier: Apache-2.0
// What geo/cells.h promises, one test per promise.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <math.h>

#include "geo/cells.h"

static void from_m__known_heights__land_on_their_quanta(void **state)
{
    (void)state;
    static const struct {
        double amsl_m;
        uint16_t cell;
    } cases[] = {
        {-1000.0, 0},     {0.0, 4000},    {0.25, 4001},      {0.124, 4000},
        {0.125, 4001},    {-0.125, 4000}, {-0.126, 3999},    {8848.86, 39395},
        {15383.5, 65534}, {-1000.124, 0}, {15383.62, 65534}, {460.0, 5840},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint16_t cell;
        assert_int_equal(geo_cell_from_m(cases[i].amsl_m, &cell), DRF_OK);
        assert_int_equal(cell, cases[i].cell);
        assert_true(fabs(geo_cell_m(cell) - cases[i].amsl_m) <= 0.125);
    }
}

static void from_m__what_a_cell_cannot_hold__is_refused(void **state)
{
    (void)state;
    static const double refused[] = {-1000.126, 15383.626, 1e300, -1e300};
    uint16_t cell = 7;
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        assert_int_equal(geo_cell_from_m(refused[i], &cell), DRF_ERR_RANGE);
    assert_int_equal(geo_cell_from_m((double)NAN, &cell), DRF_ERR_RANGE);
    assert_int_equal(geo_cell_from_m(HUGE_VAL, &cell), DRF_ERR_RANGE);
    assert_int_equal(cell, 7);
}

static void fill(uint16_t *cells, int pattern)
{
    uint64_t random = 88172645463325252U;
    for (int row = 0; row < 256; row++) {
        for (int col = 0; col < 256; col++) {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            uint16_t slope = (uint16_t)(4000 + row * 3 + col * 2);
            uint16_t noise = (uint16_t)random;
            uint16_t *cell = &cells[row * 256 + col];
            *cell = pattern == 0   ? GEO_CELL_UNKNOWN
                    : pattern == 1 ? slope
                    : pattern == 2 ? noise
                    : pattern == 3 ? (uint16_t)(noise % 50 == 0 ? GEO_CELL_UNKNOWN : slope)
                    : pattern == 4 ? (uint16_t)((row + col) % 2 ? 0 : GEO_CELL_UNKNOWN)
                                   : (uint16_t)(row * col);
        }
    }
}

static void encode_then_decode__any_cells__is_identity_and_repeatable(void **state)
{
    (void)state;
    static uint16_t cells[GEO_CELLS_COUNT], back[GEO_CELLS_COUNT];
    static uint8_t blob[GEO_CELLS_BLOB_MAX], again[GEO_CELLS_BLOB_MAX];
    for (int pattern = 0; pattern < 6; pattern++) {
        fill(cells, pattern);
        size_t size = sizeof blob, size_again = sizeof again;
        assert_int_equal(geo_cells_encode(cells, blob, &size), DRF_OK);
        assert_int_equal(geo_cells_encode(cells, again, &size_again), DRF_OK);
        assert_int_equal(size, size_again);
        assert_memory_equal(blob, again, size);
        memset(back, 0x5a, sizeof back);
        assert_int_equal(geo_cells_decode(blob, size, back), DRF_OK);
        assert_memory_equal(cells, back, sizeof cells);
        if (pattern < 2)
            assert_true(size < 1000); // nothing, or a plane: next to nothing
    }
}

static void encode__too_little_room__is_full(void **state)
{
    (void)state;
    static uint16_t cells[GEO_CELLS_COUNT];
    static uint8_t blob[GEO_CELLS_BLOB_MAX];
    fill(cells, 2);
    size_t size = 0;
    assert_int_equal(geo_cells_encode(cells, blob, &size), DRF_ERR_FULL);
    size = 131072;
    assert_int_equal(geo_cells_encode(cells, blob, &size), DRF_ERR_FULL);
    size = 131073;
    assert_int_equal(geo_cells_encode(cells, blob, &size), DRF_OK);
    assert_int_equal(size, 131073);
}

static void decode__bytes_that_are_no_tile__are_a_syntax_error(void **state)
{
    (void)state;
    static uint16_t cells[GEO_CELLS_COUNT];
    static uint8_t blob[GEO_CELLS_BLOB_MAX];
    fill(cells, 3);
    size_t size = sizeof blob;
    assert_int_equal(geo_cells_encode(cells, blob, &size), DRF_OK);
    assert_int_equal(geo_cells_decode(blob, 0, cells), DRF_ERR_SYNTAX);
    for (size_t cut = 1; cut < size; cut += 97)
        assert_int_equal(geo_cells_decode(blob, cut, cells), DRF_ERR_SYNTAX);
    assert_int_equal(geo_cells_decode(blob, size + 1, cells), DRF_ERR_SYNTAX);
    uint8_t kind = blob[0];
    for (unsigned other = 0; other < 256; other++) {
        blob[0] = (uint8_t)other;
        if (other != kind)
            assert_int_equal(geo_cells_decode(blob, size, cells), DRF_ERR_SYNTAX);
    }
    memset(blob, 0xff, sizeof blob);
    assert_int_equal(geo_cells_decode(blob, sizeof blob, cells), DRF_ERR_SYNTAX);
}

static void decode__a_frame_that_unpacks_to_more__is_a_syntax_error(void **state)
{
    (void)state;
    // zstd's frame of 2^30 zeros, "zstd -c" of them: magic, descriptor, window, RLE blocks.
    // Here the first block alone says more than a tile has.
    static const uint8_t bomb[] = {2,    0x28, 0xb5, 0x2f, 0xfd, 0xa4, 0x00,
                                   0x00, 0x00, 0x40, 0x02, 0x00, 0x10, 0x00};
    static uint16_t cells[GEO_CELLS_COUNT];
    assert_int_equal(geo_cells_decode(bomb, sizeof bomb, cells), DRF_ERR_SYNTAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(from_m__known_heights__land_on_their_quanta),
        cmocka_unit_test(from_m__what_a_cell_cannot_hold__is_refused),
        cmocka_unit_test(encode_then_decode__any_cells__is_identity_and_repeatable),
        cmocka_unit_test(encode__too_little_room__is_full),
        cmocka_unit_test(decode__bytes_that_are_no_tile__are_a_syntax_error),
        cmocka_unit_test(decode__a_frame_that_unpacks_to_more__is_a_syntax_error),
    };
    return cmocka_run_group_tests_name("geo/cells", tests, NULL, NULL);
}
