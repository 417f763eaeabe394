// SPDX-License-Identifier: Apache-2.0
// The fleet's decoder, which knows schemas/patch.md only, reads the golden patches.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "sim/fleet/patch_decode.h"
#include "tests/support/golden_patch.h"

static void decode__golden_patches__gives_the_cells(void **state)
{
    (void)state;
    static uint8_t bytes[1 << 16];
    static uint16_t ground[2][GOLDEN_CELLS], surface[2][GOLDEN_CELLS];
    for (int patch = 0; patch < GOLDEN_PATCHES; patch++) {
        struct sim_layer_base base = {.cells = NULL};
        if (patch == 1) // one block east, two north
            base = (struct sim_layer_base){.cells = ground[0], .east = 8, .north = 16};
        int to = patch % 2;
        size_t size = golden_read(patch, "ground", bytes, sizeof bytes);
        assert_true(size > 0);
        assert_int_equal(sim_layer_decode(bytes, size, 64, base, NULL, ground[to]), DRF_OK);
        if (patch == 1)
            base.cells = surface[0];
        size = golden_read(patch, "surface", bytes, sizeof bytes);
        assert_int_equal(sim_layer_decode(bytes, size, 64, base, ground[to], surface[to]),
                         DRF_OK);
        for (uint32_t i = 0; i < GOLDEN_CELLS; i++) {
            uint32_t x = golden_west[patch] + i % 64, y = golden_south[patch] + i / 64;
            assert_int_equal(ground[to][i], golden_ground(patch, x, y));
            assert_int_equal(surface[to][i], golden_surface(patch, x, y));
        }
        // Cut anywhere it is refused, never more than is there.
        for (size_t cut = 1; cut < size; cut += 7)
            assert_int_equal(sim_layer_decode(bytes, cut, 64, base, ground[to], surface[to]),
                             DRF_ERR_SYNTAX);
        size = golden_read(patch, "surface", bytes, sizeof bytes);
        assert_int_equal(sim_layer_decode(bytes, size, 64, base, ground[to], surface[to]),
                         DRF_OK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decode__golden_patches__gives_the_cells),
    };
    return cmocka_run_group_tests_name("sim/patch_decode", tests, NULL, NULL);
}
